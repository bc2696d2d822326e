"""A prepared picture to its four hashes, and hashes to text and distances: the one door to imagehash.

Every value is bit for bit what imagehash gives for the same picture; its first bit is our highest.
"""

from __future__ import annotations

import re
from typing import Any

import imagehash
import numpy as np
import numpy.typing as npt
import scipy.fftpack  # type: ignore[import-untyped]

from faebot_hash.images import PILLOW_VERSION, Picture
from faebot_hash.model import HASH_BITS, MAX_HASH, Basis, Fingerprint
from faebot_hash.reductions import reductions

Array = npt.NDArray[Any]

PHASH_PX, DHASH_PX, AHASH_PX = (32, 32), (9, 8), (8, 8)
LOW_INFORMATION_TIES = 48
LOW_INFORMATION_LEVELS = 6
_DCT_ROUNDING = 1e-6

_HEX = re.compile(r"[0-9a-fA-F]{16}", re.ASCII)
_DECIMAL = re.compile(r"[0-9]{1,20}", re.ASCII)

_MAX_WHOLE_SIDE_PX = 1024
_HAAR = 0.7071067811865476  # the coefficient of PyWavelets' table, the double nearest to √½
_GREY_AS_FRACTION = np.arange(256) / 255.0


def fingerprint(picture: Picture) -> Fingerprint:
    """Hash a picture that ``images.open_picture`` has prepared (mode "L", upright, on white)."""
    side_px = _wavelet_side_px(picture)
    sizes = (PHASH_PX, DHASH_PX, AHASH_PX, (side_px, side_px))
    for_phash, for_dhash, for_ahash, for_whash = reductions(picture, sizes)
    frequencies, median = low_frequencies(for_phash)
    dhash = dhash_of(for_dhash)
    return Fingerprint(
        phash=_as_int(frequencies > median),
        dhash=dhash,
        ahash=_as_int(for_ahash > np.mean(for_ahash)),
        whash=_as_int(_wavelet_bits(for_whash)),
        low_information=dhash in (0, MAX_HASH)
        or contrast_levels(for_dhash) < LOW_INFORMATION_LEVELS
        or dhash_ties(for_dhash) >= LOW_INFORMATION_TIES
        or phash_ties(frequencies, median) >= LOW_INFORMATION_TIES,
    )


def phash_and_dhash(picture: Picture) -> tuple[int, int]:
    """Give the first two hashes alone, which cost half of the four."""
    for_phash, for_dhash = reductions(picture, (PHASH_PX, DHASH_PX))
    frequencies, median = low_frequencies(for_phash)
    return _as_int(frequencies > median), dhash_of(for_dhash)


def dhash_of(reduced: Array) -> int:
    """Give the dHash of a picture's 9 × 8 reduction."""
    return _as_int(reduced[:, 1:] > reduced[:, :-1])


def low_frequencies(reduced: Array) -> tuple[Array, float]:
    """Give the 8 × 8 lowest coefficients of the 32 × 32 reduction's DCT, and their median.

    The transform is imagehash's own and no matrix product, which rounds otherwise: where coefficients
    equal the median, as in graphics, rounding decides the bits. Only rows that nobody reads are left out.
    """
    columns = scipy.fftpack.dct(reduced, axis=0)[:8]
    low: Array = scipy.fftpack.dct(columns, axis=1)[:, :8]
    return low, _median(low)


def contrast_levels(reduced: Array) -> int:
    """Measure how many grey levels (0…255) the 9 × 8 reduction spans.

    Fog and blank paper span a few levels of noise, which decides every bit of their hashes; the
    faintest photograph of the corpora spans 12, and the threshold is half of that.
    """
    return int(reduced.max()) - int(reduced.min())


def dhash_ties(reduced: Array) -> int:
    """Count the bits of a dHash (0…64) whose two neighbours in the 9 × 8 reduction are equally bright.

    The guard against hashes that say nothing marks a picture when three quarters of the bits of its
    pHash or of its dHash are undecided so, or when its dHash is all zeros or all ones (anything that
    fades to one side). On the corpora any threshold from 44 to 52 ties of the dHash does what is
    asked: it catches the moon on a black sky (52 ties, pHash equal to a galaxy's) and every picture
    of one colour (64), and marks none of the 167 photographs with more than one grey level, the
    emptiest of which has 43. 48 is the middle. Grey levels' deviation cannot do it: the moon has
    16.6, several photographs less.
    """
    return int(np.count_nonzero(reduced[:, 1:] == reduced[:, :-1]))


def phash_ties(frequencies: Array, median: float) -> int:
    """Count the bits of a pHash (0…64) whose DCT coefficient equals the median up to rounding.

    Photographs have none; a picture of stripes or one gradient has 48 to 60, a flat one 63 or 64.
    """
    return int(np.count_nonzero(np.abs(frequencies - median) < _DCT_ROUNDING))


def current_basis(source: str, thumb_width_px: int) -> Basis:
    """Describe fingerprints made now: ``source`` "thumbnail" with its width, or "original" with 0."""
    if (source, thumb_width_px > 0) not in (("thumbnail", True), ("original", False)):
        raise ValueError(f"not a basis: {source} at {thumb_width_px} px")
    return Basis(source, thumb_width_px, PILLOW_VERSION, imagehash.__version__)


def distance(one: int, other: int) -> int:
    """Count the differing bits of two hashes, 0…64."""
    return (one ^ other).bit_count()


def to_hex(value: int) -> str:
    """Write a hash in its canonical form: 16 lower-case hex digits, as imagehash prints it."""
    return f"{_checked(value):016x}"


def from_hex(text: str) -> int:
    """Read exactly 16 hex digits of either case; anything else raises ``ValueError``."""
    if not _HEX.fullmatch(text):
        raise ValueError(f"not 16 hex digits: {text!r}")
    return int(text, 16)


def to_decimal(value: int) -> str:
    """Write a hash as an unsigned decimal number, for parameters named ``…_dec``."""
    return str(_checked(value))


def from_decimal(text: str) -> int:
    """Read an unsigned 64-bit number of ASCII digits alone; anything else raises ``ValueError``."""
    if not _DECIMAL.fullmatch(text):
        raise ValueError(f"not an unsigned decimal number: {text!r}")
    return _checked(int(text))


def _checked(value: int) -> int:
    if not 0 <= value <= MAX_HASH:
        raise ValueError(f"not an unsigned 64-bit number: {value}")
    return value


def _as_int(bits: Array) -> int:
    assert bits.size == HASH_BITS
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def _median(of_64: Array) -> float:
    """Give what ``numpy.median`` gives, in a fifth of its time."""
    middle = np.sort(of_64, axis=None)[31:33]
    return float((middle[0] + middle[1]) / 2)


def _wavelet_side_px(picture: Picture) -> int:
    return max(8, 1 << (min(picture.size).bit_length() - 1))


def _wavelet_bits(pixels: Array) -> Array:
    """Give the bits of imagehash's wHash: which of 8 × 8 blocks are brighter than their median.

    imagehash takes the Haar transform of the whole picture apart, drops its mean, puts it together again
    and transforms anew. All that changes the blocks' order only where two are equally bright, and then by
    rounding; so their sums decide, which are whole numbers, unless the two in the middle are equal. Then
    the transforms are done; each step is PyWavelets' own, in its order, so that rounding agrees too.
    """
    block_px = len(pixels) // 8
    sums = pixels.reshape(8, block_px, 8, block_px).sum(axis=(1, 3), dtype=np.int64)
    below, above = np.sort(sums, axis=None)[31:33]
    if below < above:
        return np.asarray(sums > below)
    if len(pixels) > _MAX_WHOLE_SIDE_PX:
        return _wavelet_bits_by_blocks(pixels)
    levels = len(pixels).bit_length() - 1
    mean, details = _haar_apart(_GREY_AS_FRACTION[pixels.astype(np.uint8)], levels)
    grid, _ = _haar_apart(_haar_together(mean * 0, details), levels - 3)
    return np.asarray(grid > np.median(grid))


def _wavelet_bits_by_blocks(pixels: Array) -> Array:
    """Give the bits of a large picture by the same steps, in a tenth of the memory.

    imagehash needs several GB for 100 MP. Haar blocks do not overlap, so the 64 blocks behind the 64 bits
    can go one by one.
    """
    block_px = len(pixels) // 8
    levels = block_px.bit_length() - 1
    corners = [(y, x) for y in range(8) for x in range(8)]

    def block(y: int, x: int) -> Array:
        rows, columns = slice(y * block_px, (y + 1) * block_px), slice(x * block_px, (x + 1) * block_px)
        fractions: Array = _GREY_AS_FRACTION[pixels[rows, columns]]
        return fractions

    grid = np.array([_haar_mean(block(y, x), levels) for y, x in corners]).reshape(8, 8)
    mean, details = _haar_apart(grid, 3)
    grid = _haar_together(mean * 0, details)
    for y, x in corners:
        _, details = _haar_apart(block(y, x), levels)
        grid[y, x] = _haar_mean(_haar_together(grid[y : y + 1, x : x + 1], details), levels)
    return np.asarray(grid > np.median(grid), dtype=bool)


def _haar_mean(square: Array, levels: int) -> float:
    for _ in range(levels):
        scaled = square * _HAAR
        low = (scaled[0::2] + scaled[1::2]) * _HAAR
        square = low[:, 0::2] + low[:, 1::2]
    return float(square[0, 0])


def _haar_apart(square: Array, levels: int) -> tuple[Array, list[tuple[Array, Array, Array]]]:
    details = []
    for _ in range(levels):
        scaled = square * _HAAR
        low, high = (scaled[0::2] + scaled[1::2]) * _HAAR, (scaled[0::2] - scaled[1::2]) * _HAAR
        square = low[:, 0::2] + low[:, 1::2]
        details.append(
            (low[:, 0::2] - low[:, 1::2], high[:, 0::2] + high[:, 1::2], high[:, 0::2] - high[:, 1::2])
        )
    return square, details


def _haar_together(square: Array, details: list[tuple[Array, Array, Array]]) -> Array:
    for across, down, diagonal in reversed(details):
        low, high = _widened(square, across), _widened(down, diagonal)
        square = _widened(low.T, high.T).T
    return square


def _widened(sums: Array, differences: Array) -> Array:
    sums, differences = sums * _HAAR, differences * _HAAR
    wide = np.empty((sums.shape[0], 2 * sums.shape[1]))
    wide[:, 0::2] = sums + differences
    wide[:, 1::2] = sums - differences
    return wide
