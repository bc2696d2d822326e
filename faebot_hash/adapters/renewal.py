"""Brings a database to the schema of this release: new ones are made whole, older ones go step by step."""

from __future__ import annotations

import threading
from functools import cache

from sqlalchemy import URL, Connection, insert, inspect, select, text
from sqlalchemy.schema import CreateIndex, CreateTable

from faebot_hash.adapters.counters import CHANGE, JOURNAL
from faebot_hash.adapters.schema import SCHEMA_VERSION, alembic_version, counter, meta, metadata
from faebot_hash.adapters.upsert import insert_missing
from faebot_hash.errors import StoreError

FIRST_OF_ALEMBIC = 4
COUNTERS = (JOURNAL, CHANGE)

# Alembic's environment is one for the whole process.
_one_renewal = threading.Lock()


def is_ready(connection: Connection, where: str) -> bool:
    """Tell whether the schema is that of this release; False for none yet or an older one.

    Raises StoreError for a newer release's database, for an unknown version, and for another program's.
    """
    return _version(connection, where) == SCHEMA_VERSION


def refuse_unready(connection: Connection, where: str) -> None:
    """Raise StoreError unless the schema is that of this release."""
    version = _version(connection, where)
    if version is None:
        raise StoreError(f"{where}: the database has no tables yet; the first run that writes makes them")
    if version < SCHEMA_VERSION:
        raise StoreError(f"{where}: the store is of an older release; the next run that writes renews it")


def bring_up(connection: Connection, where: str) -> None:
    """Make the tables, or renew older ones.

    SQLite does it in the transaction that the caller has begun. MariaDB commits at each step, so each can
    be done again; the caller sees to it that nobody else does it meanwhile.
    """
    version = _version(connection, where)
    if version is None:
        _create(connection)
    elif version < SCHEMA_VERSION:
        _renew(connection, version)


def _version(connection: Connection, where: str) -> int | None:
    """Read the version; None for a database whose tables are not all made yet."""
    names = set(inspect(connection).get_table_names())
    if names - metadata.tables.keys() and meta.name not in names:
        raise StoreError(
            f"{where}: the database has tables of another program; name a store of faebot_hash in [store] url"
        )
    if alembic_version.name in names:
        written = connection.scalar(select(alembic_version.c.version_num))
        if written is not None:
            return _checked(written, where)
    if meta.name in names:
        written = connection.scalar(select(meta.c.value).where(meta.c.name == "schema_version"))
        # Tables are made in the order of their names, so this one alone is an older release's.
        if written is not None or alembic_version.name not in names:
            return _checked(written, where)
    return None


def _checked(written: str | None, where: str) -> int:
    version = int(written) if written and written.isdecimal() else 0
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"{where}: the store has schema {version}, and this program knows only {SCHEMA_VERSION}; "
            "use the newer release that wrote it, or name another one in [store] url"
        )
    if version < 1:
        raise StoreError(
            f"{where}: the schema version {written!r} is unknown; "
            "restore a copy, or name another store in [store] url"
        )
    return version


def _create(connection: Connection) -> None:
    for statement in _statements(connection.dialect.name):
        connection.exec_driver_sql(statement)
    insert_missing(connection, counter, [{"name": name, "value": 0} for name in COUNTERS])
    insert_missing(connection, meta, [{"name": "schema_version", "value": str(SCHEMA_VERSION)}])
    connection.execute(insert(alembic_version).values(version_num=str(SCHEMA_VERSION)))


@cache
def _statements(database: str) -> tuple[str, ...]:
    """Write all tables and indexes in a database's own words."""
    dialect = URL.create(database).get_dialect()()
    made: list[CreateTable | CreateIndex] = []
    for table in metadata.sorted_tables:
        made.append(CreateTable(table, if_not_exists=True))
        indexes = sorted(table.indexes, key=lambda index: str(index.name))
        made += [CreateIndex(index, if_not_exists=True) for index in indexes]
    return tuple(str(one.compile(dialect=dialect)) for one in made)


def _renew(connection: Connection, version: int) -> None:
    # Alembic takes as long to import as all the rest, and hardly ever has anything to do.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "faebot_hash.adapters:migrations")
    config.attributes["connection"] = connection
    with _one_renewal:
        if version < FIRST_OF_ALEMBIC:
            connection.execute(CreateTable(alembic_version, if_not_exists=True))
            connection.execute(text("DELETE FROM alembic_version"))
            connection.execute(insert(alembic_version).values(version_num=str(version)))
        command.upgrade(config, "head")
