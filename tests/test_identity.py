"""Files are grouped exactly as comparing all with all would, whatever their order."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from itertools import combinations, groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faebot_hash.family import Bond, Family, Identity
from faebot_hash.identity import MAX_PAIRS, identity
from faebot_hash.likeness import Digest, Original, Verdict
from faebot_hash.model import Fingerprint
from faebot_hash.pixels import verdict
from faebot_hash.reasons import Reason, Skipped
from tests.fakes import file_info

HASHES = Fingerprint(3, 5, 0, 0, low_information=False)


@dataclass(frozen=True, order=True)
class Made:
    """A file by what it was made of: a picture, a way to encode it, and a dress of metadata."""

    picture: int
    coding: int
    dress: int

    @property
    def sha1(self) -> str:
        return sha1_of("file", self.picture, self.coding, self.dress)

    @property
    def original(self) -> Original:
        """Tell of the file as reading would: coding 0 is not JPEG, and nothing can be stripped from it."""
        stripped = sha1_of("stripped", self.picture, self.coding) if self.coding else None
        # Pictures 0 and 1 have one default JPEG export, 2 and 3 the same pixels otherwise stored.
        digest = Digest(
            sha1_of("export", max(1, self.picture)),
            sha1_of("pixels", 3 if self.picture == 2 else self.picture),
            *(1, "RGB", 8, 640, 480, 1, ""),
        )
        return Original(self.sha1, stripped, digest)


made = st.builds(Made, st.integers(0, 4), st.integers(0, 2), st.integers(0, 2))


def sha1_of(*words: object) -> str:
    return hashlib.sha1(repr(words).encode(), usedforsecurity=False).hexdigest()


def identified(files: list[Made], originals: dict[str, Original | Skipped]) -> Identity:
    infos = tuple(file_info(page_id, sha1=one.sha1) for page_id, one in enumerate(files, 1))
    page_ids = frozenset(file.page_id for file in infos)
    return identity(Family(infos, (Bond(page_ids, "pHash"),), dict.fromkeys(page_ids, HASHES)), originals)


def brute_force(files: list[Made]) -> set[frozenset[int]]:
    """Compare all with all, and join what is joined by others."""
    groups = {number: {number} for number in range(1, len(files) + 1)}
    for one, other in combinations(groups, 2):
        if verdict(files[one - 1].original, files[other - 1].original).verdict.is_same_picture:
            joined = groups[one] | groups[other]
            groups |= dict.fromkeys(joined, joined)
    return {frozenset(group) for group in groups.values() if len(group) > 1}


@given(st.lists(made, min_size=2, max_size=12))
def test_groups_are_those_of_comparing_all_with_all(files: list[Made]) -> None:
    found = identified(files, {one.sha1: one.original for one in files})
    assert {frozenset(file.page_id for file in group) for group in found.groups} == brute_force(files)
    for group in found.groups:
        assert [file.page_id for file in group] == sorted(file.page_id for file in group)
    assert [group[0].page_id for group in found.groups] == sorted(group[0].page_id for group in found.groups)


@given(st.lists(made, min_size=2, max_size=8), st.randoms(use_true_random=False))
def test_order_does_not_matter(files: list[Made], chance: object) -> None:
    shuffled = sorted(files, key=lambda _: chance.random())  # type: ignore[attr-defined]
    groups = []
    for order in (files, shuffled):
        found = identified(order, {one.sha1: one.original for one in reversed(order)})
        groups.append(sorted(sorted(file.sha1 for file in group) for group in found.groups))
    assert groups[0] == groups[1]


@given(st.lists(made, min_size=2, max_size=12), st.data())
def test_one_digest_of_a_class_is_enough(files: list[Made], data: st.DataObject) -> None:
    whole = {one.sha1: one.original for one in files}
    classes = groupby(sorted(set(files)), key=lambda one: one.original.stripped_sha1 or one.sha1)
    decoded = {data.draw(st.sampled_from(list(some))).sha1 for _, some in classes}
    partly = {sha1: one if sha1 in decoded else replace(one, digest=None) for sha1, one in whole.items()}
    assert identified(files, dict(partly)) == identified(files, dict(whole))


@given(st.lists(made, min_size=2, max_size=12))
def test_compares_with_the_first_and_the_firsts_with_each_other(files: list[Made]) -> None:
    found = identified(files, {one.sha1: one.original for one in files})
    follower = {file.page_id: group[0].page_id for group in found.groups for file in group[1:]}
    firsts = [page_id for page_id in range(1, len(files) + 1) if page_id not in follower]
    within = {(first, page_id) for page_id, first in follower.items()}
    assert found.comparisons.keys() == within | set(combinations(firsts, 2))
    for (one, other), comparison in found.comparisons.items():
        assert comparison == verdict(found.originals[one], found.originals[other])
        assert comparison.verdict.is_same_picture == ((one, other) in within)


def test_a_large_family_is_compared_in_part() -> None:
    files = [Made(10 + number, 0, 0) for number in range(300)]
    found = identified(files, {one.sha1: one.original for one in files})
    assert list(found.comparisons) == [(one, one + 1) for one in range(1, MAX_PAIRS + 1)]
    alike = identified(
        [Made(7, 1, number) for number in range(300)],
        {Made(7, 1, number).sha1: Made(7, 1, number).original for number in range(300)},
    )
    assert list(alike.comparisons) == [(1, other) for other in range(2, 301)]
    assert len(alike.groups[0]) == 300


def test_fingerprints_tell_near_from_different() -> None:
    files = [Made(3, 0, 0), Made(4, 0, 0)]
    found = identified(files, {one.sha1: one.original for one in files})
    assert found.comparisons[1, 2].verdict is Verdict.ENHANCED
    assert [one.fingerprint for one in found.originals.values()] == [HASHES, HASHES]


def test_what_could_not_be_read_is_in_no_group() -> None:
    files = [Made(3, 1, 0), Made(3, 1, 1), Made(3, 1, 2), Made(3, 1, 2)]
    why = Skipped(files[2].sha1, Reason.WRONG_DOWNLOAD, "5 bytes")
    found = identified(files, {**{one.sha1: one.original for one in files[:2]}, files[2].sha1: why})
    assert [[file.page_id for file in group] for group in found.groups] == [[1, 2]]
    assert [one.what for one in found.unread] == ["Photograph 3.jpg", "Photograph 4.jpg"]
    assert {(one.reason, one.detail) for one in found.unread} == {(Reason.WRONG_DOWNLOAD, "5 bytes")}
    assert found.originals.keys() == {1, 2}


def test_nothing_is_guessed_without_digests() -> None:
    files = [Made(3, 1, 0), Made(3, 2, 0)]
    originals = {one.sha1: replace(one.original, digest=None) for one in files}
    with pytest.raises(ValueError, match="not decoded"):
        identified(files, dict(originals))
