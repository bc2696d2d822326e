"""Counts what the store holds, within a transaction that the store has begun."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, select

from faebot_hash.adapters import journal as journal_rows
from faebot_hash.adapters.schema import (
    SCHEMA_VERSION,
    alembic_version,
    checkpoint,
    failure,
    fingerprint,
    journal,
    meta,
    metadata,
)
from faebot_hash.edits import Kind
from faebot_hash.job_record import CHECKPOINT, JobRecord
from faebot_hash.ports import OPEN_STATES
from faebot_hash.status import Figures, LastRun

MOST_RUNS = 10
_UNTOLD = {alembic_version.name, meta.name}


def read(connection: Connection, where: str, size_bytes: int, now: datetime) -> Figures:
    """Read all figures."""
    told = journal.c.kind != Kind.REPORT
    standing = select(journal.c.kind, func.count()).where(journal.c.state == "DONE", told)
    undone = select(func.count()).where(journal.c.state == "UNDONE", told)
    is_open = select(func.count()).where(journal.c.state.in_(OPEN_STATES), told)
    due = select(func.count()).select_from(failure).where(failure.c.retry_at <= now)
    newest = select(fingerprint.c.hashed_at).order_by(fingerprint.c.change_number.desc()).limit(1)
    jobs = select(checkpoint.c.name, checkpoint.c.value).where(checkpoint.c.name.startswith(CHECKPOINT))
    runs = [
        LastRun(run.name, run.started_at, run.counts)
        for run in journal_rows.runs(connection)[:MOST_RUNS]
        if not run.name.startswith("status-")
    ]
    return Figures(
        at=now,
        where=where,
        schema=SCHEMA_VERSION,
        size_bytes=size_bytes,
        rows={
            table.name: int(connection.scalar(select(func.count()).select_from(table)) or 0)
            for table in metadata.sorted_tables
            if table.name not in _UNTOLD
        },
        edits={row[0]: row[1] for row in connection.execute(standing.group_by(journal.c.kind))},
        undone=int(connection.scalar(undone) or 0),
        open_edits=int(connection.scalar(is_open) or 0),
        failures_due=int(connection.scalar(due) or 0),
        last_hashed=connection.scalar(newest),
        runs=tuple(runs),
        jobs=tuple(
            JobRecord.read(row.name.removeprefix(CHECKPOINT), row.value)
            for row in connection.execute(jobs.order_by(checkpoint.c.name))
        ),
    )
