"""Pictures on this machine's disk, as the command line names them."""

from __future__ import annotations

import stat
from pathlib import Path

from faebot_hash.images import ORIGINAL
from faebot_hash.reasons import Reason, Skipped


def read_original(path: Path) -> bytes | Skipped:
    """Read a regular file that is not longer than an original may be; pipes and devices are not opened."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return Skipped(str(path), Reason.UNREADABLE, "not a regular file")
        if status.st_size > ORIGINAL.decoded_bytes:
            return Skipped(str(path), Reason.TOO_LARGE, f"{status.st_size} bytes")
        with path.open("rb") as file:
            # Asked for more, Python would set that much memory aside first.
            return file.read(status.st_size + 1)
    except OSError as error:
        return Skipped(str(path), Reason.UNREADABLE, error.strerror or type(error).__name__)
    except ValueError as error:  # a NUL in the path
        return Skipped(str(path), Reason.UNREADABLE, str(error))
