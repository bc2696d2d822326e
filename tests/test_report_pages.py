"""A report page on a real wiki: what MediaWiki keeps of it, and what it makes of it."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest

from faebot_hash.confirm_pages import pages
from faebot_hash.dossier import Finding
from faebot_hash.family import Confirmed, Family, Identity
from faebot_hash.likeness import Comparison, Original, Verdict
from faebot_hash.reasons import Reason, Skipped
from faebot_hash.settings import ConfirmSettings, Settings
from tests.confirmed import ALONE, BEGUN, FINDINGS, RUN, file
from tests.practice.cases import files_of
from tests.practice.wiki import PracticeWiki
from tests.test_confirm_report import MARKUP, hostile_page

pytestmark = pytest.mark.practice

FILE, CATEGORY, USER = 6, 14, 2
BASE = "User:PracticeBot/Confirmed"
# Legal titles, with all that a title may hold and wikitext may take for something else.
TITLES = (
    'Tom\'s "100% cotton" & more; it = good!.jpg',
    "'''Bold''' ''italic'' ~ * 1 – $ a.jpg",
    "RFC 2119, ISBN 978-0-306-40615-7.jpg",
    "- a -- b; c.jpg",
    "日本 שלום क्\u200dष é.jpg",
    "Evil.jpg, link=Evil, alt=x, 100px.jpg",
)


def rendered(wiki: PracticeWiki, title: str, text: str) -> dict[str, Any]:
    """Save a page as a person, see that the wiki keeps every byte of it, and let the wiki render it."""
    answer = wiki.person().edit(title=title, text=text, summary="report")
    assert answer["edit"]["result"] == "Success", answer
    reader = wiki.reader()
    assert reader.text(title)[1] == text
    told = reader.get(
        action="parse",
        page=title,
        prop="text|links|images|categories|externallinks|templates|langlinks|iwlinks|parsewarnings|sections"
        "|properties",
    )
    return dict(told["parse"])


def assert_harmless(page: dict[str, Any]) -> None:
    """Find nothing on a page that only its contents could have put there."""
    for what in ("externallinks", "templates", "langlinks", "iwlinks", "parsewarnings"):
        assert page[what] == [], what
    # The wiki's own, for pictures that are not there.
    assert {one["category"] for one in page["categories"]} <= {"Pages_with_broken_file_links"}
    assert set(page["properties"]) <= {"noexternallanglinks"}
    assert 'class="error' not in page["text"]


def structure(page: dict[str, Any]) -> Counter[str]:
    """Count the elements of a page that text inside of tables and galleries must not add to."""
    return Counter(re.findall(r"<(table|caption|h[1-6]|th|hr|pre|dl|script|i|b)\b", page["text"]))


def family(titles: tuple[str, ...]) -> Finding:
    """Make a family of files with these titles."""
    files = tuple(file(n, title, "a") for n, title in enumerate(titles, start=1))
    pairs = {(1, n): Comparison(Verdict.NEAR, ("differs",)) for n in range(2, len(files) + 1)}
    known = {one.page_id: Original("a" * 40, None) for one in files}
    return Confirmed(Family(files, ()), Identity((), pairs, known), {}), ()


def boxes(page: dict[str, Any]) -> int:
    """Count the pictures of a page's galleries."""
    return len(re.findall(r'<li class="gallerybox"', page["text"]))


def test_the_golden_page(wiki: PracticeWiki) -> None:
    (report,) = pages(FINDINGS, RUN, BEGUN, Settings(), ALONE)
    page = rendered(wiki, f"{BASE}/{RUN}{report.suffix}", report.text)
    assert_harmless(page)
    assert boxes(page) == 6
    assert [section["line"] for section in page["sections"]] == [
        "Metadata only",
        "Family 2: 4 files",
        "Near",
        "Family 1: 2 files",
        "Without a family",
    ]
    assert page["text"].count("mw-collapsible mw-collapsed") == 2
    assert page["text"].count("<table") == page["text"].count("</table>") == 5


def test_the_wikis_own_files_are_shown(wiki: PracticeWiki) -> None:
    titles = tuple(one.title for one in files_of("four-sources"))
    (report,) = pages([family(titles)], RUN, BEGUN, Settings())
    page = rendered(wiki, f"{BASE}/{RUN}", report.text)
    assert_harmless(page)
    assert page["categories"] == []
    assert boxes(page) == len(titles) == 4
    assert sorted(page["images"]) == sorted(title.replace(" ", "_") for title in titles)
    assert page["text"].count("<img ") == 4
    linked = {link["title"] for link in page["links"] if link["ns"] == FILE}
    assert linked == {f"File:{title}" for title in titles}
    assert all(link["exists"] for link in page["links"] if link["ns"] == FILE)


def test_titles_arrive_as_they_are(wiki: PracticeWiki) -> None:
    (report,) = pages([family(TITLES)], RUN, BEGUN, Settings(), [Skipped(TITLES[0], Reason.NO_HASH_KEY)])
    page = rendered(wiki, f"{BASE}/{RUN}", report.text)
    assert_harmless(page)
    assert boxes(page) == len(TITLES)
    linked = {link["title"] for link in page["links"] if link["ns"] == FILE}
    assert linked == {f"File:{title}" for title in TITLES}
    assert {image.replace("_", " ") for image in page["images"]} == set(TITLES)


def test_whatever_strangers_write_is_only_text(wiki: PracticeWiki) -> None:
    expected = structure(rendered(wiki, f"{BASE}/harmless", hostile_page(["storm"])))
    assert (expected["table"], expected["h3"], expected["script"]) == (4, 1, 0)
    for n in range(0, len(MARKUP), 5):
        page = rendered(wiki, f"{BASE}/hostile {n}", hostile_page(MARKUP[n : n + 5]))
        assert_harmless(page)
        assert {link["ns"] for link in page["links"]} <= {FILE, CATEGORY}
        assert structure(page) == expected


def test_the_parts_of_a_report_find_each_other(wiki: PracticeWiki) -> None:
    small = Settings(confirm=ConfirmSettings(report_bytes=20_000))
    findings = [family(tuple(f"{n} {letter}.jpg" for letter in "abcdefgh")) for n in range(20)]
    written = pages(findings, RUN, BEGUN, small)
    assert len(written) > 3
    titles = [f"{BASE}/{RUN}{report.suffix}" for report in written]
    links = [
        {link["title"] for link in rendered(wiki, title, report.text)["links"] if link["ns"] == USER}
        for title, report in zip(titles, written, strict=True)
    ]
    assert links[0] == set(titles[1:])
    assert links[1] == {titles[0], titles[2]}
    assert links[2] == {titles[0], titles[1], titles[3]}
    assert links[-1] == {titles[0], titles[-2]}


def test_a_report_that_is_written_again_is_no_edit(wiki: PracticeWiki) -> None:
    (report,) = pages(FINDINGS, RUN, BEGUN, Settings(), ALONE)
    rendered(wiki, f"{BASE}/{RUN}", report.text)
    (again,) = pages(FINDINGS, RUN, BEGUN, Settings(), ALONE)
    answer = wiki.person().edit(title=f"{BASE}/{RUN}", text=again.text, summary="report")
    assert answer["edit"]["nochange"] is True
