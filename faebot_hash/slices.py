"""From a seed file or a collection to a bounded search, and from a search that is too big to smaller ones.

The keywords are CirrusSearch's (IndexedNumericFieldFeature, DateRangeFeature, TextFieldFilterFeature):
``filesize`` counts in units of 1024 bytes, and both of its bounds belong to the range, so that two
neighbours share a size unless one of them is written as the negation of the other; ``creationdate``
rounds ``>=`` and ``<`` down to the start of the day, in the wiki's time zone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from math import isqrt

from faebot_hash import wikitext
from faebot_hash.collection import Collection
from faebot_hash.model import Seed, Slice, SliceKind
from faebot_hash.ports import Hits
from faebot_hash.reasons import Reason, Skipped

MIME_TYPES = ("image/jpeg", "image/png", "image/tiff", "image/gif", "image/webp")
OTHER_TYPES = " ".join(f"-filemime:{mime}" for mime in MIME_TYPES)
SEARCH_DEFAULT = "filemime:image filew:>320"
FIRST_DAY = date(2004, 1, 1)  # Commons opened in September of that year
LAST_KB = 1 << 23  # 8 GiB: no upload may be larger than 5 GiB

_VIRIN = re.compile(r"(?<![0-9])([0-9]{6}-[ADFGHMNOSZ]-)", re.IGNORECASE)
_MIME_CLAUSE = re.compile(r"(?:^|\s)-?filemime:")
_EXACT_MIME = re.compile(r'(?:^|\s)filemime:"?[a-z]+/[^\s|"]+"?(?=\s|$)')


def slice_of(seed: Seed, collection: Collection) -> Slice | Skipped:
    """Cut the slice that a seed file stands for; several seeds may give the same one.

    A seed of another type than the collection searches is passed over (NO_SLICE), because it
    could not be among the hits of its own slice.
    """
    if collection.slice is SliceKind.SEARCH:
        raise ValueError("a search needs no seed: call search_slice")
    file = seed.file
    if collection.mime and file.mime.split("/")[: collection.mime.count("/") + 1] != collection.mime.split(
        "/"
    ):
        return Skipped(file.title, Reason.NO_SLICE, f"{file.mime}, where {collection.mime} is searched")
    if collection.slice is SliceKind.VIRIN:
        day_and_branch = part_virin(seed)
        if day_and_branch is None:
            return Skipped(file.title, Reason.NO_SLICE, "no VIRIN in the title or in a template")
        return _slice(collection, day_and_branch, f'"{day_and_branch}"')
    if min(file.width_px, file.height_px) < 1:
        return Skipped(file.title, Reason.NO_SLICE, f"{file.width_px} × {file.height_px} pixels")
    size = f"{file.width_px}×{file.height_px}"
    return _slice(collection, size, f"filew:{file.width_px} fileh:{file.height_px}")


def part_virin(seed: Seed) -> str | None:
    """Find the day and branch of a VIRIN ("081024-N-") in the title, else in a ``virin`` template parameter.

    The six digits need not be a date, as in the original; small letters count, because the search does
    not tell them apart.
    """
    found = _VIRIN.search(seed.file.title) or _VIRIN.search(wikitext.virin(seed.text) or "")
    return found[1].upper() if found else None


def _slice(collection: Collection, what: str, clauses: str) -> Slice:
    key = f"{collection.slice.value} {what} {collection.mime or 'any type'} {collection.insource}".rstrip()
    if collection.mime:
        clauses += f" filemime:{collection.mime}"
    if collection.insource:
        clauses += f' insource:"{collection.insource}"'
    return Slice(collection.slice, key, clauses)


def search_slice(collection: Collection) -> Slice:
    """Turn a collection's own query into its one slice, narrowed to pictures where it names no type."""
    query = " ".join(collection.query.split())
    if not _MIME_CLAUSE.search(query):
        query += f" {SEARCH_DEFAULT}"
    return Slice(SliceKind.SEARCH, f"search {query}", query)


def due(last: tuple[int, datetime] | None, hits_now: int, now: datetime, revisit_days: int) -> bool:
    """Say whether a slice is to be done: not yet, with other hits, or longer ago than ``revisit_days``."""
    if last is None:
        return True
    hits_then, at = last
    # a date in the future comes from a wrong clock; abs() keeps such a slice from being done for good
    return hits_now != hits_then or abs(now - at) > timedelta(days=revisit_days)


@dataclass(frozen=True)
class Part:
    """A piece of a search: of one type, created on days since…before, with a size of at_least…below kB.

    None leaves a side open, so that the outermost pieces hold whatever lies beyond, undated files too.
    """

    whole: str
    type_clause: str = ""
    since: date | None = None
    before: date | None = None
    at_least_kb: int | None = None
    below_kb: int | None = None

    @property
    def query(self) -> str:
        """Write the piece as a search."""
        clauses = [self.whole, self.type_clause]
        if self.since:
            clauses.append(f"creationdate:>={self.since}")
        if self.before:
            clauses.append(f"creationdate:<{self.before}" if self.since else f"-creationdate:>={self.before}")
        if self.at_least_kb is not None:
            clauses.append(f"filesize:>{self.at_least_kb}")
        if self.below_kb is not None:
            clauses.append(f"-filesize:>{self.below_kb}")
        return " ".join(filter(None, clauses))


def split(part: Part, year: int) -> tuple[Part, ...]:
    """Cut a piece into smaller ones that hold each of its files exactly once; none when nothing can be cut.

    By type, then year (2004 to ``year``, the current one), month, day, and last by halving the size.
    """
    if not part.type_clause and not _EXACT_MIME.search(part.whole):
        clauses = (*(f"filemime:{mime}" for mime in MIME_TYPES), OTHER_TYPES)
        return tuple(replace(part, type_clause=clause) for clause in clauses)
    days = _cuts(part.since or FIRST_DAY, part.before or date(year + 1, 1, 1))
    if days:
        return tuple(replace(part, since=a, before=b) for a, b in pairwise([part.since, *days, part.before]))
    low, high = part.at_least_kb or 0, part.below_kb or LAST_KB
    if high - low < 2:
        return ()
    # the geometric middle, because sizes spread over five powers of ten
    middle = max(low + 1, isqrt(low * high) or isqrt(high))
    return (replace(part, below_kb=middle), replace(part, at_least_kb=middle))


def _cuts(since: date, before: date) -> list[date]:
    inner = [since + timedelta(days=n) for n in range(1, (before - since).days)]
    new_years = [day for day in inner if (day.month, day.day) == (1, 1)]
    return new_years or [day for day in inner if day.day == 1] or inner


def listable(
    whole: Slice, hits: Hits, count: Callable[[str], Hits], max_hits: int, year: int
) -> tuple[str, ...] | Skipped:
    """Give the searches that list a slice: each finds fewer than ``max_hits`` files, together they find all.

    ``hits`` is the count of the whole, ``count`` asks the wiki (one call a piece). A piece that cannot be
    cut gives TOO_MANY_HITS; a warning, or pieces that do not add up, INCOMPLETE_SEARCH.
    """
    queries: list[str] = []
    pending = [(Part(whole.query), hits)]
    while pending:
        part, found = pending.pop()
        if found.warning:
            return Skipped(whole.key, Reason.INCOMPLETE_SEARCH, f"{found.warning}: {part.query}")
        if found.total < max_hits:
            queries += [part.query] if found.total else []
            continue
        pieces = [(piece, count(piece.query)) for piece in split(part, year)]
        if not pieces:
            return Skipped(
                whole.key, Reason.TOO_MANY_HITS, f"{found.total:,} files of one type, day and size"
            )
        total = sum(piece_hits.total for _, piece_hits in pieces)
        # files arrive while we count, so a little more than the whole is nothing to worry about
        if not found.total <= total <= found.total * 1.01 + 10:
            return Skipped(
                whole.key, Reason.INCOMPLETE_SEARCH, f"{total:,} of {found.total:,} files: {part.query}"
            )
        pending += reversed(pieces)
    return tuple(queries)
