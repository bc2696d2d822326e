"""``make bench``: pairs of originals, confirmed by this program and in the seed's manner.

The seed decodes both files, exports them as default JPEGs in memory with the comment emptied, and compares
the SHA1s. This program reads them as ``confirm_duplicates`` does: SHA1 against the wiki's, then the bytes
without metadata, and only if that is not enough the digest of all pixels, in the decoding process. Nothing
is downloaded; photographs are made at run time, and taken from CORPORA_DIR where that is set.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import os
import random
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from faebot_hash.adapters.decoder import DecoderProcess
from faebot_hash.images import ORIGINAL
from faebot_hash.likeness import Original
from faebot_hash.model import FileInfo
from faebot_hash.originals import OriginalReader
from faebot_hash.pixels import verdict
from faebot_hash.ports import Digester
from faebot_hash.reasons import Skipped
from tests.alterations import segment
from tests.fakes import file_info
from tests.pictures import encoded, photograph

MEGAPIXELS = (1, 4, 12)
ROUNDS = 25
MOST_PHOTOGRAPHS = 12
FEWEST_PX = 500_000
TARGET_TWINS, TARGET_OTHERS = 10.0, 1.3

Pair = tuple[bytes, bytes]


@dataclass(frozen=True)
class Handed:
    """Bodies that lie ready; a fetcher."""

    bodies: Mapping[str, bytes]

    def fetch(
        self, urls: Iterable[str], cap_bytes: int | None = None
    ) -> Iterator[tuple[str, bytes | Skipped]]:
        for url in urls:
            yield url, self.bodies[url]


class Forgetful:
    """A store that keeps nothing."""

    def originals(self, sha1s: Iterable[str]) -> Mapping[str, Original | Skipped]:
        return {}

    def keep_originals(self, results: Mapping[str, Original | Skipped]) -> None:
        """Forget."""


def main() -> None:
    """Time twins and others of each size, in turn, and print medians, ratios and targets."""
    print(f"Two originals each, medians of {ROUNDS} rounds in turn: milliseconds a pair\n")
    print(f"{'':34}{'MB':>6}{'seed':>9}{'ours':>9}{'ratio':>15}{'target':>9}")
    with DecoderProcess(ORIGINAL) as decoder:
        for name, picture in photographs():
            one, twin, other = family(picture)
            compare(f"{name}, metadata differs", (one, twin), decoder, is_same=True)
            compare(f"{name}, pixels differ", (one, other), decoder, is_same=False)


def photographs() -> Iterator[tuple[str, Image.Image]]:
    """Give pictures with the fine grain of a camera's, and real ones."""
    grain = np.random.default_rng(7)
    for megapixels in MEGAPIXELS:
        width_px = round((megapixels * 1e6 * 4 / 3) ** 0.5)
        smooth = np.asarray(photograph(size=(width_px, width_px * 3 // 4))).astype(np.float32)
        grained = smooth + grain.normal(0, 5, smooth.shape[:2])[..., None].astype(np.float32)
        yield f"{megapixels} MP", Image.fromarray(grained.clip(0, 255).astype(np.uint8))
    real = (picture for path in real_photographs() if (picture := readable(path)) is not None)
    for number, picture in enumerate(itertools.islice(real, MOST_PHOTOGRAPHS), 1):
        yield f"real {number}, {picture.width * picture.height / 1e6:.1f} MP", picture


def real_photographs() -> list[Path]:
    """List the photographs of the corpora in an order of no meaning, always the same."""
    folder = os.environ.get("CORPORA_DIR")
    paths = sorted(Path(folder).glob("images/photos/**/*.jpg")) if folder else []
    random.Random(7).shuffle(paths)
    return paths


def readable(path: Path) -> Image.Image | None:
    """Decode a photograph, unless it is small or damaged."""
    try:
        with Image.open(path) as picture:
            return picture.convert("RGB") if picture.width * picture.height >= FEWEST_PX else None
    except OSError:
        return None


def family(picture: Image.Image) -> tuple[bytes, bytes, bytes]:
    """Give a JPEG, the same with another comment, and one that differs by a pixel, all of camera quality."""
    picture.info.clear()
    one = encoded(picture, "JPEG", quality=90)
    picture.putpixel((9, 9), (255, 0, 0))
    return one, one[:2] + segment(0xFE, b"another comment") + one[2:], encoded(picture, "JPEG", quality=90)


def compare(name: str, pair: Pair, decoder: Digester, *, is_same: bool) -> None:
    """Time one pair both ways, and print a line."""
    files = [described(page_id, body) for page_id, body in enumerate(pair, 1)]
    handed = Handed({file.url: body for file, body in zip(files, pair, strict=True)})
    reader = OriginalReader(handed, decoder, Forgetful(), ORIGINAL.decoded_bytes)
    seed_s, ours_s = [], []
    for _ in range(ROUNDS):
        seed_s.append(timed(lambda: by_seed(pair), is_same))
        ours_s.append(timed(lambda: by_reader(reader, files), is_same))
    faster = statistics.median(a / b for a, b in zip(seed_s, ours_s, strict=True))
    ratio = f"{faster:.1f} × faster" if is_same else f"{1 / faster:.2f} × as long"
    target = f"≥ {TARGET_TWINS:g}" if is_same else f"≤ {TARGET_OTHERS:g}"
    seed_ms, ours_ms = (statistics.median(times) * 1000 for times in (seed_s, ours_s))
    print(f"{name:34}{len(pair[0]) / 1e6:6.1f}{seed_ms:9.1f}{ours_ms:9.1f}{ratio:>15}{target:>9}")


def described(page_id: int, body: bytes) -> FileInfo:
    """Tell of a file as the wiki does."""
    with Image.open(io.BytesIO(body)) as picture:
        width_px, height_px = picture.size
    return file_info(
        page_id,
        sha1=hashlib.sha1(body, usedforsecurity=False).hexdigest(),
        size_bytes=len(body),
        width_px=width_px,
        height_px=height_px,
        url=f"bench:{page_id}",
    )


def timed(confirmed: Callable[[], bool], expected: bool) -> float:
    """Give the seconds that an answer takes, which must be the right one."""
    started = time.perf_counter()
    answer = confirmed()
    seconds = time.perf_counter() - started
    assert answer == expected
    return seconds


def by_seed(pair: Pair) -> bool:
    """Compare the default JPEG exports of both."""
    sha1s = []
    for body in pair:
        stream = io.BytesIO()
        with Image.open(io.BytesIO(body)) as picture:
            picture.save(stream, "JPEG", comment=b"")
        sha1s.append(hashlib.sha1(stream.getvalue(), usedforsecurity=False).hexdigest())
    return sha1s[0] == sha1s[1]


def by_reader(reader: OriginalReader, files: list[FileInfo]) -> bool:
    """Read both as the bot does, and ask for the verdict."""
    told = reader.read(files)
    one, other = (told[file.sha1] for file in files)
    assert isinstance(one, Original)
    assert isinstance(other, Original)
    return verdict(one, other).verdict.is_same_picture


if __name__ == "__main__":
    main()
