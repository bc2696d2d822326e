"""``clusters``: group the rows of a table of hashes by nearness."""

from __future__ import annotations

import argparse

import numpy as np

from faebot_hash.cluster import Cluster, Linkage, cluster
from faebot_hash.commands import Commands
from faebot_hash.commands.table_options import (
    TABLE_HELP,
    add_command,
    add_tolerances,
    csv_output,
    progress,
    read,
    status,
)
from faebot_hash.fingerprint import to_hex
from faebot_hash.groups import Groups, group
from faebot_hash.join import close_pairs
from faebot_hash.level import Level
from faebot_hash.model import HashKind

HELP = f"""\
Print the clusters of rows whose hash is near, a line for each member:

  cluster,id,hash,widest_distance,level

Each member is within the tolerance of every other one (complete linkage); the two groups whose furthest
members are nearest are joined first. Rows of equal value are always together. "cluster" counts from 1, the
cluster of the lowest hash first; "widest_distance" is between the two members furthest apart; "level" is
close (less than 3 bits), variation (up to 8), similar (less than 12) or empty. A row near no other is not
printed.

--linkage single joins whatever a chain of near rows connects. It risks that pictures come together that
have nothing in common; "widest_distance" shows it.

{TABLE_HELP}"""

EXAMPLE = """\
example:
  python -m faebot_hash clusters fleuron.csv --dhash-bits variation
"""


def add(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "clusters", "group the rows of a table of hashes", HELP, EXAMPLE)
    parser.add_argument("table", metavar="TABLE", help="a CSV or Parquet file, or -")
    add_tolerances(parser)
    parser.add_argument(
        "--linkage", choices=[one.value for one in Linkage], default=Linkage.COMPLETE.value, help="see above"
    )
    parser.add_argument("-o", "--output", default="-", metavar="FILE", help="where to print the clusters")
    parser.set_defaults(run_command=lambda options: print_clusters(parser, options))


def print_clusters(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    """Read the table and print its clusters."""
    asked = {HashKind.PHASH: options.phash_bits, HashKind.DHASH: options.dhash_bits}
    tolerances = {kind: bits for kind, bits in asked.items() if bits is not None}
    if len(tolerances) != 1:
        parser.error("give either --phash-bits or --dhash-bits")
    ((kind, tolerance_bits),) = tolerances.items()
    found = read(options.table, [kind], options.strict)
    groups = group(found.table.column(kind))
    near = close_pairs(groups.values, tolerance_bits, progress=progress("clusters"))
    clusters = list(cluster(groups.values, near, Linkage(options.linkage)))
    heading = ["cluster", "id", "hash", "widest_distance", "level"]
    with csv_output(options.output, heading) as writer:
        for number, one in enumerate(_with_equal_rows(clusters, groups), 1):
            level = Level.of(one[1])
            for value, row in one[0]:
                writer.writerow(
                    (number, found.ids.text(row), to_hex(value), one[1], level.name.lower() if level else "")
                )
    return status(found)


def _with_equal_rows(clusters: list[Cluster], groups: Groups) -> list[tuple[list[tuple[int, int]], int]]:
    """Give the members of each cluster as (value, row), with clusters of one value that several rows have."""
    clustered = np.array([value for one in clusters for value in one.values], np.uint64)
    alone = groups.values[groups.sizes > 1]
    alone = alone[~np.isin(alone, clustered)]
    found = [(one.values, one.widest_bits) for one in clusters]
    found += [((value,), 0) for value in alone.tolist()]
    return [(_members(values, groups), widest_bits) for values, widest_bits in sorted(found)]


def _members(values: tuple[int, ...], groups: Groups) -> list[tuple[int, int]]:
    numbers = groups.find(np.array(values, np.uint64)).tolist()
    return [
        (value, row)
        for value, number in zip(values, numbers, strict=True)
        for row in groups.rows[groups.starts[number] : groups.starts[number + 1]].tolist()
    ]
