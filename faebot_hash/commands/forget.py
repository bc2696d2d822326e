"""``forget``: delete all that is kept about a file."""

from __future__ import annotations

import argparse
import re

from faebot_hash.adapters.store import Store
from faebot_hash.commands import Commands
from faebot_hash.commands.store_options import store_options, store_url

ABOUT = """\
Delete all that the store keeps about files: hashes, digests, page titles, failures, hashes from elsewhere
and families for review. The journal of the bot's own edits stays, because it says which pages the bot
changed; the number of its rows is told. So do people's judgements of two files, by which the bot leaves them
alone; these name the files by SHA1 only. Search indexes drop the file at their next `follow`; backups keep
it until they are removed.
"""


def add(commands: Commands) -> None:
    """Add the command."""
    command = commands.add_parser(
        "forget",
        parents=[store_options()],
        help="delete all that is kept about a file",
        description=ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("files", nargs="+", metavar="FILE", help="a title, with or without File:, or a SHA1")
    command.set_defaults(run_command=_run)


def _run(options: argparse.Namespace) -> None:
    sha1s = [one for one in options.files if re.fullmatch(r"[0-9A-Fa-f]{40}", one)]
    titles = [one.removeprefix("File:").replace("_", " ") for one in options.files if one not in sha1s]
    with Store.open(store_url(options)) as store:
        removed, left = store.forget(titles, sha1s)
    for name, number in removed.items():
        if number:
            print(f"{number:>8,}  {name} rows deleted")
    if not any(removed.values()):
        print("Nothing was kept about them.")
    if left:
        print(f"{left:>8,}  rows of the journal tell of edits of these pages, and stay")
