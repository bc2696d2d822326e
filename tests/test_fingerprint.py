"""The four hashes equal imagehash's, their text forms are strict, and flat pictures are marked."""

from __future__ import annotations

import imagehash
import numpy as np
import PIL
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from faebot_hash.fingerprint import (
    current_basis,
    distance,
    fingerprint,
    from_decimal,
    from_hex,
    to_decimal,
    to_hex,
)
from faebot_hash.images import ORIGINAL, open_picture
from faebot_hash.model import MAX_HASH, Basis, Fingerprint
from tests.pictures import each_seed, encoded, encodings, grey_by_numpy, per_seed, photograph, with_alpha

hashes = st.integers(0, MAX_HASH)

PINNED_WITH = ("13.0.0", "4.3.2")
PINNED = {
    "astronaut.png": ("c2924c5532bddfc8", "cd8dd91d897293a7", "7f7f7fc744f8d050", "7f775fc744f80040"),
    "chelsea.png": ("b15fe6465121175e", "5414589aab6fa785", "82808e4b09a373e7", "c2c08e4b09a377f7"),
    "coffee.png": ("bb8320376c0f3637", "f3e96933160b1b36", "3f3fbfbb818081c1", "3f7f3fbb818080c1"),
    "rocket.jpg": ("c0371bec1be51267", "e0c0c090909090d1", "00002078f8fcfc7c", "000070fcfcfcfc7c"),
    "camera.png": ("bff1c1c0434e8cbc", "509a3c7fbc756cec", "ffcf8f07071f1f1f", "ffcf8f0107171606"),
    "page.png": ("81efa4a967d890da", "ffffffffffffffff", "1f0f0f0f0f0f0f0f", "1f1f0f07070f0f0f"),
    "retina.jpg": ("c0cc1f977ac02d4f", "f0c4828888c2c4f0", "187e7efefe7e7e00", "003c7cfcfc7e7c00"),
    "moon.png": ("a3d9765214369877", "4c530a0e0f0b0f2d", "ffebebe78383a101", "dffbebc383818101"),
}


def texts(marks: Fingerprint) -> tuple[str, ...]:
    return tuple(to_hex(value) for value in (marks.phash, marks.dhash, marks.ahash, marks.whash))


def by_imagehash(picture: Image.Image) -> tuple[str, ...]:
    four = (imagehash.phash, imagehash.dhash, imagehash.average_hash, imagehash.whash)
    return tuple(str(one(picture)) for one in four)


def synthetic(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """Draw noise, blocks, stripes or nothing: the pictures on which rounding decides ties."""
    match rng.integers(5):
        case 0:
            pixels = rng.integers(0, 256, (height, width))
        case 1:
            pixels = np.full((height, width), rng.integers(256))
        case 2:
            cells = rng.integers(0, 3, (height // 7 + 1, width // 7 + 1)) * 100
            pixels = np.kron(cells, np.ones((7, 7), int))[:height, :width]
        case 3:
            pixels = np.broadcast_to(np.linspace(0, 255, width), (height, width))
        case _:
            pixels = np.broadcast_to(rng.integers(0, 2, (height, 1)) * 255, (height, width))
    return Image.fromarray(pixels.astype("u1"))


# Equal to imagehash


@pytest.mark.parametrize("name", sorted(PINNED))
def test_photographs_keep_their_hashes(name: str) -> None:
    versions = PIL.__version__, imagehash.__version__
    assert versions == PINNED_WITH, "other libraries: look at what flips, then renew the pins"
    opened = open_picture(encoded(photograph(name), "PNG"), ORIGINAL)
    assert texts(fingerprint(opened)) == PINNED[name]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("alpha", [False, True])
def test_equals_imagehash_of_a_picture_prepared_by_a_second_road(orientation: int, alpha: bool) -> None:
    photo = photograph("chelsea.png", size=(150, 100))
    photo = with_alpha(photo) if alpha else photo
    exif = Image.Exif()
    exif[0x0112] = orientation
    ours = fingerprint(open_picture(encoded(photo, "PNG", exif=exif), ORIGINAL))
    theirs = Image.fromarray(grey_by_numpy(np.asarray(photo), orientation))
    assert texts(ours) == by_imagehash(theirs)


@each_seed
def test_equals_imagehash_on_drawn_pictures(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(per_seed(2000)):
        picture = synthetic(rng, *(int(side) for side in rng.integers(1, 400, 2)))
        assert texts(fingerprint(picture)) == by_imagehash(picture)


@pytest.mark.parametrize("kind", ["photograph", "noise", "blocks", "flat", "gradient"])
@pytest.mark.parametrize("side_px", [1023, 1024, 2047, 2048, 2500, 4100])
def test_equals_imagehash_on_large_pictures(kind: str, side_px: int) -> None:
    """From 2,048 px on the wavelet hash is taken block by block."""
    rng = np.random.default_rng(side_px)
    size = (side_px, side_px + 37)
    if kind == "photograph":
        picture = photograph("rocket.jpg", size=size).convert("L")
    elif kind == "noise":
        picture = Image.fromarray(rng.integers(0, 256, size[::-1], dtype="u1"))
    elif kind == "blocks":
        picture = Image.fromarray(rng.integers(0, 3, (9, 11), dtype="u1") * 100).resize(
            size, Image.Resampling.NEAREST
        )
    elif kind == "flat":
        picture = Image.new("L", size, 77)
    else:
        picture = Image.linear_gradient("L").resize(size)
    assert texts(fingerprint(picture)) == by_imagehash(picture)


def test_one_picture_in_every_lossless_encoding_has_one_fingerprint() -> None:
    lossless = [
        "png",
        "png interlaced",
        "png animated",
        "webp lossless",
        "tiff raw",
        "tiff strips",
        "tiff packbits",
    ]
    assert len({fingerprint(open_picture(encodings()[name], ORIGINAL)) for name in lossless}) == 1


# Text and distance


@given(hashes)
def test_text_forms_come_back(value: int) -> None:
    assert from_hex(to_hex(value)) == value
    assert from_hex(to_hex(value).upper()) == value
    assert from_decimal(to_decimal(value)) == value
    assert to_hex(value) == str(imagehash.hex_to_hash(to_hex(value)))


@given(hashes, hashes, hashes)
def test_distance_is_a_metric(one: int, two: int, three: int) -> None:
    assert (distance(one, two) == 0) == (one == two)
    assert distance(one, two) == distance(two, one)
    assert distance(one, three) <= distance(one, two) + distance(two, three)
    assert distance(one, two) == imagehash.hex_to_hash(to_hex(one)) - imagehash.hex_to_hash(to_hex(two))


ZEROS = "0" * 16


@pytest.mark.parametrize(
    "text",
    [
        "",
        ZEROS[1:],
        f"{ZEROS}0",
        f" {ZEROS[1:]}",
        f"{ZEROS[1:]}\n",
        f"0x{ZEROS[2:]}",
        f"-{ZEROS[1:]}",
        "g" * 16,
        "0_" * 8,
        "٠" * 16,
    ],
)
def test_refuses_other_hex(text: str) -> None:
    with pytest.raises(ValueError, match="not 16 hex digits"):
        from_hex(text)


@pytest.mark.parametrize(
    "text", ["", "-1", "+1", " 1", "1\n", "1.0", "1_0", "0x1", "٣", "18446744073709551616", "1" * 21]
)
def test_refuses_other_decimals(text: str) -> None:
    with pytest.raises(ValueError, match="not an unsigned"):
        from_decimal(text)


@pytest.mark.parametrize("value", [-1, MAX_HASH + 1])
def test_refuses_to_write_other_numbers(value: int) -> None:
    with pytest.raises(ValueError, match="64-bit"):
        to_hex(value)
    with pytest.raises(ValueError, match="64-bit"):
        to_decimal(value)


def test_the_basis_names_source_and_versions() -> None:
    assert current_basis("thumbnail", 120) == Basis("thumbnail", 120, PIL.__version__, imagehash.__version__)
    assert current_basis("original", 0).source == "original"


@pytest.mark.parametrize(
    ("source", "width_px"), [("thumbnail", 0), ("original", 120), ("scan", 120), ("", 0)]
)
def test_refuses_an_impossible_basis(source: str, width_px: int) -> None:
    with pytest.raises(ValueError, match="not a basis"):
        current_basis(source, width_px)


# Low information


def drawing(kind: str) -> Image.Image:
    picture = Image.new("L", (120, 90), 255)
    draw = ImageDraw.Draw(picture)
    match kind:
        case "white":
            pass
        case "black":
            picture.paste(0, (0, 0, 120, 90))
        case "grey with one speck":
            picture.paste(128, (0, 0, 120, 90))
            draw.point((60, 45), 140)
        case "fog":
            noise = np.random.default_rng(1).integers(179, 182, (90, 120), dtype=np.uint8)
            picture = Image.fromarray(noise)
        case "moon":
            picture.paste(0, (0, 0, 120, 90))
            draw.ellipse((57, 42, 63, 48), fill=230)
        case "fading to the right":
            picture = Image.linear_gradient("L").rotate(90).resize((120, 90))
        case "fading downwards":
            picture = Image.linear_gradient("L").resize((120, 90))
        case "stripes":
            for x in range(0, 120, 20):
                draw.rectangle((x, 0, x + 9, 90), fill=0)
    return picture


@pytest.mark.parametrize(
    "kind",
    [
        "white",
        "black",
        "fog",
        "grey with one speck",
        "moon",
        "fading to the right",
        "fading downwards",
        "stripes",
    ],
)
def test_marks_pictures_whose_hashes_say_nothing(kind: str) -> None:
    assert fingerprint(drawing(kind)).low_information


PHOTOGRAPHS = ["astronaut", "chelsea", "coffee", "camera", "text", "brick", "grass", "coins", "moon"]


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_marks_no_photograph(name: str) -> None:
    assert not fingerprint(photograph(f"{name}.png").convert("L")).low_information


def test_marks_a_page_lit_from_one_side() -> None:
    """Its pHash is telling, but the dHash of all ones is that of everything that brightens to the right."""
    marks = fingerprint(photograph("page.png").convert("L"))
    assert marks.dhash == MAX_HASH
    assert marks.low_information
