"""Progress for people: a bar on a terminal, plain lines in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

T = TypeVar("T")

LOG_EVERY_S = 30.0


def watched(
    items: Iterable[T],
    total: int,
    label: str,
    *,
    terminal: bool | None = None,
    log: Callable[[str], None] = lambda line: print(line, file=sys.stderr, flush=True),
    clock: Callable[[], float] = time.monotonic,
) -> Iterable[T]:
    """Pass items through while telling how many of ``total`` are done; silent when there are none."""
    if total == 0:
        return items
    if sys.stderr.isatty() if terminal is None else terminal:
        return tqdm(items, total=total, desc=label, unit="", leave=False, dynamic_ncols=True)
    return _logged(items, total, label, log, clock)


def _logged(
    items: Iterable[T], total: int, label: str, log: Callable[[str], None], clock: Callable[[], float]
) -> Iterator[T]:
    started = told = clock()
    done = 0
    for done, item in enumerate(items, 1):
        yield item
        if clock() - told >= LOG_EVERY_S:
            told = clock()
            log(f"{label}: {done:,} of {total:,}")
    if done:
        log(f"{label}: {done:,} in {clock() - started:.1f} s")


def told_parts(
    label: str,
    *,
    terminal: bool | None = None,
    log: Callable[[str], None] = lambda line: print(line, file=sys.stderr, flush=True),
    clock: Callable[[], float] = time.monotonic,
) -> Callable[[int, int], None]:
    """Give what is called with how many parts of how many are done; a log hears of long work only."""
    if sys.stderr.isatty() if terminal is None else terminal:
        bar = tqdm(desc=label, unit="", leave=False, dynamic_ncols=True)

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)
            if done >= total:
                bar.close()

        return show
    told = clock()

    def write(done: int, total: int) -> None:
        nonlocal told
        if clock() - told >= LOG_EVERY_S:
            told = clock()
            log(f"{label}: {done:,} of {total:,} parts")

    return write
