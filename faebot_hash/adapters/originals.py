"""Digests of originals by SHA1 as SQL, each function within a transaction that the store has begun.

A row counts only for the version of Pillow that read the file: another may decode or export otherwise.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from faebot_hash.adapters.batches import batches
from faebot_hash.adapters.rejections import checked_key, rejection_columns, rejection_of
from faebot_hash.adapters.schema import original
from faebot_hash.adapters.upsert import upsert
from faebot_hash.images import PILLOW_VERSION
from faebot_hash.likeness import Digest, Original
from faebot_hash.reasons import Skipped

_DIGEST_COLUMNS = [field.name for field in dataclasses.fields(Digest)]
_EMPTY = dict.fromkeys(("stripped_sha1", *_DIGEST_COLUMNS, "rejection", "detail"))


def get(connection: Connection, sha1s: Iterable[str]) -> dict[str, Original | Skipped]:
    """Look up what this version of Pillow made of originals."""
    known: dict[str, Original | Skipped] = {}
    query = select(original).where(original.c.pillow == PILLOW_VERSION)
    for some in batches(sha1s):
        for row in connection.execute(query.where(original.c.sha1.in_(some))):
            result = _result(row)
            if result is not None:
                known[row.sha1] = result
    return known


def rows_of(results: Mapping[str, Original | Skipped], at: datetime) -> list[dict[str, Any]]:
    """Write originals as rows; wrong keys and passing troubles raise ValueError."""
    return [
        {**_EMPTY, **_columns(checked_key(sha1), one), "sha1": sha1, "pillow": PILLOW_VERSION, "read_at": at}
        for sha1, one in results.items()
    ]


def keep(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep rows in place of those with their keys, whichever Pillow these are of."""
    upsert(connection, original, rows)


def _columns(sha1: str, result: Original | Skipped) -> dict[str, Any]:
    if isinstance(result, Skipped):
        return rejection_columns(sha1, result)
    if result.sha1 != sha1:
        raise ValueError(f"the original {result.sha1} under the key {sha1}")
    digest = {} if result.digest is None else dataclasses.asdict(result.digest)
    return {"stripped_sha1": result.stripped_sha1, **digest}


def _result(row: Row[Any]) -> Original | Skipped | None:
    if row.rejection is not None:
        return rejection_of(row)
    values = {name: row._mapping[name] for name in _DIGEST_COLUMNS}
    return Original(row.sha1, row.stripped_sha1, Digest(**values) if row.pixel_sha1 is not None else None)
