"""Unattended runs: their log, what is remembered of them, when somebody gets mail, and whether they live."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from faebot_hash.__main__ import main
from faebot_hash.adapters.job_process import life_file
from faebot_hash.adapters.store import Store
from faebot_hash.errors import SettingsError
from faebot_hash.exit_status import ExitStatus
from faebot_hash.job_record import JobRecord, code_for_mail, next_record
from faebot_hash.spans import span_of

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
COMMAND = [sys.executable, "-m", "faebot_hash", "job"]


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("90s", timedelta(seconds=90)),
        ("10m", timedelta(minutes=10)),
        ("2h", timedelta(hours=2)),
        ("3d", 3 * DAY),
    ],
)
def test_spans(text: str, span: timedelta) -> None:
    assert span_of(text) == span


@pytest.mark.parametrize("text", ["", "2", "h", "0h", "-1h", "2 h", "1.5h", "2w", "٢h", "99999999d"])
def test_no_spans(text: str) -> None:
    with pytest.raises(SettingsError):
        span_of(text)


@pytest.mark.parametrize(
    ("status", "days_since_good", "code"),
    [
        (0, 0, 0),
        (1, 0, 1),
        (2, 0, 2),
        (3, 0, 0),
        (4, 0, 4),
        (75, 1, 0),
        (75, 4, 1),
        (130, 1, 0),
        (130, 4, 1),
        (99, 0, 1),
        (127, 0, 1),
        (-9, 0, 1),
    ],
)
def test_mail_comes_when_a_person_is_needed(status: int, days_since_good: int, code: int) -> None:
    last = NOON - days_since_good * DAY
    before = JobRecord("a", last, last, 0, last)
    record = next_record(before, "a", NOON, NOON, status)
    mailed = code_for_mail(record, timedelta(days=3))
    assert (mailed != 0, mailed in (code, 99, 127)) == (code != 0, True)


def test_a_job_that_was_never_good_has_its_days_too() -> None:
    record = next_record(None, "a", NOON, NOON, ExitStatus.AGAIN)
    assert code_for_mail(record, DAY) == 0
    for day in range(1, 4):
        record = next_record(record, "a", NOON + day * DAY, NOON + day * DAY, ExitStatus.AGAIN)
    assert code_for_mail(record, DAY) == 1


def test_a_record_comes_back() -> None:
    for good_at in (None, NOON):
        record = JobRecord("find-noaa", NOON, NOON + DAY, 75, good_at)
        assert JobRecord.read("find-noaa", record.written) == record
    assert "next run goes on" in record.sentence


@pytest.fixture
def store(tmp_path: Path) -> str:
    address = f"sqlite:///{tmp_path / 'store.sqlite'}"
    Store.open(address).close()
    return address


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let files of life be the test's own."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)


def job(store: str, name: str, code: str, *options: str) -> tuple[int, list[dict[str, Any]]]:
    """Run Python code as a job; gives the exit code and the log."""
    command = [*COMMAND, name, "--store", store, *options, "--", sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def record(store: str, name: str) -> JobRecord:
    with Store.open(store, write=False) as opened:
        return next(one for one in opened.figures().jobs if one.name == name)


def test_each_line_is_logged_with_time_and_job(store: str) -> None:
    said = "import sys; print('naïve “line”'); print('trouble', file=sys.stderr); print(); sys.exit(75)"
    code, log = job(store, "find-noaa", said)
    assert code == 0
    assert [one.get("line") for one in log] == [None, "naïve “line”", "trouble", None]
    assert [one.get("event") for one in log] == ["begins", None, None, "ends"]
    assert {one["job"] for one in log} == {"find-noaa"}
    assert [datetime.fromisoformat(one["at"]) for one in log] == sorted(
        datetime.fromisoformat(one["at"]) for one in log
    )
    assert log[-1]["exit"] == 75
    assert record(store, "find-noaa").status == 75


def test_the_last_good_run_is_remembered(store: str) -> None:
    assert job(store, "a", "pass")[0] == 0
    good_at = record(store, "a").good_at
    assert job(store, "a", "raise SystemExit(75)")[0] == 0
    assert (record(store, "a").status, record(store, "a").good_at) == (75, good_at)
    assert job(store, "a", "raise SystemExit(4)")[0] == 4
    assert job(store, "a", "import os; os.kill(os.getpid(), 9)")[0] == 1
    assert record(store, "a").status == -9
    assert job(store, "a", "raise SystemExit(75)", "--within", "1s")[0] in (0, 1)


def test_a_log_file_is_added_to(store: str, tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    for number in range(2):
        assert job(store, "a", f"print({number})", "--log", str(log)) == (0, [])
    assert [json.loads(line).get("line") for line in log.read_text().splitlines()] == [
        *(None, "0", None),
        *(None, "1", None),
    ]


def test_a_log_that_cannot_be_written_ends_no_run(store: str) -> None:
    assert job(store, "a", "print(1); raise SystemExit(4)", "--log", "/dev/full") == (4, [])
    assert record(store, "a").status == 4


def test_a_command_that_is_not_there_is_told(store: str) -> None:
    done = subprocess.run(
        [*COMMAND, "a", "--store", store, "--", "no-such-command"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 127
    assert "no-such-command: No such file or directory" in done.stdout


def test_a_store_that_is_away_does_not_hide_how_a_job_ended(tmp_path: Path) -> None:
    code, log = job(f"sqlite:///{tmp_path / 'nowhere' / 'store.sqlite'}", "a", "raise SystemExit(2)")
    assert code == 2
    assert log[-1]["event"] == "not recorded"


ROUNDS = """
import pathlib, sys
counter = pathlib.Path(sys.argv[1])
number = int(counter.read_text()) + 1 if counter.exists() else 1
counter.write_text(str(number))
print(number)
"""


def test_again_and_again_until_somebody_ends_it(store: str, tmp_path: Path) -> None:
    command = [*COMMAND, "loop", "--store", store, "--every", "1s", "--", sys.executable, "-c", ROUNDS]
    running = subprocess.Popen([*command, str(tmp_path / "n")], stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    for line in running.stdout:
        if json.loads(line).get("line") == "3":
            break
    running.send_signal(signal.SIGTERM)
    assert running.wait() == 0
    running.stdout.close()
    assert record(store, "loop").good_at is not None


def test_who_ends_a_job_ends_its_command(store: str) -> None:
    endless = "import time; print('begun', flush=True); time.sleep(3600)"
    command = [*COMMAND, "long", "--store", store, "--", sys.executable, "-c", endless]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    lines = iter(running.stdout)
    assert [json.loads(next(lines)).get("line") for _ in range(2)] == [None, "begun"]
    running.send_signal(signal.SIGTERM)
    assert running.wait() == 0
    assert json.loads(next(lines))["exit"] == -signal.SIGTERM
    running.stdout.close()


@pytest.mark.parametrize("name", ["", "A", "a_b", "-a", "a-", "a" * 53, "a b", "é"])
def test_a_name_that_toolforge_would_refuse_is_refused(store: str, name: str) -> None:
    assert main(["job", "--store", store, "--", name, "true"]) == 2


def test_life_is_told_by_the_file_s_time(
    store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["healthy", "a"]) == 1
    assert "no such job" in capsys.readouterr().out
    assert job(store, "a", "pass")[0] == 0
    assert main(["healthy", "a"]) == 0
    then = life_file("a").stat().st_mtime - 7_300
    os.utime(life_file("a"), (then, then))
    assert main(["healthy", "a", "--within", "3h"]) == 0
    assert main(["healthy", "a"]) == 1
