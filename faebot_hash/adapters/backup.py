"""Backups of the store: one SQLite file with all of it as of one moment, from and onto any database.

A file is complete or not there: it is made aside, checked, and renamed. Restoring fills an empty store in
one transaction, which ends only when every table reads as the backup does.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection, Table, delete, func, insert, select

from faebot_hash.adapters import sqlite_copy
from faebot_hash.adapters.mariadb_database import MariaDatabase
from faebot_hash.adapters.open_database import open_database
from faebot_hash.adapters.patience import Patience
from faebot_hash.adapters.schema import alembic_version, commit_mark, counter, lease, meta, metadata
from faebot_hash.adapters.sqlite_database import SqliteDatabase
from faebot_hash.errors import StoreError

NAMED = "faebot-{at:%Y%m%d-%H%M%S}.sqlite"
PATTERN = "faebot-[0-9]*-[0-9]*.sqlite"
ROWS_AT_ONCE = 2_000

# Who writes now, and what the schema is, is the store's own and no content.
_OF_THE_PLACE = frozenset({alembic_version.name, meta.name, commit_mark.name, lease.name})
CONTENT: tuple[Table, ...] = tuple(one for one in metadata.sorted_tables if one.name not in _OF_THE_PLACE)
"""The tables that a backup is about, those first that others refer to."""

Contents = dict[str, tuple[int, str]]
"""For each table its number of rows, and a SHA-256 of all of them in the order of their keys."""


def back_up(url: str, path: Path, at: datetime, patience: Patience | None = None) -> Path:
    """Write a backup to a new file, or into a folder under the name of a moment; gives the file.

    Writers go on meanwhile. Raises StoreError, and then leaves nothing behind.
    """
    target = path / NAMED.format(at=at) if path.is_dir() else path
    if target.exists():
        raise StoreError(f"{target}: is there already; name another file")
    with TemporaryDirectory(prefix="faebot-backup-") as folder:
        made = Path(folder) / "store.sqlite"
        with closing(open_database(url, write=False, patience=patience)) as database:
            if isinstance(database, SqliteDatabase):
                sqlite_copy.copy_file(database.path, made)
            elif isinstance(database, MariaDatabase):
                _copy_rows(database, made)
        sqlite_copy.check_file(made)
        with closing(open_database(f"sqlite:///{made}", write=False)):
            pass  # refuses another schema than this release's
        _publish(made, target)
    return target


def restore(path: Path, url: str) -> Contents:
    """Fill an empty store from a backup, wholly or not at all; gives what it holds. Raises StoreError."""
    with TemporaryDirectory(prefix="faebot-restore-") as folder:
        copy = Path(folder) / "store.sqlite"
        try:
            shutil.copyfile(path, copy)
        except OSError as error:
            raise StoreError(f"{path}: {error.strerror}; name a file that `backup` wrote") from error
        sqlite_copy.check_file(copy)
        # Opening for writing renews the copy of an older release's backup.
        with (
            closing(open_database(f"sqlite:///{copy}")) as source,
            closing(open_database(url)) as target,
        ):
            return target.write(
                lambda written: source.read(lambda read: _fill(read, written, target.where, path))
            )


def keep_newest(folder: Path, number: int) -> list[Path]:
    """Remove all dated backups of a folder but the newest ones; gives those removed."""
    dated = sorted(folder.glob(PATTERN), reverse=True)
    for old in dated[number:]:
        old.unlink(missing_ok=True)
    return dated[number:]


def contents(connection: Connection) -> Contents:
    """Sum up every table, whatever database it is in."""
    found = {}
    for table in CONTENT:
        number, digest = 0, hashlib.sha256()
        for rows in _rows(connection, table):
            for row in rows:
                number += 1
                digest.update(repr(tuple(row)).encode())
        found[table.name] = (number, digest.hexdigest())
    return found


def _rows(connection: Connection, table: Table) -> Iterator[list[tuple[object, ...]]]:
    in_order = select(table).order_by(*table.primary_key.columns)
    streamed = {"stream_results": True, "yield_per": ROWS_AT_ONCE}
    with connection.execute(in_order, execution_options=streamed) as result:
        for rows in result.partitions():
            yield [tuple(row) for row in rows]


def _copy(source: Connection, target: Connection) -> None:
    for table in CONTENT:
        target.execute(delete(table))
        names = [column.name for column in table.columns]
        for rows in _rows(source, table):
            target.execute(insert(table), [dict(zip(names, row, strict=True)) for row in rows])


def _copy_rows(database: MariaDatabase, made: Path) -> None:
    with closing(open_database(f"sqlite:///{made}")) as copy:
        copy.write(lambda target: database.snapshot(lambda source: _copy(source, target)))
    sqlite_copy.seal(made)


def _fill(source: Connection, target: Connection, where: str, path: Path) -> Contents:
    for table in CONTENT:
        used = select(func.count()).select_from(table)
        if table is counter:
            used = used.where(counter.c.value > 0)
        if target.scalar(used):
            raise StoreError(f"{where}: the store holds {table.name} rows; restore into an empty one")
    _copy(source, target)
    wanted, found = contents(source), contents(target)
    if differing := [name for name in wanted if wanted[name] != found[name]]:
        raise StoreError(f"{where}: {', '.join(differing)} not as in {path}; nothing was kept, start again")
    return found


def _publish(made: Path, target: Path) -> None:
    """Copy a finished file to its place, which may be a network folder, so that it is whole or not there."""
    partial = target.with_name(f"{target.name}.partial")
    try:
        with made.open("rb") as source, partial.open("wb") as written:
            shutil.copyfileobj(source, written, 1 << 20)
            written.flush()
            os.fsync(written.fileno())
        partial.rename(target)
    except OSError as error:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise StoreError(f"{target}: {error.strerror}; make room, or name another place") from error
