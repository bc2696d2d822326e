"""Where the practice wiki keeps things, and the one exception it raises."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
CACHE = CHECKOUT / ".cache"
PHP_SOURCE = Path(__file__).resolve().parent / "php"


class PracticeWikiError(Exception):
    """Something that a person has to put right before the practice wiki can run."""


@contextmanager
def one_builder(name: str) -> Iterator[None]:
    """Let only one process at a time build the thing called ``name`` in the cache."""
    CACHE.mkdir(parents=True, exist_ok=True)
    handle = os.open(CACHE / f"{name}.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
