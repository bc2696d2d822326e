"""Two reverts among the last fifty edits of a kind, and the bot stops by itself (E8)."""

from __future__ import annotations

import random

import pytest

from faebot_hash.apply import Editor
from faebot_hash.edits import Outcome
from faebot_hash.gate import BREAKER_WINDOW, TRIAL_EDITS, Rules
from tests.counting import Counted
from tests.fakes import FakeJournal, FakeWiki, file_info
from tests.seeds import FRESH_SEED
from tests.test_apply import Clock
from tests.test_pace import tag_of

PAGES = 80


def run_of(clock: Clock, rules: Rules | None = None) -> tuple[FakeWiki, FakeJournal, Editor]:
    wiki, journal = FakeWiki(now=clock.now), FakeJournal(now=clock.now)
    for page_id in range(1, PAGES + 1):
        wiki.add(file_info(page_id), "text")
    editor = Editor(
        wiki, journal, lambda proposal: True, rules=rules or Rules(), now=clock.now, sleep=clock.sleep
    )
    return wiki, journal, editor


@pytest.mark.parametrize("seed", [*range(99), FRESH_SEED])
@pytest.mark.spec("8.3")
def test_it_stops_within_one_edit_of_the_second_revert(counted: Counted, seed: int) -> None:
    chance = random.Random(seed)
    wiki, journal, editor = run_of(Clock())
    after = 0
    for page_id in range(1, PAGES + 1):
        window = [row.revid for row in journal.rows(state="DONE", newest=BREAKER_WINDOW)]
        open_breaker = len(wiki.undone.intersection(window)) >= 2
        outcome = editor.apply(tag_of(wiki, page_id, page_id)).outcome
        assert outcome is (Outcome.STOPPED if open_breaker else Outcome.EDITED)
        after += open_breaker
        if window and chance.random() < 0.2:
            wiki.undone.add(chance.choice(window))
    edited = sum(row.state == "DONE" for row in journal.rows())
    assert edited + after == PAGES
    counted("E8", 1, "runs under reverts")


def test_reverts_that_left_the_window_no_longer_count() -> None:
    wiki, journal, editor = run_of(Clock())
    editor.apply(tag_of(wiki, 1, 1))
    wiki.undone.add(journal.rows()[0].revid)
    for page_id in range(2, BREAKER_WINDOW + 2):
        assert editor.apply(tag_of(wiki, page_id, page_id)).outcome is Outcome.EDITED
    wiki.undone.add(journal.rows()[0].revid)
    assert editor.apply(tag_of(wiki, 60, 60)).outcome is Outcome.EDITED


@pytest.mark.spec("8.4")
def test_a_trial_ends_by_itself() -> None:
    wiki, _, editor = run_of(Clock(), Rules(trial=True))
    outcomes = [editor.apply(tag_of(wiki, page_id, page_id)).outcome for page_id in range(1, TRIAL_EDITS + 3)]
    assert outcomes == [Outcome.EDITED] * TRIAL_EDITS + [Outcome.STOPPED] * 2
