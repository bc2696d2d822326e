"""Join with NumPy alone: sort the values by each table's key, then compare the values of each bucket.

Values of one bucket stand together. In small buckets each value is compared with the next, with the one
after that, and so on, many buckets at once; a large bucket is compared with itself, a block at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor

import numpy as np
import numpy.typing as npt

from faebot_hash.band_choice import Cost
from faebot_hash.bands import Batch, Found, Permutation, Plan, Values, moved
from faebot_hash.model import HASH_BITS

COST = Cost(arrange_ns=20, compare_ns=2.0, table_ns=150_000)

_PART = 1 << 23
_MOST_PART_BITS = 3
_ALONE = 1 << 17
_BLOCK = 1 << 15
_LARGE = 192
_SPARSE = 4


def permutation(order: Sequence[int], count: int) -> Permutation:
    """Look large digits up for many values: large tables take longer to make."""
    return Permutation(order, 16 if count > _ALONE else 8)


def repays_threads(plan: Plan, count: int) -> bool:
    """Work side by side on many values only: with small arrays threads wait for Python's lock."""
    return count > _ALONE


def batches(places: Values, plan: Plan, pool: Executor | None) -> Iterator[Batch]:
    """Give the whole join as one batch of parts: the values whose key in one table begins alike."""
    part_bits = 0
    # Each part looks at all values, so there are few of them, for threads and for memory's sake.
    while part_bits < _MOST_PART_BITS and len(places) >> part_bits > (_PART if part_bits else _ALONE):
        part_bits += 1
    part_bits = min(part_bits, *map(plan.key_bits, plan.tables))
    parts = [
        _part_pairs(places, plan, table, part, part_bits)
        for table in plan.tables
        for part in range(1 << part_bits)
    ]
    yield parts, 1


def _part_pairs(
    places: Values, plan: Plan, table: Sequence[int], part: int, part_bits: int
) -> Iterator[Found]:
    moves = plan.moves(table)
    if plan.ascends(table):
        lowest = part << (HASH_BITS - part_bits)
        highest = lowest + (1 << (HASH_BITS - part_bits)) - 1
        first = np.searchsorted(places, np.uint64(lowest))
        keyed = places[first : np.searchsorted(places, np.uint64(highest), side="right")]
    else:
        keyed = _selected(places, moves, part, part_bits)
        keyed.sort()
    for one, other in _scan(keyed, plan.key_bits(table), plan.tolerance_bits):
        one, other = moved(one, moves, back=True), moved(other, moves, back=True)
        mine = plan.first_agreed(one ^ other, table)
        if mine.any():
            yield one[mine], other[mine]


def _selected(places: Values, moves: Sequence[tuple[int, int]], part: int, part_bits: int) -> Values:
    if not part_bits:
        return moved(places, moves)
    shift, wanted = np.uint64(HASH_BITS - part_bits), np.uint64(part)
    pieces = []
    for start in range(0, len(places), _BLOCK):
        keyed = moved(places[start : start + _BLOCK], moves)
        pieces.append(np.compress(keyed >> shift == wanted, keyed))
    return np.concatenate(pieces)


def _scan(keyed: Values, key_bits: int, tolerance_bits: int) -> Iterator[Found]:
    """Yield the pairs of each bucket that are near, in pieces of bounded size; pairs across may come too."""
    if not key_bits:
        yield from _large(keyed, tolerance_bits)
        return
    bound = np.uint64(1 << (HASH_BITS - key_bits))
    # Memory that is asked for and given back costs more than what is done in it.
    space = np.empty(_BLOCK, np.uint64)
    start = 0
    while start < len(keyed):
        end = min(start + _BLOCK, len(keyed))
        if end < len(keyed):
            # The last bucket may go on: it is left to the next block, or taken whole if it fills this one.
            first = _bucket_start(keyed[start:end], bound) + start
            end = first if first > start else _bucket_end(keyed, end, bound)
        block = keyed[start:end]
        if len(block) > _LARGE and ((block[_LARGE:] ^ block[:-_LARGE]) < bound).any():
            yield from _uneven(block, bound, tolerance_bits, space)
        else:
            yield from _small(block, bound, tolerance_bits, space)
        start = end


def _uneven(keyed: Values, bound: np.uint64, tolerance_bits: int, space: Values) -> Iterator[Found]:
    """Take the large buckets out, and compare what stands between them."""
    inner = np.flatnonzero((keyed[1:] ^ keyed[:-1]) >= bound) + 1
    edges = np.concatenate(([0], inner, [len(keyed)]))
    done = 0
    for bucket in np.flatnonzero(np.diff(edges) > _LARGE):
        start, end = edges[bucket], edges[bucket + 1]
        yield from _small(keyed[done:start], bound, tolerance_bits, space)
        yield from _large(keyed[start:end], tolerance_bits)
        done = end
    yield from _small(keyed[done:], bound, tolerance_bits, space)


def _bucket_start(keyed: Values, bound: np.uint64) -> int:
    """Find where the last bucket begins."""
    return int(np.searchsorted(keyed, keyed[-1] & ~(bound - np.uint64(1))))


def _bucket_end(keyed: Values, inside: int, bound: np.uint64) -> int:
    """Find the end of the bucket that holds the value before ``inside``."""
    last = keyed[inside - 1] | (bound - np.uint64(1))
    return inside + int(np.searchsorted(keyed[inside:], last, side="right"))


def _small(keyed: Values, bound: np.uint64, tolerance_bits: int, space: Values) -> Iterator[Found]:
    """Compare at growing distances: all values while most buckets reach so far, then only those that do."""
    for lag in range(1, len(keyed)):
        difference = np.bitwise_xor(keyed[lag:], keyed[:-lag], out=space[: len(keyed) - lag])
        near = np.bitwise_count(difference) <= tolerance_bits
        if near.any():
            at = np.flatnonzero(near)
            yield keyed[at], keyed[at + lag]
        same = difference < bound
        count = np.count_nonzero(same)
        if count * _SPARSE < len(keyed):
            yield from _lagging(keyed, np.flatnonzero(same), bound, tolerance_bits, lag + 1)
            return


def _lagging(
    keyed: Values, at: npt.NDArray[np.intp], bound: np.uint64, tolerance_bits: int, first_lag: int
) -> Iterator[Found]:
    for lag in range(first_lag, len(keyed)):
        if len(at) and at[-1] + lag >= len(keyed):
            at = at[at + lag < len(keyed)]
        if not len(at):
            return
        difference = keyed[at + lag] ^ keyed[at]
        near = np.bitwise_count(difference) <= tolerance_bits
        if near.any():
            hits = at[near]
            yield keyed[hits], keyed[hits + lag]
        at = at[difference < bound]


def _large(bucket: Values, tolerance_bits: int) -> Iterator[Found]:
    for left in range(0, len(bucket), _BLOCK):
        columns = bucket[left : left + _BLOCK]
        height = max(1, _BLOCK // len(columns))
        for top in range(0, left + len(columns), height):
            rows = bucket[top : min(top + height, left + len(columns))]
            near = np.bitwise_count(rows[:, None] ^ columns[None, :]) <= tolerance_bits
            # The diagonal is near itself.
            if np.count_nonzero(near) > max(0, min(top + len(rows), left + len(columns)) - max(top, left)):
                row, column = np.nonzero(near)
                above = row + top < column + left
                yield rows[row[above]], columns[column[above]]
