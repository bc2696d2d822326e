"""``make bench``: one slice of 1,000 files, by this program and by a plain loop in the original's manner.

Both use the same Pywikibot session and the same polite downloads on one practice wiki whose thumbnails
are rendered already. Nothing is edited.
"""

from __future__ import annotations

import io
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import Any

import imagehash
from PIL import Image

from tests.practice.places import CACHE
from tests.practice.wiki import PracticeWiki

FILES = 1000
ROUNDS = 3
QUERY = "intitle:Benchmark filemime:image filew:>120"


@dataclass(frozen=True)
class Timed:
    """One run: seconds, files, and requests to the API and for thumbnails as the wiki counted them."""

    seconds: float
    files: int
    api: int
    thumbnails: int

    @property
    def files_per_s(self) -> float:
        """Give the rate over the whole run."""
        return self.files / self.seconds


def main() -> None:
    """Time both, first and second run, three rounds in turn, and print medians and ratios."""
    with PracticeWiki(CACHE / "bench", many=FILES) as wiki:
        os.environ["PYWIKIBOT_DIR"] = str(wiki.pywikibot_dir)
        _render_all(wiki)
        ours: list[tuple[Timed, Timed]] = []
        plain: list[tuple[Timed, Timed]] = []
        for _ in range(ROUNDS):
            with TemporaryDirectory() as folder:
                url = f"sqlite:///{folder}/bench.sqlite"
                ours.append((_timed(wiki, lambda u=url: _sweep(u)), _timed(wiki, lambda u=url: _sweep(u))))
            plain.append((_timed(wiki, _plain_loop), _timed(wiki, _plain_loop)))
        _print(ours, plain)


def _render_all(wiki: PracticeWiki) -> None:
    client = wiki.reader()
    for url in client.thumbnail_urls().values():
        client.fetch(url)


def _timed(wiki: PracticeWiki, run: Callable[[], int]) -> Timed:
    before = len(wiki.requests())
    started = time.perf_counter()
    files = run()
    seconds = time.perf_counter() - started
    seen = wiki.requests()[before:]
    api = sum("api.php" in one["path"] for one in seen)
    return Timed(seconds, files, api, sum("/thumb/" in one["path"] for one in seen))


def _sweep(store_url: str) -> int:
    import pywikibot

    from faebot_hash.collection import Collection
    from faebot_hash.model import SliceKind
    from faebot_hash.session import Session
    from faebot_hash.settings import Settings
    from faebot_hash.sweep import Sweep

    collection = Collection("bench", slice=SliceKind.SEARCH, query=QUERY)
    session = Session(
        pywikibot.Site(),
        Settings(),
        collection.name,
        confirm=lambda proposal: False,
        say=lambda line: None,
        store_url=store_url,
        simulate=True,
    )
    with session:
        return Sweep(session, collection, revisit=True).run([]).hashed


def _plain_loop() -> int:
    """Search, then file by file one imageinfo and one thumbnail, then compare objects in nested loops."""
    import pywikibot

    from faebot_hash.adapters.http import PoliteFetcher
    from faebot_hash.settings import HttpSettings

    site = pywikibot.Site()
    hashes: list[tuple[str, imagehash.ImageHash, imagehash.ImageHash]] = []
    with PoliteFetcher(HttpSettings(hosts=()), extra_hosts=(site.hostname(),)) as fetcher:
        for page in site.search(QUERY, namespaces=[6], content=False):
            ((_, body),) = fetcher.fetch([_thumb_url(site, page.title())])
            assert isinstance(body, bytes)
            picture = Image.open(io.BytesIO(body))
            hashes.append((page.title(), imagehash.phash(picture), imagehash.dhash(picture)))
    _pairs(hashes)
    return len(hashes)


def _thumb_url(site: Any, title: str) -> str:
    request = site.simple_request(
        action="query",
        formatversion=2,
        titles=title,
        prop="imageinfo",
        iiprop="url|size|sha1",
        iiurlwidth=120,
    )
    (page,) = request.submit()["query"]["pages"]
    return str(page["imageinfo"][0]["thumburl"])


def _pairs(hashes: list[tuple[str, imagehash.ImageHash, imagehash.ImageHash]]) -> list[tuple[str, str]]:
    found = []
    for n, (title, phash, dhash) in enumerate(hashes):
        for other, other_phash, other_dhash in hashes[n + 1 :]:
            if phash - other_phash == 0 or dhash - other_dhash == 0:
                found.append((title, other))
    return found


def _print(ours: list[tuple[Timed, Timed]], plain: list[tuple[Timed, Timed]]) -> None:
    print(f"One slice of {ours[0][0].files} files, medians of {ROUNDS} rounds\n")
    print(f"{'':24}{'seconds':>9}{'files/s':>9}{'API':>7}{'thumbnails':>12}")
    for n, order in enumerate(("first run", "second run")):
        one, other = [pair[n] for pair in ours], [pair[n] for pair in plain]
        for name, runs in ((f"this program, {order}", one), (f"plain loop, {order}", other)):
            seconds = statistics.median(run.seconds for run in runs)
            rate = statistics.median(run.files_per_s for run in runs)
            print(f"{name:24}{seconds:9.2f}{rate:9.0f}{runs[-1].api:7}{runs[-1].thumbnails:12}")
        ratios = [a.files_per_s / b.files_per_s for a, b in zip(one, other, strict=True)]
        print(f"{'ratio':24}{'':9}{statistics.median(ratios):8.1f}×\n")


if __name__ == "__main__":
    main()
