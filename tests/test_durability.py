"""What the store acknowledged is kept, and what is known to damage an SQLite file is refused."""

from __future__ import annotations

import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from faebot_hash.adapters import sqlite_file
from faebot_hash.adapters.store import Store
from faebot_hash.errors import StoreError
from faebot_hash.ports import Intent
from tests.counting import Counted
from tests.pictures import each_seed, per_seed

NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)
EXT4, NFS, CIFS, SMB2 = 0xEF53, 0x6969, 0xFF534D42, 0xFE534D42
KILLS = 1_000
CHECKED_EACH = 20
LIVES_S = (0.03, 0.3)
RANKS = ("PLANNED", "SENT", "DONE", "HASHED")


def intent(token: str) -> Intent:
    return Intent(token, 7, "A.jpg", 100, "f" * 40, "e" * 40, "test", run="r", partners=((8, "d" * 40),))


@pytest.fixture
def address(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'store.sqlite'}"


def file_of(address: str) -> Path:
    return Path(address.removeprefix("sqlite:///"))


def integrity(address: str) -> list[str]:
    """Ask SQLite about the file, through a connection that cannot write."""
    with closing(sqlite3.connect(f"{file_of(address).as_uri()}?mode=ro", uri=True)) as connection:
        answers = [str(row[0]) for row in connection.execute("PRAGMA integrity_check")]
        return answers + [str(row) for row in connection.execute("PRAGMA foreign_key_check")]


# ---- D1: a kill at any moment


class Killing:
    """Writers that are killed one after the other, and what they had acknowledged."""

    def __init__(self, nursery: subprocess.Popen[str], chance: random.Random) -> None:
        self._nursery = nursery
        self._chance = chance
        self.acknowledged: dict[str, str] = {}

    def kill_one(self, number: int) -> dict[str, str]:
        """Start a writer, kill it at a random moment, and give the last state told of each row."""
        assert self._nursery.stdin is not None
        assert self._nursery.stdout is not None
        print(number, file=self._nursery.stdin, flush=True)
        pid = int(self._nursery.stdout.readline().removeprefix("writer "))
        time.sleep(self._chance.choice(LIVES_S) * self._chance.random())
        os.kill(pid, signal.SIGKILL)
        told: dict[str, str] = {}
        for line in self._nursery.stdout:
            if line == "ended\n":
                break
            token, state = line.split()
            told[token] = state
        self.acknowledged |= told
        return told


@contextmanager
def killing(address: str, seed: int, what: str = "edits") -> Iterator[Killing]:
    """Keep a nursery of writers for a while."""
    command = [sys.executable, "-m", "tests.writer_nursery", address, what]
    root = Path(__file__).parent.parent
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, **pipes, text=True, cwd=root) as nursery:  # type: ignore[call-overload]
        try:
            yield Killing(nursery, random.Random(seed))
        finally:
            nursery.stdin.close()


def lost(address: str, told: dict[str, str]) -> list[str]:
    """List the acknowledged steps of which the file knows nothing."""
    with closing(sqlite3.connect(f"{file_of(address).as_uri()}?mode=ro", uri=True)) as connection:
        states = dict(connection.execute("SELECT token, state FROM journal"))
        hashed = {row[0] for row in connection.execute("SELECT sha1 FROM fingerprint")}
    missing = []
    for token, state in told.items():
        number, done = map(int, token.split("-"))
        wanted = RANKS.index("DONE" if done % 3 else "SENT") if state == "HASHED" else RANKS.index(state)
        if token not in states or RANKS.index(states[token]) < wanted:
            missing.append(f"{token} {state}")
        if state == "HASHED" and f"{number:020x}{done:020x}" not in hashed:
            missing.append(f"{token} {state}")
    return missing


@each_seed
def test_no_kill_loses_what_was_acknowledged(address: str, counted: Counted, seed: int) -> None:
    kills = per_seed(KILLS)
    with killing(address, seed) as writers:
        for number in range(kills):
            told = writers.kill_one(number)
            # A reader leaves the log as the dead writer left it, for the next writer to find.
            with Store.open(address, write=number % 2 == 0) as store:
                rows = store.rows(run=str(number))
            assert {row.intent.token for row in rows} >= told.keys()
            assert all(len(row.intent.partners) == 2 for row in rows)
            if number % CHECKED_EACH == CHECKED_EACH - 1:
                assert integrity(address) == ["ok"]
                assert lost(address, writers.acknowledged) == []
    with Store.open(address) as store:
        assert len(store.open_rows()) < len(store.rows())
    assert lost(address, writers.acknowledged) == []
    counted("D1", kills, "kills of a writer")
    counted("D1", len(writers.acknowledged), "acknowledged rows")


def test_a_row_that_is_lost_is_noticed(address: str) -> None:
    with Store.open(address) as store:
        store.plan(intent("0-1"))
    assert lost(address, {"0-1": "PLANNED"}) == []
    assert lost(address, {"0-1": "SENT"}) == ["0-1 SENT"]
    assert lost(address, {"0-2": "PLANNED"}) == ["0-2 PLANNED"]
    assert lost(address, {"0-1": "HASHED"}) != []


# ---- D3: no known way to damage the file

OLD, LAST_BAD, MENDED = (3, 40, 1), (3, 51, 2), (3, 51, 3)
OLD_BAD_BRANCH, OLD_BRANCH = (3, 50, 6), (3, 50, 7)
OLDER_BAD_BRANCH, OLDER_BRANCH = (3, 44, 5), (3, 44, 6)
NETWORK, ONE_WRITER, DAMAGE = "local disk", "one writer here", "may damage a file that two write to"


@pytest.mark.parametrize(
    ("write", "beside_writer", "file_system", "version", "refusal"),
    [
        (True, False, EXT4, MENDED, None),
        (True, False, EXT4, OLD, None),
        (True, False, NFS, MENDED, NETWORK),
        (False, False, NFS, MENDED, NETWORK),
        (True, False, CIFS, MENDED, NETWORK),
        (True, False, SMB2, OLD, NETWORK),
        (True, True, EXT4, MENDED, ONE_WRITER),
        (True, True, EXT4, OLD_BRANCH, ONE_WRITER),
        (True, True, EXT4, OLDER_BRANCH, ONE_WRITER),
        (True, True, EXT4, LAST_BAD, f"SQLite 3.51.2 {DAMAGE}"),
        (True, True, EXT4, OLD_BAD_BRANCH, f"SQLite 3.50.6 {DAMAGE}"),
        (True, True, EXT4, OLDER_BAD_BRANCH, f"SQLite 3.44.5 {DAMAGE}"),
        (True, True, EXT4, OLD, f"SQLite 3.40.1 {DAMAGE}"),
        (False, True, EXT4, OLD, None),
        (False, True, EXT4, MENDED, None),
    ],
)
def test_start_refuses_what_damages_files(
    address: str,
    write: bool,
    beside_writer: bool,
    file_system: int,
    version: tuple[int, int, int],
    refusal: str | None,
    counted: Counted,
) -> None:
    Store.open(address).close()
    writer = Store.open(address) if beside_writer else None
    try:
        if refusal is None:
            Store.open(address, write=write, file_system=lambda _: file_system, version=version).close()
        else:
            with pytest.raises(StoreError, match=refusal):
                Store.open(address, write=write, file_system=lambda _: file_system, version=version)
    finally:
        if writer:
            writer.plan(intent("a1"))
            writer.close()
    assert integrity(address) == ["ok"]
    counted("D3", 1, "start-up cases")


@pytest.mark.parametrize(
    ("version", "bug"),
    [
        ((3, 7, 17), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 45, 0), True),
        ((3, 50, 6), True),
        ((3, 50, 7), False),
        ((3, 51, 0), True),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 52, 0), False),
        ((4, 0, 0), False),
    ],
)
def test_versions_with_the_reset_bug_are_known(version: tuple[int, int, int], bug: bool) -> None:
    assert sqlite_file.has_reset_bug(version) is bug


def test_a_reader_never_checkpoints(address: str, tmp_path: Path) -> None:
    """Leave a log behind as a crash does, let readers come and go, and compare every byte of both files."""
    crashed = tmp_path / "crashed"
    crashed.mkdir()
    names = ("store.sqlite", "store.sqlite-wal")
    with Store.open(address) as store:
        store.plan(intent("a1"))
        # Another process copies: closing a file would drop this process's SQLite locks on it.
        subprocess.run(["cp", *(tmp_path / name for name in names), crashed], check=True)
    left = {name: (crashed / name).read_bytes() for name in names}
    for _ in range(3):
        with Store.open(f"sqlite:///{crashed / 'store.sqlite'}", write=False) as reader:
            assert [row.intent.token for row in reader.rows()] == ["a1"]
            with pytest.raises(StoreError):
                reader._database.read(
                    lambda connection: connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                )
    assert {name: (crashed / name).read_bytes() for name in names} == left


def test_a_writer_whose_lock_file_was_removed_writes_no_more(address: str) -> None:
    lock = file_of(address).with_name("store.sqlite.lock")
    with Store.open(address) as first:
        first.plan(intent("a1"))
        lock.unlink()
        with pytest.raises(StoreError, match="was removed while this process writes"):
            first.sent("a1", NOON)
        with Store.open(address) as second:
            with pytest.raises(StoreError, match="was removed"):
                first.sent("a1", NOON)
            second.sent("a1", NOON)
            assert [row.state for row in first.rows()] == ["SENT"]


def test_a_file_with_two_names_is_refused(address: str) -> None:
    Store.open(address).close()
    other = file_of(address).with_name("other.sqlite")
    other.hardlink_to(file_of(address))
    for place in (address, f"sqlite:///{other}"):
        with pytest.raises(StoreError, match="second name"):
            Store.open(place)


# ---- a full disk


@contextmanager
def disk_with_room_for(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond a size."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def plan_in(store: Store, size: int, token: str) -> str:
    """Plan an edit while no file may grow beyond a size, and give the complaint."""
    try:
        with disk_with_room_for(size):
            store.plan(intent(token))
    except StoreError as error:
        return str(error)
    return ""


def test_a_disk_that_fills_under_a_plan_leaves_nothing_half_written(address: str) -> None:
    log = file_of(address).with_name("store.sqlite-wal")
    refused = 0
    with Store.open(address) as store:
        store.plan(intent("a0"))
        for room in range(0, 60_000, 1_000):
            before = store.rows()
            complaint = plan_in(store, log.stat().st_size + room, f"b{room}")
            if complaint:
                refused += 1
                assert "start again" in complaint
                assert store.rows() == before
                store.plan(intent(f"c{room}"))
            assert len(store.rows()) == len(before) + 1
            assert all(row.intent.partners for row in store.rows())
    assert refused >= 20
    assert integrity(address) == ["ok"]
