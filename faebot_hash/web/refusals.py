"""What is answered in place of a result: a status, a sentence, and when to try again.

The interfaces tell the sentence as ``{"error": …}``, pages for people as a page.
"""

from __future__ import annotations

import logging

from flask import Flask, Response, jsonify, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from faebot_hash.errors import DecoderError, StoreError

RETRY_AFTER_S = 5

INTERFACES = {"api", "compatible", "health"}
"""The blueprints for programs, beside whatever lies below ``/api/``."""

TITLES = {
    400: "That cannot be answered",
    401: "Sign in first",
    403: "That is not allowed",
    404: "Not found",
    405: "Not this way",
    409: "Changed meanwhile",
    413: "Too large",
    415: "Another kind of file is meant",
    422: "No picture that can be hashed",
    429: "Too many requests",
    503: "Not available now",
}
ADVICE = {
    404: "Look whether the address is complete, or search for the file.",
    413: "Send a smaller version of the picture: its hashes are nearly those of the large one.",
    415: "JPEG, PNG, GIF, WebP and TIFF pictures can be searched for.",
    422: "Open the file to see whether it is whole, and send it as JPEG or PNG.",
}

_log = logging.getLogger(__name__)


class Refused(Exception):  # noqa: N818 - an answer, not an error of the program
    """Ends a request with an answer: its status and one sentence for people."""

    def __init__(self, status: int, sentence: str, retry_after_s: int | None = None) -> None:
        super().__init__(status, sentence)
        self.status = status
        self.sentence = sentence
        self.retry_after_s = retry_after_s


def refusal(status: int, sentence: str, retry_after_s: int | None = None) -> Response:
    """Make the answer, as a page where the request is for one."""
    response = _page(status, sentence, retry_after_s) if _for_people() else jsonify({"error": sentence})
    response.status_code = status
    if request.blueprint is None:
        response.vary.add("Accept")
    if retry_after_s is not None:
        response.headers["Retry-After"] = str(retry_after_s)
    return response


def _for_people() -> bool:
    """Tell whether the request's answers are pages; of an unknown path the client tells what it reads."""
    if request.blueprint is None:
        told = request.accept_mimetypes
        return told["text/html"] > told["application/json"]
    if request.endpoint == "documentation.page":
        return True
    return request.blueprint not in INTERFACES and not request.path.startswith("/api/")


def _page(status: int, sentence: str, retry_after_s: int | None) -> Response:
    told = {
        "title": TITLES.get(status, "Something went wrong"),
        "sentence": sentence,
        "advice": ADVICE.get(status, ""),
        "retry_after_s": retry_after_s,
        "needs_login": status == 401,
    }
    return make_response(render_template("error.html", **told))


def answer_refusals(app: Flask) -> None:
    """Turn what requests raise into answers; what failed inside is logged, not told."""

    @app.errorhandler(Refused)
    def refused(error: Refused) -> Response:
        return refusal(error.status, error.sentence, error.retry_after_s)

    @app.errorhandler(StoreError)
    def without_store(error: StoreError) -> Response:
        _log.error("the store fails: %s", error)
        return refusal(503, "The hash index cannot be read now. Try again in a moment.", RETRY_AFTER_S)

    @app.errorhandler(DecoderError)
    def without_decoder(error: DecoderError) -> Response:
        _log.error("no picture can be hashed: %s", error)
        return refusal(503, "No picture can be hashed now. Try again in a moment.", RETRY_AFTER_S)

    @app.errorhandler(HTTPException)
    def by_flask(error: HTTPException) -> Response:
        response = refusal(error.code or 500, error.description or error.name)
        for name, value in error.get_headers():
            if name == "Allow":
                response.headers[name] = value
        return response
