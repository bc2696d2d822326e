"""Who hears of a stop: a run page stops in silence, everything else wants a person; and the exit codes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from faebot_hash import errors, gate
from faebot_hash.adapters.prompt import exit_codes
from faebot_hash.edits import Outcome
from faebot_hash.errors import AttentionError, FaebotError, StoppedError, WikiError
from faebot_hash.exit_status import ExitStatus
from faebot_hash.gate import Rules
from faebot_hash.model import PageText
from faebot_hash.preflight import Preflight
from faebot_hash.reasons import Reason, Skipped
from faebot_hash.stopping import stop_error
from tests.fakes import FakeWiki

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def preflight() -> Preflight:
    wiki = FakeWiki()
    wiki.now = lambda: NOW
    return wiki.preflight([], [])


def run_page(text: str) -> PageText:
    page = preflight().run_page
    assert isinstance(page, PageText)
    return replace(page, text=text)


def why_stopped(**changes: object) -> str:
    """Give the gate's own sentence for a look at the wiki that says stop."""
    why = gate.why_stop(replace(preflight(), **changes), Rules(), FakeWiki.user, NOW)  # type: ignore[arg-type]
    assert why
    return why


@pytest.mark.parametrize(
    "page",
    [
        run_page("no"),
        run_page(""),
        run_page("#REDIRECT [[User:Somebody]]"),
        Skipped("Run", Reason.MISSING),
        Skipped("Run", Reason.UNREADABLE),
    ],
)
def test_a_stop_by_the_run_page_is_no_trouble(page: PageText | Skipped) -> None:
    error = stop_error(Outcome.STOPPED, why_stopped(run_page=page), "stopped")
    assert isinstance(error, StoppedError)
    assert error.status is ExitStatus.STOPPED
    assert not error.status.needs_person


@pytest.mark.parametrize(
    "account",
    [
        {"blocked": "a reason"},
        {"has_message": True},
        {"rights": frozenset()},
        {"name": "Somebody"},
    ],
    ids=str,
)
def test_what_people_say_to_the_account_wants_a_person(account: dict[str, object]) -> None:
    changed = replace(preflight().account, **account)  # type: ignore[arg-type]
    error = stop_error(Outcome.STOPPED, why_stopped(account=changed), "stopped")
    assert isinstance(error, AttentionError)
    assert error.status.needs_person


def test_reverts_want_a_person() -> None:
    why = gate.why_pause(50, gate.BREAKER_REVERTS, Rules())
    assert why
    assert stop_error(Outcome.STOPPED, why, "stopped").status is ExitStatus.PERSON


@pytest.mark.parametrize("outcome", [Outcome.UNAVAILABLE, Outcome.UNKNOWN])
def test_a_wiki_that_is_away_passes(outcome: Outcome) -> None:
    error = stop_error(outcome, "maxlag", "stopped")
    assert type(error) is WikiError
    assert error.status is ExitStatus.AGAIN


def kinds() -> list[type[FaebotError]]:
    found = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, FaebotError)]
    return sorted(found, key=lambda one: one.__name__)


@pytest.mark.parametrize("kind", kinds())
def test_each_error_ends_a_script_with_its_code(kind: type[FaebotError]) -> None:
    with pytest.raises(SystemExit) as ended, exit_codes():
        raise kind("what, where, and what to do")
    assert ended.value.code == kind.status
    assert kind.status not in (ExitStatus.DONE, ExitStatus.INTERRUPTED)


def test_ctrl_c_ends_with_a_code_of_its_own() -> None:
    with pytest.raises(SystemExit) as ended, exit_codes():
        raise KeyboardInterrupt
    assert ended.value.code == ExitStatus.INTERRUPTED


def test_codes_are_told_apart_and_explained() -> None:
    assert len({int(one) for one in ExitStatus}) == len(ExitStatus)
    assert all(one.sentence for one in ExitStatus)
    assert {one for one in ExitStatus if one.needs_person} == {
        ExitStatus.FAILED,
        ExitStatus.SETTINGS,
        ExitStatus.PERSON,
    }
