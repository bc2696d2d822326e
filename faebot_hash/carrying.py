"""Carries hash tables into a store and out of it, in batches, from where the last try ended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Protocol

from faebot_hash.hash_index import HashIndexStore, IndexBatch, IndexedPage, PageHashes
from faebot_hash.hash_rows import BadRow, OwnRow, fields_of
from faebot_hash.model import Basis

ROWS_AT_ONCE = 2_000

Row = OwnRow | PageHashes | BadRow


class Tell(Protocol):
    """Hears how far an import is."""

    def __call__(self, kept: int, number: int) -> None:
        """``kept`` rows so far, of which the last one stands at ``number``."""
        ...


@dataclass
class Carried:
    """What became of an import's rows; ``older`` are those of which the store knows a later upload."""

    kept: int = 0
    older: int = 0
    bad: int = 0


def import_rows(
    store: HashIndexStore,
    rows: Iterable[tuple[int, Row]],
    *,
    name: str,
    source: str,
    foreign: Basis,
    complain: Callable[[BadRow], None],
    tell: Tell,
) -> Carried:
    """Keep numbered rows; after each batch a checkpoint called ``name`` holds the last number.

    Rows without a SHA1 are kept as the hashes of ``source``, in the basis ``foreign``. Doing it again
    changes nothing.
    """
    carried = Carried()
    numbered = iter(rows)
    while some := list(islice(numbered, ROWS_AT_ONCE)):
        last = some[-1][0]
        for bad in (row for _, row in some if isinstance(row, BadRow)):
            carried.bad += 1
            complain(bad)
        theirs = [row for _, row in some if isinstance(row, tuple)]
        store.put_foreign(source, theirs, foreign)
        ours = [row for _, row in some if isinstance(row, OwnRow)]
        for basis, group in groupby(ours, key=lambda row: row.basis):
            carried.older += _keep(store, basis, list(group))
        store.keep_checkpoint(name, str(last))
        carried.kept += len(theirs) + len(ours)
        tell(carried.kept, last)
    return carried


def _keep(store: HashIndexStore, basis: Basis, rows: list[OwnRow]) -> int:
    """Keep rows of one basis, and pages that are news; give how many are not."""
    known = store.pages(one.row.page.page_id for one in rows)
    news = [one.row.page for one in rows if _is_news(one.row.page, known.get(one.row.page.page_id))]
    store.keep_batch(
        IndexBatch(news, results={one.row.page.sha1: one.row.fingerprint for one in rows}), basis
    )
    return len(rows) - len(news)


def _is_news(page: IndexedPage, known: IndexedPage | None) -> bool:
    if known is None or known.sha1 == page.sha1:
        return True
    return page.uploaded is not None and (known.uploaded is None or page.uploaded > known.uploaded)


def exported(
    store: HashIndexStore, bases: Iterable[Basis], at_once: int = 10_000
) -> Iterator[dict[str, str]]:
    """Give the rows of bases, one basis after the other, in page-id order."""
    for basis in bases:
        after = 0
        while some := store.hash_table(basis, after, at_once):
            yield from (fields_of(row, basis) for row in some)
            after = some[-1].page.page_id
