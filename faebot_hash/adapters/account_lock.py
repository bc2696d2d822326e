"""One editor at a time for an account on a machine, whatever stores and collections the runs use."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from faebot_hash.errors import BusyError


@contextmanager
def only_editor(folder: Path, family: str, account: str) -> Iterator[None]:
    """Be the only run that edits with an account; raises BusyError while another one is.

    The lock is the kernel's: it ends with the process that holds it, however that ends. ``folder`` is
    Pywikibot's own, which all runs of the account share.
    """
    path = folder / f"editing-{family}-{re.sub(r'[^A-Za-z0-9]', '_', account)}.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 32).decode(errors="replace").strip() or "unknown"
            raise BusyError(
                f"process {holder} edits as {account} already ({path}); wait for it to end, or use -simulate"
            ) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        yield
    finally:
        os.close(descriptor)
