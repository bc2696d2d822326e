"""Bars laid out as shapes for SVG: where each begins, how large it is, and what the axes say.

Every plot keeps its numbers, so that a table of them can stand beside it.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

STYLES = ("one", "two", "three", "four")
"""The classes of the series, in their order; ``review.css`` gives the colours."""

WIDTH = 640
_HEIGHT = 280
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 8, 12, 52
_ROW = 48
_EDGE = 24
_MOST_TICKS = 5
_MOST_LABELS = 10


@dataclass(frozen=True)
class Series:
    """A kind of thing that is counted, with a count for each place on the axis."""

    name: str
    counts: tuple[int, ...]


@dataclass(frozen=True)
class Bar:
    """A rectangle in the units of the view box."""

    x: float
    y: float
    width: float
    height: float
    style: str


@dataclass(frozen=True)
class Tick:
    """A place on an axis with what is written there."""

    at: float
    label: str


@dataclass(frozen=True)
class Plot:
    """Bars with their axes; ``names`` and ``series`` are the numbers that they show.

    ``across`` are ticks along the width and ``down`` along the height. Stacked columns stand on ``base``.
    """

    height: int
    base: float
    left: float
    right: float
    names: tuple[str, ...]
    series: tuple[Series, ...]
    bars: tuple[Bar, ...]
    across: tuple[Tick, ...]
    down: tuple[Tick, ...]

    @property
    def legend(self) -> tuple[tuple[str, str], ...]:
        """Give the style and the name of each series."""
        return tuple(zip(STYLES, (one.name for one in self.series), strict=False))


def columns(names: Sequence[str], series: Sequence[Series]) -> Plot:
    """Stack the counts of up to four series on each other, a column for each name."""
    tops = [sum(counts) for counts in zip(*(one.counts for one in series), strict=True)]
    steps = _steps(max(tops, default=0))
    base, left, right = float(_HEIGHT - _BOTTOM), float(_LEFT), float(WIDTH - _RIGHT)
    slot = (right - left) / max(1, len(names))
    unit = (base - _TOP) / steps[-1]
    bars = []
    for place in range(len(names)):
        under = 0
        for style, one in zip(STYLES, series, strict=False):
            count = one.counts[place]
            if count:
                y = base - (under + count) * unit
                bars.append(
                    Bar(
                        _exact(left + (place + 0.1) * slot),
                        _exact(y),
                        _exact(0.8 * slot),
                        _exact(count * unit),
                        style,
                    )
                )
            under += count
    every = -(-len(names) // _MOST_LABELS)
    across = [
        Tick(_exact(left + (place + 0.5) * slot), name)
        for place, name in enumerate(names)
        if place % every == 0
    ]
    down = [Tick(_exact(base - step * unit), f"{step:,}") for step in steps]
    return Plot(
        _HEIGHT, base, left, right, tuple(names), tuple(series), tuple(bars), tuple(across), tuple(down)
    )


def lying(names: Sequence[str], series: Series) -> Plot:
    """Lay one bar for each name below the other, its name above it."""
    steps = _steps(max(series.counts, default=0))
    left, right = float(_EDGE), float(WIDTH - _EDGE)
    unit = (right - left) / steps[-1]
    bars = [
        Bar(left, _TOP + place * _ROW + 24.0, _exact(count * unit), 16.0, STYLES[0])
        for place, count in enumerate(series.counts)
    ]
    base = float(_TOP + len(names) * _ROW)
    down = [Tick(_TOP + place * _ROW + 18.0, name) for place, name in enumerate(names)]
    across = [Tick(_exact(left + step * unit), f"{step:,}") for step in steps]
    return Plot(
        int(base) + 28, base, left, right, tuple(names), (series,), tuple(bars), tuple(across), tuple(down)
    )


def _steps(most: int) -> list[int]:
    """Give round numbers from 0 to at least the largest count and to 1."""
    steps = (factor * 10**power for power in itertools.count() for factor in (1, 2, 5))
    step = next(one for one in steps if one * _MOST_TICKS >= most)
    return [step * place for place in range(max(1, -(-most // step)) + 1)]


def _exact(number: float) -> float:
    return round(number, 1)
