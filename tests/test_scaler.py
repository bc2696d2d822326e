"""Imitated thumbnails: their sizes, formats and steps, and that the worker says what the steps say here."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import imagehash
import pytest
from PIL import Image

from faebot_hash import scaler
from faebot_hash.adapters.decoder import DecoderProcess
from faebot_hash.adapters.decoding_answers import MAX_WIDTHS, widths_in, widths_of, widths_question
from faebot_hash.errors import ImageRejected
from faebot_hash.fingerprint import distance, fingerprint, to_hex
from faebot_hash.images import ORIGINAL, THUMBNAIL, open_picture
from faebot_hash.model import Fingerprint
from faebot_hash.reasons import Reason, Skipped
from tests.pictures import encoded, encodings, photograph, with_alpha

FIELDS = json.dumps({"hashes": [f"{value:016x}" for value in (1, 2, 3, 4)], "low_information": False})


@pytest.fixture(scope="module")
def decoder() -> Iterator[DecoderProcess]:
    with DecoderProcess(ORIGINAL) as process:
        yield process


def opened(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


@pytest.mark.parametrize(
    ("file_format", "mode", "expected"),
    [
        ("JPEG", "RGB", ("JPEG", "RGB")),
        ("JPEG", "L", ("JPEG", "L")),
        ("TIFF", "RGBA", ("JPEG", "RGB")),
        ("WEBP", "RGBA", ("WEBP", "RGBA")),
        ("PNG", "RGBA", ("PNG", "RGBA")),
        ("GIF", "RGB", ("PNG", "RGB")),
    ],
)
def test_a_thumbnail_has_its_formats_type(file_format: str, mode: str, expected: tuple[str, str]) -> None:
    photo = photograph(size=(300, 200))
    source = with_alpha(photo) if mode == "RGBA" else photo.convert(mode)
    small = opened(scaler.thumbnail(source, 120, file_format))
    assert (small.format, small.mode) == expected
    assert small.size == (120, 80)


@pytest.mark.parametrize(
    ("size", "width_px", "height_px"),
    [
        ((300, 200), 120, 80),
        ((301, 200), 120, 80),
        ((300, 1), 20, 1),
        ((4000, 10), 20, 1),
        ((200, 333), 120, 200),
    ],
)
def test_a_thumbnail_keeps_its_shape(size: tuple[int, int], width_px: int, height_px: int) -> None:
    assert opened(scaler.thumbnail(Image.new("RGB", size), width_px, "PNG")).size == (width_px, height_px)


def test_a_jpeg_is_saved_as_the_wiki_saves_it() -> None:
    small = opened(scaler.thumbnail(photograph(size=(300, 200)), 120, "JPEG"))
    expected = opened(encoded(photograph(), "JPEG", quality=87, subsampling="4:2:0"))
    assert small.quantization == expected.quantization  # type: ignore[attr-defined]
    assert [part[1:3] for part in small.layer] == [(2, 2), (1, 1), (1, 1)]  # type: ignore[attr-defined]


@pytest.mark.parametrize(("width_px", "sharpened"), [(254, True), (256, False)])
def test_only_what_shrinks_much_is_sharpened(width_px: int, sharpened: bool) -> None:
    """Of 300 × 300: (254 + 254) / 600 is below 0.85, (256 + 256) / 600 is not."""
    source = photograph(size=(300, 300))
    plain = source.resize((width_px, width_px), Image.Resampling.LANCZOS)
    untouched = encoded(plain, "JPEG", quality=87, subsampling="4:2:0")
    assert (scaler.thumbnail(source, width_px, "JPEG") != untouched) == sharpened


def test_only_smaller_widths_are_made() -> None:
    found = scaler.fingerprints_at(
        encoded(photograph(size=(250, 100)), "PNG"), ORIGINAL, [120, 249, 250, 251]
    )
    assert list(found) == [0, 120, 249]


def test_the_original_is_hashed_as_everywhere() -> None:
    data = encodings()["jpeg"]
    assert scaler.fingerprints_at(data, ORIGINAL, [20])[0] == fingerprint(open_picture(data, ORIGINAL))


def test_a_plain_png_is_scaled_and_hashed() -> None:
    """By a second road: without loss, a thumbnail is a resize and no more."""
    photo = photograph(size=(500, 375))
    found = scaler.fingerprints_at(encoded(photo, "PNG"), ORIGINAL, [120])
    small = photo.resize((120, 90), Image.Resampling.LANCZOS)
    assert to_hex(found[120].phash) == str(imagehash.phash(small))
    assert to_hex(found[120].whash) == str(imagehash.whash(small))


def test_narrow_thumbnails_of_wide_originals_come_from_the_bucket() -> None:
    photo = photograph(size=(1600, 1200))
    bucket = opened(scaler.thumbnail(photo, 1280, "PNG"))
    expected = fingerprint(open_picture(scaler.thumbnail(bucket, 120, "PNG"), ORIGINAL))
    assert scaler.fingerprints_at(encoded(photo, "PNG"), ORIGINAL, [120])[120] == expected


@pytest.mark.corpora
@pytest.mark.parametrize(
    ("original", "served", "width_px"),
    [
        ("0729.tiff", "lossy-page1-400px-0729.tiff.jpg", 400),
        ("Album_en_blanco_y_negro.webp", "300px-Album_en_blanco_y_negro.webp.png", 300),
        ("Interieur__*.jpg", "300px-Interieur.jpg", 300),
        ("Jokie.gif", "300px-Jokie.gif", 300),
        ("Pacific-Electric-*.gif", "300px-Pacific-Electric-*.gif", 300),
        ("Physical_map_tagged_AdobeRGB.jpg", "300px-Physical_map_tagged_AdobeRGB.jpg", 300),
        ("1Mcolors.png", "400px-1Mcolors.png", 400),
    ],
)
def test_imitations_are_near_what_thumbor_made(
    corpora: Path, decoder: DecoderProcess, original: str, served: str, width_px: int
) -> None:
    """Nearer than other pictures ever are: within 4 bits, what 98 % of photographs need between sizes."""
    home = corpora / "images" / "dups" / "wikimedia-thumbor"
    (of,) = (home / "originals").glob(original)
    (real,) = (home / "thumbnails").glob(served)
    found, expected = (
        decoder.fingerprints_at(of.read_bytes(), [width_px]),
        decoder.fingerprint(real.read_bytes()),
    )
    assert isinstance(found, dict)
    assert isinstance(expected, Fingerprint)
    assert distance(found[width_px].phash, expected.phash) <= 4
    assert distance(found[width_px].dhash, expected.dhash) <= 4


def test_a_turned_original_is_scaled_upright() -> None:
    """Its stored width of 90 px is seen as a height, so 100 px are smaller than it."""
    exif = Image.Exif()
    exif[0x0112] = 6
    photo = photograph(size=(120, 90))
    turned = encoded(photo.transpose(Image.Transpose.ROTATE_90), "PNG", exif=exif)
    assert scaler.fingerprints_at(turned, ORIGINAL, [100]) == scaler.fingerprints_at(
        encoded(photo, "PNG"), ORIGINAL, [100]
    )


@pytest.mark.parametrize("name", sorted(encodings()))
def test_the_worker_answers_as_the_same_steps_would_here(decoder: DecoderProcess, name: str) -> None:
    data = encodings()[name]
    found = decoder.fingerprints_at(data, [20, 60, 120])
    assert found == scaler.fingerprints_at(data, ORIGINAL, [20, 60, 120])
    assert isinstance(found, dict)
    assert list(found) == [0, 20, 60]
    assert found[0] == decoder.fingerprint(data), "questions of both kinds go through one worker"


def test_the_worker_gives_the_reason(decoder: DecoderProcess) -> None:
    verdict = decoder.fingerprints_at(b"no picture", [20])
    assert isinstance(verdict, Skipped)
    assert verdict.reason is Reason.UNSUPPORTED_FORMAT
    with pytest.raises(ImageRejected):
        scaler.fingerprints_at(encoded(Image.new("L", (4_001, 4_000)), "PNG"), THUMBNAIL, [20])


def test_an_answer_has_room_for_all_widths(decoder: DecoderProcess) -> None:
    widths_px = range(60, 60 - MAX_WIDTHS, -1)
    found = decoder.fingerprints_at(encodings()["jpeg"], widths_px)
    assert isinstance(found, dict)
    assert len(found) == MAX_WIDTHS + 1
    for count in (0, MAX_WIDTHS + 1):
        with pytest.raises(ValueError, match="at most"):
            decoder.fingerprints_at(b"", range(20, 20 + count))


def test_a_question_says_its_widths() -> None:
    question = widths_question([20, 3840])
    assert question == b"w\x02\x00\x14\x0f\x00"
    assert widths_in(question[2:]) == [20, 3840]


def test_an_answer_is_read() -> None:
    told = widths_of(f'{{"widths": {{"0": {FIELDS}, "20": {FIELDS}}}}}'.encode(), [20, 60])
    assert told == {0: Fingerprint(1, 2, 3, 4, False), 20: Fingerprint(1, 2, 3, 4, False)}


@pytest.mark.parametrize(
    "answer",
    [
        FIELDS,
        '{"widths": {}}',
        f'{{"widths": {{"20": {FIELDS}}}}}',
        f'{{"widths": {{"0": {FIELDS}, "21": {FIELDS}}}}}',
        f'{{"widths": {{"0": {FIELDS}, "020": {FIELDS}}}}}',
        f'{{"widths": {{"0": {FIELDS}}}, "more": 1}}',
        '{"widths": {"0": {"hashes": []}}}',
        '{"widths": [0]}',
    ],
)
def test_no_odd_answer_is_believed(answer: Any) -> None:
    with pytest.raises(ValueError, match="makes no sense"):
        widths_of(answer.encode(), [20])
