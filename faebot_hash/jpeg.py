"""JPEG and PNG files as their segments and chunks: what in them is metadata and what is shown.

Bytes only, nothing is decoded. What is odd or unknown counts as shown: then two files are merely not
proved equal, and their pixels decide.
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

_SOI, _EOI, _SOS, _COMMENT = 0xD8, 0xD9, 0xDA, 0xFE
_APP0, _APP1, _APP13, _APP14 = 0xE0, 0xE1, 0xED, 0xEE
_STANDALONE = frozenset((0x01, *range(0xD0, 0xD8)))
_MARKER_IN_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_EXIF_PREFIX = b"Exif\0\0"
_XMP_PREFIXES = (b"http://ns.adobe.com/xap/1.0/\0", b"http://ns.adobe.com/xmp/extension/\0")
_XMP_ORIENTATION = re.compile(rb"Orientation.{0,8}", re.DOTALL)
_ORIENTATION_TAG, _SHORT, _ENTRY_BYTES = 0x0112, 3, 12
_TYPE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_COLOUR = (b"gAMA", b"cHRM", b"sRGB", b"cICP", b"mDCV", b"cLLI")
_PNG_DEEP = (b"IHDR", b"IDAT", b"fdAT", b"fcTL", b"tRNS")
_PNG_DEPTH_AT = 24


@dataclass(frozen=True)
class Segment:
    """One marker with its payload; ``end`` is the place in the file behind it."""

    marker: int
    payload: bytes
    end: int


def stripped_sha1(data: bytes) -> str | None:
    """Digest a JPEG without its metadata; None for bytes that cannot be taken apart.

    Equal digests prove equal pictures without decoding. Left out are comments, IPTC, XMP, EXIF, embedded
    thumbnails and the density; what they say of orientation stays, and so do the colour transform, the ICC
    profile, every unknown segment, and everything from the first scan to the end of the file.
    """
    header = _header(data)
    if header is None:
        return None
    segments, scan = header
    lone_exif = sum(_is_exif(one) for one in segments) == 1
    shown, turns, is_jfif = hashlib.sha1(usedforsecurity=False), [b"1"], False
    for one in segments:
        turn = _orientation_said(one) if lone_exif or not _is_exif(one) else None
        if one.marker == _APP0 and one.payload.startswith((b"JFIF\0", b"JFXX\0")):
            is_jfif = is_jfif or one.payload.startswith(b"JFIF\0")
        elif turn is not None and _is_exif(one):
            turns[0] = turn
        elif turn is not None:
            turns += [turn] if turn else []
        elif one.marker not in (_COMMENT, _APP13):
            shown.update(b"%d %d %b" % (one.marker, len(one.payload), one.payload))
    shown.update(b"%r %r " % (is_jfif, turns))
    shown.update(memoryview(data)[scan:])
    return shown.hexdigest()


def further_bytes(data: bytes) -> bytes:
    """Give what follows the first picture of a JPEG (further pictures, gain maps) without NUL padding."""
    header = _header(data)
    at = header[1] if header else 0
    while header and (found := _MARKER_IN_SCAN.search(data, at)):
        marker, at = data[found.end() - 1], found.end()
        if marker == _EOI:
            break
        if marker not in _STANDALONE:
            at += int.from_bytes(data[at : at + 2], "big")
    return data[at:].rstrip(b"\0")


def colour_transform(data: bytes) -> int | None:
    """Read the colour transform that an Adobe segment asks for, None where there is no such segment."""
    segments, _ = _header(data) or ((), 0)
    for one in segments:
        if one.marker == _APP14 and one.payload.startswith(b"Adobe") and len(one.payload) >= 12:
            return one.payload[11]
    return None


def multi_picture_index(data: bytes) -> bytes:
    """Give the segment that lists a JPEG's further pictures, empty where there is none."""
    segments, _ = _header(data) or ((), 0)
    return b"".join(one.payload for one in segments if one.payload.startswith(b"MPF\0"))


def exif_orientation(exif: bytes) -> int | None:
    """Read the orientation 1…8 of EXIF bytes, 1 where it is not said, None where what is said is odd."""
    tiff = exif.removeprefix(_EXIF_PREFIX)
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return None
    try:
        (start,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, start)
        places = [start + 2 + _ENTRY_BYTES * number for number in range(count)]
        entries = [struct.unpack_from(f"{order}HHIHH", tiff, at) for at in places]
        offsets = [struct.unpack_from(f"{order}I", tiff, at + 8)[0] for at in places]
    except struct.error:
        return None
    for (_, kind, values, *_), offset in zip(entries, offsets, strict=True):
        size = _TYPE_BYTES.get(kind, len(tiff)) * values
        if size > 4 and offset + size > len(tiff):
            return None  # readers stop at such an entry, and may never come to the orientation
    said = [entry[1:4] for entry in entries if entry[0] == _ORIENTATION_TAG]
    if not said:
        return 1
    kind, values, orientation = said[0]
    is_sane = len(said) == 1 and (kind, values) == (_SHORT, 1) and 1 <= orientation <= 8
    return int(orientation) if is_sane else None


def xmp_orientation(xmp: bytes) -> bytes:
    """Give the passages of an XMP packet that may speak of orientation."""
    return b" ".join(_XMP_ORIENTATION.findall(xmp.replace(b"\0", b"")))


def png_shown(data: bytes, *, with_raw_profile: bool) -> list[bytes]:
    """List the chunks of a PNG that change what is shown, beside the pixels as Pillow decodes them.

    Those are what is said of colour, and in 16-bit files all samples as they are stored: Pillow drops the
    low bits of colour. ``with_raw_profile`` adds a profile that Pillow could not read.
    """
    wanted = _PNG_COLOUR + ((b"iCCP",) if with_raw_profile else ())
    if png_depth(data) == 16:
        wanted += _PNG_DEEP
    return [name + payload for name, payload in _png_chunks(data) if name in wanted]


def png_depth(data: bytes) -> int:
    """Read the bits of a sample from the header of a PNG."""
    return data[_PNG_DEPTH_AT] if len(data) > _PNG_DEPTH_AT else 8


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(PNG_SIGNATURE)
    while at + 8 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        at += length + 12


def _header(data: bytes) -> tuple[list[Segment], int] | None:
    """Give the segments before the first scan and where that begins, None for what is no such file."""
    if data[:3] != b"\xff\xd8\xff":
        return None
    segments, at = [], 2
    while data[at : at + 1] == b"\xff":
        while data[at : at + 1] == b"\xff":
            at += 1
        marker = data[at] if at < len(data) else _EOI
        end = at + 1 + int.from_bytes(data[at + 1 : at + 3], "big")
        if marker in _STANDALONE or marker in (0, _SOI, _EOI) or end < at + 3 or end > len(data):
            return None
        segments.append(Segment(marker, data[at + 3 : end], end))
        if marker == _SOS:
            return segments, end
        at = end
    return None


def _is_exif(one: Segment) -> bool:
    return one.marker == _APP1 and one.payload.startswith(_EXIF_PREFIX)


def _orientation_said(one: Segment) -> bytes | None:
    """Give what a segment of EXIF or XMP says of orientation, None where the whole segment must count."""
    if _is_exif(one):
        orientation = exif_orientation(one.payload)
        return None if orientation is None else b"%d" % orientation
    if one.marker == _APP1 and one.payload.startswith(_XMP_PREFIXES):
        return xmp_orientation(one.payload)
    return None
