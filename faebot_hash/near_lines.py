"""Near matches as text for a terminal of 100 columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from faebot_hash.console import WIDTH, because, pad, paint, plural, shorten, sum_lines
from faebot_hash.near import NearFound
from faebot_hash.near_pairs import NearGroup, WhyNear
from faebot_hash.reasons import Reason, Skipped

TITLE_WIDTH = 46
_REST = WIDTH - TITLE_WIDTH - 18


def near_lines(found: NearFound, *, colour: bool = False) -> list[str]:
    """Tell about one slice: each primary file with those near it, and what is known of their pages."""
    lines = [paint(shorten(found.part.key, WIDTH), "heading", colour)]
    near = plural(len(found.pairs), "near pair") if found.pairs else "no near matches"
    lines.append(f"  {plural(found.listed, 'file')} · {found.hashed:,} hashed · {near}")
    for group in found.groups:
        lines += ["", *_group_lines(group, found, colour)]
    return lines


def total_lines(found: Iterable[NearFound | Skipped], *, colour: bool = False) -> list[str]:
    """Sum a run up."""
    sizes, reasons = Counter[str](), Counter[Reason]()
    for one in found:
        if isinstance(one, Skipped):
            reasons[one.reason] += 1
            continue
        sizes += Counter({"slices": 1, "files listed": one.listed, "files hashed": one.hashed})
        sizes += Counter({"near pairs": len(one.pairs), "galleries": len(one.groups)})
        reasons.update(skipped.reason for skipped in one.skipped)
    names = ("slices", "files listed", "files hashed", "near pairs", "galleries")
    return sum_lines({name: sizes[name] for name in names}, Counter(), reasons, colour)


def _group_lines(group: NearGroup, found: NearFound, colour: bool) -> list[str]:
    heading = pad(f"  {shorten(group.primary.file.title, TITLE_WIDTH)}", TITLE_WIDTH + 4)
    columns = paint("pHash dHash", "quiet", colour)
    lines = [paint(heading, "heading", colour) + columns + _note(found.note(group.primary.file.page_id))]
    for one in group.equals:
        lines.append(f"  = {shorten(one.file.title, TITLE_WIDTH)}")
    for pair in group.pairs:
        title = pad(shorten(pair.second.file.title, TITLE_WIDTH), TITLE_WIDTH)
        why = "" if pair.why is WhyNear.DISTANCE else f"  {shorten(pair.why.value, _REST)}"
        note = why or _note(found.note(pair.second.file.page_id))
        lines.append(f"  · {title}{pair.phash_bits:>5} {pair.dhash_bits:>5}{note}")
    return lines


def _note(note: Skipped | None) -> str:
    return f"  {shorten(because(note), _REST)}" if note else ""
