"""The tables of the store, in types that mean the same in SQLite and in MariaDB."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    DateTime,
    Dialect,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    insert,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeDecorator, TypeEngine

from faebot_hash.errors import StoreError

SCHEMA_VERSION = 3
MYSQL_DIALECTS = ("mysql", "mariadb")


class Unsigned64(TypeDecorator[int]):
    """An unsigned 64-bit int; SQLite, whose ints are signed, keeps the same 64 bits."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name in MYSQL_DIALECTS:
            return dialect.type_descriptor(mysql.BIGINT(unsigned=True))
        return dialect.type_descriptor(BigInteger())

    def process_bind_param(self, value: int | None, dialect: Dialect) -> int | None:
        if value is None or dialect.name in MYSQL_DIALECTS:
            return value
        return value - (1 << 64) if value >= 1 << 63 else value

    def process_result_value(self, value: int | None, dialect: Dialect) -> int | None:
        return None if value is None else value % (1 << 64)


class Moment(TypeDecorator[datetime]):
    """A moment to the microsecond, kept in UTC; naive datetimes raise ValueError, aware ones come out."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name in MYSQL_DIALECTS:
            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        return dialect.type_descriptor(DateTime())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError(f"a moment without its time zone: {value}")
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


metadata = MetaData()

meta = Table("meta", metadata, Column("name", String(40), primary_key=True), Column("value", String(40)))

basis = Table(
    "basis",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", String(20), nullable=False),
    Column("thumb_width_px", Integer, nullable=False),
    Column("pillow", String(40), nullable=False),
    Column("imagehash", String(40), nullable=False),
    UniqueConstraint("source", "thumb_width_px", "pillow", "imagehash"),
)

fingerprint = Table(
    "fingerprint",
    metadata,
    Column("sha1", String(40), primary_key=True),
    Column("basis_id", ForeignKey(basis.c.id), primary_key=True),
    Column("phash", Unsigned64),
    Column("dhash", Unsigned64),
    Column("ahash", Unsigned64),
    Column("whash", Unsigned64),
    Column("low_information", Boolean),
    Column("rejection", String(40)),
    Column("detail", Text),
    Column("hashed_at", Moment, nullable=False),
    CheckConstraint("(phash IS NULL) = (rejection IS NOT NULL)", name="hashes_or_rejection"),
    sqlite_with_rowid=False,
)

slice_ = Table(
    "slice",
    metadata,
    Column("key", String(700), primary_key=True),
    Column("query", Text, nullable=False),
    Column("hits", Integer, nullable=False),
    Column("done_at", Moment, nullable=False),
)

journal = Table(
    "journal",
    metadata,
    Column("token", String(64), primary_key=True),
    Column("page_id", BigInteger, nullable=False, index=True),
    Column("title", String(255), nullable=False),
    Column("baserevid", BigInteger, nullable=False),
    Column("file_sha1", String(40), nullable=False),
    Column("new_text_sha1", String(40), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("state", String(10), nullable=False, index=True),
    Column("planned_at", Moment, nullable=False),
    Column("sent_at", Moment, index=True),
    Column("settled_at", Moment),
    Column("revid", BigInteger),
    Column("run", String(255), index=True),
    Column("number", BigInteger, nullable=False, server_default=text("0"), unique=True, index=True),
    Column("file_timestamp", Moment),
    Column("detail", Text),
)

journal_partner = Table(
    "journal_partner",
    metadata,
    Column("token", ForeignKey(journal.c.token), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("page_id", BigInteger, nullable=False),
    Column("sha1", String(40), nullable=False),
)

original = Table(
    "original",
    metadata,
    Column("sha1", String(40), primary_key=True),
    Column("pillow", String(40), nullable=False),
    Column("stripped_sha1", String(40)),
    Column("non_exif_sha1", String(40)),
    Column("pixel_sha1", String(40)),
    Column("frames", Integer),
    Column("mode", String(8)),
    Column("bit_depth", Integer),
    Column("width_px", Integer),
    Column("height_px", Integer),
    Column("orientation", Integer),
    Column("icc", String(40)),
    Column("rejection", String(40)),
    Column("detail", Text),
    Column("read_at", Moment, nullable=False),
    CheckConstraint("pixel_sha1 IS NULL OR rejection IS NULL", name="digest_or_rejection"),
    sqlite_with_rowid=False,
)

# Each database compares texts in its own way, so an address's SHA-256 is the key; its text is for people.
link = Table(
    "link",
    metadata,
    Column("url_sha256", String(64), primary_key=True),
    Column("url", Text().with_variant(mysql.MEDIUMTEXT(), *MYSQL_DIALECTS), nullable=False),
)

link_observation = Table(
    "link_observation",
    metadata,
    Column("url_sha256", ForeignKey(link.c.url_sha256), primary_key=True),
    Column("at", Moment, primary_key=True),
    Column("verdict", String(20), nullable=False),
    sqlite_with_rowid=False,
)

# One list of statements for each step from a schema to the next. They are frozen: a later schema adds a
# step, because stores of every age are still about.
MIGRATIONS = {
    1: (
        "UPDATE journal SET run = '' WHERE run IS NULL",
        "CREATE INDEX ix_journal_run ON journal (run)",
        "ALTER TABLE journal ADD COLUMN number BIGINT DEFAULT 0 NOT NULL",
        "UPDATE journal SET number = rowid",
        "CREATE UNIQUE INDEX ix_journal_number ON journal (number)",
        "ALTER TABLE journal ADD COLUMN file_timestamp DATETIME",
        "ALTER TABLE journal ADD COLUMN detail TEXT",
        "CREATE TABLE journal_partner (token VARCHAR(64) NOT NULL, position INTEGER NOT NULL, "
        "page_id BIGINT NOT NULL, sha1 VARCHAR(40) NOT NULL, PRIMARY KEY (token, position), "
        "FOREIGN KEY(token) REFERENCES journal (token))",
    ),
    2: (
        "CREATE TABLE original (sha1 VARCHAR(40) NOT NULL, pillow VARCHAR(40) NOT NULL, "
        "stripped_sha1 VARCHAR(40), non_exif_sha1 VARCHAR(40), pixel_sha1 VARCHAR(40), frames INTEGER, "
        "mode VARCHAR(8), bit_depth INTEGER, width_px INTEGER, height_px INTEGER, orientation INTEGER, "
        "icc VARCHAR(40), rejection VARCHAR(40), detail TEXT, read_at DATETIME NOT NULL, PRIMARY KEY (sha1), "
        "CONSTRAINT digest_or_rejection CHECK (pixel_sha1 IS NULL OR rejection IS NULL)) WITHOUT ROWID",
        "CREATE TABLE link (url_sha256 VARCHAR(64) NOT NULL, url TEXT NOT NULL, PRIMARY KEY (url_sha256))",
        "CREATE TABLE link_observation (url_sha256 VARCHAR(64) NOT NULL, at DATETIME NOT NULL, "
        "verdict VARCHAR(20) NOT NULL, PRIMARY KEY (url_sha256, at), "
        "FOREIGN KEY(url_sha256) REFERENCES link (url_sha256)) WITHOUT ROWID",
    ),
}


def create_or_check(connection: Connection, where: str, create: bool) -> None:
    """Bring an empty or older database to this schema, within the open transaction, or refuse another one."""
    names = inspect(connection).get_table_names()
    if not names and create:
        metadata.create_all(connection)
        connection.execute(insert(meta).values(name="schema_version", value=str(SCHEMA_VERSION)))
        return
    if meta.name not in names:
        seen = "tables of another program" if names else "no tables yet"
        raise StoreError(f"{where}: the database has {seen}; name a store of faebot_hash in [store] url")
    written = connection.scalar(select(meta.c.value).where(meta.c.name == "schema_version"))
    version = int(written) if written and written.isdecimal() else 0
    if version == SCHEMA_VERSION:
        return
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"{where}: the store has schema {version}, and this program knows only {SCHEMA_VERSION}; "
            "use the newer release that wrote it, or name another file in [store] url"
        )
    if version not in MIGRATIONS:
        raise StoreError(
            f"{where}: the schema version {written!r} is unknown; "
            "restore a copy, or name another file in [store] url"
        )
    if not create:
        raise StoreError(f"{where}: the store is of an older release; the next run that writes renews it")
    _migrate(connection, version)


def _migrate(connection: Connection, version: int) -> None:
    for step in range(version, SCHEMA_VERSION):
        for statement in MIGRATIONS[step]:
            connection.exec_driver_sql(statement)
    connection.execute(update(meta).where(meta.c.name == "schema_version").values(value=str(SCHEMA_VERSION)))
