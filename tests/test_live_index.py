"""The search index follows its store: every row at the next question, whoever saves or is killed."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from faebot_hash.__main__ import main
from faebot_hash.adapters import live_index
from faebot_hash.adapters.index_reader import IndexReader
from faebot_hash.adapters.live_index import FOLLOWED, LiveIndex
from faebot_hash.adapters.store import Store
from faebot_hash.errors import StoreError
from faebot_hash.hash_index import IndexBatch, IndexedPage
from faebot_hash.lookup import compiled_look_up
from faebot_hash.model import Basis, Fingerprint
from faebot_hash.nearest import HashSearch, Query
from faebot_hash.pairs import Within
from tests.web_world import BASIS

OLDER = Basis("thumbnail", 120, "12.0.0", "4.3.2")
ELSEWHERE = Basis("original", 0, "9.0.0", "4.3.0")


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/store.sqlite"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with Store.open(url) as one:
        yield one


def live(url: str, tmp_path: Path, wanted: Basis = BASIS) -> LiveIndex:
    return LiveIndex(tmp_path / "index", IndexReader(url, 5.0), wanted)


def put(store: Store, number: int, value: int, basis: Basis = BASIS, low_information: bool = False) -> None:
    sha1 = f"{number:040x}"
    one = Fingerprint(value, value, 0, 0, low_information)
    store.keep_batch(
        IndexBatch(pages=[IndexedPage(number, f"{number}.jpg", sha1)], results={sha1: one}), basis
    )


def holds(search: HashSearch) -> set[int]:
    return set(search.within(Query(0, 0), Within(64, 64), 10_000).ids.tolist())


@pytest.mark.parametrize(("rows", "compiled"), [(2, True), (3, False)])
def test_large_indexes_are_looked_up_compiled(
    rows: int, compiled: bool, store: Store, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_index, "REPAYS_COMPILING_ROWS", rows)
    for number in (1, 2):
        put(store, number, number)
    live(url, tmp_path).save()
    index = live(url, tmp_path)
    for number in (3, 4):
        assert holds(index.current().search) == set(range(1, number))
        indexes = index.current().search.base.indexes.values()
        assert {one.look_up is compiled_look_up() for one in indexes} == {compiled}
        put(store, number, number)


def test_follows_what_comes_changes_and_goes(store: Store, url: str, tmp_path: Path) -> None:
    index, chance, there = live(url, tmp_path), random.Random(4), dict[int, int]()
    for step in range(120):
        number = chance.randrange(1, 20)
        if chance.random() < 0.3:
            store.drop_pages([number])
            there.pop(number, None)
        elif chance.random() < 0.1:
            put(store, number, step, low_information=True)
            there.pop(number, None)
        else:
            put(store, number, step)
            there[number] = step
        if step % 17 == 5:
            live(url, tmp_path).save()
        if step % 31 == 7:
            index = live(url, tmp_path)
        search = index.current().search
        assert holds(search) == there.keys()
        for page_id, value in there.items():
            assert page_id in search.within(Query(value), Within(0), 100).ids


def test_an_index_is_taken_over_from_the_folder(store: Store, url: str, tmp_path: Path) -> None:
    index = live(url, tmp_path)
    assert holds(index.current().search) == set()
    for number in range(1, 6):
        put(store, number, number)
    assert len(index.current().search.tail_ids) == 5
    live(url, tmp_path).save()
    put(store, 6, 6)
    followed = index.current()
    assert holds(followed.search) == set(range(1, 7))
    assert followed.change == IndexReader(url, 5.0).last_change()


def test_killed_between_index_and_stamp_it_is_brought_up_again(
    store: Store, url: str, tmp_path: Path
) -> None:
    put(store, 1, 1)
    live(url, tmp_path).save()
    stamp = (tmp_path / "index" / FOLLOWED).read_text()
    put(store, 2, 2)
    store.drop_pages([1])
    live(url, tmp_path).save()
    (tmp_path / "index" / FOLLOWED).write_text(stamp)
    assert holds(live(url, tmp_path).current().search) == {2}
    assert holds(live(url, tmp_path).save().search) == {2}


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"store": 1}'])
def test_a_damaged_stamp_is_told(store: Store, url: str, tmp_path: Path, damage: str) -> None:
    put(store, 1, 1)
    live(url, tmp_path).save()
    (tmp_path / "index" / FOLLOWED).write_text(damage)
    with pytest.raises(StoreError, match="remove the folder"):
        live(url, tmp_path).current()


def test_the_command_brings_the_folder_up(
    store: Store, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(store, 1, 1)
    for files in (1, 2):
        assert main(["follow", "--store", url, "--index", str(tmp_path / "index")]) == 0
        assert capsys.readouterr().out.startswith(f"{files} files, ")
        put(store, 2, 2)
    assert holds(LiveIndex(tmp_path / "index", IndexReader(url, 5.0), BASIS).current().search) == {1, 2}
    assert main(["follow", "--store", f"sqlite:///{tmp_path}/none.sqlite", "--index", str(tmp_path)]) == 1


def test_another_stores_index_is_made_anew(store: Store, url: str, tmp_path: Path) -> None:
    put(store, 1, 1)
    live(url, tmp_path).save()
    other = f"sqlite:///{tmp_path}/other.sqlite"
    with Store.open(other) as second:
        put(second, 2, 2)
        assert holds(live(other, tmp_path).current().search) == {2}
    assert json.loads((tmp_path / "index" / FOLLOWED).read_text())["store"].endswith("other.sqlite")


@pytest.mark.parametrize(
    ("bases", "chosen"),
    [
        ([], BASIS),
        ([BASIS], BASIS),
        ([OLDER, BASIS, ELSEWHERE], BASIS),
        ([ELSEWHERE, OLDER], OLDER),
        ([OLDER, ELSEWHERE], OLDER),
        ([ELSEWHERE], ELSEWHERE),
    ],
)
def test_one_basis_is_searched(
    store: Store, url: str, tmp_path: Path, bases: list[Basis], chosen: Basis
) -> None:
    for number, basis in enumerate(bases, start=1):
        put(store, number, number, basis)
    followed = live(url, tmp_path).current()
    assert followed.basis == chosen
    assert holds(followed.search) == ({bases.index(chosen) + 1} if chosen in bases else set())


def test_many_threads_and_a_writer(store: Store, url: str, tmp_path: Path) -> None:
    index = live(url, tmp_path)
    written, done, wrong = [0], threading.Event(), list[int]()

    def ask() -> None:
        while not done.is_set():
            known = written[0]
            missing = set(range(1, known + 1)) - holds(index.current().search)
            wrong.extend(missing)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(1, 60):
        put(store, number, number)
        written[0] = number
    done.set()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_several_processes_may_begin_at_once(store: Store, url: str, tmp_path: Path) -> None:
    for number in range(1, 30):
        put(store, number, number)
    barrier, seen = threading.Barrier(4), list[set[int]]()

    def begin() -> None:
        one = live(url, tmp_path)
        barrier.wait()
        seen.append(holds(one.current().search))

    threads = [threading.Thread(target=begin) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [set(range(1, 30))] * 4
