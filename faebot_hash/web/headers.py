"""The headers of every answer: nothing is sniffed, framed, referred to or loaded from elsewhere."""

from __future__ import annotations

from flask import Response, request

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' https://upload.wikimedia.org https://thumb.wikimedia.org",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
CUT = "X-Answer-Cut"
"""Tells how many are given of a longer answer."""

OPEN = {"compatible", "api"}
"""The blueprints whose answers any page of the web may read: they only look up, and know no cookies."""


def protect(response: Response) -> Response:
    """Add the headers to an answer."""
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Content-Security-Policy"] = (
        POLICY if response.mimetype == "text/html" else "default-src 'none'; frame-ancestors 'none'"
    )
    if request.blueprint in OPEN:
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Expose-Headers"] = f"{CUT}, Retry-After"
    if request.blueprint in OPEN and request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Allow-Headers"] = "Content-Type"
        response.headers["Access-Control-Allow-Methods"] = response.headers.get("Allow", "GET")
        response.headers["Access-Control-Max-Age"] = "86400"
    return response
