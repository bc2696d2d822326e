"""Find the brackets of wikitext as MediaWiki's preprocessor does: one pass, no going back, any input.

A parser that goes back at every bracket left open needs minutes for a megabyte of "{{a|"; here each
character is looked at a fixed number of times. What has no effect on the page is masked by as many
fillers, so every offset is one of the original text.
"""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass, field
from urllib.parse import unquote

UNSEEN = "\x00"  # stands for a character of a comment: as if it were not there
SEALED = "\x01"  # stands for a character of an element whose inside is not wikitext

_LISTS = ("gallery", "imagemap")
_SEALED = (
    *_LISTS,
    "nowiki",
    "pre",
    "source",
    "syntaxhighlight",
    "math",
    "chem",
    "ce",
    "score",
    "timeline",
    "hiero",
)
_ELEMENT = re.compile(rf"<!--|<({'|'.join((*_SEALED, 'includeonly'))})(?=[\s/>])[^<>]*>", re.IGNORECASE)
_TOKEN = re.compile(r"\{{2,}|\[{2,}|\}{2,}|\]{2,}|\||=")
_CLOSES = {"}": "{", "]": "["}
_TABLE_OPENS = re.compile(r"^[ \t:*#;]*\{\|", re.MULTILINE)
_TABLE_CLOSES = re.compile(r"^[ \t]*\|\}(?!\})", re.MULTILINE)
_BLANKS = re.compile(r"[ _\t\xa0\u1680\u180e\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")
_DIRECTION_MARKS = re.compile(r"[\u200e\u200f\u202a-\u202e]")


@dataclass(frozen=True)
class Bracket:
    """A closed "{{…}}" or "[[…]]" with the offsets of its ends and of the "|" and "=" that are its own."""

    is_template: bool
    start: int
    end: int
    pipes: tuple[int, ...]
    equals: tuple[int, ...]


@dataclass(frozen=True)
class Markup:
    """A text with what was found in it; ``masked`` has its length, ``left_open`` names what never closes."""

    masked: str
    brackets: tuple[Bracket, ...]
    file_lists: tuple[str, ...]
    elements: frozenset[str]
    left_open: tuple[str, ...]


@dataclass
class _Open:
    char: str
    count: int
    inside: int
    pipes: list[int] = field(default_factory=list)
    equals: list[int] = field(default_factory=list)


def scan(text: str) -> Markup:
    """Read the brackets, galleries and unclosed constructs of a text."""
    masked, file_lists, elements, open_elements = _mask(text)
    brackets, open_brackets = _brackets(masked)
    tables = len(_TABLE_OPENS.findall(masked)) - len(_TABLE_CLOSES.findall(masked))
    left_open = open_elements + [{"{": "template", "[": "link"}[char] for char in open_brackets]
    left_open += ["table"] if tables > 0 else []
    return Markup(masked, tuple(brackets), tuple(file_lists), frozenset(elements), tuple(left_open))


def _mask(text: str) -> tuple[str, list[str], set[str], list[str]]:
    pieces: list[str] = []
    file_lists: list[str] = []
    elements: set[str] = set()
    left_open: list[str] = []
    done = 0
    position = 0
    while match := _ELEMENT.search(text, position):
        name = (match[1] or "comment").lower()
        elements.add(name)
        position = match.end()
        if match[0].endswith("/>"):
            continue
        end, closed = _end_of_element(text, name, match, name in left_open)
        if not closed and name not in left_open:
            left_open.append(name)
        if not closed and name not in ("comment", "includeonly"):
            continue  # MediaWiki shows the tag as it stands and reads on
        if name in _LISTS:
            file_lists.append(text[match.end() : end].rpartition("</")[0])
        filler = UNSEEN if name in ("comment", "includeonly") else SEALED
        pieces += [text[done : match.start()], filler * (end - match.start())]
        done = position = end
    return "".join(pieces) + text[done:], file_lists, elements, left_open


def _end_of_element(text: str, name: str, opening: re.Match[str], known_open: bool) -> tuple[int, bool]:
    if known_open:
        return len(text), False
    if name == "comment":
        end = text.find("-->", opening.end())
        return (len(text), False) if end < 0 else (end + 3, True)
    closing = re.compile(rf"</{name}\s*>", re.IGNORECASE).search(text, opening.end())
    return (closing.end(), True) if closing else (len(text), False)


def _brackets(masked: str) -> tuple[list[Bracket], list[str]]:
    stack: list[_Open] = []
    found: list[Bracket] = []
    for token in _TOKEN.finditer(masked):
        char = token[0][0]
        if char in "{[":
            stack.append(_Open(char, len(token[0]), token.end()))
        elif char in "}]":
            _close(stack, found, _CLOSES[char], token.start(), token.end())
        elif stack:
            (stack[-1].pipes if char == "|" else stack[-1].equals).append(token.start())
    return sorted(found, key=lambda bracket: bracket.start), [opened.char for opened in stack]


def _close(stack: list[_Open], found: list[Bracket], char: str, position: int, end: int) -> None:
    while end - position >= 2 and stack and stack[-1].char == char:
        opened = stack.pop()
        count = min(opened.count, end - position, 3 if char == "{" else 2)
        position += count
        start = opened.inside - count
        if count == 2:
            found.append(Bracket(char == "{", start, position, tuple(opened.pipes), tuple(opened.equals)))
        if opened.count - count >= 2:
            stack.append(_Open(char, opened.count - count, start))


def seen(masked: str) -> str:
    """Drop the comments of a piece of masked text."""
    return masked.replace(UNSEEN, "")


def title(written: str) -> str:
    """Write a page title as MediaWiki does: blanks for underscores, entities resolved, first letter upper."""
    plain = html.unescape(written) if "&" in written else written
    plain = unquote(plain) if "%" in plain else plain
    plain = unicodedata.normalize("NFC", _DIRECTION_MARKS.sub("", plain))
    plain = _BLANKS.sub(" ", plain.replace("\n", " ")).strip()
    first = plain[:1].upper()
    return (first if len(first) == 1 else plain[:1]) + plain[1:]


def folded(name: str) -> str:
    """Reduce a name to what all its spellings share: no blanks, no dashes, no capitals."""
    return re.sub(r"[\s_\-]", "", title(name)).casefold()
