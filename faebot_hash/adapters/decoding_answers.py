"""What is said between the decoding process and its parent: a question byte, and answers in JSON.

The parent believes nothing: whatever a sane worker does not say is a ValueError.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from faebot_hash.fingerprint import from_hex, to_hex
from faebot_hash.likeness import Digest
from faebot_hash.model import Fingerprint
from faebot_hash.reasons import Reason, Skipped

FINGERPRINT, DIGEST = b"f", b"d"
READY = b"ready"
LENGTH_BYTES = 8
MAX_ANSWER_BYTES = 4096
MAX_DETAIL_CHARACTERS = 300

_HASHES = ("phash", "dhash", "ahash", "whash")


def answer(result: Fingerprint | Digest | Skipped) -> bytes:
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
            hashes = [to_hex(getattr(result, name)) for name in _HASHES]
            said = {"hashes": hashes, "low_information": result.low_information}
    return json.dumps(said).encode()


def fingerprint_of(answer: bytes) -> Fingerprint | Skipped:
    """Read the answer to the question for a fingerprint."""
    match _json(answer):
        case {"reason": _} as rejection:
            return _rejection(rejection)
        case {
            "low_information": bool(low_information),
            "hashes": [str(p), str(d), str(a), str(w)],
            **rest,
        } if not rest:
            return Fingerprint(from_hex(p), from_hex(d), from_hex(a), from_hex(w), low_information)
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
