"""The parent of the decoding process: hostile bytes go out through a socket, hashes or a reason come back.

The worker (``decoding_worker``) is trusted with nothing: answers are JSON (never pickle), checked, and
bounded in length and time.
"""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Collection
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import faebot_hash
from faebot_hash.adapters.decoding_answers import (
    FINGERPRINT,
    LENGTH_BYTES,
    MAX_ANSWER_BYTES,
    READY,
    digest_of,
    digest_question,
    fingerprint_of,
    widths_of,
    widths_question,
)
from faebot_hash.errors import DecoderError
from faebot_hash.images import Limits, check_versions
from faebot_hash.likeness import Digest
from faebot_hash.model import Fingerprint
from faebot_hash.reasons import Reason, Skipped

WALL_S = 10.0
START_S = 30.0

_WORKER = "faebot_hash.adapters.decoding_worker"
# Pillow and glibc give each picture's memory back, and fetching it anew took a fifth of the time.
_ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "PILLOW_BLOCKS_MAX": "4",
    "MALLOC_TRIM_THRESHOLD_": "67108864",
    "MALLOC_MMAP_THRESHOLD_": "33000000",
}
_Answer = TypeVar("_Answer")


class DecoderProcess:
    """A ``ports.Digester`` over one persistent worker; use it as a context manager.

    A picture that kills or hangs the worker is tried once more in a new one, then skipped as
    ``DECODER_DIED``; its SHA1 is remembered, so that no later copy of it costs anything in this run.
    """

    def __init__(self, limits: Limits, wall_s: float = WALL_S) -> None:
        check_versions()
        self.limits = limits
        self.wall_s = wall_s
        self.quarantined_sha1s: set[str] = set()
        self._worker: _Worker | None = None

    def __enter__(self) -> Self:
        self._running()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the worker; the next picture would start another."""
        if self._worker is not None:
            self._worker.end()
            self._worker = None

    @property
    def worker_pid(self) -> int:
        """The process id of the worker, which is started if need be."""
        return self._running().process.pid

    def fingerprint(self, picture: bytes) -> Fingerprint | Skipped:
        """Hash one picture in the worker; raises ``DecoderError`` only when no worker can be started."""
        return self._asked(FINGERPRINT, picture, fingerprint_of)

    def fingerprints_at(self, picture: bytes, widths_px: Collection[int]) -> dict[int, Fingerprint] | Skipped:
        """Hash a picture (0) and thumbnails of it that the worker makes (``scaler``), by their width.

        Widths that are not smaller than the picture are left out.
        """
        question = widths_question(widths_px)
        return self._asked(question, picture, lambda answer: widths_of(answer, widths_px))

    def digest(self, picture: bytes, beside: Collection[str] | None = None) -> Digest | Skipped:
        """Digest all that one picture decodes to, under the same conditions (``pixels.digest_of``)."""
        question = digest_question(beside)
        return self._asked(question, picture, lambda answer: digest_of(answer, beside))

    def _asked(self, question: bytes, picture: bytes, parse: Callable[[bytes], _Answer]) -> _Answer | Skipped:
        if len(picture) > self.limits.decoded_bytes:
            return Skipped("", Reason.TOO_LARGE, f"{len(picture)} bytes")
        if self.quarantined_sha1s and _sha1(picture) in self.quarantined_sha1s:
            return Skipped("", Reason.DECODER_DIED, "these very bytes, earlier in this run")
        causes = []
        for _attempt in range(2):
            # Given back only after a whole answer, lest a late one be taken for the next picture's.
            worker, self._worker = self._running(), None
            try:
                result = parse(worker.ask(question, picture, self.wall_s))
            except (OSError, ValueError) as error:  # dead, hung, or no longer speaking our language
                causes.append(_post_mortem(worker, error))
            except KeyboardInterrupt:
                worker.end()
                raise
            else:
                self._worker = worker
                return result
        self.quarantined_sha1s.add(_sha1(picture))
        return Skipped("", Reason.DECODER_DIED, "; ".join(causes))

    def _running(self) -> _Worker:
        if self._worker is None:
            self._worker = _Worker(self.limits)
        return self._worker


class _Worker:
    """One worker process and the parent's end of its socket."""

    def __init__(self, limits: Limits) -> None:
        self.connection, theirs = socket.socketpair()
        package_home = str(Path(faebot_hash.__file__).parent.parent)
        module_path = os.pathsep.join(filter(None, (package_home, os.environ.get("PYTHONPATH"))))
        command = [sys.executable, "-P", "-m", _WORKER, str(limits.pixels), str(limits.decoded_bytes)]
        with theirs:
            self.process: subprocess.Popen[bytes] = subprocess.Popen(
                command,
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={**os.environ, **_ENVIRONMENT, "PYTHONPATH": module_path},
                start_new_session=True,
            )
        self._await_ready(command)

    def _await_ready(self, command: list[str]) -> None:
        try:
            greeting = _received(self.connection, time.monotonic() + START_S, len(READY))
        except (OSError, ValueError) as error:
            status = self.end()
            raise DecoderError(
                f"the decoding process does not start (exit {status}): try {' '.join(command)}"
            ) from error
        if greeting != READY:
            self.end()
            raise DecoderError("the decoding process does not greet as it should")

    def ask(self, question: bytes, picture: bytes, wall_s: float) -> bytes:
        """Send a picture and wait: OSError when the worker is dead or late, ValueError for babble."""
        deadline = time.monotonic() + wall_s
        self.connection.settimeout(wall_s)
        self.connection.sendall(question + len(picture).to_bytes(LENGTH_BYTES, "big"))
        self.connection.sendall(picture)
        return _received(self.connection, deadline, MAX_ANSWER_BYTES)

    def end(self) -> int:
        """Kill the worker if it lives, leave no zombie, and give its exit status (negative: a signal)."""
        self.connection.close()
        try:
            return self.process.wait(0.2)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


def _sha1(picture: bytes) -> str:
    return hashlib.sha1(picture, usedforsecurity=False).hexdigest()


def _post_mortem(worker: _Worker, error: OSError | ValueError) -> str:
    status = worker.end()
    if isinstance(error, TimeoutError):
        return "out of time"
    return signal.Signals(-status).name if status < 0 else str(error) or f"exit {status}"


def _received(connection: socket.socket, deadline: float, most_bytes: int) -> bytes:
    length = int.from_bytes(_exactly(connection, deadline, LENGTH_BYTES), "big")
    if length > most_bytes:
        raise ValueError(f"an answer of {length} bytes")
    return _exactly(connection, deadline, length)


def _exactly(connection: socket.socket, deadline: float, length: int) -> bytes:
    received = bytearray()
    while len(received) < length:
        connection.settimeout(max(deadline - time.monotonic(), 0.001))
        part = connection.recv(length - len(received))
        if not part:
            raise ConnectionError("the decoding process hung up")
        received += part
    return bytes(received)
