"""Reading never writes, and only a reviewer's own form does (promise W9)."""

from __future__ import annotations

import gc
import hashlib
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer

from faebot_hash.cases import Case
from faebot_hash.web.visitors import SESSION_S
from faebot_hash.web_settings import Login, WebSettings
from tests.counting import Counted
from tests.mariadb_server import MariaServer
from tests.pictures import LONG
from tests.review_world import case_file, case_with
from tests.search_pages import search_pages
from tests.test_web_generated import Generator
from tests.web_world import PICTURE, TITLES, World, served

READS = 10_000 if LONG else 1_000
KEY = "a key for signing that is long enough"
PUBLIC_URL = "https://review.test"
SETTINGS = WebSettings(requests_per_minute=100_000, public_url=PUBLIC_URL)
PRACTICE = WebSettings(requests_per_minute=100_000, login=Login.PRACTICE, wiki_url="http://127.0.0.1:8810")
FAMILY = case_with([case_file(number) for number in (101, 102, 103)])
TOKEN = "t0ken"  # noqa: S105 - of a form in a test
SAME = {"Origin": PUBLIC_URL, "Sec-Fetch-Site": "same-origin"}


def checksums(path: Path) -> dict[str, str]:
    """Digest every table of a store, the journal's among them."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        assert {"journal", "judgement", "page", "fingerprint", "review_case"} <= set(tables)
        rows = {name: sorted(map(repr, connection.execute(f'SELECT * FROM "{name}"'))) for name in tables}  # noqa: S608
    return {name: hashlib.sha256("\n".join(told).encode()).hexdigest() for name, told in rows.items()}


def maria_checksums(mariadb: MariaServer, url: str) -> dict[str, int]:
    """Digest every table of a store on MariaDB."""
    with mariadb.connect(url.rpartition("/")[2]) as connection, connection.cursor() as cursor:
        cursor.execute("SHOW TABLES")
        tables = [row[0] for row in cursor.fetchall()]
        assert "journal" in tables
        cursor.execute(f"CHECKSUM TABLE {', '.join(tables)} EXTENDED")
        return dict(cursor.fetchall())


def enter(client: FlaskClient, name: str = "Somebody", token: str = TOKEN, age_s: int = 0) -> FlaskClient:
    """Make a client a reviewer's."""
    with client.session_transaction(base_url=PUBLIC_URL) as session:
        session.update(name=name, since=int(time.time()) - age_s, csrf=token)
    return client


def reads(case: Case) -> Iterator[str]:
    """Give addresses to read, the pages for people and, from the documentation, all others."""
    chance, generator = random.Random(9), Generator(9)
    pages = [
        *search_pages(TITLES[1], 1),
        "/review",
        "/statistics",
        f"/review/{case.key}",
        "/login",
        "/picture",
    ]
    pages += [f"/review/{case.key}?view={view}" for view in ("swipe", "blink", "difference")]
    pages += ["/login/callback?state=x&code=y", "/logout", f"/review?after={case.key}", "/static/faebot.css"]
    while True:
        _, _, path, query, *_ = generator.request()
        yield chance.choice(pages) if chance.random() < 0.5 else f"{path}?{query}"


@pytest.mark.parametrize("settings", [SETTINGS, PRACTICE], ids=["read only", "practice"])
def test_reading_never_writes(tmp_path: Path, settings: WebSettings, counted: Counted) -> None:
    with served(tmp_path, settings=settings, session_key=KEY) as world:
        world.store.keep_cases([FAMILY], whole=True)
        clients = (world.client, enter(world.client))
        before, asked = checksums(tmp_path / "web.sqlite"), reads(FAMILY)
        for number in range(READS // 2):
            method = "HEAD" if number % 20 == 0 else "GET"
            answer = clients[number % 2].open(next(asked), method=method, base_url=PUBLIC_URL)
            assert answer.status_code < 500
        assert checksums(tmp_path / "web.sqlite") == before
    counted("W9", READS // 2, "requests that read and leave database and journal as they were")


def test_reading_never_writes_to_mariadb(mariadb: MariaServer, tmp_path: Path, counted: Counted) -> None:
    number = READS // 20
    read_on_mariadb(mariadb, tmp_path, number)
    gc.collect()  # what is left of connections ends while their server lives
    counted("W9", number, "requests that read and leave MariaDB as it was")


def read_on_mariadb(mariadb: MariaServer, folder: Path, number: int) -> None:
    """Read, and compare the tables before and after."""
    url = mariadb.new_database()
    with served(folder, settings=SETTINGS, session_key=KEY, url=url) as world:
        world.store.keep_cases([FAMILY], whole=True)
        client, before, asked = enter(world.client), maria_checksums(mariadb, url), reads(FAMILY)
        for _ in range(number):
            assert client.get(next(asked), base_url=PUBLIC_URL).status_code < 500
        assert maria_checksums(mariadb, url) == before


@dataclass(frozen=True)
class Attempt:
    """A way to send a form: who sends it, what is in it, and with which headers."""

    client: FlaskClient
    form: dict[str, str]
    headers: dict[str, str]
    query: str = ""
    method: str = "POST"


Way = Callable[[World], Attempt]


def reviewer(world: World) -> FlaskClient:
    return enter(world.app.test_client())


def sent(token: str | None = TOKEN, **headers: str | None) -> Way:
    """Send the right form with another token or other headers; None leaves one out."""
    told = {**SAME, **{name.replace("_", "-"): value for name, value in headers.items()}}
    kept = {name: value for name, value in told.items() if value is not None}
    return lambda world: Attempt(reviewer(world), {} if token is None else {"csrf": token}, kept)


def by(enters: Callable[[World], FlaskClient]) -> Way:
    """Send the right form as somebody else."""
    return lambda world: Attempt(enters(world), {"csrf": TOKEN}, SAME)


def forged(key: str, salt: str = "cookie-session") -> Callable[[World], FlaskClient]:
    """Make a cookie with a key of one's own."""

    def client(world: World) -> FlaskClient:
        one = world.app.test_client()
        told = {"name": "Somebody", "since": int(time.time()), "csrf": TOKEN, "_permanent": True}
        signer = URLSafeTimedSerializer(key, salt=salt, signer_kwargs={"key_derivation": "hmac"})
        one.set_cookie("__Host-faebot", signer.dumps(told), domain="review.test", secure=True)
        return one

    return client


def twice(world: World) -> Attempt:
    """Log in anew, and send the token of the first time."""
    client = reviewer(world)
    enter(client, "Somebody", "another")
    return Attempt(client, {"csrf": TOKEN}, SAME)


WAYS: dict[str, Way] = {
    "nobody": by(lambda world: world.app.test_client()),
    "nobody, empty token": lambda world: Attempt(world.app.test_client(), {"csrf": ""}, SAME),
    "no token": sent(None),
    "empty token": sent(""),
    "wrong token": sent("wrong"),
    "token in capitals": sent("T0KEN"),
    "half a token": sent("t0k"),
    "token and more": sent("t0ken "),
    "no text": sent("\ufffd\x00"),
    "another's token": by(lambda world: enter(world.app.test_client(), "Other", "other")),
    "token of an earlier login": twice,
    "token in the address": lambda world: Attempt(reviewer(world), {}, SAME, "?csrf=t0ken"),
    "token in a header": sent(None, X_CSRF_Token=TOKEN),
    "token in a cookie": sent(None, Cookie="csrf=t0ken"),
    "no origin at all": sent(Origin=None, Sec_Fetch_Site=None),
    "only a referrer": sent(Origin=None, Sec_Fetch_Site=None, Referer=f"{PUBLIC_URL}/review"),
    "another origin": sent(Origin="https://evil.test"),
    "another origin, no site": sent(Origin="https://evil.test", Sec_Fetch_Site=None),
    "unknown origin, no site": sent(Origin="null", Sec_Fetch_Site=None),
    "unknown origin, another site": sent(Origin="null", Sec_Fetch_Site="cross-site"),
    "origin without TLS": sent(Origin="http://review.test"),
    "another port": sent(Origin=f"{PUBLIC_URL}:8443"),
    "a longer host": sent(Origin=f"{PUBLIC_URL}.evil.test"),
    "a host below": sent(Origin="https://x.review.test"),
    "two origins": sent(Origin=f"{PUBLIC_URL} https://evil.test"),
    "another site": sent(Sec_Fetch_Site="cross-site"),
    "the same site": sent(Sec_Fetch_Site="same-site"),
    "an address typed": sent(Sec_Fetch_Site="none"),
    "a site in capitals": sent(Sec_Fetch_Site="Same-Origin"),
    "an empty site": sent(Sec_Fetch_Site=""),
    "a login that is over": by(lambda world: enter(world.app.test_client(), age_s=SESSION_S)),
    "a login of tomorrow": by(lambda world: enter(world.app.test_client(), age_s=-86_400)),
    "a cookie of another key": by(forged("another key that is long enough, too")),
    "a cookie of another kind": by(forged(KEY, "another salt")),
    "a name that is none": by(lambda world: enter(world.app.test_client(), name=7)),  # type: ignore[arg-type]
    "another method": lambda world: Attempt(reviewer(world), {"csrf": TOKEN}, SAME, method="PUT"),
}  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Path]]:
    folder = tmp_path_factory.mktemp("writes")
    with served(folder, settings=SETTINGS, session_key=KEY) as one:
        one.store.keep_cases([FAMILY], whole=True)
        one.store.close()
        yield one, folder / "web.sqlite"


def verdict(attempt: Attempt, **more: str) -> Any:
    first, second = FAMILY.pairs[0].pair
    form = {"first": first, "second": second, "judgement": "duplicates", **more, **attempt.form}
    return attempt.client.open(
        f"/review/{FAMILY.key}{attempt.query}",
        method=attempt.method,
        data=form,
        headers=attempt.headers,
        base_url=PUBLIC_URL,
    )


def test_a_verdict_is_taken_from_a_reviewers_own_form_only(
    world: tuple[World, Path], counted: Counted
) -> None:
    one, path = world
    before = checksums(path)
    for name, way in WAYS.items():
        answer = verdict(way(one))
        assert answer.status_code in (401, 403, 405), (name, answer.status_code)
        assert checksums(path) == before, name
        for payload in ("json", "text/plain"):
            attempt = way(one)
            answer = attempt.client.post(
                f"/review/{FAMILY.key}",
                data=b'{"csrf": TOKEN}',
                content_type=f"application/{payload}" if payload == "json" else payload,
                headers=attempt.headers,
                base_url=PUBLIC_URL,
            )
            assert answer.status_code in (401, 403), (name, payload)
    assert checksums(path) == before
    counted("W9", 3 * len(WAYS), "forms without the right, the token or the origin, all refused")


@pytest.mark.parametrize(
    "headers",
    [SAME, {**SAME, "Origin": "null"}, {"Sec-Fetch-Site": "same-origin"}, {"Origin": PUBLIC_URL}],
)
def test_the_right_form_is_taken(world: tuple[World, Path], headers: dict[str, str]) -> None:
    one, path = world
    before = checksums(path)
    answer = verdict(Attempt(reviewer(one), {"csrf": TOKEN}, headers))
    assert answer.status_code == 303, answer.text
    after = checksums(path)
    assert {name for name in after if after[name] != before[name]} >= {"judgement"}
    assert {name for name in after if after[name] != before[name]} <= {
        "judgement",
        "sqlite_sequence",
        "counter",
    }


def test_nobody_is_logged_out_by_others(world: tuple[World, Path], counted: Counted) -> None:
    one, _ = world
    logged_out = 0
    for name, way in WAYS.items():
        attempt = way(one)
        if attempt.method != "POST":
            continue
        answer = attempt.client.post(
            "/logout", data=attempt.form, headers=attempt.headers, base_url=PUBLIC_URL
        )
        logged_out += "Max-Age=0" in str(answer.headers.get("Set-Cookie"))
        assert answer.status_code in (303, 403, 404), name
    assert logged_out <= 3, "only cookies that are void anyway"
    counted("W9", len(WAYS), "ways to log somebody else out, without effect")


@pytest.mark.parametrize("path", ["/near/picture", "/near/bulk"])
def test_programs_need_no_token_where_nothing_is_written(world: tuple[World, Path], path: str) -> None:
    one, database = world
    before = checksums(database)
    one.client.post(f"/api/v1{path}", data=PICTURE, content_type="image/png")
    assert checksums(database) == before
