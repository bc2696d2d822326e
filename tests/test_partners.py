"""What became of the files that one looked like: from the journal, else from the history of its page."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from faebot_hash.edits import MAX_WITNESSES, Kind
from faebot_hash.family import Facts
from faebot_hash.partners import Partners, partners_of
from faebot_hash.ports import Intent
from tests.living_wiki import LivingFacts, LivingWiki, MemoryStore, Picture

OWN, PARTNER, THIRD = 1, 2, 3
TAGGED = "Faebot identified duplicate, pHash: 00181b19147afcf8, looks like [[:File:Crab 2.jpg]]"


class Scene:
    """A tagged file with two partners; the journal knows them until it is lost."""

    def __init__(self) -> None:
        self.wiki, self.journal = LivingWiki(), MemoryStore()
        for page_id in (OWN, PARTNER, THIRD):
            self.wiki.upload(page_id, f"Crab {page_id}.jpg", Picture(0, variant=page_id), "A crab", age=0)

    def tagged(self, *partners: int, summary: str = TAGGED) -> None:
        """Tag the file as looking like these."""
        row = Intent("t", OWN, "Crab 1.jpg", 1, "0" * 40, "0" * 40, Kind.IDENTIFIED)
        known = tuple((page_id, "1" * 40) for page_id in partners)
        self.journal.plan(Intent(**{**vars(row), "partners": known}))
        self.journal.settle("t", "DONE", 9)
        self.wiki.save(OWN, "A crab", summary, self.wiki.user)

    def says(self, page_id: int, text: str) -> None:
        self.wiki.save(page_id, text, "by hand", "Visitor")

    def partners(self) -> Partners:
        facts = LivingFacts(self.wiki).facts([OWN])[OWN]
        assert isinstance(facts, Facts)
        return partners_of(facts, self.wiki, self.journal, self.journal)


@pytest.fixture
def scene() -> Scene:
    return Scene()


FATES: dict[str, tuple[Callable[[Scene], object], Partners]] = {
    "as it was": (lambda scene: None, Partners(left=("Crab 2.jpg",), are_all_known=True)),
    "nominated in its favour": (
        lambda scene: scene.says(PARTNER, "{{Duplicate|1=Crab 1.jpg|2=why}}"),
        Partners(nominated=("Crab 2.jpg",), are_all_known=True),
    ),
    "marked by a person in its favour": (
        lambda scene: scene.says(PARTNER, "{{duplicate|File:crab 1.jpg}}"),
        Partners(nominated=("Crab 2.jpg",), are_all_known=True),
    ),
    "nominated in favour of another": (
        lambda scene: scene.says(PARTNER, "{{Duplicate|1=Crab 3.jpg|2=why}}"),
        Partners(left=("Crab 2.jpg",), are_all_known=True),
    ),
}


@pytest.mark.parametrize("is_known", [True, False], ids=["journal", "history"])
@pytest.mark.parametrize(("act", "expected"), FATES.values(), ids=FATES)
def test_a_partner_that_is_there(
    scene: Scene, act: Callable[[Scene], object], expected: Partners, is_known: bool
) -> None:
    scene.tagged(PARTNER)
    act(scene)
    if not is_known:
        scene.journal = MemoryStore()
    assert scene.partners() == expected


@pytest.mark.parametrize("is_known", [True, False], ids=["journal", "history"])
def test_a_partner_that_people_keep_apart(scene: Scene, is_known: bool) -> None:
    scene.tagged(PARTNER)
    own, partner, third = (scene.wiki.known[page_id] for page_id in (OWN, PARTNER, THIRD))
    if not is_known:
        scene.journal = MemoryStore()
    scene.journal.say(own.sha1, third.sha1)
    assert scene.partners() == Partners(left=(partner.title,), are_all_known=True)
    scene.journal.say(own.sha1, partner.sha1)
    assert scene.partners() == Partners(apart=(partner,), are_all_known=True)
    scene.wiki.overwrite(PARTNER, Picture(5))
    assert scene.partners() == Partners(left=(partner.title,), are_all_known=True)
    scene.wiki.delete(PARTNER)
    assert scene.partners().gone


GONE: dict[str, Callable[[Scene], object]] = {
    "deleted": lambda scene: scene.wiki.delete(PARTNER),
    "deleted, with a redirect": lambda scene: scene.wiki.delete(PARTNER, "Crab 1.jpg"),
    "a redirect": lambda scene: scene.says(PARTNER, "#REDIRECT [[File:Crab 1.jpg]]"),
}


@pytest.mark.parametrize("is_known", [True, False], ids=["journal", "history"])
@pytest.mark.parametrize("act", GONE.values(), ids=GONE)
def test_a_partner_that_is_gone(scene: Scene, act: Callable[[Scene], object], is_known: bool) -> None:
    scene.tagged(PARTNER)
    act(scene)
    if not is_known:
        scene.journal = MemoryStore()
    named = "page 2" if is_known else "Crab 2.jpg"
    assert scene.partners() == Partners(gone=(named,), are_all_known=True)


def test_the_journal_knows_a_partner_by_any_name(scene: Scene) -> None:
    scene.tagged(PARTNER)
    scene.wiki.move(PARTNER, "Moved.jpg", leaves_redirect=True)
    assert scene.partners() == Partners(left=("Moved.jpg",), are_all_known=True)


def test_several_partners_are_told_apart(scene: Scene) -> None:
    scene.tagged(PARTNER, THIRD)
    scene.wiki.delete(PARTNER)
    scene.says(THIRD, "{{Duplicate|1=Crab 1.jpg|2=why}}")
    assert scene.partners() == Partners(("Crab 3.jpg",), ("page 2",), (), are_all_known=True)


@pytest.mark.parametrize(
    ("summary", "are_all_known"),
    [
        (TAGGED, True),
        (f"{TAGGED}, see [[:Category:Faebot identified duplicates]] (0123456789ab)", True),
        (f"{TAGGED} and 1 more, see [[:Category:Faebot identified duplicates]]", False),
        (f"{TAGGED} and 12 more", False),
    ],
)
def test_a_summary_names_one_and_counts_the_others(scene: Scene, summary: str, are_all_known: bool) -> None:
    scene.wiki.save(OWN, "A crab", summary, scene.wiki.user)
    assert scene.partners() == Partners(left=("Crab 2.jpg",), are_all_known=are_all_known)


def test_the_latest_tagging_counts(scene: Scene) -> None:
    scene.wiki.save(OWN, "A crab", TAGGED, scene.wiki.user)
    scene.wiki.save(OWN, "A crab", TAGGED.replace("Crab 2", "Crab 3"), scene.wiki.user)
    assert scene.partners().left == ("Crab 3.jpg",)


def test_nothing_known_is_not_none_left(scene: Scene) -> None:
    assert scene.partners() == Partners()
    assert not scene.partners().are_all_known


@pytest.mark.parametrize(("number", "are_all_known"), [(MAX_WITNESSES - 1, True), (MAX_WITNESSES, False)])
def test_a_full_row_may_have_left_some_out(scene: Scene, number: int, are_all_known: bool) -> None:
    scene.tagged(*range(100, 100 + number))
    partners = scene.partners()
    assert len(partners.gone) == number
    assert partners.are_all_known is are_all_known


def test_an_edit_that_was_taken_back_knows_nothing(scene: Scene) -> None:
    scene.tagged(THIRD)
    scene.journal.settle("t", "UNDONE")
    assert scene.partners().left == ("Crab 2.jpg",), "from the history"
