"""Installs PHP, MariaDB, Chromium and Java from the Debian archive, when the machine lacks them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence

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
# Only the programs: mariadb-server would also start an instance of its own.
MARIADB_PACKAGES = ("mariadb-server-core", "mariadb-client-core")
MARIADB_PROGRAMS = ("mariadbd", "mariadb-install-db")
CHROMIUM_PACKAGES = ("chromium",)
JAVA_PACKAGES = ("default-jre-headless",)
PHP_EXTENSIONS = frozenset(
    {"apcu", "curl", "dom", "exif", "fileinfo", "gd", "intl", "mbstring", "pdo_sqlite", "sqlite3", "xml"}
)


def missing_extensions() -> set[str]:
    """Name the PHP extensions that MediaWiki needs and this machine lacks."""
    if shutil.which("php") is None:
        return set(PHP_EXTENSIONS)
    listing = subprocess.run(["php", "-m"], check=True, capture_output=True, text=True).stdout
    return set(PHP_EXTENSIONS) - {line.strip().lower() for line in listing.splitlines()}


def missing_programs() -> set[str]:
    """Name the programs of MariaDB that this machine lacks."""
    return {name for name in MARIADB_PROGRAMS if program(name) is None}


def program(name: str) -> str | None:
    """Find a program; people other than root do not have the folder of servers on their PATH."""
    return shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")


def install_php() -> None:
    """Install PHP unless it is there; say what to install by hand where that is not possible."""
    if missing_extensions():
        _install("PHP", DEBIAN_PACKAGES)
    if lacking := missing_extensions():
        raise PracticeWikiError(
            f"PHP still lacks {', '.join(sorted(lacking))}. {_by_hand('PHP', DEBIAN_PACKAGES)}"
        )


def install_mariadb() -> None:
    """Install the programs of MariaDB unless they are there; nothing runs afterwards that did not before."""
    if missing_programs():
        _install("MariaDB", MARIADB_PACKAGES)
    if lacking := missing_programs():
        raise PracticeWikiError(
            f"{', '.join(sorted(lacking))} still missing. {_by_hand('MariaDB', MARIADB_PACKAGES)}"
        )


def install_chromium() -> None:
    """Install Chromium, in which the pages of the web service are looked at, unless it is there."""
    if program("chromium") is None:
        _install("Chromium", CHROMIUM_PACKAGES)
    if program("chromium") is None:
        raise PracticeWikiError(f"chromium still missing. {_by_hand('Chromium', CHROMIUM_PACKAGES)}")


def install_java() -> None:
    """Install a Java runtime, which Spark runs on, unless there is one."""
    if program("java") is None:
        _install("Java", JAVA_PACKAGES)
    if program("java") is None:
        raise PracticeWikiError(f"java still missing. {_by_hand('Java', JAVA_PACKAGES)}")


def _install(what: str, packages: Sequence[str]) -> None:
    by_hand = _by_hand(what, packages)
    command = [*_as_root(by_hand), "apt-get"]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        subprocess.run([*command, "-qq", "update"], check=True, env=environment)
        subprocess.run(
            [*command, "install", "--yes", "-qq", "--no-install-recommends", *packages],
            check=True,
            env=environment,
            stdout=subprocess.DEVNULL,
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise PracticeWikiError(f"{by_hand} ({error})") from error


def _as_root(by_hand: str) -> list[str]:
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") is None:
        raise PracticeWikiError(by_hand)
    return ["sudo"]


def _by_hand(what: str, packages: Sequence[str]) -> str:
    return (
        f"The tests and the practice wiki need {what}. Install it as root with: "
        f"apt-get install --no-install-recommends {' '.join(packages)}"
    )
