"""Checkpoints and leases as SQL, each function within a transaction that the store has begun."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, or_, select, update

from faebot_hash.adapters.schema import checkpoint, lease
from faebot_hash.adapters.upsert import insert_missing, upsert
from faebot_hash.hash_index import Lease


def read(connection: Connection, name: str) -> str | None:
    """Tell how far something came."""
    return connection.scalar(select(checkpoint.c.value).where(checkpoint.c.name == name))


def keep(connection: Connection, name: str, value: str, at: datetime) -> None:
    """Note how far something came."""
    upsert(connection, checkpoint, [{"name": name, "value": value, "at": at}])


def take_lease(connection: Connection, one: Lease, now: datetime, lasts: timedelta) -> bool:
    """Take a unit that is free, expired or the holder's own."""
    mine = {"holder": one.holder, "expires_at": now + lasts}
    insert_missing(connection, lease, [{"unit": one.unit, **mine}])
    free = or_(lease.c.holder == one.holder, lease.c.expires_at <= now)
    connection.execute(update(lease).where(lease.c.unit == one.unit, free).values(mine))
    return _holder(connection, one.unit) == one.holder


def free_lease(connection: Connection, one: Lease) -> None:
    """Give the holder's unit back."""
    connection.execute(delete(lease).where(lease.c.unit == one.unit, lease.c.holder == one.holder))


def holds(connection: Connection, one: Lease) -> bool:
    """Tell whether a unit is still the holder's; nobody takes it before this transaction has ended."""
    return _holder(connection, one.unit) == one.holder


def _holder(connection: Connection, unit: str) -> str | None:
    return connection.scalar(select(lease.c.holder).where(lease.c.unit == unit).with_for_update())
