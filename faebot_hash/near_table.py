"""Near matches for machines: a JSON object and a row of CSV for each pair."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from faebot_hash.confirm_table import protected
from faebot_hash.console import json_decision
from faebot_hash.fingerprint import to_hex
from faebot_hash.model import HashedFile
from faebot_hash.near import NearFound
from faebot_hash.reasons import Skipped

_SIDE = ("page_id", "title", "sha1", "uploaded", "phash", "dhash", "note")
COLUMNS = (
    "slice",
    *(f"{name}_a" for name in _SIDE),
    *(f"{name}_b" for name in _SIDE),
    "phash_distance",
    "dhash_distance",
    "why",
)


def csv_rows(found: Sequence[NearFound | Skipped]) -> Iterator[tuple[str | int, ...]]:
    """Give the heads, then a row for each pair, the earlier upload as "a"; texts are kept from computing."""
    yield COLUMNS
    for one in (one for one in found if isinstance(one, NearFound)):
        for pair in one.pairs:
            sides = (*_cells(pair.first, one), *_cells(pair.second, one))
            cells = (one.part.key, *sides, pair.phash_bits, pair.dhash_bits, pair.why.name.lower())
            yield tuple(protected(cell) if isinstance(cell, str) else cell for cell in cells)


def to_json(found: NearFound | Skipped) -> Iterator[dict[str, Any]]:
    """Give an object for each pair, or one for a slice that could not be compared."""
    if isinstance(found, Skipped):
        yield {"skipped": found.what, **json_decision(found)}
        return
    for pair in found.pairs:
        yield {
            "slice": found.part.key,
            "first": _side(pair.first, found),
            "second": _side(pair.second, found),
            "phash_bits": pair.phash_bits,
            "dhash_bits": pair.dhash_bits,
            "why": pair.why.name.lower(),
            "sentence": pair.why.value,
        }


def _side(one: HashedFile, found: NearFound) -> dict[str, Any]:
    note = found.note(one.file.page_id)
    return {
        "page_id": one.file.page_id,
        "title": one.file.title,
        "sha1": one.file.sha1,
        "uploaded": f"{one.file.uploaded:%Y-%m-%dT%H:%M:%SZ}",
        "phash": to_hex(one.fingerprint.phash),
        "dhash": to_hex(one.fingerprint.dhash),
        "note": json_decision(note) if note else None,
    }


def _cells(one: HashedFile, found: NearFound) -> Iterator[str | int]:
    side = _side(one, found)
    note = side.pop("note")
    yield from side.values()
    yield note["reason"] if note else ""
