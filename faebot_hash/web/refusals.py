"""What is answered in place of a result: a status, a sentence as ``{"error": …}``, and when to try again."""

from __future__ import annotations

import logging

from flask import Flask, Response, jsonify
from werkzeug.exceptions import HTTPException

from faebot_hash.errors import DecoderError, StoreError

RETRY_AFTER_S = 5

_log = logging.getLogger(__name__)


class Refused(Exception):  # noqa: N818 - an answer, not an error of the program
    """Ends a request with an answer: its status and one sentence for people."""

    def __init__(self, status: int, sentence: str, retry_after_s: int | None = None) -> None:
        super().__init__(status, sentence)
        self.status = status
        self.sentence = sentence
        self.retry_after_s = retry_after_s


def refusal(status: int, sentence: str, retry_after_s: int | None = None) -> Response:
    """Make the answer."""
    response = jsonify({"error": sentence})
    response.status_code = status
    if retry_after_s is not None:
        response.headers["Retry-After"] = str(retry_after_s)
    return response


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
