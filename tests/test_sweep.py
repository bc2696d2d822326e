"""Whole runs on a real MediaWiki: the casebook, its two sweeps again, trouble, and sudden death."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from pywikibot.comms import http

from faebot_hash.adapters import commons, store
from faebot_hash.edits import Outcome, Proposal
from faebot_hash.errors import WikiError
from faebot_hash.reasons import Reason
from tests.operator import Operator
from tests.pictures import LONG
from tests.practice.brute_force import sets_served
from tests.practice.cases import case_files, expected_titles
from tests.practice.demo import COLLECTIONS, find_duplicates, findings, sets_found
from tests.practice.places import CACHE
from tests.practice.wiki import PracticeWiki
from tests.sudden_death import run_and_die

pytestmark = pytest.mark.practice

TWINS = "fleuron"


@pytest.fixture
def operator(wiki: PracticeWiki, tmp_path: Path) -> Operator:
    return Operator(wiki, tmp_path)


@pytest.fixture
def undisturbed(operator: Operator) -> Iterator[dict[str, str]]:
    """Give the pages as a run without trouble leaves them; the wiki is then as it was before it."""
    operator.run(TWINS)
    state = operator.state()
    operator.wiki.reset()
    operator.forget()
    return state


def test_the_casebook_is_found_and_filed(operator: Operator) -> None:
    before = operator.tagged()
    for name in COLLECTIONS:
        operator.run(name)
    tagged = operator.tagged() - before
    assert tagged == expected_titles("tagged")


def test_what_is_left_out_has_the_expected_reason(operator: Operator) -> None:
    for name in COLLECTIONS:
        operator.run(name)
    told: dict[str, set[str]] = {}
    for finding in findings(operator.report):
        members = [file for one in finding["sets"] for file in one["files"]]
        for file in members:
            told.setdefault(file["title"], set()).update(
                one["reason"].upper() for one in file["decisions"] if "reason" in one
            )
        for one in finding["left_out"]:
            told.setdefault(one["what"], set()).add(one.get("reason", "").upper())
    for file in case_files():
        if file.expected == "skipped":
            assert told.get(file.title, set()) & set(file.reasons), (
                file.title,
                file.reasons,
                told.get(file.title),
            )


@pytest.mark.parametrize("name", COLLECTIONS)
def test_the_sets_are_those_of_a_brute_force(operator: Operator, name: str) -> None:
    operator.run(name)
    found = findings(operator.report)
    assert found
    for finding in found:
        assert sets_found(finding) == sets_served(operator.wiki.reader(), finding["slice"]["query"])


def test_a_second_run_edits_nothing_and_fetches_nothing(operator: Operator) -> None:
    for name in COLLECTIONS:
        operator.run(name)
    edits, thumbnails, state = operator.edits(), operator.thumbnails(), operator.state()
    assert edits
    for name in COLLECTIONS:
        assert operator.run(name).outcomes == {}
        assert operator.run(name, revisit=True).outcomes == {}
    assert (operator.edits(), operator.thumbnails(), operator.state()) == (edits, thumbnails, state)


def test_a_remembered_slice_costs_one_search(operator: Operator) -> None:
    operator.run(TWINS)
    before = len(operator.wiki.requests())
    totals = operator.run(TWINS)
    searches = [one for one in operator.wiki.requests()[before:] if one.get("list") == "search"]
    assert len(searches) == 1
    assert totals.reasons == {Reason.UNCHANGED: 1}


def test_simulation_edits_nothing(operator: Operator) -> None:
    totals = operator.run(TWINS, simulate=True)
    assert set(totals.outcomes) == {Outcome.SIMULATED}
    assert operator.edits() == 0


def test_the_operator_is_asked(operator: Operator) -> None:
    totals = operator.run(TWINS, confirm=lambda proposal: False)
    assert set(totals.outcomes) == {Outcome.DECLINED}
    assert operator.edits() == 0


def test_an_edit_is_small_marked_as_bot_and_carries_its_token(operator: Operator) -> None:
    before = operator.state()
    operator.run(TWINS)
    title = next(title for title, text in operator.state().items() if text != before[title])
    after = operator.state()[title]
    added = after.removeprefix(before[title])
    assert added.startswith("\n[[Category:Faebot identified duplicates|")
    answer = operator.wiki.reader().get(
        action="query", list="recentchanges", rctitle=title, rcprop="comment|flags|user", rclimit=1
    )
    (change,) = answer["query"]["recentchanges"]
    assert change["user"] == "PracticeBot"
    assert change["bot"]
    assert change["comment"].startswith("Faebot identified duplicate, pHash: ")


def test_a_lost_store_changes_nothing(operator: Operator, undisturbed: dict[str, str]) -> None:
    operator.run(TWINS)
    operator.forget()
    edits = operator.edits()
    operator.run(TWINS)
    assert operator.edits() == edits
    assert operator.state() == undisturbed


@pytest.mark.parametrize(
    ("fault", "value"),
    [("readonly", "maintenance"), ("lag", 9), ("search-warning", 1)],
)
def test_after_trouble_the_next_run_ends_as_if_there_had_been_none(
    operator: Operator, undisturbed: dict[str, str], fault: str, value: str | int
) -> None:
    operator.wiki.fault(fault, value)
    with contextlib.suppress(WikiError):
        operator.run(TWINS)
    assert operator.state() != undisturbed
    operator.wiki.clear_faults()
    operator.run(TWINS)
    assert operator.state() == undisturbed


@pytest.mark.parametrize(("fault", "value"), [("upload-429", 3), ("api-429", 2), ("lost-reply", 1)])
def test_passing_trouble_is_waited_out(
    operator: Operator, undisturbed: dict[str, str], fault: str, value: int
) -> None:
    operator.wiki.fault(fault, value)
    operator.run(TWINS)
    operator.wiki.clear_faults()
    operator.run(TWINS)
    assert operator.state() == undisturbed


def test_people_and_a_lost_session_in_between(operator: Operator) -> None:
    asked: list[str] = []

    def people_act(proposal: Proposal) -> bool:
        """Just before the first three edits: a better text, {{nobots}}, and a login that is gone."""
        title = f"File:{proposal.file.title}"
        asked.append(title)
        if len(asked) == 1:
            operator.wiki.human("append", title, text="\nA better description.")
        elif len(set(asked)) == 2 and asked.count(title) == 1:
            operator.wiki.human("append", title, text="\n{{nobots}}")
        else:
            http.cookie_jar.clear()
        return True

    operator.run(TWINS, confirm=people_act)
    first, second, third = dict.fromkeys(asked)
    state = operator.state()
    assert "A better description.\n[[Category:Faebot identified duplicates|" in state[first]
    assert "Faebot" not in state[second]
    assert state[third].count("Faebot identified duplicates|") == 1


def test_a_run_page_that_says_no_ends_the_run(operator: Operator) -> None:
    before = operator.state()
    operator.wiki.human("edit", "User:PracticeBot/Run", text="no, please wait")
    with pytest.raises(WikiError, match="run page"):
        operator.run(TWINS)
    assert (operator.edits(), operator.state()) == (0, before)
    operator.wiki.human("edit", "User:PracticeBot/Run", text="Yes")
    assert operator.run(TWINS).outcomes[Outcome.EDITED] == 3


def test_a_file_that_is_overwritten_later_loses_its_tag(operator: Operator, tmp_path: Path) -> None:
    operator.run(TWINS)
    (title, *_) = sorted(operator.tagged() & {file.title for file in case_files() if "Fleuron" in file.title})
    Image.new("RGB", (480, 360), (200, 30, 30)).save(tmp_path / "other.png")
    operator.wiki.human("upload", f"File:{title}", path=str(tmp_path / "other.png"))
    operator.run(TWINS)
    assert "Faebot" not in operator.state()[f"File:{title}"]
    assert (
        len([text for name, text in operator.state().items() if "Fleuron" in name and "Faebot" in text]) == 2
    )


STEPS: tuple[tuple[type, str], ...] = (
    *(
        (commons.Commons, name)
        for name in ("count", "search", "texts", "history", "prepare", "preflight", "edit")
    ),
    *((store.Store, name) for name in ("put", "remember_slice", "plan", "sent", "settle")),
)


def test_killed_between_any_two_steps_the_next_run_ends_the_same(
    operator: Operator, undisturbed: dict[str, str]
) -> None:
    stride = 1 if LONG else 3
    killed = 0
    while run_and_die(lambda: operator.run(TWINS), STEPS, 1 + killed * stride):
        killed += 1
        operator.run(TWINS)
        assert operator.state() == undisturbed, f"killed before step {1 + (killed - 1) * stride}"
        assert _each_tagged_once(operator)
        operator.wiki.reset()
        operator.forget()
    assert killed * stride > 20


def _each_tagged_once(operator: Operator) -> bool:
    return all(text.count("Faebot identified duplicates|") <= 1 for text in operator.state().values())


def test_a_slice_of_new_files_costs_25_requests_for_a_thousand() -> None:
    files = 1_000 if LONG else 400
    with PracticeWiki(CACHE / f"test-{os.getpid()}" / "benchmark", many=files) as wiki:
        run = ("-slice:search", "-query:intitle:Benchmark filemime:image", "-simulate")
        assert find_duplicates(wiki, *run).returncode == 0
        first = _slice_requests(wiki)
        assert first["api"] <= 25 * files // 1_000
        assert first["thumbnails"] == files
        assert find_duplicates(wiki, *run).returncode == 0
        assert _slice_requests(wiki)["thumbnails"] == first["thumbnails"]
    shutil.rmtree(wiki.folder)


def _slice_requests(wiki: PracticeWiki) -> dict[str, int]:
    """Count the requests that listing and hashing cost: no login, no page texts, no edits."""
    requests = wiki.requests()
    return {
        "api": sum(one.get("list") == "search" or one.get("prop") == "imageinfo|info" for one in requests),
        "thumbnails": sum("/thumb/" in one["path"] for one in requests),
    }
