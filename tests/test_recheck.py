"""Nominations are looked at again while they stand, and those that no longer hold are taken back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from faebot_hash.apply import Editor
from faebot_hash.edits import Kind, Outcome, PageEdit, Proposal, Witness
from faebot_hash.gate import Rules
from faebot_hash.judgements import Judgement
from faebot_hash.marks import IDENTICAL_CATEGORY
from faebot_hash.model import PageText
from faebot_hash.rationale import REASON_OPENING
from faebot_hash.recheck import RECHECK_DAYS, recheck
from tests.fakes import FakeJournal, FakeJudgements, FakeWiki, file_info
from tests.test_apply import Clock, editor

HOME = "Faebot identified duplicates"
NOMINEE, KEEPER = 1, 2
TEXT = f"{{{{Information}}}}\n[[Category:Crabs]]\n[[Category:{HOME}|0123456789abcdef]]"
LINE = f"{{{{Duplicate|1=Photograph 2.jpg|2={REASON_OPENING}pixel SHA1 00. Scores &#91;3&#93; and 1}}}}\n"
SUMMARY = "Faebot confirmed identical duplicate of [[:File:Photograph 2.jpg]] (M2), pixel SHA1 00"
NOMINATED = LINE + TEXT.replace(HOME, IDENTICAL_CATEGORY)


@dataclass
class Scene:
    """A copy that we have nominated in favour of another one."""

    clock: Clock = field(default_factory=Clock)
    wiki: FakeWiki = field(default_factory=FakeWiki)
    journal: FakeJournal = field(default_factory=FakeJournal)
    judgements: FakeJudgements = field(default_factory=FakeJudgements)

    def __post_init__(self) -> None:
        self.wiki.now = self.journal.now = self.clock.now
        for page_id in (NOMINEE, KEEPER):
            self.wiki.add(file_info(page_id), TEXT)
        done = self.editor().apply(self.nomination())
        assert done.outcome is Outcome.EDITED

    def editor(self) -> Editor:
        return editor(self.wiki, self.journal, self.clock, rules=Rules(may_nominate=True))

    def nomination(self) -> Proposal:
        keeper = self.wiki.known[KEEPER]
        witness = Witness(KEEPER, keeper.title, self.page(KEEPER).revid, keeper.sha1)
        edit = PageEdit(self.page(NOMINEE), NOMINATED, SUMMARY)
        return Proposal(self.wiki.known[NOMINEE], edit, Kind.NOMINATED, witnesses=(witness,))

    def page(self, page_id: int) -> PageText:
        page = self.wiki.texts([page_id])[page_id]
        assert isinstance(page, PageText)
        return page

    def recheck(self, now: datetime | None = None, nominated: Sequence[int] = ()) -> list[Proposal]:
        at = now or self.clock.now()
        rechecked = list(recheck(self.journal, self.wiki, self.judgements, HOME, at, nominated))
        assert all(token in self.journal.by_token or not token for token, _ in rechecked)
        return [proposal for _, proposal in rechecked]

    def forget(self) -> None:
        self.journal = FakeJournal(now=self.clock.now)

    def says(self, page_id: int, text: str) -> None:
        self.wiki.save(page_id, text, "by hand", "Admin")

    def overwritten(self, page_id: int) -> None:
        later = self.wiki.history(NOMINEE)[0].timestamp + timedelta(days=1)
        self.wiki.known[page_id] = replace(self.wiki.known[page_id], sha1="f" * 40, uploaded=later)

    def gone(self, page_id: int) -> None:
        del self.wiki.known[page_id]

    def replaced(self) -> None:
        """Delete the copy to keep, and move another file to its name."""
        self.gone(KEEPER)
        self.wiki.add(file_info(3, "Photograph 2.jpg"), TEXT)

    def moved(self, page_id: int) -> None:
        self.wiki.known[page_id] = replace(self.wiki.known[page_id], title="Renamed.jpg")


@pytest.mark.parametrize("is_known", [True, False], ids=["journal", "journal lost"])
@pytest.mark.parametrize(
    ("act", "why"),
    [
        (lambda scene: scene.gone(KEEPER), "the file to keep is gone or renamed"),
        (lambda scene: scene.moved(KEEPER), "the file to keep is gone or renamed"),
        (lambda scene: scene.replaced(), "the file to keep is gone, and another one has its name"),
        (lambda scene: scene.says(KEEPER, "#REDIRECT [[File:X.jpg]]"), "the file to keep is a redirect now"),
        (
            lambda scene: scene.says(KEEPER, "{{Duplicate|Photograph 1.jpg}}"),
            "is marked with Duplicate itself",
        ),
        (lambda scene: scene.says(KEEPER, "{{duplicate|Other.jpg}}\n" + TEXT), "is marked with Duplicate"),
        (lambda scene: scene.says(KEEPER, "{{delete|reason=x}}\n" + TEXT), "is marked with Delete itself"),
        (lambda scene: scene.says(KEEPER, NOMINATED), "is marked with Duplicate itself"),
        (lambda scene: scene.overwritten(KEEPER), "the file to keep was overwritten"),
        (lambda scene: scene.overwritten(NOMINEE), "the file was overwritten"),
    ],
)
@pytest.mark.spec("7.2")
def test_a_nomination_that_no_longer_holds_is_taken_back(
    act: Callable[[Scene], None], why: str, is_known: bool
) -> None:
    scene = Scene()
    act(scene)
    if not is_known:
        scene.forget()
        assert scene.recheck() == []
    (proposal,) = scene.recheck(nominated=[NOMINEE, KEEPER])
    assert why in proposal.edit.summary
    assert (proposal.kind, proposal.edit.new_text) == (Kind.UNNOMINATED, TEXT)
    applied = scene.editor().apply(proposal)
    assert applied.outcome is Outcome.EDITED
    assert scene.wiki.flagged == [False, False]
    assert scene.wiki.text(NOMINEE) == TEXT
    assert scene.recheck(nominated=[NOMINEE, KEEPER]) == [], "nothing of ours is left to take back"


@pytest.mark.parametrize("is_known", [True, False], ids=["journal", "journal lost"])
@pytest.mark.parametrize(
    "act",
    [
        lambda scene: None,
        lambda scene: scene.says(KEEPER, TEXT + "\nbetter words"),
        lambda scene: scene.moved(NOMINEE),
        lambda scene: scene.gone(NOMINEE),
        lambda scene: (scene.gone(NOMINEE), scene.gone(KEEPER)),
    ],
)
def test_a_nomination_that_holds_stays(act: Callable[[Scene], None], is_known: bool) -> None:
    scene = Scene()
    act(scene)
    if not is_known:
        scene.forget()
    assert scene.recheck(nominated=[NOMINEE, KEEPER]) == []


@pytest.mark.parametrize("is_known", [True, False], ids=["journal", "journal lost"])
@pytest.mark.parametrize(
    "by_hand",
    [
        TEXT,
        "",
        LINE.replace("Photograph 2.jpg", "Better copy.jpg") + TEXT,
        "{{Duplicate|Photograph 2.jpg|a person says so}}\n" + TEXT,
    ],
    ids=["removed", "blanked", "another copy to keep", "a person's own"],
)
@pytest.mark.spec("7.5")
def test_what_people_made_of_it_stays(by_hand: str, is_known: bool) -> None:
    scene = Scene()
    scene.says(NOMINEE, by_hand)
    scene.gone(KEEPER)
    if not is_known:
        scene.forget()
    assert scene.recheck(nominated=[NOMINEE, KEEPER]) == []
    assert scene.wiki.text(NOMINEE) == by_hand


def test_the_rest_of_the_page_stays_as_people_left_it() -> None:
    scene = Scene()
    scene.says(NOMINEE, NOMINATED.replace("{{Information}}", "{{Information|better}}"))
    scene.overwritten(KEEPER)
    (proposal,) = scene.recheck()
    assert proposal.edit.new_text == TEXT.replace("{{Information}}", "{{Information|better}}")


def test_after_a_week_only_the_wiki_tells_where_nominations_stand() -> None:
    scene = Scene()
    scene.gone(KEEPER)
    assert len(scene.recheck(scene.clock.now() + timedelta(days=RECHECK_DAYS - 0.1))) == 1
    later = scene.clock.now() + timedelta(days=RECHECK_DAYS + 0.1)
    assert scene.recheck(later) == []
    assert len(scene.recheck(later, [NOMINEE])) == 1


@pytest.mark.parametrize("judgement", list(Judgement))
@pytest.mark.parametrize("is_known", [True, False], ids=["journal", "journal lost"])
@pytest.mark.spec("7.11")
def test_a_nomination_whose_pair_was_judged_apart_is_taken_back(judgement: Judgement, is_known: bool) -> None:
    scene = Scene()
    if not is_known:
        scene.forget()
    nominee, keeper = (scene.wiki.known[page_id] for page_id in (NOMINEE, KEEPER))
    scene.judgements.say(nominee.sha1, keeper.sha1, judgement)
    later = scene.clock.now() + timedelta(days=300)
    proposals = scene.recheck(later, nominated=[NOMINEE, KEEPER])
    if not judgement.keeps_apart:
        assert proposals == []
        return
    (proposal,) = proposals
    assert (proposal.kind, proposal.edit.new_text) == (Kind.UNNOMINATED, TEXT)
    assert proposal.edit.summary == "Undo own edit: people judged that the two are no duplicates"
    scene.editor().apply(proposal)
    assert scene.recheck(later, nominated=[NOMINEE, KEEPER]) == []


def test_a_judgement_of_other_bytes_takes_nothing_back() -> None:
    scene = Scene()
    scene.judgements.say(scene.wiki.known[NOMINEE].sha1, "e" * 40)
    scene.judgements.say("e" * 40, scene.wiki.known[KEEPER].sha1)
    assert scene.recheck(nominated=[NOMINEE, KEEPER]) == []


def test_a_nomination_that_a_person_copied_is_theirs() -> None:
    scene = Scene()
    scene.wiki.add(file_info(3), NOMINATED)
    scene.gone(KEEPER)
    (proposal,) = scene.recheck(nominated=[NOMINEE, 3])
    assert proposal.file.page_id == NOMINEE


def test_what_cannot_be_read_is_left() -> None:
    scene = Scene()
    scene.gone(KEEPER)
    scene.wiki.text_at = lambda revid: None  # type: ignore[method-assign]
    assert scene.recheck() == []


def test_a_killed_withdrawal_is_found_again() -> None:
    """Between the POST of a nomination and the look after it, the run may end."""
    scene = Scene()
    scene.says(KEEPER, NOMINATED.replace("Photograph 2.jpg", "Photograph 1.jpg"))
    (row,) = scene.journal.rows(kind=Kind.NOMINATED)
    assert row.state == "DONE"
    assert [proposal.kind for proposal in scene.recheck()] == [Kind.UNNOMINATED]


@pytest.mark.parametrize("words", ["{{nobots}}", "{{bots|deny=PracticeBot}}", "{{bots|deny=Faebot}}"])
def test_a_page_that_refuses_bots_is_left_to_people(words: str) -> None:
    scene = Scene()
    scene.says(NOMINEE, NOMINATED + words)
    scene.gone(KEEPER)
    world = (scene.journal, scene.wiki, scene.judgements)
    rechecked = recheck(*world, HOME, scene.clock.now(), [NOMINEE], ("Faebot",))
    assert list(rechecked) == []


@pytest.mark.parametrize("is_known", [True, False], ids=["journal", "journal lost"])
def test_a_nomination_that_people_restored_is_theirs(is_known: bool) -> None:
    scene = Scene()
    scene.gone(KEEPER)
    (proposal,) = scene.recheck()
    scene.editor().apply(proposal)
    scene.says(NOMINEE, NOMINATED)
    if not is_known:
        scene.forget()
    assert scene.recheck(nominated=[NOMINEE]) == []
