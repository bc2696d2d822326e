"""Find near matches: the files of a slice that look alike, and why they are no duplicate set. Tags nothing.

The casebook's search for NOAA photographs left a list of such pairs for people: enhanced versions, maps that
differ in a detail, sunsets.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from faebot_hash import exclude
from faebot_hash.judgements import Judgements, pair_of
from faebot_hash.model import FileInfo, HashKind, Match, PageText, Slice
from faebot_hash.near_pairs import NearGroup, NearPair, files_of, grouped, near_pairs
from faebot_hash.pairs import Within
from faebot_hash.ports import Wiki
from faebot_hash.reasons import Skipped
from faebot_hash.settings import NearSettings, Settings
from faebot_hash.slicing import Slicer


@dataclass(frozen=True)
class NearFound:
    """What one slice gave: its near pairs, the same in groups for people, and what was passed over.

    ``notes`` tell by page id what else would keep a file from being tagged.
    """

    part: Slice
    hits: int
    listed: int
    hashed: int
    pairs: tuple[NearPair, ...] = ()
    groups: tuple[NearGroup, ...] = ()
    notes: Mapping[int, Skipped] | None = None
    skipped: tuple[Skipped, ...] = ()

    def note(self, page_id: int) -> Skipped | None:
        """Tell what else would keep a file from being tagged."""
        return (self.notes or {}).get(page_id)


@dataclass(frozen=True)
class NearFinder:
    """Looks for near matches in every slice of a collection; pairs that people keep apart are none."""

    slicer: Slicer
    settings: Settings
    wiki: Wiki
    judgements: Judgements

    def find(self, seed_titles: Iterable[str]) -> Iterator[NearFound | Skipped]:
        """Look into each slice that the seeds give, once; what is passed over comes with its reason."""
        for part in self.slicer.slices(seed_titles):
            yield part if isinstance(part, Skipped) else self.look_into(part)

    def look_into(self, part: Slice) -> NearFound | Skipped:
        """Search, hash and compare one slice."""
        sliced = self.slicer.hashed(part)
        if isinstance(sliced, Skipped):
            return sliced
        pairs = near_pairs(sliced.files, within(self.settings.near), self.settings.near.most_pairs)
        if isinstance(pairs, Skipped):
            return Skipped(part.key, pairs.reason, pairs.detail)
        pairs = self._without_apart(pairs)
        return NearFound(
            part=part,
            hits=sliced.hits,
            listed=sliced.listed,
            hashed=len(sliced.files),
            pairs=tuple(pairs),
            groups=grouped(pairs),
            notes=self._notes(pairs),
            skipped=sliced.passed_over,
        )

    def _without_apart(self, pairs: Sequence[NearPair]) -> list[NearPair]:
        sha1s = [(pair.first.file.sha1, pair.second.file.sha1) for pair in pairs]
        apart = self.judgements.apart({sha1 for both in sha1s for sha1 in both})
        return [pair for pair, both in zip(pairs, sha1s, strict=True) if pair_of(*both) not in apart]

    def _notes(self, pairs: Sequence[NearPair]) -> dict[int, Skipped]:
        """Judge each file as if it were one of a set with those that it is near to."""
        partners: dict[int, list[FileInfo]] = defaultdict(list)
        for pair in pairs:
            one, other = pair.first.file, pair.second.file
            partners[one.page_id].append(other)
            partners[other.page_id].append(one)
        matches = [
            Match(one.file, HashKind.PHASH, one.fingerprint.phash, tuple(partners[one.file.page_id]))
            for one in files_of(pairs)
        ]
        pages = self.wiki.texts([one.file.page_id for one in matches]) if matches else {}
        names = (self.wiki.user, *self.settings.wiki.bot_names)
        decided = exclude.decide(matches, pages, names, self.settings.wiki.home_category)
        told = {page_id: why or self._removed(pages[page_id]) for page_id, why in decided.items()}
        return {page_id: why for page_id, why in told.items() if why}

    def _removed(self, page: PageText | Skipped) -> Skipped | None:
        """Find out that people took our tag off."""
        if isinstance(page, Skipped):
            return None
        history = self.wiki.history(page.page_id)
        return None if exclude.settled(history) else exclude.by_history(page, history)


def within(settings: NearSettings) -> Within:
    """Read from the settings how near files must be."""
    return Within(settings.phash_bits, settings.dhash_bits, settings.both)
