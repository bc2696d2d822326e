"""From the seeds of a collection to slices, and from a slice to its files with their fingerprints."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from faebot_hash import fingerprint, slices
from faebot_hash.collection import Collection
from faebot_hash.model import FileInfo, HashedFile, Slice, SliceKind
from faebot_hash.ports import HashStore, Wiki
from faebot_hash.reasons import Reason, Skipped
from faebot_hash.settings import Settings
from faebot_hash.thumbnails import Hasher, comparable


@dataclass(frozen=True)
class HashedSlice:
    """A slice with ``hits`` files, of which ``listed`` were read; ``files`` are in page-id order.

    ``passed_over`` are those without a fingerprint, and those whose fingerprint says nothing.
    """

    part: Slice
    hits: int
    listed: int
    files: tuple[HashedFile, ...]
    passed_over: tuple[Skipped, ...]


@dataclass(frozen=True)
class Slicer:
    """Lists and hashes the slices of a collection; ``revisit`` does those again that did not change."""

    collection: Collection
    settings: Settings
    wiki: Wiki
    hasher: Hasher
    store: HashStore
    revisit: bool = False
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def slices(self, seed_titles: Iterable[str]) -> Iterator[Slice | Skipped]:
        """Give each slice that the seeds stand for once, and the seeds that stand for none."""
        if self.collection.slice is SliceKind.SEARCH:
            yield slices.search_slice(self.collection)
            return
        seen: set[str] = set()
        for seed in self.wiki.seeds(seed_titles):
            part = seed if isinstance(seed, Skipped) else slices.slice_of(seed, self.collection)
            if isinstance(part, Skipped) or part.key not in seen:
                yield part
            if isinstance(part, Slice):
                seen.add(part.key)

    def hashed(self, part: Slice) -> HashedSlice | Skipped:
        """Search and hash one slice, whole or not at all."""
        listed = self._listed(part)
        if isinstance(listed, Skipped):
            return listed
        hits, files, passed_over = listed
        hashed, unhashed = self.hasher.hashed(files)
        flat = [_flat(one) for one in hashed if one.fingerprint.low_information]
        count = len(files) + len(passed_over)
        return HashedSlice(part, hits, count, tuple(hashed), (*passed_over, *unhashed, *flat))

    def _listed(self, part: Slice) -> tuple[int, list[FileInfo], list[Skipped]] | Skipped:
        hits = self.wiki.count(part.query)
        if hits.warning:
            return Skipped(part.key, Reason.INCOMPLETE_SEARCH, hits.warning)
        if hits.total < 2:
            return Skipped(part.key, Reason.TOO_FEW_HITS, f"{hits.total} found")
        last = self.store.slice_done(part)
        now = self.now()
        if not self.revisit and not slices.due(last, hits.total, now, self.collection.revisit_days):
            return Skipped(
                part.key, Reason.UNCHANGED, f"{hits.total:,} files, as on {last[1]:%Y-%m-%d}" if last else ""
            )
        queries = slices.listable(part, hits, self.wiki.count, self.settings.search.max_hits, now.year)
        if isinstance(queries, Skipped):
            return queries
        page_ids: dict[int, None] = {}
        for query in queries:
            answer = self.wiki.search(query)
            if answer.warning or len(answer.page_ids) < answer.total:
                detail = answer.warning or f"{len(answer.page_ids):,} of {answer.total:,} files listed"
                return Skipped(part.key, Reason.INCOMPLETE_SEARCH, detail)
            page_ids |= dict.fromkeys(answer.page_ids)
        answers = [comparable(one) for one in self.wiki.files(list(page_ids))]
        files = [one for one in answers if isinstance(one, FileInfo)]
        return hits.total, files, [one for one in answers if isinstance(one, Skipped)]


def _flat(one: HashedFile) -> Skipped:
    return Skipped(
        one.file.title, Reason.LOW_INFORMATION, f"pHash {fingerprint.to_hex(one.fingerprint.phash)}"
    )
