"""What a file page says of its licence and its author, in a form in which two pages can be compared.

Layout does not count: {{self|cc-by-4.0|GFDL}} and {{CC-BY-4.0}}{{GFDL}} are the same licences, and an
author is the same with or without a link. A licence template that is not known by its name is not seen.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from faebot_hash.marks import AUTHOR, LICENCE, LICENCE_LAYOUT, LICENCE_WRAPPERS, NOBODY
from faebot_hash.markup import folded, title
from faebot_hash.wikitext import Page, Parameter, Template

_FAMILIES = re.compile(
    r"(?:PD|CC|GFDL|FAL|[LA]?GPLv?|BSD|MIT|MPL|Apache|CeCILL|OGL|KOGL|CDDL|ISC|ODC|Attribution)(?![^\W\d_])",
    re.IGNORECASE,
)
# Possessive: what one piece has taken is not given back, so a page of brackets is read in one pass.
_LINK = re.compile(r"\[\[:?(?:[^\[\]|]*+\|)?+([^\[\]|]*+)\]\]")
_EXTERNAL = re.compile(r"\[(?:https?:)?//[^\s\[\]]++([^\[\]]*+)\]", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z][^<>]*+>")
_OPENING = re.compile(
    r"\{\{\s*+(?:creator\s*+:|[a-z]{2,3}(?:-[a-z]{2,8})?+\s*+\|(?:\s*+1\s*+=)?+)", re.IGNORECASE
)


@dataclass(frozen=True)
class Credits:
    """Who made a picture and on what terms it may be used, as far as its page tells.

    ``licences`` are folded names of templates, ``terms`` what they ask for besides (who is to be named, in
    which words), ``authors`` the words of names without markup; "unknown" is no author.
    """

    licences: frozenset[str]
    terms: frozenset[str]
    authors: frozenset[str]


def credits_of(page: Page) -> Credits:
    """Read licences, their terms and authors from a page's own text."""
    licences: set[str] = set()
    terms: set[str] = set()
    done = 0
    for template in page.templates:
        is_wrapper = folded(template.name) in LICENCE_WRAPPERS
        if not is_wrapper and not is_licence(template.name):
            continue
        if is_licence(template.name):
            licences.add(folded(template.name))
        for parameter in _outermost(template, done):
            done = parameter.end
            value = page.value(parameter)
            if parameter.name.isdigit() and is_wrapper and is_licence(value):
                licences.add(folded(value))
            elif folded(parameter.name) not in LICENCE_LAYOUT:
                terms.add(_words(value))
    return Credits(frozenset(licences), frozenset(terms) - {""}, frozenset(_authors(page)))


def is_licence(name: str) -> bool:
    """Tell whether a template's name is that of a licence, or of a reason why none is needed."""
    return _FAMILIES.match(name) is not None or folded(name) in LICENCE


def licences_among(names: Iterable[str]) -> frozenset[str]:
    """Pick the licences from the names of all templates that a page transcludes, folded."""
    return frozenset(folded(name) for name in names if is_licence(name))


def _authors(page: Page) -> Iterator[str]:
    done = 0
    for template in page.templates:
        if is_licence(template.name) or folded(template.name) in LICENCE_WRAPPERS:
            continue
        for parameter in _outermost(template, done):
            if folded(parameter.name) in AUTHOR:
                done = parameter.end
                author = _words(page.value(parameter))
                if author.replace(" ", "") not in _NO_ONE:
                    yield author


def _outermost(template: Template, done: int) -> Iterator[Parameter]:
    """Pass over what lies within a value that was read already: each character is read once."""
    return (parameter for parameter in template.parameters if parameter.start >= done)


def _words(value: str) -> str:
    """Reduce a value to its words: links as their label, text in whatever language, no capitals, no signs."""
    for markup, kept in ((_LINK, r"\1"), (_EXTERNAL, r"\1"), (_TAG, " "), (_OPENING, " ")):
        value = markup.sub(kept, value)
    plain = unicodedata.normalize("NFKC", title(value)).casefold()
    return " ".join(
        "".join(char if unicodedata.category(char)[0] in "LMN" else " " for char in plain).split()
    )


_NO_ONE = frozenset(_words(name).replace(" ", "") for name in NOBODY) | {""}
