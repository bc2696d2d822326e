"""What the decoding process may use, what it refuses before decoding, and how it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from faebot_hash.adapters.decoder import DecoderProcess
from faebot_hash.errors import DecoderError
from faebot_hash.images import ORIGINAL, THUMBNAIL
from faebot_hash.model import Fingerprint
from faebot_hash.reasons import Reason, Skipped
from tests.bombs import bombs
from tests.counting import Counted
from tests.pictures import encoded, encodings, photograph, png
from tests.processes import is_alive, is_running, peak_bytes

GIBIBYTE = 1 << 30
PATIENT_S = 60.0


@pytest.fixture(scope="module")
def decoder() -> Iterator[DecoderProcess]:
    with DecoderProcess(ORIGINAL) as process:
        yield process


# I3: bombs


@pytest.mark.parametrize("name", sorted(bombs()))
@pytest.mark.spec("2.5")
def test_refuses_bombs(name: str, counted: Counted) -> None:
    with DecoderProcess(ORIGINAL) as process:
        pid = process.worker_pid
        verdict = process.fingerprint(bombs()[name])
        assert isinstance(verdict, Skipped), name
        assert verdict.reason in (Reason.TOO_LARGE, Reason.MALFORMED)
        assert process.worker_pid == pid, "refusing must not cost the worker"
        assert peak_bytes(pid) < GIBIBYTE
        counted("I3", 1, "bombs")


def test_the_largest_legal_pictures_fit() -> None:
    """100 MP as a JPEG to be turned and as RGBA PNG of 400 MB decoded, under 1 GiB."""
    with DecoderProcess(ORIGINAL, wall_s=PATIENT_S) as process:
        pid = process.worker_pid
        photo = photograph(size=(10_000, 10_000))
        exif = Image.Exif()
        exif[0x0112] = 6
        assert isinstance(process.fingerprint(encoded(photo, "JPEG", exif=exif)), Fingerprint)
        del photo
        rgba = png(10_000, 10_000, bytes(10_000 * 40_001), colour_type=6)
        assert isinstance(process.fingerprint(rgba), Fingerprint)
        assert process.worker_pid == pid
        print("peak", peak_bytes(pid) >> 20, "MiB")
        assert peak_bytes(pid) < GIBIBYTE


# What it may use


def test_the_worker_is_limited(decoder: DecoderProcess) -> None:
    decoder.fingerprint(encodings()["png"])
    limits = {
        line[:26].strip(): line[26:].split()[0]
        for line in Path(f"/proc/{decoder.worker_pid}/limits").read_text().splitlines()[1:]
    }
    assert limits["Max address space"] == str(GIBIBYTE)
    assert limits["Max file size"] == "0"
    assert limits["Max core file size"] == "0"
    assert int(limits["Max open files"]) <= 32
    assert limits["Max cpu time"].isdigit()


def test_the_worker_hears_no_ctrl_c(decoder: DecoderProcess) -> None:
    pid = decoder.worker_pid
    assert os.getsid(pid) != os.getsid(0)
    os.kill(pid, signal.SIGINT)
    assert isinstance(decoder.fingerprint(encodings()["png"]), Fingerprint)
    assert decoder.worker_pid == pid


def test_leaves_no_process_behind() -> None:
    with DecoderProcess(THUMBNAIL) as process:
        pid = process.worker_pid
    assert not is_alive(pid)


def test_the_worker_ends_with_its_parent() -> None:
    program = (
        "import os, signal\n"
        "from faebot_hash.adapters.decoder import DecoderProcess\n"
        "from faebot_hash.images import THUMBNAIL\n"
        "print(DecoderProcess(THUMBNAIL).worker_pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert run.returncode == -signal.SIGKILL
    pid = int(run.stdout)
    deadline = time.monotonic() + 5
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_running(pid)


def test_says_so_when_no_worker_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(DecoderError, match="does not start"), DecoderProcess(THUMBNAIL):
        pass
