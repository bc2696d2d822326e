"""``serve``: run the web service."""

from __future__ import annotations

import argparse
import os
import sys

from faebot_hash.commands import Commands
from faebot_hash.commands.store_options import chosen_settings, store_options

ABOUT = """\
Run the web service with gunicorn, as the section [web] of the settings says. The search index is brought up
to date first. Ctrl-C or SIGTERM ends it.
"""


def add(commands: Commands) -> None:
    """Add the command."""
    command = commands.add_parser(
        "serve",
        parents=[store_options()],
        help="run the web service",
        description=ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("--bind", default="", metavar="HOST:PORT", help="instead of the settings' own")
    command.add_argument("--index", default="", metavar="FOLDER", help="instead of the settings' own")
    command.set_defaults(run_command=_run)


def _run(options: argparse.Namespace) -> None:
    # Flask takes longer to import than most commands to run.
    from faebot_hash.web.start import CHANGES, INDEX, SETTINGS, STORE, index_of

    settings = chosen_settings(options)
    bind = options.bind or f"{settings.web.host}:{settings.web.port}"
    told = {
        SETTINGS: str(options.settings),
        CHANGES: "\n".join(options.changes),
        STORE: options.store,
        INDEX: options.index,
    }
    os.environ |= {name: value for name, value in told.items() if value}
    _, index = index_of(settings, options.store, options.index)
    print(f"{len(index.save().search):,} files; http://{bind}/", flush=True)
    program = ["gunicorn", "--config", "python:faebot_hash.web.gunicorn_settings", "--bind", bind]
    os.execv(sys.executable, [sys.executable, "-m", *program, "faebot_hash.web.start:app()"])  # noqa: S606
