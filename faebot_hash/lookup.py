"""The index for queries: which values of a table lie within some bits of a hash.

Each distinct value stands in three arrays, sorted by one band of its bits each, with the place where each
key of that band begins. If a value lies within r bits of the hash that is asked for, some band of it lies
within that band's share of r (the shares are r - 2 in all: any more differing bits would make r + 1), so it
is found under a key that differs in so few bits (Norouzi, Punjani, Fleet 2014). The answer is exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from faebot_hash.bands import MAX_TOLERANCE_BITS, Permutation, Values, deal_bits
from faebot_hash.groups import Rows, group
from faebot_hash.model import HASH_BITS

BANDS = 3

_PIECE = 1 << 18
_SCAN_ADVANTAGE = 4

Hits = tuple[Values, npt.NDArray[np.uint8]]
"""Values as places, and their distances in bits."""


@dataclass(frozen=True)
class HashIndex:
    """The index of one hash; every array may lie in a mapped file.

    ``places`` holds the distinct values, bits in ``order``, once for each band, sorted by that band;
    the first time they ascend. ``offsets`` tells for each band where each of its keys begins, and where the
    last ends. Rows of the n-th value are ``rows[starts[n]:starts[n + 1]]``.
    """

    order: tuple[int, ...]
    widths: tuple[int, ...]
    key_bits: tuple[int, ...]
    places: Values
    offsets: Rows
    starts: npt.NDArray[np.int64]
    rows: Rows

    def __len__(self) -> int:
        return len(self.starts) - 1

    @cached_property
    def _permutation(self) -> Permutation:
        return Permutation(self.order, 8)

    def within(self, value: int, tolerance_bits: int) -> Hits:
        """Find the distinct values that differ from ``value`` in at most so many bits (0…64)."""
        place = self._permutation.place_of(value)
        if tolerance_bits > MAX_TOLERANCE_BITS:
            return self._all_within(place, tolerance_bits)
        keys = self._keys(place, tolerance_bits)
        begins, ends = self.offsets[keys], self.offsets[keys + 1]
        sizes = (ends - begins).astype(np.int64)
        count = int(sizes.sum())
        if count * _SCAN_ADVANTAGE > len(self) + _PIECE:
            return self._all_within(place, tolerance_bits)
        at = np.repeat(begins - np.cumsum(sizes) + sizes, sizes) + np.arange(count)
        found, distances = _near(self.places[at], place, tolerance_bits)
        if len(found) < 2:
            return found, distances
        # A value within the shares of two bands is met twice.
        found, first = np.unique(found, return_index=True)
        return found, distances[first]

    def _keys(self, place: int, tolerance_bits: int) -> npt.NDArray[np.int64]:
        share, more = divmod(tolerance_bits - BANDS + 1, BANDS)
        keys, start, first_key = [], 0, 0
        for band, (width, bits) in enumerate(zip(self.widths, self.key_bits, strict=True)):
            radius = share + (band < more)
            start += width
            if radius >= 0:
                key = (place >> (HASH_BITS - start + width - bits)) & ((1 << bits) - 1)
                keys.append((key ^ _flips(bits, radius)) + first_key)
            first_key += (1 << bits) + 1
        return np.concatenate(keys)

    def _all_within(self, place: int, tolerance_bits: int) -> Hits:
        """Look at every value: cheaper than the keys where the tolerance is wide or the table small."""
        pieces = [
            _near(self.places[start : min(start + _PIECE, len(self))], place, tolerance_bits)
            for start in range(0, len(self), _PIECE)
        ]
        if not pieces:
            return np.empty(0, np.uint64), np.empty(0, np.uint8)
        return np.concatenate([found for found, _ in pieces]), np.concatenate([bits for _, bits in pieces])

    def rows_of(self, found: Values, most: int | None = None) -> tuple[Rows, npt.NDArray[np.int64]]:
        """Give the first ``most`` rows of each of the found places, and how many they are of each."""
        numbers = np.searchsorted(self.places[: len(self)], found)
        sizes = self.starts[numbers + 1] - self.starts[numbers]
        if most is not None:
            sizes = np.minimum(sizes, most)
        at = np.repeat(self.starts[numbers] - np.cumsum(sizes) + sizes, sizes) + np.arange(sizes.sum())
        return self.rows[at], sizes


def build_index(values: Values) -> HashIndex:
    """Index the values of a table's rows."""
    order, widths = deal_bits(values, BANDS)
    groups = group(Permutation(order, 16 if len(values) > _PIECE else 8).to_places(values))
    count = len(groups)
    key_bits = tuple(min(width, max(1, count.bit_length())) for width in widths)
    places = np.empty((BANDS, count), np.uint64)
    offsets = []
    start = 0
    for band, (width, bits) in enumerate(zip(widths, key_bits, strict=True)):
        start += width
        keys = (groups.values >> np.uint64(HASH_BITS - start + width - bits)) & np.uint64((1 << bits) - 1)
        places[band] = groups.values[_sorting(keys)] if band else groups.values
        counts = np.bincount(keys.astype(np.int64), minlength=1 << bits)
        offsets.append(band * count + np.concatenate(([0], np.cumsum(counts))))
    smallest: Any = np.uint32 if BANDS * count < 1 << 32 else np.uint64
    return HashIndex(
        order, widths, key_bits, places.reshape(-1), np.concatenate(offsets).astype(smallest),
        groups.starts, groups.rows,
    )  # fmt: skip


def _sorting(keys: Values) -> npt.NDArray[np.uint64]:
    """Give the order that sorts keys of few bits: they and their number make one number to sort."""
    packed = keys << np.uint64(32) | np.arange(len(keys), dtype=np.uint64)
    packed.sort()
    return packed & np.uint64(0xFFFFFFFF)


def _near(places: Values, place: int, tolerance_bits: int) -> Hits:
    distances = np.bitwise_count(places ^ np.uint64(place))
    near = np.flatnonzero(distances <= tolerance_bits)
    return places[near], distances[near]


@lru_cache(maxsize=64)
def _flips(bits: int, radius: int) -> npt.NDArray[np.int64]:
    """Give all numbers of so many bits that have at most ``radius`` bits set."""
    return np.array(
        [
            sum(1 << bit for bit in chosen)
            for count in range(radius + 1)
            for chosen in combinations(range(bits), count)
        ],
        np.int64,
    )
