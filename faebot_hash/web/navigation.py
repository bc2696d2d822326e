"""What every page shows around its own part: where one can go, and whether one is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, request, url_for

from faebot_hash import __version__

PLACES = (("Search", "/"), ("Review", "/review"), ("Statistics", "/statistics"), ("Interface", "/api/v1/"))
"""The places that pages lead to, by path; those that the application has no route for are left out."""


@dataclass(frozen=True)
class Place:
    """A place that the navigation leads to."""

    label: str
    address: str
    is_here: bool


def surround_pages(app: Flask) -> None:
    """Give ``base.html`` what it shows."""

    @app.context_processor
    def surroundings() -> dict[str, Any]:
        return {
            "navigation": _places(),
            "address_of": _address_of,
            "home": _address_of("/") or _address_of("/api/v1/"),
            "version": __version__,
        }


def _places() -> list[Place]:
    """List the places; the current one is the longest path that the request's begins with."""
    known = [(label, path, address) for label, path in PLACES if (address := _address_of(path)) is not None]
    inside = [
        path for _, path, _ in known if path != "/" and f"{request.path}/".startswith(f"{path.rstrip('/')}/")
    ]
    here = max(inside, key=len, default="/" if request.blueprint == "pages" else "")
    return [Place(label, address, path == here) for label, path, address in known]


def _address_of(path: str) -> str | None:
    """Give the address of the route with exactly this path; None where there is none."""
    for rule in current_app.url_map.iter_rules():
        if rule.rule == path:
            return url_for(rule.endpoint)
    return None
