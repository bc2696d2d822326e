"""Runs a command as a job: every line that it says goes to a log of JSON lines, and a file shows life."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType

PACKAGE_FOLDER = Path(__file__).resolve().parents[2]


def life_file(name: str) -> Path:
    """Give the file whose time of change tells that a job of this machine, or container, is alive."""
    return Path(tempfile.gettempdir()) / f"faebot-{name}.life"


def silent_for(name: str) -> timedelta | None:
    """Tell how long a job has shown no life; None when it never did."""
    try:
        return timedelta(seconds=max(0.0, time.time() - life_file(name).stat().st_mtime))
    except FileNotFoundError:
        return None


class JobProcess:
    """One job; SIGTERM and SIGINT end the command, and then the job. Only the main thread may make it."""

    def __init__(self, name: str, log: Path | None = None) -> None:
        self._name, self._log = name, log
        self._child: subprocess.Popen[str] | None = None
        self._ending = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)

    @property
    def ending(self) -> bool:
        """Tell whether somebody wants the job to end."""
        return self._ending.is_set()

    def tell(self, **told: object) -> None:
        """Write a line to the log, and show life."""
        line = {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "job": self._name, **told}
        # A full disk loses lines of the log, but ends no run.
        with suppress(OSError):
            self._write(json.dumps(line, ensure_ascii=False) + "\n")
        with suppress(OSError):
            life_file(self._name).write_text(str(line["at"]), encoding="ascii")

    def _write(self, line: str) -> None:
        if self._log is None:
            sys.stdout.write(line)
            sys.stdout.flush()
            return
        with self._log.open("a", encoding="utf-8") as file:
            file.write(line)

    def run(self, command: Sequence[str]) -> int:
        """Run the command once to its end, and give its exit code, below 0 for the signal that ended it."""
        # Commands find the package also where it is not installed, as in an image that only has its code.
        path = os.pathsep.join(filter(None, (str(PACKAGE_FOLDER), os.environ.get("PYTHONPATH", ""))))
        environment = {**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}
        began = time.monotonic()
        self.tell(event="begins", command=list(command))
        try:
            self._child = subprocess.Popen(
                list(command),
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
            )
        except OSError as error:
            self.tell(event="fails", line=f"{command[0]}: {error.strerror}")
            return 127
        if self.ending:
            self._child.terminate()
        assert self._child.stdout is not None
        with self._child.stdout as lines:
            for line in lines:
                if line.strip():
                    self.tell(line=line.rstrip())
        code = self._child.wait()
        self._child = None
        self.tell(event="ends", exit=code, took_s=round(time.monotonic() - began, 3))
        return code

    def rest(self, span: timedelta) -> None:
        """Wait for the next round, or until somebody wants the job to end."""
        self._ending.wait(span.total_seconds())

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._ending.set()
        if self._child is not None:
            self._child.send_signal(number)
