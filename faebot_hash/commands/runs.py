"""``runs``: list the runs that edited."""

from __future__ import annotations

import argparse

from faebot_hash import runs
from faebot_hash.commands import Commands
from faebot_hash.commands.store_options import store_options, store_url


def add(commands: Commands) -> None:
    """Add the command."""
    command = commands.add_parser(
        "runs", parents=[store_options()], help="list the runs that edited, newest first"
    )
    command.set_defaults(run_command=_run)


def _run(options: argparse.Namespace) -> None:
    for line in runs.list_runs(store_url(options)):
        print(line)
