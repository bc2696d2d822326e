"""``undo``: take back the edits of a run."""

from __future__ import annotations

import argparse

from faebot_hash import runs
from faebot_hash.commands import Commands
from faebot_hash.commands.store_options import chosen_settings, store_options
from faebot_hash.edits import Proposal


def add(commands: Commands) -> None:
    """Add the command."""
    command = commands.add_parser(
        "undo",
        parents=[store_options()],
        help="take back the edits of a run",
        description="Restore each page that a run edited, where nobody has edited it since. "
        "Needs Pywikibot's user-config.py, as pwb does.",
    )
    command.add_argument("run", metavar="RUN", help="a run's name, as `runs` prints it")
    command.add_argument("--always", action="store_true", help="do not ask before each page")
    command.set_defaults(run_command=_run)


def _run(options: argparse.Namespace) -> None:
    chosen = chosen_settings(options)
    confirm = (lambda proposal: True) if options.always else _confirm
    for line in runs.undo_run(options.store or chosen.store.url, options.run, chosen, confirm):
        print(line)


def _confirm(proposal: Proposal) -> bool:
    answer = input(f"Restore File:{proposal.file.title} as it was before our edit? [y/N] ")
    return answer.strip().casefold() in ("y", "yes")
