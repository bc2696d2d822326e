"""The hash index for many threads that read: a read-only connection each, short statements, no retries.

A query that fails drops its connection, so that the next one begins with another; whoever asks is told
at once, and may ask again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from weakref import WeakSet

from sqlalchemy import URL, Connection, Engine, bindparam, create_engine, event, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from faebot_hash.adapters import hash_changes, mariadb_errors, renewal, sqlite_file
from faebot_hash.adapters.column_types import MARIADB
from faebot_hash.adapters.counters import CHANGE
from faebot_hash.adapters.database import T
from faebot_hash.adapters.database_login import read_address, with_account
from faebot_hash.adapters.fingerprints import basis_id
from faebot_hash.adapters.schema import counter, failure, fingerprint, foreign_hash, page
from faebot_hash.errors import StoreError
from faebot_hash.hash_index import HashChanges, IndexedPage
from faebot_hash.model import Basis

MOST_ROWS = 100
MOST_COUNTED = 10_000

_SHOWN = select(page.c.page_id, page.c.title, page.c.sha1).where(page.c.sha1.is_not(None))
# Made once: making it anew takes longer than asking it.
_BY_ID = _SHOWN.where(page.c.page_id.in_(bindparam("ids", expanding=True))).limit(MOST_ROWS)
_CHANGE = select(counter.c.value).where(counter.c.name == CHANGE)


@dataclass(frozen=True)
class HashedPage:
    """A page's hashes in one basis; those of little information are not in the search index."""

    page_id: int
    phash: int
    dhash: int
    low_information: bool


class IndexReader:
    """Looks things up in the store at an address; safe to use from several threads. Raises StoreError."""

    def __init__(self, address: str, statement_s: float) -> None:
        url = read_address(address)
        self.where = url.set(query={}, password=None).render_as_string().partition("://")[2]
        if url.drivername.startswith(MARIADB):
            self._engine, self._advice = _mariadb(with_account(url), statement_s), _mariadb_advice
        else:
            self._engine, self._advice = _sqlite(_readable(url)), sqlite_file.advice
        self._threads = threading.local()
        self._open: WeakSet[Connection] = WeakSet()

    def close(self) -> None:
        """Close the connections of all threads, none of which may be reading."""
        while self._open:
            with suppress(DBAPIError):
                self._open.pop().close()

    def last_change(self) -> int:
        """Tell the number of the last change of pages or hashes."""
        return int(self.read(lambda connection: connection.scalar(_CHANGE)) or 0)

    def changes(self, basis: Basis, after: int) -> HashChanges:
        """Give the next changes of a basis after a number."""
        return self.read(lambda connection: hash_changes.after(connection, basis, after))

    def bases(self) -> Sequence[Basis]:
        """List the bases that there are hashes of."""
        return self.read(hash_changes.bases)

    def pages(self, page_ids: Sequence[int]) -> dict[int, IndexedPage]:
        """Look up at most 100 pages; those that show no file are absent."""
        if len(page_ids) > MOST_ROWS:
            raise ValueError(f"{len(page_ids)} pages at once")
        if not page_ids:
            return {}
        rows = self.read(lambda connection: connection.execute(_BY_ID, {"ids": list(page_ids)}).all())
        return {row.page_id: IndexedPage(row.page_id, row.title, row.sha1) for row in rows}

    def page_titled(self, title: str) -> IndexedPage | None:
        """Look a page up by title; of two that had it, the one that was seen last."""
        last = _SHOWN.where(page.c.title == title).order_by(page.c.seen_at.desc(), page.c.page_id.desc())
        row = self.read(lambda connection: connection.execute(last.limit(1)).first())
        return None if row is None else IndexedPage(row.page_id, row.title, row.sha1)

    def hashes_of(self, page_id: int, basis: Basis) -> HashedPage | None:
        """Look up the hashes of a page's file in a basis; None where it was not hashed."""
        return self.read(lambda connection: _hashes_of(connection, page_id, basis))

    def last_hashed(self) -> datetime | None:
        """Tell when the last file was hashed; None before the first."""
        newest = select(fingerprint.c.hashed_at).order_by(fingerprint.c.change_number.desc()).limit(1)
        return self.read(lambda connection: connection.scalar(newest))

    def failures_due(self, at: datetime) -> int:
        """Count the files whose hashing is to be tried again, up to 10,000."""
        due = select(failure.c.page_id).where(failure.c.retry_at <= at).limit(MOST_COUNTED).subquery()
        return int(
            self.read(lambda connection: connection.scalar(select(func.count()).select_from(due))) or 0
        )

    def read(self, work: Callable[[Connection], T]) -> T:
        """Do reading work on this thread's connection, each statement by itself."""
        try:
            connection = self._connected()
            result = work(connection)
            connection.rollback()  # ends what SQLAlchemy calls a transaction; the driver has none
            return result
        except DBAPIError as error:
            self._drop()
            raise StoreError(f"{self.where}: {error.orig}; {self._advice(error.orig)}") from error
        except StoreError:
            self._drop()
            raise

    def _connected(self) -> Connection:
        connection: Connection | None = getattr(self._threads, "connection", None)
        if connection is None:
            connection = self._threads.connection = self._engine.connect()
            self._open.add(connection)
            renewal.refuse_unready(connection, self.where)
            connection.rollback()
        return connection

    def _drop(self) -> None:
        connection: Connection | None = getattr(self._threads, "connection", None)
        self._threads.connection = None
        if connection is not None:
            self._open.discard(connection)
            with suppress(DBAPIError):
                connection.invalidate()
                connection.close()


def _hashes_of(connection: Connection, page_id: int, basis: Basis) -> HashedPage | None:
    number = basis_id(connection, basis)
    same = (fingerprint.c.sha1 == page.c.sha1) & (fingerprint.c.basis_id == number)
    columns = (fingerprint.c.phash, fingerprint.c.dhash, fingerprint.c.low_information)
    ours = select(*columns).join_from(page, fingerprint, same)
    ours = ours.where(page.c.page_id == page_id, fingerprint.c.phash.is_not(None)).limit(1)
    row = connection.execute(ours).first()
    if row is not None:
        return HashedPage(page_id, row.phash, row.dhash, bool(row.low_information))
    theirs = select(foreign_hash.c.phash, foreign_hash.c.dhash)
    theirs = theirs.where(foreign_hash.c.page_id == page_id, foreign_hash.c.basis_id == number).limit(1)
    other = connection.execute(theirs).first()
    return None if other is None else HashedPage(page_id, other.phash, other.dhash, low_information=False)


def _readable(url: URL) -> Path:
    if not url.database or url.database == ":memory:" or url.query:
        raise StoreError(f"[store] url = “{url}” names no lasting file; write it as sqlite:///FILE")
    path = Path(url.database).resolve()
    if not path.exists():
        raise StoreError(f"{path}: no such file; the first run that writes makes it")
    sqlite_file.check_place(path, sqlite_file.statfs_type(path.parent))
    return path


def _sqlite(path: Path) -> Engine:
    return create_engine(
        "sqlite://",
        creator=partial(sqlite_file.connect, path, False),
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
    )


def _mariadb(url: URL, statement_s: float) -> Engine:
    limits = {"connect_timeout": 5, "read_timeout": statement_s + 5, "write_timeout": 5}
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args=limits)

    @event.listens_for(engine, "connect")
    def begin_session(driver_connection: Any, record: object) -> None:
        with driver_connection.cursor() as cursor:
            cursor.execute("SET SESSION max_statement_time = %s", (statement_s,))
            cursor.execute("SET SESSION TRANSACTION READ ONLY")

    return engine


def _mariadb_advice(error: BaseException | None) -> str:
    return mariadb_errors.advice(mariadb_errors.number_of(error))
