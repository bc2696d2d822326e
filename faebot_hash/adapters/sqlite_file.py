"""One SQLite file: where it may lie, who may write to it, how it is opened, and what its errors ask for."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import sqlite3
import sys
from pathlib import Path

from faebot_hash.errors import StoreBusy, StoreError

# linux/magic.h; a write-ahead log needs shared memory, which these cannot give (sqlite.org/wal.html)
NETWORK_FILE_SYSTEMS = {0x6969: "NFS", 0xFF534D42: "CIFS", 0x517B: "SMB", 0xFE534D42: "SMB2"}
BUSY_TIMEOUT_S = 10.0
VERSION = sqlite3.sqlite_version_info
# sqlite.org/wal.html#walresetbug, and the branches that it was mended in as well
RESET_BUG_MENDED = (3, 51, 3)
RESET_BUG_BACK_PORTS = {(3, 50): 7, (3, 44): 6}

_ADVICE = {
    "SQLITE_FULL": "make room on the disk and start again; everything acknowledged is kept",
    "SQLITE_CORRUPT": "put the damaged file and its -wal file aside, then restore a copy or start anew",
    "SQLITE_NOTADB": "name another file in [store] url, or restore a copy of this one",
    "SQLITE_READONLY_DBMOVED": "the file was moved or removed meanwhile; put it back, and start again",
    "SQLITE_READONLY": "give this account the right to write to the file and its folder",
    "SQLITE_CANTOPEN": "give this account the right to write to the file and its folder",
    "SQLITE_PERM": "give this account the right to write to the file and its folder",
    "SQLITE_BUSY": "end the other program that holds the file",
    "SQLITE_LOCKED": "end the other program that holds the file",
    "SQLITE_IOERR": "look after the disk, which fails or lets the file grow no further, and start again",
}
# A full or failing disk, a folder that is read-only for now, another program at the file.
_PASSING = ("SQLITE_FULL", "SQLITE_READONLY", "SQLITE_IOERR", "SQLITE_BUSY", "SQLITE_LOCKED")
_PASSING_OF_SYSTEM = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO}
_ONE_WRITER = "SQLite has one writer here"
_held_locks: set[int] = set()


def advice(error: BaseException | None) -> str:
    """Say what a person can do about an SQLite error."""
    name = getattr(error, "sqlite_errorname", "")
    return next(
        (text for code, text in _ADVICE.items() if name.startswith(code)), "see the message and start again"
    )


def passes(error: BaseException | None) -> bool:
    """Tell whether the cause of an error may go away while we wait."""
    if isinstance(error, OSError):
        return error.errno in _PASSING_OF_SYSTEM
    name = getattr(error, "sqlite_errorname", "")
    return name.startswith(_PASSING) and name != "SQLITE_READONLY_DBMOVED"


def statfs_type(folder: Path) -> int:
    """Ask Linux for a folder's file system as the magic number of statfs(2); 0 on other systems."""
    if sys.platform != "linux":
        return 0
    libc = ctypes.CDLL(None, use_errno=True)
    answer = ctypes.create_string_buffer(256)
    if libc.statfs(os.fsencode(folder), answer) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(folder))
    return ctypes.c_long.from_buffer(answer).value & 0xFFFFFFFF


def check_place(path: Path, file_system: int) -> None:
    """Refuse a folder in the way of the file, a network file system and a file with a second name."""
    if path.is_dir():
        raise StoreError(f"{path}: this is a folder; name a file in [store] url")
    if file_system in NETWORK_FILE_SYSTEMS:
        raise StoreError(
            f"{path}: lies on {NETWORK_FILE_SYSTEMS[file_system]}, where SQLite loses data; "
            "name a file on a local disk in [store] url"
        )
    if path.exists() and path.stat().st_nlink > 1:
        raise StoreError(f"{path}: has a second name, whose users would not see this one's log; remove one")


def _lock_file(path: Path) -> Path:
    return path.with_name(path.name + ".lock")


def has_reset_bug(version: tuple[int, ...]) -> bool:
    """Tell whether this SQLite may damage a file that two processes write to or checkpoint at once."""
    mended_patch = RESET_BUG_BACK_PORTS.get((version[0], version[1]))
    if mended_patch is not None:
        return version[2] < mended_patch
    return version < RESET_BUG_MENDED


def take_write_lock(path: Path, version: tuple[int, ...] = VERSION) -> int:
    """Become the one process that writes and checkpoints: gives an open file that holds the lock.

    Closing it, or our death, frees the lock. Readers need none: they are read-only and never checkpoint.
    """
    lock = _lock_file(path)
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StoreError(
            f"{lock}: {error.strerror}; make the folder, and give this account the right to write there"
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    except BlockingIOError:
        holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip() or "unknown"
        os.close(descriptor)
        name = ".".join(map(str, version))
        why = f"SQLite {name} may damage a file that two write to" if has_reset_bug(version) else _ONE_WRITER
        raise StoreBusy(
            f"{path}: another process (number {holder}) writes to it and holds {lock.name}; "
            f"wait until it ends or stop it: {why}"
        ) from None
    except OSError as error:
        os.close(descriptor)
        raise StoreError(f"{lock}: {error.strerror}; make room or mend the disk, and start again") from error
    _held_locks.add(descriptor)
    return descriptor


def check_write_lock(path: Path, descriptor: int) -> None:
    """Refuse to write on when somebody removed the lock file, because another process may write by now."""
    lock = _lock_file(path)
    held = os.fstat(descriptor)
    try:
        present = lock.stat()
    except FileNotFoundError:
        present = None
    if present is None or not os.path.samestat(held, present):
        raise StoreError(f"{lock}: was removed while this process writes; start again, and leave that file")


def free_write_lock(descriptor: int) -> None:
    """Let another process write."""
    _held_locks.discard(descriptor)
    os.close(descriptor)


def _close_locks_in_child() -> None:
    while _held_locks:
        os.close(_held_locks.pop())


# A forked child would keep the lock alive after its parent died.
os.register_at_fork(after_in_child=_close_locks_in_child)


def connect(path: Path, write: bool) -> sqlite3.Connection:
    """Open the file with durable commits; the caller begins transactions, so that they hold DDL, too."""
    connection = sqlite3.connect(
        f"{path.as_uri()}?mode={'rwc' if write else 'ro'}",
        uri=True,
        timeout=BUSY_TIMEOUT_S,
        isolation_level=None,
    )
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA mmap_size = 0")
        if write:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
    except sqlite3.Error:
        connection.close()
        raise
    return connection
