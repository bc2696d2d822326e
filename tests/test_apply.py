"""The one door to an edit: order of steps, and what each answer of the wiki leads to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from faebot_hash.apply import LAG_WAITS, NOT_OPENED, Editor
from faebot_hash.edits import Applied, Kind, Outcome, PageEdit, Proposal, Witness
from faebot_hash.gate import Cap, Rules
from faebot_hash.model import HashKind, Match, PageText
from faebot_hash.ports import EditAnswer
from faebot_hash.reasons import Reason, Skipped
from tests.fakes import FakeJournal, FakeWiki, file_info

TAG = "\n[[Category:Faebot identified duplicates|0123456789abcdef]]"


class Flow:
    """Judges as it is told: gives the same proposal from fresh pages, or a refusal; keeps or withdraws."""

    def __init__(self, wiki: FakeWiki, refusal: Skipped | None = None, withdraw: bool = False) -> None:
        self.wiki, self.refusal, self.withdraw = wiki, refusal, withdraw

    def judge_again(self, given: Proposal) -> Proposal | Skipped:
        return self.refusal or proposal(self.wiki, given.file.page_id)

    def withdrawal(self, given: Proposal, merged: PageText) -> PageEdit | None:
        clean = merged.text.replace(TAG, "")
        return PageEdit(merged, clean, "Undo own edit: a reason") if self.withdraw else None


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 1, tzinfo=UTC)
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += timedelta(seconds=seconds)


@pytest.fixture
def wiki(clock: Clock) -> FakeWiki:
    wiki = FakeWiki()
    wiki.now = clock.now
    wiki.add(file_info(1), "old text")
    wiki.add(file_info(2), "old text")
    return wiki


@pytest.fixture
def journal() -> FakeJournal:
    return FakeJournal()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def editor(wiki: FakeWiki, journal: FakeJournal, clock: Clock, **changes: object) -> Editor:
    options = {"confirm": lambda proposal: True, "interval_s": 0.0, "now": clock.now, "sleep": clock.sleep}
    return Editor(wiki, journal, **{**options, **changes})  # type: ignore[arg-type]


def proposal(wiki: FakeWiki, page_id: int = 1) -> Proposal:
    page = wiki.texts([page_id])[page_id]
    assert isinstance(page, PageText)
    match = Match(wiki.known[page_id], HashKind.PHASH, 0x0123456789ABCDEF, (wiki.known[3 - page_id],))
    edit = PageEdit(page, page.text + TAG, "Faebot identified duplicate, pHash: 0123456789abcdef")
    partner = wiki.known[3 - page_id]
    revid = wiki.history(partner.page_id)[0].revid
    witness = Witness(partner.page_id, partner.title, revid, partner.sha1)
    return Proposal(wiki.known[page_id], edit, match=match, witnesses=(witness,))


def test_an_edit_leaves_text_journal_and_token(wiki: FakeWiki, journal: FakeJournal, clock: Clock) -> None:
    applied = editor(wiki, journal, clock).apply(proposal(wiki))
    assert applied.outcome is Outcome.EDITED
    assert wiki.text(1) == "old text" + TAG
    assert journal.states == ["DONE"]
    (token,) = journal.by_token
    assert wiki.history(1)[0].comment.endswith(f"({token})")
    assert applied.revid == wiki.history(1)[0].revid


def test_the_row_is_sent_before_the_post(wiki: FakeWiki, journal: FakeJournal, clock: Clock) -> None:
    seen: list[list[str]] = []
    wiki.before_edit = lambda edit: seen.append(journal.states)
    editor(wiki, journal, clock).apply(proposal(wiki))
    assert seen == [["SENT"]]


def test_simulation_touches_nothing(wiki: FakeWiki, journal: FakeJournal, clock: Clock) -> None:
    applied = editor(wiki, journal, clock, simulate=True).apply(proposal(wiki))
    assert applied.outcome is Outcome.SIMULATED
    assert (wiki.edits, journal.by_token) == ([], {})


def test_no_means_no(wiki: FakeWiki, journal: FakeJournal, clock: Clock) -> None:
    applied = editor(wiki, journal, clock, confirm=lambda proposal: False).apply(proposal(wiki))
    assert applied.outcome is Outcome.DECLINED
    assert (wiki.edits, journal.by_token) == ([], {})


@pytest.mark.parametrize("family", ["commons", "wikipedia", "test", ""])
def test_only_the_practice_family_is_edited(
    wiki: FakeWiki, journal: FakeJournal, clock: Clock, family: str
) -> None:
    wiki.family = family
    applied = editor(wiki, journal, clock).apply(proposal(wiki))
    assert applied.outcome is Outcome.REFUSED
    assert applied.detail == NOT_OPENED
    assert (
        editor(wiki, journal, clock).publish("User:PracticeBot/Report", "text", "").outcome is Outcome.REFUSED
    )
    assert (wiki.edits, journal.by_token) == ([], {})


def test_a_family_is_edited_when_nothing_says_that_it_is_closed(
    wiki: FakeWiki, journal: FakeJournal, clock: Clock
) -> None:
    wiki.family = "commons"
    opened = editor(wiki, journal, clock, closed="")
    assert opened.apply(proposal(wiki)).outcome is Outcome.EDITED
    assert opened.interval_s == 10.0


def test_elsewhere_the_interval_cannot_be_shortened(journal: FakeJournal, clock: Clock) -> None:
    assert editor(FakeWiki(family="commons"), journal, clock).interval_s == 10.0
    assert editor(FakeWiki(family="practice"), journal, clock).interval_s == 0.0


def test_edits_keep_their_distance(wiki: FakeWiki, journal: FakeJournal, clock: Clock) -> None:
    one = editor(wiki, journal, clock, interval_s=10.0)
    one.apply(proposal(wiki, 1))
    clock.sleep(4)
    editor(wiki, journal, clock, interval_s=10.0).apply(proposal(wiki, 2))
    assert clock.slept == [4, 6.0]


@pytest.mark.parametrize(
    ("code", "outcome", "state"),
    [
        ("editconflict", Outcome.CONFLICT, "CONFLICT"),
        ("nosuchpageid", Outcome.CONFLICT, "CONFLICT"),
        ("protectedpage", Outcome.REFUSED, "REFUSED"),
        ("abusefilter-disallowed", Outcome.REFUSED, "REFUSED"),
        ("blocked", Outcome.STOPPED, "REFUSED"),
        ("internal_api_error_DBQueryError", Outcome.CONFLICT, "CONFLICT"),
        ("readonly", Outcome.UNAVAILABLE, "REFUSED"),
        ("a-code-never-seen", Outcome.REFUSED, "REFUSED"),
    ],
)
def test_refusals_are_outcomes(
    wiki: FakeWiki, journal: FakeJournal, clock: Clock, code: str, outcome: Outcome, state: str
) -> None:
    wiki.before_edit = lambda edit: EditAnswer(code)
    assert editor(wiki, journal, clock).apply(proposal(wiki)).outcome is outcome
    assert journal.states == [state]
    assert wiki.edits == []


def test_lag_is_waited_out_with_a_fresh_look_each_time(
    wiki: FakeWiki, journal: FakeJournal, clock: Clock
) -> None:
    answers = [EditAnswer("maxlag"), EditAnswer("maxlag"), None]
    wiki.before_edit = lambda edit: answers.pop(0)
    assert editor(wiki, journal, clock, interval_s=5.0).apply(proposal(wiki)).outcome is Outcome.EDITED
    assert journal.states == ["REFUSED", "REFUSED", "DONE"]
    assert clock.slept == [5.0, 10.0]


def test_endless_lag_ends_the_try(wiki: FakeWiki, journal: FakeJournal, clock: Clock) -> None:
    wiki.before_edit = lambda edit: EditAnswer("maxlag")
    assert editor(wiki, journal, clock).apply(proposal(wiki)).outcome is Outcome.UNAVAILABLE
    assert len(journal.by_token) == LAG_WAITS


def test_a_lost_reply_is_settled_by_the_history(wiki: FakeWiki, journal: FakeJournal, clock: Clock) -> None:
    wiki.after_edit = lambda answer: EditAnswer("unknown", "connection reset")
    assert editor(wiki, journal, clock).apply(proposal(wiki)).outcome is Outcome.EDITED
    assert journal.states == ["DONE"]
    assert len(wiki.edits) == 1


def test_a_lost_request_is_a_conflict_and_not_sent_again(
    wiki: FakeWiki, journal: FakeJournal, clock: Clock
) -> None:
    posts: list[int] = []

    def lose(edit: PageEdit) -> EditAnswer:
        posts.append(edit.page.page_id)
        return EditAnswer("unknown", "connection reset")

    wiki.before_edit = lose
    assert editor(wiki, journal, clock).apply(proposal(wiki)).outcome is Outcome.CONFLICT
    assert journal.states == ["CONFLICT"]
    assert posts == [1]


def test_a_page_that_changed_is_not_edited(wiki: FakeWiki, journal: FakeJournal, clock: Clock) -> None:
    planned = proposal(wiki)
    wiki.save(1, "a human's text", "improve", "Human")
    applied = editor(wiki, journal, clock).apply(planned)
    assert applied.outcome is Outcome.CONFLICT
    assert wiki.text(1) == "a human's text"
    assert journal.states == ["CONFLICT"]


def test_a_file_that_was_overwritten_is_not_tagged(
    wiki: FakeWiki, journal: FakeJournal, clock: Clock
) -> None:
    planned = proposal(wiki)
    wiki.known[1] = file_info(1, sha1="f" * 40)
    assert editor(wiki, journal, clock).apply(planned).outcome is Outcome.CONFLICT
    assert wiki.edits == []


def test_a_conflict_is_judged_anew(wiki: FakeWiki, journal: FakeJournal, clock: Clock) -> None:
    planned = proposal(wiki)
    wiki.save(1, "a human's text", "improve", "Human")
    applied = editor(wiki, journal, clock).carry_out(planned, Flow(wiki))
    assert isinstance(applied, Applied)
    assert applied.outcome is Outcome.EDITED
    assert wiki.text(1) == "a human's text" + TAG


def test_a_conflict_may_end_in_a_reason(wiki: FakeWiki, journal: FakeJournal, clock: Clock) -> None:
    planned = proposal(wiki)
    wiki.save(1, "{{nobots}}", "go away", "Human")
    refusal = Skipped("Photograph 1.jpg", Reason.BOTS_EXCLUDED)
    assert editor(wiki, journal, clock).carry_out(planned, Flow(wiki, refusal)) == refusal
    assert wiki.edits == []


def test_endless_conflicts_end(wiki: FakeWiki, journal: FakeJournal, clock: Clock) -> None:
    wiki.before_edit = lambda edit: EditAnswer("editconflict")
    applied = editor(wiki, journal, clock).carry_out(proposal(wiki), Flow(wiki))
    assert isinstance(applied, Applied)
    assert applied.outcome is Outcome.CONFLICT


@pytest.mark.parametrize("saved", [True, False])
def test_a_killed_run_is_settled_first(
    wiki: FakeWiki, journal: FakeJournal, clock: Clock, saved: bool
) -> None:
    def die(edit: PageEdit) -> None:
        if saved:
            (token,) = journal.by_token
            wiki.save(1, edit.new_text, f"{edit.summary} ({token})", wiki.user)
        raise KeyboardInterrupt

    wiki.before_edit = die
    with pytest.raises(KeyboardInterrupt):
        editor(wiki, journal, clock).apply(proposal(wiki))
    assert journal.states == ["SENT"]
    ((_, outcome),) = editor(wiki, journal, clock).settle_open()
    assert outcome is (Outcome.EDITED if saved else Outcome.CONFLICT)
    assert journal.open_rows() == []
    assert wiki.text(1) == "old text" + (TAG if saved else "")


def test_everything_is_read_before_the_post_and_nothing_in_between(
    wiki: FakeWiki, journal: FakeJournal, clock: Clock
) -> None:
    planned = proposal(wiki)
    wiki.asked.clear()
    wiki.before_edit = lambda edit: wiki.asked.append("post")
    editor(wiki, journal, clock).apply(planned)
    assert wiki.asked == ["prepare", "preflight", "post"]


def test_the_run_page_stops_an_edit_that_is_ready(wiki: FakeWiki, journal: FakeJournal, clock: Clock) -> None:
    planned = proposal(wiki)
    wiki.run_page = Skipped("User:PracticeBot/Run", Reason.MISSING)
    applied = editor(wiki, journal, clock).apply(planned)
    assert applied.outcome is Outcome.STOPPED
    assert wiki.edits == []
    assert journal.states == ["REFUSED"]


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.spec("6.20")
def test_only_nominations_and_their_withdrawals_are_no_bot_edits(
    wiki: FakeWiki, journal: FakeJournal, clock: Clock, kind: Kind
) -> None:
    one = editor(wiki, journal, clock, rules=Rules(may_nominate=True))
    assert one.apply(replace(proposal(wiki), kind=kind)).outcome is Outcome.EDITED
    assert wiki.flagged == [kind not in (Kind.NOMINATED, Kind.UNNOMINATED)]


def test_a_full_category_ends_nominations_and_nothing_else(
    wiki: FakeWiki, journal: FakeJournal, clock: Clock
) -> None:
    cap = Cap(Kind.NOMINATED, "Duplicate", 100)
    one = editor(wiki, journal, clock, rules=Rules(caps=(cap,), may_nominate=True))
    nomination = replace(proposal(wiki), kind=Kind.NOMINATED)
    wiki.sizes["Duplicate"] = 100
    full = one.apply(nomination)
    assert (full.outcome, full.outcome.ends_run, full.outcome.retry_later) == (Outcome.CAPPED, False, True)
    assert full.detail == "Category:Duplicate holds 100 files, the limit is 100"
    assert (wiki.edits, journal.states) == ([], ["REFUSED"])
    assert one.apply(replace(proposal(wiki, 2), kind=Kind.CLEANED)).outcome is Outcome.EDITED
    wiki.sizes["Duplicate"] = 99
    assert one.apply(replace(nomination, witnesses=proposal(wiki).witnesses)).outcome is Outcome.EDITED


def test_without_the_setting_nothing_is_nominated(wiki: FakeWiki, journal: FakeJournal, clock: Clock) -> None:
    locked = editor(wiki, journal, clock).apply(replace(proposal(wiki), kind=Kind.NOMINATED))
    assert (locked.outcome, locked.detail) == (Outcome.REFUSED, "[tagging] duplicate_template is off")
    assert (wiki.edits, wiki.asked, journal.states) == ([], ["texts"], [])


def test_a_wiki_that_cannot_be_read_is_not_edited(wiki: FakeWiki, journal: FakeJournal, clock: Clock) -> None:
    planned = proposal(wiki)
    wiki.away = "HTTP 500"
    assert editor(wiki, journal, clock).apply(planned).outcome is Outcome.UNAVAILABLE
    assert wiki.edits == []
    assert journal.states == ["REFUSED"]


def test_a_protected_page_is_left_alone(wiki: FakeWiki, journal: FakeJournal, clock: Clock) -> None:
    wiki.protection[1] = "sysop"
    assert editor(wiki, journal, clock).apply(proposal(wiki)).outcome is Outcome.REFUSED
    assert wiki.edits == []


def test_two_reverts_open_the_breaker(wiki: FakeWiki, journal: FakeJournal, clock: Clock) -> None:
    for page_id in range(3, 8):
        wiki.add(file_info(page_id), "old text")
    one = editor(wiki, journal, clock)
    for page_id in (1, 2):
        one.apply(proposal(wiki, page_id))
    revids = [row.revid for row in journal.rows()]
    wiki.undone.add(revids[0])
    planned = Proposal(wiki.known[3], PageEdit(page_of(wiki, 3), "old text" + TAG, "pHash"))
    assert one.apply(planned).outcome is Outcome.EDITED
    wiki.undone.add(revids[1])
    planned = Proposal(wiki.known[4], PageEdit(page_of(wiki, 4), "old text" + TAG, "pHash"))
    assert one.apply(planned).outcome is Outcome.STOPPED
    assert one.apply(replace(planned, kind=Kind.UNDO)).outcome is Outcome.EDITED, "other kinds go on"
    looked = replace(one.rules, reverts_accepted_until=datetime.now(UTC) + timedelta(days=1))
    planned = Proposal(wiki.known[5], PageEdit(page_of(wiki, 5), "old text" + TAG, "pHash"))
    assert editor(wiki, journal, clock, rules=looked).apply(planned).outcome is Outcome.EDITED


def page_of(wiki: FakeWiki, page_id: int) -> PageText:
    page = wiki.texts([page_id])[page_id]
    assert isinstance(page, PageText)
    return page


def test_a_clock_that_went_back_does_not_shorten_the_interval(
    wiki: FakeWiki, journal: FakeJournal, clock: Clock
) -> None:
    one = editor(wiki, journal, clock, interval_s=10.0)
    one.apply(proposal(wiki, 1))
    clock.time -= timedelta(hours=1)
    one.apply(proposal(wiki, 2))
    assert clock.slept == [10.0]


def test_the_journal_names_run_and_partners(wiki: FakeWiki, journal: FakeJournal, clock: Clock) -> None:
    editor(wiki, journal, clock, run="virin-1").apply(proposal(wiki))
    (row,) = journal.rows(run="virin-1")
    assert row.intent.partners == ((2, wiki.known[2].sha1),)


def test_an_edit_on_a_page_that_is_gone_stays_open(
    wiki: FakeWiki, journal: FakeJournal, clock: Clock
) -> None:
    def delete(answer: EditAnswer) -> EditAnswer:
        del wiki.known[1]
        wiki.gone[1] = wiki.revisions.pop(1)
        return EditAnswer("unknown", "connection reset")

    wiki.after_edit = delete
    one = editor(wiki, journal, clock)
    assert one.apply(proposal(wiki)).outcome is Outcome.CONFLICT
    assert journal.states == ["UNKNOWN"]
    wiki.revisions[1] = wiki.gone.pop(1)
    ((_, outcome),) = one.settle_open()
    assert outcome is Outcome.EDITED
    assert journal.states == ["DONE"]
