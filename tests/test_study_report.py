"""What a study says: the seed's tables, cells, everything as JSON, a terminal's summary and the chart."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import mwparserfromhell
import pytest
from hypothesis import given, settings
from PIL import Image

from faebot_hash import study_chart
from faebot_hash.errors import SettingsError
from faebot_hash.study import HASHES, Colour, Measure, Study
from faebot_hash.study_lines import share_text, summary_lines
from faebot_hash.study_pages import BACKGROUNDS, INK, page
from faebot_hash.study_plan import Source
from faebot_hash.study_table import COLUMNS, csv_rows, to_json
from tests.studies import BY_HAND, PLAN, sample, studies

PAGES = Path(__file__).parent / "pages" / "study"
SVG = "{http://www.w3.org/2000/svg}"


def channels(colour: str) -> list[float]:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def luminance(colour: str) -> float:
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), channels(colour), strict=True))


def tree(svg: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(svg)  # noqa: S314 - our own chart


# The tables


def test_the_page_is_as_written_by_hand() -> None:
    assert page(BY_HAND, Measure.PHASH) == (PAGES / "pHash.wiki").read_text(encoding="utf-8")


def test_each_hash_has_its_page() -> None:
    pages = {measure.value: page(BY_HAND, measure) for measure in HASHES}
    for name, text in pages.items():
        assert text.replace(name, "pHash") == pages["pHash"]


@pytest.mark.parametrize("colour", Colour)
def test_text_on_a_colour_can_be_read(colour: Colour) -> None:
    """WCAG 2.2, 1.4.6: a contrast of 7 for everybody."""
    assert (luminance(BACKGROUNDS[colour]) + 0.05) / (luminance(INK) + 0.05) >= 7


def test_signs_tell_without_colour() -> None:
    text = re.sub(r'style="[^"]*"', "", page(BY_HAND, Measure.PHASH))
    cells = [line.removeprefix("|").lstrip(" |") for line in text.splitlines() if line.startswith("|  |")]
    assert [cell[0] for cell in cells] == [*"===", *"≈≈=", *"≠=", "≠"]


@pytest.mark.parametrize("source", Source)
def test_hostile_names_do_nothing(source: Source) -> None:
    names = ["{{delete}}", "x]] [[Category:A]]", "|}\n{| <script>.jpg", "'''~~~~", "-\udcff.jpg"]
    text = page(Study(PLAN, source, tuple(sample(name, 0, 0, 0, 0) for name in names)), Measure.PHASH)
    code = mwparserfromhell.parse(text)
    assert code.filter_templates() == []
    assert all(str(link.title).startswith(":File:") for link in code.filter_wikilinks())
    assert text.count("\n{|") == text.count("\n|}") == 1
    assert not re.search("<(?!/?span)", text)
    assert "~~~" not in text
    text.encode()


@settings(max_examples=30, deadline=None)
@given(studies())
def test_each_row_has_a_cell_for_each_width(study: Study) -> None:
    rows = page(study, Measure.DHASH).split("\n|-\n")[1:]
    assert len(rows) == 1 + len(study.samples) + len(Colour)
    for row in rows[1:]:
        assert sum(line.startswith("| ") for line in row.partition("\n|}")[0].splitlines()) == 3


# For machines


def test_the_cells_as_csv() -> None:
    rows = list(csv_rows(BY_HAND))
    assert rows[0] == COLUMNS
    assert len(rows) == 1 + 4 * 4 * 3
    assert rows[1] == ("Same.jpg", "pHash", 120, 0, 0, "green", "")
    assert ("As 500.jpg", "dHash", 120, 2, 0, "blue", "") in rows
    assert ("[[Small]]|=.jpg", "wHash", 120, 3, "", "red", "") in rows
    assert ("[[Small]]|=.jpg", "wHash", 500, "", "", "", "not_smaller") in rows


def test_a_name_is_no_formula() -> None:
    study = Study(PLAN, Source.FOLDER, (sample("=1+1.jpg", 0, 0, 0, 0),))
    assert {row[0] for row in list(csv_rows(study))[1:]} == {"'=1+1.jpg"}


def test_everything_as_json() -> None:
    told = json.loads(json.dumps(to_json(BY_HAND), allow_nan=False))
    assert (told["working_px"], told["reference_px"], told["widths_px"]) == (120, 500, [120, 500, 960])
    assert told["samples"][1]["fingerprints"]["120"]["phash"] == "000000000000ff03"
    assert told["samples"][3]["absent"]["960"]["reason"] == "not_smaller"
    assert [one["file"] for one in told["skipped"]] == ["Fog.jpg"]
    (column,) = [one for one in told["agreement"] if (one["hash"], one["width_px"]) == ("pHash", 120)]
    assert (column["green"], column["blue"], column["red"]) == (1, 1, 2)
    assert column["with_original"]["percent"] == 25.0
    (histogram,) = [
        one["files_by_bits"]
        for one in told["histograms"]
        if (one["hash"], one["width_px"], one["other_px"]) == ("pHash", 120, 0)
    ]
    assert histogram == {"0": 1, "1": 1, "2": 1, "3": 1}
    tolerance = told["tolerances"][0]
    assert (tolerance["hash"], tolerance["bits"], tolerance["clear_bits"]) == ("pHash", 3, 5)
    assert set(told["versions"]) == {"pillow", "imagehash"}


@settings(max_examples=30, deadline=None)
@given(studies())
def test_csv_and_json_tell_the_same(study: Study) -> None:
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows(csv_rows(study))
    rows = list(csv.DictReader(io.StringIO(stream.getvalue(), newline="")))
    told = json.loads(json.dumps(to_json(study), allow_nan=False))
    for one in told["agreement"]:
        if one["hash"] != Measure.EITHER.value:
            cells = [
                row["colour"]
                for row in rows
                if (row["hash"], row["width_px"]) == (one["hash"], str(one["width_px"])) and row["colour"]
            ]
            assert [cells.count(name) for name in ("green", "blue", "red")] == [
                one["green"],
                one["blue"],
                one["red"],
            ]


# For people


def test_a_share_is_told_with_its_interval() -> None:
    assert share_text(BY_HAND.within(Measure.PHASH, 120)) == "25.0 % of 4 (0.6 to 80.6)"


def test_the_summary_tells_what_matters() -> None:
    text = "\n".join(summary_lines(BY_HAND))
    for sentence in (
        "4 pictures at 120, 500, 960 px",
        "1 passed over: flat or nearly flat: its hashes say nothing",
        "3 thumbnails missing: the original is not wider than the thumbnail",
        "  pHash           25.0 /   4  66.7 /   3 100.0 /   2",
        "  pHash           3 for 95 %: 100.0 % of 4 (39.8 to 100.0), none of 6 other pairs",
    ):
        assert sentence in text


def test_the_summary_names_who_would_be_confused() -> None:
    twins = (
        sample("One.jpg", 1, 0, 0, 0),
        sample("Other.jpg", 0, 0, 0, 0),
        sample("Far.jpg", 255, 255, 255, 255),
    )
    text = "\n".join(summary_lines(Study(PLAN, Source.WIKI, twins)))
    assert "but also 1 of 3 other pairs; not even 0" in text
    assert "1 pair within 1 bit: look whether they are one picture" in text
    assert re.search(r" 0  One\.jpg +Other\.jpg", text)


def test_the_summary_sets_twins_aside() -> None:
    twins = (sample("One.jpg", 1, 1, 1, 1), sample("Other.jpg", 1, 1, 1, 1))
    study = Study(PLAN, Source.WIKI, twins)
    text = "\n".join(summary_lines(study))
    assert "1 pair set aside as one picture: pHash or dHash of the originals is equal" in text
    assert "none of 0 other pairs" in text
    assert to_json(study)["twins"] == [["One.jpg", "Other.jpg"]]


def test_an_empty_study_says_so() -> None:
    assert summary_lines(Study(PLAN, Source.WIKI, ()))[0] == "0 pictures at 120, 500, 960 px"


@settings(max_examples=30, deadline=None)
@given(studies())
def test_no_line_is_too_long_and_colour_changes_nothing_but_colour(study: Study) -> None:
    lines = summary_lines(study)
    assert max(map(len, lines)) <= 130
    assert [re.sub("\x1b\\[[0-9;]*m", "", line) for line in summary_lines(study, colour=True)] == lines


# The chart


@pytest.fixture(scope="module")
def charts() -> dict[str, bytes]:
    return study_chart.charts(BY_HAND)


def test_the_chart_has_a_bar_for_each_number_of_bits(charts: dict[str, bytes]) -> None:
    """Up to 3 bits differ, and no histogram has fewer than five bars."""
    root = tree(charts["svg"])
    ids = {node.get("id", "") for node in root.iter(f"{SVG}g")}
    assert {one for one in ids if one.startswith("bar-")} == {
        f"bar-{measure.value}-{bits}" for measure in HASHES for bits in range(5)
    }


def test_bars_are_as_high_as_their_counts() -> None:
    """Two samples without a differing bit, one with six: seven bars, the first twice as high as the last."""
    samples = (
        *(sample(f"{n}.jpg", n << 20, n << 20, None, None) for n in (1, 2)),
        sample("x.jpg", 63, 0, None, None),
    )
    root = tree(study_chart.charts(Study(PLAN, Source.WIKI, samples))["svg"])
    heights = []
    for bits in range(7):
        (bar,) = [node for node in root.iter(f"{SVG}g") if node.get("id") == f"bar-pHash-{bits}"]
        path = bar.find(f"{SVG}path")
        assert path is not None
        ys = [float(y) for y in re.findall(r"[ML] \S+ (\S+)", path.get("d", ""))]
        heights.append(max(ys) - min(ys))
    assert heights[0] == pytest.approx(2 * heights[6], rel=1e-3)
    assert heights[6] > 10
    assert heights[1:6] == [0] * 5


def test_the_chart_names_hashes_and_widths(charts: dict[str, bytes]) -> None:
    text = " ".join(tree(charts["svg"]).itertext())
    for word in (
        "pHash",
        "dHash",
        "aHash",
        "wHash",
        "pHash or dHash",
        "120 px",
        "960 px",
        "of 4",
        "the original",
    ):
        assert word in text


def test_equal_studies_are_equal_charts(charts: dict[str, bytes]) -> None:
    assert study_chart.charts(BY_HAND) == charts


def test_the_chart_as_png_is_small(charts: dict[str, bytes]) -> None:
    with Image.open(io.BytesIO(charts["png"])) as picture:
        assert picture.size == (800, 560)
    assert len(charts["png"]) < 100_000


@pytest.mark.parametrize(
    "study", [Study(PLAN, Source.WIKI, ()), Study(PLAN, Source.WIKI, BY_HAND.samples[3:])]
)
def test_a_poor_study_has_a_chart_too(study: Study) -> None:
    assert study_chart.charts(study)["png"]


def test_matplotlib_is_imported_only_for_a_chart() -> None:
    program = "import sys, faebot_hash.thumbsize; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    study_chart.require()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SettingsError, match=r"pip install 'faebot_hash\[plots\]'"):
        study_chart.require()
