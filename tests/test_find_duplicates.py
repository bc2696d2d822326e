"""The script as an operator types it: help, mistakes, questions, interruptions."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from faebot_hash.exit_status import ExitStatus
from tests.practice.places import CHECKOUT
from tests.practice.wiki import PracticeWiki

pytestmark = pytest.mark.practice

PWB = Path(sys.executable).with_name("pwb")
SETTINGS = f"-settings:{CHECKOUT / 'tests/practice/faebot.toml'}"


@pytest.fixture
def command(wiki: PracticeWiki, tmp_path: Path) -> list[str]:
    return [str(PWB), "find_duplicates", SETTINGS, f"-store:sqlite:///{tmp_path / 'faebot.sqlite'}"]


def run(command: list[str], *options: str, **how: object) -> subprocess.CompletedProcess[str]:
    given = {"capture_output": True, "text": True, "check": False, "stdin": subprocess.DEVNULL, **how}
    return subprocess.run([*command, *options], **given)  # type: ignore[call-overload, no-any-return]


def edits(wiki: PracticeWiki) -> int:
    return sum(one.get("action") == "edit" for one in wiki.requests())


def test_help_explains_every_option(command: list[str]) -> None:
    shown = run(command, "-help").stdout
    for option in (
        "-collection:",
        "-slice:",
        "-query:",
        "-settings:",
        "-store:",
        "-report:",
        "-revisit",
        "-always",
    ):
        assert option in shown
    assert "-cat " in shown, "Pywikibot's generators are explained too"
    assert "&params;" not in shown


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-allways"], "unknown option -allways; did you mean -always?"),
        (["-collection:nooa"], "no collection is called “nooa”"),
        (["-always"], "no seeds: name a -collection, or a generator"),
        (["-collection:noaa"], "nobody can be asked here (no terminal)"),
        (["-settings:/nowhere.toml", "-always"], "/nowhere.toml: no such file"),
        (["-collection:noaa", "-always", "-store:nonsense"], "nonsense"),
    ],
)
def test_a_mistake_stops_the_start(
    command: list[str], wiki: PracticeWiki, options: list[str], message: str
) -> None:
    done = run(command, *options)
    assert done.returncode in (1, 2)
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert edits(wiki) == 0


def test_a_run_by_collection(command: list[str], wiki: PracticeWiki, tmp_path: Path) -> None:
    done = run(command, "-collection:fleuron", "-always", f"-report:{tmp_path / 'report.jsonl'}")
    assert done.returncode == 0, done.stderr
    assert "3  edited" in done.stdout
    assert edits(wiki) == 3
    assert (tmp_path / "report.jsonl").read_text().count("\n") == 1


def test_a_run_by_generator_with_a_limit(command: list[str], wiki: PracticeWiki) -> None:
    done = run(
        command, "-cat:Images from DoD uploaded by Fæ (check needed)", "-slice:virin", "-limit:2", "-simulate"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("virin ") <= 2
    assert edits(wiki) == 0


def test_a_trial_asks_about_every_edit(command: list[str], wiki: PracticeWiki, tmp_path: Path) -> None:
    trial = tmp_path / "trial.toml"
    trial.write_text(
        (CHECKOUT / "tests/practice/faebot.toml").read_text().replace("trial = false", "trial = true")
    )
    ours, theirs = pty.openpty()
    os.write(ours, b"a\nn\ny\n")
    done = run(command, "-collection:fleuron", "-always", f"-settings:{trial}", stdin=theirs)
    os.close(theirs)
    os.close(ours)
    assert (done.stdout + done.stderr).count("Do you want to accept these changes?") == 3
    assert edits(wiki) == 2
    refused = run(command, "-collection:fleuron", "-always", f"-settings:{trial}")
    assert "nobody can be asked here" in refused.stderr


@pytest.mark.parametrize(("answer", "expected", "code"), [("n", 0, 0), ("a", 3, 0), ("q", 0, 130)])
def test_the_operator_is_asked_about_each_edit(
    command: list[str], wiki: PracticeWiki, answer: str, expected: int, code: int
) -> None:
    ours, theirs = pty.openpty()
    os.write(ours, f"{answer}\n".encode() * 3)
    done = run(command, "-collection:fleuron", stdin=theirs)
    os.close(theirs)
    os.close(ours)
    assert "Do you want to accept these changes?" in done.stdout + done.stderr
    assert done.returncode == code, done.stderr
    assert edits(wiki) == expected


def test_a_wiki_that_takes_no_edits_ends_the_run_with_a_reason(
    command: list[str], wiki: PracticeWiki
) -> None:
    wiki.fault("readonly", "maintenance")
    done = run(command, "-collection:fleuron", "-always")
    assert done.returncode == ExitStatus.AGAIN
    assert "the wiki takes no edits now" in done.stderr
    assert "run again later" in done.stderr
    assert "In all" in done.stdout
