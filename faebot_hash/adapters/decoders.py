"""Several decoding processes for a program of many threads; each picture has one to itself."""

from __future__ import annotations

import queue
from types import TracebackType
from typing import Self

from faebot_hash.adapters.decoder import DecoderProcess
from faebot_hash.errors import DecoderError
from faebot_hash.images import Limits
from faebot_hash.model import Fingerprint
from faebot_hash.reasons import Skipped

PATIENCE_S = 2.0


class Decoders:
    """Decoding processes that are started when they are needed first; safe to use from several threads."""

    def __init__(self, limits: Limits, count: int, wall_s: float) -> None:
        self._free: queue.LifoQueue[DecoderProcess] = queue.LifoQueue()
        self._all = [DecoderProcess(limits, wall_s) for _ in range(count)]
        for decoder in self._all:
            self._free.put(decoder)

    def fingerprint(self, picture: bytes) -> Fingerprint | Skipped:
        """Hash one picture; raises DecoderError when no process starts, or none is free for 2 seconds."""
        try:
            decoder = self._free.get(timeout=PATIENCE_S)
        except queue.Empty:
            raise DecoderError("all decoding processes are busy: try again in a moment") from None
        try:
            return decoder.fingerprint(picture)
        finally:
            self._free.put(decoder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all processes."""
        for decoder in self._all:
            decoder.close()
