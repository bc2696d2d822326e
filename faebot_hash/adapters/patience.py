"""How long to wait for a server that is away, and how long between two tries."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

FIRST_WAIT_S = 0.05
LONGEST_WAIT_S = 5.0


@dataclass(frozen=True)
class Patience:
    """Tries for ``total_s`` after the first failure, each wait twice the one before, up to 5 seconds."""

    total_s: float = 60.0
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def waits(self) -> Iterator[bool]:
        """Sleep, then say True, before each further try; ends when the patience does."""
        began = self.clock()
        wait_s = FIRST_WAIT_S
        while self.clock() - began < self.total_s:
            # Those whom one failure hit together come back one by one.
            self.sleep(wait_s * random.uniform(0.5, 1.0))
            yield True
            wait_s = min(wait_s * 2, LONGEST_WAIT_S)
