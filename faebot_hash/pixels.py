"""Two originals to a verdict: are they one picture, and what proves it.

Identical means that the seed's non-EXIF SHA1 **and** the SHA1 of everything decoded are equal. The first
alone calls pictures equal that differ by a level in a pixel, in alpha, in a second page or in orientation.
"""

from __future__ import annotations

import hashlib

from faebot_hash.frames import default_jpeg, frame_count, frames_of, stored_beside, tiff_orientation
from faebot_hash.images import Limits, opened
from faebot_hash.jpeg import stripped_sha1
from faebot_hash.likeness import Comparison, Digest, Original, Verdict
from faebot_hash.model import Fingerprint

NEAR_BITS = 2
"""The bits by which the hashes of one picture differ between thumbnail sizes, as the seed measured."""


def digest_of(data: bytes, limits: Limits) -> Digest:
    """Decode every frame once and digest it; raises ``ImageRejected`` where one frame cannot be trusted."""
    everything, first, non_exif_sha1, icc = hashlib.sha1(usedforsecurity=False), None, "", ""
    with opened(data, limits) as picture:
        said = tiff_orientation(picture)
        count = frame_count(picture)
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
                first, icc, non_exif_sha1 = frame, profile, _sha1(default_jpeg(frame.picture))
        for part in stored_beside(picture, data):
            everything.update(b"%d " % len(part))
            everything.update(part)
    assert first is not None
    return Digest(
        non_exif_sha1,
        everything.hexdigest(),
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
    """Compare two originals; a ``ValueError`` where they would have to be decoded first, but are not."""
    if (early := settled(one, other)) is not None:
        return early
    if one.digest is None or other.digest is None:
        raise ValueError("only the pixels can tell, and they were not decoded")
    reasons = differences(one.digest, other.digest)
    if not reasons:
        return Comparison(
            Verdict.METADATA_ONLY,
            (
                f"all that is decoded is equal: SHA1 {one.digest.pixel_sha1}",
                f"so is the default JPEG export: SHA1 {one.digest.non_exif_sha1}",
            ),
        )
    likeness, why = _likeness(one.fingerprint, other.fingerprint)
    return Comparison(likeness, (*reasons, why))


def differences(one: Digest, other: Digest) -> tuple[str, ...]:
    """Name what differs between two decoded originals, nothing where they are one picture."""
    if (one.pixel_sha1, one.non_exif_sha1) == (other.pixel_sha1, other.non_exif_sha1):
        return ()
    if one.pixel_sha1 == other.pixel_sha1:
        return ("the same pixels once turned upright, but stored otherwise",)
    named = [
        (f"{one.width_px} × {one.height_px} px", f"{other.width_px} × {other.height_px} px"),
        (f"{one.frames} frames", f"{other.frames} frames"),
        (f"mode {one.mode}", f"mode {other.mode}"),
        (f"{one.bit_depth} bits a sample", f"{other.bit_depth} bits a sample"),
        (f"orientation {one.orientation}", f"orientation {other.orientation}"),
        (_profile(one), _profile(other)),
    ]
    reasons = [f"{ours} against {theirs}" for ours, theirs in named if ours != theirs]
    if one.non_exif_sha1 == other.non_exif_sha1:
        reasons.append("what is decoded differs, although the default JPEG exports are equal")
    return tuple(reasons) or ("what is decoded differs",)


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
