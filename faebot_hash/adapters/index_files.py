"""The index in a folder: plain ``.npy`` files that are mapped, and a manifest that says which of them count.

A writer puts new files beside those in use and then replaces the manifest, in one step; until then the
folder is what it was, so a writer may be killed at any moment. Files that no manifest names are removed by
the next writer. Readers keep what they have opened.
"""

from __future__ import annotations

import fcntl
import json
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from faebot_hash.errors import StoreError
from faebot_hash.lookup import HashIndex
from faebot_hash.model import HashKind
from faebot_hash.nearest import HashSearch, Ids, IndexedTable, index_table, kinds, search_of
from faebot_hash.pairs import HashTable

VERSION = 1
MANIFEST = "manifest.json"

_LOCK = "lock"
_TRIES = 5
_INDEX_ARRAYS = ("places", "offsets", "starts", "rows")

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class _File:
    """A file of the index: its name, length, and the checksum of its bytes (CRC-32)."""

    name: str
    size_bytes: int
    crc32: int


class IndexFolder:
    """The folder of one index; opening it reads the manifest, and maps the rest."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def exists(self) -> bool:
        """Tell whether there is an index in the folder."""
        return (self._path / MANIFEST).exists()

    def open(self) -> HashSearch:
        """Open the index for queries; raises ``StoreError`` when there is none or it is damaged.

        What a writer saves afterwards is seen by opening it again.
        """
        for _ in range(_TRIES - 1):
            try:
                return self._search(self._manifest())
            except FileNotFoundError:  # a writer has replaced the manifest just after it was read
                continue
        try:
            return self._search(self._manifest())
        except FileNotFoundError as error:
            raise self._damaged(f"{Path(str(error.filename)).name} is missing") from error

    def build(self, ids: Ids, table: HashTable) -> HashSearch:
        """Make the index anew from a whole table."""
        with self._writing():
            return self._save_all(search_of(index_table(ids, table)))

    def add(self, ids: Ids, table: HashTable) -> HashSearch:
        """Add rows, which replace those with the same ids; whoever opens the index from now on finds them."""
        with self._writing():
            return self._save(self.open().with_rows(ids, table))

    def remove(self, ids: Ids) -> HashSearch:
        """Remove rows."""
        with self._writing():
            return self._save(self.open().without(ids))

    def verify(self) -> None:
        """Read all files and compare their checksums; raises ``StoreError`` for the first that is damaged."""
        for file in self._files(self._manifest()).values():
            self._check(file)

    def _save(self, search: HashSearch) -> HashSearch:
        if search.wants_merging:
            return self._save_all(search.merged())
        manifest = self._manifest()
        self._publish(manifest["base"], manifest["files"], search)
        return search

    def _save_all(self, search: HashSearch) -> HashSearch:
        base = search.base
        arrays: dict[str, Array] = {"ids": base.ids}
        described: dict[str, Any] = {"rows": len(base.ids), "hashes": {}}
        for kind in kinds(base.table):
            name, index = kind.value.lower(), base.indexes[kind]
            arrays[name] = base.table.column(kind)
            arrays |= {f"{name}-{part}": getattr(index, part) for part in _INDEX_ARRAYS}
            described["hashes"][name] = {
                "order": index.order,
                "widths": index.widths,
                "key_bits": index.key_bits,
            }
        generation = self._next_generation()
        files = {name: asdict(self._write(name, generation, array)) for name, array in arrays.items()}
        self._publish(described, files, search)
        return self.open()

    def _publish(self, base: dict[str, Any], files: dict[str, Any], search: HashSearch) -> None:
        generation = self._next_generation()
        newer: dict[str, Array] = {"hidden": search.hidden, "tail-ids": search.tail_ids}
        newer |= {f"tail-{kind.value.lower()}": search.tail.column(kind) for kind in kinds(search.tail)}
        files = files | {name: asdict(self._write(name, generation, array)) for name, array in newer.items()}
        content = {"generation": generation, "base": base, "tail_rows": len(search.tail_ids), "files": files}
        body = json.dumps(content, sort_keys=True)
        manifest = {"version": VERSION, "crc32": zlib.crc32(body.encode()), "content": content}
        new = self._path / f"{MANIFEST}.new"
        with new.open("w", encoding="utf-8") as file:
            json.dump(manifest, file, indent=1, sort_keys=True)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._path / MANIFEST)
        self._sync_folder()
        self._remove_all_but({one["name"] for one in files.values()})

    def _write(self, name: str, generation: int, array: Array) -> _File:
        path = self._path / f"{name}-{generation}.npy"
        with path.open("wb") as file:
            np.save(file, array)
            file.flush()
            os.fsync(file.fileno())
        return _File(path.name, path.stat().st_size, _crc32(path))

    def _sync_folder(self) -> None:
        folder = os.open(self._path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _remove_all_but(self, names: set[str]) -> None:
        for path in self._path.glob("*.npy"):
            if path.name not in names:
                path.unlink()

    def _next_generation(self) -> int:
        """Give a number that no file of the folder has, whoever left it there."""
        numbers = [path.stem.rpartition("-")[2] for path in self._path.glob("*.npy")]
        return 1 + max((int(number) for number in numbers if number.isdecimal()), default=0)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._path.mkdir(parents=True, exist_ok=True)
        with (self._path / _LOCK).open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise StoreError(
                    f"another process writes to the index in {self._path}: wait for it"
                ) from error
            yield

    def _manifest(self) -> dict[str, Any]:
        try:
            text = (self._path / MANIFEST).read_text(encoding="utf-8")
        except (FileNotFoundError, NotADirectoryError) as error:
            raise StoreError(f"there is no index in {self._path}: make one with the command index") from error
        try:
            manifest = json.loads(text)
            version, content = manifest["version"], manifest["content"]
            intact = zlib.crc32(json.dumps(content, sort_keys=True).encode()) == manifest["crc32"]
        except (ValueError, KeyError, TypeError) as error:
            raise self._damaged(f"{MANIFEST} cannot be read") from error
        if version != VERSION:
            raise StoreError(
                f"the index in {self._path} has version {version}, this program reads {VERSION}: "
                "make it anew with the command index"
            )
        if not intact:
            raise self._damaged(f"{MANIFEST} does not agree with its checksum")
        return dict(content)

    def _files(self, content: dict[str, Any]) -> dict[str, _File]:
        return {name: _File(**file) for name, file in content["files"].items()}

    def _search(self, content: dict[str, Any]) -> HashSearch:
        files = self._files(content)
        described = content["base"]["hashes"]
        small = {name: self._checked(files[name]) for name in files if name.startswith(("hidden", "tail-"))}
        indexes = {
            kind: self._index(kind.value.lower(), described[kind.value.lower()], files)
            for kind in HashKind
            if kind.value.lower() in described
        }
        columns = (kind.value.lower() for kind in HashKind)
        table = HashTable(*(self._mapped(files[name]) if name in files else None for name in columns))
        tail = HashTable(*(small.get(f"tail-{kind.value.lower()}") for kind in HashKind))
        base = IndexedTable(self._mapped(files["ids"]), table, indexes)
        return HashSearch(base, small["hidden"], small["tail-ids"], tail)

    def _index(self, name: str, described: dict[str, list[int]], files: dict[str, _File]) -> HashIndex:
        order, widths, key_bits = (tuple(described[part]) for part in ("order", "widths", "key_bits"))
        places, offsets, starts, rows = (self._mapped(files[f"{name}-{part}"]) for part in _INDEX_ARRAYS)
        return HashIndex(order, widths, key_bits, places, offsets, starts, rows)

    def _checked(self, file: _File) -> Array:
        self._check(file)
        return self._mapped(file)

    def _mapped(self, file: _File) -> Array:
        path = self._path / file.name
        if path.stat().st_size != file.size_bytes:
            raise self._damaged(f"{file.name} has another length than it was given")
        # A plain view: looking things up through numpy's class for mapped files takes twice as long.
        return np.asarray(np.load(path, mmap_mode="r")).view(np.ndarray)

    def _check(self, file: _File) -> None:
        path = self._path / file.name
        if path.stat().st_size != file.size_bytes or _crc32(path) != file.crc32:
            raise self._damaged(f"{file.name} does not agree with its checksum")

    def _damaged(self, what: str) -> StoreError:
        return StoreError(
            f"the index in {self._path} is damaged: {what}; make it anew with the command index"
        )


def _crc32(path: Path) -> int:
    crc = 0
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            crc = zlib.crc32(piece, crc)
    return crc
