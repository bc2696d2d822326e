"""What the review reads and writes: families with what the bot found, and the verdicts of people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from faebot_hash.adapters.review_reader import ReviewCounts
from faebot_hash.cases import Case
from faebot_hash.judgements import Judged


class Reviews(Protocol):
    """Reads families and verdicts, from several threads; raises StoreError."""

    def open_cases(self, most: int, after: str = "", unjudged_only: bool = True) -> Sequence[Case]:
        """Give at most 100 open families that follow the one with the key ``after``.

        Those with an unjudged pair come first, the oldest of them first.
        """
        ...

    def case(self, key: str) -> Case | None:
        """Look a family up."""
        ...

    def judged(self, sha1s: Iterable[str]) -> tuple[Judged, ...]:
        """Give the verdicts on pairs of which both files are among these."""
        ...

    def history(self, most: int, sha1: str = "") -> Sequence[Judged]:
        """Give the newest verdicts, newest first, at most 100; with ``sha1`` those of pairs with it."""
        ...

    def counts(self) -> ReviewCounts:
        """Count for the statistics."""
        ...


class Desk(Protocol):
    """Takes the verdicts of people."""

    def record(self, rows: Sequence[Judged]) -> None:
        """Keep all of them or none; raises StoreBusy while a bot writes, and StoreError."""
        ...
