"""``make demo``: the casebook's sweeps over a practice wiki, each finding checked by brute force."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.practice.brute_force import sets_served
from tests.practice.places import CHECKOUT
from tests.practice.wiki import DEMO_FOLDER, DEMO_PORT, PracticeWiki

COLLECTIONS = ("dod-resolution", "dod-virin", "noaa", "fleuron")


def find_duplicates(wiki: PracticeWiki, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the script as an operator would, on a practice wiki, with the wiki's own store and settings."""
    command = [
        *(str(Path(sys.executable).with_name("pwb")), "find_duplicates"),
        f"-settings:{CHECKOUT / 'tests/practice/faebot.toml'}",
        f"-store:sqlite:///{wiki.folder / 'faebot.sqlite'}",
        *options,
    ]
    environment = {**os.environ, "PYWIKIBOT_DIR": str(wiki.pywikibot_dir)}
    return subprocess.run(command, env=environment, cwd=wiki.pywikibot_dir, text=True, check=False)


def findings(report: Path) -> list[dict[str, Any]]:
    """Read the slices that a report tells of, without what was passed over."""
    lines = report.read_text(encoding="utf-8").splitlines() if report.is_file() else []
    return [line for line in map(json.loads, lines) if "sets" in line]


def sets_found(finding: dict[str, Any]) -> set[tuple[str, frozenset[str]]]:
    """Give the sets of one slice as (kind of hash, titles)."""
    return {(one["hash"], frozenset(file["title"] for file in one["files"])) for one in finding["sets"]}


def main() -> int:
    """Run the demo; 0 means that the bot and the brute force agree."""
    started = time.monotonic()
    wiki = PracticeWiki(DEMO_FOLDER, port=DEMO_PORT, keep=True)
    report = wiki.folder / "report.jsonl"
    with wiki:
        before = _edits(wiki)
        print(f"A wiki of your own runs at {wiki.url} ({time.monotonic() - started:.1f} s).")
        report.unlink(missing_ok=True)
        for name in COLLECTIONS:
            print(f"\n──── pwb find_duplicates -collection:{name} -revisit -always\n", flush=True)
            run = find_duplicates(wiki, f"-collection:{name}", f"-report:{report}", "-revisit", "-always")
            if run.returncode:
                return run.returncode
        agreed = [_agrees(wiki, finding) for finding in findings(report)]
        edits = _edits(wiki) - before
    print(
        f"\n{edits} edits in {time.monotonic() - started:.1f} s. "
        "`make practice` starts the wiki again, to browse."
    )
    return 0 if agreed and all(agreed) else 1


def _edits(wiki: PracticeWiki) -> int:
    return sum(one.get("action") == "edit" for one in wiki.requests())


def _agrees(wiki: PracticeWiki, finding: dict[str, Any]) -> bool:
    brute = sets_served(wiki.reader(), finding["slice"]["query"])
    if sets_found(finding) == brute:
        print(f"Brute force agrees: {len(brute)} sets in “{finding['slice']['key']}”.")
        return True
    print(
        f"Brute force disagrees in “{finding['slice']['key']}”: {brute ^ sets_found(finding)}",
        file=sys.stderr,
    )
    return False


if __name__ == "__main__":
    sys.exit(main())
