"""Checked pictures as text for a terminal of 100 columns."""

from __future__ import annotations

from faebot_hash.console import WIDTH, pad, paint, plural, printable, shorten
from faebot_hash.upload import Checked, Hit, Standing, Tally, Twin

PATH_WIDTH = 54
_INDENT = "    "


def picture_lines(one: Checked, *, colour: bool = False) -> list[str]:
    """Tell about one picture: its standing, then the pages that have it, why not, and its twin."""
    style = one.standing.mark if one.standing.mark == "!" else "quiet"
    path = pad(shorten(one.path, PATH_WIDTH), PATH_WIDTH)
    lines = [f"{one.standing.mark} {path}  {paint(one.standing.sentence, style, colour)}"]
    lines += [f"{_INDENT}{shorten(_page(hit), PATH_WIDTH + 10)}{_bits(hit)}" for hit in one.hits]
    if one.more:
        lines.append(f"{_INDENT}and more")
    if one.why and one.standing is Standing.UNREADABLE:
        detail = f" ({printable(one.why.detail)})" if one.why.detail else ""
        lines.append(_INDENT + shorten(f"{one.why.reason.sentence}{detail}", WIDTH - len(_INDENT)))
    if one.twin:
        lines.append(f"{_INDENT}twice: as {shorten(one.twin.path, PATH_WIDTH)}{_bits(one.twin)}")
    return lines


def total_lines(tally: Tally, *, colour: bool = False) -> list[str]:
    """Sum a run up, and say what follows from it."""
    found = [(count, one.sentence) for one in Standing if (count := tally.standings[one])]
    found += [(tally.twins, "twice among these pictures")] if tally.twins else []
    pictures = sum(tally.standings.values())
    digits = len(f"{pictures:,}")
    lines = ["", paint(f"In all {plural(pictures, 'picture')}", "heading", colour)]
    lines += [f"  {count:>{digits},}  {sentence}" for count, sentence in found]
    return [*lines, _verdict(tally, colour)]


def _verdict(tally: Tally, colour: bool) -> str:
    unknown = sum(count for one, count in tally.standings.items() if one.is_unknown)
    there = sum(count for one, count in tally.standings.items() if one.is_there)
    if there or tally.twins:
        return paint("! Look at the lines marked “!” or “twice” before you upload.", "!", colour)
    if unknown:
        return f"? Nothing is known of {plural(unknown, 'picture')}: the lines marked “?”"
    return paint("All are new to the index.", "+", colour)


def _page(hit: Hit) -> str:
    return f"File:{hit.title}" if hit.title else f"page {hit.page_id}"


def _bits(near: Hit | Twin) -> str:
    return "" if near.phash_bits is None else f"  pHash {near.phash_bits}, dHash {near.dhash_bits}"
