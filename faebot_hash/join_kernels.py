"""The loops of ``join_numba``: they deal values out to buckets and compare those of a bucket."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from faebot_hash.bands import Values
from faebot_hash.compiling import Ints, compiled, count_bits

Digits = npt.NDArray[np.uint32]

CAPACITY = 1 << 16
"""How many pairs one call of ``scan_parts`` may give."""
BUCKET_BITS = 2
"""Values are dealt out to buckets of 4 to 8 on average, as far as keys have bits."""

_BLOCK = 1 << 11
_ROWS = 4
_SMALL = 48
_CROWDED = 1 << 11
_STRETCH = 1 << 10
_MOST_OF_A_STRETCH = (_STRETCH + _SMALL) * _SMALL // 2


@compiled  # type: ignore[untyped-decorator]
def look_up(values: Values, tables: Values, out: Values) -> None:
    """Do what ``bands.look_up`` does, for eight digits."""
    for at in range(len(values)):
        rest, place = values[at], np.uint64(0)
        for number in range(8):
            place |= tables[number, rest & np.uint64(255)]
            rest >>= np.uint64(8)
        out[at] = place


@compiled  # type: ignore[untyped-decorator]
def _keys(values: Values, steps: Values, out: Values) -> None:
    """Bring the bits of keys together; steps are masks, and how far what they show goes right."""
    for step in range(len(steps)):
        mask, right = steps[step, 0], steps[step, 1]
        if step == 0:
            for at in range(len(values)):
                out[at] = (values[at] & mask) >> right
        elif mask:
            for at in range(len(values)):
                out[at] |= (values[at] & mask) >> right


@compiled  # type: ignore[untyped-decorator]
def histogram(values: Values, steps: Values, shift: np.uint64, counts: Ints) -> None:
    """Count how many values have each key, of which the last bits are left out."""
    keys = np.empty(_BLOCK, np.uint64)
    for start in range(0, len(values), _BLOCK):
        part = values[start : start + _BLOCK]
        _keys(part, steps, keys)
        for at in range(len(part)):
            counts[np.int64(keys[at] >> shift)] += 1


@compiled  # type: ignore[untyped-decorator]
def scatter(values: Values, steps: Values, shift: np.uint64, goals: Ints, dealt: Values) -> None:
    """Put each value to where its key belongs."""
    keys = np.empty(_BLOCK, np.uint64)
    for start in range(0, len(values), _BLOCK):
        part = values[start : start + _BLOCK]
        _keys(part, steps, keys)
        for at in range(len(part)):
            goal = np.int64(keys[at] >> shift)
            dealt[goals[goal]] = part[at]
            goals[goal] += 1


@compiled  # type: ignore[untyped-decorator]
def _bucket(
    values: Values, steps: Values, shift: np.uint64, buckets: int, digits: Digits, out: Values, ends: Digits
) -> None:
    """Deal a part out by the first bits of its keys."""
    keys = np.empty(_BLOCK, np.uint64)
    ends[: buckets + 1] = 0
    for start in range(0, len(values), _BLOCK):
        part = values[start : start + _BLOCK]
        _keys(part, steps, keys)
        for at in range(len(part)):
            digit = np.uint32(keys[at] >> shift)
            digits[start + at] = digit
            ends[np.int64(digit) + 1] += np.uint32(1)
    for at in range(buckets):
        ends[at + 1] += ends[at]
    for at in range(len(values)):
        digit = digits[at]
        out[ends[digit]] = values[at]
        ends[digit] += np.uint32(1)


@compiled  # type: ignore[untyped-decorator]
def _find_buckets(
    values: Values, steps: Values, shift: np.uint64, buckets: int, out: Values, ends: Digits
) -> None:
    """Do what ``_bucket`` does, for values that ascend by their keys."""
    keys = np.empty(_BLOCK, np.uint64)
    ends[: buckets + 1] = 0
    for start in range(0, len(values), _BLOCK):
        part = values[start : start + _BLOCK]
        _keys(part, steps, keys)
        out[start : start + len(part)] = part
        for at in range(len(part)):
            ends[np.int64(keys[at] >> shift)] = np.uint32(start + at + 1)
    for at in range(1, buckets):
        ends[at] = max(ends[at], ends[at - 1])


@compiled  # type: ignore[untyped-decorator]
def scan_parts(  # noqa: C901 - one loop that can be left anywhere and gone on with
    dealt: Values, starts: Ints, last: int, tables: Ints, steps: Values, key_bits: Ints, ascending: Any,
    masks: Values, asked: Any, ahead: Ints, tolerance: np.uint64, digits: Digits, bucketed: Values,
    ends: Digits, place: Ints, one: Values, other: Values,
) -> int:  # fmt: skip
    """Go on from ``place`` (part, table, bucket, row, column) until the results are nearly full.

    Of the tables those from ``tables[0]`` to before ``tables[1]`` are scanned; ``key_bits`` are those bits
    of their keys that the values of one part do not share.
    """
    found: int = 0
    part, table, bucket, row, column = place[0], place[1], place[2], place[3], place[4]
    while part < last:
        size = starts[part + 1] - starts[part]
        digit_bits = 0
        while digit_bits < key_bits[table] and size >> (digit_bits + BUCKET_BITS) > 0:
            digit_bits += 1
        buckets = 1 << digit_bits
        if bucket < 0:
            shift = np.uint64(key_bits[table] - digit_bits)
            values = dealt[starts[part] : starts[part + 1]]
            if ascending[table]:
                _find_buckets(values, steps[table], shift, buckets, bucketed, ends)
            else:
                _bucket(values, steps[table], shift, buckets, digits, bucketed, ends)
            bucket, row, column = 0, 0, 1
        while bucket < buckets:
            after, end, longest = bucket, row, 0
            while column == row + 1 and after < buckets and end - row < _STRETCH:
                length = np.int64(ends[after]) - end
                if length > _SMALL:
                    break
                longest = max(longest, length)
                end += length
                after += 1
            if found + _MOST_OF_A_STRETCH > CAPACITY:
                place[0], place[1], place[2], place[3], place[4] = part, table, bucket, row, column
                return found
            if after > bucket:
                stretch = bucketed[row:end]
                found = _compare(
                    stretch, longest, tolerance, masks, asked[table], ahead[table], one, other, found
                )
                bucket, row, column = after, end, end + 1
                continue
            begin, limit = np.int64(ends[bucket - 1]) if bucket else 0, np.int64(ends[bucket])
            crowded = limit - begin > _CROWDED and digit_bits < key_bits[table]
            key_mask = _key_mask(masks, asked[table])
            if crowded and row == begin and column == row + 1:
                _sort_by_key(bucketed[begin:limit], key_mask)
            while row < limit:
                end = row + _alike(bucketed[row:limit], key_mask) if crowded else limit
                row, column, found = _scan(
                    bucketed, row, column, end, tolerance, masks, asked[table], ahead[table],
                    one, other, found,
                )  # fmt: skip
                if row < end:
                    place[0], place[1], place[2], place[3], place[4] = part, table, bucket, row, column
                    return found
            bucket += 1
        bucket = -1
        table += 1
        if table == tables[1]:
            part, table = part + 1, tables[0]
    place[0] = part
    return found


@compiled  # type: ignore[untyped-decorator]
def _compare(
    values: Values, longest: int, tolerance: np.uint64, masks: Values, asked: Any, ahead: int,
    one: Values, other: Values, found: int,
) -> int:  # fmt: skip
    """Compare values of small buckets that stand side by side at growing distances.

    Neighbours of two buckets are compared, too: that costs less than asking which those are.
    """
    for lag in range(1, longest):
        near, later = 0, values[lag:]
        for at in range(len(later)):
            near += count_bits(values[at] ^ later[at]) <= tolerance
        if near == 0:
            continue
        for at in range(len(later)):
            difference = values[at] ^ later[at]
            if count_bits(difference) <= tolerance and _first(difference, masks, asked, ahead):
                one[found], other[found] = values[at], later[at]
                found += 1
    return found


@compiled  # type: ignore[untyped-decorator]
def _key_mask(masks: Values, asked: Any) -> np.uint64:
    """Give the places of a table's bands."""
    places = np.uint64(0)
    for band in range(len(masks)):
        if asked[band]:
            places |= masks[band]
    return places


@compiled  # type: ignore[untyped-decorator]
def _sort_by_key(values: Values, key_mask: np.uint64) -> None:
    """Bring together those of a bucket that agree on the whole key, not only on its first bits."""
    values[:] = values[np.argsort(values & key_mask)]


@compiled  # type: ignore[untyped-decorator]
def _alike(values: Values, key_mask: np.uint64) -> int:
    """Count the values that agree with the first one on the whole key, as far as they stand together."""
    count = 1
    while count < len(values) and (values[count] ^ values[0]) & key_mask == 0:
        count += 1
    return count


@compiled  # type: ignore[untyped-decorator]
def _scan(
    values: Values, row: int, column: int, end: int, tolerance: np.uint64, masks: Values, asked: Any,
    ahead: int, one: Values, other: Values, found: int,
) -> tuple[int, int, int]:  # fmt: skip
    """Compare all with all up to ``end``, from a row and column on, until the results are nearly full."""
    while row < end:
        # Four rows at a time share what is read of the columns.
        rows = _ROWS if end - row > _ROWS else 1
        while column < end:
            if found + rows * _BLOCK > CAPACITY:
                return row, column, found
            stop = min(column + _BLOCK, end)
            if rows == 1 or any_near(values, row, column, stop, tolerance):
                found = _emit(
                    values, row, row + rows, column, stop, tolerance, masks, asked, ahead, one, other, found
                )
            column = stop
        row += rows
        column = row + 1
    return row, column, found


@compiled  # type: ignore[untyped-decorator]
def _emit(
    values: Values, top: int, bottom: int, left: int, right: int, tolerance: np.uint64, masks: Values,
    asked: Any, ahead: int, one: Values, other: Values, found: int,
) -> int:  # fmt: skip
    """Write down the near pairs of a block of rows and columns that count in this table."""
    for row in range(top, bottom):
        value = values[row]
        for column in range(max(left, row + 1), right):
            difference = value ^ values[column]
            if count_bits(difference) <= tolerance and _first(difference, masks, asked, ahead):
                one[found], other[found] = value, values[column]
                found += 1
    return found


@compiled  # type: ignore[untyped-decorator]
def any_near(values: Values, row: int, left: int, right: int, tolerance: np.uint64) -> bool:
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


@compiled  # type: ignore[untyped-decorator]
def _first(difference: np.uint64, masks: Values, asked: Any, ahead: int) -> bool:
    """Tell whether a pair agrees on the bands that are asked for, and on no other one ahead of the last."""
    agrees = True
    for band in range(ahead):
        agrees &= (difference & masks[band] == 0) == asked[band]
    return agrees
