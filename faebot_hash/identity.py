"""Which files of a family are one picture: grouped by what proves it, each group against the others.

Files are one by equal bytes, by equal bytes but for metadata, or by all they decode to. Each of the three
is looked up, so that a large family costs one comparison a file, and ``MAX_PAIRS`` between groups.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from faebot_hash.family import Family, Identity
from faebot_hash.likeness import Comparison, Original
from faebot_hash.model import FileInfo
from faebot_hash.pixels import verdict
from faebot_hash.reasons import Skipped

MAX_PAIRS = 200
"""Comparisons between groups and single files: all of up to 20, else those of neighbours first."""


def identity(family: Family, originals: Mapping[str, Original | Skipped]) -> Identity:
    """Group a family's files by what is known of their originals, by SHA1.

    Raises ValueError where only the pixels can tell two files apart, and one was not decoded, or where the
    exports of equal pixels have to tell, and one was not made.
    """
    unread = []
    read: dict[int, Original] = {}
    for file in family.files:
        original = originals[file.sha1]
        if isinstance(original, Skipped):
            unread.append(replace(original, what=file.title))
        else:
            read[file.page_id] = replace(
                original,
                fingerprint=family.fingerprints.get(file.page_id),
                announced_px=(file.width_px, file.height_px),
            )
    read = _with_shared_digests(read)
    groups, comparisons = _grouped(read)
    for one, other in islice(_neighbours(list(groups)), MAX_PAIRS):
        comparisons[one, other] = verdict(read[one], read[other])
    files = {file.page_id: file for file in family.files}
    return Identity(
        groups=tuple(_files(files, group) for group in groups.values() if len(group) > 1),
        comparisons=comparisons,
        originals=read,
        unread=tuple(unread),
    )


def _with_shared_digests(read: Mapping[int, Original]) -> dict[int, Original]:
    """Let files that are equal but for metadata share the digest that one of them has."""
    known = {name: one.digest for one in read.values() for name in _bytes_of(one) if one.digest is not None}
    shared = {}
    for page_id, one in read.items():
        digests = [known[name] for name in _bytes_of(one) if name in known]
        shared[page_id] = replace(one, digest=one.digest or next(iter(digests), None))
    return shared


def _grouped(
    read: Mapping[int, Original],
) -> tuple[dict[int, list[int]], dict[tuple[int, int], Comparison]]:
    """Give the groups by the page id of their first file, and each file's comparison with that."""
    groups: dict[int, list[int]] = {}
    first_with: dict[Hashable, int] = {}
    comparisons = {}
    for page_id, original in sorted(read.items()):
        proofs = _proofs(original)
        for first in sorted({first_with[proof] for proof in proofs if proof in first_with}):
            compared = verdict(read[first], original)
            if compared.verdict.is_same_picture:
                groups[first].append(page_id)
                comparisons[first, page_id] = compared
                break
        else:
            first = page_id
            groups[first] = [first]
        for proof in proofs:
            first_with.setdefault(proof, first)
    return groups, comparisons


def _proofs(original: Original) -> list[Hashable]:
    """List whatever makes two files one picture when both have it."""
    digest = original.digest
    pixels = [] if digest is None else [("pixels", digest.pixel_sha1, digest.non_exif_sha1)]
    return [*_bytes_of(original), *pixels]


def _bytes_of(original: Original) -> list[Hashable]:
    stripped = [] if original.stripped_sha1 is None else [("stripped", original.stripped_sha1)]
    return [("whole", original.sha1), *stripped]


def _neighbours(page_ids: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Pair each with the next, then with the one after that, and so on until all are paired."""
    for step in range(1, len(page_ids)):
        yield from zip(page_ids, page_ids[step:], strict=False)


def _files(files: Mapping[int, FileInfo], page_ids: Sequence[int]) -> tuple[FileInfo, ...]:
    return tuple(files[page_id] for page_id in page_ids)
