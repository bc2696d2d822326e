"""The store: fingerprints, originals, slices that are done, links, judgements, and the journal of edits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import Connection

from faebot_hash.adapters import (
    figures,
    fingerprints,
    forgetting,
    journal,
    judgements,
    link_history,
    originals,
    review_cases,
    slices_done,
    tidying,
)
from faebot_hash.adapters.indexed_hashes import IndexedHashes
from faebot_hash.adapters.open_database import open_database
from faebot_hash.adapters.patience import Patience
from faebot_hash.adapters.sqlite_file import VERSION, statfs_type
from faebot_hash.cases import Case
from faebot_hash.judgements import Judged, Pair, kept_apart
from faebot_hash.likeness import Original
from faebot_hash.links import Observation
from faebot_hash.model import Basis, Fingerprint, Slice
from faebot_hash.ports import Intent, JournalRow, RunSummary
from faebot_hash.reasons import Skipped
from faebot_hash.settings import StoreSettings
from faebot_hash.status import Figures


def _now() -> datetime:
    return datetime.now(UTC)


class Store(IndexedHashes):
    """One database; fulfils the ports HashStore, HashIndexStore, DigestStore, LinkHistory and Journal.

    So it does Judgements. Every method is one short transaction, durable when it returns and counted once.
    Whatever fails in the database is a StoreError that says what, where and what to do. One thread uses a
    store.
    """

    @classmethod
    def open(
        cls,
        url: str,
        *,
        write: bool = True,
        now: Callable[[], datetime] = _now,
        patience: Patience | None = None,
        file_system: Callable[[Path], int] = statfs_type,
        version: tuple[int, ...] = VERSION,
    ) -> Self:
        """Open the store at an address, ``sqlite:///FILE`` or ``mariadb+pymysql://HOST/DATABASE``.

        Missing tables, and a missing file, are made; older ones are renewed. In SQLite one process writes
        at a time, in MariaDB several; with ``write=False`` any number may read. ``now`` dates the rows.
        A server or a disk that takes nothing for now is waited for as long as the ``patience`` lasts.
        Raises StoreError.
        """
        return cls(
            open_database(url, write=write, patience=patience, file_system=file_system, version=version), now
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the database and let another process write."""
        self._database.close()

    def only_editor(self, family: str, account: str) -> AbstractContextManager[None]:
        """Be the only one who edits with an account of all that share a server; raises BusyError."""
        return self._database.alone(f"editing {family} {account}")

    def tidy(self, settings: StoreSettings) -> dict[str, int]:
        """Forget what is too old by the settings; tells how many rows of each table."""
        return tidying.tidy(self._database, settings, self._now())

    def compact(self) -> int:
        """Give room back to the disk where it is worth it; tells how many bytes."""
        return self._database.compact()

    def forget(self, titles: Iterable[str], sha1s: Iterable[str]) -> tuple[dict[str, int], int]:
        """Delete all that is kept about files; tells the rows deleted, and the journal's, which stay."""
        named, known = tuple(titles), tuple(sha1s)

        def delete_all(connection: Connection) -> tuple[dict[str, int], int]:
            return forgetting.forget(connection, named, known), forgetting.journal_rows(connection, named)

        return self._database.write(delete_all)

    def figures(self) -> Figures:
        """Count what the store holds, as of one moment."""
        now, size_bytes, where = self._now(), self._database.size_bytes(), self._database.where
        return self._database.read(lambda connection: figures.read(connection, where, size_bytes, now))

    def get(self, sha1s: Iterable[str], basis: Basis) -> dict[str, Fingerprint | Skipped]:
        """Look up fingerprints and lasting rejections; absent keys were never hashed.

        ``Skipped.what`` is the SHA1: titles are not kept, because they change.
        """
        keys = tuple(sha1s)
        return self._database.read(lambda connection: fingerprints.get(connection, keys, basis))

    def put(self, results: Mapping[str, Fingerprint | Skipped], basis: Basis) -> None:
        """Keep results by the file's SHA1; the same key again replaces. Passing troubles raise ValueError."""
        rows = fingerprints.rows_of(results, self._now())
        if rows:
            self._change(lambda connection, number: fingerprints.keep(connection, rows, basis, number))

    def originals(self, sha1s: Iterable[str]) -> dict[str, Original | Skipped]:
        """Look up what this version of Pillow made of originals; their fingerprints are kept elsewhere."""
        keys = tuple(sha1s)
        return self._database.read(lambda connection: originals.get(connection, keys))

    def keep_originals(self, results: Mapping[str, Original | Skipped]) -> None:
        """Keep originals, not their fingerprints; the same key again replaces.

        Passing troubles raise ValueError.
        """
        rows = originals.rows_of(results, self._now())
        if rows:
            self._database.write(lambda connection: originals.keep(connection, rows))

    def link_histories(self, urls: Iterable[str]) -> dict[str, tuple[Observation, ...]]:
        """Look up what still tells something of links, oldest first; absent ones were never asked for."""
        keys = tuple(urls)
        return self._database.read(lambda connection: link_history.histories(connection, keys))

    def observe(self, observations: Mapping[str, Observation]) -> None:
        """Add one observation to each link; what no longer changes a verdict is left out."""
        if observations:
            self._database.write(lambda connection: link_history.observe(connection, observations))

    def judge(self, rows: Sequence[Judged]) -> None:
        """Add judgements of people, all of them or none."""
        if rows:
            self._database.write(lambda connection: judgements.keep(connection, rows))

    def judged(self, sha1s: Iterable[str]) -> tuple[Judged, ...]:
        """List the judgements of pairs with both files among those, in the order in which they were given."""
        keys = tuple(sha1s)
        return self._database.read(lambda connection: judgements.among(connection, keys))

    def apart(self, sha1s: Iterable[str]) -> frozenset[Pair]:
        """Give the pairs among those files that people keep apart."""
        return kept_apart(self.judged(sha1s))

    def keep_cases(self, cases: Sequence[Case], whole: bool) -> None:
        """Keep families for people to judge; a ``whole`` run closes the cases that it did not see.

        Any other run closes those that share a file with one of these.
        """
        self._database.write(lambda connection: review_cases.keep(connection, cases, whole))

    def slice_done(self, part: Slice) -> tuple[int, datetime] | None:
        """Tell the hit count and the time of the last complete run; None when the query was another one."""
        return self._database.read(lambda connection: slices_done.done(connection, part))

    def remember_slice(self, part: Slice, hits: int, at: datetime) -> None:
        """Note that a slice is done, in place of what was known of its key."""
        self._database.write(lambda connection: slices_done.remember(connection, part, hits, at))

    def plan(self, intent: Intent) -> None:
        """Write a journal row, durably, before anything is sent; a token used before raises ValueError."""
        now = self._now()
        self._database.write(lambda connection: journal.plan(connection, intent, now))

    def sent(self, token: str, at: datetime) -> None:
        """Mark a planned row as sent, durably, before the first byte of the POST leaves."""
        self._database.write(lambda connection: journal.sent(connection, token, at))

    def settle(self, token: str, state: str, revid: int = 0, detail: str = "") -> None:
        """Close an open row for good, make a DONE one UNDONE, or leave it open for later as UNKNOWN."""
        now = self._now()
        self._database.write(lambda connection: journal.settle(connection, token, state, now, revid, detail))

    def open_rows(self) -> list[Intent]:
        """List the rows whose fate is not known yet (planned, sent, unknown), oldest first."""
        return self._database.read(journal.open_intents)

    def rows(
        self,
        run: str | None = None,
        kind: str | None = None,
        state: str | None = None,
        page_id: int | None = None,
        newest: int | None = None,
    ) -> list[JournalRow]:
        """List rows, newest first: of one run, kind, state or page, and only the newest, where asked."""
        return self._database.read(
            lambda connection: journal.rows(connection, run, kind, state, page_id, newest)
        )

    def runs(self) -> list[RunSummary]:
        """List the runs that planned an edit, newest first."""
        return self._database.read(journal.runs)

    def last_sent(self) -> datetime | None:
        """Tell the latest time at which a POST left, over all runs; ahead of a clock that was set back."""
        return self._database.read(journal.last_sent)

    def tagged(self, page_id: int) -> bool:
        """Tell whether an edit of ours about duplicates is known to stand on this page, not undone by us."""
        return self._database.read(lambda connection: journal.tagged(connection, page_id))
