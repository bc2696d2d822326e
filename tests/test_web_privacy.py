"""Nobody can tell afterwards who asked: no address in the database, the logs or files (promise W8)."""

from __future__ import annotations

import logging
import os
import random
import time
from io import BytesIO
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Any

import pytest

from faebot_hash.web import gunicorn_settings
from faebot_hash.web.limiter import KEY_LASTS_S, MOST_CLIENTS, Limiter
from faebot_hash.web.login import login_routes
from faebot_hash.web_settings import Login, WebSettings
from tests import oauth_site
from tests.counting import Counted
from tests.pictures import LONG
from tests.practice.server import HOST
from tests.search_pages import search_pages
from tests.serving import options_in, serving
from tests.test_web_generated import Generator
from tests.web_world import PICTURE, TITLES, D, P, served

REQUESTS = 10_000 if LONG else 1_000
CLIENTS = 200


def addresses() -> list[str]:
    """Make addresses that nothing else here contains."""
    chance = random.Random(8)
    four = [str(IPv4Address(0x0B00_0000 | chance.getrandbits(24))) for _ in range(CLIENTS // 2)]
    six = [str(IPv6Address(0x2A01 << 112 | chance.getrandbits(112))) for _ in range(CLIENTS // 2)]
    return four + six


def places_with(folder: Path, canaries: list[str]) -> list[str]:
    """Name the files that hold an address, as text or as bytes."""
    found = []
    for path in folder.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        if any(one.encode() in content for one in canaries):
            found.append(path.name)
    return found


def test_no_address_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, counted: Counted
) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    caplog.set_level(logging.DEBUG)
    canaries, generator = addresses(), Generator(8)
    pages = search_pages(TITLES[1], 1)
    settings = WebSettings(requests_per_minute=300, trusted_proxies=1)
    limited = 0
    with served(tmp_path, settings=settings) as world:
        client = world.client
        for number in range(REQUESTS):
            address = canaries[number % CLIENTS if number % 2 else 0]
            method, _, place, query, body, _ = generator.request()
            path = f"{place}?{query}"
            if number % 10 == 1:
                method, path, body = "GET", pages[number // 10 % len(pages)], {}
            elif number % 10 == 3:
                method, path, body = "POST", "/picture", {"data": {"picture": (BytesIO(PICTURE), "x.png")}}
            answer = client.open(
                path,
                method=method,
                headers={"X-Forwarded-For": f"198.51.100.7, {address}"},
                environ_base={"REMOTE_ADDR": address},
                **body,
            )
            limited += answer.status_code == 429
            assert address not in answer.text
            assert address not in str(answer.headers)
            assert "Set-Cookie" not in answer.headers
    assert limited > 0
    assert places_with(tmp_path, canaries) == []
    assert not [one for one in canaries if one in caplog.text]
    counted("W8", REQUESTS, f"requests from {CLIENTS} addresses, none of which is kept")


def test_the_login_keeps_the_name_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, counted: Counted
) -> None:
    caplog.set_level(logging.DEBUG)
    settings = WebSettings(login=Login.WIKIMEDIA, public_url=oauth_site.PUBLIC_URL, trusted_proxies=1)
    canaries, cookies = addresses()[:20], []
    limiter = Limiter(10_000)
    with oauth_site.served() as site:
        login = login_routes(settings, site.accounts())
        with served(tmp_path, settings=settings, login=login, session_key="k" * 40, limiter=limiter) as world:
            for address in canaries:
                client = world.app.test_client()
                given: dict[str, Any] = {
                    "base_url": oauth_site.PUBLIC_URL,
                    "headers": {"X-Forwarded-For": address},
                    "environ_base": {"REMOTE_ADDR": address},
                }
                departure = client.get("/login", **given)
                back = client.get(f"/login/callback?{site.grant(departure.headers['Location'])}", **given)
                assert back.status_code == 303
                cookies += [departure.headers["Set-Cookie"], back.headers["Set-Cookie"]]
                with client.session_transaction(base_url=oauth_site.PUBLIC_URL) as session:
                    assert session.keys() == {"_permanent", "name", "since", "csrf"}
                    assert session["name"] == site.profile["username"]
    secrets = [*canaries, oauth_site.CODE, oauth_site.TOKEN, oauth_site.CLIENT.secret, site.profile["email"]]
    assert places_with(tmp_path, secrets) == []
    assert not [one for one in secrets if one in caplog.text or one in str(cookies)]
    counted("W8", len(canaries), "logins that keep the account's name alone")


def test_a_planted_address_would_be_found(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("GET / from 11.2.3.4\n")
    assert places_with(tmp_path, ["11.2.3.4"]) == ["log"]


def test_the_limiter_holds_no_address_and_forgets() -> None:
    now = [0.0]
    limiter = Limiter(2, clock=lambda: now[0])
    assert [limiter.wait_s("11.2.3.4") for _ in range(3)] == [0, 0, 30]
    first = set(limiter._buckets)
    assert not any("11.2.3.4" in str(vars(limiter)[name]) for name in vars(limiter))
    assert KEY_LASTS_S <= 24 * 3_600
    now[0] = KEY_LASTS_S
    assert limiter.wait_s("11.2.3.4") == 0
    assert not first & set(limiter._buckets)


def test_the_limiter_is_fair_and_bounded() -> None:
    now = [0.0]
    limiter = Limiter(60, clock=lambda: now[0])
    assert [limiter.wait_s("a", 20) for _ in range(3)] == [0, 0, 0]
    wait_s = limiter.wait_s("a", 20)
    assert wait_s == 20
    assert limiter.wait_s("b") == 0
    now[0] += wait_s
    assert limiter.wait_s("a", 20) == 0
    now[0] += 3_600
    assert limiter.wait_s("a", 1_000) == 0, "a cost beyond the bucket is met by a full one"
    for number in range(MOST_CLIENTS + 100):
        limiter.wait_s(str(number))
    assert len(limiter._buckets) == MOST_CLIENTS


@pytest.mark.parametrize(
    ("proxies", "header", "others"),
    [
        (0, "1.1.1.1", "2.2.2.2"),  # without a proxy of ours the header is the client's own invention
        (1, "9.9.9.9, 1.1.1.1", "8.8.8.8, 1.1.1.1"),
        (2, "9.9.9.9, 1.1.1.1, 10.0.0.1", "8.8.8.8, 1.1.1.1, 10.0.0.2"),
        (2, "1.1.1.1", "2.2.2.2"),  # fewer than there should be: what connects counts
    ],
)
def test_a_client_cannot_choose_its_name(tmp_path: Path, proxies: int, header: str, others: str) -> None:
    settings = WebSettings(requests_per_minute=1, trusted_proxies=proxies)
    with served(tmp_path, settings=settings) as world:
        path = f"/search?phash={P}&dhash={D}"
        assert world.client.get(path, headers={"X-Forwarded-For": header}).status_code == 200
        assert world.client.get(path, headers={"X-Forwarded-For": others}).status_code == 429


def test_gunicorn_logs_no_address(tmp_path: Path) -> None:
    """A request that is none makes gunicorn warn with the address, unless it is told not to."""
    assert gunicorn_settings.accesslog is None
    with served(tmp_path) as world:
        world.store.close()
    with serving(tmp_path, *options_in(tmp_path, "[web]\nworkers = 1\nthreads = 2\n")) as service:
        for raw in (
            b"nonsense\r\n\r\n",
            b"GET / HTTP/9\r\n\r\n",
            b"GET /" + b"x" * 9_000 + b" HTTP/1.1\r\n\r\n",
        ):
            assert talk(service.port, raw, 5).startswith(b"HTTP/1.1 4")
    text = service.said()
    assert "files" in text
    assert "ip=" not in text
    assert text.count(HOST) == text.count(f"{service.url}/")


def talk(port: int, raw: bytes, patience_s: float) -> bytes:
    """Send bytes to the service, which may still be starting, and give what it says."""
    import socket

    deadline = time.monotonic() + patience_s
    while True:
        try:
            with socket.create_connection((HOST, port), timeout=10) as sock:
                sock.sendall(raw)
                return b"".join(iter(lambda: sock.recv(65_536), b""))
        except ConnectionRefusedError:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def test_no_environment_is_left_behind() -> None:
    assert "FAEBOT_STORE" not in os.environ
