"""The seeded pairs that differ in their metadata only: what confirming nominates, or leaves to people."""

from __future__ import annotations

from datetime import datetime

from PIL import Image

from tests.practice.military import ARCHIVE, FEED
from tests.practice.pages import CHECK_CATEGORY, DOD_CATEGORY, milim, released
from tests.practice.pictures import jpeg, photo
from tests.practice.story import SeedFile

NOMINEES = {
    "damaged-last-row": "Motorcycle found in a storm shelter 130522-Z-0000M-117.jpg",
    "dhash-only": "Defense news photo 010914-F-0000P-006.jpg",
    "tagged-already": "Astronaut in an orange suit (second release) 990615-F-0000S-001.jpg",
    "exif-twin": "Defense imagery 090726-A-0000R-014.jpg",
    "identical-layouts": "Portrait before a launch 130306-N-0000A-007.jpg",
    "identical-deleted": "Cat on watch, again 130401-N-0000B-012.jpg",
    "identical-reverted": "Cells, again 130502-A-0000D-021.jpg",
    "identical-overwritten": "Coins of a museum, again 130603-N-0000F-033.jpg",
}
"""Of each case with identical files the one that a complete confirming run nominates."""


def identical_files() -> list[SeedFile]:
    """List the pairs of identical photographs."""
    return [
        *_layouts(),
        *_pair("identical-deleted", "Cat on watch", "130401-N-0000B-012", _part("chelsea.png", (430, 290))),
        *_pair("identical-reverted", "Cells", "130502-A-0000D-021", _part("ihc.png", (470, 410)), "Army"),
        *_pair(
            "identical-overwritten", "Coins of a museum", "130603-N-0000F-033", _part("coins.png", (360, 280))
        ),
        *_tie(),
    ]


def _part(name: str, size: tuple[int, int]) -> Image.Image:
    return photo(name).crop((0, 0, *size))


def _layouts() -> list[SeedFile]:
    """Retell the casebook's worked example: the older page, and the one with the better layout."""
    case, virin, picture = "identical-layouts", "130306-N-0000A-007", _part("astronaut.png", (500, 440))
    plain = released(
        f"A portrait before a launch. ({virin})",
        "PD-USGov-Military-Navy",
        "http://www.navy.mil/view_image.asp?id=130306",
        categories=(CHECK_CATEGORY, DOD_CATEGORY),
    ).replace("Photographer of the agency", "U.S. Navy photo")
    layout = milim("A portrait before a launch.", virin)
    return [
        SeedFile(
            f"Portrait before a launch {virin}.jpg",
            case,
            jpeg(picture, "Portrait"),
            plain,
            FEED,
            datetime(2013, 3, 7),
            "tagged",
        ),
        SeedFile(
            f"Astronaut, portrait {virin}.jpg",
            case,
            jpeg(picture, "Astronaut"),
            layout,
            ARCHIVE,
            datetime(2015, 8, 1),
            "tagged",
        ),
    ]


def _pair(case: str, name: str, virin: str, picture: Image.Image, branch: str = "Navy") -> list[SeedFile]:
    text = milim(f"{name}.", virin, branch=branch)
    return [
        SeedFile(
            f"{name} {virin}.jpg", case, jpeg(picture, name), text, FEED, datetime(2013, 7, 1), "tagged"
        ),
        SeedFile(
            f"{name}, again {virin}.jpg",
            case,
            jpeg(picture, f"{name} again"),
            text,
            ARCHIVE,
            datetime(2015, 7, 1),
            "tagged",
        ),
    ]


def _tie() -> list[SeedFile]:
    """Give two uploads of one second, between which no score can choose."""
    case, virin, picture = "identical-tie", "130704-M-0000G-040", _part("clock_motion.png", (330, 250))
    text = milim("A clock in motion.", virin, branch="Marines")
    return [
        SeedFile(
            f"Clock in motion, {part} {virin}.jpg",
            case,
            jpeg(picture, f"Clock {part}"),
            text,
            ARCHIVE,
            datetime(2014, 1, 1),
            "tagged",
        )
        for part in ("first", "second")
    ]
