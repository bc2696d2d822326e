"""How far the hashes of thumbnails lie from the original's, and what tolerance follows from that.

The question of the seed ("Testing hash and thumbnail sizes"): which hash stays the same over sizes?
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt
from scipy.stats import binomtest  # type: ignore[import-untyped]

from faebot_hash.fingerprint import distance
from faebot_hash.model import HASH_BITS, Fingerprint
from faebot_hash.reasons import Reason, Skipped
from faebot_hash.study_plan import ORIGINAL_PX, Plan, Source

TARGETS_PERCENT = (95, 98)
CONFIDENCE = 0.95


class Measure(Enum):
    """What two fingerprints are compared by: one of the hashes, or the nearer of two as the bot does."""

    PHASH = "pHash"
    DHASH = "dHash"
    AHASH = "aHash"
    WHASH = "wHash"
    EITHER = "pHash or dHash"

    @property
    def fields(self) -> tuple[str, ...]:
        """Name the hashes of a ``Fingerprint`` of which the nearest counts."""
        return ("phash", "dhash") if self is Measure.EITHER else (self.name.lower(),)

    def bits(self, one: Fingerprint, other: Fingerprint) -> int:
        """Count the differing bits, 0…64."""
        return min(distance(getattr(one, name), getattr(other, name)) for name in self.fields)


HASHES = (Measure.PHASH, Measure.DHASH, Measure.AHASH, Measure.WHASH)


class Colour(Enum):
    """The seed's colours, each with a sign that tells without it."""

    GREEN = "="
    BLUE = "≈"
    RED = "≠"


@dataclass(frozen=True)
class Sample:
    """One picture: its fingerprints by width, the original's under 0, and why other widths have none."""

    name: str
    fingerprints: Mapping[int, Fingerprint]
    absent: Mapping[int, Skipped]

    def __post_init__(self) -> None:
        if ORIGINAL_PX not in self.fingerprints or self.fingerprints.keys() & self.absent.keys():
            raise ValueError("a sample has its original, and of each width a fingerprint or a reason")


def sample_of(name: str, found: Mapping[int, Fingerprint] | Skipped, plan: Plan) -> Sample | Skipped:
    """Make a sample of what a picture's thumbnails gave; widths without any were not smaller."""
    if isinstance(found, Skipped):
        return Skipped(name, found.reason, found.detail)
    if found[ORIGINAL_PX].low_information:
        # What the bot would never match cannot decide a tolerance either.
        return Skipped(name, Reason.LOW_INFORMATION)
    lacking = [width_px for width_px in plan.widths_px if width_px not in found]
    return Sample(name, found, {px: Skipped(name, Reason.NOT_SMALLER, f"{px} px") for px in lacking})


@dataclass(frozen=True)
class Cell:
    """One hash of one thumbnail: bits from the original's, and from the reference width's if there is one."""

    from_original_bits: int
    from_reference_bits: int | None

    @property
    def colour(self) -> Colour:
        """Judge as the seed does; the reference width agrees with itself, so it is never red."""
        if self.from_original_bits == 0:
            return Colour.GREEN
        return Colour.BLUE if self.from_reference_bits == 0 else Colour.RED


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    hits: int
    count: int

    @property
    def percent(self) -> float:
        """Give the share in %, NaN of none."""
        return 100 * self.hits / self.count if self.count else float("nan")

    @property
    def interval_percent(self) -> tuple[float, float]:
        """Give the exact 95 % confidence interval (Clopper and Pearson 1934) in %, all of it for none."""
        if not self.count:
            return 0.0, 100.0
        found = binomtest(self.hits, self.count).proportion_ci(CONFIDENCE, method="exact")
        return 100 * float(found.low), 100 * float(found.high)


@dataclass(frozen=True)
class Tolerance:
    """The smallest tolerance that covers enough of the same pictures at two widths, and what it costs.

    ``strangers`` are the pairs of different pictures at ``width_px`` that it would match, of all such pairs;
    ``clear_bits`` is the largest tolerance that matches none of them, None where even 0 does.
    """

    measure: Measure
    width_px: int
    other_px: int
    target_percent: int
    bits: int
    covered: Share
    strangers: Share
    clear_bits: int | None

    @property
    def is_recommended(self) -> bool:
        """Tell whether it matches no stranger of this study."""
        return self.strangers.hits == 0

    @property
    def is_sure(self) -> bool:
        """Tell whether the whole confidence interval reaches the target."""
        return self.covered.interval_percent[0] >= self.target_percent


@dataclass(frozen=True)
class Study:
    """What was measured; every figure below follows from it."""

    plan: Plan
    source: Source
    samples: tuple[Sample, ...]
    skipped: tuple[Skipped, ...] = ()

    def cell(self, sample: Sample, measure: Measure, width_px: int) -> Cell | Skipped:
        """Give one cell of a table, or the reason why it is empty."""
        if width_px in sample.absent:
            return sample.absent[width_px]
        here, reference = sample.fingerprints[width_px], sample.fingerprints.get(self.plan.reference_px)
        return Cell(
            measure.bits(here, sample.fingerprints[ORIGINAL_PX]),
            None if reference is None else measure.bits(here, reference),
        )

    def colours(self, measure: Measure, width_px: int) -> Counter[Colour]:
        """Count a column's cells by colour."""
        cells = (self.cell(sample, measure, width_px) for sample in self.samples)
        return Counter(cell.colour for cell in cells if isinstance(cell, Cell))

    def histogram(self, measure: Measure, width_px: int, other_px: int = ORIGINAL_PX) -> tuple[int, ...]:
        """Count the samples by the bits, 0…64, in which their hashes at two widths differ."""
        found = Counter(
            measure.bits(one.fingerprints[width_px], one.fingerprints[other_px])
            for one in self.samples
            if {width_px, other_px} <= one.fingerprints.keys()
        )
        return tuple(found[bits] for bits in range(HASH_BITS + 1))

    def within(self, measure: Measure, width_px: int, other_px: int = ORIGINAL_PX, bits: int = 0) -> Share:
        """Tell how many samples agree at two widths, up to some bits."""
        counts = self.histogram(measure, width_px, other_px)
        return Share(sum(counts[: bits + 1]), sum(counts))

    def strangers(self, measure: Measure, width_px: int) -> tuple[int, ...]:
        """Count the pairs of different pictures by the bits, 0…64, in which they differ at one width.

        Twins are no strangers: what looks alike at full size is confused, or found, at any tolerance.
        """
        members, counts = self._members(width_px), np.zeros(HASH_BITS + 1, dtype=np.int64)
        for distances, of_originals in _both(members, measure, width_px):
            counts += np.bincount(distances[of_originals > 0], minlength=HASH_BITS + 1)
        return tuple(map(int, counts))

    def nearest_strangers(self, measure: Measure, width_px: int, bits: int) -> list[tuple[int, str, str]]:
        """Name the pairs of strangers within some bits, nearest first, for people to look at."""
        members = self._members(width_px)
        pairs = [
            (int(distances[at]), members[row].name, members[row + 1 + int(at)].name)
            for row, (distances, of_originals) in enumerate(_both(members, measure, width_px))
            for at in np.flatnonzero((distances <= bits) & (of_originals > 0))
        ]
        return sorted(pairs)

    def twins(self) -> list[tuple[str, str]]:
        """Name the pairs of samples whose originals have an equal pHash or dHash: probably one picture."""
        return [
            (one.name, self.samples[row + 1 + int(at)].name)
            for row, (one, apart) in enumerate(
                zip(self.samples, _rows(self.samples, Measure.EITHER, ORIGINAL_PX), strict=True)
            )
            for at in np.flatnonzero(apart == 0)
        ]

    def tolerance(self, measure: Measure, other_px: int, target_percent: int) -> Tolerance | None:
        """Recommend from the data, for the working width against another; None where there are none."""
        working_px = self.plan.working_px
        counts, strangers = self.histogram(measure, working_px, other_px), self.strangers(measure, working_px)
        total, covered = sum(counts), np.cumsum(counts)
        if not total:
            return None
        bits = int(np.argmax(100 * covered >= target_percent * total))
        nearest = next((at for at, pairs in enumerate(strangers) if pairs), HASH_BITS + 1)
        return Tolerance(
            measure,
            working_px,
            other_px,
            target_percent,
            bits,
            Share(int(covered[bits]), total),
            Share(sum(strangers[: bits + 1]), sum(strangers)),
            nearest - 1 if nearest else None,
        )

    def tolerances(self) -> list[Tolerance]:
        """Give all recommendations, in a fixed order."""
        found = (
            self.tolerance(measure, other_px, target_percent)
            for other_px in self.plan.others_px
            for measure in Measure
            for target_percent in TARGETS_PERCENT
        )
        return [one for one in found if one is not None]

    def _members(self, width_px: int) -> Sequence[Sample]:
        return [one for one in self.samples if width_px in one.fingerprints]


def _both(
    members: Sequence[Sample], measure: Measure, width_px: int
) -> Iterator[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]]:
    """Give for each sample the distances to all after it, at a width, and those of the originals."""
    return zip(_rows(members, measure, width_px), _rows(members, Measure.EITHER, ORIGINAL_PX), strict=True)


def _rows(members: Sequence[Sample], measure: Measure, width_px: int) -> Iterator[npt.NDArray[np.intp]]:
    """Give for each sample the distances to all that come after it."""
    columns = [
        np.array([getattr(one.fingerprints[width_px], name) for one in members], dtype=np.uint64)
        for name in measure.fields
    ]
    for row in range(len(members)):
        differing = [np.bitwise_count(column[row + 1 :] ^ column[row]) for column in columns]
        yield np.minimum.reduce(differing).astype(np.intp)
