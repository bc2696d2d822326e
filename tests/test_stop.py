"""When people say stop, no edit begins any more, whatever state the stop page is in (E6)."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from faebot_hash.adapters.commons import Commons
from faebot_hash.edits import Applied, Outcome
from tests.counting import Counted
from tests.fake_wiki.boundaries import Boundary
from tests.fake_wiki.faults import Fault
from tests.fake_wiki.people import HumanAction
from tests.fake_wiki.scene import DUPLICATE, KEEPER, RUN_PAGE
from tests.fake_wiki.world import World
from tests.practice.configuration import BOT
from tests.scenarios import Bot
from tests.seeds import FRESH_SEED

pytest_plugins = ("tests.fake_wiki.fixtures",)

RUNS = 1_000 if os.environ.get("FAEBOT_LONG") == "1" else 100
STOPS = (HumanAction.STOP_PAGE_OFF, HumanAction.BLOCK_BOT, HumanAction.TALK_MESSAGE)


def begun_after(world: World, stopped_at: int) -> int:
    """Count the edits whose pre-flight read came after the request at which the stop became visible."""
    later = world.ledger.requests[stopped_at:]
    return sum(one.boundary is Boundary.POST_UNCOMMITTED for one in _after_a_fresh_look(later))


def _after_a_fresh_look(requests: list) -> list:  # type: ignore[type-arg]
    looks = [number for number, one in enumerate(requests) if one.boundary is Boundary.PRE_FLIGHT]
    return requests[looks[0] :] if looks else []


@pytest.mark.parametrize("seed", [1, FRESH_SEED])
def test_after_a_stop_nothing_begins(
    world: World, world_commons: Commons, tmp_path: Path, counted: Counted, seed: int
) -> None:
    chance, begun, in_flight = random.Random(seed), 0, []
    for number in range(RUNS // 2):
        world.reset()
        folder = tmp_path / str(number)
        folder.mkdir()
        bot = Bot(world, world_commons, folder)
        marks: list[int] = []
        action = chance.choice(STOPS)

        def stop(action: HumanAction = action, marks: list[int] = marks) -> None:
            world.act(action)
            marks.append(len(world.ledger.requests))

        boundary = chance.choice(list(Boundary))
        if chance.random() < 0.5:
            world.at(boundary, stop)
        else:
            world.at(Boundary.JOURNAL_CLOSED, lambda boundary=boundary, stop=stop: world.at(boundary, stop))
        bot.tag((DUPLICATE, KEEPER))
        if marks:
            begun += begun_after(world, marks[0])
            later = [one for one in world.ledger.requests[marks[0] :] if one.asked.get("action") == "edit"]
            in_flight.append(len(later))
    assert begun == 0
    assert max(in_flight) <= 1
    assert len(in_flight) > RUNS // 4
    counted("E6", RUNS // 2, "runs with a stop")


BROKEN: dict[str, Callable[[World], object]] = {
    "missing": lambda world: world.people.delete(RUN_PAGE),
    "empty": lambda world: world.people.edit(RUN_PAGE, ""),
    "blank": lambda world: world.people.edit(RUN_PAGE, "  \n "),
    "no": lambda world: world.people.edit(RUN_PAGE, "no"),
    "vandalised": lambda world: world.people.edit(RUN_PAGE, "yes yes yes, whatever"),
    "commented": lambda world: world.people.edit(RUN_PAGE, "<!-- yes -->"),
    "redirect": lambda world: world.people.edit(RUN_PAGE, "#REDIRECT [[User:Somebody/Run]]"),
    "moved away": lambda world: world.people.move(RUN_PAGE, "User:Somebody/Run"),
    "HTTP 500": lambda world: _unreadable(world, Fault.HTTP_500),
    "HTML": lambda world: _unreadable(world, Fault.HTML_200),
    "cut off": lambda world: _unreadable(world, Fault.TRUNCATED_JSON),
    "no connection": lambda world: _unreadable(world, Fault.CONNECTION_REFUSED),
}


def _unreadable(world: World, fault: Fault) -> None:
    """Let the pre-flight read fail as often as anybody may try it."""
    for _ in range(5):
        world.at(Boundary.PRE_FLIGHT, fault)


@pytest.mark.parametrize("state", BROKEN)
@pytest.mark.spec("8.1")
def test_a_broken_stop_page_means_stop(
    world: World, world_commons: Commons, tmp_path: Path, counted: Counted, state: str
) -> None:
    bot = Bot(world, world_commons, tmp_path)
    world.at(Boundary.BEFORE_CLAIM, lambda: BROKEN[state](world))
    (applied,) = bot.tag()
    assert isinstance(applied, Applied)
    assert applied.outcome in (Outcome.STOPPED, Outcome.UNAVAILABLE)
    assert [edit for edit in world.ledger.edits if edit.user == BOT] == []
    counted("E6", 1, "broken stop pages")


def test_a_stale_answer_means_stop(world: World, world_commons: Commons, tmp_path: Path) -> None:
    bot = Bot(world, world_commons, tmp_path)
    with bot.run() as (editor, finder):
        (proposed,) = finder.judge(bot.matches([DUPLICATE]))
        editor.now = lambda: world.clock.now().replace(year=world.clock.now().year + 1)
        applied = editor.carry_out(proposed, finder)  # type: ignore[arg-type]
    assert isinstance(applied, Applied)
    assert applied.outcome is Outcome.STOPPED
