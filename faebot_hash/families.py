"""From the members of the home category to families: sets joined by a common file.

Two members belong together when they have the same sort key (what an earlier run found), or equal hashes
now. So a lost store costs the time of hashing again, and no verdict. Two that people keep apart do not belong
together by this, but may by a third one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from faebot_hash.family import Alone, Bond, Family, Member
from faebot_hash.fingerprint import to_hex
from faebot_hash.judgements import Pair
from faebot_hash.match import equal_sets
from faebot_hash.model import FileInfo, Fingerprint, HashedFile
from faebot_hash.reasons import Reason, Skipped

_KEY = re.compile(r"[0-9a-f]{16}", re.ASCII)


def keyed(members: Iterable[Member]) -> tuple[list[Member], list[Skipped]]:
    """Tell the members that a run of ours put there from those with another sort key, or none."""
    ours: list[Member] = []
    others: list[Skipped] = []
    for member in members:
        if _KEY.fullmatch(member.key):
            ours.append(member)
        else:
            others.append(Skipped(member.title, Reason.NO_HASH_KEY, f"“{member.key}”" if member.key else ""))
    return ours, others


def families(
    files: Sequence[FileInfo],
    keys: Mapping[int, str],
    hashed: Sequence[HashedFile],
    apart: Collection[Pair] = (),
) -> tuple[tuple[Family, ...], tuple[Alone, ...]]:
    """Join files to families, and give those that stand alone beside; both in page-id order.

    ``keys`` are sort keys by page id; ``hashed`` may lack files whose thumbnail could not be had. ``apart``
    are the pairs that people keep apart.
    """
    whole = _bonds(keys, hashed)
    by_page, strangers = {file.page_id: file for file in files}, _strangers(apart)
    sha1s = {page_id: file.sha1 for page_id, file in by_page.items()}
    bonds = [piece for bond in whole for piece in _pieces(bond, sha1s, strangers)]
    family_of = _joined([file.page_id for file in files], bonds)
    members: dict[int, list[FileInfo]] = defaultdict(list)
    for file in sorted(files, key=lambda one: one.page_id):
        members[family_of[file.page_id]].append(file)
    bonds_of: dict[int, list[Bond]] = defaultdict(list)
    for bond in bonds:
        bonds_of[family_of[min(bond.page_ids)]].append(bond)
    known = {one.file.page_id: one.fingerprint for one in hashed}
    found = tuple(_family(some, bonds_of[first], known) for first, some in members.items() if len(some) > 1)
    single = [some[0].page_id for some in members.values() if len(some) == 1]
    return found, tuple(_alone(by_page, single, whole))


def _family(files: Sequence[FileInfo], bonds: Sequence[Bond], known: Mapping[int, Fingerprint]) -> Family:
    fingerprints = {file.page_id: known[file.page_id] for file in files if file.page_id in known}
    return Family(tuple(files), tuple(bonds), fingerprints)


def _alone(files: Mapping[int, FileInfo], single: Collection[int], bonds: Iterable[Bond]) -> Iterator[Alone]:
    """Tell of each file with which others it would be in a family."""
    bound: dict[int, set[int]] = {page_id: set() for page_id in single}
    for bond in bonds:
        for page_id in bond.page_ids & bound.keys():
            bound[page_id] |= bond.page_ids
    for page_id, together in bound.items():
        yield Alone(files[page_id], tuple(files[other] for other in sorted(together - {page_id})))


def _strangers(apart: Iterable[Pair]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for one, other in apart:
        found[one].add(other)
        found[other].add(one)
    return found


def _pieces(bond: Bond, sha1s: Mapping[int, str], strangers: Mapping[str, set[str]]) -> Iterator[Bond]:
    """Cut a bond into those within which each file can be reached over pairs that are not apart."""
    left = set(bond.page_ids)
    if not any(sha1s[page_id] in strangers for page_id in left):
        yield bond
        return
    while left:
        reached = [left.pop()]
        piece = set(reached)
        while reached:
            unwanted = strangers.get(sha1s[reached.pop()], set())
            near = {page_id for page_id in left if sha1s[page_id] not in unwanted}
            left -= near
            piece |= near
            reached += near
        if len(piece) > 1:
            yield Bond(frozenset(piece), bond.evidence)


def _bonds(keys: Mapping[int, str], hashed: Sequence[HashedFile]) -> list[Bond]:
    bonds = [
        Bond(
            frozenset(member.file.page_id for member in one.members), f"{one.kind.value} {to_hex(one.value)}"
        )
        for one in equal_sets(hashed)
    ]
    by_key: dict[str, set[int]] = defaultdict(set)
    for page_id, key in keys.items():
        by_key[key].add(page_id)
    known = {(bond.page_ids, bond.evidence.split()[-1]) for bond in bonds}
    bonds += [
        Bond(frozenset(page_ids), f"sort key {key}")
        for key, page_ids in sorted(by_key.items())
        if len(page_ids) > 1 and (frozenset(page_ids), key) not in known
    ]
    return bonds


def _joined(page_ids: Iterable[int], bonds: Iterable[Bond]) -> dict[int, int]:
    """Give for each file the lowest page id of its family (union-find with path halving)."""
    parent = {page_id: page_id for page_id in page_ids}

    def root(page_id: int) -> int:
        while parent[page_id] != page_id:
            parent[page_id] = parent[parent[page_id]]
            page_id = parent[page_id]
        return page_id

    for bond in bonds:
        roots = {root(page_id) for page_id in bond.page_ids}
        lowest = min(roots)
        for other in roots:
            parent[other] = lowest
    return {page_id: root(page_id) for page_id in parent}
