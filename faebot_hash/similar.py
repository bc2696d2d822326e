"""The gallery of similar files on a file page: found, written, replaced and taken out, between two comments.

The first comment names the collection and carries a digest of what stands between the two. Where they do
not agree people have changed it, and then it is theirs. Only the comments are looked at, no wikitext.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from faebot_hash.escape import target

_BEGIN = re.compile(r"<!-- similar files: begin \(([a-z0-9-]+) ([0-9a-f]{8})\) -->")
_MOST_MARKS = 100  # of an endless page of comments that never end, only so many are followed
_MARKS = ("<!-- similar files: begin ({} ", "<!-- similar files: end ({})")


@dataclass(frozen=True)
class Gallery:
    """A gallery with its comments: its offsets in the page, and what stands between the comments."""

    collection: str
    start: int
    end: int
    inside: str
    is_untouched: bool


def galleries(text: str) -> Iterator[Gallery]:
    """Find the galleries of a page, whole ones only, in their order."""
    position = 0
    for _ in range(_MOST_MARKS):
        begin = _BEGIN.search(text, position)
        if begin is None:
            return
        end_mark = _end_mark(begin[1])
        end = text.find(end_mark, begin.end())
        if end < 0:
            position = begin.end()
            continue
        position = end + len(end_mark)
        inside = text[begin.end() : end]
        yield Gallery(begin[1], begin.start(), position, inside, begin[2] == _digest(inside))


def gallery_of(text: str, collection: str) -> Gallery | None:
    """Find the gallery of one collection, None where the page has not exactly one whole one."""
    found = [one for one in galleries(text) if one.collection == collection]
    return found[0] if len(found) == 1 and not _has_loose_marks(text, collection) else None


def has_marks(text: str, collection: str) -> bool:
    """Tell whether anything of a gallery of this collection is on the page, be it whole or in pieces."""
    return any(mark.format(collection) in text for mark in _MARKS)


def inside_of(titles: Sequence[str], count: int) -> str:
    """Write what stands between the comments: a gallery of some of ``count`` similar files."""
    shown = "Similar files" if len(titles) == count else f"Similar files: {len(titles)} of {count:,}"
    lines = [f'<gallery mode="packed" heights="80" caption="{shown}">']
    lines += [f"File:{target(title)}" for title in titles]
    return "\n" + "\n".join([*lines, "</gallery>"]) + "\n"


def with_gallery(text: str, collection: str, inside: str) -> str:
    """Put the gallery of a collection where it stands already, else at the end of a text."""
    written = f"<!-- similar files: begin ({collection} {_digest(inside)}) -->{inside}{_end_mark(collection)}"
    here = gallery_of(text, collection)
    return f"{text}\n{written}" if here is None else text[: here.start] + written + text[here.end :]


def without_gallery(text: str, collection: str) -> str:
    """Take the gallery of a collection out, with the newline before it, as if it had never been there."""
    here = gallery_of(text, collection)
    return text if here is None else _without(text, here)


def without_untouched(text: str) -> str:
    """Take all galleries out that are as the bot wrote them, to see what people say of other files."""
    for one in reversed([one for one in galleries(text) if one.is_untouched]):
        text = _without(text, one)
    return text


def _without(text: str, one: Gallery) -> str:
    before, after = text[: one.start], text[one.end :]
    return before.removesuffix("\n") + after if before else after.removeprefix("\n")


def _has_loose_marks(text: str, collection: str) -> bool:
    return any(text.count(mark.format(collection)) != 1 for mark in _MARKS)


def _end_mark(collection: str) -> str:
    return f"<!-- similar files: end ({collection}) -->"


def _digest(inside: str) -> str:
    return hashlib.sha1(inside.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()[:8]
