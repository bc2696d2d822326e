"""The command line: ``python -m faebot_hash COMMAND``, for pictures at hand and for past runs."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from faebot_hash.commands import (
    check,
    clusters,
    compare,
    digests,
    export,
    follow,
    hashes,
    imports,
    nearest,
    pairs,
    runs,
    serve,
    show,
    study,
    undo,
)
from faebot_hash.errors import FaebotError, SettingsError

INTERRUPTED = 130

COMMANDS = (
    hashes,
    digests,
    compare,
    pairs,
    clusters,
    nearest,
    check,
    study,
    export,
    imports,
    runs,
    show,
    undo,
    follow,
    serve,
)
"""The modules of the commands, in the order in which the help lists them."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit status."""
    options = _parser().parse_args(arguments)
    try:
        status: int | None = options.run_command(options)
        sys.stdout.flush()
    except FaebotError as error:
        print(f"faebot_hash: {error}", file=sys.stderr)
        return 2 if isinstance(error, SettingsError) else 1
    except BrokenPipeError:
        # Python flushes standard output once more at exit, and would complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    return status or 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m faebot_hash",
        description="Visual fingerprints of local pictures, and what past runs did on the wiki.",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for module in COMMANDS:
        module.add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
