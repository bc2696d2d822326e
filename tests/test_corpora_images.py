"""Real and hostile files of other people: every one gives imagehash's fingerprint or a named rejection."""

from __future__ import annotations

import csv
import io
import os
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import imagehash
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from faebot_hash.adapters.decoder import DecoderProcess
from faebot_hash.errors import ImageRejected
from faebot_hash.fingerprint import (
    LOW_INFORMATION_LEVELS,
    LOW_INFORMATION_TIES,
    contrast_levels,
    dhash_ties,
    distance,
    to_hex,
)
from faebot_hash.images import FORMATS, ORIGINAL, open_picture
from faebot_hash.model import Fingerprint
from faebot_hash.reasons import Reason, Skipped
from tests.pictures import grey_by_numpy, upright_by_numpy

CORPORA = Path(os.environ.get("CORPORA_DIR", Path(__file__).parent.parent.parent / "shared" / "corpora"))
EXPECTED_REJECTIONS = {
    Reason.TRUNCATED,
    Reason.MALFORMED,
    Reason.TOO_LARGE,
    Reason.UNSUPPORTED_FORMAT,
    Reason.UNSUPPORTED_MODE,
}

pytestmark = pytest.mark.corpora


@dataclass(frozen=True)
class Judged:
    """What the worker said of every file of the corpora, and the most memory that it ever held."""

    verdicts: dict[str, Fingerprint | Skipped]
    peak_bytes: int
    worker_deaths: int


def table(name: str) -> list[dict[str, str]]:
    with (CORPORA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def manifest() -> dict[str, dict[str, str]]:
    return {row["path"]: row for row in table("manifest-images.csv")}


@pytest.fixture(scope="module")
def judged() -> Judged:
    with DecoderProcess(ORIGINAL) as decoder:
        first = decoder.worker_pid
        verdicts = {path: decoder.fingerprint((CORPORA / path).read_bytes()) for path in manifest()}
        status = Path(f"/proc/{decoder.worker_pid}/status").read_text()
        peak_bytes = int(status.split("VmHWM:")[1].split()[0]) * 1024
        return Judged(verdicts, peak_bytes, int(decoder.worker_pid != first))


def fingerprints(judged: Judged) -> Iterator[tuple[str, Fingerprint]]:
    for path, verdict in judged.verdicts.items():
        if isinstance(verdict, Fingerprint):
            yield path, verdict


def opened_otherwise(path: str) -> Image.Image:
    """Prepare a picture by a second road: numpy flattens it, greys RGB and turns it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(io.BytesIO((CORPORA / path).read_bytes()), formats=FORMATS) as picture:
            turned_already = picture.format == "TIFF"
            picture.load()
            try:
                orientation = 1 if turned_already else picture.getexif().get(0x0112, 1)
            except (OSError, ValueError, SyntaxError, TypeError, KeyError, AttributeError):
                orientation = 1
            if picture.has_transparency_data and not picture.mode.startswith("I"):
                grey = grey_by_numpy(np.asarray(picture.convert("RGBA")))
            elif picture.mode == "RGB":
                grey = grey_by_numpy(np.asarray(picture))
            else:
                grey = np.asarray(picture.convert("L"))
    return Image.fromarray(np.ascontiguousarray(upright_by_numpy(grey, orientation)))


def test_every_file_gives_a_fingerprint_or_a_named_rejection(judged: Judged) -> None:
    reasons = Counter(verdict.reason for verdict in judged.verdicts.values() if isinstance(verdict, Skipped))
    print({reason.name: count for reason, count in reasons.items()}, "peak", judged.peak_bytes >> 20, "MiB")
    assert set(reasons) <= EXPECTED_REJECTIONS
    assert judged.worker_deaths == 0
    assert judged.peak_bytes < 1 << 30
    assert len(judged.verdicts) == len(manifest()) > 1600
    assert sum(1 for _ in fingerprints(judged)) > 1100


def test_every_fingerprint_is_imagehashs(judged: Judged) -> None:
    four = (imagehash.phash, imagehash.dhash, imagehash.average_hash, imagehash.whash)
    differing = []
    for path, ours in fingerprints(judged):
        picture = opened_otherwise(path)
        theirs = [str(one(picture)) for one in four]
        if [to_hex(value) for value in (ours.phash, ours.dhash, ours.ahash, ours.whash)] != theirs:
            differing.append(path)
    assert differing == []


def test_nothing_that_pillow_reads_in_full_is_refused(judged: Judged) -> None:
    """Beside LAB, which has no grey, and what Pillow itself refuses on a closer look."""
    for path, verdict in judged.verdicts.items():
        row = manifest()[path]
        if isinstance(verdict, Skipped) and row["format"] in FORMATS and row["mode"] != "LAB":
            with pytest.raises((OSError, SyntaxError, ValueError, Image.DecompressionBombError)):
                opened_otherwise(path)


def test_distances_agree_with_the_published_ones(judged: Judged) -> None:
    """Within 2 bits, where neither has alpha (which the published table drops and we lay on white)."""
    compared = 0
    for row in table("pairs.csv"):
        one, other = judged.verdicts[row["path_a"]], judged.verdicts[row["path_b"]]
        published = row["phash_after_exif_transpose"], row["dhash_after_exif_transpose"]
        modes = {manifest()[row[side]]["mode"] for side in ("path_a", "path_b")}
        if not (isinstance(one, Fingerprint) and isinstance(other, Fingerprint) and all(published)):
            continue
        if modes & {"RGBA", "LA", "PA", "P", "I;16"}:
            continue
        compared += 1
        assert abs(distance(one.phash, other.phash) - int(published[0])) <= 2, row
        assert abs(distance(one.dhash, other.dhash) - int(published[1])) <= 2, row
    assert compared > 400


# The threshold of the low-information guard: the two conditions that it was derived from


def nine_by_eight(picture: Image.Image) -> npt.NDArray[np.uint8]:
    """Reduce a picture as imagehash does for its dHash."""
    return np.asarray(picture.resize((9, 8), imagehash.ANTIALIAS))


def test_every_pair_of_strangers_with_equal_hashes_is_caught(judged: Judged) -> None:
    strangers = 0
    for row in table("pairs.csv"):
        one, other = judged.verdicts[row["path_a"]], judged.verdicts[row["path_b"]]
        if row["label"] != "not-duplicate" or isinstance(one, Skipped) or isinstance(other, Skipped):
            continue
        strangers += 1
        if one.phash == other.phash or one.dhash == other.dhash:
            assert one.low_information or other.low_information, row
    assert strangers > 50


def test_flat_pictures_and_the_moon_are_caught(judged: Judged) -> None:
    """The moon stands for its pair with a galaxy, which the corpora describe but do not hold."""
    moons = [path for path, row in manifest().items() if row["group_id"] == "hn-night-moon"]
    assert moons
    for path, marks in fingerprints(judged):
        grey = opened_otherwise(path)
        if path in moons or grey.getextrema() in [(level, level) for level in range(256)]:
            assert marks.low_information, path


def test_at_most_one_photograph_in_two_hundred_is_marked(judged: Judged) -> None:
    """Two files among the photographs hold one single grey level; whatever they were, flat they are."""
    photographs = [
        (path, marks)
        for path, marks in fingerprints(judged)
        if manifest()[path]["class"].startswith("photo-")
        and len(set(opened_otherwise(path).getextrema())) == 2
    ]
    assert len(photographs) >= 160
    marked = [path for path, marks in photographs if marks.low_information]
    assert len(marked) <= len(photographs) * 0.005, marked


def test_the_threshold_lies_between_photographs_and_the_moon(judged: Judged) -> None:
    ties: dict[str, list[int]] = {"photographs": [], "moon": []}
    for path, _ in fingerprints(judged):
        row = manifest()[path]
        kind = "moon" if row["group_id"] == "hn-night-moon" else "photographs"
        if kind == "moon" or row["class"].startswith("photo-"):
            picture = open_picture((CORPORA / path).read_bytes(), ORIGINAL)
            if len(set(picture.getextrema())) == 2:
                ties[kind].append(dhash_ties(nine_by_eight(picture)))
    assert (max(ties["photographs"]), min(ties["moon"])) == (43, 52)
    assert max(ties["photographs"]) < LOW_INFORMATION_TIES <= min(ties["moon"])


def test_the_contrast_threshold_is_half_of_the_faintest_photograph(judged: Judged) -> None:
    spans = [
        contrast_levels(nine_by_eight(open_picture((CORPORA / path).read_bytes(), ORIGINAL)))
        for path, _ in fingerprints(judged)
        if manifest()[path]["class"].startswith("photo-")
    ]
    assert min(span for span in spans if span) == 2 * LOW_INFORMATION_LEVELS


def test_rejections_are_the_same_here_and_in_the_worker(judged: Judged) -> None:
    for path, verdict in judged.verdicts.items():
        if isinstance(verdict, Skipped) and verdict.reason is not Reason.TOO_LARGE:
            with pytest.raises(ImageRejected) as caught:
                open_picture((CORPORA / path).read_bytes(), ORIGINAL)
            assert caught.value.reason is verdict.reason
