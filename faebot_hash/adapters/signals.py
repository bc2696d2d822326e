"""Ctrl-C and SIGTERM: they end a run, but never in the middle of an edit."""

from __future__ import annotations

import signal
from contextlib import ExitStack
from types import FrameType, TracebackType
from typing import Self

ENDING = (signal.SIGINT, signal.SIGTERM)


class Shield:
    """Entered around an edit, it holds the signals back; they raise KeyboardInterrupt when the edit is done.

    Outside an edit they raise it at once, and so does a second signal: an edit may have to wait for hours
    until the database takes its end, and the next run settles what this leaves open. Only the main thread
    may install it.
    """

    def __init__(self) -> None:
        self._inside = 0
        self._told = False

    def installed(self) -> ExitStack:
        """Take the signals over until the returned stack is closed."""
        stack = ExitStack()
        for number in ENDING:
            stack.callback(signal.signal, number, signal.signal(number, self._on_signal))
        return stack

    def __enter__(self) -> Self:
        self._inside += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._inside -= 1
        if self._told and not self._inside and error is None:
            self._told = False
            raise KeyboardInterrupt

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if not self._inside or self._told:
            self._told = False
            raise KeyboardInterrupt
        self._told = True
