"""The plan of a join: which bits make a band, and which bands a table asks to agree.

Two values within r bits agree on at least b - r of b bands, whichever bits the bands are made of. So for
each choice of b - r bands, a *table*, the values that agree on them all are compared, and no close pair is
missed (Manku, Jain, Das Sarma 2007; Norouzi, Punjani, Fleet 2014). A pair counts only in the table of the
first bands on which it agrees, so it comes once. With b = r there is one table that asks nothing: the plain
comparison of all with all.

A plan has its own order of the bits, *places*, in which every band is one run; the first place is highest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from faebot_hash.model import HASH_BITS

Values = npt.NDArray[np.uint64]
Run = Callable[..., Iterable[Any]]
"""``map``, or the ``map`` of a pool."""
LookUp = Callable[[Values, Values, Values], None]
Found = tuple[Values, Values]
"""The two sides of pairs, as places."""
Batch = tuple[Sequence[Iterator[Found]], int]
"""Parts of a join that can run side by side, and how many batches there are about."""

MAX_TOLERANCE_BITS = 12
NATURAL_ORDER = tuple(range(HASH_BITS - 1, -1, -1))
"""The bits as they stand in the value."""

_AT_ONCE = 1 << 16
_MOVED_AT_ONCE = 1 << 13


@dataclass(frozen=True)
class Plan:
    """Bands and tables for one tolerance.

    ``order`` names for each place the bit of the value that stands there (63 is the highest bit),
    ``widths`` the bits of each band in the order of the places; ``tables`` name bands by number.
    ``expected_s`` is what one processor is expected to take.
    """

    tolerance_bits: int
    order: tuple[int, ...]
    widths: tuple[int, ...]
    tables: tuple[tuple[int, ...], ...]
    expected_s: float = field(default=0.0, compare=False)

    def key_bits(self, table: Sequence[int]) -> int:
        """Count the bits on which the values of one bucket of a table agree."""
        return sum(self.widths[band] for band in table)

    def ascends(self, table: Sequence[int]) -> bool:
        """Tell whether values that ascend are in the order of the table's keys, too."""
        return self.order == NATURAL_ORDER and tuple(table) == tuple(range(len(table)))

    def moves(self, table: Sequence[int]) -> tuple[tuple[int, int], ...]:
        """Tell how the table's bands come to the top: masks of runs of places, and how far each goes left.

        A negative number goes right; runs that go the same way are one.
        """
        start, goal = self._starts(()), self._starts(table)
        moves: dict[int, int] = {}
        for band, mask in enumerate(self.masks):
            left = start[band] - goal[band]
            moves[left] = moves.get(left, 0) | mask
        return tuple((mask, left) for left, mask in moves.items())

    @cached_property
    def masks(self) -> tuple[int, ...]:
        """Give the places of each band."""
        start = self._starts(())
        return tuple(
            ((1 << width) - 1) << (HASH_BITS - width - start[band]) for band, width in enumerate(self.widths)
        )

    def _starts(self, table: Sequence[int]) -> dict[int, int]:
        """Give the place where each band begins when those of the table stand at the top."""
        starts, at = {}, 0
        for band in (*table, *(band for band in range(len(self.widths)) if band not in table)):
            starts[band] = at
            at += self.widths[band]
        return starts

    def first_agreed(self, differences: Values, table: Sequence[int]) -> npt.NDArray[np.bool_]:
        """Tell which pairs, given by XOR of their places, agree on the table's bands first of all bands."""
        agreed = np.zeros(len(differences), np.int64)
        mine = np.ones(len(differences), bool)
        for band, mask in enumerate(self.masks[: table[-1] + 1 if table else 0]):
            same = (differences & np.uint64(mask)) == 0
            agreed += same
            if band in table:
                mine &= same
        mine &= agreed == len(table)
        return mine


def moved(places: Values, moves: Sequence[tuple[int, int]], back: bool = False) -> Values:
    """Bring a table's bands to the top, or ``back`` to their places."""
    result = np.empty_like(places)
    for start in range(0, len(places), _MOVED_AT_ONCE):
        # What is in between stays in the cache.
        block, out = places[start : start + _MOVED_AT_ONCE], result[start : start + _MOVED_AT_ONCE]
        out[:] = 0
        for mask, left in moves:
            if back:
                part = block >> np.uint64(left) if left >= 0 else block << np.uint64(-left)
                part &= np.uint64(mask)
            else:
                part = block & np.uint64(mask)
                if left > 0:
                    part <<= np.uint64(left)
                elif left < 0:
                    part >>= np.uint64(-left)
            out |= part
    return result


def look_up(values: Values, tables: Values, out: Values) -> None:
    """Write for each value what the tables of its digits give together, lowest digit first."""
    digit_bits = HASH_BITS // len(tables)
    digit = np.uint64((1 << digit_bits) - 1)
    out[:] = tables[0][values & digit]
    for number, table in enumerate(tables[1:], 1):
        out |= table[values >> np.uint64(number * digit_bits) & digit]


class Permutation:
    """An order of 64 bits, applied to many values by looking up their digits."""

    def __init__(self, order: Sequence[int], digit_bits: int, look_up: LookUp = look_up) -> None:
        self._digit_bits, self._look_up = digit_bits, look_up
        self._natural = tuple(order) == NATURAL_ORDER
        to_place = [0] * HASH_BITS
        to_bit = [0] * HASH_BITS
        for place, bit in enumerate(order):
            to_place[bit] = HASH_BITS - 1 - place
            to_bit[HASH_BITS - 1 - place] = bit
        self._place_of_bit, self._bit_of_place = to_place, to_bit

    @cached_property
    def _to_places(self) -> Values:
        return self._tables(self._place_of_bit)

    @cached_property
    def _to_values(self) -> Values:
        return self._tables(self._bit_of_place)

    def _tables(self, goal: Sequence[int]) -> Values:
        tables = []
        for low in range(0, HASH_BITS, self._digit_bits):
            table = np.zeros(1, np.uint64)
            for bit in range(low, low + self._digit_bits):
                table = np.concatenate((table, table | np.uint64(1 << goal[bit])))
            tables.append(table)
        return np.array(tables)

    @property
    def digits(self) -> Values:
        """Give for each digit of a value, lowest first, and all that it may be, where its bits belong."""
        return self._to_places

    def to_places(self, values: Values, run: Run = map) -> Values:
        """Put the bits of values in order; ``run`` may be a pool's ``map``."""
        if self._natural:
            return values
        places = np.empty_like(values)

        def some(start: int) -> None:
            part = slice(start, start + _AT_ONCE)
            self._look_up(values[part], self._to_places, places[part])

        list(run(some, range(0, len(values), _AT_ONCE)))
        return places

    def place_of(self, value: int) -> int:
        """Put the bits of one value in order."""
        place, digit = 0, (1 << self._digit_bits) - 1
        for number in range(len(self._to_places)):
            place |= self._to_places.item(number, value & digit)
            value >>= self._digit_bits
        return place

    def to_values(self, places: Values) -> Values:
        """Undo ``to_places``."""
        if self._natural:
            return places
        values = np.empty_like(places)
        self._look_up(places, self._to_values, values)
        return values
