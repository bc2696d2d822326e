"""What people judged of pairs of files as SQL, each function within a transaction that has begun."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from faebot_hash.adapters.batches import batches
from faebot_hash.adapters.journal import storable
from faebot_hash.adapters.schema import judgement
from faebot_hash.judgements import Judged, Judgement

ROWS_AT_ONCE = 10_000


def keep(connection: Connection, rows: Sequence[Judged]) -> None:
    """Add rows, in this order."""
    written = [
        {
            "sha1_a": row.pair[0],
            "sha1_b": row.pair[1],
            "judgement": row.judgement.value,
            "who": storable(row.who)[:255],
            "at": row.at,
            "why": storable(row.why),
        }
        for row in rows
    ]
    if written:
        connection.execute(insert(judgement), written)


def among(
    connection: Connection, sha1s: Iterable[str], rows_at_once: int = ROWS_AT_ONCE
) -> tuple[Judged, ...]:
    """List the rows of pairs with both files among those, in the order in which they were kept."""
    wanted = frozenset(sha1s)
    found: list[Row[Any]] = []
    for some in batches(sorted(wanted)):
        number, rest = 0, True
        while rest:
            query = select(judgement).where(judgement.c.sha1_a.in_(some), judgement.c.number > number)
            rows = connection.execute(query.order_by(judgement.c.number).limit(rows_at_once)).all()
            found += [row for row in rows if row.sha1_b in wanted]
            number, rest = (rows[-1].number, len(rows) == rows_at_once) if rows else (0, False)
    return tuple(map(judged_of, sorted(found, key=lambda row: row.number)))


def judged_of(row: Row[Any]) -> Judged:
    """Read a row."""
    return Judged((row.sha1_a, row.sha1_b), Judgement(row.judgement), row.who, row.at, row.why)
