"""The review for programs: families that wait, what the bot found of each, and the verdicts of people."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from flask import Blueprint, Response, jsonify, request

from faebot_hash.cases import Case, CaseFile
from faebot_hash.judgements import Judged
from faebot_hash.web.names import page_address
from faebot_hash.web.questions import only
from faebot_hash.web.refusals import Refused
from faebot_hash.web.review_pairs import Facing, faced, unjudged
from faebot_hash.web.review_ports import Reviews
from faebot_hash.web.review_questions import after_in, is_key, is_sha1, limit_in

MOST_FAMILIES = 100
MOST_VERDICTS = 100


def review_api_routes(reviews: Reviews, wiki_url: str) -> Blueprint:
    """Make the blueprint; the files are those of the wiki at ``wiki_url``."""
    routes = Blueprint("review_api", __name__, url_prefix="/api/v1")
    routes.add_url_rule("/families", "families", partial(_families, reviews))
    routes.add_url_rule("/families/<key>", "family", partial(_family, reviews, wiki_url))
    routes.add_url_rule("/verdicts", "verdicts", partial(_verdicts, reviews))
    return routes


def _families(reviews: Reviews) -> Response:
    given = only(request.args, ("after", "limit", "unjudged"))
    most, after = limit_in(given, MOST_FAMILIES), after_in(given)
    if given.get("unjudged", "no") not in ("yes", "no"):
        raise Refused(400, "unjudged: yes or no")
    cases = reviews.open_cases(most, after, unjudged_only=given.get("unjudged") == "yes")
    # A full answer may be the last one; the next is empty then.
    following = cases[-1].key if len(cases) == most else None
    return jsonify({"families": [_summary(*one) for one in faced(reviews, cases)], "next": following})


def _family(reviews: Reviews, wiki_url: str, key: str) -> Response:
    only(request.args, ())
    case = reviews.case(key) if is_key(key) else None
    if case is None:
        raise Refused(404, "There is no such family.")
    ((_, pairs),) = faced(reviews, [case])
    return jsonify(
        {
            "key": case.key,
            "found": _moment(case.made_at),
            "run": case.run,
            "bonds": case.bonds,
            "files": [_file(file, wiki_url) for file in case.files],
            "pairs": [_pair(one) for one in pairs],
        }
    )


def _verdicts(reviews: Reviews) -> Response:
    given = only(request.args, ("sha1", "limit"))
    most, sha1 = limit_in(given, MOST_VERDICTS), given.get("sha1", "")
    if "sha1" in given and not is_sha1(sha1):
        raise Refused(400, "sha1: 40 hex digits, in lower case")
    return jsonify({"verdicts": [_verdict(row) for row in reviews.history(most, sha1)]})


def _summary(case: Case, pairs: Sequence[Facing]) -> dict[str, Any]:
    return {
        "key": case.key,
        "found": _moment(case.made_at),
        "run": case.run,
        "titles": [file.title for file in case.files],
        "pairs": len(pairs),
        "unjudged": len(unjudged(pairs)),
    }


def _file(file: CaseFile, wiki_url: str) -> dict[str, Any]:
    told = dataclasses.asdict(file)
    told["uploaded"] = _moment(file.uploaded)
    told["url"] = page_address(wiki_url, file.title)
    told["thumbnail"] = told.pop("thumb_url")
    return told


def _pair(one: Facing) -> dict[str, Any]:
    return {
        "sha1s": one.pair,
        "phash_bits": one.phash_bits,
        "dhash_bits": one.dhash_bits,
        "comparison": one.comparison,
        "verdict": None if one.verdict is None else one.verdict.judgement.value,
        "verdicts": [_verdict(row) for row in one.rows],
    }


def _verdict(row: Judged) -> dict[str, Any]:
    return {
        "sha1s": row.pair,
        "verdict": row.judgement.value,
        "who": row.who,
        "when": _moment(row.at),
        "why": row.why,
    }


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
