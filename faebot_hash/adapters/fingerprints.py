"""Fingerprints by SHA1 and basis as SQL, each function within a transaction that the store has begun."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from faebot_hash.adapters import schema
from faebot_hash.adapters.batches import batches
from faebot_hash.adapters.rejections import checked_key, rejection_columns, rejection_of
from faebot_hash.adapters.upsert import insert_missing, upsert
from faebot_hash.model import Basis, Fingerprint
from faebot_hash.reasons import Skipped

# What followers of changes want to hear of.
_TELLING = ("phash", "dhash", "low_information")
_EMPTY = {field.name: None for field in dataclasses.fields(Fingerprint)}


def get(connection: Connection, sha1s: Iterable[str], basis: Basis) -> dict[str, Fingerprint | Skipped]:
    """Look up what is known in a basis."""
    known: dict[str, Fingerprint | Skipped] = {}
    number = basis_id(connection, basis)
    if number is None:
        return known
    query = select(schema.fingerprint).where(schema.fingerprint.c.basis_id == number)
    for some in batches(sha1s):
        for row in connection.execute(query.where(schema.fingerprint.c.sha1.in_(some))):
            result = _result(row)
            if result is not None:
                known[row.sha1] = result
    return known


def rows_of(results: Mapping[str, Fingerprint | Skipped], at: datetime) -> list[dict[str, Any]]:
    """Write results as rows without their basis; wrong keys and passing troubles raise ValueError."""
    return [
        {"sha1": checked_key(sha1), **_columns(sha1, one), "hashed_at": at} for sha1, one in results.items()
    ]


def keep(connection: Connection, rows: Sequence[Mapping[str, Any]], basis: Basis, number: int) -> None:
    """Keep rows in a basis, in place of those with their keys, as the change of a number."""
    if not rows:
        return
    common = {"basis_id": kept_basis_id(connection, basis), "change_number": number}
    upsert(connection, schema.fingerprint, [{**row, **common} for row in rows], changed_by=_TELLING)


def kept_basis_id(connection: Connection, basis: Basis) -> int:
    """Give the number of a basis, a new one for one that was never seen."""
    known = basis_id(connection, basis)
    if known is None:
        insert_missing(connection, schema.basis, [dataclasses.asdict(basis)])
        known = basis_id(connection, basis)
    if known is None:
        raise ValueError(f"the basis {basis} does not fit into the store")
    return known


def basis_id(connection: Connection, basis: Basis) -> int | None:
    """Look up the number of a basis."""
    same = [schema.basis.c[name] == value for name, value in dataclasses.asdict(basis).items()]
    return connection.scalar(select(schema.basis.c.id).where(*same))


def _columns(sha1: str, result: Fingerprint | Skipped) -> dict[str, Any]:
    if isinstance(result, Fingerprint):
        return {**dataclasses.asdict(result), "rejection": None, "detail": None}
    return {**_EMPTY, **rejection_columns(sha1, result)}


def _result(row: Row[Any]) -> Fingerprint | Skipped | None:
    if row.rejection is not None:
        return rejection_of(row)
    return Fingerprint(row.phash, row.dhash, row.ahash, row.whash, row.low_information)
