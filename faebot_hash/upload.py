"""Which pictures at hand are on the wiki already: from their bytes and hashes to a standing each.

The bot's own rules hold: an equal pHash or an equal dHash is a duplicate, and a picture of little
information is like nothing. An error is no verdict: what cannot be read is neither new nor there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from faebot_hash.model import Fingerprint
from faebot_hash.reasons import Reason, Skipped

TOLERANCE_BITS = 2
"""Of pHash or dHash, between thumbnails of different sizes: docs/thumbsizes.md."""

ALL_NEW, SOME_THERE, SOME_UNKNOWN = 0, 3, 4
"""Exit statuses, the later ones when no former one is due: there (or twice) beats unknown beats new."""


class Standing(Enum):
    """Where a picture stands, the surest first: a sentence for people, and the mark of its line."""

    def __init__(self, sentence: str, mark: str) -> None:
        self.sentence = sentence
        self.mark = mark

    SAME_FILE = ("the very same file is there", "!")
    EQUAL = ("a file with an equal hash is there", "!")
    NEAR = ("a file that is near is there", "!")
    NEW = ("new", "·")
    LOW_INFORMATION = ("too flat to be compared", "?")
    UNREADABLE = ("cannot be read", "?")

    @property
    def is_there(self) -> bool:
        """Tell whether the wiki has it."""
        return self in (Standing.SAME_FILE, Standing.EQUAL, Standing.NEAR)

    @property
    def is_unknown(self) -> bool:
        """Tell whether nothing could be found out."""
        return self in (Standing.LOW_INFORMATION, Standing.UNREADABLE)


@dataclass(frozen=True)
class Hit:
    """A page of the wiki and how far its picture is, None where it shows the very same file.

    ``title`` has no "File:"; it is "" where the index has no more than the page's id.
    """

    page_id: int
    title: str
    phash_bits: int | None = None
    dhash_bits: int | None = None

    @property
    def is_equal(self) -> bool:
        """Tell whether a hash is equal."""
        return 0 in (self.phash_bits, self.dhash_bits)


@dataclass(frozen=True)
class Twin:
    """An earlier picture of the same run that is the same or near, with distances None for the same bytes."""

    path: str
    phash_bits: int | None = None
    dhash_bits: int | None = None


@dataclass(frozen=True)
class Checked:
    """What was found out about one picture; ``more`` tells that other pages were left out.

    ``sha1`` is "" where not even the bytes could be read, ``why`` is why nothing was compared.
    """

    path: str
    sha1: str
    standing: Standing
    hits: tuple[Hit, ...] = ()
    more: bool = False
    twin: Twin | None = None
    why: Skipped | None = None


def judge(
    path: str,
    sha1: str,
    found: Fingerprint | Skipped,
    *,
    same: Sequence[Hit] = (),
    near: Sequence[Hit] = (),
    more: bool = False,
    twin: Twin | None = None,
) -> Checked:
    """Give a picture its standing; ``same`` are the pages with its bytes, ``near`` those within tolerance.

    The same bytes count even where they give no hashes.
    """
    if same:
        return Checked(path, sha1, Standing.SAME_FILE, tuple(same), twin=twin)
    if isinstance(found, Skipped):
        return Checked(path, sha1, Standing.UNREADABLE, twin=twin, why=found)
    if found.low_information:
        why = Skipped(path, Reason.LOW_INFORMATION)
        return Checked(path, sha1, Standing.LOW_INFORMATION, twin=twin, why=why)
    if not near:
        return Checked(path, sha1, Standing.NEW, twin=twin)
    standing = Standing.EQUAL if any(hit.is_equal for hit in near) else Standing.NEAR
    return Checked(path, sha1, standing, tuple(near), more, twin)


def exit_status(counts: Mapping[Standing, int], twins: int) -> int:
    """Give the exit status of a run."""
    if twins or any(count and standing.is_there for standing, count in counts.items()):
        return SOME_THERE
    return SOME_UNKNOWN if any(count and one.is_unknown for one, count in counts.items()) else ALL_NEW


class Seen:
    """The pictures of a run so far, by their bytes and their hashes: some 100 bytes a picture."""

    def __init__(self, tolerance_bits: int) -> None:
        self._tolerance_bits = tolerance_bits
        self._files: dict[str, str] = {}
        self._paths: list[str] = []
        self._hashes = np.zeros((2, 64), np.uint64)

    def twin_of(self, path: str, sha1: str, found: Fingerprint | Skipped) -> Twin | None:
        """Find the earlier picture that is the same, else the nearest within tolerance, and remember this."""
        same = self._files.setdefault(sha1, path)
        if same is not path:
            return Twin(same)
        if isinstance(found, Skipped) or found.low_information:
            return None
        count = len(self._paths)
        mine = np.array([[found.phash], [found.dhash]], np.uint64)
        bits = np.bitwise_count(self._hashes[:, :count] ^ mine).astype(np.int64)
        self._remember(path, mine)
        near = np.flatnonzero(bits.min(axis=0) <= self._tolerance_bits)
        if not len(near):
            return None
        nearest = near[bits[:, near].sum(axis=0).argmin()]
        return Twin(self._paths[nearest], int(bits[0, nearest]), int(bits[1, nearest]))

    def _remember(self, path: str, hashes: np.ndarray[tuple[int, ...], np.dtype[np.uint64]]) -> None:
        count = len(self._paths)
        if count == self._hashes.shape[1]:
            self._hashes = np.concatenate((self._hashes, np.zeros_like(self._hashes)), axis=1)
        self._hashes[:, count] = hashes[:, 0]
        self._paths.append(path)


@dataclass
class Tally:
    """What a run has found so far."""

    standings: Counter[Standing]
    twins: int = 0

    def add(self, one: Checked) -> None:
        """Count a picture."""
        self.standings[one.standing] += 1
        self.twins += one.twin is not None

    @property
    def exit_status(self) -> int:
        """Give the exit status of a run that ends here."""
        return exit_status(self.standings, self.twins)
