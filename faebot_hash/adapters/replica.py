"""Files as a copy of the wiki's database lists them (wikitech: Help:Wiki Replicas), read in small bites.

What it says may be stale, and is never kept: it is a hint which files the wiki itself should be asked about.
The tables are those since 2026: ``file``, ``filerevision`` and ``filetypes`` (T416548), and ``externallinks``
by reversed domain (T312666). Texts are VARBINARY, and ``image`` is not used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import URL, Row, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from faebot_hash.adapters import mariadb_errors
from faebot_hash.adapters.answers import hex_of
from faebot_hash.adapters.column_types import MARIADB
from faebot_hash.adapters.database_login import read_address, with_account, without_password
from faebot_hash.adapters.mariadb_errors import Trouble, trouble
from faebot_hash.adapters.patience import Patience
from faebot_hash.errors import ReplicaError, SettingsError, StoreError
from faebot_hash.portions import Hint

COMMONS = "mariadb+pymysql://commonswiki.analytics.db.svc.wikimedia.cloud/commonswiki_p"
COMMONS_SHARD = "s4"
HINTS_AT_ONCE = 5_000
STATEMENT_S = 60
NO_SUCH_TABLE = 1146
_NOT_FOR_US = frozenset({1044, 1049, 1142, NO_SUCH_TABLE})

_FILE = """JOIN file ON file_name = page_title AND file_deleted = 0
JOIN filerevision ON fr_id = file_latest AND fr_deleted = 0
JOIN filetypes ON ft_id = file_type"""
_COLUMNS = "page_id, page_title, fr_sha1, ft_major_mime, ft_minor_mime"

# The page table leads, in the order of its key, so that a bite costs what it brings.
_FILES = f"""SELECT STRAIGHT_JOIN {_COLUMNS} FROM page {_FILE}
WHERE page_namespace = 6 AND page_is_redirect = 0 AND page_id > :after AND page_id <= :last
ORDER BY page_id LIMIT :most"""  # noqa: S608 - the parts are constants

# Many pages link a large domain and few a small one: the server chooses the better of two indexes.
_LINKING = f"""SELECT DISTINCT {_COLUMNS} FROM externallinks
JOIN page ON page_id = el_from AND page_namespace = 6 AND page_is_redirect = 0 {_FILE}
WHERE el_from > :after
AND (el_to_domain_index LIKE :https ESCAPE '|' OR el_to_domain_index LIKE :http ESCAPE '|')
ORDER BY page_id LIMIT :most"""  # noqa: S608 - the parts are constants


class Replica:
    """The tables of one wiki on a replica server; each question opens a connection, and no longer.

    No question takes longer than ``statement_s``. Whatever fails is a ReplicaError that says what to do.
    """

    def __init__(
        self, address: str, *, patience: Patience | None = None, statement_s: int = STATEMENT_S
    ) -> None:
        url = _address(address)
        self.where = url.set(query={}, password=None).render_as_string().partition("://")[2]
        self._patience = patience or Patience()
        self._within = f"SET STATEMENT max_statement_time = {statement_s} FOR "
        timeouts = {"connect_timeout": 10, "read_timeout": statement_s + 30, "write_timeout": 30}
        self._engine = create_engine(url, poolclass=NullPool, connect_args=timeouts)

    def files(self, after: int, last: int, most: int = HINTS_AT_ONCE) -> list[Hint]:
        """List the files of the page ids above ``after``, up to ``last``, in their order."""
        return [_hint(row) for row in self._ask(_FILES, {"after": after, "last": last, "most": most})]

    def linking(self, domain: str, after: int, most: int = HINTS_AT_ONCE) -> list[Hint]:
        """List the files that link a domain or what is below it, in the order of their page ids."""
        index = ".".join(reversed(domain.split("."))).replace("_", "|_")
        patterns = {protocol: f"{protocol}://{index}.%" for protocol in ("https", "http")}
        return [_hint(row) for row in self._ask(_LINKING, {"after": after, "most": most, **patterns})]

    def largest_page_id(self) -> int:
        """Tell the largest page id."""
        ((largest,),) = self._ask("SELECT MAX(page_id) FROM page LIMIT 1", {})
        return int(largest or 0)

    def lag_s(self, shard: str = COMMONS_SHARD) -> float | None:
        """Tell by how much the replica is behind; None where the server does not tell."""
        query = "SELECT lag FROM heartbeat_p.heartbeat WHERE shard = :shard LIMIT 1"
        try:
            rows = self._ask(query, {"shard": shard})
        except ReplicaError as error:
            if mariadb_errors.number_of(getattr(error.__cause__, "orig", None)) in _NOT_FOR_US:
                return None
            raise
        return float(rows[0][0]) if rows else None

    def _ask(self, query: str, parameters: Mapping[str, Any]) -> Sequence[Row[Any]]:
        waits = self._patience.waits()
        while True:
            try:
                with self._engine.connect() as connection:
                    return connection.execute(text(self._within + query), parameters).all()
            except DBAPIError as error:
                number = mariadb_errors.number_of(error.orig)
                if trouble(number) is Trouble.LASTING or next(waits, self) is self:
                    raise ReplicaError(f"{self.where}: {error.orig}; {_advice(number)}") from error


def _address(address: str) -> URL:
    try:
        url = read_address(address)
    except StoreError:
        url = None
    if url is None or url.get_backend_name() != MARIADB or not url.database:
        shown = without_password(address)
        raise SettingsError(f"-replica:{shown}: write it as mariadb+pymysql://HOST/DATABASE")
    try:
        return with_account(url)
    except StoreError as error:
        raise ReplicaError(f"-replica: {error}") from error


def _advice(number: int) -> str:
    if number in _NOT_FOR_US:
        return "name a database in the shape of Wikimedia's replicas, such as commonswiki_p, in -replica"
    return mariadb_errors.advice(number)


def _hint(row: Row[Any]) -> Hint:
    page_id, title, sha1, major, minor = tuple(row)
    # A title or a SHA1 that cannot be read is like none in the index, so the wiki is asked.
    name = _text(title).replace("_", " ")
    return Hint(int(page_id), name, hex_of(_text(sha1)), f"{_text(major)}/{_text(minor)}")


def _text(value: bytes | str) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
