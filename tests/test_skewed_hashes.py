"""Hashes of real pictures that crowd together, where every fast way must give what its definition gives.

The pictures are trading cards: those of one frame share many bits, and 46 of them a whole wavelet hash.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from faebot_hash import bands, join_numba, join_numpy
from faebot_hash.adapters.index_files import IndexFolder
from faebot_hash.adapters.store import Store
from faebot_hash.adapters.tables import read_table
from faebot_hash.bands import Values
from faebot_hash.cluster import cluster
from faebot_hash.groups import distinct
from faebot_hash.join import Engine, close_pairs
from faebot_hash.model import Basis, Fingerprint, HashKind
from faebot_hash.nearest import Query, index_table, search_of
from faebot_hash.pairs import HashTable, Within, near_rows
from tests.conftest import CORPORA
from tests.counting import Counted
from tests.near_pairs import Near, by_definition, of_join

CARDS = CORPORA / "hashes" / "pokecard_phash_dhash_whash.csv"
KINDS = ("phash", "dhash", "whash")
BASIS = Basis("thumbnail", 120, "13.0.0", "4.3.2")
ENGINES = pytest.mark.parametrize("engine", [join_numpy, join_numba], ids=["numpy", "numba"])

pytestmark = pytest.mark.corpora


@cache
def column(kind: str) -> Values:
    with CARDS.open(encoding="ascii", newline="") as file:
        return np.array([int(row[kind], 16) for row in csv.DictReader(file)], np.uint64)


def distances(kind: str, row: int) -> npt.NDArray[np.uint8]:
    """Tell how far every later row is from one."""
    values = column(kind)
    return np.bitwise_count(values[row + 1 :] ^ values[row])


@cache
def widest_pairs(kind: str) -> Near:
    """Give all pairs of different values within the widest tolerance of a join."""
    return by_definition(distinct(column(kind)), bands.MAX_TOLERANCE_BITS)


@ENGINES
@pytest.mark.parametrize("tolerance_bits", range(bands.MAX_TOLERANCE_BITS + 1))
@pytest.mark.parametrize("kind", KINDS)
def test_joins_give_the_pairs_of_the_definition(
    kind: str, tolerance_bits: int, engine: Engine, counted: Counted
) -> None:
    found = of_join(close_pairs(distinct(column(kind)), tolerance_bits, engine=engine))
    expected = widest_pairs(kind)
    near = expected[2] <= tolerance_bits
    for told, right in zip(found, expected, strict=True):
        np.testing.assert_array_equal(told, right[near])
    counted("join", int(near.sum()), "pairs of crowded real hashes as by definition")


@pytest.mark.parametrize(
    "within",
    [Within(2, 2), Within(8, 8, both=True), Within(None, 4), Within(4, None), Within(12, 3), Within(0, 0)],
    ids=str,
)
def test_near_rows_by_both_hashes_are_those_of_the_definition(within: Within) -> None:
    expected = set()
    for row in range(len(column("phash"))):
        phash, dhash = distances("phash", row), distances("dhash", row)
        near = [
            bits <= most
            for bits, most in ((phash, within.phash_bits), (dhash, within.dhash_bits))
            if most is not None
        ]
        for later in np.flatnonzero((np.logical_and if within.both else np.logical_or).reduce(near)).tolist():
            expected.add((row, row + 1 + later, int(phash[later]), int(dhash[later])))
    found = []
    for piece in near_rows(HashTable(column("phash"), column("dhash")), within, expand=True):
        assert piece.phash_bits is not None
        assert piece.dhash_bits is not None
        parts = (piece.first, piece.second, piece.phash_bits, piece.dhash_bits)
        found += list(zip(*(part.tolist() for part in parts), strict=True))
    assert len(found) == len(set(found))
    assert set(found) == expected
    assert expected


@pytest.mark.parametrize("kind", ["phash", "whash"])
@pytest.mark.parametrize("tolerance_bits", [0, 3, 8, 12])
def test_queries_give_the_rows_of_the_definition(tmp_path: Path, kind: str, tolerance_bits: int) -> None:
    """Asked with Numba and without, of an index from a file and of one that has just grown."""
    values, ids = column(kind), np.arange(len(column(kind)))
    folder = IndexFolder(tmp_path / "cards.index")
    folder.build(ids, HashTable(values, None))
    half = search_of(index_table(ids[::2], HashTable(values[::2], None)))
    grown = half.with_rows(ids[1::2], HashTable(values[1::2], None))
    ways = [way for search in (folder.open(), grown) for way in (search, search.compiled())]
    rng = np.random.default_rng(tolerance_bits)
    for number, asked in enumerate(rng.choice(values, 60).tolist()):
        # Every other one as it is: that much is found at 0 bits, too.
        query = asked ^ (number % 2 << int(rng.integers(64)))
        bits = np.bitwise_count(values ^ np.uint64(query))
        in_order = np.lexsort((ids, bits)).tolist()
        expected = in_order[: int((bits <= tolerance_bits).sum())]
        assert expected or number % 2
        for way in ways:
            found = way.within(Query(phash=query), Within(phash_bits=tolerance_bits), len(values))
            assert found.ids.tolist() == expected
            assert not found.more
            ten = way.nearest(Query(phash=query), 10)
            assert ten.ids.tolist() == in_order[:10]


@pytest.mark.parametrize(("kind", "tolerance_bits"), [("phash", 8), ("dhash", 8), ("whash", 4)])
def test_clusters_are_as_wide_as_they_may_be(kind: str, tolerance_bits: int) -> None:
    """Every member is near every other, none is in two, and no two could have been one."""
    values = distinct(column(kind))
    clusters = [
        np.array(one.values, np.uint64) for one in cluster(values, close_pairs(values, tolerance_bits))
    ]
    for one in clusters:
        assert len(one) > 1
        assert np.bitwise_count(one[:, None] ^ one).max() <= tolerance_bits
    members = np.concatenate(clusters)
    assert len(distinct(members)) == len(members)
    alone = values[~np.isin(values, members)]
    of_value = {value: one for one in [*clusters, *alone[:, None]] for value in one.tolist()}
    low, high, apart = widest_pairs(kind)
    near = apart <= tolerance_bits
    for a, b in zip(low[near].tolist(), high[near].tolist(), strict=True):
        one, other = of_value[a], of_value[b]
        assert one is other or np.bitwise_count(one[:, None] ^ other).max() > tolerance_bits


def test_a_store_gives_each_hash_back(address: str) -> None:
    hashes = zip(*(column(kind).tolist() for kind in KINDS), strict=True)
    results = {
        f"{row:040x}": Fingerprint(phash, dhash, 0, whash, low_information=False)
        for row, (phash, dhash, whash) in enumerate(hashes)
    }
    with Store.open(address) as store:
        store.put(results, BASIS)
    with Store.open(address) as store:
        assert store.get(results, BASIS) == results


def test_a_table_of_them_is_read_whole() -> None:
    read = read_table(str(CARDS), (HashKind.PHASH, HashKind.DHASH), strict=True, report=print)
    assert read.left_out == 0
    assert len(read.ids) == len(column("phash"))
    np.testing.assert_array_equal(read.table.phashes, column("phash"))
    np.testing.assert_array_equal(read.table.dhashes, column("dhash"))
