"""Logging in with Wikimedia's OAuth 2.0: where to send a visitor, and who it is that comes back.

Endpoints: https://www.mediawiki.org/wiki/OAuth/For_Developers. Edits and blocks are told by each wiki for
itself, so the profile is that of the wiki that is reviewed. Tokens are used once and forgotten.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from enum import Enum
from typing import Any
from urllib.parse import urlencode

from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.oauth2.client import OAuth2Client

from faebot_hash.adapters.addresses import PublicOnly
from faebot_hash.adapters.exchange import Exchange, UnansweredError, agent_of
from faebot_hash.adapters.vetted import Resolver, system_resolver

CENTRAL = "https://meta.wikimedia.org"
DEADLINE_S = 8.0
MOST_BYTES = 100_000
LONGEST_NAME_BYTES = 255
VERIFIER_LETTERS = 64

_REST = "/w/rest.php/oauth2"
_SPENT = ("invalid_grant", "invalid_request")
_TOLD = (*_SPENT, "invalid_client", "unauthorized_client", "unsupported_grant_type", "server_error")


class Trouble(Enum):
    """Why nobody is known, with what to tell who tried."""

    SPENT = "This login is used up or took too long. Begin again."
    BROKEN = "Wikimedia's answer to the login cannot be used. Try again in a moment."
    SLOW = "Wikimedia did not answer the login in time. Try again in a moment."


@dataclass(frozen=True)
class NoProfile:
    """What came in place of a profile; ``detail`` is for the log, and never holds a secret."""

    trouble: Trouble
    detail: str = ""


@dataclass(frozen=True)
class OAuthClient:
    """What Wikimedia knows this service by."""

    client_id: str
    secret: str = field(repr=False)


@dataclass(frozen=True)
class Departure:
    """Where to send a visitor, and what must be known when the visitor comes back."""

    address: str
    state: str = field(repr=False)
    verifier: str = field(repr=False)


@dataclass(frozen=True)
class Profile:
    """An account as the reviewed wiki tells of it; a hidden account is blocked and has no name."""

    name: str
    edits: int
    blocked: bool


class _FailedError(Exception):
    def __init__(self, trouble: Trouble, detail: str) -> None:
        super().__init__(trouble, detail)
        self.verdict = NoProfile(trouble, detail)


class WikimediaLogin:
    """Lets visitors log in with their accounts; safe to use from several threads.

    ``callback_url`` is the address of ours that is registered with the client.
    """

    def __init__(
        self,
        client: OAuthClient,
        callback_url: str,
        wiki_url: str,
        contact: str,
        *,
        central_url: str = CENTRAL,
        policy: PublicOnly | None = None,
        resolver: Resolver = system_resolver,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        self._client = client
        self._callback_url = callback_url
        self._wiki_url = wiki_url
        self._central_url = central_url
        self._policy = policy or PublicOnly()
        self._resolver = resolver
        self._deadline_s = deadline_s
        self._agent = agent_of(contact)

    def departure(self) -> Departure:
        """Begin a login, with PKCE (RFC 7636) and a state that nobody can guess."""
        verifier = generate_token(VERIFIER_LETTERS)
        address, state = self._oauth(None).create_authorization_url(
            f"{self._central_url}{_REST}/authorize", code_verifier=verifier
        )
        return Departure(address, state, verifier)

    def arrival(self, code: str, verifier: str) -> Profile | NoProfile:
        """Learn whose code this is: one request for a token, and one for the profile."""
        ends_at = time.monotonic() + self._deadline_s
        channel = _Channel(Exchange(self._policy, self._resolver, self._agent, ends_at))
        try:
            return _profile(
                channel, f"{self._wiki_url}{_REST}/resource/profile", self._token(channel, code, verifier)
            )
        except _FailedError as failed:
            return failed.verdict

    def _oauth(self, channel: _Channel | None) -> Any:
        return OAuth2Client(
            session=channel,
            client_id=self._client.client_id,
            client_secret=self._client.secret,
            token_endpoint_auth_method="client_secret_post",  # noqa: S106 - the name of a method
            redirect_uri=self._callback_url,
            code_challenge_method="S256",
        )

    def _token(self, channel: _Channel, code: str, verifier: str) -> str:
        try:
            token = self._oauth(channel).fetch_token(
                f"{self._central_url}{_REST}/access_token",
                grant_type="authorization_code",
                code=code,
                code_verifier=verifier,
            )
        except AuthlibBaseError as refusal:
            told = refusal.error if refusal.error in _TOLD else "an error without a known name"
            trouble = Trouble.SPENT if told in _SPENT else Trouble.BROKEN
            raise _FailedError(trouble, f"no token: {told}") from None
        except (ValueError, TypeError, ArithmeticError, RecursionError):
            raise _FailedError(Trouble.BROKEN, "no token: the answer is none") from None
        access = token.get("access_token")
        if not isinstance(access, str) or not access.isascii() or not access.isprintable() or " " in access:
            raise _FailedError(Trouble.BROKEN, "no token in the answer")
        return access


@dataclass(frozen=True)
class _Answer:
    """What Authlib wants to know of an answer."""

    status_code: int
    body: bytes = field(repr=False)

    def json(self) -> Any:
        return json.loads(self.body)

    def raise_for_status(self) -> None:
        if self.status_code >= 400:
            raise _FailedError(Trouble.BROKEN, f"HTTP {self.status_code}")


@dataclass(frozen=True)
class _Channel:
    """Carries requests as Authlib asks for them."""

    exchange: Exchange

    def post(self, url: str, data: dict[str, str], headers: dict[str, str], auth: Any) -> _Answer:
        """Send a form."""
        url, headers, body = auth.prepare("POST", url, dict(headers), urlencode(data))
        return self.ask("POST", url, headers, body.encode())

    def ask(self, method: str, url: str, headers: dict[str, str], body: bytes | None = None) -> _Answer:
        """Ask once; raises _FailedError."""
        try:
            return _Answer(*self.exchange.ask(method, url, MOST_BYTES, headers, body))
        except UnansweredError as error:
            raise _FailedError(Trouble.SLOW if error.is_late else Trouble.BROKEN, error.detail) from None


def _profile(channel: _Channel, address: str, token: str) -> Profile:
    answer = channel.ask("GET", address, {"Accept": "application/json", "Authorization": f"Bearer {token}"})
    try:
        told = answer.json() if answer.status_code == 200 else None
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise _FailedError(Trouble.BROKEN, f"no profile: HTTP {answer.status_code}")
    name, edits, blocked = told.get("username", ""), told.get("editcount", 0), told.get("blocked")
    if blocked is True and name == "":
        return Profile("", 0, blocked=True)
    if not isinstance(name, str) or type(edits) is not int or type(blocked) is not bool:
        raise _FailedError(Trouble.BROKEN, "the profile lacks name, edits or blocks")
    if not is_account_name(name):
        raise _FailedError(Trouble.BROKEN, "the profile's name is none")
    return Profile(name, edits, blocked)


def is_account_name(name: str) -> bool:
    """Tell whether an account of a wiki can be called so."""
    size_bytes = len(name.encode("utf-8", "replace"))
    usual = name.isprintable() and name == name.strip() and not set(name) & set("#<>[]|{}/")
    return 0 < size_bytes <= LONGEST_NAME_BYTES and usual
