"""One editor at a time, however many start and however they end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from faebot_hash.adapters.account_lock import only_editor
from faebot_hash.errors import BusyError
from tests.counting import Counted

HOLD = """
import sys, time
from pathlib import Path
from faebot_hash.adapters.account_lock import only_editor
from faebot_hash.errors import BusyError
try:
    with only_editor(Path(sys.argv[1]), "practice", "PracticeBot"):
        print("editing", flush=True)
        sys.stdin.read()
except BusyError:
    print("busy", flush=True)
"""


def start(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def first_word(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_a_second_run_is_told_who_edits(tmp_path: Path) -> None:
    with only_editor(tmp_path, "practice", "PracticeBot"):
        second = only_editor(tmp_path, "practice", "PracticeBot")
        with pytest.raises(BusyError, match=f"process {os.getpid()} edits as PracticeBot"):
            second.__enter__()
        with only_editor(tmp_path, "practice", "OtherBot"):
            pass
    with only_editor(tmp_path, "practice", "PracticeBot"):
        pass


@pytest.mark.parametrize("starts", [10, pytest.param(100, marks=pytest.mark.long)])
@pytest.mark.spec("8.6")
def test_of_many_starts_exactly_one_edits(tmp_path: Path, counted: Counted, starts: int) -> None:
    processes = [start(tmp_path) for _ in range(starts)]
    words = [first_word(process) for process in processes]
    for process in processes:
        process.communicate()
    assert sorted(words) == ["busy"] * (starts - 1) + ["editing"]
    counted("E7", starts, "starts at once, one editor")


def test_a_killed_run_leaves_no_lock(tmp_path: Path) -> None:
    process = start(tmp_path)
    assert first_word(process) == "editing"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    with only_editor(tmp_path, "practice", "PracticeBot"):
        pass
