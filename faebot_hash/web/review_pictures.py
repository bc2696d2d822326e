"""Thumbnails in other widths: only those that Wikimedia serves, and none wider than the picture itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from faebot_hash.cases import CaseFile

WIDTHS_PX = (20, 40, 60, 120, 250, 330, 500, 960, 1280, 1920, 3840)
"""The widths that media hosts serve (T414805); any other is refused."""
SMALL_PX = 250
LARGE_PX = 960
_TINY_PX = 120

# "lossy-page1-120px-Name.tif.jpg": what stands before the width is kept.
_THUMBNAIL = re.compile(r"(?P<before>.*/(?:[a-z]+[0-9]*-)*)(?P<width>[1-9][0-9]{0,4})px-(?P<name>[^/]+)")


@dataclass(frozen=True)
class Picture:
    """A thumbnail's address and how large it is."""

    address: str
    width_px: int
    height_px: int


def picture(file: CaseFile, most_px: int) -> Picture | None:
    """Give the widest thumbnail of a file that is at most so wide; None where there is none to show."""
    if file.thumb_url is None or min(file.width_px, file.height_px) < 1:
        return None
    parts = urlsplit(file.thumb_url)
    if parts.scheme not in ("http", "https"):
        return None
    match = _THUMBNAIL.fullmatch(parts.path)
    if match is None:
        # The wiki gives a picture that is no wider than the thumbnail as it is.
        tiny = max(file.width_px, file.height_px) <= _TINY_PX
        return Picture(file.thumb_url, file.width_px, file.height_px) if tiny else None
    most_px = min(most_px, file.width_px - 1)
    width = max((one for one in WIDTHS_PX if one <= most_px), default=0)
    if not width:
        return None
    path = f"{match['before']}{width}px-{match['name']}"
    height = max(1, round(width * file.height_px / file.width_px))
    return Picture(urlunsplit(parts._replace(path=path)), width, height)


def common_width(one: CaseFile, other: CaseFile) -> int:
    """Give the width in which two pictures are laid on each other: the widest that both are served in."""
    narrow = min(one.width_px, other.width_px) - 1
    return max((width for width in WIDTHS_PX if width <= min(LARGE_PX, narrow)), default=WIDTHS_PX[0])


def are_alike(one: CaseFile, other: CaseFile) -> bool:
    """Tell whether two pictures have the same proportions, but for rounding when one is scaled down."""
    across, down = one.width_px * other.height_px, other.width_px * one.height_px
    return abs(across - down) <= 0.01 * max(across, down)


def shape(file: CaseFile) -> str:
    """Say how broad a picture may be shown so that it fits a screen: "wide", "narrow" or "slim"."""
    proportion = file.width_px / max(1, file.height_px)
    return "wide" if proportion > 1.2 else "narrow" if proportion > 0.75 else "slim"
