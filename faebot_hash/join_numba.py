"""Join with Numba, the extra ``scale``: the same plan and pairs as ``join_numpy``, arranged without sorting.

The values are dealt out by the first bits of a table's key into parts that fit the processor's cache; tables
whose keys begin with the same bands share that. In the cache each part is dealt out again by the rest of each
table's key, and the buckets are scanned. Kernels are compiled at first use and kept on disk.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit, types
from numba.extending import intrinsic

from faebot_hash.bands import Batch, Cost, Found, Plan, Values
from faebot_hash.model import HASH_BITS

Ints = npt.NDArray[np.int64]

COST = Cost(arrange_ns=5, compare_ns=0.2, table_ns=10_000)

_PART_BITS = 16
_MOST_PREFIX_BITS = 11
_BUCKET_BITS = 2
_TASKS = 8
_CAPACITY = 1 << 16
_BLOCK = 1 << 11
_ROWS = 4
_LARGE = 48


@dataclass(frozen=True)
class _Tables:
    """The tables of one prefix as the kernels want them: a row for each table."""

    to_table: Values
    back: Values
    masks: Values
    asked: npt.NDArray[np.bool_]
    key_bits: Ints


def batches(places: Values, plan: Plan, pool: Executor | None) -> Iterator[Batch]:
    """Give one batch for all tables whose keys begin alike; its parts are ranges of the first key bits."""
    prefix_bits = max(0, min(_MOST_PREFIX_BITS, len(places).bit_length() - _PART_BITS))
    bands = 0
    while bands < len(plan.tables[0]) and plan.key_bits(range(bands)) < prefix_bits - 1:
        bands += 1
    groups = [(prefix, list(tables)) for prefix, tables in groupby(plan.tables, lambda table: table[:bands])]
    for prefix, tables in groups:
        bits = min(prefix_bits, plan.key_bits(prefix))
        keyed, starts = _dealt(places, _steps(plan.moves(prefix)), bits, pool)
        described = _described(plan, tables, prefix)
        shares = np.searchsorted(starts, np.linspace(0, len(places), _TASKS + 1)[1:-1])
        edges = np.unique(np.concatenate(([0], shares, [len(starts) - 1])))
        parts = [
            _pairs(keyed, starts, int(first), int(last), bits, described, plan.tolerance_bits)
            for first, last in pairwise(edges)
        ]
        yield parts, len(groups)


def _described(plan: Plan, tables: Sequence[tuple[int, ...]], prefix: tuple[int, ...]) -> _Tables:
    most = len(plan.widths)
    ahead = [table[-1] + 1 if table else 0 for table in tables]
    masks = np.zeros((len(tables), most), np.uint64)
    for row, table in enumerate(tables):
        masks[row, : ahead[row]] = plan.masks_after(table)[: ahead[row]]
    asked = np.array([[band in table for band in range(most)] for table in tables]).reshape(len(tables), most)
    return _Tables(
        np.array([_steps(plan.moves(table, prefix), most) for table in tables]),
        np.array([_steps(_reversed(plan.moves(table)), most) for table in tables]),
        masks,
        asked,
        np.array([plan.key_bits(table) for table in tables], np.int64),
    )


def _reversed(moves: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    return [(mask << left if left >= 0 else mask >> -left, -left) for mask, left in moves]


def _steps(moves: Sequence[tuple[int, int]], most: int = 0) -> Values:
    """Write moves as rows of mask, left shift and right shift; rows of zeros do nothing."""
    rows = [(mask, max(left, 0), max(-left, 0)) for mask, left in moves]
    rows += [(0, 0, 0)] * (most - len(rows))
    return np.array(rows, np.uint64).reshape(-1, 3)


def _dealt(places: Values, steps: Values, bits: int, pool: Executor | None) -> tuple[Values, Ints]:
    """Move the values and put them in parts by their first bits; give the parts' starts as well."""
    if not bits:
        return _arranged(places, steps), np.array([0, len(places)], np.int64)
    slices = np.linspace(0, len(places), (1 if pool is None else _TASKS) + 1).astype(np.int64)
    ranges = list(pairwise(slices))
    counts = np.zeros((len(ranges), 1 << bits), np.int64)
    run = map if pool is None else pool.map
    list(run(lambda n: _histogram(places[slice(*ranges[n])], steps, bits, counts[n]), range(len(ranges))))
    before = np.cumsum(counts.T.ravel()).reshape(counts.T.shape).T - counts
    starts = np.append(before[0], len(places))
    keyed = np.empty_like(places)
    goals = np.ascontiguousarray(before)
    list(run(lambda n: _scatter(places[slice(*ranges[n])], steps, bits, goals[n], keyed), range(len(ranges))))
    return keyed, starts


def _pairs(
    keyed: Values, starts: Ints, first: int, last: int, bits: int, tables: _Tables, tolerance_bits: int
) -> Iterator[Found]:
    one, other = np.empty(_CAPACITY, np.uint64), np.empty(_CAPACITY, np.uint64)
    largest = int(np.diff(starts[first : last + 1]).max(initial=0))
    moved, bucketed = np.empty(largest, np.uint64), np.empty(largest, np.uint64)
    ends = np.empty((1 << max(0, largest.bit_length() - _BUCKET_BITS)) + 1, np.int64)
    place = np.array([first, 0, -1, 0, 0], np.int64)
    while place[0] < last:
        found = _scan_parts(
            keyed, starts, last, bits, tables.to_table, tables.back, tables.masks, tables.asked,
            tables.key_bits, np.uint64(tolerance_bits), moved, bucketed, ends, place, one, other,
        )  # fmt: skip
        if found:
            yield one[:found].copy(), other[:found].copy()


@intrinsic  # type: ignore[untyped-decorator]
def count_bits(_: Any, value: Any) -> Any:
    """Count the set bits of an unsigned 64-bit number: one instruction, which loops turn into vectors."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), code


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _move(values: Values, steps: Values, out: Values) -> None:
    out[: len(values)] = 0
    for step in range(len(steps)):
        mask, left, right = steps[step, 0], steps[step, 1], steps[step, 2]
        if mask:
            for at in range(len(values)):
                out[at] |= ((values[at] & mask) << left) >> right


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _arranged(values: Values, steps: Values) -> Values:
    out = np.empty_like(values)
    _move(values, steps, out)
    return out


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _histogram(values: Values, steps: Values, bits: int, counts: Ints) -> None:
    block, shift = np.empty(_BLOCK, np.uint64), np.uint64(HASH_BITS - bits)
    for start in range(0, len(values), _BLOCK):
        part = values[start : start + _BLOCK]
        _move(part, steps, block)
        for at in range(len(part)):
            counts[np.int64(block[at] >> shift)] += 1


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _scatter(values: Values, steps: Values, bits: int, goals: Ints, keyed: Values) -> None:
    block, shift = np.empty(_BLOCK, np.uint64), np.uint64(HASH_BITS - bits)
    for start in range(0, len(values), _BLOCK):
        part = values[start : start + _BLOCK]
        _move(part, steps, block)
        for at in range(len(part)):
            goal = np.int64(block[at] >> shift)
            keyed[goals[goal]] = block[at]
            goals[goal] += 1


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _bucket(
    part: Values, steps: Values, above: int, digit_bits: int, moved: Values, out: Values, ends: Ints
) -> None:
    """Deal a part out by the ``digit_bits`` of the key that follow the first ``above`` ones."""
    _move(part, steps, moved)
    ends[: (1 << digit_bits) + 1] = 0
    if digit_bits == 0:
        out[: len(part)] = moved[: len(part)]
        ends[0] = len(part)
        return
    shift = np.uint64(HASH_BITS - above - digit_bits)
    digit = np.uint64((1 << digit_bits) - 1)
    for at in range(len(part)):
        ends[np.int64(moved[at] >> shift & digit) + 1] += 1
    for at in range(1 << digit_bits):
        ends[at + 1] += ends[at]
    for at in range(len(part)):
        goal = np.int64(moved[at] >> shift & digit)
        out[ends[goal]] = moved[at]
        ends[goal] += 1


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _scan_parts(  # noqa: C901 - a call for each bucket would cost more than its pairs
    keyed: Values, starts: Ints, last: int, bits: int, to_table: Values, back: Values, masks: Values,
    asked: Any, key_bits: Ints, tolerance: np.uint64, moved: Values, bucketed: Values, ends: Ints,
    place: Ints, one: Values, other: Values,
) -> int:  # fmt: skip
    """Go on from ``place`` (part, table, bucket, row, column) until the results are nearly full."""
    found = 0
    part, table, bucket, row, column = place[0], place[1], place[2], place[3], place[4]
    while part < last:
        size = starts[part + 1] - starts[part]
        digit_bits = 0
        while digit_bits < key_bits[table] - bits and size >> (digit_bits + _BUCKET_BITS) > 0:
            digit_bits += 1
        if bucket < 0:
            _bucket(
                keyed[starts[part] : starts[part + 1]],
                to_table[table],
                bits,
                digit_bits,
                moved,
                bucketed,
                ends,
            )
            bucket, row, column = 0, 0, 1
        while bucket < 1 << digit_bits:
            end = ends[bucket]
            large = end - row > _LARGE
            while row < end:
                rows = _ROWS if large and end - row > _ROWS else 1
                while column < end:
                    if found + rows * _BLOCK > _CAPACITY:
                        place[0], place[1], place[2], place[3], place[4] = part, table, bucket, row, column
                        return found
                    stop = min(column + _BLOCK, end)
                    # Four rows at a time share what is read of the columns.
                    if rows == 1 or _any_near(bucketed, row, column, stop, tolerance):
                        for above in range(row, row + rows):
                            value = bucketed[above]
                            for at in range(max(column, above + 1), stop):
                                difference = value ^ bucketed[at]
                                if count_bits(difference) <= tolerance and _first(
                                    difference, masks, asked, table
                                ):
                                    one[found] = _moved_back(value, back, table)
                                    other[found] = _moved_back(bucketed[at], back, table)
                                    found += 1
                    column = stop
                row += rows
                column = row + 1
            bucket += 1
            row = end
            column = row + 1
        bucket = -1
        table += 1
        if table == len(key_bits):
            part, table = part + 1, 0
    place[0] = part
    return found


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _any_near(values: Values, row: int, left: int, right: int, tolerance: np.uint64) -> bool:
    """Tell whether a column is near one of the four rows: a loop without branches."""
    first, second, third, fourth = values[row], values[row + 1], values[row + 2], values[row + 3]
    near = 0
    for column in range(left, right):
        value = values[column]
        near += count_bits(first ^ value) <= tolerance
        near += count_bits(second ^ value) <= tolerance
        near += count_bits(third ^ value) <= tolerance
        near += count_bits(fourth ^ value) <= tolerance
    # A column that is itself one of the rows is near itself.
    return near > max(0, min(right, row + _ROWS) - max(left, row))


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _first(difference: np.uint64, masks: Values, asked: Any, table: int) -> bool:
    """Tell whether a pair agrees on the table's bands first of all bands."""
    for band in range(masks.shape[1]):
        mask = masks[table, band]
        if mask and (difference & mask == 0) != asked[table, band]:
            return False
    return True


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _moved_back(value: np.uint64, back: Values, table: int) -> np.uint64:
    place = np.uint64(0)
    for step in range(back.shape[1]):
        place |= ((value & back[table, step, 0]) << back[table, step, 1]) >> back[table, step, 2]
    return place
