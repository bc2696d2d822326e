"""What is said between the decoding process and its parent: a question, and answers in JSON.

A question is one byte; ``WIDTHS`` is followed by a list of widths, a byte for their count and two for each,
``DIGEST_BESIDE`` by a list of pixel SHA1s, four bytes for their count and twenty for each.

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

FINGERPRINT, DIGEST, DIGEST_BESIDE, WIDTHS = b"f", b"d", b"b", b"w"
READY = b"ready"
LENGTH_BYTES = 8
MAX_ANSWER_BYTES = 4096
MAX_WIDTHS = 24
WIDTH_BYTES = 2
COUNT_BYTES = 4
SHA1_BYTES = 20
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


def digest_question(beside: Collection[str] | None) -> bytes:
    """Ask for a digest: with its export, or with that only if one of these pixel SHA1s is its own."""
    if beside is None:
        return DIGEST
    return DIGEST_BESIDE + len(beside).to_bytes(COUNT_BYTES, "big") + b"".join(map(bytes.fromhex, beside))


def pixel_sha1s_in(written: bytes) -> frozenset[str]:
    """Read the pixel SHA1s of a question, without the bytes for their count."""
    return frozenset(
        written[start : start + SHA1_BYTES].hex() for start in range(0, len(written), SHA1_BYTES)
    )


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


def digest_of(answer: bytes, beside: Collection[str] | None = None) -> Digest | Skipped:
    """Read the answer to the question for a digest, which has the export wherever that was asked for."""
    match _json(answer):
        case {"reason": _} as rejection:
            return _rejection(rejection)
        case {"digest": dict(fields), **rest} if not rest:
            if {name: type(value).__name__ for name, value in fields.items()} == Digest.__annotations__:
                digest = Digest(**fields)
                if digest.non_exif_sha1 or (beside is not None and digest.pixel_sha1 not in beside):
                    return digest
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
