"""Tags are one line at the end: pages before and after, and the law of the smallest change (goal E9)."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import mwparserfromhell
import pytest

from faebot_hash import tag
from faebot_hash.collection import Collection
from faebot_hash.edits import MAX_SUMMARY, Proposal
from faebot_hash.model import HashKind, Match, PageText
from faebot_hash.reasons import Reason, Skipped
from faebot_hash.wikitext import Page, category_cuts
from tests.counting import Counted
from tests.fakes import file_info
from tests.seeds import FRESH_SEED
from tests.test_wikitext import corpora_texts

PAGES = sorted((Path(__file__).parent / "pages").glob("*.txt"))
HOME = "Faebot identified duplicates"
CHECK = "Images from DoD uploaded by Fæ (check needed)"
COLLECTION = Collection("dod", seed_category=CHECK, remove_category=CHECK)
KEY = "00181b19147afcf8"
MATCH = Match(file_info(1, "Crab.jpg"), HashKind.PHASH, int(KEY, 16), (file_info(2, "Other crab.jpg"),))
LONG = os.environ.get("FAEBOT_LONG") == "1"
GENERATED = 10_000 if LONG else 1_000


def page(text: str) -> PageText:
    """Make a page text."""
    return PageText(1, "File:Crab.jpg", 7, text, "2026-01-01T00:00:00Z")


def propose(text: str) -> Proposal | Skipped:
    """Tag a page in the manner of the DoD collection."""
    return tag.propose(MATCH, page(text), COLLECTION, HOME)


def check_the_law(text: str) -> bool:
    """Check that tagging is small, effective, done once and undone byte for byte; tell if it was done."""
    proposal = propose(text)
    if isinstance(proposal, Skipped):
        return False
    new_text = proposal.edit.new_text
    cuts = category_cuts(Page(text), CHECK)
    assert tag.without_tag(new_text, HOME, KEY, cuts) == text
    assert new_text.endswith(f"[[Category:{HOME}|{KEY}]]")
    assert len(new_text) <= len(text) + len(f"\n[[Category:{HOME}|{KEY}]]")
    parsed = mwparserfromhell.parse(new_text)
    assert str(parsed.nodes[-1]) == f"[[Category:{HOME}|{KEY}]]"
    assert Page(new_text).in_category([HOME])
    assert not Page(new_text).in_category([CHECK])
    again = propose(new_text)
    assert isinstance(again, Skipped)
    assert again.reason is Reason.ALREADY_TAGGED
    return True


def golden(path: Path) -> tuple[str, str, str]:
    """Read the title and the two texts of a page file."""
    head, rest = path.read_text(encoding="utf-8").split("==== before ====\n")
    label, title = head.splitlines()
    assert label.startswith("label: ")
    before, after = rest.split("\n==== after ====\n")
    return title.removeprefix("title: "), before, after.removesuffix("\n")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_pages_before_and_after(path: Path) -> None:
    title, before, after = golden(path)
    match = replace(MATCH, partners=(file_info(2, title),))
    proposal = tag.propose(match, page(before), COLLECTION, HOME)
    if isinstance(proposal, Skipped):
        assert proposal.reason.name == after
    else:
        assert proposal.edit.new_text == after
        assert f"[[:File:{title}]]" in proposal.edit.summary
        assert check_the_law(before)


def test_there_are_pages() -> None:
    assert len(PAGES) >= 30


def test_without_a_category_to_remove_everything_stays() -> None:
    text = f"x\n[[Category:{CHECK}]]"
    proposal = tag.propose(MATCH, page(text), Collection("noaa"), HOME)
    assert isinstance(proposal, Proposal)
    assert proposal.edit.new_text == f"{text}\n[[Category:{HOME}|{KEY}]]"


@pytest.mark.parametrize("text", ["a\r\nb", "a\x00b", "a\x01b"])
@pytest.mark.spec("3.13")
def test_characters_that_no_wiki_stores(text: str) -> None:
    skipped = propose(text)
    assert isinstance(skipped, Skipped)
    assert skipped.reason is Reason.UNSAFE_TEXT


def test_a_tag_that_moved_is_found() -> None:
    moved = f"a\n[[category:faebot identified_duplicates|{KEY}]]\n[[Category:Crabs]]"
    assert tag.without_tag(moved, HOME, KEY) == "a\n[[Category:Crabs]]"


def test_another_tag_is_left_alone() -> None:
    other = f"a\n[[Category:{HOME}|ffffffffffffffff]]"
    assert tag.without_tag(other, HOME, KEY) == other


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        (
            MATCH,
            "Faebot identified duplicate, pHash: 00181b19147afcf8, looks like [[:File:Other crab.jpg]], "
            "see [[:Category:Faebot identified duplicates]]",
        ),
        (
            Match(file_info(1), HashKind.DHASH, 255, tuple(file_info(i, f"F {i}.jpg") for i in (2, 3, 4))),
            "Faebot identified duplicate, dHash: 00000000000000ff, looks like [[:File:F 2.jpg]] and 2 more, "
            "see [[:Category:Faebot identified duplicates]]",
        ),
        (
            Match(file_info(1), HashKind.PHASH, 1, (file_info(2, "x" * 300 + ".jpg"),)),
            "Faebot identified duplicate, pHash: 0000000000000001, "
            "see [[:Category:Faebot identified duplicates]]",
        ),
    ],
)
def test_summaries(match: Match, expected: str) -> None:
    assert tag.summary(match, HOME) == expected
    assert len(expected) <= MAX_SUMMARY


@pytest.mark.corpora
def test_every_page_of_the_corpora_keeps_the_law() -> None:
    done = [check_the_law(text) for _, text in corpora_texts()]
    assert len(done) > 130
    assert done.count(False) <= 8  # those with brackets left open


HEADS = (
    "",
    "== {{int:filedesc}} ==\n",
    "=={{int:filedesc}}==\n",
    "== Summary ==\n",
    "<!-- bot upload -->\n",
    "\n",
)
DESCRIPTIONS = (
    "{{en|1=A crab}}",
    "A [[:en:Crab|crab]], 5 < 6 & more",
    "{{de|Krabbe}}\n{{en|Crab}}",
    "{{mld\n| cs = [[:cs:Krab|Krab]]\n| et = krabi}}",
    "120105-N-ZZ999-002 ARABIAN SEA (Jan. 5, 2012)",
    "<nowiki>{{</nowiki> 北师大 סרטן ‏",
    "x <!-- }} --> y",
    "<small>[https://example.org/?a=b c]</small>",
    "{| class=wikitable\n| a\n|}",
)
BLOCKS = (
    "{{Information\n|description=%s\n|date=2012-05-06\n|source={{own}}\n|author=X\n|other_versions=\n}}\n",
    "{{Information|Description=%s|Source=y}}\n",
    "{{milim\n| description = %s\n| virin = 090726-A-1\n| stars = 4\n}}\n",
    "{{Artwork\n |title = {{title|lang=it|1=T}}\n |notes = %s\n}}\n",
    "{{Photograph|description=%s}}\n{{Location|37|26|46.6|N|113|11|36.72|W}}\n",
    "%s\n",
)
LICENCES = (
    "{{PD-USGov-Military-Navy}}\n",
    "=={{int:license-header}}==\n{{self|cc-by-sa-3.0|author=X}}\n",
    "{{PD-old}}",
)
CATEGORIES = (
    "[[Category:Crabs]]\n",
    "[[category:navy ships|%s]]\n",
    "[[Category:A]][[Category:B]]\n",
    f"[[Category:{CHECK}]]\n",
    f"  [[ category:{CHECK.replace(' ', '_')}|k ]]  \n",
    f"x [[Category:{CHECK}]] y\n",
    "<!-- [[Category:Hidden]] -->\n",
    "[[Category:北京|像]]",
)
TAILS = (
    "",
    "\n",
    "\n\n",
    " ",
    "<!-- end -->",
    "[[de:Krabbe]]",
    "{{Uncategorized|year=2022}}",
    "\n----\n* a",
    "</div>",
)
BRACKETS = ("{{", "}}", "[[", "]]", "{|", "|}", "{", "}", "<!--", "-->", "|", "=", "'''", "#", "&amp;")
TAGS = ("<nowiki>", "</nowiki>", "<gallery>", "</gallery>", "<includeonly>", "<ref>")
WORDS = ("Category:", "A.jpg", "é", "\n", " ", f"[[Category:{CHECK}]]")
SCRAPS = (*BRACKETS, *TAGS, *WORDS)


def real_shape(dice: random.Random) -> str:
    """Put a page together as uploaders and their tools do."""
    categories = "".join(dice.choice(CATEGORIES) for _ in range(dice.randrange(6)))
    parts = [dice.choice(BLOCKS) % dice.choice(DESCRIPTIONS), dice.choice(LICENCES), categories]
    if dice.random() < 0.2:
        parts.reverse()
    return dice.choice(HEADS) + "".join(parts) + dice.choice(TAILS)


def rubble(dice: random.Random) -> str:
    """Put brackets and tags together as chance has it."""
    return "".join(dice.choice(SCRAPS) for _ in range(dice.randrange(1, 15)))


def pages(seed: int, real: int, odd: int) -> Iterator[tuple[str, bool]]:
    """Generate pages, each with whether it has a real shape."""
    dice = random.Random(seed)
    yield from ((real_shape(dice), True) for _ in range(real))
    yield from ((rubble(dice), False) for _ in range(odd))


@pytest.mark.parametrize("seed", [20170621, FRESH_SEED], ids=["fixed", f"fresh {FRESH_SEED}"])
@pytest.mark.spec("3.1")
def test_generated_pages_keep_the_law(counted: Counted, seed: int) -> None:
    real = max(500, GENERATED // 2)
    done = {True: 0, False: 0}
    for text, is_real in pages(seed, real, GENERATED - real):
        done[is_real] += check_the_law(text)
    assert done[True] == real
    assert done[False] > 0
    counted("E9", done[True], "pages of real shape")
    counted("E9", done[False], "other generated pages")
