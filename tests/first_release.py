"""Stores as older releases wrote them, with two rows in the journal."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from faebot_hash.adapters.migrations.versions import v2_order_of_planning, v3_originals_and_links

CONTENT = """
CREATE TABLE meta (name VARCHAR(40) NOT NULL, value VARCHAR(40), PRIMARY KEY (name));
CREATE TABLE basis (id INTEGER NOT NULL, source VARCHAR(20) NOT NULL, thumb_width_px INTEGER NOT NULL,
    pillow VARCHAR(40) NOT NULL, imagehash VARCHAR(40) NOT NULL, PRIMARY KEY (id),
    UNIQUE (source, thumb_width_px, pillow, imagehash));
CREATE TABLE slice ("key" VARCHAR(700) NOT NULL, "query" TEXT NOT NULL, hits INTEGER NOT NULL,
    done_at DATETIME NOT NULL, PRIMARY KEY ("key"));
CREATE TABLE journal (token VARCHAR(64) NOT NULL, page_id BIGINT NOT NULL, title VARCHAR(255) NOT NULL,
    baserevid BIGINT NOT NULL, file_sha1 VARCHAR(40) NOT NULL, new_text_sha1 VARCHAR(40) NOT NULL,
    kind VARCHAR(40) NOT NULL, state VARCHAR(10) NOT NULL, planned_at DATETIME NOT NULL, sent_at DATETIME,
    settled_at DATETIME, revid BIGINT, run VARCHAR(255), PRIMARY KEY (token));
CREATE INDEX ix_journal_page_id ON journal (page_id);
CREATE INDEX ix_journal_state ON journal (state);
CREATE INDEX ix_journal_sent_at ON journal (sent_at);
CREATE TABLE fingerprint (sha1 VARCHAR(40) NOT NULL, basis_id INTEGER NOT NULL, phash BIGINT, dhash BIGINT,
    ahash BIGINT, whash BIGINT, low_information BOOLEAN, rejection VARCHAR(40), detail TEXT,
    hashed_at DATETIME NOT NULL, PRIMARY KEY (sha1, basis_id),
    CONSTRAINT hashes_or_rejection CHECK ((phash IS NULL) = (rejection IS NOT NULL)),
    FOREIGN KEY(basis_id) REFERENCES basis (id)) WITHOUT ROWID;
INSERT INTO meta VALUES ('schema_version', '1');
INSERT INTO basis VALUES (1, 'thumbnail', 120, '13.0.0', '4.3.2');
INSERT INTO fingerprint VALUES ('0000000000000000000000000000000000000001', 1, 1, 2, 3, 4, 0, NULL, NULL,
    '2026-10-05 11:00:00.000000');
INSERT INTO slice VALUES ('resolution:10x20', 'filew:10 fileh:20', 42, '2026-10-05 12:00:00.123456');
INSERT INTO journal VALUES ('z9', 7, 'A.jpg', 100, 'f', 't', 'identified', 'DONE',
    '2026-10-05 12:00:00.123456', '2026-10-05 12:00:01.000000', '2026-10-05 12:00:02.000000', 101, NULL);
INSERT INTO journal VALUES ('a1', 8, 'B.jpg', 200, 'f', 't', 'identified', 'SENT',
    '2026-10-05 12:01:00.000000', '2026-10-05 12:01:01.000000', NULL, NULL, 'test');
"""


def write_first_release(path: Path) -> Path:
    """Make the file."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(CONTENT)
    return path


def write_second_release(path: Path) -> Path:
    """Make the file; the frozen step of then leads to the tables of then."""
    return _renew(write_first_release(path), v2_order_of_planning.STATEMENTS, "2")


def write_third_release(path: Path) -> Path:
    """Make the file, in the same way."""
    return _renew(write_second_release(path), v3_originals_and_links.STATEMENTS, "3")


def write_fourth_release(path: Path) -> Path:
    """Make the file, in the same way; from this release on Alembic leads from one to the next."""
    write_third_release(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
            "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)); "
            "INSERT INTO alembic_version VALUES ('3')"
        )
    config = Config()
    config.set_main_option("script_location", "faebot_hash.adapters:migrations")
    with create_engine(f"sqlite:///{path}", poolclass=NullPool).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "4")
    return path


def _renew(path: Path, statements: Iterable[str], version: str) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        number = f"UPDATE meta SET value = '{version}'"  # noqa: S608 - a literal of this file
        connection.executescript(";\n".join((*statements, number)))
    return path
