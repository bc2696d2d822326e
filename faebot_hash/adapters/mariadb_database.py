"""A MariaDB server as a database: several processes write, and each unit counts once whatever happens.

A commit whose answer was lost may stand or not. So each unit of a writer also writes its number into the
writer's own row of ``commit_mark``. The row stays locked until the lost transaction has ended, so whoever
looks there knows what became of it.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Generic

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    create_engine,
    delete,
    event,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError, InvalidRequestError
from sqlalchemy.pool import NullPool

from faebot_hash.adapters import mariadb_errors, renewal
from faebot_hash.adapters.database import T, Work
from faebot_hash.adapters.mariadb_errors import Trouble, trouble
from faebot_hash.adapters.patience import Patience
from faebot_hash.adapters.schema import commit_mark
from faebot_hash.errors import BusyError, StoreError

STATEMENT_S = 60
"""The server ends any statement that takes longer, but not a renewal's."""

RENEWAL_S = 24 * 3_600
OTHERS_RENEWAL_S = 90
# The server gives up a connection that says nothing for so long, and frees what it held.
IDLE_S = 3_600
RENEWAL_IDLE_S = 60
MARKS_KEPT = timedelta(days=30)
SESSION = {
    "sql_mode": "'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,"
    "NO_ENGINE_SUBSTITUTION'",
    "time_zone": "'+00:00'",
    "innodb_lock_wait_timeout": "10",
    # A transaction that a lost connection left behind lets go of its rows.
    "idle_transaction_timeout": "30",
}


class MariaDatabase:
    """A server's database that is in use; fulfils Database. Opening makes tables and raises StoreError."""

    def __init__(
        self, url: URL, write: bool, patience: Patience | None = None, *, of_store: bool = True
    ) -> None:
        """Open; one that is not ``of_store`` holds another program's tables, which are left alone."""
        shown = URL.create(url.drivername, url.username, None, url.host, url.port, url.database)
        self.where = shown.render_as_string().partition("://")[2]
        self._write = write
        self._patience = patience or Patience()
        self._thread = threading.get_ident()
        self._url = url
        self._engine = self._engine_for(STATEMENT_S, IDLE_S)
        self._connection: Connection | None = None
        self._held: list[str] = []
        self._writer = secrets.token_hex(16)
        self._units = 0
        if of_store:
            self._persist(self._prepare)

    def read(self, work: Work[T]) -> T:
        return self._persist(lambda: self._in_transaction(work))

    def write(self, work: Work[T]) -> T:
        if not self._write:
            raise ValueError(f"{self.where} was opened for reading")
        self._units += 1
        unit: _Unit[T] = _Unit(work, self._writer, self._units)
        return self._persist(lambda: self._in_transaction(unit))

    def snapshot(self, work: Work[T]) -> T:
        """Read all tables as of one moment, however long it takes; a lost connection ends it."""
        try:
            with self._open(self._engine_for(RENEWAL_S, IDLE_S)) as connection:
                connection.execution_options(isolation_level="REPEATABLE READ")
                with connection.begin():
                    return work(connection)
        except DBAPIError as error:
            raise self._told(error, mariadb_errors.number_of(error.orig)) from error

    def time(self, connection: Connection) -> datetime | None:
        moment = connection.scalar(select(func.utc_timestamp(text("6"))))
        return moment.replace(tzinfo=UTC) if moment is not None else None

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        """Hold a lock of the server's while this connection lives; a new one takes it again, or raises."""
        lock = f"faebot_hash {sha256(name.encode()).hexdigest()[:40]}"
        self._held.append(lock)
        try:
            self._persist(lambda: self._in_transaction(lambda connection: self._hold(connection, lock)))
            yield
        finally:
            self._held.remove(lock)
            if self._connection is not None:
                self._let_go(lock)

    def compact(self) -> int:
        """Do nothing: InnoDB uses free room again, and copying a table would hold writers up."""
        return 0

    def size_bytes(self) -> int:
        """Tell the size of tables and indexes, as the server estimates it."""
        told = (
            "SELECT SUM(data_length + index_length) FROM information_schema.tables WHERE table_schema = :name"
        )
        named = {"name": self._url.database}
        return int(self.read(lambda connection: connection.scalar(text(told), named)) or 0)

    def close(self) -> None:
        """Take our own mark away, if that costs nothing, and end the connection."""
        try:
            if self._connection is not None and self._units:
                with self._connection.begin():
                    mine = commit_mark.c.writer == self._writer
                    self._connection.execute(delete(commit_mark).where(mine))
        except DBAPIError:
            # The mark is cleared away by later writers.
            self._drop()
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _persist(self, attempt: Callable[[], T]) -> T:
        """Try until it is done, the error is one that lasts, or the patience has ended."""
        if threading.get_ident() != self._thread:
            raise ValueError(f"{self.where} is used by a thread that did not open it")
        last: list[StoreError] = []
        waits = self._patience.waits(lambda: str(last[-1]))
        while True:
            try:
                return attempt()
            except DBAPIError as error:
                number = mariadb_errors.number_of(error.orig)
                last[:] = [self._told(error, number)]
                kind = trouble(number)
                if kind is Trouble.LOST or error.connection_invalidated:
                    self._drop()
                elif kind is Trouble.LASTING:
                    raise self._told(error, number) from error
                if not next(waits, False):
                    raise last[-1] from error

    def _told(self, error: DBAPIError, number: int) -> StoreError:
        return StoreError(f"{self.where}: {error.orig}; {mariadb_errors.advice(number)}")

    def _in_transaction(self, work: Work[T]) -> T:
        connection = self._connected()
        with connection.begin():
            return work(connection)

    def _connected(self) -> Connection:
        # SQLAlchemy would connect again by itself, without the locks.
        if self._connection is not None and self._connection.invalidated:
            self._drop()
        if self._connection is None:
            with ExitStack() as undo:
                connection = undo.enter_context(closing(self._open(self._engine)))
                with connection.begin():
                    for lock in self._held:
                        self._hold(connection, lock)
                undo.pop_all()
            self._connection = connection
        return self._connection

    def _open(self, engine: Engine) -> Connection:
        try:
            return engine.connect()
        except InvalidRequestError as error:
            raise StoreError(f"{self.where}: {error}; use MariaDB") from error

    def _engine_for(self, statement_s: int, idle_s: int) -> Engine:
        limits = {"connect_timeout": 10, "read_timeout": statement_s + 30, "write_timeout": 30}
        engine = create_engine(
            self._url,
            poolclass=NullPool,
            # Nothing is pooled, and a rollback on a lost connection would only complain.
            pool_reset_on_return=None,
            isolation_level="READ COMMITTED",
            connect_args={name: value for name, value in limits.items() if name not in self._url.query},
        )

        @event.listens_for(engine, "connect")
        def begin_session(driver_connection: Any, record: object) -> None:
            limits_s = {"max_statement_time": str(statement_s), "wait_timeout": str(idle_s)}
            settings = SESSION | limits_s
            with driver_connection.cursor() as cursor:
                cursor.execute(
                    f"SET SESSION {', '.join(f'{name} = {value}' for name, value in settings.items())}"
                )
                if not self._write:
                    cursor.execute("SET SESSION TRANSACTION READ ONLY")

        return engine

    def _hold(self, connection: Connection, lock: str) -> None:
        if connection.scalar(select(func.get_lock(lock, 0))) != 1:
            raise BusyError(f"{self.where}: another machine edits with this account; wait until its run ends")

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None

    def _let_go(self, lock: str) -> None:
        try:
            self._in_transaction(lambda connection: connection.scalar(select(func.release_lock(lock))))
        except DBAPIError:
            # The server lets go by itself when the connection ends.
            self._drop()

    def _prepare(self) -> None:
        if not self._write:
            self._in_transaction(lambda connection: renewal.refuse_unready(connection, self.where))
            return
        if not self._in_transaction(lambda connection: renewal.is_ready(connection, self.where)):
            self._bring_up()
        old = commit_mark.c.at < datetime.now(UTC) - MARKS_KEPT
        self._in_transaction(lambda connection: connection.execute(delete(commit_mark).where(old)))

    def _bring_up(self) -> None:
        """Make or change tables, however long it takes, while others wait for their turn."""
        self._drop()
        lock = f"faebot_hash {sha256(self.where.encode()).hexdigest()[:40]}"
        with self._open(self._engine_for(RENEWAL_S, RENEWAL_IDLE_S)) as connection, connection.begin():
            if connection.scalar(select(func.get_lock(lock, OTHERS_RENEWAL_S))) != 1:
                raise StoreError(
                    f"{self.where}: another process makes or renews the tables; start again when it is done"
                )
            renewal.bring_up(connection, self.where)


class _Unit(Generic[T]):
    """Work that counts once: begun anew, it looks first whether the commit before did count."""

    def __init__(self, work: Work[T], writer: str, number: int) -> None:
        self._work = work
        self._writer = writer
        self._number = number
        self._results: list[T] = []

    def __call__(self, connection: Connection) -> T:
        mine = commit_mark.c.writer == self._writer
        if self._results:
            marked = connection.scalar(select(commit_mark.c.unit).where(mine).with_for_update())
            if marked == self._number:
                return self._results[-1]
        result = self._work(connection)
        news = {"unit": self._number, "at": datetime.now(UTC)}
        if not connection.execute(update(commit_mark).where(mine).values(news)).rowcount:
            connection.execute(insert(commit_mark).values(writer=self._writer, **news))
        self._results.append(result)
        return result
