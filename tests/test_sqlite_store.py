"""The store in an SQLite file: who may open it, where it may lie, and what may be in it."""

from __future__ import annotations

import fcntl
import os
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from faebot_hash.adapters import sqlite_file
from faebot_hash.adapters.store import Store
from faebot_hash.errors import StoreError
from faebot_hash.model import Basis, Fingerprint, Slice, SliceKind
from faebot_hash.reasons import Reason, Skipped

THUMBNAIL = Basis("thumbnail", 120, "13.0.0", "4.3.2")
PICTURE = Fingerprint(1, 2, 3, 4, low_information=False)
PART = Slice(SliceKind.RESOLUTION, "resolution:10x20", "filew:10 fileh:20")
NOON = datetime(2026, 10, 5, 12, 0, 0, 123456, tzinfo=UTC)


def sha1(number: int) -> str:
    return f"{number:040x}"


@pytest.fixture
def address(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'store.sqlite'}"


@pytest.fixture
def store(address: str) -> Iterator[Store]:
    with Store.open(address) as store:
        yield store


# ---- who may open it, and where


def file_of(address: str) -> Path:
    return Path(address.removeprefix("sqlite:///"))


def test_a_second_writer_is_refused_and_told_who_writes(address: str) -> None:
    with Store.open(address):
        with pytest.raises(StoreError, match=r"store\.sqlite: another process .* store\.sqlite\.lock; wait"):
            Store.open(address)
        linked = file_of(address).with_name("link.sqlite")
        linked.symlink_to(file_of(address))
        with pytest.raises(StoreError, match="another process"):
            Store.open(f"sqlite:///{linked}")
    with Store.open(address) as store:
        assert store.open_rows() == []


def test_the_lock_dies_with_its_process_though_a_child_lives_on(address: str) -> None:
    code = (
        "import os, sys, time\n"
        "from faebot_hash.adapters.store import Store\n"
        "store = Store.open(sys.argv[1])\n"
        "child = os.fork()\n"
        "if child == 0:\n    print(os.getpid(), flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, address], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        child = int(writer.stdout.readline())
        writer.kill()
        assert writer.wait(timeout=30) == -signal.SIGKILL
        try:
            with Store.open(address) as store:
                assert store.open_rows() == []
        finally:
            os.kill(child, signal.SIGKILL)


def test_readers_read_while_one_writes(address: str) -> None:
    with Store.open(address) as writer, Store.open(address, write=False) as reader:
        for number in range(20):
            writer.put({sha1(number): PICTURE}, THUMBNAIL)
            assert reader.get([sha1(number)], THUMBNAIL) == {sha1(number): PICTURE}
        with pytest.raises(ValueError, match="opened for reading"):
            reader.put({sha1(99): PICTURE}, THUMBNAIL)
        with pytest.raises(StoreError, match="readonly"):
            reader._database.read(lambda connection: connection.exec_driver_sql("DELETE FROM fingerprint"))


def test_a_reader_needs_no_writer_and_makes_no_file(address: str) -> None:
    with pytest.raises(StoreError, match="no such file"):
        Store.open(address, write=False)
    assert not file_of(address).exists()
    with Store.open(address) as store:
        store.put({sha1(1): PICTURE}, THUMBNAIL)
    with Store.open(address, write=False) as reader:
        assert reader.get([sha1(1)], THUMBNAIL) == {sha1(1): PICTURE}


def pragma(store: Store, words: str) -> object:
    """Ask SQLite, or tell it, through the store's own connection."""
    return store._database.read(lambda connection: connection.exec_driver_sql(f"PRAGMA {words}").scalar())


def test_commits_are_durable_and_keys_are_checked(store: Store) -> None:
    seen = {
        name: pragma(store, name)
        for name in ("journal_mode", "synchronous", "foreign_keys", "mmap_size", "busy_timeout")
    }
    assert seen.pop("mmap_size") in (0, None)
    assert seen == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}


@pytest.mark.parametrize("magic", sorted(sqlite_file.NETWORK_FILE_SYSTEMS))
def test_a_network_file_system_is_refused(address: str, magic: int) -> None:
    for write in (True, False):
        with pytest.raises(StoreError, match="local disk"):
            Store.open(address, write=write, file_system=lambda _: magic)
    assert list(file_of(address).parent.iterdir()) == []


def test_the_file_system_is_the_one_that_stat_names(tmp_path: Path) -> None:
    for folder in (tmp_path, Path("/proc"), Path("/sys")):
        told = subprocess.run(["stat", "-f", "-c", "%t", folder], capture_output=True, text=True, check=True)
        assert sqlite_file.statfs_type(folder) == int(told.stdout, 16)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("nonsense", "sqlite:///FILE"),
        ("sqlite://", "no lasting file"),
        ("sqlite:///:memory:", "no lasting file"),
        ("sqlite:///a?mode=ro", "no lasting file"),
        ("postgresql://u:secret@h/d", "postgresql is not supported"),
        ("sqlite:////nowhere/at/all/x.sqlite", "make the folder"),
        ("sqlite:////proc/x.sqlite", "right to write"),
        ("sqlite:////dev/null/x.sqlite", "make the folder"),
        ("sqlite:////tmp", "this is a folder"),
    ],
)
def test_a_wrong_place_is_told(url: str, message: str) -> None:
    with pytest.raises(StoreError, match=message) as told:
        Store.open(url)
    assert "secret" not in str(told.value)


def test_odd_file_names_work(tmp_path: Path) -> None:
    path = tmp_path / "a # Fæ&+.sqlite"
    with Store.open(f"sqlite:///{path}") as store:
        store.remember_slice(PART, 2, NOON)
    assert path.exists()


# ---- what may be in the file


def run_sql(address: str, *statements: str) -> None:
    with closing(sqlite3.connect(file_of(address))) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


@pytest.mark.parametrize(
    ("version", "message"),
    [("6", "schema 6, and this program knows only 5"), ("0", "unknown"), ("x", "unknown"), ("", "unknown")],
)
@pytest.mark.parametrize("write", [True, False])
def test_another_schema_is_refused(address: str, version: str, message: str, write: bool) -> None:
    Store.open(address).close()
    run_sql(address, f"UPDATE alembic_version SET version_num = '{version}'")  # noqa: S608 - a literal
    with pytest.raises(StoreError, match=message):
        Store.open(address, write=write)


def test_a_foreign_database_is_left_alone(address: str) -> None:
    run_sql(address, "CREATE TABLE places (id INTEGER)")
    with pytest.raises(StoreError, match="another program"):
        Store.open(address)
    with closing(sqlite3.connect(file_of(address))) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("places",)]


def test_a_half_made_schema_is_rolled_back(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("faebot_hash.adapters.renewal.SCHEMA_VERSION", "x" * 10_000_000)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
    try:
        with pytest.raises(StoreError, match="disk"):
            Store.open(address)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    monkeypatch.undo()
    with closing(sqlite3.connect(file_of(address))) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == []
    Store.open(address).close()


@pytest.mark.parametrize("write", [True, False])
def test_a_file_that_is_no_database_is_told(address: str, write: bool) -> None:
    file_of(address).write_bytes(b"<!DOCTYPE html>" * 1000)
    with pytest.raises(StoreError, match="not a database; name another file"):
        Store.open(address, write=write)
    assert file_of(address).read_bytes() == b"<!DOCTYPE html>" * 1000


def test_a_damaged_file_is_told_when_it_is_read(address: str) -> None:
    keys = [sha1(number) for number in range(3_000)]
    with Store.open(address) as store:
        store.put(dict.fromkeys(keys, PICTURE), THUMBNAIL)
    whole = file_of(address).read_bytes()
    with file_of(address).open("r+b") as file:
        file.seek(len(whole) // 2)
        file.write(b"\xee" * (len(whole) // 2))
    with pytest.raises(StoreError, match="damaged file"), Store.open(address) as store:
        store.get(keys, THUMBNAIL)


def test_a_full_disk_loses_nothing_acknowledged(store: Store) -> None:
    store.put({sha1(1): PICTURE}, THUMBNAIL)
    pragma(store, f"max_page_count = {pragma(store, 'page_count')}")
    many = dict.fromkeys(map(sha1, range(2, 9_000)), PICTURE)
    with pytest.raises(StoreError, match="full; make room"):
        store.put(many, THUMBNAIL)
    assert store.get([*many, sha1(1)], THUMBNAIL) == {sha1(1): PICTURE}
    pragma(store, "max_page_count = 1000000")
    store.put(many, THUMBNAIL)
    assert len(store.get(many, THUMBNAIL)) == len(many)


def test_a_reason_of_another_release_is_judged_again(address: str) -> None:
    with Store.open(address) as store:
        store.put({sha1(1): Skipped("A.jpg", Reason.MALFORMED)}, THUMBNAIL)
    run_sql(address, "UPDATE fingerprint SET rejection = 'OUT_OF_FASHION'")
    with Store.open(address) as store:
        assert store.get([sha1(1)], THUMBNAIL) == {}


def test_the_lock_file_may_stay(address: str, tmp_path: Path) -> None:
    Store.open(address).close()
    lock = tmp_path / "store.sqlite.lock"
    with lock.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with pytest.raises(StoreError, match="another process"):
            Store.open(address)
    Store.open(address).close()
