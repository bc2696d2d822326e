"""Connections that can only reach vetted addresses: looked up once, all judged, and the peer checked.

What connects is what was judged: nothing looks the name up a second time, and no proxy comes between.
"""

from __future__ import annotations

import http.client
import io
import queue
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any

import urllib3.connection
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from faebot_hash.adapters.addresses import Address, PublicOnly, address_of
from faebot_hash.links import Failure

MOST_ADDRESSES = 32
MOST_TRIED = 3
# The kernel doubles it: at most 64 KiB of an answer are taken, however much is sent.
RECEIVE_BYTES = 32_768

LookedUp = Sequence[tuple[Any, ...]]
Resolver = Callable[[str, int], LookedUp]
"""Gives what ``socket.getaddrinfo`` gives, or raises OSError."""


class NotConnectedError(Exception):
    """No connection was made, and why."""

    def __init__(self, failure: Failure, detail: str = "") -> None:
        super().__init__(failure, detail)
        self.failure = failure
        self.detail = detail


def system_resolver(host: str, port: int) -> LookedUp:
    """Ask the system's resolver."""
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


@dataclass(frozen=True)
class Road:
    """The way to one host, ending at a monotonic moment: each opening looks up, judges and connects."""

    policy: PublicOnly
    resolver: Resolver
    host: str
    port: int
    ends_at: float

    def open(self) -> socket.socket:
        """Connect to one of the host's addresses; raises NotConnectedError, or OSError from the network."""
        error: OSError | None = None
        for address in self._addresses()[:MOST_TRIED]:
            try:
                return self._connected(address)
            except OSError as failed:
                error = failed
        raise error or NotConnectedError(Failure.LOOKUP_FAILED)

    def left_s(self) -> float:
        """Give the seconds that are left, or raise NotConnectedError."""
        left_s = self.ends_at - time.monotonic()
        if left_s <= 0:
            raise NotConnectedError(Failure.TIMEOUT)
        return left_s

    def _addresses(self) -> list[Address]:
        """Give the host's addresses if every one of them is allowed."""
        literal = address_of(self.host)
        found = [str(literal)] if literal else self._looked_up()
        if not 0 < len(found) <= MOST_ADDRESSES:
            raise NotConnectedError(Failure.LOOKUP_FAILED, f"{len(found)} addresses")
        addresses = []
        for text in found:
            address = address_of(text)
            if address is None or not self.policy.allows(address, self.port):
                raise NotConnectedError(Failure.FORBIDDEN_ADDRESS, text)
            addresses.append(address)
        return addresses

    def _looked_up(self) -> list[str]:
        answered: queue.SimpleQueue[LookedUp | Exception] = queue.SimpleQueue()

        def look_up() -> None:
            try:
                # The dot keeps the machine's search domains out.
                answered.put(self.resolver(f"{self.host}.", self.port))
            except (OSError, UnicodeError) as error:
                answered.put(error)

        # getaddrinfo has no timeout; a thread of its own can be left behind.
        threading.Thread(target=look_up, name="look-up", daemon=True).start()
        try:
            answer = answered.get(timeout=self.left_s())
        except queue.Empty:
            raise NotConnectedError(Failure.LOOKUP_FAILED, "no answer in time") from None
        if isinstance(answer, socket.gaierror) and answer.errno == socket.EAI_NONAME:
            raise NotConnectedError(Failure.NO_SUCH_NAME)
        if isinstance(answer, Exception):
            raise NotConnectedError(Failure.LOOKUP_FAILED, str(answer))
        return list(dict.fromkeys(_text_of(entry) for entry in answer))

    def _connected(self, address: Address) -> socket.socket:
        version4 = isinstance(address, IPv4Address)
        family = socket.AF_INET if version4 else socket.AF_INET6
        target = (str(address), self.port) if version4 else (str(address), self.port, 0, 0)
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
            sock.settimeout(self.left_s())
            sock.connect(target)
            peer = sock.getpeername()
            if address_of(peer[0]) != address or peer[1] != self.port:
                raise NotConnectedError(Failure.FORBIDDEN_ADDRESS, f"connected to {peer[0]}")
            return sock
        except (OSError, NotConnectedError):
            sock.close()
            raise


def _text_of(entry: tuple[Any, ...]) -> str:
    """Give the address of a resolver's line; a strange family's is no address and so forbidden."""
    family, _, _, _, where = entry
    if family not in (socket.AF_INET, socket.AF_INET6) or not where:
        return f"family {family}"
    return str(where[0])


class Deadline:
    """Cuts a connection at a monotonic moment: socket timeouts alone would let a drip go on for ever."""

    def __init__(self, sock: socket.socket, seconds: float) -> None:
        # Wrapping in TLS takes the socket's number away; a duplicate can still shut it down.
        self._sock = sock.dup()
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self._timer.start()

    def _cut(self) -> None:
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Give the connection back."""
        self._timer.cancel()
        self._sock.close()


class _Lines(io.BufferedReader):
    """Lines of which the last must come: an answer that breaks off would pass for a whole one."""

    def readline(self, size: int | None = -1, /) -> bytes:
        line = super().readline(size)
        if not line:
            raise http.client.RemoteDisconnected("the answer breaks off")
        return line


class _WholeHeaders(http.client.HTTPResponse):
    """An answer whose headers are complete, so that no Location is half of one."""

    def __init__(self, sock: socket.socket, debuglevel: int = 0, method: str | None = None) -> None:
        super().__init__(sock, debuglevel, method)
        self.fp = _Lines(sock.makefile("rb", buffering=0))


class _Opened:
    """The half of a connection that opens its own road."""

    response_class: type[http.client.HTTPResponse] = _WholeHeaders
    road: Road
    deadline: Deadline | None = None

    def _new_conn(self) -> socket.socket:
        sock = self.road.open()
        self.deadline = Deadline(sock, self.road.left_s())
        return sock

    def end(self) -> None:
        """Let the deadline go, once the connection is closed."""
        if self.deadline is not None:
            self.deadline.close()


class VettedHttp(_Opened, urllib3.connection.HTTPConnection):
    """Plain HTTP over a vetted road."""


class VettedHttps(_Opened, urllib3.connection.HTTPSConnection):
    """HTTP over TLS over a vetted road; the certificate must be the host's."""


def connection_for(scheme: str, road: Road) -> VettedHttp | VettedHttps:
    """Make an unopened connection."""
    connection: VettedHttp | VettedHttps
    if scheme == "https":
        connection = VettedHttps(road.host, road.port, timeout=road.left_s(), ca_certs=DEFAULT_CA_BUNDLE_PATH)
    else:
        connection = VettedHttp(road.host, road.port, timeout=road.left_s())
    connection.road = road
    return connection
