"""A run of ``index_hashes``: the wiki, its replica, the store, and a share of the downloads."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from types import TracebackType
from typing import Any, Self

from faebot_hash import portions, walk
from faebot_hash.adapters.commons import Commons
from faebot_hash.adapters.decoder import DecoderProcess
from faebot_hash.adapters.http import PoliteFetcher
from faebot_hash.adapters.listings import LISTED_AT_ONCE, Listings
from faebot_hash.adapters.patience import Patience
from faebot_hash.adapters.replica import Replica
from faebot_hash.adapters.signals import Shield
from faebot_hash.adapters.store import Store
from faebot_hash.images import THUMBNAIL
from faebot_hash.index import Indexed, Indexer
from faebot_hash.index_lines import Progress, duration
from faebot_hash.portions import FILES_AT_ONCE, UNIT_PAGES, Portion, Unit
from faebot_hash.session import downloads
from faebot_hash.settings import Settings
from faebot_hash.shares import LEASE, Share
from faebot_hash.thumbnails import Hasher
from faebot_hash.walk import Stage, Walk

NEW = "new"
FIRST_LOOK_BACK = timedelta(days=1)
ONLY_WRITER = "the only process that writes"


class Indexing:
    """One run that fills the index of a wiki, entered with ``with``; it owns whatever has to be closed.

    It ends with the portion that brings it to ``most`` files. With ``replica`` page ids come from there
    instead of the API. ``at_once`` files go into a transaction, ``unit_pages`` page ids into a unit of work,
    and a lease ``lasts`` so long. ``say`` shows a line to a person.
    """

    def __init__(
        self,
        site: Any,
        settings: Settings,
        *,
        store_url: str = "",
        replica: Replica | None = None,
        most: int | None = None,
        at_once: int = FILES_AT_ONCE,
        unit_pages: int = UNIT_PAGES,
        lasts: timedelta = LEASE,
        say: Callable[[str], None] = print,
    ) -> None:
        self.wiki = Commons(site, thumb_width_px=settings.hashing.thumb_width_px)
        # A position moves on only with a whole portion, and a whole answer.
        self.listings = Listings(site, at_once=min(LISTED_AT_ONCE, most or LISTED_AT_ONCE))
        self._at_once = min(at_once, most or at_once)
        self._unit_pages = unit_pages
        self.replica = replica
        self.total = Indexed()
        self._settings, self._most, self._lasts, self._say = settings, most, lasts, say
        self._store_url = store_url or settings.store.url
        self._stack = ExitStack()
        self._fetcher: tuple[int, PoliteFetcher] | None = None

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(Shield().installed())
            patience = Patience.through_outages(self._settings.store.patience_h, self._say)
            self.store = stack.enter_context(Store.open(self._store_url, patience=patience))
            self._decoder = stack.enter_context(DecoderProcess(THUMBNAIL))
            stack.callback(self._close_fetcher)
            self._share = Share(
                self.store,
                self._holder(),
                self._settings.http.parallel,
                lasts=self._lasts,
                say=self._say,
            )
            stack.enter_context(closing(self._share))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def files(self, titles: Iterable[str]) -> None:
        """Index the files of a page generator; titles are without "File:"."""
        self._once(portions.titled(titles, self._at_once))

    def failures(self) -> None:
        """Try again what failed, and whose time has come."""
        self._once(walk.due(self.store, datetime.now(UTC), self._at_once))

    def new(self, since: datetime | None = None) -> None:
        """Follow the logs from where the last run came to, or from ``since``, or from a day ago."""
        start = since or datetime.now(UTC) - FIRST_LOOK_BACK
        if since is not None:
            self.store.keep_checkpoint(NEW, str(Stage(1, since.isoformat(), done=False)))
        self._through(
            [Unit(NEW, walk.news(self.listings.log, self.store, start, self._at_once), endless=True)]
        )

    def pages(self, first_last: tuple[int, int] | None = None) -> None:
        """Walk through the file pages: those of a range of ids, or all."""
        if self.store.checkpoint(NEW) is None:
            # What is uploaded from now on may fall behind the walk; following the logs will find it.
            self.store.keep_checkpoint(NEW, str(Stage(1, datetime.now(UTC).isoformat(), done=False)))
        self._tell_lag()
        if first_last is None and self.replica is None:
            self._through([Unit("pages by title", self._listed(self.listings.all_files))])
            return
        first, last = first_last or (1, self.replica.largest_page_id() if self.replica else 0)
        units = [
            Unit(f"pages {low}-{high}", self._range(low, high))
            for low, high in portions.ranges(first, last, self._unit_pages)
        ]
        self._through(units, ids=last - first + 1)

    def links(self, domain: str) -> None:
        """Walk through the file pages that link a domain or what is below it."""
        self._tell_lag()
        name = f"links {domain}"
        if self.replica is None:
            self._through([Unit(name, self._listed(partial(self.listings.linking, domain)))])
        else:
            self._through([Unit(f"{name} by id", self._linking(self.replica, domain))])

    def _listed(
        self, listing: Callable[[str], Iterator[tuple[list[int], str | None]]]
    ) -> Callable[[str], Iterator[Portion]]:
        return lambda position: portions.listed(listing(position), self._at_once)

    def _range(self, low: int, high: int) -> Callable[[str], Iterator[Portion]]:
        replica = self.replica
        if replica is None:
            return partial(portions.numbered, low, high, at_once=self._at_once)

        def of_replica(position: str) -> Iterator[Portion]:
            return portions.hinted(
                lambda after: replica.files(after, high), position or str(low - 1), high, self._at_once
            )

        return of_replica

    def _linking(self, replica: Replica, domain: str) -> Callable[[str], Iterator[Portion]]:
        return lambda position: portions.hinted(
            lambda after: replica.linking(domain, after), position, 0, self._at_once
        )

    def _once(self, some: Iterable[Portion]) -> None:
        self._walk(Progress(self._say), lambda one: one.once(some))

    def _through(self, units: list[Unit], ids: int = 0) -> None:
        self._walk(Progress(self._say, ids), lambda one: one.through(units))

    def _walk(self, progress: Progress, do: Callable[[Walk], Indexed]) -> None:
        one = Walk(self._indexer, self.store, self._share, most=self._most, tell=progress, say=self._say)
        try:
            do(one)
        finally:
            self.total += one.total

    def _indexer(self, slots: int) -> Indexer:
        """Give an indexer that uses no more of the network than our share."""
        if self._fetcher is None or self._fetcher[0] != slots:
            self._close_fetcher()
            http = self._settings.http
            share = replace(http, parallel=slots, bandwidth_mbps=http.bandwidth_mbps * slots / http.parallel)
            self._fetcher = slots, downloads(self.wiki, share)
        hasher = Hasher(
            self._settings.hashing.thumb_width_px,
            self._fetcher[1],
            self._decoder,
            self.store,
            self._share.watch,
        )
        return Indexer(self.wiki, hasher, self.store)

    def _close_fetcher(self) -> None:
        if self._fetcher is not None:
            self._fetcher[1].close()
            self._fetcher = None

    def _holder(self) -> str:
        """Name this process; a killed one that wrote alone has left its leases to the next."""
        if self._store_url.startswith("sqlite"):
            return ONLY_WRITER
        return f"{socket.gethostname()[:100]} {os.getpid()} {secrets.token_hex(8)}"

    def _tell_lag(self) -> None:
        if self.replica is not None:
            lag_s = self.replica.lag_s()
            behind = "does not tell its lag" if lag_s is None else f"is behind by {duration(lag_s)}"
            self._say(f"The replica {behind}; files are read from the wiki itself before they are kept.")
