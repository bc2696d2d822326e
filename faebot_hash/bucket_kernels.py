"""The loops of ``join_numba`` that put values in order and in buckets."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from faebot_hash.bands import Values
from faebot_hash.compiling import Ints, compiled

Digits = npt.NDArray[np.uint32]

_BLOCK = 1 << 11


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
def bucket_values(
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
def find_buckets(
    values: Values, steps: Values, shift: np.uint64, buckets: int, out: Values, ends: Digits
) -> None:
    """Do what ``bucket_values`` does, for values that ascend by their keys."""
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
