"""A proxy on loopback before a database server, with eight ways to fail at a chosen moment.

The faults have Toxiproxy's names. A moment is the so-manieth piece of bytes that a client sends after
``arm``: with MariaDB's protocol, one statement.
"""

from __future__ import annotations

import contextlib
import random
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

HOST = "127.0.0.1"
TOXICS = (
    "latency",
    "down",
    "bandwidth",
    "slow_close",
    "timeout",
    "reset_peer",
    "slicer",
    "limit_data",
)
LATENCY_S = 1.5
"""Longer than the tests' clients wait for an answer."""

SHORT_S = 0.1
REFUSED_AFTERWARDS = 2
RESET = struct.pack("ii", 1, 0)


class Cut(Exception):  # noqa: N818 - no error, but what a fault does
    """Both ends are to be closed now."""


class FaultProxy:
    """One listening socket; each connection has a thread for each direction."""

    def __init__(self, port: int, chance: random.Random) -> None:
        self._target = (HOST, port)
        self._chance = chance
        self._lock = threading.Lock()
        self._toxic = ""
        self._moment = 0
        self._refuse = 0
        self.pieces = 0
        self.struck = 0
        self._listener = socket.create_server((HOST, 0))
        self.port = self._listener.getsockname()[1]

    def arm(self, toxic: str, moment: int) -> None:
        """Let one fault come at the so-manieth piece from now, once."""
        with self._lock:
            self._toxic, self._moment, self.pieces = toxic, moment, 0

    def serve(self) -> None:
        """Take connections until the listener is closed."""
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if self._refuse > 0:
                    self._refuse -= 1
                    client.close()
                    continue
                threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _carry(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError, Cut), socket.create_connection(self._target) as server:
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            link = Link(client, server)
            threading.Thread(target=link.answer, daemon=True).start()
            try:
                while piece := client.recv(1 << 16):
                    self._pass_on(piece, link)
            finally:
                # Closing does nothing while the other thread still reads.
                with contextlib.suppress(OSError):
                    server.shutdown(socket.SHUT_RDWR)

    def _pass_on(self, piece: bytes, link: Link) -> None:
        with self._lock:
            self.pieces += 1
            toxic = self._toxic if self.pieces == self._moment else ""
            if toxic:
                self._toxic = ""
                self.struck += 1
        self._before(toxic, link)
        width = 7 if toxic == "slicer" else len(piece)
        for start in range(0, len(piece), width):
            link.server.sendall(piece[start : start + width])
        if toxic in ("reset_peer", "slow_close"):
            time.sleep(SHORT_S)
            if toxic == "reset_peer":
                link.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            raise Cut

    def _before(self, toxic: str, link: Link) -> None:
        """Let happen what happens before the piece goes on, if it does, and limit its answer."""
        match toxic:
            case "latency":
                time.sleep(LATENCY_S)
            case "down":
                self._refuse = REFUSED_AFTERWARDS
                raise Cut
            case "timeout":
                time.sleep(SHORT_S)
                raise Cut
            case "bandwidth":
                link.slice_bytes, link.pause_s = 16, 0.005
            case "slicer":
                link.slice_bytes = 3
            case "limit_data":
                link.left_bytes = self._chance.choice([0, 1, 4, 5, 6])
            case "reset_peer" | "slow_close":
                link.left_bytes = 0


class Link:
    """The two ends of one connection, and what holds for the answers on it."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.client = client
        self.server = server
        self.slice_bytes = 0
        self.pause_s = 0.0
        self.left_bytes: int | None = None

    def answer(self) -> None:
        """Carry answers to the client until an end closes or the limit is reached."""
        with contextlib.suppress(OSError):
            while piece := self.server.recv(1 << 16):
                if self.left_bytes is not None:
                    self.client.sendall(piece[: self.left_bytes])
                    time.sleep(SHORT_S)
                    break
                width = self.slice_bytes or len(piece)
                for start in range(0, len(piece), width):
                    self.client.sendall(piece[start : start + width])
                    time.sleep(self.pause_s)
        for end in (self.client, self.server):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@contextmanager
def before(port: int, chance: random.Random) -> Iterator[FaultProxy]:
    """Run a proxy before a port for a while."""
    proxy = FaultProxy(port, chance)
    thread = threading.Thread(target=proxy.serve, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.close()
        thread.join()
