"""What the routes work with: the index, the pages, and who fetches and hashes pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from faebot_hash.adapters.finna import NoPicture
from faebot_hash.adapters.index_reader import HashedPage
from faebot_hash.adapters.live_index import Followed
from faebot_hash.hash_index import IndexedPage
from faebot_hash.model import Basis, Fingerprint
from faebot_hash.nearest import Neighbours, Query
from faebot_hash.pairs import Within
from faebot_hash.reasons import Skipped
from faebot_hash.web_settings import WebSettings

MOST_PAGES = 100
"""No answer names more pages, and no look-up asks for more at once."""


class Index(Protocol):
    """The search index up to the last change; raises StoreError."""

    def current(self) -> Followed:
        """Give the index as it stands."""
        ...


class Pages(Protocol):
    """Looks pages up; raises StoreError."""

    def pages(self, page_ids: Sequence[int]) -> Mapping[int, IndexedPage]:
        """Look up at most 100 pages."""
        ...

    def page_titled(self, title: str) -> IndexedPage | None:
        """Look a page up by title."""
        ...

    def hashes_of(self, page_id: int, basis: Basis) -> HashedPage | None:
        """Look up a page's hashes in a basis."""
        ...

    def last_hashed(self) -> datetime | None:
        """Tell when the last file was hashed; None before the first."""
        ...

    def failures_due(self, at: datetime) -> int:
        """Count the files whose hashing is to be tried again."""
        ...


class Pictures(Protocol):
    """Hashes pictures away from this process; raises DecoderError."""

    def fingerprint(self, picture: bytes) -> Fingerprint | Skipped:
        """Hash one picture."""
        ...


class Records(Protocol):
    """Finds pictures at Finna."""

    def picture_of(self, finna_id: str) -> bytes | NoPicture:
        """Fetch the picture of a record."""
        ...


class ExternalLinks(Protocol):
    """Finds file pages by the external links on them; raises StoreError."""

    def linking(self, domain_index: str, path: str, most: int) -> Sequence[tuple[int, str]]:
        """Give ids and titles (without "File:") of pages with a link to a domain, reversed as in "fi.finna",
        whose path contains a text; both are meant literally.
        """
        ...


@dataclass(frozen=True)
class Near:
    """A page and how far its picture is by each hash that was asked for, in bits."""

    page: IndexedPage
    phash_bits: int | None
    dhash_bits: int | None


@dataclass(frozen=True)
class Found:
    """The nearest pages, nearest first, the basis that was searched, and whether there are more."""

    pages: tuple[Near, ...]
    basis: Basis
    more: bool


@dataclass(frozen=True)
class Service:
    """Everything that routes need; ``links`` is None where no replica of the wiki can be asked."""

    settings: WebSettings
    index: Index
    pages: Pages
    pictures: Pictures
    records: Records
    links: ExternalLinks | None = None

    def near(self, query: Query, within: Within, most: int) -> Found:
        """Find the nearest pages within tolerances, ``most`` of them at most 100."""
        followed = self.index.current()
        neighbours = followed.search.within(query, within, most)
        return Found(self._named(neighbours), followed.basis, neighbours.more)

    def agreeing(self, query: Query, most_bits: int) -> Found:
        """Find pages by the compatible rule: one hash equal, and the other at most so many bits away."""
        followed = self.index.current()
        rules = (Within(0, most_bits, both=True), Within(most_bits, 0, both=True))
        found = [followed.search.within(query, rule, MOST_PAGES) for rule in rules]
        pages = {near.page.page_id: near for one in found for near in self._named(one)}
        nearest = sorted(pages.values(), key=_apart)
        more = any(one.more for one in found) or len(nearest) > MOST_PAGES
        return Found(tuple(nearest[:MOST_PAGES]), followed.basis, more)

    def _named(self, neighbours: Neighbours) -> tuple[Near, ...]:
        ids = neighbours.ids.tolist()
        pages = self.pages.pages(ids)
        columns = [
            [None] * len(ids) if bits is None else bits.tolist()
            for bits in (neighbours.phash_bits, neighbours.dhash_bits)
        ]
        named = zip(ids, *columns, strict=True)
        return tuple(Near(pages[number], *bits) for number, *bits in named if number in pages)


def _apart(near: Near) -> tuple[int, int]:
    return (near.phash_bits or 0) + (near.dhash_bits or 0), near.page.page_id
