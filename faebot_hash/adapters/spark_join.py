"""The banded join as operations on Spark's data frames, for tables that no single machine holds.

The plan is that of the kernel (``bands``): the same bands, the same tables, and a pair counts only in the
first table on whose bands it agrees. Spark has signed 64-bit numbers only, so a hash is kept as itself less
2^63: that orders as unsigned numbers do, and XOR and the equality of bits do not notice.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from math import ceil
from typing import Any

import numpy as np
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - as Spark's manual calls it

from faebot_hash.band_choice import Cost, plan_join
from faebot_hash.bands import Plan, Values
from faebot_hash.model import HASH_BITS

COST = Cost(arrange_ns=2_500, compare_ns=60, table_ns=100_000_000)
"""Nanoseconds of one processor: a million values in three and in six tables took two of them 6 and 10 s.

To compare a pair is an estimate; it matters only where buckets are crowded.
"""

SAMPLE = 1 << 16
ROW_BYTES = 40
"""What a value of one table takes on its way through a shuffle."""

PARTITION_BYTES = 64 << 20

_SIGN = 1 << (HASH_BITS - 1)
_LARGEST = str((1 << HASH_BITS) - 1)


def signed(value: int) -> int:
    """Give the signed 64-bit number with the same bits as an unsigned one."""
    return value - (1 << HASH_BITS) if value >= _SIGN else value


def biased_of_hex(column: str) -> Column:
    """Read 16 hex digits of either case as a hash less 2^63; null for anything else."""
    text = F.col(column).cast("string")
    return F.when(text.rlike(r"\A[0-9a-fA-F]{16}\z"), _flipped(F.conv(text, 16, -10).cast("long")))


def biased_of_decimal(column: str) -> Column:
    """Read an unsigned decimal number (text, or a number of any kind) as a hash less 2^63, else null."""
    text = F.col(column).cast("string")
    digits = F.lpad(text, len(_LARGEST), "0")
    valid = text.rlike(rf"\A[0-9]{{1,{len(_LARGEST)}}}\z") & (digits <= _LARGEST)
    return F.when(valid, _flipped(F.conv(text, 10, -10).cast("long")))


def hex_of_biased(column: str) -> Column:
    """Write a hash less 2^63 as 16 lower-case hex digits."""
    return F.lower(F.lpad(F.hex(_flipped(F.col(column))), HASH_BITS // 4, "0"))


def _flipped(number: Column) -> Column:
    return number.bitwiseXOR(F.lit(-_SIGN))


@dataclass(frozen=True)
class Groups:
    """The distinct hashes of a table: ``value`` less 2^63, ``rows`` that have it, ``first`` id of them."""

    frame: DataFrame
    count: int


def grouped(rows: DataFrame) -> Groups:
    """Group rows (id, value) of equal value, so that a value of a million rows is one row from here on."""
    frame = rows.groupBy("value").agg(F.min("id").alias("first"), F.count("*").alias("rows")).persist()
    return Groups(frame, frame.count())


def plan_of(groups: Groups, tolerance_bits: int) -> Plan:
    """Plan the join from a sample, which is the same whenever the values are."""
    share = max(1, groups.count // SAMPLE)
    drawn = groups.frame.where(F.pmod(F.xxhash64("value"), F.lit(share)) == 0).select("value")
    biased = np.array([row.value for row in drawn.collect()], dtype=np.int64)
    values: Values = np.sort(biased).view(np.uint64) ^ np.uint64(_SIGN)
    return plan_join(values, tolerance_bits, COST, count=groups.count)


def cut_shuffles(spark: SparkSession, rows: int) -> None:
    """Cut what is shuffled from now on into parts of about 64 MB, and one for each processor at least.

    Spark's own 200 take far longer than the work in them where rows are few, and Spark does not join them
    where the result is kept.
    """
    parts = max(spark.sparkContext.defaultParallelism, ceil(rows * ROW_BYTES / PARTITION_BYTES))
    spark.conf.set("spark.sql.shuffle.partitions", parts)


def close_pairs(groups: Groups, plan: Plan) -> DataFrame:
    """Give each pair of different values within the tolerance once: low, high, distance, low_id, high_id.

    Run with ``spark.sql.adaptive.skewJoin.enabled`` (the default), so that a crowded bucket is split.
    """
    masks = [signed(mask) for mask in band_masks(plan)]
    # A table is known by the set of its bands as bits; "looked_at" are all bands up to its last.
    tables = [
        F.struct(
            F.lit(sum(1 << band for band in table)).alias("bands"),
            F.lit((2 << max(table)) - 1 if table else 0).alias("looked_at"),
            F.col("value").bitwiseAND(F.lit(signed(_union(plan, table)))).alias("key"),
        )
        for table in plan.tables
    ]
    banded = groups.frame.select("value", F.col("first").alias("id"), F.explode(F.array(*tables)).alias("t"))
    banded = banded.select("value", "id", "t.bands", "t.looked_at", "t.key")
    one, other = banded.alias("one"), banded.alias("other")
    met = (F.col("one.bands") == F.col("other.bands")) & (F.col("one.key") == F.col("other.key"))
    differing = F.col("one.value").bitwiseXOR(F.col("other.value"))
    near = F.bit_count(differing) <= plan.tolerance_bits
    first = _agreed(differing, masks).bitwiseAND(F.col("one.looked_at")) == F.col("one.bands")
    pairs = one.join(other, met & (F.col("one.value") < F.col("other.value")) & near & first)
    return pairs.select(
        F.col("one.value").alias("low"),
        F.col("other.value").alias("high"),
        F.bit_count(differing).cast("int").alias("distance"),
        F.col("one.id").alias("low_id"),
        F.col("other.id").alias("high_id"),
    )


def band_masks(plan: Plan) -> list[int]:
    """Give the bits of each band in the values themselves, so that nothing has to be put in order."""
    masks, at = [], 0
    for width in plan.widths:
        masks.append(sum(1 << bit for bit in plan.order[at : at + width]))
        at += width
    return masks


def _union(plan: Plan, table: Any) -> int:
    masks = band_masks(plan)
    return sum(masks[band] for band in table)


def _agreed(differing: Column, masks: list[int]) -> Column:
    """Give the bands on which a pair agrees, as bits."""
    agreeing = [
        F.when(differing.bitwiseAND(F.lit(mask)) == 0, F.lit(1 << band)).otherwise(F.lit(0))
        for band, mask in enumerate(masks)
    ]
    return reduce(lambda some, one: some.bitwiseOR(one), agreeing, F.lit(0))
