"""Installs PHP from the Debian archive, and nothing else, when the machine lacks it."""

from __future__ import annotations

import os
import shutil
import subprocess

from tests.practice.places import PracticeWikiError

DEBIAN_PACKAGES = (
    "php-cli",
    "php-sqlite3",
    "php-gd",
    "php-apcu",
    "php-curl",
    "php-intl",
    "php-mbstring",
    "php-xml",
)
PHP_EXTENSIONS = frozenset(
    {"apcu", "curl", "dom", "exif", "fileinfo", "gd", "intl", "mbstring", "pdo_sqlite", "sqlite3", "xml"}
)


def missing_extensions() -> set[str]:
    """Name the PHP extensions that MediaWiki needs and this machine lacks."""
    if shutil.which("php") is None:
        return set(PHP_EXTENSIONS)
    listing = subprocess.run(["php", "-m"], check=True, capture_output=True, text=True).stdout
    return set(PHP_EXTENSIONS) - {line.strip().lower() for line in listing.splitlines()}


def install_php() -> None:
    """Install PHP unless it is there; say what to install by hand where that is not possible."""
    if not missing_extensions():
        return
    command = [*_as_root(), "apt-get"]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        subprocess.run([*command, "-qq", "update"], check=True, env=environment)
        subprocess.run(
            [*command, "install", "--yes", "-qq", "--no-install-recommends", *DEBIAN_PACKAGES],
            check=True,
            env=environment,
            stdout=subprocess.DEVNULL,
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise PracticeWikiError(f"{_by_hand()} ({error})") from error
    if lacking := missing_extensions():
        raise PracticeWikiError(f"PHP still lacks {', '.join(sorted(lacking))}. {_by_hand()}")


def _as_root() -> list[str]:
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") is None:
        raise PracticeWikiError(_by_hand())
    return ["sudo"]


def _by_hand() -> str:
    return (
        "The practice wiki needs PHP. Install it as root with: "
        f"apt-get install --no-install-recommends {' '.join(DEBIAN_PACKAGES)}"
    )
