"""How long to wait for a database that is away, and how long between two tries."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

FIRST_WAIT_S = 0.05
LONGEST_WAIT_S = 10.0
"""So that work goes on within a minute after the end of an outage, however long that was."""

TOLD_EVERY_S = 600.0


@dataclass(frozen=True)
class Patience:
    """Tries for ``total_s`` after the first failure, each wait twice the one before, up to 10 seconds.

    ``say`` hears of a wait that takes longer than some seconds, and again every ten minutes.
    """

    total_s: float = 60.0
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    say: Callable[[str], None] = lambda line: None

    @classmethod
    def through_outages(cls, hours: float, say: Callable[[str], None]) -> Patience:
        """Wait as long as outages of servers and full disks last, and tell of it."""
        return cls(hours * 3_600, say=say)

    def waits(self, why: Callable[[], str] = lambda: "") -> Iterator[bool]:
        """Sleep, then say True, before each further try; ends when the patience does."""
        began = self.clock()
        told_at = None
        wait_s = FIRST_WAIT_S
        while (waited_s := self.clock() - began) < self.total_s:
            if wait_s >= LONGEST_WAIT_S / 4 and (told_at is None or waited_s - told_at >= TOLD_EVERY_S):
                told_at = waited_s
                self.say(f"{why()} — waiting, for {waited_s / 60:,.0f} minutes until now")
            # Those whom one failure hit together come back one by one.
            self.sleep(min(wait_s * random.uniform(0.5, 1.0), self.total_s - waited_s))
            yield True
            wait_s = min(wait_s * 2, LONGEST_WAIT_S)
