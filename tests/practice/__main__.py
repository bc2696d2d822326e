"""``python -m tests.practice``: get, run, reset and disturb the practice wiki from the command line."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

from tests.practice.mediawiki import get_tree
from tests.practice.packages import install_chromium, install_mariadb, install_php
from tests.practice.places import PracticeWikiError
from tests.practice.wiki import DEMO_FOLDER, DEMO_PORT, FAULTS, HUMAN_ACTIONS, PracticeWiki


def main() -> int:
    """Run one command; 1 means that something has to be put right by hand first."""
    options = _parser().parse_args()
    commands = {"get": _get, "up": _up, "reset": _reset, "fault": _fault, "human": _human}
    try:
        commands[options.command](options)
    except PracticeWikiError as error:
        print(f"practice wiki: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.practice", description=__doc__)
    place = argparse.ArgumentParser(add_help=False)
    place.add_argument("--dir", type=Path, default=DEMO_FOLDER, help="the folder of the wiki")
    commands = parser.add_subparsers(dest="command", required=True)
    get = commands.add_parser(
        "get", parents=[place], help="install PHP, download MediaWiki and build the template, where missing"
    )
    get.add_argument("--tests", action="store_true", help="install what only the tests need, too")
    up = commands.add_parser("up", parents=[place], help="serve a wiki until Ctrl-C")
    up.add_argument("--port", type=int, default=DEMO_PORT, help="0 for any free one")
    up.add_argument("--keep", action="store_true", help="go on with yesterday's edits")
    up.add_argument(
        "--many", type=int, default=0, metavar="N", help="N benchmark files in place of the cases"
    )
    commands.add_parser("reset", parents=[place], help="put the running wiki back to its beginning")
    fault = commands.add_parser("fault", parents=[place], help="start a fault, or end it with value 0")
    fault.add_argument("name", choices=sorted(FAULTS))
    fault.add_argument("value", nargs="?", default="1")
    human = commands.add_parser("human", parents=[place], help="let a person act")
    human.add_argument("action", choices=sorted(HUMAN_ACTIONS))
    human.add_argument(
        "title", help="a page with its namespace; an account to block; a heading for a message"
    )
    human.add_argument("details", nargs="*", metavar="NAME=VALUE", help="text=, summary=, user=, to=, path=")
    return parser


def _get(options: argparse.Namespace) -> None:
    install_php()
    if options.tests:
        install_mariadb()
        install_chromium()
    print(f"MediaWiki: {get_tree()}")
    wiki = PracticeWiki(options.dir)
    wiki.prepare()
    print(f"template: {wiki.template}")


def _up(options: argparse.Namespace) -> None:
    install_php()
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    with PracticeWiki(options.dir, port=options.port, many=options.many, keep=options.keep) as wiki:
        state = "as it was in the beginning" if wiki.fresh else "as it was left"
        print(f"{wiki.url} ({state})\nPYWIKIBOT_DIR={wiki.pywikibot_dir}\nCtrl-C ends it.", flush=True)
        stop.wait()


def _reset(options: argparse.Namespace) -> None:
    PracticeWiki.attached(options.dir).reset()


def _fault(options: argparse.Namespace) -> None:
    PracticeWiki.attached(options.dir).fault(options.name, options.value)


def _human(options: argparse.Namespace) -> None:
    details = dict(detail.partition("=")[::2] for detail in options.details)
    PracticeWiki.attached(options.dir).human(options.action, options.title, **details)


if __name__ == "__main__":
    sys.exit(main())
