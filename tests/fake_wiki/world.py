"""One fake wiki with its clock, its people, its faults and its log: what a scenario is written against."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pywikibot

from faebot_hash.ports import JournalRow
from tests.fake_wiki import scene
from tests.fake_wiki.accounts import COOKIE, Sessions
from tests.fake_wiki.api import handle
from tests.fake_wiki.boundaries import READS, Boundary, Course
from tests.fake_wiki.clock import VirtualClock
from tests.fake_wiki.editing import Saved
from tests.fake_wiki.faults import Delivery, Fault, Manner, Network, struck
from tests.fake_wiki.invariants import Evidence, Verified, after_each_edit, at_quiescence
from tests.fake_wiki.ledger import Ledger, Logged, SavedEdit
from tests.fake_wiki.people import HumanAction, People
from tests.fake_wiki.plans import Happening, Plans
from tests.fake_wiki.practice_words import PracticeWords
from tests.fake_wiki.server import Door
from tests.fake_wiki.state import WikiState
from tests.practice.configuration import BOT

SHORT_TIMEOUT_S = 0.25


@dataclass(frozen=True)
class Snapshot:
    """A moment to which the world can go back."""

    state: WikiState
    now: datetime


class World(PracticeWords):
    """The wiki at ``address``; a scenario says what happens ``at`` which boundary, and then lets a bot edit.

    ``interval_s`` is what V7 asks for; ``verified`` holds what the files were when they were judged.
    """

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.clock.on_passing = self._heal
        self.sessions = Sessions()
        self.state = WikiState()
        self.ledger = Ledger()
        self.interval_s = 10.0
        self.violations: list[str] = []
        self.verified: dict[int, Verified] = {}
        self._lock = threading.RLock()
        self._patience = pywikibot.config.socket_timeout
        self.door = Door(self._respond, self._steer)
        self._start_afresh()
        scene.build(self.people)
        self._scene = self.snapshot()
        self.reset()

    @property
    def address(self) -> str:
        """Give scheme, host and port of the wiki."""
        return self.door.address

    @property
    def api_url(self) -> str:
        """Give the address of api.php."""
        return f"{self.address}/w/api.php"

    def snapshot(self) -> Snapshot:
        """Remember the wiki and the time."""
        return Snapshot(self.state.copy(), self.clock.now())

    def restore(self, moment: Snapshot) -> None:
        """Go back to a remembered moment; logs, faults and plans of the scenario are forgotten."""
        self.calm()
        self.clock.reset()
        self.clock.advance((moment.now - self.clock.now()).total_seconds())
        self.state = moment.state.copy()
        self._start_afresh()

    def reset(self) -> None:
        """Go back to the scene; logins survive."""
        self.restore(self._scene)

    def close(self) -> None:
        """Stop serving."""
        self.door.close()

    def _start_afresh(self) -> None:
        self.people = People(self.state, self.clock, self._note_saved)
        self.ledger.clear()
        self.violations.clear()
        self.verified.clear()
        self.course = Course(scene.RUN_PAGE)
        self.judged: WikiState | None = None

    # What happens, and when

    def at(self, boundary: Boundary, happening: Happening) -> None:
        """Let something happen once, when an edit next comes to a boundary."""
        self._shorten_patience(happening)
        self._plans.add(boundary, happening)

    def arm(self, fault: Fault) -> None:
        """Let a fault strike the next request that it can strike."""
        self._shorten_patience(fault)
        if fault.network is Network.OPEN:
            self._armed.append(fault)
        else:
            self.door.set(fault.network)

    @staticmethod
    def _shorten_patience(happening: Happening) -> None:
        if isinstance(happening, Fault) and happening.is_slow:
            pywikibot.config.socket_timeout = (SHORT_TIMEOUT_S, SHORT_TIMEOUT_S)

    def calm(self) -> None:
        """End every fault, also those that have not struck yet, and what was planned."""
        self._plans = Plans()
        self._armed: list[Fault] = []
        pywikibot.config.socket_timeout = self._patience
        self._heal()

    @property
    def unspent(self) -> list[Fault]:
        """List the faults that have struck nothing so far: those of edits wait for the next edit."""
        return [*self._armed, *self._plans.left()]

    def act(self, action: HumanAction) -> None:
        """Let a person act now, on the pages of the scene."""
        scene.act(action, self.people)

    def do(self, happening: Happening) -> None:
        """Let something happen now."""
        if isinstance(happening, Fault):
            self.arm(happening)
        else:
            self.act(happening) if isinstance(happening, HumanAction) else happening()

    def _heal(self) -> None:
        self.door.set(Network.OPEN)

    def reached(self, boundary: Boundary) -> None:
        """Note that an edit has come to a boundary of the journal."""
        with self._lock:
            course = self.course
            if boundary is Boundary.REPLY_RECEIVED and not course.replied:
                return
            if boundary is Boundary.TOKEN and course.token_seen:
                return
            course.planned = course.planned or boundary is Boundary.INTENT_DURABLE
            course.token_seen = course.token_seen or boundary is Boundary.TOKEN
            course.replied = False
            if boundary is Boundary.JOURNAL_CLOSED:
                self.course = Course(scene.RUN_PAGE)
            for happening in (*self._plans.actions(boundary), *self._plans.faults(boundary)):
                self.do(happening)

    # Requests

    def _respond(self, asked: Mapping[str, str], cookies: str) -> Delivery:
        with self._lock:
            self.reached(Boundary.REPLY_RECEIVED)
            self.state.run_jobs(self.clock.now())
            boundary = self.course.of_request(asked)
            if boundary is Boundary.TOKEN and self.course.token_seen:
                boundary = None
            fault = self._strike_before(boundary, asked)
            if fault is not None and not fault.is_handled:
                self._log(asked, boundary, fault.name)
                return struck(fault, asked, None)
            delivery = self._handle(boundary, asked, cookies)
            return struck(fault, asked, delivery) if fault is Fault.SLOW_DRIP else delivery

    def _strike_before(self, boundary: Boundary | None, asked: Mapping[str, str]) -> Fault | None:
        """Let happen what is planned before a request is handled, and give the fault that strikes it."""
        if boundary is not None:
            self.course.posted = self.course.posted or boundary is Boundary.POST_UNCOMMITTED
            self.course.token_seen = self.course.token_seen or boundary is Boundary.TOKEN
            if boundary is Boundary.POST_UNCOMMITTED:
                for happening in self._plans.actions(boundary):
                    self.do(happening)
            for fault in self._plans.faults(boundary):
                self.arm(fault)
                if fault.network is not Network.OPEN:
                    # The connection stands already: this one is cut, the next ones fare as the fault says.
                    return fault
        is_edit = asked.get("action") == "edit"
        for fault in self._armed:
            if is_edit or not fault.edits_only:
                self._armed.remove(fault)
                if fault is Fault.MERGED:
                    self.act(HumanAction.UNRELATED_EDIT)
                return fault
        return None

    def _handle(self, boundary: Boundary | None, asked: Mapping[str, str], cookies: str) -> Delivery:
        session, new = self.sessions.session_of(cookies)
        edits_before = len(self.ledger.edits)
        handled = handle(self.state, self.clock, self.sessions, self.address, asked, session)
        delivery = Delivery.of(handled.answer)
        if new:
            delivery.headers["Set-Cookie"] = f"{COOKIE}={session}; path=/; HttpOnly"
        if boundary is Boundary.PRE_FLIGHT:
            self.judged = self.state.copy()
        if handled.saved is not None:
            self._note_saved(handled.saved, int(asked.get("baserevid") or 0))
        error = handled.answer.document.get("error", {}).get("code", "")
        self._log(asked, boundary, error or "answered")
        if boundary in READS:
            for happening in self._plans.actions(boundary):
                self.do(happening)
        if len(self.ledger.edits) > edits_before and handled.user == BOT:
            delivery = self._after_commit(asked, delivery)
        self.course.replied = boundary is Boundary.POST_UNCOMMITTED and delivery.manner in (
            Manner.WHOLE,
            Manner.DRIP,
        )
        return delivery

    def _after_commit(self, asked: Mapping[str, str], delivery: Delivery) -> Delivery:
        """Let happen what is planned between the commit and the reply; an action there loses the reply."""
        actions = self._plans.actions(Boundary.REPLY_LOST)
        for happening in actions:
            self.do(happening)
        for fault in self._plans.faults(Boundary.REPLY_LOST):
            if not fault.may_follow_a_commit:
                self.arm(fault)
                continue
            if fault.network is not Network.OPEN or fault.is_slow:
                self.arm(fault)
                if fault in self._armed:
                    self._armed.remove(fault)
            return struck(fault, asked, delivery)
        return struck(Fault.RESET, asked, delivery) if actions else delivery

    def _log(self, asked: Mapping[str, str], boundary: Boundary | None, told: str) -> None:
        self.ledger.requests.append(Logged(self.clock.now(), dict(asked), boundary, told))

    def _note_saved(self, saved: Saved, baserevid: int = 0) -> None:
        page, revision = saved.page, saved.revision
        self.ledger.note(
            SavedEdit(
                at=self.clock.now(),
                page_id=page.page_id,
                title=page.title,
                revid=revision.revid,
                parentid=revision.parentid,
                baserevid=baserevid,
                user=revision.user,
                comment=revision.comment,
                before=saved.before,
                after=revision.text,
                judged=self.judged,
            )
        )
        if revision.user == BOT:
            # One pre-flight read is good for one edit.
            self.judged = None
            recent = replace(self.evidence(()), edits=tuple(self.ledger.around_the_latest()))
            self.violations += after_each_edit(recent)

    # What to look at

    def evidence(self, rows: Sequence[JournalRow]) -> Evidence:
        """Gather what the invariants judge."""
        return Evidence(
            state=self.state,
            edits=tuple(self.ledger.edits),
            posts=tuple(self.ledger.posts()),
            rows=tuple(rows),
            verified=dict(self.verified),
            interval_s=self.interval_s,
        )

    def check(self, rows: Sequence[JournalRow]) -> list[str]:
        """Say which invariants are broken, at any edit so far or now that all is quiet."""
        with self._lock:
            return list(dict.fromkeys((*self.violations, *at_quiescence(self.evidence(rows)))))

    def verify(self, page_id: int, partner_id: int) -> None:
        """Remember what two files are at this moment, as whoever judged them did."""
        mine, partner = self.state.pages[page_id], self.state.pages[partner_id]
        self.verified[page_id] = Verified(mine.uploads[-1].sha1, partner_id, partner.uploads[-1].sha1)

    def _steer(self, path: str, told: Mapping[str, Any]) -> dict[str, Any]:
        """Serve a bot in another process: the clock, and the boundaries of its journal."""
        if path == "/clock":
            if "sleep" in told:
                self.clock.sleep(float(told["sleep"]))
        elif path == "/boundary":
            self.reached(Boundary[told["name"]])
        return {"now": self.clock.now().isoformat()}
