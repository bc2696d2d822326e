"""How the bot is doing, as values: what the store holds, how its jobs ended, what waits for whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from faebot_hash.job_record import JobRecord


@dataclass(frozen=True)
class LastRun:
    """A run that planned edits: its rows in the journal by state."""

    name: str
    began: datetime
    counts: Mapping[str, int]


@dataclass(frozen=True)
class Figures:
    """What the store tells at a moment.

    ``rows`` are the sizes of its tables, ``edits`` the edits that stand by their kind, ``undone`` those that
    were taken back. ``open_edits`` are edits whose fate is not known yet, ``failures_due`` files to be hashed
    again by now. Edits of reports are left out, so that a report does not tell of itself.
    """

    at: datetime
    where: str
    schema: int
    size_bytes: int
    rows: Mapping[str, int]
    edits: Mapping[str, int]
    undone: int
    open_edits: int
    failures_due: int
    last_hashed: datetime | None
    runs: tuple[LastRun, ...] = ()
    jobs: tuple[JobRecord, ...] = field(default=())

    @property
    def troubled(self) -> tuple[JobRecord, ...]:
        """List the jobs whose last run did not end well."""
        return tuple(one for one in self.jobs if one.status and one.good_at != one.ended)
