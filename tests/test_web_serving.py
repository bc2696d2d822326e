"""The service as it is started: everything joined, and practice refused where others could reach it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from faebot_hash.adapters.store import Store
from tests.practice.server import free_port
from tests.reading_pages import Page
from tests.review_world import family
from tests.serving import options_in, serve_command, serving
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
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("serving")
    with served(folder) as world:
        world.store.keep_cases([family(1, 2)], whole=True)
    return folder


def token_of(answer: requests.Response) -> str:
    page = Page()
    page.feed(answer.text)
    tokens = {one["value"] for one in page.all("input") if one["name"] == "csrf"}
    assert len(tokens) == 1
    return tokens.pop()


def test_a_verdict_goes_from_the_page_to_the_store(folder: Path) -> None:
    case = family(1, 2)
    with serving(folder, *options_in(folder, PRACTICE)) as service, requests.Session() as visitor:
        visitor.headers["Sec-Fetch-Site"] = "same-origin"
        url = service.url
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
    with Store.open(f"sqlite:///{folder / 'web.sqlite'}", write=False) as kept:
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
    folder: Path, settings: str, bind: tuple[str, ...], told: str
) -> None:
    bound = (one.format(port=free_port()) for one in bind)
    program = serve_command(*options_in(folder, settings), *bound)
    done = subprocess.run(program, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_a_service_that_ends_is_not_waited_for(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (
        pytest.raises(AssertionError, match="has ended"),
        serving(folder, *options_in(folder, WIKIMEDIA)),
    ):
        pytest.fail("it does not serve")
    assert "FAEBOT_OAUTH_CLIENT_SECRET" in capsys.readouterr().out
