"""Rows of Parquet files as texts by column name, a piece at a time, with pyarrow from the extra ``scale``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

from faebot_hash.errors import TableError

ROWS_AT_ONCE = 50_000


def read(path: Path) -> Iterator[dict[str, str | None]]:
    """Read rows; numbers come as their decimal digits."""
    arrow, files = _library()
    try:
        for batch in files.ParquetFile(path).iter_batches(ROWS_AT_ONCE):
            for row in batch.to_pylist():
                yield {name: None if value is None else str(value) for name, value in row.items()}
    except arrow.ArrowException as error:
        raise TableError(f"{path} cannot be read as Parquet: {error}") from error


def write(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> int:
    """Write rows and give their number."""
    arrow, files = _library()
    schema = arrow.schema([(name, arrow.string()) for name in columns])
    rest, count = iter(rows), 0
    with files.ParquetWriter(path, schema, compression="zstd") as writer:
        while some := list(islice(rest, ROWS_AT_ONCE)):
            writer.write_table(arrow.Table.from_pylist(some, schema=schema))
            count += len(some)
    return count


def _library() -> tuple[Any, Any]:
    try:
        return import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError as error:
        raise TableError(
            "Parquet needs pyarrow, which is not installed: python -m pip install 'faebot_hash[scale]', "
            "or use CSV"
        ) from error
