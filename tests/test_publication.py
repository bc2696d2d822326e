"""Reports of confirming: published when there is news, index last, handed over where pages cannot be made."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from faebot_hash.edits import Applied, Outcome
from faebot_hash.errors import WikiError
from faebot_hash.preflight import Account
from faebot_hash.publication import Publication
from faebot_hash.reasons import Reason, Skipped
from tests.fakes import RUN_PAGE
from tests.living_wiki import Picture
from tests.test_confirm import Scene
from tests.walks import MemorySession

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
TITLE = "User:PracticeBot/Confirmed/"


@pytest.fixture
def scene() -> Scene:
    """Give a pair that the scores leave to people, so that nothing is edited."""
    return Scene((0, 0), (2, 2))


def publication(scene: Scene, run: str = "first", **of_session: object) -> Publication:
    """Have a run look into the family, with nothing carried out."""
    session = MemorySession(scene)
    session.run = session.editor.run = run
    for name, value in of_session.items():
        setattr(session, name, value)
    return Publication(session, AT, [(scene.family(), ())])


def published(scene: Scene) -> list[str]:
    """Name the report pages, the oldest first."""
    return [title.removeprefix(TITLE) for title in scene.wiki.others]


def test_a_first_report_is_news_and_the_same_again_is_none(scene: Scene) -> None:
    publication(scene).publish(None)
    publication(scene, "second").publish(None)
    assert published(scene) == ["first"]
    assert "Crab 1.jpg" in scene.wiki.others[TITLE + "first"][-1][1]


def test_other_bytes_are_news(scene: Scene) -> None:
    publication(scene).publish(None)
    scene.wiki.overwrite(2, Picture(0, variant=9))
    publication(scene, "second").publish(None)
    assert published(scene) == ["first", "second"]


@pytest.mark.parametrize("outcome", list(Outcome))
def test_only_edits_are_news_of_files_that_are_known(scene: Scene, outcome: Outcome) -> None:
    publication(scene).publish(None)
    second = publication(scene, "second")
    (finding,) = second.findings
    nominated = Scene().nomination()
    second.findings = [(finding[0], [Applied(replace(nominated, file=scene.wiki.known[1]), outcome)])]
    second.publish(None)
    assert published(scene) == (["first", "second"] if outcome is Outcome.EDITED else ["first"])


def test_files_that_stand_alone_are_no_news_unless_edited(scene: Scene) -> None:
    publication(scene).publish(None)
    second = publication(scene, "second")
    second.alone = [Skipped("Elsewhere.jpg", Reason.NO_HASH_KEY)]
    second.publish(None)
    assert published(scene) == ["first"]
    second.alone.append(Applied(Scene().nomination(), Outcome.EDITED))
    second.publish(None)
    assert published(scene) == ["first", "second"]


def test_no_files_are_no_news(scene: Scene) -> None:
    Publication(MemorySession(scene), AT).publish(None)
    assert published(scene) == []


def test_a_lost_store_tells_again(scene: Scene) -> None:
    publication(scene).publish(None)
    scene._lose_store()
    scene.confirmer = scene.confirming()
    publication(scene, "second").publish(None)
    assert published(scene) == ["first", "second"]


def test_another_scripts_report_is_not_the_last(scene: Scene) -> None:
    publication(scene).publish(None)
    others = MemorySession(scene)
    others.run = others.editor.run = "near"
    others.editor.publish("User:PracticeBot/Near matches/noaa", "Nothing near.", "report")
    publication(scene, "second").publish(None)
    assert published(scene) == ["first", "User:PracticeBot/Near matches/noaa"]


def test_a_report_that_lost_its_index_is_not_the_last(scene: Scene) -> None:
    one = publication(scene)
    part = "User:PracticeBot/Confirmed/first/1"
    one.session.editor.publish(part, "".join(file.sha1 for file in scene.family().family.files), "report")
    publication(scene, "second").publish(None)
    assert published(scene) == ["first/1", "second"]


def test_simulation_publishes_nothing(scene: Scene) -> None:
    publication(scene, simulate=True).publish(None)
    assert published(scene) == []


def test_the_index_comes_last() -> None:
    scene = Scene((0, 0), (2, 2))
    one = publication(scene)
    confirm = replace(scene.settings.confirm, report_bytes=20_000)
    one.session.settings = replace(scene.settings, confirm=confirm)
    one.findings = one.findings * 60
    one.publish(None)
    assert len(published(scene)) > 2
    assert published(scene)[-1] == "first"
    index = scene.wiki.others[TITLE + "first"][-1][1]
    assert all(
        f"{TITLE}{part}" in index or f"/{part.partition('/')[2]}" in index for part in published(scene)[:-1]
    )


def test_a_report_that_ends_before_its_index_is_told_again_by_the_next_run() -> None:
    scene = Scene((0, 0), (2, 2))
    one = publication(scene)
    scene.wiki.run_page = replace(RUN_PAGE, text="stop")
    with pytest.raises(WikiError, match=r"Confirmed/first: .*run again later"):
        one.publish(None)
    assert published(scene) == []
    scene.wiki.run_page = RUN_PAGE
    publication(scene, "second").publish(None)
    assert published(scene) == ["second"]


@pytest.mark.parametrize("has_folder", [True, False])
def test_pages_that_cannot_be_made_are_handed_over(scene: Scene, tmp_path: Path, has_folder: bool) -> None:
    said: list[str] = []
    scene.wiki.account = Account("PracticeBot", frozenset({"edit", "bot"}))
    publication(scene, say=said.append).publish(tmp_path if has_folder else None)
    assert published(scene) == []
    assert any(f"Make the page {TITLE}first" in line for line in said)
    files = list(tmp_path.glob("*.wikitext"))
    text = files[0].read_text(encoding="utf-8") if has_folder else said[-1]
    assert "Crab 1.jpg" in text
    assert [path.name for path in files] == (["PracticeBot-Confirmed-first.wikitext"] if has_folder else [])


def test_files_for_people_and_programs(scene: Scene, tmp_path: Path) -> None:
    one = publication(scene)
    one.write(tmp_path / "new" / "folder")
    folder = tmp_path / "new" / "folder"
    (line,) = (folder / "first.jsonl").read_text(encoding="utf-8").splitlines()
    assert "Crab 1.jpg" in json.dumps(json.loads(line))
    with (folder / "first.csv").open(encoding="utf-8", newline="") as file:
        assert [row["title"] for row in csv.DictReader(file)] == ["Crab 1.jpg", "Crab 2.jpg"]
