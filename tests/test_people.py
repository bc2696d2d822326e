"""People act at every moment of an edit, and always win (E2); changed bytes are noticed (E10)."""

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
from tests.fake_wiki.people import HumanAction
from tests.fake_wiki.scene import DUPLICATE
from tests.fake_wiki.world import World
from tests.practice.configuration import BOT
from tests.scenarios import Bot
from tests.seeds import FRESH_SEED

pytest_plugins = ("tests.fake_wiki.fixtures",)

LONG = os.environ.get("FAEBOT_LONG") == "1"
ACTIONS = [action for action in HumanAction if action is not HumanAction.REVERT] + [HumanAction.REVERT]
INTERLEAVINGS = list(product(Boundary, ACTIONS))
OVERWRITES = (HumanAction.OVERWRITE_DUPLICATE, HumanAction.OVERWRITE_KEEPER)
OVERWRITE_ROUNDS = 100 if LONG else 10

HARMLESS = frozenset({HumanAction.UNRELATED_EDIT, HumanAction.ADD_CATEGORY})


def chosen(seed: int) -> Iterator[tuple[Boundary, HumanAction]]:
    """Give all interleavings, or a tenth of them."""
    size = len(INTERLEAVINGS)
    return iter(INTERLEAVINGS if LONG else random.Random(seed).sample(INTERLEAVINGS, size // 10))


def lost_edits(world: World) -> list[str]:
    """Name the edits of people whose words an edit of ours took away."""
    lost = []
    for edit in world.ledger.edits:
        if edit.user == BOT:
            kept = [line for line in edit.before.splitlines() if line not in edit.after.splitlines()]
            lost += [
                f"revision {edit.revid} took away “{line}”"
                for line in kept
                if "Faebot identified" not in line
            ]
    return lost


@pytest.mark.parametrize("seed", [1] if LONG else [1, FRESH_SEED])
def test_people_always_win(
    world: World, world_commons: Commons, tmp_path: Path, counted: Counted, seed: int
) -> None:
    broken = []
    for number, (boundary, action) in enumerate(chosen(seed)):
        world.reset()
        folder = tmp_path / str(number)
        folder.mkdir()
        bot = Bot(world, world_commons, folder)
        world.at(boundary, action)
        bot.try_to_tag()
        world.calm()
        world.clock.sleep(60)
        bot.try_to_tag()
        world.clock.sleep(60)
        bot.try_to_tag()
        point = f"{action.name} at {boundary.value}"
        broken += [f"{point}: {sentence}" for sentence in (*world.check(bot.rows()), *lost_edits(world))]
        if action in HARMLESS and not bot.tagged():
            broken.append(f"{point}: harmless, and yet not tagged")
    assert broken == []
    counted("E2", number + 1, "interleavings")


def test_there_are_162_interleavings() -> None:
    assert len(INTERLEAVINGS) == 9 * len(ACTIONS)
    assert len(INTERLEAVINGS) >= 162


@pytest.mark.parametrize("boundary", Boundary, ids=lambda boundary: boundary.value)
@pytest.mark.parametrize("action", OVERWRITES, ids=lambda action: action.name)
@pytest.mark.spec("7.1")
def test_no_tag_stays_on_changed_bytes(
    world: World,
    world_commons: Commons,
    tmp_path: Path,
    counted: Counted,
    boundary: Boundary,
    action: HumanAction,
) -> None:
    broken = []
    for number in range(OVERWRITE_ROUNDS):
        world.reset()
        folder = tmp_path / str(number)
        folder.mkdir()
        bot = Bot(world, world_commons, folder)
        world.at(boundary, action)
        bot.try_to_tag()
        world.calm()
        world.clock.sleep(60 + number)
        bot.try_to_tag()
        broken += world.check(bot.rows())
    assert broken == []
    counted("E10", OVERWRITE_ROUNDS, "overwritten files")
    assert DUPLICATE in {edit.title for edit in world.ledger.edits}
