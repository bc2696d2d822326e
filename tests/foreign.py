"""One small file of every format that Pillow opens and we do not."""

from __future__ import annotations

import io

from PIL import Image

BY_HAND = {
    "BUFR": b"BUFR" + bytes(60),
    "CUR": b"\0\0\2\0\1\0" + bytes(58),
    "DCX": (0x3ADE68B1).to_bytes(4, "little") + bytes(60),
    "EPS": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n",
    "FITS": b"SIMPLE  =                    T" + bytes(60),
    "FLI": bytes(4) + b"\x11\xaf" + bytes(8) + b"\x03\x00" + bytes(50),
    "FPX": bytes.fromhex("d0cf11e0a1b11ae1") + bytes(60),
    "FTEX": b"FTEX" + bytes(60),
    "GBR": (20).to_bytes(4, "big") + (1).to_bytes(4, "big") + bytes(56),
    "GRIB": b"GRIB" + bytes(3) + b"\1" + bytes(60),
    "HDF5": b"\x89HDF\r\n\x1a\n" + bytes(60),
    "IMT": b"* mt\n" + bytes(200),
    "IPTC": b"\x1c\x02" + bytes(60),
    "MCIDAS": b"\0\0\0\0\0\0\0\4" + bytes(300),
    "MIC": bytes.fromhex("d0cf11e0a1b11ae1") + bytes(60),
    "MPEG": b"\0\0\1\xb3" + bytes(60),
    "PCD": bytes(2048) + b"PCD_" + bytes(60),
    "PIXAR": b"\x80\xe8\0\0" + bytes(600),
    "PSD": b"8BPS\0\1" + bytes(60),
    "QOI": b"qoif" + bytes(60),
    "SUN": (0x59A66A95).to_bytes(4, "big") + bytes(60),
    "WMF": b"\xd7\xcd\xc6\x9a\0\0" + bytes(60),
    "XPM": b"/* XPM */\nstatic char *x[] = {};\n",
    "XVTHUMB": b"P7 332\n#END_OF_COMMENTS\n8 8 255\n" + bytes(64),
}
MODES = ("RGB", "L", "1", "P", "RGBA", "F")


def foreign_files() -> dict[str, bytes]:
    """Give the files by Pillow's name of the format: written by Pillow where it can, else by hand."""
    names = [name for name in Image.OPEN if name not in ("JPEG", "PNG", "GIF", "WEBP", "TIFF")]
    return {name: BY_HAND.get(name) or _written(name) for name in names}


def _written(name: str) -> bytes:
    for mode in MODES:
        stream = io.BytesIO()
        try:
            Image.new(mode, (64, 64)).save(stream, name)
        except (OSError, ValueError, KeyError):
            continue
        return stream.getvalue()
    raise AssertionError(f"no way to make a {name} file: add one by hand")
