"""The store: one contract for every database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from faebot_hash.adapters.store import Store
from faebot_hash.model import MAX_HASH, Basis, Fingerprint, Slice, SliceKind
from faebot_hash.ports import HashStore, Intent, Journal
from faebot_hash.reasons import Reason, Skipped

THUMBNAIL = Basis("thumbnail", 120, "13.0.0", "4.3.2")
PICTURE = Fingerprint(1, 2, 3, 4, low_information=False)
PART = Slice(SliceKind.RESOLUTION, "resolution:10x20", "filew:10 fileh:20")
NOON = datetime(2026, 10, 5, 12, 0, 0, 123456, tzinfo=UTC)
PLANNED_ROW = "a1"
EXTREMES = (0, 1, (1 << 63) - 1, 1 << 63, (1 << 63) + 1, MAX_HASH - 1, MAX_HASH)

values = st.one_of(st.sampled_from(EXTREMES), st.integers(0, MAX_HASH))
fingerprints = st.builds(Fingerprint, values, values, values, values, st.booleans())


def sha1(number: int) -> str:
    return f"{number:040x}"


def intent(token: str = PLANNED_ROW) -> Intent:
    return Intent(token, 7, "Élan & Œuvre 𝄞.jpg", 100, sha1(1), sha1(2), "identified")


@pytest.fixture
def store(address: str) -> Iterator[Store]:
    with Store.open(address) as store:
        yield store


# ---- the contract


def test_it_fulfils_the_ports(store: Store) -> None:
    hashes: HashStore = store
    journal: Journal = store
    assert hashes.get([sha1(1)], THUMBNAIL) == {}
    assert journal.last_sent() is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
@given(st.dictionaries(st.integers(0, 50).map(sha1), fingerprints, max_size=8))
def test_every_64_bit_value_comes_back(store: Store, results: dict[str, Fingerprint]) -> None:
    store.put(results, THUMBNAIL)
    assert store.get(results, THUMBNAIL) == results


@pytest.mark.parametrize("value", EXTREMES)
def test_extreme_values_survive_reopening(address: str, value: int) -> None:
    picture = Fingerprint(value, MAX_HASH - value, value, 0, low_information=True)
    with Store.open(address) as store:
        store.put({sha1(1): picture}, THUMBNAIL)
    with Store.open(address) as store:
        assert store.get([sha1(1)], THUMBNAIL) == {sha1(1): picture}


def test_the_same_key_again_replaces(store: Store) -> None:
    store.put({sha1(1): PICTURE, sha1(2): PICTURE}, THUMBNAIL)
    rejected = Skipped("A.jpg", Reason.TRUNCATED, "row 3 of 8 \udcff")
    store.put({sha1(1): rejected}, THUMBNAIL)
    assert store.get([sha1(1), sha1(2)], THUMBNAIL) == {
        sha1(1): Skipped(sha1(1), Reason.TRUNCATED, "row 3 of 8 ?"),
        sha1(2): PICTURE,
    }
    store.put({sha1(1): PICTURE}, THUMBNAIL)
    assert store.get([sha1(1)], THUMBNAIL) == {sha1(1): PICTURE}


@pytest.mark.parametrize(
    "other",
    [
        Basis("original", 120, "13.0.0", "4.3.2"),
        Basis("thumbnail", 250, "13.0.0", "4.3.2"),
        Basis("thumbnail", 120, "13.0.1", "4.3.2"),
        Basis("thumbnail", 120, "13.0.0", "4.4"),
    ],
)
def test_each_basis_stands_alone(store: Store, other: Basis) -> None:
    changed = Fingerprint(9, 9, 9, 9, low_information=False)
    store.put({sha1(1): PICTURE}, THUMBNAIL)
    assert store.get([sha1(1)], other) == {}
    store.put({sha1(1): changed}, other)
    assert store.get([sha1(1)], other) == {sha1(1): changed}
    assert store.get([sha1(1)], THUMBNAIL) == {sha1(1): PICTURE}


def test_ten_thousand_keys_at_once(store: Store) -> None:
    many = {sha1(n): Fingerprint(n, n, n, MAX_HASH - n, low_information=False) for n in range(10_000)}
    store.put(many, THUMBNAIL)
    assert store.get((sha1(n) for n in range(20_000)), THUMBNAIL) == many


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason.retry_later])
def test_passing_troubles_are_never_kept(store: Store, reason: Reason) -> None:
    with pytest.raises(ValueError, match=reason.name):
        store.put({sha1(1): PICTURE, sha1(2): Skipped("A.jpg", reason)}, THUMBNAIL)
    assert store.get([sha1(1), sha1(2)], THUMBNAIL) == {}


@pytest.mark.parametrize("key", ["", "A" * 40, "a" * 39, "g" * 40])
def test_a_wrong_key_is_our_bug(store: Store, key: str) -> None:
    with pytest.raises(ValueError, match="SHA1"):
        store.put({key: PICTURE}, THUMBNAIL)


def test_nothing_to_put_is_fine(store: Store) -> None:
    store.put({}, THUMBNAIL)
    assert store.get([], THUMBNAIL) == {}


def test_a_slice_is_remembered_with_its_query(store: Store) -> None:
    assert store.slice_done(PART) is None
    local = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))
    store.remember_slice(PART, 41, local)
    store.remember_slice(PART, 42, local)
    done = store.slice_done(PART)
    assert done == (42, NOON)
    assert done[1].tzinfo is UTC
    assert store.slice_done(Slice(PART.kind, PART.key, PART.query + " insource:x")) is None


def test_a_moment_without_a_time_zone_is_our_bug(store: Store) -> None:
    with pytest.raises(Exception, match="without its time zone"):
        store.remember_slice(PART, 1, NOON.replace(tzinfo=None))
    assert store.slice_done(PART) is None


def test_an_open_row_survives_reopening(address: str) -> None:
    with Store.open(address) as store:
        store.plan(intent())
    with Store.open(address) as store:
        assert store.open_rows() == [intent()]
