"""Whether the service works: how large the index is, how old, and how much waits to be hashed."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

from flask import Blueprint, Response, jsonify

from faebot_hash import __version__
from faebot_hash.web.service import Service


def health_routes(service: Service) -> Blueprint:
    """Make the blueprint."""
    routes = Blueprint("health", __name__)
    routes.add_url_rule("/healthz", "healthz", lambda: _healthz(service))
    return routes


def _healthz(service: Service) -> Response:
    now = datetime.now(UTC)
    followed, last = service.index.current(), service.pages.last_hashed()
    index = {
        "files": len(followed.search),
        "newer_than_folder": len(followed.search.tail_ids),
        "change": followed.change,
        "age_s": None if last is None else max(0, round((now - last).total_seconds())),
        "basis": dataclasses.asdict(followed.basis),
    }
    queue = {"failures_due": service.pages.failures_due(now)}
    return jsonify({"status": "ok", "version": __version__, "index": index, "queue": queue})
