"""A page of the bot's own through the one door: made, changed, left as it is, or left to people."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import pywikibot
from pywikibot.comms import http

from faebot_hash.adapters.commons import Commons
from faebot_hash.adapters.store import Store
from faebot_hash.apply import CONFLICTS, Editor
from faebot_hash.edits import Kind, Outcome, PageEdit, Published
from faebot_hash.gate import Rules
from faebot_hash.ports import EditAnswer, JournalRow
from faebot_hash.reasons import Reason, Skipped
from tests.counting import Counted
from tests.fake_wiki.boundaries import Boundary, WatchedJournal
from tests.fake_wiki.faults import Fault
from tests.fake_wiki.remote import RemoteWorld
from tests.fake_wiki.world import World
from tests.fakes import ACCOUNT, FakeJournal, FakeWiki
from tests.practice.configuration import BOT
from tests.practice.wiki import PracticeWiki
from tests.test_apply import Clock, editor

pytest_plugins = ("tests.fake_wiki.fixtures",)

TITLE = f"User:{BOT}/Confirmed/2026-11-22"
TEXT = "== Confirmed ==\nNothing yet."
SUMMARY = "A report"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def wiki(clock: Clock) -> FakeWiki:
    return FakeWiki(now=clock.now)


@pytest.fixture
def journal() -> FakeJournal:
    return FakeJournal()


@pytest.fixture
def one(wiki: FakeWiki, journal: FakeJournal, clock: Clock) -> Editor:
    return editor(wiki, journal, clock, rules=Rules(bot_names=("Faebot",)))


def text_of(wiki: FakeWiki) -> str:
    return wiki.others[TITLE][-1][1] if TITLE in wiki.others else ""


def test_a_missing_page_is_made(wiki: FakeWiki, journal: FakeJournal, one: Editor) -> None:
    published = one.publish(TITLE, TEXT, SUMMARY)
    assert (published.title, published.outcome) == (TITLE, Outcome.EDITED)
    assert text_of(wiki) == TEXT
    (row,) = journal.rows()
    assert (row.state, row.revid, row.intent.kind) == ("DONE", published.revid, Kind.REPORT)
    assert (row.intent.page_id, row.intent.baserevid, row.intent.title) == (0, 0, TITLE)
    assert wiki.history_of(TITLE)[0].comment == f"{SUMMARY} ({row.intent.token})"
    assert wiki.flagged == [True]


def test_a_page_that_is_there_gets_the_new_text(wiki: FakeWiki, journal: FakeJournal, one: Editor) -> None:
    base = wiki.save_other(TITLE, "old", "", BOT)
    assert one.publish(TITLE, TEXT, SUMMARY).outcome is Outcome.EDITED
    assert text_of(wiki) == TEXT
    (row,) = journal.rows()
    assert (row.intent.baserevid, row.intent.page_id, row.intent.title) == (base.revid, 1_000, TITLE)


@pytest.mark.parametrize("more", ["", "\n", " \n\n"])
def test_the_same_text_is_not_sent(wiki: FakeWiki, journal: FakeJournal, one: Editor, more: str) -> None:
    wiki.save_other(TITLE, TEXT, "", BOT)
    assert one.publish(TITLE, TEXT + more, SUMMARY).outcome is Outcome.NOTHING_TO_DO
    assert (wiki.edits, wiki.flagged, journal.states) == ([], [], [])


def test_simulation_and_other_wikis_make_nothing(wiki: FakeWiki, journal: FakeJournal, clock: Clock) -> None:
    simulated = editor(wiki, journal, clock, simulate=True).publish(TITLE, TEXT, SUMMARY)
    wiki.family = "commons"
    elsewhere = editor(wiki, journal, clock).publish(TITLE, TEXT, SUMMARY)
    assert (simulated.outcome, elsewhere.outcome) == (Outcome.SIMULATED, Outcome.REFUSED)
    assert (wiki.others, wiki.asked, journal.states) == ({}, [], [])


@pytest.mark.parametrize("code", ["cantcreate", "protectedtitle", "permissiondenied"])
@pytest.mark.spec("9.6")
def test_what_the_wiki_lets_nobody_make_is_left_to_people(
    wiki: FakeWiki, journal: FakeJournal, one: Editor, code: str
) -> None:
    wiki.before_edit = lambda edit: EditAnswer(code)
    published = one.publish(TITLE, TEXT, SUMMARY)
    assert (published.outcome, published.outcome.ends_run) == (Outcome.CANNOT_CREATE, False)
    assert journal.states == ["REFUSED"]


def test_without_the_right_no_page_is_asked_for(wiki: FakeWiki, journal: FakeJournal, one: Editor) -> None:
    wiki.account = replace(ACCOUNT, rights=ACCOUNT.rights - {"createpage"})
    assert one.publish(TITLE, TEXT, SUMMARY).outcome is Outcome.CANNOT_CREATE
    assert (wiki.flagged, journal.states) == ([], ["REFUSED"])
    wiki.save_other(TITLE, "made by hand", "", "Admin")
    assert one.publish(TITLE, TEXT, SUMMARY).outcome is Outcome.EDITED


def test_permission_lost_on_a_page_that_is_there_stops(wiki: FakeWiki, one: Editor) -> None:
    wiki.save_other(TITLE, "old", "", BOT)
    wiki.before_edit = lambda edit: EditAnswer("permissiondenied")
    assert one.publish(TITLE, TEXT, SUMMARY).outcome is Outcome.STOPPED


def test_the_run_page_stops_a_report(wiki: FakeWiki, journal: FakeJournal, one: Editor) -> None:
    wiki.run_page = Skipped("PracticeBot/Run", Reason.MISSING)
    assert one.publish(TITLE, TEXT, SUMMARY).outcome is Outcome.STOPPED
    assert (wiki.others, journal.states) == ({}, [])


@pytest.mark.parametrize("text", ["{{nobots}}", "{{bots|deny=Faebot}}", f"{{{{bots|deny={BOT}}}}}"])
@pytest.mark.spec("9.5")
def test_a_page_that_refuses_bots_is_left(wiki: FakeWiki, one: Editor, text: str) -> None:
    wiki.save_other(TITLE, text, "leave it", "Admin")
    assert one.publish(TITLE, TEXT, SUMMARY).outcome is Outcome.REFUSED
    assert text_of(wiki) == text


def interrupted(wiki: FakeWiki, act: Callable[[], object]) -> None:
    """Let somebody act between the last look and the POST, once."""

    def before(edit: PageEdit) -> None:
        wiki.before_edit = lambda edit: None
        act()

    wiki.before_edit = before


def test_who_makes_the_page_first_is_seen(wiki: FakeWiki, journal: FakeJournal, one: Editor) -> None:
    interrupted(wiki, lambda: wiki.save_other(TITLE, "by hand", "", "Admin"))
    assert one.publish(TITLE, TEXT, SUMMARY).outcome is Outcome.EDITED
    assert journal.states == ["CONFLICT", "DONE"]
    assert [text for _, text in wiki.others[TITLE]] == ["by hand", TEXT]


def test_endless_conflicts_end(wiki: FakeWiki, journal: FakeJournal, one: Editor) -> None:
    wiki.save_other(TITLE, "old", "", BOT)
    wiki.before_edit = lambda edit: EditAnswer("editconflict")
    assert one.publish(TITLE, TEXT, SUMMARY).outcome is Outcome.CONFLICT
    assert journal.states == ["CONFLICT"] * CONFLICTS


@pytest.mark.parametrize("before", ["", "old"])
def test_a_lost_reply_is_settled_by_the_title(
    wiki: FakeWiki, journal: FakeJournal, one: Editor, before: str
) -> None:
    if before:
        wiki.save_other(TITLE, before, "", BOT)
    wiki.after_edit = lambda answer: EditAnswer("unknown", "connection reset")
    wiki.revisions[1_000] = wiki.others[TITLE] if before else []
    published = one.publish(TITLE, TEXT, SUMMARY)
    assert published.outcome is Outcome.EDITED
    assert published.revid == wiki.history_of(TITLE)[0].revid
    assert journal.states == ["DONE"]


def test_a_page_that_was_never_made_leaves_no_open_row(
    wiki: FakeWiki, journal: FakeJournal, one: Editor
) -> None:
    wiki.before_edit = lambda edit: EditAnswer("unknown", "connection reset")
    assert one.publish(TITLE, TEXT, SUMMARY).outcome is Outcome.CONFLICT
    assert set(journal.states) == {"CONFLICT"}


# On the fake wiki, with the real adapter


@dataclass
class Reporter:
    """A bot that publishes one report; in a process of its own it knows the world through ``remote``."""

    world: World
    commons: Commons
    folder: Path
    remote: RemoteWorld | None = None

    def publish(self, text: str = TEXT) -> Published:
        """Settle what is open, and publish."""
        clock = self.remote or self.world.clock
        with Store.open(self.address, now=clock.now) as store:
            journal = WatchedJournal(store, self.remote or self.world)
            one = Editor(self.commons, journal, lambda given: True, now=clock.now, sleep=clock.sleep)
            one.settle_open()
            return one.publish(TITLE, text, SUMMARY)

    @property
    def address(self) -> str:
        """Name the store."""
        return f"sqlite:///{self.folder / 'faebot.sqlite'}"

    def rows(self) -> list[JournalRow]:
        """List the journal, oldest first."""
        with Store.open(self.address) as store:
            return list(reversed(store.rows()))

    def saved(self) -> list[str]:
        """List the texts that were saved, oldest first."""
        return [edit.after for edit in self.world.ledger.edits if edit.title == TITLE and edit.user == BOT]

    def wrong(self) -> list[str]:
        """Say what of journal and wiki does not fit together."""
        rows = self.rows()
        done = {row.intent.token: row.revid for row in rows if row.state == "DONE"}
        saved = {
            edit.token: edit.revid
            for edit in self.world.ledger.edits
            if edit.title == TITLE and edit.user == BOT
        }
        wrong = [] if done == saved else [f"the journal says {done}, the wiki {saved}"]
        wrong += [
            f"{row.intent.token} is open" for row in rows if row.state in ("PLANNED", "SENT", "UNKNOWN")
        ]
        sent = [post.token for post in self.world.ledger.posts()]
        return wrong + ([] if len(sent) == len(set(sent)) else ["an edit was sent again"])


@pytest.fixture
def creator(world: World) -> World:
    world.state.may_create = True
    return world


def test_a_page_is_made_changed_and_left(creator: World, world_commons: Commons, tmp_path: Path) -> None:
    reporter = Reporter(creator, world_commons, tmp_path)
    assert reporter.publish().outcome is Outcome.EDITED
    creator.clock.sleep(60)
    assert reporter.publish().outcome is Outcome.NOTHING_TO_DO
    assert reporter.publish("another text").outcome is Outcome.EDITED
    assert reporter.saved() == [TEXT, "another text"]
    posts = [post.asked for post in creator.ledger.posts()]
    assert [("createonly" in one, "nocreate" in one, "bot" in one) for one in posts] == [
        (True, False, True),
        (False, True, True),
    ]
    assert [row.intent.page_id > 0 for row in reporter.rows()] == [False, True]
    assert reporter.wrong() == []


def test_an_account_that_may_not_create_asks_people(
    world: World, world_commons: Commons, tmp_path: Path
) -> None:
    reporter = Reporter(world, world_commons, tmp_path)
    assert reporter.publish().outcome is Outcome.CANNOT_CREATE
    assert world.ledger.posts() == []
    assert reporter.wrong() == []


def test_a_protected_page_is_left(creator: World, world_commons: Commons, tmp_path: Path) -> None:
    reporter = Reporter(creator, world_commons, tmp_path)
    creator.people.edit(TITLE, "by hand")
    creator.people.protect(TITLE)
    assert reporter.publish().outcome is Outcome.REFUSED
    assert reporter.saved() == []


@pytest.mark.parametrize("boundary", Boundary, ids=lambda boundary: boundary.value)
@pytest.mark.parametrize("there", [False, True], ids=["new", "there"])
def test_no_fault_breaks_a_report(
    creator: World, world_commons: Commons, tmp_path: Path, counted: Counted, boundary: Boundary, there: bool
) -> None:
    wrong = []
    for number, fault in enumerate((Fault.RESET, Fault.HTTP_503, Fault.UNKNOWN_CODE, Fault.DB_QUERY_ERROR)):
        creator.reset()
        creator.state.may_create = True
        if there:
            creator.people.edit(TITLE, "an older report")
        folder = tmp_path / str(number)
        folder.mkdir()
        reporter = Reporter(creator, world_commons, folder)
        creator.at(boundary, fault)
        reporter.publish()
        creator.calm()
        creator.clock.sleep(60)
        reporter.publish()
        wrong += [f"{fault.words}: {sentence}" for sentence in reporter.wrong()]
        wrong += [] if reporter.saved() == [TEXT] else [f"{fault.words}: saved {len(reporter.saved())} times"]
    assert wrong == []
    counted("E1", 4, "fault points of reports")


@pytest.mark.parametrize("boundary", Boundary, ids=lambda boundary: boundary.value)
@pytest.mark.parametrize("there", [False, True], ids=["new", "there"])
def test_killed_at_each_boundary(
    creator: World, world_commons: Commons, tmp_path: Path, counted: Counted, boundary: Boundary, there: bool
) -> None:
    if there:
        creator.people.edit(TITLE, "an older report")
    reporter = Reporter(creator, world_commons, tmp_path)
    Store.open(reporter.address).close()
    children: list[int] = []
    creator.at(boundary, lambda: os.kill(children[0], signal.SIGKILL))
    children.append(in_child(replace(reporter, remote=RemoteWorld(creator.address))))
    _, status = os.waitpid(children[0], 0)
    assert os.WIFSIGNALED(status), "the boundary was not reached"
    creator.calm()
    creator.clock.sleep(60)
    reporter.publish()
    assert reporter.wrong() == []
    assert reporter.saved() == [TEXT]
    counted("E3", 1, "kills of reports at a boundary")


def in_child(reporter: Reporter) -> int:
    """Publish in a process of its own, with connections of its own."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            http.session.close()
            reporter.publish()
            code = 0
        finally:
            os._exit(code)
    return child


# On a real MediaWiki


@pytest.fixture
def commons(wiki_of_people: PracticeWiki) -> Commons:
    commons = Commons(pywikibot.Site())
    commons.prepare()
    return commons


@pytest.fixture
def wiki_of_people(request: pytest.FixtureRequest) -> PracticeWiki:
    practice: PracticeWiki = request.getfixturevalue("practice_wiki")
    practice.reset()
    return practice


def publish_on(commons: Commons, text: str = TEXT) -> Published:
    one = Editor(commons, FakeJournal(), lambda given: True, interval_s=0.0)
    return one.publish(TITLE, text, SUMMARY)


@pytest.mark.practice
def test_a_real_wiki_lets_the_bot_make_a_page_or_not(wiki_of_people: PracticeWiki, commons: Commons) -> None:
    assert publish_on(commons).outcome is Outcome.CANNOT_CREATE
    assert not any(one.get("action") == "edit" for one in wiki_of_people.requests())
    wiki_of_people.fault("may-create")
    made = publish_on(commons)
    assert made.outcome is Outcome.EDITED, made
    assert publish_on(commons).outcome is Outcome.NOTHING_TO_DO
    changed = publish_on(commons, "another text")
    newest, oldest = commons.history_of(TITLE)
    assert (newest.revid, newest.parentid, oldest.parentid) == (changed.revid, made.revid, 0)
    wiki_of_people.human("protect", TITLE)
    assert publish_on(commons).outcome is Outcome.REFUSED


@pytest.mark.practice
def test_a_lost_reply_of_a_real_wiki_is_settled_by_the_title(
    wiki_of_people: PracticeWiki, commons: Commons
) -> None:
    wiki_of_people.fault("may-create")
    wiki_of_people.fault("lost-reply")
    assert publish_on(commons).outcome is Outcome.EDITED
    assert [revision.parentid for revision in commons.history_of(TITLE)] == [0]
    assert sum(one.get("action") == "edit" for one in wiki_of_people.requests()) == 1
