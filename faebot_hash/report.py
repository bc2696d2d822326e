"""What was found and done, as text for a terminal of 100 columns and as JSON."""

from __future__ import annotations

import textwrap
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from faebot_hash.edits import Applied, Found, Outcome
from faebot_hash.model import DuplicateSet, HashedFile
from faebot_hash.reasons import Reason, Skipped
from faebot_hash.tally import Tally

WIDTH = 100
TITLE_WIDTH = 46
ACTION_WIDTH = 36

ATTENTION: frozenset[Outcome | Reason] = frozenset(
    {
        Outcome.CONFLICT,
        Outcome.REFUSED,
        Outcome.WITHDRAWN,
        Outcome.STOPPED,
        Outcome.UNAVAILABLE,
        Outcome.UNKNOWN,
        Reason.UNREADABLE,
        Reason.NO_THUMBNAIL,
        Reason.THUMBNAIL_SIZE_REFUSED,
        Reason.HOST_NOT_ALLOWED,
        Reason.DECODER_DIED,
        Reason.UNSAFE_TEXT,
        Reason.TOO_MANY_HITS,
        Reason.INCOMPLETE_SEARCH,
    }
)
"""What a person should look at; all else is the ordinary course of a run."""

_MARKS = {Outcome.EDITED: "+", Outcome.SIMULATED: "~", Outcome.DECLINED: "-"}
_COLOURS = {"+": "32", "~": "36", "!": "1;31", "heading": "1", "quiet": "2"}

Decision = Applied | Skipped
Happened = TypeVar("Happened", Outcome, Reason)


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
    lines = [_paint(_shorten(found.part.key, WIDTH), "heading", colour), _counts(found, decisions)]
    for one in found.sets:
        lines += ["", *_set_lines(one, decisions, colour)]
    left_out = [one for name, all_of in decisions.items() if name not in members for one in all_of]
    return lines + _left_out_lines(left_out, colour)


def skipped_line(skipped: Skipped, *, colour: bool = False) -> str:
    """Tell in one line why a seed or a slice was passed over."""
    mark = _mark(skipped)
    return f"{_paint(mark, mark, colour)} {_shorten(skipped.what, TITLE_WIDTH)}: {_because(skipped)}"


def edit_line(applied: Applied) -> str:
    """Tell in one line, for a log, what became of one proposal."""
    match, file = applied.proposal.match, applied.proposal.file
    if match is None:
        return f"{_printable(file.title)}: {_because(applied)}"
    equal_to = match.partners[0].title if len(match.partners) == 1 else f"{len(match.partners)} files"
    why = f"{match.kind.value} {match.value:016x}, equal to {_printable(equal_to)}"
    return f"{_printable(file.title)}: {_because(applied)}; {why}"


def stop_sentence(applied: Applied) -> str:
    """Say why a run ends at an edit, and what to do."""
    return f"stopped at File:{applied.proposal.file.title}: {_because(applied)}; run again later"


def total_lines(tally: Tally, *, colour: bool = False) -> list[str]:
    """Sum a run up: the sizes, then what was done and what was left out, most frequent first."""
    sizes = {
        "slices": tally.slices,
        "files listed": tally.listed,
        "files hashed": tally.hashed,
        "duplicate sets": tally.sets,
    }
    outcomes, reasons = _by_count(tally.outcomes), _by_count(tally.reasons)
    happened: list[tuple[Outcome | Reason, int]] = [*outcomes, *reasons]
    digits = max(len(f"{count:,}") for count in (*sizes.values(), *(count for _, count in happened)))
    lines = [_paint("In all", "heading", colour)]
    lines += [f"  {count:>{digits},}  {name}" for name, count in sizes.items()]
    for heading, rows in (("Done", outcomes), ("Left out", reasons)):
        lines += [_paint(heading, "heading", colour)] if rows else []
        lines += [_total_line(one, f"{count:>{digits},}", colour) for one, count in rows]
    return [*lines, _verdict(sum(count for one, count in happened if one in ATTENTION), colour)]


def to_json(found: Found | Skipped, applied: Sequence[Decision] = ()) -> dict[str, Any]:
    """Give the same facts for machines: whole titles, hashes as 16 hex digits, keys always in this order."""
    if isinstance(found, Skipped):
        return {"skipped": found.what, **_json_decision(found)}
    decisions = _decisions(found, applied)
    members = {member.file.title for one in found.sets for member in one.members}
    return {
        "slice": {"kind": found.part.kind.value, "key": found.part.key, "query": found.part.query},
        "hits": found.hits,
        "listed": found.listed,
        "hashed": found.hashed,
        "sets": [_json_set(one, decisions) for one in found.sets],
        "left_out": [
            {"what": name, **_json_decision(one)}
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
        _plural(found.listed, "file"),
        f"{found.hashed:,} hashed",
        _plural(len(found.sets), "set") if found.sets else "no duplicates",
    ]
    outcomes = Counter(one.outcome for one in every if isinstance(one, Applied))
    parts += [f"{outcomes[outcome]:,} {outcome.sentence}" for outcome in _MARKS if outcomes[outcome]]
    attention = sum(_what_happened(one) in ATTENTION for one in every)
    return "  " + " · ".join(parts + ([_needs_attention(attention)] if attention else []))


def _set_lines(one: DuplicateSet, decisions: dict[str, list[Decision]], colour: bool) -> list[str]:
    heading = f"  {one.kind.value} {one.value:016x} · {_plural(len(one.members), 'file')}"
    columns = _paint(" pHash dHash  bits from the first", "quiet", colour)
    lines = [_paint(_pad(heading, TITLE_WIDTH + 4), "heading", colour) + columns]
    for n, member in enumerate(one.members):
        phash_bits, dhash_bits = _bits_apart(one.members[0], member) if n else ("–", "–")
        of_member = decisions.get(member.file.title, [])
        mark = _mark(*of_member)
        action = "; ".join(map(_because, of_member)) or "nothing was attempted"
        first, *more = textwrap.wrap(action, ACTION_WIDTH)
        title = _pad(_shorten(member.file.title, TITLE_WIDTH), TITLE_WIDTH)
        lines.append(f"  {_paint(mark, mark, colour)} {title} {phash_bits:>5} {dhash_bits:>5}  {first}")
        lines += [" " * (WIDTH - ACTION_WIDTH) + line for line in more]
    return lines


def _left_out_lines(left_out: Iterable[Decision], colour: bool) -> list[str]:
    by_reason: dict[Outcome | Reason, list[Decision]] = defaultdict(list)
    for one in left_out:
        by_reason[_what_happened(one)].append(one)
    lines = []
    for reason, every in sorted(
        by_reason.items(), key=lambda item: (item[0] not in ATTENTION, -len(item[1]))
    ):
        mark = _mark(every[0])
        lines += ["", f"  {_paint(mark, mark, colour)} {len(every):,} left out: {reason.sentence}"]
        for one in every:
            title = one.what if isinstance(one, Skipped) else one.proposal.file.title
            line = _shorten(title, WIDTH - 6) + (f" ({_printable(one.detail)})" if one.detail else "")
            lines += textwrap.wrap(line, WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 8)
    return lines


def _what_happened(one: Decision) -> Outcome | Reason:
    return one.outcome if isinstance(one, Applied) else one.reason


def _because(one: Decision) -> str:
    revision = f" (revision {one.revid})" if isinstance(one, Applied) and one.revid else ""
    detail = f" ({_printable(one.detail)})" if one.detail else ""
    return f"{_what_happened(one).sentence}{revision}{detail}"


def _mark(*decisions: Decision) -> str:
    happened = [_what_happened(one) for one in decisions]
    if any(one in ATTENTION for one in happened):
        return "!"
    return next((_MARKS[one] for one in happened if isinstance(one, Outcome) and one in _MARKS), "·")


def _bits_apart(one: HashedFile, two: HashedFile) -> tuple[int, int]:
    a, b = one.fingerprint, two.fingerprint
    return (a.phash ^ b.phash).bit_count(), (a.dhash ^ b.dhash).bit_count()


def _total_line(one: Outcome | Reason, count: str, colour: bool) -> str:
    mark = "!" if one in ATTENTION else " "
    return f"{_paint(mark, mark, colour)} {count}  {one.sentence}"


def _verdict(attention: int, colour: bool) -> str:
    if not attention:
        return _paint("Nothing needs attention.", "+", colour)
    return _paint(f"! {_needs_attention(attention)}: the lines marked “!”", "!", colour)


def _needs_attention(count: int) -> str:
    return f"{count:,} needs attention" if count == 1 else f"{count:,} need attention"


def _by_count(happened: Counter[Happened]) -> list[tuple[Happened, int]]:
    return sorted(happened.items(), key=lambda item: (-item[1], item[0].name))


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
        "decisions": [_json_decision(one) for one in decisions.get(file.title, [])],
    }


def _json_decision(one: Decision) -> dict[str, Any]:
    happened = _what_happened(one)
    return {
        "outcome" if isinstance(one, Applied) else "reason": happened.name.lower(),
        "sentence": happened.sentence,
        "detail": one.detail,
        "retry_later": happened.retry_later,
        "needs_attention": happened in ATTENTION,
        **({"revid": one.revid} if isinstance(one, Applied) else {}),
    }


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def _paint(text: str, style: str, colour: bool) -> str:
    return f"\x1b[{_COLOURS[style]}m{text}\x1b[0m" if colour and style in _COLOURS else text


def _printable(text: str) -> str:
    """Replace what could move the cursor or turn the line around: titles and answers come from strangers."""
    return "".join(
        char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in " ".join(text.split())
    )


def _cells(text: str) -> int:
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return len(text) + wide - sum(unicodedata.combining(char) > 0 for char in text)


def _pad(text: str, width: int) -> str:
    return text + " " * (width - _cells(text))


def _shorten(text: str, width: int) -> str:
    """Cut the middle out of a text, because file titles differ at both ends."""
    text = _printable(text)
    if _cells(text) <= width:
        return text
    head = tail = ""
    # one character in two goes to the end, where the VIRIN and the type stand
    for left, right in zip(text, reversed(text), strict=True):
        if _cells(head + tail + left) < width:
            head += left
        if _cells(head + tail + right) < width:
            tail = right + tail
    return f"{head}…{tail}"
