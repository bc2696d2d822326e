"""``make demo``: on a practice wiki the casebook is found, checked by brute force, and confirmed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from faebot_hash.marks import IDENTICAL_CATEGORY
from tests.practice.brute_force import sets_served
from tests.practice.identical import NOMINEES
from tests.practice.places import CHECKOUT
from tests.practice.wiki import DEMO_FOLDER, DEMO_PORT, PracticeWiki

COLLECTIONS = ("dod-resolution", "dod-virin", "noaa", "fleuron")


def find_duplicates(wiki: PracticeWiki, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the script as an operator would, on a practice wiki, with the wiki's own store and settings."""
    return run_script(wiki, "find_duplicates", *options)


def run_script(wiki: PracticeWiki, script: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run one of the scripts with the practice settings and the wiki's own store."""
    command = [
        *(str(Path(sys.executable).with_name("pwb")), script),
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
        # Pages of reports need a right that the bot's password does not grant on a fresh wiki.
        wiki.fault("may-create")
        print("\n──── pwb confirm_duplicates -always\n", flush=True)
        run = run_script(wiki, "confirm_duplicates", f"-reports:{wiki.folder / 'reports'}", "-always")
        if run.returncode:
            return run.returncode
        agreed.append(_nominated_as_told(wiki))
        edits = _edits(wiki) - before
    print(
        f"\n{edits} edits in {time.monotonic() - started:.1f} s. "
        "`make practice` starts the wiki again, to browse."
    )
    return 0 if all(agreed) else 1


def _nominated_as_told(wiki: PracticeWiki) -> bool:
    """Compare the nominations on the wiki with those that the casebook tells of."""
    listed = wiki.reader().get(
        action="query", list="categorymembers", cmtitle=f"Category:{IDENTICAL_CATEGORY}", cmlimit=500
    )
    nominated = {page["title"].removeprefix("File:") for page in listed["query"]["categorymembers"]}
    if nominated == set(NOMINEES.values()):
        print(f"The casebook agrees: {len(nominated)} nominations.")
        return True
    print(f"The casebook disagrees: {nominated ^ set(NOMINEES.values())}", file=sys.stderr)
    return False


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
