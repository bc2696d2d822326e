"""Join with Numba, the extra ``scale``: the same plan and pairs as ``join_numpy``, arranged without sorting.

The values are dealt out by the first bits of a table's key into parts that fit the processor's cache; tables
whose keys begin with the same bands share that. In the cache each part is dealt out again by the rest of each
table's key, and the buckets are scanned.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import groupby, pairwise

import numpy as np
import numpy.typing as npt

from faebot_hash.bands import Batch, Cost, Found, Permutation, Plan, Values
from faebot_hash.join_kernels import (
    BUCKET_BITS,
    CAPACITY,
    Ints,
    arranged,
    histogram,
    look_up,
    scan_parts,
    scatter,
)

COST = Cost(arrange_ns=5, compare_ns=0.2, table_ns=10_000)

_PART_BITS = 16
_MOST_PREFIX_BITS = 11
_TASKS = 8


@dataclass(frozen=True)
class _Tables:
    """The tables of one prefix as the kernels want them: a row for each table."""

    to_table: Values
    back: Values
    masks: Values
    asked: npt.NDArray[np.bool_]
    key_bits: Ints


def permutation(order: Sequence[int], count: int) -> Permutation:
    """Look small digits up, whose tables stay in the cache."""
    return Permutation(order, 8, look_up)


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
        # The next prefix needs as much memory again.
        del keyed, parts


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
        return arranged(places, steps), np.array([0, len(places)], np.int64)
    slices = np.linspace(0, len(places), (1 if pool is None else _TASKS) + 1).astype(np.int64)
    ranges = list(pairwise(slices))
    counts = np.zeros((len(ranges), 1 << bits), np.int64)
    run = map if pool is None else pool.map
    list(run(lambda n: histogram(places[slice(*ranges[n])], steps, bits, counts[n]), range(len(ranges))))
    before = np.cumsum(counts.T.ravel()).reshape(counts.T.shape).T - counts
    starts = np.append(before[0], len(places))
    keyed = np.empty_like(places)
    goals = np.ascontiguousarray(before)
    list(run(lambda n: scatter(places[slice(*ranges[n])], steps, bits, goals[n], keyed), range(len(ranges))))
    return keyed, starts


def _pairs(
    keyed: Values, starts: Ints, first: int, last: int, bits: int, tables: _Tables, tolerance_bits: int
) -> Iterator[Found]:
    one, other = np.empty(CAPACITY, np.uint64), np.empty(CAPACITY, np.uint64)
    largest = int(np.diff(starts[first : last + 1]).max(initial=0))
    moved, bucketed = np.empty(largest, np.uint64), np.empty(largest, np.uint64)
    ends = np.empty((1 << max(0, largest.bit_length() - BUCKET_BITS)) + 1, np.int64)
    place = np.array([first, 0, -1, 0, 0], np.int64)
    while place[0] < last:
        found = scan_parts(
            keyed, starts, last, bits, tables.to_table, tables.back, tables.masks, tables.asked,
            tables.key_bits, np.uint64(tolerance_bits), moved, bucketed, ends, place, one, other,
        )  # fmt: skip
        if found:
            yield one[:found].copy(), other[:found].copy()
