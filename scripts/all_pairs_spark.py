"""
Hash pictures, and find all near pairs of a table of hashes, on a Spark cluster.

For what no single machine holds; python -m faebot_hash pairs joins all of Commons
on one, a hundred times faster per processor (docs/scale.md). The pairs are the
very same. Paths are of any file system that Spark knows.

    spark-submit scripts/all_pairs_spark.py hash FOLDER --to hashes.parquet
    spark-submit scripts/all_pairs_spark.py pairs hashes.parquet --phash-bits 2 --to result

"hash" writes a row for each file below FOLDER: id (its path), phash, dhash,
ahash, whash as 16 hex digits, low_information; or rejected, the reason why it has
no hashes, and detail. Spark passes over files of no bytes at all.

"pairs" reads Parquet with the columns id and phash, dhash as 16 hex digits (or
phash_dec, dhash_dec as unsigned decimal numbers), and writes three folders:

  pairs      id_a, id_b, hash_a, hash_b, distance, hash: near pairs of different
             values, each once, with the least id of each value
  groups     value, id, hash: the rows of each value that several rows have
  left_out   id, column, written, why: rows without an id or a hash, and those of
             low information

The column "hash" says which hash a row is about. With both tolerances two rows are
near when either hash is.

Every machine needs Python with faebot_hash[spark], the driver a Java runtime (17
or later). Exit codes: 0 done, 3 done but rows were left out, 1 the table cannot be
read or the result not be written, 2 a wrong command line.
"""

from __future__ import annotations

import argparse
import sys

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from faebot_hash.adapters import spark_hashing, spark_tables
from faebot_hash.commands.table_options import INCOMPLETE, say, tolerance
from faebot_hash.errors import FaebotError
from faebot_hash.model import HashKind


def main(arguments: list[str]) -> int:
    """Run one step as a Spark application and give its exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.step == "pairs" and options.phash_bits is None and options.dhash_bits is None:
        parser.error("give --phash-bits, --dhash-bits or both")
    spark = SparkSession.builder.appName(f"faebot_hash {options.step}").getOrCreate()
    try:
        return int(options.run(spark, options))
    except (FaebotError, PySparkException) as error:
        say(f"all_pairs_spark: {str(error).partition(chr(10))[0]}")
        return 1
    finally:
        spark.stop()


def hash_pictures(spark: SparkSession, options: argparse.Namespace) -> int:
    """Hash the files of a folder."""
    pictures = spark_hashing.pictures_below(spark, options.folder)
    spark_hashing.hashed(pictures).write.mode("errorifexists").parquet(options.to)
    table = spark.read.parquet(options.to)
    say(f"{table.count():,} files, {table.where('rejected is not null').count():,} without hashes")
    return 0


def join_hashes(spark: SparkSession, options: argparse.Namespace) -> int:
    """Find the near pairs of a table."""
    asked = {HashKind.PHASH: options.phash_bits, HashKind.DHASH: options.dhash_bits}
    tolerances = {kind: bits for kind, bits in asked.items() if bits is not None}
    done = spark_tables.join_table(spark, options.tables, tolerances, options.to)
    for kind in tolerances:
        say(f"{kind.value}: {done.pairs[kind]:,} near pairs, {done.groups[kind]:,} values of several rows")
    say(f"{done.left_out:,} rows left out")
    return INCOMPLETE if done.left_out else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="all_pairs_spark", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    steps = parser.add_subparsers(dest="step", metavar="STEP", required=True)
    hashing = steps.add_parser("hash", help="hash the pictures of a folder")
    hashing.add_argument("folder", metavar="FOLDER")
    hashing.set_defaults(run=hash_pictures)
    joining = steps.add_parser("pairs", help="find all near pairs of a table")
    joining.add_argument("tables", nargs="+", metavar="TABLE")
    for kind in HashKind:
        joining.add_argument(f"--{kind.value.lower()}-bits", type=tolerance, metavar="BITS")
    joining.set_defaults(run=join_hashes)
    for step in (hashing, joining):
        step.add_argument("--to", required=True, metavar="FOLDER", help="must not be there yet")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
