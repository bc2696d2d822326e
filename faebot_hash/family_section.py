"""One family as a section of a wiki page: gallery, scores, what to merge, what was done, digests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from faebot_hash.console import Decision, plural, subject, told_briefly
from faebot_hash.contrast import contrast
from faebot_hash.dossier import Dossier, Entry, kept
from faebot_hash.edits import Applied
from faebot_hash.escape import category_link, file_link, plain, target
from faebot_hash.family import Facts, Ruling

GALLERY_HEIGHT_PX = 120
MAX_TEXT = 300  # characters of a description or of a detail
MAX_NAMES = 40  # categories, templates or parameters that are named; the rest is counted
_PREFIX_DIGITS = 8
_LACKING = "–"


def family_section(number: int, one: Dossier) -> str:
    """Write a family below a heading of the third level; it ends without a newline."""
    lines = [f"=== Family {number}: {plural(len(one.entries), 'file')} ==="]
    for bond in one.confirmed.family.bonds:
        bound = [str(entry.number) for entry in one.entries if entry.file.page_id in bond.page_ids]
        lines.append(f"* {' = '.join(bound)}: {plain(bond.evidence, MAX_TEXT)}")
    lines.append(f'<gallery mode="packed" heights="{GALLERY_HEIGHT_PX}">')
    lines += [f"File:{target(entry.file.title)}|{_caption(entry)}" for entry in one.entries]
    lines += ["</gallery>", *_comparisons(one)]
    for ruling in one.confirmed.rulings:
        lines += _ruling(one, ruling)
    lines += decision_lines([*(done for entry in one.entries for done in entry.decisions), *one.others])
    return "\n".join([*lines, *_digests(one)])


def decision_lines(decisions: Iterable[Decision]) -> Iterator[str]:
    """List what became of files: a line for each outcome and reason, with its files."""
    grouped: dict[str, list[str]] = defaultdict(list)
    for decision in decisions:
        seen = [plain(decision.detail, MAX_TEXT)] if decision.detail else []
        if isinstance(decision, Applied) and decision.revid:
            seen.insert(0, f"revision {decision.revid}")
        more = f" ({', '.join(seen)})" if seen else ""
        grouped[told_briefly(decision)].append(file_link(subject(decision)) + more)
    for phrase, files in grouped.items():
        yield f"* {phrase}: {'; '.join(files)}"


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]], style: str = "") -> list[str]:
    """Write a table, a line for each row; all cells are wikitext already."""
    lines = [f'{{| class="{f"wikitable {style}".strip()}"', f"|+ {caption}", f"! {' !! '.join(heads)}"]
    for row in rows:
        lines += ["|-", f"| {' || '.join(row)}"]
    return [*lines, "|}"]


def _caption(entry: Entry) -> str:
    file = entry.file
    told = [f"{file.width_px} × {file.height_px} px, {plural(file.size_bytes, 'byte')}"]
    if entry.comparison:
        told.insert(0, f"{entry.comparison.verdict.value} (against {entry.against})")
    if entry.bits:
        told.append(f"pHash {entry.bits[0]} and dHash {entry.bits[1]} bits apart")
    told.append(f"SHA1 {file.sha1[:_PREFIX_DIGITS]}")
    if entry.original and entry.original.digest:
        told.append(f"pixels {entry.original.digest.pixel_sha1[:_PREFIX_DIGITS]}")
    return f"{entry.number}: {'; '.join(told)}"


def _comparisons(one: Dossier) -> Iterator[str]:
    for entry in one.entries:
        if entry.comparison:
            reasons = plain("; ".join(entry.comparison.reasons), MAX_TEXT)
            yield f"* {entry.number} against {entry.against}, ''{entry.comparison.verdict.value}'': {reasons}"


def _ruling(one: Dossier, ruling: Ruling) -> Iterator[str]:
    entries = [one.entry(file.page_id) for file in ruling.group]
    keeper = entries[0].keeper
    keep = f"keep {_named(one.entry(keeper.page_id))}, " if keeper else ""
    yield f"* '''{', '.join(str(entry.number) for entry in entries)}: {keep}{kept(ruling.ranking)}'''"
    ranked = [one.entry(score.evidence.page_id) for score in ruling.ranking.scores]
    yield from table(
        "Scores", ("File", "Score", "Points", "Why"), (row for entry in ranked for row in _points(entry))
    )
    best, *others = ranked
    for other in others:
        if best.facts and other.facts:
            yield from _contrast(other.number, best.number, other.facts, best.facts)


def _points(entry: Entry) -> Iterator[tuple[str, str, str, str]]:
    assert entry.score is not None
    file, total = _named(entry), str(entry.score.total)
    for point in entry.score.points:
        yield file, total, f"{point.points:+d}", plain(point.reason, MAX_TEXT)
    if entry.score.unknown:
        unknown = ", ".join(criterion.subject for criterion in entry.score.unknown)
        yield file, total, _LACKING, f"unknown: {unknown}"
    elif not entry.score.points:
        yield file, total, _LACKING, "nothing speaks for or against it"


def _contrast(number: int, best_number: int, here: Facts, there: Facts) -> Iterator[str]:
    found = contrast(here, there)
    rows = [
        ("Categories only here", *map(_categories, (found.categories_here, found.categories_there))),
        ("Licence templates only here", *map(_names, (found.licences_here, found.licences_there))),
    ]
    rows = [row for row in rows if row[1:] != (_LACKING, _LACKING)]
    shown = found.parameters[:MAX_NAMES]
    rows += [
        (plain(name, MAX_TEXT), *(plain(side, MAX_TEXT) or _LACKING for side in (ours, theirs)))
        for name, ours, theirs in shown
    ]
    if len(found.parameters) > len(shown):
        rows.append(
            (f"and {plural(len(found.parameters) - len(shown), 'other parameter')}", _LACKING, _LACKING)
        )
    if rows:
        caption = f"What the pages of {number} and {best_number} say differently"
        yield from table(caption, ("What", str(number), str(best_number)), rows)
    else:
        yield (
            f"* The pages of {number} and {best_number} have the same categories, licence templates and "
            "parameters."
        )


def _digests(one: Dossier) -> list[str]:
    heads = ("File", "Page id", "SHA1", "SHA1 without metadata", "Pixel SHA1", "Non-EXIF SHA1")
    rows = []
    for entry in one.entries:
        original, fingerprint = entry.original, entry.fingerprint
        digest = original.digest if original else None
        rows.append(
            (
                _named(entry),
                str(entry.file.page_id),
                entry.file.sha1,
                (original.stripped_sha1 if original else None) or _LACKING,
                digest.pixel_sha1 if digest else _LACKING,
                (digest.non_exif_sha1 if digest else "") or _LACKING,
                f"{fingerprint.phash:016x}" if fingerprint else _LACKING,
                f"{fingerprint.dhash:016x}" if fingerprint else _LACKING,
            )
        )
    return table("Digests", (*heads, "pHash", "dHash"), rows, "mw-collapsible mw-collapsed")


def _named(entry: Entry) -> str:
    return f"{entry.number}: {file_link(entry.file.title)}"


def _categories(names: Sequence[str]) -> str:
    return _some([category_link(name) for name in names])


def _names(names: Sequence[str]) -> str:
    return _some([plain(name) for name in names])


def _some(written: Sequence[str]) -> str:
    more = [f"and {len(written) - MAX_NAMES} more"] if len(written) > MAX_NAMES else []
    return ", ".join([*written[:MAX_NAMES], *more]) or _LACKING
