"""Builds the wikis that instances are copied from, each once, named by what went into it."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

from tests.practice.client import ApiClient
from tests.practice.configuration import ACCOUNT_PASSWORDS, BOT, BOT_APP, BOT_PASSWORD
from tests.practice.maintenance import Action, act, run_script
from tests.practice.packages import missing_extensions
from tests.practice.places import CACHE, PHP_SOURCE, PracticeWikiError, one_builder
from tests.practice.server import PhpServer, free_port

# Less than the bot may have on Commons: it can neither delete nor upload, so a mistake cannot either.
BOT_GRANTS = "basic,highvolume,editpage"
FOLDERS = ("images", "cache", "log", "sqlite", "faults", "beside", "htdocs")
KEPT_S = 3600.0
# Modules that run a wiki without shaping what is in it.
LEAVES_NO_TRACE = frozenset(
    {
        "__init__",
        "__main__",
        "brute_force",
        "client",
        "demo",
        "mediawiki",
        "packages",
        "places",
        "server",
        "wiki",
    }
)
ActionMaker = Callable[[Path], Iterable[Action]]


def get_template(tree: Path, kind: str, make_actions: ActionMaker) -> Path:
    """Give the template of a kind, building it when it is missing or its ingredients have changed."""
    template = CACHE / f"template-{kind}-{_fingerprint(tree)}"
    if template.is_dir():
        return template
    if lacking := missing_extensions():
        raise PracticeWikiError(f"PHP lacks {', '.join(sorted(lacking))}: run python -m tests.practice get")
    with one_builder(f"template-{kind}"):
        if not template.is_dir():
            with tempfile.TemporaryDirectory(prefix=f"building-{kind}-", dir=CACHE) as name:
                folder = Path(name) / "wiki"
                _build(tree, folder, make_actions)
                _forget_old(kind)
                folder.rename(template)
    return template


def _forget_old(kind: str) -> None:
    """Remove templates of other ingredients, but none that a running wiki may have been copied from."""
    for old in CACHE.glob(f"template-{kind}-*/"):
        if time.time() - old.stat().st_mtime > KEPT_S:
            shutil.rmtree(old)


def write_local_settings(folder: Path, tree: Path, address: str) -> None:
    """Tell an instance where it is, where it is served from and under which address."""
    (folder / "LocalSettings.php").write_text(
        f"<?php\n$practiceDir = __DIR__;\nrequire '{PHP_SOURCE / 'settings.php'}';\n", encoding="utf-8"
    )
    (folder / "address").write_text(address, encoding="ascii")
    link = folder / "htdocs" / "w"
    link.unlink(missing_ok=True)
    link.symlink_to(tree, target_is_directory=True)


def _fingerprint(tree: Path) -> str:
    digest = hashlib.sha256()
    modules = [path for path in PHP_SOURCE.parent.glob("*.py") if path.stem not in LEAVES_NO_TRACE]
    sources = sorted([*PHP_SOURCE.glob("*.php"), *modules])
    for path in (tree / "includes" / "Defines.php", *sources):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    for library in ("pillow", "scikit-image"):
        digest.update(version(library).encode())
    return digest.hexdigest()[:12]


def _build(tree: Path, folder: Path, make_actions: ActionMaker) -> None:
    for name in FOLDERS:
        (folder / name).mkdir(parents=True)
    server = PhpServer(folder, free_port())
    _install(tree, folder)
    write_local_settings(folder, tree, server.address)
    _create_accounts(tree, folder)
    with tempfile.TemporaryDirectory() as pictures:
        act(tree, folder, make_actions(Path(pictures)))
    run_script(tree, folder, "runJobs")
    server.start()
    try:
        _warm(server.address)
    finally:
        server.stop()
    (folder / "log" / "requests").unlink(missing_ok=True)


def _install(tree: Path, folder: Path) -> None:
    with tempfile.TemporaryDirectory() as unused:
        run_script(
            tree,
            None,
            "install",
            f"--confpath={unused}",
            "--dbtype=sqlite",
            f"--dbpath={folder / 'sqlite'}",
            "--dbname=commonswiki",
            "--server=http://127.0.0.1",
            "--scriptpath=/w",
            "--lang=en",
            "--skins=Vector",
            "--extensions=ParserFunctions",
            f"--pass={ACCOUNT_PASSWORDS['Admin']}",
            "Practice Commons",
            "Admin",
        )


def _create_accounts(tree: Path, folder: Path) -> None:
    run_script(tree, folder, "createAndPromote", "--bot", BOT, ACCOUNT_PASSWORDS[BOT])
    sysop = "PracticeSysop"
    run_script(tree, folder, "createAndPromote", "--sysop", sysop, ACCOUNT_PASSWORDS[sysop])
    run_script(
        tree,
        folder,
        "createBotPassword",
        "--appid",
        BOT_APP,
        "--grants",
        BOT_GRANTS,
        BOT,
        BOT_PASSWORD,
    )


def _warm(address: str) -> None:
    """Fill the localisation cache and render every thumbnail, as they are on a wiki that people use."""
    client = ApiClient(f"{address}/w/api.php")
    urls = client.thumbnail_urls()
    client.fetch(f"{address}/wiki/Main_Page")
    with ThreadPoolExecutor(4) as threads:
        statuses = list(threads.map(lambda url: ApiClient(client.api_url).fetch(url)[0], urls.values()))
    if bad := [title for title, status in zip(urls, statuses, strict=True) if status != 200]:
        raise PracticeWikiError(f"no thumbnail could be rendered of {', '.join(bad)}")
