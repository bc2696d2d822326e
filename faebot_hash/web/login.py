"""Logging in and out: by Wikimedia's OAuth, or on a practice wiki by any name, or not at all."""

from __future__ import annotations

import hmac
import logging
import time
from functools import partial
from typing import Protocol
from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request, session
from werkzeug.wrappers import Response as Redirect

from faebot_hash.adapters.oauth import Departure, NoProfile, Profile, Trouble, is_account_name
from faebot_hash.web.refusals import Refused
from faebot_hash.web.visitors import farewell, require_reviewer, require_same_origin, reviewer, welcome
from faebot_hash.web_settings import Login, WebSettings, is_loopback

LASTS_S = 600
LONGEST_NEXT = 500
LONGEST_CODE = 4_000

_UNDERWAY = "login"
_STATUS = {Trouble.SPENT: 400, Trouble.BROKEN: 502, Trouble.SLOW: 504}
_log = logging.getLogger(__name__)


class AccountService(Protocol):
    """What knows accounts."""

    def departure(self) -> Departure:
        """Begin a login."""
        ...

    def arrival(self, code: str, verifier: str) -> Profile | NoProfile:
        """Learn who comes back with a code."""
        ...


def login_routes(settings: WebSettings, accounts: AccountService | None = None) -> Blueprint:
    """Make the blueprint; ``accounts`` is needed for Wikimedia's login only."""
    routes = Blueprint("login", __name__)
    if settings.login is Login.PRACTICE:
        routes.add_url_rule("/login", "practice", _practice)
        routes.add_url_rule("/login", "practise", _practise, methods=["POST"])
    elif settings.login is Login.WIKIMEDIA:
        if accounts is None:
            raise ValueError("a login by Wikimedia, and nothing that asks Wikimedia")
        routes.add_url_rule("/login", "depart", partial(_depart, accounts))
        routes.add_url_rule("/login/callback", "arrive", partial(_arrive, accounts, settings.reviewer_edits))
    if settings.login is not Login.NONE:
        routes.add_url_rule("/logout", "logout", _logout, methods=["POST"])
    return routes


def local_path(asked: str) -> str:
    """Give the page of ours to go on to; "/" for everything that could lead elsewhere."""
    try:
        parts = urlsplit(asked)
    except ValueError:
        return "/"
    ours = asked.startswith("/") and not asked.startswith("//") and not parts.scheme and not parts.netloc
    plain = asked.isascii() and asked.isprintable() and "\\" not in asked and " " not in asked
    return asked if ours and plain and len(asked) <= LONGEST_NEXT else "/"


def _depart(accounts: AccountService) -> Redirect:
    departure = accounts.departure()
    session[_UNDERWAY] = {
        "state": departure.state,
        "verifier": departure.verifier,
        "next": local_path(request.args.get("next", "/")),
        "since": int(time.time()),
    }
    return _uncached(redirect(departure.address, 302))


def _arrive(accounts: AccountService, least_edits: int) -> Redirect:
    underway = session.pop(_UNDERWAY, None)
    state, code = request.args.get("state", ""), request.args.get("code", "")
    if not _is_underway(underway) or not hmac.compare_digest(
        state.encode("utf-8", "replace"), underway["state"].encode()
    ):
        raise Refused(400, "This login was not begun here, or took too long. Begin again.")
    if "error" in request.args:
        raise Refused(403, "You have not let this service know your account, so you are not logged in.")
    if not code or len(code) > LONGEST_CODE:
        raise Refused(400, "Wikimedia sent no code with this login. Begin again.")
    profile = accounts.arrival(code, underway["verifier"])
    if isinstance(profile, NoProfile):
        _log.warning("a login failed: %s (%s)", profile.trouble.name, profile.detail)
        raise Refused(_STATUS[profile.trouble], profile.trouble.value)
    if profile.blocked:
        raise Refused(403, "This account is blocked on the wiki, so it cannot review.")
    if profile.edits < least_edits:
        raise Refused(
            403, f"Reviewers have made at least {least_edits} edits on the wiki; this account has not."
        )
    welcome(profile.name)
    return _uncached(redirect(underway["next"], 303))


def _is_underway(told: object) -> bool:
    """Tell whether a login is under way; the cookie is signed, so its parts are what we put there."""
    return isinstance(told, dict) and 0 <= time.time() - told["since"] < LASTS_S


def _practice() -> str:
    _require_this_machine()
    return render_template("login.html", next=local_path(request.args.get("next", "/")))


def _practise() -> Redirect:
    _require_this_machine()
    require_same_origin()
    name = " ".join(request.form.get("name", "").split())
    if not is_account_name(name):
        raise Refused(400, "This is no name of an account.")
    welcome(name)
    return _uncached(redirect(local_path(request.form.get("next", "/")), 303))


def _require_this_machine() -> None:
    """Refuse whoever comes from elsewhere, should the service listen where it was not meant to."""
    host = urlsplit(request.host_url).hostname
    through = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    if through or not is_loopback(request.remote_addr) or not is_loopback(host):
        raise Refused(403, "This login is for practice, on the machine itself only.")


def _logout() -> Redirect:
    if reviewer() is not None:
        require_reviewer()
    farewell()
    return _uncached(redirect("/", 303))


def _uncached(response: Redirect) -> Redirect:
    response.headers["Cache-Control"] = "private, no-store"
    return response
