"""Thumbnails made in memory as Wikimedia's scaler makes them, so that sizes can be studied without a wiki.

An imitation: what Thumbor is told for JPEG on Wikimedia (quality 87, 4:2:0, an unsharp mask of sigma 0.8
where the sides shrink below 0.85, narrow thumbnails made from the one of 1280 px) is done with Pillow in
place of ImageMagick and libvips. Colour profiles are ignored, 16 bits become 8, and no byte will be equal to
one of the real thumbnail: for bases of real thumbnails ask the wiki. Run it away from the main process.
"""

from __future__ import annotations

import io
from collections.abc import Iterable

from PIL import Image, ImageFilter

from faebot_hash.fingerprint import fingerprint
from faebot_hash.images import TRANSPOSITIONS, Limits, Picture, open_picture, opened, orientation_of
from faebot_hash.model import Fingerprint
from faebot_hash.study_plan import ORIGINAL_PX

BUCKET_PX = 1280
JPEG_QUALITY = 87
SHARPEN_BELOW = 0.85
_UNSHARP = ImageFilter.UnsharpMask(radius=0.8, percent=100, threshold=0)


def fingerprints_at(data: bytes, limits: Limits, widths_px: Iterable[int]) -> dict[int, Fingerprint]:
    """Hash a picture and its thumbnails, by width; widths that are not smaller than it are left out.

    Raises ``ImageRejected`` as ``images.open_picture`` does.
    """
    found = {ORIGINAL_PX: fingerprint(open_picture(data, limits))}
    with opened(data, limits) as picture:
        picture.load()
        file_format, transposition = picture.format or "", TRANSPOSITIONS.get(orientation_of(picture))
        source = _plain(picture) if transposition is None else _plain(picture).transpose(transposition)
        wanted = [width_px for width_px in widths_px if width_px < source.width]
        bucket = None
        if source.width > BUCKET_PX and any(width_px < BUCKET_PX for width_px in wanted):
            bucket = _decoded(thumbnail(source, BUCKET_PX, file_format))
        for width_px in wanted:
            nearest = bucket if bucket is not None and width_px < BUCKET_PX else source
            found[width_px] = fingerprint(open_picture(thumbnail(nearest, width_px, file_format), limits))
    return found


def thumbnail(source: Picture, width_px: int, file_format: str) -> bytes:
    """Scale an upright picture (L, RGB or RGBA) and encode it as the wiki does a file of this format."""
    height_px = max(1, round(source.height * width_px / source.width))
    small = source.resize((width_px, height_px), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    if file_format in ("JPEG", "TIFF"):
        shrunk = (width_px + height_px) / (source.width + source.height)
        if file_format == "JPEG" and shrunk < SHARPEN_BELOW:
            small = small.filter(_UNSHARP)
        _on_white(small).save(stream, "JPEG", quality=JPEG_QUALITY, subsampling="4:2:0")
    elif file_format == "WEBP":
        small.save(stream, "WEBP", quality=JPEG_QUALITY)
    else:
        small.save(stream, "PNG")
    return stream.getvalue()


def _on_white(picture: Picture) -> Picture:
    if picture.mode != "RGBA":
        return picture
    flat = Image.new("RGB", picture.size, "white")
    flat.paste(picture, mask=picture.getchannel("A"))
    return flat


def _plain(picture: Picture) -> Picture:
    """Bring a picture into one of the modes that scale well and that every encoder takes."""
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        return picture.convert("L")  # Pillow has no alpha for deep grey, as in ``images``
    if picture.has_transparency_data:
        return picture.convert("RGBA")
    return picture.convert("L" if picture.mode in ("1", "L") else "RGB")


def _decoded(encoded: bytes) -> Picture:
    with Image.open(io.BytesIO(encoded)) as picture:
        picture.load()
        return _plain(picture)
