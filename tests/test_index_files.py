"""The index in its folder: saved, opened, extended, damaged, killed."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from faebot_hash import nearest
from faebot_hash.adapters.index_files import MANIFEST, IndexFolder
from faebot_hash.errors import StoreError
from faebot_hash.nearest import Query
from faebot_hash.pairs import HashTable, Within
from tests.counting import Counted
from tests.pictures import LONG

KILLS = 100 if LONG else 10
ROWS = 20_000


def table_of(count: int, seed: int = 1) -> HashTable:
    rng = np.random.default_rng(seed)
    return HashTable(*(rng.integers(0, 2**64, count, dtype=np.uint64) for _ in range(2)))


def ids_near(folder: Path, phash: int) -> list[int]:
    return IndexFolder(folder).open().within(Query(phash=phash), Within(phash_bits=4), 10).ids.tolist()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    IndexFolder(tmp_path / "index").build(np.arange(ROWS), table_of(ROWS))
    return tmp_path / "index"


def test_what_was_saved_is_found_after_opening(folder: Path) -> None:
    table = table_of(ROWS)
    search = IndexFolder(folder).open()
    assert len(search) == ROWS
    for row in range(0, ROWS, 997):
        query = Query(int(table.phashes[row]) ^ 5, int(table.dhashes[row]) ^ 1)  # type: ignore[index]
        found = search.within(query, Within(4, 4, both=True), 10)
        assert (found.ids.tolist(), found.phash_bits.tolist(), found.dhash_bits.tolist()) == (  # type: ignore[union-attr]
            [row],
            [2],
            [1],
        )
    IndexFolder(folder).verify()


def test_the_big_arrays_are_mapped_not_read(folder: Path) -> None:
    index = IndexFolder(folder).open().base.indexes
    assert all(not one.places.flags.owndata and not one.places.flags.writeable for one in index.values())


def test_new_rows_are_found_by_whoever_opens_next(folder: Path) -> None:
    before = IndexFolder(folder).open()
    IndexFolder(folder).add(np.array([77_000, 3]), HashTable(*[np.array([11, 2**64 - 1], np.uint64)] * 2))
    assert ids_near(folder, 11 ^ 8) == [77_000]
    assert ids_near(folder, 2**64 - 1) == [3]
    assert len(IndexFolder(folder).open()) == ROWS + 1
    assert len(before.within(Query(phash=11), Within(phash_bits=0), 5)) == 0
    old = int(table_of(ROWS).phashes[3])  # type: ignore[index]
    assert ids_near(folder, old) == []
    IndexFolder(folder).remove(np.array([77_000, 4, -9]))
    assert ids_near(folder, 11) == []
    assert len(IndexFolder(folder).open()) == ROWS - 1
    IndexFolder(folder).verify()


def test_a_tail_that_grows_is_merged(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearest, "TAIL_ROWS", 500)
    new = table_of(900, seed=2)
    for start in range(0, 900, 100):
        part = HashTable(new.phashes[start : start + 100], new.dhashes[start : start + 100])  # type: ignore[index]
        IndexFolder(folder).add(np.arange(start, start + 100) + ROWS, part)
    search = IndexFolder(folder).open()
    assert len(search.base.ids) > ROWS
    assert len(search) == ROWS + 900
    assert ids_near(folder, int(new.phashes[899])) == [ROWS + 899]  # type: ignore[index]
    generations = {path.stem.rpartition("-")[2] for path in folder.glob("*.npy")}
    assert len(generations) == 2, "old files are removed"
    IndexFolder(folder).verify()


def test_an_empty_index_and_one_of_one_hash_work(tmp_path: Path) -> None:
    empty = IndexFolder(tmp_path / "empty")
    empty.build(np.empty(0, np.int64), HashTable(np.empty(0, np.uint64), None))
    assert ids_near(tmp_path / "empty", 5) == []
    empty.add(np.array([9]), HashTable(np.array([5], np.uint64), None))
    assert ids_near(tmp_path / "empty", 5) == [9]


def test_an_open_index_outlives_its_files(folder: Path) -> None:
    search = IndexFolder(folder).open()
    IndexFolder(folder).build(np.arange(3), table_of(3))
    phash = int(table_of(ROWS).phashes[ROWS - 1])  # type: ignore[index]
    assert search.within(Query(phash=phash), Within(phash_bits=0), 5).ids.tolist() == [ROWS - 1]


def test_one_writer_at_a_time(folder: Path) -> None:
    with IndexFolder(folder)._writing(), pytest.raises(StoreError, match="another process"):
        IndexFolder(folder).add(np.array([1]), table_of(1))


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        (lambda folder: (folder / MANIFEST).unlink(), "no index"),
        (lambda folder: (folder / MANIFEST).write_text("{"), "cannot be read"),
        (lambda folder: (folder / MANIFEST).write_text("[]"), "cannot be read"),
        (lambda folder: _change(folder, lambda one: one["content"].update(generation=99)), "checksum"),
        (lambda folder: _change(folder, lambda one: one.update(version=2)), "version 2"),
        (lambda folder: next(folder.glob("phash-places*")).unlink(), "is missing"),
        (lambda folder: os.truncate(next(folder.glob("phash-rows*")), 500), "another length"),
        (lambda folder: _flip(next(folder.glob("tail-ids*"))), "checksum"),
    ],
)
def test_a_damaged_index_says_so(folder: Path, damage: object, complaint: str) -> None:
    damage(folder)  # type: ignore[operator]
    with pytest.raises(StoreError, match=complaint):
        IndexFolder(folder).open()


def _change(folder: Path, change: object) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    change(manifest)  # type: ignore[operator]
    (folder / MANIFEST).write_text(json.dumps(manifest))


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def test_verifying_finds_a_changed_byte_of_a_mapped_file(folder: Path) -> None:
    _flip(next(folder.glob("dhash-places*")))
    IndexFolder(folder).open()
    with pytest.raises(StoreError, match="dhash-places"):
        IndexFolder(folder).verify()


WRITER = """
import sys
from pathlib import Path
import numpy as np
from faebot_hash import nearest
from faebot_hash.adapters.index_files import IndexFolder
from faebot_hash.pairs import HashTable
nearest.TAIL_ROWS = 40
folder, at = IndexFolder(Path(sys.argv[1])), int(sys.argv[2])
print("ready", flush=True)
while True:
    rows = np.arange(at, at + 10)
    values = rows.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    folder.add(rows, HashTable(values, values))
    at += 10
    print(at, flush=True)
"""


def test_a_writer_killed_at_any_moment_leaves_a_whole_index(tmp_path: Path, counted: Counted) -> None:
    """What it said it had added is there; of the rows it was adding all are there or none."""
    folder, rng = tmp_path / "index", random.Random(7)
    nothing = np.empty(0, np.uint64)
    IndexFolder(folder).build(np.empty(0, np.int64), HashTable(nothing, nothing))
    at = 0
    for _ in range(KILLS):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(folder), str(at)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        time.sleep(rng.uniform(0, 0.2))
        os.kill(writer.pid, signal.SIGKILL)
        said = writer.stdout.read().split("\n")[:-1]
        writer.wait()
        writer.stdout.close()
        promised = int(said[-1]) if said else at
        search = IndexFolder(folder).open()
        IndexFolder(folder).verify()
        assert len(search) in (promised, promised + 10)
        at = len(search)
        for row in {0, at // 2, at - 1} if at else ():
            value = row * 0x9E3779B97F4A7C15 % 2**64
            assert row in search.within(Query(value, value), Within(0, 0, both=True), 5).ids
    assert at > 0
    counted("find", KILLS, "writers of the index killed, the index whole")
