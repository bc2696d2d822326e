"""What processes that fill one index share: the units of work, and the use of the network."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol, TypeVar

from faebot_hash.hash_index import Lease

T = TypeVar("T")

LEASE = timedelta(minutes=20)
"""Longer than any pause that a media host may ask for; a dead process's unit is free again after it."""

RENEWALS = 5
"""How often a lease is prolonged while it lasts."""

QUEUE = "downloads: next in line"


class Leases(Protocol):
    """Where leases are kept (``hash_index.HashIndexStore``)."""

    def take_lease(self, lease: Lease, lasts: timedelta) -> bool:
        """Take or prolong a lease; False when somebody else holds it."""
        ...

    def free_lease(self, lease: Lease) -> None:
        """Give a lease back."""
        ...


class LostShareError(Exception):
    """All our slots went to others, because we were silent for too long."""


@dataclass
class Share:
    """One process's part of what all may do together.

    ``slots`` is how many downloads may run at once, over all processes. A process alone takes all of them;
    when another one waits, it gives half of them away. ``holder`` must be unique among living processes.
    """

    store: Leases
    holder: str
    slots: int
    lasts: timedelta = LEASE
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    say: Callable[[str], None] = lambda line: None
    held: list[Lease] = field(default_factory=list)
    units: list[Lease] = field(default_factory=list)
    renewed_s: float = float("-inf")

    @property
    def pause_s(self) -> float:
        """Tell how long to wait for what others hold."""
        return min(10.0, self.lasts.total_seconds() / RENEWALS)

    def adjust(self) -> int:
        """Take free slots, or give some away to who waits; gives how many are ours, waiting for the first.

        Called before each portion, it looks around only as often as leases are prolonged.
        """
        if self.held and not self._is_due():
            return len(self.held)
        self.renew()
        if self.held:
            if self._somebody_waits():
                self._give(len(self.held) // 2)
            else:
                self._take_free()
        else:
            self._wait_for_some()
        return len(self.held)

    def renew(self) -> None:
        """Prolong all that is ours; slots that are no longer ours are forgotten."""
        self.held = [lease for lease in self.held if self._take(lease.unit)]
        for lease in self.units:
            # One that is lost shows when its batch is refused.
            self._take(lease.unit)
        self.renewed_s = self.clock()

    def watch(self, items: Iterable[T], total: int, label: str) -> Iterator[T]:
        """Pass downloads through, prolonging our leases meanwhile; raises LostShareError."""
        for item in items:
            if self._is_due():
                self.renew()
                if not self.held:
                    raise LostShareError
            yield item

    @contextmanager
    def unit(self, name: str) -> Iterator[Lease | None]:
        """Hold a unit meanwhile; gives None when somebody else does."""
        if not self._take(name):
            yield None
            return
        lease = Lease(name, self.holder)
        self.units.append(lease)
        try:
            yield lease
        finally:
            self.units.remove(lease)
            self.store.free_lease(lease)

    def rest(self) -> None:
        """Wait a little for what others work on; our slots they may have, for those may be what they lack."""
        self.close()
        self.sleep(self.pause_s)

    def close(self) -> None:
        """Let others have our slots."""
        self._give(len(self.held))

    def _is_due(self) -> bool:
        return self.clock() - self.renewed_s > self.lasts.total_seconds() / RENEWALS

    def _take(self, unit: str) -> bool:
        return self.store.take_lease(Lease(unit, self.holder), self.lasts)

    def _take_free(self) -> None:
        ours = {lease.unit for lease in self.held}
        for number in range(1, self.slots + 1):
            unit = f"downloads: slot {number}"
            if unit not in ours and self._take(unit):
                self.held.append(Lease(unit, self.holder))

    def _somebody_waits(self) -> bool:
        if not self._take(QUEUE):
            return True
        self.store.free_lease(Lease(QUEUE, self.holder))
        return False

    def _give(self, count: int) -> None:
        for _ in range(count):
            self.store.free_lease(self.held.pop())

    def _wait_for_some(self) -> None:
        told = False
        while True:
            self._take_free()
            if self.held:
                self.store.free_lease(Lease(QUEUE, self.holder))
                return
            self._take(QUEUE)
            if not told:
                self.say("Other processes download as much as all together may; waiting for a share.")
                told = True
            self.sleep(self.pause_s)
