"""The tables of ImageHash-Toolforge, read from their MariaDB in short statements."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from sqlalchemy import BigInteger, Connection, Integer, Select, and_, column, func, select, table

from faebot_hash.adapters import database_login
from faebot_hash.adapters.column_types import Unsigned64
from faebot_hash.adapters.mariadb_database import MariaDatabase
from faebot_hash.adapters.patience import Patience
from faebot_hash.hash_index import PageHashes

PAGES_AT_ONCE = 20_000

_PHASH, _DHASH = (
    table(name, column("id", Integer), column("commons", BigInteger), column("hash", Unsigned64))
    for name in ("phash", "dhash")
)


def pages(
    url: str, after_page_id: int = 0, patience: Patience | None = None
) -> Iterator[tuple[int, list[PageHashes]]]:
    """Give pages in ranges of their ids, each with the last id of the range, in ascending order.

    A page that was hashed again has several rows there; the last one counts. Raises StoreError.
    """
    address = database_login.with_account(database_login.read_address(url))
    server = MariaDatabase(address, write=False, patience=patience, of_store=False)
    try:
        last = server.read(lambda connection: connection.scalar(select(func.max(_PHASH.c.commons)))) or 0
        for start in range(after_page_id, last, PAGES_AT_ONCE):
            end = min(start + PAGES_AT_ONCE, last)
            hashes = []
            for each in (_PHASH, _DHASH):
                within = and_(each.c.commons > start, each.c.commons <= end, each.c.hash.is_not(None))
                query = select(each.c.commons, each.c.hash).where(within).order_by(each.c.id)
                hashes.append(server.read(partial(_hashes, query=query)))
            both = sorted(hashes[0].keys() & hashes[1].keys())
            yield end, [(page_id, hashes[0][page_id], hashes[1][page_id]) for page_id in both]
    finally:
        server.close()


def _hashes(connection: Connection, query: Select[Any]) -> dict[int, int]:
    return {row.commons: row.hash for row in connection.execute(query)}
