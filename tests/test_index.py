"""Indexing files in memory: what the index holds in the end, whatever happened, and what was asked for."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from faebot_hash.adapters.store import Store
from faebot_hash.hash_index import IndexedPage, Lease
from faebot_hash.index import Indexed
from faebot_hash.model import FileInfo
from faebot_hash.portions import Hint, Portion, Unit, hinted, numbered, titled
from faebot_hash.reasons import Reason
from faebot_hash.shares import LEASE, Share
from faebot_hash.walk import OVERLAP, Stage, due, news, stage_of
from tests.catalogue import NOON, ORIGINAL, THUMBNAIL, Catalogue, KilledError
from tests.counting import Counted
from tests.pictures import each_seed, per_seed

STALE_CASES = 500
HISTORIES = 400


@pytest.fixture
def wiki() -> Catalogue:
    return Catalogue()


@pytest.fixture
def store(tmp_path: Path, wiki: Catalogue) -> Iterator[Store]:
    with opened(tmp_path / "index", wiki) as store:
        yield store


def opened(path: Path, wiki: Catalogue) -> Store:
    """Open a store whose rows are dated by the wiki's clock."""
    return Store.open(f"sqlite:///{path}.sqlite", now=lambda: wiki.now)


def follow(wiki: Catalogue, store: Store) -> Indexed:
    """Follow the logs, as ``-new`` does."""
    return wiki.walk(store).through([Unit("new", news(wiki.log, store, NOON), endless=True)])


def walk_all(wiki: Catalogue, store: Store, last: int = 1_000, **options: object) -> Indexed:
    """Walk through all page ids in two units, as ``-pages`` does."""
    halves = [(1, last // 2), (last // 2 + 1, last)]
    units = [
        Unit(f"pages {low}-{high}", lambda position, low=low, high=high: numbered(low, high, position))
        for low, high in halves
    ]
    return wiki.walk(store, **options).through(units)


def by_hints(wiki: Catalogue, store: Store, hints: list[Hint]) -> Indexed:
    """Index what a copy of the database lists."""

    def read(after: int) -> list[Hint]:
        return [hint for hint in hints if hint.page_id > after][:70]

    return wiki.walk(store).once(hinted(read, "", 0))


# ---- a portion


def test_files_are_hashed_once(wiki: Catalogue, store: Store) -> None:
    files = [wiki.upload() for _ in range(5)]
    wiki.upload(sha1=files[0].sha1, thumb_url=f"http://127.0.0.1/again/{files[0].sha1}")
    first = wiki.indexer(store).index(Portion((1, 2, 3, 4, 5, 6)))
    again = wiki.indexer(store).index(Portion((1, 2, 3, 4, 5, 6)))
    assert first == Indexed(listed=6, hashed=6)
    assert again == Indexed(listed=6, known=6)
    assert sum(wiki.fetched.values()) == 5
    assert wiki.wrong(store) == []


def test_a_picture_as_small_as_its_thumbnail_has_another_basis(wiki: Catalogue, store: Store) -> None:
    wiki.upload(width_px=100)
    wiki.upload()
    assert wiki.indexer(store).index(Portion((1, 2))) == Indexed(listed=2, hashed=2)
    assert wiki.wrong(store) == []
    assert [len(store.hash_table(basis)) for basis in (THUMBNAIL, ORIGINAL)] == [1, 1]


def test_what_cannot_be_hashed_is_kept_with_its_reason(wiki: Catalogue, store: Store) -> None:
    wiki.upload("Drawing.svg", mime="image/svg+xml")
    wiki.upload(thumb_url=None)
    broken = wiki.upload()
    wiki.broken.add(broken.thumb_url or "")
    indexed = wiki.indexer(store).index(Portion((1, 2, 3)))
    reasons = {page_id: one.reason for page_id, one in store.failures([1, 2, 3]).items()}
    expected = {1: Reason.UNSUPPORTED_FORMAT, 2: Reason.NO_THUMBNAIL, 3: Reason.UNREADABLE}
    assert reasons == expected
    assert indexed is not None
    assert dict(indexed.reasons) == dict.fromkeys(expected.values(), 1)
    assert store.pages([1, 2, 3]).keys() == {1, 2, 3}


def test_what_failed_waits_for_its_time_unless_it_was_overwritten(wiki: Catalogue, store: Store) -> None:
    for _ in range(2):
        wiki.broken.add(wiki.upload().thumb_url or "")
    index = wiki.indexer(store).index
    index(Portion((1, 2)))
    wiki.overwrite(2)
    wiki.rename(1, "Renamed.jpg")
    assert index(Portion((1, 2))) == Indexed(listed=2, hashed=1, put_off=1, renamed=1, overwritten=1)
    assert store.pages([1])[1].title == "Renamed.jpg"
    assert store.failures([1, 2]).keys() == {1}
    wiki.now += timedelta(hours=2)
    wiki.broken.clear()
    assert wiki.walk(store).once(due(store, wiki.now)) == Indexed(listed=1, hashed=1)
    assert wiki.wrong(store) == []
    assert store.failures_due(wiki.now + timedelta(days=400)) == []


def test_what_fails_again_is_tried_once_a_run(wiki: Catalogue, store: Store) -> None:
    for _ in range(250):
        wiki.broken.add(wiki.upload().thumb_url or "")
    wiki.indexer(store).index(Portion(tuple(range(1, 251))))
    wiki.now += timedelta(hours=2)
    indexed = wiki.walk(store).once(due(store, wiki.now))
    assert indexed.listed == indexed.reasons[Reason.UNREADABLE] == 250
    assert set(wiki.fetched.values()) == {2}
    assert {one.attempts for one in store.failures(range(251)).values()} == {2}


def test_a_failure_of_a_deleted_file_is_over(wiki: Catalogue, store: Store) -> None:
    wiki.broken.add(wiki.upload().thumb_url or "")
    wiki.indexer(store).index(Portion((1,)))
    wiki.delete(1)
    wiki.now += timedelta(hours=2)
    assert wiki.walk(store).once(due(store, wiki.now)).gone == 1
    assert store.failures([1]) == {}


def test_a_title_that_is_used_again_leads_to_the_page_that_had_it(wiki: Catalogue, store: Store) -> None:
    index = wiki.indexer(store).index
    for title in ("A.jpg", "B.jpg", "C.jpg"):
        wiki.upload(title)
    index(Portion((1, 2, 3)))
    wiki.delete(1)
    new = wiki.upload("A.jpg")
    wiki.rename(2, "D.jpg")
    wiki.rename(3, "B.jpg")
    index(Portion((new.page_id,)))
    index(Portion((3,)))
    assert wiki.wrong(store) == []


def test_a_title_that_two_reads_saw_is_kept_once(wiki: Catalogue, store: Store) -> None:
    wiki.upload("A.jpg")
    wiki.upload("B.jpg")
    indexer = wiki.indexer(store)
    indexer.index(Portion((1, 2)))
    wiki.rename(2, "C.jpg")
    wiki.rename(1, "B.jpg")
    reads = iter([lambda: None, lambda: (wiki.rename(1, "D.jpg"), wiki.rename(2, "B.jpg"))])
    wiki.before_read = lambda: next(reads)()
    indexer.index(Portion((1,)))
    wiki.before_read = lambda: None
    assert {page.title: page_id for page_id, page in store.pages([1, 2]).items()} == {"A.jpg": 1, "B.jpg": 2}
    follow(wiki, store)
    assert wiki.wrong(store) == []


def test_titles_find_files_and_what_became_of_them(wiki: Catalogue, store: Store) -> None:
    for title in ("A.jpg", "B.jpg", "C.jpg"):
        wiki.upload(title)
    titles = ["A.jpg", "B.jpg", "C.jpg", "Never there.jpg"]
    assert wiki.walk(store).once(titled(titles)) == Indexed(listed=4, hashed=3)
    wiki.delete(1)
    wiki.rename(2, "D.jpg")
    assert wiki.walk(store).once(titled(titles)) == Indexed(listed=4, known=2, renamed=1, gone=1)
    assert wiki.wrong(store) == []


def test_a_batch_of_a_lost_lease_is_not_kept(wiki: Catalogue, store: Store) -> None:
    wiki.upload()
    store.take_lease(Lease("pages", "somebody"), timedelta(hours=1))
    assert wiki.indexer(store).index(Portion((1,)), ("pages", "1 done"), Lease("pages", "us")) is None
    assert store.pages([1]) == {}
    assert store.checkpoint("pages") is None
    assert store.get([wiki.files_now[1].sha1], THUMBNAIL) == {}


# ---- the logs


def test_the_logs_are_followed(wiki: Catalogue, store: Store) -> None:
    for _ in range(6):
        wiki.upload()
    follow(wiki, store)
    wiki.overwrite(1)
    wiki.rename(2, "Renamed.jpg")
    wiki.delete(3)
    wiki.delete(4)
    wiki.restore(4)
    asked = wiki.asked.copy()
    total = follow(wiki, store)
    assert (total.overwritten, total.renamed, total.gone) == (1, 1, 1)
    assert wiki.wrong(store) == []
    assert set(wiki.asked - asked) == {1, 2, 3, 4}, "what did not change is not asked for"
    asked = wiki.asked.copy()
    follow(wiki, store)
    assert set(wiki.asked - asked) == {3, 4}, "only what was deleted or restored is looked at again"


def test_a_line_that_appears_late_is_found(wiki: Catalogue, store: Store) -> None:
    wiki.upload()
    wiki.hold_back = True
    late = wiki.upload()
    wiki.hold_back = False
    wiki.now += OVERLAP - timedelta(minutes=1)
    wiki.upload()
    follow(wiki, store)
    assert late.page_id not in store.pages([late.page_id])
    wiki.show_lines()
    follow(wiki, store)
    assert wiki.wrong(store) == []


@each_seed
def test_after_any_history_the_index_is_as_the_wiki(tmp_path: Path, counted: Counted, seed: int) -> None:
    chance = random.Random(seed)
    changes = 0
    for number in range(per_seed(HISTORIES)):
        wiki = Catalogue()
        with opened(tmp_path / str(number), wiki) as store:
            for _ in range(chance.randrange(1, 6)):
                wiki.hold_back = chance.random() < 0.3
                changes += sum(bool(wiki.any_change(chance)) for _ in range(chance.randrange(40)))
                try:
                    wiki.before_fetch = killing(chance)
                    follow(wiki, store)
                except KilledError:
                    pass
                wiki.show_lines()
            wiki.before_fetch = lambda: None
            follow(wiki, store)
            assert wiki.wrong(store) == []
    counted("D5", changes, "changes on the wiki followed by the index")


def killing(chance: random.Random) -> Callable[[], None]:
    """Give what ends a run at a random download, sometimes."""
    countdown = [chance.randrange(60)]

    def perhaps() -> None:
        countdown[0] -= 1
        if not countdown[0]:
            raise KilledError

    return perhaps


# ---- walks and hints


def test_a_walk_goes_on_after_any_kill(wiki: Catalogue, store: Store) -> None:
    for _ in range(460):
        wiki.upload()
    chance, kills = random.Random(1), 0
    while True:
        wiki.before_fetch = killing(chance)
        try:
            walk_all(wiki, store)
        except KilledError:
            kills += 1
            continue
        break
    assert kills > 3
    assert wiki.wrong(store) == []
    assert walk_all(wiki, store).known == 460, "a walk that is done begins anew"


def test_a_limit_ends_a_walk_and_the_next_goes_on(wiki: Catalogue, store: Store) -> None:
    for _ in range(460):
        wiki.upload()
    assert [walk_all(wiki, store, most=350).listed for _ in range(2)] == [400, 400]
    assert walk_all(wiki, store).listed == 200
    assert wiki.wrong(store) == []
    assert set(wiki.asked.values()) == {1}


def test_what_a_replica_tells_is_asked_for_only_where_it_is_news(wiki: Catalogue, store: Store) -> None:
    for _ in range(150):
        wiki.upload()
    wiki.upload("Drawing.svg", mime="image/svg+xml")
    assert by_hints(wiki, store, wiki.hints()).hashed == 150
    asked = wiki.asked.copy()
    total = by_hints(wiki, store, wiki.hints())
    assert (total.settled, total.known, total.reasons[Reason.UNSUPPORTED_FORMAT]) == (150, 0, 1)
    assert wiki.asked == asked
    wiki.overwrite(7)
    by_hints(wiki, store, wiki.hints())
    assert set(wiki.asked - asked) == {7}


@each_seed
def test_stale_hints_make_no_wrong_row(tmp_path: Path, counted: Counted, seed: int) -> None:
    """Each case is a file that was changed between the copy and the run (deleted, renamed, overwritten …)."""
    chance = random.Random(seed)
    wanted, cases, number = per_seed(STALE_CASES), 0, 0
    while cases < wanted:
        wiki = Catalogue()
        number += 1
        for _ in range(30):
            wiki.upload()
        with opened(tmp_path / str(number), wiki) as store:
            if chance.random() < 0.5:
                walk_all(wiki, store)
            for _ in range(chance.randrange(10)):
                wiki.any_change(chance)
            hints = wiki.hints()
            before = dict(wiki.files_now)
            for _ in range(40):
                wiki.any_change(chance)
            stale = [page_id for page_id, file in before.items() if wiki.files_now.get(page_id) != file]
            kept = store.pages(range(1, wiki.pages + 1))
            by_hints(wiki, store, hints)
            assert [
                page
                for page_id, page in store.pages(range(1, wiki.pages + 1)).items()
                if page != kept.get(page_id) and page != row(wiki.files_now.get(page_id))
            ] == []
            follow(wiki, store)
            by_hints(wiki, store, wiki.hints())
            assert wiki.wrong(store) == []
        cases += len(stale)
    counted("D5", cases, "stale hints of a replica")


def row(file: FileInfo | None) -> IndexedPage | None:
    """Give the row of a file as it is on the wiki."""
    return IndexedPage(file.page_id, file.title, file.sha1, file.uploaded) if file else None


def test_who_waits_for_a_unit_lets_its_holder_download(wiki: Catalogue, store: Store) -> None:
    def impatient(seconds: float) -> None:
        pytest.fail("there is no slot to download with")

    def sleep(seconds: float) -> None:
        slots.append(theirs.adjust())
        theirs.close()
        store.free_lease(unit)

    for _ in range(20):
        wiki.upload()
    slots: list[int] = []
    theirs, unit = Share(store, "they", 2, sleep=impatient), Lease("pages 11-20", "they")
    assert store.take_lease(unit, LEASE)
    walk_all(wiki, store, last=20, share=Share(store, "we", 2, sleep=sleep))
    assert slots == [2]
    assert wiki.wrong(store) == []


# ---- checkpoints


@pytest.mark.parametrize(
    "stage",
    [Stage(), Stage(1, "", done=False), Stage(3, "57000", done=True), Stage(2, '{"a": "b c"}', done=False)],
)
def test_a_stage_is_read_as_it_was_written(stage: Stage) -> None:
    read = stage_of(str(stage))
    assert (read.round, read.done) == (stage.round, stage.done)
    assert stage.done or read.position == stage.position


@pytest.mark.parametrize("text", [None, "", "57000", "done", "x at 5"])
def test_what_is_no_stage_means_never_begun(text: str | None) -> None:
    assert stage_of(text) == Stage()
