"""The review: the queue of families, a family pair by pair, and the verdict of a person on it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from faebot_hash.cases import Case, key_of
from faebot_hash.errors import StoreBusy, StoreError
from faebot_hash.judgements import Judged
from faebot_hash.web.names import page_address
from faebot_hash.web.plots import WIDTH
from faebot_hash.web.questions import only
from faebot_hash.web.refusals import RETRY_AFTER_S, Refused
from faebot_hash.web.review_pairs import Facing, faced, facings, named, next_unjudged, unjudged
from faebot_hash.web.review_pictures import SMALL_PX, picture
from faebot_hash.web.review_ports import Desk, Reviews
from faebot_hash.web.review_questions import (
    BY_NAME,
    LONGEST_WHY,
    MEANINGS,
    UNDECIDED,
    VIEWS,
    Answer,
    after_in,
    answer_of,
    is_key,
)
from faebot_hash.web.review_stage import stage_of
from faebot_hash.web.statistics import statistics
from faebot_hash.web.visitors import require_reviewer

PAGE = 20
"""Families on a page of the queue."""

BUSY = "A bot is writing to the store, so nothing was kept. Send your verdict again in a moment."
FAILED = "The store fails just now. Look below whether your verdict was kept, and else send it again."

_log = logging.getLogger(__name__)

Now = Callable[[], datetime]


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class _Review:
    """What the routes work with."""

    reviews: Reviews
    desk: Desk
    now: Now


@dataclass(frozen=True)
class _Shown:
    """A family on the screen, its pairs and the one that is looked at; the rest fills the form."""

    case: Case
    pairs: Sequence[Facing]
    facing: Facing
    why: str = ""
    all_pairs: bool = False


def review_routes(reviews: Reviews, desk: Desk, wiki_url: str, now: Now = _utc_now) -> Blueprint:
    """Make the blueprint; the files are those of the wiki at ``wiki_url``, ``now`` tells the time."""
    routes = Blueprint("review", __name__)
    review = _Review(reviews, desk, now)
    routes.add_app_template_global(picture, "picture")
    routes.add_app_template_filter(_sentence, "sentence")
    routes.context_processor(lambda: {"page_address": partial(page_address, wiki_url)})
    routes.add_url_rule("/review", "queue", partial(_queue, review))
    routes.add_url_rule("/review/<key>", "family", partial(_family, review))
    routes.add_url_rule("/review/<key>", "judge", partial(_judge, review), methods=["POST"])
    routes.add_url_rule("/statistics", "statistics", partial(_statistics, review))
    return routes


def _sentence(text: str) -> str:
    """Begin with a capital and end with a full stop, and leave the rest as it is."""
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


def _queue(review: _Review) -> str:
    given = only(request.args, ("after", "done"))
    after = after_in(given)
    cases = review.reviews.open_cases(PAGE + 1, after, unjudged_only=False)
    waiting = faced(review.reviews, cases[:PAGE])
    return render_template(
        "review.html",
        waiting=waiting,
        unfinished={case.key: len(unjudged(pairs)) for case, pairs in waiting if unjudged(pairs)},
        small_px=SMALL_PX,
        page=PAGE,
        after=after,
        next_after=cases[PAGE - 1].key if len(cases) > PAGE else None,
        done=BY_NAME.get(given.get("done", "")),
    )


def _family(review: _Review, key: str) -> str:
    given = only(request.args, ("pair", "view", "at", "done", "from"))
    case = _case(review, key)
    pairs = facings(case, _rows(review, case))
    facing = named(pairs, given["pair"]) if "pair" in given else next(iter((*unjudged(pairs), *pairs)))
    if facing is None:
        raise Refused(404, "This family has no such pair of files.")
    return _page(review, _Shown(case, pairs, facing), given)


def _judge(review: _Review, key: str) -> AnyResponse:
    who = require_reviewer()
    answer = answer_of(request.form)
    case = _case(review, key)
    if key_of(file.sha1 for file in case.files) != key:
        raise Refused(409, "The files of this family are no longer those that you saw. Open it again.")
    rows = _rows(review, case)
    pairs = facings(case, rows)
    facing = next((one for one in pairs if one.pair == answer.pair), None)
    if facing is None:
        raise Refused(404, "This family has no such pair of files.")
    shown = _Shown(case, pairs, facing, answer.why, answer.all_pairs)
    if answer.trouble or answer.judgement is None:
        return _again(review, shown, answer, answer.trouble, 400)
    meant = pairs if answer.all_pairs else (facing,)
    at = review.now()
    given = [Judged(one.pair, answer.judgement, who.name, at, answer.why) for one in meant]
    try:
        review.desk.record(given)
    except StoreError as error:
        _log.error("a verdict was not written: %s", error)
        trouble = BUSY if isinstance(error, StoreBusy) else FAILED
        return _again(review, shown, answer, trouble, 503)
    told = {"view": answer.view, "done": answer.judgement.name.lower()}
    return redirect(_onward(review, case, facings(case, (*rows, *given)), facing.name, told), 303)


def _statistics(review: _Review) -> str:
    only(request.args, ())
    return render_template("statistics.html", shown=statistics(review.reviews.counts()), width=WIDTH)


def _case(review: _Review, key: str) -> Case:
    case = review.reviews.case(key) if is_key(key) else None
    if case is None:
        raise Refused(404, "There is no such family. Its files may have changed since; look into the queue.")
    return case


def _rows(review: _Review, case: Case) -> Sequence[Judged]:
    return review.reviews.judged(sorted({file.sha1 for file in case.files}))


def _page(review: _Review, shown: _Shown, given: Mapping[str, str], trouble: str = "") -> str:
    case, pairs = shown.case, shown.pairs
    place = pairs.index(shown.facing)
    before = given.get("from", "")
    following = review.reviews.open_cases(1, case.key, unjudged_only=False)
    return render_template(
        "review_family.html",
        shown=shown,
        stage=stage_of(shown.facing, given),
        place=place,
        previous_pair=pairs[place - 1] if place else None,
        next_pair=pairs[place + 1] if place + 1 < len(pairs) else None,
        previous_key=before if is_key(before) else None,
        next_key=following[0].key if following else None,
        done=BY_NAME.get(given.get("done", "")),
        trouble=trouble,
        views=VIEWS,
        meanings=MEANINGS,
        longest_why=LONGEST_WHY,
        undecided=UNDECIDED,
        small_px=SMALL_PX,
    )


def _again(review: _Review, shown: _Shown, answer: Answer, trouble: str, status: int) -> Response:
    """Show the form once more, with what was typed still in it."""
    response = make_response(_page(review, shown, {"view": answer.view}, trouble), status)
    if status == 503:
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response


def _onward(review: _Review, case: Case, pairs: Sequence[Facing], name: str, told: dict[str, Any]) -> str:
    """Give the address of what is to be judged next: in this family, in one that follows, in any other."""
    if follower := next_unjudged(pairs, name):
        return url_for(".family", key=case.key, pair=follower.name, **told)
    for after in (case.key, ""):
        others = [one.key for one in review.reviews.open_cases(2, after) if one.key != case.key]
        if others:
            return url_for(".family", key=others[0], **(told | {"from": case.key}))
    return url_for(".queue", done=told["done"])
