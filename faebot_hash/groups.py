"""Rows of equal values as groups, so that a value of a million rows costs what one row costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from faebot_hash.bands import Values

Rows = npt.NDArray[Any]
"""Row numbers: unsigned, of 32 bits where they suffice."""

_PIECE = 1 << 18


@dataclass(frozen=True)
class Groups:
    """The distinct values of a table, ascending, and the rows of each.

    Group n is ``rows[starts[n]:starts[n + 1]]``, its rows ascend.
    """

    values: Values
    starts: npt.NDArray[np.int64]
    rows: Rows

    def __len__(self) -> int:
        return len(self.values)

    @property
    def sizes(self) -> npt.NDArray[np.int64]:
        """Count the rows of each group."""
        return np.diff(self.starts)

    @property
    def firsts(self) -> Rows:
        """Give the first row of each group, which stands for all of it."""
        return self.rows[self.starts[:-1]]

    def find(self, values: Values) -> npt.NDArray[np.intp]:
        """Give the numbers of the groups of values that the table has."""
        return np.searchsorted(self.values, values)

    def of_rows(self) -> Rows:
        """Give for each row the number of its group."""
        numbers = np.empty_like(self.rows)
        numbers[self.rows] = np.repeat(np.arange(len(self), dtype=self.rows.dtype), self.sizes)
        return numbers


def group(values: Values) -> Groups:
    """Sort a table's values and tell which rows have each.

    What is sorted is the values' first bits with the row number in place of the last ones: numbers alone
    sort ten times faster than numbers that carry a row with them. What differs only in the bits that were
    left out is put right afterwards.
    """
    row_type = np.uint32 if len(values) <= 1 << 32 else np.uint64
    row_bits = np.uint64(max(1, (len(values) - 1).bit_length()))
    row_mask = (np.uint64(1) << row_bits) - np.uint64(1)
    packed = values & ~row_mask
    packed |= np.arange(len(values), dtype=np.uint64)
    packed.sort()
    rows = (packed & row_mask).astype(row_type)
    packed >>= row_bits
    alike = packed[1:] == packed[:-1]
    in_order = values[rows]
    if (alike & (in_order[1:] != in_order[:-1])).any():
        _put_right(rows, in_order, alike)
    new = np.ones(len(values), bool)
    np.not_equal(in_order[1:], in_order[:-1], out=new[1:])
    starts = np.append(np.flatnonzero(new), len(values)).astype(np.int64)
    return Groups(in_order[starts[:-1]], starts, rows)


def _put_right(rows: Rows, in_order: Values, alike: npt.NDArray[np.bool_]) -> None:
    """Sort what stands together because its first bits are alike, but only where values do differ."""
    edges = np.flatnonzero(np.concatenate(([True], ~alike, [True])))
    differs = np.concatenate((in_order[1:] != in_order[:-1], [False]))
    differs[edges[1:] - 1] = False
    mixed = np.add.reduceat(differs, edges[:-1]) > 0
    where = np.flatnonzero(np.repeat(mixed, np.diff(edges)))
    run = np.repeat(np.flatnonzero(mixed), np.diff(edges)[mixed])
    order = np.lexsort((rows[where], in_order[where], run))
    rows[where], in_order[where] = rows[where][order], in_order[where][order]


def distinct(values: Values) -> Values:
    """Give the distinct values, ascending, without asking which rows have them."""
    in_order = np.sort(values)
    return in_order[np.concatenate(([True], in_order[1:] != in_order[:-1]))] if len(in_order) else in_order


def products(groups: Groups, one: npt.NDArray[Any], other: npt.NDArray[Any]) -> Iterator[tuple[Rows, Rows]]:
    """Yield every row of the groups numbered ``one`` with every row of their counterparts, in pieces."""
    heights, widths = groups.sizes[one], groups.sizes[other]
    ends = np.cumsum(heights * widths)
    for start in range(0, int(ends[-1]) if len(ends) else 0, _PIECE):
        flat = np.arange(start, min(start + _PIECE, int(ends[-1])), dtype=np.int64)
        pair = np.searchsorted(ends, flat, side="right")
        flat -= (ends - heights * widths)[pair]
        above = groups.rows[groups.starts[one[pair]] + flat // widths[pair]]
        yield above, groups.rows[groups.starts[other[pair]] + flat % widths[pair]]


def inside(groups: Groups, least: int = 2, most: int | None = None) -> Iterator[tuple[Rows, Rows]]:
    """Yield every pair of rows of one group, the first row first, for groups of so many rows, in pieces."""
    sizes = groups.sizes
    chosen = np.flatnonzero((sizes >= least) & (sizes <= (most or sizes.max(initial=0))))
    for one, other in products(groups, chosen, chosen):
        yield one[one < other], other[one < other]
