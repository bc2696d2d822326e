"""The loops of ``lookup_numba``, compiled at first use for the processor at hand and kept on disk.

They let go of Python's lock, so threads run them side by side.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from faebot_hash.bands import Values
from faebot_hash.compiling import Ints, compiled, count_bits

Bits = npt.NDArray[np.uint8]

TOO_MANY = -1
"""There are more candidates than it pays to look at one by one."""

_BLOCK = 1 << 11
_AHEAD = 16
_READ, _KEEP, _OF_MEMORY = 0, 3, 1


@intrinsic  # type: ignore[untyped-decorator]
def _fetch(_: Any, values: Any, at: Any) -> Any:
    """Ask the processor to bring an item of an array into its cache, without waiting for it."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        place = builder.bitcast(builder.gep(array.data, [arguments[1]]), ir.IntType(8).as_pointer())
        how = [ir.Constant(ir.IntType(32), one) for one in (_READ, _KEEP, _OF_MEMORY)]
        kinds = ir.FunctionType(ir.VoidType(), [place.type] + [one.type for one in how])
        prefetch = builder.module.declare_intrinsic("llvm.prefetch", [place.type], kinds)
        builder.call(prefetch, [place, *how])
        return context.get_dummy_value()

    return types.void(values, types.int64), code


@compiled  # type: ignore[untyped-decorator]
def find(
    value: np.uint64, digits: Values, flips: Ints, bands: Ints, masks: Values, places: Values, offsets: Any,
    starts: Ints, rows: Any, tolerance: np.uint64, most: int, each: int, found: Any, bits: Bits,
) -> int:  # fmt: skip
    """Find the rows near a value by their bands' keys; gives how many, or ``TOO_MANY``.

    The arguments are those of ``lookup.Keys`` and ``lookup.HashIndex``; ``digits`` bring the value's bits to
    their places. Of a value ``each`` rows count; rows that ``found`` has no room for are counted only.
    """
    place = _place(value, digits)
    keys = _keys(place, flips, bands, masks)
    begins, ends = np.empty(len(keys), np.int64), np.empty(len(keys), np.int64)
    candidates = count = 0
    # What is asked of memory comes while earlier keys are worked on; it would not take all at once.
    for step in range(len(keys) + 2 * _AHEAD):
        if step < len(keys):
            _fetch(offsets, keys[step])
        coming = step - _AHEAD
        if 0 <= coming < len(keys):
            begins[coming], ends[coming] = offsets[keys[coming]], offsets[keys[coming] + 1]
            candidates += ends[coming] - begins[coming]
            if begins[coming] < ends[coming]:
                _fetch(places, begins[coming])
                _fetch(places, ends[coming] - 1)
        if candidates > most:
            return TOO_MANY
        at = coming - _AHEAD
        if at < 0 or not _any_near(places[begins[at] : ends[at]], place, tolerance):
            continue
        for one in range(begins[at], ends[at]):
            difference = places[one] ^ place
            if count_bits(difference) <= tolerance and _first(difference, bands, masks, at):
                # The values of the first band stand in the order of their numbers.
                number = one if one < len(starts) - 1 else _number(places, len(starts) - 1, places[one])
                count = _keep(number, count_bits(difference), starts, rows, each, found, bits, count)
    return count


@compiled  # type: ignore[untyped-decorator]
def look_through(
    value: np.uint64, digits: Values, places: Values, starts: Ints, rows: Any, tolerance: np.uint64,
    each: int, found: Any, bits: Bits,
) -> int:  # fmt: skip
    """Find the same by looking at all places."""
    place, count = _place(value, digits), 0
    for start in range(0, len(starts) - 1, _BLOCK):
        end = min(start + _BLOCK, len(starts) - 1)
        if not _any_near(places[start:end], place, tolerance):
            continue
        for at in range(start, end):
            distance = count_bits(places[at] ^ place)
            if distance <= tolerance:
                count = _keep(at, distance, starts, rows, each, found, bits, count)
    return count


@compiled  # type: ignore[untyped-decorator]
def _place(value: np.uint64, digits: Values) -> np.uint64:
    place = np.uint64(0)
    for number in range(8):
        place |= digits[number, value & np.uint64(255)]
        value >>= np.uint64(8)
    return place


@compiled  # type: ignore[untyped-decorator]
def _keys(place: np.uint64, flips: Ints, bands: Ints, masks: Values) -> Ints:
    """Tell where the offset of each key is."""
    keys = np.empty(len(flips), np.int64)
    for band in range(len(bands)):
        key = np.int64((place & masks[band]) >> np.uint64(bands[band, 2]))
        for at in range(bands[band, 0], bands[band, 1]):
            keys[at] = bands[band, 3] + (key ^ flips[at])
    return keys


@compiled  # type: ignore[untyped-decorator]
def _any_near(places: Values, place: np.uint64, tolerance: np.uint64) -> bool:
    """Tell whether any place is near: a loop without branches."""
    near = 0
    for at in range(len(places)):
        near += count_bits(places[at] ^ place) <= tolerance
    return near > 0


@compiled  # type: ignore[untyped-decorator]
def _first(difference: np.uint64, bands: Ints, masks: Values, at: int) -> bool:
    """Tell whether no band before that of a key finds the same."""
    for band in range(len(bands)):
        if at < bands[band, 1]:
            break
        if np.int64(count_bits(difference & masks[band])) <= bands[band, 4]:
            return False
    return True


@compiled  # type: ignore[untyped-decorator]
def _number(places: Values, count: int, place: np.uint64) -> int:
    """Find which of the ascending places is this one."""
    low, high = 0, count
    while low < high:
        middle = (low + high) >> 1
        if places[middle] < place:
            low = middle + 1
        else:
            high = middle
    return low


@compiled  # type: ignore[untyped-decorator]
def _keep(
    number: int, distance: np.uint64, starts: Ints, rows: Any, each: int, found: Any, bits: Bits, count: int
) -> int:
    """Write down the first rows of a value as far as there is room, and count them."""
    for at in range(starts[number], starts[number] + min(starts[number + 1] - starts[number], each)):
        if count < len(found):
            found[count], bits[count] = rows[at], distance
        count += 1
    return count
