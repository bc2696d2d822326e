"""What a flow proposes to change on the wiki, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum

from faebot_hash.model import DuplicateSet, FileInfo, Match, PageText, Slice
from faebot_hash.reasons import Skipped

MAX_SUMMARY = 400  # characters; MediaWiki keeps 500, the rest is for the token of the edit

UNDO_OPENING = "Undo own edit"
"""The summary of every edit that takes one of ours back begins so; by this it is known again."""

MAX_WITNESSES = 10
"""Partners that are read again before an edit, so that one call is enough for any set."""


class Kind(StrEnum):
    """What an edit is for: its word in the journal, in which edits of a kind are counted together."""

    IDENTIFIED = "identified"
    NOMINATED = "nominated"
    RELEASED = "released"
    CLEANED = "cleaned"
    WITHDRAWN = "withdrawn"
    UNNOMINATED = "unnominated"
    UNDO = "undo"
    REPORT = "report"
    CLUSTERED = "clustered"
    GALLERY = "gallery"
    UNCLUSTERED = "unclustered"

    @property
    def done(self) -> str:
        """Say what happened to a page by such an edit."""
        return _DONE.get(self, self.value)

    @property
    def is_of_clusters(self) -> bool:
        """Tell whether the edit is about similar files, which says nothing of duplicates."""
        return self in (Kind.CLUSTERED, Kind.GALLERY, Kind.UNCLUSTERED)

    @property
    def is_bot_flagged(self) -> bool:
        """Tell whether the edit hides from recent changes: patrollers should see what asks for a deletion."""
        return self not in (Kind.NOMINATED, Kind.UNNOMINATED)

    @property
    def withdrawal(self) -> Kind:
        """Give the kind of the edit that takes one of this kind back, as it should not have been made."""
        return Kind.UNNOMINATED if self is Kind.NOMINATED else Kind.WITHDRAWN

    @property
    def undoing(self) -> Kind:
        """Give the kind of the edit that takes one of this kind back, because the operator wants it so."""
        return Kind.UNNOMINATED if self is Kind.NOMINATED else Kind.UNDO

    @property
    def stays(self) -> bool:
        """Tell whether undoing a run leaves the edit: it took something back itself, or it is a report."""
        return self in (Kind.WITHDRAWN, Kind.UNNOMINATED, Kind.UNDO, Kind.REPORT)


RELEASE_OPENING = "Faebot keeps this file"
CLEANUP_OPENING = "Faebot found no duplicate left"
"""How the summaries of these edits begin, by which they are known in a page's history."""

_DONE = {
    Kind.IDENTIFIED: "tagged",
    Kind.CLEANED: "taken out of the category",
    Kind.RELEASED: "kept, and taken out of the category",
    Kind.WITHDRAWN: "taken back",
    Kind.UNNOMINATED: "nominated no longer",
    Kind.UNDO: "undone",
    Kind.REPORT: "written",
    Kind.CLUSTERED: "put into the category of its cluster",
    Kind.GALLERY: "given a gallery of similar files",
    Kind.UNCLUSTERED: "taken out of its cluster",
}


@dataclass(frozen=True)
class PageEdit:
    """A whole new text for one page, made from one revision of it; page id 0 makes a new page."""

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

    ``witnesses`` are the files that the edit speaks of, first the one that a nomination names as the copy
    to keep; ``match`` is what a tag is based on, None for other edits.
    """

    file: FileInfo
    edit: PageEdit
    kind: Kind = Kind.IDENTIFIED
    match: Match | None = None
    witnesses: tuple[Witness, ...] = ()


class Outcome(Enum):
    """What became of a proposal: a word for people, and whether a later run should propose it again."""

    def __init__(self, sentence: str, retry_later: bool) -> None:
        self.sentence = sentence
        self.retry_later = retry_later

    EDITED = ("edited", False)
    NOTHING_TO_DO = ("the page has this text already", False)
    DECLINED = ("declined by the operator", True)
    SIMULATED = ("would be edited", True)
    CONFLICT = ("the page changed meanwhile", True)
    REFUSED = ("the wiki refused the edit", False)
    CANNOT_CREATE = ("the account may not make this page", False)
    WITHDRAWN = ("edited, and taken back at once: the page had changed", False)
    CAPPED = ("people must keep up first", True)
    STOPPED = ("people, or a safeguard, said stop", True)
    UNAVAILABLE = ("the wiki takes no edits now", True)
    UNKNOWN = ("no answer: to be settled by reading the history", True)

    @property
    def ends_run(self) -> bool:
        """Tell whether the next edit would fare no better, so that a later run should go on."""
        return self in (Outcome.STOPPED, Outcome.UNAVAILABLE, Outcome.UNKNOWN)


@dataclass(frozen=True)
class Applied:
    """A proposal and what became of it: the wiki's own word, the new revision, whether it was merged.

    ``token`` names the row in the journal, "" where there is none.
    """

    proposal: Proposal
    outcome: Outcome
    detail: str = ""
    revid: int = 0
    merged: bool = False
    token: str = ""


@dataclass(frozen=True)
class Published:
    """A page that is not a file's, as a report is, and what became of it; ``title`` is the full one."""

    title: str
    outcome: Outcome
    detail: str = ""
    revid: int = 0


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
