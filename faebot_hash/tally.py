"""What a run adds up to, in a few counters however long it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from faebot_hash.edits import Applied, Found, Outcome
from faebot_hash.reasons import Reason, Skipped


@dataclass
class Tally:
    """The counts of a run: slices looked into, their files and sets, and how often each thing happened."""

    slices: int = 0
    listed: int = 0
    hashed: int = 0
    sets: int = 0
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    reasons: Counter[Reason] = field(default_factory=Counter)

    def add(self, found: Found | Skipped, applied: Iterable[Applied | Skipped] = ()) -> None:
        """Count one slice with what was done in it, or one thing passed over before there was a slice."""
        decisions = [found] if isinstance(found, Skipped) else [*found.skipped, *applied]
        if isinstance(found, Found):
            self.slices += 1
            self.listed += found.listed
            self.hashed += found.hashed
            self.sets += len(found.sets)
        self.outcomes.update(one.outcome for one in decisions if isinstance(one, Applied))
        self.reasons.update(one.reason for one in decisions if isinstance(one, Skipped))
