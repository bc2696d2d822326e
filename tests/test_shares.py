"""Processes that fill one index: no unit twice at a time, and together no more downloads than are allowed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from faebot_hash.adapters.store import Store
from faebot_hash.hash_index import Lease
from faebot_hash.shares import RENEWALS, LostShareError, Share

LASTS = timedelta(minutes=20)
SLOTS = 4


class Room:
    """Leases in memory, with a clock that is moved by hand."""

    def __init__(self) -> None:
        self.leases: dict[str, tuple[str, float]] = {}
        self.now_s = 0.0

    def take_lease(self, lease: Lease, lasts: timedelta) -> bool:
        holder, until = self.leases.get(lease.unit, ("", 0.0))
        if holder not in ("", lease.holder) and until > self.now_s:
            return False
        self.leases[lease.unit] = lease.holder, self.now_s + lasts.total_seconds()
        return True

    def free_lease(self, lease: Lease) -> None:
        if self.leases.get(lease.unit, ("", 0.0))[0] == lease.holder:
            del self.leases[lease.unit]

    def share(self, holder: str, sleep: object = None) -> Share:
        """Give a process's share; it does not wait unless told how."""

        def impatient(seconds: float) -> None:
            raise WaitingError

        return Share(
            self,
            holder,
            SLOTS,
            lasts=LASTS,
            clock=lambda: self.now_s,
            sleep=sleep or impatient,  # type: ignore[arg-type]
        )

    def pass_time(self, part: float) -> None:
        """Let a part of a lease's time go by."""
        self.now_s += LASTS.total_seconds() * part


class WaitingError(Exception):
    """A share would have waited."""


@pytest.fixture
def room() -> Room:
    return Room()


def test_one_alone_has_all(room: Room) -> None:
    assert room.share("a").adjust() == SLOTS


def test_one_that_waits_gets_half_when_the_other_looks_around(room: Room) -> None:
    a, b = room.share("a"), room.share("b")
    assert a.adjust() == SLOTS
    with pytest.raises(WaitingError):
        b.adjust()
    assert a.adjust() == SLOTS, "it looks around only now and then"
    room.pass_time(1.1 / RENEWALS)
    assert a.adjust() == SLOTS // 2
    assert b.adjust() == SLOTS // 2
    b.close()
    room.pass_time(1.1 / RENEWALS)
    assert a.adjust() == SLOTS


def test_who_has_one_slot_keeps_it(room: Room) -> None:
    shares = [room.share(name) for name in "abcd"]
    for turn in range(3 * SLOTS):
        room.pass_time(1.1 / RENEWALS)
        for share in shares:
            try:
                share.adjust()
            except WaitingError:
                assert turn < 2 * SLOTS
    assert [len(share.held) for share in shares] == [1] * SLOTS
    with pytest.raises(WaitingError):
        room.share("e").adjust()


def test_the_slots_of_the_dead_are_taken_over(room: Room) -> None:
    room.share("dead").adjust()
    b = room.share("b")
    room.pass_time(0.9)
    with pytest.raises(WaitingError):
        b.adjust()
    room.pass_time(0.2)
    assert b.adjust() == SLOTS


def test_a_wait_ends_when_a_slot_is_free(room: Room) -> None:
    a = room.share("a")
    a.adjust()
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 3:
            a.close()

    lines: list[str] = []
    b = room.share("b", sleep)
    b.say = lines.append
    assert b.adjust() == SLOTS
    assert len(lines) == 1
    assert all(0 < seconds <= 10 for seconds in waited)
    assert "downloads: next in line" not in room.leases


def test_downloads_end_when_all_slots_went_to_others(room: Room) -> None:
    a = room.share("a")
    a.adjust()
    downloads = a.watch(range(10), 10, "")
    assert [next(downloads) for _ in range(4)] == [0, 1, 2, 3]
    room.pass_time(1.1)
    assert room.share("b").adjust() == SLOTS
    with pytest.raises(LostShareError):
        next(downloads)


def test_downloads_prolong_what_is_held(room: Room) -> None:
    a = room.share("a")
    a.adjust()
    with a.unit("pages 1-9") as lease:
        assert lease is not None
        for _ in a.watch(range(40), 40, ""):
            room.pass_time(0.9)
            with room.share("b").unit("pages 1-9") as taken:
                assert taken is None
    with room.share("b").unit("pages 1-9") as taken:
        assert taken == Lease("pages 1-9", "b")


class Processes(RuleBasedStateMachine):
    """Processes come, look around, are stopped for a while, die and end, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.room = Room()
        self.shares: dict[int, Share] = {}

    @rule(number=st.integers(0, 5))
    def look_around(self, number: int) -> None:
        share = self.shares.setdefault(number, self.room.share(f"process {number}"))
        try:
            share.adjust()
        except WaitingError:
            return

    @rule(number=st.integers(0, 5))
    def end(self, number: int) -> None:
        if number in self.shares:
            self.shares.pop(number).close()

    @rule(number=st.integers(0, 5))
    def die(self, number: int) -> None:
        self.shares.pop(number, None)

    @rule(part=st.sampled_from([0.05, 0.25]))
    def pass_time(self, part: float) -> None:
        # A process that downloads looks around in time, or learns that it lost its slots.
        self.room.pass_time(part)
        for share in self.shares.values():
            if share.held:
                share.adjust()

    @invariant()
    def no_more_than_one_may_make(self) -> None:
        held = [lease.unit for share in self.shares.values() for lease in share.held]
        assert len(held) == len(set(held)) <= SLOTS


TestProcesses = Processes.TestCase
TestProcesses.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)


def test_leases_of_the_store_do(address: str, tmp_path: Path) -> None:
    moments = [datetime(2026, 10, 5, 12, tzinfo=UTC)]
    with Store.open(address, now=lambda: moments[0]) as store:
        one = Share(store, "one", SLOTS, lasts=timedelta(hours=1))
        two = Share(store, "two", SLOTS, lasts=timedelta(hours=1), sleep=lambda seconds: one.close())
        assert one.adjust() == SLOTS
        assert two.adjust() == SLOTS
