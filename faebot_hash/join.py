"""All pairs of 64-bit values within a few bits of each other, exactly, in bounded memory.

The plan is in ``bands``. It is carried out by ``join_numpy``, or by ``join_numba`` where the extra ``scale``
is installed and the join is long enough to repay compiling: both give the same pairs.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Protocol, cast

import numpy as np
import numpy.typing as npt

from faebot_hash import join_numpy
from faebot_hash.band_choice import Cost, plan_join
from faebot_hash.bands import Batch, Found, Permutation, Plan, Values

Progress = Callable[[int, int], None]
"""What is told how many parts of how many are done."""

REPAYS_COMPILING_S = 3.0

_CHUNK_PAIRS = 1 << 18


class Engine(Protocol):
    """A module that carries a plan out."""

    COST: Cost

    def permutation(self, order: Sequence[int], count: int) -> Permutation:
        """Give what puts the bits of so many values in order fastest."""

    def repays_threads(self, plan: Plan, count: int) -> bool:
        """Tell whether so many values are joined faster by several threads."""

    def batches(self, places: Values, plan: Plan, pool: Executor | None) -> Iterator[Batch]:
        """Give batches of parts, each part the near pairs of its own; one batch is done before the next."""


@dataclass(frozen=True)
class ValuePairs:
    """Pairs of different values, the lower one in ``low``, and how many bits they differ in."""

    low: Values
    high: Values
    distance_bits: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.low)


def close_pairs(
    values: Values,
    tolerance_bits: int,
    *,
    engine: Engine | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Iterator[ValuePairs]:
    """Yield every pair of values that differ in 1…``tolerance_bits`` bits (0…12), once, in pieces.

    ``values`` ascend without repeats: equal ones are grouped before (``groups``), so that a value of a
    million files costs as much as one. The same engine gives the same values' pairs in the same order.
    ``workers`` are threads, as many as there are processors if None.
    """
    if len(values) > 1 and not (values[1:] > values[:-1]).all():
        raise ValueError("the values do not ascend without repeats")
    engine, plan = _chosen(values, tolerance_bits, engine)
    if tolerance_bits == 0 or len(values) < 2:
        return
    workers = workers or processors()
    several = workers > 1 and engine.repays_threads(plan, len(values))
    permutation = engine.permutation(plan.order, len(values))
    with ThreadPoolExecutor(workers) if several else nullcontext() as pool:
        places = permutation.to_places(values, pool.map if pool else map)
        for one, other in _found(places, plan, engine, pool, workers, progress):
            one, other = permutation.to_values(one), permutation.to_values(other)
            yield ValuePairs(np.minimum(one, other), np.maximum(one, other), np.bitwise_count(one ^ other))


def processors() -> int:
    """Count the processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _chosen(values: Values, tolerance_bits: int, engine: Engine | None) -> tuple[Engine, Plan]:
    """Choose the engine and its plan: compiling, or loading what was compiled, takes seconds."""
    first: Engine = engine or cast(Engine, join_numpy)
    plan = plan_join(values, tolerance_bits, first.COST)
    if (
        engine is None
        and plan.expected_s > REPAYS_COMPILING_S
        and (compiled := compiled_engine()) is not None
    ):
        return compiled, plan_join(values, tolerance_bits, compiled.COST)
    return first, plan


@cache
def compiled_engine() -> Engine | None:
    """Give the engine of the extra ``scale``, None where Numba is not installed."""
    return cast(Engine, import_module("faebot_hash.join_numba")) if find_spec("numba") else None


def _found(
    places: Values,
    plan: Plan,
    engine: Engine,
    pool: Executor | None,
    workers: int,
    progress: Progress | None,
) -> Iterator[Found]:
    done = 0
    for batch, batches in engine.batches(places, plan, pool):
        for pairs in _in_order([_gathered(part) for part in batch], pool, workers):
            if pairs is not None:
                yield pairs
                continue
            done += 1
            if progress is not None:
                progress(done, batches * len(batch))


def _in_order(
    parts: Sequence[Iterator[Found]], pool: Executor | None, workers: int
) -> Iterator[Found | None]:
    """Give the pairs of the parts in their order, and None at the end of each; several run at a time.

    Each part works at most one piece ahead of what is taken from it, so memory stays bounded.
    """
    if pool is None:
        for alone in parts:
            yield from alone
            yield None
        return
    coming = iter(parts)
    running: deque[tuple[Iterator[Found], Future[Found | None]]] = deque()
    try:
        while True:
            while len(running) <= workers and (part := next(coming, None)) is not None:
                running.append((part, pool.submit(_following, part)))
            if not running:
                return
            part, future = running.popleft()
            if (pairs := future.result()) is not None:
                running.appendleft((part, pool.submit(_following, part)))
            yield pairs
    finally:
        for _, future in running:
            future.cancel()


def _following(part: Iterator[Found]) -> Found | None:
    return next(part, None)


def _gathered(pairs: Iterator[Found]) -> Iterator[Found]:
    """Join small pieces to such as are worth handing over."""
    kept: list[Found] = []
    count = 0
    for piece in pairs:
        kept.append(piece)
        count += len(piece[0])
        if count >= _CHUNK_PAIRS:
            yield _joined(kept)
            kept, count = [], 0
    if count:
        yield _joined(kept)


def _joined(pieces: Sequence[Found]) -> Found:
    return np.concatenate([one for one, _ in pieces]), np.concatenate([other for _, other in pieces])
