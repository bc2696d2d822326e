"""Pictures of every kind that a wiki holds, drawn at random, for hashing them twice."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache

import numpy as np
from PIL import Image, ImageDraw

from tests.pictures import photograph

PHOTOGRAPHS = (
    "astronaut.png",
    "brick.png",
    "camera.png",
    "cell.png",
    "chelsea.png",
    "coffee.png",
    "coins.png",
    "grass.png",
    "gravel.png",
    "hubble_deep_field.jpg",
    "ihc.png",
    "moon.png",
    "motorcycle_left.png",
    "page.png",
    "retina.jpg",
    "rocket.jpg",
    "text.png",
)
Size = tuple[int, int]
Drawing = Callable[[random.Random, Size], Image.Image]


@cache
def _full(name: str) -> Image.Image:
    return photograph(name, size=(640, 480))


def photograph_part(rng: random.Random, size: Size) -> Image.Image:
    """Cut a part of a photograph and scale it, as a thumbnail does."""
    whole = _full(rng.choice(PHOTOGRAPHS))
    width, height = rng.randint(40, whole.width), rng.randint(40, whole.height)
    left, top = rng.randint(0, whole.width - width), rng.randint(0, whole.height - height)
    return whole.crop((left, top, left + width, top + height)).resize(size, Image.Resampling.LANCZOS)


def graphic(rng: random.Random, size: Size) -> Image.Image:
    """Draw boxes, discs and lines in a few colours on paper."""
    picture = Image.new("RGB", size, rng.choice(("white", "black", "#eee", "#888")))
    draw = ImageDraw.Draw(picture)
    for _ in range(rng.randint(1, 9)):
        (left, right), (top, bottom) = (sorted(rng.choices(range(side), k=2)) for side in size)
        colour = rng.choice(("red", "navy", "white", "black", "#7f7f7f", "#ffcc00"))
        rng.choice((draw.rectangle, draw.ellipse, draw.line))((left, top, right, bottom), fill=colour)
    return picture


def text(rng: random.Random, size: Size) -> Image.Image:
    """Print lines of letters, as a scanned page has them."""
    picture = Image.new("L", size, 255)
    draw = ImageDraw.Draw(picture)
    for y in range(rng.randint(0, 8), size[1], rng.randint(9, 16)):
        draw.text((4, y), "".join(rng.choices("abcdefgh ijklmnop qrst", k=40)), fill=rng.choice((0, 40)))
    return picture


def flat(rng: random.Random, size: Size) -> Image.Image:
    """Fill with one level, or with that and some specks next to it."""
    level = rng.randrange(254)
    picture = Image.new("L", size, level)
    for _ in range(rng.choice((0, 0, 1, 9, 200))):
        picture.putpixel((rng.randrange(size[0]), rng.randrange(size[1])), level + rng.randint(1, 2))
    return picture


def noise(rng: random.Random, size: Size) -> Image.Image:
    """Set every pixel by chance, between two levels."""
    low, high = sorted((rng.randrange(256), rng.randrange(256)))
    pixels = np.random.default_rng(rng.randrange(1 << 32)).integers(low, high + 1, size[::-1])
    return Image.fromarray(pixels.astype(np.uint8))


def gradient(rng: random.Random, size: Size) -> Image.Image:
    """Fade along a line in any direction."""
    across, down = np.meshgrid(np.linspace(0, 1, size[0]), np.linspace(0, 1, size[1]))
    levels = (
        127.5
        + rng.choice((0, 1, -1, 0.3)) * 127 * (across - 0.5)
        + rng.choice((0, 1, -1)) * 127 * (down - 0.5)
    )
    return Image.fromarray(levels.clip(0, 255).astype(np.uint8))


def checkerboard(rng: random.Random, size: Size) -> Image.Image:
    """Tile with squares or stripes of two levels."""
    across_px, down_px = rng.choice((1, 2, 4, 8, 15, 16)), rng.choice((1, 2, 4, 8, 15, 16, 1000))
    across, down = np.meshgrid(np.arange(size[0]) // across_px, np.arange(size[1]) // down_px)
    levels = rng.randrange(256), rng.randrange(256)
    return Image.fromarray(np.where((across + down) % 2, *levels).astype(np.uint8))


def bilevel(rng: random.Random, size: Size) -> Image.Image:
    """Give a drawing or a dithered photograph in mode "1"."""
    return rng.choice((photograph_part, graphic))(rng, size).convert("1")


def see_through(rng: random.Random, size: Size) -> Image.Image:
    """Give a picture with an alpha channel."""
    picture = rng.choice((photograph_part, graphic))(rng, size).convert("RGBA")
    picture.putalpha(rng.choice((noise, gradient, graphic))(rng, size).convert("L"))
    return picture


def palette(rng: random.Random, size: Size) -> Image.Image:
    """Give a picture of few colours in mode "P"."""
    return rng.choice((photograph_part, graphic))(rng, size).convert("RGB").quantize(rng.choice((2, 8, 200)))


DRAWINGS: tuple[Drawing, ...] = (
    photograph_part,
    graphic,
    text,
    flat,
    noise,
    gradient,
    checkerboard,
    bilevel,
    see_through,
    palette,
)


def some_size(rng: random.Random) -> Size:
    """Give the size of a thumbnail; often square, tall, wide, thin, or at a border of the faster ways."""
    long_px = rng.choice((80, 120, 120, 120, 250, 320, 512, 513, rng.randint(1, 400), rng.randint(1, 400)))
    match rng.randrange(6):
        case 0:
            size = long_px, max(1, long_px * rng.randint(40, 160) // 160)
        case 1:
            size = max(1, long_px * rng.randint(40, 160) // 160), long_px
        case 2:
            size = max(1, long_px // rng.randint(2, 20)), long_px
        case 3:
            size = long_px, max(1, long_px // rng.randint(2, 20))
        case 4:
            size = rng.choice(((1, long_px), (long_px, 1), (rng.randint(1, 40), rng.randint(1, 40))))
        case _:
            size = rng.choice(
                [
                    (side, side + more)
                    for side in (8, 9, 16, 31, 32, 33, 63, 64, 65, 128)
                    for more in (0, 1, side)
                ]
            )
    return size


def drawn(seed: int, number: int) -> list[Image.Image]:
    """Draw so many pictures, of every kind in turn."""
    rng = random.Random(seed)
    return [DRAWINGS[index % len(DRAWINGS)](rng, some_size(rng)) for index in range(number)]
