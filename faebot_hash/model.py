"""The values that flow through the program: frozen, compared by content, checked where they are made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

HASH_BITS = 64
MAX_HASH = (1 << HASH_BITS) - 1


@dataclass(frozen=True)
class FileInfo:
    """The current version of a file as the wiki tells it.

    ``title`` has spaces and no "File:"; ``sha1`` is 40 lower-case hex digits of the original;
    ``thumb_url`` is what the wiki offers for the asked width, None when it offers nothing; ``url`` is the
    address of the original, "" where it was not read.
    """

    page_id: int
    title: str
    sha1: str
    size_bytes: int
    width_px: int
    height_px: int
    mime: str
    uploaded: datetime
    uploader: str = ""
    thumb_url: str | None = None
    page_count: int = 1
    url: str = ""


@dataclass(frozen=True)
class Seed:
    """A file of a seed category with its page's text, from which slices are cut."""

    file: FileInfo
    text: str


@dataclass(frozen=True)
class Revision:
    """One line of a history: what is hidden is empty, ``sha1`` is of the text."""

    revid: int
    parentid: int
    timestamp: datetime
    user: str
    comment: str
    sha1: str = ""


@dataclass(frozen=True)
class PageText:
    """The text of a page at one revision; ``read_at`` is the server's ``curtimestamp`` of the read."""

    page_id: int
    title: str
    revid: int
    text: str
    read_at: str
    is_redirect: bool = False


class SliceKind(Enum):
    """How a seed file is turned into a bounded search."""

    RESOLUTION = "resolution"
    VIRIN = "virin"
    SEARCH = "search"


@dataclass(frozen=True)
class Slice:
    """A bounded part of Commons: ``key`` names it once and for all, ``query`` is the search that lists it."""

    kind: SliceKind
    key: str
    query: str


@dataclass(frozen=True)
class Basis:
    """What a fingerprint was made from and with; distance 0 is trusted only within one basis.

    ``source`` is "thumbnail" or "original"; ``thumb_width_px`` is 0 for originals. The versions are
    there because a new release may flip bits (Pillow 13 changed the order of its resize passes).
    """

    source: str
    thumb_width_px: int
    pillow: str
    imagehash: str


@dataclass(frozen=True)
class Fingerprint:
    """The four hashes of one picture, each an unsigned 64-bit int, first bit highest as in ``imagehash``."""

    phash: int
    dhash: int
    ahash: int
    whash: int
    low_information: bool

    def __post_init__(self) -> None:
        for value in (self.phash, self.dhash, self.ahash, self.whash):
            if not 0 <= value <= MAX_HASH:
                raise ValueError(f"not an unsigned 64-bit int: {value}")


@dataclass(frozen=True)
class HashedFile:
    """A file with its fingerprint and what that was made from."""

    file: FileInfo
    fingerprint: Fingerprint
    basis: Basis


class HashKind(Enum):
    """The hashes that make duplicate sets, written as the edit summaries write them."""

    PHASH = "pHash"
    DHASH = "dHash"

    def of(self, fingerprint: Fingerprint) -> int:
        """Give this kind's value of a fingerprint."""
        return fingerprint.phash if self is HashKind.PHASH else fingerprint.dhash


@dataclass(frozen=True)
class DuplicateSet:
    """Two or more files with one value of one hash in one basis: transitive, because equality is.

    ``members`` are in page-id order, each file once.
    """

    kind: HashKind
    value: int
    members: tuple[HashedFile, ...]

    def __post_init__(self) -> None:
        if len(self.members) < 2:
            raise ValueError("a duplicate set needs two files")


@dataclass(frozen=True)
class Match:
    """What a file's tag says: the kind and value that become its sort key, and the files it equals.

    There are none where people keep every one of them apart from it.
    """

    file: FileInfo
    kind: HashKind
    value: int
    partners: tuple[FileInfo, ...]
