"""Column types that mean the same in SQLite and in MariaDB."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, Text
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeDecorator, TypeEngine

MARIADB = "mariadb"
"""The name of SQLAlchemy's dialect; addresses with "mysql" are turned into it."""


class Unsigned64(TypeDecorator[int]):
    """An unsigned 64-bit int; SQLite, whose ints are signed, keeps the same 64 bits."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == MARIADB:
            return dialect.type_descriptor(mysql.BIGINT(unsigned=True))
        return dialect.type_descriptor(BigInteger())

    def process_bind_param(self, value: int | None, dialect: Dialect) -> int | None:
        if value is None or dialect.name == MARIADB:
            return value
        return value - (1 << 64) if value >= 1 << 63 else value

    def process_result_value(self, value: int | None, dialect: Dialect) -> int | None:
        return None if value is None else value % (1 << 64)


class Moment(TypeDecorator[datetime]):
    """A moment to the microsecond, kept in UTC; naive datetimes raise ValueError, aware ones come out."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == MARIADB:
            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        return dialect.type_descriptor(DateTime())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError(f"a moment without its time zone: {value}")
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


def long_text() -> TypeEngine[str]:
    """Give the type of texts that may be longer than 64 KiB."""
    return Text().with_variant(mysql.MEDIUMTEXT(), MARIADB)


def long_integer() -> TypeEngine[int]:
    """Give the type of signed 64-bit ints in columns that SQLite knows as INTEGER since the first release."""
    return Integer().with_variant(mysql.BIGINT(), MARIADB)
