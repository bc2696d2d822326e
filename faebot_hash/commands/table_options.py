"""What commands over tables of hashes share: reading one, writing CSV, tolerances, progress."""

from __future__ import annotations

import argparse
import csv
import io
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from faebot_hash.adapters.progress import told_parts
from faebot_hash.adapters.tables import STANDARD_INPUT, ReadTable, read_table
from faebot_hash.bands import MAX_TOLERANCE_BITS
from faebot_hash.errors import TableError
from faebot_hash.join import Progress
from faebot_hash.level import Level
from faebot_hash.model import HashKind

INCOMPLETE = 3

TABLE_HELP = """\
TABLE is CSV with a heading line, or Parquet (extra "scale"); "-" reads standard input. Columns: id, and
phash, dhash as 16 hex digits, or phash_dec, dhash_dec as unsigned decimal numbers; others are passed over.
An id is any text and is given out as it came in. A row with a wrong or missing value is left out: the first
of them are named on standard error with line and column, and all are counted."""

STATUS_HELP = """\
exit status: 0 when all is done, 1 when a file cannot be read or written or, with --strict, when a row is
wrong, 2 for a wrong command line, 3 when it is done but rows were left out, 130 after Ctrl-C
"""


def add_command(commands: Any, name: str, summary: str, about: str, epilog: str) -> argparse.ArgumentParser:
    """Add a command whose help is laid out by hand."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=summary,
        description=about,
        epilog=f"{epilog}\n{STATUS_HELP}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--strict", action="store_true", help="end at the first wrong row")
    return parser


def add_tolerances(parser: argparse.ArgumentParser) -> None:
    """Add --phash-bits and --dhash-bits."""
    levels = ", ".join(f"{level.name.lower()} ({level.value})" for level in Level)
    for kind in HashKind:
        parser.add_argument(
            f"--{kind.value.lower()}-bits",
            type=tolerance,
            metavar="BITS",
            help=f"how far the {kind.value} may be, 0…{MAX_TOLERANCE_BITS} bits, or {levels}",
        )


def tolerance(text: str) -> int:
    """Read a tolerance: bits, or a level by name."""
    if text.upper() in Level.__members__:
        return int(Level[text.upper()].value)
    if not (text.isascii() and text.isdecimal() and int(text) <= MAX_TOLERANCE_BITS):
        raise argparse.ArgumentTypeError(f"not 0…{MAX_TOLERANCE_BITS} bits: {text!r}")
    return int(text)


def say(message: str) -> None:
    """Tell people something on standard error."""
    print(message, file=sys.stderr, flush=True)


def read(source: str, asked: Sequence[HashKind], strict: bool) -> ReadTable:
    """Read a table and say how many rows it has left out."""
    found = read_table(source, asked, strict=strict, report=say)
    if found.left_out:
        say(f"{found.left_out:,} of {found.left_out + len(found.ids):,} rows left out")
    return found


def status(found: ReadTable) -> int:
    """Give the exit status for a table that was read."""
    return INCOMPLETE if found.left_out else 0


def progress(label: str) -> Progress:
    """Tell on standard error how far a long join is."""
    return told_parts(label)


@contextmanager
def csv_output(target: str, heading: Sequence[str]) -> Iterator[Any]:
    """Give a CSV writer to standard output ("-") or to a file that appears only when it is whole."""
    if target == STANDARD_INPUT:
        sys.stdout.flush()
        text = io.TextIOWrapper(
            sys.stdout.buffer, encoding="utf-8", errors="surrogateescape", newline="", write_through=False
        )
        try:
            yield _writer(text, heading)
            text.flush()
        finally:
            text.detach()
        return
    path, partial = Path(target), Path(f"{target}.part")
    try:
        with partial.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            yield _writer(file, heading)
        partial.replace(path)
    except OSError as error:
        raise TableError(f"{target} cannot be written: {error.strerror or error}") from error
    finally:
        partial.unlink(missing_ok=True)


def _writer(file: Any, heading: Sequence[str]) -> Any:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(heading)
    return writer
