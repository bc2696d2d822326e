"""The downloader against a real server on loopback that behaves as badly as servers do; waits are virtual."""

from __future__ import annotations

import contextlib
import gzip
import random
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faebot_hash.adapters.http import PoliteFetcher
from faebot_hash.adapters.pace import Bandwidth, Clock, retry_after_s
from faebot_hash.errors import SettingsError
from faebot_hash.ports import Fetcher
from faebot_hash.reasons import Reason, Skipped
from faebot_hash.settings import HttpSettings

PICTURE = b"\x89PNG" + bytes(range(256)) * 8
SIZE_PAGES = {
    429: b"<html><p>Use thumbnail steps listed on https://w.wiki/GHai</p>",
    400: b"<html><p>Use thumbnail sizes listed on https://w.wiki/GHai</p>",
}


class VirtualClock(Clock):
    """A clock that jumps to the moment somebody waits for."""

    def __init__(self) -> None:
        self.moment = 1000.0
        self._lock = threading.Lock()

    def now(self) -> float:
        return self.moment

    def wait_until(self, moment: float, stop: threading.Event) -> None:
        if not stop.is_set():
            with self._lock:
                self.moment = max(self.moment, moment)


class Answering(BaseHTTPRequestHandler):
    """Hands each request to the behaviour of its path."""

    protocol_version = "HTTP/1.1"
    server: MediaHost

    def do_GET(self) -> None:
        with self.server.counting(self.path, dict(self.headers)):
            behaviour = self.server.behaviours.get(self.path.partition("?")[0], picture)
            with contextlib.suppress(ConnectionError, TimeoutError):
                behaviour(self)

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response_only(status)
        for name, value in {"Content_Length": str(len(body)), **headers}.items():
            if value:
                self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


Behaviour = Callable[[Answering], None]


class MediaHost(ThreadingHTTPServer):
    """A media host that notes who asks for what, when in virtual time, and how many at once."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.behaviours: dict[str, Behaviour] = {}
        self.clock = VirtualClock()
        self.seen: list[tuple[str, float, dict[str, str]]] = []
        self.active = self.most_active = 0
        self._lock = threading.Lock()

    @property
    def authority(self) -> str:
        return f"127.0.0.1:{self.server_port}"

    def url(self, path: str) -> str:
        return f"http://{self.authority}{path}"

    @contextlib.contextmanager
    def counting(self, path: str, headers: dict[str, str]) -> Iterator[None]:
        with self._lock:
            self.seen.append((path, self.clock.now() - 1000.0, headers))
            self.active += 1
            self.most_active = max(self.active, self.most_active)
        try:
            yield
        finally:
            with self._lock:
                self.active -= 1

    def times(self, path: str) -> list[float]:
        return [at for seen, at, _ in self.seen if seen == path]

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that hang up."""


@pytest.fixture
def host() -> Iterator[MediaHost]:
    with MediaHost() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@contextlib.contextmanager
def fetching(host: MediaHost, clock: Clock | None = None, **settings: float) -> Iterator[PoliteFetcher]:
    chosen = HttpSettings(hosts=(), **settings)  # type: ignore[arg-type]
    with PoliteFetcher(chosen, extra_hosts=[host.authority], clock=clock or host.clock) as fetcher:
        yield fetcher


def fetched(host: MediaHost, path: str, **settings: float) -> bytes | Skipped:
    with fetching(host, **settings) as fetcher:
        [(url, result)] = fetcher.fetch([host.url(path)])
    assert url == host.url(path)
    assert isinstance(result, bytes) or result.what == url
    return result


# ---- what a server may do


def picture(handler: Answering) -> None:
    handler.answer(200, PICTURE, Content_Type="image/png")


def chunked(handler: Answering) -> None:
    handler.answer(200, Content_Length="", Transfer_Encoding="chunked", Content_Type="image/png")
    for start in range(0, len(PICTURE), 700):
        piece = PICTURE[start : start + 700]
        handler.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
    handler.wfile.write(b"0\r\n\r\n")


def saying(status: int, body: bytes = PICTURE, **headers: str) -> Behaviour:
    return lambda handler: handler.answer(status, body, **{"Content_Type": "image/png", **headers})


def cut(at: int) -> Behaviour:
    def behaviour(handler: Answering) -> None:
        length = str(len(PICTURE))
        handler.answer(200, PICTURE[:at], Content_Type="image/png", Content_Length=length)
        handler.close_connection = True

    return behaviour


def cut_chunk(handler: Answering) -> None:
    handler.answer(200, Content_Length="", Transfer_Encoding="chunked", Content_Type="image/png")
    handler.wfile.write(b"800\r\n" + PICTURE[:500])
    handler.close_connection = True


def cut_between_chunks(handler: Answering) -> None:
    handler.answer(200, Content_Length="", Transfer_Encoding="chunked", Content_Type="image/png")
    handler.wfile.write(b"100\r\n" + PICTURE[:256] + b"\r\n")
    handler.close_connection = True


def without_length(handler: Answering) -> None:
    handler.answer(200, PICTURE[:100], Content_Length="", Content_Type="image/png")
    handler.close_connection = True


def reset(handler: Answering) -> None:
    handler.answer(200, PICTURE[:100], Content_Type="image/png", Content_Length="3999")
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True


def endless(status: int, **headers: str) -> Behaviour:
    def behaviour(handler: Answering) -> None:
        chosen = {
            "Content_Type": "image/png",
            "Content_Length": "",
            "Transfer_Encoding": "chunked",
            **headers,
        }
        handler.answer(status, **chosen)
        while True:
            handler.wfile.write(b"1000\r\n" + b"\x89" * 4096 + b"\r\n")

    return behaviour


def drip(handler: Answering) -> None:
    handler.answer(200, Content_Type="image/png", Content_Length=str(len(PICTURE)))
    for byte in PICTURE:
        handler.wfile.write(bytes([byte]))
        time.sleep(0.02)


def silent(handler: Answering) -> None:
    time.sleep(30)


def garbage(handler: Answering) -> None:
    handler.wfile.write(b"\x00\xff nonsense\r\n\r\n")
    handler.close_connection = True


def to(target: str, status: int = 302) -> Behaviour:
    return lambda handler: handler.answer(status, Location=target)


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """Behave differently each time, and in the last way for ever."""
    calls = count()
    return lambda handler: behaviours[min(next(calls), len(behaviours) - 1)](handler)


# ---- one address


@pytest.mark.parametrize("behaviour", [picture, chunked, to("/b"), to("b?utm_source=x", 308)])
def test_a_whole_picture_comes_through(host: MediaHost, behaviour: Behaviour) -> None:
    host.behaviours["/a"] = behaviour
    assert fetched(host, "/a") == PICTURE


@pytest.mark.parametrize(
    ("behaviour", "reason", "detail", "requests"),
    [
        (saying(200, b"<html>", Content_Type="text/html; charset=utf-8"), Reason.UNREADABLE, "text/html", 1),
        (saying(200, Content_Type=""), Reason.UNREADABLE, "no content type", 1),
        (saying(200, b"\n <!DOCTYPE html>"), Reason.UNREADABLE, "no picture", 1),
        (saying(200, gzip.compress(PICTURE)), Reason.UNREADABLE, "no picture", 1),
        (saying(200, gzip.compress(PICTURE), Content_Encoding="gzip"), Reason.UNREADABLE, "packed", 1),
        (saying(206), Reason.UNREADABLE, "HTTP 206", 1),
        (saying(204, b"", Content_Length=""), Reason.UNREADABLE, "HTTP 204", 1),
        (saying(302), Reason.UNREADABLE, "HTTP 302", 1),
        (saying(403), Reason.UNREADABLE, "HTTP 403", 1),
        (saying(400), Reason.UNREADABLE, "HTTP 400", 1),
        (saying(404), Reason.NO_THUMBNAIL, "HTTP 404", 1),
        (saying(410), Reason.NO_THUMBNAIL, "HTTP 410", 1),
        (saying(429, SIZE_PAGES[429]), Reason.THUMBNAIL_SIZE_REFUSED, "HTTP 429", 1),
        (saying(400, SIZE_PAGES[400]), Reason.THUMBNAIL_SIZE_REFUSED, "HTTP 400", 1),
        (saying(429, b"too many recent failed attempts (4)"), Reason.UNREADABLE, "cannot render", 1),
        (saying(429, b"slow down"), Reason.UNREADABLE, "HTTP 429; tried 4 times", 4),
        (saying(500), Reason.UNREADABLE, "HTTP 500; tried 4 times", 4),
        (saying(503), Reason.UNREADABLE, "HTTP 503; tried 4 times", 4),
        (saying(200, b""), Reason.UNREADABLE, "an empty body", 4),
        (cut(0), Reason.UNREADABLE, "IncompleteRead", 4),
        (cut(2000), Reason.UNREADABLE, "IncompleteRead", 4),
        (cut_chunk, Reason.UNREADABLE, "ProtocolError", 4),
        (cut_between_chunks, Reason.UNREADABLE, "ProtocolError", 4),
        (without_length, Reason.UNREADABLE, "no length", 1),
        (reset, Reason.UNREADABLE, "", 4),
        (garbage, Reason.UNREADABLE, "", 4),
        (endless(200), Reason.TOO_LARGE, "more than 4000 bytes", 1),
        (saying(200, b"\x89" * 4001), Reason.TOO_LARGE, "4001 bytes, at most 4000", 1),
        (endless(404), Reason.NO_THUMBNAIL, "HTTP 404", 1),
        (endless(302, Location="/a"), Reason.UNREADABLE, "more than 3 redirects", 4),
        (to("http://[::1"), Reason.HOST_NOT_ALLOWED, "", 1),
    ],
)
@pytest.mark.spec("2.10")
def test_nothing_else_is_handed_on(
    host: MediaHost, behaviour: Behaviour, reason: Reason, detail: str, requests: int
) -> None:
    host.behaviours["/a"] = behaviour
    result = fetched(host, "/a", thumbnail_bytes=4000)
    assert isinstance(result, Skipped), result
    assert (result.reason, len(host.seen)) == (reason, requests), result
    assert detail in result.detail


def test_no_damaged_download_is_ever_handed_on(host: MediaHost) -> None:
    chance = random.Random(3)
    kinds = [cut_chunk, cut_between_chunks, without_length, saying(200, gzip.compress(PICTURE))]
    for number in range(500):
        damaged = cut(chance.randrange(len(PICTURE)))
        host.behaviours[f"/{number}"] = damaged if number % 5 else chance.choice(kinds)
    with fetching(host, attempts=1) as fetcher:
        results = dict(fetcher.fetch(host.url(f"/{number}") for number in range(500)))
    assert len(results) == 500
    assert {result.reason for result in results.values() if isinstance(result, Skipped)} == {
        Reason.UNREADABLE
    }
    assert not [result for result in results.values() if isinstance(result, bytes)]


@pytest.mark.parametrize(
    "first", [saying(500), saying(502), cut(100), cut_chunk, reset, garbage, saying(200, b"")]
)
def test_passing_troubles_pass(host: MediaHost, first: Behaviour) -> None:
    host.behaviours["/a"] = in_turn(first, first, picture)
    assert fetched(host, "/a") == PICTURE
    assert host.times("/a") == pytest.approx([0, 5, 15], abs=0.01)


@pytest.mark.parametrize("behaviour", [drip, silent])
def test_a_slow_host_is_given_up(host: MediaHost, behaviour: Behaviour) -> None:
    host.behaviours["/a"] = behaviour
    begun = time.monotonic()
    result = fetched(host, "/a", timeout_s=0.2, attempts=2)
    assert time.monotonic() - begun < 5
    assert isinstance(result, Skipped)
    assert result.reason is Reason.UNREADABLE
    assert len(host.seen) == 2


class SlowLine:
    """A line of so many Mbit/s, and a stopwatch that runs as its bytes are read and not before."""

    PIECE_BYTES = 16_000

    def __init__(self, mbps: float) -> None:
        self._piece_s = self.PIECE_BYTES * 8 / (mbps * 1e6)
        self._moment = 0.0
        self._read = threading.Event()

    def __call__(self) -> float:
        self._read.set()
        return self._moment

    def carrying(self, body: bytes) -> Behaviour:
        def behaviour(handler: Answering) -> None:
            handler.answer(200, Content_Type="image/png", Content_Length=str(len(body)))
            for start in range(0, len(body), self.PIECE_BYTES):
                self._read.clear()
                self._moment += self._piece_s
                handler.wfile.write(body[start : start + self.PIECE_BYTES])
                self._read.wait(5)

        return behaviour


@pytest.mark.parametrize(
    ("mbps", "as_thumbnail", "as_original"),
    [(10, True, True), (1, False, True), (0.6, False, True), (0.4, False, False)],
)
def test_an_original_may_take_the_time_that_a_thumbnail_may_not(
    host: MediaHost, mbps: float, as_thumbnail: bool, as_original: bool
) -> None:
    body = b"\x89" * 4_000_000
    for cap_bytes, comes in ((None, as_thumbnail), (len(body), as_original)):
        line = SlowLine(mbps)
        host.behaviours["/a"] = line.carrying(body)
        chosen = HttpSettings(hosts=(host.authority,), timeout_s=10, attempts=1, bandwidth_mbps=1_000)
        with PoliteFetcher(chosen, clock=host.clock, stopwatch=line) as fetcher:
            [(_, result)] = fetcher.fetch([host.url("/a")], cap_bytes)
        assert isinstance(result, bytes) == comes
        if isinstance(result, Skipped):
            assert result.reason is Reason.UNREADABLE
            assert "bytes in the time allowed" in result.detail


def test_a_host_that_is_not_there_is_given_up(host: MediaHost) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with PoliteFetcher(HttpSettings(hosts=(f"127.0.0.1:{port}",)), clock=host.clock) as fetcher:
        [(_, result)] = fetcher.fetch([f"http://127.0.0.1:{port}/a"])
    assert isinstance(result, Skipped)
    assert result.reason is Reason.UNREADABLE
    assert host.clock.now() - 1000 == 5 + 10 + 20


# ---- where it goes


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/a.png",
        "http://upload.wikimedia.org/a.png",
        "https://upload.wikimedia.org:8443/a.png",
        "https://upload.wikimedia.org.example.org/a.png",
        "https://upload.wikimedia.org@example.org/a.png",
        "https://user:word@upload.wikimedia.org/a.png",
        "https://example.org\\@upload.wikimedia.org/a.png",
        "http://127.0.0.1/a.png",
        "http://127.0.0.1:1/a.png",
        "http://[::1]/a.png",
        "ftp://upload.wikimedia.org/a.png",
        "file:///etc/passwd",
        "data:image/png;base64,AAAA",
        "//upload.wikimedia.org/a.png",
        "https:///a.png",
        "https://[x/a.png",
        "https://\udcff/a.png",
        "",
    ],
)
@pytest.mark.spec("2.11")
def test_other_hosts_are_never_connected_to(host: MediaHost, url: str) -> None:
    host.behaviours["/a"] = to(url.encode("utf-8", "replace").decode())
    settings = HttpSettings(contact="https://example.org/bot")
    with PoliteFetcher(settings, extra_hosts=[host.authority], clock=host.clock) as fetcher:
        results = dict(fetcher.fetch([url]))
        assert [result.reason for result in results.values() if isinstance(result, Skipped)] == [
            Reason.HOST_NOT_ALLOWED
        ]
        assert host.seen == []
        if url.isascii() and url and not url.startswith("//"):
            [(_, result)] = fetcher.fetch([host.url("/a")])
            assert isinstance(result, Skipped)
            assert result.reason is Reason.HOST_NOT_ALLOWED, result
            assert (result.what, len(host.seen)) == (host.url("/a"), 1)


def test_three_redirects_are_followed_and_not_four(host: MediaHost) -> None:
    host.behaviours |= {f"/{number}": to(f"/{number + 1}") for number in range(4)}
    assert fetched(host, "/1") == PICTURE
    result = fetched(host, "/0")
    assert isinstance(result, Skipped)
    assert result.reason is Reason.UNREADABLE


def test_tracking_is_left_away_and_the_address_kept(host: MediaHost) -> None:
    assert fetched(host, "/a.png?x=1&utm_source=commons&utm_campaign=imageinfo&y=2") == PICTURE
    assert fetched(host, "/b.png?utm_source=commons") == PICTURE
    assert [path for path, _, _ in host.seen] == ["/a.png?x=1&y=2", "/b.png"]


# ---- who it says it is


def test_it_says_who_it_is_and_keeps_no_cookies(host: MediaHost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    host.behaviours["/a"] = saying(200, Set_Cookie="a=b; Path=/")
    settings = HttpSettings(hosts=(host.authority,), contact="https://commons.wikimedia.org/wiki/User:Fæ")
    with PoliteFetcher(settings, clock=host.clock) as fetcher:
        for _ in range(2):
            assert dict(fetcher.fetch([host.url("/a")])) == {host.url("/a"): PICTURE}
    for _, _, headers in host.seen:
        assert "Cookie" not in headers
        assert headers["Accept-Encoding"] == "identity"
        name, _, rest = headers["User-Agent"].partition("/")
        assert name == "faebot_hash"
        assert "(bot; https://commons.wikimedia.org/wiki/User:F%C3%A6) requests/" in rest


@pytest.mark.parametrize("contact", ["", "  ", "me\r\nX-Evil: 1", "a\x00b"])
def test_a_usable_contact_is_asked_for(contact: str) -> None:
    with pytest.raises(SettingsError, match=r"\[http\] contact"):
        PoliteFetcher(HttpSettings(contact=contact), extra_hosts=["127.0.0.1:80"])


@pytest.mark.parametrize("local", ["127.0.0.1:8080", "[::1]:8080", "localhost", "127.3.2.1"])
def test_only_loopback_needs_no_contact_and_may_wait_less(local: str) -> None:
    PoliteFetcher(HttpSettings(hosts=(local,)), backoff_s=0.1).close()
    with pytest.raises(ValueError, match="loopback"):
        PoliteFetcher(HttpSettings(contact="x"), extra_hosts=[local], backoff_s=0.1)


# ---- how fast


def test_the_first_pause_without_retry_after_is_five_seconds_and_doubles(host: MediaHost) -> None:
    host.behaviours["/a"] = saying(429, b"slow down")
    fetched(host, "/a")
    assert host.times("/a") == [0, 5, 15, 35]


@pytest.mark.parametrize(
    ("headers", "pause_s"),
    [
        ({"Retry_After": "7"}, 7),
        ({"Retry_After": "0"}, 5),
        ({"Retry_After": "-3"}, 5),
        ({"Retry_After": "soon"}, 5),
        ({"Retry_After": "Mon, 05 Oct 2026 12:02:00 GMT", "Date": "Mon, 05 Oct 2026 12:00:00 GMT"}, 120),
        ({"Retry_After": "Mon, 05 Oct 2026 11:02:00 GMT", "Date": "Mon, 05 Oct 2026 12:00:00 GMT"}, 5),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_obeyed(host: MediaHost, status: int, headers: dict[str, str], pause_s: float) -> None:
    host.behaviours["/a"] = in_turn(saying(status, b"", **headers), picture)
    assert fetched(host, "/a") == PICTURE
    assert host.times("/a") == pytest.approx([0, pause_s], abs=0.01)


def test_a_pause_holds_everybody(host: MediaHost) -> None:
    def slow(handler: Answering) -> None:
        time.sleep(0.05)
        picture(handler)

    host.behaviours |= {f"/{number}": slow for number in range(10)}
    host.behaviours["/busy"] = in_turn(saying(429, b"", Retry_After="60"), picture)
    with fetching(host) as fetcher:
        results = dict(fetcher.fetch([host.url("/busy"), *(host.url(f"/{n}") for n in range(10))]))
    assert set(results.values()) == {PICTURE}
    early = [path for path, at, _ in host.seen if at < 60]
    assert len(early) <= 3, early
    assert len(host.seen) == 12


def test_a_very_long_pause_ends_the_downloads_without_asking_again(host: MediaHost) -> None:
    host.behaviours["/busy"] = saying(429, b"", Retry_After="86400")
    with fetching(host, parallel=1) as fetcher:
        results = dict(fetcher.fetch([host.url("/busy"), *(host.url(f"/{n}") for n in range(10))]))
    assert {result.reason for result in results.values() if isinstance(result, Skipped)} == {
        Reason.UNREADABLE
    }
    assert len(results) == 11
    assert len(host.seen) == 1


def test_at_most_two_at_once_over_all_generators(host: MediaHost) -> None:
    def slow(handler: Answering) -> None:
        time.sleep(0.01)
        picture(handler)

    host.behaviours |= {f"/{number}": slow for number in range(40)}
    with fetching(host) as fetcher:
        first = fetcher.fetch(host.url(f"/{number}") for number in range(20))
        second = fetcher.fetch(host.url(f"/{number}") for number in range(20, 40))
        results = [answer for pair in zip(first, second, strict=True) for answer in pair]
    assert len({url for url, _ in results}) == 40
    assert host.most_active == 2


def test_bandwidth_is_kept_in_virtual_time(host: MediaHost) -> None:
    body = b"\x89" * 250_000
    host.behaviours |= {f"/{number}": saying(200, body) for number in range(20)}
    with fetching(host, bandwidth_mbps=1.0) as fetcher:
        results = dict(fetcher.fetch(host.url(f"/{number}") for number in range(20)))
    assert set(results.values()) == {body}
    took_s = host.clock.now() - 1000
    assert 40 <= took_s <= 44


@settings(deadline=None)
@given(st.floats(0.05, 1000), st.lists(st.tuples(st.integers(1, 16_384), st.floats(0, 3)), max_size=200))
def test_no_ten_seconds_exceed_the_limit(mbps: float, steps: list[tuple[int, float]]) -> None:
    clock = VirtualClock()
    bandwidth = Bandwidth(mbps, clock)
    came: list[tuple[float, int]] = []
    for size_bytes, idle_s in steps:
        came.append((clock.now(), size_bytes))
        bandwidth.pay(size_bytes, threading.Event())
        clock.moment += idle_s
    for begin, _ in came:
        within = sum(size for at, size in came if begin <= at <= begin + 10)
        assert within * 8 <= mbps * 1e6 * 10 + 16_384 * 8


@settings(deadline=None)
@given(st.text(), st.text())
def test_any_retry_after_is_understood_or_ignored(asked: str, date: str) -> None:
    pause_s = retry_after_s(asked, date)
    assert pause_s is None or pause_s > 0


# ---- laziness and early ends


def test_addresses_are_taken_as_needed(host: MediaHost) -> None:
    taken = []

    def addresses() -> Iterator[str]:
        for number in count():
            taken.append(number)
            yield host.url(f"/{number}")

    with fetching(host) as fetcher:
        port: Fetcher = fetcher
        answers = port.fetch(addresses())
        assert taken == []
        for read in range(1, 20):
            next(answers)
            assert len(taken) <= read + 4
        answers.close()  # type: ignore[attr-defined]
        assert len(host.seen) <= len(taken)


def test_closing_early_ends_waits_and_leaves_the_fetcher_usable(host: MediaHost) -> None:
    host.behaviours["/broken"] = saying(500)
    with fetching(host, clock=Clock()) as fetcher:
        answers = fetcher.fetch([host.url("/a"), *[host.url("/broken")] * 20])
        assert next(answers) == (host.url("/a"), PICTURE)
        begun = time.monotonic()
        answers.close()  # type: ignore[attr-defined]
        assert time.monotonic() - begun < 3
        asked = len(host.seen)
        assert asked <= 4
        assert dict(fetcher.fetch([host.url("/a")])) == {host.url("/a"): PICTURE}
        assert len(host.seen) == asked + 1


def test_a_failing_source_of_addresses_is_not_swallowed(host: MediaHost) -> None:
    def addresses() -> Iterator[str]:
        yield host.url("/a")
        raise LookupError("the wiki went away")

    with fetching(host) as fetcher, pytest.raises(LookupError):
        list(fetcher.fetch(addresses()))


def test_no_addresses_no_answers(host: MediaHost) -> None:
    with fetching(host) as fetcher:
        assert list(fetcher.fetch([])) == []


def test_an_argument_may_set_another_cap(host: MediaHost) -> None:
    with fetching(host, thumbnail_bytes=10) as fetcher:
        assert dict(fetcher.fetch([host.url("/a")], cap_bytes=len(PICTURE))) == {host.url("/a"): PICTURE}
        [(_, result)] = fetcher.fetch([host.url("/a")], cap_bytes=len(PICTURE) - 1)
    assert isinstance(result, Skipped)
    assert result.reason is Reason.TOO_LARGE
