"""Reads pages as a browser or a reader of screens would, and says what is wrong with them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
LABELLED = {"input", "select", "textarea"}
REFERENCES = ("aria-labelledby", "aria-describedby", "for")


@dataclass(frozen=True)
class Element:
    """A tag with its attributes."""

    tag: str
    attributes: dict[str, str | None]

    def __getitem__(self, name: str) -> str:
        return self.attributes.get(name) or ""


@dataclass
class Page(HTMLParser):
    """A page that was read: its elements in order, its text, and tags that were not closed as opened."""

    elements: list[Element] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    misplaced: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        if len(dict(attrs)) < len(attrs):
            self.misplaced.append(f"{tag}: an attribute twice")
        self.elements.append(Element(tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Note what was left open."""
        if not self._open or self._open.pop() != tag:
            self.misplaced.append(f"</{tag}>")

    def handle_data(self, text: str) -> None:
        """Note text."""
        self.texts.append(text)

    @property
    def text(self) -> str:
        """Give the text, with single blanks."""
        return " ".join("".join(self.texts).split())

    def all(self, tag: str) -> list[Element]:
        """Give the elements with a tag."""
        return [one for one in self.elements if one.tag == tag]

    @property
    def shape(self) -> list[tuple[str, tuple[str, ...]]]:
        """Give elements and the names of their attributes, which no title may change."""
        return [(one.tag, tuple(one.attributes)) for one in self.elements]


def read(html: str) -> Page:
    """Read a page."""
    page = Page()
    page.feed(html)
    page.close()
    return page


def complaints(html: str) -> list[str]:
    """Say what is wrong with a page, one sentence each."""
    page = read(html)
    found = [f"misplaced: {one}" for one in page.misplaced]
    if not html.startswith("<!doctype html>"):
        found.append("no doctype")
    if [one["lang"] for one in page.all("html")] != ["en"]:
        found.append("no language")
    found += [f"{len(page.all(tag))} × {tag}" for tag in ("h1", "main", "title") if len(page.all(tag)) != 1]
    levels = [int(one.tag[1]) for one in page.elements if one.tag in {"h1", "h2", "h3", "h4"}]
    found += [f"h{b} after h{a}" for a, b in pairwise(levels) if b > a + 1]
    ids = Counter(one["id"] for one in page.elements if one["id"])
    found += [f"id {name}: {count} times" for name, count in ids.items() if count > 1]
    for one in page.elements:
        found += [f"{one.tag}: {name}" for name in one.attributes if name == "style" or name.startswith("on")]
        found += [
            f"{one.tag}: {name} leads nowhere"
            for name in REFERENCES
            for target in one[name].split()
            if target not in ids
        ]
        if one["href"].startswith("javascript:") or one["action"].startswith("javascript:"):
            found.append(f"{one.tag}: a script as address")
    found += [f"inline {tag}" for tag in ("style", "iframe", "object") if page.all(tag)]
    found += ["inline script" for one in page.all("script") if not one["src"]]
    labels = {one["for"] for one in page.all("label")}
    found += [
        f"{one.tag} {one['name']}: no label"
        for one in page.elements
        if one.tag in LABELLED
        and one["type"] != "hidden"
        and one["id"] not in labels
        and not one["aria-label"]
    ]
    wanted = {"alt", "width", "height", "loading"}
    found += [
        f"img without {', '.join(lacks)}"
        for one in page.all("img")
        if (lacks := wanted - one.attributes.keys())
    ]
    return found
