"""The search index of a store: kept in a folder, mapped from there, and followed up to the last change.

Beside the index lies ``followed.json``: whose hashes these are, and the last change that is in it. It is
written after the index, so after a crash changes are applied once more, which changes nothing.
"""

from __future__ import annotations

import fcntl
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from faebot_hash.adapters.index_files import IndexFolder
from faebot_hash.bands import Values
from faebot_hash.errors import StoreError
from faebot_hash.hash_index import HashChanges, PageHashes
from faebot_hash.model import Basis, HashKind
from faebot_hash.nearest import HashSearch, Ids
from faebot_hash.pairs import HashTable

FOLLOWED = "followed.json"
REPAYS_COMPILING_ROWS = 1_000_000
"""An index of so many rows is looked up with the extra ``scale`` where that is installed."""

_LOCK = "followed.lock"


class ChangeReader(Protocol):
    """What tells of changes: the last one's number, and what they are."""

    where: str

    def last_change(self) -> int:
        """Tell the number of the last change."""
        ...

    def changes(self, basis: Basis, after: int) -> HashChanges:
        """Give the next changes after a number."""
        ...

    def bases(self) -> Sequence[Basis]:
        """List the bases that there are hashes of."""
        ...


@dataclass(frozen=True)
class Followed:
    """An index as it stands: of which basis, and up to which change."""

    search: HashSearch
    basis: Basis
    change: int


@dataclass(frozen=True)
class _Stamp:
    """What an index in a folder holds."""

    store: str
    basis: Basis
    change: int


class LiveIndex:
    """A store's index that holds every row of the store at the time of the question; safe for threads.

    Of the store's bases that of ``wanted`` is searched; where the store has none of it, the newest of the
    same source and width, else the newest of all.
    """

    def __init__(self, folder: Path, reader: ChangeReader, wanted: Basis) -> None:
        self._folder = folder
        self._index = IndexFolder(folder)
        self._reader = reader
        self._wanted = wanted
        self._lock = threading.Lock()
        self._followed: Followed | None = None
        self._saved = -1

    @property
    def followed(self) -> Followed | None:
        """The index as it was last looked at; None before the first question."""
        return self._followed

    def current(self) -> Followed:
        """Bring the index up to the last change; builds it where the folder has none. Raises StoreError."""
        last = self._reader.last_change()
        known = self._followed
        if known is not None and known.change == last:
            return known
        with self._lock:
            if self._followed is None:
                self._followed = self._opened()
            elif (stamp := self._stamp()) is not None and stamp.change > self._saved:
                self._followed = self._loaded(stamp)
            self._followed = self._caught_up(self._followed, last)
            return self._followed

    def save(self) -> Followed:
        """Bring the index in the folder up to the last change; whoever follows it takes it over."""
        with self._lock, self._alone():
            at = self._followed = self._current_or_built()
            while True:
                changes = self._reader.changes(at.basis, at.change)
                if changes.gone:
                    self._index.remove(np.array(changes.gone, np.int64))
                if changes.hashes:
                    self._index.add(*_table(changes.hashes))
                if changes.up_to == at.change:
                    break
                at = Followed(at.search, at.basis, changes.up_to)
            stamp = _Stamp(self._reader.where, at.basis, at.change)
            self._write(stamp)
            self._followed = self._loaded(stamp)
            return self._followed

    def _opened(self) -> Followed:
        stamp = self._stamp()
        if stamp is not None:
            return self._loaded(stamp)
        with self._alone():  # another process may just have built it
            return self._current_or_built()

    def _current_or_built(self) -> Followed:
        stamp = self._stamp()
        return self._loaded(stamp) if stamp is not None else self._built()

    def _loaded(self, stamp: _Stamp) -> Followed:
        self._saved = stamp.change
        search = self._index.open()
        if len(search) >= REPAYS_COMPILING_ROWS:
            # What follows an index is asked often; no question waits for a compiler.
            search = search.compiled()
        return Followed(search, stamp.basis, stamp.change)

    def _caught_up(self, at: Followed, last: int) -> Followed:
        search, change = at.search, at.change
        while change < last:
            changes = self._reader.changes(at.basis, change)
            if changes.gone:
                search = search.without(np.array(changes.gone, np.int64))
            if changes.hashes:
                search = search.with_rows(*_table(changes.hashes))
            if changes.up_to <= change:
                break
            change = changes.up_to
        return Followed(search, at.basis, change)

    def _built(self) -> Followed:
        basis = self._chosen_basis()
        change, pieces = 0, [_piece(HashChanges(0, (), ()))]
        while True:
            changes = self._reader.changes(basis, change)
            pieces.append(_piece(changes))
            if changes.up_to <= change:
                break
            change = changes.up_to
        ids, phashes, dhashes, there = (np.concatenate(columns) for columns in zip(*pieces, strict=True))
        order = np.argsort(ids, kind="stable")
        last = np.append(ids[order][1:] != ids[order][:-1], True) if len(ids) else np.zeros(0, bool)
        rows = order[last]
        rows = rows[there[rows]]
        self._index.build(ids[rows], HashTable(phashes[rows], dhashes[rows]))
        stamp = _Stamp(self._reader.where, basis, change)
        self._write(stamp)
        return self._loaded(stamp)

    def _chosen_basis(self) -> Basis:
        known = self._reader.bases()
        alike = [
            one
            for one in known
            if (one.source, one.thumb_width_px) == (self._wanted.source, self._wanted.thumb_width_px)
        ]
        if self._wanted in known or not known:
            return self._wanted
        return (alike or list(known))[-1]

    def _stamp(self) -> _Stamp | None:
        """Read whose index lies in the folder; None for none, or another store's or basis's."""
        if not self._index.exists():
            return None
        try:
            told = json.loads((self._folder / FOLLOWED).read_text(encoding="utf-8"))
            stamp = _Stamp(told["store"], Basis(**told["basis"]), int(told["change"]))
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as error:
            raise StoreError(f"{self._folder / FOLLOWED} cannot be read: remove the folder") from error
        known = self._followed
        basis = known.basis if known is not None else self._chosen_basis()
        return stamp if stamp.store == self._reader.where and stamp.basis == basis else None

    def _write(self, stamp: _Stamp) -> None:
        new = self._folder / f"{FOLLOWED}.new"
        new.write_text(json.dumps(asdict(stamp)), encoding="utf-8")
        new.replace(self._folder / FOLLOWED)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Wait until no other process makes or saves this index."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            lock = (self._folder / _LOCK).open("a")
        except OSError as error:
            raise StoreError(
                f"{error.filename}: {error.strerror}; name another folder in [web] index_folder"
            ) from error
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _table(rows: Sequence[PageHashes]) -> tuple[Ids, HashTable]:
    ids, phashes, dhashes = zip(*rows, strict=True)
    return np.array(ids, np.int64), HashTable(np.array(phashes, np.uint64), np.array(dhashes, np.uint64))


def _piece(changes: HashChanges) -> tuple[Ids, Values, Values, npt.NDArray[np.bool_]]:
    """Give ids, both hashes, and which rows are there, not gone."""
    gone = np.array(changes.gone, np.int64)
    nothing = np.zeros(len(gone), np.uint64)
    if not changes.hashes:
        return gone, nothing, nothing, np.zeros(len(gone), bool)
    ids, table = _table(changes.hashes)
    return (
        np.concatenate((ids, gone)),
        np.concatenate((table.column(HashKind.PHASH), nothing)),
        np.concatenate((table.column(HashKind.DHASH), nothing)),
        np.concatenate((np.ones(len(ids), bool), np.zeros(len(gone), bool))),
    )
