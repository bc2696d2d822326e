"""The plan of a join: which bits make a band, which bands a table asks to agree, and what that costs.

Two values within r bits agree on at least b - r of b bands, whichever bits the bands are made of. So for
each choice of b - r bands, a *table*, the values that agree on them all are compared, and no close pair is
missed (Manku, Jain, Das Sarma 2007; Norouzi, Punjani, Fleet 2014). A pair counts only in the table of the
first bands on which it agrees, so it comes once. With b = r there is one table that asks nothing: the plain
comparison of all with all.

A plan has its own order of the bits, *places*, in which every band is one run; the first place is highest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from math import comb, inf
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

_MOST_EXTRA_BANDS = 6
_SAMPLE = 1 << 16
_BITS_SAMPLE = 1 << 12
_SAMPLED_TABLES = 3
_ENTROPY_STEPS_PER_BIT = 8


@dataclass(frozen=True)
class Cost:
    """What a way of joining takes: nanoseconds to put one value in its bucket, and to compare one pair."""

    arrange_ns: float
    compare_ns: float
    table_ns: float


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

    def moves(self, table: Sequence[int], after: Sequence[int] = ()) -> tuple[tuple[int, int], ...]:
        """Tell how the table's bands come to the top: masks of runs of places, and how far each goes left.

        A negative number goes right; runs that go the same way are one. ``after`` names the bands that
        stand at the top already.
        """
        start, goal = self._starts(after), self._starts(table)
        moves: dict[int, int] = {}
        for band, mask in enumerate(self.masks_after(after)):
            left = start[band] - goal[band]
            moves[left] = moves.get(left, 0) | mask
        return tuple((mask, left) for left, mask in moves.items())

    def masks_after(self, table: Sequence[int]) -> tuple[int, ...]:
        """Give the bits of each band where those of the table stand at the top."""
        start = self._starts(table)
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
        for band, mask in enumerate(self.masks_after(())[: table[-1] + 1 if table else 0]):
            same = (differences & np.uint64(mask)) == 0
            agreed += same
            if band in table:
                mine &= same
        mine &= agreed == len(table)
        return mine


def moved(places: Values, moves: Sequence[tuple[int, int]], back: bool = False) -> Values:
    """Bring a table's bands to the top, or ``back`` to their places."""
    result = np.zeros_like(places)
    for mask, left in moves:
        if back:
            part = places >> np.uint64(left) if left >= 0 else places << np.uint64(-left)
            part &= np.uint64(mask)
        else:
            part = places & np.uint64(mask)
            part = part << np.uint64(left) if left >= 0 else part >> np.uint64(-left)
        result |= part
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
        to_place = [0] * HASH_BITS
        to_bit = [0] * HASH_BITS
        for place, bit in enumerate(order):
            to_place[bit] = HASH_BITS - 1 - place
            to_bit[HASH_BITS - 1 - place] = bit
        self._to_places = self._tables(to_place)
        self._to_values = self._tables(to_bit)

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
        places = np.empty_like(values)

        def some(start: int) -> None:
            part = slice(start, start + _SAMPLE)
            self._look_up(values[part], self._to_places, places[part])

        list(run(some, range(0, len(values), _SAMPLE)))
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
        values = np.empty_like(places)
        self._look_up(places, self._to_values, values)
        return values


def plan_join(values: Values, tolerance_bits: int, cost: Cost, count: int | None = None) -> Plan:
    """Choose the cheapest plan for values without repeats; the same values always get the same plan.

    ``count`` is how many there are, where ``values`` are no more than an even sample of them.
    """
    if not 0 <= tolerance_bits <= MAX_TOLERANCE_BITS:
        raise ValueError(f"not a tolerance of 0 to {MAX_TOLERANCE_BITS} bits: {tolerance_bits}")
    count = len(values) if count is None else count
    sample = values[:: max(1, len(values) // _SAMPLE)][:_SAMPLE]
    entropy = _entropy(values)
    best, least = _plan(entropy, tolerance_bits, tolerance_bits), inf
    for bands in range(tolerance_bits, tolerance_bits + _MOST_EXTRA_BANDS + 1):
        tables = comb(bands, tolerance_bits)
        arranging = tables * (cost.table_ns + count * cost.arrange_ns)
        if arranging >= least:
            break
        plan = _plan(entropy, tolerance_bits, bands)
        spent = arranging + cost.compare_ns * _candidates(plan, sample, count, entropy)
        if spent < least:
            best, least = plan, spent
    return replace(best, expected_s=least / 1e9)


def _entropy(values: Values) -> npt.NDArray[np.float64]:
    """Estimate each bit's collision entropy, 0…1: how much it helps to tell two values apart; bit 0 first."""
    sample = values[:: max(1, len(values) // _BITS_SAMPLE)][:_BITS_SAMPLE]
    ones = np.zeros(HASH_BITS)
    for bit in range(HASH_BITS):
        ones[bit] = np.count_nonzero(sample & np.uint64(1 << bit))
    share = ones / max(1, len(sample))
    return np.asarray(-np.log2(share**2 + (1 - share) ** 2), dtype=np.float64)


def _plan(entropy: npt.NDArray[np.float64], tolerance_bits: int, bands: int) -> Plan:
    order, widths = _dealt(entropy, max(bands, 1))
    return Plan(tolerance_bits, order, widths, tuple(combinations(range(bands), bands - tolerance_bits)))


def deal_bits(values: Values, bands: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Give an order of the bits and the widths of bands that tell these values apart about equally well."""
    return _dealt(_entropy(values), bands)


def _dealt(entropy: npt.NDArray[np.float64], bands: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Deal the bits out to bands of about equal entropy, neighbours to different bands.

    Neighbouring bits of a dHash go together, so bands of neighbours would tell less apart.
    """
    members: list[list[int]] = [[] for _ in range(bands)]
    load = [0.0] * bands
    rounded = np.round(entropy * _ENTROPY_STEPS_PER_BIT) / _ENTROPY_STEPS_PER_BIT
    for bit in sorted(range(HASH_BITS - 1, -1, -1), key=lambda bit: (-rounded[bit], -bit)):
        lightest = min(range(bands), key=lambda band: (load[band], len(members[band]), band))
        members[lightest].append(bit)
        load[lightest] += float(rounded[bit])
    return tuple(bit for band in members for bit in band), tuple(len(band) for band in members)


def _candidates(plan: Plan, sample: Values, count: int, entropy: npt.NDArray[np.float64]) -> float:
    """Estimate how many pairs all tables compare: by entropy, or by what the sample shows if that is more."""
    pairs = count * (count - 1) / 2
    if not plan.tables[0]:
        return pairs
    share = len(plan.tables[0]) / len(plan.widths)
    expected: float = pairs * len(plan.tables) * 2.0 ** -(float(entropy.sum()) * share)
    if count < 2 * _SAMPLE:
        return expected
    places = Permutation(plan.order, 8).to_places(sample)
    step = max(1, len(plan.tables) // _SAMPLED_TABLES)
    looked_at = plan.tables[::step]
    met = sum(_meetings(places, plan, table) for table in looked_at) / len(looked_at)
    seen: float = met * len(plan.tables) * pairs / (len(sample) * (len(sample) - 1) / 2)
    return max(expected, seen)


def _meetings(places: Values, plan: Plan, table: Sequence[int]) -> float:
    """Count the pairs of a sample that share a bucket."""
    keys = np.sort(moved(places, plan.moves(table)) >> np.uint64(HASH_BITS - plan.key_bits(table)))
    edges = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1], [True])))
    sizes = np.diff(edges).astype(np.float64)
    return float((sizes * (sizes - 1) / 2).sum())
