"""The shapes of requests and answers, as JSON Schema."""

from __future__ import annotations

from typing import Any

from faebot_hash.judgements import Judgement
from faebot_hash.model import MAX_HASH
from faebot_hash.web.questions import LONGEST_ID, MOST_BITS, MOST_EACH, MOST_QUERIES
from faebot_hash.web.service import MOST_PAGES

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_BITS: Schema = {"type": ["integer", "null"], "minimum": 0, "maximum": 64}
HEX: Schema = {"type": "string", "pattern": "^[0-9a-fA-F]{16}$"}
DECIMAL: Schema = {"type": "string", "pattern": "^[0-9]{1,20}$"}
KEY: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
SHA1: Schema = {"type": "string", "pattern": "^[0-9a-f]{40}$"}
_MOMENT: Schema = {"type": "string", "format": "date-time"}
_VERDICT: Schema = {"enum": [one.value for one in Judgement]}
_OWN_HEX: Schema = {"type": "string", "pattern": "^[0-9a-f]{16}$"}
UNSIGNED: Schema = {"type": "integer", "minimum": 0, "maximum": MAX_HASH}


def _object(properties: dict[str, Schema], optional: tuple[str, ...] = ()) -> Schema:
    required = [name for name in properties if name not in optional]
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def ref(name: str) -> Schema:
    """Point to a shape."""
    return {"$ref": f"#/components/schemas/{name}"}


def schemas() -> dict[str, Schema]:
    """Give all shapes by name."""
    hashes = {"phash": _OWN_HEX, "dhash": _OWN_HEX}
    tolerance = {"phash_bits": _BITS, "dhash_bits": _BITS, "match": {"enum": ["both", "either"]}}
    query = {
        **hashes,
        "page_id": {"type": "integer", "minimum": 1},
        "title": TEXT,
        "low_information": {"type": "boolean"},
    }
    compatible_page = {
        "page_id": {"type": "integer"},
        "page_title": {"type": "string", "pattern": "^File:"},
        "thumbnail": {"type": "string", "format": "uri"},
    }
    return {
        "Error": _object({"error": TEXT}),
        "Basis": _object({"source": TEXT, "thumb_width_px": _COUNT, "pillow": TEXT, "imagehash": TEXT}),
        "Tolerance": _object(tolerance),
        "Match": _object(
            {
                "page_id": {"type": "integer"},
                "title": TEXT,
                "phash_bits": _BITS,
                "dhash_bits": _BITS,
                "url": {"type": "string", "format": "uri"},
                "thumbnail": {"type": "string", "format": "uri"},
            }
        ),
        "Near": _object(
            {
                "basis": ref("Basis"),
                "tolerance": ref("Tolerance"),
                "query": _object(query, optional=tuple(query)),
                "matches": _most(ref("Match"), MOST_PAGES),
                "more": {"type": "boolean"},
            }
        ),
        "BulkQuery": _object(
            {
                "queries": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": MOST_QUERIES,
                    "items": _object(
                        {
                            "id": {"type": "string", "maxLength": LONGEST_ID},
                            "phash": HEX,
                            "phash_dec": DECIMAL,
                            "dhash": HEX,
                            "dhash_dec": DECIMAL,
                        },
                        optional=("id", "phash", "phash_dec", "dhash", "dhash_dec"),
                    ),
                },
                "phash_bits": {"type": "integer", "minimum": 0, "maximum": MOST_BITS},
                "dhash_bits": {"type": "integer", "minimum": 0, "maximum": MOST_BITS},
                "match": {"enum": ["both", "either"]},
                "limit": {"type": "integer", "minimum": 1, "maximum": MOST_EACH},
            },
            optional=("phash_bits", "dhash_bits", "match", "limit"),
        ),
        "Bulk": _object(
            {
                "basis": ref("Basis"),
                "tolerance": ref("Tolerance"),
                "answers": {
                    "type": "array",
                    "items": _object(
                        {
                            "query": _object({**hashes, "id": TEXT}, optional=("phash", "dhash", "id")),
                            "matches": _most(ref("Match"), MOST_EACH),
                            "more": {"type": "boolean"},
                        }
                    ),
                },
            }
        ),
        "CompatiblePages": {
            "type": "array",
            "maxItems": MOST_PAGES + 1,
            "items": {
                "oneOf": [
                    _object(compatible_page),
                    {
                        "type": "array",
                        "items": {"type": "number"},
                        "description": "With debug: seconds since the request came, after each step.",
                    },
                ]
            },
        },
        "Health": _object(
            {
                "status": {"const": "ok"},
                "version": TEXT,
                "index": _object(
                    {
                        "files": _COUNT,
                        "newer_than_folder": _COUNT,
                        "change": _COUNT,
                        "age_s": {"type": ["integer", "null"], "minimum": 0},
                        "basis": ref("Basis"),
                    }
                ),
                "queue": _object({"failures_due": _COUNT}),
            }
        ),
        **_review_schemas(),
    }


def _review_schemas() -> dict[str, Schema]:
    texts = {"type": "array", "items": TEXT}
    hash_or_none = {"type": "string", "pattern": "^([0-9a-f]{16})?$"}
    digest_or_none = {"type": "string", "pattern": "^([0-9a-f]{40})?$"}
    sha1s = {"type": "array", "items": SHA1, "minItems": 2, "maxItems": 2}
    verdict = {"sha1s": sha1s, "verdict": _VERDICT, "who": TEXT, "when": _MOMENT, "why": TEXT}
    file = {
        "page_id": {"type": "integer"},
        "title": TEXT,
        "url": {"type": "string", "format": "uri"},
        "thumbnail": {"type": ["string", "null"], "format": "uri"},
        "sha1": SHA1,
        "mime": TEXT,
        "size_bytes": _COUNT,
        "width_px": _COUNT,
        "height_px": _COUNT,
        "uploaded": _MOMENT,
        "uploader": TEXT,
        "phash": hash_or_none,
        "dhash": hash_or_none,
        "non_exif_sha1": digest_or_none,
        "pixel_sha1": digest_or_none,
        "score": {"type": ["integer", "null"]},
        "points": texts,
        "fate": TEXT,
    }
    pair = {
        "sha1s": sha1s,
        "phash_bits": _BITS,
        "dhash_bits": _BITS,
        "comparison": TEXT,
        "verdict": {"enum": [*_VERDICT["enum"], None]},
        "verdicts": {"type": "array", "items": ref("Verdict")},
    }
    named = {"key": KEY, "found": _MOMENT, "run": TEXT}
    summary = {**named, "titles": texts, "pairs": _COUNT, "unjudged": _COUNT}
    following = {"type": ["string", "null"], "pattern": "^[0-9a-f]{64}$"}
    return {
        "Families": _object({"families": _most(_object(summary), MOST_PAGES), "next": following}),
        "Family": _object(
            {
                **named,
                "bonds": texts,
                "files": {"type": "array", "items": _object(file), "minItems": 2},
                "pairs": {"type": "array", "items": _object(pair)},
            }
        ),
        "Verdict": _object(verdict),
        "Verdicts": _object({"verdicts": _most(ref("Verdict"), MOST_PAGES)}),
    }


def _most(items: Schema, number: int) -> Schema:
    return {"type": "array", "items": items, "maxItems": number}
