"""Tables of hashes from files or standard input: CSV by blocks of bytes, Parquet through ``parquet``.

A table has a column ``id`` and ``phash``, ``dhash`` (16 hex digits) or ``phash_dec``, ``dhash_dec``; other
columns are passed over. A row that is wrong is left out and reported, or ends the reading.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from faebot_hash.adapters import parquet
from faebot_hash.bands import Values
from faebot_hash.columns import Texts, concatenated, from_decimal, from_hex, texts_of
from faebot_hash.errors import TableError
from faebot_hash.model import HashKind
from faebot_hash.pairs import HashTable

STANDARD_INPUT = "-"
MOST_REPORTED = 20

_BLOCK_BYTES = 1 << 23
_LONGEST_RECORD_BYTES = 1 << 25
_LONGEST_SHOWN = 40
_NEWLINE, _COMMA, _RETURN, _QUOTE = b'\n,\r"'

Report = Callable[[str], None]


@dataclass(frozen=True)
class ReadTable:
    """A table as it was read: ids and hashes by row, and how many rows were left out."""

    ids: Texts
    table: HashTable
    left_out: int


@dataclass(frozen=True)
class _Rows:
    """Some rows of a file: their numbers there, and the texts (or numbers) of each column."""

    numbers: npt.NDArray[np.int64]
    columns: Sequence[Texts | Values]

    def without_header(self) -> _Rows:
        """Leave the first row out."""
        others = np.arange(1, len(self.numbers))
        columns = [one.chosen(others) if isinstance(one, Texts) else one[1:] for one in self.columns]
        return _Rows(self.numbers[1:], columns)


class _Wrong:
    """Counts the rows that are left out and reports the first of them."""

    def __init__(self, name: str, unit: str, strict: bool, report: Report) -> None:
        self.count = 0
        self.name, self._unit, self._strict, self._report = name, unit, strict, report

    def add(self, number: int, what: str) -> None:
        self.count += 1
        message = f"{self.name}: {self._unit} {number}: {what}"
        if self._strict:
            raise TableError(message)
        if self.count <= MOST_REPORTED:
            self._report(f"{message}; left out")


def read_table(source: str, asked: Sequence[HashKind], *, strict: bool, report: Report) -> ReadTable:
    """Read the table at a path, or from standard input if that is "-".

    It must have the hashes that are asked for. ``report`` is told of the first rows left out; ``strict``
    raises ``TableError`` for the first one, as does a table that is none.
    """
    name = "standard input" if source == STANDARD_INPUT else source
    try:
        with nullcontext(sys.stdin.buffer) if source == STANDARD_INPUT else Path(source).open("rb") as file:
            start = file.read(len(parquet.MAGIC))
            if start == parquet.MAGIC:
                whole: Any = io.BytesIO(start + file.read()) if source == STANDARD_INPUT else source
                return _from_parquet(name, whole, asked, _Wrong(name, "row", strict, report))
            return _from_csv(name, file, start, asked, _Wrong(name, "line", strict, report))
    except OSError as error:
        raise TableError(f"{name} cannot be read: {error.strerror or error}") from error


def _from_parquet(name: str, source: Any, asked: Sequence[HashKind], wrong: _Wrong) -> ReadTable:
    places = _places(name, parquet.column_names(name, source), asked)
    number = 1
    pieces = []
    for columns in parquet.column_batches(name, source, list(places)):
        rows = _Rows(np.arange(number, number + len(columns[0])), columns)
        pieces.append(_read(rows, list(places), wrong))
        number += len(rows.numbers)
    return _together(pieces, list(places), wrong)


def _from_csv(name: str, file: BinaryIO, start: bytes, asked: Sequence[HashKind], wrong: _Wrong) -> ReadTable:
    places: dict[str, int] = {}
    width = 0
    pieces: list[tuple[Texts, list[Values]]] = []
    for first_line, block in _blocks(name, file, start):
        if not places:
            header = next(csv.reader(io.StringIO(block.decode("utf-8-sig", "surrogateescape"))), [])
            places, width = _places(name, [one.strip() for one in header], asked), len(header)
        split = _split_quoted if b'"' in block else _split
        rows = split(block, width, first_line, wrong)
        if not pieces:
            rows = rows.without_header()
        wanted = _Rows(rows.numbers, [rows.columns[at] for at in places.values()])
        pieces.append(_read(wanted, list(places), wrong))
    if not places:
        raise TableError(f"{name} is empty: the first line must name the columns")
    return _together(pieces, list(places), wrong)


def _places(name: str, header: Sequence[str], asked: Sequence[HashKind]) -> dict[str, int]:
    """Tell which columns to read, and where they stand."""
    places = {}
    if header.count("id") != 1:
        raise TableError(f"{name}: no column id, or several, among {_shown(','.join(header))}")
    places["id"] = header.index("id")
    for kind in HashKind:
        hexadecimal = kind.value.lower()
        there = [one for one in header if one in (hexadecimal, f"{hexadecimal}_dec")]
        if len(there) > 1:
            raise TableError(f"{name}: more than one column of the {kind.value}: {', '.join(there)}")
        if there:
            places[there[0]] = header.index(there[0])
        elif kind in asked:
            raise TableError(f"{name}: no column {hexadecimal} (hex) or {hexadecimal}_dec (decimal)")
    return places


def _blocks(name: str, file: BinaryIO, start: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield whole lines, many at a time, with the number of the first; quoted fields are not cut."""
    line, rest, ended = 1, start, False
    while not ended:
        piece = file.read(_BLOCK_BYTES)
        ended = not piece
        rest += piece if piece or not rest or rest.endswith(b"\n") else b"\n"
        end = len(rest) if ended else _last_line_end(rest)
        if not end and len(rest) > _LONGEST_RECORD_BYTES:
            raise TableError(
                f"{name}: line {line}: a line that does not end, or a quote that is never closed"
            )
        if end:
            yield line, rest[:end]
            line += rest.count(b"\n", 0, end)
            rest = rest[end:]


def _last_line_end(text: bytes) -> int:
    if b'"' not in text:
        return text.rfind(b"\n") + 1
    content = np.frombuffer(text, np.uint8)
    outside = np.cumsum(content == _QUOTE) % 2 == 0
    ends = np.flatnonzero((content == _NEWLINE) & outside)
    return int(ends[-1]) + 1 if len(ends) else 0


def _split(block: bytes, width: int, first_line: int, wrong: _Wrong) -> _Rows:
    content = np.frombuffer(block, np.uint8)
    ends = np.flatnonzero(content == _NEWLINE)
    starts = np.concatenate(([0], ends[:-1] + 1))
    numbers = first_line + np.arange(len(ends))
    ends = ends - ((ends > starts) & (content[ends - 1] == _RETURN))
    filled = ends > starts
    starts, ends, numbers = starts[filled], ends[filled], numbers[filled]
    commas = np.flatnonzero(content == _COMMA)
    first = np.searchsorted(commas, starts)
    counts = np.searchsorted(commas, ends) - first + 1
    right = counts == width
    for at in np.flatnonzero(~right):
        wrong.add(int(numbers[at]), f"{counts[at]} columns, not {width}")
    starts, ends, first = starts[right], ends[right], first[right]
    columns = []
    for column in range(width):
        left = commas[first + column - 1] + 1 if column else starts
        columns.append(Texts(content, left, ends if column == width - 1 else commas[first + column]))
    return _Rows(numbers[right], columns)


def _split_quoted(block: bytes, width: int, first_line: int, wrong: _Wrong) -> _Rows:
    """Split lines with quoted fields, in which commas, quotes and ends of lines may stand."""
    reader = csv.reader(io.StringIO(block.decode("utf-8", "surrogateescape"), newline=""), strict=True)
    numbers, rows, number = [], [], first_line
    try:
        for row in reader:
            if row and len(row) == width:
                numbers.append(number)
                rows.append(row)
            elif row:
                wrong.add(number, f"{len(row)} columns, not {width}")
            number = first_line + reader.line_num
    except csv.Error as error:
        raise TableError(f"{wrong.name}: line {number}: {error}: no fields can be told apart") from error
    columns = [texts_of([row[column] for row in rows]) for column in range(width)]
    return _Rows(np.array(numbers, np.int64), columns)


def _read(rows: _Rows, names: Sequence[str], wrong: _Wrong) -> tuple[Texts, list[Values]]:
    """Turn the columns into ids and numbers, without the rows that are wrong."""
    ids = rows.columns[0]
    assert isinstance(ids, Texts)
    valid = ids.ends > ids.starts
    for at in np.flatnonzero(~valid):
        wrong.add(int(rows.numbers[at]), "id: empty")
    values = []
    for name, column in zip(names[1:], rows.columns[1:], strict=True):
        if not isinstance(column, Texts):
            values.append(column)
            continue
        decimal = name.endswith("_dec")
        read, right = (from_decimal if decimal else from_hex)(column)
        what = "an unsigned 64-bit decimal number" if decimal else "16 hex digits"
        for at in np.flatnonzero(valid & ~right):
            wrong.add(int(rows.numbers[at]), f"{name}: {_shown(column.text(int(at)))} is not {what}")
        valid &= right
        values.append(read)
    return ids.chosen(valid).packed(), [column[valid] for column in values]


def _shown(text: str) -> str:
    return ascii(text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…")


def _together(pieces: Sequence[tuple[Texts, list[Values]]], names: Sequence[str], wrong: _Wrong) -> ReadTable:
    columns: dict[str, Values] = {}
    for at, name in enumerate(names[1:]):
        parts = [values[at] for _, values in pieces]
        columns[name.removesuffix("_dec")] = np.concatenate([np.empty(0, np.uint64), *parts])
    table = HashTable(columns.get("phash"), columns.get("dhash"))
    return ReadTable(concatenated([ids for ids, _ in pieces]), table, wrong.count)
