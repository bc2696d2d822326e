"""The settings of the web service, section ``[web]``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from faebot_hash.errors import SettingsError

_MEDIA = re.compile(r"https?://[\w.:\[\]-]+(/[\w.~-]+)*", re.ASCII)


@dataclass(frozen=True)
class WebSettings:
    """Where the service listens, what it searches, and how much one client may ask for.

    ``index_folder`` is where the search index lies; the pages that are found are those of ``wiki_url``,
    their pictures lie below ``media_url``.
    ``trusted_proxies`` is how many servers in front add to X-Forwarded-For, 0 for none. Pictures are at
    most ``picture_bytes`` long, a database query takes at most ``statement_s``. ``dump_file`` is served as
    the table of all hashes, and ``replica_url`` asked for external links; "" for none.
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

    def __post_init__(self) -> None:
        if not 1 <= self.port <= 65_535:
            raise SettingsError("[web] port: between 1 and 65,535")
        for name in ("workers", "threads", "requests_per_minute"):
            if not 1 <= getattr(self, name) <= 100_000:
                raise SettingsError(f"[web] {name}: at least 1")
        if not self.index_folder:
            raise SettingsError("[web] index_folder: name the folder that holds the search index")
        for name in ("wiki_url", "finna_url"):
            address = urlsplit(getattr(self, name))
            if address.scheme not in ("http", "https") or not address.netloc or address.path or address.query:
                raise SettingsError(f"[web] {name}: only scheme and host, like https://www.example.org")
        if not _MEDIA.fullmatch(self.media_url):
            raise SettingsError("[web] media_url: scheme, host and path, like https://www.example.org/media")
        if not 0 <= self.trusted_proxies <= 10:
            raise SettingsError("[web] trusted_proxies: between 0 and 10")
        if not 100_000 <= self.picture_bytes <= 100_000_000:
            raise SettingsError("[web] picture_bytes: between 100,000 and 100,000,000")
        if not 0 < self.statement_s <= 10:
            raise SettingsError("[web] statement_s: more than 0, at most 10 seconds")
