"""The values of confirming: members of the home category, families, what pages tell, and rulings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from faebot_hash.edits import Proposal
from faebot_hash.likeness import Comparison, Original
from faebot_hash.merit import Assessment, Ranking
from faebot_hash.model import FileInfo, Fingerprint, PageText
from faebot_hash.reasons import Skipped


@dataclass(frozen=True)
class Member:
    """A file page in a category: ``title`` without "File:", ``key`` the sort key as written there, or ""."""

    page_id: int
    title: str
    key: str


@dataclass(frozen=True)
class Bond:
    """What joins files to a family: the page ids, and the evidence in words ("pHash 00181b19147afcf8")."""

    page_ids: frozenset[int]
    evidence: str


@dataclass(frozen=True)
class Family:
    """Sets joined by a common file: two members or more, in page-id order, and what joins them.

    ``fingerprints`` holds those that are known, by page id.
    """

    files: tuple[FileInfo, ...]
    bonds: tuple[Bond, ...]
    fingerprints: Mapping[int, Fingerprint] = field(default_factory=dict)

    def __post_init__(self) -> None:
        ids = [file.page_id for file in self.files]
        if len(ids) < 2 or ids != sorted(set(ids)):
            raise ValueError("a family has two files or more, each once, in page-id order")


@dataclass(frozen=True)
class Alone:
    """A file that is in no family; with the files ``apart`` it would be, did people not keep it apart."""

    file: FileInfo
    apart: tuple[FileInfo, ...] = ()


@dataclass(frozen=True)
class Facts:
    """Everything that the wiki tells of one file and its page, as it is now.

    Names are as MediaWiki gives them, without their namespace: ``templates`` are all that the page
    transcludes, by whatever road, ``talk_templates`` those of its talk page. ``hidden_categories`` are
    those of ``categories`` that are there for maintenance. ``links`` are external.
    ``linked_from`` are the titles (without "File:") of other file pages that link to this one or show it.
    ``versions`` counts the uploads under this name, the present one too. ``global_usage`` counts pages of
    other wikis, ``statements`` those of structured data; None is unknown.
    """

    file: FileInfo
    page: PageText
    first_uploaded: datetime
    versions: int
    templates: frozenset[str] = frozenset()
    talk_templates: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    hidden_categories: frozenset[str] = frozenset()
    links: frozenset[str] = frozenset()
    linked_from: frozenset[str] = frozenset()
    assessments: frozenset[Assessment] | None = None
    global_usage: int | None = None
    statements: int | None = None
    protection: str = ""


@dataclass(frozen=True)
class Identity:
    """Which files of a family are one picture.

    ``groups`` are of two files or more that are pixel for pixel the same, in page-id order; ``comparisons``
    tell of pairs (lower page id first): within each group each file against the first, and the first
    of each group or single file against those of the others. ``originals`` are by page id.
    """

    groups: tuple[tuple[FileInfo, ...], ...]
    comparisons: Mapping[tuple[int, int], Comparison]
    originals: Mapping[int, Original]
    unread: tuple[Skipped, ...] = ()


@dataclass(frozen=True)
class Ruling:
    """What is to become of one group of identical files: proposals for some, a reason for each other."""

    group: tuple[FileInfo, ...]
    ranking: Ranking
    proposals: tuple[Proposal, ...] = ()
    skipped: tuple[Skipped, ...] = ()


@dataclass(frozen=True)
class Confirmed:
    """A family that was looked into; ``skipped`` are its files outside of every ruling."""

    family: Family
    identity: Identity
    facts: Mapping[int, Facts]
    rulings: tuple[Ruling, ...] = ()
    skipped: tuple[Skipped, ...] = ()
