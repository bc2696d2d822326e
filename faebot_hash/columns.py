"""Columns of a table as bytes: hashes written in hex or decimal become numbers, many at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from faebot_hash.bands import Values
from faebot_hash.model import HASH_BITS

HEX_DIGITS = HASH_BITS // 4
MOST_DECIMAL_DIGITS = 20

_NO_DIGIT = 255
_DIGITS = np.full(256, _NO_DIGIT, np.uint8)
for _value, _digit in enumerate(b"0123456789abcdef"):
    _DIGITS[_digit] = _DIGITS[ord(chr(_digit).upper())] = _value

Valid = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Texts:
    """Many short texts in one array of bytes; text n is ``content[starts[n]:ends[n]]``."""

    content: npt.NDArray[np.uint8]
    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts)

    def chosen(self, rows: npt.NDArray[Any]) -> Texts:
        """Give some of the texts, by number or mask; the bytes stay where they are."""
        return Texts(self.content, self.starts[rows], self.ends[rows])

    def packed(self) -> Texts:
        """Give the same texts in an array that holds nothing else."""
        sizes = self.ends - self.starts
        ends = np.cumsum(sizes)
        at = np.repeat(self.starts - ends + sizes, sizes) + np.arange(int(sizes.sum()))
        return Texts(self.content[at], ends - sizes, ends)

    def text(self, row: int) -> str:
        """Give one text; bytes that are no UTF-8 are lone surrogates."""
        return self.content[self.starts[row] : self.ends[row]].tobytes().decode("utf-8", "surrogateescape")

    def list(self, rows: npt.NDArray[Any]) -> list[str]:
        """Give texts by number."""
        return [self.text(row) for row in rows.tolist()]


def texts_of(strings: Sequence[str]) -> Texts:
    """Put strings into one array."""
    encoded = [string.encode("utf-8", "surrogateescape") for string in strings]
    ends = np.cumsum([len(one) for one in encoded], dtype=np.int64)
    starts = np.concatenate(([0], ends[:-1])).astype(np.int64) if encoded else ends
    return Texts(np.frombuffer(b"".join(encoded), np.uint8), starts, ends)


def concatenated(parts: Sequence[Texts]) -> Texts:
    """Put packed texts one behind the other."""
    shifts = np.cumsum([0, *(len(part.content) for part in parts)])
    nothing = np.empty(0, np.int64)
    return Texts(
        np.concatenate([np.empty(0, np.uint8), *(part.content for part in parts)]),
        np.concatenate([nothing, *(part.starts + shift for part, shift in zip(parts, shifts, strict=False))]),
        np.concatenate([nothing, *(part.ends + shift for part, shift in zip(parts, shifts, strict=False))]),
    )


def from_hex(texts: Texts) -> tuple[Values, Valid]:
    """Read texts of exactly 16 hex digits of either case; others are 0 and marked as not valid."""
    valid = texts.ends - texts.starts == HEX_DIGITS
    values = np.zeros(len(texts), np.uint64)
    digits = _DIGITS[texts.content[texts.starts[valid][:, None] + np.arange(HEX_DIGITS)]]
    read = (digits[:, 0::2] << 4 | digits[:, 1::2] & 15).view(">u8").astype(np.uint64).ravel()
    right = digits.max(axis=1, initial=0) != _NO_DIGIT
    values[valid] = np.where(right, read, np.uint64(0))
    valid[valid] = right
    return values, valid


def from_decimal(texts: Texts) -> tuple[Values, Valid]:
    """Read texts of 1 to 20 ASCII digits below 2^64; others are 0 and marked as not valid."""
    sizes = texts.ends - texts.starts
    valid = (sizes >= 1) & (sizes <= MOST_DECIMAL_DIGITS)
    values = np.zeros(len(texts), np.uint64)
    largest, last_digit = divmod((1 << HASH_BITS) - 1, 10)
    for number in range(int(sizes[valid].max(initial=0))):
        rows = np.flatnonzero(valid & (sizes > number))
        digits = _DIGITS[texts.content[texts.starts[rows] + number]]
        value = values[rows]
        fits = (digits < 10) & (
            (value < np.uint64(largest)) | ((value == np.uint64(largest)) & (digits <= last_digit))
        )
        values[rows[fits]] = value[fits] * np.uint64(10) + digits[fits]
        valid[rows[~fits]] = False
    values[~valid] = 0
    return values, valid
