"""The journal of edits as SQL: each function is one step within a transaction that the store has begun."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from faebot_hash.adapters.counters import JOURNAL, next_number
from faebot_hash.adapters.schema import journal, journal_partner
from faebot_hash.edits import Kind
from faebot_hash.ports import CLOSED_STATES, OPEN_STATES, Intent, JournalRow, RunSummary, may_settle

LONGEST_DETAIL = 1_000
_INTENT_COLUMNS = [field.name for field in dataclasses.fields(Intent) if field.name != "partners"]


def plan(connection: Connection, intent: Intent, at: datetime) -> None:
    """Add a row; a token used before raises ValueError."""
    if _state(connection, intent.token) is not None:
        raise ValueError(f"the token {intent.token} is in the journal already")
    row = {name: getattr(intent, name) for name in _INTENT_COLUMNS}
    number = next_number(connection, JOURNAL)
    connection.execute(insert(journal).values(**row, number=number, state="PLANNED", planned_at=at))
    partners = [
        {"token": intent.token, "position": position, "page_id": page_id, "sha1": sha1}
        for position, (page_id, sha1) in enumerate(intent.partners)
    ]
    if partners:
        connection.execute(insert(journal_partner), partners)


def sent(connection: Connection, token: str, at: datetime) -> None:
    """Mark a planned row as sent."""
    present = _state(connection, token)
    if present != "PLANNED":
        raise ValueError(f"the journal row {token} is {present or 'missing'}, not PLANNED")
    _change(connection, token, {"state": "SENT", "sent_at": at})


def settle(connection: Connection, token: str, state: str, at: datetime, revid: int, detail: str) -> None:
    """Close a row, or note that its fate is unknown; a revid and a detail stay unless others are given."""
    present = _state(connection, token)
    if not may_settle(present, state):
        raise ValueError(f"the journal row {token} is {present or 'missing'} and cannot become {state}")
    given = {"revid": revid, "detail": storable(detail)}
    news = {name: value for name, value in given.items() if value}
    _change(connection, token, {"state": state, "settled_at": at, **news})


def open_intents(connection: Connection) -> list[Intent]:
    """List the intents whose fate is not known yet, oldest first."""
    found = _read(connection, select(journal).where(journal.c.state.in_(OPEN_STATES)))
    return [row.intent for row in reversed(found)]


def rows(
    connection: Connection,
    run: str | None,
    kind: str | None,
    state: str | None,
    page_id: int | None,
    newest: int | None,
) -> list[JournalRow]:
    """List rows, newest first."""
    if state is not None and state not in (*OPEN_STATES, *CLOSED_STATES):
        raise ValueError(f"no state of the journal: {state}")
    query = select(journal)
    for name, wanted in (("run", run), ("kind", kind), ("state", state), ("page_id", page_id)):
        if wanted is not None:
            query = query.where(journal.c[name] == wanted)
    return _read(connection, query.limit(newest))


def runs(connection: Connection) -> list[RunSummary]:
    """List the runs, newest first."""
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    by_state = select(journal.c.run, journal.c.state, func.count()).group_by(journal.c.run, journal.c.state)
    for name, state, count in connection.execute(by_state.order_by(journal.c.run, journal.c.state)):
        counts[name][state] = count
    changed = func.coalesce(journal.c.settled_at, journal.c.sent_at, journal.c.planned_at)
    spans = (
        select(journal.c.run, func.min(journal.c.number).label("first"), func.max(changed).label("last"))
        .group_by(journal.c.run)
        .subquery()
    )
    query = select(journal.c.planned_at, spans).join(spans, journal.c.number == spans.c.first)
    return [
        RunSummary(row.run, row.planned_at, row.last, counts[row.run])
        for row in connection.execute(query.order_by(spans.c.first.desc()))
    ]


def last_sent(connection: Connection) -> datetime | None:
    """Tell the latest time at which a POST left."""
    last: datetime | None = connection.scalar(select(func.max(journal.c.sent_at)))
    return last


def tagged(connection: Connection, page_id: int) -> bool:
    """Tell whether a row of this page is DONE that is about duplicates."""
    of_clusters = [kind.value for kind in Kind if kind.is_of_clusters]
    of_page = journal.c.page_id == page_id
    done = (of_page, journal.c.state == "DONE", journal.c.kind.not_in(of_clusters))
    query = select(journal.c.token).where(*done)
    return connection.scalar(query.limit(1)) is not None


def storable(detail: str) -> str:
    """Cut what others wrote to a length and to characters that every database takes."""
    return detail[:LONGEST_DETAIL].encode("utf-8", "replace").decode("utf-8")


def _state(connection: Connection, token: str) -> str | None:
    # Two that settle one row wait for each other here; SQLite has but one writer.
    return connection.scalar(select(journal.c.state).where(journal.c.token == token).with_for_update())


def _change(connection: Connection, token: str, values: Mapping[str, Any]) -> None:
    connection.execute(update(journal).where(journal.c.token == token).values(**values))


def _read(connection: Connection, query: Select[Any]) -> list[JournalRow]:
    newest_first = query.order_by(journal.c.number.desc())
    found = connection.execute(newest_first).all()
    chosen = newest_first.with_only_columns(journal.c.token).subquery()
    together = journal_partner.join(chosen, chosen.c.token == journal_partner.c.token)
    partners: dict[str, list[tuple[int, str]]] = defaultdict(list)
    in_order = select(journal_partner).select_from(together).order_by(journal_partner.c.position)
    for partner in connection.execute(in_order):
        partners[partner.token].append((partner.page_id, partner.sha1))
    return [_row(row, partners.get(row.token, ())) for row in found]


def _row(row: Row[Any], partners: Sequence[tuple[int, str]]) -> JournalRow:
    values = {name: row._mapping[name] for name in _INTENT_COLUMNS}
    return JournalRow(
        intent=Intent(**values, partners=tuple(partners)),
        state=row.state,
        planned_at=row.planned_at,
        sent_at=row.sent_at,
        settled_at=row.settled_at,
        revid=row.revid or 0,
        detail=row.detail or "",
    )
