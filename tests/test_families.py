"""Families: what joins files, and that no order of the members changes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faebot_hash.families import families, keyed
from faebot_hash.family import Family, Member
from faebot_hash.judgements import pair_of
from faebot_hash.model import Basis, FileInfo, Fingerprint, HashedFile
from faebot_hash.reasons import Reason
from tests.fakes import file_info

BASIS = Basis("thumbnail", 120, "13.0.0", "4.3.2")
P, Q, D, E = 0x1111, 0x2222, 0xD1D1, 0xD2D2


def hashed(page_id: int, phash: int, dhash: int, *, low_information: bool = False) -> HashedFile:
    return HashedFile(
        file_info(page_id), Fingerprint(phash, dhash, 0, 0, low_information=low_information), BASIS
    )


def page_ids(family: Family) -> list[int]:
    return [file.page_id for file in family.files]


def joined_but_for(
    all_of: Sequence[HashedFile], apart: Sequence[tuple[int, int]]
) -> tuple[list[list[int]], dict[int, list[int]]]:
    """Join files that all have one sort key, where people keep some apart."""
    sha1s = {one.file.page_id: one.file.sha1 for one in all_of}
    pairs = {pair_of(sha1s[one], sha1s[other]) for one, other in apart}
    files = [one.file for one in all_of]
    found, alone = families(files, dict.fromkeys(sha1s, f"{P:016x}"), all_of, pairs)
    return [page_ids(one) for one in found], {
        one.file.page_id: [other.page_id for other in one.apart] for one in alone
    }


def joined(all_of: Sequence[HashedFile], keys: dict[int, str]) -> tuple[list[list[int]], list[int]]:
    files = [one.file for one in all_of]
    found, alone = families(files, keys, all_of)
    return [page_ids(one) for one in found], [one.file.page_id for one in alone]


@pytest.mark.parametrize(
    ("files", "keys", "expected"),
    [
        ([hashed(1, P, D), hashed(2, P, E)], {1: f"{P:016x}", 2: f"{P:016x}"}, ([[1, 2]], [])),
        # the third joins by its dHash alone, though its sort key is nobody else's
        (
            [hashed(1, P, D), hashed(2, P, D), hashed(3, Q, D)],
            {1: f"{P:016x}", 2: f"{P:016x}", 3: f"{D:016x}"},
            ([[1, 2, 3]], []),
        ),
        # other hashes than when they were tagged: the sort key remembers
        ([hashed(1, P, D), hashed(2, Q, E)], {1: "0" * 16, 2: "0" * 16}, ([[1, 2]], [])),
        ([hashed(1, P, D), hashed(2, Q, E)], {1: f"{P:016x}", 2: f"{Q:016x}"}, ([], [1, 2])),
        # flat pictures say nothing
        (
            [hashed(1, P, D, low_information=True), hashed(2, P, D, low_information=True)],
            {1: "1" * 16, 2: "2" * 16},
            ([], [1, 2]),
        ),
        # a dHash that only repeats what pHashes have found joins no two of their sets
        (
            [hashed(1, P, D), hashed(2, P, E), hashed(3, Q, E), hashed(4, Q, 5)],
            {1: f"{P:016x}", 2: f"{P:016x}", 3: f"{Q:016x}", 4: f"{Q:016x}"},
            ([[1, 2], [3, 4]], []),
        ),
    ],
)
def test_families(files: list[HashedFile], keys: dict[int, str], expected: object) -> None:
    assert joined(files, keys) == expected


def test_a_file_without_a_thumbnail_stays_in_its_family() -> None:
    files: list[FileInfo] = [file_info(1), file_info(2)]
    found, alone = families(files, {1: "a" * 16, 2: "a" * 16}, [hashed(1, P, D)])
    assert [page_ids(one) for one in found] == [[1, 2]]
    assert set(found[0].fingerprints) == {1}
    assert alone == ()


def test_each_bond_tells_its_evidence_once() -> None:
    files = [hashed(1, P, D), hashed(2, P, E)]
    (family,), _ = families([one.file for one in files], {1: f"{P:016x}", 2: f"{P:016x}"}, files)
    assert [bond.evidence for bond in family.bonds] == [f"pHash {P:016x}"]


@pytest.mark.spec("4.6")
def test_what_people_put_into_the_category_is_told_apart() -> None:
    members = [Member(1, "a.jpg", "00181b19147afcf8"), Member(2, "b.jpg", ""), Member(3, "c.jpg", "Betsy")]
    ours, others = keyed(members)
    assert [member.page_id for member in ours] == [1]
    assert [(one.what, one.reason) for one in others] == [
        ("b.jpg", Reason.NO_HASH_KEY),
        ("c.jpg", Reason.NO_HASH_KEY),
    ]


@pytest.mark.parametrize(
    ("count", "apart", "expected"),
    [
        (2, [], ([[1, 2]], {})),
        (2, [(1, 2)], ([], {1: [2], 2: [1]})),
        # a third one asks for itself, and joins what people keep apart
        (3, [(1, 2)], ([[1, 2, 3]], {})),
        (3, [(1, 2), (1, 3)], ([[2, 3]], {1: [2, 3]})),
        (3, [(1, 2), (1, 3), (2, 3)], ([], {1: [2, 3], 2: [1, 3], 3: [1, 2]})),
        (4, [(1, 3), (1, 4), (2, 3), (2, 4)], ([[1, 2], [3, 4]], {})),
        (4, [(1, 2), (3, 4)], ([[1, 2, 3, 4]], {})),
    ],
)
def test_files_that_people_keep_apart_do_not_belong_together(
    count: int, apart: list[tuple[int, int]], expected: object
) -> None:
    assert joined_but_for([hashed(n, P, D) for n in range(1, count + 1)], apart) == expected


def test_of_three_files_with_the_same_bytes_one_judgement_parts_all() -> None:
    files = [replace(hashed(n, P, D), file=replace(file_info(n), sha1="a" * 40)) for n in (1, 2, 3)]
    assert joined_but_for(files, [(1, 2)]) == ([], {1: [2, 3], 2: [1, 3], 3: [1, 2]})


@given(
    st.integers(2, 7),
    st.sets(st.tuples(st.integers(1, 7), st.integers(1, 7)).filter(lambda pair: pair[0] < pair[1])),
)
def test_a_file_is_alone_exactly_when_it_is_kept_apart_from_all(
    count: int, apart: set[tuple[int, int]]
) -> None:
    present = [pair for pair in sorted(apart) if pair[1] <= count]
    found, alone = joined_but_for([hashed(n, P, D) for n in range(1, count + 1)], present)
    strangers = {n: [m for m in range(1, count + 1) if m != n] for n in range(1, count + 1)}
    left = {
        n: others for n, others in strangers.items() if all((min(n, m), max(n, m)) in apart for m in others)
    }
    assert alone == left
    assert sorted([n for some in found for n in some] + list(alone)) == list(range(1, count + 1))
    family_of = {n: number for number, some in enumerate(found) for n in some}
    for n, others in strangers.items():
        for m in others:
            if family_of.get(n) != family_of.get(m):
                assert (min(n, m), max(n, m)) in apart


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3)), max_size=12), st.randoms()
)
def test_no_order_changes_the_families(hashes: list[tuple[int, int, int]], random: object) -> None:
    files = [hashed(n, phash + 1, dhash + 1) for n, (phash, dhash, _) in enumerate(hashes, 1)]
    keys = {n: f"{key:016x}" for n, (_, _, key) in enumerate(hashes, 1)}
    shuffled = list(files)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert joined(shuffled, keys) == joined(files, keys)
    found, alone = joined(files, keys)
    assert sorted(page_id for some in [*found, alone] for page_id in some) == list(keys)
