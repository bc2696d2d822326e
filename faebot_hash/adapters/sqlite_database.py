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
from faebot_hash.adapters.patience import Patience
from faebot_hash.errors import StoreError


class SqliteDatabase:
    """A file that is open; fulfils Database. Opening makes it where it is missing and raises StoreError."""

    def __init__(
        self,
        url: URL,
        write: bool,
        file_system: Callable[[Path], int] = sqlite_file.statfs_type,
        version: tuple[int, ...] = sqlite_file.VERSION,
        patience: Patience | None = None,
    ) -> None:
        path = _file_of(url)
        try:
            sqlite_file.check_place(path, file_system(path.parent))
        except OSError as error:
            raise StoreError(f"{path.parent}: {error.strerror}; make the folder first") from error
        if not write and not path.exists():
            raise StoreError(f"{path}: no such file; the first run that writes makes it")
        self.where = str(path)
        self.path, self._write, self._version = path, write, version
        # Without patience trouble is told at once: most commands have a person who waits for them.
        self._patience = patience or Patience(total_s=0)
        self._lock: int | None = None
        self._connection, self._on_close = self._persist(self._open)

    def read(self, work: Work[T]) -> T:
        return self._persist(lambda: self._in_transaction(work))

    def write(self, work: Work[T]) -> T:
        if self._lock is None:
            raise ValueError(f"{self.where} was opened for reading")
        lock = self._lock

        def checked(connection: Connection) -> T:
            sqlite_file.check_write_lock(self.path, lock)
            return work(connection)

        return self._persist(lambda: self._in_transaction(checked))

    def _in_transaction(self, work: Work[T]) -> T:
        with self._connection.begin():
            return work(self._connection)

    def _open(self) -> tuple[Connection, ExitStack]:
        with ExitStack() as undo:
            if self._write:
                self._lock = sqlite_file.take_write_lock(self.path, self._version)
                undo.callback(sqlite_file.free_write_lock, self._lock)
            connection = undo.enter_context(closing(_connect(self.path, self._write)))
            with connection.begin():
                _prepare(connection, self.where, self._write)
            return connection, undo.pop_all()

    def _persist(self, attempt: Callable[[], T]) -> T:
        """Try until it is done, the trouble is one that lasts, or the patience has ended."""
        last: list[StoreError] = []
        waits = self._patience.waits(lambda: str(last[-1]))
        while True:
            try:
                with _told(self.where):
                    return attempt()
            except StoreError as error:
                cause = error.__cause__
                last[:] = [error]
                if not sqlite_file.passes(getattr(cause, "orig", cause)) or not next(waits, False):
                    raise

    def time(self, connection: Connection) -> datetime | None:
        return None

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        """Do nothing: whoever writes is alone."""
        yield

    def compact(self) -> int:
        before = self.size_bytes()
        try:
            free, pages = (self._pragma(name) for name in ("freelist_count", "page_count"))
            # Writing the file anew takes as much room again, so a little is left as it is.
            if free * 5 < pages:
                return 0
            self._pragma("optimize", "VACUUM", "wal_checkpoint(TRUNCATE)")
        except self._connection.dialect.loaded_dbapi.Error as error:
            raise StoreError(f"{self.where}: {error}; {sqlite_file.advice(error)}") from error
        return max(0, before - self.size_bytes())

    def size_bytes(self) -> int:
        files = (self.path, self.path.with_name(f"{self.path.name}-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    def _pragma(self, *statements: str) -> int:
        """Run statements that no transaction may be around; gives the last one's number."""
        driver = self._connection.connection.driver_connection
        assert driver is not None
        for statement in statements:
            told = driver.execute(statement if statement == "VACUUM" else f"PRAGMA {statement}").fetchone()
        return int(told[0]) if told else 0

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
