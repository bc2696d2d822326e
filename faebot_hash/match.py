"""From fingerprints to duplicate sets and to what each file's tag says; linear in the number of files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from faebot_hash.judgements import Pair, pair_of
from faebot_hash.model import DuplicateSet, FileInfo, HashedFile, HashKind, Match


def equal_sets(hashed: Sequence[HashedFile]) -> tuple[DuplicateSet, ...]:
    """Find the files whose hashes are equal within one basis: by pHash, then by dHash.

    Equal dHashes make a set only when one of the files is in no pHash set, but that set then holds all of
    them. Pictures of low information match nothing. Of a page that comes twice in one basis the newest
    upload counts. pHash sets come first, each kind in the order of its values, then of page ids.
    """
    by_basis = defaultdict(list)
    for file in hashed:
        if not file.fingerprint.low_information:
            by_basis[file.basis].append(file)
    found = [one for files in by_basis.values() for one in _sets_of_one_basis(_newest(files))]
    return tuple(
        sorted(found, key=lambda one: (one.kind is HashKind.DHASH, one.value, _page_ids(one.members)))
    )


def _newest(files: Iterable[HashedFile]) -> list[HashedFile]:
    in_order = sorted(files, key=lambda one: (one.file.page_id, one.file.uploaded, one.file.sha1))
    return list({one.file.page_id: one for one in in_order}.values())


def _sets_of_one_basis(files: Sequence[HashedFile]) -> list[DuplicateSet]:
    by_phash = _equal(files, HashKind.PHASH)
    matched = {one.file.page_id for part in by_phash for one in part.members}
    by_dhash = _equal(files, HashKind.DHASH)
    return by_phash + [one for one in by_dhash if not matched.issuperset(_page_ids(one.members))]


def _equal(files: Iterable[HashedFile], kind: HashKind) -> list[DuplicateSet]:
    by_value = defaultdict(list)
    for one in files:
        by_value[kind.of(one.fingerprint)].append(one)
    return [DuplicateSet(kind, value, tuple(same)) for value, same in by_value.items() if len(same) > 1]


def _page_ids(files: Iterable[HashedFile]) -> tuple[int, ...]:
    return tuple(one.file.page_id for one in files)


def matches(sets: Iterable[DuplicateSet], apart: Collection[Pair] = ()) -> tuple[Match, ...]:
    """Give each file of the sets once, in page-id order, with its sort key and all its partners.

    The sort key is the pHash of a file in a pHash set, else the dHash. Each file names all others of its
    sets, so the answer grows with the square of a set's size. Files that people keep ``apart`` are no
    partners, so a file may be left with none.
    """
    sets_of: dict[int, list[DuplicateSet]] = defaultdict(list)
    files: dict[int, FileInfo] = {}
    for one in sets:
        for member in one.members:
            sets_of[member.file.page_id].append(one)
            files[member.file.page_id] = member.file
    return tuple(_match(files[page_id], sets_of[page_id], apart) for page_id in sorted(files))


def without_apart(one: Match, apart: Collection[Pair]) -> Match:
    """Leave out the partners that people keep apart from the file."""
    left = (other for other in one.partners if pair_of(one.file.sha1, other.sha1) not in apart)
    return replace(one, partners=tuple(left))


def _match(file: FileInfo, sets: Sequence[DuplicateSet], apart: Collection[Pair]) -> Match:
    partners_in = [(one, _partners(file, one, apart)) for one in sets]
    own = [one for one, partners in partners_in if partners] or sets
    named_by = next((one for one in own if one.kind is HashKind.PHASH), own[0])
    partners = {other.page_id: other for _, some in partners_in for other in some}
    return Match(
        file, named_by.kind, named_by.value, tuple(partners[page_id] for page_id in sorted(partners))
    )


def _partners(file: FileInfo, one: DuplicateSet, apart: Collection[Pair]) -> list[FileInfo]:
    others = (member.file for member in one.members if member.file.page_id != file.page_id)
    return [other for other in others if not apart or pair_of(file.sha1, other.sha1) not in apart]
