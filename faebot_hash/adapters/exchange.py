"""One request to a vetted address and its whole answer: no redirects, so many bytes, before one moment."""

from __future__ import annotations

import http.client
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import urllib3
from urllib3.util import parse_url

from faebot_hash import __version__
from faebot_hash.adapters.addresses import PublicOnly
from faebot_hash.adapters.vetted import NotConnectedError, Resolver, Road, connection_for
from faebot_hash.links import Failure

PORTS = {"http": 80, "https": 443}
_PIECE_BYTES = 65_536


class UnansweredError(Exception):
    """No whole answer came; ``detail`` is for the log, and quotes nothing that was sent or received."""

    def __init__(self, detail: str, *, is_late: bool = False) -> None:
        super().__init__(detail)
        self.detail = detail
        self.is_late = is_late


@dataclass(frozen=True)
class Exchange:
    """Requests that must all be answered before a monotonic moment."""

    policy: PublicOnly
    resolver: Resolver
    agent: str
    ends_at: float

    def ask(
        self,
        method: str,
        url: str,
        most_bytes: int,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> tuple[int, bytes]:
        """Ask once and give status and body; raises UnansweredError."""
        connection = None
        try:
            parts = parse_url(url)
            scheme = parts.scheme or ""
            port = PORTS[scheme] if parts.port is None else parts.port
            road = Road(self.policy, self.resolver, parts.host or "", port, self.ends_at)
            connection = connection_for(scheme, road)
            given = {"User-Agent": self.agent, "Accept-Encoding": "identity", "Connection": "close"}
            connection.request(
                method,
                parts.request_uri,
                body,
                {**given, **(headers or {})},
                preload_content=False,
                decode_content=False,
            )
            response = connection.getresponse()
            return response.status, self._body(response, most_bytes)
        except NotConnectedError as refusal:
            late = refusal.failure is Failure.TIMEOUT or self._is_over()
            raise UnansweredError(f"{refusal.failure.name} {refusal.detail}".strip(), is_late=late) from None
        except (
            OSError,
            ValueError,
            KeyError,
            http.client.HTTPException,
            urllib3.exceptions.HTTPError,
        ) as error:
            late = isinstance(error, TimeoutError) or self._is_over()
            # What the error says may quote the address or a header; its name does not.
            raise UnansweredError(type(error).__name__, is_late=late) from None
        finally:
            if connection is not None:
                connection.close()
                connection.end()

    def _body(self, response: Any, most_bytes: int) -> bytes:
        if response.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
            raise UnansweredError("packed, which was not asked for")
        pieces, size_bytes = [], 0
        while piece := response.read1(_PIECE_BYTES):
            pieces.append(piece)
            size_bytes += len(piece)
            if size_bytes > most_bytes:
                raise UnansweredError(f"more than {most_bytes} bytes")
            if self._is_over():
                break
        if self._is_over():  # a connection that was cut for it looks like an end
            raise UnansweredError(f"{size_bytes} bytes in the time allowed", is_late=True)
        return b"".join(pieces)

    def _is_over(self) -> bool:
        return time.monotonic() >= self.ends_at


def agent_of(contact: str) -> str:
    """Write the User-Agent; a contact that no header can carry is left out."""
    reachable = contact if contact.isprintable() and contact.isascii() else ""
    return f"faebot_hash/{__version__} (bot; {reachable or 'no contact given'})"
