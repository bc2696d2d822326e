"""What people judged of two files: rows that are only ever added, and what stands of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

_SHA1 = re.compile(r"[0-9a-f]{40}", re.ASCII)

Pair = tuple[str, str]
"""The SHA1s of two files, the lower first; equal ones are two pages that show the same bytes."""


class Judgement(StrEnum):
    """What a reviewer says of two files, in the words of the store, the pages and the API."""

    DUPLICATES = "duplicates"
    NOT_DUPLICATES = "not duplicates"
    OTHER_VERSION = "other version"
    CANNOT_TELL = "can't tell"

    @property
    def keeps_apart(self) -> bool:
        """Tell whether the bot must leave the two files alone with each other from now on."""
        return self in (Judgement.NOT_DUPLICATES, Judgement.OTHER_VERSION)


def pair_of(one: str, other: str) -> Pair:
    """Name two files by their SHA1s, in either order."""
    return (one, other) if one <= other else (other, one)


@dataclass(frozen=True)
class Judged:
    """One row: a judgement of two files, who gave it and when (aware), and why, or ""."""

    pair: Pair
    judgement: Judgement
    who: str
    at: datetime
    why: str = ""

    def __post_init__(self) -> None:
        if not all(_SHA1.fullmatch(sha1) for sha1 in self.pair) or self.pair != pair_of(*self.pair):
            raise ValueError(f"no pair of SHA1s, the lower first: {self.pair!r}")
        if self.at.tzinfo is None:
            raise ValueError(f"a moment without its time zone: {self.at}")
        if not self.who.strip():
            raise ValueError("a judgement without a name")


def standing(rows: Iterable[Judged]) -> dict[Pair, Judged]:
    """Give what stands of each pair: the newest row that tells something, else the newest.

    A person may correct a mistake, but "can't tell" takes nothing back. Of rows of one moment the last one
    counts.
    """
    found: dict[Pair, Judged] = {}
    for row in sorted(rows, key=lambda one: one.at):
        known = found.get(row.pair, row)
        if row.judgement is not Judgement.CANNOT_TELL or known.judgement is Judgement.CANNOT_TELL:
            found[row.pair] = row
    return found


def kept_apart(rows: Iterable[Judged]) -> frozenset[Pair]:
    """Give the pairs that people keep apart."""
    return frozenset(pair for pair, row in standing(rows).items() if row.judgement.keeps_apart)


class Judgements(Protocol):
    """What people judged, as the flows ask for it."""

    def judged(self, sha1s: Iterable[str]) -> Sequence[Judged]:
        """List the judgements of pairs with both files among those, in the order they were given."""
        ...

    def apart(self, sha1s: Iterable[str]) -> frozenset[Pair]:
        """Give the pairs among those files that people keep apart."""
        ...
