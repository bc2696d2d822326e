"""Asks whether external links still answer: politely, within limits, and never inside anybody's network.

Links are written by strangers, so an address is a wish and not an order: what is not plainly public and
harmless is not asked for. No body is read, no cookie kept, no variable of the environment heeded.
"""

from __future__ import annotations

import http.client
import re
import ssl
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import quote, urljoin

import urllib3
from urllib3.util import parse_url

from faebot_hash import __version__
from faebot_hash.adapters.addresses import PublicOnly, address_of
from faebot_hash.adapters.pace import Clock
from faebot_hash.adapters.vetted import NotConnectedError, Resolver, Road, connection_for, system_resolver
from faebot_hash.errors import SettingsError
from faebot_hash.links import Answer, Failure

DEADLINE_S = 20.0
PATIENCE_S = 20.0
GAP_S = 6.0
MOST_REDIRECTS = 5
PARALLEL = 100

OWN_SITES = frozenset(
    (
        "mediawiki.org",
        "toolforge.org",
        "w.wiki",
        "wikibooks.org",
        "wikidata.org",
        "wikifunctions.org",
        "wikimedia.org",
        "wikimediafoundation.org",
        "wikinews.org",
        "wikipedia.org",
        "wikiquote.org",
        "wikisource.org",
        "wikiversity.org",
        "wikivoyage.org",
        "wiktionary.org",
        "wmcloud.org",
        "wmflabs.org",
        "wmfusercontent.org",
    )
)
# Names that the public DNS does not know, so that its silence says nothing of their sites.
ELSEWHERE = frozenset({"alt", "internal", "local", "localhost", "onion"})

_REDIRECTS = (301, 302, 303, 307, 308)
_HEAD_REFUSED = frozenset(range(400, 500)) - {429} | {500, 501}
_PORTS = {"http": 80, "https": 443}
_NAME = re.compile(r"(?=.{4,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")


@dataclass(frozen=True)
class _Target:
    """An address that may be asked for, once its host's addresses are judged."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}{self.path}"


@dataclass
class _Place:
    lock: threading.Lock = field(default_factory=threading.Lock)
    free_at: float = float("-inf")


class _Turns:
    """One request at a time to each host, and a pause after it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._places: dict[str, _Place] = {}

    @contextmanager
    def turn(self, host: str, stop: threading.Event) -> Iterator[None]:
        """Hold the host's turn; raises NotConnectedError where that takes too long, or ``stop`` is set."""
        with self._lock:
            place = self._places.setdefault(host, _Place())
        if not place.lock.acquire(timeout=PATIENCE_S):
            raise NotConnectedError(Failure.HOST_BUSY, host)
        try:
            self._clock.wait_until(place.free_at, stop)
            if stop.is_set():
                raise NotConnectedError(Failure.HOST_BUSY, "stopped")
            yield
        finally:
            place.free_at = self._clock.now() + GAP_S
            place.lock.release()


class LinkChecker:
    """Asks for links, one request at a time to each host; safe to use from several threads.

    ``deadline_s`` is what one link may take on the wire, waiting for its turn not included; ``contact`` is
    where people reach the operator, and raises SettingsError when it is empty.
    """

    def __init__(
        self,
        policy: PublicOnly,
        contact: str,
        *,
        resolver: Resolver = system_resolver,
        clock: Clock | None = None,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        if not contact.strip() or not contact.isprintable():
            raise SettingsError("[http] contact: give a page or an address where people reach the operator")
        reachable = quote(contact.strip(), safe=" !#$%&'()*+,/:;=?@[]~")
        self._headers = {
            "User-Agent": f"faebot_hash/{__version__} (bot, checks links; {reachable})",
            "Accept": "*/*",
            "Accept-Encoding": "identity",
            "Connection": "close",
        }
        self._policy = policy
        self._resolver = resolver
        self._deadline_s = deadline_s
        self._turns = _Turns(clock or Clock())
        self._stop = threading.Event()

    def would_ask(self, url: str) -> bool:
        """Tell whether a link is of a kind that is asked for at all, before its host is looked up."""
        try:
            self._target(url)
        except NotConnectedError:
            return False
        return True

    def check_all(self, urls: Iterable[str]) -> Iterator[Answer]:
        """Give the answers as they come; a slow host delays only its own links."""
        waiting: dict[str, deque[str]] = {}
        for url in dict.fromkeys(urls):
            waiting.setdefault(_host_of(url), deque()).append(url)
        with ThreadPoolExecutor(PARALLEL, thread_name_prefix="links") as threads:
            running: dict[Future[Answer], str] = {}
            try:
                for host, links in waiting.items():
                    running[threads.submit(self.check, links.popleft())] = host
                while running:
                    for done in wait(running, return_when=FIRST_COMPLETED).done:
                        host = running.pop(done)
                        if waiting[host]:
                            running[threads.submit(self.check, waiting[host].popleft())] = host
                        yield done.result()
            finally:
                self._stop.set()
                threads.shutdown(cancel_futures=True)
                self._stop.clear()

    def check(self, url: str) -> Answer:
        """Ask for one link, HEAD first, following redirects by hand."""
        host = _host_of(url)
        try:
            status = self._final_status(url)
        except NotConnectedError as refusal:
            return Answer(url, host, refusal.failure, refusal.detail)
        return Answer(url, host, status)

    def _final_status(self, url: str) -> int:
        left_s, method, target = self._deadline_s, "HEAD", self._target(url)
        hops = 0
        while True:
            with self._turns.turn(target.host, self._stop):
                began = time.monotonic()
                status, location = self._asked_at_hop(method, target, began + left_s, hops)
                left_s -= time.monotonic() - began
            if status in _REDIRECTS and location:
                hops += 1
                if hops > MOST_REDIRECTS:
                    raise NotConnectedError(Failure.TOO_MANY_REDIRECTS)
                target = self._target(_joined(target.url, location))
            elif method == "HEAD" and status in _HEAD_REFUSED:
                method = "GET"
            else:
                return status

    def _asked_at_hop(self, method: str, target: _Target, ends_at: float, hops: int) -> tuple[int, str]:
        try:
            return self._asked(method, target, ends_at)
        except NotConnectedError as refusal:
            # The site itself is there, and may mend its redirect.
            if hops and refusal.failure is Failure.NO_SUCH_NAME:
                raise NotConnectedError(Failure.BROKEN_REDIRECT, target.host) from None
            raise

    def _asked(self, method: str, target: _Target, ends_at: float) -> tuple[int, str]:
        """Make one request and give its status and its Location."""
        road = Road(self._policy, self._resolver, target.host, target.port, ends_at)
        connection = connection_for(target.scheme, road)
        try:
            connection.request(
                method, target.path, headers=self._headers, preload_content=False, decode_content=False
            )
            response = connection.getresponse()
            locations = response.headers.getlist("Location")
            response.close()
            if len(locations) > 1:
                raise NotConnectedError(Failure.BAD_ANSWER, "several Locations")
            return response.status, "".join(locations)
        except (
            OSError,
            ValueError,
            http.client.HTTPException,
            urllib3.exceptions.HTTPError,
        ) as error:
            detail = f"{type(error).__name__}: {error}"[:200]
            raise NotConnectedError(_failure(error, ends_at), detail) from error
        finally:
            connection.close()
            connection.end()

    def _target(self, url: str) -> _Target:
        """Read an address, or raise NotConnectedError with what keeps it from being asked for."""
        try:
            parts = parse_url(url)
        except urllib3.exceptions.HTTPError as error:
            raise NotConnectedError(Failure.UNPARSABLE, str(error)[:200]) from error
        scheme = parts.scheme or ""
        if scheme not in _PORTS or parts.auth is not None:
            raise NotConnectedError(Failure.NOT_ALLOWED, "a user name" if parts.auth else f"scheme {scheme}")
        port = _PORTS[scheme] if parts.port is None else parts.port
        if not self._policy.allows_port(port):
            raise NotConnectedError(Failure.NOT_ALLOWED, f"port {port}")
        host = _bare(parts.host)
        if address_of(host) is None and not _NAME.fullmatch(host):
            raise NotConnectedError(Failure.UNPARSABLE, "no public host")
        labels = host.split(".")
        if OWN_SITES.intersection(".".join(labels[start:]) for start in range(len(labels))):
            raise NotConnectedError(Failure.OWN_SITE, host)
        if labels[-1] in ELSEWHERE:
            raise NotConnectedError(Failure.UNPARSABLE, "no public host")
        return _Target(scheme, host, port, parts.request_uri)


def _failure(error: Exception, ends_at: float) -> Failure:
    if time.monotonic() >= ends_at or isinstance(error, TimeoutError):
        return Failure.TIMEOUT
    if isinstance(error, (ssl.SSLError, urllib3.exceptions.SSLError)):
        return Failure.TLS
    return Failure.CONNECTION if isinstance(error, OSError) else Failure.BAD_ANSWER


def _bare(host: str | None) -> str:
    return (host or "").lower().removesuffix(".").removeprefix("[").removesuffix("]")


def _host_of(url: str) -> str:
    """Give the host that a link names, empty when it cannot be read."""
    try:
        return _bare(parse_url(url).host)
    except urllib3.exceptions.HTTPError:
        return ""


def _joined(base: str, location: str) -> str:
    """Resolve a Location, whose bytes beyond ASCII are UTF-8 in practice."""
    try:
        return urljoin(base, location.encode("latin-1", "replace").decode("utf-8", "replace"))
    except ValueError as error:
        raise NotConnectedError(Failure.UNPARSABLE, str(error)) from error
