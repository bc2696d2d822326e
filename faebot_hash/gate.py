"""What must be true in the moment before an edit, as pure questions to one fresh read of the wiki.

``why_stop`` looks at what concerns every edit: the run page, the account, the clock, the breaker, the
caps. ``why_not`` looks at the one page and at the files that its edit speaks of. Both answer with a
sentence, or "" where nothing speaks against. Whatever cannot be read speaks against.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from faebot_hash.edits import Proposal
from faebot_hash.model import PageText
from faebot_hash.preflight import Account, Current, Preflight
from faebot_hash.reasons import Skipped
from faebot_hash.settings import Settings

STALE_S = 60.0
"""An answer older than this comes from a cache, or from a wiki whose clock is not ours."""

BREAKER_WINDOW = 50
BREAKER_REVERTS = 2
TRIAL_EDITS = 50


@dataclass(frozen=True)
class Cap:
    """No edit of this kind while a category holds so many files already (people must keep up)."""

    kind: str
    category: str
    files: int


@dataclass(frozen=True)
class Rules:
    """What an operator may set: the run page's word, trial mode, reverts looked at already, and caps."""

    run_word: str = "yes"
    trial: bool = False
    reverts_accepted_until: datetime | None = None
    caps: tuple[Cap, ...] = ()


def rules_of(settings: Settings) -> Rules:
    """Take from the settings what the gate obeys."""
    tagging = settings.tagging
    return Rules(settings.wiki.run_word, tagging.trial, tagging.reverts_accepted_until)


def why_stop(preflight: Preflight, kind: str, rules: Rules, user: str, now: datetime) -> str:
    """Say why nothing at all may be edited now."""
    return (
        _why_not_fresh(preflight.read_at, now)
        or _why_not_run(preflight.run_page, rules.run_word)
        or _why_not_account(preflight.account, user, rules.trial)
        or _why_capped(preflight.category_files, kind, rules.caps)
    )


def why_pause(done: int, reverted: int, rules: Rules) -> str:
    """Say why edits of a kind are to stop, from how many there were and how many people have reverted.

    Both numbers count the last 50 edits of the kind.
    """
    if reverted >= BREAKER_REVERTS:
        return (
            f"people reverted {reverted} of our last {BREAKER_WINDOW} edits of this kind; look at them first"
        )
    return f"the {TRIAL_EDITS} edits of the trial are done" if rules.trial and done >= TRIAL_EDITS else ""


def why_not(proposal: Proposal, preflight: Preflight, ours: Mapping[int, int]) -> str:
    """Say why this page may not get this edit any more: then it has to be judged anew.

    ``ours`` gives for each revision that this run saved the one that it was made from: a witness that
    only we have edited since is still as it was judged.
    """
    current = preflight.files.get(proposal.edit.page.page_id)
    if current is None:
        return "the page was not among those read"
    if isinstance(current, Skipped):
        return current.reason.sentence
    if current.page.is_redirect:
        return "the page is a redirect now"
    if (current.page.revid, current.page.text) != (proposal.edit.page.revid, proposal.edit.page.text):
        return f"revision {current.page.revid} is newer"
    if current.file.sha1 != proposal.file.sha1:
        return "the file was overwritten"
    return _why_not_witnesses(proposal, preflight, ours)


def why_protected(proposal: Proposal, preflight: Preflight) -> str:
    """Say that the page is protected, whoever may edit it: people want to be asked there."""
    current = preflight.files.get(proposal.edit.page.page_id)
    level = current.protection if isinstance(current, Current) else ""
    return f"protected for {level}" if level else ""


def _why_not_witnesses(proposal: Proposal, preflight: Preflight, ours: Mapping[int, int]) -> str:
    for witness in proposal.witnesses:
        current = preflight.files.get(witness.page_id)
        if current is None or isinstance(current, Skipped):
            return f"File:{witness.title} is gone"
        if current.file.sha1 != witness.sha1:
            return f"File:{witness.title} was overwritten"
        revid = current.page.revid
        if witness.revid not in (revid, ours.get(revid)):
            return f"the page of File:{witness.title} changed"
    return ""


def _why_not_fresh(read_at: datetime, now: datetime) -> str:
    apart_s = abs((now - read_at).total_seconds())
    return "" if apart_s <= STALE_S else f"the wiki's answer and our clock are {apart_s:,.0f} s apart"


def _why_not_run(page: PageText | Skipped, run_word: str) -> str:
    if isinstance(page, Skipped):
        return f"the run page cannot be read: {page.reason.sentence}"
    if page.is_redirect:
        return f"the run page {page.title} is a redirect"
    word = page.text.strip()
    if word.casefold() != run_word.casefold():
        return f"the run page {page.title} says “{word[:40]}”, not “{run_word}”"
    return ""


def _why_not_account(account: Account, user: str, trial: bool) -> str:
    if account.name != user:
        return f"logged in as “{account.name}”, not as “{user}”"
    if account.blocked:
        return f"the account is blocked: {account.blocked}"
    if account.has_message:
        return f"somebody left a message on User talk:{user}; read it first"
    if "edit" not in account.rights:
        return "the account has lost the right to edit"
    return (
        "" if trial or "bot" in account.rights else "the account has no bot flag; set [tagging] trial = true"
    )


def _why_capped(category_files: Mapping[str, int], kind: str, caps: Sequence[Cap]) -> str:
    for cap in caps:
        if cap.kind != kind:
            continue
        if cap.category not in category_files:
            return f"Category:{cap.category} cannot be counted"
        if category_files[cap.category] >= cap.files:
            held = f"{category_files[cap.category]:,} files"
            return f"Category:{cap.category} holds {held}, the limit is {cap.files:,}"
    return ""
