"""The slices that are done as SQL, each function within a transaction that the store has begun."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from faebot_hash.adapters.schema import slice_
from faebot_hash.adapters.upsert import upsert
from faebot_hash.model import Slice


def done(connection: Connection, part: Slice) -> tuple[int, datetime] | None:
    """Tell the hit count and the time of the last complete run; None when the query was another one."""
    row = connection.execute(select(slice_).where(slice_.c.key == part.key)).one_or_none()
    return (row.hits, row.done_at) if row is not None and row.query == part.query else None


def remember(connection: Connection, part: Slice, hits: int, at: datetime) -> None:
    """Note that a slice is done, in place of what was known of its key."""
    upsert(connection, slice_, [{"key": part.key, "query": part.query, "hits": hits, "done_at": at}])
