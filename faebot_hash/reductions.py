"""A grey picture made as small as the hashes look at it, bit for bit as Pillow's Lanczos filter makes it.

Pillow computes in whole numbers: weights of 22 fractional bits, rounded to grey levels after each of its two
passes. Sums of their products fit into the 53 bits of a double, so a matrix product is exact in whatever
order a processor adds them up, and takes a third of the time. The weights are asked of Pillow itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

Array = npt.NDArray[Any]
Size = tuple[int, int]

LANCZOS = Image.Resampling.LANCZOS
MAX_SIDE_PX = 512
"""Pictures with a longer side are left to Pillow, so that all weights kept take some 100 MB at most."""
_MAX_REDUCED_PX = 64
_ONE = 1 << 22


def reductions(picture: Image.Image, sizes: Sequence[Size]) -> list[Array]:
    """Give the grey levels of a picture in mode "L" at each (width, height), as rows."""
    by_product = [size for size in sizes if _is_by_product(picture.size, size)]
    made = dict(zip(by_product, _products(picture, by_product), strict=True)) if by_product else {}
    return [made[size] if size in made else np.asarray(picture.resize(size, LANCZOS)) for size in sizes]


def _is_by_product(full: Size, small: Size) -> bool:
    """Tell whether it pays, and whether Pillow 12 and 13 both take the rows first, as ``_products`` does."""
    across_px, down_px = full[0] - small[0], full[1] - small[1]
    return (
        max(full) <= MAX_SIDE_PX
        and max(small) <= _MAX_REDUCED_PX
        and across_px >= 0
        and 0 <= down_px <= 2 * across_px
    )


def _products(picture: Image.Image, sizes: Sequence[Size]) -> list[Array]:
    width_px, height_px = picture.size
    across = _weights(width_px, tuple(width for width, _ in sizes))
    # Columns stand as rows in between: the linear algebra below takes less time for few long ones.
    narrow = _as_levels(across.T @ np.asarray(picture).astype(np.float64).T)
    made = np.empty(sum(width * height for width, height in sizes))
    reduced, left, at = [], 0, 0
    for width, height in sizes:
        rows = made[at : at + width * height].reshape(height, width)
        np.matmul(_weights(height_px, (height,)).T, narrow[left : left + width].T, out=rows)
        reduced.append(rows)
        left, at = left + width, at + width * height
    _as_levels(made)
    return reduced


@lru_cache(maxsize=1024)
def _weights(side_px: int, reduced_px: tuple[int, ...]) -> Array:
    """Give how much each pixel of a side counts for each of a shorter one; several shorter ones abreast.

    They have 22 fractional bits. Pillow filters 32-bit pictures without rounding in between, so a row with
    a single pixel of 2²² comes out as that pixel's weights, rounded as Pillow rounds them for 8 bits.
    """
    single = np.zeros((side_px, side_px), np.int32)
    np.fill_diagonal(single, _ONE)
    pixels = Image.fromarray(single)
    counted = [np.asarray(pixels.resize((px, side_px), LANCZOS), np.float64) for px in reduced_px]
    return np.hstack(counted) / _ONE


def _as_levels(sums: Array) -> Array:
    sums += 0.5
    np.floor(sums, out=sums)
    return sums.clip(0, 255, out=sums)
