"""The settings of the web service, section ``[web]``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import urlsplit

from faebot_hash.errors import SettingsError

_MEDIA = re.compile(r"https?://[\w.:\[\]-]+(/[\w.~-]+)*", re.ASCII)

MEDIA_HOSTS = ("upload.wikimedia.org", "thumb.wikimedia.org")

_WIKIMEDIA = re.compile(r"https://(?:[a-z0-9-]+\.)+(?:wikimedia|wikipedia)\.org", re.ASCII)


class Login(StrEnum):
    """How reviewers log in: not at all, by Wikimedia's OAuth, or by any name they type, to practise."""

    NONE = "none"
    WIKIMEDIA = "wikimedia"
    PRACTICE = "practice"


@dataclass(frozen=True)
class WebSettings:
    """Where the service listens, what it searches, and how much one client may ask for.

    ``index_folder`` is where the search index lies; the pages that are found are those of ``wiki_url``,
    their pictures lie below ``media_url``.
    ``trusted_proxies`` is how many servers in front add to X-Forwarded-For, 0 for none. Pictures are at
    most ``picture_bytes`` long, a database query takes at most ``statement_s``. ``dump_file`` is served as
    the table of all hashes, and ``replica_url`` asked for external links; "" for none.

    ``public_url`` is where people reach the service, "" where no login needs to know. Wikimedia's login
    takes its secrets from ``oauth_client_file`` or the environment; a reviewer has ``reviewer_edits``.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 2
    threads: int = 4
    index_folder: str = "faebot.index"
    wiki_url: str = "https://commons.wikimedia.org"
    media_url: str = "https://upload.wikimedia.org/wikipedia/commons"
    requests_per_minute: int = 600
    trusted_proxies: int = 0
    picture_bytes: int = 12_000_000
    statement_s: float = 5.0
    finna_url: str = "https://api.finna.fi"
    replica_url: str = ""
    dump_file: str = ""
    login: Login = Login.NONE
    public_url: str = ""
    oauth_client_file: str = ""
    reviewer_edits: int = 50

    def __post_init__(self) -> None:
        if not 1 <= self.port <= 65_535:
            raise SettingsError("[web] port: between 1 and 65,535")
        for name in ("workers", "threads", "requests_per_minute"):
            if not 1 <= getattr(self, name) <= 100_000:
                raise SettingsError(f"[web] {name}: at least 1")
        if not self.index_folder:
            raise SettingsError("[web] index_folder: name the folder that holds the search index")
        self._check_limits()
        self._check_addresses()
        self._check_login()

    def _check_limits(self) -> None:
        if not 0 <= self.trusted_proxies <= 10:
            raise SettingsError("[web] trusted_proxies: between 0 and 10")
        if not 100_000 <= self.picture_bytes <= 100_000_000:
            raise SettingsError("[web] picture_bytes: between 100,000 and 100,000,000")
        if not 0 < self.statement_s <= 10:
            raise SettingsError("[web] statement_s: more than 0, at most 10 seconds")
        if not 0 <= self.reviewer_edits <= 1_000_000:
            raise SettingsError("[web] reviewer_edits: between 0 and 1,000,000")

    def _check_addresses(self) -> None:
        for name in ("wiki_url", "finna_url"):
            address = urlsplit(getattr(self, name))
            if address.scheme not in ("http", "https") or not address.netloc or address.path or address.query:
                raise SettingsError(f"[web] {name}: only scheme and host, like https://www.example.org")
        if not _MEDIA.fullmatch(self.media_url):
            raise SettingsError("[web] media_url: scheme, host and path, like https://www.example.org/media")
        host = urlsplit(self.media_url).hostname
        if host not in MEDIA_HOSTS and not is_loopback(host):
            raise SettingsError(f"[web] media_url: pictures come from {' or '.join(MEDIA_HOSTS)} only")

    def _check_login(self) -> None:
        public = urlsplit(self.public_url)
        if self.public_url and self.public_url != f"{public.scheme}://{public.netloc}":
            raise SettingsError("[web] public_url: only scheme and host, like https://tool.toolforge.org")
        if self.login is Login.WIKIMEDIA:
            if public.scheme != "https":
                raise SettingsError(
                    "[web] public_url: Wikimedia's login needs the https address of the service"
                )
            if not _WIKIMEDIA.fullmatch(self.wiki_url):
                raise SettingsError("[web] wiki_url: Wikimedia's login is for a wiki of Wikimedia's only")
        if self.login is Login.PRACTICE and not (
            is_loopback(self.host)
            and is_loopback(urlsplit(self.wiki_url).hostname)
            and not self.trusted_proxies
        ):
            raise SettingsError(
                '[web] login = "practice" believes any name: only for a wiki_url and a host on this machine '
                "itself, without proxies in front"
            )


def is_loopback(host: str | None) -> bool:
    """Tell whether a host is this machine and can be reached from nowhere else."""
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False
