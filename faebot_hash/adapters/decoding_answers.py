"""What is said between the decoding process and its parent: a question, and answers in JSON.

A question is one byte; ``WIDTHS`` is followed by a list of widths, a byte for their count and two for each.

The parent believes nothing: whatever a sane worker does not say is a ValueError.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict
from typing import Any

from faebot_hash.fingerprint import from_hex, to_hex
from faebot_hash.likeness import Digest
from faebot_hash.model import Fingerprint
from faebot_hash.reasons import Reason, Skipped

FINGERPRINT, DIGEST, WIDTHS = b"f", b"d", b"w"
READY = b"ready"
LENGTH_BYTES = 8
MAX_ANSWER_BYTES = 4096
MAX_WIDTHS = 24
WIDTH_BYTES = 2
MAX_DETAIL_CHARACTERS = 300

_HASHES = ("phash", "dhash", "ahash", "whash")


def widths_question(widths_px: Collection[int]) -> bytes:
    """Ask for fingerprints at these widths; raises ValueError for more than an answer holds."""
    if not 0 < len(widths_px) <= MAX_WIDTHS:
        raise ValueError(f"{len(widths_px)} widths, at most {MAX_WIDTHS}")
    return WIDTHS + bytes([len(widths_px)]) + b"".join(one.to_bytes(WIDTH_BYTES, "big") for one in widths_px)


def widths_in(written: bytes) -> list[int]:
    """Read the widths of a question, without the byte for their count."""
    starts = range(0, len(written), WIDTH_BYTES)
    return [int.from_bytes(written[start : start + WIDTH_BYTES], "big") for start in starts]


def answer(result: Fingerprint | Digest | Mapping[int, Fingerprint] | Skipped) -> bytes:
    """Say what came of a picture."""
    match result:
        case Skipped():
            said: dict[str, object] = {
                "reason": result.reason.name,
                "detail": result.detail[:MAX_DETAIL_CHARACTERS],
            }
        case Digest():
            said = {"digest": asdict(result)}
        case Fingerprint():
            said = _fields(result)
        case Mapping():
            said = {"widths": {str(width_px): _fields(one) for width_px, one in result.items()}}
    return json.dumps(said).encode()


def fingerprint_of(answer: bytes) -> Fingerprint | Skipped:
    """Read the answer to the question for a fingerprint."""
    match _json(answer):
        case {"reason": _} as rejection:
            return _rejection(rejection)
        case fields:
            return _fingerprint(fields)


def widths_of(answer: bytes, asked_px: Collection[int]) -> dict[int, Fingerprint] | Skipped:
    """Read the answer to the question for fingerprints at widths: of the original (0), of some asked for."""
    match _json(answer):
        case {"reason": _} as rejection:
            return _rejection(rejection)
        case {"widths": dict(told), **rest} if not rest and {"0"} <= told.keys() <= {
            "0",
            *map(str, asked_px),
        }:
            return {int(width_px): _fingerprint(fields) for width_px, fields in told.items()}
    raise ValueError("an answer that makes no sense")


def digest_of(answer: bytes) -> Digest | Skipped:
    """Read the answer to the question for a digest."""
    match _json(answer):
        case {"reason": _} as rejection:
            return _rejection(rejection)
        case {"digest": dict(fields), **rest} if not rest:
            if {name: type(value).__name__ for name, value in fields.items()} == Digest.__annotations__:
                return Digest(**fields)
    raise ValueError("an answer that makes no sense")


def _fields(one: Fingerprint) -> dict[str, object]:
    hashes = [to_hex(getattr(one, name)) for name in _HASHES]
    return {"hashes": hashes, "low_information": one.low_information}


def _fingerprint(fields: Any) -> Fingerprint:
    match fields:
        case {
            "low_information": bool(low_information),
            "hashes": [str(p), str(d), str(a), str(w)],
            **rest,
        } if not rest:
            return Fingerprint(from_hex(p), from_hex(d), from_hex(a), from_hex(w), low_information)
    raise ValueError("an answer that makes no sense")


def _json(answer: bytes) -> Any:
    try:
        return json.loads(answer)
    except RecursionError as error:
        raise ValueError("an answer nested too deeply") from error


def _rejection(said: dict[str, Any]) -> Skipped:
    match said:
        case {"reason": str(name), "detail": str(detail), **rest} if not rest and name in Reason.__members__:
            return Skipped("", Reason[name], _printable(detail))
    raise ValueError("an answer that makes no sense")


def _printable(detail: str) -> str:
    return "".join(
        sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in detail[:MAX_DETAIL_CHARACTERS]
    )
