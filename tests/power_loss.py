"""A disk that remembers what SQLite wrote and what it synced, so that the power can fail at any moment.

``Recorder`` is a VFS below SQLite that passes everything on to the real one and keeps a log. ``Disk``
replays a log and gives the files as a crash may leave them: what was synced stands, of every later write
all, nothing or some sectors. The store reaches it through ``RecordedConnection``, because only apsw lets
Python stand below SQLite.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw

SECTOR = 512
# unixOpen() marks these when they may be new, and the first unixSync() then syncs their folder, too.
SYNC_THEIR_FOLDER = apsw.SQLITE_OPEN_WAL | apsw.SQLITE_OPEN_MAIN_JOURNAL | apsw.SQLITE_OPEN_SUPER_JOURNAL


@dataclass(frozen=True)
class Write:
    """Bytes written to a file, which a crash may tear."""

    file: int
    offset: int
    content: bytes


@dataclass(frozen=True)
class Truncate:
    """A file cut to a size."""

    file: int
    size: int


@dataclass(frozen=True)
class Sync:
    """A file synced: all its writes before are on the disk."""

    file: int


@dataclass(frozen=True)
class Name:
    """A name in the folder given to a file, or taken away."""

    name: str
    file: int | None


@dataclass(frozen=True)
class SyncFolder:
    """The folder synced: the names are on the disk."""


@dataclass(frozen=True)
class Acknowledged:
    """The store returned from its so-manieth step."""

    steps: int


Event = Write | Truncate | Sync | Name | SyncFolder | Acknowledged


class Recorder(apsw.VFS):
    """SQLite's way to the files of one folder, with a log of what changes and what is synced."""

    def __init__(self, name: str, instead: Mapping[str, str] | None = None) -> None:
        """Register under a name; ``instead`` plants other statements in place of the store's own."""
        self.name = name
        self.instead = instead or {}
        self.log: list[Event] = []
        self.statements: list[str] = []
        self._names: dict[str, int] = {}
        self._files = 0
        super().__init__(name, "")

    def file_named(self, path: str) -> int:
        """Tell the number of the file that has a name now, a new one for a new name."""
        name = Path(path).name
        if name not in self._names:
            self._files += 1
            self._names[name] = self._files
            self.log.append(Name(name, self._files))
        return self._names[name]

    def adopt(self, path: Path) -> None:
        """Take a file that was there before as one that lies safely on the disk."""
        number = self.file_named(str(path))
        self.log += [Write(number, 0, path.read_bytes()), Sync(number), SyncFolder()]

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 - SQLite's name
        if name is None:
            return super().xOpen(name, flags)
        return RecordedFile(self, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        super().xDelete(filename, syncdir)
        if self._names.pop(Path(filename).name, None) is not None:
            self.log.append(Name(Path(filename).name, None))
        if syncdir:
            self.log.append(SyncFolder())

    def connect(self, address: str, *, timeout: float, **_: Any) -> RecordedConnection:
        """Stand in for ``sqlite3.connect``."""
        flags = apsw.SQLITE_OPEN_URI | apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
        database = apsw.Connection(address, flags=flags, vfs=self.name)
        database.set_busy_timeout(int(timeout * 1000))
        return RecordedConnection(database, self)


class RecordedFile(apsw.VFSFile):
    """An open file whose changes go into the log after they went to the real file."""

    def __init__(self, recorder: Recorder, name: Any, flags: list[int]) -> None:
        self._recorder = recorder
        path = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        self._sync_folder = bool(flags[0] & SYNC_THEIR_FOLDER and flags[0] & apsw.SQLITE_OPEN_CREATE)
        super().__init__("", name, flags)
        self._number = recorder.file_named(path)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        super().xWrite(data, offset)
        self._recorder.log.append(Write(self._number, offset, bytes(data)))

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        super().xTruncate(newsize)
        self._recorder.log.append(Truncate(self._number, newsize))

    def xSync(self, flags: int) -> None:  # noqa: N802
        super().xSync(flags)
        self._recorder.log.append(Sync(self._number))
        if self._sync_folder:
            self._recorder.log.append(SyncFolder())
            self._sync_folder = False


class RecordedConnection:
    """As much of a ``sqlite3.Connection`` as the store uses, on apsw."""

    isolation_level = None

    def __init__(self, database: apsw.Connection, recorder: Recorder) -> None:
        self._database = database
        self._recorder = recorder

    def cursor(self) -> RecordedCursor:
        return RecordedCursor(self._database, self._recorder)

    def execute(self, statement: str) -> RecordedCursor:
        return self.cursor().execute(statement)

    def create_function(self, name: str, arguments: int, function: Callable[..., Any], **_: Any) -> None:
        self._database.create_scalar_function(name, function, arguments)

    def commit(self) -> None:
        if self._database.in_transaction:
            self.execute("COMMIT")

    def rollback(self) -> None:
        if self._database.in_transaction:
            self.execute("ROLLBACK")

    def close(self) -> None:
        self._database.close()


class RecordedCursor:
    """A cursor that reads its whole answer at once."""

    arraysize = 1
    lastrowid = None

    def __init__(self, database: apsw.Connection, recorder: Recorder) -> None:
        self._database = database
        self._recorder = recorder
        self._rows: Iterator[Any] = iter(())
        self.description: Sequence[Any] | None = None
        self.rowcount = -1

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> RecordedCursor:
        cursor = self._database.cursor()
        cursor.exec_trace = self._note
        planted = self._recorder.instead.get(statement, statement)
        self._rows = iter(list(cursor.execute(planted, parameters)))
        self.rowcount = self._database.changes()
        return self

    def _note(self, cursor: apsw.Cursor, statement: str, _: Any) -> bool:
        self._recorder.statements.append(statement)
        columns = cursor.get_description()
        self.description = [(name, *[None] * 6) for name, _ in columns] or None
        return True

    def executemany(self, statement: str, many: Sequence[Sequence[Any]]) -> None:
        for parameters in many:
            self.execute(statement, parameters)

    def fetchone(self) -> Any:
        return next(self._rows, None)

    def fetchall(self) -> list[Any]:
        return list(self._rows)

    def close(self) -> None:
        self._rows = iter(())


@dataclass
class OnDisk:
    """A file: what is sure to be there, and what was written since."""

    synced: bytearray = field(default_factory=bytearray)
    later: list[Write | Truncate] = field(default_factory=list)


class Disk:
    """A folder to which a log is replayed, and which may lose power between any two events."""

    def __init__(self) -> None:
        self._files: dict[int, OnDisk] = {}
        self._names: dict[str, int] = {}
        self._later_names: list[Name] = []

    def replay(self, event: Event) -> None:
        """Let one thing happen."""
        match event:
            case Write() | Truncate():
                self._files.setdefault(event.file, OnDisk()).later.append(event)
            case Sync():
                file = self._files.setdefault(event.file, OnDisk())
                for change in file.later:
                    _change(file.synced, change)
                file.later.clear()
            case Name():
                self._later_names.append(event)
            case SyncFolder():
                for later in self._later_names:
                    _rename(self._names, later)
                self._later_names.clear()

    def lose_power(self, chance: random.Random) -> dict[str, bytes]:
        """Give the files as they may be found: what was not synced is there, torn, or gone."""
        kept = chance.choice((0.0, 0.1, 0.5, 0.9, 1.0))
        names = dict(self._names)
        for later in self._later_names[: chance.randint(0, len(self._later_names))]:
            _rename(names, later)
        found = {}
        for name, number in names.items():
            file = self._files.get(number, OnDisk())
            content = bytearray(file.synced)
            for change in file.later:
                for part in _torn(change, kept, chance):
                    _change(content, part)
            found[name] = bytes(content)
        return found


def _rename(names: dict[str, int], event: Name) -> None:
    names.pop(event.name, None)
    if event.file is not None:
        names[event.name] = event.file


def _change(content: bytearray, change: Write | Truncate) -> None:
    size = change.size if isinstance(change, Truncate) else change.offset
    if isinstance(change, Truncate):
        del content[size:]
    content.extend(bytes(max(0, size - len(content))))
    if isinstance(change, Write):
        content[size : size + len(change.content)] = change.content


def _torn(change: Write | Truncate, kept: float, chance: random.Random) -> list[Write | Truncate]:
    """Give what reached the disk of one change: all, nothing, or some of its sectors and a piece of one."""
    if isinstance(change, Truncate) or chance.random() < 0.7:
        return [change] if chance.random() < kept else []
    parts: list[Write | Truncate] = []
    for start in range(0, len(change.content), SECTOR):
        if chance.random() < kept:
            sector = change.content[start : start + SECTOR]
            whole = chance.random() < 0.9
            piece = sector if whole else sector[: chance.randrange(len(sector))]
            parts.append(Write(change.file, change.offset + start, piece))
    return parts
