"""The part of the store that the hash index is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from faebot_hash.adapters import checkpoints, failures, fingerprints, foreign_hashes, hash_changes, pages
from faebot_hash.adapters.counters import CHANGE, next_number
from faebot_hash.adapters.database import Database
from faebot_hash.hash_index import (
    Failure,
    HashChanges,
    HashTableRow,
    IndexBatch,
    IndexedPage,
    Lease,
    PageHashes,
)
from faebot_hash.model import Basis, HashKind


class IndexedHashes:
    """Fulfils the port HashIndexStore on any database."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    def _change(self, work: Callable[[Connection, int], None]) -> None:
        """Write what followers of changes shall hear of."""
        self._database.write(lambda connection: work(connection, next_number(connection, CHANGE)))

    def keep_batch(self, batch: IndexBatch, basis: Basis, lease: Lease | None = None) -> bool:
        """Keep a batch; False, and nothing kept, when the lease is no longer the holder's.

        Failures that are not passing troubles are kept, too, but never due.
        """
        now = self._now()
        rows = fingerprints.rows_of(batch.results, now)

        def keep(connection: Connection) -> bool:
            if lease is not None and not checkpoints.holds(connection, lease):
                return False
            if batch.pages or batch.gone or rows:
                number = next_number(connection, CHANGE)
                pages.keep(connection, batch.pages, number, now)
                pages.drop(connection, batch.gone, number, now)
                fingerprints.keep(connection, rows, basis, number)
            told = {*(one.page_id for one in batch.pages), *batch.gone}
            failures.forget(connection, told - batch.failures.keys())
            failures.note(connection, batch.failures, now)
            if batch.checkpoint is not None:
                checkpoints.keep(connection, *batch.checkpoint, now)
            return True

        return self._database.write(keep)

    def put_pages(self, pages_seen: Iterable[IndexedPage]) -> None:
        """Keep what pages show; a page that is known is replaced, never added."""
        some, now = tuple(pages_seen), self._now()
        self._change(lambda connection, number: pages.keep(connection, some, number, now))

    def drop_pages(self, page_ids: Iterable[int]) -> None:
        """Note that pages show no file any more; what is known of the files stays."""
        some, now = tuple(page_ids), self._now()
        self._change(lambda connection, number: pages.drop(connection, some, number, now))

    def pages(self, page_ids: Iterable[int]) -> dict[int, IndexedPage]:
        """Look pages up by id; absent ones are not known, or show no file."""
        some = tuple(page_ids)
        return self._database.read(lambda connection: pages.by_id(connection, some))

    def pages_titled(self, titles: Iterable[str]) -> dict[str, IndexedPage]:
        """Look pages up by title; of two that had a title, the one that was seen last."""
        some = tuple(titles)
        return self._database.read(lambda connection: pages.by_title(connection, some))

    def pages_of(self, sha1s: Iterable[str]) -> dict[str, list[IndexedPage]]:
        """Look up the pages that show a file, by its SHA1."""
        some = tuple(sha1s)
        return self._database.read(lambda connection: pages.by_sha1(connection, some))

    def bases(self) -> list[Basis]:
        """List the bases that there are hashes of."""
        return self._database.read(hash_changes.bases)

    def hash_changes(self, basis: Basis, after: int = 0) -> Iterator[HashChanges]:
        """Follow the hashes of a basis from a change on, in pieces of some 10,000; 0 is the beginning."""
        while True:
            piece = self._database.read(partial(hash_changes.after, basis=basis, number=after))
            if piece.up_to == after:
                return
            yield piece
            after = piece.up_to

    def equal_hashes(self, basis: Basis, kind: HashKind, value: int, most: int = 1_000) -> list[PageHashes]:
        """List pages with exactly this pHash or dHash in a basis, in page-id order."""
        return self._database.read(
            lambda connection: hash_changes.equal(connection, basis, kind, value, most)
        )

    def failures_due(self, at: datetime, most: int = 1_000) -> list[Failure]:
        """List the failures whose time to try again has come, the longest due first."""
        return self._database.read(lambda connection: failures.due(connection, at, most))

    def failures(self, page_ids: Iterable[int]) -> dict[int, Failure]:
        """Look up the failures of pages."""
        some = tuple(page_ids)
        return self._database.read(lambda connection: failures.of(connection, some))

    def checkpoint(self, name: str) -> str | None:
        """Tell how far something came; None before its first checkpoint."""
        return self._database.read(lambda connection: checkpoints.read(connection, name))

    def keep_checkpoint(self, name: str, value: str) -> None:
        """Note how far something came."""
        now = self._now()
        self._database.write(lambda connection: checkpoints.keep(connection, name, value, now))

    def take_lease(self, lease: Lease, lasts: timedelta) -> bool:
        """Take a unit that nobody has, or whose holder let it expire; a holder's own is prolonged."""

        def take(connection: Connection) -> bool:
            now = self._database.time(connection) or self._now()
            return checkpoints.take_lease(connection, lease, now, lasts)

        return self._database.write(take)

    def free_lease(self, lease: Lease) -> None:
        """Give a unit back; one that is not the holder's any more stays as it is."""
        self._database.write(lambda connection: checkpoints.free_lease(connection, lease))

    def put_foreign(self, source: str, rows: Iterable[PageHashes], basis: Basis) -> None:
        """Keep hashes that somebody else made; the same source and page again replace."""
        some, now = tuple(rows), self._now()
        self._change(
            lambda connection, number: foreign_hashes.keep(connection, source, some, basis, number, now)
        )

    def foreign(self, source: str, page_ids: Iterable[int]) -> Mapping[int, PageHashes]:
        """Look up what a source says of pages."""
        some = tuple(page_ids)
        return self._database.read(lambda connection: foreign_hashes.of(connection, source, some))

    def hash_table(self, basis: Basis, after_page_id: int = 0, most: int = 10_000) -> list[HashTableRow]:
        """Read the next pages of a basis with all four hashes, in page-id order."""
        return self._database.read(
            lambda connection: hash_changes.table(connection, basis, after_page_id, most)
        )
