"""Files that could not be hashed as SQL, each function within a transaction that the store has begun."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select

from faebot_hash.adapters.batches import batches
from faebot_hash.adapters.journal import storable
from faebot_hash.adapters.schema import failure
from faebot_hash.adapters.upsert import upsert
from faebot_hash.hash_index import Failure, retry_time
from faebot_hash.reasons import Reason, Skipped


def note(connection: Connection, failures: Mapping[int, Skipped], at: datetime) -> None:
    """Add one try to each page's failure."""
    attempts: dict[int, int] = {}
    for some in batches(sorted(failures)):
        counts = select(failure.c.page_id, failure.c.attempts).where(failure.c.page_id.in_(some))
        attempts |= {row.page_id: row.attempts for row in connection.execute(counts.with_for_update())}
    rows = []
    for page_id, skipped in failures.items():
        tried = attempts.get(page_id, 0) + 1
        rows.append(
            {
                "page_id": page_id,
                "reason": skipped.reason.name,
                "detail": storable(skipped.detail),
                "attempts": tried,
                "failed_at": at,
                "retry_at": retry_time(skipped.reason, tried, at),
            }
        )
    upsert(connection, failure, rows)


def forget(connection: Connection, page_ids: Iterable[int]) -> None:
    """Take away the failures of pages."""
    for some in batches(sorted(page_ids)):
        connection.execute(delete(failure).where(failure.c.page_id.in_(some)))


def of(connection: Connection, page_ids: Iterable[int]) -> dict[int, Failure]:
    """Look up the failures of pages."""
    found = {}
    for some in batches(page_ids):
        for row in connection.execute(select(failure).where(failure.c.page_id.in_(some))):
            known = _failure(row)
            if known is not None:
                found[row.page_id] = known
    return found


def due(connection: Connection, at: datetime, most: int) -> list[Failure]:
    """List the failures to try again, the longest due first; those of an unknown reason are due."""
    query = select(failure).where(failure.c.retry_at <= at)
    rows = connection.execute(query.order_by(failure.c.retry_at, failure.c.page_id).limit(most))
    return [known for row in rows if (known := _failure(row)) is not None]


def _failure(row: Row[Any]) -> Failure | None:
    reason = Reason.__members__.get(row.reason)
    if reason is None:
        return None
    return Failure(row.page_id, reason, row.detail, row.attempts, row.failed_at, row.retry_at)
