"""Whatever happens to a MariaDB server or to the way there, each unit of work counts once (goal D4)."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection

from faebot_hash.adapters.patience import Patience
from faebot_hash.adapters.store import Store
from faebot_hash.errors import StoreError
from faebot_hash.hash_index import IndexBatch, IndexedPage
from faebot_hash.model import Basis, Fingerprint
from faebot_hash.ports import Intent
from faebot_hash.reasons import Reason, Skipped
from tests.counting import Counted
from tests.databases import run_sql
from tests.fault_proxy import LATENCY_S, TOXICS, FaultProxy, before
from tests.mariadb_server import MariaServer, running
from tests.pictures import LONG, each_seed, per_seed

NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)
BASIS = Basis("thumbnail", 120, "13.0.0", "4.3.2")
KILLS = 100
LIVES_S = 0.5
WRITERS = 3
MOMENTS = 12
DEADLOCKS = 1_000
FAILING_PAGE = 7
ADD_ONE = "UPDATE checkpoint SET value = value + 1 WHERE name = %s"
CLIENT_TIMEOUT_S = 1
assert CLIENT_TIMEOUT_S < LATENCY_S


def work_once(store: Store, writer: int, done: int) -> None:
    """Do work that shows when it counts twice or not at all: a failure's attempts grow by one each time."""
    page_id = writer * 1_000_000 + done + 100
    sha1 = f"{page_id:040x}"
    batch = IndexBatch(
        pages=[IndexedPage(page_id, "A.jpg", sha1)],
        gone=[page_id + 500_000],
        results={sha1: Fingerprint(page_id, done, 0, 0, low_information=False)},
        failures={FAILING_PAGE + writer: Skipped("", Reason.UNREADABLE)},
        checkpoint=(str(writer), str(done)),
    )
    assert store.keep_batch(batch, BASIS)


def edit_once(store: Store, writer: int, done: int) -> None:
    """Take a journal row through its states; each step raises ValueError when it is done twice."""
    token = f"{writer}-{done}"
    store.plan(Intent(token, done, "A.jpg", 1, "f" * 40, "e" * 40, "test", partners=((8, "d" * 40),)))
    store.sent(token, NOON)
    store.settle(token, "DONE", done + 1)


@dataclass(frozen=True)
class Found:
    """What a writer's work has left behind."""

    pages: int
    fingerprints: int
    attempts: int
    edits: int
    partners: int

    @classmethod
    def of(cls, address: str, writer: int) -> Found:
        """Read it past the store."""
        first = writer * 1_000_000 + 100
        mine = f"BETWEEN {first} AND {first + 900_000}"
        counts = {
            "page": f"page_id {mine}",
            "fingerprint": f"phash {mine}",
            "journal": f"token LIKE '{writer}-%%' AND state = 'DONE'",
            "journal_partner": f"token LIKE '{writer}-%%'",
        }
        found = {
            name: int(run_sql(address, f"SELECT count(*) FROM {name} WHERE {which}")[0][0])  # noqa: S608
            for name, which in counts.items()
        }
        failures = run_sql(address, "SELECT page_id, attempts FROM failure")
        attempts = dict(failures).get(FAILING_PAGE + writer, 0)
        return cls(found["page"], found["fingerprint"], attempts, found["journal"], found["journal_partner"])


def whole(done: int) -> Found:
    return Found(done, done, done, done, done)


# ---- the server is killed

WRITER = """
import sys
from faebot_hash.adapters.store import Store
from tests.test_mariadb_faults import edit_once, work_once
address, writer = sys.argv[1], int(sys.argv[2])
with Store.open(address) as store:
    print("ready", flush=True)
    done = 0
    while True:
        work_once(store, writer, done)
        edit_once(store, writer, done)
        done += 1
        print(done, flush=True)
        if not sys.stdin.readline():
            break
"""


class Writer:
    """A process that works as long as it is told to."""

    def __init__(self, address: str, number: int) -> None:
        self.number = number
        self.done = 0
        self._process = subprocess.Popen(
            [sys.executable, "-c", WRITER, address, str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parent.parent,
        )
        self._stopping = threading.Event()
        self._feeder = threading.Thread(target=self._feed)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"
        self._feeder.start()

    def _feed(self) -> None:
        assert self._process.stdout is not None
        assert self._process.stdin is not None
        for line in self._process.stdout:
            self.done = int(line)
            if self._stopping.is_set():
                self._process.stdin.close()
                break
            print(file=self._process.stdin, flush=True)

    def stop(self) -> str:
        """Let it finish what it does, and give what it complained of."""
        self._stopping.set()
        self._feeder.join(timeout=120)
        assert self._process.stderr is not None
        complaint = self._process.stderr.read()
        self._process.wait(timeout=120)
        return complaint


@each_seed
def test_no_kill_of_the_server_loses_or_repeats_work(counted: Counted, seed: int) -> None:
    chance, kills = random.Random(seed), per_seed(KILLS)
    with running(durable=True) as server:
        address = server.new_database()
        Store.open(address).close()
        writers = [Writer(address, number) for number in range(1, WRITERS + 1)]
        for _ in range(kills):
            time.sleep(chance.random() * LIVES_S)
            server.kill()
            server.start()
        told = {writer.number: writer.done for writer in writers}
        complaints = [writer.stop() for writer in writers]
        assert complaints == [""] * WRITERS
        for writer in writers:
            assert writer.done >= told[writer.number]
            assert Found.of(address, writer.number) == whole(writer.done)
        numbers = [number for (number,) in run_sql(address, "SELECT number FROM journal ORDER BY number")]
        assert numbers == list(range(1, sum(writer.done for writer in writers) + 1))
    assert min(writer.done for writer in writers) > 0
    counted("D4", kills, "kills of mariadbd")
    counted("D4", sum(writer.done for writer in writers) * 4, "units of work under kills, each counted once")


# ---- the way to the server fails


@contextmanager
def through(proxy: FaultProxy, address: str) -> Iterator[Store]:
    """Open a store through the proxy, with little time for each answer."""
    host, _, name = address.rpartition("/")
    url = f"{host.rpartition(':')[0]}:{proxy.port}/{name}"
    limits = "&".join(f"{kind}_timeout={CLIENT_TIMEOUT_S}" for kind in ("read", "write"))
    with Store.open(f"{url}?{limits}") as store:
        yield store


def pieces_of(proxy: FaultProxy, store: Store, writer: int) -> int:
    """Count what one unit sends."""
    proxy.arm("", 0)
    work_once(store, writer, 0)
    return proxy.pieces


@pytest.mark.parametrize("toxic", TOXICS)
def test_no_fault_on_the_way_loses_or_repeats_work(
    mariadb: MariaServer, counted: Counted, toxic: str
) -> None:
    chance = random.Random(toxic)
    address = mariadb.clean_database()
    with before(mariadb.port, chance) as proxy, through(proxy, address) as store:
        work_once(store, 1, 0)
        sent = pieces_of(proxy, store, 2)
        assert sent == MOMENTS
        moments = list(range(1, sent + 1))
        # The commit is what may stand or not when its answer is lost.
        chosen = moments if LONG else [chance.choice(moments[:-1]), moments[-1]]
        for done, moment in enumerate(chosen, 1):
            proxy.arm(toxic, moment)
            work_once(store, 1, done)
            assert proxy.struck == done
            found = Found.of(address, 1)
            assert (found.pages, found.attempts) == (done + 1, done + 1)
    counted("D4", len(chosen), "faults on the way to the server")


@pytest.mark.parametrize("toxic", TOXICS)
def test_no_fault_on_the_way_repeats_a_step_of_an_edit(mariadb: MariaServer, toxic: str) -> None:
    address = mariadb.clean_database()
    with before(mariadb.port, random.Random(toxic)) as proxy, through(proxy, address) as store:
        edit_once(store, 1, 0)
        for done in range(1, 5 if LONG else 2):
            proxy.arm(toxic, 3 * done + 2)
            edit_once(store, 1, done)
            assert proxy.struck == done
        assert Found.of(address, 1).edits == done + 1


def test_a_lost_answer_to_a_commit_would_repeat_work_without_its_mark(mariadb: MariaServer) -> None:
    """Take the mark away behind the store's back, and the unit counts twice: the tests above would tell."""
    address = mariadb.clean_database()
    with before(mariadb.port, random.Random(1)) as proxy, through(proxy, address) as store:
        work_once(store, 1, 0)
        sent = pieces_of(proxy, store, 2)
        run_sql(address, "CREATE TRIGGER forget BEFORE UPDATE ON commit_mark FOR EACH ROW SET NEW.unit = 0")
        try:
            proxy.arm("reset_peer", sent)
            work_once(store, 1, 1)
        finally:
            run_sql(address, "DROP TRIGGER forget")
    assert Found.of(address, 1).attempts == 3, "two units, one of them twice"


def test_a_server_that_stays_away_is_told(mariadb: MariaServer) -> None:
    address = mariadb.clean_database()
    with before(mariadb.port, random.Random(1)) as proxy, through(proxy, address) as store:
        proxy.close()
        number = store._database.read(lambda c: c.exec_driver_sql("SELECT connection_id()").scalar())
        run_sql(address, f"KILL {number}")
        object.__setattr__(store._database, "_patience", Patience(total_s=1))
        with pytest.raises(StoreError, match="look whether the server runs"):
            work_once(store, 1, 0)
    assert Found.of(address, 1) == whole(0)


# ---- deadlocks


def test_deadlocks_are_tried_again(mariadb: MariaServer, counted: Counted) -> None:
    """Lock two rows in the opposite order to a rival who has done more, so that this side is given up."""
    address = mariadb.clean_database()
    count = DEADLOCKS if LONG else DEADLOCKS // 10
    heavy = [f"weight {number}" for number in range(20)]
    with Store.open(address) as store, ThreadPoolExecutor(1) as pool:
        for name in ("a", "b", *heavy):
            store.keep_checkpoint(name, "0")
        both_hold_one = threading.Barrier(2, timeout=60)
        deadlocks = 0

        def rival() -> None:
            with mariadb.connect(address.rpartition("/")[2]) as connection, connection.cursor() as cursor:
                for _ in range(count):
                    cursor.execute("BEGIN")
                    for name in (*heavy, "b"):
                        cursor.execute(ADD_ONE, (name,))
                    both_hold_one.wait()
                    cursor.execute(ADD_ONE, ("a",))
                    cursor.execute("COMMIT")
                    both_hold_one.wait()

        other = pool.submit(rival)
        for _ in range(count):
            tries = 0

            def work(connection: Connection) -> None:
                nonlocal tries
                tries += 1
                connection.exec_driver_sql(ADD_ONE, ("a",))
                if tries == 1:
                    both_hold_one.wait()
                connection.exec_driver_sql(ADD_ONE, ("b",))

            store._database.write(work)
            both_hold_one.wait()
            deadlocks += tries > 1
        other.result(timeout=60)
        assert (store.checkpoint("a"), store.checkpoint("b")) == (str(2 * count), str(2 * count))
    assert deadlocks == count
    counted("D4", deadlocks, "deadlocks")
