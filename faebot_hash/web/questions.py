"""Reads the questions of the own routes: strictly, so that a slip is told and never guessed at."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from faebot_hash.fingerprint import from_decimal, from_hex
from faebot_hash.nearest import Query
from faebot_hash.pairs import Within
from faebot_hash.web.names import is_title, title_of
from faebot_hash.web.refusals import Refused

MOST_BITS = 12
DEFAULT_BITS = 6
"""So many bits of both hashes find every photograph of the corpora again, and no stranger (docs/api.md)."""
MOST_QUERIES = 500
MOST_EACH = 10

TOLERANCES = ("phash_bits", "dhash_bits", "match", "limit")
HASHES = ("phash", "phash_dec", "dhash", "dhash_dec")

_NUMBER = re.compile(r"[0-9]{1,19}", re.ASCII)


@dataclass(frozen=True)
class Question:
    """How near, and how many."""

    within: Within
    limit: int

    @property
    def match(self) -> str:
        """Tell in the words of the interface whether either hash or both must be near."""
        return "both" if self.within.both else "either"


def only(given: MultiDict[str, str], names: Collection[str]) -> dict[str, str]:
    """Give parameters that are all known and come once."""
    _refuse_unknown(given.keys(), names)
    for name, values in given.lists():
        if len(values) > 1:
            raise Refused(400, f"{name}: given {len(values)} times, once is meant")
    return dict(given.items())


def query_of(given: Mapping[str, Any]) -> Query:
    """Read one hash or both, each as 16 hex digits or, under a name with ``_dec``, as a decimal number."""
    query = Query(_hash(given, "phash"), _hash(given, "dhash"))
    if not query.hashes:
        raise Refused(400, f"no hash: give {' or '.join(HASHES)}")
    return query


def question_of(given: Mapping[str, Any], query: Query, most: int) -> Question:
    """Read tolerances; without any each hash that was given may be 6 bits away.

    Where both hashes were given both must be near, unless "either" is asked.
    """
    bits = {name: _number(given, f"{name}_bits", 0, MOST_BITS) for name in ("phash", "dhash")}
    asked = {"phash": query.phash is not None, "dhash": query.dhash is not None}
    for name, value in bits.items():
        if value is not None and not asked[name]:
            raise Refused(400, f"{name}_bits: there is no {name} in the question")
    if all(value is None for value in bits.values()):
        bits = {name: DEFAULT_BITS if there else None for name, there in asked.items()}
    two = None not in bits.values()
    match = given.get("match", "both" if two else "either")
    if match not in ("both", "either"):
        raise Refused(400, "match: both or either")
    if match == "both" and not two:
        raise Refused(400, "match: both needs two hashes with tolerances")
    limit = _number(given, "limit", 1, most)
    return Question(
        Within(bits["phash"], bits["dhash"], both=match == "both"), most if limit is None else limit
    )


def page_of(given: Mapping[str, str]) -> int | str:
    """Read a page id or a title."""
    if ("page_id" in given) == ("title" in given):
        raise Refused(400, "give title or page_id")
    if "page_id" in given:
        number = _number(given, "page_id", 1, (1 << 63) - 1)
        assert number is not None
        return number
    title = title_of(given["title"])
    if not is_title(title):
        raise Refused(400, "title: no file can be called that")
    return title


def queries_of(body: object) -> tuple[list[tuple[str | None, Query]], Question]:
    """Read many questions with one tolerance from a JSON object."""
    if not isinstance(body, dict):
        raise Refused(400, "a JSON object is meant")
    _refuse_unknown(body.keys(), ("queries", *TOLERANCES))
    told = body.get("queries")
    if not isinstance(told, list) or not 1 <= len(told) <= MOST_QUERIES:
        raise Refused(400, f"queries: a list of 1 to {MOST_QUERIES}")
    queries = []
    for number, one in enumerate(told):
        if not isinstance(one, dict):
            raise Refused(400, f"queries[{number}]: an object is meant")
        _refuse_unknown(one.keys(), ("id", *HASHES))
        name = one.get("id")
        if name is not None and not (isinstance(name, str) and len(name) <= LONGEST_ID):
            raise Refused(400, f"queries[{number}].id: a text of at most {LONGEST_ID} characters")
        queries.append((name, query_of(one)))
    kinds = {tuple(query.hashes) for _, query in queries}
    if len(kinds) > 1:
        raise Refused(400, "queries: all with pHash, all with dHash, or all with both")
    return queries, question_of(body, queries[0][1], MOST_EACH)


LONGEST_ID = 255


def _hash(given: Mapping[str, Any], name: str) -> int | None:
    hexadecimal, decimal = given.get(name), given.get(f"{name}_dec")
    if hexadecimal is not None and decimal is not None:
        raise Refused(400, f"give {name} or {name}_dec, not both")
    try:
        if hexadecimal is not None:
            return from_hex(_text(hexadecimal))
        return None if decimal is None else from_decimal(_text(decimal))
    except ValueError:
        form = (
            "16 hex digits" if hexadecimal is not None else "a decimal number of digits, from 0 to 2^64 - 1"
        )
        raise Refused(400, f"{name if hexadecimal is not None else f'{name}_dec'}: {form}") from None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"no text: {value!r}")
    return value


def _number(given: Mapping[str, Any], name: str, least: int, most: int) -> int | None:
    """Read a whole number: digits in an address, a number in JSON."""
    told = given.get(name)
    if told is None:
        return None
    if isinstance(told, str) and _NUMBER.fullmatch(told):
        told = int(told)
    if type(told) is not int or not least <= told <= most:
        raise Refused(400, f"{name}: a whole number from {least} to {most}")
    return told


def _refuse_unknown(names: Collection[str], known: Collection[str]) -> None:
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise Refused(400, f"unknown: {', '.join(unknown)[:200]}; known are {', '.join(known)}")
