"""The hash index as its users see it: pages, failures with their retry, and changes to follow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from faebot_hash.model import Basis, Fingerprint, HashKind
from faebot_hash.reasons import Reason, Skipped

FIRST_RETRY = timedelta(hours=1)
LONGEST_RETRY = timedelta(days=30)

PageHashes = tuple[int, int, int]
"""A page id with its pHash and dHash."""


def retry_time(reason: Reason, attempts: int, failed_at: datetime) -> datetime | None:
    """Tell when to try again: an hour later, then twice as long each time; None when that would not help."""
    if not reason.retry_later:
        return None
    doublings = min(attempts - 1, 20)
    return failed_at + min(FIRST_RETRY * (1 << doublings), LONGEST_RETRY)


@dataclass(frozen=True)
class IndexedPage:
    """A file page and the file it shows.

    ``title`` has spaces and no "File:"; ``uploaded`` is when the version with ``sha1`` came, None where
    that is not known; ``seen_at`` is when the index heard of it last, and set by the store.
    """

    page_id: int
    title: str
    sha1: str
    uploaded: datetime | None = None
    seen_at: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Failure:
    """A file that could not be hashed: why, how often it was tried, and when to try again (None: never)."""

    page_id: int
    reason: Reason
    detail: str
    attempts: int
    failed_at: datetime
    retry_at: datetime | None


@dataclass(frozen=True)
class Lease:
    """The right to work on a unit (a range of page ids, a job) while others work on theirs."""

    unit: str
    holder: str


@dataclass(frozen=True)
class IndexBatch:
    """What one step of indexing found out, kept whole or not at all.

    ``gone`` are page ids that show no file any more; ``results`` go by SHA1, ``failures`` by page id. A
    failure that is not told again of a page is over. ``checkpoint`` is a name and how far it came.
    """

    pages: Sequence[IndexedPage] = ()
    gone: Sequence[int] = ()
    results: Mapping[str, Fingerprint | Skipped] = field(default_factory=dict)
    failures: Mapping[int, Skipped] = field(default_factory=dict)
    checkpoint: tuple[str, str] | None = None


@dataclass(frozen=True)
class HashChanges:
    """Pages whose hashes came, changed or went; after ``up_to`` the next changes follow.

    Each page is there once, with what holds now: in ``hashes``, or in ``gone`` where it has no hashes
    that may be matched.
    """

    up_to: int
    hashes: Sequence[PageHashes]
    gone: Sequence[int]


@dataclass(frozen=True)
class HashTableRow:
    """One line of an exported hash table: a page, its file and the file's fingerprint."""

    page: IndexedPage
    fingerprint: Fingerprint


class HashIndexStore(Protocol):
    """Pages with their hashes, and how far the jobs that fill them have come.

    Every call is durable when it returns, and done whole or not at all; doing it again changes nothing.
    """

    def keep_batch(self, batch: IndexBatch, basis: Basis, lease: Lease | None = None) -> bool:
        """Keep a batch; False, and nothing kept, when the lease is no longer the holder's."""
        ...

    def put_pages(self, pages: Iterable[IndexedPage]) -> None:
        """Keep what pages show; a page that is known is replaced, never added."""
        ...

    def drop_pages(self, page_ids: Iterable[int]) -> None:
        """Note that pages show no file any more; what is known of the files stays."""
        ...

    def pages(self, page_ids: Iterable[int]) -> Mapping[int, IndexedPage]:
        """Look pages up by id; absent ones are not known, or show no file."""
        ...

    def pages_titled(self, titles: Iterable[str]) -> Mapping[str, IndexedPage]:
        """Look pages up by title; of two that had a title, the one that was seen last."""
        ...

    def pages_of(self, sha1s: Iterable[str]) -> Mapping[str, Sequence[IndexedPage]]:
        """Look up the pages that show a file, by its SHA1."""
        ...

    def bases(self) -> Sequence[Basis]:
        """List the bases that there are hashes of."""
        ...

    def hash_changes(self, basis: Basis, after: int = 0) -> Iterator[HashChanges]:
        """Follow the hashes of a basis, of files and from elsewhere, from a change on; 0 is the beginning."""
        ...

    def equal_hashes(self, basis: Basis, kind: HashKind, value: int, most: int = 1_000) -> list[PageHashes]:
        """List pages with exactly this pHash or dHash in a basis, in page-id order."""
        ...

    def failures_due(self, at: datetime, most: int = 1_000) -> list[Failure]:
        """List the failures whose time to try again has come, the longest due first."""
        ...

    def failures(self, page_ids: Iterable[int]) -> Mapping[int, Failure]:
        """Look up the failures of pages."""
        ...

    def checkpoint(self, name: str) -> str | None:
        """Tell how far something came; None before its first checkpoint."""
        ...

    def keep_checkpoint(self, name: str, value: str) -> None:
        """Note how far something came."""
        ...

    def take_lease(self, lease: Lease, lasts: timedelta) -> bool:
        """Take a unit that nobody has, or whose holder let it expire; a holder's own is prolonged."""
        ...

    def free_lease(self, lease: Lease) -> None:
        """Give a unit back; one that is not the holder's any more stays as it is."""
        ...

    def put_foreign(self, source: str, rows: Iterable[PageHashes], basis: Basis) -> None:
        """Keep hashes that somebody else made; the same source and page again replace."""
        ...

    def foreign(self, source: str, page_ids: Iterable[int]) -> Mapping[int, PageHashes]:
        """Look up what a source says of pages."""
        ...

    def hash_table(self, basis: Basis, after_page_id: int = 0, most: int = 10_000) -> list[HashTableRow]:
        """Read the next pages of a basis with all four hashes, in page-id order."""
        ...
