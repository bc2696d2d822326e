"""A hostile site cannot tie us up: each behaviour ends in time and takes little memory (goal L3)."""

from __future__ import annotations

import gzip
import itertools
import socket
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from faebot_hash.links import Answer, Failure, Verdict
from tests.counting import Counted
from tests.sites import Behaviour, Names, Site, answered, served

DEADLINE_S = 0.4
LONGER_S = 1.0
MOST_GROWTH_KB = 20_000
HOME = "127.0.0.1"
OK = b"HTTP/1.1 200 OK\r\n"
BOMB = gzip.compress(bytes(4_000_000))


def says(*pieces: bytes, every_s: float = 0.0) -> Behaviour:
    """Send the pieces, with pauses, and hang up."""

    def behaviour(sock: socket.socket) -> None:
        for piece in pieces:
            sock.sendall(piece)
            time.sleep(every_s)

    return behaviour


def repeats(start: bytes, piece: bytes, every_s: float = 0.0) -> Behaviour:
    """Send a start, then a piece for ever, which here means longer than anybody should listen."""

    def behaviour(sock: socket.socket) -> None:
        sock.sendall(start)
        until = time.monotonic() + 5 * DEADLINE_S
        while time.monotonic() < until:
            sock.sendall(piece)
            time.sleep(every_s)

    return behaviour


def resets(start: bytes) -> Behaviour:
    """Send a start and break the connection off."""

    def behaviour(sock: socket.socket) -> None:
        sock.sendall(start)
        time.sleep(0.01)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()

    return behaviour


def redirects(location: str) -> Behaviour:
    """Send elsewhere."""
    return says(answered(302, f"Location: {location}"))


def wanders() -> Behaviour:
    """Redirect to another page of the kind each time."""
    pages = itertools.count()
    return lambda sock: redirects(f"/wanders?{next(pages)}")(sock)


def tarpit(sock: socket.socket) -> None:
    """Say nothing at all, longer than anybody should listen."""
    time.sleep(5 * DEADLINE_S)


CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
GZIPPED = OK + b"Content-Encoding: gzip\r\n\r\n"
BEHAVIOURS: dict[str, Behaviour] = {
    "tarpit": tarpit,
    "drips-status": repeats(b"H", b"T", 0.02),
    "drips-headers": repeats(OK, b"X", 0.02),
    "drips-header-lines": repeats(OK, b"X: y\r\n", 0.02),
    "drips-body": repeats(OK + b"\r\n", b"x", 0.02),
    "drips-redirect": repeats(b"HTTP/1.1 302 X\r\nLocation: /drips-redirect?", b"x", 0.02),
    "endless-headers": repeats(OK, b"X: y\r\n" * 1000),
    "endless-header": repeats(OK + b"X: ", b"y" * 65536),
    "endless-status": repeats(b"HTTP/1.1 200 ", b"y" * 65536),
    "endless-continue": repeats(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100),
    "endless-hints": repeats(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100),
    "endless-body": repeats(OK + b"\r\n", b"x" * 65536),
    "endless-chunks": repeats(CHUNKED, b"10000\r\n" + b"x" * 65536 + b"\r\n"),
    "endless-garbage": repeats(b"", bytes(range(256)) * 256),
    "gzip-bomb": repeats(GZIPPED, BOMB),
    "broken-gzip": says(GZIPPED + b"no gzip"),
    "bad-chunk-size": says(CHUNKED + b"zz\r\nabc"),
    "negative-chunk": says(CHUNKED + b"-5\r\nabc"),
    "huge-chunk": says(CHUNKED + b"ffffffffffffffff\r\nabc"),
    "endless-chunk-size": repeats(CHUNKED, b"f" * 65536),
    "closes-at-once": says(),
    "closes-in-status": says(b"HTTP/1."),
    "closes-in-headers": says(OK + b"Content-Le"),
    "closes-in-body": says(OK + b"Content-Length: 1000\r\n\r\nabc"),
    "resets-at-once": resets(b""),
    "resets-in-headers": resets(OK + b"X: "),
    "redirects-to-itself": redirects("/redirects-to-itself"),
    "wanders": wanders(),
    "redirects-far": redirects("/" + "x" * 60_000),
    "redirects-too-far": redirects("/" + "x" * 600_000),
    "redirects-nowhere": says(answered(302)),
    "redirects-to-nul": redirects("http://a\0b.test/"),
    "redirects-splitting": redirects("/%0d%0aX:%20y\r\n\tHost: z"),
    "redirects-to-file": redirects("file:///etc/passwd"),
    "redirects-to-script": redirects("javascript:alert(1)"),
    "redirects-with-user": redirects("http://u:p@site.test/"),
    "redirects-to-mail": redirects("http://site.test:25/"),
    "redirects-to-bracket": redirects("http://[::1/"),
    "redirects-to-bytes": redirects("http://\xff\xfe/"),
    "redirects-to-tarpit": redirects("/tarpit"),
    "negative-length": says(OK + b"Content-Length: -1\r\n\r\n"),
    "two-lengths": says(OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
    "huge-length": says(OK + b"Content-Length: 99999999999999999999\r\n\r\nab"),
    "wordy-length": says(OK + b"Content-Length: many\r\n\r\nab"),
    "wordy-status": says(b"HTTP/1.1 gone X\r\n\r\n"),
    "status-of-four": says(b"HTTP/1.1 4040 X\r\n\r\n"),
    "status-999": says(b"HTTP/1.1 999 X\r\n\r\n"),
    "old-http": says(b"<html>404 Not Found</html>"),
    "next-http": says(b"HTTP/2 404\r\n\r\n"),
    "tls-alert": says(b"\x15\x03\x01\x00\x02\x02\x28"),
    "frames": says(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + bytes(18)),
    "zeros": says(bytes(1000)),
    "switches": says(b"HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\n\r\n"),
    "headers-of-bytes": says(OK + bytes(range(128, 256)) + b": x\r\nno colon\r\n: \r\n\r\n"),
    "many-cookies": says(OK + b"Set-Cookie: a=b\r\n" * 90 + b"\r\n"),
}


UNFINISHED = {
    *(
        "tarpit",
        "redirects-to-tarpit",
        "drips-status",
        "drips-headers",
        "drips-header-lines",
        "drips-redirect",
    ),
    *("endless-headers", "endless-header", "endless-status", "endless-continue", "endless-garbage"),
    *("closes-at-once", "closes-in-status", "closes-in-headers", "resets-at-once", "resets-in-headers"),
}


@pytest.fixture
def site() -> Iterator[Site]:
    with served() as one:
        one.behaviours.update(BEHAVIOURS)
        yield one


def peak_kb() -> int:
    """Give the most memory that this process had since the last reset."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0])


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_a_hostile_site_ends_in_time(site: Site, name: str, counted: Counted) -> None:
    answer = endured(site, site.url(f"/{name}"))
    if name in UNFINISHED:
        assert isinstance(answer.seen, Failure)
    counted("L3", 1, "hostile behaviours")


@pytest.mark.parametrize(
    "name",
    ["tarpit", "drips-status", "endless-garbage", "closes-at-once", "resets-at-once", "tls-alert", "zeros"],
)
def test_a_hostile_handshake_ends_in_time(site: Site, name: str, counted: Counted) -> None:
    site.greeting = BEHAVIOURS[name]
    answer = endured(site, f"https://site.test:{site.port}/")
    assert answer.seen in (Failure.TIMEOUT, Failure.TLS, Failure.CONNECTION)
    counted("L3", 1, "hostile handshakes")


@pytest.mark.parametrize("start", [b"HTTP/1.1 404 X\r\nA: b", b"HTTP/1.1 404 X\r\n", b"HTTP/1.1 404"])
def test_half_an_answer_is_no_evidence(site: Site, start: bytes) -> None:
    site.behaviours["half"] = says(start)
    assert isinstance(endured(site, site.url("/half")).seen, Failure)


def test_half_a_location_is_not_followed(site: Site) -> None:
    site.behaviours["half"] = says(b"HTTP/1.1 302 X\r\nLocation: /status/404")
    assert endured(site, site.url("/half")).seen is Failure.CONNECTION
    assert [asked.path for asked in site.seen] == ["/half"]


def test_two_locations_are_none(site: Site) -> None:
    site.behaviours["two"] = says(answered(302, "Location: /status/404", "Location: /status/410"))
    assert endured(site, site.url("/two")).seen is Failure.BAD_ANSWER


def endured(site: Site, url: str) -> Answer:
    """Check a hostile link, which must end in time, take little memory and prove nothing."""
    checker = site.checker(Names([HOME]), DEADLINE_S)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before_kb, began = peak_kb(), time.monotonic()
    answer = checker.check(url)
    assert time.monotonic() - began < DEADLINE_S + LONGER_S
    assert peak_kb() - before_kb < MOST_GROWTH_KB
    assert answer.verdict is not Verdict.EVIDENCE_OF_DEATH
    return answer


def test_tarpits_do_not_delay_good_links(site: Site, counted: Counted) -> None:
    deadline_s = 1.0
    checker = site.checker(Names([HOME]), deadline_s)
    bad = [site.url("/tarpit", f"bad{number}.test") for number in range(200)]
    good = [site.url("/status/200", f"good{number}.test") for number in range(20)]
    began = time.monotonic()
    late: dict[str, float] = {}
    for answer in checker.check_all([*bad, *good]):
        if answer.url in good:
            assert answer.seen == 200
            late[answer.url] = time.monotonic() - began
    assert len(late) == 20
    # 60 s at the deadline of production, which is 20 s.
    assert max(late.values()) < 3 * deadline_s + LONGER_S
    counted("L3", 200, "tarpits at once beside 20 good links")
