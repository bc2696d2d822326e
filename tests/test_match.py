from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faebot_hash.judgements import pair_of
from faebot_hash.match import equal_sets, matches, without_apart
from faebot_hash.model import Basis, DuplicateSet, FileInfo, Fingerprint, HashedFile, HashKind

DAY = datetime(2012, 1, 1, tzinfo=UTC)
THUMBNAIL = Basis("thumbnail", 120, "12.3.0", "4.3.2")
OTHER_PILLOW = replace(THUMBNAIL, pillow="13.0.0")
ORIGINAL = Basis("original", 0, "12.3.0", "4.3.2")


def hashed(
    page_id: int, phash: int, dhash: int, basis: Basis = THUMBNAIL, title: str = "", flat: bool = False
) -> HashedFile:
    file = FileInfo(page_id, title or f"{page_id}.jpg", f"{page_id:040x}", 1, 640, 480, "image/jpeg", DAY)
    return HashedFile(file, Fingerprint(phash, dhash, 0, 0, flat), basis)


def told(sets: Sequence[DuplicateSet]) -> list[tuple[str, int, list[int]]]:
    return [(one.kind.value, one.value, [member.file.page_id for member in one.members]) for one in sets]


def by_definition(files: Sequence[HashedFile]) -> set[tuple[HashKind, int, frozenset[int], Basis]]:
    """The ruling, pair by pair and without any clever grouping."""
    usable = [one for one in files if not one.fingerprint.low_information]

    def partners(one: HashedFile, kind: HashKind) -> frozenset[int]:
        value = kind.of(one.fingerprint)
        same = (two for two in usable if two.basis == one.basis and kind.of(two.fingerprint) == value)
        return frozenset(two.file.page_id for two in same)

    found = set()
    for one, _ in ((a, b) for a, b in combinations(usable, 2) if a.basis == b.basis and a.file != b.file):
        for kind in HashKind:
            ids = partners(one, kind)
            members = [two for two in usable if two.basis == one.basis and two.file.page_id in ids]
            unmatched = any(len(partners(two, HashKind.PHASH)) == 1 for two in members)
            if len(ids) > 1 and (kind is HashKind.PHASH or unmatched):
                found.add((kind, kind.of(one.fingerprint), ids, one.basis))
    return found


files_of_few_hashes = st.lists(
    st.builds(
        hashed,
        st.integers(1, 40),
        st.integers(0, 4),
        st.integers(0, 4),
        st.sampled_from([THUMBNAIL, OTHER_PILLOW, ORIGINAL]),
        flat=st.integers(0, 5).map(lambda n: n == 0),
    ),
    max_size=25,
    unique_by=lambda one: (one.file.page_id, one.basis),
)


@given(files_of_few_hashes)
@pytest.mark.spec("1.7")
def test_the_sets_are_those_of_the_definition(files: list[HashedFile]) -> None:
    sets = equal_sets(files)
    as_defined = {
        (one.kind, one.value, frozenset(m.file.page_id for m in one.members), one.members[0].basis)
        for one in sets
    }
    assert as_defined == by_definition(files)
    assert len(as_defined) == len(sets)


@given(files_of_few_hashes)
def test_no_set_mixes_bases_repeats_a_page_or_holds_a_flat_picture(files: list[HashedFile]) -> None:
    for one in equal_sets(files):
        assert len({member.basis for member in one.members}) == 1
        page_ids = [member.file.page_id for member in one.members]
        assert page_ids == sorted(set(page_ids))
        assert not any(member.fingerprint.low_information for member in one.members)


@given(files_of_few_hashes, st.randoms(use_true_random=False))
def test_the_order_of_the_files_does_not_matter(files: list[HashedFile], rng: random.Random) -> None:
    shuffled = rng.sample(files, len(files))
    assert equal_sets(shuffled) == equal_sets(files)
    assert matches(equal_sets(shuffled)) == matches(equal_sets(files))


@given(files_of_few_hashes)
def test_matches_name_each_file_once_with_all_its_partners(files: list[HashedFile]) -> None:
    sets = equal_sets(files)
    found = matches(sets)
    assert [one.file.page_id for one in found] == sorted(
        {m.file.page_id for one in sets for m in one.members}
    )
    for one in found:
        mine = [part for part in sets if one.file in [member.file for member in part.members]]
        assert {p.page_id for p in one.partners} == {
            member.file.page_id for part in mine for member in part.members
        } - {one.file.page_id}
        assert [p.page_id for p in one.partners] == sorted({p.page_id for p in one.partners})
        kinds = {part.kind for part in mine}
        assert one.kind is (HashKind.PHASH if HashKind.PHASH in kinds else HashKind.DHASH)
        assert any(part.kind is one.kind and part.value == one.value for part in mine)


def test_partnership_is_mutual() -> None:
    rng = random.Random(7)
    files = [hashed(n, rng.randrange(60), rng.randrange(60)) for n in range(1, 101)]
    partners = {one.file.page_id: {p.page_id for p in one.partners} for one in matches(equal_sets(files))}
    assert all(a in partners[b] for a, others in partners.items() for b in others)


# --- stories


def test_found_by_dhash_against_files_that_phash_had_matched() -> None:
    """The casebook's Pentagon photograph: 010914-F-8006R-006 has another pHash than two equal uploads."""
    first = hashed(11, 0xE1C4, 0x5A5A, title="US Navy 010914-F-8006R-006 Pentagon.jpg")
    second = hashed(12, 0xE1C4, 0x5A5A, title="010914-F-8006R-006 aerial view.jpg")
    late = hashed(13, 0xE1C5, 0x5A5A, title="Defense.gov News Photo 010914-F-8006R-006.jpg")
    lightened = hashed(14, 0xFFFF, 0x1111, title="Pentagon on 9.11 - 2.jpg")
    sets = equal_sets([late, lightened, second, first])
    assert told(sets) == [("pHash", 0xE1C4, [11, 12]), ("dHash", 0x5A5A, [11, 12, 13])]

    tags = {one.file.page_id: one for one in matches(sets)}
    assert (tags[11].kind, tags[11].value) == (HashKind.PHASH, 0xE1C4)
    assert (tags[13].kind, tags[13].value) == (HashKind.DHASH, 0x5A5A)
    assert tags[11].partners == (second.file, late.file)
    assert tags[13].partners == (first.file, second.file)
    assert 14 not in tags


def test_equal_dhashes_say_nothing_new_about_files_that_phash_matched() -> None:
    assert told(equal_sets([hashed(1, 5, 9), hashed(2, 5, 9)])) == [("pHash", 5, [1, 2])]
    two_pairs = [hashed(1, 5, 9), hashed(2, 5, 9), hashed(3, 6, 9), hashed(4, 6, 9)]
    assert told(equal_sets(two_pairs)) == [("pHash", 5, [1, 2]), ("pHash", 6, [3, 4])]


def test_a_file_in_two_sets_has_the_partners_of_both() -> None:
    files = [hashed(1, 5, 1), hashed(2, 5, 2), hashed(3, 8, 2)]
    tags = {one.file.page_id: [p.page_id for p in one.partners] for one in matches(equal_sets(files))}
    assert tags == {1: [2], 2: [1, 3], 3: [2]}


def test_files_that_people_keep_apart_are_no_partners() -> None:
    """1 and 2 share a pHash, all three the dHash of a file of another set."""
    files = [hashed(1, 5, 9), hashed(2, 5, 9), hashed(3, 6, 9)]

    def tags(*apart: tuple[int, int]) -> dict[int, tuple[HashKind, list[int]]]:
        pairs = {pair_of(*(files[n - 1].file.sha1 for n in pair)) for pair in apart}
        found = matches(equal_sets(files), pairs)
        return {one.file.page_id: (one.kind, [p.page_id for p in one.partners]) for one in found}

    p, d = HashKind.PHASH, HashKind.DHASH
    assert tags() == {1: (p, [2, 3]), 2: (p, [1, 3]), 3: (d, [1, 2])}
    assert tags((1, 2)) == {1: (d, [3]), 2: (d, [3]), 3: (d, [1, 2])}
    assert tags((1, 3)) == {1: (p, [2]), 2: (p, [1, 3]), 3: (d, [2])}
    assert tags((1, 2), (1, 3)) == {1: (p, []), 2: (d, [3]), 3: (d, [2])}
    both = matches(equal_sets(files))
    for apart in [{pair_of(files[0].file.sha1, files[1].file.sha1)}, set()]:
        left = [without_apart(one, apart).partners for one in both]
        assert left == [one.partners for one in matches(equal_sets(files), apart)]


def test_sets_come_by_kind_value_and_page_id() -> None:
    files = [
        hashed(9, 7, 10),
        hashed(8, 7, 11),
        hashed(3, 2, 12),
        hashed(4, 2, 13),
        hashed(5, 90, 1),
        hashed(6, 91, 1),
        hashed(1, 2, 14, ORIGINAL),
        hashed(2, 2, 15, ORIGINAL),
    ]
    assert told(equal_sets(files)) == [
        ("pHash", 2, [1, 2]),
        ("pHash", 2, [3, 4]),
        ("pHash", 7, [8, 9]),
        ("dHash", 1, [5, 6]),
    ]


@pytest.mark.spec("1.8")
def test_equal_hashes_of_two_bases_are_no_match() -> None:
    assert equal_sets([hashed(1, 5, 9), hashed(2, 5, 9, OTHER_PILLOW), hashed(3, 5, 9, ORIGINAL)]) == ()


def test_flat_pictures_match_nothing() -> None:
    assert equal_sets([hashed(1, 0, 0, flat=True), hashed(2, 0, 0, flat=True), hashed(3, 0, 0)]) == ()


def test_a_page_listed_twice_is_no_duplicate_of_itself() -> None:
    one = hashed(1, 5, 9)
    assert equal_sets([one, one]) == ()
    again = replace(one, file=replace(one.file, uploaded=DAY + timedelta(days=1), sha1="f" * 40))
    other = hashed(2, 5, 9)
    for order in ([one, again, other], [again, other, one]):
        (found,) = equal_sets(order)
        assert found.members == (again, other)


def test_nothing_gives_nothing() -> None:
    assert equal_sets([]) == ()
    assert matches([]) == ()


def test_a_hundred_thousand_files_take_seconds() -> None:
    rng = random.Random(3)
    files = [hashed(n, rng.getrandbits(19), rng.getrandbits(64)) for n in range(1, 100_001)]
    started = time.perf_counter()
    found = matches(equal_sets(files))
    assert time.perf_counter() - started < 10
    assert len(found) > 10_000
