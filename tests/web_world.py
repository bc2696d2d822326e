"""A small store that is served: pages whose hashes are known, pictures, a Finna and links that do as told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from flask import Blueprint, Flask
from flask.testing import FlaskClient

from faebot_hash.adapters.finna import NoPicture
from faebot_hash.adapters.index_reader import IndexReader
from faebot_hash.adapters.judgement_desk import JudgementDesk
from faebot_hash.adapters.live_index import LiveIndex
from faebot_hash.adapters.review_reader import ReviewReader
from faebot_hash.adapters.store import Store
from faebot_hash.fingerprint import current_basis
from faebot_hash.hash_index import IndexBatch, IndexedPage
from faebot_hash.model import Fingerprint
from faebot_hash.reasons import Reason, Skipped
from faebot_hash.web.app import create_app
from faebot_hash.web.limiter import Limiter
from faebot_hash.web.login import login_routes
from faebot_hash.web.service import Service
from faebot_hash.web.start import pages_of
from faebot_hash.web_settings import WebSettings
from tests.review_world import family

BASIS = current_basis("thumbnail", 120)
P = 0x9E6E_C999_6466_B0B1
D = 0x7169_4D65_4C58_6169
PICTURE = b"a picture"


def apart(value: int, bits: int) -> int:
    """Give a hash so many bits away."""
    return value ^ ((1 << bits) - 1)


HASHES = {
    1: (P, D),
    2: (P, D),
    3: (P, apart(D, 2)),
    4: (P, apart(D, 3)),
    5: (apart(P, 2), D),
    6: (apart(P, 1), apart(D, 1)),
    7: (apart(P, 8), apart(D, 8)),
    8: (P, D ^ (1 << 64) - 1),
    20: ((1 << 64) - 1, 1 << 63),
}
"""Page ids with pHash and dHash; 20 stands alone."""

FAMILY = family(1, 2, 3)
"""A family that waits for its review."""
FLAT = 30
UNHASHED = 31
TITLES = {
    number: f"Lehtojärvi {number} & co + #.jpg".replace("#", "nr") for number in (*HASHES, FLAT, UNHASHED)
}


@dataclass
class Pictures:
    """Hashes the one picture there is, and says of all others that they are none."""

    fingerprint_of: Fingerprint = field(
        default_factory=lambda: Fingerprint(P, D, 0, 0, low_information=False)
    )
    seen: list[bytes] = field(default_factory=list)

    def fingerprint(self, picture: bytes) -> Fingerprint | Skipped:
        """Hash a picture."""
        self.seen.append(picture)
        return self.fingerprint_of if picture == PICTURE else Skipped("", Reason.MALFORMED, "")


@dataclass
class Records:
    """Gives one answer to every question."""

    answer: bytes | NoPicture = PICTURE

    def picture_of(self, finna_id: str) -> bytes | NoPicture:
        """Give the answer."""
        return self.answer


@dataclass
class Links:
    """Finds links by plain comparison, as a replica would with patterns escaped."""

    rows: Sequence[tuple[int, str, str, str]] = ((1, TITLES[1].replace(" ", "_"), "fi.finna.", "/a_b%c"),)

    def linking(self, domain_index: str, path: str, most: int) -> Sequence[tuple[int, str]]:
        """Give ids and titles."""
        found = [row[:2] for row in self.rows if row[2].startswith(domain_index) and path in row[3]]
        return found[:most]


@dataclass
class World:
    """A store that may be written to, and the service on it."""

    store: Store
    service: Service
    app: Flask
    pictures: Pictures
    records: Records

    @property
    def client(self) -> FlaskClient:
        """Give a client."""
        return self.app.test_client()

    def put(
        self, number: int, phash: int, dhash: int, title: str = "", low_information: bool = False
    ) -> None:
        """Index a page."""
        sha1 = f"{number:040x}"
        page = IndexedPage(number, title or f"File {number}.jpg", sha1)
        one = Fingerprint(phash, dhash, 0, 0, low_information)
        assert self.store.keep_batch(IndexBatch(pages=[page], results={sha1: one}), BASIS)


Wrapped = Callable[[Service], Service]
Routes = Callable[[Service], Sequence[Blueprint]]


@contextmanager
def served(
    folder: Path,
    *,
    links: bool = True,
    limiter: Limiter | None = None,
    settings: WebSettings | None = None,
    wrapped: Wrapped = lambda service: service,
    routes: Routes | None = None,
    login: Blueprint | None = None,
    session_key: str = "",
    url: str = "",
) -> Iterator[World]:
    """Serve the pages above from a store in a folder, or at an address.

    ``routes`` are joined to the interfaces on hashes in place of everything else that there is.
    """
    url = url or f"sqlite:///{folder}/web.sqlite"
    settings = settings or WebSettings(requests_per_minute=100_000)
    with Store.open(url) as store, closing(IndexReader(url, settings.statement_s)) as reader:
        index = LiveIndex(folder / "index", reader, BASIS)
        pictures, records = Pictures(), Records()
        service = Service(settings, index, reader, pictures, records, Links() if links else None)
        service = wrapped(service)
        whole = pages_of(service, ReviewReader(reader), JudgementDesk(url), login or login_routes(settings))
        pages = whole if routes is None else routes(service)
        app = create_app(service, pages, limiter, session_key)
        world = World(store, service, app, pictures, records)
        for number, (phash, dhash) in HASHES.items():
            world.put(number, phash, dhash, TITLES[number])
        world.put(FLAT, 0, 0, TITLES[FLAT], low_information=True)
        store.keep_cases([FAMILY], whole=True)
        store.put_pages([IndexedPage(UNHASHED, TITLES[UNHASHED], f"{UNHASHED:040x}")])
        yield world
