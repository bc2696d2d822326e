"""The hashes of 500 pictures under one version of Pillow, kept in a file: does another version give the same?

``python -m tests.golden_hashes`` compares the Pillow installed with every file in ``tests/golden``, and tells
what drifted; with ``--add`` it writes the file of the version installed. The pictures are made from whole
numbers alone, without Pillow, so that no version of anything changes them.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import random
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from faebot_hash.fingerprint import distance, fingerprint
from faebot_hash.images import PILLOW_VERSION
from tests.pictures import grey_by_numpy

FOLDER = Path(__file__).parent / "golden"
NUMBER = 500
HASHES = ("phash", "dhash", "ahash", "whash")
SIZES_PX = (
    (120, 90),
    (90, 120),
    (120, 120),
    (120, 67),
    (40, 31),
    (37, 300),
    (60, 480),
    (500, 60),
    (320, 240),
)
COMMAND = "python -m tests.golden_hashes"
Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Golden:
    """One picture's hashes, with the SHA1 of its pixels, by which a change of the picture itself is known."""

    number: int
    pixels_sha1: str
    phash: int
    dhash: int
    ahash: int
    whash: int


@dataclass(frozen=True)
class Drift:
    """How two versions differ in one hash: in so many of all pictures, and in how many bits at most."""

    name: str
    pictures: int
    of: int
    most_bits: int

    def __str__(self) -> str:
        return f"{self.name}: {self.pictures} of {self.of} pictures, at most {self.most_bits} bits"


def main(arguments: Sequence[str] | None = None, folder: Path = FOLDER) -> int:
    """Tell what drifted since each version; exit code 1 where that installed has no file, or another."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--add", action="store_true", help="write the file of the Pillow installed")
    options = parser.parse_args(arguments)
    now = list(made(NUMBER))
    for version in versions(folder):
        print("\n".join(told(version, now, folder)) or f"Pillow {version}: the same hashes")
    path = file_of(PILLOW_VERSION, folder)
    if options.add:
        write(path, now)
        print(f"written: {path}")
        return 0
    if path.exists():
        return 1 if drifted(read(path), now) else 0
    print(missing())
    return 1


def missing() -> str:
    """Say what to do about a version of Pillow that has no file."""
    return (
        f"Pillow {PILLOW_VERSION} has no golden hashes. Run `{COMMAND}` to see what drifted, then "
        f"`{COMMAND} --add`, and tell of the drift in CHANGELOG.md: stored hashes of another version are "
        "not compared with new ones, so each file is hashed again when its turn comes."
    )


def told(version: str, now: Sequence[Golden], folder: Path = FOLDER) -> Iterator[str]:
    """Tell what drifted from a version's file to the Pillow installed, a sentence for each hash."""
    for drift in drifted(read(file_of(version, folder)), now):
        yield f"from Pillow {version} to {PILLOW_VERSION} the hashes drift. {drift}"


def drifted(before: Mapping[int, Golden], now: Iterable[Golden]) -> list[Drift]:
    """Compare hashes of the same pictures; raises ``ValueError`` where the pictures are others."""
    pairs = [(before[one.number], one) for one in now if one.number in before]
    if other := [one.number for one, two in pairs if one.pixels_sha1 != two.pixels_sha1]:
        raise ValueError(
            f"the pictures themselves have changed, first number {other[0]}: nothing is compared"
        )
    found = []
    for name in HASHES:
        apart = [distance(getattr(one, name), getattr(two, name)) for one, two in pairs]
        found.append(Drift(name, sum(bits > 0 for bits in apart), len(pairs), max(apart, default=0)))
    return [drift for drift in found if drift.pictures]


def made(number: int) -> Iterator[Golden]:
    """Hash the first so many pictures with the libraries installed."""
    for one in range(number):
        pixels = picture(one)
        # Laid on white by numpy: how Pillow does that is another question.
        levels = pixels if pixels.ndim == 2 or pixels.shape[2] == 3 else grey_by_numpy(pixels)
        marks = fingerprint(Image.fromarray(levels).convert("L"))
        digest = hashlib.sha1(repr(pixels.shape).encode() + pixels.tobytes(), usedforsecurity=False)
        hashes = (getattr(marks, name) for name in HASHES)
        yield Golden(one, digest.hexdigest(), *hashes)


def picture(number: int) -> Pixels:
    """Make one picture: patches, smoothed or not, under some noise; grey, in colours or with alpha."""
    rng = random.Random(number)
    bands = rng.choice((1, 3, 3, 4))
    across_px, down_px = rng.choice(SIZES_PX)
    cell_px = rng.choice((3, 7, 12, 20, 33))
    cells = (-(-down_px // cell_px), -(-across_px // cell_px), bands)
    patches = np.frombuffer(rng.randbytes(cells[0] * cells[1] * bands), np.uint8).reshape(cells)
    levels = patches.repeat(cell_px, 0).repeat(cell_px, 1)[:down_px, :across_px].astype(np.int64)
    for _ in range(rng.choice((0, cell_px // 2, cell_px))):
        levels = (
            levels + np.roll(levels, 1, 0) + np.roll(levels, 1, 1) + np.roll(levels, (1, 1), (0, 1))
        ) // 4
    noise = np.frombuffer(rng.randbytes(levels.size), np.uint8).reshape(levels.shape) % rng.choice((1, 4, 25))
    mixed = (levels + noise).clip(0, 255).astype(np.uint8)
    return np.ascontiguousarray(mixed[:, :, 0] if bands == 1 else mixed)


def versions(folder: Path = FOLDER) -> list[str]:
    """Name the versions of Pillow that have a file."""
    return sorted(path.stem.removeprefix("pillow-") for path in folder.glob("pillow-*.csv"))


def file_of(version: str, folder: Path = FOLDER) -> Path:
    """Give the file of a version, be it there or not."""
    return folder / f"pillow-{version}.csv"


def read(path: Path) -> dict[int, Golden]:
    """Read a file of hashes by the number of the picture."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        int(row["number"]): Golden(
            int(row["number"]), row["pixels_sha1"], *(int(row[name], 16) for name in HASHES)
        )
        for row in rows
    }


def write(path: Path, found: Iterable[Golden]) -> None:
    """Write a file of hashes."""
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow([field.name for field in fields(Golden)])
        for one in found:
            number, digest, *hashes = astuple(one)
            rows.writerow([number, digest, *(f"{value:016x}" for value in hashes)])


if __name__ == "__main__":
    sys.exit(main())
