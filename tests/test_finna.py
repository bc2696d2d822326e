"""Finna in trouble: every fault is 502, 504 or 404, in time, after two requests at most (promise W2)."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from faebot_hash.adapters.addresses import PublicOnly
from faebot_hash.adapters.decoders import Decoders
from faebot_hash.adapters.exchange import Exchange
from faebot_hash.adapters.finna import DEADLINE_S, Finna, NoPicture, Trouble
from faebot_hash.images import THUMBNAIL
from faebot_hash.web.app import create_app
from faebot_hash.web.start import HASHED_IN_S
from tests.counting import Counted
from tests.pictures import png
from tests.sites import AlsoLoopback, Behaviour, Names, Site, answered, served
from tests.test_hostile_sites import resets, says
from tests.web_world import World
from tests.web_world import served as web_served

HOST = "finna.test"
DEADLINE_HERE_S = 0.5
MOST_S = 8.0
PICTURE = png(64, 64, bytes(range(193)) * 64)


def content(body: bytes, kind: str = "application/json", *headers: str, status: int = 200) -> Behaviour:
    """Answer with a body."""
    lines = [
        f"HTTP/1.1 {status} X",
        f"Content-Type: {kind}",
        f"Content-Length: {len(body)}",
        *headers,
        "",
        "",
    ]
    return says("\r\n".join(lines).encode() + body)


def record(**changes: Any) -> bytes:
    """Write a record whose picture is fine."""
    told = {
        "resultCount": 1,
        "status": "OK",
        "records": [{"id": "a", "imagesExtended": [{"urls": {"small": "/picture/fine"}}]}],
    }
    return json.dumps(told | changes).encode()


def with_picture(address: object) -> bytes:
    """Write a record whose picture has an address."""
    return record(records=[{"imagesExtended": [{"urls": {"small": address}}]}])


def slowly(start: bytes, piece: bytes = b"", every_s: float = 0.05) -> Behaviour:
    """Send a start, then drip for longer than anybody should wait."""

    def behaviour(sock: socket.socket) -> None:
        sock.sendall(start)
        until = time.monotonic() + 4 * DEADLINE_HERE_S
        while time.monotonic() < until:
            time.sleep(every_s)
            sock.sendall(piece)

    return behaviour


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
RECORDS: dict[str, tuple[Behaviour, int]] = {
    "silent": (slowly(b""), 504),
    "drips-headers": (slowly(b"HTTP/1.1 200 OK\r\n", b"X"), 504),
    "drips-body": (slowly(OK, b" "), 504),
    "hangs-up": (says(), 502),
    "resets": (resets(b""), 502),
    "breaks-off-headers": (says(b"HTTP/1.1 200 OK\r\nContent-Le"), 502),
    "breaks-off-body": (says(OK + b'{"status"'), 502),
    "no-http": (says(b"\x00\x01\x02" * 100), 502),
    "500": (content(b"{}", status=500), 502),
    "503-with-retry": (content(b"", "text/html", "Retry-After: 5", status=503), 502),
    "429": (content(b"", status=429), 502),
    "404": (content(b"{}", status=404), 404),
    "redirect": (says(answered(302, "Location: /record/fine")), 502),
    "redirect-inside": (says(answered(302, "Location: http://127.0.0.1:22/")), 502),
    "html": (content(b"<html>maintenance</html>", "text/html"), 502),
    "empty": (content(b""), 502),
    "list": (content(b"[]"), 502),
    "deep": (content(b"[" * 200_000), 502),
    "huge": (content(b" " * 1_100_000), 502),
    "gzip-bomb": (
        content(gzip.compress(bytes(5_000_000)), "application/json", "Content-Encoding: gzip"),
        502,
    ),
    "not-ok": (content(record(status="ERROR")), 404),
    "bad-request": (content(b'{"status": "ERROR"}', status=400), 404),
    "none-found": (content(record(resultCount=0, records=[])), 404),
    "two-found": (content(record(resultCount=2)), 404),
    "count-is-text": (content(record(resultCount="1")), 502),
    "records-missing": (content(b'{"status": "OK", "resultCount": 1}'), 502),
    "record-is-null": (content(record(records=[None])), 502),
    "no-images": (content(record(records=[{"id": "a"}])), 404),
    "images-empty": (content(record(records=[{"imagesExtended": []}])), 404),
    "images-is-text": (content(record(records=[{"imagesExtended": "x"}])), 502),
    "image-is-null": (content(record(records=[{"imagesExtended": [None]}])), 502),
    "no-small": (content(record(records=[{"imagesExtended": [{"urls": {}}]}])), 502),
    "address-is-number": (content(with_picture(5)), 502),
    "picture-elsewhere": (content(with_picture("http://169.254.169.254/latest")), 502),
    "picture-in-a-file": (content(with_picture("file:///etc/passwd")), 502),
    "picture-with-user": (content(with_picture(f"http://u:p@{HOST}/picture/fine")), 502),
    "picture-at-a-bracket": (content(with_picture("http://[::1/")), 502),
    "picture-with-line": (content(with_picture("/picture/fine\r\nX: y")), 502),
}
PICTURES: dict[str, tuple[Behaviour, int]] = {
    "silent": (slowly(b""), 504),
    "drips": (slowly(OK, b"x"), 504),
    "hangs-up": (says(), 502),
    "cut": (says(OK + PICTURE[:50]), 502),
    "404": (content(b"", status=404), 404),
    "500": (content(b"", status=500), 502),
    "redirect": (says(answered(301, "Location: /picture/fine")), 502),
    "empty": (content(b"", "image/png"), 502),
    "html": (content(b"<html>", "text/html"), 502),
    "half-a-picture": (content(PICTURE[:60], "image/png"), 502),
    "huge": (content(bytes(9_000_000), "image/png"), 502),
    "bomb": (content(png(60_000, 60_000, b""), "image/png"), 502),
}


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with served() as one:
        one.behaviours["picture-fine"] = content(PICTURE, "image/png")
        for name, (behaviour, _) in PICTURES.items():
            one.behaviours[f"picture-{name}"] = behaviour
        yield one


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with web_served(tmp_path_factory.mktemp("web")) as one, Decoders(THUMBNAIL, 1, HASHED_IN_S) as decoders:
        one.service = type(one.service)(
            one.service.settings, one.service.index, one.service.pages, decoders, one.records
        )
        one.app = create_app(one.service)
        yield one


class Fixed:
    """Leads Finna's two paths to behaviours by name."""

    def __init__(self, site: Site, record: Behaviour) -> None:
        site.behaviours["v1"] = record
        site.behaviours["picture"] = lambda sock: site.behaviours[
            f"picture-{urlsplit(site.seen[-1].path).path.rpartition('/')[2]}"
        ](sock)


def finna(site: Site, deadline_s: float = DEADLINE_HERE_S) -> Finna:
    names = Names(["127.0.0.1"])
    return Finna(
        f"http://{HOST}:{site.port}",
        "test",
        policy=AlsoLoopback(site.port),
        resolver=names,
        deadline_s=deadline_s,
    )


def asked(world: World, site: Site, record: Behaviour) -> tuple[int, dict[str, str], float, int]:
    """Ask for a record; give the status, the answer, the seconds and how many requests Finna saw."""
    Fixed(site, record)
    before = len(site.seen)
    answer_of = finna(site).picture_of("a & b")
    world.records.answer = answer_of
    began = time.monotonic()
    answer = world.client.get("/finnasearch?finna_id=a")
    return answer.status_code, answer.get_json(), time.monotonic() - began, len(site.seen) - before


def test_a_record_without_fault_is_found(world: World, site: Site) -> None:
    status, answer, _, requests = asked(world, site, content(record()))
    assert (status, requests) == (200, 2)
    assert isinstance(answer, list)
    question = urlsplit(site.seen[-2].path)
    assert question.path == "/v1/record"
    assert parse_qs(question.query) == {"id": ["a & b"], "field[]": ["id", "imagesExtended"]}
    assert b"Cookie" not in site.seen[-1].raw


CASES = [(f"record-{name}", behaviour, status) for name, (behaviour, status) in RECORDS.items()]
CASES += [
    (f"picture-{name}", content(with_picture(f"/picture/{name}")), status)
    for name, (_, status) in PICTURES.items()
]


@pytest.mark.parametrize(("name", "behaviour", "status"), CASES, ids=[case[0] for case in CASES])
def test_each_fault_is_told(
    world: World, site: Site, name: str, behaviour: Behaviour, status: int, counted: Counted
) -> None:
    began = time.monotonic()
    told, answer, _, requests = asked(world, site, behaviour)
    assert (told, list(answer)) == (status, ["error"])
    assert time.monotonic() - began < DEADLINE_HERE_S + 2 * HASHED_IN_S + 1
    assert requests <= 2
    counted("W2", 1, "faults of Finna's")


def test_all_of_it_ends_within_eight_seconds() -> None:
    """Two tries of the decoding process included."""
    assert DEADLINE_S + 2 * HASHED_IN_S <= MOST_S


def test_nobody_there_and_no_such_name(site: Site) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    away = Finna(f"http://{HOST}:{port}", "t", policy=AlsoLoopback(port), resolver=Names(["127.0.0.1"]))
    nameless = Finna("https://api.finna.fi", "t", resolver=Names())
    for one in (away, nameless):
        verdict = one.picture_of("a")
        assert isinstance(verdict, NoPicture)
        assert verdict.trouble is Trouble.BROKEN


def test_a_name_that_leads_inside_is_not_followed(site: Site) -> None:
    before = len(site.seen)
    inside = Finna(f"http://{HOST}:{site.port}", "t", resolver=Names(["127.0.0.1"]))
    verdict = inside.picture_of("a")
    assert isinstance(verdict, NoPicture)
    assert (verdict.trouble, len(site.seen)) == (Trouble.BROKEN, before)


def test_a_resolver_without_an_answer_is_slow() -> None:
    hang = threading.Event()
    stuck = Finna(
        f"http://{HOST}", "t", resolver=lambda host, port: (hang.wait(2) and []) or [], deadline_s=0.2
    )
    began = time.monotonic()
    verdict = stuck.picture_of("a")
    hang.set()
    assert isinstance(verdict, NoPicture)
    assert (verdict.trouble, time.monotonic() - began < 1) == (Trouble.SLOW, True)


def test_production_asks_finnas_own_hosts_alone() -> None:
    looked_up: list[str] = []
    told = Finna("https://api.finna.fi", "t")
    exchange = Exchange(
        PublicOnly(), lambda host, port: looked_up.append(host) or [], "t", time.monotonic() + 1
    )
    for host in ("https://evil.test", "http://finna.fi.evil.test", "ftp://finna.fi", "https://me@finna.fi"):
        with pytest.raises(Exception, match="BROKEN"):
            told._get(exchange, f"{host}/", 1)
    assert looked_up == []
