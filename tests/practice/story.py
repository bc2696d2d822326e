"""What a seeded file is: its bytes, its page, its history, and what the bot should make of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Expected = Literal["tagged", "alone", "skipped"]


@dataclass(frozen=True)
class Step:
    """A later edit of a seeded page: who changed the text to what, and what they said."""

    user: str
    summary: str
    text: str


@dataclass(frozen=True)
class SeedFile:
    """A file of the practice wiki.

    ``expected`` tells what a complete first run over all sweeps does with it: "tagged", "alone" (it equals
    no other file) or "skipped", then with one of the ``reasons``: names of ``faebot_hash.reasons.Reason``.
    """

    title: str
    case: str
    picture: bytes
    text: str
    uploader: str
    uploaded: datetime
    expected: Expected
    reasons: tuple[str, ...] = ()
    history: tuple[Step, ...] = ()

    def steps_at(self) -> list[tuple[Step, datetime]]:
        """Date the later edits: the first a year after the upload, then one a month."""
        return [
            (step, self.uploaded + timedelta(days=365 + 30 * number))
            for number, step in enumerate(self.history)
        ]


@dataclass(frozen=True)
class Case:
    """A case of the casebook: its story, where it is found, and what should happen in words."""

    name: str
    story: str
    found_by: tuple[str, ...]
    outcome: str
