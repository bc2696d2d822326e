"""Runs listed, shown and taken back, on a real wiki and by the command line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from faebot_hash.adapters.store import Store
from faebot_hash.exit_status import ExitStatus
from tests.operator import HOME, Operator
from tests.practice.places import CHECKOUT
from tests.practice.wiki import PracticeWiki

pytestmark = pytest.mark.practice


@pytest.fixture
def operator(wiki: PracticeWiki, tmp_path: Path) -> Operator:
    return Operator(wiki, tmp_path)


def command(operator: Operator, *arguments: str, answer: str = "") -> subprocess.CompletedProcess[str]:
    place = [
        "--settings",
        str(CHECKOUT / "tests/practice/faebot.toml"),
        "--store",
        f"sqlite:///{operator.store}",
    ]
    name, *rest = arguments
    return subprocess.run(
        [sys.executable, "-m", "faebot_hash", name, *place, *rest],
        capture_output=True,
        text=True,
        input=answer,
        check=False,
        cwd=CHECKOUT,
        env=os.environ,
    )


def name_of_the_run(operator: Operator) -> str:
    with Store.open(f"sqlite:///{operator.store}", write=False) as store:
        return store.runs()[0].name


def test_a_run_is_listed_and_shown(operator: Operator) -> None:
    operator.run("fleuron")
    run = name_of_the_run(operator)
    assert run.startswith("fleuron-20")
    listed = command(operator, "runs")
    assert (listed.returncode, listed.stdout.count("\n")) == (0, 1)
    assert listed.stdout.startswith(run)
    assert "3 done" in listed.stdout
    shown = command(operator, "show", run)
    assert shown.stdout.count("DONE") == 3
    assert "File:Fleuron T012345-7.png revision " in shown.stdout


@pytest.mark.spec("7.7")
def test_a_run_is_undone_to_the_letter(operator: Operator) -> None:
    before = operator.state()
    operator.run("fleuron")
    run = name_of_the_run(operator)
    undone = command(operator, "undo", "--always", run)
    assert undone.returncode == 0, undone.stderr
    assert operator.state() == before
    assert "3 undone" in command(operator, "runs").stdout
    again = command(operator, "undo", "--always", run)
    assert (again.returncode, again.stdout) == (0, "")
    edits = operator.edits()
    operator.run("fleuron", revisit=True)
    assert operator.edits() == edits, "what an operator took back is not tagged again"


@pytest.mark.spec("7.8")
def test_a_page_that_people_edited_since_is_not_undone(operator: Operator) -> None:
    operator.run("fleuron")
    operator.wiki.human("append", "File:Fleuron T012345-7.png", text=" A better description.")
    state = operator.state()
    undone = command(operator, "undo", "--always", name_of_the_run(operator))
    assert "somebody edited the page after us" in undone.stdout
    assert operator.state()["File:Fleuron T012345-7.png"] == state["File:Fleuron T012345-7.png"]
    assert HOME not in operator.state()["File:Fleuron T067890-3.png"]


def test_undoing_asks_and_obeys_the_run_page(operator: Operator) -> None:
    operator.run("fleuron")
    run, edits = name_of_the_run(operator), operator.edits()
    assert command(operator, "undo", run, answer="n\nn\nn\n").returncode == 0
    operator.wiki.human("edit", "User:PracticeBot/Run", text="no")
    stopped = command(operator, "undo", "--always", run)
    assert stopped.returncode == ExitStatus.STOPPED
    assert "run page" in stopped.stderr
    assert operator.edits() == edits


@pytest.mark.parametrize("name", ["show", "undo"])
def test_an_unknown_run_is_an_error(operator: Operator, name: str) -> None:
    operator.run("fleuron")
    done = command(operator, name, "no-such-run")
    assert done.returncode == 2
    assert "the journal knows no run “no-such-run”" in done.stderr
