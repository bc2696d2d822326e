"""Which files indexing looks at next, in portions small enough for one transaction."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from faebot_hash.errors import SettingsError
from faebot_hash.hash_index import IndexedPage

T = TypeVar("T")

FILES_AT_ONCE = 100
"""Two requests' worth: also what a killed run may have to download again."""

UNIT_PAGES = 100_000
"""Page ids that one process works through while others work on other ranges."""


@dataclass(frozen=True)
class Hint:
    """A file as a replica tells it: perhaps gone, renamed or overwritten since, so never kept as it is."""

    page_id: int
    title: str
    sha1: str
    mime: str


@dataclass(frozen=True)
class Portion:
    """Files to look at together, by page id, by title (without "File:") or by what a replica tells.

    ``position`` is how far the source will have come when they are done; None where it cannot tell.
    """

    page_ids: tuple[int, ...] = ()
    titles: tuple[str, ...] = ()
    hints: tuple[Hint, ...] = ()
    position: str | None = None

    def __len__(self) -> int:
        return len(self.page_ids) + len(self.titles) + len(self.hints)


@dataclass(frozen=True)
class Unit:
    """A piece of work with a name of its own: its portions from a position on, "" being the beginning.

    An ``endless`` unit is never done: it goes on another time where it came to.
    """

    name: str
    portions: Callable[[str], Iterator[Portion]]
    endless: bool = False


@dataclass(frozen=True)
class LogEvent:
    """A line of the upload, deletion or move log; ``page_ids`` are those it may be about.

    ``sha1`` is that of an uploaded version, "" where it is not told.
    """

    at: datetime
    kind: str
    action: str
    title: str
    page_ids: tuple[int, ...]
    sha1: str = ""


def chunks(items: Iterable[T], size: int) -> Iterator[tuple[T, ...]]:
    """Cut into tuples."""
    rest = iter(items)
    while some := tuple(itertools.islice(rest, size)):
        yield some


def titled(titles: Iterable[str], at_once: int = FILES_AT_ONCE) -> Iterator[Portion]:
    """Make portions of files that a page generator names."""
    for some in chunks(dict.fromkeys(titles), at_once):
        yield Portion(titles=some)


def listed(
    answers: Iterable[tuple[Sequence[int], str | None]], at_once: int = FILES_AT_ONCE
) -> Iterator[Portion]:
    """Make portions of a listing, which comes in answers, each with the position after it."""
    seen: set[int] = set()
    for page_ids, position in answers:
        *others, last = list(chunks(_unseen(page_ids, seen), at_once)) or [()]
        yield from (Portion(some) for some in others)
        yield Portion(last, position=position)


def _unseen(page_ids: Iterable[int], seen: set[int]) -> Iterator[int]:
    for page_id in page_ids:
        if page_id not in seen:
            seen.add(page_id)
            yield page_id


def hinted(
    read: Callable[[int], Sequence[Hint]],
    position: str,
    last_page_id: int,
    at_once: int = FILES_AT_ONCE,
) -> Iterator[Portion]:
    """Make portions of what a replica lists after a page id; the position is the last id looked at."""
    after = int(position or 0)
    while hints := read(after):
        for some in chunks(hints, at_once):
            yield Portion(hints=some, position=str(some[-1].page_id))
        after = hints[-1].page_id
    if after < last_page_id:
        yield Portion(position=str(last_page_id))


def numbered(first: int, last: int, position: str, at_once: int = FILES_AT_ONCE) -> Iterator[Portion]:
    """Make portions of all page ids of a range, whatever they are."""
    after = max(first - 1, int(position or 0))
    for some in chunks(range(after + 1, last + 1), at_once):
        yield Portion(some, position=str(some[-1]))


def ranges(first: int, last: int, size: int = UNIT_PAGES) -> list[tuple[int, int]]:
    """Cut a range of page ids where every run cuts it, so that runs of other ranges share its units."""
    cuts = range(first // size * size, last + 1, size)
    return [(max(first, cut), min(last, cut + size - 1)) for cut in cuts]


def range_of(text: str) -> tuple[int, int]:
    """Read "FROM-TO"; raises SettingsError."""
    found = re.fullmatch(r"([0-9]{1,18})-([0-9]{1,18})", text)
    if not found or not 1 <= int(found[1]) <= int(found[2]):
        raise SettingsError(f"-pages:{text}: give two page ids, the lower one first, as in -pages:1-100000")
    return int(found[1]), int(found[2])


def domain_of(text: str) -> str:
    """Check the name of a domain; raises SettingsError."""
    domain = text.lower().strip(".")
    if not re.fullmatch(r"[\w-]+(\.[\w-]+)+", domain):
        raise SettingsError(f"-links:{text}: give a domain without protocol, as in -links:flickr.com")
    return domain


def to_read(
    events: Sequence[LogEvent], known: Mapping[int, IndexedPage], titles: Mapping[str, IndexedPage]
) -> Portion:
    """Choose the files that a piece of the log may have changed, by what the index knows of them.

    What it knows already needs no look, so a piece of the log may be read any number of times. A title
    leads to the page that has it in the index, because a renamed file's log names the old one.
    """
    page_ids: dict[int, None] = {}
    named: dict[str, None] = {}
    for event in events:
        old = titles.get(event.title)
        page_ids |= dict.fromkeys([old.page_id] if old and not _is_kept(old, event) else [])
        if event.kind == "upload" or event.action == "restore":
            new = [one for one in event.page_ids if one not in known or not _is_kept(known[one], event)]
            page_ids |= dict.fromkeys(new)
            named |= dict.fromkeys([] if event.page_ids else [event.title])
        elif event.kind == "delete":
            page_ids |= dict.fromkeys(one for one in event.page_ids if one in known)
    return Portion(tuple(page_ids), tuple(named))


def _is_kept(page: IndexedPage, event: LogEvent) -> bool:
    """Tell whether an upload is in the index already, or was followed by another one that is."""
    if event.kind != "upload" or page.uploaded is None:
        return False
    # One second may have seen several versions.
    return page.uploaded > event.at or (page.uploaded == event.at and page.sha1 == event.sha1)
