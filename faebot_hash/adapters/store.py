"""The store: fingerprints, originals, slices that are done, links, and the journal of edits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, create_engine, delete, event, insert, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import NullPool

from faebot_hash.adapters import fingerprints, journal, link_history, originals, schema, sqlite_file
from faebot_hash.adapters.sqlite_file import statfs_type
from faebot_hash.errors import StoreError
from faebot_hash.likeness import Original
from faebot_hash.links import Observation
from faebot_hash.model import Basis, Fingerprint, Slice
from faebot_hash.ports import Intent, JournalRow, RunSummary
from faebot_hash.reasons import Skipped


def _now() -> datetime:
    return datetime.now(UTC)


class Store:
    """One database; fulfils the ports HashStore, DigestStore, LinkHistory and Journal.

    Every method is one short transaction, durable when it returns. Whatever fails in the database is a
    StoreError that says what, where and what to do. One thread uses a store.
    """

    def __init__(
        self,
        connection: Connection,
        path: Path,
        lock: int | None,
        now: Callable[[], datetime],
        on_close: ExitStack,
    ) -> None:
        self._connection = connection
        self._path = path
        self._lock = lock
        self._now = now
        self._on_close = on_close

    @classmethod
    def open(
        cls,
        url: str,
        *,
        write: bool = True,
        now: Callable[[], datetime] = _now,
        file_system: Callable[[Path], int] = statfs_type,
        version: tuple[int, ...] = sqlite_file.VERSION,
    ) -> Self:
        """Open the store at an SQLAlchemy address, ``sqlite:///FILE`` so far; a missing file is made.

        One process writes at a time; with ``write=False`` any number may read. ``now`` dates the rows.
        Raises StoreError.
        """
        path = _file_of(url)
        try:
            sqlite_file.check_place(path, file_system(path.parent))
        except OSError as error:
            raise StoreError(f"{path.parent}: {error.strerror}; make the folder first") from error
        if not write and not path.exists():
            raise StoreError(f"{path}: no such file; the first run that writes makes it")
        with ExitStack() as undo:
            lock = sqlite_file.take_write_lock(path, version) if write else None
            if lock is not None:
                undo.callback(sqlite_file.free_write_lock, lock)
            with _told(str(path)):
                connection = undo.enter_context(closing(_connect(path, write)))
                with connection.begin():
                    schema.create_or_check(connection, str(path), create=write)
            return cls(connection, path, lock, now, undo.pop_all())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the database and let another process write."""
        self._on_close.close()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with _told(str(self._path)), self._connection.begin():
            yield self._connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        if self._lock is None:
            raise ValueError(f"{self._path} was opened for reading")
        with self._reading() as connection:
            sqlite_file.check_write_lock(self._path, self._lock)
            yield connection

    def get(self, sha1s: Iterable[str], basis: Basis) -> dict[str, Fingerprint | Skipped]:
        """Look up fingerprints and lasting rejections; absent keys were never hashed.

        ``Skipped.what`` is the SHA1: titles are not kept, because they change.
        """
        with self._reading() as connection:
            return fingerprints.get(connection, sha1s, basis)

    def put(self, results: Mapping[str, Fingerprint | Skipped], basis: Basis) -> None:
        """Keep results by the file's SHA1; the same key again replaces. Passing troubles raise ValueError."""
        rows = fingerprints.rows_of(results, self._now())
        if rows:
            with self._writing() as connection:
                fingerprints.keep(connection, rows, basis)

    def originals(self, sha1s: Iterable[str]) -> dict[str, Original | Skipped]:
        """Look up what this version of Pillow made of originals; their fingerprints are kept elsewhere."""
        with self._reading() as connection:
            return originals.get(connection, sha1s)

    def keep_originals(self, results: Mapping[str, Original | Skipped]) -> None:
        """Keep originals, not their fingerprints; the same key again replaces.

        Passing troubles raise ValueError.
        """
        rows = originals.rows_of(results, self._now())
        if rows:
            with self._writing() as connection:
                originals.keep(connection, rows)

    def link_histories(self, urls: Iterable[str]) -> dict[str, tuple[Observation, ...]]:
        """Look up what still tells something of links, oldest first; absent ones were never asked for."""
        with self._reading() as connection:
            return link_history.histories(connection, urls)

    def observe(self, observations: Mapping[str, Observation]) -> None:
        """Add one observation to each link; what no longer changes a verdict is left out."""
        if observations:
            with self._writing() as connection:
                link_history.observe(connection, observations)

    def slice_done(self, part: Slice) -> tuple[int, datetime] | None:
        """Tell the hit count and the time of the last complete run; None when the query was another one."""
        with self._reading() as connection:
            row = connection.execute(
                select(schema.slice_).where(schema.slice_.c.key == part.key)
            ).one_or_none()
        return (row.hits, row.done_at) if row is not None and row.query == part.query else None

    def remember_slice(self, part: Slice, hits: int, at: datetime) -> None:
        """Note that a slice is done, in place of what was known of its key."""
        with self._writing() as connection:
            connection.execute(delete(schema.slice_).where(schema.slice_.c.key == part.key))
            connection.execute(
                insert(schema.slice_).values(key=part.key, query=part.query, hits=hits, done_at=at)
            )

    def plan(self, intent: Intent) -> None:
        """Write a journal row, durably, before anything is sent; a token used before raises ValueError."""
        with self._writing() as connection:
            journal.plan(connection, intent, self._now())

    def sent(self, token: str, at: datetime) -> None:
        """Mark a planned row as sent, durably, before the first byte of the POST leaves."""
        with self._writing() as connection:
            journal.sent(connection, token, at)

    def settle(self, token: str, state: str, revid: int = 0, detail: str = "") -> None:
        """Close an open row for good, make a DONE one UNDONE, or leave it open for later as UNKNOWN."""
        with self._writing() as connection:
            journal.settle(connection, token, state, self._now(), revid, detail)

    def open_rows(self) -> list[Intent]:
        """List the rows whose fate is not known yet (planned, sent, unknown), oldest first."""
        with self._reading() as connection:
            return journal.open_intents(connection)

    def rows(
        self,
        run: str | None = None,
        kind: str | None = None,
        state: str | None = None,
        page_id: int | None = None,
        newest: int | None = None,
    ) -> list[JournalRow]:
        """List rows, newest first: of one run, kind, state or page, and only the newest, where asked."""
        with self._reading() as connection:
            return journal.rows(connection, run, kind, state, page_id, newest)

    def runs(self) -> list[RunSummary]:
        """List the runs that planned an edit, newest first."""
        with self._reading() as connection:
            return journal.runs(connection)

    def last_sent(self) -> datetime | None:
        """Tell the latest time at which a POST left, over all runs; ahead of a clock that was set back."""
        with self._reading() as connection:
            return journal.last_sent(connection)

    def tagged(self, page_id: int) -> bool:
        """Tell whether an edit of ours on this page is known to have been saved, and was not undone."""
        with self._reading() as connection:
            return journal.tagged(connection, page_id)


def _file_of(url: str) -> Path:
    try:
        address = make_url(url)
    except ArgumentError:
        raise StoreError(f"[store] url = “{url}”: write it as sqlite:///FILE") from None
    if address.drivername not in ("sqlite", "sqlite+pysqlite"):
        raise StoreError(f"[store] url: {address.drivername} is not supported; write it as sqlite:///FILE")
    if not address.database or address.database == ":memory:" or address.query:
        raise StoreError(f"[store] url = “{url}” names no lasting file; write it as sqlite:///FILE")
    return Path(address.database).resolve()


def _connect(path: Path, write: bool) -> Connection:
    engine = create_engine("sqlite://", creator=partial(sqlite_file.connect, path, write), poolclass=NullPool)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine.connect()


@contextmanager
def _told(where: str) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise StoreError(f"{where}: {error.orig}; {sqlite_file.advice(error.orig)}") from error
