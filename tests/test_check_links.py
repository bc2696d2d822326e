"""The script as an operator types it; it never gets as far as to ask for a link of the practice wiki."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from faebot_hash.exit_status import ExitStatus
from tests.practice.places import CHECKOUT
from tests.practice.wiki import PracticeWiki

pytestmark = pytest.mark.practice

PWB = Path(sys.executable).with_name("pwb")
PRACTICE = (CHECKOUT / "tests/practice/faebot.toml").read_text()
# Refused before anything is looked up, so never alive.
CANARY = "http://127.0.0.1/"
LINKED = "-cat:Images from DoD uploaded by Fæ (check needed)"


@pytest.fixture
def command(wiki: PracticeWiki, tmp_path: Path) -> list[str]:
    (tmp_path / "faebot.toml").write_text(
        f'[http]\ncontact = "User:PracticeBot"\n\n[links]\ncanaries = ["{CANARY}"]\n\n{PRACTICE}'
    )
    store = f"-store:sqlite:///{tmp_path / 'faebot.sqlite'}"
    return [str(PWB), "check_links", f"-settings:{tmp_path / 'faebot.toml'}", store]


def run(command: list[str], *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*command, *options], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )


def test_help_explains_every_option(command: list[str]) -> None:
    shown = run(command, "-help").stdout
    for option in ("-settings:", "-store:", "-simulate", "-cat "):
        assert option in shown
    assert "&params;" not in shown


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["-allways"], 2, "unknown option -allways"),
        (["-stor:x"], 2, "did you mean -store?"),
        (["-settings:/nowhere.toml"], 2, "/nowhere.toml: no such file"),
        ([f"-settings:{CHECKOUT / 'tests/practice/faebot.toml'}"], 2, "[http] contact: give a page"),
        (["-store:nonsense"], 1, "nonsense"),
    ],
)
def test_a_mistake_stops_the_start(command: list[str], options: list[str], code: int, message: str) -> None:
    done = run(command, *options)
    assert done.returncode == code
    assert message in done.stderr


def test_an_empty_category_needs_no_network(command: list[str]) -> None:
    done = run(command, "-cat:No such category")
    assert done.returncode == 0, done.stderr
    assert "0 pages read, 0 links asked for" in done.stdout + done.stderr


@pytest.mark.parametrize("options", [[], ["-simulate"]])
def test_nothing_is_kept_when_the_canaries_are_silent(
    command: list[str], tmp_path: Path, options: list[str]
) -> None:
    done = run(command, LINKED, *options)
    assert done.returncode == ExitStatus.AGAIN
    assert f"a canary is not alive ({CANARY}: the name leads to an address" in done.stderr
    assert "nothing was recorded" in done.stderr
    with closing(sqlite3.connect(tmp_path / "faebot.sqlite")) as known:
        assert known.execute("SELECT count(*) FROM link_observation").fetchone() == (0,)
