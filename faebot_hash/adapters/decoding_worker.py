"""The decoding process itself, run as ``python -m faebot_hash.adapters.decoding_worker PIXELS BYTES``.

It limits its own memory, time and files before it sees the first byte of a picture.
"""

from __future__ import annotations

import os
import resource
import signal
import socket
import sys
import time
from collections.abc import Callable
from io import BufferedRWPair

from faebot_hash.adapters.decoding_answers import (
    COUNT_BYTES,
    DIGEST,
    DIGEST_BESIDE,
    LENGTH_BYTES,
    READY,
    SHA1_BYTES,
    WIDTH_BYTES,
    WIDTHS,
    answer,
    pixel_sha1s_in,
    widths_in,
)
from faebot_hash.errors import ImageRejected
from faebot_hash.fingerprint import fingerprint
from faebot_hash.images import Limits, check_versions, open_picture
from faebot_hash.likeness import Digest
from faebot_hash.model import Fingerprint
from faebot_hash.pixels import digest_of
from faebot_hash.reasons import Reason, Skipped
from faebot_hash.scaler import fingerprints_at

MEMORY_BYTES = 1 << 30
CPU_S = 15
OPEN_FILES = 32

Read = Fingerprint | dict[int, Fingerprint] | Digest
Reading = Callable[[bytes], Read]


def serve(limits: Limits) -> None:
    """Be the worker: answer pictures from the socket on standard input until the parent hangs up."""
    check_versions()
    _limit_process()
    with socket.socket(fileno=os.dup(0)) as connection, connection.makefile("rwb") as stream:
        _reply(stream, READY)
        while question := stream.read(1):
            reading = _reading(question, stream, limits)
            header = stream.read(LENGTH_BYTES)
            _renew_cpu_limit()
            length = int.from_bytes(header, "big")
            picture = stream.read(length)
            if len(header) < LENGTH_BYTES or len(picture) < length:
                return
            _reply(stream, answer(_result(reading, picture)))


def _reading(question: bytes, stream: BufferedRWPair, limits: Limits) -> Reading:
    """Take the rest of a question from the stream, and say how a picture is read to answer it."""
    if question == WIDTHS:
        widths_px = widths_in(_listed(stream, 1, WIDTH_BYTES))
        return lambda picture: fingerprints_at(picture, limits, widths_px)
    if question == DIGEST_BESIDE:
        beside = pixel_sha1s_in(_listed(stream, COUNT_BYTES, SHA1_BYTES))
        return lambda picture: digest_of(picture, limits, beside=beside)
    if question == DIGEST:
        return lambda picture: digest_of(picture, limits)
    return lambda picture: fingerprint(open_picture(picture, limits))


def _listed(stream: BufferedRWPair, count_bytes: int, item_bytes: int) -> bytes:
    count = int.from_bytes(stream.read(count_bytes), "big")
    return stream.read(count * item_bytes)


def _result(reading: Reading, picture: bytes) -> Read | Skipped:
    try:
        return reading(picture)
    except ImageRejected as verdict:
        return Skipped("", verdict.reason, verdict.detail)
    except MemoryError:
        return Skipped("", Reason.TOO_LARGE, "more memory than may be used")


def _limit_process() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _renew_cpu_limit() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + CPU_S, hard))


def _reply(stream: BufferedRWPair, answer: bytes) -> None:
    stream.write(len(answer).to_bytes(LENGTH_BYTES, "big") + answer)
    stream.flush()


if __name__ == "__main__":
    serve(Limits(pixels=int(sys.argv[1]), decoded_bytes=int(sys.argv[2])))
