"""Cut a report into wiki pages of limited size, each linked to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from faebot_hash.escape import plain

UNUSED = "This part is not needed any more: see [[../]]."
"""The text of a part that an earlier, longer report had."""


@dataclass(frozen=True)
class Part:
    """A page to write: "" or "/2" … after the title of the whole, and its text."""

    suffix: str
    text: str


def parts(name: str, opening: str, blocks: Sequence[str], limit_bytes: int) -> list[Part]:
    """Write an opening and blocks that are never cut in two, on as few pages as there must be.

    No page is larger in UTF-8 than the limit, but one that holds a single larger block; the opening must
    leave room for more than the links.
    """
    pages: list[list[str]] = [[opening]]
    size = _bytes(opening)
    for block in blocks:
        added = _bytes(block) + 1
        if size + added + _ROOM_FOR_LINKS > limit_bytes and (len(pages) > 1 or len(pages[0]) > 1):
            pages.append([f"Part {len(pages) + 1} of [[../|{plain(name)}]]."])
            size = _bytes(pages[-1][0])
        pages[-1].append(block)
        size += added
    last = len(pages)
    for number, page in enumerate(pages[:-1], start=1):
        following = "/2" if number == 1 else f"../{number + 1}"
        page.append(f"[[{following}|Part {number + 1} of {last}]]")
    texts = ("\n".join(page).rstrip() for page in pages)  # as wikis store them
    return [Part("" if n == 1 else f"/{n}", text) for n, text in enumerate(texts, start=1)]


_ROOM_FOR_LINKS = 100


def _bytes(text: str) -> int:
    return len(text.encode("utf-8"))
