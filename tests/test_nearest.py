"""Range and nearest queries against their definition: looking at every row."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faebot_hash import lookup, nearest
from faebot_hash.lookup import build_index
from faebot_hash.nearest import HashSearch, Neighbours, Query, index_table, search_of
from faebot_hash.pairs import HashTable, Within
from tests.counting import Counted
from tests.pictures import LONG

Row = tuple[int, int]
Answer = list[tuple[int, int | None, int | None]]

hashes = (
    st.sampled_from([0, 2**63, 2**63 - 1, 2**63 + 1, 2**64 - 1])
    | st.integers(0, 31)
    | st.integers(0, 2**64 - 1)
)
rows = st.dictionaries(st.integers(-5, 60), st.tuples(hashes, hashes), max_size=25)
bits = st.none() | st.integers(0, 12)


def columns(table: dict[int, Row]) -> tuple[np.ndarray, HashTable]:
    ids = np.array(list(table), np.int64)
    values = np.array(list(table.values()), np.uint64).reshape(-1, 2)
    return ids, HashTable(values[:, 0].copy(), values[:, 1].copy())


def search_in(table: dict[int, Row]) -> HashSearch:
    return search_of(index_table(*columns(table)))


def told(found: Neighbours) -> Answer:
    def of(column: np.ndarray | None) -> list[int | None]:
        return [None] * len(found) if column is None else column.tolist()

    return list(zip(found.ids.tolist(), of(found.phash_bits), of(found.dhash_bits), strict=True))


def by_definition(table: dict[int, Row], query: Query, within: Within | None = None) -> Answer:
    """Measure every row, and order those within the tolerances by distance and id."""
    found: Answer = []
    for id_, (phash, dhash) in table.items():
        distances = [
            None if asked is None else (asked ^ has).bit_count()
            for asked, has in ((query.phash, phash), (query.dhash, dhash))
        ]
        if within is not None:
            limits = (within.phash_bits, within.dhash_bits)
            near = [d <= m for d, m in zip(distances, limits, strict=True) if d is not None and m is not None]
            if not (all(near) if within.both else any(near)):
                continue
        found.append((id_, distances[0], distances[1]))
    return sorted(found, key=lambda one: (sum(d for d in one[1:] if d is not None), one[0]))


@settings(deadline=None)
@given(
    rows, rows, st.sets(st.integers(-5, 60)), hashes, hashes, bits, bits, st.booleans(), st.integers(1, 30)
)
def test_a_range_is_what_the_definition_finds(
    base: dict[int, Row],
    newer: dict[int, Row],
    removed: set[int],
    phash: int,
    dhash: int,
    phash_bits: int | None,
    dhash_bits: int | None,
    both: bool,
    most: int,
) -> None:
    if phash_bits is None and dhash_bits is None:
        return
    within = Within(phash_bits, dhash_bits, both and phash_bits is not None and dhash_bits is not None)
    search = search_in(base).with_rows(*columns(newer)).without(np.array(sorted(removed), np.int64))
    table = {id_: row for id_, row in (base | newer).items() if id_ not in removed}
    query = Query(phash, dhash)
    expected = by_definition(table, query, within)
    for one in (search, search.merged(), search.compiled(), search.merged().compiled()):
        found = one.within(query, within, most)
        assert told(found) == expected[:most]
        assert found.more == (len(expected) > most)
        assert len(one) == len(table)


@settings(deadline=None)
@given(rows, rows, hashes | st.none(), hashes | st.none(), st.integers(1, 30))
def test_the_nearest_are_what_the_definition_finds(
    base: dict[int, Row], newer: dict[int, Row], phash: int | None, dhash: int | None, count: int
) -> None:
    if phash is None and dhash is None:
        return
    query = Query(phash, dhash)
    expected = by_definition(base | newer, query)
    search = search_in(base).with_rows(*columns(newer))
    for one in (search, search.compiled()):
        found = one.nearest(query, count)
        assert told(found) == expected[:count]
        assert found.more == (len(expected) > count)


@pytest.mark.parametrize("tolerance_bits", range(14))
def test_large_tables_answer_as_by_definition(tolerance_bits: int, counted: Counted) -> None:
    """Uniform values, values in clusters and a value of thousands of rows, asked near all of them."""
    rng = np.random.default_rng(tolerance_bits)
    centres = rng.integers(0, 2**64, 300, dtype=np.uint64)
    clustered = rng.choice(centres, 30_000)
    for _ in range(6):
        clustered ^= np.uint64(1) << rng.integers(0, 64, len(clustered), dtype=np.uint64)
    uniform = rng.integers(0, 2**64, 60_000, dtype=np.uint64)
    values = np.concatenate((uniform, clustered, np.full(5000, centres[0])))
    index = build_index(values)
    asked = 1000 if LONG else 100
    for _ in range(asked):
        query = int(rng.choice(values)) ^ sum(1 << bit for bit in set(rng.integers(0, 64, 4).tolist()))
        distances = np.bitwise_count(values ^ np.uint64(query))
        expected = np.flatnonzero(distances <= tolerance_bits).tolist()
        for one in (index, index.compiled()):
            rows, bits = one.within(query, tolerance_bits)
            assert np.sort(rows).tolist() == expected
            assert bits.tolist() == distances[rows].tolist()
            some, _ = one.within(query, tolerance_bits, 1)
            assert set(values[some].tolist()) == set(values[expected].tolist())
            assert len(np.unique(values[some])) == len(some)
    counted("find", asked, "queries within 0…13 bits as by definition, by NumPy and by Numba")


@pytest.mark.parametrize("tolerance_bits", [8, 12])
@pytest.mark.parametrize("make", ["poor in bits", "dense", "wide keys"])
def test_odd_tables_answer_as_by_definition(make: str, tolerance_bits: int) -> None:
    """Tables whose keys are crowded, whose answers are long, and whose keys are shorter than bands."""
    rng = np.random.default_rng(5)
    values = {
        "poor in bits": rng.integers(0, 2**20, 400_000, dtype=np.uint64) * np.uint64(2**43 + 1),
        "dense": np.arange(70_000, dtype=np.uint64),
        "wide keys": rng.integers(0, 2**64, 900, dtype=np.uint64) & np.uint64(0xFFFF_FFFF_0000_0003),
    }[make]
    index = build_index(values)
    for query in [0, 2**64 - 1, *(int(one) ^ 2**62 for one in values[::20_000])]:
        distances = np.bitwise_count(values ^ np.uint64(query))
        for one in (index, index.compiled()):
            rows, bits = one.within(query, tolerance_bits)
            assert np.sort(rows).tolist() == np.flatnonzero(distances <= tolerance_bits).tolist()
            assert bits.tolist() == distances[rows].tolist()


def test_a_value_of_a_million_rows_is_answered_within_the_cap() -> None:
    values = np.zeros(1_000_000, np.uint64)
    values[5] = 3
    search = search_of(index_table(np.arange(len(values)), HashTable(values, None)))
    for one in (search, search.compiled()):
        found = one.within(Query(phash=1), Within(phash_bits=8), 50)
        assert (found.ids.tolist(), found.more) == ([*range(5), *range(5, 50)], True)
        assert set(found.phash_bits.tolist()) == {1}  # type: ignore[union-attr]


def test_without_numba_numpy_looks_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup, "compiled_look_up", lambda: None)
    index = build_index(np.array([5, 9], np.uint64))
    assert index.compiled() is index


def test_one_hash_may_be_asked_of_a_table_of_two() -> None:
    search = search_in({1: (5, 9), 2: (4, 0)})
    assert told(search.within(Query(phash=5), Within(phash_bits=1), 9)) == [(1, 0, None), (2, 1, None)]
    with pytest.raises(ValueError, match="does not have"):
        search.within(Query(phash=5), Within(dhash_bits=1), 9)
    with pytest.raises(ValueError, match="other hashes"):
        search.with_rows(np.array([3]), HashTable(np.array([1], np.uint64), None))


def test_a_long_tail_wants_merging(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearest, "TAIL_ROWS", 2)
    search = search_in({n: (n, n) for n in range(10)})
    assert not search.wants_merging
    search = search.with_rows(*columns({3: (1, 1), 99: (2, 2)}))
    assert search.wants_merging
    merged = search.merged()
    assert not merged.wants_merging
    assert len(merged) == len(search) == 11
