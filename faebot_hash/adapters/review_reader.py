"""Families and judgements for many threads that read: short statements, each with a limit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    exists,
    func,
    literal,
    or_,
    select,
)

from faebot_hash.adapters import judgements
from faebot_hash.adapters.index_reader import MOST_COUNTED, MOST_ROWS, IndexReader
from faebot_hash.adapters.schema import journal, judgement, review_case, review_case_pair
from faebot_hash.cases import Case, from_json
from faebot_hash.edits import Kind
from faebot_hash.judgements import Judged, Judgement
from faebot_hash.model import HashKind

_SAME = (judgement.c.sha1_a == review_case_pair.c.sha1_a) & (judgement.c.sha1_b == review_case_pair.c.sha1_b)
_UNJUDGED = exists().where(
    review_case_pair.c.key == review_case.c.key, ~exists().where(_SAME).correlate(review_case_pair)
)
_RANK = case((_UNJUDGED, 0), else_=1)
_CANNOT_TELL = Judgement.CANNOT_TELL.value


@dataclass(frozen=True)
class DayCount:
    """How many judgements of one kind were given on one day (UTC)."""

    day: date
    judgement: Judgement
    count: int


@dataclass(frozen=True)
class DistanceCount:
    """Of how many pairs, so many bits apart by one hash, one judgement stands."""

    kind: HashKind
    bits: int
    judgement: Judgement
    pairs: int


@dataclass(frozen=True)
class ReviewCounts:
    """The statistics of the review; counts of rows end at 10,000, lists at 100 rows of each kind.

    ``tagged`` are files by collection, as the journal knows them. ``taken_back`` are those of the
    ``nominations`` that the bot took back itself.
    """

    open_cases: int
    unjudged_cases: int
    by_day: tuple[DayCount, ...]
    distances: tuple[DistanceCount, ...]
    tagged: tuple[tuple[str, int], ...]
    nominations: int
    taken_back: int


class ReviewReader:
    """Reads what there is to review and what was judged; safe to use from several threads.

    Raises StoreError. Cases that another release wrote are passed over.
    """

    def __init__(self, reader: IndexReader) -> None:
        self._reader = reader

    def open_cases(self, most: int, after: str = "", unjudged_only: bool = True) -> Sequence[Case]:
        """Give at most 100 open families that follow the one with the key ``after``.

        Those with an unjudged pair come first, the oldest of them first.
        """
        return self._reader.read(
            lambda connection: _open_cases(connection, min(most, MOST_ROWS), after, unjudged_only)
        )

    def case(self, key: str) -> Case | None:
        """Look a family up, open or not."""
        query = select(review_case.c.document).where(review_case.c.key == key).limit(1)
        document = self._reader.read(lambda connection: connection.scalar(query))
        return None if document is None else _case_of(document)

    def judged(self, sha1s: Iterable[str]) -> tuple[Judged, ...]:
        """List the judgements of pairs with both files among those, in the order in which they were given."""
        keys = tuple(sha1s)
        return self._reader.read(lambda connection: judgements.among(connection, keys, MOST_ROWS))

    def history(self, most: int, sha1: str = "") -> Sequence[Judged]:
        """Give the newest judgements, newest first, at most 100; with ``sha1`` those of pairs with it."""
        query = select(judgement)
        if sha1:
            query = query.where(or_(judgement.c.sha1_a == sha1, judgement.c.sha1_b == sha1))
        newest = query.order_by(judgement.c.number.desc()).limit(min(most, MOST_ROWS))
        return self._reader.read(
            lambda connection: tuple(map(judgements.judged_of, connection.execute(newest)))
        )

    def counts(self) -> ReviewCounts:
        """Count for the statistics."""
        return self._reader.read(_counts)


def _open_cases(connection: Connection, most: int, after: str, unjudged_only: bool) -> tuple[Case, ...]:
    query = select(review_case.c.document).where(review_case.c.is_open)
    if unjudged_only:
        query = query.where(_UNJUDGED)
    place = select(review_case.c.made_at, _RANK.label("rank")).where(review_case.c.key == after).limit(1)
    last = connection.execute(place).one_or_none() if after else None
    if last is not None:
        query = query.where(_follows(last.made_at, last.rank, after, unjudged_only))
    ordered = query.order_by(_RANK, review_case.c.made_at, review_case.c.key)
    found = (_case_of(document) for document in connection.scalars(ordered.limit(most)))
    return tuple(one for one in found if one is not None)


def _follows(made_at: datetime, rank: int, key: str, unjudged_only: bool) -> ColumnElement[bool]:
    later = or_(
        review_case.c.made_at > made_at, and_(review_case.c.made_at == made_at, review_case.c.key > key)
    )
    # A family that was judged meanwhile still keeps its place among those that were not.
    return later if unjudged_only else or_(literal(rank) < _RANK, and_(literal(rank) == _RANK, later))


def _case_of(document: str) -> Case | None:
    try:
        return from_json(document)
    except ValueError:
        return None


def _counts(connection: Connection) -> ReviewCounts:
    is_open = select(review_case.c.key).where(review_case.c.is_open)
    of_state = {state: _count(connection, _nominations(state)) for state in ("DONE", "UNDONE")}
    return ReviewCounts(
        open_cases=_count(connection, is_open),
        unjudged_cases=_count(connection, is_open.where(_UNJUDGED)),
        by_day=tuple(one for kind in Judgement for one in _by_day(connection, kind)),
        distances=tuple(one for kind in HashKind for one in _distances(connection, kind)),
        tagged=_tagged(connection),
        nominations=of_state["DONE"] + of_state["UNDONE"],
        taken_back=of_state["UNDONE"],
    )


def _count(connection: Connection, query: Select[tuple[str]]) -> int:
    some = query.limit(MOST_COUNTED).subquery()
    return connection.scalar(select(func.count()).select_from(some).limit(1)) or 0


def _nominations(state: str) -> Select[tuple[str]]:
    return select(journal.c.token).where(journal.c.kind == Kind.NOMINATED.value, journal.c.state == state)


def _by_day(connection: Connection, kind: Judgement) -> list[DayCount]:
    day = func.date(judgement.c.at)
    query = select(day, func.count()).where(judgement.c.judgement == kind.value).group_by(day)
    newest = connection.execute(query.order_by(day.desc()).limit(MOST_ROWS)).all()
    return [DayCount(date.fromisoformat(str(when)), kind, count) for when, count in reversed(newest)]


def _distances(connection: Connection, kind: HashKind) -> list[DistanceCount]:
    column = review_case_pair.c.phash_bits if kind is HashKind.PHASH else review_case_pair.c.dhash_bits
    bits = select(func.min(column)).where(_SAME).correlate(judgement).scalar_subquery()
    standing = select(judgement.c.judgement, bits.label("bits")).where(_stands()).subquery()
    query = (
        select(standing.c.bits, standing.c.judgement, func.count())
        .where(standing.c.bits.is_not(None))
        .group_by(standing.c.bits, standing.c.judgement)
        .order_by(standing.c.bits, standing.c.judgement)
    )
    rows = connection.execute(query.limit(MOST_ROWS))
    return [DistanceCount(kind, apart, Judgement(word), pairs) for apart, word, pairs in rows]


def _stands() -> ColumnElement[bool]:
    """Choose of each pair the newest row that tells something, else the newest."""
    other = judgement.alias()
    same = (other.c.sha1_a == judgement.c.sha1_a) & (other.c.sha1_b == judgement.c.sha1_b)
    newer = other.c.number > judgement.c.number
    tells, told = other.c.judgement != _CANNOT_TELL, judgement.c.judgement != _CANNOT_TELL
    return ~exists().where(same, or_(and_(tells, newer), and_(tells, ~told), and_(newer, ~told)))


def _tagged(connection: Connection) -> tuple[tuple[str, int], ...]:
    """Count the tags of each run; a run is named by its collection and its moment."""
    tags = (journal.c.kind == Kind.IDENTIFIED.value) & (journal.c.state == "DONE")
    query = select(journal.c.run, func.count()).where(tags).group_by(journal.c.run)
    newest = query.order_by(func.max(journal.c.number).desc()).limit(MOST_ROWS)
    found: Counter[str] = Counter()
    for run, count in connection.execute(newest):
        found[(run or "").rsplit("-", 2)[0]] += count
    return tuple(sorted(found.items()))
