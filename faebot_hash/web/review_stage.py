"""How two pictures are shown: the view, their thumbnails, and what is known of them row by row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from faebot_hash.cases import CaseFile
from faebot_hash.web.review_pairs import Facing
from faebot_hash.web.review_pictures import LARGE_PX, Picture, are_alike, common_width, picture, shape
from faebot_hash.web.review_questions import place_in, view_in


@dataclass(frozen=True)
class Row:
    """One thing that is known of both files, in words; ``kind`` says whether it is code or plain text."""

    name: str
    first: str
    second: str
    is_code: bool = False

    @property
    def differs(self) -> bool:
        """Tell whether both are known and not the same."""
        return bool(self.first and self.second) and self.first != self.second


@dataclass(frozen=True)
class Stage:
    """The chosen view of a pair; ``at`` is where the edge of the swipe stands, in percent.

    ``pictures`` are None where the wiki has no thumbnail. ``alike`` tells whether both have the same
    proportions, ``shape`` how the first fits a screen.
    """

    view: str
    at: int
    pictures: tuple[Picture | None, Picture | None]
    alike: bool
    shape: str
    rows: tuple[Row, ...]

    @property
    def has_both(self) -> bool:
        """Tell whether there are two pictures to lay on each other."""
        return None not in self.pictures


def stage_of(facing: Facing, given: Mapping[str, str]) -> Stage:
    """Set the stage for a pair as the parameters ask; raises Refused for an unknown view."""
    first, second = facing.first.file, facing.second.file
    view = view_in(given)
    most_px = LARGE_PX if view == "side" else common_width(first, second)
    pictures = (picture(first, most_px), picture(second, most_px))
    return Stage(
        view, place_in(given), pictures, are_alike(first, second), shape(first), tuple(_rows(first, second))
    )


def _rows(first: CaseFile, second: CaseFile) -> Iterator[Row]:
    yield Row("Size", _size(first), _size(second))
    yield Row("Bytes", f"{first.size_bytes:,}", f"{second.size_bytes:,}")
    yield Row("Type", first.mime, second.mime)
    yield Row("Uploaded", _moment(first), _moment(second))
    yield Row("Uploader", first.uploader, second.uploader)
    yield Row("Score", _score(first), _score(second))
    yield Row("SHA1", first.sha1, second.sha1, is_code=True)
    yield Row("Pixel SHA1", first.pixel_sha1, second.pixel_sha1, is_code=True)
    yield Row("Non-EXIF SHA1", first.non_exif_sha1, second.non_exif_sha1, is_code=True)
    yield Row("pHash", first.phash, second.phash, is_code=True)
    yield Row("dHash", first.dhash, second.dhash, is_code=True)


def _size(file: CaseFile) -> str:
    return f"{file.width_px:,} × {file.height_px:,} px"


def _moment(file: CaseFile) -> str:
    return f"{file.uploaded:%Y-%m-%d %H:%M} UTC"


def _score(file: CaseFile) -> str:
    return "" if file.score is None else str(file.score)
