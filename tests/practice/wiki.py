"""The practice wiki as tests, demo and command line see it: one class that owns one instance."""

from __future__ import annotations

import json
import shutil
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.practice.client import ApiClient
from tests.practice.configuration import (
    ACCOUNT_PASSWORDS,
    BOT,
    BOT_APP,
    BOT_PASSWORD,
    write_pywikibot_folder,
)
from tests.practice.maintenance import act, run_script
from tests.practice.mediawiki import get_tree
from tests.practice.places import CACHE, PracticeWikiError
from tests.practice.seed import case_actions, many_actions
from tests.practice.server import PhpServer, free_port
from tests.practice.template import get_template, write_local_settings

DEMO_FOLDER = CACHE / "practice"
DEMO_PORT = 8810
HUMAN = "Admin"
FAULTS = frozenset(
    {
        "lag",
        "readonly",
        "upload-429",
        "api-429",
        "thumb-429-steps",
        "search-warning",
        "search-window",
        "lost-reply",
        "may-create",
        "core-only",
    }
)
HUMAN_ACTIONS = frozenset(
    {"edit", "append", "revert", "protect", "delete", "move", "upload", "block", "unblock", "message"}
)


class PracticeWiki:
    """A wiki in a folder: copied from its template, served, put back, disturbed and stopped."""

    def __init__(self, folder: Path, *, port: int = 0, many: int = 0, keep: bool = False) -> None:
        """Name the wiki; ``many`` asks for that many benchmark files in place of the cases.

        With ``keep`` a folder that is there goes on as it was left, unless its template is out of date.
        """
        self.folder = folder.resolve()
        self.many = many
        self.keep = keep
        self.server = PhpServer(self.folder, port or free_port())
        self.pywikibot_dir = self.folder / "pywikibot"
        self.fresh = True
        self.tree = Path()
        self.template = Path()

    @property
    def url(self) -> str:
        """Where a browser finds the wiki."""
        return f"{self.server.address}/wiki/Main_Page"

    @property
    def api_url(self) -> str:
        """Where a program finds the wiki."""
        return f"{self.server.address}/w/api.php"

    def __enter__(self) -> PracticeWiki:
        self.start()
        return self

    def __exit__(self, *unused: object) -> None:
        self.stop()

    @classmethod
    def attached(cls, folder: Path) -> PracticeWiki:
        """Give the wiki that another process serves from a folder."""
        if not (folder / "pid").is_file():
            raise PracticeWikiError(f"no practice wiki is served from {folder}")
        port = int((folder / "address").read_text(encoding="ascii").rpartition(":")[2])
        wiki = cls(folder, port=port)
        wiki.tree = (folder / "htdocs" / "w").resolve()
        wiki.template = CACHE / wiki._made_from()
        return wiki

    def prepare(self) -> None:
        """Get MediaWiki and the template, building what is missing."""
        self.tree = get_tree()
        if self.many:
            self.template = get_template(
                self.tree, f"many-{self.many}", lambda room: many_actions(room, self.many)
            )
        else:
            self.template = get_template(self.tree, "cases", case_actions)

    def start(self) -> None:
        """Copy the template unless the folder is kept, and serve it; ``fresh`` tells which it was."""
        self.prepare()
        self.server.stop_leftover()
        self.fresh = not (self.keep and self._made_from() == self.template.name)
        if self.fresh:
            self._copy_template()
        self.clear_faults()
        write_local_settings(self.folder, self.tree, self.server.address)
        write_pywikibot_folder(self.pywikibot_dir, self.server.port)
        self.server.start()

    def stop(self) -> None:
        """Stop serving; the folder stays."""
        self.server.stop()

    def reset(self) -> None:
        """Put pages, files and accounts back to the template while the server runs; logins stay valid."""
        for name in ("commonswiki.sqlite", "commonswiki_jobqueue.sqlite"):
            _put_database_back(self.template / "sqlite" / name, self.folder / "sqlite" / name)
        self._put_folder_back("images")
        self._put_folder_back("beside")
        self.clear_faults()
        (self.folder / "log" / "requests").unlink(missing_ok=True)
        self._forget_caches()

    def fault(self, name: str, value: str | int = 1) -> None:
        """Start a fault; an empty value or 0 ends it."""
        if name not in FAULTS:
            raise PracticeWikiError(f"no fault is called {name}; there are {', '.join(sorted(FAULTS))}")
        path = self.folder / "faults" / name
        path.unlink(missing_ok=True)
        if value not in ("", "0", 0):
            path.write_text(str(value), encoding="utf-8")

    def clear_faults(self) -> None:
        """End every fault."""
        for path in (self.folder / "faults").iterdir():
            path.unlink(missing_ok=True)

    def human(self, action: str, title: str, **details: str) -> None:
        """Let a person act: text=, summary=, user=, level=, to=, path= as the action needs.

        ``block`` and ``unblock`` take the account's name as title; ``message`` writes to the bot's talk page.
        """
        if action not in HUMAN_ACTIONS:
            raise PracticeWikiError(
                f"no action is called {action}; there are {', '.join(sorted(HUMAN_ACTIONS))}"
            )
        step = {"do": action, "title": title, "user": HUMAN, **details}
        if action in ("block", "unblock"):
            step["name"] = title
        elif action == "message":
            step |= {
                "do": "append",
                "title": f"User talk:{BOT}",
                "text": f"\n\n== {title} ==\n{details.get('text', '')}",
            }
        act(self.tree, self.folder, [step])
        # The server's memory cache is out of the script's reach.
        self._forget_caches()

    def usage(self, title: str, pages: Sequence[str]) -> None:
        """Let pages of other wikis use a file ("File:…"): each as "en.wikipedia.org:Title"; none ends it."""
        self._note("usage", title, pages=list(pages) or None)

    def statements(self, title: str, count: int | None) -> None:
        """Give a file that many statements of structured data; None takes the whole entity away."""
        self._note("statements", title, count=count)

    def _note(self, what: str, title: str, **told: Any) -> None:
        act(self.tree, self.folder, [{"do": what, "title": title, "user": HUMAN, **told}])

    def run_jobs(self) -> None:
        """Do at once what the wiki left for later: link tables, change tags of undone edits."""
        run_script(self.tree, self.folder, "runJobs")
        self._forget_caches()

    def bot(self) -> ApiClient:
        """Give a bare client that is logged in as the bot, with the bot's small rights."""
        return ApiClient(self.api_url).login(f"{BOT}@{BOT_APP}", BOT_PASSWORD)

    def person(self, name: str = HUMAN) -> ApiClient:
        """Give a bare client that is logged in as a person, for two edits within one second."""
        return ApiClient(self.api_url).login(name, ACCOUNT_PASSWORDS[name])

    def reader(self) -> ApiClient:
        """Give a bare client of nobody in particular."""
        return ApiClient(self.api_url)

    def requests(self) -> list[dict[str, Any]]:
        """List the requests since the last reset: method, path, and for the API action, list, prop, meta."""
        log = self.folder / "log" / "requests"
        lines = log.read_text(encoding="utf-8").splitlines() if log.is_file() else []
        return [json.loads(line) for line in lines]

    def _copy_template(self) -> None:
        partial = self.folder.with_name(f"{self.folder.name}.partial")
        for folder in (partial, self.folder):
            shutil.rmtree(folder, ignore_errors=True)
        partial.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(self.template, partial, symlinks=True)
        (partial / "template").write_text(self.template.name, encoding="utf-8")
        partial.rename(self.folder)

    def _made_from(self) -> str:
        noted = self.folder / "template"
        return noted.read_text(encoding="utf-8") if noted.is_file() else ""

    def _forget_caches(self) -> None:
        self._write_whole(self.folder / "epoch", str(time.time_ns()))

    def _put_folder_back(self, folder: str) -> None:
        source, target = self.template / folder, self.folder / folder
        wanted = {path.relative_to(source): path for path in source.rglob("*") if path.is_file()}
        for path in target.rglob("*"):
            if path.is_file() and path.relative_to(target) not in wanted:
                path.unlink()
        for name, path in wanted.items():
            here = target / name
            if not here.is_file() or _stamp(here) != _stamp(path):
                here.parent.mkdir(parents=True, exist_ok=True)
                self._put_back(path, here)

    @staticmethod
    def _put_back(source: Path, target: Path) -> None:
        partial = target.with_name(f"{target.name}.partial")
        shutil.copy2(source, partial)
        partial.replace(target)

    @staticmethod
    def _write_whole(path: Path, text: str) -> None:
        partial = path.with_name(f"{path.name}.partial")
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)


def _put_database_back(source: Path, target: Path) -> None:
    # SQLite's own copying respects a request that is still at work; replacing the file would not.
    with (
        closing(sqlite3.connect(f"file:{source}?mode=ro&immutable=1", uri=True)) as original,
        closing(sqlite3.connect(target, timeout=10)) as copy,
    ):
        original.backup(copy)


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns
