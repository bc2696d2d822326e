"""``pairs``: print all near pairs of a table of hashes."""

from __future__ import annotations

import argparse
from typing import Any

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
from faebot_hash.pairs import RowPairs, Within, equal_rows, near_rows

HELP = f"""\
Print the pairs of rows whose pHashes or dHashes are near, with --and those where both are:

  id_a,id_b,phash_distance,dhash_distance

Each pair comes once, the row that the table has first as id_a; the pairs come in no particular order, but
in the same one each time. A distance that the table cannot tell is left empty.

Rows of equal value are a group, and only its first row is paired: a million equal hashes have no useful
pairs. --groups FILE lists the members of each group of two or more, group,id,hash: "group" is the id of
its first row, "hash" is what its rows have in common: phash, dhash, or with --and both. Two rows are near if
they are of one group, or if the first rows of their groups (of one hash) are a pair whose distance by that
hash is allowed. --expand prints every pair of rows instead.

{TABLE_HELP}"""

EXAMPLE = """\
example:
  python -m faebot_hash pairs commons.parquet --phash-bits 4 --dhash-bits 4 --and -o pairs.csv
"""


def add(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "pairs", "print all near pairs of a table of hashes", HELP, EXAMPLE)
    parser.add_argument("table", metavar="TABLE", help="a CSV or Parquet file, or -")
    add_tolerances(parser)
    parser.add_argument("--and", action="store_true", dest="both", help="both hashes must be near")
    parser.add_argument("--expand", action="store_true", help="pair all rows of equal value, too")
    parser.add_argument("--groups", metavar="FILE", help="where to list the rows of equal value")
    parser.add_argument("-o", "--output", default="-", metavar="FILE", help="where to print the pairs")
    parser.set_defaults(run_command=lambda options: print_pairs(parser, options))


def print_pairs(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    """Read the table, join it, and print what is found as it is found."""
    try:
        within = Within(options.phash_bits, options.dhash_bits, options.both)
    except ValueError:
        parser.error("give --phash-bits or --dhash-bits, with --and both")
    found = read(options.table, list(within.tolerances), options.strict)
    if options.groups:
        with csv_output(options.groups, ["group", "id", "hash"]) as writer:
            for name, groups in equal_rows(found.table, within):
                for number in (groups.sizes > 1).nonzero()[0].tolist():
                    members = found.ids.list(groups.rows[groups.starts[number] : groups.starts[number + 1]])
                    writer.writerows((members[0], member, name) for member in members)
    with csv_output(options.output, ["id_a", "id_b", "phash_distance", "dhash_distance"]) as writer:
        for pairs in near_rows(found.table, within, expand=options.expand, progress=progress("pairs")):
            writer.writerows(
                zip(
                    found.ids.list(pairs.first),
                    found.ids.list(pairs.second),
                    *_distances(pairs),
                    strict=True,
                )
            )
    return status(found)


def _distances(pairs: RowPairs) -> list[list[Any]]:
    columns = (pairs.phash_bits, pairs.dhash_bits)
    return [[""] * len(pairs) if column is None else column.tolist() for column in columns]
