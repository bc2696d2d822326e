"""What confirming found and did, for machines: a JSON object a family, and a row of CSV a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from faebot_hash.console import Decision, json_decision, subject, told
from faebot_hash.dossier import Dossier, Entry, Finding, dossier, kept
from faebot_hash.edits import Applied
from faebot_hash.family import Confirmed, Facts, Ruling
from faebot_hash.likeness import Original
from faebot_hash.merit import Score

COLUMNS = (
    "family",
    "page_id",
    "title",
    "sha1",
    "pixel_sha1",
    "non_exif_sha1",
    "verdict",
    "score",
    "points",
    "keeper",
    "outcome",
)
# The four of ASCII begin a formula, and so do their wide forms in some spreadsheets; a tab or a
# line's end is dropped by some before they look.
_FORMULA = frozenset("=+-@＝＋－＠\t\r\n'")


def csv_rows(findings: Sequence[Finding]) -> Iterator[tuple[str | int, ...]]:
    """Give the heads, then a row for each file; numbers are ints, "" is unknown.

    A text that begins with what a spreadsheet may take for a formula (= + - @ and their wide forms, a tab,
    a line's end) gets one apostrophe in front, and so does one that begins with an apostrophe: who takes
    one leading apostrophe off every text has what was there.
    """
    yield COLUMNS
    for number, finding in enumerate(findings, start=1):
        for entry in dossier(finding).entries:
            cells = (number, *_cells(entry))
            yield tuple(protected(cell) if isinstance(cell, str) else cell for cell in cells)


def protected(text: str) -> str:
    """Keep a spreadsheet from computing a text."""
    return f"'{text}" if text[:1] in _FORMULA else text


def to_json(confirmed: Confirmed, applied: Sequence[Decision] = ()) -> dict[str, Any]:
    """Tell all about one family but the texts of its pages; keys always in this order, lists too."""
    one = dossier((confirmed, applied))
    return {
        "verdict": one.verdict.value if one.verdict else None,
        "bonds": [
            {"page_ids": sorted(bond.page_ids), "evidence": bond.evidence} for bond in confirmed.family.bonds
        ],
        "files": [_json_file(one, entry) for entry in one.entries],
        "groups": [[file.page_id for file in group] for group in confirmed.identity.groups],
        "comparisons": [
            {
                "page_ids": list(pair),
                "verdict": comparison.verdict.value,
                "is_same_picture": comparison.verdict.is_same_picture,
                "reasons": list(comparison.reasons),
            }
            for pair, comparison in sorted(confirmed.identity.comparisons.items())
        ],
        "rulings": [_json_ruling(ruling) for ruling in confirmed.rulings],
        "others": [decision_to_json(decision) for decision in one.others],
    }


def decision_to_json(decision: Decision) -> dict[str, Any]:
    """Tell what became of one file, of an edit first what it was for."""
    kind = {"kind": str(decision.proposal.kind)} if isinstance(decision, Applied) else {}
    return {"what": subject(decision), **kind, **json_decision(decision)}


def _cells(entry: Entry) -> tuple[str | int, ...]:
    digest = entry.original.digest if entry.original else None
    return (
        entry.file.page_id,
        entry.file.title,
        entry.file.sha1,
        digest.pixel_sha1 if digest else "",
        digest.non_exif_sha1 if digest else "",
        entry.comparison.verdict.value if entry.comparison else "",
        entry.score.total if entry.score else "",
        "; ".join(str(point) for point in entry.score.points) if entry.score else "",
        entry.keeper.title if entry.keeper else "",
        "; ".join(told(decision) for decision in entry.decisions),
    )


def _json_file(one: Dossier, entry: Entry) -> dict[str, Any]:
    file = entry.file
    against = one.entries[entry.against - 1].file.page_id if entry.against else None
    phash_bits, dhash_bits = entry.bits or (None, None)
    return {
        "number": entry.number,
        "page_id": file.page_id,
        "title": file.title,
        "size_bytes": file.size_bytes,
        "width_px": file.width_px,
        "height_px": file.height_px,
        "mime": file.mime,
        "uploaded": file.uploaded.isoformat(),
        "uploader": file.uploader,
        "sha1": file.sha1,
        **_json_original(entry.original),
        "phash": f"{entry.fingerprint.phash:016x}" if entry.fingerprint else None,
        "dhash": f"{entry.fingerprint.dhash:016x}" if entry.fingerprint else None,
        "against": against,
        "verdict": entry.comparison.verdict.value if entry.comparison else None,
        "phash_bits": phash_bits,
        "dhash_bits": dhash_bits,
        "keeper": entry.keeper.page_id if entry.keeper else None,
        "facts": _json_facts(entry.facts) if entry.facts else None,
        "decisions": [decision_to_json(decision) for decision in entry.decisions],
    }


def _json_original(original: Original | None) -> dict[str, Any]:
    digest = original.digest if original else None
    return {
        "stripped_sha1": original.stripped_sha1 if original else None,
        "pixel_sha1": digest.pixel_sha1 if digest else None,
        "non_exif_sha1": (digest.non_exif_sha1 if digest else "") or None,
    }


def _json_facts(facts: Facts) -> dict[str, Any]:
    return {
        "revid": facts.page.revid,
        "first_uploaded": facts.first_uploaded.isoformat(),
        "versions": facts.versions,
        "templates": sorted(facts.templates),
        "talk_templates": sorted(facts.talk_templates),
        "categories": sorted(facts.categories),
        "links": sorted(facts.links),
        "linked_from": sorted(facts.linked_from),
        "assessments": None
        if facts.assessments is None
        else sorted(assessment.value for assessment in facts.assessments),
        "global_usage": facts.global_usage,
        "statements": facts.statements,
        "protection": facts.protection,
    }


def _json_ruling(ruling: Ruling) -> dict[str, Any]:
    keeper = ruling.ranking.keeper
    return {
        "page_ids": [file.page_id for file in ruling.group],
        "keeper": keeper.evidence.page_id if keeper else None,
        "why": kept(ruling.ranking),
        "scores": [_json_score(score) for score in ruling.ranking.scores],
    }


def _json_score(score: Score) -> dict[str, Any]:
    return {
        "page_id": score.evidence.page_id,
        "score": score.total,
        "points": [
            {"criterion": point.criterion.key, "points": point.points, "reason": point.reason}
            for point in score.points
        ],
        "unknown": [criterion.key for criterion in score.unknown],
    }
