"""From fingerprints to clusters of files: everyone within a level of everyone, by dHash."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count

import numpy as np

from faebot_hash.cluster import cluster
from faebot_hash.join import close_pairs
from faebot_hash.level import Level
from faebot_hash.model import FileInfo, HashedFile


@dataclass(frozen=True)
class FileCluster:
    """Two or more files in page-id order, and the bits between the two furthest from each other.

    ``key`` is a number that no other cluster has, as a rule the page id of one that is or was a member.
    """

    key: int
    members: tuple[HashedFile, ...]
    widest_bits: int

    @property
    def files(self) -> tuple[FileInfo, ...]:
        """Give the files without their fingerprints."""
        return tuple(one.file for one in self.members)

    def others(self, page_id: int, most: int) -> tuple[FileInfo, ...]:
        """Give the other members, or the nearest of them where there are too many, in page-id order."""
        (own,) = (one for one in self.members if one.file.page_id == page_id)
        others = [one for one in self.members if one is not own]
        if len(others) > most:
            others.sort(key=lambda one: (_apart(own, one), one.file.page_id))
        return tuple(sorted((one.file for one in others[:most]), key=lambda file: file.page_id))


def file_clusters(files: Iterable[HashedFile], level: Level) -> tuple[FileCluster, ...]:
    """Cluster files by dHash, complete linkage, those with the lowest page id first.

    Equal hashes are together, whatever they were made from: what is similar is only shown, so hashes of a
    thumbnail and of a small original may be compared. Pictures that say nothing are left out. The key is
    the lowest page id of the members.
    """
    by_value: dict[int, dict[int, HashedFile]] = defaultdict(dict)
    for one in files:
        if not one.fingerprint.low_information:
            by_value[one.fingerprint.dhash][one.file.page_id] = one
    values = np.array(sorted(by_value), np.uint64)
    found = [(one.values, one.widest_bits) for one in cluster(values, close_pairs(values, level.value))]
    clustered = {value for values_of_one, _ in found for value in values_of_one}
    found += [((value,), 0) for value in by_value if value not in clustered and len(by_value[value]) > 1]
    clusters = [
        _of_members([one for value in values_of_one for one in by_value[value].values()], widest_bits)
        for values_of_one, widest_bits in found
    ]
    return tuple(sorted(clusters, key=lambda one: one.key))


def with_known_keys(
    clusters: Sequence[FileCluster], known: Mapping[int, Iterable[int]]
) -> tuple[FileCluster, ...]:
    """Give clusters the keys that most of their members have already, so that they need no new name.

    ``known`` are the keys that stand on members' pages. A key goes to the cluster with most votes for it,
    of equals to the one with the lowest page id; who gets none takes the lowest page id that is free.
    """
    votes = [Counter(key for one in part.files for key in known.get(one.page_id, ())) for part in clusters]
    wanted = sorted(
        (-many, part.members[0].file.page_id, key, n)
        for n, part in enumerate(clusters)
        for key, many in votes[n].items()
    )
    keys: dict[int, int] = {}
    taken: set[int] = set()
    for _, _, key, n in wanted:
        if n not in keys and key not in taken:
            keys[n] = key
            taken.add(key)
    for n, part in enumerate(clusters):
        if n not in keys:
            own = [one.page_id for one in part.files]
            keys[n] = next(key for key in chain(own, count(own[-1])) if key not in taken)
            taken.add(keys[n])
    return tuple(replace(part, key=keys[n]) for n, part in enumerate(clusters))


def _of_members(members: Sequence[HashedFile], widest_bits: int) -> FileCluster:
    in_order = sorted(members, key=lambda one: one.file.page_id)
    return FileCluster(in_order[0].file.page_id, tuple(in_order), widest_bits)


def _apart(one: HashedFile, other: HashedFile) -> int:
    return (one.fingerprint.dhash ^ other.fingerprint.dhash).bit_count()
