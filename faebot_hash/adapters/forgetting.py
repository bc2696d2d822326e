"""Deletes all that is kept about one file, but what people judged and the journal of our own edits.

The row of its page stays without title and file, so that search indexes that follow the store drop it.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Column, Connection, Table, delete, func, or_, select, update

from faebot_hash.adapters.counters import CHANGE, next_number
from faebot_hash.adapters.schema import (
    failure,
    fingerprint,
    foreign_hash,
    journal,
    original,
    page,
    review_case,
    review_case_pair,
)

OF_PAGES: tuple[tuple[Table, Column[int]], ...] = (
    (failure, failure.c.page_id),
    (foreign_hash, foreign_hash.c.page_id),
)
OF_BYTES: tuple[tuple[Table, Column[str]], ...] = (
    (fingerprint, fingerprint.c.sha1),
    (original, original.c.sha1),
)


def forget(connection: Connection, titles: Iterable[str], sha1s: Iterable[str]) -> dict[str, int]:
    """Delete by titles (without "File:") and by the SHA1s of files; tells how many rows of each table."""
    named, known = _spellings(titles), {one.lower() for one in sha1s}
    pages = connection.execute(
        select(page.c.page_id, page.c.sha1).where(or_(page.c.title.in_(named), page.c.sha1.in_(known)))
    ).all()
    edited = connection.execute(
        select(journal.c.page_id, journal.c.file_sha1).where(journal.c.title.in_(named))
    ).all()
    ids = {row.page_id for row in (*pages, *edited)} - {0}
    known |= {row.sha1 for row in pages if row.sha1} | {row.file_sha1 for row in edited if row.file_sha1}
    removed = _forget_cases(connection, known)
    for table, column in OF_PAGES:
        removed[table.name] = connection.execute(delete(table).where(column.in_(ids))).rowcount
    for table, digest in OF_BYTES:
        removed[table.name] = connection.execute(delete(table).where(digest.in_(known))).rowcount
    gone = {"title": "", "sha1": None, "uploaded": None, "change_number": next_number(connection, CHANGE)}
    removed[page.name] = connection.execute(
        update(page).where(page.c.page_id.in_(ids), page.c.title != "").values(gone)
    ).rowcount
    return removed


def _forget_cases(connection: Connection, sha1s: set[str]) -> dict[str, int]:
    """Delete the families that a file is in, whole: their documents name all files."""
    pair = review_case_pair
    theirs = select(pair.c.key).where(or_(pair.c.sha1_a.in_(sha1s), pair.c.sha1_b.in_(sha1s)))
    keys = set(connection.scalars(theirs))
    return {
        table.name: connection.execute(delete(table).where(table.c.key.in_(keys))).rowcount
        for table in (review_case_pair, review_case)
    }


def journal_rows(connection: Connection, titles: Iterable[str]) -> int:
    """Count the rows of the journal about pages of these titles, which stay."""
    told = select(func.count()).select_from(journal).where(journal.c.title.in_(_spellings(titles)))
    return int(connection.scalar(told) or 0)


def _spellings(titles: Iterable[str]) -> set[str]:
    return {spelling for title in titles for spelling in (title, f"File:{title}")}
