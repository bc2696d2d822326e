"""The statistics: the share and its interval, the plots, and tables that tell the same numbers."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from faebot_hash.adapters.review_reader import DayCount, DistanceCount, ReviewCounts
from faebot_hash.judgements import Judgement
from faebot_hash.model import HashKind
from faebot_hash.web.plots import WIDTH, Series, columns, lying
from faebot_hash.web.statistics import Share, statistics
from tests.review_world import EMPTY, Shelf, on
from tests.web_page import Page

DAY = date(2026, 10, 1)


def counts(**given: object) -> ReviewCounts:
    return ReviewCounts(**({**vars(EMPTY), **given}))  # type: ignore[arg-type]


def distance(kind: HashKind, bits: int, judgement: Judgement, pairs: int) -> DistanceCount:
    return DistanceCount(kind, bits, judgement, pairs)


FULL = counts(
    open_cases=41,
    unjudged_cases=1,
    by_day=(
        DayCount(DAY, Judgement.DUPLICATES, 5),
        DayCount(DAY + timedelta(days=2), Judgement.OTHER_VERSION, 1),
    ),
    distances=(
        distance(HashKind.PHASH, 0, Judgement.DUPLICATES, 1_230),
        distance(HashKind.PHASH, 2, Judgement.NOT_DUPLICATES, 2),
        distance(HashKind.PHASH, 2, Judgement.OTHER_VERSION, 1),
        distance(HashKind.PHASH, 11, Judgement.CANNOT_TELL, 4),
        distance(HashKind.DHASH, 1, Judgement.NOT_DUPLICATES, 77),
    ),
    tagged=(("us-army", 812), ("us-navy", 1_644)),
    nominations=412,
    taken_back=6,
)


def page_of(counted: ReviewCounts) -> Page:
    answer = on(Shelf([], counted=counted)).visitor().get("/statistics")
    assert answer.status_code == 200
    return Page(answer.text)


# The share


@given(st.integers(1, 5_000).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole))))
def test_the_interval_is_wilsons(told: tuple[int, int]) -> None:
    part, whole = told
    expected = binomtest(part, whole).proportion_ci(0.95, "wilson")
    low, high = Share(part, whole).interval_percent
    assert low == pytest.approx(100 * expected.low, abs=1e-4)
    assert high == pytest.approx(100 * expected.high, abs=1e-4)
    assert 0 <= low <= Share(part, whole).percent + 1e-9
    assert Share(part, whole).percent - 1e-9 <= high <= 100


def test_false_positives_are_what_people_keep_apart_of_what_they_could_tell() -> None:
    shown = statistics(FULL)
    assert shown.wrong == Share(3, 1_233)
    assert shown.undecided == 4
    assert shown.taken_back == Share(6, 412)


def test_without_a_verdict_that_tells_there_is_no_rate() -> None:
    only = counts(distances=(distance(HashKind.PHASH, 3, Judgement.CANNOT_TELL, 4),))
    assert statistics(only).wrong is None
    assert statistics(EMPTY).wrong is None


# The plots


def test_distances_are_counted_by_verdict_and_reach_as_far_as_needed() -> None:
    plot = statistics(FULL).distances[HashKind.PHASH]
    assert plot is not None
    assert plot.names == tuple(map(str, range(12)))
    numbers = {one.name: [n for n in enumerate(one.counts) if n[1]] for one in plot.series}
    assert numbers == {
        "duplicates": [(0, 1_230)], "not duplicates": [(2, 2)], "other version": [(2, 1)],
        "can't tell": [(11, 4)],
    }  # fmt: skip
    plot = statistics(FULL).distances[HashKind.DHASH]
    assert plot is not None
    assert plot.names == tuple(map(str, range(9)))


@pytest.mark.parametrize(
    ("days", "span", "names"),
    [
        (1, "day", ["10-01"]),
        (3, "day", ["10-01", "10-02", "10-03"]),
        (31, "day", None),
        (32, "week", ["09-28", "10-05", "10-12", "10-19", "10-26"]),
        (400, "month", None),
    ],
)
def test_verdicts_are_counted_by_day_week_or_month(days: int, span: str, names: list[str] | None) -> None:
    last = DAY + timedelta(days=days - 1)
    rows = [DayCount(day, Judgement.DUPLICATES, 1) for day in dict.fromkeys((DAY, last))]
    shown = statistics(counts(by_day=tuple(rows)))
    assert shown.span == span
    assert shown.over_time is not None
    assert names is None or list(shown.over_time.names) == names
    assert sum(shown.over_time.series[0].counts) == len(rows)
    assert len(shown.over_time.names) <= 31


def test_many_collections_are_summed_up_at_the_end() -> None:
    tagged = tuple((f"c{n:02}", n) for n in range(1, 31))
    plot = statistics(counts(tagged=tagged)).tagged
    assert plot is not None
    assert plot.names[0] == "c30"
    assert plot.names[-1] == "10 others"
    assert sum(plot.series[0].counts) == sum(range(1, 31))


COUNTS = st.lists(st.tuples(*4 * [st.integers(0, 10**7)]), min_size=1, max_size=80)


@given(COUNTS)
def test_columns_stand_inside_the_plot_and_are_as_high_as_they_count(rows: list[tuple[int, ...]]) -> None:
    series = [Series(str(n), tuple(row[n] for row in rows)) for n in range(4)]
    plot = columns([str(n) for n in range(len(rows))], series)
    assert len(plot.bars) == sum(1 for row in rows for count in row if count)
    top = max(int(tick.label.replace(",", "")) for tick in plot.down)
    assert top >= max(map(sum, rows))
    unit = (plot.base - plot.down[-1].at) / top
    for bar in plot.bars:
        assert plot.left <= bar.x
        assert bar.x + bar.width <= plot.right + 0.2
        assert bar.y >= plot.down[-1].at - 0.2
        assert bar.y + bar.height <= plot.base + 0.2
    assert sum(bar.height for bar in plot.bars) == pytest.approx(
        unit * sum(map(sum, rows)), abs=0.06 * len(plot.bars) + 0.001 * unit * sum(map(sum, rows)) + 0.1
    )
    assert 2 <= len(plot.down) <= 6


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=30))
def test_lying_bars_are_as_long_as_they_count(values: list[int]) -> None:
    plot = lying([str(n) for n in range(len(values))], Series("files", tuple(values)))
    top = int(plot.across[-1].label.replace(",", ""))
    for bar, value in zip(plot.bars, values, strict=True):
        assert bar.width == pytest.approx((plot.across[-1].at - plot.left) * value / top, abs=0.2)
        assert bar.x + bar.width <= WIDTH
        assert bar.y + bar.height <= plot.height


# The page


def test_the_page_tells_shares_and_what_they_are_measured_on() -> None:
    text = page_of(FULL).text
    low, high = (f"{one:.1f}" for one in Share(3, 1_233).interval_percent)
    assert "1 of 41 open families waits for a verdict" in text
    assert "0.2 % 3 pairs of 1,233 with a verdict are judged" in text
    assert f"between {low} and {high} %" in text
    assert "no random sample" in text
    assert "4 pairs with can't tell alone are left out" in text
    assert "6 nominations of 412 were taken back" in text


def test_each_plot_has_a_name_and_a_table_with_its_numbers() -> None:
    page = page_of(FULL)
    plots = page.all("svg", role="img")
    ids = {attrs["id"] for tag, attrs in page.elements if tag == "title" and "id" in attrs}
    assert len(plots) == 6
    assert {one["aria-labelledby"] for one in plots} == ids
    assert len(page.all("table")) == 4
    assert "Bits apart duplicates not duplicates other version can't tell 0 1,230 0 0 0" in page.text
    assert (
        "Day duplicates not duplicates other version can't tell 10-01 5 0 0 0 10-02 0 0 0 0 10-03 0 0 1 0"
        in page.text
    )
    assert "Collection files us-navy 1,644 us-army 812" in page.text
    assert not [attrs for _, attrs in page.elements if "style" in attrs]
    assert not page.all("script")
    assert len(page.all("h1")) == 1


def test_an_empty_store_says_what_is_missing() -> None:
    page = page_of(EMPTY)
    for told in (
        "0 of 0 open families wait",
        "No pair with a known pHash distance has a verdict yet, so there is no rate.",
        "No pair with a known dHash distance has a verdict yet.",
        "Nobody has given a verdict yet.",
        "The store knows of no file that was put into the review category.",
        "The store knows of no nomination.",
    ):
        assert told in page.text
    assert not page.all("svg")


@pytest.mark.parametrize("name", ["<script>x</script>", "a\"b'c", "&amp;", "x" * 300])
def test_names_of_collections_are_text(name: str) -> None:
    page = page_of(counts(tagged=((name, 5),)))
    assert name in page.text
    assert not page.all("script")


def test_unknown_questions_are_refused() -> None:
    assert on(Shelf([])).visitor().get("/statistics?x=1").status_code == 400
