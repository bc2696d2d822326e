"""What the tables of pictures have in common: the file's SHA1 as key, and lasting rejections."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Row

from faebot_hash.adapters.journal import storable
from faebot_hash.reasons import Reason, Skipped


def checked_key(sha1: str) -> str:
    """Give a SHA1 back; raises ValueError for anything else."""
    if not re.fullmatch(r"[0-9a-f]{40}", sha1):
        raise ValueError(f"not a SHA1 in lower-case hex digits: {sha1!r}")
    return sha1


def rejection_columns(sha1: str, skipped: Skipped) -> dict[str, str]:
    """Write a rejection; passing troubles raise ValueError."""
    if skipped.reason.retry_later:
        raise ValueError(f"{skipped.reason.name} passes, and is no verdict on the picture {sha1}")
    return {"rejection": skipped.reason.name, "detail": storable(skipped.detail)}


def rejection_of(row: Row[Any]) -> Skipped | None:
    """Read a rejection; None for a reason that this release does not know: the picture is judged again."""
    known = Reason.__members__.get(row.rejection)
    return Skipped(row.sha1, known, row.detail) if known is not None else None
