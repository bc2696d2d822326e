"""Runs of near_matches on a real MediaWiki: the pairs of a brute force, one page, and silence afterwards."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from faebot_hash.adapters.judgement_desk import JudgementDesk
from faebot_hash.errors import SettingsError
from faebot_hash.judgements import Judged, Judgement, pair_of
from faebot_hash.near import NearFound
from faebot_hash.near_pairs import NearPair
from faebot_hash.reasons import Reason, Skipped
from faebot_hash.settings import NearSettings, Settings
from tests.operator import SETTINGS, Operator
from tests.practice.brute_force import near_served
from tests.practice.wiki import PracticeWiki

pytestmark = pytest.mark.practice

WIDE = replace(SETTINGS, near=NearSettings(phash_bits=12, dhash_bits=12))
PAGES = "PracticeBot/Near matches/"


@pytest.fixture
def operator(wiki: PracticeWiki, tmp_path: Path) -> Operator:
    wiki.fault("may-create")
    return Operator(wiki, tmp_path)


def pairs(found: list[NearFound | Skipped]) -> list[NearPair]:
    return [pair for one in found if isinstance(one, NearFound) for pair in one.pairs]


@pytest.mark.parametrize("chosen", [SETTINGS, WIDE], ids=["default", "wide"])
@pytest.mark.parametrize("name", ["fleuron", "noaa"])
def test_the_pairs_are_those_of_a_brute_force(operator: Operator, name: str, chosen: Settings) -> None:
    found = pairs(operator.near(name, chosen))
    query, near = SETTINGS.collection_named(name).query, chosen.near
    told = {
        frozenset((pair.first.file.title, pair.second.file.title)): (pair.phash_bits, pair.dhash_bits)
        for pair in found
    }
    assert told == near_served(operator.wiki.reader(), query, near.phash_bits, near.dhash_bits)
    assert len(told) == len(found)
    assert told or (name, chosen) != ("fleuron", WIDE)


def test_what_people_keep_apart_is_no_pair(operator: Operator) -> None:
    first, *others = pairs(operator.near("fleuron", WIDE, publish=False))
    judged = pair_of(first.first.file.sha1, first.second.file.sha1)
    at = datetime.now(UTC)
    JudgementDesk(f"sqlite:///{operator.store}").record(
        [Judged(judged, Judgement.OTHER_VERSION, "Reviewer", at)]
    )
    left = pairs(operator.near("fleuron", WIDE, publish=False))
    assert {one.page_ids for one in left} == {
        one.page_ids for one in others if pair_of(one.first.file.sha1, one.second.file.sha1) != judged
    }


@pytest.mark.spec("9.1")
def test_a_page_is_written_once_and_only_for_news(operator: Operator) -> None:
    before = operator.state()
    operator.near("fleuron", WIDE)
    (title,) = pages = operator.pages(PAGES)
    text = pages[title]
    assert title == f"{PAGES}fleuron"
    assert text.count("<gallery") == text.count("|Primary, uploaded 2017-03-0") > 0
    done = operator.edits()
    assert done == 1
    operator.near("fleuron", WIDE)
    assert operator.edits() == done
    operator.near("fleuron")
    assert operator.pages(PAGES)[title] != text
    assert operator.state() == before, "no file page is ever edited"


def test_what_else_speaks_against_a_tag_is_told(operator: Operator) -> None:
    operator.run("fleuron")
    (found,) = operator.near("fleuron", WIDE)
    assert isinstance(found, NearFound)
    tagged = {title for title in operator.tagged() if "Fleuron" in title}
    noted = {
        pair.first.file.title
        for pair in found.pairs
        if (note := found.note(pair.first.file.page_id)) and note.reason is Reason.ALREADY_TAGGED
    }
    assert noted == tagged & {pair.first.file.title for pair in found.pairs}
    assert noted
    title = next(iter(tagged))
    operator.wiki.human("edit", f"File:{title}", text="A fleuron.", summary="no duplicate")
    (found,) = operator.near("fleuron", WIDE)
    assert isinstance(found, NearFound)
    assert Reason.REMOVED_BY_HUMAN in {note.reason for note in (found.notes or {}).values()}


def test_reports_for_programs(operator: Operator) -> None:
    paths = {kind: operator.folder / f"near.{kind}" for kind in ("csv", "jsonl", "wikitext")}
    for path in paths.values():
        found = operator.near("fleuron", WIDE, publish=False, report_file=path)
    assert operator.edits() == 0
    with paths["csv"].open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    objects = [json.loads(line) for line in paths["jsonl"].read_text(encoding="utf-8").splitlines()]
    expected = [(*pair.page_ids, pair.phash_bits, pair.dhash_bits) for pair in pairs(found)]
    assert [
        (int(row["page_id_a"]), int(row["page_id_b"]), int(row["phash_distance"]), int(row["dhash_distance"]))
        for row in rows
    ] == expected
    assert [
        (one["first"]["page_id"], one["second"]["page_id"], one["phash_bits"], one["dhash_bits"])
        for one in objects
    ] == expected
    assert "<gallery" in paths["wikitext"].read_text(encoding="utf-8")
    with pytest.raises(SettingsError, match="the name ends with"):
        operator.near("fleuron", report_file=operator.folder / "near.txt")


def test_a_shorter_report_says_of_its_old_parts_that_they_are_not_needed(operator: Operator) -> None:
    for number in (2, 3):
        operator.wiki.human("edit", f"User:{PAGES}fleuron/{number}", text="an old part")
    operator.near("fleuron", WIDE)
    assert {title: "not needed" in text for title, text in operator.pages(PAGES).items()} == {
        f"{PAGES}fleuron": False,
        f"{PAGES}fleuron/2": True,
        f"{PAGES}fleuron/3": True,
    }


def test_simulation_writes_nothing(operator: Operator) -> None:
    operator.near("fleuron", WIDE, simulate=True)
    assert operator.edits() == 0


def test_an_incomplete_search_is_told_and_no_verdict(operator: Operator) -> None:
    operator.wiki.fault("search-warning", 1)
    (skipped,) = operator.near("fleuron", WIDE)
    assert isinstance(skipped, Skipped)
    assert "could not be compared" in operator.pages(PAGES)[f"{PAGES}fleuron"]
