"""The report of a run of confirming as wiki pages: an index with the sums, and parts of limited size.

Nothing that depends on more than the findings, the run's name and its moment is in the text, so a run
that is told again gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from faebot_hash.confirm_tally import ConfirmTally
from faebot_hash.console import Decision, by_count, with_rule
from faebot_hash.dossier import Finding, dossier
from faebot_hash.escape import category_link, plain
from faebot_hash.family_section import decision_lines, family_section, table
from faebot_hash.likeness import Verdict
from faebot_hash.parts import Part
from faebot_hash.settings import Settings

_NOT_COMPARED = "Not compared"
_ALONE = "Without a family"


@dataclass(frozen=True)
class _Block:
    """What is never cut in two: a family, or some files without one; ``name`` is for the index."""

    section: str
    name: str
    text: str


def pages(
    findings: Sequence[Finding], run: str, at: datetime, settings: Settings, alone: Sequence[Decision] = ()
) -> list[Part]:
    """Write the report of a run: one page, or an index that links to its parts, which come after it.

    ``at`` is when the run began; ``alone`` is what became of files that are in no family. Families are
    numbered in the order given, and stand under the closest verdict that is in them. No page is larger
    than ``settings.confirm.report_bytes`` in UTF-8, but one that holds a single larger family.
    """
    limit = settings.confirm.report_bytes
    blocks = list(_blocks(findings, alone, limit))
    opening = _opening(findings, run, at, settings, alone)
    whole = "\n".join([opening, *_body(blocks)])
    if _bytes(whole) <= limit:
        return [Part("", whole)]
    parts = _parts(blocks, run, limit)
    texts = [_part(part, run, n, is_last=n == len(parts)) for n, part in enumerate(parts, start=1)]
    index = Part("", _index(opening, parts, limit))
    return [index, *(Part(f"/{n}", text) for n, text in enumerate(texts, start=1))]


def _blocks(findings: Sequence[Finding], alone: Sequence[Decision], limit: int) -> Iterator[_Block]:
    numbered = [(number, dossier(finding)) for number, finding in enumerate(findings, start=1)]
    for verdict in (*Verdict, None):
        section = verdict.value.capitalize() if verdict else _NOT_COMPARED
        for number, one in numbered:
            if one.verdict is verdict:
                yield _Block(section, f"family {number}", family_section(number, one))
    if alone:
        yield from _alone_blocks(alone, 0, len(alone), limit)


def _alone_blocks(alone: Sequence[Decision], start: int, end: int, limit: int) -> Iterator[_Block]:
    """Halve the files without a family until each piece leaves room for others on its page."""
    text = "\n".join(decision_lines(alone[start:end]))
    if _bytes(text) > limit // 4 and end - start > 1:
        middle = (start + end) // 2
        yield from _alone_blocks(alone, start, middle, limit)
        yield from _alone_blocks(alone, middle, end, limit)
    else:
        yield _Block(_ALONE, f"files {start + 1} to {end}", text)


def _body(blocks: Sequence[_Block]) -> Iterator[str]:
    section = ""
    for block in blocks:
        if block.section != section:
            section = block.section
            yield f"== {section} =="
        yield block.text


def _parts(blocks: Sequence[_Block], run: str, limit: int) -> list[list[_Block]]:
    """Fill one page after the other, each as full as it may be."""
    parts: list[list[_Block]] = [[]]
    size = 0
    for block in blocks:
        opens = not parts[-1] or parts[-1][-1].section != block.section
        added = _bytes(block.text) + 1 + (_bytes(f"== {block.section} ==") + 1 if opens else 0)
        if parts[-1] and size + added > limit:
            parts.append([])
            size = 0
        if not parts[-1]:
            size = _bytes(_part([block], run, len(parts), is_last=False))
        else:
            size += added
        parts[-1].append(block)
    return parts


def _part(part: Sequence[_Block], run: str, number: int, *, is_last: bool) -> str:
    links = [f"[[../|{plain(run)}]]"]
    links += [f"[[../{number - 1}|part {number - 1}]]"] if number > 1 else []
    links += [] if is_last else [f"[[../{number + 1}|part {number + 1}]]"]
    return "\n".join([f"Part {number} of the report on {', '.join(links)}", *_body(part)])


def _index(opening: str, parts: Sequence[Sequence[_Block]], limit: int) -> str:
    text = f"{opening}\n== Parts =="
    for number, part in enumerate(parts, start=1):
        sections = dict.fromkeys(block.section for block in part)
        held = part[0].name if len(part) == 1 else f"{part[0].name} to {part[-1].name}"
        line = f"\n* [[/{number}|Part {number}]]: {', '.join(sections)}: {held}"
        if _bytes(text + line) > limit:
            # Each part links to the next, so what the index cannot hold is reached all the same.
            return text
        text += line
    return text


def _opening(
    findings: Sequence[Finding], run: str, at: datetime, settings: Settings, alone: Sequence[Decision]
) -> str:
    tally = ConfirmTally()
    for finding in findings:
        tally.add(finding)
    tally.add_alone(alone)
    moment = f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    nominating = "on" if settings.tagging.duplicate_template else "off"
    sizes = [
        ("Families", tally.families),
        ("Files in them", tally.files),
        ("Originals read", tally.read),
        ("Identical to another file", tally.identical),
    ]
    rows = [(name, f"{count:,}") for name, count in sizes]
    rows.append(
        ("Share that is identical", f"{tally.identical_percent:.1f} % (the casebook found about 20 %)")
    )
    verdicts = [(verdict.value, tally.verdicts[verdict]) for verdict in Verdict if tally.verdicts[verdict]]
    rows += [(f"Verdict ''{name}''", f"{count:,}") for name, count in verdicts]
    rows += [(f"Done: {one.sentence}", f"{count:,}") for one, count in by_count(tally.outcomes)]
    rows += [(f"Left out: {with_rule(one)}", f"{count:,}") for one, count in by_count(tally.reasons)]
    return "\n".join(
        [
            f"Report of the run {plain(run)}, begun on {moment}, over "
            f"{category_link(settings.wiki.home_category)}. Nominations for deletion are switched "
            f"{nominating}.",
            "",
            "The number of a file counts within its family. Before a copy is deleted, what only its page "
            "says should be merged into the page that stays.",
            *table("In all", ("What", "How many"), rows),
        ]
    )


def _bytes(text: str) -> int:
    return len(text.encode("utf-8"))
