"""From files to their fingerprints: the store is asked first, only what it lacks is downloaded."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from faebot_hash import fingerprint, slices
from faebot_hash.model import Basis, FileInfo, Fingerprint, HashedFile
from faebot_hash.ports import Decoder, Fetcher
from faebot_hash.reasons import Reason, Skipped

T = TypeVar("T")

KEPT_AT_ONCE = 100
"""Fingerprints a transaction: what a killed run may have to download again."""


def unwatched(items: Iterable[T], total: int, label: str) -> Iterable[T]:
    """Pass items through without a word, where nobody watches."""
    return items


class Fingerprints(Protocol):
    """Where fingerprints are looked up and kept (``ports.HashStore``)."""

    def get(self, sha1s: Iterable[str], basis: Basis) -> Mapping[str, Fingerprint | Skipped]:
        """Look up what is known; absent keys were never hashed."""
        ...

    def put(self, results: Mapping[str, Fingerprint | Skipped], basis: Basis) -> None:
        """Keep fingerprints and lasting rejections; the same key again replaces."""
        ...


@dataclass(frozen=True)
class Hasher:
    """Hashes thumbnails of one width; ``watch`` wraps the downloads to show progress."""

    thumb_width_px: int
    fetcher: Fetcher
    decoder: Decoder
    store: Fingerprints
    watch: Callable[[Iterable[T], int, str], Iterable[T]] = unwatched

    def hashed(self, files: Sequence[FileInfo]) -> tuple[list[HashedFile], list[Skipped]]:
        """Give the files with their fingerprints, in page-id order, and those that have none with reasons."""
        hashed: list[HashedFile] = []
        skipped: list[Skipped] = []
        # A picture no wider than the thumbnail is served as it is: another basis.
        for source, width in (("thumbnail", self.thumb_width_px), ("original", 0)):
            members = [
                file for file in files if (file.width_px > self.thumb_width_px) == (source == "thumbnail")
            ]
            basis = fingerprint.current_basis(source, width)
            results = self._fingerprints(members, basis)
            for file in members:
                result = results[file.sha1]
                if isinstance(result, Skipped):
                    skipped.append(Skipped(file.title, result.reason, result.detail))
                else:
                    hashed.append(HashedFile(file, result, basis))
        return sorted(hashed, key=lambda one: one.file.page_id), skipped

    def _fingerprints(self, files: Sequence[FileInfo], basis: Basis) -> dict[str, Fingerprint | Skipped]:
        results = dict(self.store.get({file.sha1 for file in files}, basis))
        wanted: dict[str, str] = {}
        for sha1, file in {file.sha1: file for file in files if file.sha1 not in results}.items():
            if file.thumb_url is None:
                results[sha1] = Skipped(file.title, Reason.NO_THUMBNAIL)
            else:
                wanted[file.thumb_url] = sha1
        downloads = self.watch(self.fetcher.fetch(wanted), len(wanted), "thumbnails")
        answers = ((wanted[url], self._decoded(body)) for url, body in downloads)
        while chunk := dict(itertools.islice(answers, KEPT_AT_ONCE)):
            self.store.put({sha1: one for sha1, (one, lasting) in chunk.items() if lasting}, basis)
            results |= {sha1: one for sha1, (one, _) in chunk.items()}
        return results

    def _decoded(self, body: bytes | Skipped) -> tuple[Fingerprint | Skipped, bool]:
        """Give the fingerprint or the reason, and whether that is the picture's own and so lasts."""
        return (body, False) if isinstance(body, Skipped) else (self.decoder.fingerprint(body), True)


def comparable(file: FileInfo | Skipped) -> FileInfo | Skipped:
    """Pass on what has one picture that can be hashed, else the reason why not."""
    if isinstance(file, Skipped):
        return file
    if file.mime not in slices.MIME_TYPES:
        return Skipped(file.title, Reason.UNSUPPORTED_FORMAT, file.mime)
    return Skipped(file.title, Reason.MULTIPAGE, f"{file.page_count} pages") if file.page_count > 1 else file
