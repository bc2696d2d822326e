"""Types what the documents show: in a folder where it finds what they take for granted."""

from __future__ import annotations

import csv
import io
import os
import pty
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from importlib import import_module
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import pywikibot

from faebot_hash import __main__ as program
from faebot_hash.adapters.store import Store
from tests.practice.places import CHECKOUT
from tests.practice.server import HOST, free_port
from tests.serving import running
from tests.test_check_upload import stranger

PROGRAM = "python -m faebot_hash "
REPLICA = " -replica"
SUBSTITUTED = {
    # Two files instead of forty, because edits take long; test_sweep sweeps all.
    "Images from DoD uploaded by Fæ (check needed)": "United States Navy",
    '"Some category"': '"Images from the NOAA Photo Library"',
    "dod-virin-20261121-220000": "{run}",
    "find-noaa-20261101-011700": "{run}",
    "--family commons": "--family practice",
    "127.0.0.1:8000": "127.0.0.1:{port}",
    REPLICA: f"{REPLICA}:{{replica}}",
}
"""What is typed in place of what is shown. All else is where the documents say: in the folder, or at home."""
PHASH, DHASH = 0x8F37_3714_ACFC_F4D0, 0x7169_4D65_4C58_6169
NEAR_AND_FAR = ((1, PHASH, DHASH), (2, PHASH ^ 1, DHASH ^ 1), (3, PHASH ^ 0xFFFF, DHASH ^ 0xFFFF))


class Desk:
    """A person's folder and home: the practice wiki's settings, pictures, tables, and a terminal."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.folder, self.patch, self.port, self.replica, self.said = folder, patch, free_port(), "", ""
        patch.chdir(folder)
        patch.setenv("HOME", str(folder))
        patch.setenv("PATH", f"{Path(sys.executable).parent}:/usr/bin:/bin")
        # A canary on loopback is refused before anything is looked up.
        (folder / "config").mkdir()
        (folder / "config/faebot.toml").write_text(
            f'[http]\ncontact = "User:PracticeBot"\n\n[links]\ncanaries = ["http://{HOST}/"]\n\n'
            + (CHECKOUT / "tests/practice/faebot.toml")
            .read_text()
            .replace("[web]\n", f"[web]\nport = {self.port}\nworkers = 1\n")
        )
        (folder / "Pictures/Holiday").mkdir(parents=True)
        for number in (1, 2):
            stranger(number).save(folder / f"Pictures/Holiday/{number}.jpg")
        stranger(3).save(folder / "photo.jpg")
        self._tables()

    def _tables(self) -> None:
        rows = [
            {"id": str(number), "phash": f"{phash:016x}", "dhash": f"{dhash:016x}"}
            for number, phash, dhash in NEAR_AND_FAR
        ]
        pq.write_table(pa.Table.from_pylist(rows), self.folder / "hashes.parquet")
        with (self.folder / "hashes.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
        shutil.copy(self.folder / "hashes.csv", self.folder / "fleuron.csv")

    def type(self, line: str) -> int:
        """Type a line as it is shown, but for what is substituted; gives the exit code."""
        for shown, typed in SUBSTITUTED.items():
            line = line.replace(shown, typed.format(port=self.port, replica=self.replica, run=self._run()))
        words = [str(Path(word).expanduser()) if word[0] == "~" else word for word in shlex.split(line)]
        if line.startswith(f"{PROGRAM}serve"):
            with self.serving(words) as server:
                pass
            return server.returncode
        # Without options a script would read those of the tests, and help ends the process.
        if words[0] == "curl" or words[2:] in ([], ["-help"]):
            done = subprocess.run(words, capture_output=True, text=True, check=False)
            self.said = done.stdout
            return done.returncode
        return self._here(words)

    def _here(self, words: list[str]) -> int:
        """Run a script or a command in this process, which saves its start; a person says yes to all."""
        ours, theirs = pty.openpty()
        os.write(ours, b"y\n" * 100)
        said = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        with self.patch.context() as patch, os.fdopen(theirs) as terminal, redirect_stdout(said):
            patch.setattr(sys, "stdin", terminal)
            patch.setattr(pywikibot.config, "simulate", False)
            try:
                if words[0] == "pwb":
                    import_module(f"scripts.{words[1]}").main(*words[2:])
                    return 0
                return program.main(words[3:])
            except SystemExit as end:
                return int(end.code or 0)
            finally:
                os.close(ours)
                said.flush()
                self.said = said.buffer.getvalue().decode()  # type: ignore[attr-defined]

    @contextmanager
    def serving(self, words: list[str]) -> Iterator[subprocess.Popen[bytes]]:
        """Keep the service running that a line starts."""
        with running(words, self.port, self.folder) as service:
            yield service.process

    def _run(self) -> str:
        """Name the last run that edited."""
        if not Path("faebot.sqlite").exists():
            return ""
        with Store.open("sqlite:///faebot.sqlite", write=False) as store:
            return next((run.name for run in store.runs()), "")
