"""The own routes below ``/api/v1/``: what is near hashes, a page, a picture, or many hashes at once."""

from __future__ import annotations

import dataclasses
import json
from functools import partial
from typing import Any

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import RequestEntityTooLarge

from faebot_hash.fingerprint import to_hex
from faebot_hash.model import Basis
from faebot_hash.nearest import Query
from faebot_hash.reasons import Skipped
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
from faebot_hash.web.service import MOST_PAGES, Found, Near, Service

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
    question = question_of(given, query, MOST_PAGES)
    found = service.near(query, question.within, question.limit)
    return jsonify(_answer(service, _hashes(query), found, question))


def _near_page(service: Service) -> Response:
    given = only(request.args, ("title", "page_id", *TOLERANCES))
    asked, question = page_of(given), question_of(given, Query(0, 0), MOST_PAGES)
    page = (
        service.pages.page_titled(asked)
        if isinstance(asked, str)
        else service.pages.pages([asked]).get(asked)
    )
    if page is None:
        raise Refused(404, "The index knows no such page")
    basis = service.index.current().basis
    hashed = service.pages.hashes_of(page.page_id, basis)
    if hashed is None:
        raise Refused(404, "The file of this page has not been hashed")
    query = Query(hashed.phash, hashed.dhash)
    told = {"page_id": page.page_id, "title": page.title, **_hashes(query)}
    told["low_information"] = hashed.low_information
    if hashed.low_information:
        return jsonify(_answer(service, told, Found((), basis, more=False), question))
    found = service.near(query, question.within, min(question.limit + 1, MOST_PAGES))
    others = tuple(one for one in found.pages if one.page.page_id != page.page_id)
    kept = Found(others[: question.limit], found.basis, found.more or len(others) > question.limit)
    return jsonify(_answer(service, told, kept, question))


def _near_picture(service: Service) -> Response:
    given = only(request.args, TOLERANCES)
    question = question_of(given, Query(0, 0), MOST_PAGES)
    if request.mimetype not in PICTURE_TYPES:
        raise Refused(415, f"send the bytes of one picture as {', '.join(PICTURE_TYPES)}")
    hashes = service.pictures.fingerprint(_body(service.settings.picture_bytes))
    if isinstance(hashes, Skipped):
        raise Refused(422, f"The picture cannot be hashed: {hashes.reason.sentence}")
    query = Query(hashes.phash, hashes.dhash)
    told = {**_hashes(query), "low_information": hashes.low_information}
    found = (
        Found((), service.index.current().basis, more=False)
        if hashes.low_information
        else service.near(query, question.within, question.limit)
    )
    return jsonify(_answer(service, told, found, question))


def _near_bulk(service: Service) -> Response:
    only(request.args, ())
    if request.mimetype != "application/json":
        raise Refused(415, "send JSON as application/json")
    queries, question = queries_of(_json(_body(MOST_BULK_BYTES)))
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


def _body(most_bytes: int) -> bytes:
    """Read the request's body, all of it in memory."""
    request.max_content_length = most_bytes
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge:
        raise Refused(413, f"at most {most_bytes} bytes") from None
    if not body:
        raise Refused(400, "the request has no body")
    return body


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


def _answer(service: Service, query: dict[str, Any], found: Found, question: Question) -> dict[str, Any]:
    matches = [_match(service, one) for one in found.pages]
    return {**_frame(found.basis, question), "query": query, "matches": matches, "more": found.more}


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
