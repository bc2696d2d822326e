"""A wiki's OAuth on loopback that checks what it is sent, and misbehaves as it is told."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from faebot_hash.adapters.oauth import OAuthClient, WikimediaLogin
from tests.sites import AlsoLoopback, Names, listening

HOST = "oauth.test"
PUBLIC_URL = "https://review.test"
CLIENT = OAuthClient("client-of-ours", "secret-canary-0d1f")
TOKEN = "token-canary-9b2c"  # noqa: S105
CODE = "code-canary-77aa"
REST = "/w/rest.php/oauth2"

Trouble = Callable[["Visit"], None]


class OAuthSite(ThreadingHTTPServer):
    """One account, one code at a time, one token; ``on_token`` and ``on_profile`` answer in its place."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Visit)
        self.port = int(self.server_address[1])
        self.challenges: dict[str, str] = {}
        self.profile: dict[str, Any] = {
            "sub": "1",
            "username": "Some Reviewer",
            "editcount": 50,
            "blocked": False,
            "email": "mail-canary-31c8",
        }
        self.on_token: Trouble | None = None
        self.on_profile: Trouble | None = None
        self.seen: list[str] = []

    @property
    def url(self) -> str:
        """Give the address of the wiki."""
        return f"http://{HOST}:{self.port}"

    def accounts(self, deadline_s: float = 5.0) -> WikimediaLogin:
        """Make what logs in here."""
        return WikimediaLogin(
            CLIENT,
            f"{PUBLIC_URL}/login/callback",
            self.url,
            "https://contact.test",
            central_url=self.url,
            policy=AlsoLoopback(self.port),
            resolver=Names(["127.0.0.1"]),
            deadline_s=deadline_s,
        )

    def grant(self, location: str, code: str = CODE) -> str:
        """Let an account agree to what an address of departure asks; gives the query of the way back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        assert location.startswith(f"{self.url}{REST}/authorize?")
        assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT.client_id)
        assert asked["redirect_uri"] == f"{PUBLIC_URL}/login/callback"
        assert asked["code_challenge_method"] == "S256"
        assert "scope" not in asked
        self.challenges[code] = asked["code_challenge"]
        return f"code={code}&state={asked['state']}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of visitors that hang up."""


class Visit(BaseHTTPRequestHandler):
    """One request."""

    server: OAuthSite
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Give a token for a code, once."""
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.seen.append(self.path)
        if self.server.on_token is not None:
            return self.server.on_token(self)
        told = {name: values[0] for name, values in parse_qs(body).items()}
        challenge = self.server.challenges.pop(told.get("code", ""), None)
        digest = hashlib.sha256(told.get("code_verifier", "").encode()).digest()
        proof = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        ours = (told.get("client_id"), told.get("client_secret")) == (CLIENT.client_id, CLIENT.secret)
        if self.path != f"{REST}/access_token" or not ours:
            return self.answer(401, {"error": "invalid_client", "error_description": CLIENT.secret})
        if challenge != proof or told.get("grant_type") != "authorization_code":
            return self.answer(400, {"error": "invalid_grant", "error_description": told.get("code", "")})
        return self.answer(
            200,
            {
                "token_type": "Bearer",
                "expires_in": 14400,
                "access_token": TOKEN,
                "refresh_token": f"{TOKEN}-2",
            },
        )

    def do_GET(self) -> None:
        """Give the profile to whoever has the token."""
        self.server.seen.append(self.path)
        if self.server.on_profile is not None:
            return self.server.on_profile(self)
        if self.path != f"{REST}/resource/profile" or self.headers["Authorization"] != f"Bearer {TOKEN}":
            return self.answer(401, {"error": "access_denied"})
        return self.answer(200, self.server.profile)

    def answer(self, status: int, told: object) -> None:
        """Answer with JSON, or with bytes as they are."""
        body = told if isinstance(told, bytes) else json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


def answering(status: int, told: object) -> Trouble:
    """Make an answer in another's place."""
    return lambda visit: visit.answer(status, told)


def hanging_up(visit: Visit) -> None:
    """Close without a word."""
    visit.connection.shutdown(socket.SHUT_RDWR)


def saying_nothing(visit: Visit) -> None:
    """Wait until the other side gives up."""
    with contextlib.suppress(OSError):
        visit.rfile.read(1)


def dripping(visit: Visit) -> None:
    """Give a byte at a time, each in time, until the other side gives up."""
    visit.send_response(200)
    visit.end_headers()
    ended = threading.Event()
    with contextlib.suppress(OSError):
        while not ended.wait(0.02):
            visit.wfile.write(b" ")


def never_ending(visit: Visit) -> None:
    """Give as much as is taken."""
    visit.send_response(200)
    visit.end_headers()
    with contextlib.suppress(OSError):
        while True:
            visit.wfile.write(b" " * 65_536)


def served() -> contextlib.AbstractContextManager[OAuthSite]:
    """Serve it."""
    return listening(OAuthSite())
