"""A study small enough to be worked out by hand, and studies of any numbers."""

from __future__ import annotations

from hypothesis import strategies as st

from faebot_hash.model import MAX_HASH, Fingerprint
from faebot_hash.reasons import Reason, Skipped
from faebot_hash.study import Sample, Study
from faebot_hash.study_plan import Plan, Source

PLAN = Plan((120, 500, 960), 120, 500)


def alike(value: int) -> Fingerprint:
    """Make a fingerprint with one value for all its hashes."""
    return Fingerprint(value, value, value, value, low_information=False)


def sample(name: str, original: int, *thumbnails: int | None) -> Sample:
    """Make a sample of the hashes of its original and its thumbnails at 120, 500 and 960 px."""
    found = dict(zip(PLAN.widths_px, thumbnails, strict=True))
    present = {px: alike(value) for px, value in found.items() if value is not None}
    absent = {px: Skipped(name, Reason.NOT_SMALLER) for px, value in found.items() if value is None}
    return Sample(name, {0: alike(original), **present}, absent)


SAME = sample("Same.jpg", 0, 0, 0, 0)
AS_500 = sample("As 500.jpg", 0xFF00, 0xFF03, 0xFF03, 0xFF00)
ONE_BIT = sample("One bit.jpg", 0xF0F0F0, 0xF0F0F1, 0xF0F0F0, None)
SMALL = sample("[[Small]]|=.jpg", 7 << 40, 7 << 40 | 7 << 30, None, None)

BY_HAND = Study(
    PLAN, Source.WIKI, (SAME, AS_500, ONE_BIT, SMALL), (Skipped("Fog.jpg", Reason.LOW_INFORMATION),)
)

_HASH = st.integers(0, MAX_HASH)
# Few values, so that equal and near ones are common.
_NEAR = st.sampled_from([0, 1, 3, 7, 15, 1 << 40, 1 << 40 | 1])
_FINGERPRINTS = st.builds(
    Fingerprint,
    *[_HASH | _NEAR for _ in range(4)],
    low_information=st.just(False),  # type: ignore[arg-type]
)


@st.composite
def studies(draw: st.DrawFn, most: int = 12) -> Study:
    """Draw a study in which samples lack some widths."""
    samples = []
    for number in range(draw(st.integers(0, most))):
        absent = draw(st.sets(st.sampled_from(PLAN.widths_px)))
        widths = [0, *(px for px in PLAN.widths_px if px not in absent)]
        samples.append(
            Sample(
                f"{number}.jpg",
                {px: draw(_FINGERPRINTS) for px in widths},
                {px: Skipped(f"{number}.jpg", Reason.NOT_SMALLER) for px in absent},
            )
        )
    return Study(PLAN, draw(st.sampled_from(Source)), tuple(samples))
