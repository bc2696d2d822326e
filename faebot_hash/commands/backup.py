"""``backup`` and ``restore``: the whole store in one file, and back."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from faebot_hash.adapters import backup
from faebot_hash.adapters.patience import Patience
from faebot_hash.commands import Commands
from faebot_hash.commands.store_options import chosen_settings, store_options, store_url
from faebot_hash.errors import SettingsError
from faebot_hash.options import public_address

ABOUT_BACKUP = """\
Write all of the store, as of one moment, to one SQLite file, while runs go on writing. The file is checked
before it gets its name, so it is whole or not there. In a folder it is named by the time (UTC); --keep
removes older ones there.
"""
ABOUT_RESTORE = """\
Fill an empty store, SQLite or MariaDB, from a file that `backup` wrote, of this release or an older one. The
file is checked first; every table is compared after; nothing is kept unless all is equal.
"""


def add(commands: Commands) -> None:
    """Add both commands."""
    how = argparse.RawDescriptionHelpFormatter
    making = commands.add_parser(
        "backup",
        parents=[store_options()],
        help="write the store to one file",
        description=ABOUT_BACKUP,
        formatter_class=how,
    )
    making.add_argument("path", metavar="PATH", type=Path, help="a new file, or a folder")
    making.add_argument("--keep", type=int, default=0, metavar="N", help="leave N files in the folder")
    making.set_defaults(run_command=_back_up)
    filling = commands.add_parser(
        "restore",
        parents=[store_options()],
        help="fill an empty store from a backup",
        description=ABOUT_RESTORE,
        formatter_class=how,
    )
    filling.add_argument("path", metavar="FILE", type=Path, help="a file that `backup` wrote")
    filling.set_defaults(run_command=_restore)


def _back_up(options: argparse.Namespace) -> None:
    if options.keep < 0 or (options.keep and not options.path.is_dir()):
        raise SettingsError("--keep N goes with a folder, and keeps one file or more")
    settings = chosen_settings(options)
    patience = Patience.through_outages(settings.store.patience_h, print)
    url = public_address(options.store) or settings.store.url
    made = backup.back_up(url, options.path, datetime.now(UTC), patience)
    print(f"{made}: {made.stat().st_size:,} bytes")
    for old in backup.keep_newest(options.path, options.keep) if options.keep else ():
        print(f"{old}: removed")


def _restore(options: argparse.Namespace) -> None:
    held = backup.restore(options.path, store_url(options))
    for name, (number, _) in held.items():
        if number:
            print(f"{number:>12,}  {name}")
