"""Whole runs of confirming on a real MediaWiki: nominations, what people do to them, and the next runs."""

from __future__ import annotations

import csv
import io
import os
from dataclasses import replace
from pathlib import Path

import pytest

from faebot_hash.adapters import commons, facts, store
from faebot_hash.edits import Outcome
from faebot_hash.reasons import Reason
from tests.operator import HOME, IDENTICAL, SETTINGS, Operator
from tests.practice.cases import files_of
from tests.practice.identical import NOMINEES
from tests.practice.pictures import jpeg, photo
from tests.practice.wiki import PracticeWiki
from tests.sudden_death import run_and_die

pytestmark = pytest.mark.practice


@pytest.fixture
def operator(wiki: PracticeWiki, tmp_path: Path) -> Operator:
    """Give an operator who has swept the seeded category already."""
    operator = Operator(wiki, tmp_path)
    operator.run("dod-resolution")
    return operator


def keeper_of(case: str) -> str:
    """Name the file of a pair that stays."""
    (title,) = {file.title for file in files_of(case)} - {NOMINEES[case]}
    return title


def nominations(operator: Operator) -> dict[str, str]:
    """Tell of each page that carries our nomination the file that it names as the one to keep."""
    found = {}
    for title, text in operator.state().items():
        if text.startswith("{{Duplicate|1="):
            found[title.removeprefix("File:")] = text.removeprefix("{{Duplicate|1=").partition("|")[0]
    return found


def reports(operator: Operator) -> list[str]:
    """Read the report pages of the bot."""
    everything = {"generator": "allpages", "gapnamespace": 2, "gapprefix": "PracticeBot/Confirmed/"}
    answer = operator.wiki.reader().get(
        action="query", prop="revisions", rvprop="content", rvslots="main", gaplimit=50, **everything
    )
    pages = answer.get("query", {}).get("pages", [])
    return [page["revisions"][0]["slots"]["main"]["content"] for page in pages]


def test_the_casebook_is_confirmed(operator: Operator) -> None:
    before = operator.state()
    tally = operator.confirm()
    found = nominations(operator)
    assert set(found) == set(NOMINEES.values())
    pairs = [case for case in NOMINEES if len(files_of(case)) == 2]
    assert {found[NOMINEES[case]] for case in pairs} == {keeper_of(case) for case in pairs}
    assert operator.tagged(IDENTICAL) == set(NOMINEES.values())
    still = operator.tagged(HOME)
    assert not still & set(NOMINEES.values())
    assert not still & {keeper_of(case) for case in pairs}
    assert {file.title for file in files_of("identical-tie")} <= still
    assert tally.reasons[Reason.NO_KEEPER] == 2
    after = operator.state()
    for title in found:
        nominated, tagged = after[f"File:{title}"], before[f"File:{title}"]
        assert nominated.partition("\n")[2].replace(IDENTICAL, HOME) == tagged


def test_a_second_run_edits_nothing(operator: Operator) -> None:
    operator.wiki.fault("may-create")
    operator.confirm()
    (report,) = reports(operator)
    assert all(f"File:{title}" in report for title in NOMINEES.values())
    done, state = operator.edits(), operator.state()
    tally = operator.confirm()
    assert operator.edits() == done
    assert operator.state() == state
    assert tally.outcomes == {}
    operator.forget()
    operator.run("dod-resolution")
    operator.confirm()
    assert operator.state() == state


def test_without_the_template_nothing_is_nominated(operator: Operator) -> None:
    state = operator.state()
    tagging = replace(SETTINGS.tagging, duplicate_template=False)
    tally = operator.confirm(replace(SETTINGS, tagging=tagging))
    assert operator.state() == state
    assert tally.reasons[Reason.NOMINATION_OFF] == len(NOMINEES)
    (report,) = (operator.folder / "reports").glob("*.csv")
    rows = list(csv.DictReader(io.StringIO(report.read_text(encoding="utf-8"))))
    nominees = {row["title"] for row in rows if Reason.NOMINATION_OFF.sentence in row["outcome"]}
    assert nominees == set(NOMINEES.values())


def test_what_people_do_meanwhile_is_obeyed(operator: Operator) -> None:
    """An administrator deletes a nominee, a person reverts another, a keeper is overwritten."""
    before = operator.state()
    operator.confirm()
    wiki = operator.wiki
    deleted, reverted, orphan = (
        NOMINEES[f"identical-{what}"] for what in ("deleted", "reverted", "overwritten")
    )
    wiki.human("delete", f"File:{deleted}")
    wiki.human("edit", f"File:{reverted}", text=before[f"File:{reverted}"], summary="Not a duplicate")
    other = operator.folder / "other.jpg"
    other.write_bytes(jpeg(photo("coins.png").crop((0, 0, 200, 200)), "Other coins"))
    wiki.human("upload", f"File:{keeper_of('identical-overwritten')}", path=str(other))
    wiki.run_jobs()
    operator.confirm()
    state = operator.state()
    assert state[f"File:{reverted}"] == before[f"File:{reverted}"]
    assert f"{state[f'File:{orphan}']}\n" in before[f"File:{orphan}"]
    assert orphan not in operator.tagged(HOME) | operator.tagged(IDENTICAL)
    assert set(nominations(operator)) == set(NOMINEES.values()) - {deleted, reverted, orphan}
    done = operator.edits()
    operator.confirm()
    assert operator.edits() == done
    assert operator.state() == state
    operator.forget()
    operator.confirm()
    assert operator.state() == state


def test_half_a_pair_is_found_again(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed between the nomination and the release, the next run releases the keeper."""
    nominee, keeper = NOMINEES["identical-deleted"], keeper_of("identical-deleted")
    operator.confirm()
    whole = operator.state()
    tagged = f"{whole[f'File:{keeper}']}"
    home_line = next(
        line for line in whole[f"File:{nominee}"].splitlines() if line.startswith(f"[[{IDENTICAL}")
    ).replace(IDENTICAL, HOME)
    operator.wiki.human("edit", f"File:{keeper}", text=f"{tagged}\n{home_line}", summary="back")
    operator.forget()
    operator.confirm()
    assert operator.state() == whole


STEPS: tuple[tuple[type, str], ...] = (
    *((commons.Commons, name) for name in ("texts", "history", "preflight", "edit")),
    *((facts.FactReader, name) for name in ("members", "facts")),
    *((store.Store, name) for name in ("put", "keep_originals", "plan", "sent", "settle")),
)


def test_killed_between_two_steps_the_next_run_ends_the_same(operator: Operator) -> None:
    tagged = operator.state()
    operator.confirm()
    undisturbed = operator.state()
    stride = 3 if os.environ.get("FAEBOT_LONG") == "1" else 47
    killed = 0
    while True:
        operator.wiki.reset()
        operator.forget()
        operator.run("dod-resolution")
        assert operator.state() == tagged
        if not run_and_die(operator.confirm, STEPS, 1 + killed * stride):
            break
        killed += 1
        operator.confirm()
        assert operator.state() == undisturbed, f"killed before step {1 + (killed - 1) * stride}"
    assert killed * stride > 50


def test_a_partner_that_is_gone_ends_the_matter(operator: Operator) -> None:
    nominee, keeper = NOMINEES["exif-twin"], keeper_of("exif-twin")
    operator.wiki.human("delete", f"File:{nominee}")
    operator.confirm()
    assert keeper not in operator.tagged(HOME)
    assert keeper not in nominations(operator)


def test_the_duplicate_category_is_never_flooded(operator: Operator) -> None:
    room = replace(SETTINGS.tagging, duplicate_limit=3)
    tally = operator.confirm(replace(SETTINGS, tagging=room))
    assert len(operator.tagged("Category:Duplicate")) == 3
    assert tally.outcomes[Outcome.CAPPED] > 0
