"""Whole copies of SQLite files: made while others write, sealed into one file, and checked."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from faebot_hash.adapters.sqlite_file import BUSY_TIMEOUT_S, connect
from faebot_hash.errors import StoreError

DAMAGED = "the file is damaged; take another backup"


def copy_file(source: Path, target: Path) -> None:
    """Copy what is committed at one moment; writers of the source are not held up. Raises StoreError."""
    try:
        with closing(connect(source, write=False)) as read, closing(sqlite3.connect(target)) as written:
            # All pages in one step: between steps a writer would make the copying begin anew.
            read.backup(written, pages=-1)
    except sqlite3.Error as error:
        raise StoreError(f"{source}: cannot be copied to {target}: {error}; start again") from error
    seal(target)


def seal(path: Path) -> None:
    """Put a database that nobody has open into one file without a log beside it."""
    with closing(sqlite3.connect(path, timeout=BUSY_TIMEOUT_S)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")


def check_file(path: Path) -> None:
    """Look through every page and every reference; raises StoreError for a file that is damaged."""
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            found = connection.execute("PRAGMA integrity_check").fetchall()
            lost = connection.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.Error as error:
        raise StoreError(f"{path.name}: {error}; {DAMAGED}") from error
    if found != [("ok",)] or lost is not None:
        raise StoreError(f"{path.name}: {found[0][0] if lost is None else f'rows of {lost[0]}'}; {DAMAGED}")
