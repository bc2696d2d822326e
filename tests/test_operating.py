"""The operator's manual can be followed: each of its commands is run here, or parsed as Toolforge would."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from faebot_hash.__main__ import COMMANDS
from faebot_hash.adapters.store import Store
from faebot_hash.exit_status import ExitStatus
from tests.practice.places import CHECKOUT
from tests.practice.wiki import PracticeWiki
from tests.test_backup import fill
from tests.toolforge import complaint, jobs, processes

MANUAL = (CHECKOUT / "docs/operating.md").read_text(encoding="utf-8")
PROGRAM = "python -m faebot_hash "
ELSEWHERE = (
    "ssh ",
    "become ",
    "mariadb ",
    "CREATE DATABASE ",
    "make ",
    "git clone ",
    "cd ",
    "sed ",
    "python -m tests.",
)
"""What belongs to another machine, or is run by other tests; `git clone` and `sed` are tried below."""


def shown() -> list[str]:
    """List the lines of the manual's examples that are commands."""
    begins = ("toolforge ", "pwb ", "mkdir ", "ln ", "cp ", "chmod ", PROGRAM, *ELSEWHERE)
    return [
        line.strip() for line in re.findall(r"^ {4,}(\S.*)$", MANUAL, re.M) if line.strip().startswith(begins)
    ]


SHOWN = shown()


def of(*begins: str) -> list[str]:
    return [line for line in SHOWN if line.startswith(begins)]


def test_every_example_is_a_command_or_known_to_be_none() -> None:
    """So that no command is passed over because it begins with another word."""
    text = re.findall(r"^ {4,}(\S.*)$", MANUAL, re.M)
    others = [line.strip() for line in text if line.strip() not in SHOWN]
    assert [line for line in others if line[0] not in '{}"'] == []
    assert len(SHOWN) > 35


@pytest.mark.parametrize("line", sorted({*of("toolforge ")}))
def test_toolforge_knows_its_commands(line: str) -> None:
    assert complaint(shlex.split(line)) == ""


def test_toolforge_s_commands_in_sentences_are_known_as_well() -> None:
    for line in re.findall(r"`(toolforge [a-z][^`]*)`", MANUAL):
        assert complaint(shlex.split(line)) == ""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a home with a checkout in it and a store with something in it, and go there."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    shutil.copytree(CHECKOUT / "config", tmp_path / "config")
    shutil.copy(CHECKOUT / "user-config.py.sample", tmp_path)
    monkeypatch.chdir(tmp_path)
    with Store.open("sqlite:///faebot.sqlite") as store:
        for number in range(10):
            fill(store, number)
    (tmp_path / "backups").mkdir()
    return tmp_path


def without_a_wiki() -> list[str]:
    """List the program's commands that need no wiki and no job before them, each once, in order.

    Those that need a wiki are run in test_followed_documents.
    """
    left_out = ("doctor", "undo", "healthy", "job", "restore")
    return list(dict.fromkeys(line for line in of(PROGRAM) if line.split()[3] not in left_out))


def test_what_needs_no_wiki_runs_in_the_manual_s_order(home: Path) -> None:
    for line in without_a_wiki():
        assert run(line, home) == 0, line
    assert (home / "faebot.prom").exists()
    assert len(without_a_wiki()) >= 8


def run(line: str, folder: Path) -> int:
    environment = {**os.environ, "HOME": str(folder), "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}
    done = subprocess.run(
        ["/bin/sh", "-c", line], cwd=folder, env=environment, capture_output=True, check=False
    )
    assert b"Traceback" not in done.stderr
    return done.returncode


def test_a_backup_comes_back_as_shown(home: Path) -> None:
    (restoring,) = of(f"{PROGRAM}restore ")
    wanted = Path(os.path.expandvars(shlex.split(restoring)[4]))
    assert run(f"{PROGRAM}backup {wanted}", home) == 0
    assert run(restoring, home) == 0
    with Store.open("sqlite:///restored.sqlite") as store:
        assert len(store.rows()) == 10


def test_the_job_that_is_asked_about_is_one_of_the_jobs(home: Path) -> None:
    (asking,) = of(f"{PROGRAM}healthy ")
    name = asking.split()[4]
    assert name in {one["name"] for one in jobs()}
    assert run(asking, home) == ExitStatus.FAILED
    assert run(f"{PROGRAM}job {name} -- true", home) == 0
    assert run(asking, home) == 0


def test_pywikibot_s_folder_is_made_as_shown(home: Path) -> None:
    lines = of("mkdir ", "ln ", "cp ", "chmod 600 $HOME")
    assert len(lines) == 4
    for line in lines:
        assert run(line, home) == 0, line
    folder = home / "pywikibot"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "user-config.py").stat().st_mode & 0o777 == 0o600
    assert "user_script_paths" in (folder / "user-config.py").read_text()


def test_the_image_s_name_is_put_in_as_shown(home: Path) -> None:
    (line,) = of("sed ")
    assert run(line, home) == 0
    changed = jobs(home / "config/jobs.yaml")
    assert {one["image"] for one in changed} == {"tool-YOURS/tool-YOURS:latest"}


def test_the_repository_can_be_cloned(tmp_path: Path) -> None:
    (line,) = of("git clone ")
    address = shlex.split(line)[2]
    assert address.endswith(f"{next(iter(of('cd '))).split()[1]}.git")
    assert f"toolforge build start {address}" in SHOWN
    done = subprocess.run(
        ["git", "clone", "--quiet", "--depth=1", f"file://{CHECKOUT}", str(tmp_path / "clone")],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert {"Procfile", "requirements.txt", "project.toml", "config"} <= {
        path.name for path in (tmp_path / "clone").iterdir()
    }


def test_make_s_targets_are_there() -> None:
    makefile = (CHECKOUT / "Makefile").read_text()
    for line in of("make "):
        assert f"\n{line.split()[1]}:" in makefile


@pytest.mark.practice
@pytest.mark.parametrize("line", sorted({*of("pwb ")}))
def test_what_pywikibot_starts_runs_on_the_practice_wiki(
    wiki: PracticeWiki, tmp_path: Path, line: str
) -> None:
    settings = f"-settings:{CHECKOUT / 'tests/practice/faebot.toml'}"
    given = f"{line} {settings} -store:sqlite:///{tmp_path / 'faebot.sqlite'} -simulate"
    assert run(given, tmp_path) == 0


def test_every_exit_code_is_explained() -> None:
    told = {int(code) for code in re.findall(r"^\| ([0-9]+) \|", MANUAL, re.M)}
    assert told == {int(one) for one in ExitStatus}
    mailed = dict(re.findall(r"^\| ([0-9]+) \|[^|]+\|([^|]*)\|", MANUAL, re.M))
    for one in ExitStatus:
        assert (mailed[str(int(one))].strip() == "yes") == one.needs_person


def test_every_job_and_every_operator_s_command_is_named() -> None:
    for name in processes():
        assert f"`{name}`" in MANUAL or name == "web" or name.startswith("find-"), name
    for name in ("job", "healthy", "status", "tidy", "forget", "backup", "restore", "doctor", "runs", "undo"):
        assert name in COMMANDS
        assert f"{PROGRAM}{name}" in MANUAL or f"`{PROGRAM}{name}" in MANUAL, name


def test_the_links_within_the_manual_lead_somewhere() -> None:
    headings = re.findall(r"^#+ (.*)$", MANUAL, re.M)
    anchors = {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings}
    assert {*re.findall(r"\]\(#([^)]+)\)", MANUAL)} <= anchors
