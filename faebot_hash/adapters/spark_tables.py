"""Tables of hashes as Spark reads and writes them: wrong rows apart, pairs and groups as Parquet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - as Spark's manual calls it

from faebot_hash.adapters import spark_join
from faebot_hash.errors import TableError
from faebot_hash.model import HashKind
from faebot_hash.reasons import Reason

COLUMNS = {kind: kind.value.lower() for kind in HashKind}


@dataclass(frozen=True)
class Joined:
    """What a run wrote: pairs and groups by the hash that they have, and the rows that it left out."""

    pairs: Mapping[HashKind, int]
    groups: Mapping[HashKind, int]
    left_out: int


def join_table(
    spark: SparkSession, source: Sequence[str], tolerances: Mapping[HashKind, int], target: str
) -> Joined:
    """Join a Parquet table (id; phash, dhash as 16 hex digits or phash_dec, dhash_dec) and write folders.

    ``target/pairs``: id_a, id_b, hash_a, hash_b, distance and hash (which one). The ids are the least ones of
    each value; ``target/groups`` (value, id, hash) lists the rows of values that several have.
    ``target/left_out`` (id, column, written, why) has the rows that cannot be used. Raises TableError.
    """
    table = spark.read.parquet(*source)
    rows_in_all = table.count()
    pairs: dict[HashKind, int] = {}
    groups: dict[HashKind, int] = {}
    wrong: list[DataFrame] = []
    for kind, tolerance_bits in tolerances.items():
        rows = _rows(table, kind)
        usable = F.col("id").isNotNull() & F.col("value").isNotNull() & ~F.col("low_information")
        wrong.append(_left_out(rows.where(~usable), COLUMNS[kind]))
        good = rows.where(usable).select("id", "value")
        spark_join.cut_shuffles(spark, rows_in_all)
        grouped = spark_join.grouped(good)
        plan = spark_join.plan_of(grouped, tolerance_bits)
        spark_join.cut_shuffles(spark, grouped.count * len(plan.tables))
        found = spark_join.close_pairs(grouped, plan)
        pairs[kind] = _written(_pairs(found), f"{target}/pairs", kind)
        several = grouped.frame.where(F.col("rows") > 1).select("value")
        groups[kind] = several.count()
        _written(_members(good.join(several, "value")), f"{target}/groups", kind)
        grouped.frame.unpersist()
    left_out = wrong[0] if len(wrong) == 1 else wrong[0].unionByName(wrong[1])
    left_out.write.mode("errorifexists").parquet(f"{target}/left_out")
    return Joined(pairs, groups, spark.read.parquet(f"{target}/left_out").count())


def _rows(table: DataFrame, kind: HashKind) -> DataFrame:
    name = COLUMNS[kind]
    if "id" not in table.columns:
        raise TableError(f"no column “id” among {', '.join(table.columns)}")
    if name in table.columns:
        value, written = spark_join.biased_of_hex(name), name
    elif f"{name}_dec" in table.columns:
        value, written = spark_join.biased_of_decimal(f"{name}_dec"), f"{name}_dec"
    else:
        raise TableError(f"no column “{name}” or “{name}_dec” among {', '.join(table.columns)}")
    flat: Column = F.lit(False)
    if "low_information" in table.columns:
        flat = F.coalesce(F.col("low_information"), F.lit(False))
    text = F.col(written).cast("string").alias("written")
    return table.select("id", text, value.alias("value"), flat.alias("low_information"))


def _left_out(rows: DataFrame, column: str) -> DataFrame:
    flat = F.lit(Reason.LOW_INFORMATION.name.lower())
    why = F.when(F.col("id").isNull(), "no id").when(F.col("value").isNull(), "no hash").otherwise(flat)
    identity = F.col("id").cast("string").alias("id")
    return rows.select(identity, F.lit(column).alias("column"), "written", why.alias("why"))


def _pairs(found: DataFrame) -> DataFrame:
    return found.select(
        F.col("low_id").alias("id_a"),
        F.col("high_id").alias("id_b"),
        spark_join.hex_of_biased("low").alias("hash_a"),
        spark_join.hex_of_biased("high").alias("hash_b"),
        "distance",
    )


def _members(members: DataFrame) -> DataFrame:
    return members.select(spark_join.hex_of_biased("value").alias("value"), "id")


def _written(frame: DataFrame, folder: str, kind: HashKind) -> int:
    """Write a part of a folder, so that both hashes' parts are one table to whoever reads it."""
    part = f"{folder}/hash={COLUMNS[kind]}"
    frame.write.mode("errorifexists").parquet(part)
    written: int = frame.sparkSession.read.parquet(part).count()
    return written
