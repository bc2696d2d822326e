"""The choice of bands: how many, and of which bits, so that a join is expected to take the least time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import comb, inf

import numpy as np
import numpy.typing as npt

from faebot_hash.bands import MAX_TOLERANCE_BITS, NATURAL_ORDER, Permutation, Plan, Values, moved
from faebot_hash.model import HASH_BITS

Entropy = npt.NDArray[np.float64]
Dealt = tuple[tuple[int, ...], tuple[int, ...]]
"""The order of the bits, and the widths of bands."""
Cut = Callable[[Entropy, int], Dealt]

_MOST_EXTRA_BANDS = 6
_SAMPLE = 1 << 16
_BITS_SAMPLE = 1 << 10
_SAMPLED_TABLES = 3
_ENTROPY_STEPS_PER_BIT = 8
_ALIKE = 1.03
_STRIDE = 397
_MOST_SILENT_BITS = 3


@dataclass(frozen=True)
class Cost:
    """What a way of joining takes: nanoseconds to put one value in its bucket, and to compare one pair."""

    arrange_ns: float
    compare_ns: float
    table_ns: float


def plan_join(values: Values, tolerance_bits: int, cost: Cost, count: int | None = None) -> Plan:
    """Choose the cheapest plan for values without repeats; the same values always get the same plan.

    ``count`` is how many there are, where ``values`` are no more than an even sample of them.
    """
    if not 0 <= tolerance_bits <= MAX_TOLERANCE_BITS:
        raise ValueError(f"not a tolerance of 0 to {MAX_TOLERANCE_BITS} bits: {tolerance_bits}")
    count = len(values) if count is None else count
    sample = values[:: max(1, len(values) // _SAMPLE)][:_SAMPLE]
    entropy = _entropy(values)
    cut = _cut_where_it_pays if _neighbours_differ(values, entropy) else _dealt
    best, least = _plan(entropy, tolerance_bits, tolerance_bits, cut), inf
    for bands in range(tolerance_bits, tolerance_bits + _MOST_EXTRA_BANDS + 1):
        tables = comb(bands, tolerance_bits)
        arranging = tables * (cost.table_ns + count * cost.arrange_ns)
        if arranging >= least:
            break
        plan = _plan(entropy, tolerance_bits, bands, cut)
        spent = arranging + cost.compare_ns * _candidates(plan, sample, count, entropy)
        if spent < least:
            best, least = plan, spent
    return replace(best, expected_s=least / 1e9)


def _entropy(values: Values) -> Entropy:
    """Estimate each bit's collision entropy, 0…1: how much it helps to tell two values apart; bit 0 first."""
    sample = values[:: max(1, len(values) // _BITS_SAMPLE)][:_BITS_SAMPLE]
    octets = sample.astype("<u8").view(np.uint8).reshape(-1, HASH_BITS // 8)
    ones = np.unpackbits(octets, axis=1, bitorder="little").sum(axis=0, dtype=np.float32)
    share = ones.astype(np.float64) / max(1, len(sample))
    return np.asarray(-np.log2(share**2 + (1 - share) ** 2), dtype=np.float64)


def _neighbours_differ(values: Values, entropy: Entropy) -> bool:
    """Tell whether two values agree on a bit as rarely where they agree on its neighbour as elsewhere."""
    sample = values[:: max(1, len(values) // _BITS_SAMPLE)][:_BITS_SAMPLE]
    # In values that ascend, those far apart would still have first bits in common by their rank.
    alike = ~(sample ^ sample[np.arange(len(sample)) * _STRIDE % max(1, len(sample))])
    both = int(np.bitwise_count(alike & (alike >> np.uint64(1)) & np.uint64((1 << 63) - 1)).sum())
    agreeing = 2.0**-entropy
    return both <= _ALIKE * len(sample) * float((agreeing[1:] * agreeing[:-1]).sum())


def _plan(entropy: Entropy, tolerance_bits: int, bands: int, cut: Cut | None = None) -> Plan:
    order, widths = (cut or _dealt)(entropy, max(bands, 1))
    return Plan(tolerance_bits, order, widths, tuple(combinations(range(bands), bands - tolerance_bits)))


def deal_bits(values: Values, bands: int) -> Dealt:
    """Give an order of the bits and the widths of bands that tell these values apart about equally well."""
    return _dealt(_entropy(values), bands)


def _cut(entropy: Entropy, bands: int) -> Dealt:
    """Cut the bits as they stand into bands of about equal entropy.

    Values that ascend need no arranging for the first table then, and no bit is moved.
    """
    widths, load, of_bit = [0], 0.0, entropy.tolist()
    total = sum(of_bit)
    for bit in NATURAL_ORDER:
        left_over = bands - len(widths)
        full = load + of_bit[bit] / 2 > total * len(widths) / bands and widths[-1] > 0
        if left_over and (full or bit + 1 == left_over):
            widths.append(0)
        widths[-1] += 1
        load += of_bit[bit]
    return NATURAL_ORDER, tuple(widths)


def _cut_where_it_pays(entropy: Entropy, bands: int) -> Dealt:
    """Leave the bits as they stand unless much of a band tells little, as the high bits of small numbers.

    Values come into buckets by the first bits of a key: bits that are nearly always the same belong last.
    """
    order, widths = _cut(entropy, bands)
    silent_bits = max(widths) - float(entropy.sum()) / bands
    return (order, widths) if silent_bits <= _MOST_SILENT_BITS else _dealt(entropy, bands)


def _dealt(entropy: Entropy, bands: int) -> Dealt:
    """Deal the bits out to bands of about equal entropy, neighbours to different bands.

    Neighbouring bits of a dHash go together, so bands of neighbours would tell less apart.
    """
    members: list[list[int]] = [[] for _ in range(bands)]
    load = [0.0] * bands
    rounded = (np.round(entropy * _ENTROPY_STEPS_PER_BIT) / _ENTROPY_STEPS_PER_BIT).tolist()
    for bit in sorted(range(HASH_BITS - 1, -1, -1), key=lambda bit: (-rounded[bit], -bit)):
        lightest = min(range(bands), key=lambda band: (load[band], len(members[band]), band))
        members[lightest].append(bit)
        load[lightest] += rounded[bit]
    return tuple(bit for band in members for bit in band), tuple(len(band) for band in members)


def _candidates(plan: Plan, sample: Values, count: int, entropy: Entropy) -> float:
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
