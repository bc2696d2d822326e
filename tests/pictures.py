"""Pictures to test with: scikit-image's photographs in many encodings, and their damaged descendants."""

from __future__ import annotations

import importlib.util
import io
import os
import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from tests.seeds import FRESH_SEED

LONG = os.environ.get("FAEBOT_LONG") == "1"
FIXED_SEED = 20170624

each_seed = pytest.mark.parametrize(
    "seed", [pytest.param(FIXED_SEED, id="fixed"), pytest.param(FRESH_SEED, id=f"fresh-{FRESH_SEED}")]
)


def per_seed(promised: int) -> int:
    """Share a promised count between the two seeds: all of it in the long run, a tenth otherwise."""
    return max(1, promised // (2 if LONG else 20))


def photograph(name: str = "astronaut.png", size: tuple[int, int] = (120, 90)) -> Image.Image:
    """Give one of scikit-image's own photographs, in RGB and scaled."""
    package = importlib.util.find_spec("skimage")
    assert package is not None
    assert package.origin is not None
    with Image.open(Path(package.origin).parent / "data" / name) as picture:
        return picture.convert("RGB").resize(size)


def encoded(picture: Image.Image, file_format: str, **options: object) -> bytes:
    """Save a picture into bytes."""
    stream = io.BytesIO()
    picture.save(stream, file_format, **options)
    return stream.getvalue()


def with_alpha(picture: Image.Image) -> Image.Image:
    """Give a picture an alpha channel that runs through all 256 values."""
    alpha = np.linspace(0, 255, picture.width).astype("u1")[None, :].repeat(picture.height, axis=0)
    result = picture.convert("RGBA")
    result.putalpha(Image.fromarray(alpha))
    return result


@cache
def encodings() -> dict[str, bytes]:
    """Give one photograph in every variant of the five formats whose decoder differs."""
    photo = photograph()
    turned = photo.rotate(90).resize(photo.size)
    palette, turned_palette = photo.quantize(64), turned.quantize(64)
    grey = photo.convert("L")
    deep = Image.fromarray(np.asarray(grey).astype("u2") * 257)
    result = {
        "jpeg": encoded(photo, "JPEG"),
        "jpeg progressive": encoded(photo, "JPEG", progressive=True),
        "jpeg 4:4:4": encoded(photo, "JPEG", subsampling=0),
        "jpeg restarts": encoded(photo, "JPEG", restart_marker_rows=1),
        "jpeg grey": encoded(grey, "JPEG"),
        "jpeg cmyk": encoded(photo.convert("CMYK"), "JPEG"),
        "png": encoded(photo, "PNG"),
        "png alpha": encoded(with_alpha(photo), "PNG"),
        "png palette": encoded(palette, "PNG"),
        "png bilevel": encoded(photo.convert("1"), "PNG"),
        "png deep": encoded(deep, "PNG"),
        "png animated": encoded(photo, "PNG", save_all=True, append_images=[turned]),
        "png interlaced": interlaced_png(photo),
        "gif": encoded(palette, "GIF"),
        "gif not interlaced": encoded(palette, "GIF", interlace=0),
        "gif animated": encoded(palette, "GIF", save_all=True, append_images=[turned_palette]),
        "webp": encoded(photo, "WEBP"),
        "webp lossless": encoded(photo, "WEBP", lossless=True),
        "webp alpha": encoded(with_alpha(photo), "WEBP"),
        "webp animated": encoded(photo, "WEBP", save_all=True, append_images=[turned]),
        "tiff raw": encoded(photo, "TIFF"),
        "tiff deep": encoded(deep, "TIFF"),
        "tiff strips": encoded(photo, "TIFF", compression="tiff_lzw", tiffinfo={278: 8}),
        "tiff bilevel": encoded(photo.convert("1"), "TIFF", compression="group4"),
    }
    for compression in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"):
        result[f"tiff {compression}"] = encoded(photo, "TIFF", compression=compression)
    return result


def interlaced_png(picture: Image.Image) -> bytes:
    """Write an Adam7 PNG, which Pillow reads but does not write."""
    pixels = np.asarray(picture.convert("RGB"))
    passes = [
        (0, 0, 8, 8),
        (0, 4, 8, 8),
        (4, 0, 8, 4),
        (0, 2, 4, 4),
        (2, 0, 4, 2),
        (0, 1, 2, 2),
        (1, 0, 2, 1),
    ]
    rows = b"".join(
        b"\0" + row.tobytes() for top, left, down, across in passes for row in pixels[top::down, left::across]
    )
    return png(picture.width, picture.height, rows, interlace=1)


def png(
    width: int, height: int, rows: bytes, *, colour_type: int = 2, interlace: int = 0, extra: bytes = b""
) -> bytes:
    """Write a PNG of 8-bit samples from its filtered rows; ``extra`` chunks go before the pixels."""
    import zlib

    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, colour_type, 0, 0, interlace])
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            png_chunk(b"IHDR", header),
            extra,
            png_chunk(b"IDAT", zlib.compress(rows, 6)),
            png_chunk(b"IEND", b""),
        ]
    )


def png_chunk(name: bytes, content: bytes) -> bytes:
    """Write one PNG chunk with its length and checksum."""
    import zlib

    return len(content).to_bytes(4, "big") + name + content + zlib.crc32(name + content).to_bytes(4, "big")


def mutants(seed: int, count: int) -> Iterator[bytes]:
    """Give damaged files: bytes set or flipped, ranges lost, doubled or swapped in from another file."""
    rng = random.Random(seed)
    originals = list(encodings().values())
    for _ in range(count):
        file = bytearray(rng.choice(originals))
        for _damage in range(rng.choice((1, 1, 2, 4, 16))):
            at = rng.randrange(len(file)) if rng.random() < 0.5 else rng.randrange(min(len(file), 256))
            match rng.randrange(6):
                case 0:
                    file[at] ^= 1 << rng.randrange(8)
                case 1:
                    file[at] = rng.choice((0, 1, 0x7F, 0x80, 0xFF))
                case 2:
                    file[at : at + 4] = rng.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff"))
                case 3:
                    del file[at : at + rng.randrange(1, 64)]
                case 4:
                    file[at:at] = file[at : at + rng.randrange(1, 64)]
                case _:
                    donor = rng.choice(originals)
                    start = rng.randrange(len(donor))
                    file[at : at + 32] = donor[start : start + 32]
            if not file:
                break
        yield bytes(file)


def grey_by_numpy(pixels: npt.NDArray[np.uint8], orientation: int = 1) -> npt.NDArray[np.uint8]:
    """Prepare RGB or RGBA pixels by a second road: flattened on white, ITU-R 601 grey, turned upright."""
    colour = pixels[..., :3].astype(int)
    if pixels.shape[2] == 4:
        alpha = pixels[..., 3:].astype(int)
        colour = (2 * (colour * alpha + 255 * (255 - alpha)) + 255) // 510
    red, green, blue = colour[..., 0], colour[..., 1], colour[..., 2]
    grey = ((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16).astype(np.uint8)
    return upright_by_numpy(grey, orientation)


def upright_by_numpy(grey: npt.NDArray[np.uint8], orientation: int) -> npt.NDArray[np.uint8]:
    """Turn an array upright as the EXIF standard words it: where its row 0 and column 0 are to be seen."""
    if orientation in (5, 6, 7, 8):
        grey = grey.T
    if orientation in (2, 3, 6, 7):
        grey = grey[:, ::-1]
    if orientation in (3, 4, 7, 8):
        grey = grey[::-1]
    return grey
