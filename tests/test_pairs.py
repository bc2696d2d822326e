"""Near rows by one hash and by both, and rows of equal values as groups, against their definitions."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from faebot_hash import pairs
from faebot_hash.groups import distinct, group, inside
from faebot_hash.join import close_pairs
from faebot_hash.pairs import HashTable, Within, equal_rows, near_rows

Told = dict[tuple[int, int], tuple[int | None, int | None]]

hashes = st.sampled_from([0, 2**63, 2**63 - 1, 2**64 - 1]) | st.integers(0, 7) | st.integers(0, 2**64 - 1)
FIXTURE_KEPT = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

rows = st.lists(st.tuples(hashes, hashes), max_size=30)
bits = st.none() | st.integers(0, 12)


def table_of(rows: list[tuple[int, int]]) -> HashTable:
    columns = np.array(rows, np.uint64).reshape(-1, 2)
    return HashTable(np.ascontiguousarray(columns[:, 0]), np.ascontiguousarray(columns[:, 1]))


def is_near(one: tuple[int, int], other: tuple[int, int], within: Within) -> bool:
    phash, dhash = ((a ^ b).bit_count() for a, b in zip(one, other, strict=True))
    near = [distance <= tolerance for distance, tolerance in
            ((phash, within.phash_bits), (dhash, within.dhash_bits)) if tolerance is not None]  # fmt: skip
    return all(near) if within.both else any(near)


def told(table: HashTable, within: Within, expand: bool) -> Told:
    found: Told = {}
    for piece in near_rows(table, within, expand=expand):
        assert piece.phash_bits is not None
        assert piece.dhash_bits is not None
        for first, second, phash, dhash in zip(
            piece.first.tolist(),
            piece.second.tolist(),
            piece.phash_bits.tolist(),
            piece.dhash_bits.tolist(),
            strict=True,
        ):
            assert first < second
            assert (first, second) not in found
            found[first, second] = (phash, dhash)
    return found


def within_of(phash_bits: int | None, dhash_bits: int | None, both: bool) -> Within | None:
    if phash_bits is None and dhash_bits is None:
        return None
    return Within(phash_bits, dhash_bits, both and phash_bits is not None and dhash_bits is not None)


@pytest.fixture(params=[False, True], ids=["few", "many"])
def many(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also take the ways of values that thousands of rows share."""
    if request.param:
        monkeypatch.setattr(pairs, "_FEW", 1)
        monkeypatch.setattr(pairs, "_FEW_PRODUCTS", 1)


@pytest.mark.usefixtures("many")
@FIXTURE_KEPT
@given(rows, bits, bits, st.booleans())
def test_expanded_pairs_are_those_of_the_definition(
    rows: list[tuple[int, int]], phash_bits: int | None, dhash_bits: int | None, both: bool
) -> None:
    within = within_of(phash_bits, dhash_bits, both)
    if within is None:
        return
    assert told(table_of(rows), within, expand=True) == {
        (a, b): ((rows[a][0] ^ rows[b][0]).bit_count(), (rows[a][1] ^ rows[b][1]).bit_count())
        for a, b in itertools.combinations(range(len(rows)), 2)
        if is_near(rows[a], rows[b], within)
    }


@pytest.mark.usefixtures("many")
@FIXTURE_KEPT
@given(rows, bits, bits, st.booleans())
def test_groups_and_the_pairs_of_their_first_rows_tell_the_same(
    rows: list[tuple[int, int]], phash_bits: int | None, dhash_bits: int | None, both: bool
) -> None:
    within = within_of(phash_bits, dhash_bits, both)
    if within is None:
        return
    table = table_of(rows)
    lines = told(table, within, expand=False)
    near = set()
    for name, groups in equal_rows(table, within):
        number = groups.of_rows().tolist()
        firsts = groups.firsts.tolist()
        limits = {"phash": (within.phash_bits, 64), "dhash": (64, within.dhash_bits), "both": (64, 64)}[name]
        for a, b in itertools.combinations(range(len(rows)), 2):
            ends = tuple(sorted((firsts[number[a]], firsts[number[b]])))
            equal = number[a] == number[b]
            if equal or (ends in lines and all(d <= m for d, m in zip(lines[ends], limits, strict=True))):
                near.add((a, b))
    assert near == {
        (a, b) for a, b in itertools.combinations(range(len(rows)), 2) if is_near(rows[a], rows[b], within)
    }


@pytest.mark.parametrize("both", [False, True])
def test_a_million_equal_rows_cost_no_more_than_their_sorting(both: bool) -> None:
    """Their pairs would be 500 billion: only groups can have answered."""
    phashes = np.full(1_000_000, 5, np.uint64)
    phashes[10:20] = np.arange(10, dtype=np.uint64) << np.uint64(20)
    table = HashTable(phashes, phashes.copy())
    found = [one for piece in near_rows(table, Within(2, 2, both)) for one in piece.first.tolist()]
    assert 0 < len(found) < 60
    (_, groups), *_ = equal_rows(table, Within(2, 2, both))
    assert groups.sizes.max() == 999_990


def test_a_million_equal_phashes_with_many_dhashes_are_joined_by_the_dhash() -> None:
    dhashes = np.arange(200_000, dtype=np.uint64) << np.uint64(40)
    dhashes[7] = dhashes[8] ^ np.uint64(1)
    table = HashTable(np.zeros(len(dhashes), np.uint64), dhashes)
    count = sum(len(piece) for piece in near_rows(table, Within(0, 1, both=True)))
    assert count == sum(len(piece) for piece in close_pairs(np.sort(dhashes), 1)) > 1_000_000


def test_one_hash_is_enough() -> None:
    values = np.array([4, 5, 4], np.uint64)
    (piece,) = near_rows(HashTable(None, values), Within(dhash_bits=1))
    assert piece.phash_bits is None
    assert (piece.first.tolist(), piece.second.tolist()) == ([0], [1])
    with pytest.raises(ValueError, match="no pHash"):
        list(near_rows(HashTable(None, values), Within(phash_bits=1)))


@pytest.mark.parametrize("wrong", [{}, {"phash_bits": 3, "both": True}, {"dhash_bits": 3, "both": True}])
def test_tolerances_that_ask_nothing_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="tolerance"):
        Within(**wrong)  # type: ignore[arg-type]


# --- groups


@given(st.lists(hashes | st.integers(0, 40), max_size=60))
def test_groups_are_the_rows_of_each_value(numbers: list[int]) -> None:
    groups = group(np.array(numbers, np.uint64))
    edges = groups.starts.tolist()
    assert {
        value: groups.rows[start:end].tolist()
        for value, start, end in zip(groups.values.tolist(), edges, edges[1:], strict=False)
    } == {value: [n for n, one in enumerate(numbers) if one == value] for value in set(numbers)}
    assert groups.values.tolist() == distinct(np.array(numbers, np.uint64)).tolist() == sorted(set(numbers))
    inner = [one for a, b in inside(groups) for one in zip(a.tolist(), b.tolist(), strict=True)]
    assert sorted(inner) == [
        (a, b) for a, b in itertools.combinations(range(len(numbers)), 2) if numbers[a] == numbers[b]
    ]


def test_values_that_differ_in_their_last_bits_alone_are_told_apart() -> None:
    """The rows' numbers take the place of just those bits while sorting."""
    rng = np.random.default_rng(3)
    values = rng.integers(0, 500, 100_000, dtype=np.uint64) | np.uint64(2**63)
    groups = group(values)
    assert groups.values.tolist() == np.unique(values).tolist()
    order = np.argsort(values, kind="stable")
    assert groups.rows.tolist() == order.tolist()
