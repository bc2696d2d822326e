"""Judgements and families for review: one contract for every database, its reader and the desk."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from pathlib import Path

import pytest

from faebot_hash.adapters.index_reader import MOST_ROWS, IndexReader
from faebot_hash.adapters.judgement_desk import JudgementDesk
from faebot_hash.adapters.patience import Patience
from faebot_hash.adapters.review_reader import DayCount, DistanceCount, ReviewReader
from faebot_hash.adapters.store import Store
from faebot_hash.cases import Case, CaseFile, CasePair, key_of
from faebot_hash.errors import StoreBusy
from faebot_hash.judgements import Judged, Judgement, pair_of
from faebot_hash.model import HashKind
from faebot_hash.ports import Intent
from tests.databases import run_sql

NOON = datetime(2026, 10, 5, 12, 0, 0, 123456, tzinfo=UTC)
NO_PATIENCE = Patience(total_s=0)


def sha1(number: int) -> str:
    return f"{number:040x}"


def case(*numbers: int, hours: int = 0, run: str = "confirm-1", bits: int | None = 0) -> Case:
    """Make a family of the files with these numbers."""
    files = [
        CaseFile(
            n,
            f"{n}.jpg",
            sha1(n),
            *("image/jpeg", 9, 8, 7),
            NOON,
            *("Élan 𝄞", None, "", *4 * [""]),
            None,
            (),
            "",
        )
        for n in numbers
    ]
    pairs = [CasePair((sha1(a), sha1(b)), bits, bits, "near") for a, b in combinations(sorted(numbers), 2)]
    made_at = NOON + timedelta(hours=hours)
    return Case(key_of(map(sha1, numbers)), made_at, run, ("1 = 2: pHash 1",), tuple(files), tuple(pairs), ())


def judged(
    one: int, other: int, judgement: Judgement = Judgement.NOT_DUPLICATES, hours: int = 0, why: str = ""
) -> Judged:
    return Judged(pair_of(sha1(one), sha1(other)), judgement, "Ann Élan", NOON + timedelta(hours=hours), why)


@pytest.fixture
def store(address: str) -> Iterator[Store]:
    with Store.open(address) as store:
        yield store


@pytest.fixture
def reader(store: Store, address: str) -> Iterator[ReviewReader]:
    with closing(IndexReader(address, 10)) as reader:
        yield ReviewReader(reader)


def names(cases: Sequence[Case]) -> list[str]:
    """Tell which families are there by the titles of their files."""
    return [" ".join(file.title.removesuffix(".jpg") for file in one.files) for one in cases]


# ---- judgements


def test_judgements_come_back_in_order(store: Store, reader: ReviewReader) -> None:
    rows = [
        judged(1, 2, why="Another 𝄞 sheet"),
        judged(1, 2, Judgement.DUPLICATES, -1),
        judged(3, 1),
        judged(4, 4),
    ]
    store.judge(rows)
    store.judge([])
    everyone = [sha1(n) for n in range(9)]
    assert store.judged(everyone) == reader.judged(everyone) == tuple(rows)
    assert store.judged([sha1(1), sha1(2)]) == tuple(rows[:2])
    assert store.judged([sha1(1)]) == store.judged([]) == ()
    assert store.judged([sha1(4)]) == (rows[3],)
    assert reader.history(3) == tuple(reversed(rows[1:]))
    assert store.apart(everyone) == {(sha1(1), sha1(2)), (sha1(1), sha1(3)), (sha1(4), sha1(4))}


def test_a_correction_holds_and_doubt_does_not(store: Store) -> None:
    both = [sha1(1), sha1(2)]
    assert store.apart(both) == frozenset()
    store.judge([judged(1, 2)])
    store.judge([judged(1, 2, Judgement.CANNOT_TELL, 1)])
    assert store.apart(both) == {(sha1(1), sha1(2))}
    store.judge([judged(1, 2, Judgement.DUPLICATES, 2)])
    assert store.apart(both) == frozenset()
    store.judge([judged(1, 2, Judgement.OTHER_VERSION, 3)])
    assert store.apart(both) == {(sha1(1), sha1(2))}


def test_thousands_of_judgements_among_thousands_of_files(store: Store, reader: ReviewReader) -> None:
    rows = [judged(0, n) for n in range(1, 1_200)] + [judged(n, n + 1) for n in range(1, 1_200)]
    store.judge(rows)
    everyone = [sha1(n) for n in range(1_300)]
    assert store.judged(reversed(everyone)) == tuple(rows)
    assert len(store.apart(everyone[:100])) == 99 + 98
    assert reader.judged(everyone) == tuple(rows)
    assert len(reader.history(10_000)) == MOST_ROWS


def test_strange_texts_are_kept_readable(store: Store) -> None:
    store.judge([replace(judged(1, 2), who="A" * 400, why="\udcff" + "x" * 5_000)])
    (row,) = store.judged([sha1(1), sha1(2)])
    assert len(row.who) == 255
    assert row.why.startswith("?xxx")


# ---- families


def test_a_whole_run_closes_what_it_did_not_see(store: Store, reader: ReviewReader) -> None:
    store.keep_cases([case(1, 2), case(3, 4, hours=1)], whole=True)
    assert names(reader.open_cases(10)) == ["1 2", "3 4"]
    store.keep_cases([case(3, 4, hours=2), case(5, 6, hours=2)], whole=True)
    assert names(reader.open_cases(10)) == ["3 4", "5 6"]
    assert reader.case(case(1, 2).key) == case(1, 2), "a link to it still leads somewhere"
    store.keep_cases([], whole=False)
    assert names(reader.open_cases(10)) == ["3 4", "5 6"]
    store.keep_cases([], whole=True)
    assert reader.open_cases(10) == ()


def test_another_run_closes_only_what_it_knows_better(store: Store, reader: ReviewReader) -> None:
    store.keep_cases([case(1, 2), case(3, 4)], whole=True)
    store.keep_cases([case(1, 2, 9, hours=1)], whole=False)
    assert sorted(names(reader.open_cases(10))) == ["1 2 9", "3 4"]
    store.keep_cases([case(1, 2, hours=2)], whole=False)
    assert sorted(names(reader.open_cases(10))) == ["1 2", "3 4"]


def test_a_family_keeps_its_place_and_tells_the_last_run(store: Store, reader: ReviewReader) -> None:
    store.keep_cases([case(1, 2), case(3, 4, hours=1)], whole=True)
    again = case(1, 2, hours=5, run="confirm-2", bits=3)
    store.keep_cases([case(3, 4, hours=5), again], whole=True)
    assert reader.open_cases(10)[0] == again
    assert reader.case(again.key) == again
    assert reader.case("f" * 64) is None


def test_the_queue_is_read_page_by_page(store: Store, reader: ReviewReader) -> None:
    everyone = [case(2 * n, 2 * n + 1, hours=n // 3) for n in range(1, 8)]
    store.keep_cases(everyone, whole=True)
    for unjudged_only in (True, False):
        seen: list[Case] = []
        while page := reader.open_cases(2, seen[-1].key if seen else "", unjudged_only):
            seen += page
        assert seen == sorted(everyone, key=lambda one: (one.made_at, one.key))
    first, second = reader.open_cases(2)
    store.judge([Judged(first.pairs[0].pair, Judgement.CANNOT_TELL, "Ann", NOON)])
    assert reader.open_cases(1) == reader.open_cases(1, first.key) == (second,)
    assert reader.open_cases(10, unjudged_only=False)[-1] == first


def test_a_family_is_judged_when_all_its_pairs_are(store: Store, reader: ReviewReader) -> None:
    store.keep_cases([case(1, 2, 3)], whole=True)
    for one, other in ((1, 2), (1, 3)):
        store.judge([judged(one, other)])
        assert names(reader.open_cases(10)) == ["1 2 3"]
    store.judge([judged(2, 3, Judgement.DUPLICATES)])
    assert reader.open_cases(10) == ()
    store.keep_cases([case(1, 2, 3, 4)], whole=True)
    assert names(reader.open_cases(10)) == ["1 2 3 4"], "a new member asks for itself"


def test_a_case_of_another_release_is_passed_over(store: Store, reader: ReviewReader, address: str) -> None:
    store.keep_cases([case(1, 2)], whole=True)
    run_sql(address, """UPDATE review_case SET document = '{"version": 2}'""")
    assert reader.open_cases(10) == ()
    assert reader.case(case(1, 2).key) is None


# ---- statistics


def test_the_statistics_count_what_stands(store: Store, reader: ReviewReader) -> None:
    store.keep_cases([case(1, 2), case(3, 4, bits=4), case(5, 6, bits=None), case(7, 8)], whole=True)
    store.judge(
        [
            judged(1, 2),
            judged(1, 2, Judgement.DUPLICATES, 24),
            judged(1, 2, Judgement.CANNOT_TELL, 25),
            judged(3, 4, Judgement.CANNOT_TELL),
            judged(3, 4, Judgement.CANNOT_TELL),
            judged(5, 6),
        ]
    )
    rows = [("a", "dod-20261001-120000", "identified"), ("b", "dod-20261002-120000", "identified")]
    rows += [("c", "noaa-x-20261002-120000", "identified"), ("d", "confirm-1", "nominated")]
    rows += [("e", "confirm-1", "nominated"), ("f", "dod-20261002-120000", "identified")]
    for token, run, kind in rows:
        store.plan(Intent(token, 7, "A.jpg", 100, sha1(1), sha1(2), kind, run=run))
        store.settle(token, "NOOP" if token == "f" else "DONE")  # noqa: S105 - a name of a row
    store.settle("e", "UNDONE")
    counts = reader.counts()
    assert (counts.open_cases, counts.unjudged_cases) == (4, 1)
    assert (counts.nominations, counts.taken_back) == (2, 1)
    assert counts.tagged == (("dod", 2), ("noaa-x", 1))
    monday, tuesday = date(2026, 10, 5), date(2026, 10, 6)
    assert set(counts.by_day) == {
        DayCount(monday, Judgement.NOT_DUPLICATES, 2),
        DayCount(monday, Judgement.CANNOT_TELL, 2),
        DayCount(tuesday, Judgement.DUPLICATES, 1),
        DayCount(tuesday, Judgement.CANNOT_TELL, 1),
    }
    assert set(counts.distances) == {
        DistanceCount(kind, bits, judgement, 1)
        for kind in HashKind
        for bits, judgement in ((0, Judgement.DUPLICATES), (4, Judgement.CANNOT_TELL))
    }


def test_an_empty_store_has_empty_statistics(store: Store, reader: ReviewReader) -> None:
    counts = reader.counts()
    assert (counts.open_cases, counts.by_day, counts.distances, counts.tagged) == (0, (), (), ())


# ---- the desk


def test_the_desk_writes_what_the_bot_reads(address: str) -> None:
    with Store.open(address):
        pass
    desk = JudgementDesk(address)
    desk.record([judged(1, 2)])
    with Store.open(address, write=False) as store:
        assert store.apart([sha1(1), sha1(2)]) == {(sha1(1), sha1(2))}


def test_with_sqlite_the_desk_waits_for_the_bot(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'store.sqlite'}"
    with Store.open(address) as bot:
        with pytest.raises(StoreBusy, match="nothing was kept"):
            JudgementDesk(address, NO_PATIENCE).record([judged(1, 2)])
        assert bot.judged([sha1(1), sha1(2)]) == ()
        waits: list[float] = []

        def bot_ends(wait_s: float) -> None:
            waits.append(wait_s)
            bot.close()

        JudgementDesk(address, Patience(60, sleep=bot_ends)).record([judged(1, 2)])
        assert len(waits) == 1
    with Store.open(address) as bot:
        assert bot.judged([sha1(1), sha1(2)]) == (judged(1, 2),)


def test_reviewers_at_once_do_not_take_each_other_for_a_bot(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'store.sqlite'}"
    desk = JudgementDesk(address, NO_PATIENCE)
    threads = [threading.Thread(target=desk.record, args=([judged(0, n)],)) for n in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with Store.open(address) as store:
        assert len(store.apart(map(sha1, range(9)))) == 8
