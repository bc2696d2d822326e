"""A day on the practice wiki: all jobs by their own commands, a database that dies, a job that is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from faebot_hash.adapters import backup
from faebot_hash.adapters.open_database import open_database
from faebot_hash.adapters.store import Store
from faebot_hash.edits import Kind
from tests.mariadb_server import MariaServer, running, template
from tests.operator import HOME, IDENTICAL
from tests.practice.configuration import BOT
from tests.practice.identical import NOMINEES
from tests.practice.places import CHECKOUT
from tests.practice.wiki import PracticeWiki
from tests.toolforge import jobs, processes

pytestmark = pytest.mark.practice

PRACTICE = (CHECKOUT / "tests/practice/faebot.toml").read_text(encoding="utf-8")
COMMANDS = processes()
ENDLESS = "index-uploads"
WITH_A_RESTART, KILLED = "find-dod-virin", "confirm-duplicates"


class Day:
    """The tool's machine: its folder, its settings, its database, and the jobs that were run."""

    def __init__(self, folder: Path, wiki: PracticeWiki, server: MariaServer) -> None:
        self.wiki, self.server = wiki, server
        self.address = server.new_database()
        self.before: set[int] = set()
        self.before = set(self.edits())
        self.code = folder / "workspace"
        (self.code / "config").mkdir(parents=True)
        # No link may be asked for: the canary is no public address, and such a run counts for nothing.
        (self.code / "config/faebot.toml").write_text(
            f'[store]\nurl = "{self.address}"\n\n[http]\ncontact = "User:{BOT}"\n\n'
            f'[links]\ncanaries = ["http://127.0.0.1/"]\nmost_per_run = 1\n\n{PRACTICE}',
            encoding="utf-8",
        )
        self.environment = {
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "PYWIKIBOT_DIR": str(wiki.pywikibot_dir),
            "TOOL_DATA_DIR": str(folder),
            "TMPDIR": str(folder),
        }

    def start(self, name: str) -> subprocess.Popen[str]:
        """Start a job by its command, as the leader of a group of processes."""
        return subprocess.Popen(
            ["/bin/bash", "-c", COMMANDS[name]],
            cwd=self.code,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, name: str, at: str = "", do: Callable[[subprocess.Popen[str]], None] | None = None) -> str:
        """Run a job to its end, and give what it says; ``do`` at the first line with ``at`` in it."""
        with self.start(name) as process:
            assert process.stdout is not None
            said = []
            for line in process.stdout:
                said.append(line)
                if do is not None and at in json.loads(line).get("line", ""):
                    do(process)
                    do = None
        assert do is None, f"{name} never said “{at}”:\n{''.join(said)}"
        assert process.returncode == 0 or process.returncode == -signal.SIGKILL, "".join(said)
        return "".join(said)

    def tell(self, *arguments: str) -> str:
        """Ask the command line as an operator does."""
        done = subprocess.run(
            [sys.executable, "-m", "faebot_hash", *arguments],
            cwd=self.code,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def members(self, category: str) -> set[str]:
        listed = self.wiki.reader().get(action="query", list="categorymembers", cmtitle=category, cmlimit=500)
        return {page["title"].removeprefix("File:") for page in listed["query"]["categorymembers"]}

    def edits(self) -> list[int]:
        """List the revisions that the bot saved since the day began, past what the wiki begins with."""
        ours = self.wiki.reader().get(action="query", list="usercontribs", ucuser=BOT, uclimit=500)
        return sorted({one["revid"] for one in ours["query"]["usercontribs"]} - self.before)

    def page(self, title: str) -> str:
        answer = self.wiki.reader().get(
            action="query", titles=title, prop="revisions", rvprop="content", rvslots="main"
        )
        (page,) = answer["query"]["pages"]
        return str(page["revisions"][0]["slots"]["main"]["content"]) if "revisions" in page else ""


@contextmanager
def in_the_background(day: Day) -> Iterator[list[dict[str, Any]]]:
    """Let the endless job run for the day; gives what its first round said."""
    process = day.start(ENDLESS)
    said: list[dict[str, Any]] = []
    assert process.stdout is not None
    try:
        for line in process.stdout:
            said.append(json.loads(line))
            if said[-1].get("event") == "ends":
                break
        yield said
        assert process.poll() is None, "it ended by itself"
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.stdout.close()
        assert process.wait(timeout=60) == 0


@pytest.fixture(scope="module")
def server() -> Iterator[MariaServer]:
    try:
        template()
    except FileNotFoundError as error:
        pytest.skip(f"unavailable: {error}")
    with running(durable=True) as server:
        yield server


def restart(server: MariaServer) -> None:
    server.kill()
    server.start()


def test_a_day(wiki: PracticeWiki, server: MariaServer, tmp_path: Path) -> None:
    day = Day(tmp_path, wiki, server)
    wiki.fault("may-create")
    names = [one["name"] for one in jobs() if not one.get("continuous")]
    with in_the_background(day) as first_round:
        assert first_round[-1]["exit"] == 0, first_round
        assert "showed life" in day.tell("healthy", ENDLESS)
        for name in names:
            if name == WITH_A_RESTART:
                day.run(name, "virin ", lambda process: restart(server))
            elif name == KILLED:
                day.run(name, "nominated", lambda process: os.killpg(process.pid, signal.SIGKILL))
                day.run(name)
            else:
                day.run(name)
    _all_is_done(day)
    _nothing_is_lost(day, tmp_path)
    _the_status_is_right(day, names)


def _all_is_done(day: Day) -> None:
    assert day.members(IDENTICAL) == set(NOMINEES.values())
    assert day.members(HOME)
    with Store.open(day.address, write=False) as store:
        rows = store.rows()
        assert store.open_rows() == []
        nominated = [row.intent.page_id for row in store.rows(kind=Kind.NOMINATED, state="DONE")]
        assert len(nominated) == len(set(nominated)) == len(NOMINEES)
    # Each edit of the journal is on the wiki once, and the wiki has no edit of ours but these.
    done = sorted(row.revid for row in rows if row.revid and row.state in ("DONE", "UNDONE"))
    assert day.edits() == done


def _nothing_is_lost(day: Day, folder: Path) -> None:
    (file,) = (folder / "backups").glob("faebot-*.sqlite")
    restored = backup.restore(file, f"sqlite:///{folder / 'restored.sqlite'}")
    with closing(open_database(day.address, write=False)) as database:
        held = database.read(backup.contents)
    # Since the backup only the status was written.
    assert {name for name in held if held[name] != restored[name]} <= {"journal", "checkpoint", "counter"}
    assert held["journal"][0] - restored["journal"][0] == 1


def _the_status_is_right(day: Day, names: list[str]) -> None:
    told = json.loads(day.tell("status", "--json"))
    assert {job["name"]: job["exit"] for job in told["jobs"]} == {
        **dict.fromkeys([*names, ENDLESS], 0),
        # The canaries were silent, so that nothing was asked of links.
        "check-links": 75,
    }
    page = day.page(f"User:{BOT}/Status")
    assert f"| tagged || {told['edits']['identified']} || 0" in page
    assert f"| nominated || {len(NOMINEES)} || 0" in page
    assert f"* Files hashed: {told['rows']['fingerprint']}" in page
    assert "* Edits of unknown fate: 0" in page
    for name in names:
        assert (f"| {name} ||" in page) == (name != "report-status")
    assert "the wiki is away or busy" in page
    day.run("report-status")
    assert day.page(f"User:{BOT}/Status") == page, "written again without news"
