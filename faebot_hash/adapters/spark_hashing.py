"""Rows of (path, bytes) to rows of hashes, on any number of machines, by Spark's ``mapInPandas``.

The rules for hostile bytes hold: each Spark worker has a decoding process of its own, which alone opens
pictures, and a picture that cannot be trusted is a row with its reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

import pandas as pd
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - as Spark's manual calls it

from faebot_hash.adapters.decoder import DecoderProcess
from faebot_hash.fingerprint import to_hex
from faebot_hash.images import ORIGINAL
from faebot_hash.model import Fingerprint
from faebot_hash.reasons import Reason, Skipped

SCHEMA = (
    "id string, phash string, dhash string, ahash string, whash string, "
    "low_information boolean, rejected string, detail string"
)
PICTURES_AT_ONCE = 16
"""Originals may be long, and all of a batch are in memory at a time, twice."""

_COLUMNS = [column.split()[0] for column in SCHEMA.split(", ")]


def pictures_below(spark: SparkSession, folder: str) -> DataFrame:
    """List files below a folder of any file system that Spark knows as (path, length, content).

    Spark passes over files of no bytes at all.
    """
    return (
        spark.read.format("binaryFile")
        .option("recursiveFileLookup", "true")
        .load(folder)
        .select("path", "length", "content")
    )


def hashed(pictures: DataFrame) -> DataFrame:
    """Hash rows (path, length, content); gives the path as id, and hashes as hex digits or the reason."""
    pictures.sparkSession.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", PICTURES_AT_ONCE)
    too_long = pictures.where(F.col("length") > ORIGINAL.decoded_bytes)
    # The reader looks at lengths first, so that what is too long is not read at all.
    fit = pictures.where(F.col("length") <= ORIGINAL.decoded_bytes).select("path", "content")
    refused = too_long.select(
        F.col("path").alias("id"),
        *(F.lit(None).cast("string").alias(name) for name in _COLUMNS[1:5]),
        F.lit(None).cast("boolean").alias("low_information"),
        F.lit(Reason.TOO_LARGE.name.lower()).alias("rejected"),
        F.format_string("%d bytes", "length").alias("detail"),
    )
    return fit.mapInPandas(hash_batches, SCHEMA).unionByName(refused)


def hash_batches(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """Hash the pictures of one part of a table, in one decoding process."""
    with DecoderProcess(ORIGINAL) as decoder:
        for batch in batches:
            rows = [
                _row(path, content, decoder)
                for path, content in zip(batch["path"], batch["content"], strict=True)
            ]
            yield pd.DataFrame(rows, columns=_COLUMNS)


def _row(path: str, content: Any, decoder: DecoderProcess) -> tuple[object, ...]:
    if content is None:
        return _refused(path, Skipped(PurePath(path).name, Reason.UNREADABLE, "no bytes in the table"))
    found = decoder.fingerprint(bytes(content))
    return _refused(path, found) if isinstance(found, Skipped) else _told(path, found)


def _told(path: str, found: Fingerprint) -> tuple[object, ...]:
    values = (found.phash, found.dhash, found.ahash, found.whash)
    return (path, *map(to_hex, values), found.low_information, None, None)


def _refused(path: str, why: Skipped) -> tuple[object, ...]:
    return (path, None, None, None, None, None, why.reason.name.lower(), why.detail)
