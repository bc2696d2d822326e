"""Runs MediaWiki's maintenance scripts, and our own script that does what people do."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.practice.places import PHP_SOURCE, PracticeWikiError

Action = Mapping[str, Any]


def run_script(tree: Path, folder: Path | None, *arguments: str, stdin: str = "") -> str:
    """Run one maintenance script on an instance, or on none while installing."""
    environment = {**os.environ, "PRACTICE_TREE": str(tree)}
    environment.pop("MW_CONFIG_FILE", None)
    if folder is not None:
        environment["MW_CONFIG_FILE"] = str(folder / "LocalSettings.php")
    done = subprocess.run(
        ["php", "-d", "memory_limit=512M", "maintenance/run.php", *arguments],
        cwd=tree,
        env=environment,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise PracticeWikiError(f"{arguments[0]} failed: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def act(tree: Path, folder: Path, actions: Iterable[Action]) -> None:
    """Carry out actions of people and bots in their order: see php/act.php."""
    run_script(
        tree, folder, str(PHP_SOURCE / "act.php"), stdin=json.dumps([dict(action) for action in actions])
    )
