"""Every fault at every moment of an edit: nothing twice, nothing lost, nothing sent again blindly (E1)."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from faebot_hash.adapters.commons import Commons
from tests.counting import Counted
from tests.fake_wiki.boundaries import Boundary
from tests.fake_wiki.faults import Fault
from tests.fake_wiki.scene import DUPLICATE, KEEPER
from tests.fake_wiki.world import World
from tests.scenarios import Bot
from tests.seeds import FRESH_SEED

pytest_plugins = ("tests.fake_wiki.fixtures",)

BOTH = (DUPLICATE, KEEPER)
POINTS = list(product(Boundary, Fault))
LONG = os.environ.get("FAEBOT_LONG") == "1"


def chosen(seed: int) -> Iterator[tuple[Boundary, Fault]]:
    """Give all points, or a tenth of them."""
    return iter(POINTS if LONG else random.Random(seed).sample(POINTS, len(POINTS) // 10))


def test_there_are_342_points() -> None:
    assert len(POINTS) == 342


@pytest.mark.parametrize("seed", [1] if LONG else [1, FRESH_SEED])
def test_no_fault_breaks_an_edit(
    world: World, world_commons: Commons, tmp_path: Path, counted: Counted, seed: int
) -> None:
    broken, resent, idle = [], [], []
    for number, (boundary, fault) in enumerate(chosen(seed)):
        world.reset()
        folder = tmp_path / str(number)
        folder.mkdir()
        bot = Bot(world, world_commons, folder)
        point = f"{fault.words} at {boundary.value}"
        # Two edits, so that what strikes after the first one has a second one to strike.
        world.at(boundary, fault)
        bot.try_to_tag(BOTH)
        idle += [point] if world.unspent else []
        world.calm()
        world.clock.sleep(60)
        bot.tag(BOTH)
        broken += [f"{point}: {sentence}" for sentence in world.check(bot.rows())]
        tokens = [post.token for post in world.ledger.posts()]
        resent += [point] if len(tokens) != len(set(tokens)) else []
        broken += [] if bot.tagged() else [f"{point}: never tagged"]
    assert broken == []
    assert resent == []
    assert idle == [], "these faults struck nothing"
    counted("E1", number + 1, "fault points")
