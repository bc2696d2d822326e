"""The nine moments of one edit at which the world may change, and how the wiki notices each."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any, Protocol

from faebot_hash.ports import Intent
from tests.fake_wiki.answers import Parameters, given, listed


class Boundary(Enum):
    """A moment of one edit, in the order of safety: what comes later knows more."""

    BEFORE_CLAIM = "before claim"
    INTENT_DURABLE = "intent durable"
    PRE_FLIGHT = "pre-flight read"
    TOKEN = "token"  # noqa: S105
    POST_UNCOMMITTED = "POST not yet committed"
    REPLY_LOST = "committed, reply lost"
    REPLY_RECEIVED = "reply received"
    READ_BACK = "read-back"
    JOURNAL_CLOSED = "journal closed"


READS = frozenset({Boundary.PRE_FLIGHT, Boundary.TOKEN, Boundary.READ_BACK})


class Course:
    """How far one edit has come, as far as requests and journal calls tell."""

    def __init__(self, run_page: str) -> None:
        self._run_page = run_page
        self.planned = self.token_seen = self.posted = self.replied = False

    def of_request(self, asked: Parameters) -> Boundary | None:
        """Recognise a request as one of the boundaries."""
        if asked.get("action") == "edit":
            return Boundary.POST_UNCOMMITTED
        if asked.get("action") != "query":
            return None
        props = listed(asked, "prop")
        if self.planned and "tokens" in listed(asked, "meta") and "csrf" in listed(asked, "type"):
            return Boundary.TOKEN
        if "revisions" in props and "imageinfo" in props and given(asked, "curtimestamp"):
            asks_for_leave = self._run_page in listed(asked, "titles")
            return Boundary.PRE_FLIGHT if self.planned or asks_for_leave else None
        if self.posted and "revisions" in props and "comment" in listed(asked, "rvprop"):
            return Boundary.READ_BACK
        return None


class Watcher(Protocol):
    """Whoever wants to know that a boundary was reached."""

    def reached(self, boundary: Boundary) -> None:
        """Note that an edit has come to a boundary of the journal."""
        ...


class WatchedJournal:
    """A real journal that tells the world how far an edit has come; everything else goes straight through."""

    def __init__(self, journal: Any, world: Watcher) -> None:
        self._journal = journal
        self._world = world

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)

    def plan(self, intent: Intent, *more: Any, **named: Any) -> Any:
        """Plan an edit: before claim, then intent durable."""
        self._world.reached(Boundary.BEFORE_CLAIM)
        done = self._journal.plan(intent, *more, **named)
        self._world.reached(Boundary.INTENT_DURABLE)
        return done

    def sent(self, token: str, at: datetime, *more: Any, **named: Any) -> Any:
        """Mark an edit as sent; where no token was asked for, this is the moment of the token."""
        done = self._journal.sent(token, at, *more, **named)
        self._world.reached(Boundary.TOKEN)
        return done

    def settle(self, token: str, state: str, *more: Any, **named: Any) -> Any:
        """Settle an edit: reply received, then journal closed; what is unknown is not closed."""
        self._world.reached(Boundary.REPLY_RECEIVED)
        done = self._journal.settle(token, state, *more, **named)
        if state != "UNKNOWN":
            self._world.reached(Boundary.JOURNAL_CLOSED)
        return done
