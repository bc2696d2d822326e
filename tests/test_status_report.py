"""The page that tells how the bot is doing, on a real wiki."""

from __future__ import annotations

from pathlib import Path

import pytest
import pywikibot

from faebot_hash.adapters.store import Store
from faebot_hash.edits import Kind, Outcome, Published
from faebot_hash.errors import StoppedError
from faebot_hash.session import Session
from faebot_hash.status_report import write_status
from tests.operator import SETTINGS, Operator
from tests.practice.wiki import PracticeWiki

pytestmark = pytest.mark.practice

TITLE = "User:PracticeBot/Status"


@pytest.fixture
def operator(wiki: PracticeWiki, tmp_path: Path) -> Operator:
    return Operator(wiki, tmp_path)


def written(operator: Operator, said: list[str] | None = None, folder: Path | None = None) -> Published:
    say = (lambda line: None) if said is None else said.append
    url = f"sqlite:///{operator.store}"
    with Session(
        pywikibot.Site(), SETTINGS, "status", confirm=lambda proposal: False, say=say, store_url=url
    ) as session:
        (published,) = write_status(session, folder)
        return published


def test_it_is_written_where_there_is_news(operator: Operator) -> None:
    operator.wiki.fault("may-create")
    operator.run("fleuron")
    tagged = operator.edits()
    assert written(operator).outcome is Outcome.EDITED
    (text,) = operator.pages("PracticeBot/Status").values()
    assert f"| tagged || {tagged} || 0" in text
    assert written(operator).outcome is Outcome.NOTHING_TO_DO
    # A person takes a tag off: one of the last edits is reverted.
    with Store.open(f"sqlite:///{operator.store}", write=False) as store:
        title = store.rows(kind=Kind.IDENTIFIED)[0].intent.full_title
    operator.wiki.human("revert", title)
    operator.wiki.run_jobs()
    assert written(operator).outcome is Outcome.EDITED
    (text,) = operator.pages("PracticeBot/Status").values()
    assert f"| tagged || {tagged} || 1" in text


def test_an_account_that_may_not_make_it_hands_it_over(operator: Operator, tmp_path: Path) -> None:
    said: list[str] = []
    assert written(operator, said).outcome is Outcome.CANNOT_CREATE
    assert f"Make the page {TITLE} with this text" in "\n".join(said)
    assert written(operator, folder=tmp_path / "out").outcome is Outcome.CANNOT_CREATE
    (file,) = (tmp_path / "out").iterdir()
    operator.wiki.human("edit", TITLE, text=file.read_text())
    # What was refused is no row that the page tells of.
    assert written(operator).outcome is Outcome.NOTHING_TO_DO


def test_it_obeys_the_run_page(operator: Operator) -> None:
    operator.wiki.human("edit", "User:PracticeBot/Run", text="no")
    with pytest.raises(StoppedError):
        written(operator)
    assert operator.edits() == 0
