"""The figures of a study: worked out by hand, and laws that hold for any."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faebot_hash.errors import SettingsError
from faebot_hash.model import Fingerprint
from faebot_hash.reasons import Reason, Skipped
from faebot_hash.study import (
    HASHES,
    TARGETS_PERCENT,
    Cell,
    Colour,
    Measure,
    Sample,
    Share,
    Study,
    sample_of,
)
from faebot_hash.study_plan import MOST_WIDTHS, WIDTHS_PX, Plan, Source, plan_of
from tests.studies import AS_500, BY_HAND, ONE_BIT, PLAN, SAME, SMALL, alike, sample, studies

GREEN, BLUE, RED = Colour.GREEN, Colour.BLUE, Colour.RED
ANY_MEASURE = st.sampled_from(Measure)


def bits_of(counts: tuple[int, ...]) -> dict[int, int]:
    assert len(counts) == 65
    return {bits: count for bits, count in enumerate(counts) if count}


# Worked out by hand


@pytest.mark.parametrize(
    ("of", "width_px", "from_original", "from_reference", "colour"),
    [
        (SAME, 120, 0, 0, GREEN),
        (SAME, 960, 0, 0, GREEN),
        (AS_500, 120, 2, 0, BLUE),
        (AS_500, 500, 2, 0, BLUE),
        (AS_500, 960, 0, 2, GREEN),
        (ONE_BIT, 120, 1, 1, RED),
        (ONE_BIT, 500, 0, 0, GREEN),
        (SMALL, 120, 3, None, RED),
    ],
)
def test_a_cell(
    of: Sample, width_px: int, from_original: int, from_reference: int | None, colour: Colour
) -> None:
    cell = BY_HAND.cell(of, Measure.PHASH, width_px)
    assert isinstance(cell, Cell)
    assert (cell.from_original_bits, cell.from_reference_bits) == (from_original, from_reference)
    assert cell.colour is colour


@pytest.mark.spec("9.7")
def test_a_cell_without_thumbnail_has_its_reason() -> None:
    cell = BY_HAND.cell(SMALL, Measure.PHASH, 960)
    assert isinstance(cell, Skipped)
    assert cell.reason is Reason.NOT_SMALLER


@pytest.mark.parametrize(
    ("width_px", "green", "blue", "red"), [(120, 1, 1, 2), (500, 2, 1, 0), (960, 2, 0, 0)]
)
def test_a_columns_colours(width_px: int, green: int, blue: int, red: int) -> None:
    colours = BY_HAND.colours(Measure.WHASH, width_px)
    assert (colours[GREEN], colours[BLUE], colours[RED]) == (green, blue, red)


@pytest.mark.parametrize(
    ("width_px", "other_px", "expected"),
    [
        (120, 0, {0: 1, 1: 1, 2: 1, 3: 1}),
        (120, 500, {0: 2, 1: 1}),
        (960, 500, {0: 1, 2: 1}),
        (960, 0, {0: 2}),
    ],
)
def test_a_histogram(width_px: int, other_px: int, expected: dict[int, int]) -> None:
    assert bits_of(BY_HAND.histogram(Measure.AHASH, width_px, other_px)) == expected


def test_agreement_in_percent() -> None:
    assert BY_HAND.within(Measure.PHASH, 120).percent == 25.0
    assert BY_HAND.within(Measure.PHASH, 120, bits=2).percent == 75.0
    assert BY_HAND.within(Measure.PHASH, 120, 500) == Share(2, 3)


def test_strangers_are_counted() -> None:
    """0, 0xFF03 (10 ones), 0xF0F0F1 (13), 7<<40 | 7<<30 (6); the second and third share 0xF001 (5)."""
    assert bits_of(BY_HAND.strangers(Measure.PHASH, 120)) == {6: 1, 10: 1, 13: 2, 16: 1, 19: 1}
    assert BY_HAND.nearest_strangers(Measure.PHASH, 120, 10) == [
        (6, "Same.jpg", "[[Small]]|=.jpg"),
        (10, "Same.jpg", "As 500.jpg"),
    ]


def test_a_tolerance_that_confuses_nothing() -> None:
    one = BY_HAND.tolerance(Measure.PHASH, 0, 75)
    assert one is not None
    assert (one.bits, one.covered, one.strangers, one.clear_bits) == (2, Share(3, 4), Share(0, 6), 5)
    assert one.is_recommended
    assert not one.is_sure


def test_a_tolerance_that_confuses_strangers() -> None:
    twin = sample("Another.jpg", 1, 1, None, None)
    study = Study(PLAN, Source.WIKI, (SAME, SMALL, twin))
    one = study.tolerance(Measure.DHASH, 0, 95)
    assert one is not None
    assert (one.bits, one.covered, one.strangers, one.clear_bits) == (3, Share(3, 3), Share(1, 3), 0)
    assert not one.is_recommended
    equal = Study(PLAN, Source.WIKI, (SAME, sample("Equal at 120 px.jpg", 1, 0, None, None)))
    one = equal.tolerance(Measure.DHASH, 0, 95)
    assert one is not None
    assert one.clear_bits is None


def test_twins_are_set_aside() -> None:
    """What looks alike at full size says nothing of thumbnails."""
    twin = sample("Twin.jpg", 0, 1, None, None)
    study = Study(PLAN, Source.WIKI, (SAME, SMALL, twin))
    assert study.twins() == [("Same.jpg", "Twin.jpg")]
    assert bits_of(study.strangers(Measure.AHASH, 120)) == {6: 1, 7: 1}
    assert BY_HAND.twins() == []


def test_either_hash_is_the_nearer() -> None:
    one, other = Fingerprint(0, 0, 0, 0, False), Fingerprint(7, 1, 0xFF, 0xFFFF, False)
    assert [measure.bits(one, other) for measure in Measure] == [3, 1, 8, 16, 1]


@pytest.mark.parametrize(("hits", "count"), [(20, 20), (59, 59), (72, 72), (166, 166)])
def test_the_interval_is_the_exact_one(hits: int, count: int) -> None:
    """Where all agree, its lower end is the share of which that would happen once in 40."""
    low, high = Share(hits, count).interval_percent
    assert low == pytest.approx(100 * 0.025 ** (1 / count))
    assert high == 100
    low, high = Share(0, count).interval_percent
    assert (low, high) == (0, pytest.approx(100 * (1 - 0.025 ** (1 / count))))


@pytest.mark.parametrize(("count", "sure"), [(71, False), (72, True)])
def test_72_pictures_can_be_sure_of_95_percent(count: int, sure: bool) -> None:
    """0.025 to the power of 1/71 is 0.9494, of 1/72 it is 0.9501."""
    samples = tuple(sample(f"{n}.jpg", n, n, n, n) for n in range(count))
    one = Study(PLAN, Source.WIKI, samples).tolerance(Measure.PHASH, 0, 95)
    assert one is not None
    assert one.is_sure is sure


def test_nothing_gives_no_tolerance() -> None:
    assert Study(PLAN, Source.WIKI, ()).tolerances() == []
    assert Share(0, 0).interval_percent == (0, 100)


def test_samples_of_what_was_hashed() -> None:
    flat = Fingerprint(0, 0, 0, 0, low_information=True)
    assert sample_of("a", {0: flat}, PLAN) == Skipped("a", Reason.LOW_INFORMATION)
    assert sample_of("a", Skipped("", Reason.TRUNCATED, "x"), PLAN) == Skipped("a", Reason.TRUNCATED, "x")
    one = sample_of("a", {0: alike(1), 120: alike(1), 500: alike(2)}, PLAN)
    assert isinstance(one, Sample)
    assert list(one.absent) == [960]


@pytest.mark.parametrize(
    ("found", "absent"),
    [({120: alike(1)}, {}), ({0: alike(1), 120: alike(1)}, {120: Skipped("a", Reason.NOT_SMALLER)})],
)
def test_a_sample_is_checked(found: dict[int, Fingerprint], absent: dict[int, Skipped]) -> None:
    with pytest.raises(ValueError, match="a sample has its original"):
        Sample("a", found, absent)


# The plan


@pytest.mark.parametrize(
    ("text", "working_px", "expected"),
    [
        ("", 120, Plan(WIDTHS_PX, 120, 500)),
        ("", 60, Plan((60, *WIDTHS_PX), 60, 500)),
        ("500, 120,250", 120, Plan((120, 250, 500), 120, 500)),
        ("960,250", 120, Plan((250, 960), 250, 960)),
        ("250,250", 120, Plan((250,), 250, 250)),
        ("120,250", 250, Plan((120, 250), 250, 250)),
    ],
)
def test_a_plan_is_read(text: str, working_px: int, expected: Plan) -> None:
    assert plan_of(text, Source.WIKI, working_px) == expected


@pytest.mark.parametrize(
    ("text", "source", "message"),
    [
        ("80,120", Source.WIKI, "no wiki serves 80 px; the standard widths are 20, 40"),
        ("640", Source.WIKI, "no wiki serves 640 px"),
        ("120;250", Source.WIKI, "whole numbers of pixels"),
        ("120,", Source.WIKI, "whole numbers of pixels"),
        ("-120", Source.FOLDER, "whole numbers of pixels"),
        ("12٠", Source.FOLDER, "whole numbers of pixels"),
        ("15", Source.FOLDER, "16 to 3840 px"),
        ("3841", Source.FOLDER, "16 to 3840 px"),
        ("999999999999", Source.FOLDER, "whole numbers of pixels"),
        (",".join(str(px) for px in range(20, 21 + MOST_WIDTHS)), Source.FOLDER, "at most 20"),
    ],
)
def test_wrong_widths_are_refused(text: str, source: Source, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        plan_of(text, source)


def test_a_folder_may_replay_the_seeds_widths() -> None:
    assert plan_of("1280,80,160,320,640", Source.FOLDER) == Plan((80, 160, 320, 640, 1280), 80, 1280)


@pytest.mark.parametrize(
    "plan", [((250, 120), 120, 250), ((120, 120), 120, 120), ((120,), 250, 120), ((120,), 120, 500)]
)
def test_a_plan_is_checked(plan: tuple[tuple[int, ...], int, int]) -> None:
    with pytest.raises(ValueError, match=r"widths ascend|studied themselves"):
        Plan(*plan)


# Laws


@settings(deadline=None)
@given(studies(), ANY_MEASURE, st.sampled_from(PLAN.widths_px))
def test_a_width_equals_itself(study: Study, measure: Measure, width_px: int) -> None:
    itself = study.within(measure, width_px, width_px)
    assert itself.hits == itself.count
    exact = tuple(
        Sample(one.name, dict.fromkeys(one.fingerprints, one.fingerprints[0]), one.absent)
        for one in study.samples
    )
    assert set(Study(PLAN, Source.WIKI, exact).colours(measure, width_px)) <= {GREEN}


@settings(deadline=None)
@given(studies(), ANY_MEASURE, st.sampled_from(PLAN.widths_px))
def test_colours_add_up(study: Study, measure: Measure, width_px: int) -> None:
    colours = study.colours(measure, width_px)
    there = sum(width_px in one.fingerprints for one in study.samples)
    assert colours.total() == there == study.within(measure, width_px, bits=64).hits
    assert colours[GREEN] == study.within(measure, width_px).hits
    assert sum(study.histogram(measure, width_px)) == there
    if there:
        assert sum(Share(colours[one], there).percent for one in Colour) == pytest.approx(100)
    if width_px == PLAN.reference_px:
        assert colours[RED] == 0


@settings(deadline=None)
@given(studies(), st.sampled_from(PLAN.widths_px), st.integers(0, 64))
def test_either_covers_what_one_covers(study: Study, width_px: int, bits: int) -> None:
    either = study.within(Measure.EITHER, width_px, bits=bits).hits
    assert either >= max(study.within(one, width_px, bits=bits).hits for one in HASHES[:2])


@settings(deadline=None)
@given(studies(), ANY_MEASURE, st.sampled_from(PLAN.others_px), st.sampled_from([*TARGETS_PERCENT, 1, 100]))
def test_a_tolerance_covers_what_it_says_and_no_smaller_one_does(
    study: Study, measure: Measure, other_px: int, target_percent: int
) -> None:
    one = study.tolerance(measure, other_px, target_percent)
    both = [s.fingerprints for s in study.samples if {120, other_px} <= s.fingerprints.keys()]
    distances = [measure.bits(fingerprints[120], fingerprints[other_px]) for fingerprints in both]
    if one is None:
        assert both == []
        return
    assert one.covered == Share(sum(bits <= one.bits for bits in distances), len(both))
    assert 100 * one.covered.hits >= target_percent * len(both)
    assert 100 * sum(bits < one.bits for bits in distances) < target_percent * len(both)


@settings(deadline=None)
@given(studies(), ANY_MEASURE)
def test_strangers_are_those_of_a_brute_force(study: Study, measure: Measure) -> None:
    there = [one for one in study.samples if 120 in one.fingerprints]
    pairs = [(one.fingerprints, other.fingerprints) for one, other in combinations(there, 2)]
    apart = [
        measure.bits(one[120], other[120])
        for one, other in pairs
        if one[0].phash != other[0].phash and one[0].dhash != other[0].dhash
    ]
    assert study.strangers(measure, 120) == tuple(apart.count(bits) for bits in range(65))
    for one in study.tolerances():
        if one.measure is measure:
            assert one.strangers == Share(sum(bits <= one.bits for bits in apart), len(apart))
            nearest = min(apart, default=65)
            assert one.clear_bits == (nearest - 1 if nearest else None)
            named = study.nearest_strangers(measure, 120, one.bits)
            assert [bits for bits, _, _ in named] == sorted(bits for bits in apart if bits <= one.bits)
