"""What ``index_hashes`` tells people: how fast it goes, how long it may take, and what it came to."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from faebot_hash.console import plural, sum_lines
from faebot_hash.edits import Outcome
from faebot_hash.index import Indexed
from faebot_hash.portions import Portion

TELL_EVERY_S = 30.0


def total_lines(total: Indexed, *, colour: bool = False) -> list[str]:
    """Sum a run up: the sizes, then why files have no hashes, most frequent first."""
    sizes = {
        "files and pages looked at": total.listed,
        "files hashed": total.hashed,
        "files whose hashes were known": total.known,
        "in the index as the replica tells them, not asked for": total.settled,
        "failed before, not yet to be tried again": total.put_off,
        "renamed": total.renamed,
        "overwritten": total.overwritten,
        "gone": total.gone,
    }
    always = ("files and pages looked at", "files hashed")
    shown = {name: count for name, count in sizes.items() if count or name in always}
    return sum_lines(shown, Counter[Outcome](), total.reasons, colour)


def duration(seconds: float) -> str:
    """Say a duration to two units: "3 h 20 min"."""
    minutes, hours, days = seconds / 60, seconds / 3_600, seconds / 86_400
    if days >= 2:
        return f"{int(days)} d {int(hours) % 24} h"
    if hours >= 1:
        return f"{int(hours)} h {int(minutes) % 60} min"
    return f"{int(minutes)} min" if minutes >= 1 else "less than a minute"


@dataclass
class Progress:
    """Says a line now and then. ``ids_left`` is how many page ids the run may have to pass, 0 if unknown."""

    say: Callable[[str], None]
    ids_left: int = 0
    clock: Callable[[], float] = time.monotonic
    began_s: float = field(init=False)
    told_s: float = field(init=False)
    ids_passed: int = 0
    position: int | None = None

    def __post_init__(self) -> None:
        self.began_s = self.told_s = self.clock()

    def __call__(self, total: Indexed, portion: Portion) -> None:
        """Hear of a portion."""
        self.ids_passed += self._passed(portion)
        now = self.clock()
        if now - self.told_s < TELL_EVERY_S:
            return
        self.told_s = now
        elapsed_s = now - self.began_s
        parts = [
            f"{plural(total.listed, 'file')}, {total.listed / elapsed_s:,.1f} a second",
            f"{total.hashed:,} hashed",
        ]
        if self.ids_left and self.ids_passed:
            left = max(0, self.ids_left - self.ids_passed)
            parts.append(f"at most {duration(left * elapsed_s / self.ids_passed)} left")
        elif portion.position:
            parts.append(f"at {portion.position[:60]}")
        self.say("; ".join(parts))

    def _passed(self, portion: Portion) -> int:
        before, self.position = self.position, None
        if portion.position is None or not portion.position.isdigit():
            return len(portion)
        self.position = int(portion.position)
        forward = before is not None and self.position > before
        return self.position - before if before is not None and forward else len(portion)
