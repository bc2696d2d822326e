"""What the fake wiki does in the words of the practice wiki, so that one test can use either."""

from __future__ import annotations

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
        """Start a lasting fault: lag, readonly or search-warning; an empty value or 0 ends it."""
        with self._lock:
            if name == "lag":
                self.state.lag_s = float(value or 0)
            elif name == "readonly":
                self.state.readonly = str(value or "")
            elif name == "search-warning":
                self.state.search_warning = "The search was cut short." if value else ""
            else:
                raise ValueError(f"no lasting fault is called {name}")

    def bot(self) -> ApiClient:
        """Give a bare client that is logged in as the bot."""
        return ApiClient(self.api_url).login(f"{BOT}@{BOT_APP}", BOT_PASSWORD)

    def person(self, name: str = "Admin") -> ApiClient:
        """Give a bare client that is logged in as a person."""
        return ApiClient(self.api_url).login(name, ACCOUNT_PASSWORDS[name])

    def reader(self) -> ApiClient:
        """Give a bare client of nobody in particular."""
        return ApiClient(self.api_url)
