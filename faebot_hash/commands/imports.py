"""``import``: keep a table of hashes in the store."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from faebot_hash.adapters import hash_tables, imagehash_toolforge
from faebot_hash.adapters.database_login import without_password
from faebot_hash.adapters.store import Store
from faebot_hash.carrying import Row, import_rows
from faebot_hash.commands import Commands
from faebot_hash.commands.store_options import store_options, store_url
from faebot_hash.commands.table_options import INCOMPLETE, say
from faebot_hash.hash_rows import BadRow
from faebot_hash.model import Basis
from faebot_hash.options import public_address

MOST_SHOWN = 20
TOOLFORGE = "imagehash-toolforge"

HELP = f"""\
Keep the hashes of TABLE in the store:

  - what export wrote, as CSV or Parquet: files with their SHA1 and all four hashes;
  - CSV or Parquet with id (a page id) and phash, dhash as 16 hex digits, or phash_dec, dhash_dec;
  - the dump of ImageHash-Toolforge, a JSON array or JSON lines with commons, phash, dhash in decimal;
  - the tables of ImageHash-Toolforge themselves, by their address: mariadb+pymysql://HOST/DATABASE

Texts may be packed with gzip. Hashes without a SHA1 are kept apart, under the name of their --source, as
nothing is known of how they were made. An import that was interrupted goes on where it ended; a second one
changes nothing. A page of which the store knows a later upload stays as it is.

Rows that are wrong are left out: the first {MOST_SHOWN} are named with their line, all are counted.
"""

EXAMPLE = """\
exit status: 0 when all is kept, 1 when something cannot be read or written, 2 for a wrong command line,
3 when rows were left out, 130 after Ctrl-C
"""


def add(commands: Commands) -> None:
    """Add the command."""
    command = commands.add_parser(
        "import",
        parents=[store_options()],
        help="keep a table of hashes in the store",
        description=HELP,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("table", metavar="TABLE", help="a file, or the address of a database")
    command.add_argument(
        "--source", default=TOOLFORGE, type=_source, metavar="NAME", help=f"default: {TOOLFORGE}"
    )
    command.set_defaults(run_command=_run)


def _source(text: str) -> str:
    if not 0 < len(text) <= 20 or not text.isascii():
        raise argparse.ArgumentTypeError(f"up to 20 characters of ASCII, not {text!r}")
    return text


def _run(options: argparse.Namespace) -> int:
    shown = 0

    def complain(bad: BadRow) -> None:
        nonlocal shown
        shown += 1
        if shown <= MOST_SHOWN:
            say(f"{bad.place}: {bad.why}; left out")

    table = public_address(options.table)
    with Store.open(store_url(options)) as store:
        name = _checkpoint_name(table, options.source)
        begun = store.checkpoint(name)
        done = int(begun) if begun else 0
        if done:
            say(f"going on after {done:,}")
        rows = _from_database(table, done) if "://" in table else (hash_tables.rows_of(Path(table), done))
        carried = import_rows(
            store,
            rows,
            name=name,
            source=options.source,
            foreign=Basis(options.source, 0, "", ""),
            complain=complain,
            tell=lambda kept, number: say(f"{kept:,} rows kept, up to {number:,}"),
        )
        # The next import of this table looks at all of it again.
        store.keep_checkpoint(name, "")
    print(
        f"{carried.kept:,} rows kept, {carried.older:,} of them older than the page, {carried.bad:,} left out"
    )
    return INCOMPLETE if carried.bad else 0


def _checkpoint_name(table: str, source: str) -> str:
    place = Path(table)
    if "://" in table:
        return f"import {source} {without_password(table)}"[:255]
    size = place.stat().st_size if place.exists() else 0
    return f"import {source} {place.name[-150:]} {size}"


def _from_database(url: str, after_page_id: int) -> Iterator[tuple[int, Row]]:
    for _, hashes in imagehash_toolforge.pages(url, after_page_id):
        for one in hashes:
            yield one[0], one
