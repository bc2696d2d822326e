"""The pages, files and switches of the fake wiki: frozen records in a few dicts, copied in no time."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from tests.practice.configuration import BOT

NAMESPACES = {
    -2: "Media",
    -1: "Special",
    0: "",
    1: "Talk",
    2: "User",
    3: "User talk",
    4: "Project",
    5: "Project talk",
    6: "File",
    7: "File talk",
    8: "MediaWiki",
    9: "MediaWiki talk",
    10: "Template",
    11: "Template talk",
    14: "Category",
    15: "Category talk",
}
FILE, TEMPLATE, CATEGORY = 6, 10, 14
CATEGORY_LINK = re.compile(r"\[\[\s*[Cc]ategory\s*:\s*([^\]|]+?)\s*(?:\||\]\])")
TEMPLATE_CATEGORIES = ((re.compile(r"\{\{\s*[Dd]uplicate\s*[|}]"), "Duplicate"),)
REDIRECT = re.compile(r"\s*#REDIRECT\s*:?\s*\[\[:?([^\]|]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Revision:
    """One saved text of a page."""

    revid: int
    parentid: int
    timestamp: datetime
    user: str
    comment: str
    text: str
    bot: bool = False
    tags: tuple[str, ...] = ()

    @property
    def sha1(self) -> str:
        """Give the SHA1 of the text, as histories show it."""
        return hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class Upload:
    """One version of a file."""

    sha1: str
    timestamp: datetime
    user: str
    size: int = 1000
    width: int = 640
    height: int = 480
    mime: str = "image/jpeg"


@dataclass(frozen=True)
class Page:
    """A page with its whole history, oldest first, and for a file all its versions."""

    page_id: int
    namespace: int
    title: str
    revisions: tuple[Revision, ...]
    uploads: tuple[Upload, ...] = ()
    protection: str = ""

    @property
    def latest(self) -> Revision:
        """Give the current revision."""
        return self.revisions[-1]

    @property
    def text(self) -> str:
        """Give the current text."""
        return self.latest.text

    @property
    def redirect_target(self) -> str:
        """Name the page that this one redirects to, "" when it is none."""
        found = REDIRECT.match(self.text)
        return normal(found.group(1)) if found else ""

    @property
    def categories(self) -> frozenset[str]:
        """Name the categories that the text puts the page into."""
        linked = {normal(name) for name in CATEGORY_LINK.findall(self.text)}
        return frozenset(linked | {name for mark, name in TEMPLATE_CATEGORIES if mark.search(self.text)})


@dataclass
class WikiState:
    """Everything that a request can see or change."""

    pages: dict[int, Page] = field(default_factory=dict)
    next_page_id: int = 1
    next_revid: int = 1
    readonly: str = ""
    lag_s: float = 0.0
    blocks: dict[str, str] = field(default_factory=dict)
    messages: frozenset[str] = frozenset()
    groups: dict[str, tuple[str, ...]] = field(
        default_factory=lambda: {BOT: ("bot",), "Admin": ("sysop",), "PracticeSysop": ("sysop",)}
    )
    searches: dict[str, tuple[int, ...]] = field(default_factory=dict)
    search_warning: str = ""
    usage: dict[str, tuple[str, ...]] = field(default_factory=dict)
    statements: dict[str, int] = field(default_factory=dict)
    core_only: bool = False
    stale_s: float = 0.0
    may_create: bool = False
    jobs: tuple[tuple[datetime, tuple[int, ...]], ...] = ()

    def copy(self) -> WikiState:
        """Give a copy that later changes do not touch; the records themselves are frozen."""
        return replace(
            self,
            pages=dict(self.pages),
            blocks=dict(self.blocks),
            groups=dict(self.groups),
            searches=dict(self.searches),
            usage=dict(self.usage),
            statements=dict(self.statements),
        )

    def titled(self, title: str) -> Page | None:
        """Find a page by its title."""
        wanted = normal(title)
        return next((page for page in self.pages.values() if page.title == wanted), None)

    def revision(self, revid: int) -> tuple[Page, Revision] | None:
        """Find a revision by its id."""
        for page in self.pages.values():
            for revision in page.revisions:
                if revision.revid == revid:
                    return page, revision
        return None

    def members(self, category: str) -> list[Page]:
        """List the pages in a category, named without "Category:"."""
        return [page for page in self.pages.values() if normal(category) in page.categories]

    def is_hidden(self, category: str) -> bool:
        """Tell whether a category is one of those that only maintainers see."""
        page = self.titled(f"Category:{category}")
        return page is not None and ("{{hiddencat}}" in page.text.lower() or "__HIDDENCAT__" in page.text)

    def tag_later(self, revids: Iterable[int], at: datetime) -> None:
        """Let a job mark revisions as reverted, as MediaWiki does: not at once."""
        self.jobs = (*self.jobs, (at, tuple(revids)))

    def run_jobs(self, now: datetime | None = None) -> None:
        """Run the jobs that are due, or all of them."""
        due = [job for job in self.jobs if now is None or job[0] <= now]
        self.jobs = tuple(job for job in self.jobs if job not in due)
        for _, revids in due:
            self.tag(revids, "mw-reverted")

    def tag(self, revids: Iterable[int], name: str) -> None:
        """Give revisions a change tag."""
        wanted = set(revids)
        for page in list(self.pages.values()):
            revisions = tuple(
                replace(one, tags=(*one.tags, name)) if one.revid in wanted and name not in one.tags else one
                for one in page.revisions
            )
            self.pages[page.page_id] = replace(page, revisions=revisions)


def normal(title: str) -> str:
    """Write a title as the wiki does: spaces, a capital first letter, the namespace's own name."""
    words = " ".join(title.replace("_", " ").split()).removeprefix(":")
    prefix, colon, rest = words.partition(":")
    known = {name.lower(): name for name in NAMESPACES.values() if name} | {"image": "File"}
    if colon and prefix.strip().lower() in known:
        rest = rest.strip()
        return f"{known[prefix.strip().lower()]}:{rest[:1].upper()}{rest[1:]}"
    return words[:1].upper() + words[1:]


def namespace_of(title: str) -> int:
    """Tell the number of a title's namespace."""
    prefix, colon, _ = normal(title).partition(":")
    return next((number for number, name in NAMESPACES.items() if colon and name == prefix), 0)
