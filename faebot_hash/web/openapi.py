"""The interface as an OpenAPI 3.1 document: every route, parameter, status and shape that there is.

A test holds the routes to it in both directions.
"""

from __future__ import annotations

from faebot_hash import __version__
from faebot_hash.web.api import MOST_BULK_BYTES, PICTURE_TYPES
from faebot_hash.web.compatible import DUMP, LONGEST_TEXT, SHORTEST
from faebot_hash.web.headers import CUT
from faebot_hash.web.questions import DEFAULT_BITS, MOST_BITS, MOST_QUERIES
from faebot_hash.web.review_api import MOST_FAMILIES, MOST_VERDICTS
from faebot_hash.web.review_questions import DEFAULT_LIMIT
from faebot_hash.web.schemas import DECIMAL, HEX, KEY, SHA1, TEXT, UNSIGNED, Schema, ref, schemas
from faebot_hash.web.service import MOST_PAGES

_DEFAULT = f"Without any tolerance each hash that was given may be {DEFAULT_BITS} bits away."

_STATUSES = {
    400: "A parameter is missing or wrong.",
    404: "There is no such page, record, table or family.",
    413: "The body is too long.",
    415: "The body is of another type.",
    422: "The bytes are no picture that can be hashed.",
    429: "This client asks for too much; Retry-After says when to go on.",
    502: "Finna's answer cannot be used.",
    503: "The index or the database cannot be read now; Retry-After says when to try again.",
    504: "Finna did not answer in time.",
}
_ALWAYS = (429, 503)


def _parameter(name: str, schema: Schema, about: str, required: bool = False) -> Schema:
    return {"name": name, "in": "query", "required": required, "schema": schema, "description": about}


def _limit(most: int, about: str, schema: Schema | None = None) -> Schema:
    number = {"type": "integer", "minimum": 1, "maximum": most}
    return _parameter("limit", number | (schema or {}), about)


def _tolerances(most: int) -> list[Schema]:
    bits = {"type": "integer", "minimum": 0, "maximum": MOST_BITS}
    return [
        _parameter("phash_bits", bits, f"How many bits the pHash may be away. {_DEFAULT}"),
        _parameter("dhash_bits", bits, "How many bits the dHash may be away."),
        _parameter(
            "match",
            {"enum": ["both", "either"]},
            "Whether both hashes must be near, or either; both where both have a tolerance.",
        ),
        _limit(most, "How many matches to give."),
    ]


def _operation(
    summary: str,
    shape: str,
    parameters: list[Schema],
    refusals: tuple[int, ...],
    about: str = "",
    body: Schema | None = None,
) -> Schema:
    good: Schema = {
        "description": "The answer.",
        "content": {"application/json": {"schema": ref(shape)}},
    }
    if shape == "CompatiblePages":
        cut = {"schema": {"type": "integer"}, "description": "There are more; so many are given."}
        good["headers"] = {CUT: cut}
    responses = {"200": good}
    for status in sorted({*refusals, *_ALWAYS}):
        responses[str(status)] = {
            "description": _STATUSES[status],
            "content": {"application/json": {"schema": ref("Error")}},
        }
    operation: Schema = {"summary": summary, "parameters": parameters, "responses": responses}
    if about:
        operation["description"] = about
    if body is not None:
        operation["requestBody"] = {"required": True, "content": body}
    return operation


def _compatible_paths() -> dict[str, Schema]:
    difference = _parameter(
        "maxdifference",
        {"type": "integer", "minimum": 0, "maximum": 64, "default": 3},
        "One hash must be equal, and fewer bits than this may differ in the other.",
    )
    debug = _parameter("debug", TEXT, "With any value the last element is a list of seconds.")
    title = _parameter("page_title", TEXT, "A title with or without “File:”; it counts when both are given.")
    page_id = {"type": "integer", "minimum": 0, "maximum": (1 << 63) - 1}
    text = {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT}
    domain = {"type": "string", "maxLength": LONGEST_TEXT}
    path = {"type": "string", "minLength": SHORTEST, "maxLength": LONGEST_TEXT}
    hashes = [
        _parameter("dhash", UNSIGNED, "The dHash, unsigned and decimal.", required=True),
        _parameter("phash", UNSIGNED, "The pHash, unsigned and decimal.", required=True),
    ]
    page = [_parameter("page_id", page_id, "A page id."), title]
    finna = [_parameter("finna_id", text, "The id of a Finna record.", required=True)]
    links = [
        _parameter("el_to_domain_index", domain, "A domain in reverse, like fi.finna.", required=True),
        _parameter("el_to_path", path, "A text in the link's path.", required=True),
        debug,
    ]
    shape = "CompatiblePages"
    dump = _operation("The table of all hashes, where there is one", "Error", [], (404,))
    dump["responses"]["200"]["content"] = {"application/gzip": {}}
    dump["responses"] |= {
        str(status): {"description": "A part, or nothing new."} for status in (206, 304, 416)
    }
    return {
        "/search": {"get": _operation("Pages by both hashes", shape, [*hashes, difference, debug], (400,))},
        "/pagesearch": {
            "get": _operation("Pages like an indexed page", shape, [*page, difference, debug], (400, 404))
        },
        "/finnasearch": {
            "get": _operation(
                "Pages like a Finna record's picture",
                shape,
                [*finna, difference, debug],
                (400, 404, 502, 504),
            )
        },
        "/externallinks": {"get": _operation("Pages by external link", shape, links, (400, 404))},
        f"/static/{DUMP}": {"get": dump},
    }


def _review_paths() -> dict[str, Schema]:
    key = {**_parameter("key", KEY, "The key of a family.", required=True), "in": "path"}
    default = {"default": DEFAULT_LIMIT}
    families = [
        _parameter("after", KEY, "Give the families that follow the one with this key."),
        _limit(MOST_FAMILIES, "How many families to give.", default),
        _parameter(
            "unjudged",
            {"enum": ["yes", "no"], "default": "no"},
            "Whether only families with a pair that nobody has judged.",
        ),
    ]
    verdicts = [
        _parameter("sha1", SHA1, "Only verdicts on pairs with this file."),
        _limit(MOST_VERDICTS, "How many verdicts to give.", default),
    ]
    about = "Those with an unjudged pair come first; “next” is the “after” of the following answer, or null."
    one = "Distances and comparisons are the bot's, verdicts people's."
    return {
        "/api/v1/families": {
            "get": _operation("Families that are open for review", "Families", families, (400,), about)
        },
        "/api/v1/families/{key}": {
            "get": _operation("What is known of a family", "Family", [key], (400, 404), one)
        },
        "/api/v1/verdicts": {"get": _operation("Verdicts, newest first", "Verdicts", verdicts, (400,))},
    }


def document() -> Schema:
    """Make the whole document."""
    hashes = [
        _parameter("phash", HEX, "The pHash, 16 hex digits."),
        _parameter("phash_dec", DECIMAL, "The pHash as a decimal number."),
        _parameter("dhash", HEX, "The dHash, 16 hex digits."),
        _parameter("dhash_dec", DECIMAL, "The dHash as a decimal number."),
    ]
    page = [
        _parameter("title", TEXT, "A file's title, with or without “File:”."),
        _parameter("page_id", {"type": "integer", "minimum": 1, "maximum": (1 << 63) - 1}, "A page id."),
    ]
    picture = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in PICTURE_TYPES}
    bulk = {"application/json": {"schema": ref("BulkQuery")}}
    many = _tolerances(MOST_PAGES)
    own = {
        "/api/v1/near": {"get": _operation("What is near hashes", "Near", [*hashes, *many], (400,))},
        "/api/v1/near/page": {
            "get": _operation("What is near an indexed file", "Near", [*page, *many], (400, 404))
        },
        "/api/v1/near/picture": {
            "post": _operation(
                "What is near a picture that is sent",
                "Near",
                many,
                (400, 413, 415, 422),
                "The picture is hashed and not kept.",
                picture,
            )
        },
        "/api/v1/near/bulk": {
            "post": _operation(
                "What is near many hashes",
                "Bulk",
                [],
                (400, 413, 415),
                f"At most {MOST_QUERIES} queries and {MOST_BULK_BYTES} bytes; all with the same hashes.",
                bulk,
            )
        },
        "/healthz": {"get": _operation("Whether all is well", "Health", [], ())},
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "faebot_hash",
            "version": __version__,
            "description": "Searches an index of perceptual hashes of the files of a wiki.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "paths": own | _review_paths() | _compatible_paths(),
        "components": {"schemas": schemas()},
    }
