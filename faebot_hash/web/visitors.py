"""Who visits: the account that has logged in, and whether what a form sends comes from its own page.

Nothing is kept here about anybody. Those who log in carry their account's name in a signed cookie for at
most 8 hours; all others get no cookie.
"""

from __future__ import annotations

import hmac
import secrets
import time
from dataclasses import dataclass
from datetime import timedelta

from flask import Flask, Response, current_app, request, session

from faebot_hash.web.headers import OPEN
from faebot_hash.web.refusals import Refused

FIELD = "csrf"
"""The field of each form that holds ``csrf_token()``."""

SESSION_S = 8 * 3_600
COOKIE = "__Host-faebot"
PRACTICE_COOKIE = "faebot-practice"

_ORIGIN = "FAEBOT_ORIGIN"
_NAME, _SINCE = "name", "since"


@dataclass(frozen=True)
class Reviewer:
    """Somebody who has logged in, by the name of the account on the wiki."""

    name: str


def receive_visitors(app: Flask, key: str, public_url: str) -> None:
    """Let visitors be known by a cookie signed with ``key``, on a service that is reached at ``public_url``.

    Without a key nobody can be known, and no cookie is ever set. An address without TLS is for practice
    only: the cookie then goes without the prefix and the flag that browsers keep for TLS.
    """
    secure = public_url.startswith("https://")
    app.secret_key = key or None
    app.config[_ORIGIN] = public_url
    app.config.update(
        SESSION_COOKIE_NAME=COOKIE if secure else PRACTICE_COOKIE,
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=timedelta(seconds=SESSION_S),
    )
    app.after_request(_keep_private)
    app.context_processor(_told)


def reviewer() -> Reviewer | None:
    """Tell who has logged in; None for everybody else."""
    name, since = session.get(_NAME), session.get(_SINCE)
    if not isinstance(name, str) or not isinstance(since, int) or not 0 <= time.time() - since < SESSION_S:
        return None
    return Reviewer(name)


def csrf_token() -> str:
    """Give what each form on a page for this reviewer sends along; "" where nobody has logged in."""
    return str(session.get(FIELD, "")) if reviewer() else ""


def require_reviewer() -> Reviewer:
    """Tell who sends this form; raises Refused with 401 for nobody, 403 unless it comes from our own page."""
    who = reviewer()
    if who is None:
        raise Refused(401, "Log in first: only reviewers can do this.")
    require_same_origin()
    given, own = request.form.get(FIELD, ""), csrf_token()
    if not own or not hmac.compare_digest(given.encode("utf-8", "replace"), own.encode()):
        raise Refused(403, "This form is out of date. Open the page again and repeat.")
    return who


def require_same_origin() -> None:
    """Raise Refused with 403 unless the browser says that one of our own pages sends this.

    Our pages tell nobody where they are (``no-referrer``), so browsers send ``Origin: null`` with their
    forms; then ``Sec-Fetch-Site``, which no page can set, must say it.
    """
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
    ours = current_app.config.get(_ORIGIN) or request.host_url.rstrip("/")
    from_us = origin == ours if site is None else site == "same-origin" and origin in (None, "null", ours)
    if not from_us:
        raise Refused(403, "This was not sent from a page of this service.")


def welcome(name: str) -> None:
    """Know a visitor by the name of an account from now on, with a fresh token for forms."""
    session.clear()
    session.permanent = True
    session[_NAME], session[_SINCE], session[FIELD] = name, int(time.time()), secrets.token_urlsafe(32)


def farewell() -> None:
    """Forget who it is."""
    session.clear()


def _told() -> dict[str, object]:
    who = reviewer()
    return {"reviewer": who.name if who else None, "csrf": csrf_token()}


def _keep_private(response: Response) -> Response:
    """Keep what a reviewer sees out of every cache; what is the same for everybody is left alone."""
    if request.blueprint not in OPEN and request.endpoint != "static" and session:
        response.headers["Cache-Control"] = "private, no-store"
    return response
