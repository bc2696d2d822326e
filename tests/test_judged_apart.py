"""What reviewers judge on a real MediaWiki: the bot asks, hears, and asks again only for what is new."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from faebot_hash.adapters.index_reader import IndexReader
from faebot_hash.adapters.judgement_desk import JudgementDesk
from faebot_hash.adapters.review_reader import ReviewReader
from faebot_hash.cases import Case, CaseFile
from faebot_hash.judgements import Judged, Judgement, pair_of
from faebot_hash.reasons import Reason
from tests.operator import HOME, IDENTICAL, SETTINGS, Operator
from tests.practice.cases import files_of
from tests.practice.pages import CHECK_CATEGORY
from tests.practice.pictures import jpeg, photo
from tests.practice.wiki import PracticeWiki

pytestmark = pytest.mark.practice

CASE = "identical-reverted"
PAIR = {file.title for file in files_of(CASE)}
THIRD = "Cells, once more 130502-A-0000D-021.jpg"
LOOK_ONLY = replace(SETTINGS, tagging=replace(SETTINGS.tagging, duplicate_template=False))
SLICE = "dod-resolution"


class Reviewer:
    """A person at the review pages of an operator's store."""

    def __init__(self, operator: Operator) -> None:
        self._address = f"sqlite:///{operator.store}"

    def family(self) -> Case:
        """Open the family of the pair in the queue."""
        queue = ReviewReader(IndexReader(self._address, 10)).open_cases(100)
        (found,) = (case for case in queue if {file.title for file in case.files} >= PAIR)
        return found

    def waits_for(self) -> set[frozenset[str]]:
        """Tell which pairs of that family wait for a judgement, by titles."""
        case = self.family()
        titles = {file.sha1: file.title for file in case.files}
        judged = ReviewReader(IndexReader(self._address, 10)).judged(titles)
        waiting = {one.pair for one in case.pairs} - {row.pair for row in judged}
        return {frozenset(titles[sha1] for sha1 in pair) for pair in waiting}

    def judges(self, one: CaseFile, other: CaseFile, judgement: Judgement) -> None:
        """Send a verdict."""
        row = Judged(pair_of(one.sha1, other.sha1), judgement, "Reviewer", datetime.now(UTC), "seen")
        JudgementDesk(self._address).record([row])


@pytest.fixture
def operator(wiki: PracticeWiki, tmp_path: Path) -> Operator:
    operator = Operator(wiki, tmp_path)
    operator.run(SLICE)
    return operator


def seed_again(operator: Operator, title: str) -> None:
    """Let a person ask for another check of a file, so that the search looks around it again."""
    text = f"{operator.state()[f'File:{title}']}\n[[Category:{CHECK_CATEGORY}]]"
    operator.wiki.human("edit", f"File:{title}", text=text, summary="please check")
    operator.wiki.run_jobs()


def upload_third(operator: Operator, text: str) -> None:
    """Let a person upload the picture once more."""
    path = operator.folder / "third.jpg"
    path.write_bytes(jpeg(photo("ihc.png").crop((0, 0, 470, 410)), "Cells, once more"))
    operator.wiki.human("upload", f"File:{THIRD}", path=str(path), text=text)
    operator.wiki.run_jobs()


def test_the_bot_obeys_reviewers(operator: Operator) -> None:
    tagged = operator.state()
    reviewer = Reviewer(operator)
    operator.confirm(LOOK_ONLY)
    case = reviewer.family()
    assert {file.title for file in case.files} == PAIR
    assert any("nominations are switched off" in file.fate for file in case.files)
    assert [one.comparison.partition(":")[0] for one in case.pairs] == ["metadata only"]
    assert reviewer.waits_for() == {frozenset(PAIR)}

    reviewer.judges(*case.files, Judgement.NOT_DUPLICATES)
    operator.confirm(chosen=PAIR)
    assert operator.tagged(HOME).isdisjoint(PAIR)
    assert operator.tagged(IDENTICAL) == set()
    settled = operator.state()
    assert all(settled[f"File:{title}"] in tagged[f"File:{title}"] for title in PAIR)

    seed_again(operator, min(PAIR))
    before = operator.state()
    tally = operator.run(SLICE, revisit=True)
    assert tally.reasons[Reason.JUDGED_APART] == 2
    assert {title: text for title, text in operator.state().items() if before[title] != text} == {}

    upload_third(operator, before[f"File:{min(PAIR)}"])
    operator.run(SLICE, revisit=True)
    assert operator.tagged(HOME) >= PAIR | {THIRD}
    operator.confirm(chosen=PAIR)
    assert operator.tagged(IDENTICAL) == set(), "where people and pixels contradict each other, people decide"
    assert reviewer.waits_for() == {frozenset((THIRD, title)) for title in PAIR}

    files = {file.title: file for file in reviewer.family().files}
    for title in PAIR:
        reviewer.judges(files[THIRD], files[title], Judgement.DUPLICATES)
    operator.confirm(chosen=PAIR)
    assert operator.tagged(IDENTICAL) == {THIRD}
