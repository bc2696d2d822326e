"""The decoding process: what it answers, what it survives, and what it may use."""

from __future__ import annotations

import json
import os
import resource
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path

import pytest
from PIL import Image

from faebot_hash.adapters import decoding_answers
from faebot_hash.adapters.decoder import WALL_S, DecoderProcess
from faebot_hash.adapters.decoding_worker import MEMORY_BYTES
from faebot_hash.fingerprint import fingerprint
from faebot_hash.images import ORIGINAL, THUMBNAIL, open_picture
from faebot_hash.likeness import Digest
from faebot_hash.model import Fingerprint
from faebot_hash.pixels import digest_of
from faebot_hash.ports import Decoder
from faebot_hash.reasons import Reason, Skipped
from tests.counting import Counted
from tests.pictures import LONG, each_seed, encoded, encodings, mutants, per_seed, png
from tests.processes import is_alive, peak_bytes

DEATHS = 50 if LONG else 5
PATIENT_S = 60.0


@pytest.fixture(scope="module")
def decoder() -> Iterator[DecoderProcess]:
    with DecoderProcess(ORIGINAL, wall_s=PATIENT_S) as process:
        yield process


@cache
def slow_picture() -> bytes:
    """Give a picture small enough to send at once whose decoding takes the better part of a second."""
    return png(9_000, 9_000, bytes(9_000 * (1 + 3 * 9_000)))


class Assassin(threading.Thread):
    """Kills each worker that a decoder starts, a moment after it has begun to work."""

    def __init__(self, decoder: DecoderProcess, how: signal.Signals) -> None:
        super().__init__(daemon=True)
        self.decoder, self.how, self.done = decoder, how, threading.Event()

    def run(self) -> None:
        while not self.done.wait(0.02):
            for child in children():
                os.kill(child, self.how)


def children() -> list[int]:
    """List the worker processes of this process that have used CPU time on a picture."""
    listing = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text()
    found = []
    for pid in map(int, listing.split()):
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            resident = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        except OSError:
            continue
        if (
            b"faebot_hash.adapters.decoding_worker" in command
            and resident * resource.getpagesize() > 150_000_000
        ):
            found.append(pid)
    return found


# What it answers


def test_fulfils_the_port(decoder: DecoderProcess) -> None:
    as_port: Decoder = decoder
    assert isinstance(as_port.fingerprint(encodings()["png"]), Fingerprint)


@pytest.mark.parametrize("name", sorted(encodings()))
def test_answers_as_the_same_steps_would_here(decoder: DecoderProcess, name: str) -> None:
    data = encodings()[name]
    assert decoder.fingerprint(data) == fingerprint(open_picture(data, ORIGINAL))


def test_gives_the_reason(decoder: DecoderProcess) -> None:
    verdict = decoder.fingerprint(b"no picture")
    assert isinstance(verdict, Skipped)
    assert (verdict.what, verdict.reason) == ("", Reason.UNSUPPORTED_FORMAT)


def test_limits_belong_to_the_process() -> None:
    big = encoded(Image.new("L", (4_001, 4_000)), "PNG")
    with DecoderProcess(THUMBNAIL) as for_thumbnails:
        verdict = for_thumbnails.fingerprint(big)
        assert isinstance(verdict, Skipped)
        assert verdict.reason is Reason.TOO_LARGE
        verdict = for_thumbnails.fingerprint(bytes(THUMBNAIL.decoded_bytes + 1))
        assert isinstance(verdict, Skipped)
        assert verdict.reason is Reason.TOO_LARGE


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b"[" * 4000,
        json.dumps({"reason": "NO_SUCH", "detail": ""}).encode(),
        json.dumps({"reason": "TRUNCATED"}).encode(),
        json.dumps({"reason": "TRUNCATED", "detail": 1}).encode(),
        json.dumps({"reason": "TRUNCATED", "detail": "", "more": 1}).encode(),
        json.dumps({"reason": ["TRUNCATED"], "detail": ""}).encode(),
        json.dumps({"hashes": ["0" * 16] * 4}).encode(),
        json.dumps({"hashes": ["0" * 16] * 3, "low_information": True}).encode(),
        json.dumps({"hashes": ["0" * 17] * 4, "low_information": True}).encode(),
        json.dumps({"hashes": [0] * 4, "low_information": True}).encode(),
        json.dumps({"hashes": ["0" * 16] * 4, "low_information": 1}).encode(),
        json.dumps({"hashes": ["0" * 16] * 4, "low_information": True, "more": 1}).encode(),
        json.dumps({"hashes": ["-" + "0" * 15] * 4, "low_information": True}).encode(),
    ],
)
def test_believes_no_odd_answer(answer: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the several sentences do not matter
        decoding_answers.fingerprint_of(answer)


def test_makes_a_detail_printable_and_short() -> None:
    answer = json.dumps({"reason": "MALFORMED", "detail": "\x1b[31mred\n" + "x" * 1000}).encode()
    verdict = decoding_answers.fingerprint_of(answer)
    assert isinstance(verdict, Skipped)
    assert verdict.detail.isprintable()
    assert len(verdict.detail) <= decoding_answers.MAX_DETAIL_CHARACTERS


# What it survives


@each_seed
def test_hostile_files_end_in_a_hash_or_a_reason(counted: Counted, seed: int) -> None:
    """I1: the parent lives, every result has a name, none takes 10 s, and no mutant kills the worker."""
    slowest_s = 0.0
    with DecoderProcess(THUMBNAIL) as process:
        first = process.worker_pid
        for mutant in mutants(seed, per_seed(150_000)):
            started = time.monotonic()
            result = process.fingerprint(mutant)
            slowest_s = max(slowest_s, time.monotonic() - started)
            assert isinstance(result, Fingerprint) or result.reason in (
                Reason.TRUNCATED,
                Reason.MALFORMED,
                Reason.TOO_LARGE,
                Reason.UNSUPPORTED_FORMAT,
                Reason.UNSUPPORTED_MODE,
                Reason.DECODER_DIED,
            )
        assert slowest_s < WALL_S
        assert peak_bytes(process.worker_pid) < MEMORY_BYTES
        fate = "survived" if process.worker_pid == first else "was replaced"
        print(f"slowest {slowest_s:.2f} s, the first worker {fate}")
    counted("I1", per_seed(150_000), "mutants")


@pytest.mark.parametrize("how", [signal.SIGSEGV, signal.SIGKILL, signal.SIGABRT])
def test_a_worker_that_died_between_pictures_costs_nothing(how: signal.Signals) -> None:
    picture = encodings()["jpeg"]
    expected = fingerprint(open_picture(picture, THUMBNAIL))
    with DecoderProcess(THUMBNAIL) as process:
        for _ in range(DEATHS):
            dead = process.worker_pid
            os.kill(dead, how)
            assert process.fingerprint(picture) == expected
            assert process.worker_pid != dead
            assert not is_alive(dead), "a zombie is left"


@pytest.mark.parametrize("how", [signal.SIGSEGV, signal.SIGKILL])
@pytest.mark.spec("2.7")
def test_a_picture_that_kills_twice_is_quarantined(how: signal.Signals) -> None:
    picture = slow_picture()
    with DecoderProcess(ORIGINAL, wall_s=PATIENT_S) as process:
        assassin = Assassin(process, how)
        assassin.start()
        verdict = process.fingerprint(picture)
        assassin.done.set()
        assassin.join()
        assert verdict == Skipped("", Reason.DECODER_DIED, f"{how.name}; {how.name}")
        again = process.fingerprint(picture)
        assert isinstance(again, Skipped)
        assert again.reason is Reason.DECODER_DIED
        assert "earlier in this run" in again.detail
        assert isinstance(process.fingerprint(encodings()["png"]), Fingerprint)


def test_a_picture_that_takes_too_long_is_given_up_after_two_tries() -> None:
    with DecoderProcess(ORIGINAL, wall_s=0.05) as process:
        verdict = process.fingerprint(slow_picture())
        assert verdict == Skipped("", Reason.DECODER_DIED, "out of time; out of time")
        assert len(process.quarantined_sha1s) == 1


def test_running_out_of_memory_is_a_reason_not_a_death() -> None:
    with DecoderProcess(ORIGINAL, wall_s=PATIENT_S) as process:
        pid = process.worker_pid
        little = 300 << 20
        resource.prlimit(pid, resource.RLIMIT_AS, (little, little))
        verdict = process.fingerprint(slow_picture())
        assert isinstance(verdict, Skipped)
        assert verdict.reason is Reason.TOO_LARGE
        assert process.worker_pid == pid
        assert isinstance(process.fingerprint(encodings()["png"]), Fingerprint)


def test_recovers_within_a_second() -> None:
    """The promise is one second; the test allows a loaded machine three."""
    with DecoderProcess(THUMBNAIL) as process:
        process.fingerprint(encodings()["png"])
        os.kill(process.worker_pid, signal.SIGKILL)
        started = time.monotonic()
        assert isinstance(process.fingerprint(encodings()["png"]), Fingerprint)
        elapsed_s = time.monotonic() - started
    print(f"recovered in {elapsed_s:.2f} s")
    assert elapsed_s < 3


def test_an_interrupted_question_is_not_answered_to_the_next() -> None:
    """Ctrl-C while waiting must not leave a late answer in the pipe."""
    with DecoderProcess(ORIGINAL, wall_s=PATIENT_S) as process:
        process.fingerprint(encodings()["png"])
        threading.Timer(0.1, signal.raise_signal, (signal.SIGINT,)).start()
        with pytest.raises(KeyboardInterrupt):
            process.fingerprint(slow_picture())
        expected = fingerprint(open_picture(encodings()["gif"], ORIGINAL))
        assert process.fingerprint(encodings()["gif"]) == expected


# Digests


@pytest.mark.parametrize("name", sorted(encodings()))
def test_digests_as_the_same_steps_would_here(decoder: DecoderProcess, name: str) -> None:
    assert decoder.digest(encodings()[name]) == digest_of(encodings()[name], ORIGINAL)


def test_exports_only_what_decodes_to_the_same(decoder: DecoderProcess) -> None:
    full = digest_of(encodings()["jpeg"], ORIGINAL)
    many = [f"{number:040x}" for number in range(5_000)]
    assert decoder.digest(encodings()["jpeg"], []) == replace(full, non_exif_sha1="")
    assert decoder.digest(encodings()["jpeg"], many) == replace(full, non_exif_sha1="")
    assert decoder.digest(encodings()["jpeg"], [*many, full.pixel_sha1]) == full


def test_a_question_is_not_mistaken_for_the_other(decoder: DecoderProcess) -> None:
    for _ in range(3):
        assert isinstance(decoder.digest(encodings()["jpeg"]), Digest)
        assert isinstance(decoder.fingerprint(encodings()["jpeg"]), Fingerprint)
    verdict = decoder.digest(b"no picture")
    assert isinstance(verdict, Skipped)
    assert verdict.reason is Reason.UNSUPPORTED_FORMAT


@each_seed
def test_hostile_files_end_in_a_digest_or_a_reason(counted: Counted, seed: int) -> None:
    number = per_seed(20_000)
    with DecoderProcess(THUMBNAIL) as process:
        first = process.worker_pid
        for mutant in mutants(seed, number):
            result = process.digest(mutant)
            assert isinstance(result, Digest) or result.reason is not Reason.DECODER_DIED
        assert process.worker_pid == first
    counted("I1", number, "mutants digested")


@pytest.mark.parametrize(
    "change",
    [
        {"frames": 0},
        {"frames": True},
        {"frames": 1.0},
        {"frames": "1"},
        {"icc": None},
        {"mode": "\x1b"},
        {"pixel_sha1": "0"},
        {"orientation": 9},
        {"more": 1},
    ],
)
def test_believes_no_odd_digest(change: dict[str, object]) -> None:
    fields = asdict(digest_of(encodings()["jpeg"], ORIGINAL))
    assert isinstance(decoding_answers.digest_of(json.dumps({"digest": fields}).encode()), Digest)
    for odd in ({"digest": fields | change}, {"digest": fields, "more": 1}, {"digest": []}, {"reason": "X"}):
        with pytest.raises(ValueError):  # noqa: PT011 - the several sentences do not matter
            decoding_answers.digest_of(json.dumps(odd).encode())


def test_believes_no_digest_without_the_export_asked_for() -> None:
    digest = replace(digest_of(encodings()["jpeg"], ORIGINAL), non_exif_sha1="")
    answer = json.dumps({"digest": asdict(digest)}).encode()
    assert decoding_answers.digest_of(answer, ["0" * 40]) == digest
    for beside in (None, [digest.pixel_sha1]):
        with pytest.raises(ValueError, match="no sense"):
            decoding_answers.digest_of(answer, beside)
