"""Walk through units of work, portion by portion, and let other processes do what they have taken."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from faebot_hash.hash_index import HashIndexStore, Lease
from faebot_hash.index import Indexed, Indexer
from faebot_hash.portions import FILES_AT_ONCE, LogEvent, Portion, Unit, chunks, to_read
from faebot_hash.shares import LostShareError, Share

OVERLAP = timedelta(hours=1)
"""How much of the log is read again, because a line may appear later than its time says."""


@dataclass(frozen=True)
class Stage:
    """How far a unit came, kept as its checkpoint: each time that all units are done begins a new round."""

    round: int = 0
    position: str = ""
    done: bool = True

    def __str__(self) -> str:
        return f"{self.round} " + ("done" if self.done else f"at {self.position}")

    def finished(self, round_: int) -> bool:
        """Tell whether the unit is done in a round, or in a later one."""
        return self.round > round_ or (self.round == round_ and self.done)


def stage_of(text: str | None) -> Stage:
    """Read a checkpoint; one that cannot be read means that the unit was never begun."""
    found = re.fullmatch(r"([0-9]+) (?:(done)|at (.*))", text or "", re.DOTALL)
    return Stage(int(found[1]), found[3] or "", bool(found[2])) if found else Stage()


class Walk:
    """One run over units or portions. ``indexers`` gives an indexer that may use so many slots.

    It ends with the portion that brings it to ``most`` files. ``tell`` hears of each portion, and what the
    run came to so far.
    """

    def __init__(
        self,
        indexers: Callable[[int], Indexer],
        store: HashIndexStore,
        share: Share,
        *,
        most: int | None = None,
        tell: Callable[[Indexed, Portion], None] = lambda indexed, portion: None,
        say: Callable[[str], None] = lambda line: None,
    ) -> None:
        self._indexers, self._store, self._share = indexers, store, share
        self._most, self._tell, self._say = most, tell, say
        self.total = Indexed()

    def once(self, portions: Iterable[Portion]) -> Indexed:
        """Look at portions that have no unit, from their beginning."""
        for portion in portions:
            self._look_at(portion, None, None)
            if self._is_full:
                break
        return self.total

    def through(self, units: Sequence[Unit]) -> Indexed:
        """Work on the units that nobody else works on, and wait for the others to be done or free again."""
        round_ = self._round(units)
        left, told = list(units), False
        while left and not self._is_full:
            left = [unit for unit in left if not self._worked_through(unit, round_)]
            if left and not self._is_full:
                if not told:
                    self._say(
                        f"Other processes work on what is left ({len(left):,} in all); waiting for them."
                    )
                    told = True
                self._share.rest()
        return self.total

    def _round(self, units: Sequence[Unit]) -> int:
        stages = [stage_of(self._store.checkpoint(unit.name)) for unit in units]
        latest = max((stage.round for stage in stages), default=0)
        return latest + all(stage.finished(latest) for stage in stages)

    def _worked_through(self, unit: Unit, round_: int) -> bool:
        """Work on a unit from where it came to; False when somebody else has it."""
        if self._is_full or stage_of(self._store.checkpoint(unit.name)).finished(round_):
            return True
        with self._share.unit(unit.name) as lease:
            if lease is None:
                return False
            # Whoever had it until now may have done some of it meanwhile.
            stage = stage_of(self._store.checkpoint(unit.name))
            if stage.finished(round_):
                return True
            stage = replace(stage, done=False) if stage.round == round_ else Stage(round_, done=False)
            for portion in unit.portions(stage.position):
                stage = replace(stage, position=portion.position or stage.position)
                if not self._look_at(portion, (unit.name, str(stage)), lease):
                    return False
                if self._is_full:
                    return True
            end = replace(stage, done=not unit.endless)
            return unit.endless or self._look_at(Portion(), (unit.name, str(end)), lease)

    def _look_at(self, portion: Portion, checkpoint: tuple[str, str] | None, lease: Lease | None) -> bool:
        while True:
            try:
                indexed = self._indexers(self._share.adjust()).index(portion, checkpoint, lease)
            except LostShareError:
                # Nothing was kept; it is done again with what share is free now.
                continue
            if indexed is None:
                return False
            self.total += indexed
            self._tell(self.total, portion)
            return True

    @property
    def _is_full(self) -> bool:
        return self._most is not None and self.total.listed >= self._most


def news(
    log: Callable[[datetime], Iterator[LogEvent]],
    store: HashIndexStore,
    start: datetime,
    at_once: int = FILES_AT_ONCE,
) -> Callable[[str], Iterator[Portion]]:
    """Make what gives the portions of the log from a position, which is a time, or from ``start``."""

    def portions(position: str) -> Iterator[Portion]:
        latest = datetime.fromisoformat(position) if position else start
        for events in chunks(log(latest - OVERLAP), at_once):
            known = store.pages({one for event in events for one in event.page_ids})
            portion = to_read(events, known, store.pages_titled({event.title for event in events}))
            latest = max(latest, events[-1].at)
            yield replace(portion, position=latest.isoformat())

    return portions


def due(store: HashIndexStore, at: datetime, at_once: int = FILES_AT_ONCE) -> Iterator[Portion]:
    """Give the portions of failures whose time to try again has come."""
    seen: set[int] = set()
    while True:
        found = [one.page_id for one in store.failures_due(at, at_once)]
        fresh = tuple(page_id for page_id in found if page_id not in seen)
        if not fresh:
            return
        seen.update(fresh)
        yield Portion(fresh)
