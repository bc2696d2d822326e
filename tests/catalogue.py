"""A wiki's files, their logs and a stale copy, in memory, and what an index of them must hold."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from faebot_hash.adapters.store import Store
from faebot_hash.fingerprint import current_basis
from faebot_hash.hash_index import IndexedPage
from faebot_hash.index import Indexer
from faebot_hash.model import FileInfo, Fingerprint
from faebot_hash.portions import Hint, LogEvent
from faebot_hash.reasons import Reason, Skipped
from faebot_hash.shares import LEASE, Share
from faebot_hash.thumbnails import Hasher
from faebot_hash.walk import Walk
from tests.fakes import FakeDecoder, file_info

NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)
WIDTH_PX = 120
THUMBNAIL = current_basis("thumbnail", WIDTH_PX)
ORIGINAL = current_basis("original", 0)


class KilledError(Exception):
    """The run ended here, as by a kill."""


@dataclass
class Catalogue:
    """Files that people change; all is logged; ``hold_back`` keeps lines out of sight for a while."""

    files_now: dict[int, FileInfo] = field(default_factory=dict)
    deleted: dict[int, FileInfo] = field(default_factory=dict)
    lines: list[LogEvent] = field(default_factory=list)
    held_back: list[LogEvent] = field(default_factory=list)
    hold_back: bool = False
    broken: set[str] = field(default_factory=set)
    now: datetime = NOON
    versions: int = 0
    pages: int = 0
    asked: Counter[int] = field(default_factory=Counter)
    fetched: Counter[str] = field(default_factory=Counter)
    before_fetch: Callable[[], None] = lambda: None
    before_read: Callable[[], None] = lambda: None

    # ---- what people do

    def upload(self, title: str = "", **changes: object) -> FileInfo:
        """Upload a new file."""
        self.pages += 1
        return self._upload(self.pages, title or f"Picture {self.pages}.jpg", "upload", **changes)

    def overwrite(self, page_id: int) -> FileInfo:
        """Upload another version."""
        return self._upload(page_id, self.files_now[page_id].title, "overwrite")

    def _upload(self, page_id: int, title: str, action: str, **changes: object) -> FileInfo:
        self.versions += 1
        self.now += timedelta(seconds=self.versions % 2)
        sha1 = hashlib.sha1(str(self.versions).encode(), usedforsecurity=False).hexdigest()
        plain = {"sha1": sha1, "uploaded": self.now, "thumb_url": f"http://127.0.0.1/thumb/{sha1}"}
        file = file_info(page_id, title, **{**plain, **changes})
        self.files_now[page_id] = file
        self._note("upload", action, title, page_id, file.sha1)
        return file

    def rename(self, page_id: int, title: str) -> None:
        """Move a file; its old title becomes a redirect with a page id of its own."""
        old = self.files_now[page_id].title
        self.files_now[page_id] = replace(self.files_now[page_id], title=title)
        self.pages += 1
        self._note("move", "move", old, self.pages)

    def delete(self, page_id: int) -> None:
        """Delete a file."""
        self.deleted[page_id] = self.files_now.pop(page_id)
        self._note("delete", "delete", self.deleted[page_id].title, page_id)

    def restore(self, page_id: int) -> None:
        """Bring a deleted file back."""
        self.files_now[page_id] = self.deleted.pop(page_id)
        self._note("delete", "restore", self.files_now[page_id].title, page_id)

    def any_change(self, chance: random.Random) -> str:
        """Let somebody do something; gives what."""
        what = chance.choice(["upload", "overwrite", "rename", "delete", "restore", "reuse"])
        titles = {file.title for file in self.files_now.values()}
        if what == "restore" and self.deleted:
            page_id = chance.choice(sorted(self.deleted))
            if self.deleted[page_id].title not in titles:
                self.restore(page_id)
        elif what == "reuse" and self.deleted:
            title = self.deleted[chance.choice(sorted(self.deleted))].title
            if title not in titles:
                self.upload(title)
        elif what == "upload" or not self.files_now:
            self.upload()
        elif what == "overwrite":
            self.overwrite(chance.choice(sorted(self.files_now)))
        elif what == "rename":
            self.rename(chance.choice(sorted(self.files_now)), f"Renamed {self.pages}.jpg")
        elif what == "delete":
            self.delete(chance.choice(sorted(self.files_now)))
        return what

    def _note(self, kind: str, action: str, title: str, page_id: int, sha1: str = "") -> None:
        line = LogEvent(self.now, kind, action, title, (page_id,), sha1)
        (self.held_back if self.hold_back else self.lines).append(line)

    def show_lines(self) -> None:
        """Let the lines appear that came late, with the times that they have."""
        self.lines += self.held_back
        self.held_back = []

    # ---- what a program asks

    def log(self, since: datetime) -> Iterator[LogEvent]:
        yield from sorted((one for one in self.lines if one.at >= since), key=lambda one: one.at)

    def files(self, page_ids: Sequence[int]) -> Iterator[FileInfo | Skipped]:
        self.before_read()
        self.asked.update(page_ids)
        for page_id in page_ids:
            yield self.files_now.get(page_id, Skipped(f"page {page_id}", Reason.MISSING))

    def files_titled(self, titles: Sequence[str]) -> Iterator[FileInfo | Skipped]:
        by_title = {file.title: file for file in self.files_now.values()}
        for title in titles:
            yield by_title.get(title, Skipped(title, Reason.MISSING))

    def fetch(
        self, urls: Iterable[str], cap_bytes: int | None = None
    ) -> Iterator[tuple[str, bytes | Skipped]]:
        for url in urls:
            self.before_fetch()
            self.fetched[url] += 1
            failed = Skipped(url, Reason.UNREADABLE, "HTTP 500")
            yield url, failed if url in self.broken else self._picture(url)

    @staticmethod
    def _picture(url: str) -> bytes:
        return f"{int(url[-16:], 16)} {int(url[-32:-16], 16)}".encode()

    def hints(self) -> list[Hint]:
        """Give the files as a copy of the database has them, by page id."""
        return [
            Hint(file.page_id, file.title, file.sha1, file.mime) for _, file in sorted(self.files_now.items())
        ]

    # ---- what must come of it

    def indexer(self, store: Store, share: Share | None = None) -> Indexer:
        """Give an indexer of these files."""
        watched = {"watch": share.watch} if share else {}
        hasher = Hasher(WIDTH_PX, self, FakeDecoder(), store, **watched)  # type: ignore[arg-type]
        return Indexer(self, hasher, store, now=lambda: self.now)

    def walk(self, store: Store, share: Share | None = None, **options: object) -> Walk:
        """Give a walk by a process that is alone, or has this share."""
        share = share or Share(store, "alone", 2, lasts=LEASE)
        return Walk(lambda slots: self.indexer(store, share), store, share, **options)  # type: ignore[arg-type]

    def wrong(self, store: Store) -> list[str]:
        """Say what an index of all files lacks, and what it should not have."""
        known = store.pages(range(1, self.pages + 1))
        found = [f"page {page_id} is gone" for page_id in known.keys() - self.files_now.keys()]
        for page_id, file in self.files_now.items():
            if known.get(page_id) != IndexedPage(page_id, file.title, file.sha1, file.uploaded):
                found.append(f"page {page_id} is {known.get(page_id)}, not {file}")
            elif not self._is_told(store, file):
                found.append(f"page {page_id} has neither hashes nor a failure")
        return sorted(found)

    def _is_told(self, store: Store, file: FileInfo) -> bool:
        if file.page_id in store.failures([file.page_id]):
            return file.thumb_url in self.broken or file.mime == "image/svg+xml"
        basis = THUMBNAIL if file.width_px > WIDTH_PX else ORIGINAL
        phash, dhash = map(int, self._picture(file.thumb_url or "").split())
        return store.get([file.sha1], basis) == {
            file.sha1: Fingerprint(phash, dhash, 0, 0, low_information=phash == 0)
        }
