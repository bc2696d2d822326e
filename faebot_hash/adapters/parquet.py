"""Columns of Parquet files: the one door to pyarrow, which comes with the extra ``scale``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any

import numpy as np

from faebot_hash.bands import Values
from faebot_hash.columns import Texts
from faebot_hash.errors import TableError

MAGIC = b"PAR1"

_ROWS = 1 << 18


def column_names(name: str, source: Any) -> list[str]:
    """Name the columns of a file (path or bytes); ``name`` is for the message if it cannot be read."""
    return list(_opened(name, source).schema_arrow.names)


def column_batches(name: str, source: Any, columns: Sequence[str]) -> Iterator[list[Texts | Values]]:
    """Yield columns many rows at a time: unsigned numbers of ``…_dec`` as they are, all else as text."""
    arrow = _library("pyarrow")
    file = _opened(name, source)
    try:
        for batch in file.iter_batches(_ROWS, columns=list(columns)):
            yield [_column(arrow, batch.column(column), column) for column in columns]
    except (arrow.ArrowException, OSError) as error:
        raise TableError(f"{name} cannot be read as Parquet: {error}") from error


def _column(arrow: Any, array: Any, name: str) -> Texts | Values:
    if name.endswith("_dec") and array.null_count == 0 and arrow.types.is_unsigned_integer(array.type):
        return np.asarray(array.to_numpy(zero_copy_only=False), dtype=np.uint64)
    text = array.cast(arrow.large_string()).fill_null("")
    _, offsets, content = text.buffers()
    edges = np.frombuffer(offsets, np.int64)[text.offset : text.offset + len(text) + 1]
    letters = np.frombuffer(content, np.uint8) if content is not None else np.empty(0, np.uint8)
    return Texts(letters, edges[:-1], edges[1:])


def _opened(name: str, source: Any) -> Any:
    arrow = _library("pyarrow")
    try:
        return _library("pyarrow.parquet").ParquetFile(source)
    except (arrow.ArrowException, OSError) as error:
        raise TableError(f"{name} cannot be read as Parquet: {error}") from error


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise TableError(
            "Parquet is read with pyarrow, which is not installed: "
            "python -m pip install 'faebot_hash[scale]', or give the table as CSV"
        ) from error
