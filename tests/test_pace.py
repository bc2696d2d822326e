"""Never too fast, whatever restarts in between and whatever the clock does (E7)."""

from __future__ import annotations

import os
import random
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from faebot_hash.adapters.store import Store
from faebot_hash.apply import LAG_WAITS, Editor
from faebot_hash.edits import Outcome, PageEdit, Proposal
from faebot_hash.model import PageText
from faebot_hash.ports import EditAnswer
from tests.counting import Counted
from tests.fakes import FakeJournal, FakeWiki, file_info
from tests.seeds import FRESH_SEED
from tests.test_apply import Clock

LONG = os.environ.get("FAEBOT_LONG") == "1"
EDITS = 10_000 if LONG else 1_000
INTERVAL_S = 10.0


def tag_of(wiki: FakeWiki, page_id: int, number: int) -> Proposal:
    page = wiki.texts([page_id])[page_id]
    assert isinstance(page, PageText)
    return Proposal(wiki.known[page_id], PageEdit(page, f"text {number}", "pHash"))


def a_wiki(clock: Clock) -> FakeWiki:
    wiki = FakeWiki(now=clock.now)
    wiki.add(file_info(1), "text")
    return wiki


@pytest.mark.parametrize("seed", [1, FRESH_SEED])
@pytest.mark.spec("8.5")
def test_edits_keep_their_distance_over_restarts(tmp_path: Path, counted: Counted, seed: int) -> None:
    chance, clock = random.Random(seed), Clock()
    wiki, at = a_wiki(clock), list[datetime]()
    wiki.before_edit = lambda edit: at.append(clock.now())
    url = f"sqlite:///{tmp_path / 'one.sqlite'}"
    store = Store.open(url)
    for number in range(EDITS):
        if chance.random() < 0.02:
            store.close()
            store = Store.open(url)
            clock.sleep(chance.uniform(0, 3))
        editor = Editor(wiki, store, lambda proposal: True, now=clock.now, sleep=clock.sleep)
        assert editor.apply(tag_of(wiki, 1, number)).outcome is Outcome.EDITED
        clock.sleep(chance.expovariate(1 / 4))
    store.close()
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(at)]
    assert len(gaps) == EDITS - 1
    assert min(gaps) >= INTERVAL_S
    counted("E7", EDITS, "edits at their distance")


def answered(
    clock: Clock, at: list[datetime], answers: list[EditAnswer | None], edit: PageEdit
) -> EditAnswer | None:
    at.append(clock.now())
    return answers.pop(0)


@pytest.mark.parametrize("seed", [2, FRESH_SEED])
def test_what_the_wiki_asks_to_wait_is_waited(counted: Counted, seed: int) -> None:
    chance = random.Random(seed)
    for number in range(1_000):
        clock = Clock()
        wiki, asked_s = a_wiki(clock), float(chance.choice([0, 1, 5, 17, 60, 300]))
        at, answers = list[datetime](), [EditAnswer("maxlag", retry_after_s=asked_s), None]
        wiki.before_edit = lambda edit, at=at, answers=answers, now=clock.now: (
            at.append(now()),
            answers.pop(0),
        )[1]
        editor = Editor(wiki, FakeJournal(), lambda proposal: True, now=clock.now, sleep=clock.sleep)
        assert editor.apply(tag_of(wiki, 1, number)).outcome is Outcome.EDITED
        assert (at[1] - at[0]).total_seconds() >= max(asked_s, INTERVAL_S)
    counted("E7", number + 1, "waits that the wiki asked for")


@pytest.mark.spec("8.7")
def test_a_day_of_lag_edits_nothing_and_does_not_spin() -> None:
    clock = Clock()
    wiki, posts = a_wiki(clock), 0

    def lagged(edit: PageEdit) -> EditAnswer:
        nonlocal posts
        posts += 1
        return EditAnswer("maxlag", retry_after_s=5)

    wiki.before_edit = lagged
    journal = FakeJournal(now=clock.now)
    morning = clock.now()
    while clock.now() - morning < timedelta(hours=24):
        editor = Editor(wiki, journal, lambda proposal: True, now=clock.now, sleep=clock.sleep)
        assert editor.apply(tag_of(wiki, 1, posts)).outcome is Outcome.UNAVAILABLE
        assert wiki.texts([1]), "reads go on"
        clock.sleep(3600)
    assert wiki.edits == []
    assert posts <= 25 * LAG_WAITS


def test_the_clock_may_jump(tmp_path: Path) -> None:
    clock = Clock()
    wiki, journal = a_wiki(clock), FakeJournal(now=clock.now)
    editor = Editor(wiki, journal, lambda proposal: True, now=clock.now, sleep=clock.sleep)
    editor.apply(tag_of(wiki, 1, 1))
    for jump in (timedelta(days=-1), timedelta(hours=5), timedelta(seconds=-3)):
        clock.time += jump
        before = len(clock.slept)
        editor.apply(tag_of(wiki, 1, before + 2))
        if jump < timedelta(0):
            assert sum(clock.slept[before:]) >= INTERVAL_S
