"""Web sites on loopback that do as they are told, names that lead where a test wants, a spy on sockets."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

from faebot_hash.adapters.addresses import Address, PublicOnly
from faebot_hash.adapters.links import LinkChecker
from faebot_hash.adapters.vetted import LookedUp
from tests.test_http import VirtualClock

CONTACT = "https://commons.wikimedia.org/wiki/User_talk:Example"
Behaviour = Callable[[socket.socket], None]
Server = TypeVar("Server", bound=socketserver.BaseServer)

_spies: list[list[Any]] = []


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect":
        for spy in _spies:
            spy.append(arguments[1])


sys.addaudithook(_note)


@contextlib.contextmanager
def spying() -> Iterator[list[Any]]:
    """List where sockets connect to meanwhile, as the interpreter itself tells it."""
    connects: list[Any] = []
    _spies.append(connects)
    try:
        yield connects
    finally:
        _spies.remove(connects)


class AlsoLoopback(PublicOnly):
    """Production's policy, and one port of 127.0.0.1."""

    def __init__(self, port: int) -> None:
        self.port = port

    def allows_port(self, port: int) -> bool:
        return port == self.port or super().allows_port(port)

    def allows(self, address: Address, port: int) -> bool:
        return (str(address), port) == ("127.0.0.1", self.port) or super().allows(address, port)


def line(address: str, port: int) -> tuple[Any, ...]:
    """Make a line as getaddrinfo gives it."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return family, socket.SOCK_STREAM, 6, "", (address, port)


class Names:
    """A resolver: each name has a list of answers, of which the last is repeated; others do not exist."""

    def __init__(self, default: list[str] | None = None) -> None:
        self.answers: dict[str, list[list[str]]] = {}
        self.default = default

    def __call__(self, host: str, port: int) -> LookedUp:
        answers = self.answers.get(host.removesuffix("."), [])
        found = answers.pop(0) if len(answers) > 1 else answers[0] if answers else self.default
        if found is None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [line(address, port) for address in found]


@dataclass(frozen=True)
class Asked:
    """One request as a site saw it."""

    host: str
    method: str
    path: str
    raw: bytes
    at: float


class Site(socketserver.ThreadingTCPServer):
    """A server that notes every request: /status/404, /hop/3?to=URL, or a behaviour by its name.

    A ``greeting`` is given to whoever comes, before a word is read.
    """

    daemon_threads = True
    request_queue_size = 256

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Visit)
        self.port: int = self.server_address[1]
        self.behaviours: dict[str, Behaviour] = {}
        self.greeting: Behaviour | None = None
        self.clock = VirtualClock()
        self.seen: list[Asked] = []
        self.active: Counter[str] = Counter()
        self.most_active = 0
        self.lock = threading.Lock()

    def url(self, path: str, host: str = "site.test") -> str:
        """Give the address of a page."""
        return f"http://{host}:{self.port}{path}"

    def checker(self, resolver: Callable[[str, int], LookedUp], deadline_s: float = 20.0) -> LinkChecker:
        """Make a checker that may visit this site; its pauses are virtual."""
        return LinkChecker(
            AlsoLoopback(self.port), CONTACT, resolver=resolver, clock=self.clock, deadline_s=deadline_s
        )

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of visitors that hang up."""


class _Visit(socketserver.BaseRequestHandler):
    server: Site

    def handle(self) -> None:
        if self.server.greeting is not None:
            with contextlib.suppress(OSError):
                self.server.greeting(self.request)
            return
        raw = b""
        while b"\r\n\r\n" not in raw:
            piece = self.request.recv(65536)
            if not piece:
                return
            raw += piece
        method, path, _ = raw.split(b"\r\n")[0].decode("latin-1").split(" ")
        host = raw.partition(b"Host: ")[2].partition(b"\r\n")[0].decode("latin-1").partition(":")[0]
        site = self.server
        with site.lock:
            site.seen.append(Asked(host, method, path, raw, site.clock.now()))
            site.active[host] += 1
            site.most_active = max(site.most_active, site.active[host])
        time.sleep(0.001)
        with site.lock:
            site.active[host] -= 1
        with contextlib.suppress(OSError):
            self._answer(path)

    def _answer(self, path: str) -> None:
        parts = urlsplit(path)
        kind, _, rest = parts.path.strip("/").partition("/")
        if kind == "hop":
            to = parse_qs(parts.query)["to"][0]
            again = f"/hop/{int(rest) - 1}?{parts.query}"
            self.request.sendall(answered(302, f"Location: {to if rest == '1' else again}"))
        elif kind in self.server.behaviours:
            self.server.behaviours[kind](self.request)
        else:
            self.request.sendall(answered(int(rest or 200), "Set-Cookie: a=cookie-canary; path=/"))


def answered(status: int, *headers: str) -> bytes:
    """Make an answer without a body."""
    return "\r\n".join([f"HTTP/1.1 {status} X", *headers, "Content-Length: 0", "", ""]).encode("latin-1")


@contextlib.contextmanager
def listening(server: Server) -> Iterator[Server]:
    """Let a server answer in a thread beside the test."""
    with server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def served() -> contextlib.AbstractContextManager[Site]:
    """Serve a site."""
    return listening(Site())
