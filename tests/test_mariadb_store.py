"""The store on a MariaDB server: how it connects, makes and renews its tables, and shares them."""

from __future__ import annotations

import contextlib
import random
import re
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine

from faebot_hash.adapters import column_types
from faebot_hash.adapters.mariadb_errors import Trouble, advice, trouble
from faebot_hash.adapters.patience import LONGEST_WAIT_S, Patience
from faebot_hash.adapters.schema import metadata
from faebot_hash.adapters.store import Store
from faebot_hash.errors import BusyError, StoreError
from faebot_hash.hash_index import IndexBatch, IndexedPage, Lease
from faebot_hash.links import Observation, Verdict
from faebot_hash.model import Basis, Fingerprint
from faebot_hash.ports import Intent
from tests.databases import run_sql
from tests.fault_proxy import before
from tests.mariadb_server import MariaServer

NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)
BASIS = Basis("thumbnail", 120, "13.0.0", "4.3.2")
PICTURE = Fingerprint(1, 2, 3, 4, low_information=False)
AT_ONCE = Patience(total_s=0)
WRITERS = 4


def sha1(number: int) -> str:
    return f"{number:040x}"


def intent(token: str) -> Intent:
    return Intent(token, 7, "A.jpg", 100, sha1(1), sha1(2), "test", run="r", partners=((8, sha1(3)),))


@pytest.fixture
def address(mariadb: MariaServer) -> str:
    return mariadb.clean_database()


# ---- the connection


def test_a_connection_has_the_rules_of_the_house(address: str) -> None:
    expected = {
        "tx_isolation": "READ-COMMITTED",
        "time_zone": "+00:00",
        "max_statement_time": 60,
        "innodb_lock_wait_timeout": 10,
        "idle_transaction_timeout": 30,
        "wait_timeout": 3_600,
        "character_set_client": "utf8mb4",
        "tx_read_only": 0,
        "autocommit": 0,
    }

    def settings(connection: Connection) -> dict[str, Any]:
        names = ", ".join(f"@@session.{name}" for name in expected)
        return dict(zip(expected, connection.exec_driver_sql(f"SELECT {names}").one(), strict=True))

    with Store.open(address) as store, Store.open(address, write=False) as reader:
        seen = store._database.read(settings)
        assert seen | {"tx_read_only": 1} == reader._database.read(settings)
        mode = store._database.read(lambda c: c.exec_driver_sql("SELECT @@session.sql_mode").scalar())
    assert seen == expected
    assert "STRICT_ALL_TABLES" in str(mode)


def test_what_does_not_fit_is_refused_not_cut(address: str) -> None:
    with Store.open(address) as store:
        with pytest.raises(StoreError, match="too long"):
            store.put_pages([IndexedPage(1, "x" * 300, sha1(1))])
        assert store.pages([1]) == {}


def test_readers_cannot_write(address: str) -> None:
    with Store.open(address, write=False, patience=AT_ONCE) as reader:
        with pytest.raises(ValueError, match="opened for reading"):
            reader.keep_checkpoint("a", "1")
        with pytest.raises(StoreError, match="1792"):
            reader._database.read(lambda connection: connection.exec_driver_sql("DELETE FROM page"))


def test_one_thread_uses_a_store(address: str) -> None:
    with Store.open(address) as store, ThreadPoolExecutor(1) as other:
        with pytest.raises(ValueError, match="a thread that did not open it"):
            other.submit(store.checkpoint, "a").result()
        assert store.checkpoint("a") is None


def test_a_connection_that_was_idle_too_long_is_opened_anew(address: str, mariadb: MariaServer) -> None:
    with Store.open(address) as store:
        store.keep_checkpoint("a", "1")
        number = store._database.read(lambda c: c.exec_driver_sql("SELECT connection_id()").scalar())
        run_sql(address, f"KILL {number}")
        assert store.checkpoint("a") == "1"
        store.keep_checkpoint("a", "2")
        assert store.checkpoint("a") == "2"


def test_marks_of_writers_that_ended_are_taken_away(address: str) -> None:
    with Store.open(address) as store:
        store.keep_checkpoint("a", "1")
        assert run_sql(address, "SELECT unit FROM commit_mark") == [(1,)]
    assert run_sql(address, "SELECT unit FROM commit_mark") == []
    run_sql(address, "INSERT INTO commit_mark VALUES ('old', 7, '2020-01-01'), ('new', 7, utc_timestamp(6))")
    Store.open(address).close()
    assert run_sql(address, "SELECT writer FROM commit_mark") == [("new",)]


# ---- what goes wrong is told, without passwords


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda url: url.replace("root@", "root:sEcret@"), "1045.*mend the account's name or password"),
        (lambda url: url.replace("root@", "nobody@"), "1045.*mend the account's name or password"),
        (lambda url: url.rpartition("/")[0] + "/nowhere", "1049.*make the database first"),
        (lambda url: re.sub(r":\d+/", ":1/", url), "2003.*look whether the server runs"),
        (lambda url: url.rpartition("/")[0], "names no database"),
        (lambda url: url + "?read_default_file=/nowhere/my.cnf", "/nowhere/my.cnf: No such file"),
        (lambda url: re.sub(r"root@(.*):", r"root:sEcret@\1:x", url), "write it as"),
        (lambda url: url.replace("root@", "root:s/Ecret@"), "."),
    ],
)
def test_a_wrong_address_is_told(address: str, change: Callable[[str], str], message: str) -> None:
    with pytest.raises(StoreError, match=message) as told:
        Store.open(change(address), patience=AT_ONCE)
    assert "Ecret" not in "".join(traceback.format_exception(told.value))


def test_mysql_addresses_mean_mariadb(address: str) -> None:
    with Store.open(address.replace("mariadb+", "mysql+")) as store:
        store.keep_checkpoint("a", "1")
    assert run_sql(address, "SELECT value FROM checkpoint") == [("1",)]


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        *((number, Trouble.LOST) for number in (2003, 2006, 2013, 1053, 1927, 4031)),
        *((number, Trouble.BUSY) for number in (1205, 1213, 1290, 1040, 1203, 1226)),
        *((number, Trouble.LASTING) for number in (1045, 1049, 1062, 1406, 1969, 4025)),
    ],
)
def test_errors_are_told_apart(number: int, kind: Trouble) -> None:
    assert trouble(number) is kind
    assert advice(number)


def test_patience_grows_up_to_a_cap_and_ends() -> None:
    time_s, slept = [0.0], list[float]()

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        time_s[0] += seconds

    assert all(Patience(60, sleep, lambda: time_s[0]).waits())
    assert 60 <= sum(slept) <= 60 + LONGEST_WAIT_S
    assert max(slept) <= LONGEST_WAIT_S
    assert slept[0] <= 0.05
    assert 12 < len(slept) < 40


def test_a_read_only_server_is_waited_for(address: str, mariadb: MariaServer) -> None:
    """Let the server be read-only until the third wait; an account with all rights would not notice."""
    user = "CREATE OR REPLACE USER plain@'127.0.0.1' IDENTIFIED BY 'sEcret'"
    run_sql(address, user, f"GRANT ALL ON {address.rpartition('/')[2]}.* TO plain@'127.0.0.1'")
    waits = list[float]()

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            run_sql(address, "SET GLOBAL read_only = 0")

    plain = address.replace("root@", "plain:sEcret@")
    with Store.open(plain, patience=Patience(sleep=sleep)) as store:
        try:
            run_sql(address, "SET GLOBAL read_only = 1")
            store.keep_checkpoint("a", "1")
        finally:
            run_sql(address, "SET GLOBAL read_only = 0")
        assert (len(waits), store.checkpoint("a")) == (3, "1")
    with Store.open(plain, patience=AT_ONCE) as store:
        run_sql(address, "SET GLOBAL read_only = 1")
        try:
            with pytest.raises(StoreError, match=r"1290.*read-only now; wait until it is back") as told:
                store.keep_checkpoint("a", "2")
        finally:
            run_sql(address, "SET GLOBAL read_only = 0")
        assert "sEcret" not in "".join(traceback.format_exception(told.value))
        assert store.checkpoint("a") == "1"


# ---- the tables


def differences(address: str) -> list[Any]:
    """Tell what the tables lack, as Alembic sees it."""
    engine = create_engine(address)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))


def test_the_tables_are_those_of_the_schema(mariadb: MariaServer, tmp_path: Path) -> None:
    for address in (mariadb.new_database(), f"sqlite:///{tmp_path / 'store.sqlite'}"):
        Store.open(address).close()
        assert [one for one in differences(address) if "alembic_version" not in str(one)] == []


def test_texts_are_compared_byte_by_byte(mariadb: MariaServer) -> None:
    address = mariadb.clean_database()
    name = address.rpartition("/")[2]
    collations = run_sql(
        address,
        "SELECT DISTINCT collation_name FROM information_schema.columns "  # noqa: S608 - our own name
        f"WHERE table_schema = '{name}' AND collation_name IS NOT NULL",
    )
    assert collations == [("utf8mb4_nopad_bin",)]
    engines = f"SELECT DISTINCT engine FROM information_schema.tables WHERE table_schema = '{name}'"  # noqa: S608
    assert run_sql(address, engines) == [("InnoDB",)]


def test_another_programs_tables_are_left_alone(mariadb: MariaServer) -> None:
    address = mariadb.new_database()
    run_sql(address, "CREATE TABLE places (id INTEGER)")
    with pytest.raises(StoreError, match="another program"):
        Store.open(address)
    assert run_sql(address, "SHOW TABLES") == [("places",)]
    with pytest.raises(StoreError, match="no tables yet"):
        Store.open(mariadb.new_database(), write=False)


def test_a_newer_schema_is_refused(address: str) -> None:
    try:
        run_sql(address, "UPDATE alembic_version SET version_num = '6'")
        for write in (True, False):
            with pytest.raises(StoreError, match="schema 6, and this program knows only 5"):
                Store.open(address, write=write)
    finally:
        run_sql(address, "UPDATE alembic_version SET version_num = '5'")


def as_before_the_index(address: str) -> None:
    """Take tables back to schema 3, which MariaDB never had, with a journal row and a fingerprint."""
    Store.open(address).close()
    with Store.open(address) as store:
        store.plan(intent("a1"))
        store.put({sha1(1): PICTURE}, BASIS)
    new = ["page", "failure", "foreign_hash", "checkpoint", "lease", "counter", "commit_mark"]
    new += ["review_case_pair", "review_case", "judgement"]
    run_sql(
        address,
        *(f"DROP TABLE {name}" for name in [*new, "alembic_version"]),
        "ALTER TABLE fingerprint DROP INDEX ix_fingerprint_phash, DROP COLUMN change_number",
        "ALTER TABLE fingerprint ADD INDEX plain (basis_id), DROP INDEX ix_fingerprint_dhash",
        "UPDATE meta SET value = '3'",
    )


@pytest.mark.parametrize("renewed", [False, True], ids=["made", "renewed"])
def test_interrupted_anywhere_the_tables_are_finished_next_time(mariadb: MariaServer, renewed: bool) -> None:
    """Cut the connection at one statement after the other: MariaDB keeps what was done until then."""
    address = mariadb.new_database()
    if renewed:
        as_before_the_index(address)
    port = re.search(r":(\d+)/", address)
    assert port is not None
    with before(mariadb.port, random.Random(1)) as proxy:
        through = address.replace(port[0], f":{proxy.port}/")
        cuts = 0
        # The first statements only look; with each further one something more is there.
        for moment in range(8, 400, 5):
            proxy.arm("down", moment)
            try:
                Store.open(through, patience=AT_ONCE).close()
            except StoreError:
                cuts += 1
            else:
                break
    assert cuts >= 5
    with Store.open(address) as store:
        assert store.get([sha1(1)], BASIS) == ({sha1(1): PICTURE} if renewed else {})
        store.plan(intent("b1"))
        assert [row.intent.token for row in store.rows()] == (["b1", "a1"] if renewed else ["b1"])
        assert store.keep_batch(IndexBatch([IndexedPage(1, "A.jpg", sha1(1))]), BASIS)
        assert store.pages([1])
    changes = [one for one in differences(address) if "alembic_version" not in str(one)]
    assert [one for one in changes if "plain" not in str(one)] == []


def test_many_make_the_tables_at_once(mariadb: MariaServer) -> None:
    address = mariadb.new_database()

    def open_and_write(number: int) -> None:
        with Store.open(address) as store:
            store.keep_checkpoint(str(number), "1")

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(open_and_write, range(WRITERS)))
    assert run_sql(address, "SELECT count(*) FROM checkpoint") == [(WRITERS,)]
    assert run_sql(address, "SELECT version_num FROM alembic_version") == [("5",)]


# ---- several writers


def together(address: str, work: Callable[[Store, int], None]) -> None:
    """Let writers work side by side, each with a store of its own, from one start."""
    start = threading.Barrier(WRITERS)

    def write(number: int) -> None:
        with Store.open(address) as store:
            start.wait()
            work(store, number)

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))


def test_writers_share_one_journal(address: str) -> None:
    each = 25

    def plan(store: Store, number: int) -> None:
        for done in range(each):
            store.plan(intent(f"{number}-{done}"))
            store.sent(f"{number}-{done}", NOON)
            store.settle(f"{number}-{done}", "DONE", done + 1)

    together(address, plan)
    with Store.open(address, write=False) as reader:
        tokens = [row.intent.token for row in reader.rows(state="DONE")]
        assert len(set(tokens)) == len(tokens) == WRITERS * each
    numbers = [number for (number,) in run_sql(address, "SELECT number FROM journal ORDER BY number")]
    assert numbers == list(range(1, WRITERS * each + 1))
    for writer in range(WRITERS):
        mine = [token for token in reversed(tokens) if token.startswith(f"{writer}-")]
        assert mine == [f"{writer}-{done}" for done in range(each)]


def test_of_writers_who_settle_one_row_one_does(address: str) -> None:
    with Store.open(address) as store:
        for number in range(20):
            store.plan(intent(f"t{number}"))
    won = list[tuple[int, str]]()

    def settle(store: Store, writer: int) -> None:
        for number in range(20):
            with contextlib.suppress(ValueError):
                store.settle(f"t{number}", "DONE", writer + 1)
                won.append((writer + 1, f"t{number}"))

    together(address, settle)
    with Store.open(address, write=False) as reader:
        assert sorted(won) == sorted((row.revid, row.intent.token) for row in reader.rows(state="DONE"))
    assert len(won) == 20


def test_writers_of_the_same_rows_lose_nothing(address: str) -> None:
    shared = [sha1(number) for number in range(30)]
    urls = [f"https://example.org/{number}" for number in range(10)]

    def write(store: Store, writer: int) -> None:
        chance = random.Random(writer)
        for done in range(15):
            some = chance.sample(shared, 12)
            pages = [IndexedPage(int(key, 16) + 1, "A.jpg", key) for key in some]
            basis = replace(BASIS, imagehash=str(chance.randrange(3)))
            assert store.keep_batch(IndexBatch(pages, results=dict.fromkeys(some, PICTURE)), basis)
            at = NOON + timedelta(days=15 * writer + done)
            chance.shuffle(urls)
            store.observe({url: Observation(at, Verdict.ALIVE) for url in list(urls)})

    together(address, write)
    with Store.open(address, write=False) as reader:
        last = Observation(NOON + timedelta(days=15 * WRITERS - 1), Verdict.ALIVE)
        assert {history[-1] for history in reader.link_histories(urls).values()} == {last}
        assert len(reader.bases()) == 3
        for basis in reader.bases():
            found = {row for piece in reader.hash_changes(basis) for row in piece.hashes}
            kept = reader.get(shared, basis)
            assert found == {(int(key, 16) + 1, 1, 2) for key in kept}


def test_followers_miss_no_change_of_many_writers(address: str) -> None:
    ended = threading.Event()

    def follow() -> set[int]:
        seen, after = set[int](), 0
        with Store.open(address, write=False) as reader:
            while True:
                last_round = ended.is_set()
                for piece in reader.hash_changes(BASIS, after):
                    after = piece.up_to
                    seen |= {row[0] for row in piece.hashes}
                if last_round:
                    return seen

    def write(store: Store, writer: int) -> None:
        for done in range(40):
            number = writer * 1_000 + done + 1
            batch = IndexBatch([IndexedPage(number, "A.jpg", sha1(number))], results={sha1(number): PICTURE})
            store.keep_batch(batch, BASIS)

    with ThreadPoolExecutor(1) as pool:
        follower = pool.submit(follow)
        together(address, write)
        ended.set()
        seen = follower.result()
    assert len(seen) == WRITERS * 40


def test_a_unit_of_work_is_leased_once(address: str) -> None:
    taken = list[tuple[int, int]]()

    def take(store: Store, writer: int) -> None:
        for unit in range(30):
            if store.take_lease(Lease(f"unit {unit}", str(writer)), timedelta(hours=1)):
                taken.append((unit, writer))

    together(address, take)
    assert sorted(unit for unit, _ in taken) == list(range(30))


# ---- one editor


def test_one_editor_over_all_machines(address: str) -> None:
    with Store.open(address) as first, Store.open(address) as second:
        with first.only_editor("practice", "Bot"):
            first.keep_checkpoint("a", "1")
            with pytest.raises(BusyError, match="another machine edits with this account"):
                second.only_editor("practice", "Bot").__enter__()
            with second.only_editor("practice", "OtherBot"), second.only_editor("commons", "Bot"):
                second.keep_checkpoint("a", "2")
        with second.only_editor("practice", "Bot"):
            second.keep_checkpoint("a", "3")


def test_an_editor_that_lost_the_server_takes_its_place_again(address: str) -> None:
    with Store.open(address) as first, Store.open(address) as second, first.only_editor("practice", "Bot"):
        number = first._database.read(lambda c: c.exec_driver_sql("SELECT connection_id()").scalar())
        run_sql(address, f"KILL {number}")
        first.plan(intent("a1"))
        with pytest.raises(BusyError):
            second.only_editor("practice", "Bot").__enter__()


def test_an_editor_whose_place_was_taken_writes_nothing_more(address: str) -> None:
    with Store.open(address) as first, Store.open(address) as second:
        with first.only_editor("practice", "Bot"):
            number = first._database.read(lambda c: c.exec_driver_sql("SELECT connection_id()").scalar())
            run_sql(address, f"KILL {number}")
            with second.only_editor("practice", "Bot"):
                for token in ("a1", "a2"):
                    with pytest.raises(BusyError):
                        first.plan(intent(token))
            first.plan(intent("a3"))
        assert [row.intent.token for row in second.rows()] == ["a3"]


def test_the_dialects_name_is_mariadbs(address: str) -> None:
    with Store.open(address) as store:
        assert store._database.read(lambda connection: connection.dialect.name) == column_types.MARIADB
