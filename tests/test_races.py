"""Processes that nominate copies of one picture against each other, at once, leave one copy (E4)."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from pywikibot.comms import http

from faebot_hash.adapters.commons import Commons
from faebot_hash.adapters.store import Store
from faebot_hash.apply import Editor
from faebot_hash.edits import Applied, Outcome, Proposal
from faebot_hash.gate import Rules
from faebot_hash.model import FileInfo, Seed
from faebot_hash.nominate import keepers_named
from faebot_hash.recheck import recheck
from tests.counting import Counted
from tests.fake_wiki.boundaries import Boundary
from tests.fake_wiki.remote import RemoteWorld
from tests.fake_wiki.scene import DUPLICATE, KEEPER
from tests.fake_wiki.world import World
from tests.fakes import FakeJudgements
from tests.nominators import (
    HOME,
    WORDS,
    FromTexts,
    Person,
    Race,
    adds_words,
    nominates_by_hand,
    reverts,
    wrong,
)
from tests.seeds import FRESH_SEED
from tests.turns import Chance, EveryOrder, Order

pytest_plugins = ("tests.fake_wiki.fixtures",)

LONG = os.environ.get("FAEBOT_LONG") == "1"
RACES = 2_000 if LONG else 200
PROCESS_RACES = 100 if LONG else 10
MEETING_S = 30.0

PAIR = {1: 2, 2: 1}
RING = {1: 2, 2: 3, 3: 1}
CHAIN = {1: 2, 2: 3}
STAR = {1: 3, 2: 3, 3: 1}

PEOPLE: dict[str, tuple[Person, ...]] = {
    "words on the nominee": (adds_words(1),),
    "words on both": (adds_words(1), adds_words(2)),
    "nominates the copy to keep": (nominates_by_hand(2, 1),),
    "reverts": (reverts(1),),
    "reverts, and adds words": (reverts(1), adds_words(2)),
}


def orders(seed: int) -> Iterator[Order]:
    """Give orders by chance, as many as there are races."""
    return (Chance(seed + number) for number in range(RACES))


def test_two_processes_in_every_order(counted: Counted) -> None:
    every: Iterator[Order] = iter(EveryOrder()) if LONG else orders(random.randrange(1 << 32))
    broken, races, both, one = [], 0, 0, 0
    for order in every:
        races += 1
        race = Race(PAIR)
        broken += race.run(order) + race.next_runs()
        outcomes = [done.outcome for done in race.decided.values() if isinstance(done, Applied)]
        both += outcomes.count(Outcome.WITHDRAWN) == 2
        one += outcomes.count(Outcome.EDITED) == 1
    assert broken == []
    assert both, "the two never met"
    assert one, "none ever won"
    counted("E4", races, "races of two")


@pytest.mark.parametrize("keeps", [RING, CHAIN, STAR], ids=["ring", "chain", "star"])
@pytest.mark.parametrize("seed", [1, FRESH_SEED])
def test_three_processes(counted: Counted, keeps: Mapping[int, int], seed: int) -> None:
    broken = []
    for order in orders(seed):
        race = Race(keeps)
        broken += race.run(order) + race.next_runs()
    assert broken == []
    counted("E4", RACES, "races of three")


@pytest.mark.parametrize("keeps", [RING, CHAIN], ids=["ring", "chain"])
@pytest.mark.parametrize("seed", [1, FRESH_SEED])
def test_three_processes_that_look_at_the_copy_to_keep_alone(
    counted: Counted, keeps: Mapping[int, int], seed: int
) -> None:
    """One copy stays at once; a chain of two nominations stays until the next run looks again."""
    broken = []
    for order in orders(seed):
        race = Race(keeps, whole=False)
        broken += [sentence for sentence in race.run(order) if "every copy" in sentence] + race.next_runs()
    assert broken == []
    counted("E4", RACES, "races of three")


@pytest.mark.parametrize("people", PEOPLE.values(), ids=PEOPLE.keys())
@pytest.mark.parametrize("seed", [1, FRESH_SEED])
def test_people_join_in(counted: Counted, people: Sequence[Person], seed: int) -> None:
    broken = []
    for order in orders(seed):
        race = Race(PAIR, people=people)
        # A person who nominates the copy to keep after our last look is seen by the next run.
        race.run(order)
        broken += race.next_runs()
    assert broken == []
    counted("E4", RACES, "races with people")


def test_a_person_who_takes_a_nomination_off_is_final() -> None:
    for order in orders(1):
        race = Race({1: 2}, people=(reverts(1),))
        race.run(order)
        comments = [revision.comment for revision, _ in race.wiki.revisions[1]]
        if "reverted" in comments and comments.index("reverted") > 1:
            assert race.nominated() == {}
            assert race.next_runs() == []
            assert race.nominated() == {}


# In processes of their own, over HTTP


def nominate_in_child(
    world: World,
    commons: Commons,
    store: Path,
    group: Mapping[int, FileInfo],
    keeps: tuple[int, int],
    meeting: Barrier,
) -> int:
    """Nominate one file for another in a process with a store and connections of its own.

    All judge first, then meet, and then edit.
    """
    child = os.fork()
    if child == 0:
        code = 1
        try:
            http.session.close()
            with editing(commons, store, RemoteWorld(world.address)) as editor:
                judge = FromTexts(commons, group, dict([keeps]))
                proposed = judge.propose(keeps[0])
                meeting.wait(MEETING_S)
                assert isinstance(proposed, Proposal)
                editor.carry_out(proposed, judge)
            code = 0
        finally:
            os._exit(code)
    return child


@contextmanager
def editing(commons: Commons, store: Path, clock: RemoteWorld | World) -> Iterator[Editor]:
    """Open a store of one's own, as on another machine, and edit with it at any pace."""
    time_of = clock.clock if isinstance(clock, World) else clock
    with Store.open(f"sqlite:///{store}", now=time_of.now) as journal:
        yield Editor(
            commons,
            journal,
            lambda proposal: True,
            interval_s=0.0,
            rules=Rules(may_nominate=True),
            now=time_of.now,
            sleep=time_of.sleep,
        )


def next_run(world: World, commons: Commons, store: Path) -> None:
    """Let a process come back, settle and recheck."""
    with editing(commons, store, world) as editor:
        editor.settle_open()
        now = world.clock.now()
        for token, proposal in list(recheck(editor.journal, commons, FakeJudgements(), HOME, now)):
            if editor.apply(proposal).outcome is Outcome.EDITED:
                editor.journal.settle(token, "UNDONE")


@pytest.mark.parametrize("with_person", [False, True], ids=["two", "two and a person"])
def test_two_real_processes(
    world: World, world_commons: Commons, tmp_path: Path, counted: Counted, with_person: bool
) -> None:
    broken, met = [], 0
    for number in range(PROCESS_RACES // 2):
        world.reset()
        folder = tmp_path / str(number)
        folder.mkdir()
        seeds = [one for one in world_commons.seeds([DUPLICATE, KEEPER]) if isinstance(one, Seed)]
        group = {one.file.page_id: one.file for one in seeds}
        one, other = group
        if with_person:
            world.at(Boundary.PRE_FLIGHT, lambda: world.human("append", DUPLICATE, text=WORDS))
        for keeps in ((one, other), (other, one)):
            with editing(world_commons, folder / f"{keeps[0]}.sqlite", world):
                pass  # what races should be the edits, not the making of tables
        meeting = get_context("fork").Barrier(2)
        children = [
            nominate_in_child(world, world_commons, folder / f"{keeps[0]}.sqlite", group, keeps, meeting)
            for keeps in ((one, other), (other, one))
        ]
        broken += [f"race {number}: it failed" for child in children if os.waitpid(child, 0)[1]]
        met += any("Undo own edit" in edit.comment for edit in world.ledger.edits)
        broken += told_wrong(world, group)
        for page_id in group:
            next_run(world, world_commons, folder / f"{page_id}.sqlite")
        broken += told_wrong(world, group)
        if with_person and WORDS.strip() not in world.people.page(DUPLICATE).text:
            broken.append(f"race {number}: the words of a person are lost")
    assert broken == []
    assert met or with_person, "the two never met"
    counted("E4", PROCESS_RACES // 2, "races of two real processes")


def told_wrong(world: World, group: Mapping[int, FileInfo]) -> list[str]:
    """Say what must not be on the fake wiki."""
    named = {page_id: keepers_named(world.state.pages[page_id].text) for page_id in group}
    nominated = {page_id: keepers for page_id, keepers in named.items() if keepers}
    return wrong(nominated, {page_id: file.title for page_id, file in group.items()})
