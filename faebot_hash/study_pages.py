"""The seed's coloured tables as wikitext: one for each hash, told by signs and words as well as by colour."""

from __future__ import annotations

from collections.abc import Iterator

from faebot_hash.console import plural
from faebot_hash.escape import file_link, plain
from faebot_hash.reasons import Skipped
from faebot_hash.study import Cell, Colour, Measure, Study
from faebot_hash.study_lines import share_text, width_name
from faebot_hash.study_plan import Source

INK = "#202122"
BACKGROUNDS = {Colour.GREEN: "#aee3bc", Colour.BLUE: "#b3d1f7", Colour.RED: "#f7b9b3"}
"""Chosen for dark text on them; they differ in lightness too little to tell alone, hence the signs."""

LONGEST_NAME = 120


def page(study: Study, measure: Measure) -> str:
    """Write the table of one hash, with its key, its sums and the tolerance that follows."""
    return "\n".join([*_key(study, measure), "", *_table(study, measure), "", *_sums(study, measure), ""])


def _key(study: Study, measure: Measure) -> Iterator[str]:
    reference = f"{study.plan.reference_px} px"
    yield (
        f"Does the {measure.value} of a thumbnail equal the original's? "
        f"{plural(len(study.samples), 'picture')}; {study.source.value}."
    )
    yield ""
    yield f"* {_painted(Colour.GREEN, '= same')} The hash is identical to that of the original."
    yield (
        f"* {_painted(Colour.BLUE, f'≈ as {reference}')} It matches the hash of the {reference} thumbnail, "
        f"but not that of the original. The column {reference} matches itself, so it never differs."
    )
    yield f"* {_painted(Colour.RED, '≠ 2 bits')} It differs from that of the original by so many of 64 bits."
    yield "* – There is no such thumbnail: the original is not wider, or its download failed."


def _table(study: Study, measure: Measure) -> Iterator[str]:
    widths = study.plan.widths_px
    yield '{| class="wikitable" style="text-align:center"'
    yield f"|+ {measure.value}"
    yield "|-"
    yield '! scope="col" | File'
    for width_px in widths:
        yield f'! scope="col" | {width_px} px'
    for number, sample in enumerate(study.samples, start=1):
        yield "|-"
        yield f'! scope="row" style="text-align:left" | {number}. {_name(study, sample.name)}'
        for width_px in widths:
            yield _cell_line(study, study.cell(sample, measure, width_px))
    for colour, name in (
        (Colour.GREEN, "as the original"),
        (Colour.BLUE, f"as {study.plan.reference_px} px"),
        (Colour.RED, "neither"),
    ):
        yield "|-"
        yield f'! scope="row" style="text-align:left" | {colour.value} {name}'
        for width_px in widths:
            colours = study.colours(measure, width_px)
            total = colours.total()
            yield f"| {colours[colour]} ({100 * colours[colour] / total:.0f} %)" if total else "| –"
    yield "|}"


def _sums(study: Study, measure: Measure) -> Iterator[str]:
    for one in study.tolerances():
        if one.measure is measure:
            covers = "covers" if one.bits == 1 else "cover"
            yield (
                f"* {one.target_percent} %: {plural(one.bits, 'bit')} between {one.width_px} px and "
                f"{width_name(one.other_px)} {covers} {share_text(one.covered)}, and "
                f"{one.strangers.hits:,} of {plural(one.strangers.count, 'pair')} of other pictures."
            )


def _name(study: Study, name: str) -> str:
    return file_link(name) if study.source is Source.WIKI else plain(name, LONGEST_NAME)


def _cell_line(study: Study, cell: Cell | Skipped) -> str:
    if isinstance(cell, Skipped):
        return "| –"
    words = {
        Colour.GREEN: "= same",
        Colour.BLUE: f"≈ as {study.plan.reference_px} px ({plural(cell.from_original_bits, 'bit')})",
        Colour.RED: f"≠ {plural(cell.from_original_bits, 'bit')}",
    }
    return f'| style="{_style(cell.colour)}" | {words[cell.colour]}'


def _painted(colour: Colour, text: str) -> str:
    return f'<span style="{_style(colour)}; padding:0 0.3em">{text}</span>'


def _style(colour: Colour) -> str:
    # Both are given, because a page in dark mode would else put light text on a light ground.
    return f"background:{BACKGROUNDS[colour]}; color:{INK}"
