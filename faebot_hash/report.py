"""What was found and done, as text for a terminal of 100 columns and as JSON."""

from __future__ import annotations

import textwrap
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from faebot_hash.console import (
    ATTENTION,
    MARKS,
    WIDTH,
    Decision,
    because,
    json_decision,
    mark_of,
    needs_attention,
    pad,
    paint,
    plural,
    printable,
    shorten,
    sum_lines,
    what_happened,
    with_rule,
)
from faebot_hash.edits import Applied, Found, Outcome
from faebot_hash.model import DuplicateSet, HashedFile
from faebot_hash.reasons import Reason, Skipped
from faebot_hash.tally import Tally

TITLE_WIDTH = 46
ACTION_WIDTH = 36


def found_lines(
    found: Found | Skipped, applied: Sequence[Decision] = (), *, colour: bool = False
) -> list[str]:
    """Tell about one slice: a heading, each set with what was done with each file, then the files left out.

    A mark opens each line: + tagged, ~ would be, - declined, ! needs attention, · left as it is.
    """
    if isinstance(found, Skipped):
        return [skipped_line(found, colour=colour)]
    decisions = _decisions(found, applied)
    members = {member.file.title for one in found.sets for member in one.members}
    lines = [paint(shorten(found.part.key, WIDTH), "heading", colour), _counts(found, decisions)]
    for one in found.sets:
        lines += ["", *_set_lines(one, decisions, colour)]
    left_out = [one for name, all_of in decisions.items() if name not in members for one in all_of]
    return lines + _left_out_lines(left_out, colour)


def skipped_line(skipped: Skipped, *, colour: bool = False) -> str:
    """Tell in one line why a seed or a slice was passed over."""
    mark = mark_of(skipped)
    return f"{paint(mark, mark, colour)} {shorten(skipped.what, TITLE_WIDTH)}: {because(skipped)}"


def edit_line(applied: Applied) -> str:
    """Tell in one line, for a log, what became of one proposal."""
    match, file = applied.proposal.match, applied.proposal.file
    if match is None:
        return f"{printable(file.title)}: {because(applied)}"
    equal_to = match.partners[0].title if len(match.partners) == 1 else f"{len(match.partners)} files"
    why = f"{match.kind.value} {match.value:016x}, equal to {printable(equal_to)}"
    return f"{printable(file.title)}: {because(applied)}; {why}"


def stop_sentence(applied: Applied) -> str:
    """Say why a run ends at an edit, and what to do."""
    return f"stopped at File:{applied.proposal.file.title}: {because(applied)}; run again later"


def total_lines(tally: Tally, *, colour: bool = False) -> list[str]:
    """Sum a run up: the sizes, then what was done and what was left out, most frequent first."""
    sizes = {
        "slices": tally.slices,
        "files listed": tally.listed,
        "files hashed": tally.hashed,
        "duplicate sets": tally.sets,
    }
    return sum_lines(sizes, tally.outcomes, tally.reasons, colour)


def to_json(found: Found | Skipped, applied: Sequence[Decision] = ()) -> dict[str, Any]:
    """Give the same facts for machines: whole titles, hashes as 16 hex digits, keys always in this order."""
    if isinstance(found, Skipped):
        return {"skipped": found.what, **json_decision(found)}
    decisions = _decisions(found, applied)
    members = {member.file.title for one in found.sets for member in one.members}
    return {
        "slice": {"kind": found.part.kind.value, "key": found.part.key, "query": found.part.query},
        "hits": found.hits,
        "listed": found.listed,
        "hashed": found.hashed,
        "sets": [_json_set(one, decisions) for one in found.sets],
        "left_out": [
            {"what": name, **json_decision(one)}
            for name, all_of in decisions.items()
            if name not in members
            for one in all_of
        ],
    }


def _decisions(found: Found, applied: Iterable[Decision]) -> dict[str, list[Decision]]:
    by_title: dict[str, list[Decision]] = defaultdict(list)
    for one in (*found.skipped, *applied):
        title = one.proposal.file.title if isinstance(one, Applied) else one.what
        by_title[title.removeprefix("File:")].append(one)
    return dict(by_title)


def _counts(found: Found, decisions: dict[str, list[Decision]]) -> str:
    every = [one for all_of in decisions.values() for one in all_of]
    parts = [
        plural(found.listed, "file"),
        f"{found.hashed:,} hashed",
        plural(len(found.sets), "set") if found.sets else "no duplicates",
    ]
    outcomes = Counter(one.outcome for one in every if isinstance(one, Applied))
    parts += [f"{outcomes[outcome]:,} {outcome.sentence}" for outcome in MARKS if outcomes[outcome]]
    attention = sum(what_happened(one) in ATTENTION for one in every)
    return "  " + " · ".join(parts + ([needs_attention(attention)] if attention else []))


def _set_lines(one: DuplicateSet, decisions: dict[str, list[Decision]], colour: bool) -> list[str]:
    heading = f"  {one.kind.value} {one.value:016x} · {plural(len(one.members), 'file')}"
    columns = paint(" pHash dHash  bits from the first", "quiet", colour)
    lines = [paint(pad(heading, TITLE_WIDTH + 4), "heading", colour) + columns]
    for n, member in enumerate(one.members):
        phash_bits, dhash_bits = _bits_apart(one.members[0], member) if n else ("–", "–")
        of_member = decisions.get(member.file.title, [])
        mark = mark_of(*of_member)
        action = "; ".join(map(because, of_member)) or "nothing was attempted"
        first, *more = textwrap.wrap(action, ACTION_WIDTH)
        title = pad(shorten(member.file.title, TITLE_WIDTH), TITLE_WIDTH)
        lines.append(f"  {paint(mark, mark, colour)} {title} {phash_bits:>5} {dhash_bits:>5}  {first}")
        lines += [" " * (WIDTH - ACTION_WIDTH) + line for line in more]
    return lines


def _left_out_lines(left_out: Iterable[Decision], colour: bool) -> list[str]:
    by_reason: dict[Outcome | Reason, list[Decision]] = defaultdict(list)
    for one in left_out:
        by_reason[what_happened(one)].append(one)
    lines = []
    for reason, every in sorted(
        by_reason.items(), key=lambda item: (item[0] not in ATTENTION, -len(item[1]))
    ):
        mark = mark_of(every[0])
        lines += ["", f"  {paint(mark, mark, colour)} {len(every):,} left out: {with_rule(reason)}"]
        for one in every:
            title = one.what if isinstance(one, Skipped) else one.proposal.file.title
            line = shorten(title, WIDTH - 6) + (f" ({printable(one.detail)})" if one.detail else "")
            lines += textwrap.wrap(line, WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 8)
    return lines


def _bits_apart(one: HashedFile, two: HashedFile) -> tuple[int, int]:
    a, b = one.fingerprint, two.fingerprint
    return (a.phash ^ b.phash).bit_count(), (a.dhash ^ b.dhash).bit_count()


def _json_set(one: DuplicateSet, decisions: dict[str, list[Decision]]) -> dict[str, Any]:
    files = [_json_file(one.members[0], member, decisions) for member in one.members]
    return {"hash": one.kind.value, "value": f"{one.value:016x}", "files": files}


def _json_file(first: HashedFile, member: HashedFile, decisions: dict[str, list[Decision]]) -> dict[str, Any]:
    file, phash_dhash_bits = member.file, _bits_apart(first, member)
    return {
        "page_id": file.page_id,
        "title": file.title,
        "sha1": file.sha1,
        "width_px": file.width_px,
        "height_px": file.height_px,
        "phash": f"{member.fingerprint.phash:016x}",
        "dhash": f"{member.fingerprint.dhash:016x}",
        "phash_bits": phash_dhash_bits[0],
        "dhash_bits": phash_dhash_bits[1],
        "decisions": [json_decision(one) for one in decisions.get(file.title, [])],
    }
