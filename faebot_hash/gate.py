"""What must be true in the moment before an edit, as pure questions to one fresh read of the wiki.

``why_stop`` looks at what concerns every edit: the run page, the account, the clock. ``why_locked``,
``why_pause`` and ``why_capped`` look at what concerns a kind of edits: the settings, the breaker, the caps.
``why_not`` looks at the one page and at the files that its edit speaks of. Each answers with a sentence, or
"" where nothing speaks against. Whatever cannot be read speaks against.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from faebot_hash.bots import may_edit
from faebot_hash.edits import Kind, Proposal
from faebot_hash.marks import DELETION, DUPLICATE
from faebot_hash.markup import title
from faebot_hash.model import PageText
from faebot_hash.preflight import Account, Current, Other, Preflight
from faebot_hash.privileges import why_refused
from faebot_hash.reasons import Reason, Skipped
from faebot_hash.settings import Settings
from faebot_hash.wikitext import Page

STALE_S = 60.0
"""An answer older than this comes from a cache, or from a wiki whose clock is not ours."""

BREAKER_WINDOW = 50
BREAKER_REVERTS = 2
TRIAL_EDITS = 50

RUN_PAGE_OPENING = "the run page"
"""How each sentence of ``why_stop`` about the run page begins; all others ask for a person's attention."""

NOMINATED_CATEGORY = "Duplicate"
"""Where {{duplicate}} puts a file: the queue of the administrators."""


@dataclass(frozen=True)
class Cap:
    """No edit of this kind while a category holds so many files already (people must keep up)."""

    kind: Kind
    category: str
    files: int


@dataclass(frozen=True)
class Rules:
    """What an operator may set: the run page's word, trial mode, reverts looked at already, and caps.

    Files are nominated for deletion only with ``may_nominate``; ``bot_names`` are names by which {{bots}}
    may mean this bot, besides its account's own. Files of ``opted_out`` uploaders are not nominated. Between
    two edits pass ``interval_s`` at least.
    """

    run_word: str = "yes"
    trial: bool = False
    reverts_accepted_until: datetime | None = None
    caps: tuple[Cap, ...] = ()
    may_nominate: bool = False
    bot_names: tuple[str, ...] = ()
    opted_out: tuple[str, ...] = ()
    interval_s: float = 0.0

    def caps_of(self, kind: Kind) -> tuple[Cap, ...]:
        """Give the caps on one kind of edits."""
        return tuple(cap for cap in self.caps if cap.kind == kind)


def rules_of(settings: Settings) -> Rules:
    """Take from the settings what the gate obeys."""
    tagging = settings.tagging
    cap = Cap(Kind.NOMINATED, NOMINATED_CATEGORY, tagging.duplicate_limit)
    return Rules(
        settings.wiki.run_word,
        tagging.trial,
        tagging.reverts_accepted_until,
        (cap,),
        tagging.duplicate_template,
        settings.wiki.bot_names,
        settings.confirm.opted_out,
    )


def why_stop(preflight: Preflight, rules: Rules, user: str, now: datetime) -> str:
    """Say why nothing at all may be edited now."""
    return (
        _why_not_fresh(preflight.read_at, now)
        or why_not_run(preflight.run_page, rules.run_word)
        or _why_not_account(preflight.account, user, rules.trial)
    )


def why_not_run(page: PageText | Skipped, run_word: str) -> str:
    """Say what of the run page means stop."""
    if isinstance(page, Skipped):
        return f"{RUN_PAGE_OPENING} cannot be read: {page.reason.sentence}"
    if page.is_redirect:
        return f"{RUN_PAGE_OPENING} {page.title} is a redirect"
    word = page.text.strip()
    if word.casefold() != run_word.casefold():
        return f"{RUN_PAGE_OPENING} {page.title} says “{word[:40]}”, not “{run_word}”"
    return ""


def why_locked(kind: Kind, rules: Rules) -> str:
    """Say that the settings allow no edits of a kind; whoever proposes them should have seen that before."""
    return "[tagging] duplicate_template is off" if kind is Kind.NOMINATED and not rules.may_nominate else ""


def why_capped(preflight: Preflight, caps: Sequence[Cap]) -> str:
    """Say which category is so full that edits of a kind must wait, though others may go on."""
    for cap in caps:
        held = preflight.category_files.get(cap.category)
        if held is None:
            return f"Category:{cap.category} cannot be counted"
        if held >= cap.files:
            return f"Category:{cap.category} holds {held:,} files, the limit is {cap.files:,}"
    return ""


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
    return _why_not_witnesses(proposal, preflight.files, ours)


def why_not_any_more(
    proposal: Proposal, seen: Mapping[int, Current | Skipped], ours: Mapping[int, int]
) -> str:
    """Say why an edit that was made just now may be wrong by what is ``seen`` after it, by page id."""
    current = seen[proposal.file.page_id]
    if isinstance(current, Current) and current.file.sha1 != proposal.file.sha1:
        return "the file was overwritten"
    return _why_not_witnesses(proposal, seen, ours)


def why_protected(proposal: Proposal, preflight: Preflight) -> str:
    """Say that the page is protected, whoever may edit it: people want to be asked there."""
    current = preflight.files.get(proposal.edit.page.page_id)
    level = current.protection if isinstance(current, Current) else ""
    return f"protected for {level}" if level else ""


def why_unwanted(proposal: Proposal, rules: Rules) -> str:
    """Say that an edit which was judged earlier is not wanted since, by the settings page."""
    if locked := why_locked(proposal.kind, rules):
        return locked
    uploader = title(proposal.file.uploader)
    if proposal.kind is Kind.NOMINATED and uploader in {title(name) for name in rules.opted_out}:
        return "the uploader does not want this bot"
    return ""


def why_other_changed(page: PageText, now: Other | Skipped) -> str:
    """Say that a page which is no file's is not as it was read any more."""
    if isinstance(now, Skipped):
        return now.reason.sentence
    known = (now.page.page_id, now.page.revid) == (page.page_id, page.revid)
    return "" if known else f"revision {now.page.revid} is newer"


def why_other_refused(now: Other | Skipped, names: Sequence[str]) -> str:
    """Say that people do not want a page of our own edited; ``names`` begins with the account that edits."""
    if isinstance(now, Skipped):
        return now.reason.sentence
    if now.protection:
        return f"protected for {now.protection}"
    if now.page.is_redirect:
        return Reason.REDIRECT.sentence
    return "" if may_edit(now.page.text, names) else Reason.BOTS_EXCLUDED.sentence


def _why_not_witnesses(
    proposal: Proposal, seen: Mapping[int, Current | Skipped], ours: Mapping[int, int]
) -> str:
    for witness in proposal.witnesses:
        current = seen.get(witness.page_id)
        if current is None or isinstance(current, Skipped):
            return f"File:{witness.title} is gone"
        if current.file.sha1 != witness.sha1:
            return f"File:{witness.title} was overwritten"
        revid = current.page.revid
        if witness.revid not in (revid, ours.get(revid)):
            return f"the page of File:{witness.title} changed"
    return _why_not_kept(proposal, seen) if proposal.kind is Kind.NOMINATED else ""


def _why_not_kept(proposal: Proposal, seen: Mapping[int, Current | Skipped]) -> str:
    """Say that the copy to keep may go itself, be it by an edit of our own run: then the last one would."""
    for witness in proposal.witnesses[:1]:
        current = seen[witness.page_id]
        mark = "" if isinstance(current, Skipped) else Page(current.page.text).uses(DUPLICATE | DELETION)
        return f"File:{witness.title} is marked with {{{{{mark}}}}} itself" if mark else ""
    return "no witness for the copy to keep"


def _why_not_fresh(read_at: datetime, now: datetime) -> str:
    apart_s = abs((now - read_at).total_seconds())
    return "" if apart_s <= STALE_S else f"the wiki's answer and our clock are {apart_s:,.0f} s apart"


def _why_not_account(account: Account, user: str, trial: bool) -> str:
    if account.name != user:
        return f"logged in as “{account.name}”, not as “{user}”"
    if account.blocked:
        return f"the account is blocked: {account.blocked}"
    if account.has_message:
        return f"somebody left a message on User talk:{user}; read it first"
    return why_refused(account.rights, trial)
