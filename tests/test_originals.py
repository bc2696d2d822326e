"""X2: only whole, right originals are read; each is fetched once, and decoded only where it has to be."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import random
import threading
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from faebot_hash.adapters.decoder import DecoderProcess
from faebot_hash.errors import ImageRejected
from faebot_hash.family import Family
from faebot_hash.identity import identity
from faebot_hash.images import ORIGINAL
from faebot_hash.jpeg import stripped_sha1
from faebot_hash.likeness import Digest, Original
from faebot_hash.model import FileInfo, Fingerprint
from faebot_hash.originals import SMALL_BYTES, OriginalReader
from faebot_hash.pixels import digest_of
from faebot_hash.ports import Digester, DigestStore, Fetcher
from faebot_hash.reasons import Reason, Skipped
from tests.alterations import METADATA, ORIENTATION, SHOWN, exif_of, segment
from tests.counting import Counted
from tests.fakes import file_info
from tests.pictures import each_seed, encoded, encodings, per_seed, photograph
from tests.test_http import Answering, Behaviour, MediaHost, fetching

CAP_BYTES = 100_000_000


@dataclass
class Digesting:
    """Digests here and now, and notes the bytes that it is given."""

    seen: list[bytes] = field(default_factory=list)

    def digest(self, picture: bytes, beside: Collection[str] | None = None) -> Digest | Skipped:
        self.seen.append(picture)
        try:
            return digest_of(picture, ORIGINAL, beside=beside)
        except ImageRejected as verdict:
            return Skipped("", verdict.reason, verdict.detail)

    def fingerprint(self, picture: bytes) -> Fingerprint | Skipped:
        raise AssertionError("originals are digested, not hashed")


@dataclass
class Kept:
    """Originals in a dict."""

    known: dict[str, Original | Skipped] = field(default_factory=dict)

    def originals(self, sha1s: Iterable[str]) -> Mapping[str, Original | Skipped]:
        return {sha1: self.known[sha1] for sha1 in sha1s if sha1 in self.known}

    def keep_originals(self, results: Mapping[str, Original | Skipped]) -> None:
        self.known |= results


class Killed(BaseException):
    """The end of a run that nobody handles."""


@dataclass
class Delivering:
    """Hands out bodies one by one, and dies when ``left`` are delivered."""

    bodies: Mapping[str, bytes | Skipped]
    left: int = 1 << 30
    calls: list[tuple[int, int]] = field(default_factory=list)
    delivered: Counter[str] = field(default_factory=Counter)

    def fetch(
        self, urls: Iterable[str], cap_bytes: int | None = None
    ) -> Iterator[tuple[str, bytes | Skipped]]:
        wanted = list(urls)
        assert cap_bytes is not None
        self.calls.append((len(wanted), cap_bytes))
        for url in wanted:
            if not self.left:
                raise Killed
            self.left -= 1
            self.delivered[url] += 1
            yield url, self.bodies[url]


@dataclass
class World:
    """A family's files, their bytes by address, and all that a reader works with."""

    files: list[FileInfo]
    fetcher: Delivering
    digester: Digesting = field(default_factory=Digesting)
    store: Kept = field(default_factory=Kept)

    def read(self, files: Sequence[FileInfo] | None = None) -> dict[str, Original | Skipped]:
        reader = OriginalReader(self.fetcher, self.digester, self.store, CAP_BYTES)
        return reader.read(self.files if files is None else files)


def described(page_id: int, body: bytes, url: str = "") -> FileInfo:
    """Tell of a file as the wiki does."""
    with Image.open(io.BytesIO(body)) as picture:
        width_px, height_px = picture.size
        mime = Image.MIME[str(picture.format)]
    return file_info(
        page_id,
        sha1=hashlib.sha1(body, usedforsecurity=False).hexdigest(),
        size_bytes=len(body),
        width_px=width_px,
        height_px=height_px,
        mime=mime.replace("mpo", "jpeg"),
        url=url or f"https://media.test/{page_id}",
    )


def world(*bodies: bytes) -> World:
    """Put files with these bytes into a family."""
    files = [described(page_id, body) for page_id, body in enumerate(bodies, 1)]
    return World(files, Delivering({file.url: body for file, body in zip(files, bodies, strict=True)}))


def commented(data: bytes, comment: str) -> bytes:
    """Give a JPEG with a comment."""
    return data[:2] + segment(0xFE, comment.encode()) + data[2:]


def jpeg(change: int = 0) -> bytes:
    """Give a photograph as JPEG, other pixels for other numbers."""
    photo = photograph()
    photo.info.clear()
    photo.putpixel((5, 5), (change * 40, 0, 0))
    return encoded(photo, "JPEG")


# What is decoded


def test_fulfils_the_ports() -> None:
    digester: Digester = DecoderProcess(ORIGINAL)
    assert digester
    fetcher: Fetcher = Delivering({})
    store: DigestStore = Kept()
    assert OriginalReader(fetcher, Digesting(), store, CAP_BYTES).read([]) == {}


def test_a_family_that_differs_in_metadata_alone_is_never_decoded() -> None:
    family = world(*(commented(jpeg(), "x" * number) for number in range(5)))
    told = family.read()
    assert family.digester.seen == []
    assert {one.stripped_sha1 for one in told.values() if isinstance(one, Original)} == {
        stripped_sha1(jpeg())
    }
    assert sorted(told) == sorted(file.sha1 for file in family.files)
    assert set(family.fetcher.delivered.values()) == {1}
    assert family.store.known == told


@pytest.mark.parametrize("order", sorted(set(permutations((0, 0, 1, 1, 2)))), ids=str)
def test_one_of_each_class_is_decoded_for_all(order: tuple[int, ...]) -> None:
    # Files come by size, so the comments decide which comes first.
    bodies = [commented(jpeg(change), "x" * 400 * place) for place, change in enumerate(order)]
    family = world(*bodies)
    told = family.read()
    assert len(family.digester.seen) == 3
    for file, body in zip(family.files, bodies, strict=True):
        original = told[file.sha1]
        assert isinstance(original, Original)
        assert original.digest == digest_of(body, ORIGINAL, beside=())
    assert set(family.fetcher.delivered.values()) == {1}
    assert family.store.known == told


@each_seed
def test_equal_without_metadata_is_equal_decoded(seed: int, counted: Counted) -> None:
    """What lets one member of a class be decoded for all."""
    rng, number = random.Random(seed), per_seed(1000)
    for _ in range(number):
        one, other = METADATA["jpeg"](rng)
        assert stripped_sha1(one) == stripped_sha1(other) is not None
        assert digest_of(one, ORIGINAL) == digest_of(other, ORIGINAL)
    counted("X1", number, "JPEGs of equal stripped SHA1, all of equal digest")


def test_what_types_and_sizes_tell_apart_is_not_held() -> None:
    small = encoded(photograph(size=(60, 40)), "JPEG")
    for other in (photograph(size=(60, 40)), "PNG"), (photograph(size=(40, 60)), "JPEG"):
        family = world(small, encoded(*other))
        family.fetcher.left = 1
        with pytest.raises(Killed):
            family.read()
        assert len(family.digester.seen) == 1


def test_equal_files_are_one_download_and_none_where_all_are_equal() -> None:
    twice = world(jpeg(), jpeg(), jpeg(1))
    assert len(twice.read()) == 2
    assert twice.fetcher.delivered.total() == 2
    same = world(jpeg(), jpeg())
    sha1 = same.files[0].sha1
    assert same.read() == {sha1: Original(sha1, None)}
    assert (same.fetcher.calls, same.store.known) == ([], {})


# What is exported


def test_jpegs_that_differ_are_not_exported() -> None:
    told = world(jpeg(), jpeg(1), jpeg(2)).read()
    assert {
        one.digest.non_exif_sha1 for one in told.values() if isinstance(one, Original) and one.digest
    } == {""}


@pytest.mark.parametrize(
    ("bodies", "decoded"),
    [
        ((encodings()["jpeg"], encodings()["jpeg progressive"]), 3),
        ((encodings()["tiff raw"], encodings()["tiff packbits"]), 2),
    ],
    ids=["JPEG", "TIFF"],
)
def test_equal_pixels_are_exported_without_another_download(bodies: tuple[bytes, ...], decoded: int) -> None:
    family = world(*bodies)
    told = family.read()
    assert [told[file.sha1].digest for file in family.files] == [  # type: ignore[union-attr]
        digest_of(body, ORIGINAL) for body in bodies
    ]
    assert len(family.digester.seen) == decoded
    assert set(family.fetcher.delivered.values()) == {1}
    assert family.store.known == told


def test_what_meets_its_equal_later_is_read_again_once() -> None:
    family = world(encodings()["jpeg"], jpeg(1), jpeg(2), encodings()["jpeg progressive"])
    one, *others, equal = family.files
    family.read([one, others[0]])
    family.read([equal, others[1]])
    assert all(known.digest.non_exif_sha1 == "" for known in family.store.known.values())  # type: ignore[union-attr]
    family.fetcher.delivered.clear()
    told = family.read([one, equal])
    assert family.fetcher.delivered == {one.url: 1, equal.url: 1}
    assert told[one.sha1].digest == told[equal.sha1].digest == digest_of(encodings()["jpeg"], ORIGINAL)  # type: ignore[union-attr]
    family.fetcher.delivered.clear()
    assert family.read([one, equal]) == told
    assert family.fetcher.delivered.total() == 0


def test_where_the_export_cannot_be_had_nothing_is_said_of_the_file() -> None:
    family = world(encodings()["jpeg"], jpeg(1), encodings()["jpeg progressive"])
    one, other, equal = family.files
    family.read([one, other])
    before = dict(family.store.known)
    family.fetcher.bodies = {**family.fetcher.bodies, one.url: Skipped("", Reason.UNREADABLE, "HTTP 500")}
    told = family.read()
    assert told[one.sha1] == Skipped(one.sha1, Reason.UNREADABLE, "HTTP 500")
    assert family.store.known == before | {equal.sha1: told[equal.sha1]}


@cache
def gallery() -> tuple[bytes, ...]:
    """Give files alike in every way: but for metadata or coding, turned, of another size or type."""
    photo = photograph(size=(60, 40))
    photo.info.clear()
    other = photo.copy()
    other.putpixel((5, 5), (9, 9, 9))
    lying = photo.transpose(Image.Transpose.ROTATE_90)
    plain, nudged = encoded(photo, "JPEG"), encoded(other, "JPEG")
    turned = {"exif": exif_of({ORIENTATION: 6})}
    return (
        *(commented(one, comment) for one in (plain, nudged) for comment in ("", "x", "yy")),
        *(encoded(one, "JPEG", progressive=True) for one in (photo, other)),
        *(encoded(one, "PNG", compress_level=level) for one in (photo, other) for level in (1, 6)),
        encoded(lying, "PNG"),
        encoded(lying, "PNG", **turned),
        encoded(lying, "PNG", compress_level=1, **turned),
        encoded(photo.copy(), "TIFF"),
        encoded(photo.copy(), "TIFF", compression="packbits"),
        encoded(photo.copy(), "TIFF", save_all=True, append_images=[other.copy()]),
        encoded(photo, "WEBP", lossless=True),
        encoded(photo.resize((30, 20)), "JPEG"),
        encoded(photo.resize((30, 20)), "PNG"),
    )


places = st.lists(st.integers(0, len(gallery()) - 1), min_size=2, max_size=7, unique=True)


@given(st.lists(places, min_size=1, max_size=4))
@settings(deadline=None, max_examples=60)
def test_whatever_was_read_before_the_groups_are_those_of_reading_all(families: list[list[int]]) -> None:
    store = Kept()
    for chosen in families:
        bodies = [gallery()[place] for place in chosen]
        some = replace(world(*bodies), store=store)
        family = Family(tuple(some.files), ())
        in_full = {
            file.sha1: Original(file.sha1, stripped_sha1(body), digest_of(body, ORIGINAL))
            for file, body in zip(some.files, bodies, strict=True)
        }
        expected, found = identity(family, dict(in_full)), identity(family, some.read())
        assert found.groups == expected.groups
        assert {pair: one.verdict for pair, one in found.comparisons.items()} == {
            pair: one.verdict for pair, one in expected.comparisons.items()
        }
        assert all(number <= 2 for number in Counter(some.digester.seen).values())
        assert all(number <= 2 for number in some.fetcher.delivered.values())


# What is not fetched


def test_what_is_alone_with_its_size_is_not_fetched() -> None:
    small, alone = encoded(photograph(size=(60, 40)), "JPEG"), encoded(photograph(size=(61, 40)), "JPEG")
    family = world(small, encoded(photograph(size=(40, 60)), "JPEG"), alone)
    told = family.read()
    assert told[family.files[2].sha1] == Original(family.files[2].sha1, None)
    assert sorted(family.fetcher.delivered) == sorted(file.url for file in family.files[:2])
    assert len(family.store.known) == 2
    without_size = world(small, alone)
    without_size.read([replace(without_size.files[0], width_px=0, height_px=0), without_size.files[1]])
    assert without_size.fetcher.delivered.total() == 2


def test_files_of_two_sizes_need_not_be_decoded_for_each_other() -> None:
    bodies = [encoded(photograph(size=(60 + n, 40)), "JPEG") for n in range(2)]
    family = world(*(commented(body, comment) for body in bodies for comment in ("x", "yy")))
    found = identity(Family(tuple(family.files), ()), family.read())
    assert [[file.page_id for file in group] for group in found.groups] == [[1, 2], [3, 4]]
    assert found.comparisons[1, 3].reasons[0] == "60 × 40 px against 61 × 40 px"
    assert family.digester.seen == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"mime": "image/svg+xml"}, Reason.UNSUPPORTED_FORMAT),
        ({"mime": "application/pdf"}, Reason.UNSUPPORTED_FORMAT),
        ({"size_bytes": CAP_BYTES + 1}, Reason.TOO_LARGE),
        ({"width_px": 10_000, "height_px": 10_001}, Reason.TOO_LARGE),
        ({"url": ""}, Reason.UNREADABLE),
    ],
)
def test_what_cannot_be_read_is_not_fetched(change: dict[str, object], reason: Reason) -> None:
    family = world(jpeg(), jpeg(1), jpeg(2))
    unfit = replace(family.files[0], **change)  # type: ignore[arg-type]
    told = family.read([unfit, *family.files[1:]])
    result = told[unfit.sha1]
    assert isinstance(result, Skipped)
    assert (result.what, result.reason) == (unfit.sha1, reason)
    assert unfit.sha1 not in family.store.known
    assert sorted(family.fetcher.delivered) == sorted(file.url for file in family.files[1:])


def test_each_cap_is_what_the_wiki_announces() -> None:
    bodies = [jpeg(), jpeg(1), *(jpeg(2 + n) + bytes(SMALL_BYTES + 100 * n) for n in range(2))]
    family = world(*bodies)
    family.read()
    small, *large = family.fetcher.calls
    assert small == (2, max(len(jpeg()), len(jpeg(1))))
    assert large == [(1, len(body)) for body in bodies[2:]]


def test_what_is_known_is_not_fetched_again() -> None:
    family = world(jpeg(), jpeg(1), encodings()["png"])
    told = family.read()
    again = World(family.files, Delivering({}), store=family.store)
    assert again.read() == told
    assert again.fetcher.calls == []


def test_a_family_that_grew_fetches_one_of_what_was_not_decoded() -> None:
    family = world(commented(jpeg(), "a"), commented(jpeg(), "bb"), jpeg(1))
    family.read(family.files[:2])
    assert family.digester.seen == []
    family.fetcher.delivered.clear()
    told = family.read()
    assert family.fetcher.delivered.total() == 2
    assert len(family.digester.seen) == 2
    assert all(isinstance(one, Original) and one.digest for one in told.values())
    assert family.store.known == told


@pytest.mark.parametrize(
    ("answer", "reason", "lasts"),
    [
        (jpeg(7)[:-500], Reason.TRUNCATED, True),
        (Skipped("", Reason.UNREADABLE, "HTTP 500"), Reason.UNREADABLE, False),
        (Skipped("", Reason.NO_THUMBNAIL, "HTTP 404"), Reason.MISSING, False),
        (Skipped("", Reason.TOO_LARGE, "growing"), Reason.WRONG_DOWNLOAD, False),
        (jpeg(6), Reason.WRONG_DOWNLOAD, False),
    ],
)
def test_only_what_the_bytes_themselves_say_is_kept(
    answer: bytes | Skipped, reason: Reason, lasts: bool
) -> None:
    family = world(jpeg(7)[:-500], jpeg(1), jpeg(2))
    bad = family.files[0]
    family.fetcher.bodies = {**family.fetcher.bodies, bad.url: answer}
    told = family.read()
    result = told[bad.sha1]
    assert isinstance(result, Skipped)
    assert (result.what, result.reason) == (bad.sha1, reason)
    assert (bad.sha1 in family.store.known) == lasts
    assert all(isinstance(told[file.sha1], Original) for file in family.files[1:])


def test_two_files_with_one_address_are_not_mixed_up() -> None:
    family = world(jpeg(), jpeg(1), jpeg(2))
    address = family.files[1].url
    told = family.read([replace(family.files[0], url=address), *family.files[1:]])
    assert isinstance(told[family.files[0].sha1], Skipped)
    assert isinstance(told[family.files[1].sha1], Original)


# Interrupted runs


@pytest.mark.parametrize("left", range(8))
@pytest.mark.parametrize("alike", [True, False])
def test_a_killed_run_goes_on_where_it_stopped(left: int, alike: bool, counted: Counted) -> None:
    """Where not all are turned alike, nothing is fetched twice; where all look alike, one that was held."""
    bodies = [
        encoded(photograph(size=(60, 40) if alike or number % 2 else (40, 60)), "JPEG", quality=60 + number)
        for number in range(7)
    ]
    family = world(*bodies)
    family.fetcher.left = left
    with pytest.raises(Killed) if left < 7 else contextlib.nullcontext():
        family.read()
    family.fetcher.left = 100
    told = family.read()
    assert told == world(*bodies).read()
    twice = {url: number for url, number in family.fetcher.delivered.items() if number > 1}
    assert len(twice) == (1 if alike and left == 1 else 0)
    assert len(family.digester.seen) == 7
    counted("X2", 7 - len(twice), "originals of interrupted runs, each downloaded once")


# X2


@pytest.fixture
def media() -> Iterator[MediaHost]:
    with MediaHost() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def saying(body: bytes, status: int = 200, **headers: str) -> Behaviour:
    return lambda handler: handler.answer(status, body, **{"Content_Type": "image/jpeg", **headers})


def breaking_off(body: bytes, at: int) -> Behaviour:
    def behaviour(handler: Answering) -> None:
        handler.answer(200, body[:at], Content_Type="image/jpeg", Content_Length=str(len(body)))
        handler.close_connection = True

    return behaviour


def growing(body: bytes, piece: bytes) -> Behaviour:
    """Send the file and go on for ever."""

    def behaviour(handler: Answering) -> None:
        handler.answer(200, Content_Length="", Transfer_Encoding="chunked", Content_Type="image/jpeg")
        handler.wfile.write(f"{len(body):x}\r\n".encode() + body + b"\r\n")
        while True:
            handler.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")

    return behaviour


def chunked(body: bytes, at: int) -> Behaviour:
    """Send a part in well-formed chunks, as a cache does that has lost the rest."""

    def behaviour(handler: Answering) -> None:
        handler.answer(200, Content_Length="", Transfer_Encoding="chunked", Content_Type="image/jpeg")
        handler.wfile.write(f"{at:x}\r\n".encode() + body[:at] + b"\r\n0\r\n\r\n")

    return behaviour


def damaged(rng: random.Random, body: bytes, other: bytes) -> dict[str, Behaviour]:
    """Give a server's ways to hand out something else than ``body``; ``other`` is a whole picture too."""
    at = rng.randrange(1, len(body))
    flipped = body[: at - 1] + bytes([body[at - 1] ^ 1 << rng.randrange(8)]) + body[at:]
    shifted = body[at:] + body[:at]
    padded = (other + bytes(len(body)))[: len(body)]
    last = f"bytes {at}-{len(body) - 1}/{len(body)}"
    return {
        "cut": breaking_off(body, at),
        "cut, and so announced": saying(body[:at]),
        "cut between chunks": chunked(body, at),
        "zeros at the end": saying(body[: at - 1] + b"\xff" + bytes(len(body) - at)),
        "a bit flipped": saying(flipped),
        "swapped": saying(other),
        "another of the same length": saying(padded),
        "parts swapped": saying(shifted if shifted != body else other),
        "HTML": saying(b"<!DOCTYPE html>", Content_Type="text/html"),
        "HTML called a picture": saying(b"<!DOCTYPE html>".ljust(len(body))),
        "HTML after a picture": saying(body + b"<!-- served by a cache -->"),
        "text called a picture": saying(b"Not found".ljust(len(body), b".")),
        "a smaller rendering": saying(encoded(photograph(size=(12, 9)), "JPEG")),
        "gzip": saying(gzip.compress(body), Content_Encoding="gzip"),
        "gzip, not said": saying(gzip.compress(body)),
        "a range not asked for": saying(body[at:], 206, Content_Range=last),
        "the whole as a range": saying(body, 206, Content_Range=f"bytes 0-{len(body) - 1}/{len(body)}"),
        "a range called the whole": saying(body[at:], Content_Range=last),
        "no such range": saying(b"", 416, Content_Range=f"bytes */{len(body)}"),
        "growing": growing(body, other),
        "grown": saying(body + bytes(at)),
        "twice": saying(body + body),
        "empty": saying(b""),
        "an error with the picture": saying(body, 500),
    }


@each_seed
@pytest.mark.spec("2.12")
def test_damaged_downloads_are_never_decoded(media: MediaHost, seed: int, counted: Counted) -> None:
    rng, number = random.Random(seed), per_seed(500)
    pictures = [encoded(photograph(size=(60, 40)), "JPEG", quality=50 + n) for n in range(40)]
    kinds, refused = Counter[str](), Counter[Reason]()
    while sum(kinds.values()) < number:
        bodies = rng.sample(pictures, 8)
        files = []
        for page_id, body in enumerate(bodies, 1):
            address = f"/{sum(kinds.values())}/{page_id}.jpg"
            ways = damaged(rng, body, rng.choice([other for other in bodies if other != body]))
            kind = list(ways)[sum(kinds.values()) % len(ways)] if page_id > 2 else ""
            media.behaviours[address] = ways[kind] if kind else saying(body)
            kinds += Counter([kind] if kind else [])
            files.append(described(page_id, body, media.url(address)))
        digester, store = Digesting(), Kept()
        with fetching(media, attempts=1) as fetcher:
            told = OriginalReader(fetcher, digester, store, CAP_BYTES).read(files)
        assert sorted(digester.seen) == sorted(bodies[:2])
        assert store.known.keys() == {file.sha1 for file in files[:2]}
        for file in files[:2]:
            assert isinstance(told[file.sha1], Original)
        for file in files[2:]:
            result = told[file.sha1]
            assert isinstance(result, Skipped)
            refused[result.reason] += 1
    assert refused.keys() == {Reason.WRONG_DOWNLOAD, Reason.UNREADABLE}
    assert len(kinds) == min(24, number)
    counted("X2", sum(kinds.values()), "damaged downloads, none decoded")


@each_seed
def test_right_downloads_are_all_read(media: MediaHost, seed: int, counted: Counted) -> None:
    rng, number = random.Random(seed), per_seed(500)
    bodies = [make(rng)[0] for make in (*SHOWN.values(), *METADATA.values()) for _ in range(number // 10 + 1)]
    files = []
    for page_id, body in enumerate(dict.fromkeys(bodies), 1):
        media.behaviours[f"/{page_id}"] = saying(body) if page_id % 2 else chunked(body, len(body))
        files.append(described(page_id, body, media.url(f"/{page_id}")))
    digester = Digesting()
    with fetching(media) as fetcher:
        told = OriginalReader(fetcher, digester, Kept(), CAP_BYTES).read(files)
    assert [one for one in told.values() if isinstance(one, Skipped)] == []
    assert len(told) == len(files) == len(media.seen)
    counted("X2", len(files), "right downloads, all read")
