"""The decoding process: hostile bytes go in through a socket, hashes, digests or a reason come out as JSON.

Run as ``python -m faebot_hash.adapters.decoder PIXELS BYTES`` this file is the worker, which limits
its own memory, time and files before it sees the first byte; imported it is the parent, which trusts
the worker with nothing: answers are JSON (never pickle), checked, and bounded in length and time.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from io import BufferedRWPair
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import faebot_hash
from faebot_hash.errors import DecoderError, ImageRejected
from faebot_hash.fingerprint import fingerprint, from_hex, to_hex
from faebot_hash.images import Limits, check_versions, open_picture
from faebot_hash.likeness import Digest
from faebot_hash.model import Fingerprint
from faebot_hash.pixels import digest_of
from faebot_hash.reasons import Reason, Skipped

MEMORY_BYTES = 1 << 30
CPU_S = 15
OPEN_FILES = 32
WALL_S = 10.0
START_S = 30.0
MAX_ANSWER_BYTES = 4096
MAX_DETAIL_CHARACTERS = 300

_LENGTH_BYTES = 8
_HASHES = ("phash", "dhash", "ahash", "whash")
_READY = b"ready"
_FINGERPRINT, _DIGEST = b"f", b"d"
_Answer = TypeVar("_Answer")


class DecoderProcess:
    """A ``ports.Decoder`` over one persistent worker; use it as a context manager.

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
        return self._asked(_FINGERPRINT, picture, _parsed)

    def digest(self, picture: bytes) -> Digest | Skipped:
        """Digest all that one picture decodes to, under the same conditions."""
        return self._asked(_DIGEST, picture, _parsed_digest)

    def _asked(self, question: bytes, picture: bytes, parse: Callable[[bytes], _Answer]) -> _Answer | Skipped:
        if len(picture) > self.limits.decoded_bytes:
            return Skipped("", Reason.TOO_LARGE, f"{len(picture)} bytes")
        sha1 = hashlib.sha1(picture, usedforsecurity=False).hexdigest()
        if sha1 in self.quarantined_sha1s:
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
        self.quarantined_sha1s.add(sha1)
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
        command = [sys.executable, "-P", "-m", __name__, str(limits.pixels), str(limits.decoded_bytes)]
        with theirs:
            self.process: subprocess.Popen[bytes] = subprocess.Popen(
                command,
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": module_path},
                start_new_session=True,
            )
        self._await_ready(command)

    def _await_ready(self, command: list[str]) -> None:
        try:
            greeting = _received(self.connection, time.monotonic() + START_S, len(_READY))
        except (OSError, ValueError) as error:
            status = self.end()
            raise DecoderError(
                f"the decoding process does not start (exit {status}): try {' '.join(command)}"
            ) from error
        if greeting != _READY:
            self.end()
            raise DecoderError("the decoding process does not greet as it should")

    def ask(self, question: bytes, picture: bytes, wall_s: float) -> bytes:
        """Send a picture and wait: OSError when the worker is dead or late, ValueError for babble."""
        deadline = time.monotonic() + wall_s
        self.connection.settimeout(wall_s)
        self.connection.sendall(question + len(picture).to_bytes(_LENGTH_BYTES, "big"))
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


def _post_mortem(worker: _Worker, error: OSError | ValueError) -> str:
    status = worker.end()
    if isinstance(error, TimeoutError):
        return "out of time"
    return signal.Signals(-status).name if status < 0 else str(error) or f"exit {status}"


def _received(connection: socket.socket, deadline: float, most_bytes: int) -> bytes:
    length = int.from_bytes(_exactly(connection, deadline, _LENGTH_BYTES), "big")
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


def _parsed(answer: bytes) -> Fingerprint | Skipped:
    """Read a worker's answer, believing nothing: ValueError for whatever a sane worker does not say."""
    match _json(answer):
        case {"reason": _} as rejection:
            return _rejection(rejection)
        case {
            "low_information": bool(low_information),
            "hashes": [str(p), str(d), str(a), str(w)],
            **rest,
        } if not rest:
            return Fingerprint(from_hex(p), from_hex(d), from_hex(a), from_hex(w), low_information)
    raise ValueError("an answer that makes no sense")


def _parsed_digest(answer: bytes) -> Digest | Skipped:
    match _json(answer):
        case {"reason": _} as rejection:
            return _rejection(rejection)
        case {"digest": dict(fields), **rest} if not rest:
            if {name: type(value).__name__ for name, value in fields.items()} == Digest.__annotations__:
                return Digest(**fields)
    raise ValueError("an answer that makes no sense")


def _json(answer: bytes) -> Any:
    try:
        return json.loads(answer)
    except RecursionError as error:
        raise ValueError("an answer nested too deeply") from error


def _rejection(said: dict[str, Any]) -> Skipped:
    match said:
        case {"reason": str(name), "detail": str(detail), **rest} if not rest and name in Reason.__members__:
            return Skipped("", Reason[name], _printable(detail))
    raise ValueError("an answer that makes no sense")


def _printable(detail: str) -> str:
    return "".join(
        sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in detail[:MAX_DETAIL_CHARACTERS]
    )


def _answer(question: bytes, picture: bytes, limits: Limits) -> bytes:
    try:
        if question == _DIGEST:
            return json.dumps({"digest": asdict(digest_of(picture, limits))}).encode()
        result = fingerprint(open_picture(picture, limits))
    except ImageRejected as verdict:
        return json.dumps(
            {"reason": verdict.reason.name, "detail": verdict.detail[:MAX_DETAIL_CHARACTERS]}
        ).encode()
    except MemoryError:
        return json.dumps(
            {"reason": Reason.TOO_LARGE.name, "detail": "more memory than may be used"}
        ).encode()
    hashes = [to_hex(getattr(result, name)) for name in _HASHES]
    return json.dumps({"hashes": hashes, "low_information": result.low_information}).encode()


def _limit_process() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _renew_cpu_limit() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + CPU_S, hard))


def serve(limits: Limits) -> None:
    """Be the worker: answer pictures from the socket on standard input until the parent hangs up."""
    check_versions()
    _limit_process()
    with socket.socket(fileno=os.dup(0)) as connection, connection.makefile("rwb") as stream:
        _reply(stream, _READY)
        while len(header := stream.read(1 + _LENGTH_BYTES)) == 1 + _LENGTH_BYTES:
            _renew_cpu_limit()
            question, length = header[:1], int.from_bytes(header[1:], "big")
            picture = stream.read(length)
            if len(picture) < length:
                return
            _reply(stream, _answer(question, picture, limits))


def _reply(stream: BufferedRWPair, answer: bytes) -> None:
    stream.write(len(answer).to_bytes(_LENGTH_BYTES, "big") + answer)
    stream.flush()


if __name__ == "__main__":
    serve(Limits(pixels=int(sys.argv[1]), decoded_bytes=int(sys.argv[2])))
