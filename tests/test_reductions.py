"""The faster ways to the hashes give imagehash's bits on pictures of every kind; careless ones do not."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import imagehash
import numpy as np
import numpy.typing as npt
import pytest
import scipy.fftpack  # type: ignore[import-untyped]
from PIL import Image

from faebot_hash import fingerprint as hashing
from faebot_hash import reductions as reducing
from faebot_hash.fingerprint import fingerprint, phash_and_dhash, to_hex
from faebot_hash.images import THUMBNAIL, open_picture
from faebot_hash.model import MAX_HASH
from faebot_hash.reductions import LANCZOS, Size, reductions
from tests.counting import Counted
from tests.hashed_pictures import DRAWINGS, drawn, noise, some_size
from tests.pictures import FIXED_SEED, each_seed, encoded, grey_by_numpy, per_seed

Array = npt.NDArray[np.float64]
PROMISED = 10_000
FOUR = (imagehash.phash, imagehash.dhash, imagehash.average_hash, imagehash.whash)
AT_ONCE = 50


def upright(picture: Image.Image) -> Image.Image:
    """Prepare a picture for imagehash by a second road."""
    if picture.mode == "RGBA":
        return Image.fromarray(grey_by_numpy(np.asarray(picture)))
    return picture.convert("RGB") if picture.mode == "P" else picture


def differing(pictures: Sequence[Image.Image]) -> list[str]:
    """Tell which pictures have another hash than imagehash gives them."""
    found = []
    for picture in pictures:
        marks = fingerprint(open_picture(encoded(picture, "PNG", compress_level=1), THUMBNAIL))
        ours = [to_hex(value) for value in (marks.phash, marks.dhash, marks.ahash, marks.whash)]
        theirs = [str(one(upright(picture))) for one in FOUR]
        found += [
            f"{one.__name__} of {picture}: {mine} for {their}"
            for one, mine, their in zip(FOUR, ours, theirs, strict=True)
            if mine != their
        ]
    return found


def says_nothing(picture: Image.Image) -> bool:
    """Give the guard's verdict as its definition words it, from reductions by Pillow."""
    grey = picture.convert("L")
    small = np.asarray(grey.resize((9, 8), imagehash.ANTIALIAS)).astype(int)
    dct = scipy.fftpack.dct(np.asarray(grey.resize((32, 32), imagehash.ANTIALIAS)), axis=0)
    low = scipy.fftpack.dct(dct, axis=1)[:8, :8]
    steps = np.diff(small)
    return bool(
        (steps > 0).all()
        or not (steps > 0).any()
        or np.ptp(small) < hashing.LOW_INFORMATION_LEVELS
        or (steps == 0).sum() >= hashing.LOW_INFORMATION_TIES
        or (abs(low - np.median(low)) < 1e-6).sum() >= hashing.LOW_INFORMATION_TIES
    )


@each_seed
def test_every_hash_is_imagehashs(seed: int, counted: Counted) -> None:
    number = per_seed(PROMISED)
    for start in range(0, number, AT_ONCE):
        assert differing(drawn(seed + start, min(AT_ONCE, number - start))) == []
    counted("C5", number, "pictures of every kind, four hashes each, equal to imagehash's")


@each_seed
def test_the_guard_is_unchanged_and_two_hashes_alone_are_the_same(seed: int) -> None:
    judged = set()
    for picture in drawn(seed, per_seed(2000)):
        grey = upright(picture).convert("L")
        marks = fingerprint(grey)
        assert phash_and_dhash(grey) == (marks.phash, marks.dhash)
        assert marks.low_information == says_nothing(grey)
        judged.add(marks.low_information)
        assert marks.low_information or marks.dhash not in (0, MAX_HASH)
    assert judged == {True, False}


@each_seed
def test_reductions_are_pillows(seed: int, counted: Counted) -> None:
    rng = random.Random(seed)
    number = per_seed(PROMISED)
    for _ in range(number):
        picture = rng.choice(DRAWINGS)(rng, some_size(rng)).convert("L")
        sizes = rng.sample([(32, 32), (9, 8), (8, 8), (64, 64), (16, 16), (128, 128)], k=3)
        for size, levels in zip(sizes, reductions(picture, sizes), strict=True):
            assert np.array_equal(levels, np.asarray(picture.resize(size, LANCZOS))), (picture, size)
    counted("C5", number, "pictures reduced as Pillow reduces them")


@pytest.mark.parametrize("small", [(32, 32), (9, 8), (64, 64)])
@pytest.mark.parametrize("above_px", range(-2, 4))
def test_reductions_are_pillows_where_it_changes_the_order(small: Size, above_px: int) -> None:
    """Pillow 13 takes the columns first where the height shrinks by more than twice what the width does."""
    for width_px in range(small[0], 140, 7):
        size = width_px, small[1] + 2 * (width_px - small[0]) + above_px
        picture = noise(random.Random(width_px), (size[0], max(1, size[1])))
        (levels,) = reductions(picture, [small])
        assert np.array_equal(levels, np.asarray(picture.resize(small, LANCZOS)))


def test_thumbnails_take_the_faster_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise what stands above would compare Pillow with itself."""
    taken = []
    products = reducing._products
    monkeypatch.setattr(
        reducing, "_products", lambda picture, sizes: taken.extend(sizes) or products(picture, sizes)
    )
    fingerprint(Image.new("L", (120, 90)))
    assert taken == [(32, 32), (9, 8), (8, 8), (64, 64)]


# Careless ways, which these pictures must tell from imagehash's


def transformed_by_product(reduced: Array) -> tuple[Array, float]:
    cosines = np.cos(np.pi * np.outer(np.arange(8), 2 * np.arange(32) + 1) / 64) * 2
    low = cosines @ reduced.astype(float) @ cosines.T
    return low, float(np.median(low))


def brighter_blocks(pixels: Array) -> npt.NDArray[np.bool_]:
    block_px = len(pixels) // 8
    sums = pixels.reshape(8, block_px, 8, block_px).sum(axis=(1, 3), dtype=np.int64)
    return np.asarray(sums > np.median(sums))


def always_by_product(full: Size, small: Size) -> bool:
    return full[0] >= small[0] and full[1] >= small[1] and max(full) <= reducing.MAX_SIDE_PX


def rounded_once(sums: Array) -> Array:
    return np.clip(sums / (1 << 22), 0, 255)


CARELESS: list[tuple[object, str, Callable[..., object]]] = [
    (hashing, "low_frequencies", transformed_by_product),
    (hashing, "_wavelet_bits", brighter_blocks),
    (reducing, "_is_by_product", always_by_product),
    (reducing, "_as_levels", rounded_once),
]


@pytest.mark.parametrize(
    ("module", "name", "careless"), CARELESS, ids=lambda given: getattr(given, "__name__", "")
)
def test_a_careless_way_is_found_out(
    monkeypatch: pytest.MonkeyPatch, module: object, name: str, careless: Callable[..., object]
) -> None:
    monkeypatch.setattr(module, name, careless)
    assert differing(drawn(FIXED_SEED, 500))
