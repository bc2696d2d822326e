"""``tidy``: let the store forget what it no longer needs."""

from __future__ import annotations

import argparse

from faebot_hash.adapters.patience import Patience
from faebot_hash.adapters.store import Store
from faebot_hash.commands import Commands
from faebot_hash.commands.store_options import chosen_settings, store_options

ABOUT = """\
Remove from the store what [store] keep_… says is too old: refused edits, files that could not be hashed,
links that nobody asked for, and what processes that are gone have left. Edits that were made are kept for
ever. A file that is much larger than its content gives the room back.
"""


def add(commands: Commands) -> None:
    """Add the command."""
    command = commands.add_parser(
        "tidy",
        parents=[store_options()],
        help="let the store forget what it no longer needs",
        description=ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.set_defaults(run_command=_run)


def _run(options: argparse.Namespace) -> None:
    settings = chosen_settings(options)
    patience = Patience.through_outages(settings.store.patience_h, print)
    with Store.open(options.store or settings.store.url, patience=patience) as store:
        for name, number in store.tidy(settings.store).items():
            print(f"{number:>10,}  {name} rows removed")
        if freed_bytes := store.compact():
            print(f"{freed_bytes:,} bytes given back to the disk")
