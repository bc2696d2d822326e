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
from io import BufferedRWPair

from faebot_hash.adapters.decoding_answers import DIGEST, LENGTH_BYTES, READY, answer
from faebot_hash.errors import ImageRejected
from faebot_hash.fingerprint import fingerprint
from faebot_hash.images import Limits, check_versions, open_picture
from faebot_hash.likeness import Digest
from faebot_hash.model import Fingerprint
from faebot_hash.pixels import digest_of
from faebot_hash.reasons import Reason, Skipped

MEMORY_BYTES = 1 << 30
CPU_S = 15
OPEN_FILES = 32


def serve(limits: Limits) -> None:
    """Be the worker: answer pictures from the socket on standard input until the parent hangs up."""
    check_versions()
    _limit_process()
    with socket.socket(fileno=os.dup(0)) as connection, connection.makefile("rwb") as stream:
        _reply(stream, READY)
        while len(header := stream.read(1 + LENGTH_BYTES)) == 1 + LENGTH_BYTES:
            _renew_cpu_limit()
            question, length = header[:1], int.from_bytes(header[1:], "big")
            picture = stream.read(length)
            if len(picture) < length:
                return
            _reply(stream, answer(_result(question, picture, limits)))


def _result(question: bytes, picture: bytes, limits: Limits) -> Fingerprint | Digest | Skipped:
    try:
        if question == DIGEST:
            return digest_of(picture, limits)
        return fingerprint(open_picture(picture, limits))
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
