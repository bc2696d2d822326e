"""The world as a bot in another process sees it: its clock and the boundaries of its journal."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from urllib.request import Request, urlopen

from tests.fake_wiki.boundaries import Boundary

TIMEOUT_S = 10.0


class RemoteWorld:
    """Stands in for ``World`` and its clock where a test kills the bot."""

    def __init__(self, address: str) -> None:
        self._address = address

    def now(self) -> datetime:
        """Tell the time of the wiki."""
        return self._ask("/clock")

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self._ask("/clock", sleep=seconds)

    def reached(self, boundary: Boundary) -> None:
        """Report a boundary; whoever planned a kill for it does not let this return."""
        self._ask("/boundary", name=boundary.name)

    def _ask(self, path: str, **told: Any) -> datetime:
        request = Request(f"{self._address}{path}", json.dumps(told).encode(), method="POST")  # noqa: S310
        with urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
            return datetime.fromisoformat(json.load(answer)["now"])
