"""The seeded files that no military category holds: NOAA's photographs and the printers' ornaments."""

from __future__ import annotations

from datetime import datetime

from tests.practice.pages import NOAA_CATEGORY, fleuron_page, released
from tests.practice.pictures import fleuron, jpeg, photo, png, saturated, scratched
from tests.practice.story import SeedFile

LIBRARY, STREAM = "PhotoLibraryImporter", "HarbourFlickr"
NOAA = "PD-USGov-NOAA"


def civil_files() -> list[SeedFile]:
    """List the files that the searches for NOAA and for Fleuron find."""
    return [*_saturation_twin(), *_retouched(), *_lone_noaa(), *_fleurons()]


def _library(number: str) -> str:
    return f"[http://www.photolib.noaa.gov/htmls/{number}.htm NOAA Photo Library]"


def _stream(number: str) -> str:
    return f"https://www.flickr.com/photos/51647007@N08/{number}/ NOAA on Flickr"


def _saturation_twin() -> list[SeedFile]:
    case, cat = "saturation-twin", photo("chelsea.png", (960, 640))
    about = "The ship's cat of the crab survey."
    texts = (
        released(about, NOAA, _library("fish0001"), categories=(NOAA_CATEGORY,)),
        released(about, NOAA, _stream("5160000047"), categories=("Crab surveys",)),
    )
    pictures = jpeg(cat, "fish0001"), jpeg(saturated(cat, 1.3), "Ship's cat")
    return [
        SeedFile(
            "Fish0001 - Ship's cat of the crab survey.jpg",
            case,
            pictures[0],
            texts[0],
            LIBRARY,
            datetime(2009, 6, 1),
            "tagged",
        ),
        SeedFile(
            "Ship's cat of the crab survey (5160000047).jpg",
            case,
            pictures[1],
            texts[1],
            STREAM,
            datetime(2012, 6, 1),
            "tagged",
        ),
    ]


def _retouched() -> list[SeedFile]:
    case, moon = "retouched", photo("moon.png", (960, 960))
    titles = "Moon from a weather satellite Spac0010.jpg", "Moon from a weather satellite Spac0010-repair.jpg"
    texts = (
        released(
            "The Moon.",
            NOAA,
            _library("spac0010"),
            other_versions=f"[[File:{titles[1]}|120px]]",
            categories=(NOAA_CATEGORY,),
        ),
        released(
            "The Moon.",
            NOAA,
            _library("spac0010"),
            other_versions=f"[[:File:{titles[0]}]]",
            below="{{RetouchedPicture|scratch and dust removed|editor=Restorer}}",
        ),
    )
    return [
        SeedFile(
            titles[0],
            case,
            jpeg(scratched(moon), "spac0010"),
            texts[0],
            LIBRARY,
            datetime(2009, 7, 1),
            "skipped",
            ("CROSS_LINKED",),
        ),
        SeedFile(
            titles[1],
            case,
            jpeg(moon, "repair"),
            texts[1],
            "Restorer",
            datetime(2010, 7, 1),
            "skipped",
            ("DERIVATIVE",),
        ),
    ]


def _lone_noaa() -> list[SeedFile]:
    text = released(
        "A rocket with a weather satellite.", NOAA, _library("spac0200"), categories=(NOAA_CATEGORY,)
    )
    picture = jpeg(photo("rocket.jpg", (1024, 683)).crop((100, 0, 1024, 683)), "spac0200")
    title = "Spac0200 - Weather satellite leaves for orbit.jpg"
    return [SeedFile(title, "single", picture, text, LIBRARY, datetime(2011, 4, 1), "alone")]


def _fleurons() -> list[SeedFile]:
    prints = (
        ("T012345-7", fleuron(1), "tagged"),
        ("T067890-3", fleuron(1, paper_tone=222), "tagged"),
        ("T098765-1", fleuron(1, thickness=4), "tagged"),
        ("N001122-9", fleuron(2), "alone"),
        ("N003344-5", fleuron(2, tilt_deg=4.0), "alone"),
        ("W005566-1", fleuron(3), "alone"),
        ("W007788-2", fleuron(4), "alone"),
    )
    names = {"tagged": "fleuron-twin", "alone": "fleuron-variation"}
    return [
        SeedFile(
            f"Fleuron {number}.png",
            names[expected],
            png(picture),
            fleuron_page(number),
            "OrnamentUploader",
            datetime(2017, 3, 1 + day),
            expected,
        )
        for day, (number, picture, expected) in enumerate(prints)
    ]
