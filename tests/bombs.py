"""Files that are small and claim, or decode to, far more than they should: each must be refused."""

from __future__ import annotations

import io
import struct
import zlib
from functools import cache

from PIL import Image

from tests.pictures import encoded, photograph, png, png_chunk

MEBIBYTE = 1 << 20


@cache
def bombs() -> dict[str, bytes]:
    """Give thirteen kinds of bomb by name, each at most some MB long."""
    return {
        "png of zero rows, 176.9 MP": png(13_300, 13_300, bytes(MEBIBYTE)),
        "png of 2³¹ pixels a side": png(0x7FFFFFFF, 0x7FFFFFFF, b""),
        "png rgba over 400 MB": png(10_000, 10_001, bytes(MEBIBYTE), colour_type=6),
        "png text that inflates to 256 MB": _png_with(b"zTXt", b"Comment\0\0"),
        "png profile that inflates to 256 MB": _png_with(b"iCCP", b"profile\0\0"),
        "tiff strips of 4 GP": _tiff(65_000, 65_000, strip_bytes=MEBIBYTE),
        "tiff that has one tile of 2 GB": _tiff_with_huge_tile(),
        "gif screen of 65,535²": b"GIF89a" + struct.pack("<HHBBB", 65_535, 65_535, 0x80, 0, 0) + _GIF_FRAME,
        "gif frame larger than its screen": b"GIF89a" + struct.pack("<HHBBB", 8, 8, 0x80, 0, 0) + _GIF_FRAME,
        "webp animation on a canvas of 16,383²": _webp_canvas(16_383, 16_383),
        "jpeg of 65,500²": _jpeg_resized(65_500, 65_500),
        "jpeg of 5,000 scans": _jpeg_of_scans(5_000),
        "mpo whose first picture is 50,000²": _mpo(50_000, 50_000),
    }


_GIF_FRAME = (
    b"\0\0\0\xff\xff\xff" + b"," + struct.pack("<HHHHB", 0, 0, 65_535, 65_535, 0) + b"\x02\x02\x4c\x01\0;"
)


def _png_with(chunk: bytes, head: bytes) -> bytes:
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(MEBIBYTE)) for _ in range(256)) + packer.flush()
    return png(8, 8, bytes(8 * 25), extra=png_chunk(chunk, head + packed))


def _tiff(width: int, height: int, strip_bytes: int) -> bytes:
    packed = zlib.compress(bytes(strip_bytes))
    tags = [(256, width), (257, height), (258, 8), (259, 8), (262, 1), (277, 1), (278, height)]
    return _tiff_of([*tags, (273, 8), (279, len(packed))], packed)


def _tiff_with_huge_tile() -> bytes:
    packed = zlib.compress(bytes(MEBIBYTE))
    tags = [(256, 64), (257, 64), (258, 8), (259, 8), (262, 1), (277, 1), (322, 46_336), (323, 46_336)]
    return _tiff_of([*tags, (324, 8), (325, len(packed))], packed)


def _tiff_of(tags: list[tuple[int, int]], pixels: bytes) -> bytes:
    directory = struct.pack("<H", len(tags))
    directory += b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in sorted(tags))
    return b"II*\0" + struct.pack("<I", 8 + len(pixels)) + pixels + directory + bytes(4)


def _webp_canvas(width: int, height: int) -> bytes:
    frames = [photograph(size=(16, 16)), photograph("chelsea.png", size=(16, 16))]
    file = bytearray(encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:]))
    at = file.index(b"VP8X") + 12
    file[at : at + 6] = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return bytes(file)


def _jpeg_resized(width: int, height: int, **options: object) -> bytes:
    file = bytearray(encoded(photograph(), "JPEG", **options))
    start = file.index(b"\xff\xc2" if options.get("progressive") else b"\xff\xc0") + 5
    file[start : start + 4] = struct.pack(">HH", height, width)
    return bytes(file)


def _jpeg_of_scans(count: int) -> bytes:
    file = _jpeg_resized(4_000, 4_000, progressive=True)
    start = file.rindex(b"\xff\xda")
    return file[:start] + file[start:-2] * count + file[-2:]


def _mpo(width: int, height: int) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (16, 16)).save(stream, "MPO", save_all=True, append_images=[Image.new("RGB", (16, 16))])
    file = bytearray(stream.getvalue())
    start = file.index(b"\xff\xc0") + 5
    file[start : start + 4] = struct.pack(">HH", height, width)
    return bytes(file)
