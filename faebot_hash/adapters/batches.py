"""Keys in batches that fit into one statement of every database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

Key = TypeVar("Key")

# SQLite before 3.32 takes 999 variables in one statement.
KEYS_AT_ONCE = 500


def batches(keys: Iterable[Key]) -> Iterator[list[Key]]:
    """Cut keys into lists."""
    rest = iter(keys)
    while some := list(islice(rest, KEYS_AT_ONCE)):
        yield some
