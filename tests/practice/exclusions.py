"""The seeded pairs that look equal and of which at least one page must not be tagged."""

from __future__ import annotations

from datetime import datetime

from tests.practice.military import ARCHIVE, FEED, tagging
from tests.practice.pages import milim
from tests.practice.pictures import jpeg, photo
from tests.practice.story import SeedFile, Step

Reasons = tuple[str, ...]


def excluded_files() -> list[SeedFile]:
    """List the pairs: each of two JPEGs that differ in EXIF data alone."""
    return [
        *_cross_linked(),
        *_human_revert(),
        *_asked_to_stay_away("nobots", "Gravel airstrip", "070808-M-0000G-004", "gravel.png", "{{nobots}}\n"),
        *_asked_to_stay_away(
            "bots-deny",
            "Grass landing zone",
            "070809-M-0000Z-012",
            "grass.png",
            "{{bots|deny=PracticeBot}}\n",
        ),
        *_deletion_pending(),
        *_tagged_already(),
    ]


def _pair(name: str, virin: str, photograph: str) -> tuple[tuple[str, str], tuple[bytes, bytes]]:
    titles = f"{name} {virin}.jpg", f"{name} (second release) {virin}.jpg"
    return titles, (jpeg(photo(photograph), name), jpeg(photo(photograph), f"{name}, released again"))


def _cross_linked() -> list[SeedFile]:
    case, virin = "cross-linked-in-text", "110309-A-0000T-003"
    titles, pictures = _pair("Stained tissue section", virin, "ihc.png")
    words = f"Tissue section. The release with corrected colours is [[:File:{titles[1]}]]."
    texts = milim(words, virin, branch="Army"), milim("Tissue section.", virin, branch="Army")
    return [
        SeedFile(
            titles[0],
            case,
            pictures[0],
            texts[0],
            ARCHIVE,
            datetime(2012, 5, 1),
            "skipped",
            ("CROSS_LINKED",),
        ),
        SeedFile(
            titles[1],
            case,
            pictures[1],
            texts[1],
            FEED,
            datetime(2013, 5, 1),
            "skipped",
            ("CROSS_LINKED",),
        ),
    ]


def _human_revert() -> list[SeedFile]:
    case, virin, key = "human-revert", "030415-N-0000D-101", "e4d5b5a92b54523a"
    titles, pictures = _pair("Challenge coins on display", virin, "coins.png")
    text = milim("Challenge coins on display.", virin)
    files = []
    for number in (0, 1):
        removal = Step("Admin", "not a duplicate: two displays, see talk", text)
        history = (tagging(key, titles[1 - number], text), removal)
        files.append(
            SeedFile(
                titles[number],
                case,
                pictures[number],
                text,
                ARCHIVE,
                datetime(2013, 8, 1 + number),
                "skipped",
                ("REMOVED_BY_HUMAN",),
                history,
            )
        )
    return files


def _asked_to_stay_away(case: str, name: str, virin: str, photograph: str, mark: str) -> list[SeedFile]:
    titles, pictures = _pair(name, virin, photograph)
    texts = milim(f"{name}.", virin, branch="Marines", top=mark), milim(f"{name}.", virin, branch="Marines")
    return [
        SeedFile(
            titles[0],
            case,
            pictures[0],
            texts[0],
            ARCHIVE,
            datetime(2010, 1, 5),
            "skipped",
            ("BOTS_EXCLUDED",),
        ),
        SeedFile(titles[1], case, pictures[1], texts[1], ARCHIVE, datetime(2011, 1, 5), "tagged"),
    ]


def _deletion_pending() -> list[SeedFile]:
    case, virin = "duplicate-template", "060606-A-0000B-002"
    titles, pictures = _pair("Brick wall after repair", virin, "brick.png")
    mark = f"{{{{duplicate|{titles[1]}|same photograph}}}}\n"
    texts = milim("Brick wall.", virin, branch="Army", top=mark), milim("Brick wall.", virin, branch="Army")
    return [
        SeedFile(
            titles[0],
            case,
            pictures[0],
            texts[0],
            ARCHIVE,
            datetime(2009, 2, 1),
            "skipped",
            ("DELETION_PENDING",),
        ),
        SeedFile(
            titles[1],
            case,
            pictures[1],
            texts[1],
            ARCHIVE,
            datetime(2010, 2, 1),
            "skipped",
            ("CROSS_LINKED",),
        ),
    ]


def _tagged_already() -> list[SeedFile]:
    case, virin, key = "tagged-already", "990615-F-0000S-001", "c2924c5532bddfc8"
    titles, pictures = _pair("Astronaut in an orange suit", virin, "astronaut.png")
    text = milim("Astronaut in an orange suit.", virin, branch="Air Force")
    history = (tagging(key, titles[1], text),)
    return [
        SeedFile(
            titles[0],
            case,
            pictures[0],
            text,
            ARCHIVE,
            datetime(2012, 12, 1),
            "skipped",
            ("ALREADY_TAGGED",),
            history,
        ),
        SeedFile(titles[1], case, pictures[1], text, FEED, datetime(2014, 12, 1), "tagged"),
    ]
