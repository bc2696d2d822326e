"""Reading and editing page texts, beside mwparserfromhell wherever it can read the same."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import mwparserfromhell
import pytest

from faebot_hash import markup, wikitext
from faebot_hash.credits import credits_of
from faebot_hash.markup import title
from faebot_hash.wikitext import Page, category_cuts, restored, virin, with_category, without
from tests.conftest import CORPORA
from tests.test_markup import HOSTILE

HOME = "Faebot identified duplicates"


def corpora_texts() -> Iterator[tuple[Path, str]]:
    """Read every page text of the corpora; bytes that are no UTF-8 become replacement characters."""
    for path in sorted((CORPORA / "wikitext").rglob("*.wiki")):
        yield path, path.read_bytes().decode("utf-8", errors="replace").replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[[Category:A]]", [("A", "")]),
        ("[[category:a|K]]", [("A", "K")]),
        ("[[ CATEGORY : a_b |k]]", [("A b", "k")]),
        ("[[Category:A]][[Category:B]]", [("A", ""), ("B", "")]),
        ("[[:Category:A]]", []),
        ("<!-- [[Category:A]] -->", []),
        ("<nowiki>[[Category:A]]</nowiki>", []),
        ("<pre>[[Category:A]]</pre>", []),
        ("[[Category<!-- x -->:A]]", [("A", "")]),
        ("[[Category:A|{{PAGENAME}}]]", [("A", "{{PAGENAME}}")]),
        ("[[Category:A|[x] y]]", [("A", "[x] y")]),
        ("{{Information|permission=[[Category:A]]}}", [("A", "")]),
        ("[[Category:A\n]]", []),
        ("[[Category:A", []),
        ("[[Category:A&amp;B]]", [("A&B", "")]),
        ("[[Category:Ж|ж]]", [("Ж", "ж")]),
    ],
)
def test_categories(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(link.name, link.key) for link in Page(text).categories] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{Information}}", [("Information", {})]),
        (
            "{{information\n|description=x\n|date = 2020 \n}}",
            [("Information", {"description": "x", "date": "2020"})],
        ),
        ("{{template:dup|A.jpg|2=late}}", [("Dup", {"1": "A.jpg", "2": "late"})]),
        ("{{subst:Template:dup}}", [("Dup", {})]),
        ("{{safesubst:dup}}", [("Dup", {})]),
        ("{{a_b|c={{d|e=f}}|g}}", [("A b", {"c": "{{d|e=f}}", "1": "g"}), ("D", {"e": "f"})]),
        ("{{a|x==y}}", [("A", {"x": "=y"})]),
        ("{{a|[[b|c=d]]}}", [("A", {"1": "[[b|c=d]]"})]),
        ("{{a|<!-- x=y -->z}}", [("A", {"1": "z"})]),
        ("{{a|}}", [("A", {"1": ""})]),
        ("{{a", []),
    ],
)
def test_templates(text: str, expected: list[tuple[str, dict[str, str]]]) -> None:
    page = Page(text)
    assert [(t.name, {p.name: page.value(p) for p in t.parameters}) for t in page.templates] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[[File:a_b.jpg|thumb|x]]", {"A b.jpg"}),
        ("[[:file:A.jpg]] [[Image:B.png]] [[media:C.tif]]", {"A.jpg", "B.png", "C.tif"}),
        ("[[commons:File:A.jpg]] [[:c:File:B.jpg]]", {"A.jpg", "B.jpg"}),
        ("[[File:A.jpg#filehistory|x]]", {"A.jpg"}),
        ("<gallery>\nA.jpg|x\nFile:b c.jpg\n</gallery>", {"A.jpg", "B c.jpg"}),
        ("<gallery mode=packed>Image:A.jpg</gallery>", {"A.jpg"}),
        ("<imagemap>\nFile:A.jpg|300px\n</imagemap>", {"A.jpg"}),
        ("{{duplicate|X.jpg}}", {"X.jpg"}),
        ("{{Extracted from|1=File:My old file.jpg}}", {"My old file.jpg"}),
        ("{{Information|other_versions=[[:File:A.jpg]], {{F|B.jpg}}}}", {"A.jpg", "B.jpg"}),
        ("<!-- [[File:A.jpg]] -->", set()),
        ("{{Information|date=2020-01-01|author=A. B. Smith}}", set()),
        ("[[File:日本語.jpg]] [[File:שלום.jpg]]", {"日本語.jpg", "שלום.jpg"}),
    ],
)
def test_files(text: str, expected: set[str]) -> None:
    assert Page(text).files == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{milim\n| description = x\n| virin = 090726-A-1234B-001\n}}", "090726-A-1234B-001"),
        ("{{Milim|VIRIN=081024-N-1}}", "081024-N-1"),
        ("{{Information|source={{ID-USMil|120105-N-ZZ999-002|Navy|url=x}}}}", "120105-N-ZZ999-002"),
        ("{{ID-USMil |1=110130-M-4471M-045 |2= Marines|url= u}}", "110130-M-4471M-045"),
        ("{{milim|virin={{ID-USMil|090726-A-1|Army}}}}", "090726-A-1"),
        ("{{milim|virin=<!-- none -->}}{{ID-USMil|090726-A-1|Army}}", "090726-A-1"),
        ("{{milim|virin=}}", None),
        ("<!-- {{ID-USMil|090726-A-1|Army}} -->", None),
        ("virin = 090726-A-1", None),
        ("", None),
    ],
)
def test_virin(text: str, expected: str | None) -> None:
    assert virin(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{Information|other_versions=[[:File:A.jpg]]}}", True),
        ("{{Information|other versions=see foo}}", True),
        ("{{Artwork|Other_Versions={{F|A.jpg}}}}", True),
        ("{{Information|other_versions=\n<gallery>\nA.jpg\n</gallery>}}", True),
        ("{{Information|other_versions=}}", False),
        ("{{Information|other_versions= <!-- none yet -->\n}}", False),
        ("{{Information|other_versions=-}}", False),
        ("{{Information|other_versions=None}}", False),
        ("{{Information|other_fields=x}}", False),
        ("other_versions=x", False),
    ],
)
def test_other_versions(text: str, expected: bool) -> None:
    assert Page(text).has_other_versions() is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#REDIRECT [[File:B.jpg]]", True),
        ("\n#redirect: [[File:B.jpg]]", True),
        ("<!-- x -->#REDIRECT[[File:B.jpg]]", True),
        ("x #REDIRECT [[File:B.jpg]]", False),
        ("#REDIRECT", False),
    ],
)
def test_redirects(text: str, expected: bool) -> None:
    assert Page(text).is_redirect() is expected


@pytest.mark.parametrize(
    ("text", "cut", "left"),
    [
        ("a\n[[Category:X]]\nb", ["[[Category:X]]\n"], "a\nb"),
        ("a\n[[Category:X]]", ["\n[[Category:X]]"], "a"),
        ("[[Category:X]]\nb", ["[[Category:X]]\n"], "b"),
        ("[[category:x|key]]", ["[[category:x|key]]"], ""),
        ("a [[Category:X]] b", ["[[Category:X]]"], "a  b"),
        ("a\n  [[Category:X]] \nb", ["  [[Category:X]] \n"], "a\nb"),
        ("[[Category:X]][[Category:Y]]", ["[[Category:X]]"], "[[Category:Y]]"),
        ("a\n[[Category:X]]\n[[Category:X]]", ["[[Category:X]]\n", "[[Category:X]]"], "a\n"),
        ("{{I|p=[[Category:X]]}}", ["[[Category:X]]"], "{{I|p=}}"),
        ("<!-- [[Category:X]] -->", [], "<!-- [[Category:X]] -->"),
        ("[[Category:Xy]]", [], "[[Category:Xy]]"),
    ],
)
def test_cuts_and_their_inverse(text: str, cut: list[str], left: str) -> None:
    cuts = category_cuts(Page(text), "x")
    assert [piece.text for piece in cuts] == cut
    assert without(text, cuts) == left
    assert restored(left, cuts) == text


@pytest.mark.parametrize("text", ["", "a", "a\n", "a\n\n", "a  ", "[[Category:X]]", "<!-- c -->", "日本"])
def test_an_added_category_can_be_taken_out_again(text: str) -> None:
    tagged = with_category(text, HOME, "00ff")
    assert tagged.endswith("[[Category:Faebot identified duplicates|00ff]]")
    assert without(tagged, category_cuts(Page(tagged), HOME, "00ff")) == text
    assert category_cuts(Page(tagged), HOME, "00fe") == ()


@pytest.mark.corpora
def test_every_page_reads_as_mwparserfromhell_reads_it() -> None:
    compared = 0
    for path, text in corpora_texts():
        page = Page(text)
        if page.markup.left_open:
            continue
        parsed = mwparserfromhell.parse(text)
        assert [t.name for t in page.templates] == [
            title(str(template.name).strip().removeprefix("subst:")) for template in parsed.filter_templates()
        ], path
        links = [str(link.title) for link in parsed.filter_wikilinks()]
        categories = [title(name.partition(":")[2]) for name in links if name.lower().startswith("category:")]
        assert [link.name for link in page.categories] == categories, path
        compared += 1
    assert compared > 120


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("a" * 255, "A" + "a" * 254),
        ("a" * 256, ""),
        ("é" * 127, "É" + "é" * 126),
        ("é" * 128, ""),
        ("&#233;" * 127, "É" + "é" * 126),
        (" " * 400 + "a" + "_" * 400 + "b", "A b"),
        ("a{{b}}", "A{{b}}"),
        ("a{{b}}" + " " * 300, ""),
    ],
)
def test_no_name_is_longer_than_a_title(written: str, name: str) -> None:
    template = Page("{{" + written + "|author=x}}").templates[0]
    assert (template.name, [one.name for one in template.parameters]) == (name, ["author"])


WITHIN = {
    "templates": ("{{ ", "}}"),
    "templates with entities": ("{{&", "}}"),
    "templates in names of parameters": ("{{a|", "=1}}"),
    "links to files": ("[[file:", "]]"),
    "links to categories": ("[[category:", "]]"),
    "values": ("{{a|b=", "}}"),
}


@pytest.mark.parametrize(("opening", "closing"), WITHIN.values(), ids=WITHIN.keys())
def test_names_within_names_are_not_read_over_and_over(
    opening: str, closing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_characters = []

    def counting_title(written: str) -> str:
        read_characters.append(len(written))
        return title(written)

    monkeypatch.setattr(wikitext, "title", counting_title)
    monkeypatch.setattr(markup, "title", counting_title)
    for depth in (10, 20_000):
        read_characters.clear()
        text = opening * depth + "x" + closing * depth
        page = Page(text)
        credits_of(page)
        assert page.virin() is None
        page.has_other_versions()
        assert isinstance(page.files, frozenset)
        assert sum(read_characters) < 2 * len(text) + 50_000, "some names of up to 255 characters"


@pytest.mark.timeout(60)
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_megabyte_of_anything_is_understood_in_a_moment(text: str) -> None:
    started = time.process_time()
    page = Page(text)
    page.mentions("Some other file.jpg", "Own.jpg")
    page.has_other_versions()
    page.virin()
    category_cuts(page, HOME)
    assert time.process_time() - started < 10
