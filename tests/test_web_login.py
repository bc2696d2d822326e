"""Logging in: by an OAuth that misbehaves, by practice, or not at all; and what the cookie tells."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from faebot_hash.adapters.login_secrets import login_secrets, session_key
from faebot_hash.adapters.oauth import is_account_name
from faebot_hash.errors import SettingsError
from faebot_hash.web import visitors
from faebot_hash.web.login import LASTS_S, local_path, login_routes
from faebot_hash.web_settings import Login, WebSettings, is_loopback
from tests import oauth_site
from tests.counting import Counted
from tests.oauth_site import (
    CLIENT,
    CODE,
    PUBLIC_URL,
    TOKEN,
    OAuthSite,
    Trouble,
    answering,
    dripping,
    hanging_up,
    never_ending,
    saying_nothing,
)
from tests.web_world import World, served

KEY = "a key for signing that is long enough"
CANARIES = (CLIENT.secret, TOKEN, CODE, "mail-canary-31c8")
OAUTH = WebSettings(requests_per_minute=100_000, login=Login.WIKIMEDIA, public_url=PUBLIC_URL)
PRACTICE = WebSettings(requests_per_minute=100_000, login=Login.PRACTICE, wiki_url="http://127.0.0.1:8810")
SAME = {"Sec-Fetch-Site": "same-origin", "Origin": "null"}


@pytest.fixture(scope="module")
def site() -> Iterator[OAuthSite]:
    with oauth_site.served() as serving:
        yield serving


@pytest.fixture(scope="module")
def known(site: OAuthSite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("login")
    with served(
        folder, settings=OAUTH, login=login_routes(OAUTH, site.accounts(0.6)), session_key=KEY
    ) as world:
        yield with_a_form(world)


@pytest.fixture
def practised(tmp_path: Path) -> Iterator[World]:
    with served(tmp_path, settings=PRACTICE, session_key=KEY) as world:
        yield with_a_form(world)


def with_a_form(world: World) -> World:
    """Add what only reviewers may send, and a page that shows who it is."""

    @world.app.post("/decide")
    def decide() -> str:
        return f"decided by {visitors.require_reviewer().name}"

    @world.app.get("/who")
    def who() -> dict[str, Any]:
        known = visitors.reviewer()
        return {"name": known.name if known else None, "csrf": visitors.csrf_token()}

    return world


@pytest.fixture
def client(known: World, site: OAuthSite) -> Iterator[FlaskClient]:
    with known.app.test_client() as client:
        yield client
    site.on_token = site.on_profile = None
    site.challenges.clear()


def get(client: FlaskClient, path: str) -> Any:
    return client.get(path, base_url=PUBLIC_URL)


def depart(client: FlaskClient, site: OAuthSite, onward: str = "/") -> str:
    """Begin to log in, and let the account agree; gives the path of the way back."""
    answer = get(client, f"/login?next={onward}")
    assert answer.status_code == 302
    return f"/login/callback?{site.grant(answer.headers['Location'])}"


def test_a_reviewer_logs_in_acts_and_logs_out(client: FlaskClient, site: OAuthSite) -> None:
    back = get(client, depart(client, site, "/review/abc?pair=1"))
    assert (back.status_code, back.headers["Location"]) == (303, "/review/abc?pair=1")
    assert back.headers["Cache-Control"] == "private, no-store"
    told = get(client, "/who").json
    assert told["name"] == "Some Reviewer"
    form = {"csrf": told["csrf"]}
    send = {"base_url": PUBLIC_URL, "headers": SAME}
    assert client.post("/decide", data=form, **send).text == "decided by Some Reviewer"
    assert client.post("/logout", data={"csrf": "x"}, **send).status_code == 403
    assert client.post("/logout", data=form, **send).status_code == 303
    assert get(client, "/who").json == {"name": None, "csrf": ""}
    assert client.post("/decide", data=form, **send).status_code == 401
    assert client.post("/logout", **send).status_code == 303


def test_the_cookie_is_kept_from_scripts_and_other_sites(client: FlaskClient, site: OAuthSite) -> None:
    setting = get(client, depart(client, site)).headers["Set-Cookie"]
    name, _, _ = setting.partition("=")
    flags = {part.strip().partition("=")[0].lower() for part in setting.split(";")[1:]}
    assert name == "__Host-faebot"
    assert {"secure", "httponly", "path", "expires", "samesite"} == flags
    assert "SameSite=Lax" in setting
    assert "Path=/;" in setting
    cookie = setting.partition("=")[2].partition(";")[0]
    serializer = client.application.session_interface.get_signing_serializer(client.application)  # type: ignore[attr-defined]
    assert serializer.loads(cookie).keys() == {"_permanent", "name", "since", "csrf"}


def test_nobody_else_gets_a_cookie(known: World) -> None:
    client = known.app.test_client()
    for path in (
        "/who",
        "/api/v1/",
        "/healthz",
        "/search?phash=1&dhash=1",
        "/nowhere",
        "/login/callback?state=x",
    ):
        answer = get(client, path)
        assert "Set-Cookie" not in answer.headers, path
    tampered = known.app.test_client()
    tampered.set_cookie(
        "__Host-faebot", "eyJuYW1lIjoiU29tZWJvZHkifQ.aaaa.bbbb", domain="review.test", secure=True
    )
    assert get(tampered, "/who").json["name"] is None


@pytest.mark.parametrize("after_s", [visitors.SESSION_S, -60])
def test_a_login_ends_by_itself(
    client: FlaskClient, site: OAuthSite, monkeypatch: pytest.MonkeyPatch, after_s: int
) -> None:
    get(client, depart(client, site))
    with client.session_transaction(base_url=PUBLIC_URL) as session:
        session["since"] -= after_s
    assert get(client, "/who").json["name"] is None


DEEP = b"[" * 50_000
TOKENS: list[tuple[Trouble, int]] = [
    (answering(500, {"error": "server_error"}), 502),
    (answering(503, b"<html>upstream"), 502),
    (answering(404, b"<html>not here"), 502),
    (answering(429, b"slow down"), 502),
    (answering(302, b""), 502),
    (answering(200, b""), 502),
    (answering(200, b"\xff\xfe garbage"), 502),
    (answering(200, []), 502),
    (answering(200, "token"), 502),
    (answering(200, None), 502),
    (answering(200, DEEP), 502),
    (answering(200, b" " * 200_000), 502),
    (answering(200, {}), 502),
    (answering(200, {"access_token": 7}), 502),
    (answering(200, {"access_token": ""}), 502),
    (answering(200, {"access_token": "a\r\nX-Evil: 1"}), 502),
    (answering(200, {"access_token": TOKEN, "expires_in": "soon"}), 502),
    (answering(200, {"access_token": TOKEN, "expires_in": [1]}), 502),
    (answering(200, b'{"access_token": "x", "expires_in": Infinity}'), 502),
    (answering(400, {"error": "invalid_grant"}), 400),
    (answering(400, {"error": "invalid_request", "error_description": CODE}), 400),
    (answering(401, {"error": "invalid_client", "error_description": CLIENT.secret}), 502),
    (answering(400, {"error": CODE}), 502),
    (answering(400, {"error": [CODE]}), 502),
    (hanging_up, 502),
    (never_ending, 502),
    (saying_nothing, 504),
    (dripping, 504),
]  # fmt: skip


def profile(**changed: object) -> Trouble:
    told = {"sub": "1", "username": "Some Reviewer", "editcount": 50, "blocked": False, **changed}
    return answering(200, {name: value for name, value in told.items() if value != "left out"})


PROFILES: list[tuple[Trouble, int]] = [
    (answering(401, {"error": "access_denied"}), 502),
    (answering(500, {"message": TOKEN}), 502),
    (answering(200, b"garbage"), 502),
    (answering(200, [1]), 502),
    (answering(200, DEEP), 502),
    (answering(200, {}), 502),
    (profile(username="left out"), 502),
    (profile(username=7), 502),
    (profile(username=""), 502),
    (profile(username="a\nb"), 502),
    (profile(username="x" * 256), 502),
    (profile(username="<script>"), 502),
    (profile(editcount="50"), 502),
    (profile(editcount=True), 502),
    (profile(editcount=None), 502),
    (profile(blocked="left out"), 502),
    (profile(blocked="no"), 502),
    (profile(blocked=0), 502),
    (profile(blocked=True), 403),
    (profile(blocked=True, username="left out", editcount="left out"), 403),
    (profile(editcount=49), 403),
    (profile(editcount=-1), 403),
    (hanging_up, 502),
    (never_ending, 502),
    (saying_nothing, 504),
    (dripping, 504),
]


def check_refused(answer: Any, status: int, client: FlaskClient, log: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "text/html"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert not [one for one in CANARIES if one in answer.text or one in log or one in str(answer.headers)]
    assert get(client, "/who").json["name"] is None


def test_trouble_with_oauth_is_told_and_tells_no_secret(
    known: World, site: OAuthSite, caplog: pytest.LogCaptureFixture, counted: Counted
) -> None:
    caplog.set_level(logging.DEBUG)
    for place, cases in (("on_token", TOKENS), ("on_profile", PROFILES)):
        for trouble, status in cases:
            client = known.app.test_client()
            back = depart(client, site)
            setattr(site, place, trouble)
            before = len(site.seen)
            answer = get(client, back)
            check_refused(answer, status, client, caplog.text)
            assert len(site.seen) - before <= 2
            setattr(site, place, None)
            # A login that failed is over; the same way back leads nowhere.
            assert get(client, back).status_code == 400
            assert get(client, depart(client, site)).status_code == 303
    counted("W9", len(TOKENS) + len(PROFILES), "faults of OAuth that log nobody in and tell no secret")


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        (lambda back: back.replace("state=", "state=x"), 400),
        (lambda back: back.partition("&state")[0], 400),
        (lambda back: back.replace(f"code={CODE}", "code="), 400),
        (lambda back: back.replace(f"code={CODE}&", ""), 400),
        (lambda back: back.replace(CODE, "c" * 5_000), 400),
        (lambda back: back.replace(CODE, "another"), 400),
        (lambda back: back.replace(f"code={CODE}", "error=access_denied&error_description=no"), 403),
        (lambda back: back.replace(f"code={CODE}", "error=server_error"), 403),
        (lambda back: back.replace("state=", "state=%FF%00"), 400),
    ],
)
def test_a_wrong_way_back_leads_nowhere(
    client: FlaskClient, site: OAuthSite, caplog: pytest.LogCaptureFixture, changed: Any, status: int
) -> None:
    check_refused(get(client, changed(depart(client, site))), status, client, caplog.text)


def test_a_way_back_is_for_one_browser_and_once(known: World, client: FlaskClient, site: OAuthSite) -> None:
    back = depart(client, site)
    other = known.app.test_client()
    assert get(other, back).status_code == 400
    depart(other, site)
    assert get(other, back).status_code == 400, "the state of another's login"
    site.challenges[CODE] = "somebody else's challenge"
    kept = client.get_cookie("__Host-faebot", domain="review.test")
    assert kept is not None
    assert get(client, back).status_code == 400, "a code that another began"
    client.set_cookie("__Host-faebot", kept.value, domain="review.test", secure=True)
    assert get(client, back).status_code == 400, "a code that is spent"


def test_a_login_under_way_does_not_last(client: FlaskClient, site: OAuthSite) -> None:
    back = depart(client, site)
    with client.session_transaction(base_url=PUBLIC_URL) as session:
        session["login"] = {**session["login"], "since": session["login"]["since"] - LASTS_S}
    assert get(client, back).status_code == 400


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ("/review/a?b=c#d", "/review/a?b=c#d"),
        ("/", "/"),
        ("", "/"),
        ("review", "/"),
        ("//evil.test", "/"),
        ("/\\evil.test", "/"),
        ("\\\\evil.test", "/"),
        ("https://evil.test/", "/"),
        ("javascript:alert(1)", "/"),
        ("/\t/evil.test", "/"),
        ("/a\r\nSet-Cookie: x=1", "/"),
        ("/a b", "/"),
        ("/é", "/"),
        ("//[evil", "/"),
        ("/" + "a" * 500, "/"),
    ],
)
def test_a_login_leads_to_our_own_pages_only(asked: str, path: str) -> None:
    assert local_path(asked) == path


# practice


def practise(client: FlaskClient, name: str = "Somebody", onward: str = "/who", **more: Any) -> Any:
    return client.post("/login", data={"name": name, "next": onward}, **{"headers": SAME, **more})


def test_a_practice_login_believes_any_name(practised: World) -> None:
    client = practised.client
    page = client.get("/login?next=/who")
    assert page.status_code == 200
    assert "<h1>For practice only</h1>" in page.text
    assert 'value="/who"' in page.text
    answer = practise(client, "  Some   body ")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/who")
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    assert client.get("/who").json["name"] == "Some body"  # type: ignore[index]
    assert practise(client, onward="https://evil.test").headers["Location"] == "/"
    for name in ("", " ", "a[b", "x" * 300, "a/b"):
        assert practise(client, name).status_code == 400, name
    assert practised.client.post("/login", data={"name": "x"}).status_code == 403, "not from our page"


@pytest.mark.parametrize(
    "given",
    [
        {"environ_base": {"REMOTE_ADDR": "192.0.2.1"}},
        {"environ_base": {"REMOTE_ADDR": ""}},
        {"base_url": "http://evil.test"},
        {"headers": {**SAME, "X-Forwarded-For": "127.0.0.1"}},
        {"headers": {**SAME, "Forwarded": "for=127.0.0.1"}},
    ],
)
def test_a_practice_login_is_for_this_machine(practised: World, given: dict[str, Any]) -> None:
    assert practised.client.get("/login", **given).status_code == 403
    assert practise(practised.client, **given).status_code == 403


@pytest.mark.parametrize(
    ("given", "ok"),
    [
        ({}, False),
        ({"wiki_url": "http://127.0.0.1:8810"}, True),
        ({"wiki_url": "http://localhost:8810"}, True),
        ({"wiki_url": "http://[::1]:8810"}, True),
        ({"wiki_url": "http://127.0.0.1:8810", "host": "::1"}, True),
        ({"wiki_url": "http://127.0.0.1:8810", "host": "0.0.0.0"}, False),  # noqa: S104
        ({"wiki_url": "http://127.0.0.1:8810", "host": ""}, False),
        ({"wiki_url": "http://127.0.0.1:8810", "host": "192.168.0.2"}, False),
        ({"wiki_url": "http://127.0.0.1:8810", "trusted_proxies": 1}, False),
        ({"wiki_url": "http://127.0.0.1.evil.test"}, False),
        ({"wiki_url": "http://localhost.evil.test"}, False),
        ({"wiki_url": "https://test.wikipedia.org"}, False),
    ],
)
def test_practice_cannot_be_switched_on_elsewhere(given: dict[str, Any], ok: bool) -> None:
    if ok:
        assert WebSettings(login=Login.PRACTICE, **given)
    else:
        with pytest.raises(SettingsError, match="practice"):
            WebSettings(login=Login.PRACTICE, **given)


def test_a_start_needs_a_key_for_practice() -> None:
    with pytest.raises(SettingsError, match="session key"):
        session_key({})
    assert session_key({"FAEBOT_SESSION_KEY": KEY}) == KEY


# settings and secrets


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({}, "public_url"),
        ({"public_url": "http://review.test"}, "public_url"),
        ({"public_url": "https://review.test/x"}, "public_url"),
        ({"public_url": "https://review.test/"}, "public_url"),
        ({"public_url": PUBLIC_URL, "wiki_url": "http://commons.wikimedia.org"}, "wiki_url"),
        ({"public_url": PUBLIC_URL, "wiki_url": "https://wikimedia.org.evil.test"}, "wiki_url"),
        ({"public_url": PUBLIC_URL, "wiki_url": "https://evilwikimedia.org"}, "wiki_url"),
        ({"public_url": PUBLIC_URL, "reviewer_edits": -1}, "reviewer_edits"),
    ],
)
def test_wikimedias_login_needs_its_settings(given: dict[str, Any], complaint: str) -> None:
    with pytest.raises(SettingsError, match=complaint):
        WebSettings(login=Login.WIKIMEDIA, **given)


@pytest.mark.parametrize(
    ("text", "mode", "complaint"),
    [
        ('client_id = "a1b2c3"\nclient_secret = "CANARY"\nsession_key = "KEYKEY"\n', 0o600, ""),
        ('client_id = "a1b2c3"\nclient_secret = "CANARY"\nsession_key = "KEYKEY"\n', 0o640, "other accounts"),
        ('client_id = "a1b2c3"\nclient_secret = "CANARY"\n', 0o600, "lacks session_key"),
        ('client_id = "a1b2c3"\nclient_secret = "CANARY"\nsession_key = "CANARY"\n', 0o600, "session key"),
        ('client_id = "a1b2c3"\nclient_secret = "CANARY"\nother = "CANARY"\n', 0o600, "only client_id"),
        ('client_id = "a1b2c3"\nclient_secret = 5\n', 0o600, "only client_id"),
        ('client_secret = "CANARY" CANARY', 0o600, "no TOML"),
        ("", 0o600, "empty"),
    ],
)
def test_the_secrets_come_from_a_file_of_ours(tmp_path: Path, text: str, mode: int, complaint: str) -> None:
    file = tmp_path / "oauth.toml"
    file.write_text(text.replace("CANARY", CLIENT.secret).replace("KEYKEY", KEY))
    file.chmod(mode)
    if not complaint:
        told = login_secrets(str(file), {})
        assert (told.client.secret, told.session_key) == (CLIENT.secret, KEY)
        assert CLIENT.secret not in repr(told)
        assert KEY not in repr(told)
        return
    with pytest.raises(SettingsError, match=complaint) as refused:
        login_secrets(str(file), {})
    assert CLIENT.secret not in str(refused.value)


def test_the_secrets_may_come_from_the_environment() -> None:
    told = {"FAEBOT_OAUTH_CLIENT_ID": "id", "FAEBOT_OAUTH_CLIENT_SECRET": "s", "FAEBOT_SESSION_KEY": KEY}
    assert login_secrets("", told).client.client_id == "id"
    for name in told:
        with pytest.raises(SettingsError, match=name):
            login_secrets("", {**told, name: ""})


def test_without_a_login_everybody_only_reads(tmp_path: Path) -> None:
    settings = dataclasses.replace(PRACTICE, login=Login.NONE)
    with served(tmp_path, settings=settings) as world:
        with_a_form(world)
        page = world.client.get("/api/v1/")
        assert "Read only" in page.text
        assert "Set-Cookie" not in page.headers
        assert world.client.get("/login").status_code == 404
        assert world.client.post("/login", data={"name": "x"}, headers=SAME).status_code == 404
        assert world.client.post("/decide", data={"csrf": ""}, headers=SAME).status_code == 401
    with pytest.raises(ValueError, match="Wikimedia"):
        login_routes(OAUTH)


@pytest.mark.parametrize(
    ("host", "ours"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("", False),
        (None, False),
        ("0.0.0.0", False),  # noqa: S104
        ("10.0.0.1", False),
        ("localhost.test", False),
        ("::", False),
        ("2130706433", False),
    ],
)
def test_what_is_this_machine(host: str | None, ours: bool) -> None:
    assert is_loopback(host) is ours


@pytest.mark.parametrize(
    ("name", "ok"),
    [("Fæ", True), ("A B-c_9 (x)", True), ("", False), (" a", False), ("a#b", False), ("a\u200fb", False)],
)
def test_what_an_account_can_be_called(name: str, ok: bool) -> None:
    assert is_account_name(name) is ok
