"""The pairs of a family in the order in which a reviewer sees them, each with what was found and judged."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from faebot_hash.cases import Case, CaseDifference, CaseFile
from faebot_hash.judgements import Judged, Pair, standing
from faebot_hash.web.review_ports import Reviews

_NAME = re.compile(r"([1-9][0-9]{0,5})-([1-9][0-9]{0,5})", re.ASCII)


@dataclass(frozen=True)
class Side:
    """One file of a pair; ``number`` counts from 1 in the order of the family."""

    number: int
    file: CaseFile


@dataclass(frozen=True)
class Facing:
    """Two files of a family, the one with the higher score first.

    ``difference`` is told from the first to the second, None where the bot did not compare the pages.
    ``rows`` are all verdicts on the pair, newest first, and ``verdict`` is the one that stands.
    """

    pair: Pair
    first: Side
    second: Side
    phash_bits: int | None
    dhash_bits: int | None
    comparison: str
    difference: CaseDifference | None = None
    verdict: Judged | None = None
    rows: tuple[Judged, ...] = ()

    @property
    def name(self) -> str:
        """Name the pair by the numbers of its files, the lower first: "1-3"."""
        low, high = sorted((self.first.number, self.second.number))
        return f"{low}-{high}"


def facings(case: Case, rows: Iterable[Judged]) -> tuple[Facing, ...]:
    """List the pairs of a family, the keeper against its best copy first.

    A verdict is on bytes: of pages that show the same bytes one stands for all.
    """
    asked = {one.pair for one in case.pairs}
    rows = [row for row in rows if row.pair in asked]
    stands = standing(rows)
    told = defaultdict[Pair, list[Judged]](list)
    for row in sorted(rows, key=lambda one: one.at, reverse=True):
        told[row.pair].append(row)
    sides = defaultdict[str, list[Side]](list)
    for number, file in enumerate(case.files, start=1):
        sides[file.sha1].append(Side(number, file))
    differences = {one.pair: one for one in case.differences}
    found = []
    for one in case.pairs:
        first, second = sorted(_two(one.pair, sides), key=_rank)
        difference = differences.get(one.pair)
        if difference is not None and first.file.sha1 != one.pair[0]:
            difference = _reversed(difference)
        found.append(
            Facing(
                one.pair,
                first,
                second,
                one.phash_bits,
                one.dhash_bits,
                one.comparison,
                difference,
                stands.get(one.pair),
                tuple(told[one.pair]),
            )
        )
    return tuple(sorted(found, key=lambda facing: (_rank(facing.first), _rank(facing.second))))


def faced(reviews: Reviews, cases: Sequence[Case]) -> list[tuple[Case, tuple[Facing, ...]]]:
    """Give families with their pairs, and look the verdicts on all of them up at once."""
    rows = reviews.judged(sorted({file.sha1 for case in cases for file in case.files})) if cases else ()
    return [(case, facings(case, rows)) for case in cases]


def named(pairs: Sequence[Facing], name: str) -> Facing | None:
    """Find a pair by its name, the numbers in either order."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    low, high = sorted(map(int, match.groups()))
    return next((one for one in pairs if one.name == f"{low}-{high}"), None)


def unjudged(pairs: Sequence[Facing]) -> tuple[Facing, ...]:
    """Give the pairs that nobody has said anything about."""
    return tuple(one for one in pairs if one.verdict is None)


def next_unjudged(pairs: Sequence[Facing], name: str) -> Facing | None:
    """Give the next pair without a verdict after the named one, at the end beginning again; not the same."""
    place = next(n for n, one in enumerate(pairs) if one.name == name)
    return next(iter(unjudged((*pairs[place + 1 :], *pairs[:place]))), None)


def _two(pair: Pair, sides: Mapping[str, Sequence[Side]]) -> tuple[Side, Side]:
    if pair[0] == pair[1]:
        return sides[pair[0]][0], sides[pair[0]][1]
    return sides[pair[0]][0], sides[pair[1]][0]


def _rank(side: Side) -> tuple[bool, int, int]:
    score = side.file.score
    return score is None, -(score or 0), side.number


def _reversed(one: CaseDifference) -> CaseDifference:
    return replace(
        one,
        categories_here=one.categories_there,
        categories_there=one.categories_here,
        licences_here=one.licences_there,
        licences_there=one.licences_here,
        parameters=tuple((name, there, here) for name, here, there in one.parameters),
    )
