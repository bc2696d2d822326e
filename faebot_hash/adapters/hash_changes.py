"""Changes of the index and exact look-ups as SQL, each function within a transaction of the store's.

Every write of pages or hashes takes the next change number and holds it until its commit, so that all
changes up to a number that can be read are there.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, literal, not_, select, union

from faebot_hash.adapters.counters import CHANGE, last_number
from faebot_hash.adapters.fingerprints import basis_id
from faebot_hash.adapters.schema import basis as basis_table
from faebot_hash.adapters.schema import fingerprint, foreign_hash, page
from faebot_hash.hash_index import HashChanges, HashTableRow, IndexedPage, PageHashes
from faebot_hash.model import Basis, Fingerprint, HashKind

ROWS_AT_ONCE = 10_000
_HASHES = [field.name for field in dataclasses.fields(Fingerprint)]

_MAY_MATCH = and_(fingerprint.c.phash.is_not(None), not_(fingerprint.c.low_information))


def bases(connection: Connection) -> list[Basis]:
    """List the bases."""
    rows = connection.execute(select(basis_table).order_by(basis_table.c.id))
    return [Basis(row.source, row.thumb_width_px, row.pillow, row.imagehash) for row in rows]


def after(connection: Connection, basis: Basis, number: int) -> HashChanges:
    """Give the next changes after a number: about so many rows, and whole writes."""
    end = _end_of_window(connection, number)
    hashes: dict[int, PageHashes] = {}
    gone: set[int] = set()
    basis_number = basis_id(connection, basis)
    if basis_number is None:
        return HashChanges(end, (), ())
    for query in _windows(basis_number, number, end):
        for row in connection.execute(query):
            if row.may_match:
                hashes[row.page_id] = (row.page_id, row.phash, row.dhash)
            else:
                gone.add(row.page_id)
    return HashChanges(end, tuple(hashes.values()), tuple(gone - hashes.keys()))


def _end_of_window(connection: Connection, number: int) -> int:
    ends = [last_number(connection, CHANGE)]
    for table in (fingerprint, page, foreign_hash):
        numbers = select(table.c.change_number).where(table.c.change_number > number)
        at_most = numbers.order_by(table.c.change_number).offset(ROWS_AT_ONCE - 1).limit(1)
        end = connection.scalar(at_most)
        if end is not None:
            ends.append(end)
    return max(min(ends), number)


def _windows(basis_number: int, start: int, end: int) -> list[Select[Any]]:
    """Ask for pages of which the file, the fingerprint or a foreign hash changed, with what holds now."""

    def within(number: ColumnElement[int]) -> ColumnElement[bool]:
        return and_(number > start, number <= end)

    same = and_(fingerprint.c.sha1 == page.c.sha1, fingerprint.c.basis_id == basis_number)
    columns = (page.c.page_id, fingerprint.c.phash, fingerprint.c.dhash, _MAY_MATCH.label("may_match"))
    foreign = (
        foreign_hash.c.page_id,
        foreign_hash.c.phash,
        foreign_hash.c.dhash,
        literal(True).label("may_match"),
    )
    # Plus nothing, or SQLite would go through all hashes of the basis for each window.
    changed = and_(fingerprint.c.sha1 == page.c.sha1, fingerprint.c.basis_id + 0 == basis_number)
    return [
        select(*columns).join_from(fingerprint, page, changed).where(within(fingerprint.c.change_number)),
        select(*columns).join_from(page, fingerprint, same, isouter=True).where(within(page.c.change_number)),
        select(*foreign).where(within(foreign_hash.c.change_number), foreign_hash.c.basis_id == basis_number),
    ]


def equal(connection: Connection, basis: Basis, kind: HashKind, value: int, most: int) -> list[PageHashes]:
    """List pages with exactly this hash."""
    number = basis_id(connection, basis)
    if number is None:
        return []
    name = kind.value.lower()
    ours = (
        select(page.c.page_id, fingerprint.c.phash, fingerprint.c.dhash)
        .join_from(fingerprint, page, fingerprint.c.sha1 == page.c.sha1)
        .where(fingerprint.c.basis_id == number, fingerprint.c[name] == value, _MAY_MATCH)
    )
    theirs = select(foreign_hash.c.page_id, foreign_hash.c.phash, foreign_hash.c.dhash).where(
        foreign_hash.c.basis_id == number, foreign_hash.c[name] == value
    )
    found = connection.execute(union(ours, theirs).order_by("page_id").limit(most))
    return [(row.page_id, row.phash, row.dhash) for row in found]


def table(connection: Connection, basis: Basis, after_page_id: int, most: int) -> list[HashTableRow]:
    """Read pages with all four hashes, in page-id order."""
    same = and_(fingerprint.c.sha1 == page.c.sha1, fingerprint.c.basis_id == basis_id(connection, basis))
    query = (
        select(page, *(fingerprint.c[name] for name in _HASHES))
        .join_from(page, fingerprint, same)
        .where(page.c.page_id > after_page_id, fingerprint.c.phash.is_not(None))
        .order_by(page.c.page_id)
        .limit(most)
    )
    return [
        HashTableRow(
            IndexedPage(row.page_id, row.title, row.sha1, row.uploaded, row.seen_at),
            Fingerprint(**{name: row._mapping[name] for name in _HASHES}),
        )
        for row in connection.execute(query)
    ]
