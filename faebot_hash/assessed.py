"""Which assessments of the community a file page tells: featured, quality and valued pictures.

Template:Assessments on Commons documents its parameters: 1 is assessed, 2 is formerly assessed, 3 and 4
are for sounds. The templates put the page into categories, which tell it too where a page uses another
template around them. A picture of the day is a featured picture already.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from faebot_hash.markup import folded
from faebot_hash.merit import Assessment
from faebot_hash.wikitext import Page

_TEMPLATES = {
    "featuredpicture": Assessment.FEATURED,
    "fp": Assessment.FEATURED,
    "qualityimage": Assessment.QUALITY,
    "qi": Assessment.QUALITY,
    "valuedimage": Assessment.VALUED,
    "vi": Assessment.VALUED,
}
_ALL_IN_ONE = frozenset(("assessments", "assessment"))
_PARAMETERS = {
    "featured": Assessment.FEATURED,
    "com": Assessment.FEATURED,
    "quality": Assessment.QUALITY,
    "valued": Assessment.VALUED,
}
_OF_A_WIKIPEDIA = re.compile(r"[a-z]{2,12}wiki", re.ASCII)
_YES = frozenset(("1", "yes", "y", "true"))

_CATEGORIES = {
    "featured pictures": Assessment.FEATURED,
    "quality images": Assessment.QUALITY,
    "valued images": Assessment.VALUED,
}
_NOT_PASSED = ("candidate", "nomin", "former", "delisted", "declined", "rejected", "unassessed")


def assessments_of(page: Page, templates: Iterable[str], categories: Iterable[str]) -> frozenset[Assessment]:
    """Read the assessments from a page's text and from what the wiki tells of its templates and categories.

    Names come without their namespace. Doubtful ones count, because an assessed file is never nominated;
    candidates and former ones do not.
    """
    told = {_TEMPLATES[folded(name)] for name in templates if folded(name) in _TEMPLATES}
    return frozenset(told | set(_by_parameters(page)) | set(_by_categories(categories)))


def _by_parameters(page: Page) -> Iterator[Assessment]:
    for template in page.templates:
        if folded(template.name) not in _ALL_IN_ONE:
            continue
        for parameter in template.parameters:
            name = folded(parameter.name)
            if page.value(parameter, 10).casefold() not in _YES:
                continue
            if name in _PARAMETERS:
                yield _PARAMETERS[name]
            elif _OF_A_WIKIPEDIA.fullmatch(name):
                yield Assessment.FEATURED


def _by_categories(categories: Iterable[str]) -> Iterator[Assessment]:
    for category in categories:
        name = category.casefold()
        if any(word in name for word in _NOT_PASSED):
            continue
        for beginning, assessment in _CATEGORIES.items():
            if name == beginning or name.startswith(f"{beginning} "):
                yield assessment
