"""Find visual duplicates: seeds to slices, slices to files, files to sets, sets to proposals.

The steps are those of the casebook (User:Fæ/Imagehash): take an image of the seed category, cut a slice
of Commons around it, hash every thumbnail of the slice, compare all with all, and propose the review
category for what is equal. Nothing is edited here.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from faebot_hash import exclude, match, tag
from faebot_hash.collection import Collection
from faebot_hash.edits import (
    CLEANUP_OPENING,
    MAX_WITNESSES,
    UNDO_OPENING,
    Applied,
    Found,
    PageEdit,
    Proposal,
    Witness,
)
from faebot_hash.judgements import Judgement, Judgements, Pair, pair_of, standing
from faebot_hash.model import DuplicateSet, FileInfo, Match, PageText, Revision, Slice
from faebot_hash.ports import HashStore, Journal, Wiki
from faebot_hash.reasons import Reason, Skipped
from faebot_hash.settings import Settings
from faebot_hash.slicing import Slicer
from faebot_hash.thumbnails import Hasher


@dataclass(frozen=True)
class Finder:
    """One sweep: a collection, the settings, and the world it asks.

    ``revisit`` does slices again that nothing has changed in.
    """

    collection: Collection
    settings: Settings
    wiki: Wiki
    hasher: Hasher
    store: HashStore
    journal: Journal
    judgements: Judgements
    revisit: bool = False
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def find(self, seed_titles: Iterable[str]) -> Iterator[Found | Skipped]:
        """Look into each slice that the seeds give, once; what is passed over comes with its reason."""
        for part in self._slicer.slices(seed_titles):
            yield part if isinstance(part, Skipped) else self.look_into(part)

    def look_into(self, part: Slice) -> Found | Skipped:
        """Search, hash and compare one slice, and propose what to tag."""
        sliced = self._slicer.hashed(part)
        if isinstance(sliced, Skipped):
            return sliced
        sets = match.equal_sets(sliced.files)
        judged = self.judge(match.matches(sets, self._apart(_files(sets))))
        return Found(
            part=part,
            hits=sliced.hits,
            listed=sliced.listed,
            hashed=len(sliced.files),
            sets=sets,
            proposals=tuple(one for one in judged if isinstance(one, Proposal)),
            skipped=(*sliced.passed_over, *(one for one in judged if isinstance(one, Skipped))),
        )

    def remember(self, found: Found, applied: Sequence[Applied | Skipped]) -> bool:
        """Note a slice as done, unless something in it should be tried again; tells whether it was noted."""
        again = any(one.reason.retry_later for one in found.skipped) or any(
            one.outcome.retry_later for one in applied if isinstance(one, Applied)
        )
        if not again:
            self.store.remember_slice(found.part, found.hits, self.now())
        return not again

    def judge(self, matches: Sequence[Match]) -> list[Proposal | Skipped]:
        """Decide for each matched file, from its page, its partners' pages and its history.

        What people judged meanwhile counts, too.
        """
        matches = self._without_apart(matches)
        concerned = dict.fromkeys(file.page_id for one in matches for file in (one.file, *one.partners))
        pages = self.wiki.texts(list(concerned))
        decided = exclude.decide(matches, pages, self._names, self._home)
        return [decided[one.file.page_id] or self._proposed(one, pages) for one in matches]

    def judge_again(self, proposal: Proposal) -> Proposal | Skipped:
        """Decide anew for a file whose page changed."""
        (judged,) = self.judge([_match_of(proposal)])
        return judged

    def withdrawal(self, proposal: Proposal, merged: PageText) -> PageEdit | None:
        """Take the tag back where the page, as somebody else's edit left it, should never have had it."""
        (one,) = self._without_apart([_match_of(proposal)])
        clean = replace(merged, text=tag.without_tag(merged.text, self._home, tag.sort_key(one)))
        pages = {**self.wiki.texts([partner.page_id for partner in one.partners]), one.file.page_id: clean}
        why = exclude.decide([one], pages, self._names, self._home)[one.file.page_id]
        if why is None:
            return None
        return PageEdit(merged, clean.text, f"{UNDO_OPENING}: {why.reason.sentence}")

    def _proposed(self, one: Match, pages: Mapping[int, PageText | Skipped]) -> Proposal | Skipped:
        page = pages[one.file.page_id]
        if isinstance(page, Skipped):
            return page
        proposed = self._removed(one, page) or tag.propose(one, page, self.collection, self._home)
        if isinstance(proposed, Skipped):
            return proposed
        return replace(proposed, witnesses=_witnesses(one, pages))

    def _removed(self, one: Match, page: PageText) -> Skipped | None:
        """Find out that people took our tag off, unless we did, and there is a newer copy since."""
        history = self.wiki.history(page.page_id)
        settled = exclude.settled(history)
        if settled and (
            any(partner.uploaded > settled.timestamp for partner in one.partners)
            or self._joined_since(one, settled)
        ):
            return None
        if self.journal.tagged(page.page_id):
            return Skipped(one.file.title, Reason.REMOVED_BY_HUMAN, "the journal knows our edit")
        return exclude.by_history(page, history)

    def _joined_since(self, one: Match, settled: Revision) -> bool:
        """Find out that people corrected the judgement for which we took the tag off."""
        if not settled.comment.startswith(CLEANUP_OPENING):
            return False
        stands = standing(self.judgements.judged(file.sha1 for file in (one.file, *one.partners)))
        of_partners = (stands.get(pair_of(one.file.sha1, partner.sha1)) for partner in one.partners)
        return any(
            row.judgement is Judgement.DUPLICATES and row.at > settled.timestamp
            for row in of_partners
            if row is not None
        )

    def _without_apart(self, matches: Sequence[Match]) -> list[Match]:
        apart = self._apart(file for one in matches for file in (one.file, *one.partners))
        return [match.without_apart(one, apart) for one in matches] if apart else list(matches)

    def _apart(self, files: Iterable[FileInfo]) -> frozenset[Pair]:
        return self.judgements.apart({file.sha1 for file in files})

    @property
    def _names(self) -> tuple[str, ...]:
        return (self.wiki.user, *self.settings.wiki.bot_names)

    @property
    def _home(self) -> str:
        return self.settings.wiki.home_category

    @property
    def _slicer(self) -> Slicer:
        return Slicer(
            self.collection, self.settings, self.wiki, self.hasher, self.store, self.revisit, self.now
        )


def _files(sets: Iterable[DuplicateSet]) -> Iterator[FileInfo]:
    return (member.file for one in sets for member in one.members)


def _match_of(proposal: Proposal) -> Match:
    if proposal.match is None:
        raise ValueError("a tag is always based on a match")
    return proposal.match


def _witnesses(one: Match, pages: Mapping[int, PageText | Skipped]) -> tuple[Witness, ...]:
    """Name the partners that must still be as they were judged when the edit is made."""
    known = ((partner, pages.get(partner.page_id)) for partner in one.partners)
    found = (
        Witness(partner.page_id, partner.title, page.revid, partner.sha1)
        for partner, page in known
        if isinstance(page, PageText)
    )
    return tuple(itertools.islice(found, MAX_WITNESSES))
