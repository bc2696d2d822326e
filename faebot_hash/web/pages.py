"""The search for people: a page to ask on, what was found at an address to share, a picture to compare.

Everything works without scripts; with them a picture can be dropped or pasted.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from faebot_hash.errors import StoreError
from faebot_hash.fingerprint import from_decimal, from_hex, to_hex
from faebot_hash.nearest import Query
from faebot_hash.web.answers import BOTH, Answer, hashes_of, near_hashes, near_page, near_picture
from faebot_hash.web.bodies import form_with_file
from faebot_hash.web.cards import card_of, card_of_near
from faebot_hash.web.names import asked_of, is_title, page_address
from faebot_hash.web.questions import DEFAULT_BITS, MOST_BITS, Question, page_of, query_of, question_of
from faebot_hash.web.refusals import Refused
from faebot_hash.web.service import MOST_PAGES, Service

WITHIN = {"equal": 0, "near": DEFAULT_BITS, "far": MOST_BITS}
"""The tolerances by their names in addresses, in bits."""

MATCHES = ("both", "either")
DEFAULTS = {"within": "near", "match": "both"}
"""What an address leaves out."""

_FILES = ("title", "page_id")
_HASHES = ("phash", "dhash")
_KNOWN = ("q", *_FILES, *_HASHES, "written", "within", "match", "of")

_READINGS = {
    "hex": (from_hex, "16 hex digits are meant; say so if it is written as a decimal number"),
    "decimal": (from_decimal, "a number of digits is meant, from 0 to 2^64 - 1"),
}

_HEX = re.compile(r"(?![0-9]{16})[0-9a-fA-F]{16}", re.ASCII)

Given = dict[str, str]


def page_routes(service: Service) -> Blueprint:
    """Make the blueprint."""
    routes = Blueprint("pages", __name__)
    routes.add_url_rule("/", "home", partial(_home, service))
    routes.add_url_rule("/near", "near", partial(_near, service))
    routes.add_url_rule("/picture", "picture", partial(_picture, service), methods=["POST"])
    routes.add_url_rule("/picture", "choose", lambda: redirect(url_for("pages.home", _anchor="picture")))

    @routes.context_processor
    def choices() -> dict[str, Any]:
        return {"within_bits": WITHIN, "most_bytes": service.settings.picture_bytes}

    return routes


def _home(service: Service) -> str:
    try:
        files = len(service.index.current().search)
    except StoreError:
        files = None
    return render_template("search.html", files=files)


def _near(service: Service) -> Response:
    given = _given(request.args)
    tidy = _tidied(given)
    asked = tidy.keys() & {*_FILES, *_HASHES}
    if not asked:
        return redirect(url_for("pages.home"))
    if tidy != given or "" in request.args.values():
        return redirect(_address(tidy))
    if len(asked) > 1 and not asked <= {*_HASHES}:
        raise Refused(400, "Ask for one file, or for hashes")
    if asked <= {*_HASHES}:
        query = query_of({name: tidy[name] for name in asked})
        return _shown(service, near_hashes(service, query, _question(tidy, query)), tidy)
    page, question = page_of({name: tidy[name] for name in asked}), _question(tidy, BOTH)
    try:
        return _shown(service, near_page(service, page, question), tidy)
    except Refused as refused:
        if refused.status != 404:
            raise
        return _missing(service, page, refused.sentence)


def _missing(service: Service, page: int | str, sentence: str) -> Response:
    """Tell that a file is not in the index, and what there is to do."""
    wiki_url = service.settings.wiki_url
    address = page_address(wiki_url, page) if isinstance(page, str) else f"{wiki_url}/?curid={page}"
    return make_response(render_template("missing.html", page=page, sentence=sentence, address=address), 404)


def _picture(service: Service) -> Response:
    fields, picture = form_with_file("picture", service.settings.picture_bytes)
    given = {name: value for name, value in _tidied(_given(fields)).items() if name in DEFAULTS}
    question = _question(given, BOTH)
    if not picture:
        raise Refused(400, "No picture was chosen")
    hashes = hashes_of(service, picture)
    if hashes.low_information:
        return _shown(service, near_picture(service, hashes, question), given | {"of": "picture"})
    told = {"phash": to_hex(hashes.phash), "dhash": to_hex(hashes.dhash), **given, "of": "picture"}
    return redirect(_address(told), 303)


def _shown(service: Service, answer: Answer, tidy: Given) -> Response:
    settings, found = service.settings, answer.found
    wider = next((name for name, bits in WITHIN.items() if bits > WITHIN[_within(tidy)]), None)
    told = {
        "answer": answer,
        "asked": None if answer.page is None else card_of(settings, answer.page),
        "cards": [card_of_near(settings, one) for one in found.pages],
        "hashes": answer.query.hashes,
        "of_picture": tidy.get("of") == "picture",
        "chosen": tidy,
        "hidden": {name: value for name, value in tidy.items() if name not in ("within", "match")},
        "wider": wider and _address(tidy | {"within": wider}),
        "for_programs": _for_programs(answer),
    }
    return make_response(render_template("near.html", **told))


def _given(told: Mapping[str, str]) -> Given:
    """Read what is known and filled in; of what an address was decorated with elsewhere nothing is told."""
    return {name: value for name in _KNOWN if (value := told.get(name, "").strip())}


def _tidied(given: Given) -> Given:
    """Bring a question into the form that its address is shared in."""
    tidy = dict(given)
    if "q" in tidy:
        if _HEX.fullmatch(tidy["q"]):
            raise Refused(400, "That looks like a hash: search by hash, and tell which hash it is")
        asked = asked_of(tidy.pop("q"))
        if isinstance(asked, str) and not is_title(asked):
            raise Refused(400, "That is neither a file's name nor the address of its page")
        tidy["page_id" if isinstance(asked, int) else "title"] = str(asked)
    reading, form = _READINGS[_one_of(tidy.pop("written", "hex"), _READINGS, "written")]
    try:
        tidy |= {name: to_hex(reading(tidy[name])) for name in _HASHES if name in tidy}
    except ValueError:
        raise Refused(400, f"That is no hash: {form}") from None
    return {name: value for name, value in tidy.items() if DEFAULTS.get(name) != value}


def _question(tidy: Given, query: Query) -> Question:
    bits = WITHIN[_within(tidy)]
    match = _one_of(tidy.get("match", DEFAULTS["match"]), MATCHES, "match")
    asked = {kind.value.lower() for kind in query.hashes}
    told: dict[str, Any] = {f"{name}_bits": bits for name in _HASHES if name in asked}
    return question_of(told | ({"match": match} if len(asked) > 1 else {}), query, MOST_PAGES)


def _within(tidy: Given) -> str:
    return _one_of(tidy.get("within", DEFAULTS["within"]), WITHIN, "within")


def _for_programs(answer: Answer) -> str:
    """Give the address at which programs get this answer."""
    within, question = answer.question.within, answer.question
    bits = {"phash_bits": within.phash_bits, "dhash_bits": within.dhash_bits, "match": question.match}
    told: dict[str, Any] = {name: value for name, value in bits.items() if value is not None}
    if answer.page is not None:
        return url_for("api.near_page", page_id=answer.page.page_id, **told)
    told |= {kind.value.lower(): to_hex(value) for kind, value in answer.query.hashes.items()}
    return url_for("api.near", **told)


def _one_of(value: str, known: Collection[str], name: str) -> str:
    if value not in known:
        raise Refused(400, f"{name}: {' or '.join(known)}")
    return value


def _address(tidy: Given) -> str:
    """Give the address that a question is shared at."""
    told: dict[str, Any] = dict(tidy)
    return url_for("pages.near", **told)
