"""``check``: tell which pictures of folders are on the wiki already, as far as the hash index knows."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from faebot_hash import upload_check
from faebot_hash.commands import Commands
from faebot_hash.commands.store_options import chosen_settings, store_options
from faebot_hash.upload import TOLERANCE_BITS
from faebot_hash.upload_table import COLUMNS

HELP = f"""\
Tell of each picture below the folders whether the wiki has it, as far as the hash index knows:

  same_file        the very same file is there (SHA1)
  equal            a file with an equal pHash or dHash is there, as find_duplicates would find it
  near             one within the tolerance is there, by pHash or dHash
  new              none of these
  low_information  too flat to be compared
  unreadable       no picture, or a broken one, with its reason

and whether it is twice among these pictures. Hashes are compared with those of thumbnails, which are made in
memory in the manner of Wikimedia's scaler. Nothing leaves this machine.

--csv writes a row for each page that has a picture, and one for each other picture:

  {",".join(COLUMNS)}

A text that a spreadsheet might take for a formula begins with an apostrophe. --json writes one object a line
and picture. Either file appears when all pictures are checked.
"""

EXAMPLE = """\
example:
  python -m faebot_hash check ~/Pictures/Holiday --csv holiday.csv

exit status: 0 when all are new, 3 when at least one is there or twice among them, 4 when none is but some
could not be judged, 1 when the index cannot be read or a file not be written, 2 for a wrong command line,
130 after Ctrl-C
"""


def add(commands: Commands) -> None:
    """Add the command."""
    command = commands.add_parser(
        "check",
        parents=[store_options()],
        help="tell which pictures are on the wiki already",
        description=HELP,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="pictures, also inside")
    command.add_argument(
        "--tolerance", default="", metavar="BITS", help=f"what counts as near, 0…12 bits ({TOLERANCE_BITS})"
    )
    command.add_argument(
        "--index",
        type=Path,
        metavar="DIR",
        help="where the search index is kept, instead of the settings' own place; with --store alone it is "
        "made anew for this run",
    )
    command.add_argument("--csv", type=Path, metavar="FILE", help="write a table there")
    command.add_argument("--json", type=Path, metavar="FILE", help="write JSON lines there")
    command.set_defaults(run_command=_run)


def _run(options: argparse.Namespace) -> int:
    settings = chosen_settings(options)
    tolerance_bits = upload_check.tolerance_of(options.tolerance)
    on_terminal = sys.stdout.isatty()
    reports = upload_check.Reports(options.csv, options.json, colour=on_terminal, progress=not on_terminal)
    with upload_check.known_files(settings, options.store, options.index) as known:
        return upload_check.check_folders(options.folders, known, tolerance_bits, reports).exit_status
