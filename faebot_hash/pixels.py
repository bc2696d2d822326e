"""Two originals to a verdict: are they one picture, and what proves it.

Identical means that the seed's non-EXIF SHA1 **and** the SHA1 of everything decoded are equal. The first
alone calls pictures equal that differ by a level in a pixel, in alpha, in a second page or in orientation.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection

from faebot_hash.frames import (
    decoded_frames,
    default_jpeg,
    frame_count,
    frames_of,
    stored_beside,
    tiff_orientation,
)
from faebot_hash.images import Limits, opened
from faebot_hash.jpeg import stripped_sha1
from faebot_hash.likeness import Comparison, Digest, Original, Verdict, outline_px
from faebot_hash.model import Fingerprint

NEAR_BITS = 2
"""The bits by which the hashes of one picture differ between thumbnail sizes, as the seed measured."""


def digest_of(data: bytes, limits: Limits, *, beside: Collection[str] | None = None) -> Digest:
    """Decode every frame once and digest it; raises ``ImageRejected`` where one frame cannot be trusted.

    ``beside`` are the pixel SHA1s of what the file is compared with: where its own is none of them, the
    default JPEG export, a third of the work, is not made. None exports in any case, and so do several frames.
    """
    everything, first, non_exif_sha1, icc = hashlib.sha1(usedforsecurity=False), None, "", ""
    with opened(data, limits) as picture:
        said = tiff_orientation(picture)
        count = frame_count(picture)
        # The first of several frames is gone when the pixel SHA1 is known.
        at_once = beside is None or decoded_frames(picture, data) > 1
        for frame in frames_of(picture, data, limits):
            profile = _sha1(frame.icc) if frame.icc else ""
            everything.update(
                f"{frame.mode} {frame.width_px} {frame.height_px} {frame.bit_depth} {profile} ".encode()
            )
            everything.update(b"%d " % len(frame.shown))
            everything.update(frame.shown)
            for rows in frame.rows():
                everything.update(rows)
            if first is None:
                first, icc = frame, profile
                non_exif_sha1 = _sha1(default_jpeg(frame.picture)) if at_once else ""
        for part in stored_beside(picture, data):
            everything.update(b"%d " % len(part))
            everything.update(part)
        assert first is not None
        pixel_sha1 = everything.hexdigest()
        if beside is not None and not at_once and pixel_sha1 in beside:
            non_exif_sha1 = _sha1(default_jpeg(first.picture))
    return Digest(
        non_exif_sha1,
        pixel_sha1,
        count,
        first.mode,
        first.bit_depth,
        first.width_px,
        first.height_px,
        max(said, first.orientation),
        icc,
    )


def original_of(data: bytes) -> Original:
    """Say what can be said of an original without decoding it."""
    return Original(_sha1(data), stripped_sha1(data))


def settled(one: Original, other: Original) -> Comparison | None:
    """Compare without decoding: None where only the pixels can tell."""
    if one.sha1 == other.sha1:
        return Comparison(Verdict.IDENTICAL, ("the files are equal byte for byte",))
    if one.stripped_sha1 is not None and one.stripped_sha1 == other.stripped_sha1:
        return Comparison(
            Verdict.METADATA_ONLY, (f"equal but for their metadata: SHA1 {one.stripped_sha1} without it",)
        )
    return None


def verdict(one: Original, other: Original) -> Comparison:
    """Compare two originals, without decoding where their bytes or their announced sizes tell enough.

    Raises ValueError where they would have to be decoded first, but are not.
    """
    if (early := settled(one, other)) is not None:
        return early
    if one.digest is not None and other.digest is not None:
        reasons = differences(one.digest, other.digest)
        if not reasons:
            return Comparison(
                Verdict.METADATA_ONLY,
                (
                    f"all that is decoded is equal: SHA1 {one.digest.pixel_sha1}",
                    f"so is the default JPEG export: SHA1 {one.digest.non_exif_sha1}",
                ),
            )
    elif not (reasons := _sizes_apart(one, other)):
        raise ValueError("only the pixels can tell, and they were not decoded")
    likeness, why = _likeness(one.fingerprint, other.fingerprint)
    return Comparison(likeness, (*reasons, why))


def differences(one: Digest, other: Digest) -> tuple[str, ...]:
    """Name what differs between two decoded originals, nothing where they are one picture.

    Raises ValueError where the exports have to tell, and one was not made.
    """
    if one.pixel_sha1 == other.pixel_sha1:
        if not (one.non_exif_sha1 and other.non_exif_sha1):
            raise ValueError("equal pixels, and a default JPEG export to compare was not made")
        is_same = one.non_exif_sha1 == other.non_exif_sha1
        return () if is_same else ("the same pixels once turned upright, but stored otherwise",)
    named = [
        (_told_size(one.width_px, one.height_px), _told_size(other.width_px, other.height_px)),
        (f"{one.frames} frames", f"{other.frames} frames"),
        (f"mode {one.mode}", f"mode {other.mode}"),
        (f"{one.bit_depth} bits a sample", f"{other.bit_depth} bits a sample"),
        (f"orientation {one.orientation}", f"orientation {other.orientation}"),
        (_profile(one), _profile(other)),
    ]
    reasons = [f"{ours} against {theirs}" for ours, theirs in named if ours != theirs]
    if one.non_exif_sha1 and one.non_exif_sha1 == other.non_exif_sha1:
        reasons.append("what is decoded differs, although the default JPEG exports are equal")
    return tuple(reasons) or ("what is decoded differs",)


def _sizes_apart(one: Original, other: Original) -> tuple[str, ...]:
    """Name the announced sizes where no turning makes one of the other: files of one picture share them."""
    outlines = outline_px(one.announced_px), outline_px(other.announced_px)
    if None in outlines or outlines[0] == outlines[1]:
        return ()
    return (f"{_told_size(*one.announced_px)} against {_told_size(*other.announced_px)}",)


def _told_size(width_px: int, height_px: int) -> str:
    return f"{width_px} × {height_px} px"


def _profile(digest: Digest) -> str:
    return f"ICC profile {digest.icc}" if digest.icc else "no ICC profile"


def _likeness(one: Fingerprint | None, other: Fingerprint | None) -> tuple[Verdict, str]:
    if one is None or other is None:
        return Verdict.DIFFERENT, "no fingerprints to compare"
    if one.low_information or other.low_information:
        return Verdict.DIFFERENT, "flat or nearly flat: the hashes say nothing"
    phash_bits = (one.phash ^ other.phash).bit_count()
    dhash_bits = (one.dhash ^ other.dhash).bit_count()
    why = f"pHash differs in {phash_bits} bits, dHash in {dhash_bits}"
    closest = min(phash_bits, dhash_bits)
    if closest == 0:
        return Verdict.ENHANCED, why
    return (Verdict.NEAR if closest <= NEAR_BITS else Verdict.DIFFERENT), why


def _sha1(data: bytes) -> str:
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()
