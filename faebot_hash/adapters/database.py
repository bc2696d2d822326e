"""A database as the store sees it: units of work that are done whole, exactly once, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol, TypeVar

from sqlalchemy import Connection

T = TypeVar("T")
Work = Callable[[Connection], T]


class Database(Protocol):
    """One connection, used by one thread. Whatever fails in it is a StoreError that says what to do.

    ``where`` names it to people, without passwords.
    """

    where: str

    def read(self, work: Work[T]) -> T:
        """Do reading work in a transaction; it may be begun anew, so it must keep nothing outside."""
        ...

    def write(self, work: Work[T]) -> T:
        """Do work in a transaction, durable when this returns; it may be begun anew, but counts once."""
        ...

    def time(self, connection: Connection) -> datetime | None:
        """Tell the time that all who write agree on; None where one machine's own will do."""
        ...

    def alone(self, name: str) -> AbstractContextManager[None]:
        """Be the only one on this database's server who holds a name; raises BusyError."""
        ...

    def compact(self) -> int:
        """Give room that is free inside the database back to the disk, if it is worth it: how many bytes."""
        ...

    def size_bytes(self) -> int:
        """Tell how large it is on its disk."""
        ...

    def close(self) -> None:
        """Give everything back."""
        ...
