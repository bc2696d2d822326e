"""The journal: one contract for the store and for the fake that other tests use."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from faebot_hash.adapters.store import Store
from faebot_hash.ports import CLOSED_STATES, Intent, Journal, JournalRow, RunSummary
from tests.databases import address_of
from tests.fakes import FakeJournal

NOON = datetime(2026, 10, 5, 12, 0, 0, 123456, tzinfo=UTC)
FULL_INTENT = Intent(
    "a1",
    7,
    "Élan & Œuvre 𝄞.jpg",
    100,
    "1" * 40,
    "2" * 40,
    "identified",
    run="2026-10-05 noon",
    file_timestamp=NOON,
    partners=((9, "9" * 40), (8, "8" * 40), (9, "9" * 40)),
)


def intent(token: str = FULL_INTENT.token) -> Intent:
    return Intent(token, 7, "Élan & Œuvre 𝄞.jpg", 100, "1" * 40, "2" * 40, "identified")


class Clock:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite", "mariadb", "fake"])
def journal(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Journal]:
    if request.param == "fake":
        yield FakeJournal(now=clock)
        return
    with Store.open(address_of(request.param, request, tmp_path), now=clock) as store:
        yield store


def test_a_row_goes_from_planned_to_done(journal: Journal) -> None:
    journal.plan(intent())
    assert journal.open_rows() == [intent()]
    journal.sent("a1", NOON)
    assert (journal.open_rows(), journal.last_sent(), journal.tagged(7)) == ([intent()], NOON, False)
    journal.settle("a1", "DONE", revid=123)
    assert (journal.open_rows(), journal.last_sent(), journal.tagged(7)) == ([], NOON, True)
    assert not journal.tagged(8)


@pytest.mark.parametrize("state", ["NOOP", "CONFLICT", "REFUSED"])
def test_only_a_saved_edit_counts_as_tagged(journal: Journal, state: str) -> None:
    journal.plan(intent())
    journal.settle("a1", state)
    assert journal.open_rows() == []
    assert not journal.tagged(7)


def test_an_unknown_fate_stays_open_until_it_is_known(journal: Journal) -> None:
    journal.plan(intent())
    journal.sent("a1", NOON)
    journal.settle("a1", "UNKNOWN")
    assert journal.open_rows() == [intent()]
    assert not journal.tagged(7)
    journal.settle("a1", "DONE", revid=5)
    assert journal.open_rows() == []
    assert journal.tagged(7)


@pytest.mark.parametrize("state", ["DONE", "NOOP", "CONFLICT", "REFUSED"])
def test_a_closed_row_stays_closed(journal: Journal, state: str) -> None:
    journal.plan(intent())
    journal.sent("a1", NOON)
    journal.settle("a1", state)
    for later in ("DONE", "CONFLICT", "UNKNOWN"):
        with pytest.raises(ValueError, match=state):
            journal.settle("a1", later)
    with pytest.raises(ValueError, match=state):
        journal.sent("a1", NOON)
    assert journal.last_sent() == NOON


def test_wrong_steps_are_our_bugs(journal: Journal) -> None:
    with pytest.raises(ValueError, match="missing"):
        journal.sent("a1", NOON)
    journal.plan(intent())
    with pytest.raises(ValueError, match="already"):
        journal.plan(intent())
    with pytest.raises(ValueError, match="settles nothing"):
        journal.settle("a1", "SENT")
    journal.sent("a1", NOON)
    with pytest.raises(ValueError, match="SENT, not PLANNED"):
        journal.sent("a1", NOON)


def test_the_last_post_counts_over_all_rows(journal: Journal) -> None:
    for number, minutes in enumerate((5, 60, 20)):
        journal.plan(intent(token=f"t{number}"))
        journal.sent(f"t{number}", NOON + timedelta(minutes=minutes))
    assert journal.last_sent() == NOON + timedelta(minutes=60)
    assert [row.token for row in journal.open_rows()] == ["t0", "t1", "t2"]


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


def test_rows_are_chosen_by_run_kind_state_and_page(journal: Journal) -> None:
    for number, (run, kind) in enumerate([("r1", "tag"), ("r2", "tag"), ("r1", "undo"), ("", "tag")]):
        journal.plan(replace(intent(f"t{number}"), run=run, kind=kind, page_id=number))
    journal.settle("t0", "DONE", 1)

    def tokens(**wanted: Any) -> list[str]:
        return [row.intent.token for row in journal.rows(**wanted)]

    assert tokens() == ["t3", "t2", "t1", "t0"]
    assert tokens(newest=2) == ["t3", "t2"]
    assert tokens(run="r1") == ["t2", "t0"]
    assert tokens(run="") == ["t3"]
    assert tokens(run="r9") == []
    assert tokens(kind="tag", newest=2) == ["t3", "t1"]
    assert tokens(page_id=2) == ["t2"]
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


def test_what_the_wiki_wrote_is_kept_in_bounds(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path / 'store.sqlite'}") as store:
        store.plan(intent())
        store.settle("a1", "REFUSED", detail="\udcff" + "x" * 5_000)
        assert store.rows()[0].detail == "?" + "x" * 999
