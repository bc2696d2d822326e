"""What is known of two originals, and how they compare."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from faebot_hash.model import Fingerprint

_SHA1 = re.compile(r"[0-9a-f]{40}", re.ASCII)


_WORD = re.compile(r"[A-Za-z0-9;]{1,8}", re.ASCII)


@dataclass(frozen=True)
class Digest:
    """What decoding an original gave, and of what it consisted.

    ``pixel_sha1`` covers every frame's mode, size, bit depth, samples (upright, palettes looked up), ICC
    profile and, in animations, timing; further pictures in the file and the colour transform; not EXIF
    other than orientation, XMP, IPTC, comments, thumbnails or density. ``non_exif_sha1`` is of the first
    frame's default JPEG export, which changes with Pillow's version; "" where nothing beside the file
    decodes to the same, so that the export could decide nothing and was not made. ``mode``, sizes and
    ``orientation`` are the first frame's, ``icc`` its profile's SHA1 or "", sizes as one sees it.
    """

    non_exif_sha1: str
    pixel_sha1: str
    frames: int
    mode: str
    bit_depth: int
    width_px: int
    height_px: int
    orientation: int
    icc: str

    def __post_init__(self) -> None:
        if not _SHA1.fullmatch(self.pixel_sha1):
            raise ValueError(f"not the SHA1 of pixels: {self.pixel_sha1!r}")
        if self.non_exif_sha1 and not _SHA1.fullmatch(self.non_exif_sha1):
            raise ValueError(f"not the SHA1 of an export: {self.non_exif_sha1!r}")
        if self.icc and not _SHA1.fullmatch(self.icc):
            raise ValueError(f"not the SHA1 of a profile: {self.icc!r}")
        if not _WORD.fullmatch(self.mode) or not 1 <= self.orientation <= 8:
            raise ValueError(f"no such mode or orientation: {self.mode!r}, {self.orientation}")
        if min(self.frames, self.bit_depth, self.width_px, self.height_px) < 1:
            raise ValueError("a picture without extent")


@dataclass(frozen=True)
class Original:
    """What is known of an original file; ``digest`` and ``fingerprint`` may be None until they are needed.

    ``stripped_sha1`` is of a JPEG without its metadata, None for other files and for what was not read.
    ``announced_px`` is the width and height that the wiki tells, of which it knows nothing where one is 0.
    """

    sha1: str
    stripped_sha1: str | None
    digest: Digest | None = None
    fingerprint: Fingerprint | None = None
    announced_px: tuple[int, int] = (0, 0)


def outline_px(announced_px: tuple[int, int]) -> tuple[int, int] | None:
    """Give what two files of one picture have in common, turned or not: the shorter and the longer side.

    None where the wiki knows no size, and any picture may be meant.
    """
    shorter, longer = sorted(announced_px)
    return (shorter, longer) if shorter > 0 else None


class Verdict(Enum):
    """How two originals compare, from the same bytes to another picture."""

    IDENTICAL = "identical"
    METADATA_ONLY = "metadata only"
    ENHANCED = "enhanced"
    NEAR = "near"
    DIFFERENT = "different"

    @property
    def is_same_picture(self) -> bool:
        """Tell whether nothing is lost when one of the two files goes."""
        return self in (Verdict.IDENTICAL, Verdict.METADATA_ONLY)


@dataclass(frozen=True)
class Comparison:
    """A verdict on two originals with its reasons, each a phrase for people."""

    verdict: Verdict
    reasons: tuple[str, ...]
