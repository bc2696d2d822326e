"""What Toolforge is given: jobs that its API takes, and commands that start where there is nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import distribution, packages_distributions
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from faebot_hash import settings_file
from faebot_hash.adapters.store import Store
from tests.pictures import LONG
from tests.practice.configuration import write_pywikibot_folder
from tests.practice.places import CACHE, CHECKOUT
from tests.practice.server import free_port
from tests.serving import running
from tests.toolforge import JOB, JOBS_FILE, MEMORY, PROCFILE, complaint, jobs, processes

COMMANDS = processes()
SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"


def test_the_jobs_are_such_as_toolforge_takes() -> None:
    for one in jobs():
        jsonschema.validate(one, JOB)
    names = [one["name"] for one in jobs()]
    assert len(set(names)) == len(names) <= 15, "more than a tool may run at once"
    assert sum("continuous" in one for one in jobs()) <= 3


GOOD = {
    "name": "a",
    "command": "a",
    "image": "tool-a/tool-a:latest",
    "schedule": "@daily",
    "mount": "all",
    "emails": "none",
}


@pytest.mark.parametrize(
    "change",
    [
        {"name": "a" * 53},
        {"name": "A"},
        {"name": "a_b"},
        {"name": "a-"},
        {"schedule": "@often"},
        {"schedule": "1 2 3 4"},
        {"schedule": "1 2 3 4 5 6"},
        {"schedule": "every day"},
        {"mem": "1GB"},
        {"mem": "512"},
        {"retry": 6},
        {"timeout": 0},
        {"emails": "always"},
        {"mount": "some"},
        {"mount": "none", "filelog": True},
        {"health-check-script": "launcher true"},
        {"port": 80},
        {"continuous": True},
        {"schedule": None},
        {"image": "python3.9"},
        {"command": "echo $HOME"},
        {"command": ""},
        {"memory": "1Gi"},
    ],
    ids=str,
)
def test_the_schema_refuses(change: dict[str, Any]) -> None:
    jsonschema.validate(GOOD, JOB)
    wrong = {name: value for name, value in (GOOD | change).items() if value is not None}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, JOB)


def test_each_job_is_a_process_that_calls_itself_so() -> None:
    for one in jobs():
        assert one["command"] == one["name"]
        assert f" job {one['name']} " in COMMANDS[one["name"]]
    assert COMMANDS.keys() == {"web"} | {one["name"] for one in jobs()}
    assert [name for name in COMMANDS if shutil.which(name, path=SYSTEM_PATH)] == [], "names of programs"


def test_every_sweep_has_a_job() -> None:
    text = PROCFILE.read_text()
    for collection in settings_file.load(CHECKOUT / "config/faebot.toml").collection:
        assert f"find_duplicates -collection:{collection.name} -always" in text


def test_a_run_may_wait_as_long_as_the_settings_say() -> None:
    settings = settings_file.load(CHECKOUT / "config/faebot.toml")
    for one in jobs():
        if "timeout" in one:
            assert one["timeout"] > settings.store.patience_h * 3_600


def test_jobs_that_need_a_folder_of_their_own_have_one() -> None:
    for one in jobs():
        needs = "pwb " in COMMANDS[one["name"]] or "TOOL_DATA_DIR" in COMMANDS[one["name"]]
        assert (one["mount"] == "all") == needs, one["name"]


def test_a_job_that_never_ends_is_looked_after() -> None:
    (one,) = [one for one in jobs() if one.get("continuous")]
    assert one["health-check-script"] == (f"launcher python -m faebot_hash healthy {one['name']} --within 2h")


def test_no_two_that_edit_begin_together() -> None:
    edits = ("find_", "cluster_", "near_", "confirm_", "report_")
    begin: dict[str, set[str]] = {}
    for one in jobs():
        if "schedule" in one and any(f"pwb {word}" in COMMANDS[one["name"]] for word in edits):
            minute, hour, _, _, days = one["schedule"].split()
            for day in "0123456" if days == "*" else days.split(","):
                begin.setdefault(day, set())
                assert f"{hour}:{minute}" not in begin[day], one["name"]
                begin[day].add(f"{hour}:{minute}")


def test_python_and_packages_of_the_image() -> None:
    version = (CHECKOUT / ".python-version").read_text().strip()
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    assert f">={version}" == project["requires-python"]
    assert not (CHECKOUT / "runtime.txt").exists(), "fails the build"
    image = tomllib.loads((CHECKOUT / "project.toml").read_text())
    assert isinstance(image["com"]["heroku"]["buildpacks"]["deb-packages"]["install"], list)


def test_command_lines_of_toolforge_are_parsed() -> None:
    assert complaint(["toolforge", "jobs", "load", "jobs.yaml"]) == ""
    assert complaint(["toolforge", "webservice", "buildservice", "start", "--mount=none", "-m", "1Gi"]) == ""
    assert "no --force" in complaint(["toolforge", "jobs", "load", "--force", "jobs.yaml"])
    assert "no such command" in complaint(["toolforge", "jobs", "reload"])


# ---- starting in an image


BLOCKER = """
import sys
NAMES = {names!r}
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in NAMES:
            raise ModuleNotFoundError(f"No module named {{name!r}}: it is for developers", name=name)
sys.meta_path.insert(0, Absent())
"""


def locked(name: str) -> set[str]:
    """Name the packages that a lock file installs."""
    lines = (CHECKOUT / name).read_text(encoding="utf-8").splitlines()
    return {line.partition("==")[0].strip().lower().replace("_", "-") for line in lines if "==" in line}


def developers_modules() -> set[str]:
    """Name the modules of packages that are installed here, but not in production."""
    production = locked("requirements.txt") | {"faebot-hash"}
    return {
        module
        for module, owners in packages_distributions().items()
        if not {distribution(owner).name.lower().replace("_", "-") for owner in owners} & production
    } - {"pip", "_distutils_hack"}


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Give folders for PATH and PYTHONPATH: of an environment with production's packages and no others.

    Making a whole one takes a minute, which only make test-long spends; otherwise other packages are hidden.
    """
    if LONG:
        venv = CACHE / "production"
        lock = (CHECKOUT / "requirements.txt").read_bytes()
        stamp = venv / "lock"
        if not stamp.exists() or stamp.read_bytes() != lock:
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(venv)], check=True)
            pip = [str(venv / "bin/python"), "-m", "pip", "install", "--quiet", "--require-hashes"]
            only = ["--only-binary", ":all:", "-r", str(CHECKOUT / "requirements.txt")]
            subprocess.run([*pip, *only], check=True, stderr=subprocess.DEVNULL)
            stamp.write_bytes(lock)
        return [venv / "bin"]
    folder = tmp_path_factory.mktemp("hidden")
    (folder / "sitecustomize.py").write_text(BLOCKER.format(names=developers_modules()))
    return [Path(sys.executable).parent, folder]


class Image:
    """The code as an image has it, that nobody may write to, and an environment with nothing else."""

    def __init__(self, folder: Path, programs: list[Path]) -> None:
        self.code, self.own = folder / "workspace", folder / "own"
        self.store = f"sqlite:///{self.own / 'store.sqlite'}"
        self.port = free_port()
        self.own.mkdir()
        for name in ("faebot_hash", "scripts", "config"):
            shutil.copytree(CHECKOUT / name, self.code / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(PROCFILE, self.code)
        settings = self.code / "config/faebot.toml"
        settings.write_text(settings.read_text().replace("sqlite:///faebot.sqlite", self.store))
        write_pywikibot_folder(self.own / "pywikibot", free_port())
        (self.own / "pywikibot/scripts").unlink()
        (self.own / "pywikibot/scripts").symlink_to(self.code / "scripts")
        self.environment = {
            "PATH": f"{programs[0]}:{SYSTEM_PATH}",
            "PORT": str(self.port),
            "PYWIKIBOT_DIR": str(self.own / "pywikibot"),
            "TOOL_DATA_DIR": str(self.own),
            "TMPDIR": str(self.own),
            **({"PYTHONPATH": str(programs[1])} if programs[1:] else {}),
        }

    def program(self, command: str) -> list[str]:
        """Write what starts a command as the launcher does: in a shell, where the code can only be read."""
        bind = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && cd "$0" && exec bash -c "$1"'
        return [*UNSHARE, "sh", "-c", bind, str(self.code), command]

    def run(self, command: str) -> tuple[int, str]:
        done = subprocess.run(
            self.program(command),
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout


UNSHARE = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory, programs: list[Path]) -> Image:
    if subprocess.run([*UNSHARE, "true"], capture_output=True, check=False).returncode:
        pytest.skip("unavailable: this machine lets nobody mount a folder read-only")
    return Image(tmp_path_factory.mktemp("image"), programs)


def test_the_image_is_as_bare_as_meant(image: Image) -> None:
    assert image.run("touch x")[0] == 1
    code, said = image.run('python -c "import pytest"')
    assert (code, "No module named" in said) == (1, True)
    assert image.run('echo "${HOME-none}"') == (0, "none\n")
    assert image.run("python -m no_such_module")[0] == 1


def of_each_program() -> list[str]:
    """Name a process for each script and command; make test-long starts the others, too."""
    programs = {command.split(" -- ")[-1].split(" -")[0]: name for name, command in COMMANDS.items()}
    return sorted((COMMANDS.keys() if LONG else set(programs.values())) - {"web"})


@pytest.mark.parametrize("name", of_each_program())
def test_each_command_starts(image: Image, name: str) -> None:
    """Each is asked for its help, for which it has to load all that it needs."""
    once = COMMANDS[name].replace(" --every 10m", "")
    code, said = image.run(f"{once} {'-help' if ' pwb ' in once else '--help'}")
    assert code == 0, said
    assert "Traceback" not in said
    assert "ModuleNotFound" not in said
    assert '"exit": 0' in said
    assert "-settings" in said


def test_the_web_service_answers_on_its_port(image: Image) -> None:
    Store.open(image.store).close()
    program = image.program(COMMANDS["web"])
    with running(program, image.port, image.own, image.environment) as service:
        assert "0 files" in service.said()


def test_every_job_names_a_size_of_memory() -> None:
    assert JOBS_FILE.exists()
    assert all("mem" in one for one in jobs())
    assert MEMORY.startswith("^")
