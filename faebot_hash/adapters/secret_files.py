"""Looks at files that hold secrets, and refuses to start with one that is exposed."""

from __future__ import annotations

import grp
import os
import pwd
import resource
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from faebot_hash.errors import SettingsError
from faebot_hash.exposure import Folder, Holder, InGit, SecretFile, why_exposed, why_in_arguments

GIT_TIMEOUT_S = 10
MOST_BYTES = 100_000


def refuse_exposed(
    path: Path, *, holder: Holder | None = None, arguments: Sequence[str] | None = None
) -> None:
    """Raise SettingsError, which shows no secret, if others can read, replace or publish a secret file.

    A file that is missing, empty or still a sample is refused, too. From then on the process leaves no core
    file, in which the secret would lie.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
    file = read(path)
    why = why_exposed(file, holder or this_account(), sys.argv if arguments is None else arguments)
    if why:
        raise SettingsError(why)


def refuse_in_arguments(arguments: Sequence[str] | None = None) -> None:
    """Raise SettingsError, which does not show it, if the command line holds a secret."""
    if why := why_in_arguments(sys.argv[1:] if arguments is None else arguments):
        raise SettingsError(why)


def this_account() -> Holder:
    """Tell as whom the program runs."""
    uid = os.geteuid()
    try:
        account = pwd.getpwuid(uid)
        own = grp.getgrgid(account.pw_gid).gr_name == account.pw_name
    except KeyError:
        return Holder(uid)
    return Holder(uid, account.pw_gid if own else None)


def read(path: Path) -> SecretFile:
    """Look at a file without following a link; raises SettingsError where that is impossible."""
    try:
        place = path.parent.resolve(strict=True) / path.name
        status = place.lstat()
        folders = tuple(_folder(one) for one in place.parents)
        text = _text(place) if place.is_file() and not place.is_symlink() else ""
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}; a secret is expected in this file") from None
    return SecretFile(
        str(path), status.st_mode, status.st_uid, status.st_nlink, folders, _in_git(place), text
    )


def _folder(path: Path) -> Folder:
    status = path.stat()
    return Folder(str(path), status.st_mode, status.st_uid, status.st_gid)


def _text(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(MOST_BYTES).decode("utf-8", "replace")


def _in_git(path: Path) -> InGit:
    if not any((folder / ".git").exists() for folder in path.parents):
        return InGit.OUTSIDE
    git = shutil.which("git")
    if git is None:
        return InGit.UNKNOWN
    if _asked(git, path, "ls-files", "--error-unmatch") == 0:
        return InGit.TRACKED
    known = {0: InGit.IGNORED, 1: InGit.NOT_IGNORED}
    return known.get(_asked(git, path, "check-ignore", "--quiet"), InGit.UNKNOWN)


def _asked(git: str, path: Path, *question: str) -> int:
    # A checkout may name programs that git runs by itself, and may belong to another account.
    safely = ("-c", "core.fsmonitor=false", "-c", "safe.directory=*")
    command = [git, *safely, "-C", str(path.parent), *question, "--", path.name]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=GIT_TIMEOUT_S, check=False, env=environment
        )
    except (OSError, subprocess.TimeoutExpired):
        return -1
    return done.returncode
