"""A study of thumbnail sizes for people at a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from faebot_hash.console import by_count, paint, plural, shorten
from faebot_hash.study import Measure, Share, Study, Tolerance
from faebot_hash.study_plan import ORIGINAL_PX

MOST_PAIRS = 10
_NAMES = 14
_COLUMN = 12


def summary_lines(study: Study, *, colour: bool = False) -> list[str]:
    """Sum a study up: how often hashes agree, what tolerance follows, and what it would confuse."""
    plan = study.plan
    widths = ", ".join(map(str, plan.widths_px))
    lines = [
        paint(f"{plural(len(study.samples), 'picture')} at {widths} px", "heading", colour),
        f"  {study.source.value}; at work {plan.working_px} px, reference {plan.reference_px} px",
        *_skipped_lines(study),
    ]
    if not study.samples:
        return lines
    lines += ["", paint("Equal to the original's hash, in % of so many", "heading", colour)]
    lines += _grid(study, ORIGINAL_PX)
    lines += ["", paint(f"Equal to the {plan.reference_px} px thumbnail's", "heading", colour)]
    lines += _grid(study, plan.reference_px)
    tolerances = study.tolerances()
    for other_px in plan.others_px:
        heading = f"Bits to allow between {plan.working_px} px and {width_name(other_px)}"
        lines += ["", paint(heading, "heading", colour)]
        lines += [tolerance_line(one) for one in tolerances if one.other_px == other_px]
    return [*lines, *_stranger_lines(study, tolerances, colour)]


def width_name(width_px: int) -> str:
    """Name a width in a sentence."""
    return "the original" if width_px == ORIGINAL_PX else f"{width_px} px"


def share_text(one: Share) -> str:
    """Write a share with its interval: "97.5 % of 120 (92.9 to 99.5)"."""
    low, high = one.interval_percent
    return f"{one.percent:.1f} % of {one.count:,} ({low:.1f} to {high:.1f})"


def tolerance_line(one: Tolerance) -> str:
    """Tell a recommendation on one line, and what speaks against it."""
    line = (
        f"  {one.measure.value:<{_NAMES}} {one.bits:>2} for {one.target_percent} %: {share_text(one.covered)}"
    )
    if one.is_recommended:
        return f"{line}, none of {plural(one.strangers.count, 'other pair')}"
    clear = "not even 0" if one.clear_bits is None else f"none up to {one.clear_bits}"
    return f"{line}, but also {one.strangers.hits:,} of {plural(one.strangers.count, 'other pair')}; {clear}"


def _skipped_lines(study: Study) -> Iterator[str]:
    for reason, count in by_count(Counter(one.reason for one in study.skipped)):
        yield f"  {count:,} passed over: {reason.sentence}"
    missing = Counter(one.reason for sample in study.samples for one in sample.absent.values())
    for reason, count in by_count(missing):
        yield f"  {plural(count, 'thumbnail')} missing: {reason.sentence}"
    if twins := study.twins():
        pairs = plural(len(twins), "pair")
        yield f"  {pairs} set aside as one picture: pHash or dHash of the originals is equal"


def _grid(study: Study, other_px: int) -> Iterator[str]:
    widths = [px for px in study.plan.widths_px if px != other_px]
    yield "  " + " " * _NAMES + "".join(f"{f'{px} px':>{_COLUMN}}" for px in widths)
    for measure in Measure:
        shares = [study.within(measure, px, other_px) for px in widths]
        cells = (f"{one.percent:.1f} /{one.count:>4}" if one.count else "–" for one in shares)
        yield f"  {measure.value:<{_NAMES}}" + "".join(f"{cell:>{_COLUMN}}" for cell in cells)


def _stranger_lines(study: Study, tolerances: Sequence[Tolerance], colour: bool) -> Iterator[str]:
    """Name the pairs that a tolerance of the bot's two hashes would confuse."""
    bits = max((one.bits for one in tolerances if one.measure is Measure.EITHER), default=0)
    pairs = study.nearest_strangers(Measure.EITHER, study.plan.working_px, bits)
    if not pairs:
        return
    heading = f"{plural(len(pairs), 'pair')} within {plural(bits, 'bit')}: look whether they are one picture"
    yield ""
    yield paint(heading, "heading", colour)
    for apart, one, other in pairs[:MOST_PAIRS]:
        yield f"  {apart:>2}  {shorten(one, 44)}  {shorten(other, 44)}"
    if len(pairs) > MOST_PAIRS:
        yield f"      and {len(pairs) - MOST_PAIRS:,} more"
