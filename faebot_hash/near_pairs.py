"""From fingerprints to near matches: pairs of files that look alike and are no duplicate set, for people.

A near match is not transitive, so nothing is decided from it; pairs are only put together for showing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import chain

import numpy as np
import numpy.typing as npt

from faebot_hash.match import equal_sets
from faebot_hash.model import HashedFile, HashKind
from faebot_hash.pairs import HashTable, RowPairs, Within, near_rows
from faebot_hash.reasons import Reason, Skipped


class WhyNear(Enum):
    """Why two files that look alike are no duplicate set; of several reasons the first one is told."""

    LOW_INFORMATION = "flat or nearly flat: the hashes say nothing"
    BASIS = "one was hashed from its thumbnail, the other, being small, from the original"
    DISTANCE = "the hashes differ"
    SETS = "each is in a duplicate set of its own"


@dataclass(frozen=True)
class NearPair:
    """Two files with the bits that their hashes differ in; ``first`` was uploaded first."""

    first: HashedFile
    second: HashedFile
    phash_bits: int
    dhash_bits: int
    why: WhyNear

    @property
    def page_ids(self) -> tuple[int, int]:
        """Name the pair by its pages, the earlier upload first."""
        return self.first.file.page_id, self.second.file.page_id


@dataclass(frozen=True)
class NearGroup:
    """A file and those near it that were uploaded later, nearest first: what a gallery shows.

    ``equals`` are files of the primary one's duplicate sets whose own near pairs the gallery shows too.
    """

    primary: HashedFile
    pairs: tuple[NearPair, ...]
    equals: tuple[HashedFile, ...] = ()


def near_pairs(files: Iterable[HashedFile], within: Within, most: int) -> list[NearPair] | Skipped:
    """Find all pairs within a tolerance that no duplicate set holds, in the order of their uploads.

    Of flat pictures with equal hashes each is paired with the earliest only, and that one alone with other
    files: a thousand blank pages are no news. More than ``most`` pairs give TOO_MANY_PAIRS.
    """
    by_page = {one.file.page_id: one for one in files}
    in_order = sorted(by_page.values(), key=_upload)
    rows, blank = _without_blank_copies(in_order)
    sets = _Sets(rows, in_order)
    found = blank
    for piece in near_rows(_table(rows), within, expand=True):
        found += sets.outside(piece, most + 1)
        if len(found) > most:
            return Skipped("", Reason.TOO_MANY_PAIRS, f"more than {most:,}")
    return sorted(found, key=lambda pair: (_upload(pair.first), _upload(pair.second)))


def grouped(pairs: Sequence[NearPair]) -> tuple[NearGroup, ...]:
    """Put pairs together: the earliest file with all that are near it, then what is left of the others.

    Every pair is within one gallery, though not always with its primary file: two copies near a third are
    not shown again as near to each other, nor is a copy equal to the primary file shown with all the same
    pictures around it.
    """
    later: dict[int, list[NearPair]] = defaultdict(list)
    for pair in pairs:
        later[pair.page_ids[0]].append(pair)
    alike = _by_sets(files_of(pairs))
    shown: set[tuple[int, int]] = set()
    groups = []
    for page_id, own in list(later.items()):
        fresh = [pair for pair in own if pair.page_ids not in shown]
        if not fresh:
            continue
        fresh.sort(key=lambda pair: (pair.phash_bits + pair.dhash_bits, _upload(pair.second)))
        primary = fresh[0].first
        members = {pair.page_ids[1] for pair in fresh}
        equals = {one.file.page_id: one for one in alike.get(page_id, ()) if one.file.page_id not in members}
        covered = [
            pair.page_ids
            for one in (*members, *equals)
            for pair in later.get(one, ())
            if pair.page_ids not in shown and pair.page_ids[1] in members | equals.keys()
        ]
        shown.update(pair.page_ids for pair in fresh)
        shown.update(covered)
        used = {page for pages in covered for page in pages}
        also = (one for page, one in equals.items() if page != page_id and page in used)
        groups.append(NearGroup(primary, tuple(fresh), tuple(sorted(also, key=_upload))))
    return tuple(groups)


def _by_sets(files: Sequence[HashedFile]) -> dict[int, list[HashedFile]]:
    """Give for each file of a duplicate set the files of its sets."""
    found: dict[int, list[HashedFile]] = defaultdict(list)
    for one in equal_sets(files):
        for member in one.members:
            found[member.file.page_id] += one.members
    return found


def _upload(one: HashedFile) -> tuple[float, int]:
    return one.file.uploaded.timestamp(), one.file.page_id


def _without_blank_copies(in_order: Sequence[HashedFile]) -> tuple[list[HashedFile], list[NearPair]]:
    """Leave the earliest of equal flat pictures, and pair the others with it."""
    rows: list[HashedFile] = []
    earliest: dict[tuple[object, ...], HashedFile] = {}
    pairs: list[NearPair] = []
    for one in in_order:
        looks = (one.basis, one.fingerprint.phash, one.fingerprint.dhash)
        if one.fingerprint.low_information and looks in earliest:
            pairs.append(NearPair(earliest[looks], one, 0, 0, WhyNear.LOW_INFORMATION))
            continue
        rows.append(one)
        if one.fingerprint.low_information:
            earliest[looks] = one
    return rows, pairs


def _table(rows: Sequence[HashedFile]) -> HashTable:
    return HashTable(*(np.array([kind.of(one.fingerprint) for one in rows], np.uint64) for kind in HashKind))


class _Sets:
    """Tells of pairs of rows whether a duplicate set holds them, many at a time."""

    def __init__(self, rows: Sequence[HashedFile], everything: Sequence[HashedFile]) -> None:
        self._rows = rows
        bases = {basis: number for number, basis in enumerate(dict.fromkeys(one.basis for one in rows))}
        self._basis = np.array([bases[one.basis] for one in rows], np.int64)
        self._flat = np.array([one.fingerprint.low_information for one in rows], bool)
        sets = equal_sets(everything)
        self._of_kind = {
            kind: self._numbers(kind, [s.members for s in sets if s.kind is kind]) for kind in HashKind
        }

    def _numbers(self, kind: HashKind, sets: Sequence[Sequence[HashedFile]]) -> npt.NDArray[np.int64]:
        """Give for each row the number of its set of one kind; rows in none have negative ones."""
        numbered = {one.file.page_id: number for number, members in enumerate(sets) for one in members}
        return np.array(
            [numbered.get(one.file.page_id, -1 - n) for n, one in enumerate(self._rows)], np.int64
        )

    def outside(self, pairs: RowPairs, most: int) -> list[NearPair]:
        """Give the pairs that are in no common set, the first ``most`` of them."""
        assert pairs.phash_bits is not None
        assert pairs.dhash_bits is not None
        first, second = pairs.first, pairs.second
        together = np.zeros(len(pairs), bool)
        for numbers in self._of_kind.values():
            together |= numbers[first] == numbers[second]
        return [
            NearPair(
                self._rows[first[n]],
                self._rows[second[n]],
                int(pairs.phash_bits[n]),
                int(pairs.dhash_bits[n]),
                self._why(int(first[n]), int(second[n]), int(pairs.phash_bits[n]), int(pairs.dhash_bits[n])),
            )
            for n in np.flatnonzero(~together)[:most]
        ]

    def _why(self, one: int, other: int, phash_bits: int, dhash_bits: int) -> WhyNear:
        if self._flat[one] or self._flat[other]:
            return WhyNear.LOW_INFORMATION
        if self._basis[one] != self._basis[other]:
            return WhyNear.BASIS
        return WhyNear.DISTANCE if phash_bits and dhash_bits else WhyNear.SETS


def files_of(pairs: Iterable[NearPair]) -> list[HashedFile]:
    """Give the files of pairs, each once, in page-id order."""
    by_page = {one.file.page_id: one for one in chain.from_iterable((p.first, p.second) for p in pairs)}
    return [by_page[page_id] for page_id in sorted(by_page)]
