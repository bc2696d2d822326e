"""The loops of ``join_numba``, compiled at first use for the processor at hand and kept on disk.

They let go of Python's lock, so threads run them side by side.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit, types
from numba.extending import intrinsic

from faebot_hash.bands import Values
from faebot_hash.model import HASH_BITS

Ints = npt.NDArray[np.int64]

CAPACITY = 1 << 16
"""How many pairs one call of ``scan_parts`` may give."""
BUCKET_BITS = 2
"""Values are dealt out to buckets of 4 to 8 on average, as far as keys have bits."""

_BLOCK = 1 << 11
_ROWS = 4
_SMALL = 48

compiled = njit(nogil=True, cache=True)


@intrinsic  # type: ignore[untyped-decorator]
def count_bits(_: Any, value: Any) -> Any:
    """Count the set bits of an unsigned 64-bit number: one instruction, which loops turn into vectors."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), code


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
def _move(values: Values, steps: Values, out: Values) -> None:
    out[: len(values)] = 0
    for step in range(len(steps)):
        mask, left, right = steps[step, 0], steps[step, 1], steps[step, 2]
        if mask:
            for at in range(len(values)):
                out[at] |= ((values[at] & mask) << left) >> right


@compiled  # type: ignore[untyped-decorator]
def arranged(values: Values, steps: Values) -> Values:
    """Bring a table's bands to the top; steps are masks, left shifts and right shifts."""
    out = np.empty_like(values)
    _move(values, steps, out)
    return out


@compiled  # type: ignore[untyped-decorator]
def histogram(values: Values, steps: Values, bits: int, counts: Ints) -> None:
    """Count how many values begin with each of the first bits of a key."""
    block, shift = np.empty(_BLOCK, np.uint64), np.uint64(HASH_BITS - bits)
    for start in range(0, len(values), _BLOCK):
        part = values[start : start + _BLOCK]
        _move(part, steps, block)
        for at in range(len(part)):
            counts[np.int64(block[at] >> shift)] += 1


@compiled  # type: ignore[untyped-decorator]
def scatter(values: Values, steps: Values, bits: int, goals: Ints, keyed: Values) -> None:
    """Put each value, its bands moved, to where its key's first bits belong."""
    block, shift = np.empty(_BLOCK, np.uint64), np.uint64(HASH_BITS - bits)
    for start in range(0, len(values), _BLOCK):
        part = values[start : start + _BLOCK]
        _move(part, steps, block)
        for at in range(len(part)):
            goal = np.int64(block[at] >> shift)
            keyed[goals[goal]] = block[at]
            goals[goal] += 1


@compiled  # type: ignore[untyped-decorator]
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


@compiled  # type: ignore[untyped-decorator]
def scan_parts(  # noqa: C901 - a call for each bucket would cost more than its pairs
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
        while digit_bits < key_bits[table] - bits and size >> (digit_bits + BUCKET_BITS) > 0:
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
            if end - row <= _SMALL and column == row + 1:
                if found + _SMALL * _SMALL > CAPACITY:
                    place[0], place[1], place[2], place[3], place[4] = part, table, bucket, row, column
                    return found
                for above in range(row, end):
                    value = bucketed[above]
                    for at in range(above + 1, end):
                        difference = value ^ bucketed[at]
                        if count_bits(difference) <= tolerance and _first(difference, masks, asked, table):
                            one[found] = _moved_back(value, back, table)
                            other[found] = _moved_back(bucketed[at], back, table)
                            found += 1
                row = end
            while row < end:
                # Four rows at a time share what is read of the columns.
                rows = _ROWS if end - row > _ROWS else 1
                while column < end:
                    if found + rows * _BLOCK > CAPACITY:
                        place[0], place[1], place[2], place[3], place[4] = part, table, bucket, row, column
                        return found
                    stop = min(column + _BLOCK, end)
                    if rows == 1 or any_near(bucketed, row, column, stop, tolerance):
                        found = _emit(
                            bucketed, row, row + rows, column, stop, tolerance,
                            masks, asked, back, table, one, other, found,
                        )  # fmt: skip
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


@compiled  # type: ignore[untyped-decorator]
def _emit(
    values: Values, top: int, bottom: int, left: int, right: int, tolerance: np.uint64, masks: Values,
    asked: Any, back: Values, table: int, one: Values, other: Values, found: int,
) -> int:  # fmt: skip
    """Write down the near pairs of a block of rows and columns that count in this table."""
    for row in range(top, bottom):
        value = values[row]
        for column in range(max(left, row + 1), right):
            difference = value ^ values[column]
            if count_bits(difference) <= tolerance and _first(difference, masks, asked, table):
                one[found] = _moved_back(value, back, table)
                other[found] = _moved_back(values[column], back, table)
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
def _first(difference: np.uint64, masks: Values, asked: Any, table: int) -> bool:
    """Tell whether a pair agrees on the table's bands first of all bands."""
    for band in range(masks.shape[1]):
        mask = masks[table, band]
        if mask and (difference & mask == 0) != asked[table, band]:
            return False
    return True


@compiled  # type: ignore[untyped-decorator]
def _moved_back(value: np.uint64, back: Values, table: int) -> np.uint64:
    place = np.uint64(0)
    for step in range(back.shape[1]):
        place |= ((value & back[table, step, 0]) << back[table, step, 1]) >> back[table, step, 2]
    return place
