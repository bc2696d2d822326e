"""The hash index in the store: one contract for every database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from faebot_hash.adapters import hash_changes
from faebot_hash.adapters.store import Store
from faebot_hash.hash_index import (
    LONGEST_RETRY,
    Failure,
    HashIndexStore,
    HashTableRow,
    IndexBatch,
    IndexedPage,
    Lease,
    PageHashes,
    retry_time,
)
from faebot_hash.model import MAX_HASH, Basis, Fingerprint, HashKind
from faebot_hash.reasons import Reason, Skipped

NOON = datetime(2026, 10, 5, 12, 0, 0, 123456, tzinfo=UTC)
HOUR = timedelta(hours=1)
BASIS = Basis("thumbnail", 120, "13.0.0", "4.3.2")
OTHER_BASIS = replace(BASIS, thumb_width_px=250)
ELSEWHERE = Basis("elsewhere", 0, "", "")


def sha1(number: int) -> str:
    return f"{number:040x}"


def page(number: int, file: int | None = None, title: str = "") -> IndexedPage:
    return IndexedPage(number, title or f"Fæ & 𝄞 {number}.jpg", sha1(file or number), NOON)


def picture(phash: int, dhash: int = 0, *, flat: bool = False) -> Fingerprint:
    return Fingerprint(phash, dhash, 3, 4, low_information=flat)


class Clock:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(address: str, clock: Clock) -> Iterator[Store]:
    with Store.open(address, now=clock) as store:
        yield store


def followed(store: HashIndexStore, basis: Basis = BASIS, after: int = 0) -> tuple[set[PageHashes], int]:
    """Follow changes to the end as a search index does."""
    known: dict[int, PageHashes] = {}
    for piece in store.hash_changes(basis, after):
        after = piece.up_to
        for row in piece.hashes:
            known[row[0]] = row
        for page_id in piece.gone:
            known.pop(page_id, None)
    return set(known.values()), after


def test_it_fulfils_the_port(store: Store) -> None:
    index: HashIndexStore = store
    assert index.pages([1]) == {}
    assert index.bases() == []
    assert list(index.hash_changes(BASIS)) == []
    index.put_pages([])
    index.drop_pages([1])
    index.put_foreign("x", [], BASIS)
    assert index.keep_batch(IndexBatch(), BASIS)
    assert followed(index)[0] == set()


# ---- pages


def test_pages_are_found_by_id_title_and_file(store: Store) -> None:
    store.put_pages([page(1), page(2, file=1), page(3)])
    assert store.pages([1, 3, 4]) == {1: page(1), 3: page(3)}
    assert store.pages_titled([page(2).title, "X.jpg"]) == {page(2).title: page(2, file=1)}
    assert store.pages_of([sha1(1), sha1(9)]) == {sha1(1): [page(1), page(2, file=1)]}
    assert store.pages([1])[1].seen_at == NOON


def test_a_new_upload_replaces(store: Store, clock: Clock) -> None:
    store.put_pages([page(1)])
    clock.now += HOUR
    again = replace(page(1, file=7), uploaded=clock.now.astimezone(timezone(HOUR)))
    store.put_pages([again])
    assert store.pages([1]) == {1: again}
    assert store.pages_of([sha1(1), sha1(7)]) == {sha1(7): [again]}


def test_of_two_pages_with_one_title_the_last_seen_counts(store: Store, clock: Clock) -> None:
    for number in (8, 7):
        store.put_pages([page(number, title="A.jpg")])
        clock.now += HOUR
    assert store.pages_titled(["A.jpg"])["A.jpg"].page_id == 7


@pytest.mark.parametrize("other", ["a.jpg", "Á.jpg", "A.jpg ", "Ａ.jpg", "A.jpg\u200e"])
def test_titles_are_exact(store: Store, other: str) -> None:
    store.put_pages([page(1, title="A.jpg"), page(2, title=other)])
    assert store.pages_titled(["A.jpg"])["A.jpg"].page_id == 1
    assert store.pages_titled([other])[other].page_id == 2


def test_a_page_without_a_file_is_forgotten(store: Store) -> None:
    store.put_pages([page(1), page(2)])
    store.put({sha1(1): picture(1)}, BASIS)
    store.drop_pages([1, 5])
    assert store.pages([1, 2, 5]) == {2: page(2)}
    assert store.pages_titled([page(1).title]) == {}
    assert store.get([sha1(1)], BASIS) == {sha1(1): picture(1)}
    store.put_pages([page(1)])
    assert store.pages([1]) == {1: page(1)}


# ---- changes


def test_changes_tell_what_holds_now(store: Store) -> None:
    store.put_pages([page(1), page(2), page(3), page(4, file=1)])
    store.put({sha1(1): picture(MAX_HASH, 1 << 63), sha1(2): picture(5, 6), sha1(3): picture(7)}, BASIS)
    known, last = followed(store)
    assert known == {(1, MAX_HASH, 1 << 63), (2, 5, 6), (3, 7, 0), (4, MAX_HASH, 1 << 63)}
    assert list(store.hash_changes(BASIS, last)) == []
    store.put_pages([page(2, file=3), page(1)])
    (piece,) = store.hash_changes(BASIS, last)
    assert (piece.hashes, piece.gone) == (((2, 7, 0),), ())
    store.put_pages([page(2, file=9)])
    store.drop_pages([3])
    (piece,) = store.hash_changes(BASIS, piece.up_to)
    assert (piece.hashes, set(piece.gone)) == ((), {2, 3})
    store.put({sha1(9): picture(8)}, BASIS)
    (piece,) = store.hash_changes(BASIS, piece.up_to)
    assert (piece.hashes, piece.gone) == (((2, 8, 0),), ())


@pytest.mark.parametrize(
    "worse", [picture(1, flat=True), Skipped("", Reason.MALFORMED)], ids=["flat", "rejected"]
)
def test_what_may_not_be_matched_is_gone(store: Store, worse: Fingerprint | Skipped) -> None:
    store.put_pages([page(1)])
    store.put({sha1(1): picture(1)}, BASIS)
    last = followed(store)[1]
    store.put({sha1(1): worse}, BASIS)
    (piece,) = store.hash_changes(BASIS, last)
    assert (piece.hashes, piece.gone) == ((), (1,))
    assert followed(store)[0] == set()
    assert store.equal_hashes(BASIS, HashKind.PHASH, 1) == []


def test_an_equal_result_is_no_change(store: Store) -> None:
    store.put_pages([page(1)])
    store.put({sha1(1): picture(1)}, BASIS)
    last = followed(store)[1]
    store.put_pages([page(1, title="Renamed.jpg")])
    store.put({sha1(1): picture(1)}, BASIS)
    assert [(piece.hashes, piece.gone) for piece in store.hash_changes(BASIS, last)] == [((), ())]
    assert store.pages([1])[1].title == "Renamed.jpg"


def test_each_basis_is_followed_alone(store: Store) -> None:
    store.put_pages([page(1)])
    store.put({sha1(1): picture(1)}, BASIS)
    store.put({sha1(1): picture(2)}, OTHER_BASIS)
    store.put_foreign("them", [(1, 3, 4)], ELSEWHERE)
    assert store.bases() == [BASIS, OTHER_BASIS, ELSEWHERE]
    assert followed(store)[0] == {(1, 1, 0)}
    assert followed(store, OTHER_BASIS)[0] == {(1, 2, 0)}
    assert followed(store, ELSEWHERE)[0] == {(1, 3, 4)}


steps = st.lists(
    st.one_of(
        st.tuples(st.just("page"), st.integers(1, 5), st.integers(1, 5)),
        st.tuples(st.just("drop"), st.integers(1, 5), st.just(0)),
        st.tuples(st.just("hash"), st.integers(1, 5), st.sampled_from([0, 1, MAX_HASH, -1])),
        st.tuples(st.just("follow"), st.just(0), st.just(0)),
    ),
    max_size=25,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(steps)
def test_a_follower_knows_what_a_look_from_the_start_shows(
    store: Store, told: list[tuple[str, int, int]]
) -> None:
    """Follow piece by piece, with pieces of two rows, and compare with what the tables hold in the end."""
    known: dict[int, PageHashes] = {}
    after = store.hash_changes(BASIS) and max((p.up_to for p in store.hash_changes(BASIS)), default=0)
    store.drop_pages(range(1, 6))
    for what, number, value in (*told, ("follow", 0, 0)):
        if what == "page":
            store.put_pages([page(number, file=value)])
        elif what == "drop":
            store.drop_pages([number])
        elif what == "hash":
            flat = value < 0
            store.put({sha1(number): picture(max(value, 0), number, flat=flat)}, BASIS)
        else:
            for piece in store.hash_changes(BASIS, after):
                assert piece.up_to > after
                after = piece.up_to
                known |= {row[0]: row for row in piece.hashes}
                known = {page_id: row for page_id, row in known.items() if page_id not in piece.gone}
    fingerprints = store.get(map(sha1, range(1, 6)), BASIS)
    expected = {
        (one.page_id, found.phash, found.dhash)
        for one in store.pages(range(1, 6)).values()
        if isinstance(found := fingerprints.get(one.sha1), Fingerprint) and not found.low_information
    }
    assert set(known.values()) == expected == followed(store)[0]


def test_many_changes_come_in_pieces(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hash_changes, "ROWS_AT_ONCE", 7)
    for start in range(1, 100, 5):
        numbers = range(start, start + 5)
        batch = IndexBatch([page(n) for n in numbers], results={sha1(n): picture(n) for n in numbers})
        assert store.keep_batch(batch, BASIS)
    pieces = list(store.hash_changes(BASIS))
    assert len(pieces) >= 10
    assert all(len(piece.hashes) <= 10 for piece in pieces)
    assert sorted(row[0] for piece in pieces for row in piece.hashes) == list(range(1, 101))


def test_equal_hashes_are_found_exactly(store: Store) -> None:
    store.put_pages([page(n) for n in (3, 1, 2)])
    store.put({sha1(1): picture(1 << 63, 5), sha1(2): picture(1 << 63, 6), sha1(3): picture(9, 5)}, BASIS)
    store.put({sha1(3): picture(1 << 63, 5)}, OTHER_BASIS)
    assert store.equal_hashes(BASIS, HashKind.PHASH, 1 << 63) == [(1, 1 << 63, 5), (2, 1 << 63, 6)]
    assert store.equal_hashes(BASIS, HashKind.DHASH, 5) == [(1, 1 << 63, 5), (3, 9, 5)]
    assert store.equal_hashes(BASIS, HashKind.PHASH, 1 << 63, most=1) == [(1, 1 << 63, 5)]
    assert store.equal_hashes(BASIS, HashKind.PHASH, 77) == []
    assert store.equal_hashes(ELSEWHERE, HashKind.PHASH, 1) == []


# ---- hashes from elsewhere


def test_hashes_from_elsewhere_stand_alone(store: Store) -> None:
    store.put_foreign("them", [(1, 0, MAX_HASH), (2, 1 << 63, 5)], ELSEWHERE)
    store.put_foreign("others", [(1, 7, 7)], ELSEWHERE)
    assert store.foreign("them", [1, 2, 3]) == {1: (1, 0, MAX_HASH), 2: (2, 1 << 63, 5)}
    store.put_foreign("them", [(1, 4, 4), (1, 5, 5)], ELSEWHERE)
    assert store.foreign("them", [1]) == {1: (1, 5, 5)}
    assert store.foreign("others", [1]) == {1: (1, 7, 7)}
    assert store.equal_hashes(ELSEWHERE, HashKind.DHASH, 5) == [(1, 5, 5), (2, 1 << 63, 5)]
    assert store.pages([1]) == {}


# ---- batches, failures, checkpoints


def test_a_batch_is_kept_whole(store: Store) -> None:
    batch = IndexBatch(
        pages=[page(1), page(2)],
        gone=[3],
        results={sha1(1): picture(1), sha1(2): Skipped("", Reason.TRUNCATED)},
        failures={2: Skipped("", Reason.UNREADABLE, "503 \udcff")},
        checkpoint=("pages", "2"),
    )
    store.put_pages([page(3)])
    assert store.keep_batch(batch, BASIS)
    assert store.pages([1, 2, 3]) == {1: page(1), 2: page(2)}
    assert store.get([sha1(1)], BASIS) == {sha1(1): picture(1)}
    assert store.failures([1, 2]) == {2: Failure(2, Reason.UNREADABLE, "503 ?", 1, NOON, NOON + HOUR)}
    assert store.checkpoint("pages") == "2"


def test_a_batch_that_cannot_be_kept_leaves_nothing(store: Store) -> None:
    wrong = IndexedPage(2, "B.jpg", "no sha1")
    with pytest.raises(ValueError, match="SHA1"):
        store.keep_batch(IndexBatch([page(1), wrong], checkpoint=("a", "1")), BASIS)
    with pytest.raises(ValueError, match="UNREADABLE"):
        store.keep_batch(IndexBatch([page(1)], results={sha1(1): Skipped("", Reason.UNREADABLE)}), BASIS)
    assert (store.pages([1]), store.checkpoint("a")) == ({}, None)


def test_failures_are_tried_later_and_later(store: Store, clock: Clock) -> None:
    failing = IndexBatch([page(1)], failures={1: Skipped("", Reason.UNREADABLE)})
    hours = []
    for attempt in range(1, 14):
        store.keep_batch(failing, BASIS)
        failure = store.failures([1])[1]
        assert failure.attempts == attempt
        assert failure.retry_at is not None
        assert store.failures_due(failure.retry_at - timedelta(seconds=1)) == []
        assert store.failures_due(failure.retry_at) == [failure]
        hours.append((failure.retry_at - clock.now) / HOUR)
        clock.now = failure.retry_at
    assert hours == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 720, 720, 720]
    store.keep_batch(IndexBatch([page(1)], results={sha1(1): picture(1)}), BASIS)
    assert store.failures([1]) == {}


def test_what_no_retry_mends_is_never_due(store: Store) -> None:
    store.keep_batch(IndexBatch([page(1)], failures={1: Skipped("", Reason.NO_THUMBNAIL)}), BASIS)
    assert store.failures([1])[1].retry_at is None
    assert store.failures_due(NOON + LONGEST_RETRY * 100) == []
    store.keep_batch(IndexBatch(gone=[1]), BASIS)
    assert store.failures([1]) == {}


def test_failures_due_come_in_order(store: Store, clock: Clock) -> None:
    for number in (3, 1, 2):
        store.keep_batch(IndexBatch(failures={number: Skipped("", Reason.UNREADABLE)}), BASIS)
        clock.now += timedelta(minutes=1)
    due = [failure.page_id for failure in store.failures_due(NOON + 2 * HOUR)]
    assert due == [3, 1, 2]
    assert [one.page_id for one in store.failures_due(NOON + 2 * HOUR, most=2)] == [3, 1]


@pytest.mark.parametrize(
    ("reason", "attempts", "wait"),
    [
        (Reason.UNREADABLE, 1, HOUR),
        (Reason.UNREADABLE, 3, 4 * HOUR),
        (Reason.WRONG_DOWNLOAD, 10**9, LONGEST_RETRY),
        (Reason.MALFORMED, 1, None),
    ],
)
def test_when_to_try_again(reason: Reason, attempts: int, wait: timedelta | None) -> None:
    assert retry_time(reason, attempts, NOON) == (None if wait is None else NOON + wait)


def test_checkpoints_move(store: Store) -> None:
    assert store.checkpoint("new") is None
    for value in ("1", "2", "𝄞"):
        store.keep_checkpoint("new", value)
        assert store.checkpoint("new") == value
    assert store.checkpoint("New") is None


def test_hash_tables_are_read_in_order(store: Store) -> None:
    store.put_pages([page(n) for n in (5, 1, 3, 2)])
    store.put({sha1(n): picture(n, flat=n == 3) for n in (1, 3, 5)}, BASIS)
    rows = [HashTableRow(page(n), picture(n, flat=n == 3)) for n in (1, 3, 5)]
    assert store.hash_table(BASIS) == rows
    assert store.hash_table(BASIS, most=2) == rows[:2]
    assert store.hash_table(BASIS, after_page_id=3) == rows[2:]
    assert store.hash_table(OTHER_BASIS) == []


# ---- leases

OURS, THEIRS = Lease("pages 1-9", "we"), Lease("pages 1-9", "they")


def test_a_unit_has_one_holder(store: Store) -> None:
    assert store.take_lease(OURS, HOUR)
    assert store.take_lease(OURS, HOUR)
    assert not store.take_lease(THEIRS, HOUR)
    assert store.take_lease(Lease("pages 10-19", "they"), HOUR)
    store.free_lease(THEIRS)
    assert not store.take_lease(THEIRS, HOUR)
    store.free_lease(OURS)
    assert store.take_lease(THEIRS, HOUR)


@pytest.fixture
def passing(store: Store, clock: Clock) -> Callable[[timedelta], None]:
    """Let time pass, for leases too, which go by the server's clock where there is a server."""

    def let_pass(lasts: timedelta) -> None:
        clock.now += lasts
        back = f"SET expires_at = expires_at - INTERVAL {int(lasts.total_seconds())} SECOND"
        if store._database.read(store._database.time) is not None:
            store._database.write(lambda connection: connection.exec_driver_sql(f"UPDATE lease {back}"))

    return let_pass


def test_an_expired_lease_is_taken_over(store: Store, passing: Callable[[timedelta], None]) -> None:
    batch = IndexBatch([page(1)], checkpoint=("a", "1"))
    assert store.take_lease(OURS, HOUR)
    assert store.keep_batch(batch, BASIS, OURS)
    passing(HOUR + timedelta(seconds=1))
    assert store.keep_batch(batch, BASIS, OURS), "late, but nobody else has begun"
    assert store.take_lease(THEIRS, HOUR)
    assert not store.take_lease(OURS, HOUR)
    late = IndexBatch([page(2)], results={sha1(2): picture(2)}, checkpoint=("a", "2"))
    assert not store.keep_batch(late, BASIS, OURS)
    assert (store.pages([2]), store.get([sha1(2)], BASIS), store.checkpoint("a")) == ({}, {}, "1")
    assert store.keep_batch(late, BASIS, THEIRS)
    assert store.checkpoint("a") == "2"
