"""The eight invariants, each a function that reads what happened and says what is broken."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from faebot_hash.marks import IDENTICAL_CATEGORY
from faebot_hash.ports import OPEN_STATES, JournalRow
from tests.fake_wiki.ledger import Logged, SavedEdit
from tests.fake_wiki.scene import HOME_CATEGORY, RUN_PAGE, RUN_WORD
from tests.fake_wiki.state import Page, WikiState
from tests.practice.configuration import BOT

TAG = re.compile(rf"\[\[\s*Category\s*:\s*{re.escape(HOME_CATEGORY)}\s*[|\]]", re.IGNORECASE)
NOMINATION = re.compile(r"\{\{\s*duplicate\s*\|\s*(?:1=)?\s*([^|}]+)", re.IGNORECASE)
MARK = re.compile(
    r"\{\{\s*(nobots|bots\s*\|\s*deny|delete|keep|speedy|duplicate|retouched|derived)\b", re.IGNORECASE
)
SAVED_STATES = frozenset({"DONE", "UNDONE"})


@dataclass(frozen=True)
class Verified:
    """What a file and the file it was compared with were when they were judged."""

    sha1: str
    partner_id: int
    partner_sha1: str


@dataclass(frozen=True)
class Evidence:
    """The wiki, all that was saved and sent, the journal, and what had been verified."""

    state: WikiState
    edits: tuple[SavedEdit, ...]
    posts: tuple[Logged, ...]
    rows: tuple[JournalRow, ...]
    verified: Mapping[int, Verified]
    interval_s: float = 10.0

    @property
    def ours(self) -> tuple[SavedEdit, ...]:
        """List the edits of the bot."""
        return tuple(edit for edit in self.edits if edit.user == BOT)

    def partners(self, edit: SavedEdit) -> list[tuple[int, str]]:
        """List page id and SHA1 of the files that an edit was justified by."""
        noted = [row.intent.partners for row in self.rows if row.intent.token == edit.token]
        known = self.verified.get(edit.page_id)
        return [*(noted[0] if noted else ()), *([(known.partner_id, known.partner_sha1)] if known else ())]


def marks(text: str) -> int:
    """Count our marks of either kind in a text."""
    return len(TAG.findall(text)) + len(NOMINATION.findall(text))


def more(mark: re.Pattern[str], edit: SavedEdit) -> int:
    """Count how many more marks of a kind a page has after an edit, below 0 when it has fewer."""
    return len(mark.findall(edit.after)) - len(mark.findall(edit.before))


def nominates(edit: SavedEdit) -> bool:
    """Tell whether an edit puts a nomination on a page; the tag may leave it in exchange."""
    return more(NOMINATION, edit) > 0


def adds(edit: SavedEdit) -> bool:
    """Tell whether an edit puts a mark of ours on a page; a nomination that goes may leave the tag again."""
    return nominates(edit) or (more(TAG, edit) > 0 and more(NOMINATION, edit) == 0)


def v1_one_tag_a_page(evidence: Evidence) -> list[str]:
    """At most one mark of a kind stands on a page."""
    return [
        f"V1: {edit.title} has {len(pattern.findall(edit.after))} marks of one kind"
        for edit in evidence.ours
        for pattern in (TAG, NOMINATION)
        if len(pattern.findall(edit.after)) > max(1, len(pattern.findall(edit.before)))
    ]


def v2_target_stands(evidence: Evidence) -> list[str]:
    """What a mark is justified by exists, is no redirect, is unchanged, and is not nominated itself."""
    broken = []
    for edit in filter(adds, evidence.ours):
        if edit.judged is None:
            continue
        for page_id, sha1 in evidence.partners(edit):
            broken += _wrong(edit, edit.judged.pages.get(page_id), sha1)
        if nominates(edit):
            target = NOMINATION.findall(edit.after)[-1].strip()
            keeper = edit.judged.titled(f"File:{target.removeprefix('File:')}")
            broken += _wrong(edit, keeper, "")
            if keeper is not None and NOMINATION.search(keeper.text):
                broken.append(f"V2: {edit.title} names {keeper.title}, which is nominated itself")
    return broken


def _wrong(edit: SavedEdit, target: Page | None, sha1: str) -> list[str]:
    if target is None:
        return [f"V2: {edit.title} names a file that is gone"]
    if target.redirect_target:
        return [f"V2: {edit.title} names {target.title}, a redirect"]
    if sha1 and target.uploads[-1].sha1 != sha1:
        return [f"V2: {edit.title} names {target.title}, which was overwritten"]
    return []


def v3_allowed(evidence: Evidence) -> list[str]:
    """Nothing is edited against the run page, a block, a message, a protection or a mark on the page."""
    broken = []
    for edit in evidence.ours:
        if edit.judged is None:
            broken.append(f"V3: {edit.title} was edited without a pre-flight read")
            continue
        broken += [f"V3: {edit.title} was edited although {why}" for why in _against(edit, edit.judged)]
    return broken


def _against(edit: SavedEdit, judged: WikiState) -> Iterable[str]:
    run_page = judged.titled(RUN_PAGE)
    if run_page is None or run_page.text.strip().casefold() != RUN_WORD:
        yield "the run page did not say so"
    if BOT in judged.blocks:
        yield "the account was blocked"
    if BOT in judged.messages:
        yield "somebody had left a message"
    page = judged.pages.get(edit.page_id)
    if page is None:
        yield from ["the page was gone"] if edit.parentid else []
    elif page.protection:
        yield "the page was protected"
    elif adds(edit) and MARK.search(page.text):
        yield "a mark on the page forbids it"


def v4_smallest_change(evidence: Evidence) -> list[str]:
    """Our edits of file pages only insert our lines, or only take them out again.

    A nomination also exchanges one category for another, and its withdrawal changes it back.
    """
    broken = []
    for edit in evidence.ours:
        if not edit.title.startswith("File:"):
            continue
        old, new = (edit.before, edit.after) if adds(edit) else (edit.after, edit.before)
        if more(NOMINATION, edit):
            old = old.replace(f"[[Category:{HOME_CATEGORY}", f"[[Category:{IDENTICAL_CATEGORY}")
        steps = difflib.SequenceMatcher(None, old.split("\n"), new.split("\n"), autojunk=False).get_opcodes()
        inserted = [new.split("\n")[low:high] for kind, _, _, low, high in steps if kind == "insert"]
        others = [kind for kind, *_ in steps if kind not in ("equal", "insert")]
        if others or not inserted or not all(marks(line) for part in inserted for line in part if line):
            broken.append(f"V4: revision {edit.revid} of {edit.title} changes more than our lines")
    return broken


def v5_humans_win(evidence: Evidence) -> list[str]:
    """Where a person took a mark of ours away, it is never put again."""
    broken = []
    for mark in (TAG, NOMINATION):
        marked: set[int] = set()
        removed: set[int] = set()
        for edit in evidence.edits:
            if edit.user != BOT:
                if edit.page_id in marked and more(mark, edit) < 0:
                    removed.add(edit.page_id)
            elif adds(edit) and more(mark, edit) > 0:
                marked.add(edit.page_id)
                if edit.page_id in removed:
                    broken.append(f"V5: {edit.title} was marked again after a person had taken the mark away")
    return broken


def v6_journal_is_true(evidence: Evidence) -> list[str]:
    """Every edit has its closed row, every row that says so has its edit, and nothing is open."""
    rows = {row.intent.token: row for row in evidence.rows}
    saved = {edit.token: edit for edit in evidence.ours}
    broken = []
    for edit in evidence.ours:
        row = rows.get(edit.token)
        if row is None:
            broken.append(f"V6: revision {edit.revid} of {edit.title} has no row")
        elif row.state == "UNKNOWN" and edit.page_id not in evidence.state.pages:
            continue  # nobody without an administrator's eyes can know more of a deleted page
        elif row.state not in SAVED_STATES or row.revid != edit.revid:
            told = f"{row.state}, revision {row.revid}"
            broken.append(f"V6: the row of revision {edit.revid} of {edit.title} says {told}")
    for token, row in rows.items():
        if row.state in OPEN_STATES and row.intent.page_id in evidence.state.pages:
            broken.append(f"V6: the row {token} is {row.state} still")
        elif row.state in SAVED_STATES and token not in saved:
            broken.append(f"V6: the row {token} is {row.state}, but no edit carries it")
    return broken


def v7_never_too_fast(evidence: Evidence) -> list[str]:
    """Between two edits the interval passes."""
    return [
        f"V7: revision {later.revid} came {(later.at - earlier.at).total_seconds():g} s after the one before"
        for earlier, later in pairwise(sorted(evidence.ours, key=lambda edit: edit.revid))
        if (later.at - earlier.at).total_seconds() < evidence.interval_s
    ]


def v8_unchanged_files(evidence: Evidence) -> list[str]:
    """When all is quiet, no mark of ours stands on a file that is not, or not beside, what was verified."""
    broken = []
    for edit in filter(adds, evidence.ours):
        page = evidence.state.pages.get(edit.page_id)
        if page is None or not marks(page.text):
            continue
        noted = {row.intent.file_sha1 for row in evidence.rows if row.intent.token == edit.token}
        known = evidence.verified.get(edit.page_id)
        if not noted | ({known.sha1} if known else set()) <= {page.uploads[-1].sha1}:
            broken.append(f"V8: {page.title} was overwritten and is marked still")
        for page_id, sha1 in evidence.partners(edit):
            partner = evidence.state.pages.get(page_id)
            if partner is not None and partner.uploads[-1].sha1 != sha1:
                broken.append(f"V8: {page.title} is marked still although {partner.title} was overwritten")
    return broken


def merged_over_a_mark(evidence: Evidence) -> list[str]:
    """V3 when all is quiet: an edit that the wiki merged with a person's refusal does not stand."""
    return [
        f"V3: {edit.title} was marked over somebody's refusal, and the mark stands still"
        for edit in filter(adds, evidence.ours)
        if edit.baserevid
        and edit.parentid != edit.baserevid
        and MARK.search(edit.before)
        and (page := evidence.state.pages.get(edit.page_id)) is not None
        and (
            len(NOMINATION.findall(page.text)) > len(NOMINATION.findall(edit.before))
            if nominates(edit)
            else TAG.search(page.text)
        )
    ]


def v2_depth_is_one(evidence: Evidence) -> list[str]:
    """When all is quiet, no nomination of ours names a file that is nominated itself: one copy stays."""
    broken = []
    for edit in filter(nominates, evidence.ours):
        page = evidence.state.pages.get(edit.page_id)
        ours = set(NOMINATION.findall(edit.after)) - set(NOMINATION.findall(edit.before))
        for target in ours.intersection(NOMINATION.findall(page.text) if page else ()):
            keeper = evidence.state.titled(f"File:{target.strip().removeprefix('File:')}")
            if keeper is not None and NOMINATION.search(keeper.text):
                broken.append(f"V2: {edit.title} names {keeper.title} still, which is nominated too")
    return broken


def no_blind_retry(evidence: Evidence) -> list[str]:
    """E1: no intent is sent twice."""
    tokens = [post.token for post in evidence.posts if post.token]
    return [f"E1: the edit {token} was sent again" for token in set(tokens) if tokens.count(token) > 1]


EVERY_EDIT = (
    v1_one_tag_a_page,
    v3_allowed,
    v4_smallest_change,
    v5_humans_win,
    v7_never_too_fast,
)
QUIET = (
    v2_target_stands,
    v2_depth_is_one,
    v6_journal_is_true,
    v8_unchanged_files,
    merged_over_a_mark,
    no_blind_retry,
)
ALL = tuple(dict.fromkeys((*EVERY_EDIT, *QUIET)))


def after_each_edit(evidence: Evidence) -> list[str]:
    """Judge what can be judged in the middle of a run."""
    return [broken for law in EVERY_EDIT for broken in law(evidence)]


def at_quiescence(evidence: Evidence) -> list[str]:
    """Judge everything, when no edit is under way and what was open is settled."""
    return [broken for law in ALL for broken in law(evidence)]
