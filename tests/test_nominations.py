"""Nominations on both wikis: they show in recent changes, and wait while administrators have enough to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

import pytest

from faebot_hash.adapters.answers import preflight_of
from faebot_hash.adapters.commons import Commons
from faebot_hash.apply import Editor
from faebot_hash.edits import Applied, Kind, Outcome, PageEdit, Proposal, Witness
from faebot_hash.gate import rules_of
from faebot_hash.model import FileInfo, PageText, Seed
from faebot_hash.reasons import Reason, Skipped
from faebot_hash.settings import Settings, TaggingSettings
from tests.fake_wiki.boundaries import Boundary
from tests.fake_wiki.grounds import Ground, fake_ground, practice_ground
from tests.fake_wiki.world import World
from tests.fakes import FakeJournal
from tests.nominators import nominated_text

pytest_plugins = ("tests.fake_wiki.fixtures",)

SETTINGS = Settings(tagging=TaggingSettings(duplicate_template=True, trial=False))


@pytest.fixture(params=["fake", pytest.param("practice", marks=pytest.mark.practice)])
def ground(request: pytest.FixtureRequest) -> Ground:
    if request.param == "practice":
        ground = practice_ground(request.getfixturevalue("wiki"))
        return replace(ground, partner="File:Fleuron T012345-7.png")
    return fake_ground(request.getfixturevalue("world"), request.getfixturevalue("world_commons"))


def editor(ground: Ground, settings: Settings = SETTINGS) -> Editor:
    one = Editor(ground.commons, FakeJournal(), lambda given: True, interval_s=0.0, rules=rules_of(settings))
    if isinstance(ground.wiki, World):
        one.now, one.sleep = ground.wiki.clock.now, ground.wiki.clock.sleep
    return one


def nomination(ground: Ground) -> Proposal:
    """Nominate the first file for its partner."""
    (seed,) = ground.commons.seeds([ground.partner])
    (file,) = ground.commons.files([ground.page_id])
    assert isinstance(seed, Seed)
    assert isinstance(file, FileInfo)
    keeper = seed.file
    kept = ground.commons.texts([keeper.page_id])[keeper.page_id]
    assert isinstance(kept, PageText)
    witness = Witness(keeper.page_id, keeper.title, kept.revid, keeper.sha1)
    new_text = nominated_text(ground.page.text, keeper.title)
    edit = PageEdit(ground.page, new_text, "Faebot confirmed identical duplicate")
    return Proposal(file, edit, Kind.NOMINATED, witnesses=(witness,))


def flags(ground: Ground) -> Sequence[bool]:
    """Tell of each edit of the page, newest first, whether it is marked as a bot's."""
    if isinstance(ground.wiki, World):
        return [one.bot for one in reversed(ground.wiki.state.pages[ground.page_id].revisions)]
    told = ground.wiki.reader().get(
        action="query", list="recentchanges", rcprop="flags", rctitle=ground.title, rclimit=50
    )
    return [one["bot"] for one in told["query"]["recentchanges"]]


class Regretful:
    """Takes back whatever it is asked about."""

    def judge_again(self, proposal: Proposal) -> Skipped:
        return Skipped(proposal.file.title, Reason.NO_KEEPER)

    def withdrawal(self, proposal: Proposal, merged: PageText) -> PageEdit | None:
        return PageEdit(merged, proposal.edit.page.text, "Undo own edit: a reason")


class Content(Regretful):
    """Finds everything as it should be."""

    def withdrawal(self, proposal: Proposal, merged: PageText) -> PageEdit | None:
        return None


def test_a_nomination_shows_and_so_does_its_withdrawal(ground: Ground) -> None:
    before = ground.page.text
    one, proposal = editor(ground), nomination(ground)
    assert one.apply(replace(proposal, kind=Kind.IDENTIFIED)).outcome is Outcome.EDITED
    assert flags(ground)[:1] == [True]
    marked = PageEdit(ground.page, before + "\nmore", "more")
    assert one.apply(replace(proposal, edit=marked)).outcome is Outcome.EDITED
    back = PageEdit(ground.page, before, "Undo own edit: a reason")
    withdrawn = replace(proposal, edit=back, kind=Kind.NOMINATED.withdrawal, witnesses=())
    assert one.apply(withdrawn).outcome is Outcome.EDITED
    assert flags(ground)[:3] == [False, False, True]


class Afterwards(AbstractContextManager[None]):
    """Lets something happen once, right after a try to edit."""

    def __init__(self, act: Callable[[], object]) -> None:
        self.acts = [act]

    def __exit__(self, *unused: object) -> None:
        if self.acts:
            self.acts.pop()()


@pytest.mark.spec("7.3")
def test_the_copy_to_keep_is_looked_at_once_more(ground: Ground) -> None:
    before, proposal, one = ground.page.text, nomination(ground), editor(ground)
    one.shield = Afterwards(
        lambda: ground.wiki.human("append", ground.partner, text="\n{{duplicate|Other.jpg}}")
    )
    applied = one.carry_out(proposal, Regretful())
    assert isinstance(applied, Applied)
    assert applied.outcome is Outcome.WITHDRAWN, applied
    assert ground.page.text == before
    assert [row.state for row in one.journal.rows()] == ["DONE", "UNDONE"]


def test_without_a_change_the_look_leaves_a_nomination(ground: Ground) -> None:
    applied = editor(ground).carry_out(nomination(ground), Regretful())
    assert isinstance(applied, Applied)
    assert applied.outcome is Outcome.EDITED


def test_words_on_the_copy_to_keep_ask_the_judge_and_no_more(ground: Ground) -> None:
    one = editor(ground)
    one.shield = Afterwards(lambda: ground.wiki.human("append", ground.partner, text="\nwords"))
    applied = one.carry_out(nomination(ground), Content())
    assert isinstance(applied, Applied)
    assert applied.outcome is Outcome.EDITED


@pytest.mark.parametrize(("room", "outcome"), [(1, Outcome.EDITED), (0, Outcome.CAPPED)])
def test_the_queue_of_the_administrators_is_counted(ground: Ground, room: int, outcome: Outcome) -> None:
    ground.wiki.human("append", ground.partner, text="\n[[Category:Duplicate]]")
    held = ground.commons.preflight((), ["Duplicate"]).category_files["Duplicate"]
    assert held >= 1
    tagging = replace(SETTINGS.tagging, duplicate_limit=held + room)
    one = editor(ground, replace(SETTINGS, tagging=tagging))
    applied = one.apply(nomination(ground))
    assert applied.outcome is outcome, applied
    released = replace(nomination(ground), kind=Kind.RELEASED)
    assert one.apply(released).outcome in (Outcome.EDITED, Outcome.NOTHING_TO_DO)


@pytest.mark.parametrize(("held", "outcome"), [(99, Outcome.EDITED), (100, Outcome.CAPPED)])
@pytest.mark.spec("6.19")
def test_a_hundred_are_enough(world: World, world_commons: Commons, held: int, outcome: Outcome) -> None:
    for number in range(held):
        world.people.new_file(f"File:Queued {number}.jpg", "{{duplicate|Other.jpg}}", f"{number:040x}")
    ground = fake_ground(world, world_commons)
    planned = nomination(ground)
    before = len(world.ledger.requests)
    assert editor(ground).apply(planned).outcome is outcome
    counts = [one for one in world.ledger.requests[before:] if "categoryinfo" in one.asked.get("prop", "")]
    assert [one.boundary for one in counts] == [Boundary.PRE_FLIGHT]
    assert "Category:Duplicate" in counts[0].asked["titles"]
    assert [("bot" in post.asked, "nocreate" in post.asked) for post in world.ledger.posts()] == (
        [(False, True)] if outcome is Outcome.EDITED else []
    )


CATEGORY = {"ns": 14, "pageid": 5, "title": "Category:Duplicate"}


@pytest.mark.parametrize(
    ("page", "more", "held"),
    [
        ({**CATEGORY, "categoryinfo": {"files": 7}}, {}, {"Duplicate": 7}),
        (CATEGORY, {}, {"Duplicate": 0}),
        ({"ns": 14, "title": "Category:Duplicate", "missing": True}, {}, {"Duplicate": 0}),
        (CATEGORY, {"cicontinue": "5", "continue": "||"}, {}),
        ({**CATEGORY, "categoryinfo": {"files": 7}}, {"iistart": "x", "continue": "||"}, {"Duplicate": 7}),
    ],
    ids=["counted", "empty", "missing and empty", "no room in the answer", "more of something else"],
)
def test_what_the_answer_has_no_room_for_is_not_empty(
    page: dict[str, object], more: dict[str, str], held: dict[str, int]
) -> None:
    answer = {
        "curtimestamp": "2026-01-01T00:00:00Z",
        "query": {"pages": [page], "userinfo": {"name": "PracticeBot"}},
        **({"continue": more} if more else {}),
    }
    read = preflight_of(answer, "User:PracticeBot/Run", "User:PracticeBot/Settings.json")
    assert read.category_files == held
