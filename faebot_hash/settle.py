"""What became of a POST: told by the wiki's answer, or by the page's history where that says too little."""

from __future__ import annotations

from dataclasses import dataclass, replace

from faebot_hash.edits import Outcome
from faebot_hash.errors import WikiError
from faebot_hash.ports import EditAnswer, Intent, Journal, Wiki

_UNAVAILABLE = frozenset({"badtoken", "http-429", "maxlag", "ratelimited", "readonly"})
_STOPPED = frozenset(
    {
        "assertbotfailed",
        "assertnameduserfailed",
        "assertuserfailed",
        "autoblocked",
        "blocked",
        "permissiondenied",
    }
)
_CONFLICTS = frozenset(
    {"articleexists", "badmd5", "editconflict", "missingtitle", "nosuchpageid", "pagedeleted"}
)
_CANNOT_CREATE = frozenset({"cantcreate", "cantcreate-anon", "protectedtitle"})
_REFUSALS = frozenset(
    {
        "cascadeprotected",
        "captcha",
        "contenttoobig",
        "failure",
        "hookaborted",
        "protectedpage",
        "protectednamespace",
        "spamblacklist",
    }
)
STATES = {
    Outcome.EDITED: "DONE",
    Outcome.NOTHING_TO_DO: "NOOP",
    Outcome.CONFLICT: "CONFLICT",
    Outcome.REFUSED: "REFUSED",
    Outcome.CANNOT_CREATE: "REFUSED",
    Outcome.CAPPED: "REFUSED",
    Outcome.STOPPED: "REFUSED",
    Outcome.UNAVAILABLE: "REFUSED",
    Outcome.UNKNOWN: "UNKNOWN",
}
"""What the journal says of each outcome that an attempt may have."""


@dataclass(frozen=True)
class Settled:
    """What became of one attempt; ``oldrevid`` is the revision that ours replaced, 0 when none stands.

    ``token`` names the row in the journal, "" where nothing was planned.
    """

    outcome: Outcome
    detail: str = ""
    revid: int = 0
    oldrevid: int = 0
    token: str = ""


def settle(intent: Intent, answer: EditAnswer, journal: Journal, wiki: Wiki) -> Settled:
    """Close the row of an edit that was sent, by the answer to it."""
    outcome = outcome_of(answer, creates=not intent.baserevid)
    if outcome is Outcome.UNKNOWN or (outcome is Outcome.REFUSED and not _is_certain(answer.code)):
        try:
            found = settle_by_history(intent, journal, wiki, otherwise=outcome)
        except WikiError as error:
            journal.settle(intent.token, STATES[Outcome.UNKNOWN], detail=answer.detail)
            return Settled(Outcome.UNKNOWN, f"{answer.detail}; {error}")
        return replace(found, detail=answer.detail or answer.code)
    journal.settle(intent.token, STATES[outcome], answer.newrevid, answer.detail or answer.code)
    return Settled(outcome, answer.code or answer.detail, answer.newrevid, answer.oldrevid)


def settle_by_history(
    intent: Intent, journal: Journal, wiki: Wiki, otherwise: Outcome = Outcome.UNKNOWN
) -> Settled:
    """Close a row by its token in the page's history; without it a refusal stays one."""
    history = wiki.history(intent.page_id) if intent.page_id else wiki.history_of(intent.title)
    if not history and intent.page_id:
        # Deleted with whatever we did to it; the row stays open, for the page may come back.
        journal.settle(intent.token, STATES[Outcome.UNKNOWN], detail="the page is gone")
        return Settled(Outcome.CONFLICT)
    for revision in history:
        if revision.revid > intent.baserevid and f"({intent.token})" in revision.comment:
            journal.settle(intent.token, STATES[Outcome.EDITED], revision.revid)
            return Settled(Outcome.EDITED, revid=revision.revid, oldrevid=revision.parentid)
    outcome = Outcome.CONFLICT if otherwise is Outcome.UNKNOWN else otherwise
    journal.settle(intent.token, STATES[outcome], detail="the history has no such edit")
    return Settled(outcome)


def outcome_of(answer: EditAnswer, creates: bool = False) -> Outcome:
    """Name the outcome of one POST from the wiki's answer; ``creates`` is of an edit that makes a page."""
    if answer.code == "":
        return Outcome.NOTHING_TO_DO if answer.unchanged else Outcome.EDITED
    # An internal error may come after the save as well as before it.
    if answer.code == "unknown" or answer.code.startswith("internal_api_error"):
        return Outcome.UNKNOWN
    if answer.code in _CANNOT_CREATE or (creates and answer.code == "permissiondenied"):
        return Outcome.CANNOT_CREATE
    if answer.code in _UNAVAILABLE:
        return Outcome.UNAVAILABLE
    if answer.code in _STOPPED:
        return Outcome.STOPPED
    return Outcome.CONFLICT if answer.code in _CONFLICTS else Outcome.REFUSED


def _is_certain(code: str) -> bool:
    """Tell whether a refusal is known to come before any save; codes never seen prove nothing."""
    return code in _REFUSALS or code.startswith(("abusefilter-", "titleblacklist-"))
