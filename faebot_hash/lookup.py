"""The index for queries: which values of a table lie within some bits of a hash.

Each distinct value stands in three arrays, sorted by one band of its bits each, with the place where each
key of that band begins. If a value lies within r bits of the hash that is asked for, some band of it lies
within that band's share of r (the shares are r - 2 in all: any more differing bits would make r + 1), so it
is found under a key that differs in so few bits (Norouzi, Punjani, Fleet 2014). The answer is exact.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, lru_cache
from importlib import import_module
from importlib.util import find_spec
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from faebot_hash.band_choice import deal_bits
from faebot_hash.bands import MAX_TOLERANCE_BITS, Permutation, Values
from faebot_hash.groups import Rows, group
from faebot_hash.model import HASH_BITS

BANDS = 3

_PIECE = 1 << 18
_SCAN_ADVANTAGE = 4

_ALL = (1 << 63) - 1

Bits = npt.NDArray[np.uint8]
Hits = tuple[Rows, Bits]
"""Rows, and the distances of their values in bits."""


@dataclass(frozen=True)
class Keys:
    """The keys under which a tolerance finds what is near; the arrays have a row for each band.

    A band's keys are the bits of ``masks`` brought down by a shift, and those that differ from them as
    ``flips`` say; ``bands`` tells from where to where its flips are, the shift, where the offsets of its keys
    begin, and in how many bits keys may differ.
    """

    masks: Values
    flips: npt.NDArray[np.int64]
    bands: npt.NDArray[np.int64]

    def offsets(self, place: int) -> npt.NDArray[np.int64]:
        """Tell where the offsets of all keys are, for one place."""
        near = ((np.uint64(place) & self.masks) >> self.bands[:, 2].astype(np.uint64)).astype(np.int64)
        sizes = self.bands[:, 1] - self.bands[:, 0]
        offsets = np.repeat(near, sizes)
        offsets ^= self.flips
        offsets += self._firsts
        return offsets

    @cached_property
    def _firsts(self) -> npt.NDArray[np.int64]:
        return np.repeat(self.bands[:, 3], self.bands[:, 1] - self.bands[:, 0])


@dataclass(frozen=True)
class HashIndex:
    """The index of one hash; every array may lie in a mapped file.

    ``places`` holds the distinct values, bits in ``order``, once for each band, sorted by that band;
    the first time they ascend. ``offsets`` tells for each band where each of its keys begins, and where the
    last ends. Rows of the n-th value are ``rows[starts[n]:starts[n + 1]]``. ``look_up`` is the way to look
    them up.
    """

    order: tuple[int, ...]
    widths: tuple[int, ...]
    key_bits: tuple[int, ...]
    places: Values
    offsets: Rows
    starts: npt.NDArray[np.int64]
    rows: Rows
    look_up: LookUp = field(default_factory=lambda: look_up, compare=False, repr=False)

    def __len__(self) -> int:
        return len(self.starts) - 1

    @cached_property
    def permutation(self) -> Permutation:
        """Give what brings a value's bits in order."""
        return Permutation(self.order, 8)

    @property
    def ascending(self) -> Values:
        """Give each place once."""
        return self.places[: len(self)]

    @property
    def most_candidates(self) -> int:
        """Tell how many places may be looked at one by one before looking at all in a row is cheaper."""
        return (len(self) + _PIECE) // _SCAN_ADVANTAGE

    def keys(self, tolerance_bits: int) -> Keys | None:
        """Tell which keys to look up; None where the tolerance is too wide for it to pay."""
        if tolerance_bits > MAX_TOLERANCE_BITS:
            return None
        return _keys(self.widths, self.key_bits, tolerance_bits)

    def within(self, value: int, tolerance_bits: int, each: int | None = None) -> Hits:
        """Find the rows whose value differs from ``value`` in at most so many bits (0…64).

        Of each value that is near come the first ``each`` rows, or all.
        """
        return self.look_up(self, value, tolerance_bits, _ALL if each is None else each)

    def compiled(self) -> HashIndex:
        """Look up with the extra ``scale`` from now on, if it is installed; its code is loaded at once."""
        compiled = compiled_look_up()
        if compiled is None:
            return self
        for tolerance_bits in (0, HASH_BITS):
            compiled(self, 0, tolerance_bits, 0)
        return replace(self, look_up=compiled)


LookUp = Callable[[HashIndex, int, int, int], Hits]
"""What finds the rows of an index, so many of each value, that are within so many bits of a value."""


def look_up(index: HashIndex, value: int, tolerance_bits: int, each: int) -> Hits:
    """Find rows with NumPy alone."""
    place = index.permutation.place_of(value)
    found, distances = _found(index, place, tolerance_bits)
    numbers = index.ascending.searchsorted(found)
    begins = index.starts[numbers]
    sizes = np.minimum(index.starts[numbers + 1] - begins, each)
    if len(found) == 1:
        begin = int(begins[0])
        rows = index.rows[begin : begin + int(sizes[0])]
    else:
        rows = index.rows[_ranges(begins, sizes)]
    return rows, distances if len(rows) == len(found) else np.repeat(distances, sizes)


def _found(index: HashIndex, place: int, tolerance_bits: int) -> tuple[Values, Bits]:
    """Find the distinct places within so many bits of one, and their distances."""
    keys = index.keys(tolerance_bits)
    if keys is None:
        return _look_through(index, place, tolerance_bits)
    offsets = keys.offsets(place)
    begins = index.offsets.take(offsets)
    offsets += 1
    sizes = index.offsets.take(offsets).astype(np.int64)
    sizes -= begins
    if int(sizes.sum()) > index.most_candidates:
        return _look_through(index, place, tolerance_bits)
    found, distances = _near(index.places.take(_ranges(begins, sizes)), place, tolerance_bits)
    if len(found) < 2:
        return found, distances
    # A value within the shares of two bands is met twice.
    found.sort()
    new = np.ones(len(found), bool)
    np.not_equal(found[1:], found[:-1], out=new[1:])
    found = found[new]
    return found, np.bitwise_count(found ^ np.uint64(place))


@cache
def compiled_look_up() -> LookUp | None:
    """Give the look-up of the extra ``scale``, None where Numba is not installed."""
    if not find_spec("numba"):
        return None
    found: LookUp = import_module("faebot_hash.lookup_numba").look_up
    return found


@lru_cache(maxsize=64)
def _keys(widths: tuple[int, ...], key_bits: tuple[int, ...], tolerance_bits: int) -> Keys:
    share, more = divmod(tolerance_bits - BANDS + 1, BANDS)
    masks, flips, bands = [], [], []
    top, first, before = HASH_BITS, 0, 0
    for band, (width, bits) in enumerate(zip(widths, key_bits, strict=True)):
        radius, shift = share + (band < more), top - bits
        if radius >= 0:
            flips.append(_flips(bits, radius))
            masks.append(((1 << bits) - 1) << shift)
            bands.append((before, before + len(flips[-1]), shift, first, radius))
            before += len(flips[-1])
        top -= width
        first += (1 << bits) + 1
    return Keys(np.array(masks, np.uint64), np.concatenate(flips), np.array(bands, np.int64))


def _ranges(begins: Rows, sizes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """List the numbers of runs, given where each begins and how long it is."""
    ends = sizes.cumsum()
    count = int(ends[-1]) if len(ends) else 0
    numbers = np.repeat(begins + sizes - ends, sizes)
    numbers += np.arange(count)
    return numbers


def _look_through(index: HashIndex, place: int, tolerance_bits: int) -> tuple[Values, Bits]:
    """Look at every place: cheaper than the keys where the tolerance is wide or the table small."""
    places = index.ascending
    pieces = [
        _near(places[start : start + _PIECE], place, tolerance_bits)
        for start in range(0, len(places), _PIECE)
    ]
    if not pieces:
        return np.empty(0, np.uint64), np.empty(0, np.uint8)
    return np.concatenate([found for found, _ in pieces]), np.concatenate([bits for _, bits in pieces])


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


def _near(places: Values, place: int, tolerance_bits: int) -> tuple[Values, Bits]:
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
