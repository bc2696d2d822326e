"""No library below its floor: in what is installed, in the locks, and in what the project asks for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from faebot_hash.floors import FLOORS, Floor, TooOld, canonical, too_old
from tests.counting import Counted
from tests.locks import LOCKS, Pin, pins
from tests.practice.places import CHECKOUT

# Where the locks are read from; the test of a planted hole names another folder.
FOLDER = "FAEBOT_LOCKS"


def locks() -> list[Path]:
    folder = os.environ.get(FOLDER)
    return sorted(Path(folder).glob("requirements*.txt")) if folder else LOCKS


def holes(lock: Path) -> list[str]:
    return [str(old) for pin in pins(lock) for old in too_old({pin.name: pin.version})]


@pytest.mark.parametrize(
    ("name", "version", "refused"),
    [
        ("pillow", "12.1.0", True),
        ("Pillow", "12.3.0", True),
        ("pillow", "13.0.0", False),
        ("pillow", "13.0.0rc1", True),
        ("pillow", "13.0.0.post1", False),
        ("pillow", "100", False),
        ("idna", "3.7", True),
        ("idna", "3.15", False),
        ("idna", "3.100", False),
        ("pillow", "unknown", True),
        ("Py_MySQL", "0.1", False),  # another library
        ("no-floor", "0.0.1", False),
    ],
)
def test_a_version_is_compared_as_versions_are(name: str, version: str, refused: bool) -> None:
    assert bool(too_old({name: version})) is refused


def test_the_sentence_says_what_to_do() -> None:
    old = TooOld("pillow", "12.1.0", Floor("13.0.0", "a hole"))
    assert str(old) == "pillow 12.1.0 has known holes: install 13.0.0 or later (a hole)"


def test_the_table_is_in_order_and_readable() -> None:
    assert list(FLOORS) == sorted(FLOORS)
    for name, floor in FLOORS.items():
        assert name == canonical(name)
        assert Version(floor.version)
        assert floor.why


def test_what_is_installed_reaches_its_floor() -> None:
    assert too_old({one.name: one.version for one in metadata.distributions()}) == ()


def test_each_floor_is_of_something_that_is_locked() -> None:
    locked = {canonical(pin.name) for lock in LOCKS for pin in pins(lock)}
    assert set(FLOORS) <= locked


@pytest.mark.parametrize("lock", locks(), ids=lambda path: path.name)
def test_what_is_locked_reaches_its_floor(lock: Path) -> None:
    assert holes(lock) == []


def test_what_the_project_asks_for_reaches_its_floor() -> None:
    """So that an installation without our locks does not choose a version with holes either."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [
        *project["build-system"]["requires"],
        *project["project"]["dependencies"],
        *(one for extra in project["project"]["optional-dependencies"].values() for one in extra),
        *(one for group in project["dependency-groups"].values() for one in group),
    ]
    for one in map(Requirement, wanted):
        floor = FLOORS.get(canonical(one.name))
        lowest = [Version(bound.version) for bound in one.specifier if bound.operator == ">="]
        assert not floor or (lowest and max(lowest) >= Version(floor.version)), one


def test_a_planted_hole_turns_the_checks_red(tmp_path: Path, counted: Counted) -> None:
    """With the very test that guards the locks, run as continuous integration runs it."""
    for lock in LOCKS:
        shutil.copy(lock, tmp_path)
    assert _guarded(tmp_path) == pytest.ExitCode.OK
    lock = tmp_path / "requirements.txt"
    (pillow,) = [pin for pin in pins(lock) if pin.name == "pillow"]
    text = lock.read_text(encoding="utf-8")
    lock.write_text(text.replace(f"pillow=={pillow.version} ", "pillow==12.1.0 "), encoding="utf-8")
    assert Pin("pillow", "12.1.0", "", pillow.hashes) in list(pins(lock))
    assert _guarded(tmp_path) == pytest.ExitCode.TESTS_FAILED
    counted("C3", 1, "planted hole that turns the checks red")


def _guarded(folder: Path) -> int:
    arguments = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-k", "locked_reaches"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *arguments, str(Path(__file__))],
        env={**os.environ, FOLDER: str(folder), "CI": "false"},
        cwd=CHECKOUT,
        capture_output=True,
        check=False,
    ).returncode
