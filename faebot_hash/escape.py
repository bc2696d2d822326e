"""Write strangers' text into wikitext so that it is read as its characters and as nothing else.

What is not known to be harmless becomes a numeric character reference. MediaWiki resolves those only in its
output and in the targets of links, so nothing in the text can open or close anything.
"""

from __future__ import annotations

import re
import unicodedata

_JOINERS = "\u200c\u200d"  # without them words of Persian, Hindi and others look wrong
_DOUBTFUL = re.compile(rf"(?![ .,()/?“”‘’–—…×·{_JOINERS}-])[\W_]")
# RFC 1, PMID 1 and ISBN 1 become external links where a wiki has that switched on, as Commons has.
_MAGIC_LINK = re.compile(r"RF(?=C)|PMI(?=D)|ISB(?=N)")
_DIRECTION_MARKS = re.compile(r"[\u200e\u200f\u202a-\u202e]")


def plain(text: str, limit: int | None = None) -> str:
    """Write a text on one line; what cannot be printed becomes U+FFFD; of a longer one the end is cut."""
    line = _one_line(text)
    if limit is not None and len(line) > limit:
        line = f"{line[: limit - 1].rstrip()}…"
    return _referenced("".join(_shown(char) for char in line))


def file_link(title: str) -> str:
    """Link to a file page; ``title`` has no "File:"."""
    return _link(f":File:{target(title)}", title)


def category_link(name: str) -> str:
    """Link to a category without putting the page into it; ``name`` has no "Category:"."""
    return _link(f":Category:{target(name)}", name)


def target(title: str) -> str:
    """Write a title where a link or a gallery wants one: it may hold any character but direction marks."""
    # MediaWiki takes these marks out of titles itself; here they would only turn the source around.
    line = _one_line(_DIRECTION_MARKS.sub("", title))
    return _referenced(line.encode("utf-8", "replace").decode("utf-8"))


def _link(page: str, label: str) -> str:
    # With an empty label MediaWiki would make up one when it saves the page.
    return f"[[{page}|{plain(label) or '–'}]]"


def _one_line(text: str) -> str:
    # MediaWiki does so when it saves, and it turns U+037E into a semicolon, U+1FEF into a grave accent.
    return " ".join(unicodedata.normalize("NFC", text).split())


def _shown(char: str) -> str:
    return char if char.isprintable() or char in _JOINERS else "\N{REPLACEMENT CHARACTER}"


def _referenced(line: str) -> str:
    # What comes first may melt into what stands before it: "|-" begins a row, ">" and U+0338 are one sign.
    melts = line[:1] == "-" or (line != "" and unicodedata.category(line[0])[0] == "M")
    written = _reference(line[0]) if melts else ""
    written += _DOUBTFUL.sub(lambda found: _unless_mark(found[0]), line[melts:])
    return _MAGIC_LINK.sub(lambda found: found[0][:-1] + _reference(found[0][-1]), written)


def _unless_mark(char: str) -> str:
    return char if unicodedata.category(char)[0] == "M" else _reference(char)


def _reference(char: str) -> str:
    return f"&#{ord(char)};"
