"""``nearest``: what is near a hash, in a table or an index; ``index``: make such an index or add to it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from faebot_hash.adapters.index_files import IndexFolder
from faebot_hash.columns import Texts, from_decimal
from faebot_hash.commands import Commands
from faebot_hash.commands.table_options import (
    INCOMPLETE,
    TABLE_HELP,
    add_command,
    add_tolerances,
    csv_output,
    read,
    say,
    status,
)
from faebot_hash.errors import TableError
from faebot_hash.fingerprint import from_hex
from faebot_hash.nearest import HashSearch, Ids, Neighbours, Query, index_table, search_of
from faebot_hash.pairs import Within

HELP = f"""\
Print what is nearest to each HASH, nearest first:

  query,id,phash_distance,dhash_distance

HASH is PHASH, PHASH,DHASH or ,DHASH, each 16 hex digits; "-" reads such lines from standard input. Without
a tolerance the nearest rows are given, however far; with one those within it, by either hash, with --and by
both. At most so many as --most says are printed; standard error tells where there are more. With two hashes
the sum of the distances decides. Ids of an index are whole numbers.

{TABLE_HELP}"""

EXAMPLE = """\
example:
  python -m faebot_hash nearest 8f373714acfcf4d0 --table hashes.csv --phash-bits 8
"""

INDEX_HELP = f"""\
Add the rows of TABLE to the index in DIR, which is made if there is none. Ids must be whole numbers, such as
page ids; a row replaces an older one with its id. An index that is open elsewhere stays as it was; whoever
opens it afterwards finds the new rows. This may be ended at any moment: the index is then as it was, or done.

{TABLE_HELP}"""

INDEX_EXAMPLE = """\
example:
  python -m faebot_hash index new.csv --to commons.index
"""


def add(commands: Commands) -> None:
    """Add both commands."""
    parser = add_command(commands, "nearest", "tell what is near a hash", HELP, EXAMPLE)
    parser.add_argument("hashes", nargs="+", metavar="HASH", help="PHASH, PHASH,DHASH or ,DHASH, or -")
    place = parser.add_mutually_exclusive_group(required=True)
    place.add_argument("--table", help="a CSV or Parquet file to look through")
    place.add_argument("--index", type=Path, metavar="DIR", help="an index to look it up in")
    add_tolerances(parser)
    parser.add_argument("--and", action="store_true", dest="both", help="both hashes must be near")
    parser.add_argument("--most", type=_count, default=10, metavar="N", help="how many to print (10)")
    parser.add_argument("-o", "--output", default="-", metavar="FILE", help="where to print them")
    parser.set_defaults(run_command=lambda options: print_nearest(parser, options))

    making = add_command(
        commands, "index", "make an index of hashes, or add to it", INDEX_HELP, INDEX_EXAMPLE
    )
    making.add_argument("table", metavar="TABLE", help="a CSV or Parquet file, or -")
    making.add_argument("--to", type=Path, required=True, metavar="DIR", help="the folder of the index")
    making.set_defaults(run_command=add_to_index)


def print_nearest(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    """Ask for each hash and print the answers."""
    within = None
    if options.phash_bits is not None or options.dhash_bits is not None or options.both:
        try:
            within = Within(options.phash_bits, options.dhash_bits, options.both)
        except ValueError:
            parser.error("--and needs --phash-bits and --dhash-bits")
    if "-" in options.hashes and options.table == "-":
        parser.error("standard input can give either the table or the hashes")
    names, search, code = _opened(options, within)
    wrong = 0
    with csv_output(options.output, ["query", "id", "phash_distance", "dhash_distance"]) as writer:
        for text in _asked(options.hashes):
            query = _query(text)
            reason = "is not PHASH, PHASH,DHASH or ,DHASH" if query is None else _unfit(query, within, search)
            if query is None or reason:
                wrong += 1
                if options.strict:
                    raise TableError(f"{text!r} {reason}")
                say(f"{text!r} {reason}; left out")
                continue
            found = (
                search.within(query, within, options.most) if within else search.nearest(query, options.most)
            )
            if found.more and within:
                say(f"{text}: there are more than {options.most}")
            for number, phash, dhash in _lines(found):
                writer.writerow((text, names.text(number) if names else number, phash, dhash))
    return INCOMPLETE if wrong else code


def _opened(options: argparse.Namespace, within: Within | None) -> tuple[Texts | None, HashSearch, int]:
    if options.index is not None:
        return None, IndexFolder(options.index).open(), 0
    asked = list(within.tolerances) if within else []
    found = read(options.table, asked, options.strict)
    search = search_of(index_table(np.arange(len(found.ids)), found.table))
    return found.ids, search, status(found)


def _asked(hashes: list[str]) -> Iterator[str]:
    for text in hashes:
        if text != "-":
            yield text
            continue
        yield from (line.strip() for line in sys.stdin if line.strip())


def _query(text: str) -> Query | None:
    phash, _, dhash = text.partition(",")
    try:
        query = Query(*(from_hex(part) if part else None for part in (phash, dhash)))
    except ValueError:
        return None
    return query if query.hashes else None


def _unfit(query: Query, within: Within | None, search: HashSearch) -> str:
    """Tell why a query cannot be answered here; empty when it can."""
    for kind in query.hashes:
        if kind not in search.base.indexes:
            return f"asks for a {kind.value}, which is not there"
    for kind in within.tolerances if within else ():
        if kind not in query.hashes:
            return f"has no {kind.value}, for which there is a tolerance"
    return ""


def _lines(found: Neighbours) -> Iterator[tuple[int, int | str, int | str]]:
    empty = [""] * len(found)
    columns = [empty if bits is None else bits.tolist() for bits in (found.phash_bits, found.dhash_bits)]
    yield from zip(found.ids.tolist(), *columns, strict=True)


def add_to_index(options: argparse.Namespace) -> int:
    """Read a table and put its rows into the index."""
    found = read(options.table, [], options.strict)
    if found.table.phashes is None and found.table.dhashes is None:
        raise TableError(f"{options.table}: no column of hashes")
    ids = _whole_numbers(options.table, found.ids)
    folder = IndexFolder(options.to)
    search = folder.add(ids, found.table) if folder.exists() else folder.build(ids, found.table)
    say(f"{len(search):,} rows in {options.to}")
    return status(found)


def _whole_numbers(name: str, ids: Texts) -> Ids:
    numbers, valid = from_decimal(ids)
    valid &= numbers <= np.iinfo(np.int64).max
    if not valid.all():
        raise TableError(
            f"{name}: an index needs whole numbers as ids, not {ids.text(int(valid.argmin()))!r}"
        )
    return numbers.astype(np.int64)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"not a number above 0: {text!r}")
    return int(text)
