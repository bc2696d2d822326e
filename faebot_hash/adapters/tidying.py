"""Forgets what the store no longer needs, in small transactions between which others write.

Rows of the journal that are open, and those of edits that were made, stay for ever: by them the bot knows
which tags people have taken back, and undoes runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, exists, select, tuple_

from faebot_hash.adapters.database import Database
from faebot_hash.adapters.schema import (
    commit_mark,
    failure,
    journal,
    journal_partner,
    lease,
    link,
    link_observation,
)
from faebot_hash.settings import StoreSettings

ROWS_AT_ONCE = 500
FORGETTABLE_STATES = ("NOOP", "CONFLICT", "REFUSED")
LEASES_KEPT = timedelta(days=1)
MARKS_KEPT = timedelta(days=30)


def tidy(database: Database, settings: StoreSettings, now: datetime) -> dict[str, int]:
    """Remove what is too old by the settings; tells how many rows of each table."""
    refused_before, failed_before, asked_before = (
        now - timedelta(days=days)
        for days in (settings.keep_journal_days, settings.keep_failures_days, settings.keep_links_days)
    )
    later = exists().where(
        link_observation.c.url_sha256 == link.c.url_sha256, link_observation.c.at >= asked_before
    )
    old: Mapping[Table, tuple[ColumnElement[bool], Sequence[Table]]] = {
        journal: (
            and_(journal.c.state.in_(FORGETTABLE_STATES), journal.c.planned_at < refused_before),
            [journal_partner],
        ),
        # A failure whose time to try again will come is needed then.
        failure: (and_(failure.c.failed_at < failed_before, failure.c.retry_at.is_(None)), []),
        link: (~later, [link_observation]),
        lease: (lease.c.expires_at < now - LEASES_KEPT, []),
        commit_mark: (commit_mark.c.at < now - MARKS_KEPT, []),
    }
    return {table.name: _remove(database, table, *how) for table, how in old.items()}


def _remove(database: Database, table: Table, which: ColumnElement[bool], belonging: Sequence[Table]) -> int:
    removed = 0
    keys = list(table.primary_key.columns)

    def remove_some(connection: Connection) -> int:
        found = connection.execute(select(*keys).where(which).limit(ROWS_AT_ONCE)).all()
        values = [tuple(row) for row in found]
        if not values:
            return 0
        for one in (*belonging, table):
            columns = [one.c[key.name] for key in keys]
            connection.execute(delete(one).where(tuple_(*columns).in_(values)))
        return len(values)

    while some := database.write(remove_some):
        removed += some
    return removed
