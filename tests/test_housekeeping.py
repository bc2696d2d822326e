"""What the store forgets by itself and on request, and what it tells of itself."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from faebot_hash.__main__ import main
from faebot_hash.adapters import forgetting
from faebot_hash.adapters.schema import metadata
from faebot_hash.adapters.store import Store
from faebot_hash.hash_index import IndexBatch, IndexedPage, Lease
from faebot_hash.job_record import CHECKPOINT, JobRecord
from faebot_hash.judgements import Judged, Judgement, pair_of
from faebot_hash.links import Observation, Verdict
from faebot_hash.model import Basis, Fingerprint, HashKind
from faebot_hash.ports import CLOSED_STATES, Intent
from faebot_hash.reasons import Reason, Skipped
from faebot_hash.settings import StoreSettings
from faebot_hash.status_lines import metrics, status_json, status_lines, status_page
from tests.databases import run_sql

NOW = datetime(2026, 11, 1, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=3_000)
BASIS = Basis("thumbnail", 120, "13.0.0", "4.3.2")
PICTURE = Fingerprint(1, 2, 3, 4, low_information=False)


def sha1(number: int) -> str:
    return f"{number:040x}"


def plan(store: Store, token: str, state: str = "", *, page_id: int = 7, kind: str = "identified") -> None:
    store.plan(
        Intent(
            token, page_id, f"Crab {page_id}.jpg", 1, sha1(page_id), "t", kind, run="r", partners=((88, "s"),)
        )
    )
    if state:
        store.sent(token, LONG_AGO)
        store.settle(token, "DONE" if state == "UNDONE" else state, 5)
        if state == "UNDONE":
            store.settle(token, "UNDONE")


def many_refused(address: str, number: int) -> None:
    """Add rows of edits that were refused long ago, each with a partner."""
    run_sql(
        address,
        *(
            "INSERT INTO journal (token, page_id, title, baserevid, file_sha1, new_text_sha1, kind, state, "  # noqa: S608
            f"planned_at, number) VALUES ('many-{one}', 7, 'A.jpg', 1, 's', 't', 'identified', 'REFUSED', "
            f"'2018-01-01 00:00:00.000000', {-one - 1})"
            for one in range(number)
        ),
        *(f"INSERT INTO journal_partner VALUES ('many-{one}', 0, 8, 's')" for one in range(number)),  # noqa: S608
    )


def tokens(store: Store) -> set[str]:
    return {row.intent.token for row in store.rows()}


def test_the_journal_keeps_what_was_done_and_what_is_open(address: str) -> None:
    with Store.open(address, now=lambda: LONG_AGO) as store:
        for state in (*CLOSED_STATES, "UNKNOWN"):
            plan(store, f"old-{state}", state)
        plan(store, "old-PLANNED")
    many_refused(address, 1_200)
    with Store.open(address, now=lambda: NOW) as store:
        plan(store, "new-REFUSED", "REFUSED")
        assert store.tidy(StoreSettings())["journal"] == 1_203
        kept = {"old-DONE", "old-UNDONE", "old-UNKNOWN", "old-PLANNED", "new-REFUSED"}
        assert tokens(store) == kept
        assert store.tagged(7)
        assert all(row.intent.partners for row in store.rows())
        assert not any(store.tidy(StoreSettings()).values())
    assert run_sql(address, "SELECT count(*) FROM journal_partner") == [(len(kept),)]


def test_failures_that_are_never_due_go_and_others_stay(address: str) -> None:
    trouble = {1: Skipped("", Reason.MALFORMED), 2: Skipped("", Reason.UNREADABLE)}
    with Store.open(address, now=lambda: LONG_AGO) as store:
        store.keep_batch(IndexBatch(pages=[], gone=[], results={}, failures=trouble), BASIS)
    with Store.open(address, now=lambda: NOW) as store:
        store.keep_batch(
            IndexBatch(pages=[], gone=[], results={}, failures={3: Skipped("", Reason.MALFORMED)}), BASIS
        )
        assert store.tidy(StoreSettings())["failure"] == 1
        assert set(store.failures([1, 2, 3])) == {2, 3}


def test_links_that_nobody_asked_for_go(address: str) -> None:
    old, both, new = (f"https://www.example.org/{name}" for name in ("old", "both", "new"))
    with Store.open(address, now=lambda: NOW) as store:
        store.observe({old: Observation(LONG_AGO, Verdict.EVIDENCE_OF_DEATH)})
        store.observe({both: Observation(LONG_AGO, Verdict.EVIDENCE_OF_DEATH)})
        store.observe(
            {both: Observation(NOW, Verdict.EVIDENCE_OF_DEATH), new: Observation(NOW, Verdict.ALIVE)}
        )
        assert store.tidy(StoreSettings())["link"] == 1
        found = store.link_histories([old, both, new])
        assert {url: len(history) for url, history in found.items()} == {both: 2, new: 1}


def test_leases_and_marks_of_processes_that_are_gone_go(address: str) -> None:
    with Store.open(address, now=lambda: LONG_AGO) as store:
        assert store.take_lease(Lease("held", "me"), timedelta(days=4_000))
    run_sql(address, "INSERT INTO lease VALUES ('left', 'nobody', '2018-01-01 00:00:00.000000')")
    run_sql(address, "INSERT INTO commit_mark VALUES ('gone', 1, '2018-01-01 00:00:00.000000')")
    with Store.open(address, now=lambda: NOW) as store:
        removed = store.tidy(StoreSettings())
        assert removed["lease"] == 1
        # A server's store may have cleared the mark away when it was opened.
        assert run_sql(address, "SELECT count(*) FROM commit_mark WHERE writer = 'gone'") == [(0,)]


def test_the_file_shrinks_when_it_is_worth_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    address = f"sqlite:///{tmp_path / 'store.sqlite'}"
    with Store.open(address, now=lambda: LONG_AGO) as store:
        assert store.compact() == 0
    many_refused(address, 4_000)
    before = (tmp_path / "store.sqlite").stat().st_size
    assert main(["tidy", "--store", address]) == 0
    assert "4,000  journal rows removed" in capsys.readouterr().out
    assert (tmp_path / "store.sqlite").stat().st_size < before / 2
    with Store.open(address) as store:
        plan(store, "next")
        assert tokens(store) == {"next"}


def whole(store: Store) -> None:
    """Keep all there can be about the files of the pages 7 and 8."""
    for page_id in (7, 8):
        title = f"Crab {page_id}.jpg"
        store.keep_batch(
            IndexBatch(
                pages=[IndexedPage(page_id, title, sha1(page_id))],
                gone=[],
                results={sha1(page_id): PICTURE},
                failures={page_id: Skipped("", Reason.UNREADABLE)},
            ),
            BASIS,
        )
        store.keep_originals({sha1(page_id): Skipped("", Reason.MALFORMED)})
        store.put_foreign("elsewhere", [(page_id, 1, 2)], BASIS)
        plan(store, f"t{page_id}", "DONE", page_id=page_id)
    store.judge([Judged(pair_of(sha1(7), sha1(9)), Judgement.NOT_DUPLICATES, "Somebody", NOW)])
    store.judge([Judged(pair_of(sha1(8), sha1(9)), Judgement.NOT_DUPLICATES, "Somebody", NOW)])


def left_of(address: str, number: int) -> set[str]:
    """Name the tables in which a page's id, its title or its file's SHA1 stands."""
    found = set()
    for table in metadata.tables.values():
        for row in run_sql(address, f"SELECT * FROM {table.name}"):  # noqa: S608 - a table of ours
            named = dict(zip(table.columns.keys(), row, strict=True))
            ids = [value for name, value in named.items() if name.endswith("page_id")]
            if number in ids or any(sha1(number) in str(one) or f"Crab {number}" in str(one) for one in row):
                found.add(table.name)
    return found


@pytest.mark.parametrize("named", ["Crab 7.jpg", "File:Crab_7.jpg", sha1(7)])
def test_all_that_is_kept_about_a_file_goes(
    address: str, named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with Store.open(address) as store:
        whole(store)
    expected = {"page", "fingerprint", "failure", "original", "foreign_hash", "judgement", "journal"}
    assert left_of(address, 7) == left_of(address, 8) == expected
    assert main(["forget", named, "--store", address]) == 0
    told = capsys.readouterr().out
    assert "fingerprint rows deleted" in told
    assert ("rows of the journal" in told) == (named != sha1(7))
    # The page's number stays for those who follow the store, without title and file.
    assert left_of(address, 7) == {"page", "judgement", "journal"}
    assert run_sql(address, "SELECT title, sha1 FROM page WHERE page_id = 7") == [("", None)]
    assert left_of(address, 8) == expected
    with Store.open(address) as store:
        assert store.pages([7]) == {}
        assert [one[0] for one in store.equal_hashes(BASIS, HashKind.PHASH, 1)] == [8]
    assert main(["forget", "Nothing such.jpg", "--store", address]) == 0
    assert "Nothing was kept" in capsys.readouterr().out


def test_every_table_is_either_forgotten_or_about_no_file() -> None:
    of_no_file = {
        *("alembic_version", "meta", "basis", "checkpoint", "lease", "counter", "commit_mark", "slice"),
        *("link", "link_observation"),
    }
    kept = {"journal", "journal_partner", "judgement"}
    forgotten = {table.name for table, _ in (*forgetting.OF_PAGES, *forgetting.OF_BYTES)}
    forgotten |= {"page", "review_case", "review_case_pair"}
    assert metadata.tables.keys() == of_no_file | kept | forgotten


def full_store(address: str) -> None:
    with Store.open(address, now=lambda: NOW) as store:
        whole(store)
        plan(store, "r1", "DONE", kind="report")
        plan(store, "open")
        plan(store, "back", "UNDONE")
        for name, status in (("find-noaa", 0), ("report-status", 0), ("confirm", 75)):
            record = JobRecord(name, NOW, NOW, status, NOW if status == 0 else None)
            store.keep_checkpoint(f"{CHECKPOINT}{name}", record.written)


def test_status_for_people_and_programs(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    full_store(address)
    assert main(["status", "--store", address]) == 0
    told = capsys.readouterr().out
    assert "2 stand, 1 were taken back, 1 of unknown fate" in told
    assert "confirm: 2026-11-01 00:00, the wiki is away" in told
    assert main(["status", "--store", address, "--json"]) == 0
    read = json.loads(capsys.readouterr().out)
    assert (read["edits"], read["undone"], read["open_edits"]) == ({"identified": 2}, 1, 1)
    assert {job["name"]: job["exit"] for job in read["jobs"]} == {
        "find-noaa": 0,
        "report-status": 0,
        "confirm": 75,
    }
    assert read["rows"]["journal"] == 5
    assert "sEcret" not in json.dumps(read)


def test_metrics_have_prometheus_form(address: str, tmp_path: Path) -> None:
    full_store(address)
    file = tmp_path / "faebot.prom"
    assert main(["status", "--store", address, "--metrics", str(file)]) == 0
    text = file.read_text()
    line = re.compile(r'(# (HELP|TYPE) faebot_\w+ .+|faebot_\w+(\{\w+="([^"\\]|\\.)*"\})? -?[0-9.e+]+)')
    assert [one for one in text.splitlines() if not line.fullmatch(one)] == []
    assert 'faebot_job_exit_code{job="confirm"} 75' in text
    assert 'faebot_rows{table="journal"} 5' in text
    assert main(["status", "--store", address, "--metrics", str(tmp_path / "no" / "x.prom")]) == 2


def test_the_page_tells_nothing_of_its_own_making(address: str) -> None:
    full_store(address)
    with Store.open(address, now=lambda: NOW) as store:
        before = status_page(store.figures(), {"identified": 1})
        plan(store, "r2", "DONE", kind="report")
        record = JobRecord("report-status", NOW, NOW + timedelta(hours=1), 4)
        store.keep_checkpoint(f"{CHECKPOINT}report-status", record.written)
        assert status_page(store.figures(), {"identified": 1}) == before
        plan(store, "t9", "DONE", page_id=9)
        assert status_page(store.figures(), {"identified": 1}) != before
    assert "| tagged || 2 || 1" in before
    assert "find-noaa" in before


def test_an_empty_store_has_a_status(address: str) -> None:
    with Store.open(address) as store:
        figures = store.figures()
    assert "never" in status_lines(figures)[1]
    assert status_json(figures)["last_hashed"] is None
    assert "faebot_last_hashed_seconds 0" in metrics(figures)
