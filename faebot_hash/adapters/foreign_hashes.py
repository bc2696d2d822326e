"""Hashes that others made as SQL, each function within a transaction that the store has begun."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, select

from faebot_hash.adapters.batches import batches
from faebot_hash.adapters.fingerprints import kept_basis_id
from faebot_hash.adapters.schema import foreign_hash
from faebot_hash.adapters.upsert import upsert
from faebot_hash.hash_index import PageHashes
from faebot_hash.model import Basis


def keep(
    connection: Connection,
    source: str,
    rows: Iterable[PageHashes],
    basis: Basis,
    number: int,
    at: datetime,
) -> None:
    """Keep what a source says, in place of what it said of these pages before, as the change of a number."""
    by_id = {page_id: (phash, dhash) for page_id, phash, dhash in rows}
    if not by_id:
        return
    common = {
        "source": source,
        "basis_id": kept_basis_id(connection, basis),
        "imported_at": at,
        "change_number": number,
    }
    kept = [
        {**common, "page_id": page_id, "phash": phash, "dhash": dhash}
        for page_id, (phash, dhash) in by_id.items()
    ]
    upsert(connection, foreign_hash, kept, changed_by=("phash", "dhash", "basis_id"))


def of(connection: Connection, source: str, page_ids: Iterable[int]) -> dict[int, PageHashes]:
    """Look up what a source says of pages."""
    found = {}
    for some in batches(page_ids):
        query = select(foreign_hash).where(foreign_hash.c.source == source, foreign_hash.c.page_id.in_(some))
        for row in connection.execute(query):
            found[row.page_id] = (row.page_id, row.phash, row.dhash)
    return found
