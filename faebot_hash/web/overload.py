"""What comes when more is asked than can be answered: those who have waited too long are told so at once.

A process answers as many requests at a time as it has threads; the others wait in line. To answer somebody
after a second helps nobody, and telling takes a hundredth of the time that answering takes, so the line
becomes short again by itself. Requests that take seconds never take all threads of a process.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LONGEST_WAIT_S = 0.4
RETRY_AFTER_S = 2
EXEMPT = "/healthz"

_ANSWER = b'{"error": "Too much is asked of this service just now. Try again in a moment."}\n'
_HEADERS = [
    ("Content-Type", "application/json"),
    ("Content-Length", str(len(_ANSWER))),
    ("Retry-After", str(RETRY_AFTER_S)),
    ("Access-Control-Allow-Origin", "*"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
]


class Seats:
    """So many requests of the kind that takes seconds may be at work at once; a new one waits a moment."""

    def __init__(self, seats: int) -> None:
        self._free = threading.BoundedSemaphore(seats)

    def take(self) -> bool:
        """Take one, or tell that none became free."""
        return self._free.acquire(timeout=LONGEST_WAIT_S)

    def leave(self) -> None:
        """Give one back."""
        self._free.release()


class _Line(threading.local):
    """How long the request of this thread has waited in line, as the server tells it."""

    waited_s = 0.0


LINE = _Line()


def prompt(application: WSGIApplication) -> WSGIApplication:
    """Answer 503 in the application's place to what has waited too long, but always tell of its health."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if LINE.waited_s <= LONGEST_WAIT_S or environ.get("PATH_INFO") == EXEMPT:
            return application(environ, start_response)
        start_response("503 Service Unavailable", list(_HEADERS))
        return [_ANSWER]

    return answer
