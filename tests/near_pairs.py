"""The definition of a join, with arrays: all values compared with all."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from faebot_hash.bands import Values
from faebot_hash.join import ValuePairs

Near = tuple[Values, Values, npt.NDArray[np.uint8]]
"""The lower and the higher value of each pair, ascending, and how many bits they differ in."""


def by_definition(values: Values, tolerance_bits: int) -> Near:
    """Compare ascending values all with all."""
    found: list[Near] = []
    for at, value in enumerate(values):
        later = values[at + 1 :]
        bits = np.bitwise_count(later ^ value)
        near = np.flatnonzero(bits <= tolerance_bits)
        found.append((np.full(len(near), value), later[near], bits[near]))
    return _joined(found)


def of_join(pieces: Iterable[ValuePairs]) -> Near:
    """Put the pairs of a join in order, repeats and all."""
    low, high, bits = _joined([(piece.low, piece.high, piece.distance_bits) for piece in pieces])
    order = np.lexsort((high, low))
    return low[order], high[order], bits[order]


def _joined(pieces: list[Near]) -> Near:
    nothing = np.empty(0, np.uint64), np.empty(0, np.uint64), np.empty(0, np.uint8)
    low, high, bits = map(np.concatenate, zip(nothing, *pieces, strict=True))
    return low, high, bits
