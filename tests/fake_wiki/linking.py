"""prop=templates, categories, extlinks, linkshere, fileusage and globalusage: what texts link, page by page.

A list that is longer than its limit, counted over all pages, goes on in a further request, as in
MediaWiki; where it goes on is told in a form of our own, which clients only echo.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from tests.fake_wiki.answers import Parameters, listed
from tests.fake_wiki.state import (
    CATEGORY,
    FILE,
    TEMPLATE,
    Page,
    WikiState,
    namespace_of,
    normal,
)

USUAL_LIMIT, HIGH_LIMIT = 10, 5000
_ADDRESS = re.compile(r"https?://[^\s\[\]{}|<>\"]+")
_TEMPLATE = re.compile(r"\{\{\s*([^{}|<>\[\]#:\n]+?)\s*(?=\||\}\}|\n)")
_LINK = re.compile(r"\[\[(:?)([^\[\]{}|<>\n]+)")
HERE = "127.0.0.1"

Entry = dict[str, Any]
Lister = Callable[[Page, WikiState, Parameters], Iterator[Entry]]


def lists(
    pages: Iterable[Page], state: WikiState, asked: Parameters, prop: str
) -> tuple[dict[int, list[Entry]], dict[str, str]]:
    """Give a list-like property of pages by page id, and the parameter to go on with, if there is more."""
    prefix, lister = LISTERS[prop]
    limit = _limit(asked.get(f"{prefix}limit", ""))
    start = asked.get(f"{prefix}continue", "0|0").split("|")
    told: dict[int, list[Entry]] = {}
    count = 0
    for page in pages:
        for place, entry in enumerate(lister(page, state, asked)):
            if [page.page_id, place] < [int(one) for one in start]:
                continue
            if count >= limit:
                return told, {f"{prefix}continue": f"{page.page_id}|{place}"}
            count += 1
            told.setdefault(page.page_id, []).append(entry)
    return told, {}


def _limit(text: str) -> int:
    return HIGH_LIMIT if text == "max" else int(text or USUAL_LIMIT)


def _templates(page: Page, state: WikiState, asked: Parameters) -> Iterator[Entry]:
    names = {normal(f"Template:{name}") for name in _TEMPLATE.findall(page.text)}
    yield from ({"ns": TEMPLATE, "title": name} for name in sorted(names))


def _categories(page: Page, state: WikiState, asked: Parameters) -> Iterator[Entry]:
    for name in sorted(page.categories):
        entry: Entry = {"ns": CATEGORY, "title": f"Category:{name}"}
        if "hidden" in listed(asked, "clprop"):
            entry["hidden"] = state.is_hidden(name)
        yield entry


def _addresses(page: Page, state: WikiState, asked: Parameters) -> Iterator[Entry]:
    for address in dict.fromkeys(_ADDRESS.findall(page.text)):
        yield {"url": address if address.count("/") > 2 else f"{address}/"}


def _linking(page: Page, state: WikiState, asked: Parameters) -> Iterator[Entry]:
    yield from _referring(page, state, listed(asked, "lhnamespace"), shows=False)


def _showing(page: Page, state: WikiState, asked: Parameters) -> Iterator[Entry]:
    yield from _referring(page, state, listed(asked, "funamespace"), shows=True)


def _referring(page: Page, state: WikiState, namespaces: list[str], shows: bool) -> Iterator[Entry]:
    for other in sorted(state.pages.values(), key=lambda one: one.page_id):
        if other.redirect_target or (namespaces and str(other.namespace) not in namespaces):
            continue
        for colon, target in _LINK.findall(other.text):
            is_shown = not colon and namespace_of(target) == FILE
            if normal(target) == page.title and is_shown == shows:
                yield {"ns": other.namespace, "title": other.title}
                break


def _used_elsewhere(page: Page, state: WikiState, asked: Parameters) -> Iterator[Entry]:
    for use in sorted(state.usage.get(page.title, ())):
        wiki, _, title = use.partition(":")
        if wiki != HERE or "gufilterlocal" not in asked:
            yield {"title": title, "wiki": wiki, "url": f"https://{wiki}/wiki/{title.replace(' ', '_')}"}


LISTERS: dict[str, tuple[str, Lister]] = {
    "templates": ("tl", _templates),
    "categories": ("cl", _categories),
    "extlinks": ("el", _addresses),
    "linkshere": ("lh", _linking),
    "fileusage": ("fu", _showing),
    "globalusage": ("gu", _used_elsewhere),
}


def sort_key(page: Page, category: str) -> str:
    """Give the sort key that a page's text gives itself in a category, or ""."""
    for _, link in _LINK.findall(page.text):
        if normal(link) == normal(f"Category:{category}"):
            found = re.search(rf"\[\[\s*{re.escape(link)}\|([^\]]*)\]\]", page.text)
            return found[1].strip() if found else ""
    return ""


def entities(state: WikiState, ids: Iterable[str]) -> dict[str, Any]:
    """Answer action=wbgetentities for files ("M17") as WikibaseMediaInfo does, for props=claims."""
    told: dict[str, Any] = {}
    for name in ids:
        page = state.pages.get(int(name.removeprefix("M")))
        count = state.statements.get(page.title) if page else None
        if count is None:
            told[name] = {"id": name, "missing": ""}
            continue
        statements = [
            {
                "mainsnak": {"snaktype": "value", "property": "P180", "hash": "0"},
                "type": "statement",
                "id": f"{name}${number}",
                "rank": "normal",
            }
            for number in range(count)
        ]
        # Without any, PHP writes the empty map as a list.
        told[name] = {"type": "mediainfo", "id": name, "statements": {"P180": statements} if count else []}
    return {"entities": told, "success": 1}
