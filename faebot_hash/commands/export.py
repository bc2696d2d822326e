"""``export``: write the store's hashes as a table."""

from __future__ import annotations

import argparse
from pathlib import Path

from faebot_hash.adapters import hash_tables
from faebot_hash.adapters.store import Store
from faebot_hash.carrying import exported
from faebot_hash.commands import Commands
from faebot_hash.commands.store_options import chosen_settings, store_options, store_url
from faebot_hash.fingerprint import current_basis
from faebot_hash.hash_rows import COLUMNS

HELP = f"""\
Write all pages of the store with their hashes as CSV (.csv, .csv.gz) or Parquet (.parquet, extra "scale"):

  {",".join(COLUMNS[:6])},…

"id" is the page id, hashes are 16 hex digits, and the last four columns name what they were made from and
with. The table can be imported elsewhere, and given to pairs, clusters and nearest.

Named .json or .json.gz it is a dump as ImageHash-Toolforge offers it (commons, phash, dhash, decimal), of the
files whose thumbnails were hashed as the settings say; `serve` offers one as [web] dump_file.
"""


def add(commands: Commands) -> None:
    """Add the command."""
    command = commands.add_parser(
        "export",
        parents=[store_options()],
        help="write the store's hashes as a table",
        description=HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("table", type=Path, metavar="FILE", help="where to write")
    command.set_defaults(run_command=_run)


def _run(options: argparse.Namespace) -> None:
    with Store.open(store_url(options), write=False) as store:
        bases = store.bases()
        if hash_tables.form_of(options.table) == "json":
            width_px = chosen_settings(options).hashing.thumb_width_px
            bases = [basis for basis in bases if basis == current_basis("thumbnail", width_px)]
        count = hash_tables.write(options.table, exported(store, bases))
    print(f"{options.table}: {count:,} rows")
