"""Originals in the store: what comes back, what is not trusted, and what is never kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from faebot_hash.adapters.store import Store
from faebot_hash.errors import StoreError
from faebot_hash.images import PILLOW_VERSION
from faebot_hash.likeness import Digest, Original
from faebot_hash.model import Fingerprint
from faebot_hash.ports import DigestStore
from faebot_hash.reasons import Reason, Skipped
from tests.databases import run_sql

sha1s = st.integers(0, (1 << 160) - 1).map(lambda number: f"{number:040x}")
sides = st.integers(1, 1 << 31)
digests = st.builds(
    Digest,
    non_exif_sha1=st.one_of(st.just(""), sha1s),
    pixel_sha1=sha1s,
    frames=sides,
    mode=st.sampled_from(["L", "RGB", "RGBA", "CMYK", "YCbCr", "I;16", "P", "LA"]),
    bit_depth=st.sampled_from([1, 8, 16, 32]),
    width_px=sides,
    height_px=sides,
    orientation=st.integers(1, 8),
    icc=st.one_of(st.just(""), sha1s),
)
originals = st.builds(
    Original, sha1=sha1s, stripped_sha1=st.one_of(st.none(), sha1s), digest=st.one_of(st.none(), digests)
)


def sha1(number: int) -> str:
    return f"{number:040x}"


DIGEST = Digest(sha1(7), sha1(8), 1, "RGB", 8, 640, 480, 1, "")
ORIGINAL = Original(sha1(1), sha1(2), DIGEST)


@pytest.fixture
def store(address: str) -> Iterator[Store]:
    with Store.open(address) as store:
        yield store


def test_it_fulfils_the_port(store: Store) -> None:
    known: DigestStore = store
    assert known.originals([sha1(1)]) == {}
    known.keep_originals({})
    assert known.originals([]) == {}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
@given(st.lists(originals, max_size=6))
def test_what_was_kept_comes_back(store: Store, many: list[Original]) -> None:
    results = {one.sha1: one for one in many}
    store.keep_originals(results)
    assert store.originals(results) == results


def test_the_same_key_again_replaces(address: str) -> None:
    rejected = Skipped("A.jpg", Reason.TRUNCATED, "row 3 of 8 \udcff")
    bare = Original(sha1(1), None)
    with Store.open(address) as store:
        store.keep_originals({sha1(1): ORIGINAL, sha1(3): bare_of(3)})
        store.keep_originals({sha1(1): rejected})
        assert store.originals([sha1(1)]) == {sha1(1): Skipped(sha1(1), Reason.TRUNCATED, "row 3 of 8 ?")}
        store.keep_originals({sha1(1): bare})
        assert store.originals([sha1(1)]) == {sha1(1): bare}
        store.keep_originals({sha1(1): ORIGINAL})
    with Store.open(address, write=False) as store:
        assert store.originals([sha1(1), sha1(2), sha1(3)]) == {sha1(1): ORIGINAL, sha1(3): bare_of(3)}


def bare_of(number: int) -> Original:
    return Original(sha1(number), sha1(number + 100))


def test_fingerprints_are_kept_elsewhere(store: Store) -> None:
    picture = Fingerprint(1, 2, 3, 4, low_information=False)
    store.keep_originals({sha1(1): replace(ORIGINAL, fingerprint=picture)})
    assert store.originals([sha1(1)]) == {sha1(1): ORIGINAL}


@pytest.mark.parametrize("result", [ORIGINAL, Skipped("", Reason.TRUNCATED)])
def test_another_pillow_is_not_trusted(address: str, result: Original | Skipped) -> None:
    with Store.open(address) as store:
        store.keep_originals({sha1(1): result})
    run_sql(address, f"UPDATE original SET pillow = '{PILLOW_VERSION}.1'")  # noqa: S608 - our own version
    with Store.open(address) as store:
        assert store.originals([sha1(1)]) == {}
        store.keep_originals({sha1(1): ORIGINAL})
        assert store.originals([sha1(1)]) == {sha1(1): ORIGINAL}


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason.retry_later])
def test_passing_troubles_are_never_kept(store: Store, reason: Reason) -> None:
    with pytest.raises(ValueError, match=reason.name):
        store.keep_originals({sha1(1): ORIGINAL, sha1(2): Skipped("A.jpg", reason)})
    assert store.originals([sha1(1), sha1(2)]) == {}


@pytest.mark.parametrize("key", ["", "A" * 40, "a" * 39, "g" * 40, sha1(3)])
def test_a_wrong_key_is_our_bug(store: Store, key: str) -> None:
    with pytest.raises(ValueError, match=r"SHA1|under the key"):
        store.keep_originals({key: ORIGINAL})


def test_a_reason_of_another_release_is_judged_again(address: str) -> None:
    with Store.open(address) as store:
        store.keep_originals({sha1(1): Skipped("", Reason.MALFORMED)})
    run_sql(address, "UPDATE original SET rejection = 'OUT_OF_FASHION'")
    with Store.open(address) as store:
        assert store.originals([sha1(1)]) == {}


def test_thousands_at_once(store: Store) -> None:
    many = {sha1(n): Original(sha1(n), None, DIGEST) for n in range(3_000)}
    store.keep_originals(many)
    assert store.originals(sha1(n) for n in range(6_000)) == many


def test_a_digest_and_a_rejection_exclude_each_other(store: Store) -> None:
    store.keep_originals({sha1(1): ORIGINAL})
    with pytest.raises(StoreError, match="digest_or_rejection"):
        store._database.write(
            lambda connection: connection.exec_driver_sql("UPDATE original SET rejection = 'MALFORMED'")
        )
