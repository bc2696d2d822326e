"""What a flow proposes to change on the wiki, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from faebot_hash.model import DuplicateSet, FileInfo, Match, PageText, Slice
from faebot_hash.reasons import Skipped

MAX_SUMMARY = 400  # characters; MediaWiki keeps 500, the rest is for the token of the edit


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
