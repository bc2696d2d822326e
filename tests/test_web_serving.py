"""The service as it is started: everything joined, and practice refused where others could reach it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from faebot_hash.adapters.store import Store
from tests.practice.server import HOST, free_port
from tests.reading_pages import Page
from tests.review_world import family
from tests.web_world import served

PRACTICE = """
[web]
workers = 2
threads = 2
login = "practice"
wiki_url = "http://127.0.0.1:8810"
"""
WIKIMEDIA = """
[web]
login = "wikimedia"
public_url = "https://review.test"
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("serving")
    with served(folder) as world:
        world.store.keep_cases([family(1, 2)], whole=True)
    return folder / "web.sqlite"


def command(store: Path, settings: str, *bind: str) -> list[str]:
    file = store.with_name("faebot.toml")
    file.write_text(settings)
    program = [sys.executable, "-m", "faebot_hash", "serve", "--settings", str(file)]
    return [*program, "--store", f"sqlite:///{store}", "--index", str(store.with_name("index")), *bind]


@contextmanager
def serving(store: Path, settings: str) -> Iterator[str]:
    port = free_port()
    server = subprocess.Popen(command(store, settings, "--bind", f"{HOST}:{port}"), stdout=subprocess.DEVNULL)
    url, deadline = f"http://{HOST}:{port}", time.monotonic() + 60
    try:
        while True:
            try:
                requests.get(f"{url}/healthz", timeout=10).raise_for_status()
                break
            except requests.ConnectionError:
                assert server.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.1)
        yield url
    finally:
        server.terminate()
        assert server.wait(timeout=30) == 0


def token_of(answer: requests.Response) -> str:
    page = Page()
    page.feed(answer.text)
    tokens = {one["value"] for one in page.all("input") if one["name"] == "csrf"}
    assert len(tokens) == 1
    return tokens.pop()


def test_a_verdict_goes_from_the_page_to_the_store(store: Path) -> None:
    case = family(1, 2)
    with serving(store, PRACTICE) as url, requests.Session() as visitor:
        visitor.headers["Sec-Fetch-Site"] = "same-origin"
        address = f"{url}/review/{case.key}"
        assert visitor.get(address).status_code == 200
        assert not visitor.cookies
        for _ in range(8):  # by whichever process
            back = visitor.post(f"{url}/login", {"name": "Somebody", "next": urlsplit(address).path})
            assert back.url == address
            assert "Somebody" in back.text
            assert back.headers["Cache-Control"] == "private, no-store"
        first, second = (file.sha1 for file in case.files)
        form = {"csrf": token_of(back), "judgement": "duplicates", "first": first, "second": second}
        assert requests.post(address, form, timeout=10).status_code == 401
        answer = visitor.post(address, form)
        assert answer.status_code == 200, answer.text
        verdicts = requests.get(f"{url}/api/v1/verdicts", timeout=10).json()
        assert [one["who"] for one in verdicts["verdicts"]] == ["Somebody"]
        for path in ("/", "/review", "/statistics", "/api/v1/", "/near?page_id=1"):
            assert visitor.get(f"{url}{path}").status_code == 200, path
    with Store.open(f"sqlite:///{store}", write=False) as kept:
        assert [one.who for one in kept.judged(file.sha1 for file in case.files)] == ["Somebody"]


@pytest.mark.parametrize(
    ("settings", "bind", "told"),
    [
        (PRACTICE, ("--bind", "0.0.0.0:{port}"), "practice"),
        (PRACTICE + 'host = "0.0.0.0"\n', (), "practice"),
        (PRACTICE.replace("http://127.0.0.1:8810", "https://commons.wikimedia.org"), (), "practice"),
        (PRACTICE.replace("practice", "wikimedia"), (), "public_url"),
        (WIKIMEDIA + 'oauth_client_file = "none.toml"\n', (), "none.toml"),
        (WIKIMEDIA, (), "FAEBOT_OAUTH_CLIENT_SECRET"),
    ],
)
def test_a_start_that_would_let_anybody_in_is_refused(
    store: Path, settings: str, bind: tuple[str, ...], told: str
) -> None:
    program = command(store, settings, *(one.format(port=free_port()) for one in bind))
    done = subprocess.run(program, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0
    assert told in done.stderr
    assert "Traceback" not in done.stderr
