"""The one door to an edit: journal, pre-flight, one POST, and what became of it.

Nothing else in the program edits. The order is the safety: the intent is on disk before the wiki is read
again, the pre-flight finds everything as it was judged and nobody saying stop, the row says SENT before
the first byte leaves, and an answer that was lost is settled by reading the history for the row's token,
never by sending again. ``docs/editing.md`` tells the same to people.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Protocol

from faebot_hash import gate
from faebot_hash.edits import Applied, Kind, Outcome, PageEdit, Proposal, Published
from faebot_hash.errors import SettingsError, WikiError
from faebot_hash.intents import intent_of, planned_edit
from faebot_hash.model import FileInfo, PageText
from faebot_hash.ports import Intent, Journal, Wiki
from faebot_hash.preflight import Current, Other, Preflight
from faebot_hash.reasons import Skipped
from faebot_hash.settle import STATES, Settled, settle, settle_by_history

PRACTICE_FAMILY = "practice"
"""The only family whose edits need not wait, because nobody watches them."""

NOT_OPENED = "this wiki may not be edited yet"
"""Why every other family is closed until ``sign_off`` opens it."""

POLITE_INTERVAL_S = 10.0
LAG_WAIT_S = 5.0
LAG_WAITS = 6
CONFLICTS = 3
LOOK_LASTS_S = 5.0
JOURNAL_WAITED = "the journal had to wait for its database, so the pages are read again"


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
    closed: str = NOT_OPENED
    restricted: Callable[[Other | Skipped], gate.Rules] | None = None
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    sleep: Callable[[float], None] = time.sleep
    _ours: dict[int, int] = field(default_factory=dict, init=False)
    _asked_to_wait_s: float = field(default=0.0, init=False)
    _rules_now: gate.Rules = field(init=False)

    def __post_init__(self) -> None:
        if self.wiki.family != PRACTICE_FAMILY:
            self.interval_s = max(self.interval_s, POLITE_INTERVAL_S)
        self._rules_now = self.rules

    def settle_open(self) -> list[tuple[Intent, Outcome]]:
        """Close what an earlier run left open, by reading the histories of those pages."""
        if self.simulate:
            return []
        return [
            (intent, settle_by_history(intent, self.journal, self.wiki).outcome)
            for intent in self.journal.open_rows()
        ]

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
        return self._looked_at_again(applied, judge)

    def apply(self, proposal: Proposal) -> Applied:
        """Try one edit, waiting out database lag; every way to end is a value."""
        if self.simulate:
            return Applied(proposal, Outcome.SIMULATED)
        if closed := self._why_closed():
            return Applied(proposal, Outcome.REFUSED, closed)
        if locked := gate.why_locked(proposal.kind, self.rules):
            return Applied(proposal, Outcome.REFUSED, locked)
        if not self.confirm(proposal):
            return Applied(proposal, Outcome.DECLINED)
        settled = self._in_turn(
            lambda: self._attempt(
                intent_of(proposal, self.run), proposal.edit, lambda: self._refused(proposal)
            )
        )
        merged = settled.outcome is Outcome.EDITED and settled.oldrevid != proposal.edit.page.revid
        return Applied(proposal, settled.outcome, settled.detail, settled.revid, merged, settled.token)

    def publish(self, title: str, text: str, summary: str) -> Published:
        """Give a page of the bot's own, which is no file's, a new text, and make it where it is missing.

        ``title`` is the full one. Every way to end is a value; after CANNOT_CREATE a person has to make the
        page. The operator is not asked.
        """
        if self.simulate:
            return Published(title, Outcome.SIMULATED)
        if closed := self._why_closed():
            return Published(title, Outcome.REFUSED, closed)
        for _ in range(CONFLICTS):
            settled = self._in_turn(lambda: self._published(title, text, summary))
            if settled.outcome is not Outcome.CONFLICT:
                break
        return Published(title, settled.outcome, settled.detail, settled.revid)

    def _published(self, title: str, text: str, summary: str) -> Settled:
        seen = self._read_afresh(Kind.REPORT, others=[title])
        if isinstance(seen, Settled):
            return seen
        other = seen.others[title]
        if isinstance(other, Skipped):
            return Settled(Outcome.REFUSED, other.detail or other.reason.sentence)
        if other.page.page_id and other.page.text == text.rstrip():
            return Settled(Outcome.NOTHING_TO_DO)
        edit = PageEdit(other.page, text, summary)
        intent = planned_edit(edit, Kind.REPORT, title, self.run)
        return self._attempt(intent, edit, lambda: self._unpublishable(edit, title))

    def _unpublishable(self, edit: PageEdit, title: str) -> Settled | None:
        seen = self._read_afresh(Kind.REPORT, others=[title])
        if isinstance(seen, Settled):
            return seen
        if changed := gate.why_other_changed(edit.page, seen.others[title]):
            return Settled(Outcome.CONFLICT, changed)
        if not edit.page.page_id and "createpage" not in seen.account.rights:
            return Settled(Outcome.CANNOT_CREATE, "it has no right to create pages")
        refused = gate.why_other_refused(seen.others[title], (self.wiki.user, *self.rules.bot_names))
        return Settled(Outcome.REFUSED, refused) if refused else None

    def _in_turn(self, attempt: Callable[[], Settled]) -> Settled:
        """Wait until an edit is due, and try; try again while the databases lag."""
        for number in range(1, LAG_WAITS + 1):
            self._wait_for_turn()
            with self.shield:
                settled = attempt()
            if settled.outcome is not Outcome.UNAVAILABLE or settled.detail != "maxlag":
                break
            if number < LAG_WAITS and self.interval_s:
                self.sleep(max(LAG_WAIT_S * number, self._asked_to_wait_s))
        return settled

    def _attempt(self, intent: Intent, edit: PageEdit, refused: Callable[[], Settled | None]) -> Settled:
        """Plan an edit, ask what speaks against it, and send it if nothing does."""
        self.journal.plan(intent)
        settled, looked_at = refused(), self.now()
        if settled:
            self.journal.settle(intent.token, STATES[settled.outcome], detail=settled.detail)
        else:
            settled = self._sent(intent, edit, looked_at)
        return replace(settled, token=intent.token)

    def _sent(self, intent: Intent, edit: PageEdit, looked_at: datetime) -> Settled:
        """Send the one POST of a planned edit, and settle it."""
        self.journal.sent(intent.token, self.now())
        # The journal may have waited a day for its database; nobody knows what people said meanwhile.
        if (self.now() - looked_at).total_seconds() > LOOK_LASTS_S:
            self.journal.settle(intent.token, STATES[Outcome.CONFLICT], detail=JOURNAL_WAITED)
            return Settled(Outcome.CONFLICT, JOURNAL_WAITED)
        summary = f"{edit.summary} ({intent.token})"
        answer = self.wiki.edit(edit, summary, as_bot=Kind(intent.kind).is_bot_flagged)
        self._asked_to_wait_s = answer.retry_after_s
        settled = settle(intent, answer, self.journal, self.wiki)
        if settled.outcome is Outcome.EDITED:
            self._ours[settled.revid] = settled.oldrevid
        return settled

    def _refused(self, proposal: Proposal) -> Settled | None:
        titles = [proposal.file.title, *(witness.title for witness in proposal.witnesses)]
        seen = self._read_afresh(proposal.kind, titles)
        if isinstance(seen, Settled):
            return seen
        if changed := gate.why_not(proposal, seen, self._ours):
            return Settled(Outcome.CONFLICT, changed)
        refused = gate.why_protected(proposal, seen) or gate.why_unwanted(proposal, self._rules_now)
        return Settled(Outcome.REFUSED, refused) if refused else None

    def _read_afresh(
        self, kind: Kind, titles: Sequence[str] = (), others: Sequence[str] = ()
    ) -> Preflight | Settled:
        """Read everything in one call, or say why nothing, or nothing of a kind, may be edited now."""
        caps = self.rules.caps_of(kind)
        try:
            self.wiki.prepare()
            done, reverted = self._last_edits(kind)
            preflight = self.wiki.preflight(titles, [cap.category for cap in caps], others)
            rules = self.restricted(preflight.settings_page) if self.restricted else self.rules
        except WikiError as error:
            return Settled(Outcome.UNAVAILABLE, str(error))
        except SettingsError as error:
            return Settled(Outcome.STOPPED, str(error))
        self._rules_now = rules
        stop = gate.why_pause(done, reverted, rules)
        if stop := stop or gate.why_stop(preflight, rules, self.wiki.user, self.now()):
            return Settled(Outcome.STOPPED, stop)
        full = gate.why_capped(preflight, rules.caps_of(kind))
        return Settled(Outcome.CAPPED, full) if full else preflight

    def _last_edits(self, kind: Kind) -> tuple[int, int]:
        """Count our last edits of a kind, and those of them that people reverted, for trial and breaker."""
        rows = self.journal.rows(kind=kind, state="DONE", newest=gate.BREAKER_WINDOW)
        since = self.rules.reverts_accepted_until
        counted = {
            row.revid: row.intent.page_id
            for row in rows
            if row.intent.page_id and (since is None or row.planned_at > since)
        }
        return len(rows), len(self.wiki.reverted(counted) if counted else ())

    def _looked_at_again(self, applied: Applied, judge: Judge) -> Applied:
        """Look once more after an edit that may have met another one, and take our lines back where wrong.

        The wiki may have merged ours with somebody's. And while we nominate a file, another process or a
        person may nominate the one that we keep: different pages never conflict, so each looks again after
        its POST, and whoever finds the other withdraws.
        """
        nominates = applied.proposal.kind is Kind.NOMINATED
        if applied.outcome is not Outcome.EDITED or not (applied.merged or nominates):
            return applied
        for _ in range(CONFLICTS):
            edit = self._withdrawal(applied, judge)
            if edit is None:
                break
            kind = applied.proposal.kind.withdrawal
            undone = self.apply(replace(applied.proposal, edit=edit, kind=kind, witnesses=()))
            if undone.outcome is Outcome.EDITED:
                self.journal.settle(applied.token, "UNDONE", detail=edit.summary)
                return replace(applied, outcome=Outcome.WITHDRAWN, detail=edit.summary, revid=undone.revid)
            if undone.outcome is not Outcome.CONFLICT:
                break
        return applied

    def _withdrawal(self, applied: Applied, judge: Judge) -> PageEdit | None:
        seen = self._seen(applied.proposal)
        current = seen[applied.proposal.file.page_id]
        if isinstance(current, Skipped):
            return None
        if not applied.merged and not gate.why_not_any_more(applied.proposal, seen, self._ours):
            return None
        edit = judge.withdrawal(applied.proposal, current.page)
        return None if edit is None or edit.new_text == current.page.text else edit

    def _seen(self, proposal: Proposal) -> dict[int, Current | Skipped]:
        """Read the file and its witnesses by their page ids, whatever they are called by now."""
        ids = [proposal.file.page_id, *(witness.page_id for witness in proposal.witnesses)]
        pages = self.wiki.texts(ids)
        files = zip(ids, self.wiki.files(ids), strict=True)
        return {page_id: _current(pages[page_id], file) for page_id, file in files}

    def _wait_for_turn(self) -> None:
        last = self.journal.last_sent()
        if last is not None:
            passed_s = (self.now() - last).total_seconds()
            # A clock that went back says nothing about the time that passed: wait in full.
            remaining_s = max(self.interval_s, self._rules_now.interval_s) - max(passed_s, 0.0)
            if remaining_s > 0:
                self.sleep(remaining_s)

    def _why_closed(self) -> str:
        return "" if self.wiki.family == PRACTICE_FAMILY else self.closed


def _current(page: PageText | Skipped, file: FileInfo | Skipped) -> Current | Skipped:
    if isinstance(page, Skipped):
        return page
    return file if isinstance(file, Skipped) else Current(page, file)
