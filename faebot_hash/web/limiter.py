"""How much one client may ask for: a bucket each, in memory alone, under a name that tells nothing.

A client is known by a keyed hash of its address. The key is random, never leaves memory, and is replaced
within a day, so nobody can tell afterwards who asked.
"""

from __future__ import annotations

import hashlib
import math
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

KEY_LASTS_S = 12 * 3_600.0
MOST_CLIENTS = 50_000
FILLS_IN_S = 60.0

Bucket = tuple[float, float]
"""How much is left, and since when."""


class Limiter:
    """Lets a client spend ``per_minute`` at once, and as much again within a minute; safe for threads."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = float(per_minute)
        self._clock = clock
        self._lock = threading.Lock()
        self._key, self._key_ends_at = b"", -math.inf
        self._buckets: OrderedDict[bytes, Bucket] = OrderedDict()

    def wait_s(self, client: str, cost: int = 1) -> int:
        """Spend, or tell in how many seconds there will be enough; 0 means that it is spent.

        A cost beyond what a bucket holds is met by a full one.
        """
        now = self._clock()
        with self._lock:
            if now >= self._key_ends_at:
                self._key, self._key_ends_at = secrets.token_bytes(32), now + KEY_LASTS_S
                self._buckets.clear()
            name = hashlib.blake2b(client.encode("utf-8", "replace"), key=self._key, digest_size=16).digest()
            left, since = self._buckets.pop(name, (self._most, now))
            left = min(self._most, left + (now - since) * self._most / FILLS_IN_S)
            needed = min(float(cost), self._most)
            enough = left >= needed
            self._buckets[name] = (left - needed if enough else left, now)
            if len(self._buckets) > MOST_CLIENTS:
                self._buckets.popitem(last=False)
        return 0 if enough else max(1, math.ceil((needed - left) * FILLS_IN_S / self._most))
