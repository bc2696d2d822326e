"""Threads that go one step at a time, in every order or in orders by chance."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

PATIENCE_S = 60.0


class Order(Protocol):
    """Chooses who goes next."""

    def choose(self, number: int) -> int:
        """Choose one of so many that are ready."""
        ...


class Chance:
    """One order by chance."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def choose(self, number: int) -> int:
        """Choose one of so many that are ready."""
        return self._random.randrange(number)


class EveryOrder:
    """All orders of steps that depend only on the order, one after the other: depth first."""

    def __init__(self) -> None:
        self._path: list[tuple[int, int]] = []
        self._depth = 0

    def __iter__(self) -> Iterator[EveryOrder]:
        while True:
            self._depth = 0
            yield self
            while self._path and self._path[-1][0] + 1 == self._path[-1][1]:
                self._path.pop()
            if not self._path:
                return
            chosen, number = self._path.pop()
            self._path.append((chosen + 1, number))

    def choose(self, number: int) -> int:
        """Choose as before, and at a new place the first."""
        if number == 1:
            return 0
        if self._depth == len(self._path):
            self._path.append((0, number))
        chosen, before = self._path[self._depth]
        assert before == number, "the same steps must lead to the same choices"
        self._depth += 1
        return chosen


class Turns:
    """Runs several acts at once, of which one at a time is awake; each waits before every step."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._resting = threading.Semaphore(0)
        self._go: list[threading.Semaphore] = []
        self._ready: set[int] = set()
        self._failed: list[BaseException] = []

    def run(self, acts: Sequence[Callable[[Callable[[], None]], object]]) -> None:
        """Let all acts come to their end; each is given what it must call before a step."""
        self._go = [threading.Semaphore(0) for _ in acts]
        self._ready = set(range(len(acts)))
        threads = [
            threading.Thread(target=self._live, args=(number, act), daemon=True)
            for number, act in enumerate(acts)
        ]
        for thread in threads:
            thread.start()
            self._await_rest()
        while self._ready:
            ready = sorted(self._ready)
            self._go[ready[self._order.choose(len(ready))]].release()
            self._await_rest()
        for thread in threads:
            thread.join(PATIENCE_S)
        if self._failed:
            raise self._failed[0]

    def _live(self, number: int, act: Callable[[Callable[[], None]], object]) -> None:
        def rest() -> None:
            self._resting.release()
            self._go[number].acquire()

        try:
            rest()
            act(rest)
        except BaseException as error:  # noqa: BLE001 - told to the main thread, which raises it
            self._failed.append(error)
        finally:
            self._ready.discard(number)
            self._resting.release()

    def _await_rest(self) -> None:
        if not self._resting.acquire(timeout=PATIENCE_S):
            raise TimeoutError("an act neither rests nor ends")


class Stepping:
    """Anything whose methods of some names are steps."""

    def __init__(self, inner: Any, rest: Callable[[], None], steps: frozenset[str]) -> None:
        self._inner, self._rest, self._steps = inner, rest, steps

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name not in self._steps:
            return found

        def step(*given: Any, **named: Any) -> Any:
            self._rest()
            return found(*given, **named)

        return step
