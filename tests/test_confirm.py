"""Confirming, question by question: families, files that stand alone, releases, second thoughts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from faebot_hash.cases import key_of
from faebot_hash.confirm import Confirmer
from faebot_hash.confirmation import Confirmation
from faebot_hash.edits import Applied, Kind, Outcome, PageEdit, Proposal
from faebot_hash.errors import WikiError
from faebot_hash.family import Confirmed, Facts
from faebot_hash.judgements import Judgement
from faebot_hash.model import PageText
from faebot_hash.originals import OriginalReader
from faebot_hash.reasons import Reason, Skipped
from tests.fakes import EPOCH, RUN_PAGE
from tests.living_wiki import Darkroom, LivingFacts, Media, MemoryStore, Picture
from tests.walks import HOME, MemorySession, Walk

PAIR, PAIR_BY_AGE = (0, 0), (4, 2)
KEY = "00181b19147afc00"
OUR_LINE = "{{Duplicate|1=Crab 1.jpg|2=Faebot confirmed identical: pixel SHA1"


class Scene(Walk):
    """Files that were tagged as looking alike; the first is the oldest where the layouts say so."""

    def __init__(self, pictures: Sequence[int] = PAIR, layouts: Sequence[int] = PAIR_BY_AGE) -> None:
        super().__init__(pictures, layouts)
        self.session = MemorySession(self)
        self.confirmer = self.confirming()

    def confirming(self) -> Confirmer:
        """Begin a run."""
        return Confirmer(
            self.settings,
            self.wiki,
            self.facts,
            self.session.hasher(Darkroom()),
            OriginalReader(Media(), Darkroom(), self.store, 1_000),
            self.store,
            self.store,
            self.store,
        )

    def says(self, page_id: int, text: str) -> None:
        self.wiki.save(page_id, text, "by hand", "Visitor")

    def adds(self, page_id: int, words: str) -> None:
        self.says(page_id, f"{self.wiki.text(page_id)}\n{words}")

    def family(self) -> Confirmed:
        """Look into the only family."""
        (found,) = (one for one in self.confirmer.confirm() if isinstance(one, Confirmed))
        return found

    def alone(self) -> Proposal | Skipped:
        """See to the only file that stands alone."""
        (found,) = (one for one in self.confirmer.confirm() if not isinstance(one, Confirmed))
        return found

    def nomination(self) -> Proposal:
        (ruling,) = self.family().rulings
        (proposal,) = ruling.proposals
        return proposal

    def carried_out(self) -> tuple[Confirmed, list[Applied | Skipped]]:
        """Nominate whatever the family's rulings say."""
        confirmed = self.family()
        proposals = [one for ruling in confirmed.rulings for one in ruling.proposals]
        return confirmed, [self.session.editor.carry_out(one, self.confirmer) for one in proposals]


@pytest.fixture
def scene() -> Scene:
    return Scene()


def reasons(confirmed: Confirmed) -> dict[str, Reason]:
    """Give the reason of each file of a family that is not nominated."""
    told = (*confirmed.skipped, *(one for ruling in confirmed.rulings for one in ruling.skipped))
    return {one.what: one.reason for one in told}


# Families


def test_the_oldest_is_kept(scene: Scene) -> None:
    proposal = scene.nomination()
    assert (proposal.file.page_id, proposal.kind) == (2, Kind.NOMINATED)
    assert [witness.page_id for witness in proposal.witnesses] == [1]
    assert proposal.edit.new_text.startswith(OUR_LINE)


def test_each_group_of_a_family_has_a_ruling_of_its_own() -> None:
    scene = Scene([0, 1, 0, 1, 2], [6, 6, 2, 2, 0])
    confirmed = scene.family()
    assert [[one.file.page_id for one in ruling.proposals] for ruling in confirmed.rulings] == [[3], [4]]
    assert reasons(confirmed) == {"Crab 5.jpg": Reason.NOT_IDENTICAL}


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (lambda scene: scene.adds(1, "{{delete|x}}"), [Reason.DELETION_PENDING, Reason.LAST_COPY]),
        (lambda scene: scene.adds(2, "{{duplicate|X.jpg}}"), [Reason.LAST_COPY, Reason.DELETION_PENDING]),
        (lambda scene: scene.wiki.kept.add(1), [Reason.KEPT, Reason.LAST_COPY]),
        (
            lambda scene: scene.wiki.overwrite(1, Picture(0, variant=9)),
            [Reason.OVERWRITTEN, Reason.LAST_COPY],
        ),
        (lambda scene: scene.wiki.overwrite(1, Picture(7)), [Reason.NOT_IDENTICAL, Reason.NOT_IDENTICAL]),
        (lambda scene: scene.says(1, scene.wiki.text(1).replace("A crab", "{{nobots}}")), [None, None]),
        (lambda scene: scene.adds(2, "{{nobots}}"), [None, Reason.BOTS_EXCLUDED]),
        (lambda scene: scene.wiki.usage.update({2: 3}), [Reason.NO_KEEPER, Reason.NO_KEEPER]),
        (lambda scene: scene._protect(2), [None, Reason.PROTECTED]),
    ],
)
@pytest.mark.spec("4.4")
def test_why_files_of_a_pair_stay(
    scene: Scene, act: Callable[[Scene], object], expected: list[Reason | None]
) -> None:
    act(scene)
    found = reasons(scene.family())
    assert [found.get(f"Crab {page_id}.jpg") for page_id in (1, 2)] == expected


def test_two_of_three_go_on_without_the_one_that_people_are_at() -> None:
    scene = Scene([0, 0, 0], [6, 4, 2])
    scene.adds(1, "{{delete|x}}")
    confirmed = scene.family()
    (ruling,) = confirmed.rulings
    assert [file.page_id for file in ruling.group] == [2, 3]
    assert [one.file.page_id for one in ruling.proposals] == [3]
    assert reasons(confirmed) == {"Crab 1.jpg": Reason.DELETION_PENDING}


@pytest.mark.spec("5.5")
def test_a_tie_is_for_people() -> None:
    assert set(reasons(Scene(PAIR, [2, 2]).family()).values()) == {Reason.NO_KEEPER}


@pytest.mark.spec("6.2")
def test_switched_off_the_ruling_is_told_all_the_same(scene: Scene) -> None:
    scene._switch()
    scene.confirmer = scene.confirming()
    confirmed = scene.family()
    assert reasons(confirmed) == {"Crab 2.jpg": Reason.NOMINATION_OFF}
    assert confirmed.rulings[0].ranking.keeper is not None


def test_what_goes_between_the_listing_and_the_look_leaves_nobody_alone(scene: Scene) -> None:
    confirmed = scene.family()
    scene.wiki.delete(1)
    again = scene.confirmer.look_into(confirmed.family)
    assert again.rulings == ()
    assert reasons(again) == {"page 1": Reason.MISSING, "Crab 2.jpg": Reason.NO_PARTNER}


def test_only_families_with_a_chosen_file_are_looked_into() -> None:
    scene = Scene([0, 0, 1, 1], [6, 2, 6, 2])
    for page_id in (3, 4):
        text = scene.wiki.text(page_id).replace("00181b19147afc00", "f" * 16)
        scene.says(page_id, text)
        scene.wiki.pictures[page_id] = replace(scene.wiki.pictures[page_id], look=1)
        scene.wiki.overwrite(page_id, scene.wiki.pictures[page_id])
    both = [one for one in scene.confirmer.confirm() if isinstance(one, Confirmed)]
    (chosen,) = scene.confirmer.confirm({"Crab 4.jpg"})
    assert isinstance(chosen, Confirmed)
    assert [file.page_id for file in chosen.family.files] == [3, 4]
    assert len(both) == 2
    assert list(scene.confirmer.confirm({"Elsewhere.jpg"})) == []


def test_a_member_without_a_hash_as_its_key_is_told(scene: Scene) -> None:
    scene.says(1, scene.wiki.text(1).replace("00181b19147afc00", "sunset"))
    found = [one for one in scene.confirmer.confirm() if isinstance(one, Skipped)]
    assert [(one.what, one.reason) for one in found] == [
        ("Crab 2.jpg", Reason.PARTNER_UNTAGGED),
        ("Crab 1.jpg", Reason.NO_HASH_KEY),
    ]
    assert [one.what for one in scene.confirmer.confirm({"Crab 2.jpg"}) if isinstance(one, Skipped)] == [
        "Crab 2.jpg"
    ]


# Files that stand alone


def test_a_keeper_whose_release_was_lost_is_released(scene: Scene) -> None:
    scene.carried_out()
    proposal = scene.alone()
    assert isinstance(proposal, Proposal)
    assert (proposal.file.page_id, proposal.kind) == (1, Kind.RELEASED)
    assert HOME not in proposal.edit.new_text


@pytest.mark.spec("7.6")
def test_a_file_whose_partner_is_gone_is_cleaned_up(scene: Scene) -> None:
    scene.wiki.delete(1)
    proposal = scene.alone()
    assert isinstance(proposal, Proposal)
    assert (proposal.file.page_id, proposal.kind) == (2, Kind.CLEANED)


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (lambda scene: None, Reason.PARTNER_UNTAGGED),
        (lambda scene: scene.adds(2, "{{nobots}}"), Reason.BOTS_EXCLUDED),
        (lambda scene: scene._protect(2), Reason.PROTECTED),
    ],
)
@pytest.mark.spec("4.7")
def test_why_a_file_alone_is_left(scene: Scene, act: Callable[[Scene], object], expected: Reason) -> None:
    scene.says(1, "somebody took the category off")
    act(scene)
    found = scene.alone()
    assert isinstance(found, Skipped)
    assert found.reason is expected


@pytest.mark.spec("4.8")
def test_where_nothing_tells_of_partners_nothing_is_done(scene: Scene) -> None:
    scene.wiki.delete(1)
    scene.store = MemoryStore()
    scene.wiki.revisions[2] = [
        (replace(revision, comment=""), text) for revision, text in scene.wiki.revisions[2]
    ]
    scene.confirmer = scene.confirming()
    found = scene.alone()
    assert isinstance(found, Skipped)
    assert found.reason is Reason.PARTNER_UNKNOWN


def test_a_file_that_goes_meanwhile_is_told(scene: Scene) -> None:
    file = scene.wiki.known[2]
    scene.wiki.delete(2)
    found = scene.confirmer.look_after(file)
    assert isinstance(found, Skipped)
    assert found.reason is Reason.MISSING


# Files that people keep apart


def judge(scene: Scene, *pairs: tuple[int, int], judgement: Judgement = Judgement.NOT_DUPLICATES) -> None:
    """Let a reviewer judge pairs of pages."""
    for pair in pairs:
        one, other = (scene.wiki.known[page_id].sha1 for page_id in pair)
        scene.store.say(one, other, judgement, EPOCH + timedelta(minutes=scene.wiki.clock, seconds=1))


def found_alone(scene: Scene) -> dict[int, Proposal | Reason]:
    """Say what becomes of the files that are in no family, by page id."""
    ids = {file.title: page_id for page_id, file in scene.wiki.known.items()}
    found = [one for one in scene.confirmer.confirm() if not isinstance(one, Confirmed)]
    return {
        one.file.page_id if isinstance(one, Proposal) else ids[one.what]: one
        if isinstance(one, Proposal)
        else one.reason
        for one in found
    }


@pytest.mark.spec("7.9")
def test_a_pair_that_people_keep_apart_leaves_the_category(scene: Scene) -> None:
    judge(scene, (1, 2))
    for n, found in enumerate(scene.confirmer.confirm(), 1):
        assert isinstance(found, Proposal)
        assert (found.file.page_id, found.kind) == (n, Kind.CLEANED)
        assert [witness.page_id for witness in found.witnesses] == [3 - n]
        assert HOME not in found.edit.new_text
        assert found.edit.summary == (
            "Faebot found no duplicate left: "
            f"people judged that it is no duplicate of [[:File:Crab {3 - n}.jpg]]"
        )
        applied = scene.session.editor.carry_out(found, scene.confirmer)
        assert isinstance(applied, Applied)
        assert applied.outcome is Outcome.EDITED, "the witness was edited by us alone"
    assert list(scene.confirming().confirm()) == []


@pytest.mark.parametrize("judgement", [Judgement.DUPLICATES, Judgement.CANNOT_TELL])
@pytest.mark.spec("10.5")
def test_other_judgements_change_nothing(scene: Scene, judgement: Judgement) -> None:
    judge(scene, (1, 2), judgement=judgement)
    assert scene.nomination().file.page_id == 2


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (lambda scene: scene.adds(2, "{{nobots}}"), Reason.BOTS_EXCLUDED),
        (lambda scene: scene._protect(2), Reason.PROTECTED),
        (lambda scene: scene.adds(2, "{{delete|x}}"), Reason.DELETION_PENDING),
        (lambda scene: scene.adds(2, "{{duplicate|Crab 1.jpg}}"), Reason.DELETION_PENDING),
        (
            lambda scene: scene.says(2, f"#REDIRECT [[File:X.jpg]]\n[[Category:{HOME}|{KEY}]]"),
            Reason.REDIRECT,
        ),
        (lambda scene: scene.adds(2, "{{nowiki"), Reason.UNSAFE_TEXT),
    ],
)
def test_why_a_file_that_people_keep_apart_is_left(
    scene: Scene, act: Callable[[Scene], object], expected: Reason
) -> None:
    judge(scene, (1, 2))
    act(scene)
    found = found_alone(scene)
    assert isinstance(found[1], Proposal)
    assert found[2] is expected


def test_a_decision_to_keep_it_agrees(scene: Scene) -> None:
    judge(scene, (1, 2))
    scene.wiki.kept.add(2)
    assert isinstance(found_alone(scene)[2], Proposal)


@pytest.mark.spec("7.10")
def test_who_puts_the_category_back_has_the_last_word(scene: Scene) -> None:
    tagged = scene.wiki.text(2)
    judge(scene, (1, 2))
    for proposal in list(scene.confirmer.confirm()):
        assert isinstance(proposal, Proposal)
        scene.session.editor.carry_out(proposal, scene.confirmer)
    scene.says(2, tagged)
    scene.confirmer = scene.confirming()
    assert found_alone(scene) == {2: Reason.EDITED_SINCE}
    scene.says(1, scene.wiki.revisions[1][1][1])
    scene.confirmer = scene.confirming()
    assert found_alone(scene) == {1: Reason.EDITED_SINCE, 2: Reason.EDITED_SINCE}


def test_a_file_overwritten_since_the_judgement_is_judged_anew(scene: Scene) -> None:
    judge(scene, (1, 2))
    scene.wiki.overwrite(2, Picture(0, variant=9))
    assert reasons(scene.family()) == {"Crab 1.jpg": Reason.LAST_COPY, "Crab 2.jpg": Reason.OVERWRITTEN}


@pytest.mark.parametrize("page_id", [1, 2])
def test_overwritten_under_the_edit_nobody_is_untagged(scene: Scene, page_id: int) -> None:
    judge(scene, (1, 2))
    proposal = found_alone(scene)[2]
    assert isinstance(proposal, Proposal)
    scene.wiki.overwrite(page_id, Picture(0, variant=9))
    done = scene.session.editor.carry_out(proposal, scene.confirmer)
    assert isinstance(done, Skipped)
    assert done.reason is Reason.OVERWRITTEN
    assert HOME in scene.wiki.text(2)


def test_a_partner_that_goes_under_the_edit_is_told_of(scene: Scene) -> None:
    judge(scene, (1, 2))
    proposal = found_alone(scene)[2]
    assert isinstance(proposal, Proposal)
    scene.wiki.delete(1)
    done = scene.session.editor.carry_out(proposal, scene.confirmer)
    assert isinstance(done, Applied)
    assert done.outcome is Outcome.EDITED
    assert "people judged" not in done.proposal.edit.summary


def test_of_three_one_goes_and_two_go_on() -> None:
    scene = Scene([0, 0, 0], [6, 4, 2])
    judge(scene, (1, 2), (1, 3))
    confirmed = scene.family()
    assert [file.page_id for file in confirmed.family.files] == [2, 3]
    assert [one.file.page_id for ruling in confirmed.rulings for one in ruling.proposals] == [3]
    (proposal,) = found_alone(scene).values()
    assert isinstance(proposal, Proposal)
    assert proposal.file.page_id == 1
    assert proposal.edit.summary.endswith("no duplicate of [[:File:Crab 2.jpg]] and 1 more")


def test_of_three_kept_apart_from_each_other_all_go() -> None:
    scene = Scene([0, 0, 0], [6, 4, 2])
    judge(scene, (1, 2), (1, 3), (2, 3))
    found = found_alone(scene)
    assert sorted(found) == [1, 2, 3]
    assert all(isinstance(one, Proposal) and one.kind is Kind.CLEANED for one in found.values())


@pytest.mark.parametrize(
    ("pictures", "apart", "together", "nominated"),
    [
        ([0, 0, 0], [], [], [2, 3]),
        # the first is the oldest, and so the one to keep
        ([0, 0, 0], [(1, 2)], [], []),
        ([0, 0, 0], [(1, 2)], [(1, 3)], [3]),
        ([0, 0, 0], [(2, 3)], [], []),
        ([0, 0, 0], [(2, 3)], [(1, 2)], [2]),
        # what looks alike and has other pixels says nothing of those that are identical
        ([0, 0, 1], [(1, 3)], [], [2]),
        ([0, 0, 1, 0], [(1, 3), (2, 3)], [], [2, 4]),
    ],
)
@pytest.mark.spec("3.15")
def test_a_pair_that_people_keep_apart_is_never_nominee_and_keeper(
    pictures: list[int], apart: list[tuple[int, int]], together: list[tuple[int, int]], nominated: list[int]
) -> None:
    scene = Scene(pictures, [6, 4, 2, 0][: len(pictures)])
    judge(scene, *apart)
    judge(scene, *together, judgement=Judgement.DUPLICATES)
    confirmed = scene.family()
    proposals = [one for ruling in confirmed.rulings for one in ruling.proposals]
    assert [one.file.page_id for one in proposals] == nominated
    told = [one for ruling in confirmed.rulings for one in ruling.skipped]
    assert {one.reason for one in told} <= {Reason.JUDGED_APART}
    assert len(told) + len(proposals) == pictures.count(0) - 1


def test_a_judgement_under_the_nomination_is_heard(scene: Scene) -> None:
    proposal = scene.nomination()
    judge(scene, (1, 2))
    scene.adds(2, "Words")
    again = scene.confirmer.judge_again(proposal)
    assert isinstance(again, Skipped)
    assert again.reason is Reason.JUDGED_APART


def test_a_nomination_that_is_judged_apart_is_taken_back_and_cleaned_up(scene: Scene) -> None:
    confirmed, applied = scene.carried_out()
    (released,) = scene.confirmer.releases(confirmed, applied)
    assert isinstance(released, Proposal)
    scene.session.editor.carry_out(released, scene.confirmer)
    judge(scene, (1, 2))
    scene.session.recheck()
    scene.confirmer = scene.confirming()
    (proposal,) = found_alone(scene).values()
    assert isinstance(proposal, Proposal)
    assert (proposal.file.page_id, proposal.kind) == (2, Kind.CLEANED)
    assert OUR_LINE not in proposal.edit.new_text


# What is kept for people to judge


def run(scene: Scene, chosen: set[str] | None = None) -> set[frozenset[int]]:
    """Let a run go over the category, and tell which families are kept after it."""
    Confirmation(scene.session).run(chosen)
    return {frozenset(file.page_id for file in case.files) for case in scene.store.cases.values()}


def test_a_run_keeps_its_families_with_what_became_of_them(scene: Scene) -> None:
    assert run(scene) == {frozenset((1, 2))}
    (case,) = scene.store.cases.values()
    assert (case.run, case.key) == (scene.session.run, key_of(file.sha1 for file in case.files))
    assert [file.fate.partition(" (")[0] for file in case.files] == [
        "kept, and taken out of the category",
        "nominated",
    ]
    assert run(scene) == set(), "the next whole run sees no family any more"


def test_a_run_over_chosen_files_leaves_the_others(scene: Scene) -> None:
    run(scene)
    assert run(scene, {"Crab 1.jpg"}) == {frozenset((1, 2))}


def test_a_simulated_run_keeps_none(scene: Scene) -> None:
    scene.session.simulate = True
    assert run(scene) == set()


def test_a_run_that_is_stopped_keeps_what_it_saw_and_closes_nothing(scene: Scene) -> None:
    run(scene)
    other = Scene([0, 0, 0], [6, 4, 2])
    other.store.cases.update(scene.store.cases)
    other.wiki.run_page = replace(RUN_PAGE, text="no")
    with pytest.raises(WikiError):
        run(other)
    kept = {frozenset(file.page_id for file in case.files) for case in other.store.cases.values()}
    assert kept == {frozenset((1, 2)), frozenset((1, 2, 3))}


# Releases


@pytest.mark.spec("6.21")
def test_the_keeper_is_released_when_all_others_are_nominated() -> None:
    scene = Scene([0, 0, 0], [6, 4, 2])
    confirmed, applied = scene.carried_out()
    (proposal,) = scene.confirmer.releases(confirmed, applied)
    assert isinstance(proposal, Proposal)
    assert proposal.file.page_id == 1
    assert proposal.edit.summary == (
        "Faebot keeps this file: [[:File:Crab 2.jpg]] and 1 more are nominated as identical"
    )


@pytest.mark.parametrize("outcome", [one for one in Outcome if one is not Outcome.EDITED])
def test_a_nomination_that_does_not_stand_releases_nobody(scene: Scene, outcome: Outcome) -> None:
    confirmed, (applied,) = scene.carried_out()
    assert isinstance(applied, Applied)
    released = scene.confirmer.releases(confirmed, [replace(applied, outcome=outcome)])
    assert [type(one) for one in released] == ([Proposal] if outcome is Outcome.NOTHING_TO_DO else [])


def test_with_another_file_unresolved_the_keeper_stays() -> None:
    scene = Scene([0, 0, 1], [6, 4, 2])
    assert scene.confirmer.releases(*scene.carried_out()) == []


def test_a_keeper_that_is_kept_apart_from_all_others_left_is_released_at_once() -> None:
    scene = Scene([0, 0, 1], [6, 4, 2])
    judge(scene, (1, 3))
    keeper, other = scene.confirmer.releases(*scene.carried_out())
    assert isinstance(keeper, Proposal)
    assert (keeper.file.page_id, keeper.kind) == (1, Kind.RELEASED)
    assert isinstance(other, Skipped)
    assert (other.what, other.reason) == ("Crab 3.jpg", Reason.PARTNER_UNTAGGED)


def test_a_keeper_that_refuses_bots_keeps_its_category(scene: Scene) -> None:
    scene.adds(1, "{{nobots}}")
    (released,) = scene.confirmer.releases(*scene.carried_out())
    assert isinstance(released, Skipped)
    assert released.reason is Reason.BOTS_EXCLUDED


# Second thoughts


def test_a_page_that_changed_is_judged_as_it_is_now(scene: Scene) -> None:
    proposal = scene.nomination()
    scene.adds(2, "[[Category:By a person]]")
    again = scene.confirmer.judge_again(proposal)
    assert isinstance(again, Skipped), "a category more makes a tie"
    assert again.reason is Reason.NO_KEEPER
    scene.adds(1, "[[Category:By a person]]")
    again = scene.confirmer.judge_again(proposal)
    assert isinstance(again, Proposal)
    assert "By a person" in again.edit.new_text
    assert again.edit.page.revid > proposal.edit.page.revid


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (lambda scene: scene.wiki.delete(1), Reason.NO_PARTNER),
        (lambda scene: scene.adds(2, "{{delete|x}}"), Reason.DELETION_PENDING),
        (lambda scene: scene.adds(2, "{{nobots}}"), Reason.BOTS_EXCLUDED),
        (lambda scene: scene.wiki.overwrite(2, Picture(5)), Reason.NOT_IDENTICAL),
    ],
)
def test_why_a_nomination_is_not_made_after_all(
    scene: Scene, act: Callable[[Scene], object], expected: Reason
) -> None:
    proposal = scene.nomination()
    act(scene)
    again = scene.confirmer.judge_again(proposal)
    assert isinstance(again, Skipped)
    assert (again.what, again.reason) == ("Crab 2.jpg", expected)


def test_a_release_is_judged_again_by_its_partners(scene: Scene) -> None:
    scene.carried_out()
    proposal = scene.alone()
    assert isinstance(proposal, Proposal)
    scene.adds(1, "Words")
    again = scene.confirmer.judge_again(proposal)
    assert isinstance(again, Proposal)
    assert (again.kind, "Words" in again.edit.new_text) == (Kind.RELEASED, True)


def nominated(scene: Scene) -> tuple[Proposal, PageText]:
    """Nominate, and give the page with the nomination on it."""
    _, (applied,) = scene.carried_out()
    assert isinstance(applied, Applied)
    assert applied.outcome is Outcome.EDITED
    return applied.proposal, merged(scene)


def merged(scene: Scene) -> PageText:
    page = scene.wiki.texts([2])[2]
    assert isinstance(page, PageText)
    return page


def test_a_nomination_that_holds_is_not_withdrawn(scene: Scene) -> None:
    proposal, page = nominated(scene)
    assert scene.confirmer.withdrawal(proposal, page) is None
    scene.adds(2, "Words")
    assert scene.confirmer.withdrawal(proposal, merged(scene)) is None


@pytest.mark.parametrize(
    "act",
    [
        lambda scene: scene.wiki.delete(1),
        lambda scene: scene.says(1, "#REDIRECT [[File:Crab 2.jpg]]"),
        lambda scene: scene.wiki.overwrite(1, Picture(0, variant=9)),
        lambda scene: scene.wiki.overwrite(2, Picture(0, variant=9)),
        lambda scene: scene.adds(1, "{{duplicate|Crab 2.jpg}}"),
        lambda scene: scene.adds(2, "{{delete|x}}"),
        lambda scene: scene.adds(2, "{{nobots}}"),
        lambda scene: scene.wiki.usage.update({2: 1}),
        lambda scene: scene.wiki.kept.add(2),
    ],
)
def test_a_nomination_that_no_longer_holds_is_withdrawn(scene: Scene, act: Callable[[Scene], object]) -> None:
    before = scene.wiki.text(2)
    proposal, page = nominated(scene)
    assert page.text != before
    act(scene)
    page = merged(scene)
    edit = scene.confirmer.withdrawal(proposal, page)
    assert isinstance(edit, PageEdit)
    assert edit.summary.startswith("Undo own edit: ")
    assert "{{Duplicate|1=" not in edit.new_text
    assert edit.new_text.startswith(before)


def test_only_what_stands_there_is_withdrawn(scene: Scene) -> None:
    proposal, page = nominated(scene)
    scene.wiki.delete(1)
    without = replace(page, text="somebody was faster")
    assert scene.confirmer.withdrawal(proposal, without) is None
    assert scene.confirmer.withdrawal(replace(proposal, kind=Kind.RELEASED), page) is None


@pytest.mark.parametrize(
    ("reason", "nominated"), [(Reason.UNREADABLE, False), (Reason.MISSING, True), (Reason.REDIRECT, True)]
)
def test_a_page_that_links_there_and_cannot_be_read_speaks_against(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, reason: Reason, nominated: bool
) -> None:
    read = LivingFacts.facts

    def linked(living: LivingFacts, page_ids: Sequence[int]) -> object:
        answers = read(living, page_ids)
        return {
            page_id: replace(one, linked_from=frozenset({"Hidden.jpg"})) if isinstance(one, Facts) else one
            for page_id, one in answers.items()
        }

    monkeypatch.setattr(LivingFacts, "facts", linked)
    monkeypatch.setattr(scene.wiki, "seeds", lambda titles: [Skipped(title, reason) for title in titles])
    told = reasons(scene.family())
    assert (told.get("Crab 2.jpg") is None) is nominated
    assert nominated or told["Crab 2.jpg"] is Reason.NAMED_KEEPER


def test_looking_back_ends_where_people_say_stop() -> None:
    scene = Scene((0, 0, 0), (4, 2, 2))
    _, applied = scene.carried_out()
    assert [one.outcome for one in applied if isinstance(one, Applied)] == [Outcome.EDITED] * 2
    scene.wiki.overwrite(1, Picture(0, variant=9))
    scene.wiki.run_page = replace(RUN_PAGE, text="stop")
    scene.session.recheck()
    assert len(scene.store.rows(state="REFUSED")) == 1
    scene.wiki.run_page = RUN_PAGE
    scene.session.recheck()
    assert len(scene.store.rows(kind=Kind.UNNOMINATED, state="DONE")) == 2
