"""api.php: who asks, what must hold before a module runs, and which module runs."""

from __future__ import annotations

from dataclasses import dataclass

from tests.fake_wiki.accounts import ANONYMOUS, Sessions, rights_of
from tests.fake_wiki.answers import Answer, ApiError, Parameters, given, listed
from tests.fake_wiki.clock import VirtualClock
from tests.fake_wiki.editing import Saved, edit
from tests.fake_wiki.linking import entities
from tests.fake_wiki.queries import Queries
from tests.fake_wiki.siteinfo import paraminfo
from tests.fake_wiki.state import WikiState

LEAST_RETRY_AFTER_S = 5


@dataclass(frozen=True)
class Handled:
    """The answer to one request, with the edit that it saved, and who had asked."""

    answer: Answer
    saved: Saved | None = None
    user: str = ""


def handle(
    state: WikiState, clock: VirtualClock, sessions: Sessions, server: str, asked: Parameters, session: str
) -> Handled:
    """Answer one request as api.php does; an error is an answer too."""
    user = sessions.account(session)
    rights = rights_of(state, user, sessions.limited(session))
    try:
        _check(state, sessions, asked, session, rights)
        action = asked.get("action", "")
        if action == "edit":
            told, saved = edit(state, clock, asked, user, rights)
            return Handled(Answer({"edit": told}), saved, user)
        if action == "query":
            return Handled(Answer(Queries(state, clock, sessions, server).answer(asked, session)), None, user)
        if action == "wbgetentities" and not state.core_only:
            return Handled(Answer(entities(state, listed(asked, "ids"))), None, user)
        if action == "login":
            return Handled(_login(sessions, asked, session), None, user)
        if action == "logout":
            sessions.log_out(user)
            return Handled(Answer({}), None, user)
        if action == "paraminfo":
            return Handled(Answer(paraminfo(listed(asked, "modules"))), None, user)
        raise ApiError("badvalue", f'Unrecognized value for parameter "action": {action}.')
    except ApiError as refusal:
        return Handled(refusal.answer(), None, user)


def _check(state: WikiState, sessions: Sessions, asked: Parameters, session: str, rights: list[str]) -> None:
    user = sessions.account(session)
    if asked.get("assert") == "user" and user == ANONYMOUS:
        raise ApiError(
            "assertuserfailed", "You are no longer logged in, so the action could not be completed."
        )
    if asked.get("assert") == "bot" and "bot" not in rights:
        raise ApiError("assertbotfailed", 'You do not have the "bot" right.')
    if given(asked, "assertuser") and asked["assertuser"] != user:
        name = asked["assertuser"]
        raise ApiError("assertnameduserfailed", f'You are no longer logged in as "{name}".')
    if asked.get("action") == "edit":
        if not given(asked, "token"):
            raise ApiError("missingparam", 'The "token" parameter must be set.')
        if asked["token"] != sessions.token(session, "csrf"):
            raise ApiError("badtoken", "Invalid CSRF token.")
        if state.readonly:
            info = "The wiki is currently in read-only mode."
            raise ApiError("readonly", info, readonlyreason=state.readonly)
    if given(asked, "maxlag") and state.lag_s > float(asked["maxlag"] or 0):
        raise lagged(state.lag_s, float(asked["maxlag"] or 0))


def lagged(lag_s: float, limit_s: float) -> ApiError:
    """Give the answer of a wiki whose databases lag."""
    retry_after = max(int(limit_s), LEAST_RETRY_AFTER_S)
    info = f"Waiting for 127.0.0.1: {lag_s:g} seconds lagged."
    return ApiError("maxlag", info, retry_after, host="127.0.0.1", lag=lag_s, type="db")


def _login(sessions: Sessions, asked: Parameters, session: str) -> Answer:
    if asked.get("lgtoken") != sessions.token(session, "login"):
        return Answer({"login": {"result": "WrongToken"}})
    name = sessions.log_in(session, asked.get("lgname", ""), asked.get("lgpassword", ""))
    if name == ANONYMOUS:
        return Answer({"login": {"result": "Failed", "reason": "Incorrect username or password entered."}})
    return Answer({"login": {"result": "Success", "lguserid": 1 + sum(map(ord, name)), "lgusername": name}})
