"""Killed at any moment, an edit is settled by the next run and never made twice (E3)."""

from __future__ import annotations

import os
import random
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest
from pywikibot.comms import http

from faebot_hash.adapters.commons import Commons
from tests.counting import Counted
from tests.fake_wiki.boundaries import Boundary
from tests.fake_wiki.remote import RemoteWorld
from tests.fake_wiki.scene import DUPLICATE
from tests.fake_wiki.world import World
from tests.scenarios import Bot
from tests.seeds import FRESH_SEED

pytest_plugins = ("tests.fake_wiki.fixtures",)

KILLS = 1_000 if os.environ.get("FAEBOT_LONG") == "1" else 100
LONGEST_EDIT_S = 0.15


def in_child(world: World, bot: Bot) -> int:
    """Let a bot tag in a process of its own, with connections of its own."""
    with bot.run():
        pass  # what is killed should be an edit, not the making of tables
    (match,) = bot.matches([DUPLICATE])
    world.verify(match.file.page_id, match.partners[0].page_id)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            http.session.close()
            replace(bot, remote=RemoteWorld(world.address)).tag()
            code = 0
        finally:
            os._exit(code)
    return child


def recovered(world: World, bot: Bot) -> list[str]:
    """Let the next run settle and edit; give what is broken then, also when it read too much."""
    open_rows = sum(row.state in ("PLANNED", "SENT", "UNKNOWN") for row in bot.rows())
    world.clock.sleep(60)
    before = len(world.ledger.requests)
    with bot.run() as (editor, _):
        settled = editor.settle_open()
    reads = len(world.ledger.requests) - before
    bot.tag()
    broken = world.check(bot.rows())
    broken += [] if bot.tagged() else ["the file is not tagged"]
    broken += [] if reads <= open_rows == len(settled) else [f"{reads} reads for {open_rows} open rows"]
    return broken


@pytest.mark.parametrize("seed", [1, FRESH_SEED])
def test_killed_at_random(
    world: World, world_commons: Commons, tmp_path: Path, counted: Counted, seed: int
) -> None:
    chance, broken, died = random.Random(seed), list[str](), 0
    for number in range(KILLS // 2):
        world.reset()
        folder = tmp_path / str(number)
        folder.mkdir()
        bot = Bot(world, world_commons, folder)
        child = in_child(world, bot)
        time.sleep(chance.uniform(0, LONGEST_EDIT_S))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        died += os.WIFSIGNALED(status)
        broken += [f"kill {number}: {sentence}" for sentence in recovered(world, bot)]
    assert broken == []
    assert died > KILLS // 10, "most edits ended before they were killed"
    counted("E3", KILLS // 2, "kills at random")


@pytest.mark.parametrize("boundary", Boundary, ids=lambda boundary: boundary.value)
def test_killed_at_each_boundary(
    world: World, world_commons: Commons, tmp_path: Path, counted: Counted, boundary: Boundary
) -> None:
    bot = Bot(world, world_commons, tmp_path)
    children: list[int] = []
    world.at(boundary, lambda: os.kill(children[0], signal.SIGKILL))
    children.append(in_child(world, bot))
    _, status = os.waitpid(children[0], 0)
    assert os.WIFSIGNALED(status), "the boundary was not reached"
    world.calm()
    assert recovered(world, bot) == []
    counted("E3", 1, "kills at a boundary")
