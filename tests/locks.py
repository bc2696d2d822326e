"""The lock files, read as pip reads them: what is pinned, to which versions, with which hashes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.practice.places import CHECKOUT

RUNTIME = CHECKOUT / "requirements.txt"
LOCKS = sorted(CHECKOUT.glob("requirements*.txt"))
_PIN = re.compile(r"([A-Za-z0-9._-]+)==([^\s;]+)(?: ; ([^\\]+?))?((?:\s+--hash=\S+)*)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True)
class Pin:
    """A line of a lock: one version of a library, for the platforms that ``marker`` names."""

    name: str
    version: str
    marker: str
    hashes: frozenset[str]


def pins(lock: Path) -> Iterator[Pin]:
    """Read a lock file; a line that is no pin raises ``ValueError``."""
    for line in lock.read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
        found = _PIN.fullmatch(line.strip())
        if not found:
            raise ValueError(f"{lock.name}: not one version with its hashes: {line[:80]}")
        name, version, marker, hashes = found.groups()
        yield Pin(name, version, (marker or "").strip(), frozenset(_HASH.findall(hashes)))
