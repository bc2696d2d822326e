"""X1: identical means that everything decoded is equal, and metadata does not count."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from faebot_hash import frames
from faebot_hash.errors import ImageRejected
from faebot_hash.images import ORIGINAL, Limits
from faebot_hash.jpeg import exif_orientation, further_bytes, stripped_sha1
from faebot_hash.likeness import Comparison, Digest, Original, Verdict
from faebot_hash.model import Fingerprint
from faebot_hash.pixels import differences, digest_of, original_of, settled, verdict
from faebot_hash.reasons import Reason
from tests.alterations import (
    METADATA,
    ORIENTATION,
    SHOWN,
    XMP,
    adobe,
    exif_of,
    exif_with_thumbnail,
    joined,
    segment,
    split,
)
from tests.counting import Counted
from tests.pictures import each_seed, encoded, encodings, per_seed, photograph, upright_by_numpy


def decoded(data: bytes) -> Original:
    return replace(original_of(data), digest=digest_of(data, ORIGINAL))


def compared(one: bytes, other: bytes) -> Comparison:
    return verdict(decoded(one), decoded(other))


def pixel_sha1(data: bytes) -> str:
    return digest_of(data, ORIGINAL).pixel_sha1


# X1


@each_seed
@pytest.mark.parametrize("kind", SHOWN)
@pytest.mark.spec("4.2")
def test_what_is_shown_is_never_called_identical(kind: str, counted: Counted, seed: int) -> None:
    rng, number, deceived = random.Random(f"{seed} {kind}"), per_seed(2000) // len(SHOWN) + 1, 0
    for _ in range(number):
        one, other = map(decoded, SHOWN[kind](rng))
        assert settled(one, other) is None
        assert not verdict(one, other).verdict.is_same_picture
        assert one.digest is not None
        assert other.digest is not None
        assert one.digest.pixel_sha1 != other.digest.pixel_sha1 or kind == "orientation"
        deceived += one.digest.non_exif_sha1 == other.digest.non_exif_sha1
    counted("X1", number, "altered pairs, none called identical")
    if kind == "alpha":
        assert deceived == number, "the seed's SHA1 is expected not to see alpha"


@each_seed
@pytest.mark.parametrize("kind", METADATA)
@pytest.mark.spec("4.1")
def test_metadata_never_counts(kind: str, counted: Counted, seed: int) -> None:
    rng, number = random.Random(f"{seed} {kind}"), per_seed(1000) // len(METADATA) + 1
    for _ in range(number):
        one, other = map(decoded, METADATA[kind](rng))
        assert verdict(one, other).verdict.is_same_picture
        assert one.digest is not None
        assert other.digest is not None
        assert differences(one.digest, other.digest) == ()
        assert kind != "jpeg" or settled(one, other) is not None
    counted("X1", number, "metadata-only pairs, all called identical")


# The pixels


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("strip_px", [200, 4_000_000])
def test_digests_the_picture_as_it_is_seen(
    orientation: int, strip_px: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames, "STRIP_PX", strip_px)
    grey = np.asarray(photograph(size=(40, 30)).convert("L"))
    stored = encoded(Image.fromarray(grey), "PNG", exif=exif_of({ORIENTATION: orientation}))
    upright = encoded(Image.fromarray(upright_by_numpy(grey, orientation)), "PNG")
    assert pixel_sha1(stored) == pixel_sha1(upright)
    assert digest_of(stored, ORIGINAL).orientation == orientation


def test_another_way_of_coding_is_the_same_picture() -> None:
    for one, other in (
        ("jpeg", "jpeg progressive"),
        ("jpeg", "jpeg restarts"),
        ("tiff raw", "tiff packbits"),
        ("gif", "gif not interlaced"),
    ):
        assert compared(encodings()[one], encodings()[other]).verdict is Verdict.METADATA_ONLY


def test_palettes_are_looked_up() -> None:
    indices = np.arange(256, dtype=np.uint8).reshape(16, 16)
    colours = np.stack([np.arange(256), 255 - np.arange(256), np.arange(256) ^ 85], axis=1).astype(np.uint8)
    shuffled = np.random.default_rng(1).permutation(256)
    one = Image.frombytes("P", (16, 16), indices.tobytes())
    one.putpalette(colours.tobytes())
    other = Image.frombytes("P", (16, 16), np.argsort(shuffled).astype(np.uint8).tobytes())
    other.putpalette(colours[shuffled].tobytes())
    assert compared(encoded(one, "PNG"), encoded(other, "PNG")).verdict is Verdict.METADATA_ONLY
    transparent = encoded(one, "PNG", transparency=7)
    assert digest_of(transparent, ORIGINAL).mode == "RGBA"
    assert not compared(encoded(one, "PNG"), transparent).verdict.is_same_picture


@pytest.mark.parametrize("name", sorted(encodings()))
def test_every_kind_of_file_has_digests_that_stay(name: str) -> None:
    assert digest_of(encodings()[name], ORIGINAL) == digest_of(encodings()[name], ORIGINAL)


@pytest.mark.parametrize("name", sorted(encodings()))
def test_an_export_is_made_where_it_can_decide(name: str) -> None:
    data = encodings()[name]
    full = digest_of(data, ORIGINAL)
    assert digest_of(data, ORIGINAL, beside=["0" * 40, full.pixel_sha1]) == full
    apart = digest_of(data, ORIGINAL, beside=["0" * 40])
    assert replace(apart, non_exif_sha1=full.non_exif_sha1) == full
    assert apart.non_exif_sha1 in ("", full.non_exif_sha1)
    assert (apart.non_exif_sha1 == "") == (full.frames == 1 or data.startswith(b"\xff\xd8"))


def test_frames_share_one_limit() -> None:
    page = Image.new("L", (30, 30))
    data = encoded(page, "TIFF", save_all=True, append_images=[page] * 4)
    assert digest_of(data, Limits(pixels=4500, decoded_bytes=9000)).frames == 5
    with pytest.raises(ImageRejected) as caught:
        digest_of(data, Limits(pixels=4499, decoded_bytes=9000))
    assert caught.value.reason is Reason.TOO_LARGE


def test_a_broken_later_frame_spoils_the_file() -> None:
    data = encodings()["gif animated"]
    with pytest.raises(ImageRejected):
        digest_of(data[: len(data) * 3 // 4], ORIGINAL)


# JPEG without decoding


def test_what_is_shown_stays_in_the_stripped_digest() -> None:
    segments, rest = split(encodings()["jpeg"])
    plain = stripped_sha1(joined(segments, rest))
    turned = segment(0xE1, exif_with_thumbnail(6, "x", b""))
    for extra in (
        turned,
        adobe(0),
        adobe(1),
        segment(0xE2, b"ICC_PROFILE\0\1\1profile"),
        segment(0xE2, b"MPF\0index"),
        segment(0xEB, b"JP residual"),
        segment(0xE1, XMP + b'<rdf tiff:Orientation="6"/>'),
        segment(0xE1, b"Exif\0\0nonsense"),
        segment(0xE0, b"unknown"),
        segment(0xE1, exif_with_thumbnail(1, "x", b"")) * 2,
    ):
        assert stripped_sha1(joined([*segments, extra], rest)) != plain
    assert stripped_sha1(joined(segments, rest) + encodings()["jpeg"]) != plain
    assert stripped_sha1(joined(segments[1:], rest)) != plain, "JFIF tells the colour space"


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", encodings()["jpeg"][:300], b"\xff\xd8\xff\xfe\0\1"]
)
def test_odd_bytes_prove_nothing(data: bytes) -> None:
    assert stripped_sha1(data) is None


def test_finds_what_follows_the_first_picture() -> None:
    for name in ("jpeg", "jpeg progressive", "jpeg restarts"):
        data = encodings()[name]
        assert further_bytes(data) == b""
        assert further_bytes(data + b"\0\0") == b""
        assert further_bytes(data + b"more") == b"more"
        assert pixel_sha1(data) != pixel_sha1(data + encodings()["jpeg"])


@pytest.mark.parametrize("value", [0, 9, 255])
def test_an_odd_orientation_is_not_read(value: int) -> None:
    assert exif_orientation(exif_with_thumbnail(value, "x", b"")) is None


def test_reads_an_orientation_in_either_byte_order() -> None:
    assert exif_orientation(exif_with_thumbnail(6, "x", b"")) == 6
    assert exif_orientation(b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x03\0\0") == 3
    assert exif_orientation(b"MM\0*\0\0\0\x08\0\0") == 1
    beyond_the_end = exif_with_thumbnail(6, "x", b"").replace(b"&\0\0\0", b"&\0\0\1")
    assert exif_orientation(beyond_the_end) is None, "Pillow reads no further than such a tag"
    for odd in (b"", b"MM\0*", b"MM\0*\0\0\0\xff", b"II*\0\x08\0\0\0\xff\xff"):
        assert exif_orientation(odd) is None


def test_an_orientation_in_xmp_alone_is_not_the_same_as_in_exif() -> None:
    segments, rest = split(encodings()["jpeg"])
    in_exif = joined([*segments, segment(0xE1, exif_with_thumbnail(6, "x", b""))], rest)
    in_xmp = joined([*segments, segment(0xE1, XMP + b'<rdf tiff:Orientation="6"/>')], rest)
    assert not compared(in_exif, in_xmp).verdict.is_same_picture


@each_seed
def test_no_damage_to_a_header_is_taken_for_metadata(counted: Counted, seed: int) -> None:
    """Where the short proof calls two files equal, decoding must agree."""
    rng, proved = random.Random(seed), 0
    for _ in range(per_seed(4000)):
        one, _ = METADATA["jpeg"](rng)
        damaged = bytearray(one)
        header_bytes = len(one) - len(split(one)[1])
        for _damage in range(rng.choice((1, 1, 2))):
            damaged[rng.randrange(2, header_bytes)] = rng.choice((0, 1, 6, 0xFF, rng.randrange(256)))
        other = bytes(damaged)
        if other == one or stripped_sha1(other) != stripped_sha1(one):
            continue
        proved += 1
        assert differences(digest_of(one, ORIGINAL), digest_of(other, ORIGINAL)) == ()
    counted("X1", proved, "equal without decoding, and decoded equal")


# Verdicts

DIGEST = Digest("0" * 40, "1" * 40, 1, "RGB", 8, 40, 30, 1, "")
PRINT = Fingerprint(0x1234567812345678, 0x8765432187654321, 0, 0, low_information=False)


def original(sha1: str, digest: Digest | None = DIGEST, fingerprint: Fingerprint | None = PRINT) -> Original:
    return Original(sha1, None, digest, fingerprint)


@pytest.mark.parametrize(
    ("phash_flips", "dhash_flips", "expected"),
    [
        (0, 0, Verdict.ENHANCED),
        (0, 0xFFFF, Verdict.ENHANCED),
        (0xFFFF, 0, Verdict.ENHANCED),
        (1, 1, Verdict.NEAR),
        (3, 0xFFFF, Verdict.NEAR),
        (7, 7, Verdict.DIFFERENT),
    ],
)
def test_hashes_tell_enhanced_near_and_different(
    phash_flips: int, dhash_flips: int, expected: Verdict
) -> None:
    other = replace(PRINT, phash=PRINT.phash ^ phash_flips, dhash=PRINT.dhash ^ dhash_flips)
    for pixels in ("2" * 40, "1" * 40):
        changed = replace(DIGEST, pixel_sha1=pixels, non_exif_sha1="3" * 40)
        result = verdict(original("a"), original("b", changed, other))
        assert result.verdict is expected
        assert len(result.reasons) == 2


def test_a_flat_picture_is_like_no_other() -> None:
    flat = replace(PRINT, low_information=True)
    changed = replace(DIGEST, pixel_sha1="2" * 40)
    assert verdict(original("a", DIGEST, flat), original("b", changed, flat)).verdict is Verdict.DIFFERENT
    assert verdict(original("a", DIGEST, flat), original("b", DIGEST, flat)).verdict is Verdict.METADATA_ONLY


@pytest.mark.spec("4.3")
def test_the_seeds_sha1_alone_never_makes_identical() -> None:
    changed = replace(DIGEST, pixel_sha1="2" * 40)
    result = verdict(original("a"), original("b", changed))
    assert not result.verdict.is_same_picture
    assert "although the default JPEG exports are equal" in result.reasons[0]


def test_an_export_that_was_not_made_is_equal_to_none() -> None:
    unknown = replace(DIGEST, non_exif_sha1="")
    for one, other in ((DIGEST, unknown), (unknown, DIGEST), (unknown, unknown)):
        with pytest.raises(ValueError, match="not made"):
            verdict(original("a", one), original("b", other))
    changed = replace(unknown, pixel_sha1="2" * 40)
    for one, other in ((DIGEST, changed), (unknown, changed)):
        result = verdict(original("a", one), original("b", other))
        assert (result.verdict, result.reasons[0]) == (Verdict.ENHANCED, "what is decoded differs")


@pytest.mark.parametrize(
    ("one_px", "other_px", "reason"),
    [
        ((600, 400), (480, 320), "600 × 400 px against 480 × 320 px"),
        ((600, 400), (400, 601), "600 × 400 px against 400 × 601 px"),
        ((600, 400), (400, 600), None),
        ((600, 400), (600, 400), None),
        ((600, 400), (0, 0), None),
        ((0, 400), (0, 300), None),
    ],
)
def test_announced_sizes_tell_pictures_apart(
    one_px: tuple[int, int], other_px: tuple[int, int], reason: str | None
) -> None:
    one = replace(original("a", None), announced_px=one_px)
    other = replace(original("b", None), announced_px=other_px)
    if reason is None:
        with pytest.raises(ValueError, match="not decoded"):
            verdict(one, other)
    else:
        result = verdict(one, other)
        assert (result.verdict, result.reasons[0]) == (Verdict.ENHANCED, reason)
    assert verdict(replace(one, digest=DIGEST), replace(other, digest=DIGEST)).verdict.is_same_picture


def test_names_each_difference() -> None:
    other = Digest("2" * 40, "3" * 40, 2, "L", 16, 30, 40, 6, "4" * 40)
    assert differences(DIGEST, other) == (
        "40 × 30 px against 30 × 40 px",
        "1 frames against 2 frames",
        "mode RGB against mode L",
        "8 bits a sample against 16 bits a sample",
        "orientation 1 against orientation 6",
        f"no ICC profile against ICC profile {'4' * 40}",
    )


def test_says_no_more_than_is_known() -> None:
    assert verdict(original("a", None), original("a", None)).verdict is Verdict.IDENTICAL
    with pytest.raises(ValueError, match="not decoded"):
        verdict(original("a", None), original("b"))


@pytest.mark.parametrize(
    "odd",
    [
        {"pixel_sha1": ""},
        {"non_exif_sha1": "0" * 39 + "G"},
        {"icc": "0"},
        {"mode": "\x1b[31m"},
        {"orientation": 9},
        {"frames": 0},
        {"bit_depth": 0},
        {"width_px": -1},
    ],
)
def test_no_digest_of_nonsense(odd: dict[str, object]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the several sentences do not matter
        replace(DIGEST, **odd)
