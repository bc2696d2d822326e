"""The three-way merge of MediaWiki, by the program that MediaWiki itself calls."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path


def merge(base: str, mine: str, current: str) -> str | None:
    """Merge my text and the current one by lines; None when both changed the same or adjoining lines."""
    if mine == current:
        return current
    if base == current:
        return mine
    with tempfile.TemporaryDirectory(prefix="merge-") as folder:
        paths = []
        for name, text in (("mine", mine), ("base", base), ("current", current)):
            path = Path(folder, name)
            # As wfMerge does, lest diff3 complains about a missing newline.
            path.write_text(text.rstrip() + "\n", encoding="utf-8", newline="")
            paths.append(str(path))
        if _diff3("--overlap-only", *paths):
            return None
        return _diff3("--ed", "--merge", *paths).rstrip()


def _diff3(*arguments: str) -> str:
    done = subprocess.run(
        ["diff3", "--text", *arguments], capture_output=True, check=False, encoding="utf-8", timeout=10
    )
    if done.returncode > 1:
        raise RuntimeError(f"diff3: {done.stderr}")
    return done.stdout
