"""Ctrl-C and SIGTERM end a run, but not an edit."""

from __future__ import annotations

import os
import signal

import pytest

from faebot_hash.adapters.signals import ENDING, Shield


def killed_inside(shield: Shield, number: int, steps: list[str]) -> None:
    with shield:
        steps.append("sent")
        os.kill(os.getpid(), number)
        steps.append("settled")


def killed_and_broken_inside(shield: Shield) -> None:
    with shield:
        os.kill(os.getpid(), signal.SIGTERM)
        raise ZeroDivisionError


@pytest.mark.parametrize("number", ENDING)
def test_outside_an_edit_a_signal_ends_the_run_at_once(number: signal.Signals) -> None:
    with Shield().installed(), pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", ENDING)
def test_inside_an_edit_it_waits(number: signal.Signals) -> None:
    shield, steps = Shield(), list[str]()
    with shield.installed():
        with pytest.raises(KeyboardInterrupt):
            killed_inside(shield, number, steps)
        assert steps == ["sent", "settled"]
        with shield:
            steps.append("next")


def test_an_error_inside_is_not_hidden_by_a_signal() -> None:
    shield = Shield()
    with shield.installed(), pytest.raises(ZeroDivisionError):
        killed_and_broken_inside(shield)


def test_afterwards_the_signals_mean_what_they_meant() -> None:
    before = [signal.getsignal(number) for number in ENDING]
    with Shield().installed():
        pass
    assert [signal.getsignal(number) for number in ENDING] == before
