"""One family as every report tells it: each file with what it was compared with, its score, what was done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from faebot_hash.console import Decision
from faebot_hash.edits import Applied
from faebot_hash.family import Confirmed, Facts, Ruling
from faebot_hash.likeness import Comparison, Original, Verdict
from faebot_hash.merit import Ranking, Score
from faebot_hash.model import FileInfo, Fingerprint

Finding = tuple[Confirmed, Sequence[Decision]]
"""A family that was looked into, and what was done with the proposals that it led to."""


@dataclass(frozen=True)
class Entry:
    """One file of a family; ``number`` counts from 1 in page-id order.

    ``comparison`` is with the file that has the number ``against``: the first of its group of identical
    files; for the first of a group and for a file in no group, the first of the family that was compared
    with any, or where those two were not compared, the first that this one was compared with. ``bits`` are
    the distances of the pHash and the dHash from that file, None where unknown.
    """

    number: int
    file: FileInfo
    against: int | None = None
    comparison: Comparison | None = None
    bits: tuple[int, int] | None = None
    original: Original | None = None
    fingerprint: Fingerprint | None = None
    facts: Facts | None = None
    score: Score | None = None
    keeper: FileInfo | None = None
    decisions: tuple[Decision, ...] = ()

    @property
    def undecided(self) -> str:
        """Say what becomes of a file without a decision."""
        kept = self.keeper is not None and self.keeper.page_id == self.file.page_id
        return "the file to keep" if kept else "nothing was attempted"


@dataclass(frozen=True)
class Dossier:
    """A family with its entries in page-id order; ``others`` are decisions on anything but its files."""

    confirmed: Confirmed
    entries: tuple[Entry, ...]
    others: tuple[Decision, ...] = ()

    @property
    def verdict(self) -> Verdict | None:
        """Give the closest verdict of the family, None when nothing could be compared."""
        found = {entry.comparison.verdict for entry in self.entries if entry.comparison}
        return next((verdict for verdict in Verdict if verdict in found), None)

    def entry(self, page_id: int) -> Entry:
        """Find a file's entry."""
        return next(entry for entry in self.entries if entry.file.page_id == page_id)


def dossier(finding: Finding) -> Dossier:
    """Put together what is known of a family and of what was done."""
    confirmed = finding[0]
    decisions, others = _decisions(finding)
    numbers = {file.page_id: n for n, file in enumerate(confirmed.family.files, start=1)}
    against = _against(confirmed)
    scores = {one.evidence.page_id: one for r in confirmed.rulings for one in r.ranking.scores}
    keepers = {file.page_id: _keeper(ruling) for ruling in confirmed.rulings for file in ruling.group}
    entries = []
    for file in confirmed.family.files:
        page_id = file.page_id
        other = against.get(page_id)
        pair = None if other is None else (min(page_id, other), max(page_id, other))
        entries.append(
            Entry(
                numbers[page_id],
                file,
                None if other is None else numbers[other],
                confirmed.identity.comparisons.get(pair) if pair else None,
                bits_apart(confirmed, pair) if pair else None,
                confirmed.identity.originals.get(page_id),
                _fingerprint(confirmed, page_id),
                confirmed.facts.get(page_id),
                scores.get(page_id),
                keepers.get(page_id),
                tuple(decisions[page_id]),
            )
        )
    return Dossier(confirmed, tuple(entries), tuple(others))


def kept(ranking: Ranking) -> str:
    """Say how clearly a ranking names the file to keep, or why it names none."""
    if ranking.keeper is not None:
        return f"the {ranking.keep.value} score by {ranking.lead}"
    if ranking.lead == 0:
        return "no keeper: the best have equal scores"
    return f"no keeper: a lead of {ranking.lead}, at least {ranking.min_lead} needed"


def _decisions(finding: Finding) -> tuple[dict[int, list[Decision]], list[Decision]]:
    confirmed, applied = finding
    ids = {file.title: file.page_id for file in confirmed.family.files}
    found: dict[int, list[Decision]] = {page_id: [] for page_id in ids.values()}
    others: list[Decision] = []
    # What could not be read is told twice where it also ends a file's way.
    for one in dict.fromkeys((*_passed_over(confirmed), *applied)):
        if isinstance(one, Applied):
            page_id = one.proposal.file.page_id
        else:
            page_id = ids.get(one.what) or ids.get(one.what.removeprefix("File:"), 0)
        found.get(page_id, others).append(one)
    return found, others


def _passed_over(confirmed: Confirmed) -> Iterable[Decision]:
    yield from confirmed.identity.unread
    yield from confirmed.skipped
    for ruling in confirmed.rulings:
        yield from ruling.skipped


def _against(confirmed: Confirmed) -> dict[int, int]:
    """Tell for each file, but the first that could be read, with which other it was compared."""
    first_of = {file.page_id: group[0].page_id for group in confirmed.identity.groups for file in group}
    partners: dict[int, set[int]] = defaultdict(set)
    for one, other in confirmed.identity.comparisons:
        partners[one].add(other)
        partners[other].add(one)
    reference = min(partners, default=0)
    found = {}
    for page_id, others in partners.items():
        group = first_of.get(page_id, page_id)
        if group == page_id:
            others = {one for one in others if first_of.get(one, one) != page_id}
        # Of a large family not all pairs are compared.
        known = [one for one in (group, reference, min(others, default=0)) if one in others]
        if page_id != reference and known:
            found[page_id] = known[0]
    return found


def _keeper(ruling: Ruling) -> FileInfo | None:
    keeper = ruling.ranking.keeper
    return next((file for file in ruling.group if keeper and file.page_id == keeper.evidence.page_id), None)


def _fingerprint(confirmed: Confirmed, page_id: int) -> Fingerprint | None:
    original = confirmed.identity.originals.get(page_id)
    return confirmed.family.fingerprints.get(page_id) or (original.fingerprint if original else None)


def bits_apart(confirmed: Confirmed, pair: tuple[int, int]) -> tuple[int, int] | None:
    """Compare hashes of one source only: those of thumbnails and of originals differ by themselves."""
    thumbnails = [confirmed.family.fingerprints.get(page_id) for page_id in pair]
    originals = [confirmed.identity.originals.get(page_id) for page_id in pair]
    for one, other in (thumbnails, [known.fingerprint if known else None for known in originals]):
        if one is not None and other is not None:
            return (one.phash ^ other.phash).bit_count(), (one.dhash ^ other.dhash).bit_count()
    return None
