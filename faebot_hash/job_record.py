"""What is remembered of the runs of a job: the last one, and the last that had its work done."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from faebot_hash.exit_status import ExitStatus

CHECKPOINT = "job "
"""The checkpoint of a job has this before its name."""


@dataclass(frozen=True)
class JobRecord:
    """The last run of a job; ``good_at`` is the end of the last one that was done or told to stop."""

    name: str
    began: datetime
    ended: datetime
    status: int
    good_at: datetime | None = None

    @classmethod
    def read(cls, name: str, text: str) -> JobRecord:
        """Read what ``written`` wrote."""
        told = json.loads(text)
        good_at = datetime.fromisoformat(told["good_at"]) if told["good_at"] else None
        began, ended = (datetime.fromisoformat(told[key]) for key in ("began", "ended"))
        return cls(name, began, ended, told["status"], good_at)

    @property
    def written(self) -> str:
        """Write it as JSON."""
        told = {"began": self.began.isoformat(), "ended": self.ended.isoformat(), "status": self.status}
        return json.dumps({**told, "good_at": self.good_at.isoformat() if self.good_at else ""})

    @property
    def sentence(self) -> str:
        """Say how the run ended."""
        known = {one.value: one for one in ExitStatus}
        return known[self.status].sentence if self.status in known else f"ended with {self.status}"


def next_record(
    before: JobRecord | None, name: str, began: datetime, ended: datetime, code: int
) -> JobRecord:
    """Add a run to what is remembered; a signal that ended it shows as a code below 0."""
    good = code in (ExitStatus.DONE, ExitStatus.STOPPED)
    return JobRecord(name, began, ended, code, ended if good else before.good_at if before else began)


def code_for_mail(record: JobRecord, within: timedelta) -> int:
    """Give the exit code of the job itself, which is not 0 only when a person is needed.

    What passes by itself is passed over while the last good run is no older than ``within``.
    """
    known = {one.value: one for one in ExitStatus}
    status = known.get(record.status, ExitStatus.FAILED)
    if status.needs_person:
        return record.status if record.status > 0 else int(ExitStatus.FAILED)
    stale = record.good_at is None or record.ended - record.good_at > within
    return int(ExitStatus.FAILED) if stale else int(ExitStatus.DONE)
