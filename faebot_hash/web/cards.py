"""How a file is shown among others: its thumbnail, its name, and how far it is in words and bits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from faebot_hash.hash_index import IndexedPage
from faebot_hash.web.media import SHOWN_PX, replacement_address, thumbnail_file_address
from faebot_hash.web.names import page_address
from faebot_hash.web.questions import DEFAULT_BITS, MOST_BITS
from faebot_hash.web.service import Near
from faebot_hash.web_settings import WebSettings

_WORDS = ((0, "equal"), (2, "almost equal"), (DEFAULT_BITS, "near"), (MOST_BITS, "far"))


@dataclass(frozen=True)
class Distance:
    """How far a file's hash is; ``kind`` is the hash's name."""

    kind: str
    bits: int

    @property
    def words(self) -> str:
        """Say it in words."""
        return next((word for most_bits, word in _WORDS if self.bits <= most_bits), "unlike")


@dataclass(frozen=True)
class Card:
    """A file as pages show it; ``replacement`` is what to show where there is no thumbnail."""

    page_id: int
    title: str
    address: str
    thumbnail: str
    replacement: str
    distances: tuple[Distance, ...] = ()
    width_px: int = SHOWN_PX


def card_of(settings: WebSettings, page: IndexedPage, bits: Mapping[str, int | None] | None = None) -> Card:
    """Make a card; ``bits`` are the distances by hash, None for a hash that was not asked."""
    return Card(
        page.page_id,
        page.title,
        page_address(settings.wiki_url, page.title),
        thumbnail_file_address(settings.media_url, page.title),
        replacement_address(settings.media_url, page.title),
        tuple(Distance(kind, far) for kind, far in (bits or {}).items() if far is not None),
    )


def card_of_near(settings: WebSettings, near: Near) -> Card:
    """Make a card of a file that was found."""
    return card_of(settings, near.page, {"pHash": near.phash_bits, "dHash": near.dhash_bits})
