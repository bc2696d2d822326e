"""The polite downloader: one session, few connections, a bandwidth limit, and every answer a value.

Figures and rules: wikitech:Robot_policy, the Foundation's User-Agent policy, T414805 for the widths.
"""

from __future__ import annotations

import ipaddress
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass, replace
from http.cookiejar import DefaultCookiePolicy
from types import TracebackType
from typing import Self
from urllib.parse import quote, urljoin

import requests
import urllib3
from requests import exceptions
from requests.adapters import HTTPAdapter
from urllib3.util import parse_url

from faebot_hash import __version__
from faebot_hash.adapters.pace import Bandwidth, Clock, Hold, retry_after_s
from faebot_hash.errors import SettingsError
from faebot_hash.reasons import Reason, Skipped
from faebot_hash.settings import HttpSettings

POLITE_BACKOFF_S = 5.0
LONGEST_HOLD_S = 900.0
MOST_REDIRECTS = 3
ERROR_PAGE_BYTES = 65_536
PIECE_BYTES = 16_384
SLOWEST_MBPS = 0.5  # a line of 1 Mbit/s, which two downloads share

_REDIRECTS = (301, 302, 303, 307, 308)
_SIZE_REFUSED = re.compile(rb"Use thumbnail (sizes|steps) listed on|w\.wiki/GHai")
# MediaWiki's thumbnail_image-failure-limit speaks of one file, whatever status it comes with.
_FILE_FAILS = re.compile(rb"too many recent failed attempts")
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class _Again:
    """An attempt that another may better: what was seen, and the pause that the host asked for."""

    detail: str
    pause_s: float | None = None
    everybody: bool = False


@dataclass(frozen=True)
class _Limits:
    """What an attempt may take: bytes of body, and time on the wire, to a moment that each byte puts off."""

    stop: threading.Event
    body_bytes: int
    s_per_byte: float
    ends_at: float = 0.0


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """Leave redirects to us: requests would read their bodies, however long."""


class PoliteFetcher:
    """Downloads pictures from allowed hosts, a few at a time; fulfils the port Fetcher.

    ``extra_hosts`` joins ``settings.hosts``; each is a host, or host:port where the port is not the scheme's
    own. Only https is spoken, save to loopback addresses. Raises SettingsError when the User-Agent has no
    contact, which only a list of loopback hosts may lack.
    """

    def __init__(
        self,
        settings: HttpSettings,
        *,
        extra_hosts: Iterable[str] = (),
        user_agent_name: str = "faebot_hash",
        backoff_s: float = POLITE_BACKOFF_S,
        clock: Clock | None = None,
        stopwatch: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._hosts = frozenset(host.lower() for host in (*settings.hosts, *extra_hosts))
        local = all(_is_loopback(parse_url(f"//{host}").host) for host in self._hosts)
        if backoff_s < POLITE_BACKOFF_S and not local:
            raise ValueError(f"a back-off of {backoff_s} s is for loopback hosts only")
        self._backoff_s = backoff_s
        self._clock = clock or Clock()
        self._stopwatch = stopwatch
        self._bandwidth = Bandwidth(settings.bandwidth_mbps, self._clock)
        self._hold = Hold(self._clock, LONGEST_HOLD_S)
        self._session = _session(_user_agent(settings.contact, user_agent_name, local), settings.parallel)
        self._threads = ThreadPoolExecutor(settings.parallel, thread_name_prefix="download")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the threads and the connections."""
        self._threads.shutdown(cancel_futures=True)
        self._session.close()

    def fetch(
        self, urls: Iterable[str], cap_bytes: int | None = None
    ) -> Iterator[tuple[str, bytes | Skipped]]:
        """Give each address with its picture or the reason why there is none, as they come.

        Addresses are taken from ``urls`` only as they are needed. ``cap_bytes`` is the most that one body may
        have, ``settings.thumbnail_bytes`` when None. Closing the generator ends its downloads.
        Thumbnails must be there within ``settings.timeout_s``. A body with a cap of its own may be a
        thousand times as large: it has the time besides that what came of it needs at ``SLOWEST_MBPS``.
        """
        most = 2 * self._settings.parallel
        stop = threading.Event()
        s_per_byte = 0.0 if cap_bytes is None else 8 / (SLOWEST_MBPS * 1e6)
        limits = _Limits(stop, self._settings.thumbnail_bytes if cap_bytes is None else cap_bytes, s_per_byte)
        running: dict[Future[bytes | Skipped], str] = {}
        try:
            for url in urls:
                running[self._threads.submit(self._fetched, url, limits)] = url
                if len(running) >= most:
                    yield from _finished(running)
            while running:
                yield from _finished(running)
        finally:
            stop.set()
            wait([future for future in running if not future.cancel()])

    def _fetched(self, url: str, limits: _Limits) -> bytes | Skipped:
        detail, stop = "stopped", limits.stop
        for attempt in range(self._settings.attempts):
            if not self._hold.wait(stop):
                return Skipped(url, Reason.UNREADABLE, "the host wants a long pause; run again later")
            if stop.is_set():
                break
            answer = self._attempt(url, replace(limits, ends_at=self._stopwatch() + self._settings.timeout_s))
            if not isinstance(answer, _Again):
                return answer
            detail = f"{answer.detail}; tried {attempt + 1} times"
            pause_s = self._backoff_s * 2**attempt if answer.pause_s is None else answer.pause_s
            if answer.everybody:
                self._hold.extend(pause_s)
            elif attempt + 1 < self._settings.attempts:
                self._clock.wait_until(self._clock.now() + pause_s, stop)
        return Skipped(url, Reason.UNREADABLE, detail)

    def _attempt(self, url: str, limits: _Limits) -> bytes | Skipped | _Again:
        """Ask once, following redirects by hand, so that each address is judged before it is connected to."""
        base, target = "", url
        try:
            for _ in range(MOST_REDIRECTS + 1):
                request = self._request(base, target)
                if isinstance(request, str):
                    return Skipped(url, Reason.HOST_NOT_ALLOWED, request)
                with closing(self._send(request, limits)) as response:
                    base, target = request.url or "", response.headers.get("Location", "")
                    if response.status_code not in _REDIRECTS or not target:
                        return self._judged(url, response, limits)
        except (exceptions.RequestException, urllib3.exceptions.HTTPError) as error:
            return _Again(f"{type(error).__name__}: {error}"[:200])
        return Skipped(url, Reason.UNREADABLE, f"more than {MOST_REDIRECTS} redirects")

    def _request(self, base: str, target: str) -> requests.PreparedRequest | str:
        """Make the request for an address, or say what keeps it from being connected to."""
        try:
            address = _untracked(urljoin(base, target))
            request = self._session.prepare_request(requests.Request("GET", address))
            # The parser that the connection uses, or the two could see different hosts.
            parts = parse_url(request.url or "")
        except ValueError as error:
            return f"no usable address: {error}"
        if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(parts.host)):
            return f"{parts.scheme} to {parts.host}"
        if parts.auth:
            return "a user name in the address"
        own_port = parts.port in (None, _PORTS[parts.scheme])
        authority = f"{parts.host}" if own_port else f"{parts.host}:{parts.port}"
        return request if authority in self._hosts else authority

    def _send(self, prepared: requests.PreparedRequest, limits: _Limits) -> requests.Response:
        left_s = max(0.001, limits.ends_at - self._stopwatch())
        return self._session.send(prepared, stream=True, allow_redirects=False, timeout=left_s)

    def _judged(self, url: str, response: requests.Response, limits: _Limits) -> bytes | Skipped | _Again:
        status = response.status_code
        if status == 200:
            return self._picture(url, response, limits)
        page = self._error_page(response, limits)
        if status in (400, 429) and _SIZE_REFUSED.search(page):
            return Skipped(url, Reason.THUMBNAIL_SIZE_REFUSED, f"HTTP {status}")
        if status in (404, 410):
            return Skipped(url, Reason.NO_THUMBNAIL, f"HTTP {status}")
        if _FILE_FAILS.search(page):
            return Skipped(url, Reason.UNREADABLE, f"HTTP {status}, the wiki cannot render it")
        if status in (429, 503):
            return _Again(f"HTTP {status}", _asked_pause_s(response), everybody=True)
        if status >= 500:
            return _Again(f"HTTP {status}")
        return Skipped(url, Reason.UNREADABLE, f"HTTP {status}")

    def _picture(self, url: str, response: requests.Response, limits: _Limits) -> bytes | Skipped | _Again:
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if not kind.startswith("image/"):
            return Skipped(url, Reason.UNREADABLE, f"HTTP 200 with {kind or 'no content type'}")
        encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
        if encoding != "identity":
            return Skipped(url, Reason.UNREADABLE, f"packed as {encoding}, which was not asked for")
        announced = response.raw.length_remaining
        if announced is None and not response.raw.chunked:
            return Skipped(url, Reason.UNREADABLE, "no length is given, so a cut would not be seen")
        if announced is not None and announced > limits.body_bytes:
            return Skipped(url, Reason.TOO_LARGE, f"{announced} bytes, at most {limits.body_bytes}")
        body = b"".join(self._pieces(response, limits))
        if len(body) > limits.body_bytes:
            return Skipped(url, Reason.TOO_LARGE, f"more than {limits.body_bytes} bytes")
        if not body:
            return _Again("an empty body")
        if body.startswith(b"\x1f\x8b") or (body.lstrip()[:1] == b"<" and kind != "image/svg+xml"):
            return Skipped(url, Reason.UNREADABLE, f"called {kind}, but is no picture")
        return body

    def _error_page(self, response: requests.Response, limits: _Limits) -> bytes:
        """Give the start of an error's page; one that breaks off says enough."""
        pieces = []
        at_most = replace(limits, body_bytes=ERROR_PAGE_BYTES, s_per_byte=0.0)
        try:
            for piece in self._pieces(response, at_most):
                pieces.append(piece)
        except (exceptions.Timeout, urllib3.exceptions.HTTPError):
            pass
        return b"".join(pieces)

    def _pieces(self, response: requests.Response, limits: _Limits) -> Iterator[bytes]:
        """Give the body as it comes, until a little beyond the limit; raises requests' Timeout."""
        size_bytes, more_s = 0, 0.0
        # read() would wait for a whole piece, and a drip would outlast every deadline.
        while size_bytes <= limits.body_bytes and (piece := response.raw.read1(PIECE_BYTES, False)):
            yield piece
            size_bytes += len(piece)
            more_s += len(piece) * limits.s_per_byte + self._bandwidth.pay(len(piece), limits.stop)
            if limits.stop.is_set() or self._stopwatch() > limits.ends_at + more_s:
                raise exceptions.Timeout(f"only {size_bytes} bytes in the time allowed")


def _finished(running: dict[Future[bytes | Skipped], str]) -> Iterator[tuple[str, bytes | Skipped]]:
    for done in wait(running, return_when=FIRST_COMPLETED).done:
        yield running.pop(done), done.result()


def _session(user_agent: str, parallel: int) -> requests.Session:
    session = _Session()
    session.trust_env = False
    session.headers = requests.structures.CaseInsensitiveDict(
        {"User-Agent": user_agent, "Accept": "image/*", "Accept-Encoding": "identity"}
    )
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=parallel))
    return session


def _user_agent(contact: str, name: str, local: bool) -> str:
    if not contact.strip() and not local:
        raise SettingsError(
            "[http] contact is empty: give a page or an address where people reach the operator"
        )
    if not contact.isprintable():
        raise SettingsError("[http] contact: printable characters only, on one line")
    reachable = quote(contact.strip(), safe=" !#$%&'()*+,/:;=?@[]~") or "loopback only"
    return f"{name}/{__version__} (bot; {reachable}) requests/{requests.__version__}"


def _is_loopback(host: str | None) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address((host or "").strip("[]")).is_loopback
    except ValueError:
        return False


def _untracked(url: str) -> str:
    """Leave the tracking parameters away (T414338)."""
    address, _, query = url.partition("?")
    kept = "&".join(part for part in query.split("&") if not part.startswith("utm_"))
    return f"{address}?{kept}" if kept else address


def _asked_pause_s(response: requests.Response) -> float | None:
    return retry_after_s(response.headers.get("Retry-After", ""), response.headers.get("Date", ""))
