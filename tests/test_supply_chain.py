"""What is installed is what was locked: hashed, fitting, from wheels alone, and twice the same."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from importlib import metadata
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement

from faebot_hash.floors import canonical
from tests.counting import Counted
from tests.locks import LOCKS, RUNTIME, Pin, pins
from tests.practice.places import CHECKOUT

LONG = os.environ.get("FAEBOT_LONG") == "1"
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
WHEELS = CHECKOUT / ".cache" / "wheels"
SPARK = CHECKOUT / "requirements-spark.txt"
BUILT_HERE = {"pyspark"}
"""What no index has a wheel of: docs/releasing.md says why it is let in."""

ASKED_FOR = {
    "requirements.txt": ((), ()),
    "requirements-dev.txt": (("plots", "scale"), ("dev",)),
    "requirements-spark.txt": (("spark",), ()),
}
"""Extras and groups behind each lock whose packages are installed here; Spark's only in the long tests."""


def asked_for(lock: str) -> list[str]:
    extras, groups = ASKED_FOR[lock]
    project = PROJECT["project"]
    return [
        *project["dependencies"],
        *(one for extra in extras for one in project["optional-dependencies"][extra]),
        *(one for group in groups for one in PROJECT["dependency-groups"][group]),
    ]


def unfit(wanted: Iterable[str], locked: Iterable[Pin]) -> Iterator[str]:
    """Say what is missing from a lock on this platform, does not fit, or is there for nothing.

    What a package needs is told by the one installed here.
    """
    here = {canonical(pin.name): pin for pin in locked if not pin.marker or Marker(pin.marker).evaluate()}
    seen: set[tuple[str, str]] = set()
    queue = [(Requirement(one), "pyproject.toml", "") for one in wanted]
    while queue:
        needed, by, extra = queue.pop()
        name = canonical(needed.name)
        if needed.marker and not needed.marker.evaluate({"extra": extra}):
            continue
        pin = here.get(name)
        if pin is None or not needed.specifier.contains(pin.version, prereleases=True):
            yield f"{by} needs {needed}, locked is {pin.version if pin else 'nothing'}"
            continue
        for one in {"", *needed.extras} - {one for asked, one in seen if asked == name}:
            seen.add((name, one))
            queue += [(Requirement(line), name, one) for line in metadata.requires(name) or ()]
    yield from (f"nothing needs {name}" for name in sorted(here.keys() - {name for name, _ in seen}))


def test_every_pin_is_hashed(counted: Counted) -> None:
    everything = [pin for lock in LOCKS for pin in pins(lock)]
    assert [pin for pin in everything if not pin.hashes] == []
    assert len(LOCKS) == 5
    counted("C2", len(everything), "locked versions, each with its hashes")


def test_a_version_has_the_same_hashes_in_each_lock() -> None:
    known: dict[tuple[str, str], frozenset[str]] = {}
    for lock in LOCKS:
        for pin in pins(lock):
            assert known.setdefault((pin.name, pin.version), pin.hashes) == pin.hashes, (lock.name, pin.name)


def test_what_runs_is_tested_in_the_same_versions() -> None:
    tested = set(pins(CHECKOUT / "requirements-dev.txt"))
    assert set(pins(RUNTIME)) <= tested


@pytest.mark.parametrize("lock", [name for name in ASKED_FOR if LONG or "spark" not in name])
def test_a_lock_holds_what_is_asked_for_and_nothing_else(lock: str) -> None:
    assert list(unfit(asked_for(lock), pins(CHECKOUT / lock))) == []


@pytest.mark.parametrize(
    ("wanted", "locked", "complaint"),
    [
        (["pillow>=13"], {"pillow": "12.1.0"}, "pyproject.toml needs pillow>=13, locked is 12.1.0"),
        (["pillow"], {}, "pyproject.toml needs pillow, locked is nothing"),
        (["pillow"], {"pillow": "13.0.0", "left-over": "1"}, "nothing needs left-over"),
        (["imagehash"], {"imagehash": "4.3.2"}, "imagehash needs pillow, locked is nothing"),
        (["pillow; python_version < '3'"], {}, ""),
    ],
)
def test_a_lock_that_does_not_fit_is_told(
    wanted: list[str], locked: Mapping[str, str], complaint: str
) -> None:
    told = list(unfit(wanted, [Pin(name, version, "", frozenset()) for name, version in locked.items()]))
    assert complaint in told if complaint else told == []


# Only wheels: nobody else's code runs while we install


def installs(makefile: str) -> list[str]:
    """Give the commands of a Makefile that install or download packages, on one line each."""
    joined = re.sub(r"\\\n\s*", "", makefile)
    return re.findall(r"pip (?:install|download) .*", joined)


def unsafe(command: str) -> str:
    """Say what is wrong with a command that installs packages, or nothing."""
    if "-e ." in command:
        return "" if "--no-deps" in command and "--no-build-isolation" in command else "fetches more than us"
    if "--require-hashes" not in command or "--only-binary :all:" not in command:
        return "installs what has no hash, or builds it"
    built = set(re.findall(r"--no-binary (\S+)", command))
    return "" if built <= BUILT_HERE and (not built or SPARK.name in command) else f"builds {built}"


def test_only_hashed_wheels_are_installed() -> None:
    commands = installs((CHECKOUT / "Makefile").read_text(encoding="utf-8"))
    assert len(commands) >= 5
    assert {command: why for command in commands if (why := unsafe(command))} == {}


@pytest.mark.parametrize(
    "careless",
    [
        "pip install -r requirements.txt",
        "pip install --require-hashes -r requirements.txt",
        "pip install --only-binary :all: -r requirements.txt",
        "pip install --require-hashes --only-binary :all: --no-binary pillow -r requirements-spark.txt",
        "pip install --require-hashes --only-binary :all: --no-binary pyspark -r requirements.txt",
        "pip install -e .",
    ],
)
def test_a_careless_command_is_noticed(careless: str) -> None:
    assert unsafe(*installs(f"install:\n\t$(BIN)/python -m {careless}\n"))


def test_what_is_built_here_is_told() -> None:
    text = (CHECKOUT / "docs" / "releasing.md").read_text(encoding="utf-8").casefold()
    assert all(name in text for name in BUILT_HERE)
    runtime = {canonical(pin.name) for pin in pins(RUNTIME)}
    assert not runtime & BUILT_HERE


# Both need the wheels that make test-long has downloaded


def wheels() -> dict[str, Path]:
    """Give the downloaded wheels by the SHA256 of their bytes."""
    assert WHEELS.is_dir(), "make wheels downloads them"
    return {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in WHEELS.glob("*.whl")}


@pytest.mark.long
def test_there_is_a_wheel_of_everything_that_runs(counted: Counted) -> None:
    here = [pin for pin in pins(RUNTIME) if not pin.marker or Marker(pin.marker).evaluate()]
    had = wheels()
    for pin in here:
        found = [path for digest, path in had.items() if digest in pin.hashes]
        assert len(found) == 1, f"{pin.name} {pin.version}: {found}"
    assert len(had) == len(here) == len([path for path in WHEELS.iterdir() if path.name[0] != "."])
    counted("C4", len(here), "packages that run, all from wheels with a locked hash")


@pytest.mark.long
def test_two_clean_installs_are_identical(tmp_path: Path, counted: Counted) -> None:
    """In one place after the other, because scripts name the place in their first line."""
    first = installed(tmp_path / "clean")
    shutil.rmtree(tmp_path / "clean")
    assert installed(tmp_path / "clean") == first
    assert len(first) > 1000
    counted("C2", 2, f"clean installs of {len(first):,} files, the same byte for byte")


def installed(folder: Path) -> dict[str, str]:
    """Install what runs from the wheels, without cache or network, and give each file's digest."""
    assert WHEELS.is_dir(), "make wheels downloads them"
    uv = [str(Path(sys.executable).parent / "uv"), "--offline", "--no-cache", "--quiet"]
    subprocess.run([*uv, "venv", "--python", sys.executable, str(folder)], check=True)
    only = ["--no-index", "--find-links", str(WHEELS), "--require-hashes", "--only-binary", ":all:"]
    python = ["--python", str(folder / "bin" / "python")]
    subprocess.run([*uv, "pip", "install", *python, *only, "-r", str(RUNTIME)], check=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    return {
        str(path.relative_to(packages)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in packages.rglob("*")
        if path.is_file()
    }
