"""Hash tables in files, read and written row by row: CSV, JSON lines or a JSON array, Parquet."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from faebot_hash.adapters import parquet_rows
from faebot_hash.errors import TableError
from faebot_hash.hash_index import PageHashes
from faebot_hash.hash_rows import COLUMNS, BadRow, OwnRow, entry_of, read_entry, read_fields

_PIECE_CHARACTERS = 1 << 16
_LONGEST_ENTRY = 1 << 20

Row = OwnRow | PageHashes | BadRow


def rows_of(path: Path, skip: int = 0) -> Iterator[tuple[int, Row]]:
    """Read a table's rows with their numbers from 1 on, without the first so many; the name tells its form.

    Raises TableError for what is no such table.
    """
    form = form_of(path)
    try:
        if form == "parquet":
            yield from _numbered(parquet_rows.read(path), "row", skip, read_fields)
        elif form in ("json", "jsonl", "ndjson"):
            with _text(path) as file:
                yield from _numbered(_entries(file, path), "entry", skip, read_entry)
        elif form == "csv":
            with _text(path) as file:
                yield from _numbered(_csv_rows(file, path), "line", skip, read_fields, first=2)
        else:
            raise TableError(f"{path}: name it .csv, .json, .jsonl (each also with .gz) or .parquet")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise TableError(f"{path} cannot be read: {error}") from error


def write(path: Path, rows: Iterable[Mapping[str, str]]) -> int:
    """Write rows as CSV, Parquet or a dump in JSON, to a file that appears only when it is whole.

    Gives the number of rows written. A dump leaves out pictures of low information, which it cannot mark.
    """
    partial = path.with_name(f"{path.name}.part")
    try:
        match form_of(path):
            case "parquet":
                count = parquet_rows.write(partial, COLUMNS, rows)
            case "csv":
                count = _write_csv(partial, path, rows)
            case "json":
                count = _write_dump(partial, path, rows)
            case _:
                raise TableError(f"{path}: name it .csv or .json (each also with .gz) or .parquet")
        partial.replace(path)
    except OSError as error:
        raise TableError(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        partial.unlink(missing_ok=True)
    return count


def form_of(path: Path) -> str:
    """Tell a table's form by its name, compressed or not: "csv", "json", "parquet" and so on."""
    return path.name.removesuffix(".gz").rpartition(".")[2].lower()


def _writing(partial: Path, path: Path) -> TextIO:
    if path.suffix == ".gz":
        return io.TextIOWrapper(gzip.GzipFile(partial, "wb"), encoding="utf-8", newline="")
    return partial.open("w", encoding="utf-8", newline="")


def _write_dump(partial: Path, path: Path, rows: Iterable[Mapping[str, str]]) -> int:
    count = 0
    with _writing(partial, path) as file:
        for row in rows:
            if row["low_information"] == "0":
                file.write(f"{',' if count else '['}\n{json.dumps(entry_of(row))}")
                count += 1
        file.write("\n]\n" if count else "[]\n")
    return count


def _write_csv(partial: Path, path: Path, rows: Iterable[Mapping[str, str]]) -> int:
    count = 0
    with _writing(partial, path) as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow(row)
            count += 1
    return count


def _numbered(
    raw: Iterable[Any], unit: str, skip: int, read: Any, first: int = 1
) -> Iterator[tuple[int, Row]]:
    for number, one in islice(enumerate(raw, 1), skip, None):
        try:
            yield number, one if isinstance(one, BadRow) else read(one)
        except (ValueError, OverflowError) as error:
            yield number, BadRow(f"{unit} {number - 1 + first}", str(error))


@contextmanager
def _text(path: Path) -> Iterator[TextIO]:
    with path.open("rb") as file:
        # The dump is offered with and without compression under one name.
        packed = file.peek(2)[:2] == b"\x1f\x8b"
        raw: Any = gzip.GzipFile(fileobj=file) if packed else file
        with io.TextIOWrapper(raw, encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
            yield text


def _csv_rows(file: TextIO, path: Path) -> Iterator[Mapping[str, str | None] | BadRow]:
    reader = csv.reader(file, strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        if "id" not in header and "page_id" not in header:
            raise TableError(f"{path}: the first line names no column id; export writes {', '.join(COLUMNS)}")
        for row in reader:
            if len(row) == len(header):
                yield dict(zip(header, row, strict=True))
            else:
                yield BadRow(f"line {reader.line_num}", f"{len(row)} columns, not {len(header)}")
    except csv.Error as error:
        raise TableError(f"{path}: line {reader.line_num}: {error}: no fields can be told apart") from error


def _entries(file: TextIO, path: Path) -> Iterator[object]:
    """Read the entries of a JSON array, or one of each line, without holding the whole text."""
    decoder = json.JSONDecoder()
    text, at, ended = "", 0, False
    while True:
        at = _past(text, at, " \t\r\n,[]")
        try:
            entry, end = decoder.raw_decode(text, at)
            # A number or word at the end of a piece may go on in the next one.
            whole = ended or end < len(text)
        except json.JSONDecodeError as error:
            if ended and at == len(text):
                return
            if ended or len(text) - at > _LONGEST_ENTRY:
                raise TableError(f"{path}: no JSON entries: {error.msg} at “{text[at : at + 40]}”") from error
            whole = False
        if whole:
            yield entry
            at = end
            continue
        piece = file.read(_PIECE_CHARACTERS)
        text, at, ended = text[at:] + piece, 0, not piece


def _past(text: str, at: int, passed: str) -> int:
    while at < len(text) and text[at] in passed:
        at += 1
    return at
