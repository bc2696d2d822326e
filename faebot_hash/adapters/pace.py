"""How fast the world may be asked: bandwidth and pauses that all threads share."""

from __future__ import annotations

import re
import threading
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


class Clock:
    """Monotonic seconds, and waiting that ``stop`` cuts short; tests have one whose time is virtual."""

    def now(self) -> float:
        """Give the seconds since some fixed moment."""
        return time.monotonic()

    def wait_until(self, moment: float, stop: threading.Event) -> None:
        """Return when the moment has come or ``stop`` is set."""
        stop.wait(max(0.0, moment - self.now()))


class Bandwidth:
    """A token bucket: over any 10 s the average stays within ``mbps``, pieces under way included.

    0.4 s of the limit may come at once, and 95 % of it for ever: at most 99 % in 10 s.
    """

    BURST_S = 0.4
    STEADY = 0.95

    def __init__(self, mbps: float, clock: Clock) -> None:
        self._clock = clock
        self._bytes_per_s = self.STEADY * mbps * 1e6 / 8
        self._credit_s = self.BURST_S / self.STEADY
        self._lock = threading.Lock()
        self._paid_until = clock.now() - self._credit_s

    def pay(self, size_bytes: int, stop: threading.Event) -> float:
        """Account for bytes that came, and wait until they are within the limit; gives the seconds waited."""
        with self._lock:
            now = self._clock.now()
            self._paid_until = max(self._paid_until, now - self._credit_s) + size_bytes / self._bytes_per_s
            free_at = self._paid_until
        if free_at > now:
            self._clock.wait_until(free_at, stop)
        return max(0.0, free_at - now)


class Hold:
    """A pause that a host asked for and that every thread keeps; ``longest_s`` is the most that is waited."""

    def __init__(self, clock: Clock, longest_s: float) -> None:
        self._clock = clock
        self._longest_s = longest_s
        self._lock = threading.Lock()
        self._until = clock.now()

    def extend(self, pause_s: float) -> None:
        """Let everybody wait so long from now, or longer where that was asked before."""
        with self._lock:
            self._until = max(self._until, self._clock.now() + pause_s)

    def wait(self, stop: threading.Event) -> bool:
        """Return True when the pause is over or ``stop`` is set; False at once when it is too long."""
        while not stop.is_set() and (left_s := self._until - self._clock.now()) > 0:
            if left_s > self._longest_s:
                return False
            self._clock.wait_until(self._until, stop)
        return True


def retry_after_s(asked: str, host_date: str) -> float | None:
    """Read a Retry-After, in seconds or as a date on the host's own clock; None when it asks for nothing."""
    if re.fullmatch("[0-9]+", asked.strip()):
        return float(asked) or None
    until, now = _moment(asked), _moment(host_date) or datetime.now(UTC)
    return None if until is None or until <= now else (until - now).total_seconds()


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
