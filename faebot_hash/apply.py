"""The one door to an edit: journal, pre-flight, one POST, and what became of it.

Nothing else in the program edits. The order is the safety: the intent is on disk before the wiki is read
again, the pre-flight finds everything as it was judged and nobody saying stop, the row says SENT before
the first byte leaves, and an answer that was lost is settled by reading the history for the row's token,
never by sending again. ``docs/editing.md`` tells the same to people.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Protocol

from faebot_hash import gate
from faebot_hash.edits import Applied, Outcome, PageEdit, Proposal
from faebot_hash.errors import WikiError
from faebot_hash.model import PageText
from faebot_hash.ports import EditAnswer, Intent, Journal, Wiki
from faebot_hash.reasons import Skipped

PRACTICE_FAMILY = "practice"
"""The only family whose edits need not wait, because nobody watches them."""

EDITABLE_FAMILIES = frozenset({PRACTICE_FAMILY})
"""Wikis that may be edited until every promise of the edit is shown by its tests."""

POLITE_INTERVAL_S = 10.0
LAG_WAIT_S = 5.0
LAG_WAITS = 6
CONFLICTS = 3

_UNAVAILABLE = frozenset({"badtoken", "http-429", "maxlag", "ratelimited", "readonly"})
_STOPPED = frozenset(
    {
        "assertbotfailed",
        "assertnameduserfailed",
        "assertuserfailed",
        "autoblocked",
        "blocked",
        "permissiondenied",
    }
)
_CONFLICTS = frozenset({"editconflict", "nosuchpageid", "missingtitle", "pagedeleted", "badmd5"})
_REFUSALS = frozenset(
    {
        "cascadeprotected",
        "captcha",
        "contenttoobig",
        "failure",
        "hookaborted",
        "protectedpage",
        "protectednamespace",
        "spamblacklist",
    }
)
_STATES = {
    Outcome.EDITED: "DONE",
    Outcome.NOTHING_TO_DO: "NOOP",
    Outcome.CONFLICT: "CONFLICT",
    Outcome.REFUSED: "REFUSED",
    Outcome.STOPPED: "REFUSED",
    Outcome.UNAVAILABLE: "REFUSED",
}


class Judge(Protocol):
    """The flow that made a proposal, asked again when the page is no longer the one that it judged."""

    def judge_again(self, proposal: Proposal) -> Proposal | Skipped:
        """Decide anew from the pages as they are now."""
        ...

    def withdrawal(self, proposal: Proposal, merged: PageText) -> PageEdit | None:
        """Give the edit that takes our lines back from a page they no longer belong on, None if they do."""
        ...


@dataclass
class Editor:
    """Carries out proposals on one wiki, one at a time.

    ``confirm`` asks the operator (True means yes), ``simulate`` plans nothing and sends nothing, ``shield``
    is entered around each edit to keep signals out. Clock and ``sleep`` are arguments so that tests need
    not wait.
    """

    wiki: Wiki
    journal: Journal
    confirm: Callable[[Proposal], bool]
    run: str = ""
    simulate: bool = False
    shield: AbstractContextManager[object] = field(default_factory=nullcontext)
    interval_s: float = POLITE_INTERVAL_S
    rules: gate.Rules = field(default_factory=gate.Rules)
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    sleep: Callable[[float], None] = time.sleep
    _ours: dict[int, int] = field(default_factory=dict, init=False)
    _asked_to_wait_s: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        if self.wiki.family != PRACTICE_FAMILY:
            self.interval_s = max(self.interval_s, POLITE_INTERVAL_S)

    def settle_open(self) -> list[tuple[Intent, Outcome]]:
        """Close what an earlier run left open, by reading the histories of those pages."""
        if self.simulate:
            return []
        return [(intent, self._settle_by_history(intent)) for intent in self.journal.open_rows()]

    def carry_out(self, proposal: Proposal, judge: Judge) -> Applied | Skipped:
        """Apply a proposal; where the page changed meanwhile, before or under the edit, judge it anew."""
        applied = self.apply(proposal)
        for _ in range(CONFLICTS - 1):
            if applied.outcome is not Outcome.CONFLICT:
                break
            judged = judge.judge_again(applied.proposal)
            if isinstance(judged, Skipped):
                return judged
            applied = self.apply(judged)
        return self._after_merge(applied, judge) if applied.merged else applied

    def apply(self, proposal: Proposal) -> Applied:
        """Try one edit, waiting out database lag; every way to end is a value."""
        if self.simulate:
            return Applied(proposal, Outcome.SIMULATED)
        if self.wiki.family not in EDITABLE_FAMILIES:
            return Applied(
                proposal, Outcome.REFUSED, f"the family “{self.wiki.family}” may not be edited yet"
            )
        if not self.confirm(proposal):
            return Applied(proposal, Outcome.DECLINED)
        for attempt in range(1, LAG_WAITS + 1):
            self._wait_for_turn()
            with self.shield:
                applied = self._attempt(proposal)
            if applied.outcome is not Outcome.UNAVAILABLE or applied.detail != "maxlag":
                break
            if attempt < LAG_WAITS and self.interval_s:
                self.sleep(max(LAG_WAIT_S * attempt, self._asked_to_wait_s))
        return applied

    def _attempt(self, proposal: Proposal) -> Applied:
        intent = self._intent(proposal)
        self.journal.plan(intent)
        refused = self._refused(proposal)
        if refused:
            self.journal.settle(intent.token, _STATES[refused.outcome], detail=refused.detail)
            return refused
        self.journal.sent(intent.token, self.now())
        answer = self.wiki.edit(proposal.edit, f"{proposal.edit.summary} ({intent.token})")
        self._asked_to_wait_s = answer.retry_after_s
        return self._settled(proposal, intent, answer)

    def _refused(self, proposal: Proposal) -> Applied | None:
        """Read everything afresh in one call and say what speaks against the edit."""
        titles = [proposal.file.title, *(witness.title for witness in proposal.witnesses)]
        try:
            self.wiki.prepare()
            pause = self._why_pause(proposal.kind)
            preflight = self.wiki.preflight(titles, [cap.category for cap in self.rules.caps])
        except WikiError as error:
            return Applied(proposal, Outcome.UNAVAILABLE, str(error))
        stop = pause or gate.why_stop(preflight, proposal.kind, self.rules, self.wiki.user, self.now())
        if stop:
            return Applied(proposal, Outcome.STOPPED, stop)
        if changed := gate.why_not(proposal, preflight, self._ours):
            return Applied(proposal, Outcome.CONFLICT, changed)
        protected = gate.why_protected(proposal, preflight)
        return Applied(proposal, Outcome.REFUSED, protected) if protected else None

    def _why_pause(self, kind: str) -> str:
        """Ask the trial and the breaker about our last edits of a kind."""
        rows = self.journal.rows(kind=kind, state="DONE", newest=gate.BREAKER_WINDOW)
        since = self.rules.reverts_accepted_until
        counted = {row.revid: row.intent.page_id for row in rows if since is None or row.planned_at > since}
        reverted = self.wiki.reverted(counted) if counted else ()
        return gate.why_pause(len(rows), len(reverted), self.rules)

    def _settled(self, proposal: Proposal, intent: Intent, answer: EditAnswer) -> Applied:
        outcome = outcome_of(answer)
        if outcome is Outcome.UNKNOWN or (outcome is Outcome.REFUSED and not _is_certain(answer.code)):
            try:
                found = self._settle_by_history(intent, otherwise=outcome)
            except WikiError as error:
                self.journal.settle(intent.token, "UNKNOWN", detail=answer.detail)
                return Applied(proposal, Outcome.UNKNOWN, f"{answer.detail}; {error}")
            return Applied(proposal, found, answer.detail or answer.code)
        self.journal.settle(intent.token, _STATES[outcome], answer.newrevid, answer.detail or answer.code)
        if outcome is Outcome.EDITED:
            self._ours[answer.newrevid] = answer.oldrevid
        merged = outcome is Outcome.EDITED and answer.oldrevid != proposal.edit.page.revid
        return Applied(proposal, outcome, answer.code or answer.detail, answer.newrevid, merged)

    def _settle_by_history(self, intent: Intent, otherwise: Outcome = Outcome.UNKNOWN) -> Outcome:
        """Settle a row by its token in the page's history; without it a refusal stays one."""
        history = self.wiki.history(intent.page_id)
        if not history:
            # Deleted with whatever we did to it; the row stays open, for the page may come back.
            self.journal.settle(intent.token, "UNKNOWN", detail="the page is gone")
            return Outcome.CONFLICT
        for revision in history:
            if revision.revid > intent.baserevid and f"({intent.token})" in revision.comment:
                self.journal.settle(intent.token, "DONE", revision.revid)
                return Outcome.EDITED
        outcome = Outcome.CONFLICT if otherwise is Outcome.UNKNOWN else otherwise
        self.journal.settle(intent.token, _STATES[outcome], detail="the history has no such edit")
        return outcome

    def _after_merge(self, applied: Applied, judge: Judge) -> Applied:
        """Judge the page anew that somebody changed under our edit, and take our lines back where wrong."""
        page_id = applied.proposal.edit.page.page_id
        page = self.wiki.texts([page_id])[page_id]
        if isinstance(page, Skipped) or page.revid != applied.revid:
            return applied
        edit = judge.withdrawal(applied.proposal, page)
        if edit is None:
            return applied
        undone = self.apply(replace(applied.proposal, edit=edit, kind="withdrawn", witnesses=()))
        if undone.outcome is not Outcome.EDITED:
            return applied
        for row in self.journal.rows(kind=applied.proposal.kind, state="DONE", newest=gate.BREAKER_WINDOW):
            if row.revid == applied.revid:
                self.journal.settle(row.intent.token, "UNDONE", detail=edit.summary)
        return replace(applied, outcome=Outcome.WITHDRAWN, detail=edit.summary, revid=undone.revid)

    def _wait_for_turn(self) -> None:
        last = self.journal.last_sent()
        if last is not None:
            passed_s = (self.now() - last).total_seconds()
            # A clock that went back says nothing about the time that passed: wait in full.
            remaining_s = self.interval_s - max(passed_s, 0.0)
            if remaining_s > 0:
                self.sleep(remaining_s)

    def _intent(self, proposal: Proposal) -> Intent:
        page = proposal.edit.page
        return Intent(
            token=secrets.token_hex(6),
            page_id=page.page_id,
            title=page.title,
            baserevid=page.revid,
            file_sha1=proposal.file.sha1,
            new_text_sha1=hashlib.sha1(proposal.edit.new_text.encode(), usedforsecurity=False).hexdigest(),
            kind=proposal.kind,
            run=self.run,
            partners=tuple((witness.page_id, witness.sha1) for witness in proposal.witnesses),
        )


def _is_certain(code: str) -> bool:
    """Tell whether a refusal is known to come before any save; codes never seen prove nothing."""
    return code in _REFUSALS or code.startswith(("abusefilter-", "titleblacklist-"))


def outcome_of(answer: EditAnswer) -> Outcome:
    """Name the outcome of one POST from the wiki's answer."""
    if answer.code == "":
        return Outcome.NOTHING_TO_DO if answer.unchanged else Outcome.EDITED
    # An internal error may come after the save as well as before it.
    if answer.code == "unknown" or answer.code.startswith("internal_api_error"):
        return Outcome.UNKNOWN
    if answer.code in _UNAVAILABLE:
        return Outcome.UNAVAILABLE
    if answer.code in _STOPPED:
        return Outcome.STOPPED
    return Outcome.CONFLICT if answer.code in _CONFLICTS else Outcome.REFUSED
