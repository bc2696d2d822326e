"""``make bench``: thumbnails from JPEG bytes to hashes, by this program and by imagehash.

Both open each thumbnail once, with Pillow, and every bit is compared. "checked" is all that this program
does for a wiki's thumbnail: it looks at the header first, turns it upright and lays it on white. Its four
hashes always include the verdict whether they say anything. Linear algebra has one thread, as in the
decoding process: OPENBLAS_NUM_THREADS=1. What that process costs beside hashing is told last. Times are of
the processor, so that a busy machine changes little; those beside a process are of the clock.
"""

from __future__ import annotations

import io
import os
import random
import statistics
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

import imagehash
from PIL import Image

from faebot_hash.adapters.decoder import DecoderProcess
from faebot_hash.fingerprint import fingerprint, phash_and_dhash
from faebot_hash.images import THUMBNAIL, open_picture
from tests.hashed_pictures import graphic, photograph_part, text
from tests.pictures import encoded

WIDTHS_PX = (120, 320)
THUMBNAILS = 10_000
AT_ONCE = 50
TARGET_TWO, TARGET_FOUR, TARGET_ISOLATION_MS = 1.5, 2.5, 0.6
KINDS = (photograph_part,) * 8 + (graphic, text)
CAMERA_RATIOS = (2 / 3, 3 / 4, 9 / 16, 4 / 3, 3 / 2)
QUALITY = 87

Hashes = tuple[object, ...]
Clock = Callable[[], float]
T = TypeVar("T")


def main() -> None:
    """Time both ways in turn, and print medians, ratios and targets."""
    if os.environ.get("OPENBLAS_NUM_THREADS") != "1":
        print("(OPENBLAS_NUM_THREADS is not 1, as it is in the decoding process: our times will be worse)")
    print(
        f"{THUMBNAILS:,} JPEG thumbnails, opened and hashed: microseconds each, {AT_ONCE} in turn, medians\n"
    )
    print(f"{'':30}{'imagehash':>10}{'ours':>8}{'ratio':>8}{'target':>8}   different")
    for width_px in WIDTHS_PX:
        bodies = thumbnails(width_px)
        compare(f"{width_px} px, pHash and dHash", bodies, two_by_imagehash, two_by_us, TARGET_TWO)
        compare(f"{width_px} px, all four", bodies, four_by_imagehash, four_by_us, TARGET_FOUR)
        compare(f"{width_px} px, all four, checked", bodies, four_by_imagehash, four_checked, None)
    print(f"\n{'milliseconds each':30}{'here':>10}{'process':>8}{'beside':>8}{'target':>8}   different")
    with DecoderProcess(THUMBNAIL) as decoder:
        for width_px in WIDTHS_PX:
            isolate(f"{width_px} px, the decoding process", thumbnails(width_px), decoder)


def thumbnails(width_px: int) -> list[bytes]:
    """Draw photographs' parts, graphics and text of one width, always the same; one in four is cut freely."""
    rng = random.Random(width_px)
    made = []
    for _ in range(THUMBNAILS):
        ratio = rng.choice(CAMERA_RATIOS) if rng.random() < 0.75 else rng.uniform(0.5, 1.6)
        picture = rng.choice(KINDS)(rng, (width_px, round(width_px * ratio)))
        made.append(encoded(picture, "JPEG", quality=QUALITY))
    return made


def two_by_imagehash(body: bytes) -> Hashes:
    with Image.open(io.BytesIO(body)) as picture:
        return imagehash.phash(picture), imagehash.dhash(picture)


def two_by_us(body: bytes) -> Hashes:
    with Image.open(io.BytesIO(body)) as picture:
        return phash_and_dhash(picture.convert("L"))


def four_by_imagehash(body: bytes) -> Hashes:
    four = (imagehash.phash, imagehash.dhash, imagehash.average_hash, imagehash.whash)
    with Image.open(io.BytesIO(body)) as picture:
        return tuple(one(picture) for one in four)


def four_by_us(body: bytes) -> Hashes:
    with Image.open(io.BytesIO(body)) as picture:
        marks = fingerprint(picture.convert("L"))
    return marks.phash, marks.dhash, marks.ahash, marks.whash


def four_checked(body: bytes) -> Hashes:
    marks = fingerprint(open_picture(body, THUMBNAIL))
    return marks.phash, marks.dhash, marks.ahash, marks.whash


def compare(
    name: str,
    bodies: Sequence[bytes],
    peer: Callable[[bytes], Hashes],
    ours: Callable[[bytes], Hashes],
    target: float | None,
) -> None:
    """Time some by one, then the same by the other, and print a line."""
    peer_s, ours_s, different = in_turn(bodies, peer, ours, time.process_time)
    ratio = statistics.median(a / b for a, b in zip(peer_s, ours_s, strict=True))
    peer_us, ours_us = (statistics.median(times) * 1e6 for times in (peer_s, ours_s))
    aim = f"≥ {target:g}" if target else ""
    print(f"{name:30}{peer_us:10.0f}{ours_us:8.0f}{ratio:7.2f} ×{aim:>8}   {different}", flush=True)


def isolate(name: str, bodies: Sequence[bytes], decoder: DecoderProcess) -> None:
    """Time hashing here and in the decoding process, and print what the way there and back costs."""
    here_s, there_s, different = in_turn(
        bodies,
        lambda body: fingerprint(open_picture(body, THUMBNAIL)),
        decoder.fingerprint,
        time.perf_counter,
    )
    beside_ms = statistics.median(b - a for a, b in zip(here_s, there_s, strict=True)) * 1000
    here_ms, there_ms = (statistics.median(times) * 1000 for times in (here_s, there_s))
    target = f"≤ {TARGET_ISOLATION_MS:g}"
    print(f"{name:30}{here_ms:10.2f}{there_ms:8.2f}{beside_ms:8.2f}{target:>8}   {different}", flush=True)


def in_turn(
    bodies: Sequence[bytes], one: Callable[[bytes], T], other: Callable[[bytes], object], clock: Clock
) -> tuple[list[float], list[float], int]:
    """Give the seconds a thumbnail of each turn, both ways, and how many answers differ."""
    times: tuple[list[float], list[float]] = [], []
    different = 0
    for way in (one, other):
        for body in bodies[:AT_ONCE]:
            way(body)
    for start in range(0, len(bodies), AT_ONCE):
        some = bodies[start : start + AT_ONCE]
        answers: list[list[object]] = []
        for way, taken in zip((one, other), times, strict=True):
            started = clock()
            answers.append([way(body) for body in some])
            taken.append((clock() - started) / len(some))
        different += sum(plain(a) != plain(b) for a, b in zip(*answers, strict=True))
    return *times, different


def plain(answer: object) -> object:
    """Write imagehash's hashes as numbers, and leave other answers as they are."""
    if not isinstance(answer, tuple):
        return answer
    return [int(str(one), 16) if isinstance(one, imagehash.ImageHash) else one for one in answer]


if __name__ == "__main__":
    main()
