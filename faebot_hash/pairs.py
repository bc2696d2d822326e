"""Near rows of a table by one hash or by both: pHash within a, or dHash within b, or both at once.

Rows are numbered as the table has them; in each pair the row that comes first in the table is first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from faebot_hash.bands import Values
from faebot_hash.groups import Groups, Rows, group, inside, products
from faebot_hash.join import Progress, close_pairs
from faebot_hash.model import HashKind

_FEW = 512
_FEW_PRODUCTS = 1 << 22


@dataclass(frozen=True)
class HashTable:
    """The hashes of a table by row; a hash that the table does not have is None."""

    phashes: Values | None
    dhashes: Values | None

    def __len__(self) -> int:
        return len(self.phashes) if self.phashes is not None else len(self.column(HashKind.DHASH))

    def column(self, kind: HashKind) -> Values:
        """Give one hash of all rows; the table must have it."""
        column = self.phashes if kind is HashKind.PHASH else self.dhashes
        if column is None:
            raise ValueError(f"the table has no {kind.value}")
        return column


@dataclass(frozen=True)
class Within:
    """How near rows must be: tolerances in bits, None for a hash that is not asked.

    With two tolerances either hash is enough, unless ``both`` are asked.
    """

    phash_bits: int | None = None
    dhash_bits: int | None = None
    both: bool = False

    def __post_init__(self) -> None:
        if self.phash_bits is None and self.dhash_bits is None:
            raise ValueError("no tolerance at all")
        if self.both and (self.phash_bits is None or self.dhash_bits is None):
            raise ValueError("both hashes are asked, but one has no tolerance")

    @property
    def tolerances(self) -> dict[HashKind, int]:
        """Give the tolerance of each hash that is asked."""
        asked = {HashKind.PHASH: self.phash_bits, HashKind.DHASH: self.dhash_bits}
        return {kind: bits for kind, bits in asked.items() if bits is not None}


@dataclass(frozen=True)
class RowPairs:
    """Pairs of rows with their distances, None for a hash that the table does not have."""

    first: Rows
    second: Rows
    phash_bits: npt.NDArray[np.uint8] | None
    dhash_bits: npt.NDArray[np.uint8] | None

    def __len__(self) -> int:
        return len(self.first)


def equal_rows(table: HashTable, within: Within) -> list[tuple[str, Groups]]:
    """Give the groups whose first row stands for all rows in ``near_rows``, under the name of what is equal.

    They are of equal pHash and of equal dHash, as far as those are asked; if both are asked at once,
    of rows that have both in common.
    """
    if within.both:
        return [("both", _group_both(table))]
    return [(kind.value.lower(), group(table.column(kind))) for kind in within.tolerances]


def near_rows(
    table: HashTable, within: Within, *, expand: bool = False, progress: Progress | None = None
) -> Iterator[RowPairs]:
    """Yield each near pair once, in pieces; ``expand`` also gives the pairs of rows of equal values.

    Without ``expand`` the first row of each of ``equal_rows`` stands for its group: two rows are near by
    a hash when they have equal values of it or when the pair of their groups' first rows comes, its
    distance within the tolerance.
    """
    if within.both:
        found = _by_both(table, within, expand, progress)
    else:
        found = _by_either(table, within, expand, progress)
    for one, other in found:
        if len(one):
            yield _measured(table, np.minimum(one, other), np.maximum(one, other))


def _measured(table: HashTable, first: Rows, second: Rows) -> RowPairs:
    def distances(column: Values | None) -> npt.NDArray[np.uint8] | None:
        return None if column is None else np.bitwise_count(column[first] ^ column[second])

    return RowPairs(first, second, distances(table.phashes), distances(table.dhashes))


def _by_either(
    table: HashTable, within: Within, expand: bool, progress: Progress | None
) -> Iterator[tuple[Rows, Rows]]:
    told: npt.NDArray[np.bool_] | None = None
    for kind, tolerance_bits in within.tolerances.items():
        groups = group(table.column(kind))
        for one, other in _of_values(groups, tolerance_bits, expand, progress):
            if kind is HashKind.DHASH and within.phash_bits is not None:
                new = ~_told_by_phash(table.column(HashKind.PHASH), within.phash_bits, told, one, other)
                one, other = one[new], other[new]
            yield one, other
        if kind is HashKind.PHASH and not expand and within.dhash_bits is not None:
            told = np.zeros(len(table), bool)
            told[groups.firsts] = True


def _told_by_phash(
    phashes: Values, tolerance_bits: int, firsts: npt.NDArray[np.bool_] | None, one: Rows, other: Rows
) -> npt.NDArray[Any]:
    """Tell which pairs the pHash has given already; ``firsts`` marks the rows that stood for groups."""
    distances = np.bitwise_count(phashes[one] ^ phashes[other])
    near: npt.NDArray[np.bool_] = distances <= tolerance_bits
    return near if firsts is None else near & (distances > 0) & firsts[one] & firsts[other]


def _of_values(
    groups: Groups, tolerance_bits: int, expand: bool, progress: Progress | None
) -> Iterator[tuple[Rows, Rows]]:
    if expand:
        yield from inside(groups)
    firsts = groups.firsts
    for pairs in close_pairs(groups.values, tolerance_bits, progress=progress):
        low, high = groups.find(pairs.low), groups.find(pairs.high)
        if expand:
            yield from products(groups, low, high)
        else:
            yield firsts[low], firsts[high]


def _group_both(table: HashTable) -> Groups:
    ranks = [group(table.column(kind)).of_rows().astype(np.uint64) for kind in HashKind]
    return group(ranks[0] << np.uint64(32) | ranks[1])


def _by_both(
    table: HashTable, within: Within, expand: bool, progress: Progress | None
) -> Iterator[tuple[Rows, Rows]]:
    """Join by the stricter hash, then ask the other one; rows with both in common count as one."""
    units = _group_both(table)
    if expand:
        yield from inside(units)
    strict, lax = sorted(HashKind, key=lambda kind: within.tolerances[kind])
    firsts = units.firsts
    groups = group(table.column(strict)[firsts])
    other_hash = table.column(lax)[firsts]
    tolerance_bits = within.tolerances[lax]
    for one, other in _candidates(groups, other_hash, within.tolerances[strict], tolerance_bits, progress):
        near = np.bitwise_count(other_hash[one] ^ other_hash[other]) <= tolerance_bits
        one, other = one[near], other[near]
        if expand:
            yield from products(units, one, other)
        else:
            yield firsts[one], firsts[other]


def _candidates(
    groups: Groups, other_hash: Values, strict_bits: int, lax_bits: int, progress: Progress | None
) -> Iterator[tuple[Rows, Rows]]:
    """Yield at least the units near by both hashes.

    Units of one strict value are compared all with all only where they are few: a strict value of
    a million units is joined by the other hash instead.
    """
    yield from inside(groups, most=_FEW)
    for number in np.flatnonzero(groups.sizes > _FEW):
        units = groups.rows[groups.starts[number] : groups.starts[number + 1]]
        for one, other in _of_values(group(other_hash[units]), lax_bits, False, None):
            yield units[one], units[other]
    for pairs in close_pairs(groups.values, strict_bits, progress=progress):
        low, high = groups.find(pairs.low), groups.find(pairs.high)
        few = groups.sizes[low] * groups.sizes[high] <= _FEW_PRODUCTS
        yield from products(groups, low[few], high[few])
        for one, other in zip(low[~few], high[~few], strict=True):
            yield from _across(groups, int(one), int(other), other_hash, lax_bits)


def _across(
    groups: Groups, one: int, other: int, other_hash: Values, lax_bits: int
) -> Iterator[tuple[Rows, Rows]]:
    """Join the units of two strict values by the other hash and keep what lies across."""
    units = np.concatenate([groups.rows[groups.starts[n] : groups.starts[n + 1]] for n in (one, other)])
    border = groups.sizes[one]
    for left, right in _of_values(group(other_hash[units]), lax_bits, True, None):
        across = (left < border) != (right < border)
        yield units[left[across]], units[right[across]]
