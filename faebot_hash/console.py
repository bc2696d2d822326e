"""What reports share: marks, colours, columns, text that cannot disturb a terminal, decisions as JSON."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping
from typing import Any, TypeVar

from faebot_hash.edits import Applied, Outcome
from faebot_hash.reasons import Reason, Skipped

WIDTH = 100

Decision = Applied | Skipped
Happened = TypeVar("Happened", Outcome, Reason)

ATTENTION: frozenset[Outcome | Reason] = frozenset(
    {
        Outcome.CONFLICT,
        Outcome.REFUSED,
        Outcome.WITHDRAWN,
        Outcome.STOPPED,
        Outcome.UNAVAILABLE,
        Outcome.UNKNOWN,
        Outcome.CANNOT_CREATE,
        Reason.UNREADABLE,
        Reason.NO_THUMBNAIL,
        Reason.THUMBNAIL_SIZE_REFUSED,
        Reason.HOST_NOT_ALLOWED,
        Reason.DECODER_DIED,
        Reason.UNSAFE_TEXT,
        Reason.TOO_MANY_HITS,
        Reason.INCOMPLETE_SEARCH,
        Reason.TOO_MANY_PAIRS,
    }
)
"""What a person should look at; all else is the ordinary course of a run."""

MARKS = {Outcome.EDITED: "+", Outcome.SIMULATED: "~", Outcome.DECLINED: "-"}
_COLOURS = {"+": "32", "~": "36", "!": "1;31", "heading": "1", "quiet": "2"}


def what_happened(one: Decision) -> Outcome | Reason:
    """Give the word for what became of a file."""
    return one.outcome if isinstance(one, Applied) else one.reason


def phrase(one: Decision) -> str:
    """Say what became of a file, of an edit that was made or would be made what it does."""
    if isinstance(one, Skipped):
        return one.reason.sentence
    if one.outcome is Outcome.EDITED:
        return one.proposal.kind.done
    if one.outcome is Outcome.SIMULATED:
        return f"would be {one.proposal.kind.done}"
    return one.outcome.sentence


def with_rule(one: Outcome | Reason) -> str:
    """Say in a phrase what happened, and by which rule of ``docs/review_spec.md`` something was left out."""
    return f"{one.sentence} (rule {one.rule})" if isinstance(one, Reason) else one.sentence


def because(one: Decision) -> str:
    """Say in a phrase what became of a file, with the revision and what was seen."""
    revision = f" (revision {one.revid})" if isinstance(one, Applied) and one.revid else ""
    detail = f" ({printable(one.detail)})" if one.detail else ""
    return f"{phrase(one)}{revision}{detail}"


def subject(one: Decision) -> str:
    """Give what a decision is about: for a file its title without "File:"."""
    title = one.proposal.file.title if isinstance(one, Applied) else one.what
    return title.removeprefix("File:")


def told_briefly(one: Decision) -> str:
    """Say in a phrase what became of a file, of an edit that was not made first what it was for."""
    return _not_made(one) + phrase(one)


def told(one: Decision) -> str:
    """Say the same, with the revision and what was seen."""
    return _not_made(one) + because(one)


def _not_made(one: Decision) -> str:
    if isinstance(one, Skipped) or one.outcome in (Outcome.EDITED, Outcome.SIMULATED):
        return ""
    return f"not {one.proposal.kind.done}: "


def mark_of(*decisions: Decision) -> str:
    """Give the mark that opens a line: + done, ~ would be, - declined, ! needs attention, · as it is."""
    happened = [what_happened(one) for one in decisions]
    if any(one in ATTENTION for one in happened):
        return "!"
    return next((MARKS[one] for one in happened if isinstance(one, Outcome) and one in MARKS), "·")


def sum_lines(
    sizes: Mapping[str, int], outcomes: Counter[Outcome], reasons: Counter[Reason], colour: bool
) -> list[str]:
    """Sum a run up: its sizes, then what was done and what was left out, most frequent first."""
    done, left_out = by_count(outcomes), by_count(reasons)
    happened: list[tuple[Outcome | Reason, int]] = [*done, *left_out]
    digits = max(len(f"{count:,}") for count in (*sizes.values(), *(count for _, count in happened)))
    lines = [paint("In all", "heading", colour)]
    lines += [f"  {count:>{digits},}  {name}" for name, count in sizes.items()]
    for heading, rows in (("Done", done), ("Left out", left_out)):
        lines += [paint(heading, "heading", colour)] if rows else []
        lines += [_sum_line(one, f"{count:>{digits},}", colour) for one, count in rows]
    return [*lines, _attention_line(sum(count for one, count in happened if one in ATTENTION), colour)]


def _sum_line(one: Outcome | Reason, count: str, colour: bool) -> str:
    mark = "!" if one in ATTENTION else " "
    return f"{paint(mark, mark, colour)} {count}  {with_rule(one)}"


def _attention_line(count: int, colour: bool) -> str:
    if not count:
        return paint("Nothing needs attention.", "+", colour)
    return paint(f"! {needs_attention(count)}: the lines marked “!”", "!", colour)


def needs_attention(count: int) -> str:
    """Say how many things a person should look at."""
    return f"{count:,} needs attention" if count == 1 else f"{count:,} need attention"


def by_count(happened: Counter[Happened]) -> list[tuple[Happened, int]]:
    """Order counts, most frequent first, equal ones by name."""
    return sorted(happened.items(), key=lambda item: (-item[1], item[0].name))


def json_decision(one: Decision) -> dict[str, Any]:
    """Tell for machines what became of a file."""
    happened = what_happened(one)
    return {
        "outcome" if isinstance(one, Applied) else "reason": happened.name.lower(),
        "sentence": phrase(one),
        "detail": one.detail,
        "retry_later": happened.retry_later,
        "needs_attention": happened in ATTENTION,
        **({"revid": one.revid} if isinstance(one, Applied) else {"rule": one.reason.rule}),
    }


def plural(count: int, noun: str) -> str:
    """Count things: "1 file", "1,234 files"."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def paint(text: str, style: str, colour: bool) -> str:
    """Colour a text for its mark or its style, where colours are wanted."""
    return f"\x1b[{_COLOURS[style]}m{text}\x1b[0m" if colour and style in _COLOURS else text


def printable(text: str) -> str:
    """Replace what could move the cursor or turn the line around: titles and answers come from strangers."""
    return "".join(
        char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in " ".join(text.split())
    )


def cells(text: str) -> int:
    """Count the columns of a terminal that a text takes up."""
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return len(text) + wide - sum(unicodedata.combining(char) > 0 for char in text)


def pad(text: str, width: int) -> str:
    """Fill a text with blanks up to a column."""
    return text + " " * (width - cells(text))


def shorten(text: str, width: int) -> str:
    """Cut the middle out of a text, because file titles differ at both ends."""
    text = printable(text)
    if cells(text) <= width:
        return text
    head = tail = ""
    # one character in two goes to the end, where the VIRIN and the type stand
    for left, right in zip(text, reversed(text), strict=True):
        if cells(head + tail + left) < width:
            head += left
        if cells(head + tail + right) < width:
            tail = right + tail
    return f"{head}…{tail}"
