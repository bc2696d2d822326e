"""Reads what visitors of the review ask and send: strictly, and never further than it is long."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from faebot_hash.judgements import Judgement, Pair, pair_of
from faebot_hash.web.questions import only
from faebot_hash.web.refusals import Refused
from faebot_hash.web.visitors import FIELD

VIEWS = {"side": "Side by side", "swipe": "Swipe", "blink": "Blink", "difference": "Difference"}
PLACES = tuple(range(0, 101, 10))
"""Where the edge between two pictures may be in the swipe, in percent, without JavaScript."""
LONGEST_WHY = 500
DEFAULT_LIMIT = 20

MEANINGS = {
    Judgement.DUPLICATES: "The same picture, or a smaller copy of it: one of the two can go.",
    Judgement.NOT_DUPLICATES: "Two pictures that only look alike. The bot will keep them apart for ever.",
    Judgement.OTHER_VERSION: "A retouched, cropped or recoloured version. The bot will keep them apart.",
    Judgement.CANNOT_TELL: "Leaves it to somebody else, and takes no verdict back.",
}
BY_NAME = {one.name.lower(): one for one in Judgement}
"""The verdicts as addresses name them."""
UNDECIDED = "none"
"""What Enter in a field sends."""

_KEY = re.compile(r"[0-9a-f]{64}", re.ASCII)
_LIMIT = re.compile(r"[0-9]{1,4}", re.ASCII)
_SHA1 = re.compile(r"[0-9a-f]{40}", re.ASCII)


@dataclass(frozen=True)
class Answer:
    """What a reviewer sends: a verdict on a pair, or on all of its family, and why.

    ``trouble`` says why it cannot be taken, "" where it can; without a verdict it never can.
    """

    pair: Pair
    judgement: Judgement | None
    why: str
    all_pairs: bool
    view: str
    trouble: str = ""


def after_in(given: Mapping[str, str]) -> str:
    """Read which family a page begins after, "" for the first page."""
    after = given.get("after")
    if after is not None and not is_key(after):
        raise Refused(400, "after: the key of a family, 64 hex digits")
    return after or ""


def is_key(text: str) -> bool:
    """Tell whether a family can have this key."""
    return _KEY.fullmatch(text) is not None


def is_sha1(text: str) -> bool:
    """Tell whether a file can have this SHA1, as the store writes them."""
    return _SHA1.fullmatch(text) is not None


def limit_in(given: Mapping[str, str], most: int) -> int:
    """Read how many to give."""
    limit = given.get("limit", str(DEFAULT_LIMIT))
    if not _LIMIT.fullmatch(limit) or not 1 <= int(limit) <= most:
        raise Refused(400, f"limit: a whole number from 1 to {most}")
    return int(limit)


def view_in(given: Mapping[str, str]) -> str:
    """Read which view is asked for, side by side where none is."""
    view = given.get("view", "side")
    if view not in VIEWS:
        raise Refused(400, f"view: {', '.join(VIEWS)}")
    return view


def place_in(given: Mapping[str, str]) -> int:
    """Read where the edge of the swipe is to be, in percent."""
    at = given.get("at", "50")
    if at not in map(str, PLACES):
        raise Refused(400, "at: tens of percent, 0 to 100")
    return int(at)


def answer_of(form: MultiDict[str, str]) -> Answer:
    """Read the form of a verdict; raises Refused with 400 for what no form of ours sends."""
    given = only(form, (FIELD, "first", "second", "judgement", "why", "all", "view"))
    sha1s = [given.get(name, "") for name in ("first", "second")]
    if not all(map(is_sha1, sha1s)):
        raise Refused(400, "first, second: the SHA1s of two files")
    name = given.get("judgement", "")
    if name not in (*BY_NAME, UNDECIDED):
        raise Refused(400, f"judgement: {', '.join(BY_NAME)}")
    if given.get("all", "yes") != "yes":
        raise Refused(400, "all: yes, or left out")
    # A text field sends line ends as two characters, which nobody typed.
    why = " ".join(given.get("why", "").split())
    trouble = ""
    if name == UNDECIDED:
        trouble = "Choose one of the four verdicts. Nothing was kept yet."
    elif len(why) > LONGEST_WHY:
        trouble = f"“Why” has {len(why)} characters, at most {LONGEST_WHY} are kept. Nothing was kept yet."
    elif any(unicodedata.category(one) in ("Cc", "Cs") for one in why):
        trouble = "“Why” has control characters. Nothing was kept yet."
    return Answer(pair_of(*sha1s), BY_NAME.get(name), why, "all" in given, view_in(given), trouble)
