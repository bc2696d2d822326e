"""Checked pictures for machines: a row of CSV for each page that has a picture, a JSON object a picture."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from faebot_hash.confirm_table import protected
from faebot_hash.upload import Checked, Hit

COLUMNS = ("path", "standing", "page_id", "title", "phash_distance", "dhash_distance", "sha1", "note")


def csv_rows(one: Checked) -> Iterator[tuple[str | int, ...]]:
    """Give a row for each page that has the picture, or one without a page; texts are kept from computing.

    The note is the reason why nothing was compared, or the earlier picture that is the same.
    """
    for hit in one.hits or (None,):
        page = _page(hit) if hit else ("", "", "", "")
        cells = (one.path, one.standing.name.lower(), *page, one.sha1, note(one))
        yield tuple(protected(cell) if isinstance(cell, str) else cell for cell in cells)


def _page(hit: Hit) -> tuple[str | int, ...]:
    bits = ("" if one is None else one for one in (hit.phash_bits, hit.dhash_bits))
    return (hit.page_id, hit.title, *bits)


def note(one: Checked) -> str:
    """Say why nothing was compared, and what the picture is a twin of."""
    why = one.why.reason.name.lower() if one.why else ""
    return "; ".join(part for part in (why, f"twin of {one.twin.path}" if one.twin else "") if part)


def to_json(one: Checked) -> dict[str, Any]:
    """Tell all about one picture; keys always in this order."""
    return {
        "path": one.path,
        "sha1": one.sha1 or None,
        "standing": one.standing.name.lower(),
        "sentence": one.standing.sentence,
        "is_there": one.standing.is_there,
        "pages": [
            {
                "page_id": hit.page_id,
                "title": hit.title or None,
                "phash_distance": hit.phash_bits,
                "dhash_distance": hit.dhash_bits,
            }
            for hit in one.hits
        ],
        "more": one.more,
        "twin": {
            "path": one.twin.path,
            "phash_distance": one.twin.phash_bits,
            "dhash_distance": one.twin.dhash_bits,
        }
        if one.twin
        else None,
        "reason": one.why.reason.name.lower() if one.why else None,
        "detail": one.why.detail if one.why else "",
    }
