"""What the fake wiki does in the words of the practice wiki, so that one test can use either."""

from __future__ import annotations

from collections.abc import Sequence
from threading import RLock

from tests.fake_wiki import scene
from tests.fake_wiki.people import People
from tests.fake_wiki.state import WikiState
from tests.practice.client import ApiClient
from tests.practice.configuration import ACCOUNT_PASSWORDS, BOT, BOT_APP, BOT_PASSWORD


class PracticeWords:
    """Actions of people, lasting faults and bare clients, named as ``PracticeWiki`` names them."""

    state: WikiState
    people: People
    api_url: str
    _lock: RLock

    def human(self, action: str, title: str, **details: str) -> None:
        """Let a person act: the actions and details of ``PracticeWiki.human``."""
        with self._lock:
            scene.human(self.people, action, title, **details)

    def fault(self, name: str, value: str | int = 1) -> None:
        """Start a lasting fault: lag, readonly, search-warning, core-only; an empty value or 0 ends it."""
        with self._lock:
            if name == "lag":
                self.state.lag_s = float(value or 0)
            elif name == "readonly":
                self.state.readonly = str(value or "")
            elif name == "search-warning":
                self.state.search_warning = "The search was cut short." if value else ""
            elif name == "core-only":
                self.state.core_only = bool(value)
            elif name == "may-create":
                self.state.may_create = bool(value)
            else:
                raise ValueError(f"no lasting fault is called {name}")

    def usage(self, title: str, pages: Sequence[str]) -> None:
        """Let pages of other wikis use a file ("File:…"): each as "en.wikipedia.org:Title"; none ends it."""
        with self._lock:
            self.state.usage[title] = tuple(pages)

    def statements(self, title: str, count: int | None) -> None:
        """Give a file that many statements of structured data; None takes the whole entity away."""
        with self._lock:
            self.state.statements.pop(title, None)
            if count is not None:
                self.state.statements[title] = count

    def bot(self) -> ApiClient:
        """Give a bare client that is logged in as the bot."""
        return ApiClient(self.api_url).login(f"{BOT}@{BOT_APP}", BOT_PASSWORD)

    def person(self, name: str = "Admin") -> ApiClient:
        """Give a bare client that is logged in as a person."""
        return ApiClient(self.api_url).login(name, ACCOUNT_PASSWORDS[name])

    def reader(self) -> ApiClient:
        """Give a bare client of nobody in particular."""
        return ApiClient(self.api_url)
