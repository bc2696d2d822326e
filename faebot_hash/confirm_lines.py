"""What confirming found and did, as text for a terminal of 100 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from faebot_hash.confirm_tally import ConfirmTally
from faebot_hash.console import (
    WIDTH,
    Decision,
    mark_of,
    pad,
    paint,
    plural,
    printable,
    shorten,
    subject,
    sum_lines,
    told,
)
from faebot_hash.dossier import Dossier, Entry, dossier, kept
from faebot_hash.family import Bond, Confirmed, Ruling
from faebot_hash.likeness import Verdict

TITLE_WIDTH = 53
_COLUMNS = f"{'as':>3}  {'verdict':<13}  pHash dHash  score"


def confirmed_lines(
    confirmed: Confirmed, applied: Sequence[Decision] = (), *, colour: bool = False
) -> list[str]:
    """Tell about one family: its bonds, which file is kept, then each file with all that is known of it.

    The marks are those of ``report.found_lines``. "as 1" says that a verdict is on a file and number 1.
    """
    one = dossier((confirmed, applied))
    verdict = f" · {one.verdict.value}" if one.verdict else " · nothing could be compared"
    lines = [paint(f"{plural(len(one.entries), 'file')}{verdict}", "heading", colour)]
    for bond in confirmed.family.bonds:
        lines += _wrapped(f"{_numbers(one, bond)}: {printable(bond.evidence)}", 2)
    for ruling in confirmed.rulings:
        lines += _wrapped(_ruling(one, ruling), 2)
    lines.append(paint(" " * (TITLE_WIDTH + 9) + _COLUMNS, "quiet", colour).rstrip())
    digits = len(str(len(one.entries)))
    for entry in one.entries:
        lines += _entry_lines(entry, digits, colour)
    for decision in one.others:
        mark = mark_of(decision)
        lines += _marked(mark, _wrapped(f"{printable(subject(decision))}: {told(decision)}", 4), colour)
    return lines


def total_lines(tally: ConfirmTally, *, colour: bool = False) -> list[str]:
    """Sum a run up: sizes, verdicts, the share of identical files, what was done and what was left out."""
    sizes = {
        "families": tally.families,
        "files": tally.files,
        "originals read": tally.read,
        f"identical to another ({tally.identical_percent:.1f} %; the casebook found about 20 %)": (
            tally.identical
        ),
        **{verdict.value: tally.verdicts[verdict] for verdict in Verdict if tally.verdicts[verdict]},
    }
    return sum_lines(sizes, tally.outcomes, tally.reasons, colour)


def _numbers(one: Dossier, bond: Bond) -> str:
    return " = ".join(str(e.number) for e in one.entries if e.file.page_id in bond.page_ids)


def _ruling(one: Dossier, ruling: Ruling) -> str:
    numbers = ", ".join(str(one.entry(file.page_id).number) for file in ruling.group)
    keeper = ruling.ranking.keeper
    keep = f"keep {one.entry(keeper.evidence.page_id).number}, " if keeper else ""
    return f"identical {numbers}: {keep}{kept(ruling.ranking)}"


def _entry_lines(entry: Entry, digits: int, colour: bool) -> Iterator[str]:
    mark = mark_of(*entry.decisions)
    width = TITLE_WIDTH + 3 - digits
    name = pad(shorten(entry.file.title, width), width)
    against = "–" if entry.against is None else str(entry.against)
    verdict = entry.comparison.verdict.value if entry.comparison else "–"
    phash_bits, dhash_bits = entry.bits or ("–", "–")
    score = str(entry.score.total) if entry.score else "–"
    yield (
        f"  {paint(mark, mark, colour)} {entry.number:>{digits}} {name} "
        f"{against:>3}  {verdict:<13}  {phash_bits:>5} {dhash_bits:>5}  {score:>5}"
    )
    for reason in entry.comparison.reasons if entry.comparison else ():
        yield from _wrapped(printable(reason), 6)
    if entry.score:
        for point in entry.score.points:
            yield from _wrapped(f"{point.points:+d} {printable(point.reason)}", 6)
        if entry.score.unknown:
            subjects = ", ".join(criterion.subject for criterion in entry.score.unknown)
            yield from _wrapped(f"unknown: {subjects}", 6)
    for what in [told(decision) for decision in entry.decisions] or [entry.undecided]:
        yield from _wrapped(f"→ {what}", 6)


def _marked(mark: str, lines: Iterable[str], colour: bool) -> Iterator[str]:
    for n, line in enumerate(lines):
        yield f"  {paint(mark, mark, colour)} {line[4:]}" if n == 0 else line


def _wrapped(text: str, indent: int) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + 2),
        break_on_hyphens=False,
    )
