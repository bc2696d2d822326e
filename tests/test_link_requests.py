"""Requests for links reach public addresses only, politely and without credentials (goals L1, L2, L5, L6)."""

from __future__ import annotations

import itertools
import os
import random
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from faebot_hash.adapters.addresses import PublicOnly
from faebot_hash.adapters.links import GAP_S, LinkChecker
from faebot_hash.adapters.vetted import LookedUp
from faebot_hash.errors import SettingsError
from faebot_hash.links import Answer, Failure, Verdict
from tests.counting import Counted
from tests.sites import CONTACT, Names, Site, line, served, spying
from tests.test_addresses import FORBIDDEN, ODD_SPELLINGS

LONG = os.environ.get("FAEBOT_LONG") == "1"
ELSEWHERE = [address for address in FORBIDDEN if address != "127.0.0.1"]
HOME = "127.0.0.1"
ERRORS = (Failure.FORBIDDEN_ADDRESS, Failure.NOT_ALLOWED, Failure.UNPARSABLE)


@pytest.fixture
def site() -> Iterator[Site]:
    with served() as one:
        yield one


@pytest.fixture
def neighbour(site: Site) -> Iterator[socket.socket]:
    """Listen at the site's port of another loopback address, where nobody may come."""
    with socket.create_server(("127.0.0.2", site.port)) as listener:
        yield listener
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()


def spelled(address: str) -> str:
    """Write an address as a URL has it."""
    return f"[{address}]" if ":" in address else address


@pytest.mark.parametrize("port", [80, 8080])
def test_a_forbidden_literal_is_not_connected_to(
    site: Site, neighbour: socket.socket, counted: Counted, port: int
) -> None:
    with spying() as connects:
        for address in FORBIDDEN:
            answer = site.checker(Names()).check(f"http://{spelled(address)}:{port}/")
            assert answer.seen is Failure.FORBIDDEN_ADDRESS, address
        assert connects == []
    counted("L1", len(FORBIDDEN), "forbidden literals")


def test_the_neighbour_is_forbidden_at_the_sites_own_port(site: Site, neighbour: socket.socket) -> None:
    with spying() as connects:
        assert site.checker(Names()).check(site.url("/", "127.0.0.2")).seen is Failure.FORBIDDEN_ADDRESS
        assert connects == []
        assert site.checker(Names()).check(site.url("/", HOME)).seen == 200
        assert connects == [(HOME, site.port)]


def test_a_name_with_a_forbidden_address_is_refused(
    site: Site, neighbour: socket.socket, counted: Counted
) -> None:
    names = Names()
    checker = site.checker(names)
    with spying() as connects:
        for address, mixed in itertools.product(ELSEWHERE, ([], [HOME], ["1.1.1.1", HOME])):
            for found in ([*mixed, address], [address, *mixed]):
                names.answers["site.test"] = [found]
                assert checker.check(site.url("/")).seen is Failure.FORBIDDEN_ADDRESS, found
        assert connects == []
    assert site.seen == []
    counted("L1", len(ELSEWHERE) * 6, "names with a forbidden address among their answers")


def test_rebinding_at_the_second_answer_is_refused(
    site: Site, neighbour: socket.socket, counted: Counted
) -> None:
    names = Names()
    checker = site.checker(names)
    with spying() as connects:
        for address in ELSEWHERE:
            names.answers["site.test"] = [[HOME], [address]]
            assert checker.check(site.url("/status/405")).seen is Failure.FORBIDDEN_ADDRESS
    assert connects == [(HOME, site.port)] * len(ELSEWHERE)
    assert {asked.method for asked in site.seen} == {"HEAD"}
    counted("L1", len(ELSEWHERE), "names bound anew between two requests")


def test_a_redirect_to_a_forbidden_address_is_refused(
    site: Site, neighbour: socket.socket, counted: Counted
) -> None:
    checker = site.checker(Names([HOME]))
    expected = 0
    with spying() as connects:
        for number, address in enumerate(ELSEWHERE):
            for hops in range(1, 6) if LONG else [number % 5 + 1]:
                expected += hops
                answer = checker.check(site.url(f"/hop/{hops}?to=http://{spelled(address)}/"))
                assert answer.seen is Failure.FORBIDDEN_ADDRESS, (address, hops)
    assert connects == [(HOME, site.port)] * expected
    counted("L1", expected, "redirect hops towards forbidden addresses")


@pytest.mark.parametrize("spelling", ODD_SPELLINGS)
def test_an_odd_spelling_is_not_connected_to(site: Site, spelling: str, counted: Counted) -> None:
    with spying() as connects:
        answer = site.checker(Names([HOME])).check(f"http://{spelling}/")
        assert connects == []
    assert answer.seen in ERRORS
    counted("L1", 1, "odd spellings")


# ---- unsure means closed


def failing(error: Exception) -> Callable[[str, int], LookedUp]:
    def resolver(host: str, port: int) -> LookedUp:
        raise error

    return resolver


def slow(host: str, port: int) -> LookedUp:
    time.sleep(0.5)
    return [line(HOME, port)]


def strange(family: int, where: tuple[Any, ...]) -> Callable[[str, int], LookedUp]:
    return lambda host, port: [line(HOME, port), (family, socket.SOCK_STREAM, 6, "", where)]


RESOLVERS: dict[str, Callable[[str, int], LookedUp]] = {
    **{
        name: failing(socket.gaierror(getattr(socket, name), "no"))
        for name in ("EAI_AGAIN", "EAI_FAIL", "EAI_NODATA", "EAI_FAMILY", "EAI_MEMORY", "EAI_SYSTEM")
    },
    "os": failing(OSError("no")),
    "time": failing(TimeoutError("no")),
    "unicode": failing(UnicodeError("label too long")),
    "slow": slow,
    "empty": Names([]),
    "33": Names([f"1.1.1.{n}" for n in range(33)]),
    "1000": Names([f"1.1.{n // 250}.{n % 250}" for n in range(1000)]),
    "unix": strange(socket.AF_UNIX, ("/run/socket",)),
    "packet": strange(17, ("eth0", 1)),
    "family 0": strange(0, (HOME, 80)),
    "no address": strange(socket.AF_INET, ()),
    "garbage": strange(socket.AF_INET, ("a.test", 80)),
    "zone": strange(socket.AF_INET6, ("2606:4700::1%eth0", 80, 0, 2)),
}
BAD_HOSTS = [
    *("a\0b.test", "a.test\0", "a.test\r\nX: y", "a%00.test", "a%0d%0a.test", "a b.test", "a\tb.test"),
    *("", ".test", "a..test", "-a.test", "a-.test", f"{'a' * 64}.test", f"{'a.' * 130}test", "xn--.test"),
    *("😀.test", "\u202ea.test", "a\u200d.test", "\u2028.test", "xn--a.xn--b-.test", "a!.test", "a'b.test"),
    *("u@a.test", "u:p@a.test", "localhost", "intranet", "a.onion", "a.internal", "a.local", "[::1", "[zz]"),
    *("commons.wikimedia.org", "de.wikipedia.org.", "a.toolforge.org", "a.wmcloud.org", "a.wmflabs.org"),
]
BAD_URLS = [
    *("ftp://a.test/", "file:///etc/passwd", "gopher://a.test/", "javascript:1", "data:,x", "//a.test/"),
    *("a.test/x", "", "http:", "http://", "http://a.test:22/", "http://a.test:0/", "http://a.test:65536/"),
    *("http://a.test:-1/", "http://a.test:x/", "https://a.test:6379/", "http://@[::1]:80/"),
]


@pytest.mark.parametrize("name", RESOLVERS)
def test_an_unsure_resolver_means_no_connection(site: Site, name: str, counted: Counted) -> None:
    with spying() as connects:
        answer = site.checker(RESOLVERS[name], deadline_s=0.2).check(site.url("/"))
        assert connects == []
    assert answer.verdict is Verdict.UNKNOWN
    assert answer.seen in (Failure.LOOKUP_FAILED, Failure.FORBIDDEN_ADDRESS)
    counted("L2", 1, "resolvers that fail")


def test_a_strange_address_means_no_connection(site: Site, counted: Counted) -> None:
    checker = site.checker(Names([HOME]))
    with spying() as connects:
        for url in [*BAD_URLS, *(site.url("/", host) for host in BAD_HOSTS)]:
            answer = checker.check(url)
            assert answer.verdict is Verdict.UNKNOWN, url
            assert isinstance(answer.seen, Failure), url
            assert connects == [], url
    counted("L2", len(BAD_URLS) + len(BAD_HOSTS), "strange addresses")


@pytest.mark.parametrize(
    ("path", "seen"),
    [
        ("/status/200", 200),
        ("/status/404", 404),
        ("/status/410", 410),
        ("/status/503", 503),
        ("/hop/5?to=/status/404", 404),
        ("/hop/6?to=/status/404", Failure.TOO_MANY_REDIRECTS),
        ("/hop/1?to=http://gone.test/", Failure.BROKEN_REDIRECT),
        ("/hop/1?to=https://commons.wikimedia.org/", Failure.OWN_SITE),
        ("/hop/1?to=ftp://site.test/", Failure.NOT_ALLOWED),
    ],
)
def test_what_a_site_says_is_told(site: Site, path: str, seen: int | Failure) -> None:
    names = Names()
    names.answers["site.test"] = [[HOME]]
    answer = site.checker(names).check(site.url(path))
    assert (answer.seen, answer.host) == (seen, "site.test")


def test_names_in_other_scripts_and_missing_names(site: Site) -> None:
    names = Names()
    names.answers["xn--bcher-kva.test"] = [[HOME]]
    checker = site.checker(names)
    assert checker.check(site.url("/", "Bücher.test")).seen == 200
    assert checker.check(site.url("/", "gone.test")).seen is Failure.NO_SUCH_NAME


def test_a_contact_is_needed() -> None:
    with pytest.raises(SettingsError, match="contact"):
        LinkChecker(PublicOnly(), " ")


# ---- polite, and without credentials


def test_one_request_at_a_time_to_each_host(site: Site, counted: Counted) -> None:
    hosts, links = 20, 1000 if LONG else 100
    chance = random.Random(5)
    statuses = [chance.choice([200, 200, 403, 404, 405, 500]) for _ in range(links)]
    urls = [site.url(f"/status/{status}?{n}", f"h{n % hosts}.test") for n, status in enumerate(statuses)]
    answers = list(site.checker(Names([HOME])).check_all(urls))
    assert sorted(answers, key=lambda each: urls.index(each.url)) == [
        Answer(url, f"h{n % hosts}.test", statuses[n]) for n, url in enumerate(urls)
    ]
    assert site.most_active == 1
    for host in {asked.host for asked in site.seen}:
        times = [asked.at for asked in site.seen if asked.host == host]
        assert all(later - earlier >= GAP_S for earlier, later in itertools.pairwise(times))
    for n, url in enumerate(urls):
        methods = [asked.method for asked in site.seen if url.endswith(asked.path)]
        assert methods == (["HEAD"] if statuses[n] == 200 else ["HEAD", "GET"])
    assert all(b"User-Agent: faebot_hash/" in asked.raw for asked in site.seen)
    assert all(CONTACT.encode() in asked.raw for asked in site.seen)
    counted("L5", links, "links on 20 hosts")


def test_a_run_that_is_left_asks_no_more(site: Site) -> None:
    answers = site.checker(Names([HOME])).check_all([site.url(f"/status/200?{n}") for n in range(50)])
    assert next(iter(answers)).seen == 200
    answers.close()  # type: ignore[attr-defined]
    asked = len(site.seen)
    time.sleep(0.05)
    assert len(site.seen) == asked < 5


def test_no_credentials_leave(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, counted: Counted
) -> None:
    netrc = tmp_path / ".netrc"
    hosts = ("a.test", "b.test", HOME)
    netrc.write_text("".join(f"machine {host} login canary password canary\n" for host in hosts))
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://canary:canary@127.0.0.1:{site.port}")
    monkeypatch.setenv("COOKIE", "canary")
    monkeypatch.setenv("AUTHORIZATION", "Basic canary")
    checker = site.checker(Names([HOME]))
    for number in range(50):
        here, there = hosts[number % 3], hosts[(number + 1) % 3]
        onward = site.url("/status/405", there)
        assert checker.check(site.url("/status/200", here)).seen == 200
        assert checker.check(site.url(f"/hop/1?to={onward}", here)).seen == 405
    assert len(site.seen) >= 200
    for asked in site.seen:
        assert b"canary" not in asked.raw.lower()
        assert not {b"cookie", b"authorization", b"referer"} & {
            header.partition(b":")[0].lower() for header in asked.raw.split(b"\r\n")
        }
    counted("L6", len(site.seen), "requests without canaries")
