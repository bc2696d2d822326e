"""Finds or fetches the MediaWiki 1.43 tree that every practice wiki is served from."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.practice.places import CACHE, PracticeWikiError, one_builder

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
SUITE = "trixie"
OLDEST = (1, 43, 7)  # the first release that rounds thumbnails to the standard widths


def find_tree() -> Path | None:
    """Give a MediaWiki tree that is new enough, or None: MEDIAWIKI_DIR, the cache, the system's."""
    named = os.environ.get("MEDIAWIKI_DIR")
    if named:
        if not _is_new_enough(Path(named)):
            raise PracticeWikiError(f"MEDIAWIKI_DIR={named} is no MediaWiki {_dotted(OLDEST)} or later")
        return Path(named)
    places = [*sorted(CACHE.glob("mediawiki-1.*"), reverse=True), Path("/usr/share/mediawiki")]
    return next((place for place in places if _is_new_enough(place)), None)


def get_tree() -> Path:
    """Give a MediaWiki tree, downloading it from the Debian archive when there is none."""
    tree = find_tree()
    if tree is not None:
        return tree
    with one_builder("mediawiki"):
        return find_tree() or _download()


def version_of(tree: Path) -> tuple[int, ...]:
    """Read the version of a MediaWiki tree; empty when it is none."""
    defines = tree / "includes" / "Defines.php"
    if not (tree / "api.php").is_file() or not defines.is_file():
        return ()
    found = re.search(r"'MW_VERSION', '([0-9.]+)", defines.read_text(encoding="utf-8"))
    return tuple(int(part) for part in found[1].strip(".").split(".")) if found else ()


def _is_new_enough(tree: Path) -> bool:
    return version_of(tree) >= OLDEST


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(str(part) for part in version)


def _archives() -> dict[str, str]:
    """Read the addresses of Debian's two archives from the sources that this machine has already."""
    known: dict[str, str] = {}
    listing = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)\t$(ORIGIN)\t$(LABEL)"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for line in listing.splitlines():
        address, origin, label = line.split("\t")
        if origin == "Debian" and label in ("Debian", "Debian-Security"):
            known.setdefault(label, address)
    return known


def _sources() -> str:
    archives = _archives()
    if "Debian" not in archives:
        subprocess.run(["apt-get", "-qq", "update"], check=False)
        archives = _archives()
    if "Debian" not in archives:
        raise PracticeWikiError(
            "apt knows no Debian archive. Unpack MediaWiki 1.43 somewhere "
            "and name the folder in MEDIAWIKI_DIR."
        )
    lines = [f"deb [signed-by={KEYRING}] {archives['Debian']} {SUITE} main\n"]
    if "Debian-Security" in archives:
        lines.append(f"deb [signed-by={KEYRING}] {archives['Debian-Security']} {SUITE}-security main\n")
    return "".join(lines)


def _apt_options(folder: Path) -> list[str]:
    """Point apt at lists and a cache of its own, so that the system's sources stay as they are."""
    settings = {
        "Dir::Etc::sourcelist": folder / "sources.list",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::Etc::preferences": "/dev/null",
        "Dir::Etc::preferencesparts": folder / "parts",
        "Dir::State::lists": folder / "lists",
        "Dir::Cache": folder / "cache",
        "Acquire::Languages": "none",
        "APT::Sandbox::User": "root",
        "APT::Default-Release": "",
    }
    return [f"-o{name}={value}" for name, value in settings.items()]


def _download() -> Path:
    if not KEYRING.is_file():
        raise PracticeWikiError("Debian's archive keyring is missing: install debian-archive-keyring")
    with tempfile.TemporaryDirectory(prefix="mediawiki-", dir=CACHE) as name:
        folder = Path(name)
        for part in ("lists/partial", "cache/archives/partial", "parts", "root"):
            (folder / part).mkdir(parents=True)
        (folder / "sources.list").write_text(_sources(), encoding="utf-8")
        apt = ["apt-get", "-qq", *_apt_options(folder)]
        try:
            subprocess.run([*apt, "update"], check=True)
            subprocess.run(
                [*apt, "download", "mediawiki", "mediawiki-classes"],
                check=True,
                cwd=folder,
                stdout=subprocess.DEVNULL,
            )
        except subprocess.CalledProcessError as error:
            raise PracticeWikiError(f"MediaWiki could not be downloaded: {error}") from error
        for package in sorted(folder.glob("*.deb")):
            subprocess.run(["dpkg-deb", "-x", str(package), str(folder / "root")], check=True)
        return _keep(folder / "root" / "usr" / "share" / "mediawiki")


def _keep(tree: Path) -> Path:
    """Turn Debian's layout into that of a release tarball and move it into the cache in one step."""
    for name in ("extensions", "config", "images", "LocalSettings.php"):
        (tree / name).unlink(missing_ok=True)
    (tree / "extensions-core").rename(tree / "extensions")
    version = version_of(tree)
    if version < OLDEST:
        raise PracticeWikiError(f"the archive offers MediaWiki {_dotted(version)}, too old")
    kept = CACHE / f"mediawiki-{_dotted(version)}"
    shutil.rmtree(kept, ignore_errors=True)
    tree.rename(kept)
    return kept
