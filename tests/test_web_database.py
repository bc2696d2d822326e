"""The database in trouble: 503, and the next request is answered (promise W3); no injection (W6)."""

from __future__ import annotations

import ast
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pymysql
import pytest
from sqlalchemy import Engine, event, text

from faebot_hash.adapters import external_links
from faebot_hash.adapters.external_links import ReplicaLinks
from faebot_hash.adapters.index_reader import IndexReader
from faebot_hash.errors import SettingsError, StoreError
from faebot_hash.fingerprint import to_hex
from faebot_hash.hash_index import IndexedPage
from tests.counting import Counted
from tests.mariadb_server import MariaServer, running
from tests.pictures import LONG
from tests.web_world import FAMILY, PICTURE, TITLES, D, P, World, served

ROOT = Path(__file__).parent.parent
NUMBERS = (1040, 1203, 1205, 1213, 1226, 1290, 1317, 1969, 2003, 2006, 2013)
TURMOIL = 1_000 if LONG else 100
PAYLOADS = 300
TRIED = slice(None, None, 1 if LONG else 10)
ROUTES = (
    ("GET", f"/search?phash={P}&dhash={D}"),
    ("GET", "/pagesearch?page_id=1"),
    ("GET", f"/pagesearch?page_title={quote(TITLES[1])}"),
    ("GET", "/finnasearch?finna_id=a"),
    ("GET", f"/api/v1/near?phash={to_hex(P)}"),
    ("GET", "/api/v1/near/page?page_id=1"),
    ("GET", f"/api/v1/near/page?title={quote(TITLES[1])}"),
    ("POST", "/api/v1/near/picture"),
    ("GET", "/healthz"),
    ("GET", f"/near?phash={to_hex(P)}"),
    ("GET", "/near?page_id=1"),
    ("GET", "/review"),
    ("GET", f"/review/{FAMILY.key}"),
    ("GET", "/statistics"),
    ("GET", "/api/v1/families"),
    ("GET", f"/api/v1/families/{FAMILY.key}"),
    ("GET", "/api/v1/verdicts"),
)


class Faults:
    """Breaks the statement that is next but so many with an error of MariaDB's."""

    def __init__(self, engine: Engine) -> None:
        self.number = 0
        self.after = -1
        self.statements: list[str] = []
        faults = self

        class Cursor(pymysql.cursors.Cursor):
            def execute(self, query: str, args: Any = None) -> int:
                faults.statements.append(query)
                if faults.after == 0:
                    faults.after = -1
                    raise pymysql.err.OperationalError(faults.number, "broken by the test")
                faults.after -= faults.after > 0
                return super().execute(query, args)

        @event.listens_for(engine, "connect")
        def use(connection: Any, record: object) -> None:
            connection.cursorclass = Cursor


@pytest.fixture
def maria(mariadb: MariaServer, tmp_path: Path) -> Iterator[tuple[World, Faults]]:
    with served(tmp_path, url=mariadb.new_database()) as world:
        reader = world.service.pages
        assert isinstance(reader, IndexReader)
        faults = Faults(reader._engine)
        yield world, faults


def ask(world: World, method: str, path: str) -> Any:
    given = {"data": PICTURE, "content_type": "image/png"} if method == "POST" else {}
    return world.client.open(path, method=method, **given)


def check_refused(answer: Any) -> None:
    assert answer.status_code == 503
    assert answer.mimetype == "text/html" or list(answer.get_json()) == ["error"]
    assert "broken" not in answer.text
    assert int(answer.headers["Retry-After"]) > 0


def test_each_error_on_each_query_is_told_and_over(maria: tuple[World, Faults], counted: Counted) -> None:
    world, faults = maria
    tried = 0
    for method, path in ROUTES:
        assert ask(world, method, path).status_code == 200
        faults.statements.clear()
        assert ask(world, method, path).status_code == 200
        queries = len(faults.statements)
        assert queries >= 1
        for number in NUMBERS if LONG else random.sample(NUMBERS, 1):
            for after in range(queries):
                faults.number, faults.after = number, after
                check_refused(ask(world, method, path))
                assert ask(world, method, path).status_code == 200, (path, number, after)
                tried += 1
    counted("W3", tried, "errors on queries, each over at the next request")


def test_a_connection_is_not_used_after_an_error(maria: tuple[World, Faults]) -> None:
    world, faults = maria
    reader = world.service.pages
    assert isinstance(reader, IndexReader)

    def connection_number() -> Any:
        return reader.read(lambda connection: connection.exec_driver_sql("SELECT CONNECTION_ID()").scalar())

    before = connection_number()
    assert connection_number() == before
    faults.number, faults.after = 1317, 0
    check_refused(ask(world, *ROUTES[0]))
    assert connection_number() != before


def test_no_thread_is_stuck_in_turmoil(maria: tuple[World, Faults], counted: Counted) -> None:
    world, faults = maria
    chance, statuses = random.Random(3), Counter[int]()

    def one(number: int) -> int:
        if number % 3 == 0:
            faults.number, faults.after = chance.choice(NUMBERS), chance.randrange(3)
        return int(ask(world, *ROUTES[number % len(ROUTES)]).status_code)

    with ThreadPoolExecutor(8) as threads:
        for status in threads.map(one, range(TURMOIL), timeout=300):
            statuses[status] += 1
    faults.after = -1
    assert statuses.keys() <= {200, 503}
    assert statuses[503] > TURMOIL / 20
    assert ask(world, *ROUTES[0]).status_code == 200
    counted("W3", TURMOIL, "requests in turmoil, no thread stuck")


def test_a_server_that_dies_and_comes_back(tmp_path: Path, counted: Counted) -> None:
    # The fast server of the other tests may forget its last second when it is killed.
    with running(durable=True) as mariadb, served(tmp_path, url=mariadb.new_database()) as world:
        for round_ in range(3):
            assert ask(world, *ROUTES[0]).status_code == 200
            with mariadb.connect() as admin, admin.cursor() as cursor:
                cursor.execute("SHOW PROCESSLIST")
                for row in cursor.fetchall():
                    if row[0] != admin.thread_id() and row[1] == "root":
                        cursor.execute(f"KILL {row[0]}")
            check_refused(ask(world, *ROUTES[0]))
            assert ask(world, *ROUTES[0]).status_code == 200
            if round_ == 2:
                world.store.close()
        mariadb.kill()
        for _ in range(3):
            check_refused(ask(world, *ROUTES[0]))
            check_refused(ask(world, "GET", "/healthz"))
        mariadb.start()
        assert ask(world, *ROUTES[0]).status_code == 200
    counted("W3", 4, "real losses of the server or its connections")


def test_a_statement_that_takes_too_long_is_ended(mariadb: MariaServer, tmp_path: Path) -> None:
    url = mariadb.new_database()
    with served(tmp_path, url=url) as world, closing(IndexReader(url, 0.2)) as reader:
        with pytest.raises(StoreError, match="too slowly"):
            reader.read(lambda connection: connection.scalar(text("SELECT SLEEP(5)")))
        with pytest.raises(StoreError):
            reader.read(lambda connection: connection.execute(text("DELETE FROM page")))
        assert reader.last_change() > 0
        assert ask(world, *ROUTES[0]).status_code == 200


def test_each_thread_has_its_connection(mariadb: MariaServer, tmp_path: Path) -> None:
    with served(tmp_path, url=mariadb.new_database()) as world:
        reader = world.service.pages
        assert isinstance(reader, IndexReader)
        barrier, seen = threading.Barrier(4), set()

        def one() -> None:
            barrier.wait()
            seen.add(
                reader.read(lambda connection: connection.exec_driver_sql("SELECT CONNECTION_ID()").scalar())
            )
            barrier.wait()

        threads = [threading.Thread(target=one) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(seen) == 4


def test_a_store_that_is_gone_or_no_store(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no such file"):
        IndexReader(f"sqlite:///{tmp_path}/none.sqlite", 1.0)
    (tmp_path / "text.sqlite").write_text("not a database at all, but some text that is long enough")
    reader = IndexReader(f"sqlite:///{tmp_path}/text.sqlite", 1.0)
    for _ in range(2):
        with pytest.raises(StoreError, match="restore a copy"):
            reader.last_change()


# W6


def test_an_sqlite_reader_cannot_write(tmp_path: Path) -> None:
    with served(tmp_path) as world:
        reader = world.service.pages
        assert isinstance(reader, IndexReader)
        with pytest.raises(StoreError, match="readonly"):
            reader.read(lambda connection: connection.exec_driver_sql("DELETE FROM page"))


def built_texts(path: Path) -> list[str]:
    """Find SQL that is put together from values: by %, +, format, or an f-string."""
    found = []
    tree = ast.parse(path.read_text(encoding="utf-8"))
    executed = ("execute", "exec_driver_sql", "text", "executemany", "scalar")
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args:
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            first = node.args[0]
            built = isinstance(first, (ast.BinOp, ast.JoinedStr)) or (
                isinstance(first, ast.Call) and getattr(first.func, "attr", "") == "format"
            )
            if name in executed and built:
                found.append(f"{path.name}:{node.lineno}")
    return found


def test_no_statement_of_the_service_is_built_from_values(counted: Counted) -> None:
    files = [*(ROOT / "faebot_hash" / "web").glob("*.py")]
    names = ("index_reader", "external_links", "live_index", "hash_changes", "pages", "fingerprints")
    names += ("review_reader", "review_cases", "judgements", "judgement_desk")
    files += [ROOT / "faebot_hash" / "adapters" / f"{name}.py" for name in names]
    assert [complaint for path in files for complaint in built_texts(path)] == []
    counted("W6", len(files), "files without a statement built from values")


def test_the_lint_finds_a_planted_statement(tmp_path: Path) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text(
        "c.execute(f'SELECT {x}')\nc.execute('a' + x)\nc.execute('a %s' % x)\ntext('a'.format(x))\n"
    )
    assert len(built_texts(planted)) == 4


def payloads() -> list[str]:
    """Make hostile texts: quotes, comments, wildcards, unions, in many dresses."""
    cores = [
        "'", '"', "`", "\\", "\\'", "';--", "' OR '1'='1", '" OR ""="', "1 OR 1=1", "'; DROP TABLE page; --",
        "' UNION SELECT 1,2,3 --", "%' AND SLEEP(5) --", "%", "_", "%%", "__", "|", "|%", "|_", "||", "%s",
        "%(x)s", ":x", "?", "{0}", "/*", "*/", "--", "#", "\x1a", "admin'--", "0x27", "CHAR(39)", "' LIKE '%",
        "\u02bc", "＇",
    ]  # fmt: skip
    dresses: list[Callable[[str], str]] = [
        lambda core: core, lambda core: f"abc{core}", lambda core: f"{core}abc",
        lambda core: f"a{core}b{core}c",
        lambda core: core * 7, lambda core: f"Lehtojärvi 1{core}", lambda core: f"File:{core}xyz",
        lambda core: f"  {core}  x", lambda core: f"({core})",
    ]  # fmt: skip
    return [dress(core) for core in cores for dress in dresses][:PAYLOADS]


REPLICA = """
CREATE TABLE page (page_id INT UNSIGNED PRIMARY KEY, page_namespace INT NOT NULL,
  page_title VARBINARY(255) NOT NULL, UNIQUE KEY page_name_title (page_namespace, page_title));
CREATE TABLE externallinks (el_id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, el_from INT UNSIGNED NOT NULL,
  el_to_domain_index VARBINARY(255) NOT NULL, el_to_path BLOB, KEY el_from (el_from),
  KEY el_to_domain_index_to_path (el_to_domain_index, el_to_path(60)));
"""


@pytest.fixture(scope="module")
def replica(mariadb: MariaServer) -> str:
    url = mariadb.new_database()
    rows: list[tuple[int, str, str]] = []
    for number, payload in enumerate(payloads(), start=1):
        rows.append((number, "fi.finna.", f"/{payload}/{number}"))
    rows += [(number, f"com.example{number}.", f"/plain/{number}") for number in range(301, 3_301)]
    with mariadb.connect(url.rpartition("/")[2]) as connection, connection.cursor() as cursor:
        for statement in filter(str.strip, REPLICA.split(";")):
            cursor.execute(statement)
        cursor.executemany(
            "INSERT INTO page VALUES (%s, 6, %s)", [(n, f"Datei_ü_{n}.jpg".encode()) for n, _, _ in rows]
        )
        cursor.executemany(
            "INSERT INTO externallinks (el_from, el_to_domain_index, el_to_path) VALUES (%s, %s, %s)",
            [(n, f"https://{domain}".encode(), path.encode()) for n, domain, path in rows],
        )
        cursor.execute("ANALYZE TABLE page, externallinks")
    return url


def test_each_payload_is_looked_for_literally(replica: str, tmp_path: Path, counted: Counted) -> None:
    links = ReplicaLinks(replica, 5.0)
    rows = {number: f"/{payload}/{number}" for number, payload in enumerate(payloads(), start=1)}
    tried = payloads()[TRIED]
    for payload in tried:
        expected = sorted(number for number, path in rows.items() if payload in path)[:100]
        assert [page_id for page_id, _ in links.linking("fi.finna", payload, 100)] == expected, payload
        assert links.linking(payload, "/", 100) == [], payload
    with served(tmp_path) as world:
        for number, payload in enumerate(tried):
            title = f"X{payload}".strip()
            world.store.put_pages([IndexedPage(1_000 + number, title, f"{1_000 + number:040x}")])
            found = world.service.pages.page_titled(title)
            assert found is not None
            assert found.title == title
            answer = world.client.get(f"/pagesearch?page_title={quote(payload)}nowhere")
            assert answer.status_code == 404
        assert len(world.client.get(f"/search?phash={P}&dhash={D}").get_json()) == 4
    counted("W6", len(tried), "payloads that are looked for literally")


def test_a_question_to_the_replica_is_limited(replica: str, mariadb: MariaServer) -> None:
    links = ReplicaLinks(replica, 60.0)
    seen: list[tuple[str, Any]] = []

    @event.listens_for(links._engine, "before_cursor_execute")
    def note(connection: Any, cursor: Any, statement: str, parameters: Any, *others: object) -> None:
        seen.append((statement, parameters))

    assert len(links.linking("com.example", "plain", 5_000)) == 100
    ((statement, parameters),) = seen
    assert "SET STATEMENT max_statement_time" in statement
    assert parameters["seconds"] <= external_links.LONGEST_S
    assert parameters["most"] <= 100
    assert links.linking("fi.finna", "Lehto", 1) == [(6, "Datei_ü_6.jpg")]
    statement, parameters = seen[-1]
    with mariadb.connect(replica.rpartition("/")[2]) as connection, connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + statement.partition(" FOR\n")[2], parameters)
        kinds = {row[3] for row in cursor.fetchall()}
    assert not kinds & {"ALL", "index"}, kinds


def test_a_replica_in_trouble(replica: str, mariadb: MariaServer, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="replica_url"):
        ReplicaLinks("sqlite:///x", 1.0)
    gone = ReplicaLinks(replica.replace("/faebot", "/gone_faebot"), 1.0)
    with pytest.raises(StoreError):
        gone.linking("fi.finna", "abc", 10)
    with served(tmp_path, wrapped=lambda service: type(service)(
        service.settings, service.index, service.pages, service.pictures, service.records, gone
    )) as world:  # fmt: skip
        answer = world.client.get("/externallinks?el_to_domain_index=fi.finna&el_to_path=abc")
        assert answer.status_code == 503
        assert "Retry-After" in answer.headers
