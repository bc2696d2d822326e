"""``healthy``: tell whether a job that runs all the time is alive."""

from __future__ import annotations

import argparse

from faebot_hash.adapters.job_process import silent_for
from faebot_hash.commands import Commands
from faebot_hash.exit_status import ExitStatus
from faebot_hash.spans import span_of


def add(commands: Commands) -> None:
    """Add the command."""
    command = commands.add_parser(
        "healthy",
        help="tell by the exit code whether a job of this container is alive",
        description="Exit code 0 if the job NAME of this machine, or container, has shown life within a "
        "span, else 1. The store is not asked: to be started anew would not help a job that waits for it.",
    )
    command.add_argument("name", metavar="NAME", help="the job, as `job` is told")
    command.add_argument("--within", default="2h", metavar="SPAN", help="90s, 10m, 2h (default), 3d")
    command.set_defaults(run_command=_run)


def _run(options: argparse.Namespace) -> int:
    within, silent = span_of(options.within), silent_for(options.name)
    if silent is None:
        print(f"{options.name}: no such job has run here")
        return ExitStatus.FAILED
    print(f"{options.name}: showed life {silent.total_seconds():,.0f} s ago")
    return ExitStatus.DONE if silent <= within else ExitStatus.FAILED
