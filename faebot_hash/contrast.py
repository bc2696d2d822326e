"""What the pages of two identical files say differently, for whoever merges them before one is deleted."""

from __future__ import annotations

import re
from dataclasses import dataclass

from faebot_hash.credits import is_licence
from faebot_hash.family import Facts
from faebot_hash.markup import folded
from faebot_hash.wikitext import Page

_UNNAMED = re.compile(r"[0-9]+")


@dataclass(frozen=True)
class Contrast:
    """What one page has and the other has not, sorted; ``parameters`` are name, here, there.

    A parameter that one page lacks is "" there. Spellings of a parameter's name are one name.
    """

    categories_here: tuple[str, ...]
    categories_there: tuple[str, ...]
    licences_here: tuple[str, ...]
    licences_there: tuple[str, ...]
    parameters: tuple[tuple[str, str, str], ...]


def contrast(here: Facts, there: Facts) -> Contrast:
    """Compare two pages: the categories that people see, their licence templates, and named parameters."""
    ours, theirs = _licences(here), _licences(there)
    hidden = here.hidden_categories | there.hidden_categories
    return Contrast(
        tuple(sorted(here.categories - there.categories - hidden)),
        tuple(sorted(there.categories - here.categories - hidden)),
        tuple(sorted(ours - theirs)),
        tuple(sorted(theirs - ours)),
        _parameters(here, there),
    )


def _licences(facts: Facts) -> frozenset[str]:
    return frozenset(name for name in facts.templates if is_licence(name))


def _parameters(here: Facts, there: Facts) -> tuple[tuple[str, str, str], ...]:
    ours, theirs = _named(here.page.text), _named(there.page.text)
    rows = []
    for key in dict.fromkeys((*ours, *theirs)):
        name, value = ours.get(key) or theirs[key]
        other = theirs[key][1] if key in theirs else ""
        if (value if key in ours else "") != other:
            rows.append((name, value if key in ours else "", other))
    return tuple(rows)


def _named(text: str) -> dict[str, tuple[str, str]]:
    """Give each named parameter of any template by its folded name, the first of several."""
    page = Page(text)
    found: dict[str, tuple[str, str]] = {}
    for template in page.templates:
        for parameter in template.parameters:
            name = parameter.name
            if name and not _UNNAMED.fullmatch(name) and (value := page.value(parameter)):
                found.setdefault(folded(name), (name, value))
    return found
