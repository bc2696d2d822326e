"""Why a file is not nominated, although another one is the very same picture and has the better score.

The reasons in the order in which they are looked for; the first one found is told:

1. LAST_COPY, REDIRECT (either file), BOTS_EXCLUDED, OPTED_OUT: not this file at all;
2. ALREADY_TAGGED, DELETION_PENDING, KEPT (also by the keeper's talk page), KEEPER_NOMINATED, NAMED_KEEPER:
   people, or we, are at it already. Marks are looked for in the texts and among all transcluded
   templates, for a mark may come by another template;
3. ASSESSED, PROTECTED, HAS_VERSIONS: what a deletion would destroy;
4. UNSUPPORTED_FORMAT, MULTIPAGE, DIFFERENT_TYPE, DIFFERENT_SIZE, DRAWN: no case for the speedy criterion;
5. DERIVATIVE, CROSS_LINKED, OTHER_VERSIONS (either page), DERIVATIVE (of the nominee, on a third page);
6. USED_ELSEWHERE, USE_UNKNOWN;
7. DIFFERENT_LICENCE, DIFFERENT_AUTHOR.

What cannot be known speaks against: a wrong nomination costs somebody's work, a missed one nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise

from faebot_hash import marks
from faebot_hash.bots import may_edit
from faebot_hash.credits import credits_of, licences_among
from faebot_hash.edits import UNDO_OPENING
from faebot_hash.exclude import by_relations, tagging
from faebot_hash.family import Facts
from faebot_hash.markup import folded, title
from faebot_hash.model import PageText, Revision
from faebot_hash.nominate import keepers_named
from faebot_hash.rationale import nominated_for
from faebot_hash.reasons import Reason, Skipped
from faebot_hash.wikitext import Page

SUPPORTED_TYPES = frozenset(("image/jpeg", "image/png", "image/gif", "image/webp", "image/tiff"))

_MARKS = marks.DUPLICATE | marks.DELETION | marks.KEPT
_DRAWN = re.compile(
    r"\b(?:maps?|atlas(?:es)?|diagrams?|charts?|graphs?|plots?|schematics?|infographics?|flags?|logos?|"
    r"coats? of arms|heraldry|blazons?|insignia|emblems?|wordmarks?|icons?|pictograms?|symbols?|screenshots?|"
    r"fractals?|svg|vector|clip ?art|computer[- ]generated|computer graphics|renderings?|renders?|3d models?|"
    r"ai[- ]generated|(?:created|made|drawn|generated) with|dall-e|midjourney|stable diffusion)\b",
    re.IGNORECASE,
)
_NOT_DRAWN = frozenset(("pages with maps",))  # every page that shows where a photograph was taken
_OWN_WITHDRAWAL = f"{UNDO_OPENING}: "


def objection(
    nominee: Facts,
    keeper: Facts,
    *,
    names: Sequence[str],
    opted_out: Collection[str] = (),
    linking: Mapping[str, PageText] | None = None,
    family: Iterable[str] = (),
) -> Skipped | None:
    """Find the first reason not to nominate a file in favour of another.

    ``names`` begins with the account that edits, ``opted_out`` are uploaders, ``linking`` are the pages
    that link to the nominee, by title, ``family`` the titles of further files that looked like it.
    """
    page, kept_page = Page(nominee.page.text), Page(keeper.page.text)
    pages = list((linking or {}).values())
    relatives = {nominee.file.title, keeper.file.title, *family}
    return (
        _by_itself(nominee, keeper, page, kept_page, names, opted_out)
        or _marked(nominee, page)
        or _by_keeper(nominee, keeper, kept_page)
        or _named_keeper(nominee, pages)
        or _by_worth(nominee)
        or _by_form(nominee, keeper)
        or _drawn(nominee, nominee, page)
        or _drawn(nominee, keeper, kept_page)
        or _by_relatives(nominee, page, nominee, relatives)
        or _by_relatives(keeper, kept_page, nominee, relatives)
        or _named_by_relatives(nominee, relatives)
        or _derived_from(nominee, pages)
        or _by_use(nominee)
        or _by_credits(nominee, keeper, page, kept_page)
    )


def marked(facts: Facts) -> Skipped | None:
    """Find out that people, or we, are at a file already, so that it is neither kept nor nominated."""
    page = Page(facts.page.text)
    if facts.page.is_redirect or page.is_redirect():
        return Skipped(facts.file.title, Reason.REDIRECT)
    return _marked(facts, page)


def closed(facts: Facts, names: Sequence[str]) -> Skipped | None:
    """Find out that people do not want a bot on a page, whatever the edit; ``names`` as for ``objection``."""
    if not may_edit(facts.page.text, names):
        return Skipped(facts.file.title, Reason.BOTS_EXCLUDED)
    return Skipped(facts.file.title, Reason.PROTECTED, facts.protection) if facts.protection else None


def overwritten(facts: Facts, history: Sequence[Revision]) -> Skipped | None:
    """Find out that a file has a newer version than the one that we tagged; newest revisions first."""
    tag = tagging(history)
    if tag is None or facts.file.uploaded <= tag.timestamp:
        return None
    return Skipped(facts.file.title, Reason.OVERWRITTEN, f"on {facts.file.uploaded:%Y-%m-%d}")


def removed_by_human(
    nominee: Facts, keeper: Facts, history: Sequence[Revision], withdrawn: Collection[int] = ()
) -> Skipped | None:
    """Find out that this file was nominated for this keeper before, and somebody took that away.

    The history tells, newest first, so it holds when the store is lost. A nomination that we withdrew
    ourselves counts as never made: one among ``withdrawn``, or one that our next edit took back.
    """
    if Page(nominee.page.text).uses(marks.DUPLICATE):
        return None
    undone = {
        older.revid
        for newer, older in pairwise(history)
        if newer.comment.startswith(_OWN_WITHDRAWAL) and newer.user and newer.user == older.user
    }
    for revision in history:
        if revision.revid in undone or revision.revid in withdrawn:
            continue
        if nominated_for(revision.comment, keeper.file.title, keeper.file.page_id):
            detail = f"nominated in revision {revision.revid}"
            return Skipped(nominee.file.title, Reason.REMOVED_BY_HUMAN, detail)
    return None


def _by_itself(
    nominee: Facts,
    keeper: Facts,
    page: Page,
    kept_page: Page,
    names: Sequence[str],
    opted_out: Collection[str],
) -> Skipped | None:
    own = nominee.file.title
    if nominee.file.page_id == keeper.file.page_id:
        return Skipped(own, Reason.LAST_COPY)
    if nominee.page.is_redirect or page.is_redirect():
        return Skipped(own, Reason.REDIRECT)
    if keeper.page.is_redirect or kept_page.is_redirect():
        return Skipped(own, Reason.REDIRECT, keeper.file.title)
    if not may_edit(nominee.page.text, names):
        return Skipped(own, Reason.BOTS_EXCLUDED)
    if title(nominee.file.uploader) in {title(name) for name in opted_out}:
        return Skipped(own, Reason.OPTED_OUT, nominee.file.uploader)
    return None


def _marked(facts: Facts, page: Page) -> Skipped | None:
    own = facts.file.title
    if page.in_category((marks.IDENTICAL_CATEGORY,)):
        return Skipped(own, Reason.ALREADY_TAGGED)
    if mark := _mark(facts, page):
        return Skipped(own, Reason.DELETION_PENDING, mark)
    if kept := _among(facts.talk_templates, marks.KEPT):
        return Skipped(own, Reason.KEPT, f"{{{{{kept}}}}}")
    return None


def _mark(facts: Facts, page: Page) -> str:
    found = page.uses(_MARKS) or _among(facts.templates, _MARKS)
    return f"{{{{{found}}}}}" if found else ""


def _by_keeper(nominee: Facts, keeper: Facts, kept_page: Page) -> Skipped | None:
    own = nominee.file.title
    if kept_page.in_category((marks.IDENTICAL_CATEGORY,)):
        return Skipped(own, Reason.KEEPER_NOMINATED, f"Category:{marks.IDENTICAL_CATEGORY}")
    if mark := _mark(keeper, kept_page):
        return Skipped(own, Reason.KEEPER_NOMINATED, mark)
    if kept := _among(keeper.talk_templates, marks.KEPT):
        return Skipped(own, Reason.KEPT, f"{{{{{kept}}}}} about {keeper.file.title}")
    return None


def _named_keeper(nominee: Facts, pages: Iterable[PageText]) -> Skipped | None:
    own = title(nominee.file.title)
    for page in pages:
        if own in keepers_named(page.text):
            return Skipped(nominee.file.title, Reason.NAMED_KEEPER, page.title)
    return None


def _by_worth(nominee: Facts) -> Skipped | None:
    own = nominee.file.title
    if nominee.assessments is None:
        return Skipped(own, Reason.ASSESSED, "the wiki does not tell")
    if nominee.assessments:
        return Skipped(own, Reason.ASSESSED, ", ".join(sorted(one.value for one in nominee.assessments)))
    if nominee.protection:
        return Skipped(own, Reason.PROTECTED, nominee.protection)
    if nominee.versions > 1:
        return Skipped(own, Reason.HAS_VERSIONS, f"{nominee.versions} versions")
    return None


def _by_form(nominee: Facts, keeper: Facts) -> Skipped | None:
    own, file, kept = nominee.file.title, nominee.file, keeper.file
    for one in (file, kept):
        if one.mime not in SUPPORTED_TYPES:
            return Skipped(own, Reason.UNSUPPORTED_FORMAT, one.mime)
        if one.page_count > 1:
            return Skipped(own, Reason.MULTIPAGE, f"{one.page_count} pages")
    if file.mime != kept.mime:
        return Skipped(own, Reason.DIFFERENT_TYPE, kept.mime)
    if (file.width_px, file.height_px) != (kept.width_px, kept.height_px):
        return Skipped(own, Reason.DIFFERENT_SIZE, f"{kept.width_px} × {kept.height_px} px")
    return None


def _drawn(nominee: Facts, facts: Facts, page: Page) -> Skipped | None:
    """Find a drawing by what it is filed under; colours alone would not tell it from a photograph."""
    found = page.uses(marks.DRAWN) or _among(facts.templates, marks.DRAWN)
    categories = {link.name for link in page.categories} | facts.categories
    named = (name for name in sorted(categories) if name.casefold() not in _NOT_DRAWN and _DRAWN.search(name))
    told = f"{{{{{found}}}}}" if found else next((f"Category:{name}" for name in named), "")
    return Skipped(nominee.file.title, Reason.DRAWN, told) if told else None


def _by_relatives(facts: Facts, page: Page, nominee: Facts, relatives: Collection[str]) -> Skipped | None:
    """Look at one of the two pages; whatever is found is a reason not to nominate the nominee."""
    own = facts.file.title
    others = sorted(set(relatives) - {own})
    if found := by_relations(own, page, others):
        where = found.detail if facts is nominee else f"{own}: {found.detail}".removesuffix(": ")
        return Skipped(nominee.file.title, found.reason, where)
    if mark := _among(facts.templates, marks.DERIVATIVE):
        return Skipped(nominee.file.title, Reason.DERIVATIVE, f"{{{{{mark}}}}}")
    if mark := _among(facts.templates, marks.OTHER_VERSIONS):
        return Skipped(nominee.file.title, Reason.OTHER_VERSIONS, f"{{{{{mark}}}}}")
    return None


def _named_by_relatives(nominee: Facts, relatives: Collection[str]) -> Skipped | None:
    """Look at the pages that link to the nominee; the keeper is linked to by nominations of ours."""
    own = nominee.file.title
    wanted = {title(other) for other in relatives} - {title(own)}
    named_by = next((one for one in sorted(nominee.linked_from) if title(one) in wanted), "")
    return Skipped(own, Reason.CROSS_LINKED, f"named by {named_by}") if named_by else None


def _derived_from(nominee: Facts, pages: Iterable[PageText]) -> Skipped | None:
    for page in pages:
        if mark := Page(page.text).uses(marks.DERIVATIVE):
            return Skipped(nominee.file.title, Reason.DERIVATIVE, f"{{{{{mark}}}}} on {page.title}")
    return None


def _by_use(nominee: Facts) -> Skipped | None:
    own = nominee.file.title
    if nominee.global_usage is None:
        return Skipped(own, Reason.USE_UNKNOWN)
    return (
        Skipped(own, Reason.USED_ELSEWHERE, f"{nominee.global_usage} pages") if nominee.global_usage else None
    )


def _by_credits(nominee: Facts, keeper: Facts, page: Page, kept_page: Page) -> Skipped | None:
    own, ours, theirs = nominee.file.title, credits_of(page), credits_of(kept_page)
    if not ours.licences:
        return Skipped(own, Reason.DIFFERENT_LICENCE, "no licence that we know")
    if (ours.licences, ours.terms) != (theirs.licences, theirs.terms):
        return Skipped(own, Reason.DIFFERENT_LICENCE, _told(ours.licences, theirs.licences))
    ours_by_wiki, theirs_by_wiki = licences_among(nominee.templates), licences_among(keeper.templates)
    if nominee.templates and ours_by_wiki != theirs_by_wiki:
        return Skipped(own, Reason.DIFFERENT_LICENCE, _told(ours_by_wiki, theirs_by_wiki))
    # An author whom only the keeper names is not lost with the nominee.
    if ours.authors and ours.authors != theirs.authors:
        return Skipped(own, Reason.DIFFERENT_AUTHOR, _told(ours.authors, theirs.authors))
    return None


def _told(ours: frozenset[str], theirs: frozenset[str]) -> str:
    if ours == theirs:
        return "other terms"
    return f"{', '.join(sorted(ours)) or 'none'} against {', '.join(sorted(theirs)) or 'none'}"


def _among(names: Iterable[str], spellings: Collection[str]) -> str:
    return next((name for name in sorted(names) if folded(name) in spellings), "")
