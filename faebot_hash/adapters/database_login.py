"""How to log in to a database server: the address's own account, Wikimedia's, or a file's."""

from __future__ import annotations

import configparser
import os
import re
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import URL
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from faebot_hash.adapters.column_types import MARIADB
from faebot_hash.adapters.secret_files import refuse_exposed
from faebot_hash.errors import StoreError

TOOLS_DATABASE = "tools.db.svc.wikimedia.cloud"
WIKIMEDIA = ".db.svc.wikimedia.cloud"
ACCOUNT_FILE = "replica.my.cnf"
HOW = "write it as sqlite:///FILE or mariadb+pymysql://HOST/DATABASE?read_default_file=FILE"


def read_address(address: str) -> URL:
    """Take an address apart; raises StoreError, which shows no password, for what is no such address."""
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        raise StoreError(f"[store] url = “{without_password(address)}”: {HOW}") from None
    if url.drivername in ("mysql+pymysql", "mariadb+pymysql"):
        # One name for both, so that tables and statements are MariaDB's.
        return url.set(drivername=f"{MARIADB}+pymysql")
    if url.drivername not in ("sqlite", "sqlite+pysqlite"):
        raise StoreError(f"[store] url: {url.drivername} is not supported; {HOW}")
    return url


def without_password(address: str) -> str:
    """Give an address that may be shown, whether or not it can be taken apart."""
    hidden = re.sub(r"^([A-Za-z0-9+.-]*://)?.*@", r"\1…@", address, flags=re.DOTALL)
    return re.sub(r"([?&]pass\w*=)[^&]*", r"\1…", hidden, flags=re.IGNORECASE)


def with_account(url: URL, environment: Mapping[str, str] = os.environ, home: Path | None = None) -> URL:
    """Add the account to an address that names none.

    On Wikimedia's servers that is the one in TOOL_TOOLSDB_USER or TOOL_REPLICA_USER, else the one in
    ~/replica.my.cnf; no other server is told these. Raises StoreError, and SettingsError for a file of an
    account that others can read.
    """
    if not url.database:
        raise StoreError(f"[store] url names no database; {HOW}")
    file = url.query.get("read_default_file")
    if file:
        _check(Path(str(file)).expanduser())
    elif url.username is None and (url.host or "").endswith(WIKIMEDIA):
        return _with_wikimedia_account(url, environment, home or Path.home())
    return url


def _with_wikimedia_account(url: URL, environment: Mapping[str, str], home: Path) -> URL:
    kind = "TOOLSDB" if url.host == TOOLS_DATABASE else "REPLICA"
    user, password = (environment.get(f"TOOL_{kind}_{name}") for name in ("USER", "PASSWORD"))
    if user and password:
        return url.set(username=user, password=password)
    file = home / ACCOUNT_FILE
    _check(file)
    return url.update_query_dict({"read_default_file": str(file)})


def _check(file: Path) -> None:
    try:
        file.open("rb").close()
    except OSError as error:
        raise StoreError(
            f"{file}: {error.strerror}; this file holds the account's name and password for the database"
        ) from error
    refuse_exposed(file)
    options = configparser.RawConfigParser(allow_no_value=True, strict=False)
    try:
        options.read_string(file.read_text(encoding="utf-8"))
    except (configparser.Error, UnicodeDecodeError):
        # What the reader says quotes the line, and with it the password.
        raise StoreError(f"{file}: no file of options; write [client], user = … and password = …") from None
