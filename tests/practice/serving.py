"""``make serve``: the web service on the practice wiki's files, with the wiki beside it, until Ctrl-C."""

from __future__ import annotations

import subprocess
import sys

from tests.practice.demo import run_script
from tests.practice.places import CHECKOUT
from tests.practice.wiki import DEMO_FOLDER, DEMO_PORT, PracticeWiki


def main() -> int:
    """Hash what the wiki has and the index lacks, then serve."""
    wiki = PracticeWiki(DEMO_FOLDER, port=DEMO_PORT, keep=True)
    with wiki:
        print(f"The wiki: {wiki.url}", flush=True)
        indexed = run_script(wiki, "index_hashes", "-pages")
        if indexed.returncode:
            return indexed.returncode
        command = [
            *(sys.executable, "-m", "faebot_hash", "serve"),
            *("--settings", str(CHECKOUT / "tests/practice/faebot.toml")),
            *("--store", f"sqlite:///{wiki.folder / 'faebot.sqlite'}"),
            *("--index", str(wiki.folder / "index")),
        ]
        with subprocess.Popen(command) as service:
            try:
                return service.wait()
            except KeyboardInterrupt:
                service.wait()
                return 0


if __name__ == "__main__":
    sys.exit(main())
