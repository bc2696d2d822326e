"""What a run of confirming adds up to, in a few counters however long it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from faebot_hash.console import Decision
from faebot_hash.dossier import Finding, dossier
from faebot_hash.edits import Applied, Outcome
from faebot_hash.likeness import Verdict
from faebot_hash.reasons import Reason


@dataclass
class ConfirmTally:
    """The counts of a run of confirming.

    ``read`` are files whose original is known, ``identical`` those that are the very same picture as
    another of their family. ``verdicts`` count files, each with that of its comparison.
    """

    families: int = 0
    files: int = 0
    read: int = 0
    identical: int = 0
    verdicts: Counter[Verdict] = field(default_factory=Counter)
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    reasons: Counter[Reason] = field(default_factory=Counter)

    def add(self, finding: Finding) -> None:
        """Count one family."""
        one = dossier(finding)
        self.families += 1
        self.files += len(one.entries)
        self.read += sum(entry.original is not None for entry in one.entries)
        self.identical += sum(len(group) for group in one.confirmed.identity.groups)
        self.verdicts.update(entry.comparison.verdict for entry in one.entries if entry.comparison)
        self.add_alone([*one.others, *(decision for entry in one.entries for decision in entry.decisions)])

    def add_alone(self, decisions: Iterable[Decision]) -> None:
        """Count what became of files that are in no family."""
        for decision in decisions:
            if isinstance(decision, Applied):
                self.outcomes[decision.outcome] += 1
            else:
                self.reasons[decision.reason] += 1

    @property
    def identical_percent(self) -> float:
        """Give the share of files that are identical to another; the casebook found about 20 %."""
        return 100 * self.identical / self.files if self.files else 0.0
