"""Why a file of a duplicate set is not tagged.

The reasons in the order in which they are looked for; the first one found is told:

1. REDIRECT, 2. BOTS_EXCLUDED, 3. DELETION_PENDING (also after a decision to keep), 4. ALREADY_TAGGED:
   marks that concern this page alone, its partners may be tagged all the same;
5. JUDGED_APART: people keep it apart from every other file of the set;
6. DERIVATIVE, 7. CROSS_LINKED (names a partner, or is named by one), 8. OTHER_VERSIONS,
9. PARTNER_EXPLAINED: somebody knows already that there are versions;
10. NO_PARTNER: every other file of the set is gone;
11. REMOVED_BY_HUMAN: from the page's history, which is only read when nothing else speaks against.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from faebot_hash import marks
from faebot_hash.bots import may_edit
from faebot_hash.edits import CLEANUP_OPENING, RELEASE_OPENING
from faebot_hash.model import Match, PageText, Revision
from faebot_hash.reasons import Reason, Skipped
from faebot_hash.wikitext import Page

_SETTLED = (RELEASE_OPENING, CLEANUP_OPENING)
_TAG_SUMMARY = re.compile(r"\b[pd]Hash: ?[0-9a-f]{16}\b", re.IGNORECASE)


def decide(
    matches: Sequence[Match],
    pages: Mapping[int, PageText | Skipped],
    names: Sequence[str],
    home_category: str,
) -> dict[int, Skipped | None]:
    """Say for each matched file why it is not tagged, or None where nothing speaks against it.

    ``pages`` holds the pages of the matched files and of their partners, by page id; one that could
    not be read still counts as a partner. ``names`` begins with the account that edits.
    """
    read = {page_id: (page, Page(page.text)) for page_id, page in pages.items() if isinstance(page, PageText)}
    return {match.file.page_id: _decide_one(match, pages, read, names, home_category) for match in matches}


def _decide_one(
    match: Match,
    pages: Mapping[int, PageText | Skipped],
    read: Mapping[int, tuple[PageText, Page]],
    names: Sequence[str],
    home_category: str,
) -> Skipped | None:
    file = match.file
    if file.page_id not in read:
        unread = pages.get(file.page_id)
        return (
            unread if isinstance(unread, Skipped) else Skipped(file.title, Reason.UNREADABLE, "no page text")
        )
    page_text, page = read[file.page_id]
    partners = {
        partner.title: read[partner.page_id][1] for partner in match.partners if partner.page_id in read
    }
    gone = {partner.title for partner in match.partners if _is_gone(pages.get(partner.page_id))}
    titles = [partner.title for partner in match.partners]
    alone = None if gone != set(titles) else Skipped(file.title, Reason.NO_PARTNER)
    return (
        _by_marks(page_text, page, names, home_category)
        or (None if match.partners else Skipped(file.title, Reason.JUDGED_APART))
        or by_relations(file.title, page, titles)
        or by_partners(file.title, partners, [title for title in titles if title not in gone])
        or alone
    )


def by_text(
    page: PageText, partners: Sequence[str], names: Sequence[str], home_category: str
) -> Skipped | None:
    """Find a reason in the page's own text; ``partners`` are the titles of the files it equals."""
    parsed = Page(page.text)
    return _by_marks(page, parsed, names, home_category) or by_relations(_own(page.title), parsed, partners)


def by_partners(own: str, partners: Mapping[str, Page], titles: Sequence[str]) -> Skipped | None:
    """Find a reason in the pages of the files that this one equals.

    ``partners`` are the pages that could be read, by title; ``titles`` names all partners that still exist.
    """
    for title, page in partners.items():
        if page.mentions(own, title):
            return Skipped(own, Reason.CROSS_LINKED, f"named by {title}")
    if titles and all(title in partners and partners[title].uses(marks.DERIVATIVE) for title in titles):
        return Skipped(own, Reason.PARTNER_EXPLAINED, ", ".join(titles[:3]))
    return None


def by_history(page: PageText, history: Sequence[Revision]) -> Skipped | None:
    """Find out that a page was tagged before, though it is not now: then somebody took the tag away.

    The page must be one that ``decide`` found untagged.
    """
    tag = tagging(history)
    if tag is None:
        return None
    return Skipped(_own(page.title), Reason.REMOVED_BY_HUMAN, f"tagged in revision {tag.revid}")


def settled(history: Iterable[Revision]) -> Revision | None:
    """Find the revision by which we took our last tag off ourselves, as its matter was settled."""
    newer: list[Revision] = []
    for revision in history:
        if _TAG_SUMMARY.search(revision.comment):
            ours = (one for one in newer if one.user and one.user == revision.user)
            return next((one for one in ours if one.comment.startswith(_SETTLED)), None)
        newer.append(revision)
    return None


def put_back(history: Iterable[Revision], user: str) -> Revision | None:
    """Find our last removal of a tag from a page that has it again, though we did not tag it again."""
    for revision in history:
        if revision.user != user:
            continue
        if revision.comment.startswith(_SETTLED):
            return revision
        if _TAG_SUMMARY.search(revision.comment):
            return None
    return None


def tagging(history: Iterable[Revision]) -> Revision | None:
    """Find the revision that tagged a page, the first in the order given, by its summary."""
    return next((revision for revision in history if _TAG_SUMMARY.search(revision.comment)), None)


def _by_marks(page: PageText, parsed: Page, names: Sequence[str], home_category: str) -> Skipped | None:
    if unwanted := by_wishes(page, parsed, names):
        return unwanted
    in_review = parsed.in_category((home_category, marks.IDENTICAL_CATEGORY))
    return Skipped(_own(page.title), Reason.ALREADY_TAGGED) if in_review else None


def by_wishes(page: PageText, parsed: Page, names: Sequence[str]) -> Skipped | None:
    """Find a reason for which no bot should edit a page at all: redirects, {{bots}}, deletion requests."""
    own = _own(page.title)
    if page.is_redirect or parsed.is_redirect():
        return Skipped(own, Reason.REDIRECT)
    if not may_edit(page.text, names):
        return Skipped(own, Reason.BOTS_EXCLUDED)
    if mark := parsed.uses(marks.DUPLICATE | marks.DELETION | marks.KEPT):
        return Skipped(own, Reason.DELETION_PENDING, f"{{{{{mark}}}}}")
    return None


def by_relations(own: str, page: Page, partners: Iterable[str]) -> Skipped | None:
    """Find a reason in what a page says of other files: derived, linked to a partner, other versions."""
    if mark := page.uses(marks.DERIVATIVE):
        return Skipped(own, Reason.DERIVATIVE, f"{{{{{mark}}}}}")
    for partner in partners:
        if page.mentions(partner, own):
            return Skipped(own, Reason.CROSS_LINKED, f"names {partner}")
    if page.has_gallery() or page.has_other_versions() or page.uses(marks.OTHER_VERSIONS):
        return Skipped(own, Reason.OTHER_VERSIONS)
    return None


def _own(page_title: str) -> str:
    return page_title.removeprefix("File:")


def _is_gone(page: PageText | Skipped | None) -> bool:
    return isinstance(page, Skipped) and page.reason is Reason.MISSING
