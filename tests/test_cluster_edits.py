"""What a file page tells of its cluster: added, replaced and taken out, each the smallest edit (goal E9)."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

import mwparserfromhell
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faebot_hash import similar
from faebot_hash.cluster_edits import (
    NOTHING,
    OwnEdit,
    Wish,
    category_name,
    keys_on,
    own_edit,
    propose,
    summary,
    without_ours,
)
from faebot_hash.collection import ClusterForm, Collection
from faebot_hash.edits import MAX_SUMMARY, Kind, Proposal
from faebot_hash.model import PageText, Revision
from faebot_hash.reasons import Reason, Skipped
from faebot_hash.wikitext import Page
from tests.counting import Counted
from tests.fakes import file_info
from tests.seeds import FRESH_SEED
from tests.test_confirm_report import HOSTILE
from tests.test_tag import pages
from tests.test_wikitext import corpora_texts

FLEURON = Collection("fleuron", cluster_as=ClusterForm.CATEGORY, cluster_category="fleuron cluster {key}")
OTHER = Collection("fleuron-2", cluster_as=ClusterForm.CATEGORY, cluster_category="Fleuron {key}")
FILE = file_info(1, "Fleuron 1.png")
GALLERY = Wish(gallery=similar.inside_of(["Fleuron 2.png", "Fleuron 3.png"], 2), files=3)
LARGER = Wish(gallery=similar.inside_of(["Fleuron 2.png", "Fleuron 3.png", "Fleuron 4.png"], 9), files=10)
CATEGORY, RENAMED = Wish("Fleuron cluster 7", files=3), Wish("Fleuron cluster 8", files=2)
BOT = "PracticeBot"
REAL = 10_000 if os.environ.get("FAEBOT_LONG") == "1" else 100


def page(text: str) -> PageText:
    return PageText(1, "File:Fleuron 1.png", 7, text, "2026-01-01T00:00:00Z")


def judged(
    text: str, wish: Wish, last: OwnEdit | None = None, names: tuple[str, ...] = (BOT,)
) -> Proposal | Skipped:
    return propose(FILE, page(text), wish, FLEURON, names, lambda: last)


def new_text(text: str, wish: Wish, last: OwnEdit | None = None) -> str:
    proposal = judged(text, wish, last)
    assert isinstance(proposal, Proposal), proposal
    assert proposal.kind is wish.kind
    return proposal.edit.new_text


def reason(text: str, wish: Wish, last: OwnEdit | None = None) -> Reason:
    skipped = judged(text, wish, last)
    assert isinstance(skipped, Skipped), skipped
    return skipped.reason


def check_the_laws(text: str) -> bool:
    """Add, replace, exchange and take out, and see that no other byte is touched; tell if it was done."""
    if isinstance(judged(text, GALLERY), Skipped):
        return False
    for first, second in ((GALLERY, LARGER), (CATEGORY, RENAMED), (GALLERY, CATEGORY), (CATEGORY, GALLERY)):
        last = OwnEdit(True, first.category)
        added = new_text(text, first)
        assert added.startswith(text)
        assert without_ours(added, FLEURON) == text
        assert str(mwparserfromhell.parse(added)) == added
        assert reason(added, first) is Reason.UNCHANGED
        changed = new_text(added, second, last)
        assert without_ours(changed, FLEURON) == text
        assert reason(changed, second) is Reason.UNCHANGED
        assert new_text(changed, NOTHING, OwnEdit(True, second.category)) == text.rstrip()
        for one in (added, changed):
            assert Page(one).has_gallery() == Page(text).has_gallery()
            assert not Page(one).mentions("Fleuron 3.png", "Fleuron 1.png")
            assert [t.name for t in Page(one).templates] == [t.name for t in Page(text).templates]
    return True


@pytest.mark.parametrize("seed", [20170621, FRESH_SEED], ids=["fixed", f"fresh {FRESH_SEED}"])
def test_generated_pages_keep_the_laws(counted: Counted, seed: int) -> None:
    done = {True: 0, False: 0}
    for text, is_real in pages(seed, REAL, REAL):
        done[is_real] += check_the_laws(text)
    assert done[True] == REAL
    assert done[False] > 0
    counted("E9", done[True], "pages of real shape that are clustered and back")
    counted("E9", done[False], "other generated pages that are clustered and back")


@pytest.mark.corpora
def test_every_page_of_the_corpora_keeps_the_laws() -> None:
    done = [check_the_laws(text) for _, text in corpora_texts()]
    assert done.count(True) > 100


@given(st.lists(HOSTILE, min_size=1, max_size=4), st.integers(0, 3))
def test_hostile_titles_stay_within_the_gallery(titles: list[str], more: int) -> None:
    inside = similar.inside_of(titles, len(titles) + more)
    text = similar.with_gallery("A fleuron.\n[[Category:Fleurons]]", "fleuron", inside)
    assert similar.without_gallery(text, "fleuron") == "A fleuron.\n[[Category:Fleurons]]"
    read = Page(text)
    assert [link.name for link in read.categories] == ["Fleurons"]
    assert read.templates == ()
    assert read.markup.left_open == ()
    (files,) = read.markup.file_lists
    assert files.strip("\n").count("\nFile:") + 1 == len(titles)


def test_golden() -> None:
    begin = "<!-- similar files: begin (fleuron "
    text = new_text("A fleuron.\n[[Category:Fleurons]]", GALLERY)
    before, _, rest = text.partition(begin)
    assert before == "A fleuron.\n[[Category:Fleurons]]\n"
    digest, _, rest = rest.partition(") -->")
    assert len(digest) == 8
    assert rest == (
        '\n<gallery mode="packed" heights="80" caption="Similar files">\n'
        "File:Fleuron 2.png\nFile:Fleuron 3.png\n</gallery>\n<!-- similar files: end (fleuron) -->"
    )
    assert 'caption="Similar files: 3 of 9"' in new_text("x", LARGER)
    assert new_text("x", CATEGORY) == "x\n[[Category:Fleuron cluster 7]]"


@pytest.mark.parametrize(
    ("text", "wish", "expected"),
    [
        # a new name, where the old one stands, with the sort key that somebody gave it
        ("a\n[[category:fleuron_cluster_7|x]]\nb", RENAMED, "a\n[[Category:Fleuron cluster 8|x]]\nb"),
        ("a\n[[Category:Fleuron cluster 7]]\n[[Category:B]]", NOTHING, "a\n[[Category:B]]"),
        ("a\n[[Category:Fleuron cluster 7]]", NOTHING, "a"),
    ],
)
def test_categories_are_renamed_and_left(text: str, wish: Wish, expected: str) -> None:
    assert new_text(text, wish, OwnEdit(True, "Fleuron cluster 7")) == expected


def test_a_gallery_that_people_moved_is_replaced_where_it_is() -> None:
    block = new_text("x", GALLERY).removeprefix("x\n")
    moved = f"{block}\nA fleuron.\n[[Category:B]]"
    assert new_text(moved, NOTHING) == "A fleuron.\n[[Category:B]]"
    assert new_text(moved, LARGER).endswith("\nA fleuron.\n[[Category:B]]")


ADDED = new_text("A fleuron.", GALLERY)


@pytest.mark.parametrize(
    ("text", "wish", "last", "expected"),
    [
        ("A fleuron.", GALLERY, OwnEdit(True), Reason.REMOVED_BY_HUMAN),
        ("A fleuron.", CATEGORY, OwnEdit(True, "Fleuron cluster 7"), Reason.REMOVED_BY_HUMAN),
        ("A fleuron.", NOTHING, OwnEdit(True), Reason.UNCHANGED),
        (ADDED.replace("File:Fleuron 2.png\n", ""), LARGER, OwnEdit(True), Reason.EDITED_SINCE),
        (ADDED.replace("File:Fleuron 2.png\n", ""), NOTHING, OwnEdit(True), Reason.EDITED_SINCE),
        (ADDED.replace(" end (", " END ("), LARGER, OwnEdit(True), Reason.EDITED_SINCE),
        (f"{ADDED}\n{ADDED}", LARGER, OwnEdit(True), Reason.EDITED_SINCE),
        (
            "x\n[[Category:Fleuron cluster 9]]",
            CATEGORY,
            OwnEdit(True, "Fleuron cluster 7"),
            Reason.EDITED_SINCE,
        ),
        ("x\n[[Category:Fleuron cluster 9]]", CATEGORY, None, Reason.EDITED_SINCE),
        ("x\n[[Category:Fleuron cluster 9]]", NOTHING, None, Reason.EDITED_SINCE),
        ("#REDIRECT [[File:X.png]]", GALLERY, None, Reason.REDIRECT),
        ("x {{nobots}}", GALLERY, None, Reason.BOTS_EXCLUDED),
        ("x {{duplicate|Y.png}}", GALLERY, None, Reason.DELETION_PENDING),
        ("x {{delete}}", CATEGORY, None, Reason.DELETION_PENDING),
        ("x {{open", GALLERY, None, Reason.UNSAFE_TEXT),
        ("x <!-- open", GALLERY, None, Reason.UNSAFE_TEXT),
        ("x <nowiki>", GALLERY, None, Reason.UNSAFE_TEXT),
        ("", GALLERY, None, Reason.UNSAFE_TEXT),
        ("a\x00b", GALLERY, None, Reason.UNSAFE_TEXT),
    ],
)
@pytest.mark.spec("7.8")
def test_what_is_left_to_people(text: str, wish: Wish, last: OwnEdit | None, expected: Reason) -> None:
    assert reason(text, wish, last) is expected


def test_what_we_took_off_ourselves_may_come_back() -> None:
    assert new_text("A fleuron.", GALLERY, OwnEdit(False)) == ADDED


def test_what_people_made_as_we_would_is_no_trouble() -> None:
    by_hand = ADDED.replace(ADDED.partition("(fleuron ")[2][:8], "00000000")
    assert reason(by_hand, GALLERY) is Reason.UNCHANGED


def test_collections_do_not_meddle_with_each_other() -> None:
    both = similar.with_gallery(ADDED, "fleuron-2", GALLERY.gallery) + "\n[[Category:Fleuron 4]]"
    assert without_ours(both, OTHER) == ADDED
    assert without_ours(both, FLEURON) == both.replace(ADDED, "A fleuron.")
    assert (keys_on(both, FLEURON), keys_on(both, OTHER)) == (frozenset(), {4})
    assert category_name(FLEURON, 4) == "Fleuron cluster 4"


def revisions(*lines: tuple[str, str]) -> list[Revision]:
    """Make a history, newest first, of users and comments."""
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    return [
        Revision(n, n - 1, moment, user, comment)
        for n, (user, comment) in zip(count(9, -1), lines, strict=False)
    ]


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ((), None),
        (((BOT, "upload"), ("Human", "rm")), None),
        ((("Human", "rm"), (BOT, f"{summary(GALLERY, FLEURON)} (abc)")), OwnEdit(True)),
        (((BOT, summary(NOTHING, FLEURON)), (BOT, summary(GALLERY, FLEURON))), OwnEdit(False)),
        # somebody who writes what we write when we take something off does not make it ours
        ((("Human", summary(NOTHING, FLEURON)), (BOT, summary(GALLERY, FLEURON))), OwnEdit(True)),
        (
            ((BOT, summary(RENAMED, FLEURON)), (BOT, summary(CATEGORY, FLEURON))),
            OwnEdit(True, "Fleuron cluster 8"),
        ),
        (((BOT, summary(GALLERY, OTHER)),), None),
        (((BOT, "Undo own edit 7 of the run x"), (BOT, summary(GALLERY, FLEURON))), OwnEdit(True)),
    ],
)
def test_our_last_edit_is_found(history: tuple[tuple[str, str], ...], expected: OwnEdit | None) -> None:
    assert own_edit(revisions(*history), FLEURON, BOT) == expected


def test_summaries_leave_room_for_the_token() -> None:
    long = replace(FLEURON, name="x" * 60)
    assert len(summary(Wish("Ä" * 120, files=9), long)) <= MAX_SUMMARY
    assert {wish.kind for wish in (GALLERY, CATEGORY, NOTHING)} == {
        Kind.GALLERY,
        Kind.CLUSTERED,
        Kind.UNCLUSTERED,
    }


def test_endless_comments_cost_little() -> None:
    mark = "<!-- similar files: begin (fleuron 00000000) -->"
    assert list(similar.galleries(mark * 40_000)) == []
    assert similar.without_untouched(mark * 40_000) == mark * 40_000
