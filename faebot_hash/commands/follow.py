"""``follow``: bring the search index of a store up to date."""

from __future__ import annotations

import argparse

from faebot_hash.commands import Commands
from faebot_hash.commands.store_options import chosen_settings, store_options

ABOUT = """\
Make the search index of a store in the folder that [web] index_folder names, or add to it what is new in the
store. The web service finds new rows without it, but keeps them in memory and looks through them one by
one; run this daily, and each process of the service takes the folder over at its next new row. It may be
ended at any moment.
"""


def add(commands: Commands) -> None:
    """Add the command."""
    command = commands.add_parser(
        "follow",
        parents=[store_options()],
        help="bring the web service's search index up to date",
        description=ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("--index", default="", metavar="FOLDER", help="instead of the settings' own")
    command.set_defaults(run_command=_run)


def _run(options: argparse.Namespace) -> None:
    # Flask takes longer to import than most commands to run.
    from faebot_hash.web.start import index_of

    settings = chosen_settings(options)
    _, index = index_of(settings, options.store, options.index)
    followed = index.save()
    print(f"{len(followed.search):,} files, {followed.basis}, up to change {followed.change:,}")
