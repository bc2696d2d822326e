"""The families that people are asked about as SQL, each function within a transaction that has begun."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, insert, or_, select, update

from faebot_hash.adapters.batches import batches
from faebot_hash.adapters.schema import review_case, review_case_pair
from faebot_hash.adapters.upsert import upsert
from faebot_hash.cases import Case, to_json


def keep(connection: Connection, cases: Sequence[Case], whole: bool) -> None:
    """Keep cases as open ones, and close those that they supersede: after a whole run all others.

    A case that was known keeps its place in the order. Else the cases with a file that is in one of these
    are superseded.
    """
    known = _made_at(connection, [case.key for case in cases])
    rows = [
        {
            "key": case.key,
            "made_at": known.get(case.key, case.made_at),
            "run": case.run,
            "document": to_json(case),
            "is_open": True,
        }
        for case in cases
    ]
    pairs = [
        {
            "key": case.key,
            "sha1_a": one.pair[0],
            "sha1_b": one.pair[1],
            "phash_bits": one.phash_bits,
            "dhash_bits": one.dhash_bits,
        }
        for case in cases
        for one in case.pairs
    ]
    upsert(connection, review_case, rows)
    for keys in batches(known):
        connection.execute(delete(review_case_pair).where(review_case_pair.c.key.in_(keys)))
    if pairs:
        connection.execute(insert(review_case_pair), pairs)
    others = _open_keys(connection) if whole else _keys_with(connection, cases)
    _close(connection, others.difference(case.key for case in cases))


def _made_at(connection: Connection, keys: Iterable[str]) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    for some in batches(keys):
        query = select(review_case.c.key, review_case.c.made_at).where(review_case.c.key.in_(some))
        found.update((row.key, row.made_at) for row in connection.execute(query))
    return found


def _open_keys(connection: Connection) -> set[str]:
    return set(connection.scalars(select(review_case.c.key).where(review_case.c.is_open)))


def _keys_with(connection: Connection, cases: Iterable[Case]) -> set[str]:
    found: set[str] = set()
    for sha1s in batches(sorted({file.sha1 for case in cases for file in case.files})):
        has_one = or_(review_case_pair.c.sha1_a.in_(sha1s), review_case_pair.c.sha1_b.in_(sha1s))
        found.update(connection.scalars(select(review_case_pair.c.key).where(has_one).distinct()))
    return found


def _close(connection: Connection, keys: Iterable[str]) -> None:
    for some in batches(sorted(keys)):
        connection.execute(update(review_case).where(review_case.c.key.in_(some)).values(is_open=False))
