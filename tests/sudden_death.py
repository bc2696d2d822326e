"""Runs in a child process that is killed before one of its steps."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from typing import Any

Steps = Sequence[tuple[type, str]]
"""Methods, each call of which is a step: the class and the name."""


def run_and_die(run: Callable[[], object], steps: Steps, number: int) -> bool:
    """Run in a child that is killed before a step; False when the run had fewer steps and ended well."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            _die_before(steps, number)
            run()
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0
    return False


def _die_before(steps: Steps, number: int) -> None:
    left = number

    def deadly(step: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            nonlocal left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return step(*args, **kwargs)

        return wrapped

    for owner, name in steps:
        setattr(owner, name, deadly(getattr(owner, name)))
