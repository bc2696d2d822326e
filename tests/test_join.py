"""The join against its definition: every way of finding close pairs gives those of comparing all with all."""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faebot_hash import band_choice, bands, join, join_numba, join_numpy
from faebot_hash.bands import Values
from faebot_hash.join import Engine, ValuePairs, close_pairs
from tests import near_pairs
from tests.counting import Counted

TABLES = 200 if os.environ.get("FAEBOT_LONG") == "1" else 20
EXTREMES = (0, 1, 2**63 - 1, 2**63, 2**63 + 1, 2**64 - 2, 2**64 - 1)
ENGINES = pytest.mark.parametrize("engine", [join_numpy, join_numba], ids=["numpy", "numba"])

Triples = list[tuple[int, int, int]]


def by_definition(values: Values, tolerance_bits: int) -> Triples:
    """Compare all with all."""
    numbers = values.tolist()
    if len(numbers) <= 60:
        near = [(a, b, (a ^ b).bit_count()) for a in numbers for b in numbers if a < b]
        return sorted(one for one in near if one[2] <= tolerance_bits)
    low, high, bits = near_pairs.by_definition(values, tolerance_bits)
    return list(zip(low.tolist(), high.tolist(), bits.tolist(), strict=True))


def triples(pieces: Iterator[ValuePairs]) -> Triples:
    """Give the pairs of a join in order, repeats and all."""
    return sorted(
        triple
        for piece in pieces
        for triple in zip(piece.low.tolist(), piece.high.tolist(), piece.distance_bits.tolist(), strict=True)
    )


def random_table(rng: np.random.Generator, tolerance_bits: int) -> Values:
    """Make values as uniform, as clustered, as skewed or as poor in bits as tables can be."""
    count = int(rng.integers(0, 1200))
    centres = rng.integers(0, 2**64, max(1, count // int(rng.integers(1, 60))), dtype=np.uint64)
    values = rng.choice(centres, count)
    for _ in range(int(rng.integers(0, 2 * tolerance_bits + 2))):
        values ^= np.uint64(1) << rng.integers(0, 64, count, dtype=np.uint64)
    if rng.random() < 0.3:
        values &= rng.integers(0, 2**64, dtype=np.uint64) | rng.integers(0, 2**64, dtype=np.uint64)
    if rng.random() < 0.3:
        values = np.append(values, np.array(EXTREMES, np.uint64))
    return np.unique(values)


@ENGINES
@pytest.mark.parametrize("tolerance_bits", range(bands.MAX_TOLERANCE_BITS + 1))
def test_random_tables_join_as_by_definition(engine: Engine, tolerance_bits: int, counted: Counted) -> None:
    rng = np.random.default_rng(tolerance_bits)
    for _ in range(TABLES):
        values = random_table(rng, tolerance_bits)
        found = triples(close_pairs(values, tolerance_bits, engine=engine))
        assert found == by_definition(values, tolerance_bits)
    counted("join", TABLES, "tables joined within 0…12 bits as by definition")


@settings(deadline=None)
@given(
    st.sets(
        st.sampled_from(EXTREMES) | st.integers(0, 2**64 - 1) | st.integers(0, 63).map(lambda bit: 1 << bit)
    ),
    st.integers(0, bands.MAX_TOLERANCE_BITS),
    st.sampled_from([join_numpy, join_numba]),
)
def test_any_values_join_as_by_definition(numbers: set[int], tolerance_bits: int, engine: Engine) -> None:
    values = np.array(sorted(numbers), np.uint64)
    assert triples(close_pairs(values, tolerance_bits, engine=engine)) == by_definition(
        values, tolerance_bits
    )


@ENGINES
@pytest.mark.parametrize("cut", [band_choice._cut, band_choice._dealt])
@pytest.mark.parametrize(
    ("tolerance_bits", "extra_bands"), [(1, 1), (2, 1), (2, 3), (3, 2), (4, 2), (5, 1), (8, 2), (12, 1)]
)
def test_every_choice_of_bands_gives_the_same(
    engine: Engine,
    cut: band_choice.Cut,
    tolerance_bits: int,
    extra_bands: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Small tables are compared all with all, so the plans of large ones are forced on them."""
    values = random_table(np.random.default_rng(extra_bands), tolerance_bits)
    entropy = band_choice._entropy(values)
    plan = band_choice._plan(entropy, tolerance_bits, tolerance_bits + extra_bands, cut)
    assert sum(plan.widths) == 64
    assert min(plan.widths) > 0
    monkeypatch.setattr(join, "plan_join", lambda *_: plan)
    assert triples(close_pairs(values, tolerance_bits, engine=engine)) == by_definition(
        values, tolerance_bits
    )


@ENGINES
@pytest.mark.parametrize("tolerance_bits", [1, 2, 4])
@pytest.mark.parametrize("make", ["crowded", "neighbours alike", "few bits"])
def test_skewed_tables_join_as_by_definition(make: str, tolerance_bits: int, engine: Engine) -> None:
    """Large enough for several tables: large buckets between small ones, and bits that go together."""
    rng = np.random.default_rng(tolerance_bits)
    values = rng.integers(0, 2**64, 12_000, dtype=np.uint64)
    if make == "crowded":
        blank = np.full(8_000, 2**63, np.uint64)
        for _ in range(6):
            blank ^= np.uint64(1) << rng.integers(0, 64, len(blank), dtype=np.uint64)
        values = np.concatenate((values, blank, blank[::9] ^ np.uint64(1)))
    if make == "neighbours alike":
        values ^= (values ^ values >> np.uint64(1)) & values << np.uint64(2)
    if make == "few bits":
        values &= np.uint64(0x8000_0FFF_00FF_0F0F)
    values = np.unique(values)
    found = triples(close_pairs(values, tolerance_bits, engine=engine))
    assert len(found) > 0 or make == "neighbours alike"
    assert found == by_definition(values, tolerance_bits)


@ENGINES
@pytest.mark.parametrize("tolerance_bits", [2, 3])
def test_a_crowd_around_one_value_gives_each_pair_once(tolerance_bits: int, engine: Engine) -> None:
    """More pairs than come at once lie in buckets that only the whole key takes apart."""
    rng = np.random.default_rng(tolerance_bits)
    blank = np.full(20_000, 2**63, np.uint64)
    for _ in range(3):
        blank ^= np.uint64(1) << rng.integers(0, 64, len(blank), dtype=np.uint64)
    values = np.unique(np.concatenate((rng.integers(0, 2**64, 12_000, dtype=np.uint64), blank)))
    found = near_pairs.of_join(close_pairs(values, tolerance_bits, engine=engine))
    expected = near_pairs.by_definition(values, tolerance_bits)
    assert len(expected[0]) > 1 << 18
    for told, right in zip(found, expected, strict=True):
        np.testing.assert_array_equal(told, right)


@pytest.mark.parametrize("shift", [0, 20, 43])
@pytest.mark.parametrize("tolerance_bits", [1, 2, 3, 4])
def test_bits_that_are_always_the_same_come_last_in_a_band(tolerance_bits: int, shift: int) -> None:
    """Buckets are made by the first bits of a key; with 20 bits that tell, one held all values."""
    values = np.unique(np.random.default_rng(2).integers(0, 2**20, 150_000, dtype=np.uint64) << shift)
    for engine in (join_numpy, join_numba):
        plan = band_choice.plan_join(values, tolerance_bits, engine.COST)
        begins = np.cumsum((0, *plan.widths[:-1]))
        assert all(shift <= plan.order[begin] < shift + 20 for begin in begins)


def test_values_that_ascend_stay_where_they_are_if_nearly_all_bits_tell() -> None:
    values = np.random.default_rng(2).integers(0, 2**64, 150_000, dtype=np.uint64)
    values |= np.uint64(1 << 63)  # as pHashes, whose first bit is nearly always set
    plan = band_choice.plan_join(np.unique(values), 2, join_numba.COST)
    assert plan.order == bands.NATURAL_ORDER


@ENGINES
def test_large_tables_hold_exactly_the_pairs_that_were_planted(engine: Engine) -> None:
    """A third of a million values far from each other by construction, some with a neighbour."""
    rng = np.random.default_rng(5)
    chosen = np.unique(rng.integers(0, 2**48, 300_000, dtype=np.uint64))
    # Each digit of 6 bits is written three times over: distances of two such values are at least 3.
    spread = np.zeros_like(chosen)
    for bit in range(21):
        spread |= (chosen >> np.uint64(bit) & np.uint64(1)) * np.uint64(0b111 << (3 * bit))
    spread = np.unique(spread)
    planted = spread[::1000]
    values = np.unique(np.concatenate((spread, planted ^ np.uint64(1))))
    found = triples(close_pairs(values, 1, engine=engine))
    assert found == sorted((min(a, a ^ 1), max(a, a ^ 1), 1) for a in planted.tolist())


@ENGINES
def test_threads_change_neither_pairs_nor_order(engine: Engine) -> None:
    values = np.unique(
        np.random.default_rng(2).integers(0, 2**26, 200_000, dtype=np.uint64) * np.uint64(2**37)
    )
    alone, together = (
        [piece.low.tolist() for piece in close_pairs(values, 2, engine=engine, workers=workers)]
        for workers in (2, 3)
    )
    assert alone == together
    one = sorted(
        low for piece in close_pairs(values, 2, engine=engine, workers=1) for low in piece.low.tolist()
    )
    assert one == sorted(low for piece in together for low in piece)


@ENGINES
def test_a_dense_neighbourhood_comes_in_pieces_of_bounded_size(engine: Engine) -> None:
    values = np.arange(3000, dtype=np.uint64)
    sizes = [len(piece) for piece in close_pairs(values, 12, engine=engine)]
    assert sum(sizes) == 3000 * 2999 // 2
    assert max(sizes) < 400_000


@ENGINES
def test_a_join_may_be_left_early(engine: Engine) -> None:
    values = np.unique(np.random.default_rng(2).integers(0, 2**20, 150_000, dtype=np.uint64))
    assert len(next(close_pairs(values, 3, engine=engine))) > 0


def test_progress_grows_to_its_end() -> None:
    told: list[tuple[int, int]] = []
    values = np.unique(np.random.default_rng(2).integers(0, 2**64, 200_000, dtype=np.uint64))
    for engine in (join_numpy, join_numba):
        told.clear()
        list(close_pairs(values, 4, engine=engine, progress=lambda *done: told.append(done)))
        assert [done for done, _ in told] == list(range(1, len(told) + 1))
        assert told[-1][0] == told[-1][1]


@pytest.mark.parametrize("wrong", [[3, 2], [2, 2], [1, 2, 2]])
def test_values_that_do_not_ascend_are_a_bug_of_the_caller(wrong: list[int]) -> None:
    with pytest.raises(ValueError, match="ascend"):
        list(close_pairs(np.array(wrong, np.uint64), 1))


@pytest.mark.parametrize("tolerance_bits", [-1, 13, 64])
def test_other_tolerances_are_refused(tolerance_bits: int) -> None:
    with pytest.raises(ValueError, match="0 to 12"):
        list(close_pairs(np.array([1, 2], np.uint64), tolerance_bits))


def test_short_joins_never_wait_for_a_compiler() -> None:
    values = np.unique(np.random.default_rng(2).integers(0, 2**64, 1_000_000, dtype=np.uint64))
    for count, tolerance_bits, engine in (
        (8_682, 12, join_numpy),
        (100_000, 4, join_numpy),
        (1_000_000, 2, join_numpy),
        (1_000_000, 12, join_numba),
    ):
        assert join._chosen(values[:: len(values) // count], tolerance_bits, None)[0] is engine
