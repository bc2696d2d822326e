"""The own routes below ``/api/v1/``: what is near hashes, a page, a picture, or many hashes at once."""

from __future__ import annotations

import dataclasses
import json
from functools import partial
from typing import Any

from flask import Blueprint, Response, jsonify, request

from faebot_hash.fingerprint import to_hex
from faebot_hash.model import Basis
from faebot_hash.nearest import Query
from faebot_hash.web.answers import BOTH, Answer, hashes_of, near_hashes, near_page, near_picture
from faebot_hash.web.bodies import body
from faebot_hash.web.names import page_address, thumbnail_address
from faebot_hash.web.questions import (
    HASHES,
    TOLERANCES,
    Question,
    only,
    page_of,
    queries_of,
    query_of,
    question_of,
)
from faebot_hash.web.refusals import Refused
from faebot_hash.web.service import MOST_PAGES, Near, Service

MOST_BULK_BYTES = 200_000
PICTURE_TYPES = (
    "image/jpeg",
    "image/png",
    "image/gif",
    "image/webp",
    "image/tiff",
    "application/octet-stream",
)


def api_routes(service: Service) -> Blueprint:
    """Make the blueprint."""
    routes = Blueprint("api", __name__, url_prefix="/api/v1")
    routes.add_url_rule("/near", "near", partial(_near, service))
    routes.add_url_rule("/near/page", "near_page", partial(_near_page, service))
    routes.add_url_rule("/near/picture", "near_picture", partial(_near_picture, service), methods=["POST"])
    routes.add_url_rule("/near/bulk", "near_bulk", partial(_near_bulk, service), methods=["POST"])
    return routes


def _near(service: Service) -> Response:
    given = only(request.args, (*HASHES, *TOLERANCES))
    query = query_of(given)
    return _answer(service, near_hashes(service, query, question_of(given, query, MOST_PAGES)))


def _near_page(service: Service) -> Response:
    given = only(request.args, ("title", "page_id", *TOLERANCES))
    return _answer(service, near_page(service, page_of(given), question_of(given, BOTH, MOST_PAGES)))


def _near_picture(service: Service) -> Response:
    question = question_of(only(request.args, TOLERANCES), BOTH, MOST_PAGES)
    if request.mimetype not in PICTURE_TYPES:
        raise Refused(415, f"send the bytes of one picture as {', '.join(PICTURE_TYPES)}")
    hashes = hashes_of(service, body(service.settings.picture_bytes))
    return _answer(service, near_picture(service, hashes, question))


def _near_bulk(service: Service) -> Response:
    only(request.args, ())
    if request.mimetype != "application/json":
        raise Refused(415, "send JSON as application/json")
    queries, question = queries_of(_json(body(MOST_BULK_BYTES)))
    founds = [service.near(query, question.within, question.limit) for _, query in queries]
    answers = [
        {
            "query": _hashes(query) | ({} if name is None else {"id": name}),
            "matches": [_match(service, one) for one in found.pages],
            "more": found.more,
        }
        for (name, query), found in zip(queries, founds, strict=True)
    ]
    return jsonify({**_frame(founds[0].basis, question), "answers": answers})


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Refused(400, "the body is no JSON") from None


def _hashes(query: Query) -> dict[str, Any]:
    return {kind.value.lower(): to_hex(value) for kind, value in query.hashes.items()}


def _frame(basis: Basis, question: Question) -> dict[str, Any]:
    within = question.within
    tolerance = {"phash_bits": within.phash_bits, "dhash_bits": within.dhash_bits, "match": question.match}
    return {"basis": dataclasses.asdict(basis), "tolerance": tolerance}


def _answer(service: Service, answer: Answer) -> Response:
    query, found = _hashes(answer.query), answer.found
    if answer.page is not None:
        query = {"page_id": answer.page.page_id, "title": answer.page.title, **query}
    if answer.low_information is not None:
        query["low_information"] = answer.low_information
    told = {"query": query, "matches": [_match(service, one) for one in found.pages], "more": found.more}
    return jsonify({**_frame(found.basis, answer.question), **told})


def _match(service: Service, near: Near) -> dict[str, Any]:
    wiki_url, title = service.settings.wiki_url, near.page.title
    return {
        "page_id": near.page.page_id,
        "title": title,
        "phash_bits": near.phash_bits,
        "dhash_bits": near.dhash_bits,
        "url": page_address(wiki_url, title),
        "thumbnail": thumbnail_address(wiki_url, title),
    }
