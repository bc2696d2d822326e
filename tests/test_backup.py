"""Backups restore: made while others write, equal at a commit, whole or not there (goal D7)."""

from __future__ import annotations

import itertools
import os
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from faebot_hash.__main__ import main
from faebot_hash.adapters import backup
from faebot_hash.adapters.open_database import open_database
from faebot_hash.adapters.store import Store
from faebot_hash.errors import StoreError
from faebot_hash.hash_index import IndexBatch, IndexedPage
from faebot_hash.links import Observation, Verdict
from faebot_hash.model import Basis, Fingerprint, Slice, SliceKind
from faebot_hash.ports import Intent
from faebot_hash.reasons import Reason, Skipped
from tests.counting import Counted
from tests.databases import KINDS, address_of, run_sql
from tests.first_release import write_first_release
from tests.mariadb_server import MariaServer
from tests.pictures import LONG

NOON = datetime(2026, 11, 1, 12, 0, 0, 123_456, tzinfo=UTC)
BASIS = Basis("thumbnail", 120, "13.0.0", "4.3.2")
ROUNDS = 5 if LONG else 1
"""Of each direction; there are four, from and onto either kind."""


def fill(store: Store, number: int) -> None:
    """Put something into every table, all of one number."""
    sha1, url = f"{number:040x}", f"https://www.example.org/é/{number} ?'"
    store.put({sha1: Fingerprint((1 << 64) - 1 - number, number, 1 << 63, 0, low_information=False)}, BASIS)
    store.keep_batch(
        IndexBatch(
            pages=[IndexedPage(number + 1, f"Ærø “{number}”.jpg ", sha1, NOON)],
            gone=[],
            results={},
            failures={number + 500_000: Skipped("", Reason.UNREADABLE, "naïve\n")},
            checkpoint=("new", str(number)),
        ),
        BASIS,
    )
    store.observe({url: Observation(NOON, Verdict.ALIVE)})
    store.keep_originals({sha1: Skipped("", Reason.MALFORMED, "odd")})
    store.remember_slice(Slice(SliceKind.SEARCH, f"key {number}", "query"), number, NOON)
    token = f"{number:012x}"
    store.plan(
        Intent(token, number + 1, "A.jpg", 1, sha1, sha1, "identified", run="r", partners=((7, sha1),))
    )
    store.sent(token, NOON)
    store.settle(token, "DONE", 99, "fine")


@contextmanager
def written_to(address: str) -> Iterator[threading.Semaphore]:
    """Write unit after unit to a store, in another thread, until the end; gives what each unit releases."""
    stop, errors, units = threading.Event(), list[BaseException](), threading.Semaphore(0)

    def write() -> None:
        with Store.open(address) as store:
            for number in itertools.count(1_000):
                if stop.is_set():
                    return
                fill(store, number)
                units.release()

    def keep_errors() -> None:
        try:
            write()
        except BaseException as error:  # noqa: BLE001 - told by the thread that waits
            errors.append(error)
            units.release()

    writer = threading.Thread(target=keep_errors)
    writer.start()
    try:
        yield units
    finally:
        stop.set()
        writer.join()
    assert errors == []


def held(address: str) -> backup.Contents:
    with closing(open_database(address, write=False)) as database:
        return database.read(backup.contents)


def empty_store(kind: str, request: pytest.FixtureRequest, folder: Path, number: int) -> str:
    if kind == "sqlite":
        return f"sqlite:///{folder / f'restored-{number}.sqlite'}"
    server: MariaServer = request.getfixturevalue("mariadb")
    return server.clean_database()


@pytest.mark.parametrize("source_kind", KINDS)
def test_a_backup_made_during_writes_restores_equal(
    source_kind: str, request: pytest.FixtureRequest, tmp_path: Path, counted: Counted
) -> None:
    server: MariaServer = request.getfixturevalue("mariadb")
    source = server.new_database() if source_kind == "mariadb" else f"sqlite:///{tmp_path / 'store.sqlite'}"
    with Store.open(source) as store:
        for number in range(50):
            fill(store, number)
    files = []
    with written_to(source) as units:
        for number in range(2 * ROUNDS):
            units.acquire()
            files.append(backup.back_up(source, tmp_path / f"{number}.sqlite", NOON))
    sizes = []
    for number, (file, kind) in enumerate(zip(files, itertools.cycle(KINDS), strict=False)):
        target = empty_store(kind, request, tmp_path, number)
        restored = backup.restore(file, target)
        assert restored == held(target) == held(f"sqlite:///{file}")
        # Each unit has one row of the journal for one of its other tables, but for the unit under way.
        units = restored["journal"][0]
        assert restored["fingerprint"][0] - units in (0, 1)
        assert restored["journal_partner"][0] == units
        sizes.append(units)
        with Store.open(target) as store:
            fill(store, 900_000)
    assert sizes == sorted(sizes)
    assert 50 <= sizes[0] < sizes[-1], "nothing was written meanwhile"
    counted("D7", len(files), f"backups of {source_kind} during writes, restored")


def test_a_finished_source_equals_its_backup(address: str, tmp_path: Path) -> None:
    with Store.open(address) as store:
        for number in range(30):
            fill(store, number)
    file = backup.back_up(address, tmp_path / "b.sqlite", NOON)
    assert held(f"sqlite:///{file}") == held(address)
    empty = {name for name, (number, _) in held(address).items() if not number}
    assert not empty & FILLED


FILLED = {
    *("basis", "fingerprint", "page", "failure", "checkpoint", "counter", "slice", "journal"),
    *("journal_partner", "original", "link", "link_observation"),
}


def test_a_store_with_anything_in_it_is_not_overwritten(
    address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    full = f"sqlite:///{tmp_path / 'full.sqlite'}"
    with Store.open(full) as store:
        fill(store, 1)
    file = backup.back_up(full, tmp_path / "b.sqlite", NOON)
    with Store.open(address) as store:
        store.keep_checkpoint("mine", "1")
    before = held(address)
    assert main(["restore", str(file), "--store", address]) == 1
    assert "restore into an empty one" in capsys.readouterr().err
    assert held(address) == before


def damaged(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.seek(file.stat().st_size // 2)
        opened.write(b"\xee" * 20_000)


def cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def without_partner_rows(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("DELETE FROM journal")


def of_the_future(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '999'")


def of_another_program(file: Path) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TABLE places (id INTEGER)")


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (damaged, "damaged"),
        (cut, "damaged"),
        (without_partner_rows, "damaged"),
        (of_the_future, "schema 999"),
        (of_another_program, "another program"),
        (Path.unlink, "name a file that"),
    ],
)
def test_a_wrong_file_fills_nothing(harm, message: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    source, target = f"sqlite:///{tmp_path / 's.sqlite'}", f"sqlite:///{tmp_path / 't.sqlite'}"
    with Store.open(source) as store:
        for number in range(60):
            fill(store, number)
    file = backup.back_up(source, tmp_path / "b.sqlite", NOON)
    harm(file)
    with pytest.raises(StoreError, match=message):
        backup.restore(file, target)
    with Store.open(target) as store:
        assert store.rows() == []


def test_an_older_release_s_backup_is_renewed(tmp_path: Path) -> None:
    """A copy of the file was the first release's backup."""
    old = tmp_path / "old.sqlite"
    write_first_release(old)
    before = old.read_bytes()
    target = f"sqlite:///{tmp_path / 't.sqlite'}"
    assert backup.restore(old, target)["journal"][0] == 2
    assert old.read_bytes() == before


def test_a_backup_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, folder = f"sqlite:///{tmp_path / 's.sqlite'}", tmp_path / "backups"
    folder.mkdir()
    with Store.open(source) as store:
        fill(store, 1)
    monkeypatch.setattr(shutil, "copyfileobj", _no_room)
    with pytest.raises(StoreError, match="No space left on device; make room"):
        backup.back_up(source, folder, NOON)
    assert list(folder.iterdir()) == []


def _no_room(source: object, target: object, length: int) -> None:
    target.write(b"half")  # type: ignore[attr-defined]
    raise OSError(28, "No space left on device")


def test_the_newest_are_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, folder = f"sqlite:///{tmp_path / 's.sqlite'}", tmp_path / "backups"
    folder.mkdir()
    with Store.open(source) as store:
        fill(store, 1)
    made = [backup.back_up(source, folder, NOON + timedelta(days=day)) for day in range(4)]
    (folder / "mine.sqlite").touch()
    assert main(["backup", str(folder), "--keep", "2", "--store", source]) == 0
    (newest,) = {*folder.glob("faebot-*")} - {*made}
    assert sorted(folder.iterdir()) == sorted([made[3], newest, folder / "mine.sqlite"])
    assert main(["backup", str(made[3]), "--store", source]) == 1
    assert "is there already" in capsys.readouterr().err
    assert main(["backup", str(folder / "one"), "--keep", "2", "--store", source]) == 2


def test_a_backup_has_no_writer_s_marks(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Leases and commit marks belong to processes that are gone when a backup is restored."""
    source = address_of("mariadb", request, tmp_path)
    store = Store.open(source)
    fill(store, 1)
    file = backup.back_up(source, tmp_path / "b.sqlite", NOON)
    store.close()
    assert run_sql(f"sqlite:///{file}", "SELECT count(*) FROM commit_mark") == [(0,)]
