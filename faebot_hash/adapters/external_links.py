"""File pages by their external links, from a copy of the wiki's database, for the web service.

One short question over a connection of its own: the servers end idle connections, and an account has ten.
The tables are those since 2022: a link's host in reverse and its path (T312666).
"""

from __future__ import annotations

from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from faebot_hash.adapters import mariadb_errors
from faebot_hash.adapters.column_types import MARIADB
from faebot_hash.adapters.database_login import read_address, with_account, without_password
from faebot_hash.errors import SettingsError, StoreError

MOST_ROWS = 100
LONGEST_S = 10.0

# Sorted by a sum, which no index has: by the column itself the server may rather walk through all links in
# the order of their pages. The replicas are views, and take no hint which index to use.
_LINKING = text(
    """SET STATEMENT max_statement_time = :seconds FOR
SELECT DISTINCT page_id, page_title FROM externallinks
JOIN page ON page_id = el_from AND page_namespace = 6
WHERE (el_to_domain_index LIKE :https ESCAPE '|' OR el_to_domain_index LIKE :http ESCAPE '|')
AND el_to_path LIKE :path ESCAPE '|'
ORDER BY page_id + 0 LIMIT :most"""
)


class ReplicaLinks:
    """Asks the replica at an address; safe to use from several threads."""

    def __init__(self, address: str, statement_s: float) -> None:
        url = read_address(address)
        if url.get_backend_name() != MARIADB:
            raise SettingsError(
                f"[web] replica_url = “{without_password(address)}”: write it as mariadb+pymysql://HOST/DATABASE"
            )
        self._seconds = min(statement_s, LONGEST_S)
        self._where = url.set(query={}, password=None).render_as_string().partition("://")[2]
        limits = {"connect_timeout": 5, "read_timeout": self._seconds + 5, "write_timeout": 5}
        self._engine = create_engine(with_account(url), poolclass=NullPool, connect_args=limits)

    def linking(self, domain_index: str, path: str, most: int) -> list[tuple[int, str]]:
        """Give ids and titles of at most 100 pages with a link to a host, or what is below it, and a path.

        ``domain_index`` is the beginning of a host in reverse, ``path`` a part of the path; both are meant
        literally. Raises StoreError.
        """
        beginning = _literal(domain_index)
        asked = {
            "seconds": self._seconds,
            "https": f"https://{beginning}%",
            "http": f"http://{beginning}%",
            "path": f"%{_literal(path)}%",
            "most": min(most, MOST_ROWS),
        }
        try:
            with self._engine.connect() as connection:
                rows = connection.execute(_LINKING, asked).all()
        except DBAPIError as error:
            advice = mariadb_errors.advice(mariadb_errors.number_of(error.orig))
            raise StoreError(f"{self._where}: {error.orig}; {advice}") from error
        return [(int(row.page_id), _title(row.page_title)) for row in rows]


def _literal(wanted: str) -> str:
    """Escape what LIKE takes for a pattern."""
    return wanted.replace("|", "||").replace("%", "|%").replace("_", "|_")


def _title(stored: bytes | str) -> str:
    return stored.decode("utf-8", "replace") if isinstance(stored, bytes) else stored
