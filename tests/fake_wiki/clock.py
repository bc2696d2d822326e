"""Time that passes only while somebody sleeps."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

BEGINNING = datetime(2026, 1, 1, 12, tzinfo=UTC)


class VirtualClock:
    """The time of the wiki and of the bot; ``slept`` lists every sleep in seconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now = BEGINNING
        self.slept: list[float] = []
        self.on_passing: Callable[[], None] = lambda: None

    def now(self) -> datetime:
        """Tell the time, in UTC."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Let time pass for somebody who waits."""
        self.slept.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Let time pass although nobody waits."""
        with self._lock:
            self._now += timedelta(seconds=max(0.0, seconds))
        if seconds > 0:
            self.on_passing()

    def reset(self) -> None:
        """Go back to the beginning."""
        self._now = BEGINNING
        self.slept.clear()


def stamp(moment: datetime) -> str:
    """Write a moment as the API does: whole seconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
