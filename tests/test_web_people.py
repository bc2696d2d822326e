"""No request to the pages for people gives a 5xx, whatever is asked or sent (promise W1)."""

from __future__ import annotations

import random
import time
from collections import Counter
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_from_bytes

import pytest
from flask import Flask
from flask.testing import FlaskClient

from faebot_hash.web.headers import OPEN
from faebot_hash.web.login import login_routes
from faebot_hash.web_settings import Login, WebSettings
from tests import oauth_site
from tests.counting import Counted
from tests.hostile_titles import MARKUP, TITLES
from tests.pictures import LONG
from tests.seeds import FRESH_SEED
from tests.test_web_generated import HOSTILE, METHODS, RIGHT
from tests.web_world import FAMILY, PICTURE, served

REQUESTS = 10_000 if LONG else 1_000
SEEDS = (1, FRESH_SEED)
PRACTICE = WebSettings(requests_per_minute=100_000, login=Login.PRACTICE, wiki_url="http://127.0.0.1:8810")
OAUTH = WebSettings(requests_per_minute=100_000, login=Login.WIKIMEDIA, public_url=oauth_site.PUBLIC_URL)
NAMES = (
    *("q", "title", "page_id", "phash", "dhash", "written", "within", "match", "of", "next", "state", "code"),
    *("error", "after", "done", "pair", "view", "at", "from", "name", "csrf", "first", "second", "judgement"),
    *("why", "all", "nothing"),
)
VALUES: dict[str, tuple[str, ...]] = {
    "within": ("equal", "near", "far"),
    "match": ("both", "either"),
    "written": ("hex", "decimal"),
    "view": ("side", "swipe", "blink", "difference"),
    "at": ("0", "50", "100"),
    "pair": ("1-2", "2-3", "9-9"),
    "first": tuple(file.sha1 for file in FAMILY.files),
    "second": tuple(file.sha1 for file in FAMILY.files),
    "judgement": ("duplicates", "not_duplicates", "other_version", "cannot_tell"),
    "csrf": ("t0ken", ""),
    "all": ("yes",),
    "name": ("Somebody",),
    "next": ("/review", "//evil.test"),
    "after": (FAMILY.key,),
}


class Visitors:
    """Makes requests for the pages: right values, hostile ones, doubled and strange ones."""

    def __init__(self, app: Flask, seed: int) -> None:
        self.chance = random.Random(seed)
        kinds = {rule.rule: rule.endpoint.partition(".")[0] for rule in app.url_map.iter_rules()}
        pages = (path for path, kind in kinds.items() if kind not in OPEN | {"health"})
        self.paths = sorted(path for path in pages if not path.endswith(".json"))
        assert {"/", "/near", "/picture", "/review", "/review/<key>", "/login", "/logout"} <= set(self.paths)

    def value(self, name: str) -> str:
        """Make a value, mostly one that the field may have."""
        if self.chance.random() < 0.6:
            return self.chance.choice([*VALUES.get(name, ()), *RIGHT.get(name, ()), "x"])
        return self.chance.choice([*HOSTILE, *TITLES, *MARKUP])

    def request(self) -> tuple[str, str, dict[str, Any]]:
        """Give method, address, and what else is sent."""
        path = self.chance.choice(self.paths)
        key = FAMILY.key if self.chance.random() < 0.6 else quote(self.chance.choice(HOSTILE), safe="")
        path = path.replace("<key>", key or "-").replace("<path:filename>", key or "-")
        given = [(name, self.value(name)) for name in self.chance.choices(NAMES, k=self.chance.randrange(5))]
        query = "&".join(f"{quote(name)}={quote(value)}" for name, value in given)
        if self.chance.random() < 0.05:
            query += "&" + quote_from_bytes(self.chance.randbytes(20))
        method = "GET" if self.chance.random() < 0.6 else self.chance.choice(METHODS)
        sent: dict[str, Any] = {"headers": self._headers()}
        if method in ("POST", "PUT", "PATCH"):
            sent |= self._body()
        return method, f"{path}?{query}", sent

    def _headers(self) -> dict[str, str]:
        told = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin", "Cookie": "x=y", "Origin": "null"}
        told["Content-Type"] = "multipart/form-data"  # without a boundary
        names = [name for name in told if self.chance.random() < (0.9 if name == "Sec-Fetch-Site" else 0.1)]
        return {name: told[name] for name in names}

    def _body(self) -> dict[str, Any]:
        kind = self.chance.randrange(5)
        if kind == 0:
            return {"data": self.chance.randbytes(50)}
        if kind == 1:
            name = self.chance.choice(["picture", "file", "x"])
            content = self.chance.choice([PICTURE, b"", b"no picture"])
            return {"data": {name: (BytesIO(content), self.value("title")[:200].replace("\0", "") or "x")}}
        if kind == 2:
            return {"json": {"csrf": "t0ken"}}
        names = ("csrf", "first", "second", "judgement", *self.chance.choices(NAMES, k=3))
        return {"data": {name: self.value(name) for name in names}}


def signed_in(client: FlaskClient, base_url: str) -> FlaskClient:
    """Make a client a reviewer's."""
    with client.session_transaction(base_url=base_url) as session:
        session.update(name="Somebody", since=int(time.time()), csrf="t0ken")
    return client


@pytest.mark.parametrize("seed", SEEDS, ids=["fixed", "fresh"])
@pytest.mark.parametrize("settings", [PRACTICE, OAUTH], ids=["practice", "wikimedia"])
def test_no_request_to_a_page_fails(
    tmp_path: Path, settings: WebSettings, seed: int, counted: Counted
) -> None:
    print(f"seed {seed}")
    statuses, base_url = Counter[int](), settings.public_url or "http://localhost"
    with oauth_site.served() as site:
        accounts = site.accounts() if settings is OAUTH else None
        login = login_routes(settings, accounts)
        with served(tmp_path, settings=settings, login=login, session_key="k" * 40) as world:
            world.store.close()
            visitors = Visitors(world.app, seed)
            for number in range(REQUESTS // (2 * len(SEEDS))):
                client = world.app.test_client()
                if number % 2:
                    signed_in(client, base_url)
                method, address, sent = visitors.request()
                answer = client.open(address, method=method, base_url=base_url, **sent)
                statuses[answer.status_code] += 1
                said = f"{method} {address} {str(sent)[:300]}: {answer.status_code} {answer.text[:200]}"
                assert answer.status_code < 500, said
                assert "Access-Control-Allow-Origin" not in answer.headers, said
                assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'"), said
                assert answer.status_code != 404 or number % 2 or "Set-Cookie" not in answer.headers, said
    print(dict(statuses))
    assert {200, 400, 404, 405} <= statuses.keys()
    counted("W1", sum(statuses.values()), "generated requests to pages for people")
