"""``show``: tell what a run did."""

from __future__ import annotations

import argparse

from faebot_hash import runs
from faebot_hash.commands import Commands
from faebot_hash.commands.store_options import store_options, store_url


def add(commands: Commands) -> None:
    """Add the command."""
    command = commands.add_parser(
        "show", parents=[store_options()], help="tell each edit of a run and how it ended"
    )
    command.add_argument("run", metavar="RUN", help="a run's name, as `runs` prints it")
    command.set_defaults(run_command=_run)


def _run(options: argparse.Namespace) -> None:
    for line in runs.show_run(store_url(options), options.run):
        print(line)
