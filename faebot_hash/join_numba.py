"""Join with Numba, the extra ``scale``: the same plan and pairs as ``join_numpy``, arranged without sorting.

The values are dealt out by the first bits of a table's key into parts that fit the processor's cache; tables
whose keys begin with the same bands share that, and where the values ascend by that key already, they stay
where they are. In the cache each part is dealt out again by the rest of each table's key, and the buckets are
scanned.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import groupby, pairwise

import numpy as np
import numpy.typing as npt

from faebot_hash.band_choice import Cost
from faebot_hash.bands import Batch, Found, Permutation, Plan, Values
from faebot_hash.compiling import Ints
from faebot_hash.join_kernels import BUCKET_BITS, CAPACITY, histogram, look_up, scan_parts, scatter
from faebot_hash.model import HASH_BITS

COST = Cost(arrange_ns=2.7, compare_ns=0.18, table_ns=10_000)

_PART_BITS = 16
_MOST_PREFIX_BITS = 11
_TASKS = 8
_REPAYS_THREADS_S = 0.01


@dataclass(frozen=True)
class _Tables:
    """The tables of one prefix as the kernels want them: a row for each table, but the same masks for all."""

    steps: Values
    key_bits: Ints
    ascending: npt.NDArray[np.bool_]
    masks: Values
    asked: npt.NDArray[np.bool_]
    ahead: Ints


def permutation(order: Sequence[int], count: int) -> Permutation:
    """Look small digits up, whose tables stay in the cache."""
    return Permutation(order, 8, look_up)


def repays_threads(plan: Plan, count: int) -> bool:
    """Work side by side when there is more to do than starting threads takes."""
    return plan.expected_s > _REPAYS_THREADS_S


def batches(places: Values, plan: Plan, pool: Executor | None) -> Iterator[Batch]:
    """Give one batch for all tables whose keys begin alike; its parts are ranges of the first key bits."""
    prefix_bits = max(0, min(_MOST_PREFIX_BITS, len(places).bit_length() - _PART_BITS))
    bands = 0
    while bands < len(plan.tables[0]) and plan.key_bits(range(bands)) < prefix_bits - 1:
        bands += 1
    groups = [(prefix, list(tables)) for prefix, tables in groupby(plan.tables, lambda table: table[:bands])]
    for prefix, tables in groups:
        bits = min(prefix_bits, plan.key_bits(prefix))
        dealt, starts = _dealt(places, plan, prefix, bits, pool)
        described = _described(plan, tables, bits)
        shares = np.searchsorted(starts, np.linspace(0, len(places), _TASKS + 1)[1:-1])
        edges = np.unique(np.concatenate(([0], shares, [len(starts) - 1])))
        # Where there are few parts, the tables are shared out.
        chunks = np.linspace(0, len(tables), min(len(tables), _TASKS // (len(edges) - 1)) + 1)
        parts = [
            _pairs(dealt, starts, int(first), int(last), chunk, described, plan.tolerance_bits)
            for first, last in pairwise(edges)
            for chunk in pairwise(chunks.astype(np.int64))
        ]
        yield parts, len(groups)
        # The next prefix needs as much memory again.
        del dealt, parts


def _described(plan: Plan, tables: Sequence[tuple[int, ...]], bits: int) -> _Tables:
    bands = range(len(plan.widths))
    most = max(1, *map(len, tables))
    return _Tables(
        np.array([_steps(plan, table, bits, most) for table in tables]),
        np.array([plan.key_bits(table) - bits for table in tables], np.int64),
        np.array([plan.ascends(table) for table in tables]),
        np.array(plan.masks, np.uint64),
        np.array([[band in table for band in bands] for table in tables]).reshape(len(tables), len(bands)),
        np.array([table[-1] + 1 if table else 0 for table in tables], np.int64),
    )


def _steps(plan: Plan, table: Sequence[int], without_bits: int, most: int) -> Values:
    """Tell how a table's bands come together, without their first bits: rows of mask and right shift.

    Rows of zeros do nothing.
    """
    masks = plan.masks
    left = plan.key_bits(table)
    steps: dict[int, int] = {}
    for band in table:
        mask, left = masks[band], left - plan.widths[band]
        lowest = (mask & -mask).bit_length() - 1
        kept = max(0, plan.widths[band] - without_bits)
        without_bits = max(0, without_bits - plan.widths[band])
        steps[lowest - left] = steps.get(lowest - left, 0) | ((1 << kept) - 1) << lowest
    rows = [(mask, right) for right, mask in steps.items()]
    return np.array(rows + [(0, 0)] * (most - len(rows)), np.uint64).reshape(-1, 2)


def _dealt(
    places: Values, plan: Plan, prefix: Sequence[int], bits: int, pool: Executor | None
) -> tuple[Values, Ints]:
    """Put the values in parts by the first bits of a key; give the parts' starts as well."""
    if not bits:
        return places, np.array([0, len(places)], np.int64)
    if prefix and plan.ascends(prefix):
        firsts = np.arange(1 << bits, dtype=np.uint64) << np.uint64(HASH_BITS - bits)
        return places, np.append(np.searchsorted(places, firsts), len(places))
    steps, shift = _steps(plan, prefix, 0, 1), np.uint64(plan.key_bits(prefix) - bits)
    slices = np.linspace(0, len(places), (1 if pool is None else _TASKS) + 1).astype(np.int64)
    ranges = list(pairwise(slices))
    counts = np.zeros((len(ranges), 1 << bits), np.int64)
    run = map if pool is None else pool.map
    list(run(lambda n: histogram(places[slice(*ranges[n])], steps, shift, counts[n]), range(len(ranges))))
    before = np.cumsum(counts.T.ravel()).reshape(counts.T.shape).T - counts
    starts = np.append(before[0], len(places))
    dealt = np.empty_like(places)
    goals = np.ascontiguousarray(before)
    list(run(lambda n: scatter(places[slice(*ranges[n])], steps, shift, goals[n], dealt), range(len(ranges))))
    return dealt, starts


def _pairs(
    dealt: Values,
    starts: Ints,
    first: int,
    last: int,
    chunk: tuple[int, int],
    tables: _Tables,
    tolerance_bits: int,
) -> Iterator[Found]:
    one, other = np.empty(CAPACITY, np.uint64), np.empty(CAPACITY, np.uint64)
    largest = int(np.diff(starts[first : last + 1]).max(initial=0))
    numbers = np.uint32 if largest < 1 << 32 else np.int64
    digits, bucketed = np.empty(largest, np.uint32), np.empty(largest, np.uint64)
    ends = np.empty((1 << max(0, largest.bit_length() - BUCKET_BITS)) + 1, numbers)
    place = np.array([first, chunk[0], -1, 0, 0], np.int64)
    while place[0] < last:
        found = scan_parts(
            dealt, starts, last, np.array(chunk), tables.steps, tables.key_bits, tables.ascending,
            tables.masks, tables.asked, tables.ahead, np.uint64(tolerance_bits), digits, bucketed,
            ends, place, one, other,
        )  # fmt: skip
        if found:
            yield one[:found].copy(), other[:found].copy()
