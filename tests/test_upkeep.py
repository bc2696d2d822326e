"""Keeping file pages in step with clusters, over a wiki of dicts: changes in between, hidden histories."""

from __future__ import annotations

from dataclasses import replace

import pytest

from faebot_hash import similar
from faebot_hash.apply import Editor
from faebot_hash.clusters import Clustered, Clusterer
from faebot_hash.collection import ClusterForm, Collection
from faebot_hash.console import Decision
from faebot_hash.edits import Applied, Kind, Outcome, PageEdit, Proposal
from faebot_hash.model import SliceKind
from faebot_hash.ports import EditAnswer, Hits
from faebot_hash.reasons import Reason, Skipped
from faebot_hash.settings import ClusterSettings, Settings
from faebot_hash.slicing import Slicer
from faebot_hash.thumbnails import Hasher
from faebot_hash.upkeep import Upkeep, run_name
from tests.fakes import EPOCH, FakeDecoder, FakeFetcher, FakeJournal, FakeStore, FakeWiki, file_info

GALLERIES = Collection(
    "crabs", slice=SliceKind.SEARCH, query="crab filemime:image", cluster_as=ClusterForm.GALLERY
)
CATEGORIES = replace(GALLERIES, cluster_as=ClusterForm.CATEGORY, cluster_category="Crabs {key}")
PAGE = "A crab.\n[[Category:Crabs]]"


class World:
    """A wiki whose files are given by their dHash."""

    def __init__(self, dhashes: dict[int, int]) -> None:
        self.wiki, self.journal, self.store = FakeWiki(), FakeJournal(), FakeStore()
        self.fetcher = FakeFetcher()
        for page_id, dhash in dhashes.items():
            self.wiki.add(file_info(page_id), PAGE)
            self.fetcher.bodies[f"http://127.0.0.1/thumb/{page_id}"] = f"{page_id} {dhash}".encode()
        self.hits(*dhashes)

    def hits(self, *page_ids: int, warning: str = "") -> None:
        """Let the collection's search find these files."""
        self.wiki.searches[GALLERIES.query] = Hits(len(page_ids), page_ids, warning)

    def clustered(self, collection: Collection = GALLERIES) -> Clustered:
        hasher = Hasher(120, self.fetcher, FakeDecoder(), self.store)
        slicer = Slicer(
            collection, Settings(), self.wiki, hasher, self.store, revisit=True, now=lambda: EPOCH
        )
        return Clusterer(slicer).cluster(())

    def upkeep(self, collection: Collection = GALLERIES, settings: Settings | None = None) -> Upkeep:
        given = settings or Settings()
        return Upkeep.of(self.clustered(collection), collection, given, self.wiki, self.journal)

    def editor(self, collection: Collection = GALLERIES) -> Editor:
        run = f"{run_name(collection)}-20260101-000000"
        return Editor(self.wiki, self.journal, confirm=lambda proposal: True, run=run, interval_s=0)

    def run(self, collection: Collection = GALLERIES) -> dict[int | str, Decision]:
        """Bring the pages into step; tells what became of each, of an edit by page id, else by title."""
        upkeep, editor = self.upkeep(collection), self.editor(collection)
        done: dict[int | str, Decision] = {}
        for one in upkeep.proposals():
            decision = one if isinstance(one, Skipped) else editor.carry_out(one, upkeep)
            key = decision.proposal.file.page_id if isinstance(decision, Applied) else decision.what
            done[key] = decision
        return done


def proposals(upkeep: Upkeep) -> list[Proposal]:
    return [one for one in upkeep.proposals() if isinstance(one, Proposal)]


def reasons(done: dict[int | str, Decision]) -> set[Reason]:
    return {one.reason for one in done.values() if isinstance(one, Skipped)}


def test_everybody_gets_a_gallery_of_the_others() -> None:
    world = World({1: 0, 2: 1, 3: 3, 4: 2**40 - 1})
    done = world.run()
    assert set(done) == {1, 2, 3}
    inside = similar.inside_of(["Photograph 2.jpg", "Photograph 3.jpg"], 2)
    assert world.wiki.text(1) == similar.with_gallery(PAGE, "crabs", inside)
    assert all(world.wiki.flagged)
    assert {row.intent.kind for row in world.journal.rows()} == {Kind.GALLERY}
    assert reasons(world.run()) == {Reason.UNCHANGED}
    assert not world.journal.tagged(1), "a gallery is no tag"


def test_the_other_members_are_witnesses() -> None:
    world = World(dict.fromkeys(range(1, 15), 0))
    (first, *_) = proposals(world.upkeep())
    assert [one.page_id for one in first.witnesses] == list(range(2, 12))


@pytest.mark.parametrize(("gone", "reason"), [(False, Reason.OVERWRITTEN), (True, Reason.MISSING)])
def test_a_member_that_changes_before_the_edit_is_noticed(gone: bool, reason: Reason) -> None:
    world = World({1: 0, 2: 1})
    upkeep = world.upkeep()
    (first, *_) = proposals(upkeep)
    if gone:
        del world.wiki.known[2]
    else:
        world.wiki.known[2] = replace(world.wiki.known[2], sha1="f" * 40)
    done = world.editor().carry_out(first, upkeep)
    assert isinstance(done, Skipped)
    assert done.reason is reason
    assert world.wiki.text(1) == PAGE


def test_a_page_that_changes_before_the_edit_is_judged_anew() -> None:
    world = World({1: 0, 2: 1})
    upkeep = world.upkeep()
    first, second = proposals(upkeep)
    world.wiki.save(1, f"{PAGE}\nMore.", "more", "Human")
    world.wiki.save(2, f"{{{{nobots}}}}{PAGE}", "no bots", "Human")
    done = world.editor().carry_out(first, upkeep)
    assert isinstance(done, Applied)
    assert done.outcome is Outcome.EDITED
    assert world.wiki.text(1).startswith(f"{PAGE}\nMore.\n<!-- similar files")
    refused = world.editor().carry_out(second, upkeep)
    assert isinstance(refused, Skipped)
    assert refused.reason is Reason.BOTS_EXCLUDED


@pytest.mark.parametrize("collection", [GALLERIES, CATEGORIES], ids=["gallery", "category"])
def test_what_was_merged_with_a_refusal_is_withdrawn_and_may_come_back(collection: Collection) -> None:
    world = World({1: 0, 2: 1})
    upkeep = world.upkeep(collection)
    (first, *_) = proposals(upkeep)

    def merge(edit: PageEdit) -> EditAnswer | None:
        if "{{nobots}}" in world.wiki.text(1):
            return None
        human = world.wiki.save(1, f"{{{{nobots}}}}\n{PAGE}", "no bots, please", "Human")
        ours = world.wiki.save(1, f"{{{{nobots}}}}\n{edit.new_text}", edit.summary, world.wiki.user)
        return EditAnswer("", "", human.revid, ours.revid)

    world.wiki.before_edit = merge
    done = world.editor(collection).carry_out(first, upkeep)
    assert isinstance(done, Applied)
    assert done.outcome is Outcome.WITHDRAWN
    assert world.wiki.text(1) == f"{{{{nobots}}}}\n{PAGE}"
    world.wiki.save(1, PAGE, "bots may come", "Human")
    assert isinstance(world.run(collection)[1], Applied)


def test_a_removal_that_left_no_trace_in_the_history_is_known_to_the_journal() -> None:
    world = World({1: 0, 2: 1})
    world.run()
    del world.wiki.revisions[1][1:]
    done = world.run()
    assert reasons(done) == {Reason.REMOVED_BY_HUMAN, Reason.UNCHANGED}
    assert world.wiki.text(1) == PAGE


def test_another_collections_edits_are_no_sign() -> None:
    world = World({1: 0, 2: 1})
    world.run(replace(GALLERIES, name="crabs-2"))
    for page_id in (1, 2):
        del world.wiki.revisions[page_id][1:]
    assert set(world.run()) == {1, 2}


def test_a_picture_that_cannot_be_had_now_keeps_what_its_page_tells() -> None:
    world = World({1: 0, 2: 1, 3: 3})
    world.run()
    before = world.wiki.text(3)
    world.store.known.clear()
    world.fetcher.bodies["http://127.0.0.1/thumb/3"] = Skipped("http://…", Reason.UNREADABLE, "HTTP 500")
    world.run()
    assert world.wiki.text(3) == before
    world.fetcher.bodies["http://127.0.0.1/thumb/3"] = b"3 3"
    world.run()
    assert "Photograph 3.jpg" in world.wiki.text(1)


def test_an_incomplete_search_is_not_whole() -> None:
    world = World({1: 0, 2: 1})
    assert world.clustered().is_whole
    world.hits(1, 2, warning="timed out")
    assert not world.clustered().is_whole


def test_a_file_that_leaves_the_collection_leaves_its_cluster() -> None:
    world = World({1: 0, 2: 1, 3: 3})
    world.run()
    world.hits(1, 2)
    done = world.run()
    assert isinstance(done[3], Applied)
    assert done[3].proposal.kind is Kind.UNCLUSTERED
    assert world.wiki.text(3) == PAGE
    world.hits(1, 2, 3)
    world.run()
    assert "similar files" in world.wiki.text(3), "we took it off ourselves, so it may come back"


def test_with_a_lost_store_a_search_finds_what_should_go() -> None:
    world = World({1: 0, 2: 1, 3: 3})
    world.run()
    world.journal.by_token.clear()
    world.hits(1, 2)
    world.wiki.searches['insource:"similar files begin crabs"'] = Hits(3, (1, 2, 3))
    world.run()
    assert world.wiki.text(3) == PAGE


def test_a_large_cluster_shows_the_nearest() -> None:
    world = World({1: 0, 2: 3, 3: 1, 4: 0})
    (first, *_) = proposals(world.upkeep(settings=Settings(clusters=ClusterSettings(most_shown=2))))
    assert similar.inside_of(["Photograph 3.jpg", "Photograph 4.jpg"], 3) in first.edit.new_text


def test_a_cluster_keeps_its_category_when_its_first_file_goes() -> None:
    world = World({1: 0, 2: 1, 3: 3})
    world.run(CATEGORIES)
    assert world.wiki.text(3) == f"{PAGE}\n[[Category:Crabs 1]]"
    del world.wiki.known[1]
    world.hits(2, 3)
    assert reasons(world.run(CATEGORIES)) == {Reason.UNCHANGED}
