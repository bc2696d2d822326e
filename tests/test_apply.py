"""The one door to an edit: order of steps, and what each answer of the wiki leads to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from faebot_hash.apply import EDITABLE_FAMILIES, LAG_WAITS, Editor
from faebot_hash.model import Applied, HashKind, Match, Outcome, PageEdit, PageText, Proposal, Reason, Skipped
from faebot_hash.ports import EditAnswer
from tests.fakes import FakeJournal, FakeWiki, file_info

TAG = "\n[[Category:Faebot identified duplicates|0123456789abcdef]]"


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
def wiki() -> FakeWiki:
    wiki = FakeWiki()
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
    return Proposal(
        match, PageEdit(page, page.text + TAG, "Faebot identified duplicate, pHash: 0123456789abcdef")
    )


def test_an_edit_leaves_text_journal_and_token(wiki: FakeWiki, journal: FakeJournal, clock: Clock) -> None:
    applied = editor(wiki, journal, clock).apply(proposal(wiki))
    assert applied.outcome is Outcome.EDITED
    assert wiki.text(1) == "old text" + TAG
    assert journal.states == ["DONE"]
    (token,) = journal.rows
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
    assert (wiki.edits, journal.rows) == ([], {})


def test_no_means_no(wiki: FakeWiki, journal: FakeJournal, clock: Clock) -> None:
    applied = editor(wiki, journal, clock, confirm=lambda proposal: False).apply(proposal(wiki))
    assert applied.outcome is Outcome.DECLINED
    assert (wiki.edits, journal.rows) == ([], {})


@pytest.mark.parametrize("family", ["commons", "wikipedia", "test", ""])
def test_only_the_practice_family_is_edited(
    wiki: FakeWiki, journal: FakeJournal, clock: Clock, family: str
) -> None:
    wiki.family = family
    applied = editor(wiki, journal, clock).apply(proposal(wiki))
    assert applied.outcome is Outcome.REFUSED
    assert (wiki.edits, journal.rows) == ([], {})
    assert frozenset({"practice"}) == EDITABLE_FAMILIES


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
        ("blocked", Outcome.UNAVAILABLE, "REFUSED"),
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
    assert len(journal.rows) == LAG_WAITS


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
    applied = editor(wiki, journal, clock).carry_out(planned, lambda match: proposal(wiki))
    assert isinstance(applied, Applied)
    assert applied.outcome is Outcome.EDITED
    assert wiki.text(1) == "a human's text" + TAG


def test_a_conflict_may_end_in_a_reason(wiki: FakeWiki, journal: FakeJournal, clock: Clock) -> None:
    planned = proposal(wiki)
    wiki.save(1, "{{nobots}}", "go away", "Human")
    refusal = Skipped("Photograph 1.jpg", Reason.BOTS_EXCLUDED)
    assert editor(wiki, journal, clock).carry_out(planned, lambda match: refusal) == refusal
    assert wiki.edits == []


def test_endless_conflicts_end(wiki: FakeWiki, journal: FakeJournal, clock: Clock) -> None:
    wiki.before_edit = lambda edit: EditAnswer("editconflict")
    applied = editor(wiki, journal, clock).carry_out(proposal(wiki), lambda match: proposal(wiki))
    assert isinstance(applied, Applied)
    assert applied.outcome is Outcome.CONFLICT


@pytest.mark.parametrize("saved", [True, False])
def test_a_killed_run_is_settled_first(
    wiki: FakeWiki, journal: FakeJournal, clock: Clock, saved: bool
) -> None:
    def die(edit: PageEdit) -> None:
        if saved:
            (token,) = journal.rows
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
