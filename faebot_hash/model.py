"""The values that flow through the program: frozen, compared by content, checked where they are made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

HASH_BITS = 64
MAX_HASH = (1 << HASH_BITS) - 1


class Reason(Enum):
    """Why something is passed over: a sentence for people, and whether a later run may fare better."""

    def __init__(self, sentence: str, retry_later: bool) -> None:
        self.sentence = sentence
        self.retry_later = retry_later

    # a picture
    UNSUPPORTED_FORMAT = ("not a JPEG, PNG, GIF, WebP or TIFF picture", False)
    MULTIPAGE = ("several pages, of which only the first has a thumbnail", False)
    TRUNCATED = ("the picture ends before its last row", False)
    MALFORMED = ("the bytes do not follow their format", False)
    TOO_LARGE = ("more pixels or bytes than may be decoded", False)
    UNSUPPORTED_MODE = ("a colour mode that cannot be turned into grey", False)
    DECODER_DIED = ("the decoding process died or ran out of time, twice", False)
    LOW_INFORMATION = ("flat or nearly flat: its hashes say nothing", False)
    # a download
    NO_THUMBNAIL = ("the wiki offers no thumbnail", False)
    UNREADABLE = ("the download failed", True)
    THUMBNAIL_SIZE_REFUSED = ("the media host refuses this thumbnail width", False)
    HOST_NOT_ALLOWED = ("the address is on a host that is not allowed", False)
    # a file page
    MISSING = ("the page or the file is gone", False)
    REDIRECT = ("the page is a redirect", False)
    BOTS_EXCLUDED = ("the page asks bots not to edit it", False)
    CROSS_LINKED = ("the page names, or is named by, another file of the set", False)
    DERIVATIVE = ("the page says that the file is a derivative or a retouched version", False)
    OTHER_VERSIONS = ("the page shows other versions or a gallery", False)
    DELETION_PENDING = ("the page is marked as a duplicate or for deletion", False)
    ALREADY_TAGGED = ("the page is in the category already", False)
    REMOVED_BY_HUMAN = ("somebody took our tag away", False)
    PARTNER_EXPLAINED = ("every other file of the set is a known version", False)
    EDITED_SINCE = ("somebody edited the page after us", False)
    NO_PARTNER = ("no other file of the set is left", False)
    UNSAFE_TEXT = ("the tag cannot be added without touching other text", False)
    # a slice
    NO_SLICE = ("the file gives no slice of this kind", False)
    TOO_FEW_HITS = ("fewer than two files", False)
    TOO_MANY_HITS = ("too many files to list, and no way to split the search", False)
    INCOMPLETE_SEARCH = ("the search answered with a warning or not with everything", True)
    UNCHANGED = ("done before, and nothing new since", False)


@dataclass(frozen=True)
class Skipped:
    """Something passed over: ``what`` is a title, a path or a slice key, ``detail`` what was seen."""

    what: str
    reason: Reason
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.what}: {self.reason.sentence}" + (f" ({self.detail})" if self.detail else "")


@dataclass(frozen=True)
class FileInfo:
    """The current version of a file as the wiki tells it.

    ``title`` has spaces and no "File:"; ``sha1`` is 40 lower-case hex digits of the original;
    ``thumb_url`` is what the wiki offers for the asked width, None when it offers nothing.
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
    """What a file's tag says: the kind and value that become its sort key, and the titles it equals."""

    file: FileInfo
    kind: HashKind
    value: int
    partners: tuple[FileInfo, ...]


@dataclass(frozen=True)
class PageEdit:
    """A whole new text for one page, made from one revision of it."""

    page: PageText
    new_text: str
    summary: str


@dataclass(frozen=True)
class Witness:
    """Another file as it was when an edit was judged: changed since, the judgement no longer holds."""

    page_id: int
    title: str
    revid: int
    sha1: str


@dataclass(frozen=True)
class Proposal:
    """An edit that a flow proposes for the page of one file; only ``apply`` may carry it out.

    ``kind`` is a word for the journal, in which edits of a kind are counted together; ``witnesses`` are
    the files that the edit speaks of; ``match`` is what a tag is based on, None for other edits.
    """

    file: FileInfo
    edit: PageEdit
    kind: str = "identified"
    match: Match | None = None
    witnesses: tuple[Witness, ...] = ()


class Outcome(Enum):
    """What became of a proposal: a word for people, and whether a later run should propose it again."""

    def __init__(self, sentence: str, retry_later: bool) -> None:
        self.sentence = sentence
        self.retry_later = retry_later

    EDITED = ("tagged", False)
    NOTHING_TO_DO = ("the page has this text already", False)
    DECLINED = ("declined by the operator", True)
    SIMULATED = ("would be tagged", True)
    CONFLICT = ("the page changed meanwhile", True)
    REFUSED = ("the wiki refused the edit", False)
    WITHDRAWN = ("tagged, and taken back at once: the page had changed", False)
    STOPPED = ("people, or a safeguard, said stop", True)
    UNAVAILABLE = ("the wiki takes no edits now", True)
    UNKNOWN = ("no answer: to be settled by reading the history", True)

    @property
    def ends_run(self) -> bool:
        """Tell whether the next edit would fare no better, so that a later run should go on."""
        return self in (Outcome.STOPPED, Outcome.UNAVAILABLE, Outcome.UNKNOWN)


@dataclass(frozen=True)
class Applied:
    """A proposal and what became of it: the wiki's own word, the new revision, whether it was merged."""

    proposal: Proposal
    outcome: Outcome
    detail: str = ""
    revid: int = 0
    merged: bool = False


@dataclass(frozen=True)
class Found:
    """What one slice gave: of ``hits`` files, ``listed`` were read and ``hashed`` have a fingerprint."""

    part: Slice
    hits: int
    listed: int
    hashed: int
    sets: tuple[DuplicateSet, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    skipped: tuple[Skipped, ...] = ()
