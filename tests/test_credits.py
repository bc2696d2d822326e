"""Licences and authors: what two pages must agree in before one of them may go."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faebot_hash.credits import Credits, credits_of, is_licence, licences_among
from faebot_hash.wikitext import Page
from tests.test_markup import HOSTILE


def read(text: str) -> Credits:
    """Read the credits of a text."""
    return credits_of(Page(text))


@pytest.mark.parametrize(
    ("text", "licences", "terms"),
    [
        ("", set(), set()),
        ("{{Information|author=X}}", set(), set()),
        ("{{PD-USGov-Military-Navy}}", {"pdusgovmilitarynavy"}, set()),
        ("{{pd-usgov-military-navy}}", {"pdusgovmilitarynavy"}, set()),
        ("{{PD-USGov-NOAA}}{{PD-old}}", {"pdusgovnoaa", "pdold"}, set()),
        ("{{self|cc-by-sa-4.0|GFDL}}", {"ccbysa4.0", "gfdl"}, set()),
        ("{{CC-BY-SA-4.0}}\n{{GFDL}}", {"ccbysa4.0", "gfdl"}, set()),
        ("{{Self|1=cc-zero|author=[[User:X|X Y]]}}", {"cczero"}, {"x y"}),
        ("{{cc-by-3.0|X Y}}", {"ccby3.0"}, {"x y"}),
        ("{{cc-by-3.0|attribution=X&nbsp;Y}}", {"ccby3.0"}, {"x y"}),
        ("{{cc-by-3.0|PD Smith}}", {"ccby3.0"}, {"pd smith"}),
        ("{{PD-Art|PD-old-100}}", {"pdart", "pdold100"}, set()),
        ("{{Licensed-PD-Art|PD-old|cc-by-2.0}}", {"pdold", "ccby2.0"}, set()),
        ("{{GFDL|migration=relicense}}", {"gfdl"}, {"relicense"}),
        ("{{PD-USGov|category=no}}", {"pdusgov"}, set()),
        ("{{Information|permission={{PD-self}}}}", {"pdself"}, set()),
        ("{{self|{{cc-by-4.0|X}}}}", {"ccby4.0"}, {"cc by 4 0 x"}),
        ("<!-- {{PD-old}} --><nowiki>{{PD-old}}</nowiki>", set(), set()),
        ("{{PDFview}}{{Ccwikilink}}{{GFDLx}}", set(), set()),
        (
            "{{FAL}}{{OGL3}}{{KOGL Type 1}}{{GPLv3}}{{MIT}}",
            {"fal", "ogl3", "kogltype1", "gplv3", "mit"},
            set(),
        ),
        ("{{Flickr-no known copyright restrictions}}", {"flickrnoknowncopyrightrestrictions"}, set()),
        ("{{Attribution|Name me}}", {"attribution"}, {"name me"}),
    ],
)
def test_licences(text: str, licences: set[str], terms: set[str]) -> None:
    found = read(text)
    assert (found.licences, found.terms) == (licences, terms)


@pytest.mark.parametrize(
    ("value", "authors"),
    [
        ("Jane Doe", {"jane doe"}),
        ("'''jane'''  DOE.", {"jane doe"}),
        ("[[User:Jane|Jane Doe]]", {"jane doe"}),
        ("[[:en:Jane Doe|Jane Doe]]", {"jane doe"}),
        ("[https://example.org/jane Jane Doe]", {"jane doe"}),
        ("[//example.org Jane] Doe", {"jane doe"}),
        ("{{en|Jane Doe}}", {"jane doe"}),
        ("{{en|1=Jane Doe}}", {"jane doe"}),
        ("{{Creator:Jane Doe}}", {"jane doe"}),
        ("Jane<br />Doe", {"jane doe"}),
        ("Jane&#32;Doe<!-- sic -->", {"jane doe"}),
        ("Ｊane Doe", {"jane doe"}),
        ("Jörg Müller", {"jörg müller"}),
        ("राज कुमार", {"राज कुमार"}),
        ("U.S. Navy photo", {"u s navy photo"}),
        ("", set()),
        ("-", set()),
        ("Unknown", set()),
        ("{{unknown|author}}", set()),
        ("{{author|unknown}}", set()),
        ("{{Anonymous}}", set()),
        ("n/a", set()),
        ("Unknown sailor", {"unknown sailor"}),
    ],
)
def test_authors(value: str, authors: set[str]) -> None:
    for layout in (
        "{{Information\n|Author = %s\n}}",
        "{{milim|author=%s|virin=1}}",
        "{{Photograph|photographer=%s}}",
    ):
        assert read(layout % value).authors == authors


@pytest.mark.parametrize(
    ("text", "authors"),
    [
        ("{{Artwork|artist=A|photographer=B}}", {"a", "b"}),
        ("{{Information|author={{Credit|author=A}}}}", {"credit author a"}),
        ("{{Information|author=A}}{{cc-by-4.0|author=B}}", {"a"}),
        ("{{Unheard-of layout|author=A}}", {"a"}),
        ("author=A", set()),
    ],
)
def test_where_authors_are_named(text: str, authors: set[str]) -> None:
    assert read(text).authors == authors


def test_names_of_licences() -> None:
    transcluded = ["PD-Layout", "Information", "Cc-by-4.0", "License template tag", "En"]
    assert licences_among(transcluded) == {"pdlayout", "ccby4.0"}
    assert not is_licence("Self")


@given(st.text(alphabet="{}[]|=<>/ \n:'enPDabc-1", max_size=300))
def test_any_text_can_be_read(text: str) -> None:
    found = read("{{Information|author=" + text + "}}" + text)
    for words in found.authors | found.terms:
        assert words
        assert not set(words) & set("{}[]|=<>")


PIECES = (
    "{{x|author=",
    "{{self|",
    "{{self|cc-by|",
    "|author=a",
    "[[a|",
    "[//a ",
    "<a ",
    "{{en|",
    "{{",
    "[[",
    " ",
)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("piece", PIECES)
def test_a_long_author_is_read_in_a_moment(piece: str) -> None:
    inside = piece * (300_000 // len(piece))
    for text in (inside, inside + "}}" * inside.count("{{")):
        page = Page("{{Information|author=" + text + "}}")
        started = time.process_time()
        credits_of(page)
        assert time.process_time() - started < 5


@pytest.mark.timeout(60)
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_megabyte_of_anything_is_read_in_a_moment(text: str) -> None:
    page = Page(text)
    started = time.process_time()
    credits_of(page)
    assert time.process_time() - started < 5
