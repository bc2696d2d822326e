"""What the reviewers' verdicts say of the bot, as shares and plots with the numbers behind them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from faebot_hash.adapters.review_reader import ReviewCounts
from faebot_hash.judgements import Judgement
from faebot_hash.model import HashKind
from faebot_hash.web.plots import Plot, Series, columns, lying

NORMAL_95 = 1.959964
"""Standard deviations on each side that hold 95 % of a normal distribution."""

LEAST_BITS = 8
"""A plot of distances reaches at least so far, so that an empty half is seen as such."""
MOST_COLLECTIONS = 20
MOST_DAYS = 31
MOST_WEEKS = 26


@dataclass(frozen=True)
class Share:
    """A part of a whole, with the interval in which it lies at 95 % by Wilson's formula."""

    part: int
    whole: int

    @property
    def percent(self) -> float:
        """Give the share."""
        return 100 * self.part / self.whole

    @property
    def interval_percent(self) -> tuple[float, float]:
        """Give the interval (E. B. Wilson, 1927), which also holds for few verdicts and for none wrong."""
        share, z2 = self.part / self.whole, NORMAL_95**2
        middle = share + z2 / (2 * self.whole)
        reach = NORMAL_95 * math.sqrt(share * (1 - share) / self.whole + z2 / (4 * self.whole**2))
        low, high = ((middle + sign * reach) / (1 + z2 / self.whole) for sign in (-1, 1))
        return 100 * max(0.0, low), 100 * min(1.0, high)


@dataclass(frozen=True)
class Statistics:
    """Everything on the page; a plot or share is None where there is nothing to count yet."""

    counts: ReviewCounts
    wrong: Share | None
    undecided: int
    distances: Mapping[HashKind, Plot | None]
    over_time: Plot | None
    span: str
    tagged: Plot | None
    taken_back: Share | None


def statistics(counts: ReviewCounts) -> Statistics:
    """Draw up the statistics."""
    stands = Counter[Judgement]()
    for one in counts.distances:
        if one.kind is HashKind.PHASH:
            stands[one.judgement] += one.pairs
    wrong = sum(number for judgement, number in stands.items() if judgement.keeps_apart)
    told = stands.total() - stands[Judgement.CANNOT_TELL]
    over_time, span = _over_time(counts)
    return Statistics(
        counts,
        Share(wrong, told) if told else None,
        stands[Judgement.CANNOT_TELL],
        {kind: _distances(counts, kind) for kind in HashKind},
        over_time,
        span,
        _tagged(counts.tagged),
        Share(counts.taken_back, counts.nominations) if counts.nominations else None,
    )


def _distances(counts: ReviewCounts, kind: HashKind) -> Plot | None:
    found = Counter[tuple[Judgement, int]]()
    for one in counts.distances:
        if one.kind is kind:
            found[one.judgement, one.bits] += one.pairs
    if not found:
        return None
    bits = range(max(LEAST_BITS, *(apart for _, apart in found)) + 1)
    series = [Series(one.value, tuple(found[one, apart] for apart in bits)) for one in Judgement]
    return columns([str(apart) for apart in bits], series)


def _over_time(counts: ReviewCounts) -> tuple[Plot | None, str]:
    """Count by day, week or month, whichever leaves a column's width to each."""
    if not counts.by_day:
        return None, ""
    first, last = min(one.day for one in counts.by_day), max(one.day for one in counts.by_day)
    begin, span = _grouping((last - first).days + 1)
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    begins = list(dict.fromkeys(begin(day) for day in days))
    found = Counter[tuple[Judgement, date]]()
    for one in counts.by_day:
        found[one.judgement, begin(one.day)] += one.count
    series = [Series(one.value, tuple(found[one, day] for day in begins)) for one in Judgement]
    written = "%Y-%m" if span == "month" else "%m-%d" if first.year == last.year else "%Y-%m-%d"
    return columns([f"{day:{written}}" for day in begins], series), span


def _grouping(days: int) -> tuple[Callable[[date], date], str]:
    if days <= MOST_DAYS:
        return lambda day: day, "day"
    if days <= 7 * MOST_WEEKS:
        return lambda day: day - timedelta(days=day.weekday()), "week"
    return lambda day: day.replace(day=1), "month"


def _tagged(tagged: Sequence[tuple[str, int]]) -> Plot | None:
    if not tagged:
        return None
    largest = sorted(tagged, key=lambda one: (-one[1], one[0]))
    shown, rest = largest[:MOST_COLLECTIONS], largest[MOST_COLLECTIONS:]
    if rest:
        shown = [*shown, (f"{len(rest)} others", sum(count for _, count in rest))]
    return lying([name for name, _ in shown], Series("files", tuple(count for _, count in shown)))
