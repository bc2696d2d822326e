"""Confirm visual duplicates: families to originals, originals to identical groups, groups to nominations.

The steps are those of the casebook (User:Fæ/Imagehash, "Implementing non-EXIF SHA1 check"): take the files
of the home category, prove which are one picture, gather what speaks for each, keep the best, and nominate
the others. Nothing is edited here. The category is the truth, and the store is only its memory.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from faebot_hash import nominate, objections
from faebot_hash.edits import UNDO_OPENING, Applied, Kind, Outcome, PageEdit, Proposal
from faebot_hash.evidence import evidence_of
from faebot_hash.families import families, keyed
from faebot_hash.family import Alone, Confirmed, Facts, Family, Identity, Ruling
from faebot_hash.identity import identity
from faebot_hash.judgements import Judgements
from faebot_hash.kept_apart import judged_apart, left_alone, still_apart, untagged
from faebot_hash.merit import Ranking
from faebot_hash.model import FileInfo, PageText, Seed
from faebot_hash.originals import OriginalReader
from faebot_hash.partners import partners_of
from faebot_hash.pixels import verdict
from faebot_hash.ports import FactReader, Journal, LinkHistory, Wiki
from faebot_hash.reasons import Reason, Skipped
from faebot_hash.score import score
from faebot_hash.settings import Settings
from faebot_hash.thumbnails import Hasher, comparable


@dataclass(frozen=True)
class Confirmer:
    """One run over the home category: the settings, and the world it asks."""

    settings: Settings
    wiki: Wiki
    reader: FactReader
    hasher: Hasher
    originals: OriginalReader
    links: LinkHistory
    journal: Journal
    judgements: Judgements
    _families: dict[int, Family] = field(default_factory=dict, init=False)
    _alone: dict[int, Alone] = field(default_factory=dict, init=False)

    def confirm(self, chosen: Collection[str] | None = None) -> Iterator[Confirmed | Proposal | Skipped]:
        """Look into each family of the home category, then after the files that stand alone in it.

        With ``chosen`` (titles without "File:") only into families with one of these.
        """
        members, others = keyed(self.reader.members(self._home))
        keys = {member.page_id: member.key for member in members}
        files: list[FileInfo] = []
        for answer in map(comparable, self.wiki.files(list(keys))):
            if isinstance(answer, FileInfo):
                files.append(answer)
            else:
                others.append(answer)
        hashed, unhashed = self.hasher.hashed(files)
        apart = self.judgements.apart({file.sha1 for file in files})
        found, alone = families(files, {file.page_id: keys[file.page_id] for file in files}, hashed, apart)
        for family in found:
            if chosen is None or any(file.title in chosen for file in family.files):
                yield self.look_into(family)
        self._alone.update((one.file.page_id, one) for one in alone)
        for one in alone:
            if chosen is None or one.file.title in chosen:
                yield self.look_after(one.file)
        if chosen is None:
            yield from (*others, *unhashed)

    def look_into(self, family: Family) -> Confirmed:
        """Prove which files of a family are one picture, and rule on each group of them."""
        self._families.update((file.page_id, family) for file in family.files)
        answers = self.reader.facts([file.page_id for file in family.files])
        facts = {page_id: one for page_id, one in answers.items() if isinstance(one, Facts)}
        skipped = [one for one in answers.values() if isinstance(one, Skipped)]
        if len(facts) < 2:
            alone = [Skipped(one.file.title, Reason.NO_PARTNER) for one in facts.values()]
            return Confirmed(family, Identity((), {}, {}), facts, skipped=(*skipped, *alone))
        family = replace(family, files=tuple(facts[page_id].file for page_id in sorted(facts)))
        found = identity(family, self.originals.read(family.files))
        rulings: list[Ruling] = []
        for group in found.groups:
            ruling, left_out = self._ruled(group, facts, found)
            rulings += [ruling] if ruling else []
            skipped += left_out
        grouped = {file.page_id for group in found.groups for file in group}
        unread = {one.what for one in found.unread}
        skipped += found.unread
        skipped += [
            Skipped(file.title, Reason.NOT_IDENTICAL)
            for file in family.files
            if file.page_id not in grouped and file.title not in unread
        ]
        return Confirmed(family, found, facts, tuple(rulings), tuple(skipped))

    def look_after(self, file: FileInfo) -> Proposal | Skipped:
        """See to a file that stands alone: finish a pair whose other half is nominated, or clean up.

        One that people keep apart from all that it looked like stands alone as well.
        """
        facts = self.reader.facts([file.page_id])[file.page_id]
        if isinstance(facts, Skipped):
            return facts
        if closed := objections.closed(facts, self._names):
            return closed
        strangers = self._strangers(facts)
        if isinstance(strangers, Skipped):
            return strangers
        partners = partners_of(facts, self.wiki, self.journal, self.judgements)
        if partners.left:
            return Skipped(file.title, Reason.PARTNER_UNTAGGED, partners.left[0])
        if not partners.are_all_known and not strangers:
            return Skipped(file.title, Reason.PARTNER_UNKNOWN)
        if partners.nominated:
            return nominate.release(facts, self._home, partners.nominated)
        apart = {one.page_id: one for one in (*strangers, *partners.apart)}
        if not apart:
            return nominate.cleanup(facts, self._home, partners.gone)
        mark = objections.marked(facts)
        # A decision to keep the file agrees with those who say that it is no duplicate.
        if mark and mark.reason is not Reason.KEPT:
            return mark
        return untagged(facts, self._home, partners.gone, list(apart.values()), self.wiki)

    def releases(
        self, confirmed: Confirmed, applied: Sequence[Applied | Skipped]
    ) -> list[Proposal | Skipped]:
        """See to the files of a family that stand alone now that others of it are nominated.

        The last one leaves the home category, and so do those that people keep apart from all that are left.
        """
        done = {
            one.proposal.file.page_id
            for one in applied
            if isinstance(one, Applied)
            and one.proposal.kind is Kind.NOMINATED
            and one.outcome in (Outcome.EDITED, Outcome.NOTHING_TO_DO)
        }
        left = [facts for page_id, facts in confirmed.facts.items() if page_id not in done]
        if not done:
            return []
        if len(left) == 1:
            titles = [confirmed.facts[page_id].file.title for page_id in sorted(done)]
            closed = objections.closed(left[0], self._names)
            return [closed or nominate.release(left[0], self._home, titles)]
        alone = left_alone([facts.file for facts in left], self.judgements)
        self._alone.update((one.file.page_id, one) for one in alone)
        return [self.look_after(one.file) for one in alone]

    def judge_again(self, proposal: Proposal) -> Proposal | Skipped:
        """Decide anew for a file whose page, or whose partner's page, changed."""
        file = proposal.file
        if proposal.kind is not Kind.NOMINATED:
            return self.look_after(file)
        confirmed = self.look_into(self._families[file.page_id])
        for ruling in confirmed.rulings:
            for again in ruling.proposals:
                if again.file.page_id == file.page_id:
                    return again
        passed_over = (*confirmed.skipped, *(one for ruling in confirmed.rulings for one in ruling.skipped))
        reasons = (one for one in passed_over if one.what == file.title)
        return next(reasons, Skipped(file.title, Reason.NOT_IDENTICAL))

    def withdrawal(self, proposal: Proposal, merged: PageText) -> PageEdit | None:
        """Take a nomination back that the pages, as somebody left them meanwhile, no longer bear."""
        if proposal.kind is not Kind.NOMINATED:
            return None
        witness = proposal.witnesses[0]
        clean = nominate.without_nomination(merged.text, witness.title, self._home)
        if clean == merged.text:
            return None
        why = self._why_not_any_more(proposal, replace(merged, text=clean))
        return PageEdit(merged, clean, f"{UNDO_OPENING}: {why.reason.sentence}") if why else None

    def _why_not_any_more(self, proposal: Proposal, clean: PageText) -> Skipped | None:
        witness = proposal.witnesses[0]
        answers = self.reader.facts([proposal.file.page_id, witness.page_id])
        nominee, keeper = answers[proposal.file.page_id], answers[witness.page_id]
        if isinstance(keeper, Skipped):
            return Skipped(proposal.file.title, Reason.NO_PARTNER, keeper.reason.sentence)
        if isinstance(nominee, Skipped):
            return None
        if (nominee.file.sha1, keeper.file.sha1) != (proposal.file.sha1, witness.sha1):
            return Skipped(proposal.file.title, Reason.OVERWRITTEN)
        # What the page transcludes now, it transcludes by our own template too. The history is not asked
        # again: it has our own nomination by now, and without that the page looks like one taken away.
        return self._objection(replace(nominee, page=clean, templates=frozenset()), keeper)

    def _ruled(
        self, group: Sequence[FileInfo], facts: Mapping[int, Facts], found: Identity
    ) -> tuple[Ruling | None, list[Skipped]]:
        standing: list[Facts] = []
        left_out: list[Skipped] = []
        for file in group:
            why = self._why_out(facts[file.page_id])
            if why:
                left_out.append(why)
            else:
                standing.append(facts[file.page_id])
        if len(standing) < 2:
            return None, left_out + [Skipped(one.file.title, Reason.LAST_COPY) for one in standing]
        ranking = self._ranked(standing)
        proposals: list[Proposal] = []
        skipped: list[Skipped] = []
        if ranking.keeper is None:
            lead = f"a lead of {ranking.lead}"
            skipped += [Skipped(one.file.title, Reason.NO_KEEPER, lead) for one in standing]
        for nominee in ranking.nominees:
            one = self._nominated(nominee.evidence.page_id, ranking, facts, found)
            if isinstance(one, Proposal):
                proposals.append(one)
            else:
                skipped.append(one)
        files = tuple(one.file for one in standing)
        return Ruling(files, ranking, tuple(proposals), tuple(skipped)), left_out

    def _ranked(self, standing: Sequence[Facts]) -> Ranking:
        histories = self.links.link_histories({link for one in standing for link in one.links})
        return score([evidence_of(one, histories, self._home) for one in standing], self.settings.score)

    def _why_out(self, facts: Facts) -> Skipped | None:
        """Say why a file is neither kept nor nominated: people are at it, or it is another picture now."""
        return objections.marked(facts) or objections.overwritten(
            facts, self.wiki.history(facts.page.page_id)
        )

    def _nominated(
        self, page_id: int, ranking: Ranking, facts: Mapping[int, Facts], found: Identity
    ) -> Proposal | Skipped:
        assert ranking.keeper is not None
        nominee, keeper = facts[page_id], facts[ranking.keeper.evidence.page_id]
        group = next(some for some in found.groups if page_id in {file.page_id for file in some})
        if contradicted := judged_apart(nominee.file, keeper.file, self.judgements, group):
            return contradicted
        if objection := self._objection(nominee, keeper) or self._removed_by_human(nominee, keeper):
            return objection
        if not self.settings.tagging.duplicate_template:
            return Skipped(
                nominee.file.title, Reason.NOMINATION_OFF, f"the file to keep is {keeper.file.title}"
            )
        originals = (found.originals[page_id], found.originals[keeper.file.page_id])
        return nominate.nomination(
            nominee,
            keeper,
            verdict(*originals),
            originals,
            ranking,
            self._home,
        )

    def _objection(self, nominee: Facts, keeper: Facts) -> Skipped | None:
        family = self._families.get(nominee.file.page_id)
        linking, unread = self._linking(nominee)
        if unread:
            detail = f"{unread[0].what} cannot be read"
            return Skipped(nominee.file.title, Reason.NAMED_KEEPER, detail)
        return judged_apart(nominee.file, keeper.file, self.judgements) or objections.objection(
            nominee,
            keeper,
            names=self._names,
            opted_out=self.settings.confirm.opted_out,
            linking=linking,
            family=[file.title for file in family.files] if family else (),
        )

    def _strangers(self, facts: Facts) -> list[FileInfo] | Skipped:
        """Give the files that this one would be in a family with, did people not keep them apart."""
        known = self._alone.get(facts.file.page_id)
        return still_apart(facts, known.apart, self.wiki, self.judgements) if known and known.apart else []

    def _removed_by_human(self, nominee: Facts, keeper: Facts) -> Skipped | None:
        page_id = nominee.file.page_id
        ours = self.journal.rows(kind=Kind.NOMINATED, state="UNDONE", page_id=page_id)
        withdrawn = [row.revid for row in ours]
        return objections.removed_by_human(nominee, keeper, self.wiki.history(page_id), withdrawn)

    def _linking(self, nominee: Facts) -> tuple[dict[str, PageText], list[Skipped]]:
        """Read the file pages that link to a file, and tell those that are there but cannot be read."""
        pages: dict[str, PageText] = {}
        unread: list[Skipped] = []
        for seed in self.wiki.seeds(f"File:{title}" for title in sorted(nominee.linked_from)):
            if isinstance(seed, Seed):
                title = seed.file.title
                pages[title] = PageText(seed.file.page_id, f"File:{title}", 0, seed.text, "")
            elif seed.reason not in (Reason.MISSING, Reason.REDIRECT):
                unread.append(seed)
        return pages, unread

    @property
    def _names(self) -> tuple[str, ...]:
        return (self.wiki.user, *self.settings.wiki.bot_names)

    @property
    def _home(self) -> str:
        return self.settings.wiki.home_category
