"""Near pairs against their definition: within a tolerance, and in no common duplicate set."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faebot_hash.match import equal_sets
from faebot_hash.model import Basis, Fingerprint, HashedFile
from faebot_hash.near_pairs import NearPair, WhyNear, grouped, near_pairs
from faebot_hash.pairs import Within
from faebot_hash.reasons import Reason, Skipped
from tests.fakes import EPOCH, file_info

THUMBNAIL, ORIGINAL = Basis("thumbnail", 120, "1", "1"), Basis("original", 0, "1", "1")
WITHIN = Within(6, 2)

values = st.integers(0, 15) | st.sampled_from([255, 2**64 - 1, 2**63])
looks = st.tuples(values, values, st.integers(0, 9).map(lambda n: n == 0), st.booleans(), st.integers(0, 3))


def hashed(
    page_id: int, phash: int, dhash: int, *, flat: bool = False, small: bool = False, day: int = 0
) -> HashedFile:
    """Make a file with these hashes, uploaded on a day."""
    file = file_info(page_id, uploaded=EPOCH + timedelta(days=day))
    return HashedFile(file, Fingerprint(phash, dhash, 0, 0, flat), ORIGINAL if small else THUMBNAIL)


def found(files: Sequence[HashedFile], within: Within = WITHIN) -> list[NearPair]:
    pairs = near_pairs(files, within, 10_000)
    assert not isinstance(pairs, Skipped)
    return pairs


def told(pairs: Sequence[NearPair]) -> dict[frozenset[int], tuple[int, int]]:
    """Give the distances of the pairs by their pages, each of which must come once."""
    by_pages = {frozenset(pair.page_ids): (pair.phash_bits, pair.dhash_bits) for pair in pairs}
    assert len(by_pages) == len(pairs)
    return by_pages


def by_definition(files: Sequence[HashedFile], within: Within) -> dict[frozenset[int], tuple[int, int]]:
    sets = [{one.file.page_id for one in part.members} for part in equal_sets(files)]
    pairs = {}
    for one, other in itertools.combinations(files, 2):
        a, b = one.fingerprint, other.fingerprint
        bits = (a.phash ^ b.phash).bit_count(), (a.dhash ^ b.dhash).bit_count()
        pages = frozenset((one.file.page_id, other.file.page_id))
        near = [
            distance <= most
            for distance, most in zip(bits, (within.phash_bits, within.dhash_bits), strict=True)
            if most is not None
        ]
        if (all(near) if within.both else any(near)) and not any(pages <= part for part in sets):
            pairs[pages] = bits
    return pairs


def without_blank_copies(files: Sequence[HashedFile]) -> list[HashedFile]:
    """Keep of equal flat pictures the earliest."""
    kept: dict[tuple[object, ...], HashedFile] = {}
    for one in sorted(files, key=lambda one: (one.file.uploaded, one.file.page_id)):
        flat = one.fingerprint.low_information
        looks = (one.basis, one.fingerprint) if flat else (one.file.page_id,)
        kept.setdefault(looks, one)
    return list(kept.values())


@given(st.lists(looks, max_size=12), st.sampled_from([WITHIN, Within(2, 2, both=True), Within(0, 12)]))
def test_near_pairs_are_those_of_the_definition(
    rows: list[tuple[int, int, bool, bool, int]], within: Within
) -> None:
    files = [
        hashed(n, phash, dhash, flat=flat, small=small, day=day)
        for n, (phash, dhash, flat, small, day) in enumerate(rows, start=1)
    ]
    kept = without_blank_copies(files)
    ids = {one.file.page_id for one in kept}
    pairs = found(files, within)
    assert told([pair for pair in pairs if set(pair.page_ids) <= ids]) == by_definition(kept, within)
    copies = [pair for pair in pairs if not set(pair.page_ids) <= ids]
    assert {pair.page_ids[1] for pair in copies} == {one.file.page_id for one in files} - ids
    for pair in pairs:
        assert (pair.first.file.uploaded, pair.first.file.page_id) < (
            pair.second.file.uploaded,
            pair.second.file.page_id,
        )


@given(st.lists(st.tuples(values, values, st.integers(0, 3)), max_size=12))
def test_every_pair_is_within_a_gallery_and_no_gallery_says_nothing_new(
    rows: list[tuple[int, int, int]],
) -> None:
    pairs = found([hashed(n, phash, dhash, day=day) for n, (phash, dhash, day) in enumerate(rows, start=1)])
    galleries = [
        {
            group.primary.file.page_id,
            *(pair.page_ids[1] for pair in group.pairs),
            *(one.file.page_id for one in group.equals),
        }
        for group in grouped(pairs)
    ]
    for pair in pairs:
        assert any(set(pair.page_ids) <= gallery for gallery in galleries)
    shown = [pair.page_ids for group in grouped(pairs) for pair in group.pairs]
    assert len(shown) == len(set(shown))
    assert set(shown) <= {pair.page_ids for pair in pairs}
    for group in grouped(pairs):
        assert {pair.page_ids[0] for pair in group.pairs} == {group.primary.file.page_id}


def why(*files: HashedFile) -> list[WhyNear]:
    return [pair.why for pair in found(files)]


def test_each_reason() -> None:
    assert why(hashed(1, 0, 255), hashed(2, 1, 0)) == [WhyNear.DISTANCE]
    assert why(hashed(1, 7, 255), hashed(2, 7, 255, small=True)) == [WhyNear.BASIS]
    assert why(hashed(1, 7, 255, flat=True), hashed(2, 7, 255, flat=True)) == [WhyNear.LOW_INFORMATION]
    assert why(hashed(1, 7, 255), hashed(2, 6, 255, flat=True)) == [WhyNear.LOW_INFORMATION]
    # Two pHash sets with one dHash: equal dHashes make no further set of files that are in sets already.
    of_two_sets = [hashed(n, n // 3, 255) for n in (1, 2, 3, 4)]
    assert {pair.why for pair in found(of_two_sets)} == {WhyNear.SETS}
    assert set(told(found(of_two_sets))) == {frozenset(pair) for pair in ((1, 3), (1, 4), (2, 3), (2, 4))}


def test_a_set_is_no_near_match() -> None:
    assert found([hashed(1, 7, 1), hashed(2, 7, 2), hashed(3, 7, 3)]) == []


def test_the_earliest_upload_is_the_primary_file() -> None:
    (group,) = grouped(found([hashed(1, 0, 255, day=2), hashed(2, 1, 0, day=0), hashed(3, 3, 7, day=1)]))
    assert group.primary.file.page_id == 2
    assert [pair.page_ids[1] for pair in group.pairs] == [3, 1]


def test_copies_of_the_primary_file_are_shown_with_it() -> None:
    files = [hashed(n, 7, 255 << n) for n in (1, 2, 3)] + [hashed(4, 0, 2**40)]
    (group,) = grouped(found(files))
    assert group.primary.file.page_id == 1
    assert [pair.page_ids for pair in group.pairs] == [(1, 4)]
    assert [one.file.page_id for one in group.equals] == [2, 3]
    assert len(found(files)) == 3


@pytest.mark.spec("9.2")
def test_too_many_are_not_listed() -> None:
    files = [hashed(n, n, n << 8) for n in range(1, 60)]
    skipped = near_pairs(files, Within(6), 100)
    assert isinstance(skipped, Skipped)
    assert skipped.reason is Reason.TOO_MANY_PAIRS


def test_a_thousand_blank_pages_give_a_thousand_pairs() -> None:
    files = [hashed(n, 7, 7, flat=True) for n in range(1, 1001)]
    assert len(found(files)) == 999
    assert len(grouped(found(files))) == 1


def test_a_page_that_two_slices_list_is_one_file() -> None:
    one = hashed(1, 7, 7)
    assert found([one, replace(one)]) == []
