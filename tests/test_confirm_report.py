"""What confirming found, as people and machines read it: terminal, wiki pages, JSON, CSV."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import unicodedata
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import mwparserfromhell
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faebot_hash.confirm_lines import confirmed_lines, total_lines
from faebot_hash.confirm_pages import pages
from faebot_hash.confirm_table import COLUMNS, csv_rows, protected, to_json
from faebot_hash.confirm_tally import ConfirmTally
from faebot_hash.contrast import contrast
from faebot_hash.dossier import Finding, dossier
from faebot_hash.edits import Applied, Kind, Outcome, PageEdit, Proposal
from faebot_hash.escape import category_link, file_link, plain, target
from faebot_hash.family import Bond, Confirmed, Family, Identity, Ruling
from faebot_hash.likeness import Comparison, Original, Verdict
from faebot_hash.merit import Criterion, Evidence, Keep, Point, Ranking, Score
from faebot_hash.parts import Part
from faebot_hash.reasons import Reason, Skipped
from faebot_hash.settings import ConfirmSettings, Settings, WikiSettings
from tests.confirmed import (
    ALONE,
    BEGUN,
    FINDINGS,
    PAGE_A,
    PAGE_B,
    RUN,
    TORNADO,
    TORNADO_DONE,
    A,
    B,
    digest,
    facts,
    file,
    fingerprint,
)

GOLDEN = Path(__file__).parent / "pages" / "confirmed"
SMALL = Settings(confirm=ConfirmSettings(report_bytes=20_000))


def tally() -> ConfirmTally:
    """Sum up the families of the golden page."""
    counts = ConfirmTally()
    for finding in FINDINGS:
        counts.add(finding)
    counts.add_alone(ALONE)
    return counts


# The terminal


def test_one_family_and_the_end_of_a_run_at_a_glance() -> None:
    lines = [*confirmed_lines(TORNADO, TORNADO_DONE), "", *total_lines(tally())]
    assert lines == (GOLDEN / "terminal.txt").read_text(encoding="utf-8").rstrip("\n").split("\n")


def test_colour_changes_nothing_but_colour() -> None:
    painted = "\n".join(confirmed_lines(TORNADO, TORNADO_DONE, colour=True))
    assert "\x1b[36m~\x1b[0m" in painted
    assert "\x1b[1;31m!\x1b[0m" in painted
    assert re.sub(r"\x1b\[[0-9;]+m", "", painted).split("\n") == confirmed_lines(TORNADO, TORNADO_DONE)


def test_a_family_without_files_that_can_be_read() -> None:
    unread = tuple(Skipped(one.title, Reason.UNREADABLE) for one in (A, B))
    nothing = Confirmed(Family((A, B), ()), Identity((), {}, {}, unread), {}, (), unread)
    lines = confirmed_lines(nothing)
    assert lines[0] == "2 files · nothing could be compared"
    assert [line for line in lines if "→" in line] == ["      → the download failed"] * 2


def test_a_decision_on_no_file_of_the_family_is_told() -> None:
    lines = confirmed_lines(TORNADO, [Skipped("Other.jpg", Reason.UNREADABLE, "HTTP 503")])
    assert lines[-1] == "  ! Other.jpg: the download failed (HTTP 503)"


# What is compared with what


def identity(groups: list[list[int]], pairs: list[tuple[int, int]], ids: range) -> Confirmed:
    """Make a family of files with the comparisons of some pairs."""
    files = {page_id: file(page_id, f"{page_id}.jpg", "a") for page_id in ids}
    found = {pair: Comparison(Verdict.NEAR, ("near",)) for pair in pairs}
    grouped = tuple(tuple(files[page_id] for page_id in group) for group in groups)
    originals = {page_id: Original("a" * 40, None) for page_id in ids}
    return Confirmed(Family(tuple(files.values()), ()), Identity(grouped, found, originals), {})


@pytest.mark.parametrize(
    ("groups", "pairs", "against"),
    [
        ([], [(1, 2), (1, 3), (2, 3)], {2: 1, 3: 1}),
        ([[1, 3]], [(1, 3), (1, 2)], {2: 1, 3: 1}),
        ([[2, 3]], [(2, 3), (1, 2)], {2: 1, 3: 2}),
        ([[1, 2], [3, 4]], [(1, 2), (3, 4), (1, 3)], {2: 1, 3: 1, 4: 3}),
        # of a large family not all pairs are compared
        ([], [(1, 2), (2, 3), (3, 4)], {2: 1, 3: 2, 4: 3}),
        ([[1, 2], [3, 4]], [(1, 2), (3, 4)], {2: 1, 4: 3}),
        # number 1 could not be read
        ([], [(2, 3)], {3: 2}),
        ([], [], {}),
    ],
)
def test_each_file_is_told_against_another(
    groups: list[list[int]], pairs: list[tuple[int, int]], against: dict[int, int]
) -> None:
    entries = dossier((identity(groups, pairs, range(1, 5)), ())).entries
    assert {entry.number: entry.against for entry in entries if entry.against} == against
    assert all((entry.comparison is None) == (entry.against is None) for entry in entries)


def test_thumbnails_are_never_measured_against_originals() -> None:
    one = identity([], [(1, 2)], range(1, 3))
    originals = {
        1: Original("a" * 40, None, None, fingerprint(1, 1)),
        2: Original("a" * 40, None, None, fingerprint(3, 0)),
    }
    mixed = replace(
        one,
        family=replace(one.family, fingerprints={1: fingerprint(255, 255)}),
        identity=replace(one.identity, originals=originals),
    )
    assert dossier((mixed, ())).entries[1].bits == (1, 1)
    unknown = replace(mixed, identity=replace(mixed.identity, originals={2: originals[2]}))
    assert dossier((unknown, ())).entries[1].bits is None


def test_what_is_said_twice_is_told_once() -> None:
    one = dossier((TORNADO, TORNADO_DONE)).entries[3]
    assert [str(decision) for decision in one.decisions] == [
        "Gone.jpg: the download failed (HTTP 503 after 4 attempts)"
    ]


# What two pages say differently


def test_what_is_to_be_merged() -> None:
    found = contrast(PAGE_A, PAGE_B)
    assert found.categories_here == ("2013 in Moore, Oklahoma",)
    assert found.categories_there == ("Aerial photographs", "Tornadoes")
    assert (found.licences_here, found.licences_there) == ((), ("PD-USGov-Military-Air Force",))
    assert found.parameters == (
        ("Description", "Damage after the storm", "The [[tornado]]"),
        ("Source", "https://www.defenseimagery.mil/", ""),
        ("virin", "", "130521-Z-0000M-010"),
    )


def test_categories_for_maintenance_are_not_to_be_merged() -> None:
    checked = facts(A, "", frozenset({"Storms", "To be checked"}), hidden=frozenset({"To be checked"}))
    assert contrast(checked, facts(B, "")).categories_here == ("Storms",)
    assert contrast(facts(B, ""), checked).categories_there == ("Storms",)


def test_the_same_page_twice_differs_in_nothing() -> None:
    found = contrast(PAGE_A, replace(PAGE_A, file=B))
    assert found == contrast(PAGE_B, PAGE_B)
    assert not any((found.categories_here, found.categories_there, found.licences_here, found.parameters))


@pytest.mark.parametrize(
    ("here", "there", "differing"),
    [
        ("{{Information|other_versions=a}}", "{{Information|Other Versions=a}}", []),
        ("{{Information|source= a <!-- b --> }}", "{{Information|source=a}}", []),
        ("{{Information|source=}}", "{{Information}}", []),
        ("{{en|1=a}}", "{{en|1=b}}", []),
        ("{{Information|description={{en|1=a}}}}", "{{Information|description={{en|1=b}}}}", ["description"]),
        ("{{Information|date=2013", "", []),
    ],
)
def test_parameters_are_compared_by_name(here: str, there: str, differing: list[str]) -> None:
    found = contrast(facts(A, here), facts(B, there))
    assert [name for name, _, _ in found.parameters] == differing


# The wiki pages


def test_a_report_of_one_page() -> None:
    golden = (GOLDEN / "one_page.wiki").read_text(encoding="utf-8").rstrip("\n")
    assert pages(FINDINGS, RUN, BEGUN, Settings(), ALONE) == [Part("", golden)]


def test_a_report_of_nothing_says_so() -> None:
    (page,) = pages([], RUN, BEGUN, Settings())
    assert "| Families || 0\n" in page.text
    assert "| Share that is identical || 0.0 %" in page.text


def family_of(number: int, title_characters: int) -> Finding:
    """Make a family whose section grows with its titles, under a verdict by its number."""
    title = f"{number} {'é' * title_characters}"
    files = tuple(file(10 * number + n, f"{title} {n}.jpg", "a") for n in (1, 2))
    verdict = (Verdict.NEAR, Verdict.ENHANCED, Verdict.DIFFERENT)[number % 3]
    ids = (files[0].page_id, files[1].page_id)
    known = {page_id: Original("a" * 40, None) for page_id in ids}
    found = Identity((), {ids: Comparison(verdict, ("differs",))}, known)
    return Confirmed(Family(files, (Bond(frozenset(ids), "pHash 1"),)), found, {}), ()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.one_of(st.integers(0, 230), st.sampled_from([900, 2_500, 4_000])), max_size=60))
def test_no_page_is_larger_than_allowed_and_no_family_lost(lengths: list[int]) -> None:
    findings = [family_of(number, length) for number, length in enumerate(lengths, start=1)]
    alone = [
        Skipped(f"Alone {number}.jpg", Reason.NO_HASH_KEY, "“" + "é" * length)
        for number, length in enumerate(lengths)
    ]
    written = pages(findings, RUN, BEGUN, SMALL, alone)
    assert written == pages(findings, RUN, BEGUN, SMALL, alone)
    for page in written:
        families = re.findall(r"^=== Family ", page.text, re.MULTILINE)
        assert len(page.text.encode()) <= 20_000 or (len(families) == 1 and "Alone" not in page.text)
        assert page.text == page.text.strip()
    body = "\n".join(page.text for page in written)
    assert Counter(re.findall(r"^=== Family (\d+):", body, re.MULTILINE)) == Counter(
        {str(number): 1 for number in range(1, len(lengths) + 1)}
    )
    assert Counter(re.findall(r":File:(Alone \d+)\.jpg\|", body)) == Counter(
        {f"Alone {number}": 1 for number in range(len(lengths))}
    )
    suffixes = [page.suffix for page in written]
    assert suffixes == ["", *(f"/{n}" for n in range(1, len(written)))]
    for page in written:
        for link in re.findall(r"\[\[((?:\.\./|/)\d*)\|", page.text):
            base = page.suffix if link.startswith("/") else ""
            assert f"{base}/{link.removeprefix('../').removeprefix('/')}".rstrip("/") in suffixes


def test_the_index_links_to_every_part() -> None:
    written = pages([family_of(number, 200) for number in range(1, 60)], RUN, BEGUN, SMALL)
    links = re.findall(r"^\* \[\[/(\d+)\|Part \1\]\]: ", written[0].text, re.MULTILINE)
    assert len(written) > 3
    assert links == [str(n) for n in range(1, len(written))]
    assert written[1].text.startswith(
        f"Part 1 of the report on [[../|{RUN}]], [[../2|part 2]]\n== Enhanced =="
    )
    assert f"[[../{len(written)}|" not in written[-1].text


def test_an_index_that_is_full_leaves_the_rest_to_the_parts() -> None:
    written = pages([family_of(number, 1_000) for number in range(1, 601)], RUN, BEGUN, SMALL)
    named = len(re.findall(r"^\* \[\[/", written[0].text, re.MULTILINE))
    assert len(written[0].text.encode()) <= 20_000
    assert 300 < named < len(written) - 1 == 600
    assert f"[[../{named + 1}|part {named + 1}]]" in written[named].text


def test_files_without_a_family_are_cut_by_size() -> None:
    alone = [Skipped(f"{number}.jpg", Reason.NO_HASH_KEY, "&" * 300) for number in range(200)]
    written = pages([], RUN, BEGUN, SMALL, alone)
    assert len(written) > 10
    assert max(len(page.text.encode()) for page in written) <= 20_000


def test_sections_come_in_the_order_of_likeness() -> None:
    unread: Finding = identity([], [], range(1, 3)), ()
    findings = [unread, *(family_of(number, 1) for number in range(1, 4)), *FINDINGS]
    (page,) = pages(findings, RUN, BEGUN, Settings())
    assert re.findall(r"^== (.+) ==$", page.text, re.MULTILINE) == [
        "Metadata only",
        "Enhanced",
        "Near",
        "Different",
        "Not compared",
    ]


# What strangers write

MARKUP = [
    *"[]{}|<>=~_'\"#*:;!&%-+@/\\\n\t\r\x00\x7f\u200e\u202e\u2066\u200b\u0338\u037e\u1fef\u3000\ufeff",
    "{{delete}}", "{{{1|x}}}", "[[Category:Evil]]", "[[:en:Evil|x]]", "[[de:Evil]]", "[http://a.example x]",
    "http://evil.example/", "//evil.example", "mailto:a@evil.example", "~~~~", "__NOTOC__", "__FORCETOC__",
    "<nowiki>", "</nowiki>", "<!--", "-->", "<gallery>", "</gallery>", "<script>", "<br>", "<ref>x</ref>",
    "|}", "{|", "|-", "||", "!!", "\n==Evil==\n", "''", "'''", "#REDIRECT [[Evil]]", "RFC 2119", "PMID 1",
    "ISBN 978-0-306-40615-7", "-{zh:x}-", "&lt;", "&#91;&#91;Evil&#93;&#93;", "{{subst:Evil}}", "File:Evil",
    "\n* ", "\n: ", "\n----\n", "link=Evil", "alt=x", "100px", "\x7f'\"`UNIQ--nowiki-00000001-QINU`\"'\x7f",
    "日本", "שלום", "e\u0301", "क्\u200dष", "𝕏", "\ud800",
]  # fmt: skip
HOSTILE = st.lists(st.one_of(st.sampled_from(MARKUP), st.text(max_size=3)), min_size=1, max_size=12).map(
    "".join
)
SPECIAL = re.compile(r"[\[\]{}|<>=~_'\"#*:;!&@+\\\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
REFERENCE = re.compile(r"&#[0-9]+;")


@given(HOSTILE)
def test_nothing_that_is_markup_is_left(text: str) -> None:
    for written in (plain(text), target(text), plain(text, 9)):
        assert not SPECIAL.search(REFERENCE.sub("", written)), written
        assert not re.search(r"RFC|PMID|ISBN", written)
        written.encode("utf-8")


LEGAL = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters="[]{}|<>#"), min_size=1
)


@given(LEGAL)
def test_a_title_is_still_itself(title: str) -> None:
    wanted = unicodedata.normalize("NFC", title)
    assert html.unescape(target(title)) == wanted
    assert html.unescape(plain(title)) == wanted


@pytest.mark.parametrize(
    ("text", "limit", "written"),
    [
        ("storm", 5, "storm"),
        ("storms", 5, "stor…"),
        ("the storm", 5, "the…"),
        ("a\n\n== b ==\t c", None, "a &#61;&#61; b &#61;&#61; c"),
        ("- a - b", None, "&#45; a - b"),
        ("RFC 2119", None, "R&#70;C 2119"),
        ("\u202eabc", None, "&#65533;abc"),
        ("", None, ""),
    ],
)
def test_texts_are_written_so(text: str, limit: int | None, written: str) -> None:
    assert plain(text, limit) == written


def test_a_link_always_has_a_label() -> None:
    assert file_link("A's.jpg") == "[[:File:A&#39;s.jpg|A&#39;s.jpg]]"
    assert file_link("\u200e \n") == "[[:File:|&#65533;]]"
    assert (file_link(" "), category_link("\n")) == ("[[:File:|–]]", "[[:Category:|–]]")


def hostile_finding(texts: list[str]) -> Finding:
    """Make a family in which every text that a stranger can write is one of these."""
    some = [*texts] * 20
    files = tuple(file(n, f"{some[n]} {n}.jpg", str(n)) for n in (1, 2, 3))
    text = f"{{{{Information|Description={some[3]}|{some[4]}={some[5]}}}}}[[Category:{some[6]}]]"
    known = {
        1: facts(files[0], text, frozenset({some[7]}), frozenset({f"PD {some[8]}"})),
        2: facts(files[1], f"{{{{Information|Description={some[9]}}}}}", frozenset({some[10]})),
    }
    scores = tuple(
        Score(Evidence(n, some[n]), (Point(Criterion.DEAD_LINK, -n, f"dead link {some[10 + n]}"),))
        for n in (1, 2)
    )
    done = (
        Applied(
            Proposal(files[0], PageEdit(known[1].page, "", ""), Kind.NOMINATED), Outcome.REFUSED, some[13]
        ),
        Skipped(files[1].title, Reason.KEEPER_NOMINATED, some[14]),
        Skipped(some[15], Reason.UNREADABLE, some[16]),
    )
    reasons = (some[17], some[18])
    same = Comparison(Verdict.METADATA_ONLY, reasons)
    return Confirmed(
        Family(files, (Bond(frozenset({1, 2}), some[19]),)),
        Identity(
            (files[:2],),
            {(1, 2): same, (1, 3): Comparison(Verdict.NEAR, reasons)},
            {n: Original(str(n) * 40, None, digest("a", "b")) for n in (1, 2, 3)},
        ),
        known,
        (Ruling(files[:2], Ranking(scores, Keep.HIGHEST, 1)),),
        (Skipped(files[2].title, Reason.NOT_IDENTICAL, some[3]),),
    ), done


def hostile_page(texts: list[str]) -> str:
    """Write the report of a hostile family."""
    alone = [Skipped(texts[0], Reason.NO_HASH_KEY, texts[-1])]
    named = Settings(wiki=WikiSettings(home_category=texts[0]))
    (page,) = pages([hostile_finding(texts)], RUN, BEGUN, named, alone)
    return page.text


OUR_LINK = re.compile(r":(File|Category):[^:]*", re.DOTALL)
OUR_TAGS = {"table", "tr", "td", "th", "li", "i", "b", "gallery"}


def assert_only_ours(text: str) -> None:
    """Find nothing in a page that the report itself does not write."""
    code = mwparserfromhell.parse(text)
    for kind in (
        code.filter_templates,
        code.filter_arguments,
        code.filter_comments,
        code.filter_external_links,
    ):
        assert list(kind()) == []
    for link in code.filter_wikilinks():
        assert OUR_LINK.fullmatch(str(link.title)), link
        assert not mwparserfromhell.parse(str(link.text)).filter_wikilinks()
    assert {str(tag.tag) for tag in code.filter_tags()} <= OUR_TAGS
    headings = [str(heading.title).strip() for heading in code.filter_headings()]
    assert headings == ["Metadata only", "Family 1: 3 files", "Without a family"]
    galleries = [tag for tag in code.filter_tags() if tag.tag == "gallery"]
    assert len(galleries) == 1
    lines = str(galleries[0].contents).strip("\n").split("\n")
    assert len(lines) == 3
    for n, line in enumerate(lines, start=1):
        assert re.fullmatch(rf"File:[^|\[\]{{}}<>:]+\|{n}: [^|\[\]{{}}<>:]+", line), line


@settings(max_examples=100, deadline=None)
@given(st.lists(HOSTILE, min_size=1, max_size=20))
def test_strangers_put_nothing_on_the_page(texts: list[str]) -> None:
    text = hostile_page(texts)
    assert_only_ours(text)
    tables = [line for line in text.split("\n") if line.startswith(("{|", "|}"))]
    assert tables == ['{| class="wikitable"', "|}"] * (len(tables) // 2 - 1) + [
        '{| class="wikitable mw-collapsible mw-collapsed"',
        "|}",
    ]
    # "In all" has two cells a row, scores four, the contrast three, digests eight.
    rows = Counter(line.count("||") + 1 for line in text.split("\n") if line.startswith("| "))
    assert (rows[4], rows[8]) == (2, 3)
    assert set(rows) <= {2, 3, 4, 8}


@settings(max_examples=50, deadline=None)
@given(st.lists(HOSTILE, min_size=1, max_size=20))
def test_strangers_cannot_disturb_the_terminal(texts: list[str]) -> None:
    confirmed, applied = hostile_finding(texts)
    assert all(line.isprintable() for line in confirmed_lines(confirmed, applied))


# JSON and CSV


def test_json_tells_everything() -> None:
    told = json.loads(json.dumps(to_json(TORNADO, TORNADO_DONE)))
    assert list(told) == ["verdict", "bonds", "files", "groups", "comparisons", "rulings", "others"]
    assert told["verdict"] == "metadata only"
    assert told["bonds"][0] == {"page_ids": [11, 12, 13], "evidence": "pHash 00181b19147afcf8"}
    assert told["groups"] == [[11, 12]]
    assert told["comparisons"][1] == {
        "page_ids": [11, 13],
        "verdict": "enhanced",
        "is_same_picture": False,
        "reasons": ["what is decoded differs", "pHash differs in 0 bits, dHash in 3"],
    }
    (ruling,) = told["rulings"]
    assert (ruling["page_ids"], ruling["keeper"], ruling["why"]) == ([11, 12], 12, "the highest score by 3")
    assert [(one["page_id"], one["score"]) for one in ruling["scores"]] == [(12, 2), (11, -1)]
    assert ruling["scores"][1]["points"][0] == {
        "criterion": "earliest_upload",
        "points": 1,
        "reason": "uploaded first, 2013-05-21",
    }
    assert ruling["scores"][1]["unknown"] == ["dead_link"]
    first, second, _, gone = told["files"]
    assert (first["page_id"], first["title"], first["pixel_sha1"]) == (11, A.title, "a" * 40)
    assert (second["against"], second["verdict"], second["dhash_bits"], second["keeper"]) == (
        11,
        "metadata only",
        0,
        12,
    )
    assert first["facts"]["categories"] == ["2013 in Moore, Oklahoma", "Faebot identified duplicates"]
    assert first["decisions"] == [
        {
            "what": A.title,
            "kind": "nominated",
            "outcome": "simulated",
            "sentence": "would be nominated",
            "detail": "",
            "retry_later": True,
            "needs_attention": False,
            "revid": 0,
        }
    ]
    assert (gone["pixel_sha1"], gone["phash"], gone["facts"]) == (None, None, None)
    assert gone["decisions"][0]["reason"] == "unreadable"


def read_back(findings: tuple[Finding, ...]) -> list[list[str]]:
    """Write a CSV file and read it as a program does that knows of the apostrophe."""
    file = io.StringIO(newline="")
    csv.writer(file).writerows(csv_rows(findings))
    file.seek(0)
    return [[cell.removeprefix("'") for cell in row] for row in csv.reader(file)]


def test_csv_has_a_row_for_each_file() -> None:
    heads, *rows = read_back(FINDINGS)
    assert tuple(heads) == COLUMNS
    assert [row[:3] for row in rows] == [
        ["1", "1", "Dhow A.jpg"],
        ["1", "2", "Dhow B.jpg"],
        ["2", "11", A.title],
        ["2", "12", B.title],
        ["2", "13", "Moore, brighter.jpg"],
        ["2", "14", "Gone.jpg"],
    ]
    assert rows[2][3:] == [
        "1" * 40,
        "a" * 40,
        "b" * 40,
        "",
        "-1",
        "+1 uploaded first, 2013-05-21; -2 names www.defenseimagery.mil, whose links lead nowhere",
        B.title,
        "would be nominated",
    ]
    assert rows[5][4:] == ["", "", "", "", "", "", "the download failed (HTTP 503 after 4 attempts)"]


@pytest.mark.parametrize("first", [*"=+-@＝＋－＠'\t\r\n"])
def test_a_text_that_may_be_a_formula_gets_an_apostrophe(first: str) -> None:
    assert protected(f"{first}1") == f"'{first}1"
    assert protected(f"1{first}") == f"1{first}"


@given(st.one_of(st.text(), st.text().map("=1+".__add__), st.sampled_from(["'", "''", "'=", "＝1", "\t=1"])))
def test_no_text_is_a_formula_and_every_text_comes_back(title: str) -> None:
    assert protected(title)[:1] not in tuple("=+-@＝＋－＠\t\r\n")
    assert protected(title).removeprefix("'") == title
    named = replace(A, title=title or "x")
    family = Family((named, replace(B, title="b.jpg")), ())
    findings: tuple[Finding, ...] = ((Confirmed(family, Identity((), {}, {}), {}), ()),)
    row = read_back(findings)[1]
    assert row[2] == (title or "x") or "\x00" in title
    told: Any = json.loads(json.dumps(to_json(*findings[0])))
    assert told["files"][0]["title"] == named.title


def test_numbers_stay_numbers() -> None:
    row = list(csv_rows(FINDINGS))[3]
    assert (row[0], row[1], row[7]) == (2, 11, -1)
    assert str(row[8]).startswith("'+1")
