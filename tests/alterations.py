"""Pairs of files that differ in one thing: something shown, or nothing but metadata."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable
from functools import cache

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms, TiffImagePlugin

from tests.pictures import encoded, photograph, png_chunk

Pair = tuple[bytes, bytes]
Array = npt.NDArray[np.uint8]

LOSSLESS: dict[str, dict[str, object]] = {
    "PNG": {},
    "TIFF": {},
    "WEBP": {"lossless": True, "exact": True, "method": 0},
}
ORIENTATION, DESCRIPTION, ARTIST = 0x0112, 0x010E, 0x013B
XMP = b"http://ns.adobe.com/xap/1.0/\0"
IRB = b"Photoshop 3.0\x008BIM\x04\x04\0\0"


def crop(rng: random.Random, mode: str = "RGB") -> Image.Image:
    """Give a random 24 × 16 piece of a photograph."""
    left, top = rng.randrange(96), rng.randrange(74)
    return _photo().crop((left, top, left + 24, top + 16)).convert(mode)


@cache
def _photo() -> Image.Image:
    photo = photograph()
    photo.info.clear()
    return photo


@cache
def profiles() -> tuple[bytes, ...]:
    """Give no profile and three that differ."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    other = srgb[:-1] + bytes([srgb[-1] ^ 1])
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
    return b"", srgb, other, lab


def nudged(rng: random.Random, picture: Image.Image, channel: int | None = None) -> Image.Image:
    """Change the lowest bit of one channel of one pixel."""
    samples = np.array(picture)
    y, x = rng.randrange(samples.shape[0]), rng.randrange(samples.shape[1])
    if samples.ndim == 2:
        samples[y, x] ^= 1
    else:
        samples[y, x, rng.randrange(samples.shape[2]) if channel is None else channel] ^= 1
    result = Image.fromarray(samples)
    if picture.mode == "P":
        result = Image.frombytes("P", picture.size, samples.tobytes())
        result.putpalette(picture.getpalette() or [])
    return result


# What is shown differs


def one_level(rng: random.Random) -> Pair:
    file_format = rng.choice(sorted(LOSSLESS))
    picture = crop(rng, rng.choice(("RGB", "L")) if file_format != "WEBP" else "RGB")
    options = LOSSLESS[file_format]
    return encoded(picture, file_format, **options), encoded(nudged(rng, picture), file_format, **options)


def alpha_only(rng: random.Random) -> Pair:
    file_format = rng.choice(sorted(LOSSLESS))
    picture = crop(rng, "RGBA")
    picture.putalpha(crop(rng, "L"))
    options = LOSSLESS[file_format]
    return encoded(picture, file_format, **options), encoded(nudged(rng, picture, 3), file_format, **options)


def low_bits(rng: random.Random) -> Pair:
    bands = rng.choice((1, 3, 4))
    writer = rng.choice((deep_png, deep_tiff))
    samples = np.random.default_rng(rng.randrange(1 << 32)).integers(0, 1 << 16, (16, 24, bands), "u2")
    other = samples.copy()
    other[rng.randrange(16), rng.randrange(24), rng.randrange(bands)] ^= 1
    return writer(samples), writer(other)


def second_page(rng: random.Random) -> Pair:
    first, second = crop(rng), crop(rng)
    pages = encoded(first, "TIFF", save_all=True, append_images=[second])
    if rng.random() < 0.2:
        return pages, encoded(first, "TIFF")
    return pages, encoded(first, "TIFF", save_all=True, append_images=[nudged(rng, second)])


def second_frame(rng: random.Random) -> Pair:
    file_format = rng.choice(("GIF", "WEBP", "PNG"))
    if file_format == "GIF":
        ramp = Image.frombytes("P", (24, 16), rng.randbytes(24 * 16))
        ramp.putpalette([level for index in range(256) for level in (index, 255 - index, index ^ 85)])
        first, second, options = ramp, ramp.transpose(Image.Transpose.ROTATE_180), {"optimize": False}
    else:
        first, second, options = crop(rng), crop(rng), dict(LOSSLESS[file_format])
    timing = {"duration": 100, "loop": 0}
    frames = encoded(first, file_format, save_all=True, append_images=[second], **timing, **options)
    if rng.random() < 0.1:
        return frames, encoded(first, file_format, **options)
    if rng.random() < 0.1:
        timing["duration"] = 200
        return frames, encoded(first, file_format, save_all=True, append_images=[second], **timing, **options)
    other = nudged(rng, second)
    return frames, encoded(first, file_format, save_all=True, append_images=[other], **timing, **options)


def turned(rng: random.Random) -> Pair:
    file_format = rng.choice(("JPEG", *LOSSLESS))
    one, other = rng.sample(range(1, 9), 2)
    picture, options = crop(rng), LOSSLESS.get(file_format, {})
    return (
        encoded(picture, file_format, exif=exif_of({ORIENTATION: one}), **options),
        encoded(picture, file_format, exif=exif_of({ORIENTATION: other}), **options),
    )


def profiled(rng: random.Random) -> Pair:
    file_format = rng.choice(("JPEG", *LOSSLESS))
    one, other = rng.sample(profiles(), 2)
    picture, options = crop(rng), LOSSLESS.get(file_format, {})
    return (
        encoded(picture, file_format, **options, **({"icc_profile": one} if one else {})),
        encoded(picture, file_format, **options, **({"icc_profile": other} if other else {})),
    )


def colour_transformed(rng: random.Random) -> Pair:
    mode = rng.choice(("RGB", "CMYK", "L"))
    segments, rest = split(encoded(crop(rng, mode), "JPEG"))
    others = [one for one in segments if one[1] not in (0xE0, 0xEE)]
    jfif = [one for one in segments if one[1] == 0xE0 and rng.random() < 0.3]
    one, other = rng.sample((0, 2) if mode == "CMYK" else (0, 1), 2)
    return joined([*jfif, adobe(one), *others], rest), joined([*jfif, adobe(other), *others], rest)


SHOWN: dict[str, Callable[[random.Random], Pair]] = {
    "one level": one_level,
    "alpha": alpha_only,
    "low bits": low_bits,
    "second page": second_page,
    "second frame": second_frame,
    "orientation": turned,
    "profile": profiled,
    "colour transform": colour_transformed,
}


# Nothing but metadata differs


def jpeg_metadata(rng: random.Random) -> Pair:
    """Give a JPEG twice, with EXIF, XMP, IPTC, comments and thumbnails of its own in an order of its own."""
    profile = rng.choice(profiles())
    options = {"icc_profile": profile} if profile else {}
    data = encoded(crop(rng, rng.choice(("RGB", "L", "CMYK"))), "JPEG", **options)
    orientation = rng.choice((1, 1, 3, 6, 8))
    further = encoded(crop(rng), "JPEG") if rng.random() < 0.2 else b""
    return _redressed(rng, data, orientation) + further, _redressed(rng, data, orientation) + further


def _redressed(rng: random.Random, data: bytes, orientation: int) -> bytes:
    segments, rest = split(data)
    jfif, others = segments[:1], segments[1:]
    if jfif[0][1] != 0xE0:  # Pillow writes none for CMYK
        jfif, others = [], segments
    word = rng.randbytes(rng.randrange(1, 30)).hex()
    thumbnail = encoded(crop(rng), "JPEG")
    possible = [
        segment(0xE1, XMP + f"<x:xmpmeta><dc:title>{word}</dc:title></x:xmpmeta>".encode()),
        segment(0xED, IRB + len(word).to_bytes(4, "big") + word.encode()),
        segment(0xFE, word.encode()),
        segment(0xE0, b"JFXX\0\x10" + thumbnail),
    ]
    metadata = rng.sample(possible, rng.randrange(len(possible) + 1))
    if orientation > 1 or rng.random() < 0.7:
        with_thumbnail = thumbnail if rng.random() < 0.5 else b""
        metadata.append(segment(0xE1, exif_with_thumbnail(orientation, word, with_thumbnail)))
    rng.shuffle(metadata)
    early = rng.randrange(len(metadata) + 1)
    return joined([*jfif, *metadata[:early], *others, *metadata[early:]], rest)


def png_metadata(rng: random.Random) -> Pair:
    data = encoded(crop(rng, rng.choice(("RGB", "RGBA", "L", "P"))), "PNG")
    if rng.random() < 0.3:
        data = low_bits_png(rng)
    return _annotated_png(rng, data), _annotated_png(rng, data)


def low_bits_png(rng: random.Random) -> bytes:
    return deep_png(np.random.default_rng(rng.randrange(1 << 32)).integers(0, 1 << 16, (16, 24, 3), "u2"))


def _annotated_png(rng: random.Random, data: bytes) -> bytes:
    word = rng.randbytes(rng.randrange(1, 30)).hex().encode()
    possible = [
        png_chunk(b"tEXt", b"Comment\0" + word),
        png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x:xmpmeta>" + word + b"</x:xmpmeta>"),
        png_chunk(b"eXIf", exif_with_thumbnail(1, word.decode(), b"")[6:]),
        png_chunk(b"tIME", rng.randbytes(7)),
        png_chunk(b"pHYs", rng.randbytes(8) + b"\1"),
    ]
    header, tail = data[:33], data[33:]
    return header + b"".join(rng.sample(possible, rng.randrange(len(possible) + 1))) + tail


def other_metadata(rng: random.Random) -> Pair:
    file_format = rng.choice(("TIFF", "WEBP", "GIF"))
    picture, orientation = crop(rng), rng.choice((1, 6))
    return tuple(_annotated(rng, picture, file_format, orientation) for _ in range(2))  # type: ignore[return-value]


def _annotated(rng: random.Random, picture: Image.Image, file_format: str, orientation: int) -> bytes:
    word = rng.randbytes(rng.randrange(1, 30)).hex()
    if file_format == "GIF":
        return encoded(picture.quantize(64), "GIF", comment=word.encode())
    if file_format == "WEBP":
        exif = exif_of({ORIENTATION: orientation, DESCRIPTION: word})
        return encoded(picture, "WEBP", lossless=True, exif=exif, xmp=f"<x>{word}</x>".encode())
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[ORIENTATION], tags[DESCRIPTION], tags[ARTIST], tags[700] = (
        orientation,
        word,
        word[::-1],
        word.encode(),
    )
    return encoded(picture, "TIFF", tiffinfo=tags, dpi=(rng.randrange(1, 600),) * 2)


METADATA: dict[str, Callable[[random.Random], Pair]] = {
    "jpeg": jpeg_metadata,
    "png": png_metadata,
    "others": other_metadata,
}


# Files put together by hand


def exif_of(tags: dict[int, object]) -> Image.Exif:
    exif = Image.Exif()
    for tag, value in tags.items():
        exif[tag] = value
    return exif


def exif_with_thumbnail(orientation: int, description: str, thumbnail: bytes) -> bytes:
    """Write an EXIF segment of two directories, the second of which holds a thumbnail."""
    text = description.encode() + b"\0\0\0\0\0"
    start = 8 + 2 + 12 * 2 + 4
    first = struct.pack("<HHHII", 2, DESCRIPTION, 2, len(text), start)
    first += struct.pack("<HHIHH", ORIENTATION, 3, 1, orientation, 0)
    behind = start + len(text)
    directory = first + struct.pack("<I", behind if thumbnail else 0) + text
    if thumbnail:
        at = behind + 2 + 12 * 2 + 4
        directory += (
            struct.pack("<HHHIIHHIII", 2, 0x201, 4, 1, at, 0x202, 4, 1, len(thumbnail), 0) + thumbnail
        )
    return b"Exif\0\0II*\0\x08\0\0\0" + directory


def segment(marker: int, payload: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(payload) + 2).to_bytes(2, "big") + payload


def adobe(transform: int) -> bytes:
    return segment(0xEE, b"Adobe\0\x64\0\0\0\0" + bytes([transform]))


def split(data: bytes) -> tuple[list[bytes], bytes]:
    """Take a JPEG apart: the segments before the first scan, and the rest."""
    segments, at = [], 2
    while data[at + 1] != 0xDA:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        segments.append(data[at:end])
        at = end
    return segments, data[at:]


def joined(segments: list[bytes], rest: bytes) -> bytes:
    return b"\xff\xd8" + b"".join(segments) + rest


def deep_png(samples: npt.NDArray[np.uint16]) -> bytes:
    """Write a 16-bit PNG, which Pillow does for grey alone."""
    height, width, bands = samples.shape
    header = struct.pack(">IIBBBBB", width, height, 16, {1: 0, 3: 2, 4: 6}[bands], 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*one) for one in chunks)


def deep_tiff(samples: npt.NDArray[np.uint16]) -> bytes:
    """Write a 16-bit TIFF of one strip, which Pillow does for grey alone."""
    height, width, bands = samples.shape
    strip = samples.astype("<u2").tobytes()
    entries = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, bands, 16),
        (259, 3, 1, 1),
        (262, 3, 1, 1 if bands == 1 else 2),
        (273, 4, 1, 0),
        (277, 3, 1, bands),
        (278, 4, 1, height),
        (279, 4, 1, len(strip)),
        *([(338, 3, 1, 2)] if bands == 4 else []),
    ]
    bits_at = 8 + 2 + 12 * len(entries) + 4
    strip_at = bits_at + 8
    places = {258: 16 if bands == 1 else bits_at, 273: strip_at}
    directory = b"".join(
        struct.pack("<HHII", tag, kind, count, places.get(tag, value)) for tag, kind, count, value in entries
    )
    bits = struct.pack("<4H", 16, 16, 16, 16)
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + directory + bytes(4) + bits + strip
