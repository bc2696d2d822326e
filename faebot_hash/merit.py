"""What speaks for and against a file among its duplicates: evidence, points with reasons, the ranking."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class Assessment(Enum):
    """What the community of Commons calls a picture after a vote or a review."""

    FEATURED = "featured picture"
    QUALITY = "quality image"
    VALUED = "valued image"


@dataclass(frozen=True)
class Evidence:
    """What is known of one file and its page; None is unknown, which neither gives nor takes a point.

    ``uploaded`` is the time of the first version, ``templates`` are folded names, ``hosts`` are in lower
    case, named in links or in plain text. ``dead_links`` are those of ``links`` whose death is confirmed;
    empty when none is, None when nobody looked. ``global_usage`` counts the pages of other wikis.
    """

    page_id: int
    title: str
    uploaded: datetime | None = None
    templates: frozenset[str] | None = None
    hosts: frozenset[str] | None = None
    links: frozenset[str] | None = None
    dead_links: frozenset[str] | None = None
    global_usage: int | None = None
    assessments: frozenset[Assessment] | None = None
    categories: int | None = None
    statements: int | None = None
    width_px: int | None = None
    height_px: int | None = None
    licence_reviewed: bool | None = None

    def __post_init__(self) -> None:
        if self.uploaded is not None and self.uploaded.tzinfo is None:
            raise ValueError(f"“{self.title}”: an upload time without a time zone")
        counts = (self.global_usage, self.categories, self.statements, self.width_px, self.height_px)
        if any(count is not None and count < 0 for count in counts):
            raise ValueError(f"“{self.title}”: a count below 0")
        if self.dead_links is not None and not self.dead_links <= (self.links or frozenset()):
            raise ValueError(f"“{self.title}”: a dead link that is not among the links")

    @property
    def pixels(self) -> int | None:
        """Give width times height."""
        if self.width_px is None or self.height_px is None:
            return None
        return self.width_px * self.height_px


class Criterion(Enum):
    """What points are given for: the key in the settings that holds the points, and what may be unknown."""

    def __init__(self, key: str, subject: str) -> None:
        self.key = key
        self.subject = subject

    EARLIEST_UPLOAD = ("earliest_upload", "upload time")
    BETTER_TEMPLATE = ("better_template", "templates")
    DEAD_HOST = ("dead_host", "hosts named")
    DEAD_LINK = ("dead_link", "dead links")
    MOST_USED = ("most_used", "use on other wikis")
    ASSESSED = ("assessed", "assessments")
    MOST_CATEGORIES = ("most_categories", "categories")
    MOST_STATEMENTS = ("most_statements", "structured data")
    LARGEST = ("largest", "size in pixels")
    LICENCE_REVIEWED = ("licence_reviewed", "licence review")


@dataclass(frozen=True)
class Point:
    """Points for one thing, with the reason for people."""

    criterion: Criterion
    points: int
    reason: str

    def __post_init__(self) -> None:
        if not self.points or not self.reason:
            raise ValueError("a point has a value and a reason")

    def __str__(self) -> str:
        return f"{self.points:+d} {self.reason}"


@dataclass(frozen=True)
class Score:
    """One file's points and what was unknown of it."""

    evidence: Evidence
    points: tuple[Point, ...] = ()
    unknown: tuple[Criterion, ...] = ()

    @property
    def total(self) -> int:
        """Give the sum of the points."""
        return sum(point.points for point in self.points)

    def __str__(self) -> str:
        told = [str(point) for point in self.points]
        if self.unknown:
            told.append("unknown: " + ", ".join(criterion.subject for criterion in self.unknown))
        return f"“{self.evidence.title}” {self.total}" + (f" ({'; '.join(told)})" if told else "")


class Keep(Enum):
    """Which end of the scores is kept.

    Points are merit, so the highest is kept. One sentence of the casebook ("points to the lower scoring
    file") says the opposite of its own signs; LOWEST follows it literally.
    """

    HIGHEST = "highest"
    LOWEST = "lowest"


@dataclass(frozen=True)
class Ranking:
    """The scores of all members, best first, equal ones in page-id order; a tie has no keeper."""

    scores: tuple[Score, ...]
    keep: Keep
    min_lead: int

    def __post_init__(self) -> None:
        if len(self.scores) < 2 or self.min_lead < 1:
            raise ValueError("a ranking has two scores, and a lead of 0 is a tie")

    @property
    def lead(self) -> int:
        """Give the distance between the first and the second."""
        return abs(self.scores[0].total - self.scores[1].total)

    @property
    def keeper(self) -> Score | None:
        """Give the file to keep, or None where people must choose."""
        return self.scores[0] if self.lead >= self.min_lead else None

    @property
    def nominees(self) -> tuple[Score, ...]:
        """Give the files that the keeper makes superfluous: none without a keeper."""
        return self.scores[1:] if self.keeper else ()

    @property
    def sentence(self) -> str:
        """Say who is kept, or why people must choose."""
        if self.lead == 0:
            verdict = "no keeper: the best have equal scores"
        elif self.keeper is None:
            verdict = f"no keeper: a lead of {self.lead}, at least {self.min_lead} needed"
        else:
            verdict = f"keep “{self.keeper.evidence.title}”, the {self.keep.value} score by {self.lead}"
        return f"{verdict}. {'; '.join(str(score) for score in self.scores)}"
