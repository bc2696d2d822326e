"""File pages as SQL, each function within a transaction that the store has begun."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, Row, select, update

from faebot_hash.adapters.batches import batches
from faebot_hash.adapters.rejections import checked_key
from faebot_hash.adapters.schema import page
from faebot_hash.adapters.upsert import upsert
from faebot_hash.hash_index import IndexedPage

_SHOWN = select(page).where(page.c.sha1.is_not(None))


def keep(connection: Connection, pages: Sequence[IndexedPage], number: int, at: datetime) -> None:
    """Keep what pages show, in place of what they showed before, as the change of a number."""
    by_id = {one.page_id: one for one in pages}
    rows = [
        {
            "page_id": one.page_id,
            "title": one.title,
            "sha1": checked_key(one.sha1),
            "uploaded": one.uploaded,
            "seen_at": at,
            "change_number": number,
        }
        for one in by_id.values()
    ]
    upsert(connection, page, rows, changed_by=("sha1",))


def drop(connection: Connection, page_ids: Iterable[int], number: int, at: datetime) -> None:
    """Note that pages show no file any more."""
    for some in batches(sorted(set(page_ids))):
        shown = page.c.page_id.in_(some) & page.c.sha1.is_not(None)
        gone = {"sha1": None, "uploaded": None, "seen_at": at, "change_number": number}
        connection.execute(update(page).where(shown).values(gone))


def by_id(connection: Connection, page_ids: Iterable[int]) -> dict[int, IndexedPage]:
    """Look pages up by id."""
    found = {}
    for some in batches(page_ids):
        for row in connection.execute(_SHOWN.where(page.c.page_id.in_(some))):
            found[row.page_id] = _page(row)
    return found


def by_title(connection: Connection, titles: Iterable[str]) -> dict[str, IndexedPage]:
    """Look pages up by title; of two that had one title, the one that was seen last."""
    found = {}
    for some in batches(titles):
        query = _SHOWN.where(page.c.title.in_(some)).order_by(page.c.seen_at, page.c.page_id)
        for row in connection.execute(query):
            found[row.title] = _page(row)
    return found


def by_sha1(connection: Connection, sha1s: Iterable[str]) -> dict[str, list[IndexedPage]]:
    """Look up the pages that show a file, in page-id order."""
    found: dict[str, list[IndexedPage]] = defaultdict(list)
    for some in batches(sha1s):
        for row in connection.execute(_SHOWN.where(page.c.sha1.in_(some)).order_by(page.c.page_id)):
            found[row.sha1].append(_page(row))
    return dict(found)


def _page(row: Row[tuple[object, ...]]) -> IndexedPage:
    return IndexedPage(row.page_id, row.title, row.sha1, row.uploaded, row.seen_at)
