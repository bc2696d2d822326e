"""The store: one contract for every database, and what SQLite needs besides."""

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
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from faebot_hash.adapters import schema, sqlite_file
from faebot_hash.adapters.store import Store
from faebot_hash.errors import StoreError
from faebot_hash.model import MAX_HASH, Basis, Fingerprint, Reason, Skipped, Slice, SliceKind
from faebot_hash.ports import CLOSED_STATES, HashStore, Intent, Journal, JournalRow, RunSummary
from tests.fakes import FakeJournal

THUMBNAIL = Basis("thumbnail", 120, "13.0.0", "4.3.2")
PICTURE = Fingerprint(1, 2, 3, 4, low_information=False)
PART = Slice(SliceKind.RESOLUTION, "resolution:10x20", "filew:10 fileh:20")
NOON = datetime(2026, 10, 5, 12, 0, 0, 123456, tzinfo=UTC)
PLANNED_ROW = "a1"
EXTREMES = (0, 1, (1 << 63) - 1, 1 << 63, (1 << 63) + 1, MAX_HASH - 1, MAX_HASH)

values = st.one_of(st.sampled_from(EXTREMES), st.integers(0, MAX_HASH))
fingerprints = st.builds(Fingerprint, values, values, values, values, st.booleans())


def sha1(number: int) -> str:
    return f"{number:040x}"


def intent(token: str = PLANNED_ROW) -> Intent:
    return Intent(token, 7, "Élan & Œuvre 𝄞.jpg", 100, sha1(1), sha1(2), "identified")


@pytest.fixture(params=["sqlite"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the address of an empty database; another kind of database is another parameter."""
    return {"sqlite": f"sqlite:///{tmp_path / 'store.sqlite'}"}[request.param]


@pytest.fixture
def store(address: str) -> Iterator[Store]:
    with Store.open(address) as store:
        yield store


# ---- the contract


def test_it_fulfils_the_ports(store: Store) -> None:
    hashes: HashStore = store
    journal: Journal = store
    assert hashes.get([sha1(1)], THUMBNAIL) == {}
    assert journal.last_sent() is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
@given(st.dictionaries(st.integers(0, 50).map(sha1), fingerprints, max_size=8))
def test_every_64_bit_value_comes_back(store: Store, results: dict[str, Fingerprint]) -> None:
    store.put(results, THUMBNAIL)
    assert store.get(results, THUMBNAIL) == results


@pytest.mark.parametrize("value", EXTREMES)
def test_extreme_values_survive_reopening(address: str, value: int) -> None:
    picture = Fingerprint(value, MAX_HASH - value, value, 0, low_information=True)
    with Store.open(address) as store:
        store.put({sha1(1): picture}, THUMBNAIL)
    with Store.open(address) as store:
        assert store.get([sha1(1)], THUMBNAIL) == {sha1(1): picture}


def test_the_same_key_again_replaces(store: Store) -> None:
    store.put({sha1(1): PICTURE, sha1(2): PICTURE}, THUMBNAIL)
    rejected = Skipped("A.jpg", Reason.TRUNCATED, "row 3 of 8 \udcff")
    store.put({sha1(1): rejected}, THUMBNAIL)
    assert store.get([sha1(1), sha1(2)], THUMBNAIL) == {
        sha1(1): Skipped(sha1(1), Reason.TRUNCATED, "row 3 of 8 ?"),
        sha1(2): PICTURE,
    }
    store.put({sha1(1): PICTURE}, THUMBNAIL)
    assert store.get([sha1(1)], THUMBNAIL) == {sha1(1): PICTURE}


@pytest.mark.parametrize(
    "other",
    [
        Basis("original", 120, "13.0.0", "4.3.2"),
        Basis("thumbnail", 250, "13.0.0", "4.3.2"),
        Basis("thumbnail", 120, "13.0.1", "4.3.2"),
        Basis("thumbnail", 120, "13.0.0", "4.4"),
    ],
)
def test_each_basis_stands_alone(store: Store, other: Basis) -> None:
    changed = Fingerprint(9, 9, 9, 9, low_information=False)
    store.put({sha1(1): PICTURE}, THUMBNAIL)
    assert store.get([sha1(1)], other) == {}
    store.put({sha1(1): changed}, other)
    assert store.get([sha1(1)], other) == {sha1(1): changed}
    assert store.get([sha1(1)], THUMBNAIL) == {sha1(1): PICTURE}


def test_ten_thousand_keys_at_once(store: Store) -> None:
    many = {sha1(n): Fingerprint(n, n, n, MAX_HASH - n, low_information=False) for n in range(10_000)}
    store.put(many, THUMBNAIL)
    assert store.get((sha1(n) for n in range(20_000)), THUMBNAIL) == many


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason.retry_later])
def test_passing_troubles_are_never_kept(store: Store, reason: Reason) -> None:
    with pytest.raises(ValueError, match=reason.name):
        store.put({sha1(1): PICTURE, sha1(2): Skipped("A.jpg", reason)}, THUMBNAIL)
    assert store.get([sha1(1), sha1(2)], THUMBNAIL) == {}


@pytest.mark.parametrize("key", ["", "A" * 40, "a" * 39, "g" * 40])
def test_a_wrong_key_is_our_bug(store: Store, key: str) -> None:
    with pytest.raises(ValueError, match="SHA1"):
        store.put({key: PICTURE}, THUMBNAIL)


def test_nothing_to_put_is_fine(store: Store) -> None:
    store.put({}, THUMBNAIL)
    assert store.get([], THUMBNAIL) == {}


def test_a_slice_is_remembered_with_its_query(store: Store) -> None:
    assert store.slice_done(PART) is None
    local = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))
    store.remember_slice(PART, 41, local)
    store.remember_slice(PART, 42, local)
    done = store.slice_done(PART)
    assert done == (42, NOON)
    assert done[1].tzinfo is UTC
    assert store.slice_done(Slice(PART.kind, PART.key, PART.query + " insource:x")) is None


def test_a_moment_without_a_time_zone_is_our_bug(store: Store) -> None:
    with pytest.raises(Exception, match="without its time zone"):
        store.remember_slice(PART, 1, NOON.replace(tzinfo=None))
    assert store.slice_done(PART) is None


def test_a_row_goes_from_planned_to_done(store: Store) -> None:
    store.plan(intent())
    assert store.open_rows() == [intent()]
    store.sent("a1", NOON)
    assert (store.open_rows(), store.last_sent(), store.tagged(7)) == ([intent()], NOON, False)
    store.settle("a1", "DONE", revid=123)
    assert (store.open_rows(), store.last_sent(), store.tagged(7)) == ([], NOON, True)
    assert not store.tagged(8)


@pytest.mark.parametrize("state", ["NOOP", "CONFLICT", "REFUSED"])
def test_only_a_saved_edit_counts_as_tagged(store: Store, state: str) -> None:
    store.plan(intent())
    store.settle("a1", state)
    assert store.open_rows() == []
    assert not store.tagged(7)


def test_an_unknown_fate_stays_open_until_it_is_known(store: Store) -> None:
    store.plan(intent())
    store.sent("a1", NOON)
    store.settle("a1", "UNKNOWN")
    assert store.open_rows() == [intent()]
    assert not store.tagged(7)
    store.settle("a1", "DONE", revid=5)
    assert store.open_rows() == []
    assert store.tagged(7)


@pytest.mark.parametrize("state", ["DONE", "NOOP", "CONFLICT", "REFUSED"])
def test_a_closed_row_stays_closed(store: Store, state: str) -> None:
    store.plan(intent())
    store.sent("a1", NOON)
    store.settle("a1", state)
    for later in ("DONE", "CONFLICT", "UNKNOWN"):
        with pytest.raises(ValueError, match=state):
            store.settle("a1", later)
    with pytest.raises(ValueError, match=state):
        store.sent("a1", NOON)
    assert store.last_sent() == NOON


def test_wrong_steps_are_our_bugs(store: Store) -> None:
    with pytest.raises(ValueError, match="missing"):
        store.sent("a1", NOON)
    store.plan(intent())
    with pytest.raises(ValueError, match="already"):
        store.plan(intent())
    with pytest.raises(ValueError, match="settles nothing"):
        store.settle("a1", "SENT")
    store.sent("a1", NOON)
    with pytest.raises(ValueError, match="SENT, not PLANNED"):
        store.sent("a1", NOON)


def test_the_last_post_counts_over_all_rows(store: Store) -> None:
    for number, minutes in enumerate((5, 60, 20)):
        store.plan(intent(token=f"t{number}"))
        store.sent(f"t{number}", NOON + timedelta(minutes=minutes))
    assert store.last_sent() == NOON + timedelta(minutes=60)
    assert [row.token for row in store.open_rows()] == ["t0", "t1", "t2"]


# ---- runs in the journal, held against the fake of other tests as well


class Clock:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite", "fake"])
def journal(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Journal]:
    if request.param == "fake":
        yield FakeJournal(now=clock)
        return
    with Store.open(f"sqlite:///{tmp_path / 'store.sqlite'}", now=clock) as store:
        yield store


FULL_INTENT = Intent(
    "a1",
    7,
    "Élan & Œuvre 𝄞.jpg",
    100,
    sha1(1),
    sha1(2),
    "identified",
    run="2026-10-05 noon",
    file_timestamp=NOON,
    partners=((9, sha1(9)), (8, sha1(8)), (9, sha1(9))),
)


def test_a_row_keeps_all_that_was_planned(journal: Journal, clock: Clock) -> None:
    journal.plan(FULL_INTENT)
    journal.plan(intent("a2"))
    assert journal.open_rows() == [FULL_INTENT, intent("a2")]
    assert journal.rows(newest=1) == [JournalRow(intent("a2"), "PLANNED", NOON)]
    clock.now += timedelta(seconds=1)
    journal.sent("a1", clock.now)
    clock.now += timedelta(seconds=1)
    journal.settle("a1", "DONE", 123, "good")
    times = (NOON, NOON + timedelta(seconds=1), NOON + timedelta(seconds=2))
    assert journal.rows(run=FULL_INTENT.run) == [JournalRow(FULL_INTENT, "DONE", *times, 123, "good")]


def test_rows_are_chosen_by_run_kind_and_state(journal: Journal) -> None:
    for number, (run, kind) in enumerate([("r1", "tag"), ("r2", "tag"), ("r1", "undo"), ("", "tag")]):
        journal.plan(replace(intent(f"t{number}"), run=run, kind=kind))
    journal.settle("t0", "DONE", 1)

    def tokens(**wanted: Any) -> list[str]:
        return [row.intent.token for row in journal.rows(**wanted)]

    assert tokens() == ["t3", "t2", "t1", "t0"]
    assert tokens(newest=2) == ["t3", "t2"]
    assert tokens(run="r1") == ["t2", "t0"]
    assert tokens(run="") == ["t3"]
    assert tokens(run="r9") == []
    assert tokens(kind="tag", newest=2) == ["t3", "t1"]
    assert tokens(run="r1", kind="tag", state="DONE") == ["t0"]
    assert tokens(run="r1", kind="undo", state="DONE") == []
    with pytest.raises(ValueError, match="no state"):
        journal.rows(state="FINISHED")


def test_runs_are_told_newest_first(journal: Journal, clock: Clock) -> None:
    assert journal.runs() == []
    for number, run in enumerate(["r1", "r2", "r1", "r1"]):
        clock.now = NOON + timedelta(minutes=number)
        journal.plan(replace(intent(f"t{number}"), run=run))
    clock.now = NOON + timedelta(hours=1)
    journal.settle("t0", "DONE", 5)
    assert journal.runs() == [
        RunSummary("r2", NOON + timedelta(minutes=1), NOON + timedelta(minutes=1), {"PLANNED": 1}),
        RunSummary("r1", NOON, NOON + timedelta(hours=1), {"DONE": 1, "PLANNED": 2}),
    ]


def test_only_what_is_done_can_be_undone(journal: Journal) -> None:
    journal.plan(intent())
    journal.sent("a1", NOON)
    with pytest.raises(ValueError, match="SENT and cannot become UNDONE"):
        journal.settle("a1", "UNDONE")
    journal.settle("a1", "DONE", 123, "first")
    assert journal.tagged(7)
    journal.settle("a1", "UNDONE", detail="by revision 124")
    assert not journal.tagged(7)
    (row,) = journal.rows(state="UNDONE")
    assert (row.revid, row.detail) == (123, "by revision 124")
    for later in ("DONE", "UNDONE", "UNKNOWN", "CONFLICT"):
        with pytest.raises(ValueError, match=f"UNDONE and cannot become {later}"):
            journal.settle("a1", later)


def test_every_way_between_states(journal: Journal) -> None:
    settling = (*CLOSED_STATES, "UNKNOWN")
    for number, (first, second) in enumerate(product(settling, repeat=2)):
        token = f"t{number}"
        journal.plan(intent(token))
        for state in (["DONE"] if first == "UNDONE" else []) + [first]:
            journal.settle(token, state)
        if (first == "UNKNOWN" and second != "UNDONE") or (first, second) == ("DONE", "UNDONE"):
            journal.settle(token, second)
        else:
            with pytest.raises(ValueError, match="cannot become"):
                journal.settle(token, second)
    for state in ("PLANNED", "SENT", "FINISHED", ""):
        with pytest.raises(ValueError, match="settles nothing"):
            journal.settle("t0", state)


def test_the_order_is_that_of_planning_though_the_clock_jumps_back(journal: Journal, clock: Clock) -> None:
    for number, hours in enumerate((0, -5, 3, -9)):
        clock.now = NOON + timedelta(hours=hours)
        journal.plan(replace(intent(f"t{number}"), run=f"r{number}"))
        journal.sent(f"t{number}", clock.now)
    assert [row.token for row in journal.open_rows()] == ["t0", "t1", "t2", "t3"]
    assert [row.intent.token for row in journal.rows(newest=2)] == ["t3", "t2"]
    assert [run.name for run in journal.runs()] == ["r3", "r2", "r1", "r0"]
    assert journal.last_sent() == NOON + timedelta(hours=3)


def test_sent_twice_changes_nothing(journal: Journal) -> None:
    journal.plan(intent())
    journal.sent("a1", NOON)
    with pytest.raises(ValueError, match="SENT, not PLANNED"):
        journal.sent("a1", NOON + timedelta(days=1))
    assert journal.last_sent() == NOON


def test_what_the_wiki_wrote_is_kept_in_bounds(store: Store) -> None:
    store.plan(intent())
    store.settle("a1", "REFUSED", detail="\udcff" + "x" * 5_000)
    assert store.rows()[0].detail == "?" + "x" * 999


def test_an_open_row_survives_reopening(address: str) -> None:
    with Store.open(address) as store:
        store.plan(intent())
    with Store.open(address) as store:
        assert store.open_rows() == [intent()]


# ---- SQLite: who may open it, and where


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
        "import os, signal, sys, time\n"
        "from faebot_hash.adapters.store import Store\n"
        "store = Store.open(sys.argv[1])\n"
        "child = os.fork()\n"
        "if child == 0:\n    time.sleep(60)\n    os._exit(0)\n"
        "print(child, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, address], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        child = int(writer.stdout.readline())
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
        with pytest.raises(StoreError, match="readonly"), reader._reading() as connection:
            connection.exec_driver_sql("DELETE FROM fingerprint")


def test_a_reader_needs_no_writer_and_makes_no_file(address: str) -> None:
    with pytest.raises(StoreError, match="no such file"):
        Store.open(address, write=False)
    assert not file_of(address).exists()
    with Store.open(address) as store:
        store.put({sha1(1): PICTURE}, THUMBNAIL)
    with Store.open(address, write=False) as reader:
        assert reader.get([sha1(1)], THUMBNAIL) == {sha1(1): PICTURE}


def test_commits_are_durable_and_keys_are_checked(store: Store) -> None:
    seen = {
        name: store._connection.exec_driver_sql(f"PRAGMA {name}").scalar()
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
        ("mysql+pymysql://u:secret@h/d", r"mysql\+pymysql is not supported"),
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


# ---- SQLite: what may be in the file


def run_sql(address: str, *statements: str) -> None:
    with closing(sqlite3.connect(file_of(address))) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


@pytest.mark.parametrize(
    ("version", "message"),
    [("3", "schema 3, and this program knows only 2"), ("0", "unknown"), ("x", "unknown"), ("", "unknown")],
)
@pytest.mark.parametrize("write", [True, False])
def test_another_schema_is_refused(address: str, version: str, message: str, write: bool) -> None:
    Store.open(address).close()
    run_sql(address, f"UPDATE meta SET value = '{version}'")  # noqa: S608 - a literal of this test
    with pytest.raises(StoreError, match=message):
        Store.open(address, write=write)


FIRST_SCHEMA = """
CREATE TABLE meta (name VARCHAR(40) NOT NULL, value VARCHAR(40), PRIMARY KEY (name));
CREATE TABLE basis (id INTEGER NOT NULL, source VARCHAR(20) NOT NULL, thumb_width_px INTEGER NOT NULL,
    pillow VARCHAR(40) NOT NULL, imagehash VARCHAR(40) NOT NULL, PRIMARY KEY (id),
    UNIQUE (source, thumb_width_px, pillow, imagehash));
CREATE TABLE slice ("key" VARCHAR(700) NOT NULL, "query" TEXT NOT NULL, hits INTEGER NOT NULL,
    done_at DATETIME NOT NULL, PRIMARY KEY ("key"));
CREATE TABLE journal (token VARCHAR(64) NOT NULL, page_id BIGINT NOT NULL, title VARCHAR(255) NOT NULL,
    baserevid BIGINT NOT NULL, file_sha1 VARCHAR(40) NOT NULL, new_text_sha1 VARCHAR(40) NOT NULL,
    kind VARCHAR(40) NOT NULL, state VARCHAR(10) NOT NULL, planned_at DATETIME NOT NULL, sent_at DATETIME,
    settled_at DATETIME, revid BIGINT, run VARCHAR(255), PRIMARY KEY (token));
CREATE INDEX ix_journal_page_id ON journal (page_id);
CREATE INDEX ix_journal_state ON journal (state);
CREATE INDEX ix_journal_sent_at ON journal (sent_at);
CREATE TABLE fingerprint (sha1 VARCHAR(40) NOT NULL, basis_id INTEGER NOT NULL, phash BIGINT, dhash BIGINT,
    ahash BIGINT, whash BIGINT, low_information BOOLEAN, rejection VARCHAR(40), detail TEXT,
    hashed_at DATETIME NOT NULL, PRIMARY KEY (sha1, basis_id),
    CONSTRAINT hashes_or_rejection CHECK ((phash IS NULL) = (rejection IS NOT NULL)),
    FOREIGN KEY(basis_id) REFERENCES basis (id)) WITHOUT ROWID;
INSERT INTO meta VALUES ('schema_version', '1');
INSERT INTO basis VALUES (1, 'thumbnail', 120, '13.0.0', '4.3.2');
INSERT INTO fingerprint VALUES ('0000000000000000000000000000000000000001', 1, 1, 2, 3, 4, 0, NULL, NULL,
    '2026-10-05 11:00:00.000000');
INSERT INTO slice VALUES ('resolution:10x20', 'filew:10 fileh:20', 42, '2026-10-05 12:00:00.123456');
INSERT INTO journal VALUES ('z9', 7, 'A.jpg', 100, 'f', 't', 'identified', 'DONE',
    '2026-10-05 12:00:00.123456', '2026-10-05 12:00:01.000000', '2026-10-05 12:00:02.000000', 101, NULL);
INSERT INTO journal VALUES ('a1', 8, 'B.jpg', 200, 'f', 't', 'identified', 'SENT',
    '2026-10-05 12:01:00.000000', '2026-10-05 12:01:01.000000', NULL, NULL, 'test');
"""


def shape_of(address: str) -> dict[str, list[Any]]:
    """Tell every table's columns, keys and indexes as SQLite sees them."""
    with closing(sqlite3.connect(file_of(address))) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        pragmas = ("table_info", "index_list", "foreign_key_list")
        return {
            f"{pragma} {name}": sorted(row[1:] for row in connection.execute(f"PRAGMA {pragma}({name})"))
            for (name,) in names
            for pragma in pragmas
        }


@pytest.fixture
def first_release(tmp_path: Path) -> str:
    """Give the address of a store as the first release wrote it."""
    with closing(sqlite3.connect(tmp_path / "first.sqlite")) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(FIRST_SCHEMA)
    return f"sqlite:///{tmp_path / 'first.sqlite'}"


def test_a_store_of_the_first_release_is_renewed(first_release: str, address: str) -> None:
    for _ in range(2):
        with Store.open(first_release) as store:
            done, open_ = store.rows(state="DONE")[0], store.rows(state="SENT")[0]
            assert store.rows() == [open_, done]
            assert (done.intent.token, done.intent.run, done.revid, done.planned_at) == ("z9", "", 101, NOON)
            assert store.open_rows() == [Intent("a1", 8, "B.jpg", 200, "f", "t", "identified", run="test")]
            assert [run.name for run in store.runs()] == ["test", ""]
            assert store.get([sha1(1)], THUMBNAIL) == {sha1(1): PICTURE}
            assert store.slice_done(PART) == (42, NOON)
    with Store.open(first_release) as store:
        store.plan(replace(FULL_INTENT, token="b1"))  # noqa: S106 - no secret
        assert [row.intent.token for row in store.rows()] == ["b1", "a1", "z9"]
    Store.open(address).close()
    assert shape_of(first_release) == shape_of(address)


def test_a_reader_leaves_the_renewal_to_the_writer(first_release: str) -> None:
    with pytest.raises(StoreError, match="the next run that writes renews it"):
        Store.open(first_release, write=False)
    Store.open(first_release).close()
    with Store.open(first_release, write=False) as reader:
        assert len(reader.rows()) == 2


def test_a_renewal_that_fails_leaves_the_store_as_it_was(
    first_release: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = shape_of(first_release)
    monkeypatch.setitem(schema.MIGRATIONS, 1, (*schema.MIGRATIONS[1], "INSERT INTO nowhere VALUES (1)"))
    with pytest.raises(StoreError, match="no such table"):
        Store.open(first_release)
    assert shape_of(first_release) == before
    monkeypatch.undo()
    with Store.open(first_release) as store:
        assert len(store.rows()) == 2


def test_a_foreign_database_is_left_alone(address: str) -> None:
    run_sql(address, "CREATE TABLE places (id INTEGER)")
    with pytest.raises(StoreError, match="another program"):
        Store.open(address)
    with closing(sqlite3.connect(file_of(address))) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("places",)]


def test_a_half_made_schema_is_rolled_back(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("faebot_hash.adapters.schema.SCHEMA_VERSION", "x" * 10_000_000)
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
    pages = store._connection.exec_driver_sql("PRAGMA page_count").scalar()
    store._connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    store._connection.rollback()
    many = dict.fromkeys(map(sha1, range(2, 9_000)), PICTURE)
    with pytest.raises(StoreError, match="full; make room"):
        store.put(many, THUMBNAIL)
    assert store.get([*many, sha1(1)], THUMBNAIL) == {sha1(1): PICTURE}
    store._connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    store._connection.rollback()
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
