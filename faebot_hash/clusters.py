"""Cluster the files of a collection: all its slices together, or nothing at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from faebot_hash.file_clusters import FileCluster, file_clusters
from faebot_hash.model import HashedFile
from faebot_hash.reasons import Reason, Skipped
from faebot_hash.slicing import HashedSlice, Slicer

_INCOMPLETE = frozenset((Reason.INCOMPLETE_SEARCH, Reason.TOO_MANY_HITS))


@dataclass(frozen=True)
class Clustered:
    """The clusters of a collection, and what was passed over.

    It ``is_whole`` when every slice could be listed: only then may a file that is in no cluster be said to
    have none. A file whose picture could not be had now is ``unread``, by its title.
    """

    clusters: tuple[FileCluster, ...]
    listed: int
    hashed: int
    skipped: tuple[Skipped, ...]
    is_whole: bool

    @property
    def unread(self) -> frozenset[str]:
        """Name the files of which nothing can be said now."""
        return frozenset(one.what for one in self.skipped if one.reason.retry_later)


@dataclass(frozen=True)
class Clusterer:
    """Lists, hashes and clusters a collection."""

    slicer: Slicer

    def cluster(
        self,
        seed_titles: Iterable[str],
        tell: Callable[[HashedSlice | Skipped], None] = lambda one: None,
    ) -> Clustered:
        """Look into every slice that the seeds give; ``tell`` hears of each."""
        files: dict[int, HashedFile] = {}
        skipped: list[Skipped] = []
        listed, is_whole = 0, True
        for part in self.slicer.slices(seed_titles):
            sliced = part if isinstance(part, Skipped) else self.slicer.hashed(part)
            tell(sliced)
            if isinstance(sliced, Skipped):
                skipped.append(sliced)
                is_whole = is_whole and sliced.reason not in _INCOMPLETE
                continue
            listed += sliced.listed
            files |= {one.file.page_id: one for one in sliced.files}
            skipped += sliced.passed_over
        clusters = file_clusters(files.values(), self.slicer.collection.cluster_level)
        return Clustered(clusters, listed, len(files), tuple(skipped), is_whole)
