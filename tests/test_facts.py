"""What the wiki tells of a file, read from a real MediaWiki."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import pywikibot
from PIL import Image

from faebot_hash.adapters.commons import Commons
from faebot_hash.adapters.facts import FactReader
from faebot_hash.adapters.queries import BATCH
from faebot_hash.family import Facts, Member
from faebot_hash.merit import Assessment
from faebot_hash.model import FileInfo, PageText
from faebot_hash.reasons import Reason, Skipped
from tests.practice.cases import case_files
from tests.practice.wiki import PracticeWiki

pytestmark = pytest.mark.practice

TITLE, OTHER = (one.title for one in case_files()[:2])
PAGE = f"File:{TITLE}"
EVERYTHING = "filemime:image"


@pytest.fixture
def commons(wiki: PracticeWiki) -> Commons:
    commons = Commons(pywikibot.Site())
    commons.prepare()
    return commons


@pytest.fixture
def reader(commons: Commons) -> FactReader:
    return FactReader(pywikibot.Site())


@pytest.fixture
def page_id(wiki: PracticeWiki) -> int:
    told = wiki.reader().get(action="query", titles=PAGE)
    return int(told["query"]["pages"][0]["pageid"])


def facts_of(reader: FactReader, page_id: int) -> Facts:
    facts = reader.facts([page_id])[page_id]
    assert isinstance(facts, Facts)
    return facts


def test_file_and_page_are_those_of_the_other_reader(
    reader: FactReader, commons: Commons, page_id: int
) -> None:
    ids = commons.search(EVERYTHING).page_ids
    facts = reader.facts(ids)
    texts = commons.texts(ids)
    for file in commons.files(ids):
        assert isinstance(file, FileInfo)
        told, text = facts[file.page_id], texts[file.page_id]
        assert isinstance(told, Facts)
        assert isinstance(text, PageText)
        assert told.file == file
        assert (told.page.text, told.page.revid) == (text.text, text.revid)
        assert told.page.read_at
        assert told.first_uploaded == file.uploaded
        assert (told.versions, told.protection) == (1, "")


def test_templates_categories_and_links_are_told(
    reader: FactReader, wiki: PracticeWiki, page_id: int
) -> None:
    wiki.human("edit", "Template:Within", text="{{own}}[[Category:By template]]")
    text = (
        "{{within}} {{int:x}} https://one.example/a [http://two.example b] "
        "[[Category:Seen]][[Category:Faebot identified duplicates]]"
    )
    wiki.human("edit", PAGE, text=text)
    wiki.human("edit", f"File talk:{TITLE}", text="{{kept}}")
    facts = facts_of(reader, page_id)
    assert facts.templates == {"Within", "Own"}
    assert facts.talk_templates == {"Kept"}
    assert facts.categories == {"By template", "Seen", "Faebot identified duplicates"}
    assert facts.hidden_categories == {"Faebot identified duplicates"}
    assert facts.links == {"https://one.example/a", "http://two.example/"}


def test_all_versions_are_counted(
    reader: FactReader, wiki: PracticeWiki, page_id: int, tmp_path: Path
) -> None:
    before = facts_of(reader, page_id)
    for level in (10, 200):
        Image.new("RGB", (300, 200), (level, 0, 0)).save(tmp_path / f"{level}.jpg")
        wiki.human("upload", PAGE, path=str(tmp_path / f"{level}.jpg"))
        time.sleep(1.1)  # MediaWiki names old versions by the second
    alone = facts_of(reader, page_id)
    ids = [page_id, *(member for member in range(1, 60) if member != page_id)]
    among = reader.facts(ids)[page_id]
    assert isinstance(among, Facts)
    for after in (alone, among):
        assert after.versions == 3
        assert after.first_uploaded == before.first_uploaded == before.file.uploaded
        assert after.file.sha1 != before.file.sha1
        assert after.file.width_px == 300
        assert after.file.uploaded > before.file.uploaded


def test_other_files_that_link_or_show_are_named(
    reader: FactReader, wiki: PracticeWiki, page_id: int
) -> None:
    assert facts_of(reader, page_id).linked_from == frozenset()
    wiki.human("append", f"File:{OTHER}", text=f"\n[[:{PAGE}]]")
    third = case_files()[2].title
    wiki.human("append", f"File:{third}", text=f"\n[[{PAGE}|thumb]]")
    wiki.human("append", PAGE, text=f"\n[[:{PAGE}]] [[{PAGE}]]")
    wiki.human("edit", "Gallery", text=f"[[{PAGE}]] [[:{PAGE}]]")
    assert facts_of(reader, page_id).linked_from == {OTHER, third}


@pytest.mark.parametrize(
    ("text", "assessments"),
    [
        ("nothing", frozenset()),
        ("{{Assessments|featured=1|quality=1}}", {Assessment.FEATURED, Assessment.QUALITY}),
        ("[[Category:Valued images by Somebody]]", {Assessment.VALUED}),
        ("{{Around}}", {Assessment.VALUED}),
    ],
)
def test_assessments_are_told(
    reader: FactReader, wiki: PracticeWiki, page_id: int, text: str, assessments: frozenset[Assessment]
) -> None:
    wiki.human("edit", "Template:Around", text="{{Assessments|valued=1|featured=2}}")
    wiki.human("edit", PAGE, text=text)
    assert facts_of(reader, page_id).assessments == assessments


def test_protection_is_told(reader: FactReader, wiki: PracticeWiki, page_id: int) -> None:
    wiki.human("protect", PAGE)
    assert facts_of(reader, page_id).protection == "sysop"


def test_what_is_gone_redirected_or_no_file_is_passed_over(
    reader: FactReader, wiki: PracticeWiki, page_id: int
) -> None:
    wiki.human("edit", "File:Without a file.jpg", text="words")
    wiki.human("move", PAGE, to="File:Moved.jpg")
    told = wiki.reader().get(action="query", titles=f"{PAGE}|File:Without a file.jpg|Main Page")
    ids = {page["title"]: page["pageid"] for page in told["query"]["pages"]}
    facts = reader.facts([*ids.values(), 987_654, page_id])
    reasons = {one: each.reason for one, each in facts.items() if isinstance(each, Skipped)}
    assert reasons == {
        ids[PAGE]: Reason.REDIRECT,
        ids["File:Without a file.jpg"]: Reason.MISSING,
        ids["Main Page"]: Reason.MISSING,
        987_654: Reason.MISSING,
    }
    moved = facts[page_id]
    assert isinstance(moved, Facts)
    assert moved.file.title == "Moved.jpg"


def test_members_have_their_sort_keys(reader: FactReader, wiki: PracticeWiki, page_id: int) -> None:
    wiki.human("edit", PAGE, text="[[Category:Bin|0123abcd]]")
    wiki.human("edit", "Not a file", text="[[Category:Bin]]")
    wiki.human("append", f"File:{OTHER}", text="[[Category:Bin]]")
    members = {member.title: member for member in reader.members("Bin")}
    assert members.keys() == {TITLE, OTHER}
    assert members[TITLE] == Member(page_id, TITLE, "0123abcd")
    assert members[OTHER].key == ""
    assert list(reader.members("No such category")) == []


def test_use_and_statements_are_counted(reader: FactReader, wiki: PracticeWiki, page_id: int) -> None:
    facts = facts_of(reader, page_id)
    assert (facts.global_usage, facts.statements) == (0, 0)
    wiki.usage(PAGE, ["en.wikipedia.org:Article", "de.wikipedia.org:Artikel: Teil 2", "127.0.0.1:Here"])
    wiki.statements(PAGE, 9)
    wiki.statements(f"File:{OTHER}", 0)
    facts = facts_of(reader, page_id)
    assert (facts.global_usage, facts.statements) == (2, 9)
    other = next(
        member for member in reader.members("Images from DoD uploaded by Fæ") if member.title == OTHER
    )
    assert facts_of(reader, other.page_id).statements == 0


@pytest.mark.parametrize("by_get", [False, True], ids=["POST", "GET"])
def test_a_wiki_of_mediawiki_alone_tells_neither_use_nor_statements(
    reader: FactReader, wiki: PracticeWiki, page_id: int, monkeypatch: pytest.MonkeyPatch, by_get: bool
) -> None:
    # Pywikibot asks by GET, as it does over TLS, only for modules that it has looked up.
    monkeypatch.setattr(pywikibot.config, "enable_GET_without_SSL", by_get)
    wiki.fault("core-only")
    facts = facts_of(reader, page_id)
    assert (facts.global_usage, facts.statements) == (None, None)
    assert facts.templates


def test_long_answers_are_read_to_their_end(
    reader: FactReader, commons: Commons, wiki: PracticeWiki, page_id: int
) -> None:
    # The bot gets 5,000 of a kind at once, counted over all pages that it asks about.
    numbers = range(5_200)
    links = "\n".join(f"http://{number}.example/" for number in numbers)
    categories = "".join(f"[[Category:Number {number}]]" for number in numbers)
    wiki.human("edit", PAGE, text=f"{links}\n\n{categories} {{{{own}}}}")
    wiki.usage(PAGE, [f"en.wikipedia.org:Page {number}" for number in numbers])
    ids = commons.search(EVERYTHING).page_ids
    before = reader.requests
    facts = reader.facts(ids)
    assert reader.requests - before > 5
    told = facts[page_id]
    assert isinstance(told, Facts)
    assert told.links == {f"http://{number}.example/" for number in numbers}
    assert told.categories == {f"Number {number}" for number in numbers}
    assert told.global_usage == len(numbers)
    assert told.templates == {"Own"}
    for one in ids:
        others = facts[one]
        assert isinstance(others, Facts)
        assert others.versions == 1
        if one != page_id:
            assert others.templates, others.file.title
            assert others.global_usage == 0


def test_a_batch_costs_five_requests(reader: FactReader, commons: Commons) -> None:
    ids = [*commons.search(EVERYTHING).page_ids[:30], *range(900_000, 900_000 + BATCH)]
    before = reader.requests
    told = reader.facts([*ids, *ids])
    assert list(told) == ids
    assert reader.requests - before == 5 + 1, "of the second batch nothing is there"
