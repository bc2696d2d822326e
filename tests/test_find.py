"""The workflow over a wiki of dicts: which files are asked for, compared, proposed, and remembered."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from faebot_hash.apply import Editor
from faebot_hash.collection import Collection
from faebot_hash.edits import CLEANUP_OPENING, RELEASE_OPENING, Applied, Found, Outcome, PageEdit
from faebot_hash.find import Finder
from faebot_hash.judgements import Judgement
from faebot_hash.model import HashKind, SliceKind
from faebot_hash.ports import EditAnswer, Hits
from faebot_hash.reasons import Reason, Skipped
from faebot_hash.settings import SearchSettings, Settings
from faebot_hash.thumbnails import Hasher
from tests.fakes import (
    EPOCH,
    FakeDecoder,
    FakeFetcher,
    FakeJournal,
    FakeJudgements,
    FakeStore,
    FakeWiki,
    file_info,
)

QUERY = "filew:640 fileh:480 filemime:image/jpeg"
COLLECTION = Collection("test", slice=SliceKind.RESOLUTION, insource="")
PAGE = "{{Information|description=A crab}}\n{{PD-USGov-NOAA}}\n[[Category:Crabs]]"


class World:
    """A wiki with a slice of files, each given by its pHash and dHash."""

    def __init__(self, hashes: dict[int, tuple[int, int]], texts: dict[int, str] | None = None) -> None:
        self.wiki, self.fetcher, self.store, self.journal = (
            FakeWiki(),
            FakeFetcher(),
            FakeStore(),
            FakeJournal(),
        )
        self.judgements = FakeJudgements()
        for page_id, (phash, dhash) in hashes.items():
            self.wiki.add(file_info(page_id), (texts or {}).get(page_id, PAGE))
            self.fetcher.bodies[f"http://127.0.0.1/thumb/{page_id}"] = f"{phash} {dhash}".encode()
        self.hits(QUERY, *hashes)

    def hits(self, query: str, *page_ids: int, total: int = 0, warning: str = "") -> None:
        """Let a search find these files."""
        self.wiki.searches[query] = Hits(total or len(page_ids), page_ids, warning)

    def finder(self, collection: Collection = COLLECTION, **changes: object) -> Finder:
        options: dict[str, object] = {"settings": Settings(), "now": lambda: EPOCH, **changes}
        world = {"wiki": self.wiki, "hasher": Hasher(120, self.fetcher, FakeDecoder(), self.store)}
        known = {"store": self.store, "journal": self.journal, "judgements": self.judgements}
        return Finder(collection, **known, **world, **options)  # type: ignore[arg-type]

    def find(self, **changes: object) -> list[Found | Skipped]:
        """Look around the first file."""
        return list(self.finder(**changes).find([self.wiki.known[1].title]))  # type: ignore[arg-type]

    def found(self, **changes: object) -> Found:
        """Look around the first file, where that must give a finding."""
        (found,) = self.find(**changes)
        assert isinstance(found, Found)
        return found

    def carry_out(self, found: Found) -> list[Applied | Skipped]:
        """Make the proposed edits."""
        editor = Editor(self.wiki, self.journal, confirm=lambda proposal: True, interval_s=0)
        return [editor.carry_out(one, self.finder()) for one in found.proposals]


def proposed(found: Found) -> dict[int, tuple[HashKind, int]]:
    """Give the sort keys of the proposed files by page id."""
    return {one.file.page_id: (one.match.kind, one.match.value) for one in found.proposals if one.match}


def reasons(found: Found) -> dict[str, Reason]:
    """Give the reasons of what was passed over by title."""
    return {one.what: one.reason for one in found.skipped}


def test_equal_phashes_are_proposed_with_the_hash_as_sort_key() -> None:
    found = World({1: (11, 1), 2: (11, 2), 3: (12, 3)}).found()
    assert proposed(found) == {1: (HashKind.PHASH, 11), 2: (HashKind.PHASH, 11)}
    assert (
        found.proposals[0].edit.new_text
        == PAGE + "\n[[Category:Faebot identified duplicates|000000000000000b]]"
    )
    assert (found.hits, found.listed, found.hashed, len(found.sets)) == (3, 3, 3, 1)


def test_the_pentagon_photograph_is_found_by_its_dhash() -> None:
    # 010914-F-8006R-006: its pHash is alone, its dHash is that of two files that a pHash set has already.
    found = World({1: (11, 7), 2: (11, 7), 3: (99, 7)}).found()
    assert proposed(found) == {1: (HashKind.PHASH, 11), 2: (HashKind.PHASH, 11), 3: (HashKind.DHASH, 7)}


@pytest.mark.spec("1.1")
def test_each_slice_is_looked_into_once() -> None:
    world = World({1: (11, 1), 2: (11, 2), 3: (12, 3)})
    titles = [file.title for file in world.wiki.known.values()]
    assert len(list(world.finder().find(titles))) == 1


@pytest.mark.spec("1.9")
def test_flat_pictures_match_nothing() -> None:
    found = World({1: (0, 0), 2: (0, 0), 3: (12, 3)}).found()
    assert found.proposals == ()
    assert reasons(found) == {
        "Photograph 1.jpg": Reason.LOW_INFORMATION,
        "Photograph 2.jpg": Reason.LOW_INFORMATION,
    }


@pytest.mark.spec("2.9")
def test_a_picture_that_cannot_be_read_is_a_reason_and_no_verdict() -> None:
    world = World({1: (11, 1), 2: (11, 2), 3: (11, 3), 4: (11, 4)})
    world.fetcher.bodies["http://127.0.0.1/thumb/3"] = b"damaged"
    world.fetcher.bodies["http://127.0.0.1/thumb/4"] = Skipped("http://…", Reason.UNREADABLE, "HTTP 500")
    found = world.found()
    assert set(proposed(found)) == {1, 2}
    assert reasons(found) == {"Photograph 3.jpg": Reason.MALFORMED, "Photograph 4.jpg": Reason.UNREADABLE}
    assert not world.finder().remember(found, world.carry_out(found)), (
        "a failed download asks for another visit"
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"mime": "image/svg+xml"}, Reason.UNSUPPORTED_FORMAT),
        ({"mime": "image/tiff", "page_count": 3}, Reason.MULTIPAGE),
        ({"thumb_url": None}, Reason.NO_THUMBNAIL),
    ],
)
@pytest.mark.spec("2.2", "2.8")
def test_what_cannot_be_compared_is_left_out(change: dict[str, object], reason: Reason) -> None:
    world = World({1: (11, 1), 2: (11, 2), 3: (11, 3)})
    world.wiki.known[3] = replace(world.wiki.known[3], **change)  # type: ignore[arg-type]
    found = world.found()
    assert set(proposed(found)) == {1, 2}
    assert reasons(found) == {"Photograph 3.jpg": reason}


def test_a_small_picture_is_compared_with_small_pictures_only() -> None:
    world = World({1: (11, 1), 2: (11, 2), 3: (11, 3), 4: (11, 4)})
    for page_id in (3, 4):
        world.wiki.known[page_id] = replace(world.wiki.known[page_id], width_px=120)
    found = world.found()
    assert [{one.file.page_id for one in part.members} for part in found.sets] == [{1, 2}, {3, 4}]


def test_known_fingerprints_are_not_fetched_again() -> None:
    world = World({1: (11, 1), 2: (11, 2), 3: (12, 3)})
    world.find()
    assert len(world.fetcher.asked) == 3
    assert set(proposed(world.found())) == {1, 2}
    assert len(world.fetcher.asked) == 3


def test_one_picture_under_two_names_is_fetched_once() -> None:
    world = World({1: (11, 1), 2: (11, 1)})
    world.wiki.known[2] = replace(world.wiki.known[2], sha1=world.wiki.known[1].sha1)
    assert set(proposed(world.found())) == {1, 2}
    assert len(world.fetcher.asked) == 1


def test_a_second_run_proposes_nothing() -> None:
    world = World({1: (11, 1), 2: (11, 2), 3: (12, 3)})
    found = world.found()
    world.carry_out(found)
    again = world.found()
    assert again.proposals == ()
    assert set(reasons(again).values()) == {Reason.ALREADY_TAGGED}


@pytest.mark.spec("3.12")
def test_a_page_that_people_untagged_is_left_alone() -> None:
    world = World({1: (11, 1), 2: (11, 2)})
    world.carry_out(world.found())
    world.wiki.save(1, PAGE, "not a duplicate", "Human")
    again = world.found()
    assert again.proposals == ()
    assert reasons(again)["Photograph 1.jpg"] is Reason.REMOVED_BY_HUMAN


@pytest.mark.parametrize(
    ("user", "days_later", "tagged"),
    [("PracticeBot", 1, True), ("PracticeBot", -1, False), ("Human", 1, False)],
)
@pytest.mark.spec("3.14")
def test_a_file_that_was_kept_is_tagged_again_only_for_a_newer_copy(
    user: str, days_later: int, tagged: bool
) -> None:
    world = World({1: (11, 1), 2: (11, 2)})
    world.carry_out(world.found())
    released = world.wiki.save(1, PAGE, f"{RELEASE_OPENING}: [[:File:X.jpg]] is nominated", user)
    uploaded = released.timestamp + timedelta(days=days_later)
    world.wiki.add(file_info(3, uploaded=uploaded), PAGE)
    world.fetcher.bodies["http://127.0.0.1/thumb/3"] = b"11 3"
    world.hits(QUERY, 1, 2, 3)
    again = world.found()
    assert (1 in {proposal.file.page_id for proposal in again.proposals}) is tagged


def test_the_journal_remembers_a_tag_that_left_no_trace_in_the_history() -> None:
    world = World({1: (11, 1), 2: (11, 2)})
    world.carry_out(world.found())
    for page_id in (1, 2):
        del world.wiki.revisions[page_id][1:]
    again = world.found()
    assert again.proposals == ()
    assert set(reasons(again).values()) == {Reason.REMOVED_BY_HUMAN}


def test_a_page_that_changed_meanwhile_is_judged_from_its_new_text() -> None:
    world = World({1: (11, 1), 2: (11, 2)})
    found = world.found()
    world.wiki.save(1, PAGE + " See [[:File:Photograph 2.jpg]].", "explain", "Human")
    for one in world.carry_out(found):
        assert isinstance(one, Skipped)
        assert one.reason is Reason.CROSS_LINKED
    assert world.wiki.edits == []


def test_the_edits_of_one_run_do_not_disturb_each_other() -> None:
    world = World({1: (11, 1), 2: (11, 2), 3: (11, 3)})
    found = world.found()
    before = world.wiki.asked.count("texts")
    assert all(isinstance(one, Applied) and one.outcome is Outcome.EDITED for one in world.carry_out(found))
    assert world.wiki.asked.count("texts") == before, "nothing was judged again"


def apart(world: World, *pairs: tuple[int, int], judgement: Judgement = Judgement.NOT_DUPLICATES) -> None:
    """Let a reviewer judge pairs of pages, after all that was saved until now."""
    for pair in pairs:
        one, other = (world.wiki.known[page_id].sha1 for page_id in pair)
        world.judgements.say(one, other, judgement, EPOCH + timedelta(minutes=world.wiki.clock, seconds=1))


def cleaned(world: World, *page_ids: int) -> None:
    """Take the tag off, as confirming does when reviewers keep a file apart from all others."""
    for page_id in page_ids:
        world.wiki.save(page_id, PAGE, f"{CLEANUP_OPENING}: people judged", world.wiki.user)


@pytest.mark.parametrize("judgement", [Judgement.NOT_DUPLICATES, Judgement.OTHER_VERSION])
@pytest.mark.spec("3.15")
def test_files_that_people_keep_apart_are_not_tagged(judgement: Judgement) -> None:
    world = World({1: (11, 1), 2: (11, 2)})
    apart(world, (1, 2), judgement=judgement)
    found = world.found()
    assert found.proposals == ()
    assert set(reasons(found).values()) == {Reason.JUDGED_APART}
    apart(world, (1, 2), judgement=Judgement.CANNOT_TELL)
    assert world.found().proposals == ()
    apart(world, (1, 2), judgement=Judgement.DUPLICATES)
    assert set(proposed(world.found())) == {1, 2}


@pytest.mark.parametrize("judgement", [Judgement.DUPLICATES, Judgement.CANNOT_TELL])
def test_other_judgements_stop_no_tag(judgement: Judgement) -> None:
    world = World({1: (11, 1), 2: (11, 2)})
    apart(world, (1, 2), judgement=judgement)
    assert set(proposed(world.found())) == {1, 2}


def test_of_a_set_only_those_without_any_partner_left_are_not_tagged() -> None:
    world = World({1: (11, 9), 2: (11, 9), 3: (12, 9), 4: (11, 4)})
    apart(world, (1, 2), (1, 4), (2, 4))
    found = world.found()
    assert proposed(found) == {1: (HashKind.DHASH, 9), 2: (HashKind.DHASH, 9), 3: (HashKind.DHASH, 9)}
    assert reasons(found) == {"Photograph 4.jpg": Reason.JUDGED_APART}
    named = {one.file.page_id: [witness.page_id for witness in one.witnesses] for one in found.proposals}
    assert named == {1: [3], 2: [3], 3: [1, 2]}


def test_a_file_overwritten_since_is_another_file() -> None:
    world = World({1: (11, 1), 2: (11, 2)})
    apart(world, (1, 2))
    world.wiki.known[2] = file_info(2, sha1="e" * 40)
    assert set(proposed(world.found())) == {1, 2}


def test_a_judgement_that_comes_between_is_heard() -> None:
    world = World({1: (11, 1), 2: (11, 2)})
    found = world.found()
    apart(world, (1, 2))
    world.wiki.save(1, PAGE + " More.", "words", "Visitor")
    first = world.carry_out(found)[0]
    assert isinstance(first, Skipped)
    assert first.reason is Reason.JUDGED_APART


@pytest.mark.spec("3.14")
def test_after_a_judgement_a_third_copy_asks_again_only_for_itself() -> None:
    world = World({1: (11, 1), 2: (11, 2)})
    world.carry_out(world.found())
    apart(world, (1, 2))
    cleaned(world, 1, 2)
    assert set(reasons(world.found(revisit=True)).values()) == {Reason.JUDGED_APART}
    later = EPOCH + timedelta(minutes=world.wiki.clock, seconds=1)
    world.wiki.add(file_info(3, uploaded=later), PAGE)
    world.fetcher.bodies["http://127.0.0.1/thumb/3"] = b"11 3"
    world.hits(QUERY, 1, 2, 3)
    found = world.found()
    named = {one.file.page_id: [witness.page_id for witness in one.witnesses] for one in found.proposals}
    assert named == {1: [3], 2: [3], 3: [1, 2]}


@pytest.mark.spec("3.14")
def test_a_correction_brings_a_tag_back_that_went_for_the_judgement() -> None:
    world = World({1: (11, 1), 2: (11, 2)})
    world.carry_out(world.found())
    apart(world, (1, 2), judgement=Judgement.DUPLICATES)
    apart(world, (1, 2))
    cleaned(world, 1, 2)
    world.judgements.given.pop()
    assert world.found(revisit=True).proposals == (), "it was given before the tag went"
    apart(world, (1, 2), judgement=Judgement.DUPLICATES)
    assert set(proposed(world.found(revisit=True))) == {1, 2}


@pytest.mark.spec("7.4")
def test_a_tag_is_withdrawn_from_a_page_that_refuses_bots_since() -> None:
    world = World({1: (11, 1), 2: (11, 2)})
    found = world.found()

    def merge(edit: PageEdit) -> EditAnswer | None:
        """Save a person's edit in the same moment, and ours merged with it, as MediaWiki does."""
        if "Undo" in edit.summary:
            return None
        human = world.wiki.save(1, "{{nobots}}\n" + PAGE, "no bots, please", "Human")
        ours = world.wiki.save(1, "{{nobots}}\n" + edit.new_text, edit.summary, world.wiki.user)
        return EditAnswer("", "", human.revid, ours.revid)

    world.wiki.before_edit = merge
    editor = Editor(world.wiki, world.journal, confirm=lambda proposal: True, interval_s=0)
    applied = editor.carry_out(found.proposals[0], world.finder())
    assert isinstance(applied, Applied)
    assert applied.outcome is Outcome.WITHDRAWN
    assert world.wiki.text(1) == "{{nobots}}\n" + PAGE


def test_a_harmless_merge_stands() -> None:
    world = World({1: (11, 1), 2: (11, 2)})
    found = world.found()

    def merge(edit: PageEdit) -> EditAnswer | None:
        human = world.wiki.save(1, "A better text. " + PAGE, "improve", "Human")
        ours = world.wiki.save(1, "A better text. " + edit.new_text, edit.summary, world.wiki.user)
        return EditAnswer("", "", human.revid, ours.revid)

    world.wiki.before_edit = merge
    editor = Editor(world.wiki, world.journal, confirm=lambda proposal: True, interval_s=0)
    applied = editor.carry_out(found.proposals[0], world.finder())
    assert isinstance(applied, Applied)
    assert applied.outcome is Outcome.EDITED


@pytest.mark.parametrize(
    ("hits", "reason"),
    [
        (Hits(1, (1,)), Reason.TOO_FEW_HITS),
        (Hits(3, (1, 2, 3), "partial result"), Reason.INCOMPLETE_SEARCH),
        (Hits(4, (1, 2, 3)), Reason.INCOMPLETE_SEARCH),
    ],
)
@pytest.mark.spec("1.3")
def test_a_search_is_trusted_whole_or_not_at_all(hits: Hits, reason: Reason) -> None:
    world = World({1: (11, 1), 2: (11, 2), 3: (12, 3)})
    world.wiki.searches[QUERY] = hits
    (skipped,) = world.find()
    assert isinstance(skipped, Skipped)
    assert skipped.reason is reason
    assert world.fetcher.asked == []


def test_a_slice_that_is_too_big_is_listed_in_parts_and_compared_as_one() -> None:
    world = World({1: (11, 1), 2: (11, 2), 3: (12, 3)})
    settings = Settings(search=SearchSettings(max_hits=3))
    world.hits(f"{QUERY} -creationdate:>=2005-01-01", 1)
    world.hits(f"{QUERY} creationdate:>=2025-01-01 creationdate:<2026-01-01", 2)
    world.hits(f"{QUERY} creationdate:>=2026-01-01", 3)
    assert set(proposed(world.found(settings=settings))) == {1, 2}


@pytest.mark.spec("1.6")
def test_a_slice_is_remembered_until_its_count_changes_or_it_is_old() -> None:
    world = World({1: (11, 1), 2: (11, 2)})
    found = world.found()
    assert world.finder().remember(found, world.carry_out(found))
    (unchanged,) = world.find()
    assert isinstance(unchanged, Skipped)
    assert unchanged.reason is Reason.UNCHANGED
    assert isinstance(world.find(revisit=True)[0], Found)
    later = EPOCH + timedelta(days=COLLECTION.revisit_days, seconds=1)
    assert isinstance(world.find(now=lambda: later)[0], Found)
    world.wiki.add(file_info(3), PAGE)
    world.fetcher.bodies["http://127.0.0.1/thumb/3"] = b"11 3"
    world.hits(QUERY, 1, 2, 3)
    assert set(proposed(world.found())) == {3}


@pytest.mark.parametrize(
    "outcome", [Outcome.DECLINED, Outcome.SIMULATED, Outcome.UNAVAILABLE, Outcome.CONFLICT]
)
def test_a_slice_with_something_left_to_do_is_not_remembered(outcome: Outcome) -> None:
    world = World({1: (11, 1), 2: (11, 2)})
    found = world.found()
    assert not world.finder().remember(found, [Applied(found.proposals[0], outcome)])
    assert world.store.slices == {}


def test_seeds_without_a_slice_are_named() -> None:
    world = World({1: (11, 1), 2: (11, 2)})
    collection = replace(COLLECTION, slice=SliceKind.VIRIN)
    (skipped,) = world.finder(collection).find(["Photograph 1.jpg"])
    assert isinstance(skipped, Skipped)
    assert skipped.reason is Reason.NO_SLICE


def test_a_search_needs_no_seeds() -> None:
    world = World({1: (11, 1), 2: (11, 2)})
    world.hits("crab filemime:image filew:>320", 1, 2)
    (found,) = world.finder(Collection("crabs", slice=SliceKind.SEARCH, query="crab")).find([])
    assert isinstance(found, Found)
    assert set(proposed(found)) == {1, 2}


def test_a_file_that_is_gone_is_left_out() -> None:
    world = World({1: (11, 1), 2: (11, 2), 3: (11, 3)})
    del world.wiki.known[3]
    found = world.found()
    assert set(proposed(found)) == {1, 2}
    assert Reason.MISSING in reasons(found).values()
