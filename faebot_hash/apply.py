"""The one door to an edit: journal, fresh read, one POST, and what became of it.

Nothing else in the program edits. The order is the safety: the intent is on disk before the page is read
again, the page is as it was judged, the row says SENT before the first byte leaves, and an answer that
was lost is settled by reading the history for the row's token, never by sending again.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from faebot_hash.errors import WikiError
from faebot_hash.model import Applied, Match, Outcome, Proposal, Skipped
from faebot_hash.ports import EditAnswer, Intent, Journal, Wiki

PRACTICE_FAMILY = "practice"
"""The only family whose edits need not wait, because nobody watches them."""

EDITABLE_FAMILIES = frozenset({PRACTICE_FAMILY})
"""Wikis that may be edited until every promise of the edit is shown by its tests."""

POLITE_INTERVAL_S = 10.0
LAG_WAIT_S = 5.0
LAG_WAITS = 6
CONFLICTS = 3

_UNAVAILABLE = frozenset(
    {
        "assertbotfailed",
        "assertnameduserfailed",
        "assertuserfailed",
        "autoblocked",
        "badtoken",
        "blocked",
        "http-429",
        "maxlag",
        "ratelimited",
        "readonly",
    }
)
_CONFLICTS = frozenset({"editconflict", "nosuchpageid", "missingtitle", "pagedeleted", "badmd5"})
_STATES = {
    Outcome.EDITED: "DONE",
    Outcome.NOTHING_TO_DO: "NOOP",
    Outcome.CONFLICT: "CONFLICT",
    Outcome.REFUSED: "REFUSED",
    Outcome.UNAVAILABLE: "REFUSED",
}


@dataclass
class Editor:
    """Carries out proposals on one wiki, one at a time.

    ``confirm`` asks the operator (True means yes); ``simulate`` plans nothing and sends nothing.
    The clock and ``sleep`` are arguments so that tests need not wait.
    """

    wiki: Wiki
    journal: Journal
    confirm: Callable[[Proposal], bool]
    simulate: bool = False
    interval_s: float = POLITE_INTERVAL_S
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    sleep: Callable[[float], None] = time.sleep

    def __post_init__(self) -> None:
        if self.wiki.family != PRACTICE_FAMILY:
            self.interval_s = max(self.interval_s, POLITE_INTERVAL_S)

    def settle_open(self) -> list[tuple[Intent, Outcome]]:
        """Close what an earlier run left open, by reading the histories of those pages."""
        if self.simulate:
            return []
        return [(intent, self._settle_by_history(intent)) for intent in self.journal.open_rows()]

    def carry_out(
        self, proposal: Proposal, judge_again: Callable[[Match], Proposal | Skipped]
    ) -> Applied | Skipped:
        """Apply a proposal; when the page changed meanwhile, judge it anew from its fresh text."""
        applied = self.apply(proposal)
        for _ in range(CONFLICTS - 1):
            if applied.outcome is not Outcome.CONFLICT:
                break
            judged = judge_again(proposal.match)
            if isinstance(judged, Skipped):
                return judged
            applied = self.apply(judged)
        return applied

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
        for attempt in range(LAG_WAITS):
            applied, lagged = self._attempt(proposal)
            if not lagged or attempt == LAG_WAITS - 1:
                break
            self.sleep(min(LAG_WAIT_S, self.interval_s) * (attempt + 1))
        return applied

    def _attempt(self, proposal: Proposal) -> tuple[Applied, bool]:
        self._wait_for_turn()
        intent = self._intent(proposal)
        self.journal.plan(intent)
        changed = self._changed_since(proposal)
        if changed:
            self.journal.settle(intent.token, "CONFLICT")
            return Applied(proposal, Outcome.CONFLICT, changed), False
        self.journal.sent(intent.token, self.now())
        answer = self.wiki.edit(proposal.edit, f"{proposal.edit.summary} ({intent.token})")
        applied = self._settle(proposal, intent, answer)
        return applied, answer.code == "maxlag"

    def _settle(self, proposal: Proposal, intent: Intent, answer: EditAnswer) -> Applied:
        outcome = outcome_of(answer)
        if outcome is Outcome.UNKNOWN:
            try:
                outcome = self._settle_by_history(intent)
            except WikiError as error:
                return Applied(proposal, Outcome.UNKNOWN, f"{answer.detail}; {error}")
            return Applied(proposal, outcome, answer.detail)
        self.journal.settle(intent.token, _STATES[outcome], answer.newrevid)
        return Applied(proposal, outcome, answer.detail or answer.code, answer.newrevid)

    def _settle_by_history(self, intent: Intent) -> Outcome:
        for revision in self.wiki.history(intent.page_id):
            if revision.revid > intent.baserevid and f"({intent.token})" in revision.comment:
                self.journal.settle(intent.token, "DONE", revision.revid)
                return Outcome.EDITED
        self.journal.settle(intent.token, "CONFLICT")
        return Outcome.CONFLICT

    def _changed_since(self, proposal: Proposal) -> str:
        """Say what changed on the page or in the file since it was judged; "" when nothing did."""
        fresh = self.wiki.recheck(proposal.edit.page.page_id)
        if isinstance(fresh, Skipped):
            return fresh.reason.sentence
        page, file = fresh
        if (page.revid, page.text) != (proposal.edit.page.revid, proposal.edit.page.text):
            return f"revision {page.revid} is newer"
        return "" if file.sha1 == proposal.match.file.sha1 else "the file was overwritten"

    def _wait_for_turn(self) -> None:
        last = self.journal.last_sent()
        if last is not None:
            passed_s = (self.now() - last).total_seconds()
            if 0 <= passed_s < self.interval_s:
                self.sleep(self.interval_s - passed_s)

    def _intent(self, proposal: Proposal) -> Intent:
        page = proposal.edit.page
        return Intent(
            token=secrets.token_hex(6),
            page_id=page.page_id,
            title=page.title,
            baserevid=page.revid,
            file_sha1=proposal.match.file.sha1,
            new_text_sha1=hashlib.sha1(proposal.edit.new_text.encode(), usedforsecurity=False).hexdigest(),
            kind="identified",
        )


def outcome_of(answer: EditAnswer) -> Outcome:
    """Name the outcome of one POST from the wiki's answer."""
    if answer.code == "":
        return Outcome.NOTHING_TO_DO if answer.unchanged else Outcome.EDITED
    if answer.code == "unknown":
        return Outcome.UNKNOWN
    if answer.code in _UNAVAILABLE:
        return Outcome.UNAVAILABLE
    return Outcome.CONFLICT if answer.code in _CONFLICTS else Outcome.REFUSED
