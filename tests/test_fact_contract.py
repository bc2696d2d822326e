"""One suite on the fake wiki and on a real MediaWiki for what ``FactReader`` asks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from faebot_hash.adapters.answers import merged
from faebot_hash.adapters.commons import Commons
from faebot_hash.adapters.facts import VERSIONS_AT_ONCE, FactReader
from faebot_hash.family import Facts, Member
from faebot_hash.merit import Assessment
from faebot_hash.model import FileInfo
from faebot_hash.reasons import Reason, Skipped
from tests.fake_wiki.grounds import Ground, fake_ground, practice_ground, shape
from tests.fake_wiki.world import World
from tests.practice.wiki import PracticeWiki

pytest_plugins = ("tests.fake_wiki.fixtures",)

NOWHERE = 987_654
TEXT = """{{Own}} https://one.example/a [http://two.example/b c] {{Assessments|enwiki=1}}
[[Category:Seen|key]] [[Category:Faebot identified duplicates|0123]]"""


@pytest.fixture(params=["fake", pytest.param("practice", marks=pytest.mark.practice)])
def ground(request: pytest.FixtureRequest) -> Ground:
    if request.param == "practice":
        return practice_ground(request.getfixturevalue("wiki"))
    return fake_ground(request.getfixturevalue("world"), request.getfixturevalue("world_commons"))


@pytest.fixture
def reader(ground: Ground) -> FactReader:
    return FactReader(ground.commons._site)


def facts_of(reader: FactReader, ground: Ground) -> Facts:
    facts = reader.facts([ground.page_id])[ground.page_id]
    assert isinstance(facts, Facts)
    return facts


def page_ids(ground: Ground, *titles: str) -> list[int]:
    told = ground.wiki.reader().get(action="query", titles="|".join(titles))
    return [page["pageid"] for page in told["query"]["pages"]]


def test_a_page_is_told_as_people_wrote_it(ground: Ground, reader: FactReader) -> None:
    ground.says(TEXT)
    ground.wiki.human("edit", ground.title.replace("File:", "File talk:"), text="{{Kept}}")
    ground.wiki.human("append", ground.partner, text=f"\n[[:{ground.title}]]")
    ground.wiki.human("edit", "Gallery", text=f"[[{ground.title}]] [[:{ground.title}]]")
    facts = facts_of(reader, ground)
    (file,) = ground.commons.files([ground.page_id])
    assert isinstance(file, FileInfo)
    assert (facts.file, facts.page.text, facts.page.revid) == (file, TEXT, ground.page.revid)
    assert (facts.first_uploaded, facts.versions) == (file.uploaded, 1)
    assert facts.templates == {"Own", "Assessments"}
    assert facts.talk_templates == {"Kept"}
    assert facts.categories == {"Seen", "Faebot identified duplicates"}
    assert facts.hidden_categories == {"Faebot identified duplicates"}
    assert facts.links == {"https://one.example/a", "http://two.example/b"}
    assert facts.linked_from == {ground.partner.removeprefix("File:")}
    assert facts.assessments == {Assessment.FEATURED}
    assert (facts.global_usage, facts.statements, facts.protection) == (0, 0, "")


def test_a_file_that_shows_another_is_named_once(ground: Ground, reader: FactReader) -> None:
    ground.wiki.human("edit", ground.partner, text=f"[[{ground.title}|thumb]] [[:{ground.title}]]")
    ground.says(f"[[{ground.title}]] [[:{ground.title}]]")
    assert facts_of(reader, ground).linked_from == {ground.partner.removeprefix("File:")}


def test_a_redirect_is_nobody_who_links(ground: Ground, reader: FactReader) -> None:
    ground.wiki.human("move", ground.title, to="File:Moved.jpg")
    facts = facts_of(reader, ground)
    assert facts.file.title == "Moved.jpg"
    assert facts.linked_from == frozenset()
    (redirect,) = page_ids(ground, ground.title)
    told = reader.facts([redirect, NOWHERE])
    reasons = [one.reason for one in told.values() if isinstance(one, Skipped)]
    assert reasons == [Reason.REDIRECT, Reason.MISSING]


def test_use_and_statements_are_counted(ground: Ground, reader: FactReader) -> None:
    ground.wiki.usage(ground.title, ["en.wikipedia.org:A", "de.wikipedia.org:Talk:A", "127.0.0.1:B"])
    ground.wiki.statements(ground.title, 7)
    ground.wiki.statements(ground.partner, 0)
    facts = facts_of(reader, ground)
    assert (facts.global_usage, facts.statements) == (2, 7)
    (partner,) = page_ids(ground, ground.partner)
    told = reader.facts([partner])[partner]
    assert isinstance(told, Facts)
    assert (told.global_usage, told.statements) == (0, 0)
    ground.wiki.usage(ground.title, [])
    ground.wiki.statements(ground.title, None)
    assert facts_of(reader, ground).statements == 0


def test_a_wiki_without_the_modules_tells_neither(ground: Ground, reader: FactReader) -> None:
    ground.wiki.fault("core-only")
    facts = facts_of(reader, ground)
    assert (facts.global_usage, facts.statements) == (None, None)


def test_an_overwritten_and_protected_file(ground: Ground, reader: FactReader, tmp_path: Path) -> None:
    first = facts_of(reader, ground)
    if isinstance(ground.wiki, World):
        ground.wiki.clock.advance(5)
    Image.new("RGB", (300, 200), (200, 0, 0)).save(tmp_path / "new.jpg")
    ground.wiki.human("upload", ground.title, path=str(tmp_path / "new.jpg"))
    ground.wiki.human("protect", ground.title)
    (partner,) = page_ids(ground, ground.partner)
    for ids in ([ground.page_id], [ground.page_id, partner]):
        facts = reader.facts(ids)[ground.page_id]
        assert isinstance(facts, Facts)
        assert (facts.versions, facts.protection) == (2, "sysop")
        assert facts.first_uploaded == first.file.uploaded < facts.file.uploaded
        assert facts.file.width_px == 300


def test_members_come_with_their_sort_keys(ground: Ground, reader: FactReader) -> None:
    ground.says(TEXT)
    ground.wiki.human("append", ground.partner, text="\n[[Category:Seen]]")
    ground.wiki.human("edit", "Gallery", text="[[Category:Seen]]")
    (partner,) = page_ids(ground, ground.partner)
    assert set(reader.members("Seen")) == {
        Member(ground.page_id, ground.title.removeprefix("File:"), "key"),
        Member(partner, ground.partner.removeprefix("File:"), ""),
    }
    assert list(reader.members("No such category")) == []


def test_the_parts_of_an_answer_are_joined_list_by_list() -> None:
    head = {"pageid": 7, "ns": 6, "title": "File:A.jpg"}
    parts: list[dict[str, Any]] = [
        {"curtimestamp": "early", "query": {"pages": [{**head, "links": [1], "length": 3}]}},
        {"curtimestamp": "late", "query": {"pages": [{**head, "links": [2, 3], "uses": [4]}]}},
        {"curtimestamp": "later", "query": {}},
    ]
    whole = {**head, "length": 3, "links": [1, 2, 3], "uses": [4], "read_at": "early"}
    assert merged(parts) == {7: whole}
    assert parts[0]["query"]["pages"][0]["links"] == [1], "the answer itself stays as it was"


LISTS = [
    ("templates", "tl", "title"),
    ("categories", "cl", "title"),
    ("extlinks", "el", "url"),
    ("globalusage", "gu", "title"),
]


@pytest.mark.parametrize(("prop", "prefix", "field"), LISTS)
def test_a_list_goes_on_until_it_is_whole(ground: Ground, prop: str, prefix: str, field: str) -> None:
    ground.says("{{One}} {{Two}} {{Six}} http://a.example/ http://b.example/ [[Category:X]] [[Category:Y]]")
    ground.wiki.usage(ground.title, ["en.wikipedia.org:A", "de.wikipedia.org:A B", "fr.wikipedia.org:C"])
    asked = {"prop": f"info|{prop}", f"{prefix}limit": 1}
    whole = ground.first(**{**asked, f"{prefix}limit": "max"})[prop]
    found: list[str] = []
    more: dict[str, Any] = {}
    for turn in range(len(whole)):
        told = ground.asked(**asked, **more)
        (page,) = told["query"]["pages"]
        assert ("touched" in page) == (turn == 0), "what is told whole is not told again"
        found += [one[field] for one in page.get(prop, [])]
        more = told.get("continue", {})
        assert more.get("continue", "||info") == "||info"
    assert more == {}
    assert found == [one[field] for one in whole]
    assert len(set(found)) == len(found) >= 2


def test_a_category_goes_on_until_it_is_whole(ground: Ground) -> None:
    for title in (ground.title, ground.partner):
        ground.wiki.human("append", title, text="\n[[Category:Seen]]")
    asked = {"action": "query", "list": "categorymembers", "cmtitle": "Category:Seen", "cmlimit": 1}
    first = ground.wiki.reader().get(**asked, cmtype="file")
    rest = ground.wiki.reader().get(**asked, cmtype="file", **first["continue"])
    assert "continue" not in rest
    titles = [one["title"] for part in (first, rest) for one in part["query"]["categorymembers"]]
    assert sorted(titles) == sorted([ground.title, ground.partner])


def test_of_several_files_a_long_history_is_cut_without_a_word(ground: Ground, tmp_path: Path) -> None:
    if isinstance(ground.wiki, World):
        ground.wiki.clock.advance(5)
    Image.new("RGB", (300, 200), (200, 0, 0)).save(tmp_path / "new.jpg")
    ground.wiki.human("upload", ground.title, path=str(tmp_path / "new.jpg"))
    asked = {"action": "query", "prop": "imageinfo", "iiprop": "timestamp", "iilimit": 1}
    alone = ground.wiki.reader().get(**asked, titles=ground.title)
    assert "iistart" in alone["continue"]
    several = ground.wiki.reader().get(**asked, titles=f"{ground.title}|{ground.partner}")
    assert "continue" not in several
    assert [len(page["imageinfo"]) for page in several["query"]["pages"]] == [1, 1]


def test_a_history_of_any_length_is_counted(world: World, world_commons: Commons) -> None:
    ground = fake_ground(world, world_commons)
    page = world.state.pages[ground.page_id]
    (first,) = page.uploads
    count = 2 * VERSIONS_AT_ONCE + 7
    uploads = [replace(first, timestamp=first.timestamp + timedelta(seconds=n)) for n in range(count)]
    world.state.pages[ground.page_id] = replace(page, uploads=tuple(uploads))
    (partner,) = page_ids(ground, ground.partner)
    for ids in ([ground.page_id], [ground.page_id, partner]):
        facts = FactReader(world_commons._site).facts(ids)
        told, other = facts[ground.page_id], facts[ids[-1]]
        assert isinstance(told, Facts)
        assert isinstance(other, Facts)
        assert (told.versions, told.first_uploaded) == (count, first.timestamp)
        assert told.file.uploaded == uploads[-1].timestamp
        assert len(ids) == 1 or other.versions == 1


SHAPES: list[dict[str, Any]] = [
    {"prop": "templates"},
    {"prop": "categories", "clprop": "hidden"},
    {"prop": "extlinks"},
    {"prop": "linkshere", "lhnamespace": 6, "lhprop": "title"},
    {"prop": "fileusage", "funamespace": 6, "fuprop": "title"},
    {"prop": "globalusage"},
    {"prop": "imageinfo", "iiprop": "timestamp", "iilimit": 3},
    {"prop": "nothing"},
    {"list": "categorymembers", "cmtitle": "Category:Seen", "cmprop": "ids|title|sortkeyprefix"},
    {"action": "wbgetentities", "props": "claims"},
]


@pytest.mark.practice
@pytest.mark.parametrize("asked", SHAPES, ids=lambda asked: "-".join(map(str, asked.values()))[:40])
def test_the_same_shape_from_both(
    world: World, world_commons: Commons, wiki: PracticeWiki, asked: dict[str, Any]
) -> None:
    shapes = []
    for ground in (fake_ground(world, world_commons), practice_ground(wiki)):
        ground.says(TEXT)
        ground.wiki.human("edit", ground.partner, text=f"[[{ground.title}]] [[:{ground.title}]]")
        ground.wiki.usage(ground.title, ["en.wikipedia.org:A"])
        ground.wiki.statements(ground.title, 1)
        if asked.get("action") == "wbgetentities":
            (partner,) = page_ids(ground, ground.partner)
            told = ground.wiki.reader().get(**asked, ids=f"M{ground.page_id}|M{partner}")
            entities = told.pop("entities")
            shapes.append((shape(told), [_shape_of_entity(one) for one in entities.values()]))
        else:
            shapes.append(shape(ground.asked(**asked)))
    assert shapes[0] == shapes[1]


def _shape_of_entity(entity: dict[str, Any]) -> Any:
    statements = [one for of_property in entity.get("statements", {}).values() for one in of_property]
    for statement in statements:
        statement["mainsnak"].pop("datavalue", None)
    return shape({**entity, "statements": statements})
