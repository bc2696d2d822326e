"""``study``: study how thumbnails of local pictures hash."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from faebot_hash import thumbsize
from faebot_hash.commands import Commands
from faebot_hash.study_plan import Source, plan_of

HELP = """\
Compare the hashes of the pictures below a folder with those of their thumbnails, which are made in
memory in the manner of Wikimedia's scaler, and say which tolerance covers 95 and 98 % of them.
"""

EXAMPLE = """\
example:
  python -m faebot_hash study ~/Pictures --widths 120,250,500 --out study --chart

exit status: 0 when done, 1 when the decoding process cannot be started or the output cannot be written,
2 for a wrong command line, 130 after Ctrl-C
"""


def add(commands: Commands) -> None:
    """Add the command."""
    command = commands.add_parser(
        "study",
        help="compare the hashes of pictures with those of their thumbnails",
        description=HELP,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("folder", type=Path, metavar="FOLDER", help="pictures, also in folders inside")
    command.add_argument("--widths", default="", metavar="PX,PX…", help="the widths of thumbnails")
    command.add_argument("--out", type=Path, metavar="FOLDER", help="write tables, cells and JSON there")
    command.add_argument("--chart", action="store_true", help="with --out: also as PNG and SVG")
    command.set_defaults(run_command=_run)


def _run(options: argparse.Namespace) -> None:
    plan = plan_of(options.widths, Source.FOLDER)
    thumbsize.check(options.out, options.chart)
    study = thumbsize.study_folder(options.folder, plan)
    thumbsize.tell(study, out=options.out, chart=options.chart, say=print, colour=sys.stdout.isatty())
