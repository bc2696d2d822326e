"""The command line: ``python -m faebot_hash COMMAND``, for pictures at hand and for past runs."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from faebot_hash.errors import FaebotError
from faebot_hash.exit_status import ExitStatus

COMMANDS = {
    "hash": "hashes",
    "digest": "digests",
    "compare": "compare",
    "pairs": "pairs",
    "clusters": "clusters",
    "nearest": "nearest",
    "index": "nearest",
    "check": "check",
    "study": "study",
    "export": "export",
    "import": "imports",
    "runs": "runs",
    "show": "show",
    "undo": "undo",
    "doctor": "doctor",
    "job": "job",
    "healthy": "healthy",
    "status": "status",
    "tidy": "tidy",
    "forget": "forget",
    "backup": "backup",
    "restore": "backup",
    "follow": "follow",
    "serve": "serve",
}
"""Each command's module in ``faebot_hash.commands``, in the order in which the help lists them."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    options = _parser(arguments).parse_args(arguments)
    try:
        status: int | None = options.run_command(options)
        sys.stdout.flush()
    except FaebotError as error:
        print(f"faebot_hash: {error}", file=sys.stderr)
        return error.status
    except BrokenPipeError:
        # Python flushes standard output once more at exit, and would complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return ExitStatus.INTERRUPTED
    return status or 0


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m faebot_hash",
        description="Visual fingerprints of local pictures, and what past runs did on the wiki.",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    # Loading what only another command needs takes seconds.
    asked = [COMMANDS[one] for one in arguments[:1] if one in COMMANDS]
    for name in dict.fromkeys(asked or COMMANDS.values()):
        import_module(f"faebot_hash.commands.{name}").add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
