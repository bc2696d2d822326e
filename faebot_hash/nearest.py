"""What is near a picture: range and nearest queries on pHash, dHash or both, over a table that grows.

A table has a base, which is indexed, and a tail of newer rows, which is short enough to be looked through.
A row that is added again replaces the older one with its id.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from faebot_hash.bands import Values
from faebot_hash.groups import Rows, distinct
from faebot_hash.lookup import HashIndex, build_index
from faebot_hash.model import HASH_BITS, HashKind
from faebot_hash.pairs import HashTable, Within

Ids = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint8]

TAIL_ROWS = 100_000
"""A tail of more rows, or of more than a hundredth of the base, is worth merging."""

_WIDENING_BITS = (2, 5, 8, 12, 16, 20, 24, 28, 32, 40, 48, HASH_BITS)


@dataclass(frozen=True)
class Query:
    """The hashes that are asked for; at least one."""

    phash: int | None = None
    dhash: int | None = None

    @property
    def hashes(self) -> dict[HashKind, int]:
        """Give the hashes by kind."""
        given = {HashKind.PHASH: self.phash, HashKind.DHASH: self.dhash}
        return {kind: value for kind, value in given.items() if value is not None}


@dataclass(frozen=True)
class Neighbours:
    """Ids of near rows and how far they are by each hash that was asked for, nearest first.

    With both hashes the sum of the distances decides, then the id. ``more`` tells that others were cut off.
    """

    ids: Ids
    phash_bits: Bits | None
    dhash_bits: Bits | None
    more: bool

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class IndexedTable:
    """Rows in the order of their ids, which do not repeat, and an index of each hash that they have."""

    ids: Ids
    table: HashTable
    indexes: Mapping[HashKind, HashIndex]


def index_table(ids: Ids, table: HashTable) -> IndexedTable:
    """Index rows; of an id that repeats the last row counts."""
    ids, table = _latest(ids, table)
    return IndexedTable(ids, table, {kind: build_index(table.column(kind)) for kind in kinds(table)})


def kinds(table: HashTable) -> list[HashKind]:
    """Tell which hashes a table has."""
    columns = {HashKind.PHASH: table.phashes, HashKind.DHASH: table.dhashes}
    return [kind for kind, column in columns.items() if column is not None]


def _latest(ids: Ids, table: HashTable) -> tuple[Ids, HashTable]:
    order = np.argsort(ids, kind="stable")
    in_order = ids[order]
    last = np.append(in_order[1:] != in_order[:-1], True) if len(ids) else np.zeros(0, bool)
    return in_order[last], chosen_rows(table, order[last])


def chosen_rows(table: HashTable, rows: npt.NDArray[Any]) -> HashTable:
    """Give some rows of a table, by number or by mask."""
    return HashTable(
        None if table.phashes is None else table.phashes[rows],
        None if table.dhashes is None else table.dhashes[rows],
    )


@dataclass(frozen=True)
class HashSearch:
    """A base, the numbers of its rows that are replaced or removed, ascending, and the tail."""

    base: IndexedTable
    hidden: Ids
    tail_ids: Ids
    tail: HashTable

    def __len__(self) -> int:
        return len(self.base.ids) - len(self.hidden) + len(self.tail_ids)

    @property
    def wants_merging(self) -> bool:
        """Tell whether the tail has grown so long that it slows queries down."""
        return len(self.tail_ids) + len(self.hidden) > max(TAIL_ROWS, len(self.base.ids) // 100)

    def with_rows(self, ids: Ids, table: HashTable) -> HashSearch:
        """Add rows to the tail; they replace those with the same ids."""
        if kinds(table) != kinds(self.base.table):
            raise ValueError("the new rows have other hashes than the index")
        hidden = self.without(ids)
        new_ids, new = _latest(np.concatenate((hidden.tail_ids, ids)), _stacked(hidden.tail, table))
        return replace(hidden, tail_ids=new_ids, tail=new)

    def without(self, ids: Ids) -> HashSearch:
        """Remove rows; ids that are not there do not matter."""
        at = np.searchsorted(self.base.ids, ids)
        at = at[at < len(self.base.ids)]
        there = at[np.isin(self.base.ids[at], ids)]
        kept = ~np.isin(self.tail_ids, ids)
        return replace(
            self,
            hidden=np.union1d(self.hidden, there).astype(np.int64),
            tail_ids=self.tail_ids[kept],
            tail=chosen_rows(self.tail, kept),
        )

    def merged(self) -> HashSearch:
        """Index all rows anew, so that the tail is empty."""
        kept = np.ones(len(self.base.ids), bool)
        kept[self.hidden] = False
        ids = np.concatenate((self.base.ids[kept], self.tail_ids))
        return search_of(index_table(ids, _stacked(chosen_rows(self.base.table, kept), self.tail)))

    def compiled(self) -> HashSearch:
        """Look up with the extra ``scale`` from now on, if it is installed; its code is loaded at once.

        That takes a second, and some more at the very first time: it pays for thousands of queries.
        """
        indexes = {kind: index.compiled() for kind, index in self.base.indexes.items()}
        return replace(self, base=replace(self.base, indexes=indexes))

    def within(self, query: Query, within: Within, most: int) -> Neighbours:
        """Give the nearest ``most`` rows that are within the tolerances (0…64 bits) of the query."""
        hashes, tolerances = query.hashes, within.tolerances
        if not tolerances.keys() <= hashes.keys():
            raise ValueError("a tolerance for a hash that the query does not have")
        if len(hashes) == 1:
            ids, distances = self._base_by_one(hashes, tolerances, most)
        else:
            rows = self._base_rows(hashes, tolerances, within.both)
            table = chosen_rows(self.base.table, rows)
            near, distances = _near(table, hashes, tolerances, within.both)
            ids = self.base.ids[rows[near]]
        if len(self.tail_ids):
            near, newer = _near(self.tail, hashes, tolerances, within.both)
            ids = np.concatenate((ids, self.tail_ids[near]))
            distances = {kind: np.concatenate((distances[kind], newer[kind])) for kind in hashes}
        more = len(ids) > most
        if len(ids) > 1:
            apart = np.add.reduce(list(distances.values()), dtype=np.uint8)
            chosen = _nearest(apart, ids, most)
            ids, distances = ids.take(chosen), {kind: bits.take(chosen) for kind, bits in distances.items()}
        return Neighbours(ids, distances.get(HashKind.PHASH), distances.get(HashKind.DHASH), more)

    def nearest(self, query: Query, count: int) -> Neighbours:
        """Give the ``count`` rows nearest to the query, however far they are."""
        asked = query.hashes
        for tolerance_bits in _WIDENING_BITS:
            tolerances = [tolerance_bits if kind in asked else None for kind in HashKind]
            found = self.within(query, Within(tolerances[0], tolerances[1]), count)
            # Whatever was not found is further than this by each hash that was asked for.
            sure_bits = tolerance_bits if len(asked) == 1 else 2 * tolerance_bits + 1
            distances = [bits for bits in (found.phash_bits, found.dhash_bits) if bits is not None]
            if len(found) == count and sum(int(bits[-1]) for bits in distances) <= sure_bits:
                return replace(found, more=len(self) > count)
        return replace(found, more=False)

    def _base_by_one(
        self, hashes: Mapping[HashKind, int], tolerances: Mapping[HashKind, int], most: int
    ) -> tuple[Ids, dict[HashKind, Bits]]:
        """Find rows of the base by the one hash that is asked for, as many of a value as the answer needs."""
        ((kind, value),) = hashes.items()
        index = self.base.indexes[kind]
        rows, bits = index.within(value, tolerances[kind], most + len(self.hidden) + 1)
        if len(self.hidden):
            shown = ~self._hides(rows)
            rows, bits = rows[shown], bits[shown]
        return self.base.ids.take(rows), {kind: bits}

    def _base_rows(
        self, hashes: Mapping[HashKind, int], tolerances: Mapping[HashKind, int], both: bool
    ) -> Rows:
        """Find rows of the base near by one hash, among which are all that are asked for."""
        in_order = sorted(tolerances.items(), key=lambda one: one[1])
        found = []
        for kind, tolerance_bits in in_order[:1] if both else in_order:
            found.append(self.base.indexes[kind].within(hashes[kind], tolerance_bits)[0])
        rows = found[0] if len(found) == 1 else distinct(np.concatenate(found))
        return rows[~self._hides(rows)] if len(self.hidden) else rows

    def _hides(self, rows: Rows) -> npt.NDArray[np.bool_]:
        """Tell which rows of the base are replaced or removed."""
        at = self.hidden.searchsorted(rows)
        at[at == len(self.hidden)] = 0
        hides: npt.NDArray[np.bool_] = self.hidden[at] == rows
        return hides


_NO_IDS = np.empty(0, np.int64)


def _near(
    table: HashTable, hashes: Mapping[HashKind, int], tolerances: Mapping[HashKind, int], both: bool
) -> tuple[npt.NDArray[np.intp], dict[HashKind, Bits]]:
    """Find the rows of a table within the tolerances, and how far they are by each hash."""
    distances = {
        kind: np.bitwise_count(table.column(kind) ^ np.uint64(value)) for kind, value in hashes.items()
    }
    near = [distances[kind] <= tolerance for kind, tolerance in tolerances.items()]
    found = np.flatnonzero(np.logical_and.reduce(near) if both else np.logical_or.reduce(near))
    return found, {kind: bits[found] for kind, bits in distances.items()}


def search_of(base: IndexedTable) -> HashSearch:
    """Search in an indexed table without newer rows."""
    return HashSearch(base, _NO_IDS, _NO_IDS, chosen_rows(base.table, _NO_IDS))


def _stacked(one: HashTable, other: HashTable) -> HashTable:
    def joined(above: Values | None, below: Values | None) -> Values | None:
        return None if above is None or below is None else np.concatenate((above, below))

    return HashTable(joined(one.phashes, other.phashes), joined(one.dhashes, other.dhashes))


def _nearest(distance_bits: Any, ids: Ids, most: int) -> npt.NDArray[np.intp]:
    """Order by distance, then id, sorting no more than what comes near the end of the answer."""
    if not 0 < most < len(ids):
        return np.lexsort((ids, distance_bits))[:most]
    furthest = np.partition(distance_bits, most - 1)[most - 1]
    at = np.flatnonzero(distance_bits <= furthest)
    order: npt.NDArray[np.intp] = at[np.lexsort((ids[at], distance_bits[at]))]
    return order[:most]
