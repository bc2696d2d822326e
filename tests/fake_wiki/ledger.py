"""What happened on the fake wiki: every request and every saved edit."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tests.fake_wiki.boundaries import Boundary
from tests.fake_wiki.state import WikiState

TOKEN = re.compile(r"\(([0-9a-f]{8,64})\)\s*$")


@dataclass(frozen=True)
class Logged:
    """One request: what was asked, which boundary it was, and what it got."""

    at: datetime
    asked: Mapping[str, str]
    boundary: Boundary | None
    told: str

    @property
    def token(self) -> str:
        """Give the journal's token in the summary of an edit."""
        found = TOKEN.search(self.asked.get("summary", ""))
        return found.group(1) if found else ""


@dataclass(frozen=True)
class SavedEdit:
    """One revision that somebody saved; ``judged`` is the wiki as the latest pre-flight read showed it."""

    at: datetime
    page_id: int
    title: str
    revid: int
    parentid: int
    baserevid: int
    user: str
    comment: str
    before: str
    after: str
    judged: WikiState | None = None

    @property
    def token(self) -> str:
        """Give the journal's token in the summary."""
        found = TOKEN.search(self.comment)
        return found.group(1) if found else ""


@dataclass
class Ledger:
    """The complete log of requests and saved edits since the last reset."""

    requests: list[Logged] = field(default_factory=list)
    edits: list[SavedEdit] = field(default_factory=list)
    _of_page: defaultdict[int, list[SavedEdit]] = field(default_factory=lambda: defaultdict(list))
    _latest_by: dict[str, SavedEdit] = field(default_factory=dict)
    _before_by: dict[str, SavedEdit] = field(default_factory=dict)

    def note(self, edit: SavedEdit) -> None:
        """Add a saved edit."""
        self.edits.append(edit)
        self._of_page[edit.page_id].append(edit)
        if edit.user in self._latest_by:
            self._before_by[edit.user] = self._latest_by[edit.user]
        self._latest_by[edit.user] = edit

    def around_the_latest(self) -> list[SavedEdit]:
        """List what the latest edit must be judged with: all of its page, and its editor's one before."""
        latest = self.edits[-1]
        before = self._before_by.get(latest.user)
        of_page = self._of_page[latest.page_id]
        return of_page if before is None or before in of_page else [before, *of_page]

    def clear(self) -> None:
        """Forget everything."""
        self.requests.clear()
        self.edits.clear()
        self._of_page.clear()
        self._latest_by.clear()
        self._before_by.clear()

    def posts(self) -> list[Logged]:
        """List the edits that were asked for, saved or not."""
        return [one for one in self.requests if one.asked.get("action") == "edit"]
