"""Nominations are one line at the top that says what proves the copy, and that can be taken out again."""

from __future__ import annotations

import os
import random
import unicodedata
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import mwparserfromhell
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from faebot_hash import exclude, nominate, rationale
from faebot_hash.edits import MAX_SUMMARY, Kind, Proposal
from faebot_hash.family import Facts
from faebot_hash.likeness import Comparison, Digest, Original, Verdict
from faebot_hash.marks import IDENTICAL_CATEGORY
from faebot_hash.merit import Criterion, Evidence, Keep, Point, Ranking, Score
from faebot_hash.model import PageText, Revision
from faebot_hash.reasons import Reason, Skipped
from faebot_hash.wikitext import Page
from tests.counting import Counted
from tests.fakes import EPOCH, file_info
from tests.practice.wiki import PracticeWiki
from tests.seeds import FRESH_SEED
from tests.test_tag import real_shape, rubble

HOME = "Faebot identified duplicates"
KEY = "00181b19147afcf8"
HOME_LINK = f"[[Category:{HOME}|{KEY}]]"
IDENTICAL_LINK = f"[[Category:{IDENTICAL_CATEGORY}|{KEY}]]"
GOLDEN = sorted((Path(__file__).parent / "pages" / "nominated").glob("*.txt"))
PIXELS, NON_EXIF, STRIPPED = "b" * 40, "a" * 40, "c" * 40
DIGEST = Digest(NON_EXIF, PIXELS, 1, "RGB", 8, 640, 480, 1, "")
SAME = Comparison(Verdict.METADATA_ONLY, ("all that is decoded is equal",))
LONG = os.environ.get("FAEBOT_LONG") == "1"
GENERATED = 10_000 if LONG else 1_000

HOSTILE_TITLES = (
    'Crab "on" a rock.jpg',
    "Crab's 'rock' ''here''.jpg",
    "Crabs & rocks &amp.jpg",
    "Crab = rock.jpg",
    "2=Rock.jpg",
    "1=.jpg",
    "Crab -- rock ---- sea.jpg",
    "Crab ~~ rock.jpg",
    "Crab * ; ! rock.jpg",
    "Crab (rock), sea; 50%, +1 $2 @me ^ `x`.jpg",
    "Crab\u202e gpj.kcor.jpg",
    "סרטן על סלע.jpg",
    "北京 螃蟹.jpg",
    "RFC 2616 PMID 12345 ISBN 0123456789.jpg",
    "PHash: 00181b19147afcf8.jpg",
    "Http://example.org/crab.jpg",
    "Mailto:crab@example.org.jpg",
    "Category:Crabs.jpg",
    "Faebot confirmed identical: x.jpg",
    "-{zh-hans:crab;zh-hant:rock}-".replace("{", "(").replace("}", ")") + ".jpg",
    "M" + "ą" * 115 + ".jpg",
)


def facts(page_id: int, title: str, text: str, **changes: object) -> Facts:
    """Make the facts of a plain photograph with a page of its own."""
    file = file_info(page_id, title)
    page = PageText(page_id, f"File:{title}", 7, text, "2026-01-01T00:00:00Z")
    return replace(Facts(file, page, EPOCH, 1), **changes)  # type: ignore[arg-type]


def ranking(*points: Point, keeper_id: int = 2, nominee_id: int = 1) -> Ranking:
    """Rank the keeper over the nominee, which has the given points."""
    best = Score(Evidence(keeper_id, "Keeper"), (Point(Criterion.BETTER_TEMPLATE, 99, "uses {{milim}}"),))
    return Ranking((best, Score(Evidence(nominee_id, "Nominee"), points)), Keep.HIGHEST, 1)


def nominated(
    text: str, keeper: str = "Other crab.jpg", kept_text: str = "x", *points: Point
) -> Proposal | Skipped:
    """Nominate a page in favour of a keeper."""
    one, other = facts(1, "Crab.jpg", text), facts(2, keeper, kept_text)
    originals = (Original(one.file.sha1, None, DIGEST), Original(other.file.sha1, None, DIGEST))
    return nominate.nomination(one, other, SAME, originals, ranking(*points), HOME)


def check_the_law(text: str, keeper: str = "Other crab.jpg") -> bool:
    """Check that a nomination is small, read as meant, done once and undone; tell if it was done."""
    proposal = nominated(text, keeper)
    if isinstance(proposal, Skipped):
        return False
    new_text = proposal.edit.new_text
    assert nominate.without_nomination(new_text, keeper, HOME) == text
    line, rest = new_text.split("\n", 1)
    assert rest.replace(IDENTICAL_CATEGORY, HOME) == text
    (template,) = mwparserfromhell.parse(line).filter_templates()
    assert str(template) == line
    assert template.name == "Duplicate"
    assert [str(parameter.name) for parameter in template.params] == ["1", "2"]
    assert str(template.get("1").value) == keeper
    assert not mwparserfromhell.parse(str(template.get("2").value)).filter(
        forcetype=(
            mwparserfromhell.nodes.Wikilink,
            mwparserfromhell.nodes.ExternalLink,
            mwparserfromhell.nodes.Tag,
        )
    )
    assert not Page(new_text).in_category([HOME])
    again = nominated(new_text, keeper)
    assert isinstance(again, Skipped)
    assert again.reason is Reason.ALREADY_TAGGED
    return True


def golden(path: Path) -> tuple[str, str, str]:
    """Read the keeper's title and the two texts of a page file."""
    head, rest = path.read_text(encoding="utf-8").split("==== before ====\n")
    label, title = head.splitlines()
    assert label.startswith("label: ")
    before, after = rest.split("\n==== after ====\n")
    return title.removeprefix("title: "), before, after.removesuffix("\n")


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_pages_before_and_after(path: Path) -> None:
    keeper, before, after = golden(path)
    point = Point(Criterion.EARLIEST_UPLOAD, 1, "uploaded first, 2013-04-02")
    proposal = nominated(before, keeper, "{{PD-old}}\n[[Category:Crabs]]", point)
    if isinstance(proposal, Skipped):
        assert proposal.reason.name == after
    else:
        assert proposal.edit.new_text == after
        assert check_the_law(before, keeper)


def test_there_are_pages() -> None:
    assert len(GOLDEN) >= 12


def test_a_nomination_is_told_to_the_editor() -> None:
    proposal = nominated(f"{{{{PD-old}}}}\n{HOME_LINK}")
    assert isinstance(proposal, Proposal)
    assert proposal.kind is Kind.NOMINATED
    keeper = file_info(2, "Other crab.jpg")
    assert [(one.page_id, one.title, one.revid, one.sha1) for one in proposal.witnesses] == [
        (2, "Other crab.jpg", 7, keeper.sha1)
    ]
    assert proposal.edit.summary == (
        f"Faebot confirmed identical duplicate of [[:File:Other crab.jpg]] (M2), pixel SHA1 {PIXELS}"
    )


@pytest.mark.parametrize("keeper", HOSTILE_TITLES)
def test_hostile_titles(keeper: str) -> None:
    assert check_the_law(f"{{{{PD-old}}}}\n{HOME_LINK}", keeper)
    proposal = nominated(f"{{{{PD-old}}}}\n{HOME_LINK}", keeper)
    assert isinstance(proposal, Proposal)
    summary = proposal.edit.summary
    assert len(summary) <= MAX_SUMMARY
    assert "\n" not in summary
    assert rationale.nominated_for(summary, keeper, 99)
    assert not rationale.nominated_for(summary, "Third crab.jpg", 99)
    page = PageText(1, "File:Crab.jpg", 8, "x", "")
    assert exclude.by_history(page, [Revision(7, 6, EPOCH, "Bot", summary)]) is None


@pytest.mark.parametrize(
    "keeper",
    [
        "A|b.jpg",
        "A}}b.jpg",
        "A{{b.jpg",
        "A[[b.jpg",
        "A<nowiki>b.jpg",
        "A\nb.jpg",
        "A~~~b.jpg",
        " A.jpg",
        "A#b.jpg",
    ],
)
def test_titles_that_no_wiki_has(keeper: str) -> None:
    skipped = nominated(f"{{{{PD-old}}}}\n{HOME_LINK}", keeper)
    assert isinstance(skipped, Skipped)
    assert skipped.reason is Reason.UNSAFE_TEXT


def test_a_title_that_would_melt_into_the_template() -> None:
    keeper = "\u0338 crab.jpg"
    assert unicodedata.normalize("NFC", f"1={keeper}") != f"1={keeper}"
    skipped = nominated(f"{{{{PD-old}}}}\n{HOME_LINK}", keeper)
    assert isinstance(skipped, Skipped)
    assert skipped.reason is Reason.UNSAFE_TEXT


@pytest.mark.parametrize("seed", [20170621, FRESH_SEED], ids=["fixed", f"fresh {FRESH_SEED}"])
@pytest.mark.spec("6.1")
def test_generated_pages_keep_the_law(counted: Counted, seed: int) -> None:
    dice = random.Random(seed)
    done = []
    for number in range(GENERATED):
        text = real_shape(dice) if number % 2 else rubble(dice)
        place = dice.choice((0, len(text)))
        done.append(
            check_the_law(f"{text[:place]}\n{HOME_LINK}\n{text[place:]}", dice.choice(HOSTILE_TITLES))
        )
    assert done.count(True) > GENERATED // 2
    counted("E9", done.count(True), "nominations undone byte for byte")


STRANGE = st.text(
    st.one_of(st.characters(codec="utf-8"), st.sampled_from("{}[]|=<>~'\"&;:#*_-\n!")), max_size=120
)


@given(STRANGE, STRANGE)
@example("{{milim}} | 3 = x }} [[Category:A]] ~~~~ <nowiki> https://spam.example ''x'' &#124;", "x|y")
@example("ISBN 0123456789 RFC 1 __NOTOC__", "-{a}-")
def test_nothing_in_a_reason_is_wikitext(why: str, category: str) -> None:
    category = "".join(char for char in category if char not in "[]{}|<>#\n\r\x00\x01")
    text = f"[[Category:{category}]]\n{HOME_LINK}"
    proposal = nominated(text, "Other crab.jpg", "x", Point(Criterion.DEAD_HOST, -2, why or "x"))
    if isinstance(proposal, Skipped):
        assert proposal.reason is Reason.UNSAFE_TEXT
        return
    line = proposal.edit.new_text.partition("\n")[0]
    reason = line.removeprefix("{{Duplicate|1=Other crab.jpg|2=").removesuffix("}}")
    assert not set(reason) & set("{}[]|=<>~'\"*_\n")
    assert "://" not in reason
    assert len(reason) <= rationale.MAX_REASON


@pytest.mark.spec("5.6")
def test_a_reason_has_the_proof_the_scores_and_what_to_merge() -> None:
    text = f"{HOME_LINK}\n[[Category:Crabs]]\n[[Category:Rocks = stones]]\n[[Category:Hidden]]"
    one = facts(1, "Crab.jpg", text, hidden_categories=frozenset({"Hidden"}))
    other = facts(2, "Other.jpg", "x", categories=frozenset({"Crabs"}))
    originals = (Original(one.file.sha1, STRIPPED, DIGEST), Original(other.file.sha1, STRIPPED, DIGEST))
    points = (
        Point(Criterion.EARLIEST_UPLOAD, 1, "uploaded first, 2013-04-02"),
        Point(Criterion.DEAD_LINK, -1, "dead link http://spam.example/a"),
        Point(Criterion.DEAD_LINK, -1, "dead link http://spam.example/b"),
    )
    told = rationale.reason(one, other, originals, ranking(*points), HOME)
    assert told == (
        f"Faebot confirmed identical: all but the metadata, SHA1 {STRIPPED}; pixel SHA1 {PIXELS}; "
        f"non-EXIF SHA1 {NON_EXIF}. "
        "The copy to keep has the score 99 (+99 uses &#123;&#123;milim&#125;&#125;), this one "
        "-1 (+1 uploaded first, 2013-04-02; -2 dead links (2)). "
        "Categories only here: Rocks &#61; stones"
    )


def test_a_long_reason_leaves_the_least_important_out() -> None:
    many = [f"A rather long name of a category, number {number}" for number in range(30)]
    text = HOME_LINK + "".join(f"[[Category:{name}]]" for name in many)
    points = [Point(Criterion.DEAD_HOST, -2, f"names host{number} " + "x" * 30) for number in range(9)]
    proposal = nominated(text, "Other crab.jpg", "x", *points)
    assert isinstance(proposal, Proposal)
    reason = proposal.edit.new_text.partition("|2=")[2].partition("}}")[0]
    assert len(reason) <= rationale.MAX_REASON
    assert f"pixel SHA1 {PIXELS}" in reason
    assert "this one -18 (-2 names host0 " in reason
    listed = reason.partition("Categories only here: ")[2].split(", ")
    assert listed[-1].startswith("and ")
    names = reason.count("A rather long name")
    assert names + int(listed[-1].split()[1]) == 30


IDENTICAL_BYTES = Original("d" * 40, None)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (IDENTICAL_BYTES, IDENTICAL_BYTES, [f"byte for byte, SHA1 {'d' * 40}"]),
        (
            Original("d" * 40, STRIPPED),
            Original("e" * 40, STRIPPED),
            [f"all but the metadata, SHA1 {STRIPPED}"],
        ),
        (Original("d" * 40, None), Original("e" * 40, None), []),
        (Original("d" * 40, STRIPPED), Original("e" * 40, None), []),
        (
            Original("d" * 40, None, DIGEST),
            Original("e" * 40, None, replace(DIGEST, pixel_sha1="f" * 40)),
            [],
        ),
        (
            Original("d" * 40, None, DIGEST),
            Original("e" * 40, None, replace(DIGEST, non_exif_sha1="f" * 40)),
            [],
        ),
        (
            Original("d" * 40, None, replace(DIGEST, non_exif_sha1="")),
            Original("e" * 40, None, replace(DIGEST, non_exif_sha1="")),
            [],
        ),
    ],
)
def test_proofs(one: Original, other: Original, expected: list[str]) -> None:
    assert list(rationale.proofs(one, other)) == expected


def test_nothing_is_nominated_without_proof() -> None:
    text = HOME_LINK
    one, other = facts(1, "Crab.jpg", text), facts(2, "Other.jpg", "x")
    good = (Original(one.file.sha1, None, DIGEST), Original(other.file.sha1, None, DIGEST))
    best = ranking()
    tie = Ranking((Score(Evidence(1, "a")), Score(Evidence(2, "b"))), Keep.HIGHEST, 1)
    cases: list[tuple[Comparison, tuple[Original, Original], Ranking, Reason]] = [
        (SAME, (good[1], good[0]), best, Reason.OVERWRITTEN),
        (SAME, (good[0], replace(good[1], sha1="9" * 40)), best, Reason.OVERWRITTEN),
        (SAME, (good[0], replace(good[1], digest=None)), best, Reason.NOT_IDENTICAL),
        (Comparison(Verdict.ENHANCED, ("x",)), good, best, Reason.NOT_IDENTICAL),
        (SAME, good, tie, Reason.NO_KEEPER),
        (SAME, good, ranking(keeper_id=1, nominee_id=2), Reason.NO_KEEPER),
        (SAME, good, ranking(nominee_id=3), Reason.NO_KEEPER),
    ]
    assert isinstance(nominate.nomination(one, other, SAME, good, best, HOME), Proposal)
    for comparison, originals, ranked, reason in cases:
        skipped = nominate.nomination(one, other, comparison, originals, ranked, HOME)
        assert isinstance(skipped, Skipped)
        assert skipped.reason is reason


def test_a_nomination_that_moved_is_found() -> None:
    proposal = nominated(f"{{{{PD-old}}}}\n{HOME_LINK}\n[[Category:Crabs]]")
    assert isinstance(proposal, Proposal)
    line, rest = proposal.edit.new_text.split("\n", 1)
    later = f"==Summary==\n{line} moved\n{rest}\n[[Category:Rocks]]"
    assert nominate.without_nomination(later, "Other crab.jpg", HOME) == (
        f"==Summary==\n moved\n{{{{PD-old}}}}\n{HOME_LINK}\n[[Category:Crabs]]\n[[Category:Rocks]]"
    )


def test_a_nomination_behind_other_text_leaves_the_line_end() -> None:
    line = "{{Duplicate|1=Other crab.jpg|2=Faebot confirmed identical: x}}"
    text = f"moved {line}\n{IDENTICAL_LINK}"
    assert nominate.without_nomination(text, "Other crab.jpg", HOME) == f"moved \n{HOME_LINK}"


def test_a_title_too_long_for_the_summary_is_told_by_its_number() -> None:
    keeper = "A" + ":b" * 110 + ".jpg"
    proposal = nominated(f"{{{{PD-old}}}}\n{HOME_LINK}", keeper)
    assert isinstance(proposal, Proposal)
    assert proposal.edit.summary == f"Faebot confirmed identical duplicate of M2, pixel SHA1 {PIXELS}"
    assert rationale.nominated_for(proposal.edit.summary, "Renamed.jpg", 2)
    assert not rationale.nominated_for(proposal.edit.summary, "Renamed.jpg", 22)


@pytest.mark.parametrize(
    "text",
    [
        f"{{{{Duplicate|1=Other crab.jpg|2=late}}}}\n{IDENTICAL_LINK}",
        f"{{{{Duplicate|Other crab.jpg}}}}\n{IDENTICAL_LINK}",
        f"{{{{Duplicate|1=Third crab.jpg|2=Faebot confirmed identical: x}}}}\n{IDENTICAL_LINK}",
        f"<pre>{{{{Duplicate|1=Other crab.jpg|2=Faebot confirmed identical: x}}}}</pre>\n{IDENTICAL_LINK}",
        IDENTICAL_LINK,
    ],
)
def test_what_is_not_our_nomination_stays(text: str) -> None:
    assert nominate.without_nomination(text, "Other crab.jpg", HOME) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{duplicate|A.jpg|late}}", {"A.jpg", "Late"}),
        ("{{Dup|1=File:a_b.jpg}}", {"A b.jpg"}),
        ("{{dup|1=:Image:A.jpg}} {{Double|B.jpg}}", {"A.jpg", "B.jpg"}),
        ("{{Information|1=A.jpg}}", set()),
        ("<!-- {{dup|A.jpg}} -->", set()),
    ],
)
def test_keepers_named(text: str, expected: set[str]) -> None:
    assert nominate.keepers_named(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{{{{PD-old}}}}\n{HOME_LINK}\n[[Category:Crabs]]", "{{PD-old}}\n[[Category:Crabs]]"),
        (f"{{{{PD-old}}}}\n{HOME_LINK}", "{{PD-old}}"),
        (f"x\n[[category:faebot_identified duplicates]]\n{HOME_LINK}", "x"),
        (HOME_LINK, Reason.UNSAFE_TEXT),  # nothing would be left
        ("{{PD-old}}", Reason.REMOVED_BY_HUMAN),
        (f"{{{{PD-old}}}}\n{IDENTICAL_LINK}", Reason.ALREADY_TAGGED),
        (f"{{{{PD-old\n{HOME_LINK}", Reason.UNSAFE_TEXT),
        ("", Reason.UNSAFE_TEXT),
        (f"#REDIRECT [[File:A.jpg]]\n{HOME_LINK}", Reason.REDIRECT),
    ],
)
def test_a_file_leaves_the_home_category(text: str, expected: str | Reason) -> None:
    file = facts(2, "Other crab.jpg", text)
    for proposal, kind in (
        (nominate.release(file, HOME, ["Crab.jpg"]), Kind.RELEASED),
        (nominate.cleanup(file, HOME, ["Crab.jpg"]), Kind.CLEANED),
    ):
        if isinstance(proposal, Skipped):
            assert proposal.reason is expected
        else:
            assert proposal.edit.new_text == expected
            assert proposal.kind is kind


@pytest.mark.parametrize(
    ("titles", "released", "cleaned"),
    [
        (
            ["A.jpg"],
            "Faebot keeps this file: [[:File:A.jpg]] is nominated as identical",
            "Faebot found no duplicate left: [[:File:A.jpg]] is gone",
        ),
        (
            ["A.jpg", "B.jpg", "C.jpg"],
            "Faebot keeps this file: [[:File:A.jpg]] and 2 more are nominated as identical",
            "Faebot found no duplicate left: [[:File:A.jpg]] and 2 more are gone",
        ),
        (
            [],
            "Faebot keeps this file: others are nominated as identical",
            "Faebot found no duplicate left: others are gone",
        ),
    ],
)
def test_summaries_of_those_that_leave(titles: list[str], released: str, cleaned: str) -> None:
    file = facts(2, "Other crab.jpg", f"x\n{HOME_LINK}")
    for proposal, expected in (
        (nominate.release(file, HOME, titles), released),
        (nominate.cleanup(file, HOME, titles), cleaned),
    ):
        assert isinstance(proposal, Proposal)
        assert proposal.edit.summary == expected


@pytest.mark.practice
def test_mediawiki_reads_a_nomination_as_meant(wiki: PracticeWiki) -> None:
    reader = wiki.reader()
    why = "x {{milim}} | 3=y }} [[Category:Q]] ~~~~ http://a.example RFC 1 ISBN 0123456789 ''z''"
    for keeper in HOSTILE_TITLES:
        point = Point(Criterion.DEAD_HOST, -2, why)
        proposal = nominated(f"x\n{HOME_LINK}\n[[Category:A = ''b'' -- c]]", keeper, "x", point)
        assert isinstance(proposal, Proposal)
        line = proposal.edit.new_text.partition("\n")[0]
        answer = reader.post(
            action="parse",
            text=line,
            title="File:Crab.jpg",
            contentmodel="wikitext",
            prop="parsetree|templates|links|categories|externallinks",
            pst=1,
        )["parse"]
        tree = ElementTree.fromstring(answer["parsetree"])  # noqa: S314 — our own wiki's
        (template,) = tree.findall("template")
        assert not (tree.text or "").strip()
        assert (template.findtext("title") or "").strip() == "Duplicate"
        parts = {_text(part.find("name")): _text(part.find("value")) for part in template.findall("part")}
        assert parts == {"1": keeper, "2": line.partition("|2=")[2].removesuffix("}}")}
        assert [one["title"].lower() for one in answer["templates"]] == ["template:duplicate"]
        shown = keeper.translate(DIRECTION_MARKS)
        assert [one["title"] for one in answer["links"]] == [f"File:{shown}"]
        assert [one["category"] for one in answer["categories"]] == ["Duplicate"]
        assert answer["externallinks"] == []


DIRECTION_MARKS = dict.fromkeys(map(ord, "\u200e\u200f\u202a\u202b\u202c\u202d\u202e"))


def _text(element: ElementTree.Element | None) -> str:
    assert element is not None
    return element.get("index") or "".join(element.itertext())
