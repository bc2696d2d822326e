"""An open picture to its frames, upright rows of samples, and all else that changes what is shown."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import TiffImagePlugin

from faebot_hash.errors import ImageRejected
from faebot_hash.images import TRANSPOSITIONS, Limits, Picture, check_header, orientation_of
from faebot_hash.jpeg import (
    PNG_SIGNATURE,
    colour_transform,
    exif_orientation,
    further_bytes,
    multi_picture_index,
    png_depth,
    png_shown,
)
from faebot_hash.reasons import Reason

MAX_FRAMES = 5_000
STRIP_PX = 250_000  # what fits a processor's cache is digested faster

_JPEG_SIGNATURE = b"\xff\xd8\xff"
_ORIENTATION_TAG, _BITS_TAG, _SAMPLES_TAG = 274, 258, 277
_PLACES_OF_SAMPLES = ((273, 279), (324, 325))
# Photometric interpretation, transfer function, white point, primaries, extra samples, sample format,
# YCbCr coefficients and positions, reference black and white.
_TIFF_COLOUR_TAGS = (262, 301, 318, 319, 338, 339, 529, 531, 532)
_TIFF_CODING_TAGS = (259, 266, 284, 317)  # compression, fill order, planes, predictor
_BITS = {"1": 1, "I": 32, "F": 32}
_WRITTEN_AS_JPEG = ("1", "L", "RGB", "CMYK", "YCbCr")


@dataclass(frozen=True)
class Frame:
    """One decoded frame or page; ``shown`` is what changes its look beside its samples."""

    mode: str
    width_px: int
    height_px: int
    bit_depth: int
    orientation: int
    icc: bytes
    shown: bytes
    picture: Picture

    def rows(self) -> Iterator[bytes]:
        """Give the samples from the top left of the upright picture, a strip at a time."""
        strip_rows = max(1, STRIP_PX // self.width_px)
        for top in range(0, self.height_px, strip_rows):
            bottom = min(top + strip_rows, self.height_px)
            strip = self.picture.crop(_box(self.picture.size, self.orientation, top, bottom))
            turn = TRANSPOSITIONS.get(self.orientation)
            yield _resolved(strip if turn is None else strip.transpose(turn)).tobytes()


def frames_of(picture: Picture, data: bytes, limits: Limits) -> Iterator[Frame]:
    """Decode frame after frame; each is gone when the next is asked for.

    Animations come as they are composed on the screen. Of a JPEG only the first picture is decoded: the
    further ones count as they are stored.
    """
    count = decoded_frames(picture, data)
    if count > MAX_FRAMES:
        raise ImageRejected(Reason.TOO_LARGE, f"{count} frames")
    pixels = 0
    for number in range(count):
        picture.seek(number)
        check_header(picture, limits, len(data))
        pixels += picture.width * picture.height
        if pixels > limits.pixels:
            raise ImageRejected(Reason.TOO_LARGE, f"{pixels} px in the first {number + 1} frames")
        stored = _tiff_shown(picture, data)
        picture.load()
        yield _frame(picture, data, stored, is_animated=count > 1)


def default_jpeg(picture: Picture) -> bytes:
    """Export a loaded picture as JPEG with every default, neither EXIF nor comment."""
    stream = io.BytesIO()
    if picture.mode not in _WRITTEN_AS_JPEG:
        is_grey = picture.mode in ("LA", "La", "I", "F") or picture.mode.startswith("I;16")
        picture = picture.convert("L" if is_grey else "RGB")
    picture.save(stream, "JPEG", comment=b"")
    return stream.getvalue()


def stored_beside(picture: Picture, data: bytes) -> list[bytes]:
    """List what the whole file holds of things shown that no decoded sample tells."""
    if data.startswith(_JPEG_SIGNATURE):
        transform = str(colour_transform(data)).encode()
        return [b"transform " + transform, multi_picture_index(data), further_bytes(data)]
    if data.startswith(PNG_SIGNATURE):
        return png_shown(data, with_raw_profile=not picture.info.get("icc_profile"))
    return []


def decoded_frames(picture: Picture, data: bytes) -> int:
    """Count the frames that ``frames_of`` gives."""
    return 1 if data.startswith(_JPEG_SIGNATURE) else frame_count(picture)


def frame_count(picture: Picture) -> int:
    """Count the frames or pages of an open file, a JPEG's further pictures among them."""
    return int(getattr(picture, "n_frames", 1))


def tiff_orientation(picture: Picture) -> int:
    """Read the orientation of a TIFF before loading: Pillow turns the pixels and forgets it."""
    if not isinstance(picture, TiffImagePlugin.TiffImageFile):
        return 1
    said = picture.tag_v2.get(_ORIENTATION_TAG)
    return said if isinstance(said, int) and 1 <= said <= 8 else 1


def _frame(picture: Picture, data: bytes, stored: bytes, *, is_animated: bool) -> Frame:
    orientation = orientation_of(picture)
    width_px, height_px = picture.size if orientation < 5 else picture.size[::-1]
    sample = _resolved(picture.crop((0, 0, 1, 1)))
    shown = [stored, *_orientation_doubt(picture, orientation)]
    if is_animated:
        shown.append(f"{picture.info.get('duration')} ms, loop {picture.info.get('loop')}".encode())
    if sample.mode.startswith("I"):  # no alpha beside deep grey: the level that is transparent
        shown.append(f"transparent {picture.info.get('transparency')}".encode())
    return Frame(
        sample.mode,
        width_px,
        height_px,
        _bit_depth(picture, data),
        orientation,
        bytes(picture.info.get("icc_profile") or b""),
        b" ".join(b"%d %b" % (len(part), part) for part in shown),
        picture,
    )


def _orientation_doubt(picture: Picture, applied: int) -> list[bytes]:
    """Note an orientation that not every viewer reads alike: in XMP alone, or of an odd type."""
    exif = picture.info.get("exif")
    if isinstance(picture, TiffImagePlugin.TiffImageFile):
        return []
    said = exif_orientation(exif) if isinstance(exif, bytes) and exif else 1
    return [] if said == applied else [f"orientation {said} or {applied}".encode()]


def _bit_depth(picture: Picture, data: bytes) -> int:
    if data.startswith(PNG_SIGNATURE):
        return png_depth(data) if picture.mode != "P" else 8
    if isinstance(picture, TiffImagePlugin.TiffImageFile) and picture.mode != "P":
        return max(_numbers(picture, _BITS_TAG) or [1])
    return 16 if picture.mode.startswith("I;16") else _BITS.get(picture.mode, 8)


def _tiff_shown(picture: Picture, data: bytes) -> bytes:
    """Give what a TIFF page says of colour, and its stored samples where Pillow decodes fewer bits."""
    if not isinstance(picture, TiffImagePlugin.TiffImageFile):
        return b""
    said = [f"{tag} {picture.tag_v2.get(tag)}".encode() for tag in _TIFF_COLOUR_TAGS]
    bits = _numbers(picture, _BITS_TAG) or [1]
    samples = max(len(bits), *_numbers(picture, _SAMPLES_TAG), 1)
    if samples > len(picture.getbands()) or (samples > 1 and max(bits) > 8):
        coding = [data[:2], *(str(picture.tag_v2.get(tag)).encode() for tag in _TIFF_CODING_TAGS)]
        stored = hashlib.sha1(b" ".join(coding), usedforsecurity=False)
        for starts_tag, sizes_tag in _PLACES_OF_SAMPLES:
            places = zip(_numbers(picture, starts_tag), _numbers(picture, sizes_tag), strict=False)
            for start, size in places:
                stored.update(memoryview(data)[start : start + size])
        said.append(stored.digest())
    return b" ".join(said)


def _numbers(picture: TiffImagePlugin.TiffImageFile, tag: int) -> list[int]:
    said = picture.tag_v2.get(tag, ())
    return [int(one) for one in (said if isinstance(said, tuple) else (said,))]


def _box(size: tuple[int, int], orientation: int, top: int, bottom: int) -> tuple[int, int, int, int]:
    """Give the part of a picture as stored that becomes rows ``top`` to ``bottom`` of it turned upright."""
    width_px, height_px = size
    if orientation in (1, 2):
        return 0, top, width_px, bottom
    if orientation in (3, 4):
        return 0, height_px - bottom, width_px, height_px - top
    if orientation in (5, 6):
        return top, 0, bottom, height_px
    return width_px - bottom, 0, width_px - top, height_px


def _resolved(picture: Picture) -> Picture:
    """Look palettes up, and give a transparent colour its alpha channel."""
    if picture.mode == "PA" or (picture.mode == "P" and "transparency" in picture.info):
        return picture.convert("RGBA")
    if picture.mode == "P":
        return picture.convert("RGB")
    if "transparency" in picture.info and picture.mode in ("1", "L", "RGB"):
        return picture.convert("RGBA" if picture.mode == "RGB" else "LA")
    return picture
