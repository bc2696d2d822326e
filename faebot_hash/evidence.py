"""From what the wiki tells of a file to the evidence that its score is made of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from faebot_hash.family import Facts
from faebot_hash.links import Observation, is_dead
from faebot_hash.marks import IDENTICAL_CATEGORY, LICENCE_REVIEW
from faebot_hash.markup import folded, title
from faebot_hash.merit import Evidence
from faebot_hash.wikitext import Page, Template

# One class of characters each, so that every character is looked at once.
_ADDRESS_OR_WORD = re.compile(r"(?:https?:)?//[^\s\[\]<>{}|\"]+|(?:[^\W_]|[.-])+", re.IGNORECASE)
_MAX_HOST, _MAX_LABEL = 253, 63

# Template:FlickreviewR on Commons documents these beside "pass" and its kinds.
_PASSED = frozenset(("publicdomainmark", "libraryofcongress", "powerhousemuseum"))
_REVIEWER = frozenset(("user", "reviewer", "1"))


def evidence_of(
    facts: Facts, histories: Mapping[str, tuple[Observation, ...]], home_category: str
) -> Evidence:
    """Gather the evidence on one file; ``histories`` holds the observations of links, by address.

    A category counts when the page's own text puts the file into it: neither those that a template brings
    along nor hidden ones, which are there for maintenance, nor our own two.
    """
    page = Page(facts.page.text)
    links = frozenset(link for link in facts.links if link.lower().startswith(("http://", "https://")))
    return Evidence(
        page_id=facts.file.page_id,
        title=facts.file.title,
        uploaded=facts.first_uploaded,
        templates=frozenset(map(folded, facts.templates)),
        hosts=frozenset(filter(None, map(_host_of, links))) | frozenset(_hosts_named(facts.page.text)),
        links=links,
        dead_links=_dead_links(links, histories),
        global_usage=facts.global_usage,
        assessments=facts.assessments,
        categories=len(_chosen_categories(page, facts, home_category)),
        statements=facts.statements,
        width_px=facts.file.width_px,
        height_px=facts.file.height_px,
        licence_reviewed=_licence_reviewed(page, facts),
    )


def _hosts_named(text: str) -> Iterator[str]:
    """Find the hosts in a text: those of addresses, and words that look like one (as do names of files).

    What follows the host of an address is part of the address: an archive's link names the archive alone.
    """
    for found in _ADDRESS_OR_WORD.finditer(text):
        written = found[0]
        host = _host_of(written) if "//" in written else written.strip(".-").lower()
        if _is_host(host):
            yield host


def _host_of(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").rstrip(".").lower()
    except ValueError:
        return ""


def _is_host(word: str) -> bool:
    if "." not in word or len(word) > _MAX_HOST:
        return False
    labels = word.split(".")
    return labels[-1].isalpha() and len(labels[-1]) > 1 and all(map(_is_label, labels))


def _is_label(label: str) -> bool:
    return 0 < len(label) <= _MAX_LABEL and label[0] != "-" != label[-1]


def _dead_links(
    links: frozenset[str], histories: Mapping[str, tuple[Observation, ...]]
) -> frozenset[str] | None:
    if links and not any(histories.get(link) for link in links):
        return None
    return frozenset(link for link in links if is_dead(histories.get(link, ())))


def _chosen_categories(page: Page, facts: Facts, home_category: str) -> frozenset[str]:
    named = frozenset(link.name for link in page.categories)
    return named - facts.hidden_categories - {title(home_category), title(IDENTICAL_CATEGORY)}


def _licence_reviewed(page: Page, facts: Facts) -> bool | None:
    """Tell whether a review was passed; None where a review's outcome is hidden in another template."""
    reviews = [template for template in page.templates if folded(template.name) in LICENCE_REVIEW]
    if any(_has_passed(page, review) for review in reviews):
        return True
    if not reviews and LICENCE_REVIEW & frozenset(map(folded, facts.templates)):
        return None
    return False


def _has_passed(page: Page, review: Template) -> bool:
    values = {folded(one.name): folded(page.value(one, 40)) for one in review.parameters}
    status = values.get("status", "")
    if status:
        return status.startswith("pass") or status in _PASSED
    # A request names no reviewer; the older templates name him first, and failures say so there.
    return any(values.get(name) and not values[name].startswith("fail") for name in _REVIEWER)
