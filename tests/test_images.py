"""Untrusted bytes to an upright grey picture: the right pixels, or a named rejection."""

from __future__ import annotations

import ast
import random
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from faebot_hash.errors import DecoderError, ImageRejected
from faebot_hash.images import FORMATS, ORIGINAL, THUMBNAIL, Limits, check_versions, open_picture
from faebot_hash.reasons import Reason
from tests.counting import Counted
from tests.foreign import foreign_files
from tests.pictures import (
    each_seed,
    encoded,
    encodings,
    grey_by_numpy,
    per_seed,
    photograph,
    png,
    with_alpha,
)

ROOT = Path(__file__).parent.parent


def rejection(data: bytes, limits: Limits = ORIGINAL) -> ImageRejected:
    with pytest.raises(ImageRejected) as caught:
        open_picture(data, limits)
    return caught.value


def pixels_of(data: bytes) -> np.ndarray:
    return np.asarray(open_picture(data, ORIGINAL))


# The right pixels


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("file_format", ["PNG", "TIFF", "WEBP"])
def test_turns_upright_as_the_standard_says(orientation: int, file_format: str) -> None:
    photo = photograph(size=(40, 30))
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True, "exact": True} if file_format == "WEBP" else {}
    data = encoded(photo, file_format, exif=exif, **options)
    assert np.array_equal(pixels_of(data), grey_by_numpy(np.asarray(photo), orientation))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_turns_jpeg_upright(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    photo = photograph(size=(40, 30))
    plain = pixels_of(encoded(photo, "JPEG"))
    turned = pixels_of(encoded(photo, "JPEG", exif=exif))
    assert turned.shape == ((30, 40) if orientation < 5 else (40, 30))
    expected = grey_by_numpy(np.repeat(plain[..., None], 3, axis=2), orientation)
    assert np.array_equal(turned, expected)


@pytest.mark.parametrize(
    "exif",
    [
        b"",
        b"Exif\0\0",
        b"Exif\0\0garbage that is no TIFF header",
        b"Exif\0\0MM\0*\xff\xff\xff\xff",
        b"Exif\0\0MM\0*\0\0\0\x08\xff\xff",
        b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0",
        b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x09\0\0\0\0\0\0",
        b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x07\0\0\0\x04abcd\0\0\0\0",
        b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x02\0\0\0\x026\0\0\0\0\0\0\0",
    ],
    ids=["none", "empty", "garbage", "offset", "count", "zero", "nine", "bytes", "text"],
)
def test_takes_an_odd_orientation_for_upright(exif: bytes) -> None:
    photo = photograph(size=(40, 30))
    assert np.array_equal(pixels_of(encoded(photo, "JPEG", exif=exif)), pixels_of(encoded(photo, "JPEG")))


@pytest.mark.parametrize("size", [(40, 30), (2600, 1700)], ids=["at once", "in strips"])
@pytest.mark.parametrize("alpha", [False, True])
def test_lays_alpha_on_white(size: tuple[int, int], alpha: bool) -> None:
    photo = photograph(size=size)
    photo = with_alpha(photo) if alpha else photo
    assert np.array_equal(
        pixels_of(encoded(photo, "PNG", compress_level=1)), grey_by_numpy(np.asarray(photo))
    )


def test_lays_every_kind_of_transparency_on_white() -> None:
    """Black drawings whose background is transparent black: all of them show on white, none is black."""
    drawing = Image.new("RGBA", (32, 32), (0, 0, 0, 0))
    drawing.paste((0, 0, 0, 255), (8, 8, 24, 24))
    expected = np.full((32, 32), 255)
    expected[8:24, 8:24] = 0
    palette = Image.new("P", (32, 32), 0)
    palette.putpalette([0, 0, 0, 0, 0, 0])
    palette.paste(1, (8, 8, 24, 24))
    keyed = Image.new("RGB", (32, 32), (9, 9, 9))
    keyed.paste((0, 0, 0), (8, 8, 24, 24))
    files = [
        encoded(drawing, "PNG"),
        encoded(drawing, "WEBP", lossless=True),
        encoded(drawing, "TIFF"),
        encoded(drawing.convert("LA"), "PNG"),
        encoded(drawing, "TIFF", tiffinfo={338: 1}),  # associated alpha, which Pillow opens as RGBa
        encoded(palette, "PNG", transparency=0),
        encoded(palette, "PNG", transparency=b"\x00\xff"),
        encoded(palette, "GIF", transparency=0),
        encoded(keyed, "PNG", transparency=(9, 9, 9)),
        encoded(keyed.convert("L"), "PNG", transparency=9),
    ]
    for file in files:
        assert np.array_equal(pixels_of(file), expected)


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "YCbCr", "I", "F", "I;16", "LA", "RGBA"])
def test_greys_every_mode_as_pillow_converts_it(mode: str) -> None:
    picture = photograph(size=(40, 30)).convert("L").convert(mode)
    opened = open_picture(encoded(picture, "TIFF"), ORIGINAL)
    assert opened.mode == "L"
    if mode not in ("LA", "RGBA"):
        assert opened.tobytes() == picture.convert("L").tobytes()


def test_takes_the_first_frame() -> None:
    for animated, still in (("gif animated", "gif"), ("png animated", "png"), ("tiff raw", "png")):
        assert np.array_equal(pixels_of(encodings()[animated]), pixels_of(encodings()[still]))


def test_reads_interlaced_png() -> None:
    assert np.array_equal(pixels_of(encodings()["png interlaced"]), pixels_of(encodings()["png"]))


# X3: no hash from a broken picture


@each_seed
def test_never_shows_a_truncated_file(counted: Counted, seed: int) -> None:
    """What is cut off may be metadata or later frames: then the pixels are those of the whole file."""
    rng = random.Random(seed)
    files = list(encodings().items())
    whole = {name: open_picture(data, ORIGINAL).tobytes() for name, data in files}
    shown = 0
    for _ in range(per_seed(1500)):
        name, data = rng.choice(files)
        length = rng.choice((rng.randrange(len(data)), len(data) - rng.randrange(1, min(len(data), 64))))
        try:
            picture = open_picture(data[:length], ORIGINAL)
        except ImageRejected:
            continue
        assert picture.tobytes() == whole[name], f"{name} cut to {length} of {len(data)} bytes"
        shown += 1
    assert shown < per_seed(1500) / 2, "most of what is cut off must matter, or this shows nothing"
    counted("X3", per_seed(1500), "truncations")


@each_seed
def test_bit_flips_end_in_pixels_or_a_reason(counted: Counted, seed: int) -> None:
    """PNG has checksums, so there a flip that is shown must not have changed a pixel."""
    rng = random.Random(seed)
    files = list(encodings().items())
    checked = ("png", "png interlaced", "png palette")
    whole = {name: open_picture(encodings()[name], ORIGINAL).tobytes() for name in checked}
    for _ in range(per_seed(2000)):
        name, data = rng.choice(files)
        damaged = bytearray(data)
        damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
        try:
            picture = open_picture(bytes(damaged), ORIGINAL)
        except ImageRejected:
            continue
        assert picture.mode == "L"
        if name in checked:
            assert picture.tobytes() == whole[name]
    counted("X3", per_seed(2000), "bit flips")


def test_nobody_asks_pillow_for_truncated_pictures() -> None:
    """The name may be read, which is how its being off is checked, but never set, by any spelling."""
    name = "LOAD_" + "TRUNCATED_IMAGES"
    for folder in ("faebot_hash", "scripts"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Attribute) and node.attr == name:
                    assert isinstance(node.ctx, ast.Load), f"{path}:{node.lineno}"
                assert not (isinstance(node, ast.Constant) and node.value == name), (
                    f"{path}: {name} in a string"
                )
                assert not (isinstance(node, ast.alias) and node.name == name), f"{path} imports {name}"


# I2: five formats


def test_parses_no_other_format(monkeypatch: pytest.MonkeyPatch, counted: Counted) -> None:
    """Whatever else Pillow can open is refused by its bytes, and its plugin is never even called."""
    Image.init()
    files = foreign_files()
    assert set(files) == set(Image.OPEN) - set(FORMATS)
    assert len(files) >= 35
    called: list[str] = []
    for name in files:
        accept = Image.OPEN[name][1]
        assert accept is None or accept(files[name][:16]), f"not a {name} file, so this would show nothing"
        spy = lambda *_, name=name: called.append(name)  # noqa: E731
        monkeypatch.setitem(Image.OPEN, name, (spy, accept))
    for name, data in files.items():
        assert rejection(data).reason is Reason.UNSUPPORTED_FORMAT, name
    assert called == []
    counted("I2", len(files), "other formats")


# Limits from the header, and I4


@pytest.mark.parametrize(
    ("size", "limits", "reason"),
    [
        ((4000, 4000), THUMBNAIL, None),
        ((4001, 4000), THUMBNAIL, Reason.TOO_LARGE),
        ((4001, 4000), ORIGINAL, None),
        ((10_001, 10_000), ORIGINAL, Reason.TOO_LARGE),
    ],
)
def test_judges_the_size_by_the_header(size: tuple[int, int], limits: Limits, reason: Reason | None) -> None:
    data = encoded(Image.new("L", size), "PNG", compress_level=1)
    if reason:
        assert rejection(data, limits).reason is reason
    else:
        assert open_picture(data, limits).size == size


def test_counts_decoded_bytes_by_band_and_depth() -> None:
    limits = Limits(pixels=1000, decoded_bytes=2000)
    assert open_picture(encoded(Image.new("LA", (30, 30)), "PNG"), limits).size == (30, 30)
    for mode in ("RGB", "I", "F"):
        assert rejection(
            encoded(Image.new(mode, (30, 30)), "TIFF", compression="packbits"), limits
        ).reason is (Reason.TOO_LARGE)


def test_refuses_a_header_before_its_pixels() -> None:
    assert rejection(png(60_000, 60_000, b"")).reason is Reason.TOO_LARGE


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", Reason.TRUNCATED),
        (b"hello, world", Reason.UNSUPPORTED_FORMAT),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", Reason.UNSUPPORTED_FORMAT),
        (b"\xff\xd8\xff", Reason.MALFORMED),
        (b"RIFF\xff\xff\xff\x7fWEBPVP8 ", Reason.TRUNCATED),
    ],
)
@pytest.mark.spec("2.1", "2.3", "2.4")
def test_names_the_reason(data: bytes, reason: Reason) -> None:
    assert rejection(data).reason is reason


@pytest.mark.spec("2.6")
def test_refuses_lab() -> None:
    lab = Image.new("LAB", (8, 8))
    assert rejection(encoded(lab, "TIFF")).reason is Reason.UNSUPPORTED_MODE


@pytest.mark.parametrize("version", ["9.5.0", "11.3.0", "12.3.0", "13.0.0rc1"])
def test_refuses_to_start_with_an_old_pillow(version: str, counted: Counted) -> None:
    counted("I4", 1, "old versions refused")
    with pytest.raises(DecoderError, match=r"install 13\.0\.0 or later"):
        check_versions(version)


@pytest.mark.parametrize("version", ["13.0.0", "13.0.10", "13.0.0.post1", "14"])
def test_starts_with_a_new_pillow(version: str) -> None:
    check_versions(version)


def test_starts_with_the_pillow_installed() -> None:
    check_versions()
