"""``doctor``: look whether everything is right before the first run."""

from __future__ import annotations

import argparse
import json

from faebot_hash.commands import Commands
from faebot_hash.commands.store_options import chosen_settings, store_options
from faebot_hash.doctor import finding_json, finding_lines, is_healthy

ABOUT = """\
Look at the account, the wiki's pages for the bot, the secrets, the store, the libraries and the machine, and
say for each whether it is right, and if not how to mend it. The store is opened as a run does, with its
tables made. Nothing is edited.

If nothing fails, that is noted beside Pywikibot's settings for this account, release and these settings.
Only then, and for 30 days, can a wiki be edited that [tagging] open_to names.
"""


def add(commands: Commands) -> None:
    """Add the command."""
    command = commands.add_parser(
        "doctor",
        parents=[store_options()],
        help="look whether everything is right before the first run",
        description=ABOUT,
        epilog="Exit status: 0 when nothing fails, 1 when something does, 2 for wrong settings.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("--family", default="", metavar="F", help="the Pywikibot family, instead of its own")
    command.add_argument("--json", action="store_true", help="tell it as a JSON list")
    command.set_defaults(run_command=_run)


def _run(options: argparse.Namespace) -> int:
    # Pywikibot wants its settings as soon as it is imported; the other commands do without.
    from faebot_hash.examination import examine_all

    settings = chosen_settings(options)
    findings = examine_all(settings, options.store or settings.store.url, options.family)
    if options.json:
        print(json.dumps([finding_json(one) for one in findings], ensure_ascii=False, indent=2))
    else:
        print("\n".join(finding_lines(findings)))
    return 0 if is_healthy(findings) else 1
