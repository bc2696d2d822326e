"""Fill the hash index: files are looked at in portions, and what is found out is kept portion by portion.

Each portion is one transaction: pages, fingerprints, failures, and the position after it. Killed at any
moment, a run goes on where the last portion ended; what it does again changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Protocol

from faebot_hash import slices
from faebot_hash.fingerprint import current_basis
from faebot_hash.hash_index import HashIndexStore, IndexBatch, IndexedPage, Lease
from faebot_hash.model import Basis, FileInfo, Fingerprint, HashedFile
from faebot_hash.portions import Hint, Portion
from faebot_hash.reasons import Reason, Skipped
from faebot_hash.thumbnails import Fingerprints, Hasher, comparable

Results = dict[str, Fingerprint | Skipped]


class FileReader(Protocol):
    """Reads files from the wiki itself (``ports.Wiki``)."""

    def files(self, page_ids: Sequence[int]) -> Iterator[FileInfo | Skipped]:
        """Read the current versions of files in batches of 50, in the order given."""
        ...

    def files_titled(self, titles: Sequence[str]) -> Iterator[FileInfo | Skipped]:
        """Read the current versions of files (without "File:") in batches of 50, in any order."""
        ...


class IndexStore(HashIndexStore, Fingerprints, Protocol):
    """The store as indexing uses it."""


@dataclass(frozen=True)
class Indexed:
    """What came of a portion, or of many.

    ``settled`` were in the index as a replica tells them, and are not asked for; ``put_off`` failed lately
    and wait for their time; ``renamed``, ``overwritten`` and ``gone`` count pages that the index knew.
    """

    listed: int = 0
    hashed: int = 0
    known: int = 0
    settled: int = 0
    put_off: int = 0
    renamed: int = 0
    overwritten: int = 0
    gone: int = 0
    reasons: Counter[Reason] = field(default_factory=Counter)

    def __add__(self, other: Indexed) -> Indexed:
        sums = {name: value + getattr(other, name) for name, value in vars(self).items()}
        return Indexed(**sums)


class _Held:
    """Fingerprints that wait for the transaction of their portion."""

    def __init__(self, store: Fingerprints) -> None:
        self._store = store
        self.results: dict[Basis, Results] = {}

    def get(self, sha1s: Iterable[str], basis: Basis) -> Mapping[str, Fingerprint | Skipped]:
        return self._store.get(sha1s, basis)

    def put(self, results: Mapping[str, Fingerprint | Skipped], basis: Basis) -> None:
        self.results.setdefault(basis, {}).update(results)


@dataclass(frozen=True)
class Indexer:
    """Looks at portions of files and keeps what it finds; ``hasher`` works for this one wiki and store."""

    wiki: FileReader
    hasher: Hasher
    store: IndexStore
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def index(
        self, portion: Portion, checkpoint: tuple[str, str] | None = None, lease: Lease | None = None
    ) -> Indexed | None:
        """Look at one portion; None, and nothing kept, when the lease is no longer the holder's.

        ``checkpoint`` is kept with the portion. Raises WikiError and StoreError.
        """
        open_ids, told = self._unsettled(portion)
        told += Indexed(listed=len(portion))
        wanted = [*portion.page_ids, *open_ids]
        if not wanted and not portion.titles:
            return told if self._keep([], [], [], {}, {}, checkpoint, lease) else None
        files, gone = self._read(wanted, portion.titles)
        known = self.store.pages(files)
        put_off = self._put_off(files, known)
        if moved := [one for one in put_off if files[one].title != known[one].title]:
            self.store.put_pages(_page(files[one]) for one in moved)
        tried = [file for page_id, file in files.items() if page_id not in put_off]
        held = _Held(self.store)
        hashed, failures = self._hashed(tried, held)
        if not self._keep(tried, gone, hashed, failures, held.results, checkpoint, lease):
            return None
        fresh = {sha1 for results in held.results.values() for sha1 in results}
        return told + Indexed(
            hashed=sum(one.file.sha1 in fresh for one in hashed),
            known=sum(one.file.sha1 not in fresh for one in hashed),
            put_off=len(put_off),
            renamed=sum(files[one].title != page.title for one, page in known.items()),
            overwritten=sum(files[one].sha1 != page.sha1 for one, page in known.items()),
            gone=len(gone),
            reasons=Counter(one.reason for one in failures.values()),
        )

    def _unsettled(self, portion: Portion) -> tuple[list[int], Indexed]:
        """Choose among hints what the wiki must be asked about: all that would change the index."""
        fit = [hint for hint in portion.hints if hint.mime in slices.MIME_TYPES]
        unfit = len(portion.hints) - len(fit)
        settled = self._settled(fit)
        told = Indexed(
            settled=len(settled), reasons=Counter({Reason.UNSUPPORTED_FORMAT: unfit} if unfit else {})
        )
        return [hint.page_id for hint in fit if hint.page_id not in settled], told

    def _settled(self, hints: Sequence[Hint]) -> set[int]:
        if not hints:
            return set()
        pages = self.store.pages(hint.page_id for hint in hints)
        failures = self.store.failures(hint.page_id for hint in hints)
        sha1s = {hint.sha1 for hint in hints}
        done = {sha1 for basis in self._bases for sha1 in self.store.get(sha1s, basis)}
        waiting = {one for one, failure in failures.items() if not _due(failure.retry_at, self.now())}
        return {
            hint.page_id
            for hint in hints
            if (page := pages.get(hint.page_id)) is not None
            and (page.title, page.sha1) == (hint.title, hint.sha1)
            and (hint.sha1 in done or hint.page_id in waiting)
        }

    def _read(
        self, page_ids: Sequence[int], titles: Sequence[str]
    ) -> tuple[dict[int, FileInfo], frozenset[int]]:
        """Ask the wiki; gives files by page id, and the pages of the index that show no file any more."""
        files: dict[int, FileInfo] = {}
        gone: set[int] = set()
        asked: set[int] = set()
        wanted = list(dict.fromkeys(page_ids))
        for one in self.wiki.files_titled(titles) if titles else ():
            if isinstance(one, FileInfo):
                files[one.page_id] = one
        former = self._holders(titles)
        while wanted := [one for one in dict.fromkeys([*wanted, *former]) if one not in asked | files.keys()]:
            asked |= set(wanted)
            answers = zip(wanted, self.wiki.files(wanted), strict=True)
            for page_id, answer in answers:
                if isinstance(answer, FileInfo):
                    files[page_id] = answer
                else:
                    gone.add(page_id)
            # A page that the index knows by a title that another has now was renamed or deleted.
            wanted, former = [], self._holders(file.title for file in files.values())
        # What changed between two requests may show one title twice; the log tells of the other page.
        latest = {file.title: page_id for page_id, file in files.items()}
        files = {page_id: file for page_id, file in files.items() if latest[file.title] == page_id}
        return files, frozenset(self.store.pages(gone)) | frozenset(self.store.failures(gone))

    def _holders(self, titles: Iterable[str]) -> list[int]:
        return [page.page_id for page in self.store.pages_titled(titles).values()]

    def _put_off(self, files: Mapping[int, FileInfo], known: Mapping[int, IndexedPage]) -> set[int]:
        """Find the files that failed before and whose time to try again has not come."""
        return {
            page_id
            for page_id, failure in self.store.failures(files).items()
            if failure.retry_at is not None
            and not _due(failure.retry_at, self.now())
            and page_id in known
            and known[page_id].sha1 == files[page_id].sha1
        }

    def _hashed(self, files: Sequence[FileInfo], held: _Held) -> tuple[list[HashedFile], dict[int, Skipped]]:
        judged = {file.page_id: comparable(file) for file in files}
        fit = [one for one in judged.values() if isinstance(one, FileInfo)]
        hashed, unhashed = replace(self.hasher, store=held).hashed(fit)
        by_title = {file.title: file.page_id for file in fit}
        failures = {page_id: one for page_id, one in judged.items() if isinstance(one, Skipped)}
        return hashed, failures | {by_title[one.what]: one for one in unhashed}

    def _keep(
        self,
        files: Sequence[FileInfo],
        gone: Iterable[int],
        hashed: Sequence[HashedFile],
        failures: Mapping[int, Skipped],
        results: Mapping[Basis, Results],
        checkpoint: tuple[str, str] | None,
        lease: Lease | None,
    ) -> bool:
        """Keep a portion in one transaction; originals served as thumbnails go before, in their own basis."""
        main, small = self._bases
        aside = {one.file.page_id for one in hashed if one.basis == small}
        before = IndexBatch(
            pages=[_page(file) for file in files if file.page_id in aside],
            results=results.get(small, {}),
        )
        batch = IndexBatch(
            pages=[_page(file) for file in files if file.page_id not in aside],
            gone=sorted(gone),
            results=results.get(main, {}),
            failures=failures,
            checkpoint=checkpoint,
        )
        if (before.pages or before.results) and not self.store.keep_batch(before, small, lease):
            return False
        return self.store.keep_batch(batch, main, lease)

    @property
    def _bases(self) -> tuple[Basis, Basis]:
        return current_basis("thumbnail", self.hasher.thumb_width_px), current_basis("original", 0)


def _page(file: FileInfo) -> IndexedPage:
    return IndexedPage(file.page_id, file.title, file.sha1, file.uploaded)


def _due(retry_at: datetime | None, now: datetime) -> bool:
    return retry_at is not None and retry_at <= now
