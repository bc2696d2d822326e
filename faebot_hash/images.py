"""Untrusted bytes to an upright grey picture, or a named rejection: the door to Pillow.

Only JPEG, PNG, GIF, WebP and TIFF are parsed, whatever a file is called; sizes are judged from the
header, before anything is decoded; a picture that ends early is never shown half. Run it away from
the main process (``adapters.decoding_worker``): the decoders below are C code that reads hostile bytes.
"""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import PIL
from PIL import Image, ImageFile, JpegImagePlugin, TiffImagePlugin, UnidentifiedImageError

from faebot_hash.errors import DecoderError, ImageRejected
from faebot_hash.floors import too_old
from faebot_hash.reasons import Reason

Picture = Image.Image

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "TIFF")
PILLOW_VERSION: str = PIL.__version__

_SIGNATURES = (
    b"\xff\xd8\xff",
    b"\x89PNG\r\n\x1a\n",
    b"GIF87a",
    b"GIF89a",
    b"II*\0",
    b"MM\0*",
    b"II+\0",
    b"MM\0+",
)
_ORIENTATION_TAG = 0x0112
TRANSPOSITIONS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_STRIP_PX = 4_000_000
_SAMPLE_BYTES = {"I": 4, "F": 4, "I;16": 2, "I;16L": 2, "I;16B": 2, "I;16N": 2}
_MAX_JPEG_SCANS = 500
_STORED_PIXEL_BYTES = 4
_COEFFICIENT_BYTES = 2
_PROGRESSIVE_BYTES = 720_000_000

# What Pillow 12.3 to 13.0 lets escape on the hostile files known to us, beside what it documents.
_DECODING_FAILURES = (
    OSError,
    ValueError,
    SyntaxError,
    IndexError,
    KeyError,
    TypeError,
    AttributeError,
    AssertionError,
    NotImplementedError,
    EOFError,
    ArithmeticError,
    RuntimeError,
    struct.error,
    zlib.error,
)
_TOO_LARGE = (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError)


@dataclass(frozen=True)
class Limits:
    """How much may be decoded: ``decoded_bytes`` is width × height × bands × bytes of a sample.

    A file may not be longer than that either: no allowed format needs more bytes than it decodes to.
    """

    pixels: int
    decoded_bytes: int


THUMBNAIL = Limits(pixels=16_000_000, decoded_bytes=64_000_000)
ORIGINAL = Limits(pixels=100_000_000, decoded_bytes=400_000_000)


def check_versions(pillow: str = PILLOW_VERSION) -> None:
    """Raise ``DecoderError`` for a Pillow with known holes, or one told to accept truncated files."""
    for old in too_old({"pillow": pillow}):
        raise DecoderError(str(old))
    if ImageFile.LOAD_TRUNCATED_IMAGES:
        raise DecoderError("Pillow has been told to accept truncated pictures: whatever did that must not")


def open_picture(data: bytes, limits: Limits) -> Picture:
    """Decode the first frame as imagehash wants it: upright, alpha flattened on white, mode "L".

    Raises ``ImageRejected`` for everything else that bytes can be.
    """
    with opened(data, limits) as picture:
        picture.load()
        orientation = orientation_of(picture)
        grey = _grey_on_white(picture)
        transposition = TRANSPOSITIONS.get(orientation)
        return grey if transposition is None else grey.transpose(transposition)


@contextmanager
def opened(data: bytes, limits: Limits) -> Iterator[Picture]:
    """Open a picture whose header was found good; whatever Pillow raises inside becomes ``ImageRejected``."""
    _check_container(data, limits)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            Image.MAX_IMAGE_PIXELS = limits.pixels
            with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
                check_header(picture, limits, len(data))
                yield picture
    except _TOO_LARGE as error:
        raise ImageRejected(Reason.TOO_LARGE, _sentence(error)) from error
    except UnidentifiedImageError as error:
        raise _unidentified(data) from error
    except _DECODING_FAILURES as error:
        raise ImageRejected(_reason(error), _sentence(error)) from error


def _check_container(data: bytes, limits: Limits) -> None:
    if not data:
        raise ImageRejected(Reason.TRUNCATED, "no bytes at all")
    if len(data) > limits.decoded_bytes:
        raise ImageRejected(Reason.TOO_LARGE, f"{len(data)} bytes")
    if data[:3] == b"\xff\xd8\xff" and (scans := data.count(b"\xff\xda")) > _MAX_JPEG_SCANS:
        raise ImageRejected(Reason.TOO_LARGE, f"{scans} scans")
    if _is_webp(data) and len(data) < 8 + int.from_bytes(data[4:8], "little"):
        raise ImageRejected(Reason.TRUNCATED, f"{len(data)} bytes of a longer RIFF container")


def check_header(picture: Picture, limits: Limits, file_bytes: int) -> None:
    """Judge a frame by its header, before it is decoded."""
    width_px, height_px = picture.size
    if picture.mode in ("LAB", "HSV"):
        raise ImageRejected(Reason.UNSUPPORTED_MODE, picture.mode)
    pixels = width_px * height_px
    sample_bytes = _SAMPLE_BYTES.get(picture.mode, 1)
    decoded_bytes = pixels * len(picture.getbands()) * sample_bytes
    if isinstance(picture, JpegImagePlugin.JpegImageFile) and picture.info.get("progressive"):
        _check_coefficients(picture)
    if pixels > limits.pixels or decoded_bytes > limits.decoded_bytes:
        raise ImageRejected(
            Reason.TOO_LARGE,
            f"{width_px} × {height_px} px, mode {picture.mode}, {decoded_bytes} bytes decoded",
        )
    _check_strips(picture, file_bytes)


def _check_coefficients(picture: JpegImagePlugin.JpegImageFile) -> None:
    """Refuse a progressive JPEG whose coefficients, held until the last scan, do not fit beside its pixels.

    libjpeg would run out of memory and Pillow call that a broken data stream, which it is not.
    """
    largest = max((across * down for _, across, down, _ in picture.layer), default=1) or 1
    samples_per_pixel = sum(across * down for _, across, down, _ in picture.layer) / largest
    needed_bytes = (
        picture.width * picture.height * (_STORED_PIXEL_BYTES + _COEFFICIENT_BYTES * samples_per_pixel)
    )
    if needed_bytes > _PROGRESSIVE_BYTES:
        raise ImageRejected(
            Reason.TOO_LARGE, f"progressive JPEG that needs {needed_bytes:.0f} bytes to decode"
        )


def _check_strips(picture: Picture, file_bytes: int) -> None:
    """Refuse a TIFF whose strips or tiles lie beyond the end of the file: libtiff calls that "error -2"."""
    if not isinstance(picture, TiffImagePlugin.TiffImageFile):
        return
    tags = picture.tag_v2
    for offsets_tag, counts_tag in ((273, 279), (324, 325)):
        ends = (
            start + size
            for start, size in zip(tags.get(offsets_tag, ()), tags.get(counts_tag, ()), strict=False)
        )
        if (end := max(ends, default=0)) > file_bytes:
            raise ImageRejected(Reason.TRUNCATED, f"{file_bytes} bytes, the last strip ends at {end}")


def orientation_of(picture: Picture) -> int:
    """Give the EXIF orientation 1…8 of a loaded picture, 1 where it is absent, odd or unreadable.

    TIFF is upright already: Pillow transposes it while loading.
    """
    if isinstance(picture, TiffImagePlugin.TiffImageFile):
        return 1
    try:
        orientation = picture.getexif().get(_ORIENTATION_TAG)
    except _DECODING_FAILURES:
        return 1
    return orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 1


def _grey_on_white(picture: Picture) -> Picture:
    """Flatten on white and convert to "L" in strips, so that one picture of full depth is held, not three."""
    width_px, height_px = picture.size
    strip_rows = max(1, _STRIP_PX // width_px)
    if strip_rows >= height_px:
        return _flattened(picture).convert("L")
    grey = Image.new("L", picture.size)
    for top in range(0, height_px, strip_rows):
        box = (0, top, width_px, min(top + strip_rows, height_px))
        grey.paste(_flattened(picture.crop(box)).convert("L"), box)
    return grey


def _flattened(picture: Picture) -> Picture:
    """Lay a picture with any kind of transparency on white, as the wiki's thumbnails are seen."""
    if not picture.has_transparency_data:
        return picture
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        return picture  # Pillow has no alpha for 16-bit grey; the transparent level stays as it is
    with_alpha = picture.convert("LA" if picture.mode in ("LA", "La", "1", "L") else "RGBA")
    flat = Image.new(with_alpha.mode[:-1], picture.size, "white")
    flat.paste(with_alpha.convert(flat.mode), mask=with_alpha.getchannel("A"))
    return flat


def _is_webp(data: bytes) -> bool:
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


def _unidentified(data: bytes) -> ImageRejected:
    if data.startswith(_SIGNATURES) or _is_webp(data):
        return ImageRejected(Reason.MALFORMED, "the header cannot be read")
    return ImageRejected(Reason.UNSUPPORTED_FORMAT, f"begins with {data[:8].hex(' ')}")


def _reason(error: BaseException) -> Reason:
    sentence = str(error).lower()
    if isinstance(error, EOFError) or "truncated" in sentence:
        return Reason.TRUNCATED
    return Reason.TOO_LARGE if "too large" in sentence else Reason.MALFORMED


def _sentence(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
