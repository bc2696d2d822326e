"""Opens the database at an address, of whichever kind it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from faebot_hash.adapters import database_login
from faebot_hash.adapters.column_types import MARIADB
from faebot_hash.adapters.database import Database
from faebot_hash.adapters.mariadb_database import MariaDatabase
from faebot_hash.adapters.patience import Patience
from faebot_hash.adapters.sqlite_database import SqliteDatabase
from faebot_hash.adapters.sqlite_file import VERSION, statfs_type


def open_database(
    url: str,
    *,
    write: bool = True,
    patience: Patience | None = None,
    file_system: Callable[[Path], int] = statfs_type,
    version: tuple[int, ...] = VERSION,
) -> Database:
    """Open ``sqlite:///FILE`` or ``mariadb+pymysql://HOST/DATABASE``; raises StoreError.

    Opening for writing makes missing tables, and renews older ones.
    """
    address = database_login.read_address(url)
    if address.get_backend_name() == MARIADB:
        return MariaDatabase(database_login.with_account(address), write, patience)
    return SqliteDatabase(address, write, file_system, version, patience)
