"""From facts to evidence, and which assessments a page tells."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faebot_hash.assessed import assessments_of
from faebot_hash.evidence import evidence_of
from faebot_hash.family import Facts
from faebot_hash.links import Observation, Verdict
from faebot_hash.marks import IDENTICAL_CATEGORY
from faebot_hash.merit import Assessment, Evidence
from faebot_hash.model import FileInfo, PageText
from faebot_hash.wikitext import Page

HOME = "Faebot identified duplicates"
FIRST = datetime(2009, 3, 2, 8, 0, tzinfo=UTC)
LATER = datetime(2015, 1, 1, tzinfo=UTC)
FEATURED, QUALITY, VALUED = Assessment.FEATURED, Assessment.QUALITY, Assessment.VALUED


def facts(text: str = "", **more: object) -> Facts:
    file = FileInfo(7, "A b.jpg", "0" * 40, 1000, 640, 480, "image/jpeg", LATER)
    return replace(Facts(file, PageText(7, "A b.jpg", 1, text, ""), FIRST, 2), **more)  # type: ignore[arg-type]


def evidence(
    text: str = "", histories: dict[str, tuple[Observation, ...]] | None = None, **more: object
) -> Evidence:
    return evidence_of(facts(text, **more), histories or {}, HOME)


def seen(verdict: Verdict, *days: int) -> tuple[Observation, ...]:
    return tuple(Observation(LATER + timedelta(days=day), verdict) for day in days)


DEAD = seen(Verdict.EVIDENCE_OF_DEATH, 0, 4, 8)
ALIVE = seen(Verdict.ALIVE, 0)


def test_what_is_told_is_taken_over() -> None:
    told = evidence(
        templates=frozenset({"Milim", "PD-USGov-Military Navy"}),
        assessments=frozenset({QUALITY}),
        global_usage=3,
        statements=0,
    )
    assert (told.page_id, told.title, told.uploaded) == (7, "A b.jpg", FIRST)
    assert told.templates == {"milim", "pdusgovmilitarynavy"}
    assert told.assessments == {QUALITY}
    assert (told.global_usage, told.statements, told.pixels) == (3, 0, 640 * 480)


def test_what_is_unknown_stays_unknown() -> None:
    told = evidence()
    assert (told.global_usage, told.statements, told.assessments) == (None, None, None)


@pytest.mark.parametrize(
    ("text", "links", "hosts"),
    [
        ("", set(), set()),
        ("Source: www.defenseimagery.mil, ID 7.", set(), {"www.defenseimagery.mil"}),
        ("(WWW.DefenseImagery.MIL)", set(), {"www.defenseimagery.mil"}),
        ("see http://www.navy.mil:8080/a.html?b=c.example#d.example", set(), {"www.navy.mil"}),
        ("[//www.army.mil/x label]", set(), {"www.army.mil"}),
        ("https://user@host.example/", set(), {"host.example"}),
        ("{{ID-USMil|010914|url=http://a.example|b=c.example}}", set(), {"a.example", "c.example"}),
        ("at dvidshub.net.", set(), {"dvidshub.net"}),
        ("über.example", set(), {"über.example"}),
        ("10.5 and 3.14 and 192.168.0.1 and a..b.c and U.S. and -a.example", set(), {"a.example"}),
        ("a-.example b.-c.example", set(), set()),
        ("x" * 64 + ".example", set(), set()),
        ("http://[::1 broken", set(), set()),
        ("https://web.archive.org/web/2012/http://www.gone.example/x", set(), {"web.archive.org"}),
        ("", {"https://One.Example./a", "mailto:a@b.example", "http://[broken"}, {"one.example"}),
    ],
)
def test_hosts_are_those_of_links_and_of_words(text: str, links: set[str], hosts: set[str]) -> None:
    assert evidence(text, links=frozenset(links)).hosts == hosts


@pytest.mark.parametrize(
    "piece", ["a.", "-.", "http:", "//", "http://[", "{{", "[[Category:", "a" * 99 + "."]
)
def test_a_megabyte_of_anything_is_read_at_once(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    started = time.process_time()
    evidence(text)
    assert time.process_time() - started < 10


@given(st.text(alphabet="ab.-/:[]{}| \n1é_", max_size=60))
def test_hosts_have_a_dot_and_no_capitals(text: str) -> None:
    for host in evidence(text).hosts or ():
        assert "." in host
        assert host == host.lower()
        assert host in text.lower()


@pytest.mark.parametrize(
    ("links", "histories", "dead"),
    [
        (set(), {}, set()),
        ({"mailto:x@y.example"}, {}, set()),
        ({"http://a.example/"}, {}, None),
        ({"http://a.example/"}, {"http://a.example/": ()}, None),
        ({"http://a.example/"}, {"http://b.example/": DEAD}, None),
        ({"http://a.example/"}, {"http://a.example/": ALIVE}, set()),
        ({"http://a.example/"}, {"http://a.example/": DEAD}, {"http://a.example/"}),
        ({"http://a.example/", "http://b.example/"}, {"http://a.example/": DEAD}, {"http://a.example/"}),
        ({"http://a.example/", "http://b.example/"}, {"http://a.example/": ALIVE}, set()),
    ],
)
def test_dead_links_are_those_with_a_dead_history(
    links: set[str], histories: dict[str, tuple[Observation, ...]], dead: set[str] | None
) -> None:
    assert evidence("", histories, links=frozenset(links)).dead_links == dead


@pytest.mark.parametrize(
    ("text", "hidden", "count"),
    [
        ("", set(), 0),
        ("[[Category:Ships]] [[category: ships|x]] [[Category:Sea]]", set(), 2),
        (f"[[Category:{HOME}|0123]] [[Category:{IDENTICAL_CATEGORY}|0123]]", set(), 0),
        ("[[Category:faebot_identified duplicates]] [[Category:Sea]]", set(), 1),
        ("[[Category:Images to check]] [[Category:Sea]]", {"Images to check"}, 1),
        ("[[:Category:Ships]] <!-- [[Category:Sea]] -->", set(), 0),
    ],
)
def test_categories_count_that_people_chose(text: str, hidden: set[str], count: int) -> None:
    told = evidence(text, categories=frozenset({"By a template"}), hidden_categories=frozenset(hidden))
    assert told.categories == count


@pytest.mark.parametrize(
    ("text", "templates", "reviewed"),
    [
        ("", set(), False),
        ("{{Information}}", {"Information"}, False),
        ("{{LicenseReview}}", {"LicenseReview"}, False),
        ("{{License review|site=|user=|date=}}", {"LicenseReview"}, False),
        ("{{licenseReview|site=x|user=Somebody|date=2020-01-01}}", {"LicenseReview"}, True),
        ("{{Flickrreview}}", {"Flickrreview"}, False),
        ("{{flickrreview|Reviewer|2007-01-01}}", {"Flickrreview"}, True),
        ("{{Flickrreview|fail|2007}}", {"Flickrreview"}, False),
        ("{{FlickreviewR|status=pass|author=A|reviewer=FlickreviewR 2}}", {"FlickreviewR"}, True),
        ("{{FlickreviewR|status=passed_changed|reviewer=X}}", {"FlickreviewR"}, True),
        ("{{FlickreviewR|status=public-domain-mark|reviewer=X}}", {"FlickreviewR"}, True),
        ("{{FlickreviewR|status=notmatching|reviewer=X}}", {"FlickreviewR"}, False),
        ("{{FlickreviewR|status=fail|reviewer=X}}", {"FlickreviewR"}, False),
        ("{{Wrapped}}", {"Wrapped", "LicenseReview"}, None),
        ("<!-- {{LicenseReview|user=A|date=B}} -->", set(), False),
    ],
)
def test_a_licence_review_counts_when_it_was_passed(
    text: str, templates: set[str], reviewed: bool | None
) -> None:
    assert evidence(text, templates=frozenset(templates)).licence_reviewed is reviewed


@pytest.mark.parametrize(
    ("text", "templates", "categories", "expected"),
    [
        ("", set(), set(), set()),
        ("{{Assessments|featured=1}}", set(), set(), {FEATURED}),
        ("{{assessment|quality=1|valued= 1 }}", set(), set(), {QUALITY, VALUED}),
        ("{{Assessments|com=1|com-nom=Name}}", set(), set(), {FEATURED}),
        ("{{Assessments|enwiki=1|enwiki-nom=Name}}", set(), set(), {FEATURED}),
        ("{{Assessments|featured=2|enwiki=2|quality=|valued=0}}", set(), set(), set()),
        ("{{Assessments|featured=3}}", set(), set(), set()),
        ("{{Assessments|POTY=1|POTD=1|wallpaper=1}}", set(), set(), set()),
        ("<nowiki>{{Assessments|featured=1}}</nowiki>", set(), set(), set()),
        ("{{Information|featured=1}}", {"Information"}, set(), set()),
        ("", {"QualityImage", "VI"}, set(), {QUALITY, VALUED}),
        ("", {"Valued image"}, set(), {VALUED}),
        ("", {"Picture of the day"}, set(), set()),
        ("", set(), {"Featured pictures on Wikimedia Commons"}, {FEATURED}),
        ("", set(), {"Featured pictures on Wikipedia, German"}, {FEATURED}),
        ("", set(), {"Quality images", "Valued images promoted 2008-06"}, {QUALITY, VALUED}),
        ("", set(), {"Quality images of ships"}, {QUALITY}),
        ("", set(), {"Former featured pictures on Wikimedia Commons"}, set()),
        ("", set(), {"Quality images candidates", "Valued images nominations"}, set()),
        ("", set(), {"High quality images", "Quality imageset", "Ships"}, set()),
    ],
)
def test_assessments(text: str, templates: set[str], categories: set[str], expected: set[Assessment]) -> None:
    assert assessments_of(Page(text), templates, categories) == expected
