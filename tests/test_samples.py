"""Files of a wiki as samples: what is fetched, what is left out and why, and what is remembered."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from faebot_hash.adapters.decoder import DecoderProcess
from faebot_hash.adapters.store import Store
from faebot_hash.fingerprint import fingerprint
from faebot_hash.images import ORIGINAL, open_picture
from faebot_hash.model import FileInfo
from faebot_hash.originals import OriginalReader
from faebot_hash.reasons import Reason, Skipped
from faebot_hash.samples import FILES_AT_ONCE, WikiSamples
from faebot_hash.scaler import thumbnail
from faebot_hash.study import Sample
from faebot_hash.study_plan import Plan
from faebot_hash.thumbnails import Hasher
from tests.fakes import FakeWiki, file_info
from tests.pictures import encoded, photograph

PLAN = Plan((60, 120, 250), 60, 250)
PHOTOS = {
    1: photograph("astronaut.png", (300, 200)),
    2: photograph("coffee.png", (200, 150)),
    3: photograph("chelsea.png", (300, 200)),
}


@dataclass
class Media:
    """A media host of dicts: what it has, and what it was asked for."""

    bodies: dict[str, bytes]
    asked: list[str] = field(default_factory=list)

    def fetch(
        self, urls: Iterable[str], cap_bytes: int | None = None
    ) -> Iterator[tuple[str, bytes | Skipped]]:
        for url in urls:
            self.asked.append(url)
            yield url, self.bodies.get(url, Skipped(url, Reason.UNREADABLE, "HTTP 500"))


@dataclass
class World:
    """Three photographs on a wiki, with every thumbnail that it offers."""

    files: dict[int, FileInfo]
    media: Media
    wikis: dict[int, FakeWiki]
    samples: WikiSamples


@pytest.fixture(scope="module")
def decoder() -> Iterator[DecoderProcess]:
    with DecoderProcess(ORIGINAL) as process:
        yield process


@pytest.fixture
def world(decoder: DecoderProcess, tmp_path: Path) -> Iterator[World]:
    media, files = Media({}), {}
    for page_id, photo in PHOTOS.items():
        original = encoded(photo, "JPEG", quality=95)
        sha1 = hashlib.sha1(original, usedforsecurity=False).hexdigest()
        url = f"http://127.0.0.1/{page_id}.jpg"
        files[page_id] = file_info(
            page_id,
            sha1=sha1,
            size_bytes=len(original),
            width_px=photo.width,
            height_px=photo.height,
            url=url,
        )
        media.bodies[url] = original
        for px in PLAN.widths_px:
            media.bodies[f"http://127.0.0.1/{px}/{page_id}"] = thumbnail(photo, px, "JPEG")
    wikis = {
        px: FakeWiki(
            known={
                page_id: replace(file, thumb_url=f"http://127.0.0.1/{px}/{page_id}")
                for page_id, file in files.items()
            }
        )
        for px in PLAN.widths_px
    }
    with Store.open(f"sqlite:///{tmp_path / 'faebot.sqlite'}") as store:
        yield World(
            files,
            media,
            wikis,
            WikiSamples(
                PLAN,
                wikis,
                {px: Hasher(px, media, decoder, store) for px in PLAN.widths_px},
                OriginalReader(media, decoder, store, 1_000_000),
                store,
            ),
        )


def change(world: World, page_id: int, **changes: object) -> None:
    for wiki in world.wikis.values():
        wiki.known[page_id] = replace(wiki.known[page_id], **changes)  # type: ignore[arg-type]


def only(found: list[Sample | Skipped], page_id: int) -> Sample | Skipped:
    (one,) = [
        one
        for one in found
        if (one.name if isinstance(one, Sample) else one.what) == f"Photograph {page_id}.jpg"
    ]
    return one


def test_a_sample_has_what_the_wiki_serves(world: World) -> None:
    found = list(world.samples.of([1, 2, 3]))
    assert len(found) == 3
    for page_id, present in ((1, [0, 60, 120, 250]), (2, [0, 60, 120]), (3, [0, 60, 120, 250])):
        one = only(found, page_id)
        assert isinstance(one, Sample)
        assert sorted(one.fingerprints) == present
        assert {px: skipped.reason for px, skipped in one.absent.items()} == (
            {} if 250 in present else {250: Reason.NOT_SMALLER}
        )
        for px, hashed in one.fingerprints.items():
            url = f"http://127.0.0.1/{px}/{page_id}" if px else f"http://127.0.0.1/{page_id}.jpg"
            assert hashed == fingerprint(open_picture(world.media.bodies[url], ORIGINAL))
    assert "http://127.0.0.1/250/2" not in world.media.asked, "a thumbnail as wide as the original"


def test_nothing_is_fetched_twice(world: World) -> None:
    first = list(world.samples.of([1, 2, 3]))
    asked = len(world.media.asked)
    assert asked == 3 + 3 + 3 + 2
    assert list(world.samples.of([1, 2, 3])) == first
    assert len(world.media.asked) == asked


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"mime": "image/svg+xml"}, Reason.UNSUPPORTED_FORMAT),
        ({"page_count": 2}, Reason.MULTIPAGE),
        ({"size_bytes": 1_000_001}, Reason.TOO_LARGE),
        ({"width_px": 100_000, "height_px": 100_000}, Reason.TOO_LARGE),
        ({"url": ""}, Reason.UNREADABLE),
        ({"size_bytes": 5}, Reason.WRONG_DOWNLOAD),
        ({"sha1": "0" * 40}, Reason.WRONG_DOWNLOAD),
        ({"url": "http://127.0.0.1/gone"}, Reason.UNREADABLE),
    ],
)
def test_a_file_without_a_sure_original_is_left_out(
    world: World, changes: dict[str, object], reason: Reason
) -> None:
    change(world, 1, **changes)
    found = list(world.samples.of([1, 2]))
    one = only(found, 1)
    assert isinstance(one, Skipped)
    assert one.reason is reason
    assert isinstance(only(found, 2), Sample)
    assert not [url for url in world.media.asked if url.endswith("/1")]


def test_a_flat_original_is_left_out(world: World) -> None:
    flat = encoded(PHOTOS[1].point(lambda level: 200), "JPEG")
    sha1 = hashlib.sha1(flat, usedforsecurity=False).hexdigest()
    world.media.bodies["http://127.0.0.1/1.jpg"] = flat
    change(world, 1, sha1=sha1, size_bytes=len(flat))
    assert only(list(world.samples.of([1])), 1) == Skipped("Photograph 1.jpg", Reason.LOW_INFORMATION)


def test_a_failed_thumbnail_is_a_reason_and_no_verdict(world: World) -> None:
    del world.media.bodies["http://127.0.0.1/120/1"]
    one = only(list(world.samples.of([1])), 1)
    assert isinstance(one, Sample)
    assert one.absent[120].reason is Reason.UNREADABLE
    assert sorted(one.fingerprints) == [0, 60, 250]


@pytest.mark.spec("9.8")
def test_the_same_file_counts_once(world: World) -> None:
    change(world, 2, sha1=world.files[1].sha1)
    found = list(world.samples.of([1, 2]))
    assert only(found, 2) == Skipped("Photograph 2.jpg", Reason.STUDIED_ALREADY)
    assert isinstance(only(found, 1), Sample)


def test_a_file_that_changes_during_the_study_is_noticed(world: World) -> None:
    world.wikis[250].known[1] = replace(world.wikis[250].known[1], sha1="f" * 40)
    del world.wikis[120].known[1]
    one = only(list(world.samples.of([1])), 1)
    assert isinstance(one, Sample)
    assert one.absent[250].reason is Reason.OVERWRITTEN
    assert one.absent[120].reason is Reason.MISSING


def test_many_files_are_read_in_batches(world: World) -> None:
    missing = range(100, 100 + 2 * FILES_AT_ONCE)
    found = list(world.samples.of([1, *missing, 2]))
    assert sum(isinstance(one, Sample) for one in found) == 2
    assert sum(isinstance(one, Skipped) and one.reason is Reason.MISSING for one in found) == len(missing)
