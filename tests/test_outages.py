"""An outage of the database, or a full disk, is waited out: nothing is edited without its row (goal D6)."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from faebot_hash.adapters.patience import LONGEST_WAIT_S, Patience
from faebot_hash.adapters.signals import Shield
from faebot_hash.adapters.store import Store
from faebot_hash.apply import JOURNAL_WAITED, Editor
from faebot_hash.edits import Applied, Outcome, PageEdit, Proposal
from faebot_hash.errors import StoreError
from faebot_hash.model import PageText
from faebot_hash.ports import EditAnswer
from faebot_hash.reasons import Skipped
from tests.counting import Counted
from tests.databases import run_sql
from tests.fakes import FakeWiki, file_info
from tests.mariadb_server import MariaServer
from tests.pictures import LONG

OUTAGE_H = 24.0 if LONG else 2.4
BEGAN = datetime(2026, 11, 1, tzinfo=UTC)
STEPS = ("plan", "sent", "settle", "rows", "last_sent")
"""The steps of the journal around an edit, before each of which an outage begins."""


@dataclass
class Outage:
    """Time that passes only while somebody waits; an outage begins when told, and ends by itself."""

    begin: Callable[[], None]
    end: Callable[[], None]
    time: datetime = BEGAN
    ends_at: datetime | None = None
    ended_at: datetime = BEGAN
    waits_s: list[float] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.waits_s.append(seconds)
        self.time += timedelta(seconds=seconds)
        if self.ends_at is not None and self.time >= self.ends_at:
            self.stop()

    def start(self) -> None:
        """Begin an outage of a day."""
        self.ends_at = self.time + timedelta(hours=OUTAGE_H)
        self.begin()

    def stop(self) -> None:
        """End it."""
        if self.ends_at is not None:
            self.ended_at, self.ends_at = self.time, None
            self.end()

    def patience(self, hours: float = 30.0) -> Patience:
        return Patience(hours * 3_600, self.sleep, lambda: self.time.timestamp(), self.told.append)


class WatchedWiki(FakeWiki):
    """A wiki that looks at each edit whether the database holds its row, as sent, for good."""

    def __init__(self, states: Callable[[], dict[str, str]]) -> None:
        super().__init__()
        self.states = states
        self.unjournalled: list[str] = []

    def edit(self, edit: PageEdit, summary: str, as_bot: bool = True) -> EditAnswer:
        token = summary.rpartition("(")[2].rstrip(")")
        if self.states().get(token) != "SENT":
            self.unjournalled.append(summary)
        return super().edit(edit, summary, as_bot)


@dataclass
class Flow:
    """Puts files into a category."""

    wiki: FakeWiki

    def propose(self, page_id: int) -> Proposal:
        page = self.wiki.texts([page_id])[page_id]
        assert isinstance(page, PageText)
        edit = PageEdit(page, page.text + "\n[[Category:A]]", "Faebot identified duplicate")
        return Proposal(self.wiki.known[page_id], edit)

    def judge_again(self, proposal: Proposal) -> Proposal | Skipped:
        return self.propose(proposal.file.page_id)

    def withdrawal(self, proposal: Proposal, merged: PageText) -> PageEdit | None:
        return None


def starting_before(store: Store, step: str, outage: Outage) -> None:
    """Begin an outage before the next time that the journal takes a step."""
    taken = getattr(store, step)

    def take(*arguments: object, **named: object) -> object:
        delattr(store, step)
        outage.start()
        return taken(*arguments, **named)

    setattr(store, step, take)


def edit_through_outages(address: str, outage: Outage, states: Callable[[], dict[str, str]]) -> WatchedWiki:
    """Edit a file for each step of the journal, with an outage before the step, and one file in peace."""
    wiki = WatchedWiki(states)
    wiki.now = outage.now
    flow = Flow(wiki)
    with Store.open(address, patience=outage.patience(), now=outage.now) as store:
        editor = Editor(wiki, store, lambda proposal: True, interval_s=0.0)
        editor.now, editor.sleep = outage.now, outage.sleep
        for page_id, step in enumerate((*STEPS, ""), start=1):
            wiki.add(file_info(page_id), "old text")
            proposal = flow.propose(page_id)
            if step:
                starting_before(store, step, outage)
            done = editor.carry_out(proposal, flow)
            assert isinstance(done, Applied)
            assert done.outcome is Outcome.EDITED, f"{step}: {done.detail}"
            assert outage.ends_at is None, step
            assert outage.time - outage.ended_at <= timedelta(seconds=60) or not step, step
        assert store.open_rows() == []
        waited = [row.state for row in store.rows() if row.detail == JOURNAL_WAITED]
    # An outage that begins while the wiki is read ("rows") shows at the next step ("sent"), too.
    assert waited == ["CONFLICT"] * 2, "an edit whose look at the wiki was hours old was not sent"
    assert wiki.unjournalled == []
    assert len(wiki.edits) == len(STEPS) + 1
    assert max(outage.waits_s) <= LONGEST_WAIT_S
    return wiki


def with_plain_account(address: str, mariadb: MariaServer) -> str:
    """Give the address for an account that is held to read_only; the administrator is not."""
    user = "CREATE OR REPLACE USER plain@'127.0.0.1' IDENTIFIED BY 'sEcret'"
    run_sql(address, user, f"GRANT ALL ON {address.rpartition('/')[2]}.* TO plain@'127.0.0.1'")
    return address.replace("root@", "plain:sEcret@")


def test_a_day_of_a_read_only_server_is_waited_out(mariadb: MariaServer, counted: Counted) -> None:
    address = mariadb.clean_database()
    plain = with_plain_account(address, mariadb)
    outage = Outage(
        lambda: run_sql(address, "SET GLOBAL read_only = 1") and None,
        lambda: run_sql(address, "SET GLOBAL read_only = 0") and None,
    )

    def states() -> dict[str, str]:
        return dict(run_sql(address, "SELECT token, state FROM journal"))  # type: ignore[arg-type]

    try:
        edit_through_outages(plain, outage, states)
    finally:
        run_sql(address, "SET GLOBAL read_only = 0")
    assert any("the server is read-only now" in line and "waiting" in line for line in outage.told)
    # A line each ten minutes, so that a log of a day can be read.
    assert len(outage.told) <= len(STEPS) * (OUTAGE_H * 6 + 1)
    counted("D6", round(len(STEPS) * OUTAGE_H), "virtual hours of a read-only server")


@contextmanager
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a folder on a disk of its own, of two megabytes, or say that this machine allows none."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.system(f"mount -t tmpfs -o size=2m tmpfs {folder} 2>/dev/null"):  # noqa: S605 - our own folder
        pytest.skip("unavailable: only the superuser can mount a disk")
    try:
        yield folder
    finally:
        os.system(f"umount -l {folder}")  # noqa: S605


def fill(folder: Path) -> None:
    """Leave no room at all."""
    with (folder / "ballast").open("ab", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4_096))
        except OSError:
            return


def states_of(file: Path) -> dict[str, str]:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as reader:
        return dict(reader.execute("SELECT token, state FROM journal"))


def test_a_day_of_a_full_disk_is_waited_out(tmp_path: Path, counted: Counted) -> None:
    with small_disk(tmp_path) as folder:
        file = folder / "store.sqlite"
        outage = Outage(lambda: fill(folder), lambda: (folder / "ballast").unlink())
        edit_through_outages(f"sqlite:///{file}", outage, partial(states_of, file))
        with closing(sqlite3.connect(file)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert any("make room" in line for line in outage.told)
    counted("D6", round(len(STEPS) * OUTAGE_H), "virtual hours of a full disk")


def test_a_file_that_may_not_grow_is_waited_for(tmp_path: Path) -> None:
    """The same without a disk of its own, for any account: no file of this process may grow."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    file = tmp_path / "store.sqlite"
    outage = Outage(
        lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1, hard)),
        lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard)),
    )
    try:
        edit_through_outages(f"sqlite:///{file}", outage, partial(states_of, file))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_store_on_a_full_disk_opens_when_there_is_room(tmp_path: Path) -> None:
    with small_disk(tmp_path) as folder:
        fill(folder)
        outage = Outage(lambda: None, lambda: (folder / "ballast").unlink())
        outage.start()
        with Store.open(f"sqlite:///{folder / 'store.sqlite'}", patience=outage.patience()) as store:
            store.keep_checkpoint("a", "1")
        assert outage.told


def test_what_does_not_pass_is_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "store.sqlite"
    file.write_bytes(b"<!DOCTYPE html>" * 1_000)
    outage = Outage(lambda: None, lambda: None)
    with pytest.raises(StoreError, match="not a database"):
        Store.open(f"sqlite:///{file}", patience=outage.patience())
    assert outage.waits_s == []


def test_patience_ends_with_the_error_that_it_waited_for(tmp_path: Path) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    outage = Outage(
        lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1, hard)),
        lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard)),
    )
    with Store.open(f"sqlite:///{tmp_path / 'store.sqlite'}", patience=outage.patience(1.0)) as store:
        outage.start()
        with pytest.raises(StoreError, match="disk"):
            store.keep_checkpoint("a", "1")
        outage.stop()
        assert store.checkpoint("a") is None
    assert 3_590 < sum(outage.waits_s) <= 3_601


def test_a_second_signal_ends_even_an_edit_that_waits() -> None:
    shield, steps = Shield(), list[int]()

    def wait_inside() -> None:
        with shield:
            for number in range(3):
                steps.append(number)
                os.kill(os.getpid(), signal.SIGTERM)

    with shield.installed():
        with pytest.raises(KeyboardInterrupt):
            wait_inside()
        with shield:
            steps.append(9)
    assert steps == [0, 1, 9]


def test_a_slow_journal_sends_nothing(tmp_path: Path) -> None:
    """A look at the wiki that is older than some seconds says nothing of what people want now."""
    clock = Outage(lambda: None, lambda: None)
    wiki = FakeWiki()
    wiki.now = clock.now
    wiki.add(file_info(1), "old text")
    with Store.open(f"sqlite:///{tmp_path / 'store.sqlite'}", now=clock.now) as store:
        editor = Editor(wiki, store, lambda proposal: True, interval_s=0.0)
        editor.now, editor.sleep = clock.now, clock.sleep
        sent = store.sent

        def slowly(token: str, at: datetime) -> None:
            sent(token, at)
            clock.sleep(6.0)

        store.sent = slowly  # type: ignore[method-assign]
        proposal = Flow(wiki).propose(1)
        assert editor.apply(proposal).outcome is Outcome.CONFLICT
        assert editor.apply(replace(proposal)).outcome is Outcome.CONFLICT
    assert wiki.edits == []
