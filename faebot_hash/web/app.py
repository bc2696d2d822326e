"""The application: the routes joined, and what holds for all of them."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, Flask, Response, g, request

from faebot_hash.web.api import api_routes
from faebot_hash.web.compatible import compatible_routes
from faebot_hash.web.documentation import documentation_routes
from faebot_hash.web.headers import protect
from faebot_hash.web.health import health_routes
from faebot_hash.web.limiter import Limiter
from faebot_hash.web.navigation import surround_pages
from faebot_hash.web.overload import RETRY_AFTER_S, Seats, prompt
from faebot_hash.web.refusals import answer_refusals, refusal
from faebot_hash.web.service import Service
from faebot_hash.web.visitors import receive_visitors

COSTS = {
    "compatible.finnasearch": 20,
    "compatible.externallinks": 10,
    "compatible.dump": 50,
    "api.near_picture": 20,
    "api.near_bulk": 30,
    "login.arrive": 60,
    "pages.picture": 20,
    "review.queue": 3,
    "review.statistics": 5,
    "review_api.families": 6,
}
"""What a request to a route takes from a client's minute; 1 where it is not named."""

FREE = {"health.healthz", "static"}

SLOW = {
    "compatible.finnasearch",
    "compatible.externallinks",
    "api.near_picture",
    "pages.picture",
    "login.arrive",
}
"""The routes that wait for others: for a picture to be hashed, or for another server."""


def create_app(
    service: Service, pages: Sequence[Blueprint] = (), limiter: Limiter | None = None, session_key: str = ""
) -> Flask:
    """Make the application; ``pages`` are blueprints for people, beside the interfaces for programs.

    ``session_key`` signs the cookies of those who log in; without one nobody can.
    """
    settings = service.settings
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = settings.picture_bytes
    app.url_map.strict_slashes = False
    limiter = limiter or Limiter(settings.requests_per_minute)

    @app.before_request
    def limit() -> Response | None:
        if request.endpoint in FREE:
            return None
        client = _client(settings.trusted_proxies)
        wait_s = limiter.wait_s(client, COSTS.get(request.endpoint or "", 1))
        if wait_s:
            return refusal(429, f"Too many requests. Go on in {wait_s} seconds.", wait_s)
        return None

    _seat(app, Seats(max(1, settings.threads // 2)))
    protect(app, settings.media_url)
    receive_visitors(app, session_key, settings.public_url)
    answer_refusals(app)
    surround_pages(app)
    interfaces = (
        compatible_routes(service),
        api_routes(service),
        health_routes(service),
        documentation_routes(),
    )
    for blueprint in (*interfaces, *pages):
        app.register_blueprint(blueprint)
    app.wsgi_app = prompt(app.wsgi_app)  # type: ignore[method-assign, assignment]
    return app


def _seat(app: Flask, seats: Seats) -> None:
    """Keep threads free for quick requests while slow ones wait."""

    @app.before_request
    def take() -> Response | None:
        if request.endpoint in SLOW:
            if not seats.take():
                return refusal(503, "Too much is asked of this service just now.", RETRY_AFTER_S)
            g.seats = seats
        return None

    @app.teardown_request
    def leave(error: BaseException | None) -> None:
        if (taken := g.pop("seats", None)) is not None:
            taken.leave()


def _client(trusted_proxies: int) -> str:
    """Tell the client's address; what it claims itself stands before what our own servers add."""
    if trusted_proxies:
        told = [one.strip() for one in request.headers.get("X-Forwarded-For", "").split(",") if one.strip()]
        if len(told) >= trusted_proxies:
            return told[-trusted_proxies]
    return request.remote_addr or ""
