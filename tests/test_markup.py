"""Brackets are found as MediaWiki's preprocessor finds them, in one pass over any input."""

from __future__ import annotations

import time

import pytest

from faebot_hash.markup import folded, scan, title


def found(text: str) -> list[str]:
    """List the closed brackets of a text."""
    return [text[bracket.start : bracket.end] for bracket in scan(text).brackets]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("{{a}}", ["{{a}}"]),
        ("{{a|{{b}}}}", ["{{a|{{b}}}}", "{{b}}"]),
        ("[[a|b]]", ["[[a|b]]"]),
        ("[[[a]]]", ["[[a]]"]),
        ("{a}", []),
        ("{{a}", []),
        ("{{{a}}}", []),
        ("{{{{{a}}}}}", ["{{{{{a}}}}}"]),
        ("{{a [[b}}", []),
        ("{{a [[b]] c}}", ["{{a [[b]] c}}", "[[b]]"]),
        ("{{a}} }}", ["{{a}}"]),
        ("<!-- {{a}} -->{{b}}", ["{{b}}"]),
        ("<nowiki>{{a}}</nowiki>{{b}}", ["{{b}}"]),
        ("<nowiki>{{a}}", ["{{a}}"]),
        ("<nowiki/>{{a}}", ["{{a}}"]),
        ("<NOWIKI >{{a}}</nowiki >{{b}}", ["{{b}}"]),
        ("<nowiki><!--</nowiki>{{a}}", ["{{a}}"]),
        ("<!-- <nowiki> -->{{a}}</nowiki>", ["{{a}}"]),
        ("<includeonly>{{a}}</includeonly>{{b}}", ["{{b}}"]),
        ("<noinclude>{{a}}</noinclude>", ["{{a}}"]),
        ("<pretty>{{a}}</pretty>", ["{{a}}"]),
        ("{{a<!-- }} -->}}", ["{{a<!-- }} -->}}"]),
        ("<ref>{{a}}</ref>", ["{{a}}"]),
    ],
)
def test_brackets(text: str, expected: list[str]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{a}} [[b]] {| |}", ()),
        ("{{a", ("template",)),
        ("[[a", ("link",)),
        ("{{a|[[b}}", ("template", "link")),
        ("x <!-- y", ("comment",)),
        ("x <nowiki> y", ("nowiki",)),
        ("<nowiki><nowiki>", ("nowiki",)),
        ("<gallery>\nA.jpg", ("gallery",)),
        ("<includeonly> y", ("includeonly",)),
        ("{|\n| a\n|}", ()),
        ("{|\n| a", ("table",)),
        ("{{a\n|b={|\n|c\n|}\n}}", ()),
        ("{{a\n|}}", ()),
        ("<!-- {{a -->", ()),
        ("<nowiki>[[</nowiki>", ()),
    ],
)
def test_what_is_left_open(text: str, expected: tuple[str, ...]) -> None:
    assert scan(text).left_open == expected


def test_pipes_and_signs_belong_to_the_innermost_bracket() -> None:
    outer, inner = scan("{{a|b={{c|d=e}}|f}}").brackets
    assert (outer.pipes, outer.equals) == ((3, 15), (5,))
    assert (inner.pipes, inner.equals) == ((9,), (11,))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("faebot_identified duplicates", "Faebot identified duplicates"),
        ("  A__b  c ", "A b c"),
        ("A&amp;B.jpg", "A&B.jpg"),
        ("A%20B.jpg", "A B.jpg"),
        ("100% sure.jpg", "100% sure.jpg"),
        ("e\u0301t\u00e9.jpg", "\u00c9t\u00e9.jpg"),
        ("\u200eA.jpg\u200f", "A.jpg"),
        ("ßtraße.jpg", "ßtraße.jpg"),
        ("żółty.jpg", "Żółty.jpg"),
        ("日本\u3000語.jpg", "日本 語.jpg"),
        ("", ""),
    ],
)
def test_titles(written: str, expected: str) -> None:
    assert title(written) == expected
    assert title(title(written)) == expected


def test_spellings_fold_into_one() -> None:
    assert {folded(name) for name in ("RetouchedPicture", "retouched_picture", "Retouched-Picture ")} == {
        "retouchedpicture"
    }


HOSTILE = {
    "templates": "{{a|" * 250_000,
    "links": "[[" * 500_000,
    "braces": "{" * 1_000_000,
    "apart": "{{ " * 300_000,
    "nested": "{{a|" * 150_000 + "}}" * 150_000,
    "mixed": "{{a|[[b|<ref>" * 80_000,
    "comments": "<!--" * 250_000,
    "nowiki": "<nowiki>" * 120_000,
    "nowiki begun": "<nowiki " * 120_000,
    "nowiki ended": "<nowiki>" + "</nowiki " * 110_000,
    "tables": "{|\n" * 300_000,
    "arguments": "{{{" * 150_000 + "}}" * 200_000,
    "signs": "{{a" + "|=" * 400_000 + "}}",
    "categories": "[[Category:" * 90_000,
    "good": "{{Information|a=[[b|c]]}}\n" * 40_000,
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_megabyte_of_anything_is_read_in_a_moment(text: str) -> None:
    started = time.process_time()
    markup = scan(text)
    assert time.process_time() - started < 5
    assert len(markup.masked) == len(text)
