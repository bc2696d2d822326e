"""action=edit as MediaWiki 1.43 does it: the order of its checks, its conflicts, its silent merges."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from tests.fake_wiki.accounts import RIGHTS
from tests.fake_wiki.answers import ApiError, Parameters, given, number
from tests.fake_wiki.clock import VirtualClock, stamp
from tests.fake_wiki.merging import merge
from tests.fake_wiki.state import Page, Revision, WikiState, namespace_of, normal

LARGEST_TEXT = 2_097_152
TALK = "User talk:"
REVERT_RADIUS = 15
JOBS_TAKE = timedelta(seconds=5)
"""How long a job waits for its turn: MediaWiki tags what was reverted in a job."""


@dataclass(frozen=True)
class Saved:
    """An edit that stands: what the page was and what it became."""

    page: Page
    revision: Revision
    before: str


def save(
    state: WikiState,
    clock: VirtualClock,
    title: str,
    text: str,
    user: str,
    comment: str = "",
    *,
    bot: bool = False,
    tags: tuple[str, ...] = (),
) -> Saved | None:
    """Save a text as a new revision, making the page when it is new; None when nothing changes."""
    name = normal(title)
    page = state.titled(name) or Page(state.next_page_id, namespace_of(name), name, ())
    before = page.text if page.revisions else ""
    if page.revisions and text == before:
        return None
    parent = page.latest.revid if page.revisions else 0
    if not tags:
        tags = _taking_back(state, clock, page, text, user)
    revision = Revision(state.next_revid, parent, clock.now(), user, comment, text, bot, tags)
    state.next_revid += 1
    state.next_page_id = max(state.next_page_id, page.page_id + 1)
    page = replace(page, revisions=(*page.revisions, revision))
    state.pages[page.page_id] = page
    if name.startswith(TALK) and name != TALK + user:
        state.messages |= {name.removeprefix(TALK).partition("/")[0]}
    return Saved(page, revision, before)


def _taking_back(state: WikiState, clock: VirtualClock, page: Page, text: str, user: str) -> tuple[str, ...]:
    """Notice that a text is one from before: the edits since then count as reverted, in a job."""
    for back, one in enumerate(reversed(page.revisions[-REVERT_RADIUS - 1 : -1]), start=1):
        if one.text == text:
            mark_reverted(state, clock, (later.revid for later in page.revisions[-back:]), user)
            return ("mw-manual-revert",)
    return ()


def mark_reverted(state: WikiState, clock: VirtualClock, revids: Iterable[int], user: str) -> None:
    """Let a job tag what was undone, if whoever undid it need not be patrolled."""
    if any("autopatrol" in RIGHTS[group] for group in state.groups.get(user, ())):
        state.tag_later(revids, clock.now() + JOBS_TAKE)


def edit(
    state: WikiState, clock: VirtualClock, asked: Parameters, user: str, rights: list[str]
) -> tuple[dict[str, Any], Saved | None]:
    """Carry out one edit; give the answer's "edit" and what was saved."""
    page = _page(state, asked)
    title = page.title if page else normal(asked["title"])
    _check_permission(state, page, user, rights)
    text, tags = _new_text(state, asked, page)
    if len(text.encode()) > LARGEST_TEXT:
        limit = LARGEST_TEXT // 1024
        raise ApiError("contenttoobig", f"The content you supplied exceeds the limit of {limit} kilobytes.")
    if page is not None:
        text = _without_conflict(asked, page, user, text)
    bot = given(asked, "bot") and "bot" in rights
    saved = save(state, clock, title, text, user, asked.get("summary", ""), bot=bot, tags=tags)
    if saved is not None and given(asked, "undo"):
        mark_reverted(state, clock, [number(asked, "undo")], user)
    return _told(page, saved), saved


def _told(page: Page | None, saved: Saved | None) -> dict[str, Any]:
    stands = saved.page if saved else page
    assert stands is not None
    told: dict[str, Any] = {"new": True} if page is None else {}
    told |= {"result": "Success", "pageid": stands.page_id, "title": stands.title}
    told["contentmodel"] = "wikitext"
    if saved is None:
        return {**told, "nochange": True}
    told |= {"oldrevid": saved.revision.parentid, "newrevid": saved.revision.revid}
    return {**told, "newtimestamp": stamp(saved.revision.timestamp)}


def _page(state: WikiState, asked: Parameters) -> Page | None:
    if not any(given(asked, name) for name in ("text", "appendtext", "prependtext", "undo")):
        raise ApiError("missingparam", 'At least one of the parameters "text" and "undo" is required.')
    if given(asked, "pageid"):
        page = state.pages.get(number(asked, "pageid"))
        if page is None:
            raise ApiError("nosuchpageid", f"There is no page with ID {asked['pageid']}.")
        return page
    page = state.titled(asked.get("title", ""))
    if page is not None and given(asked, "createonly"):
        raise ApiError("articleexists", "The article you tried to create has been created already.")
    if page is None and given(asked, "nocreate"):
        raise ApiError("missingtitle", "The page you specified doesn't exist.")
    return page


def _check_permission(state: WikiState, page: Page | None, user: str, rights: list[str]) -> None:
    if page is not None and page.protection and "editprotected" not in rights:
        raise ApiError("protectedpage", "This page has been protected to prevent editing or other actions.")
    if user in state.blocks:
        raise ApiError("blocked", "You have been blocked from editing.", blockinfo={"blockedby": "Admin"})
    if page is None and "createpage" not in rights:
        raise ApiError("cantcreate", "You do not have permission to create new pages.")


def _new_text(state: WikiState, asked: Parameters, page: Page | None) -> tuple[str, tuple[str, ...]]:
    current = page.text if page else ""
    text, checked, tags = asked.get("text", ""), asked.get("text", ""), ()
    if given(asked, "appendtext") or given(asked, "prependtext"):
        first, last = asked.get("prependtext", ""), asked.get("appendtext", "")
        text, checked = first + current + last, first + last
    if given(asked, "undo"):
        text, tags = _undone(state, number(asked, "undo"), current), ("mw-undo",)
    if (
        given(asked, "md5")
        and hashlib.md5(checked.encode(), usedforsecurity=False).hexdigest() != asked["md5"]
    ):
        raise ApiError("badmd5", "The supplied MD5 hash was incorrect.")
    # The pre-save transform.
    return text.replace("\r\n", "\n").rstrip(), tags


def _undone(state: WikiState, revid: int, current: str) -> str:
    where = state.revision(revid)
    parent = state.revision(where[1].parentid) if where else None
    if where is None or parent is None:
        raise ApiError("nosuchrevid", f"There is no revision with ID {revid}.")
    text = merge(where[1].text, parent[1].text, current)
    if text is None:
        raise ApiError("undofailure", "The edit could not be undone due to conflicting intermediate edits.")
    return text


def _without_conflict(asked: Parameters, page: Page, user: str, text: str) -> str:
    """Give the text to save over the current one: mine, a merge of both, or an edit conflict."""
    latest = page.latest
    baserevid, edittime = number(asked, "baserevid"), asked.get("basetimestamp", "")
    if not edittime and not baserevid:
        return text
    in_time = bool(edittime) and edittime != stamp(latest.timestamp)
    conflict = in_time or (bool(baserevid) and baserevid != latest.revid)
    if conflict and edittime:
        # With a base timestamp the wiki forgives the account's own later edits, and loses them.
        later = (one for one in page.revisions if stamp(one.timestamp) > edittime)
        conflict = not all(one.user == user for one in later)
    if not conflict:
        return text
    base = _base(page, baserevid, edittime)
    merged = merge(base.text, text, latest.text) if base is not None else None
    if merged is None:
        raise ApiError("editconflict", "Edit conflict.")
    return merged


def _base(page: Page, baserevid: int, edittime: str) -> Revision | None:
    for one in page.revisions:
        if one.revid == baserevid or (not baserevid and stamp(one.timestamp) == edittime):
            return one
    return None
