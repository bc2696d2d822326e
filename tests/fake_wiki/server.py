"""A real HTTP server on loopback that delivers replies whole, late, in part or not at all."""

from __future__ import annotations

import json
import select
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.fake_wiki.faults import Delivery, Manner, Network

HOST = "127.0.0.1"
API = "/w/api.php"
LONGEST_HANG_S = 5.0
DRIP_PARTS, DRIP_GAP_S = 4, 0.01
RESET_ON_CLOSE = struct.pack("ii", 1, 0)

Respond = Callable[[Mapping[str, str], str], Delivery]
Steer = Callable[[str, Mapping[str, Any]], dict[str, Any]]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        self._answer(urlsplit(self.path).query)

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self._answer(self.rfile.read(length).decode("utf-8"))

    def _answer(self, text: str) -> None:
        path = urlsplit(self.path).path
        if path == API:
            asked = dict(parse_qsl(text, keep_blank_values=True))
            self._deliver(self.server.respond(asked, self.headers.get("Cookie", "")))
        else:
            told = self.server.steer(path, json.loads(text or "{}"))
            self._deliver(Delivery(json.dumps(told).encode()))

    def _deliver(self, delivery: Delivery) -> None:
        if delivery.manner is Manner.RESET:
            self._reset()
            return
        if delivery.manner is Manner.HANG:
            self._hang()
            return
        self.send_response(delivery.status)
        self.send_header("Content-Type", delivery.content_type)
        self.send_header("Content-Length", str(len(delivery.body)))
        for name, value in delivery.headers.items():
            self.send_header(name, value)
        head = b"".join(self._headers_buffer) + b"\r\n"
        self._headers_buffer.clear()
        if delivery.manner is Manner.CUT:
            self.wfile.write(head + delivery.body[: len(delivery.body) // 2])
            self.close_connection = True
        elif delivery.manner is Manner.DRIP:
            self._drip(head + delivery.body)
        else:
            self.wfile.write(head + delivery.body)

    def _drip(self, whole: bytes) -> None:
        step = len(whole) // DRIP_PARTS + 1
        for start in range(0, len(whole), step):
            self.wfile.write(whole[start : start + step])
            time.sleep(DRIP_GAP_S)

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        self.server.to_reset.add(self.connection)
        self.close_connection = True

    def _hang(self) -> None:
        # The client's patience decides; it closes the connection.
        select.select([self.connection], [], [], LONGEST_HANG_S)
        self.close_connection = True

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
        """Say nothing: the world keeps a log of its own."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, respond: Respond, steer: Steer) -> None:
        self.respond = respond
        self.steer = steer
        self.to_reset: set[socket.socket] = set()
        self.connections: set[socket.socket] = set()
        self.reset_next = False
        super().__init__((HOST, port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self.reset_next:
            self.reset_next = False
            request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            request.close()
            return
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.connections.discard(request)
        if request in self.to_reset:
            # A shutdown would say goodbye first.
            self.to_reset.discard(request)
            request.close()
        else:
            super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Let a client go that went away first; anything else is a fault of the fake and must be seen."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def drop_connections(self) -> None:
        """Close what clients keep open, so that their next request must connect anew."""
        for connection in list(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


class Door:
    """The address of the wiki: open, refusing, or silent; always the same port."""

    def __init__(self, respond: Respond, steer: Steer) -> None:
        self._respond = respond
        self._steer = steer
        self._server: _Server | None = _Server(0, respond, steer)
        self.port = int(self._server.server_address[1])
        self._silent: list[socket.socket] = []
        self._lock = threading.Lock()
        self._serve()

    @property
    def address(self) -> str:
        """Give scheme, host and port."""
        return f"http://{HOST}:{self.port}"

    def set(self, network: Network) -> None:
        """Treat new connections so from now on; connections that are idle end."""
        with self._lock:
            if network is Network.OPEN:
                self._open()
                return
            if self._server is None:
                return
            if network is Network.RESET_ONCE:
                self._server.reset_next = True
                self._server.drop_connections()
                return
            self._close()
            if network is Network.SILENT:
                self._be_silent()

    def close(self) -> None:
        """Stop serving for good."""
        with self._lock:
            self._close()

    def _serve(self) -> None:
        assert self._server is not None
        threading.Thread(target=self._server.serve_forever, args=(0.002,), daemon=True).start()

    def _open(self) -> None:
        for one in self._silent:
            one.close()
        self._silent.clear()
        if self._server is None:
            self._server = _Server(self.port, self._respond, self._steer)
            self._serve()
        self._server.reset_next = False

    def _close(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.socket.close()
            self._server.drop_connections()
            self._server = None

    def _be_silent(self) -> None:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, self.port))
        listener.listen(0)
        self._silent.append(listener)
        # A full queue lets further connection attempts go unanswered.
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex((HOST, self.port))
            self._silent.append(filler)
