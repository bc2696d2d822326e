"""The headers of every answer: nothing is sniffed, framed, referred to or loaded from elsewhere."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, request

from faebot_hash.web_settings import MEDIA_HOSTS

NOTHING = "default-src 'none'; frame-ancestors 'none'"
"""The policy of what is no page."""

CUT = "X-Answer-Cut"
"""Tells how many are given of a longer answer."""

OPEN = {"compatible", "api", "review_api"}
"""The blueprints whose answers any page of the web may read: they only look up, and know no cookies."""


def policy(media_url: str) -> str:
    """Write the policy of pages, whose pictures come from Wikimedia's hosts or a practice wiki's."""
    parts = urlsplit(media_url)
    sources = ["'self'", *(f"https://{host}" for host in MEDIA_HOSTS)]
    if parts.hostname not in MEDIA_HOSTS:
        sources.append(f"{parts.scheme}://{parts.netloc}")
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            f"img-src {' '.join(sources)}",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


def protect(app: Flask, media_url: str) -> None:
    """Add the headers to all answers."""
    of_pages = policy(media_url)

    @app.after_request
    def add(response: Response) -> Response:
        headers = response.headers
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "no-referrer"
        headers["Content-Security-Policy"] = of_pages if response.mimetype == "text/html" else NOTHING
        if request.blueprint in OPEN:
            headers["Access-Control-Allow-Origin"] = "*"
            headers["Access-Control-Expose-Headers"] = f"{CUT}, Retry-After"
            if request.method == "OPTIONS":
                headers["Access-Control-Allow-Headers"] = "Content-Type"
                headers["Access-Control-Allow-Methods"] = headers.get("Allow", "GET")
                headers["Access-Control-Max-Age"] = "86400"
        return response
