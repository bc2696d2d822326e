"""One SQLite file as a database: one process writes, others read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from faebot_hash.adapters import renewal, sqlite_file
from faebot_hash.adapters.database import T, Work
from faebot_hash.errors import StoreError


class SqliteDatabase:
    """A file that is open; fulfils Database. Opening makes it where it is missing and raises StoreError."""

    def __init__(
        self,
        url: URL,
        write: bool,
        file_system: Callable[[Path], int] = sqlite_file.statfs_type,
        version: tuple[int, ...] = sqlite_file.VERSION,
    ) -> None:
        path = _file_of(url)
        try:
            sqlite_file.check_place(path, file_system(path.parent))
        except OSError as error:
            raise StoreError(f"{path.parent}: {error.strerror}; make the folder first") from error
        if not write and not path.exists():
            raise StoreError(f"{path}: no such file; the first run that writes makes it")
        self.where = str(path)
        self._path = path
        with ExitStack() as undo:
            self._lock = sqlite_file.take_write_lock(path, version) if write else None
            if self._lock is not None:
                undo.callback(sqlite_file.free_write_lock, self._lock)
            with _told(self.where):
                self._connection = undo.enter_context(closing(_connect(path, write)))
                with self._connection.begin():
                    _prepare(self._connection, self.where, write)
            self._on_close = undo.pop_all()

    def read(self, work: Work[T]) -> T:
        with _told(self.where), self._connection.begin():
            return work(self._connection)

    def write(self, work: Work[T]) -> T:
        if self._lock is None:
            raise ValueError(f"{self.where} was opened for reading")
        with _told(self.where), self._connection.begin():
            sqlite_file.check_write_lock(self._path, self._lock)
            return work(self._connection)

    def time(self, connection: Connection) -> datetime | None:
        return None

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        """Do nothing: whoever writes is alone."""
        yield

    def close(self) -> None:
        self._on_close.close()


def _file_of(url: URL) -> Path:
    if not url.database or url.database == ":memory:" or url.query:
        raise StoreError(f"[store] url = “{url}” names no lasting file; write it as sqlite:///FILE")
    return Path(url.database).resolve()


def _connect(path: Path, write: bool) -> Connection:
    engine = create_engine("sqlite://", creator=partial(sqlite_file.connect, path, write), poolclass=NullPool)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine.connect()


def _prepare(connection: Connection, where: str, write: bool) -> None:
    if not write:
        renewal.refuse_unready(connection, where)
    elif not renewal.is_ready(connection, where):
        renewal.bring_up(connection, where)


@contextmanager
def _told(where: str) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise StoreError(f"{where}: {error.orig}; {sqlite_file.advice(error.orig)}") from error
