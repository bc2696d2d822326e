"""A bot with one safeguard taken out breaks the invariant that the safeguard keeps: the checks can fail."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from faebot_hash import apply, exclude, gate
from faebot_hash.adapters.commons import Commons
from faebot_hash.adapters.store import Store
from faebot_hash.apply import Editor
from faebot_hash.edits import Proposal
from tests.fake_wiki.boundaries import Boundary
from tests.fake_wiki.people import HumanAction
from tests.fake_wiki.scene import DUPLICATE, KEEPER
from tests.fake_wiki.world import World
from tests.nominators import Race, adds_words
from tests.scenarios import Bot
from tests.turns import Chance

pytest_plugins = ("tests.fake_wiki.fixtures",)


@pytest.fixture
def bot(world: World, world_commons: Commons, tmp_path: Path) -> Bot:
    return Bot(world, world_commons, tmp_path)


def broken(bot: Bot) -> set[str]:
    """Name the invariants that do not hold."""
    return {sentence.partition(":")[0] for sentence in bot.world.check(bot.rows())}


def applied_otherwise(bot: Bot, old: str, new: str) -> None:
    """Carry out the usual proposal with something in its text replaced."""
    with bot.run() as (editor, finder):
        (proposed,) = finder.judge(bot.matches([DUPLICATE]))
        assert isinstance(proposed, Proposal)
        edit = replace(proposed.edit, new_text=proposed.edit.new_text.replace(old, new))
        editor.apply(replace(proposed, edit=edit))


def test_the_bot_as_it_is_breaks_nothing(bot: Bot) -> None:
    bot.tag((DUPLICATE, KEEPER))
    assert broken(bot) == set()


def test_v1_a_tag_written_twice(bot: Bot) -> None:
    line = "\n[[Category:Faebot identified duplicates|00181b19147afcf8]]"
    applied_otherwise(bot, line, line + line)
    assert "V1" in broken(bot)


def test_v2_a_partner_that_is_gone(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "why_not", lambda *given: "")
    bot.world.at(Boundary.BEFORE_CLAIM, HumanAction.DELETE_KEEPER)
    bot.tag()
    assert "V2" in broken(bot)


def test_v3_a_stop_page_that_nobody_reads(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "why_stop", lambda *given: "")
    bot.world.at(Boundary.BEFORE_CLAIM, HumanAction.STOP_PAGE_OFF)
    bot.tag()
    assert "V3" in broken(bot)


def test_v4_more_than_our_line(bot: Bot) -> None:
    applied_otherwise(bot, "A motorcycle", "A bicycle")
    assert "V4" in broken(bot)


def test_v5_a_human_who_is_not_heard(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    bot.tag()
    bot.world.act(HumanAction.REVERT)
    monkeypatch.setattr(exclude, "by_history", lambda page, history: None)
    monkeypatch.setattr(Store, "tagged", lambda store, page_id: False)
    bot.world.clock.sleep(60)
    bot.tag()
    assert "V5" in broken(bot)


def test_v6_a_journal_that_is_not_kept(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Store, "settle", lambda store, token, state, revid=0, detail="": None)
    bot.tag()
    assert "V6" in broken(bot)


def test_v7_a_bot_in_a_hurry(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Editor, "_wait_for_turn", lambda editor: None)
    bot.tag((DUPLICATE, KEEPER))
    assert "V7" in broken(bot)


def test_v8_bytes_that_nobody_looks_at_again(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "why_not", lambda *given: "")
    monkeypatch.setattr(Bot, "_recheck", lambda bot, editor: None)
    bot.world.at(Boundary.BEFORE_CLAIM, HumanAction.OVERWRITE_DUPLICATE)
    bot.tag()
    assert "V8" in broken(bot)


def test_e4_an_editor_that_does_not_look_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Editor, "_looked_at_again", lambda editor, applied, judge: applied)
    broken = {sentence for seed in range(100) for sentence in Race({1: 2, 2: 1}).run(Chance(seed))}
    assert "every copy is nominated" in broken


def test_e4_an_editor_that_withdraws_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apply, "CONFLICTS", 1)
    people = (adds_words(1), adds_words(2))
    races = (Race({1: 2, 2: 1}, people=people).run(Chance(seed)) for seed in range(500))
    assert "every copy is nominated" in {sentence for broken in races for sentence in broken}


def test_e4_a_gate_that_does_not_know_who_is_to_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "why_not", lambda *given: "")
    monkeypatch.setattr(gate, "why_not_any_more", lambda *given: "")
    broken = {sentence for seed in range(100) for sentence in Race({1: 2, 2: 3}).run(Chance(seed))}
    assert "Photograph 1.jpg names Photograph 2.jpg, which is nominated itself" in broken


def test_e4_a_lost_look_is_made_up_for_by_the_next_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Editor, "_looked_at_again", lambda editor, applied, judge: applied)
    for seed in range(100):
        race = Race({1: 2, 2: 1})
        race.run(Chance(seed))
        assert race.next_runs() == []
