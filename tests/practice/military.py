"""The seeded photographs of the Department of Defense; every title, number and uploader is invented."""

from __future__ import annotations

from datetime import datetime

from PIL import Image

from tests.practice.pages import HOME_CATEGORY, dense, milim, released
from tests.practice.pictures import brighter, cropped, damaged_last_row, fog, jpeg, photo, saturated
from tests.practice.story import SeedFile, Step

ARCHIVE, FLICKR, FEED = "DefenseArchiveUploader", "HarbourFlickr", "NavyFeedImporter"


def military_files() -> list[SeedFile]:
    """List the photographs that a run from the DoD seed category meets."""
    return [
        *_exif_twin(),
        *_damaged_row(),
        *_four_sources(),
        *_scaled_down(),
        *_crop(),
        *_dhash_only(),
        *_flat(),
        *_turned(),
        *_singles(),
    ]


def _exif_twin() -> list[SeedFile]:
    rocket, case, virin = photo("rocket.jpg"), "exif-twin", "090726-A-0000R-014"
    text = milim("A rocket climbs from its launch pad.", virin, branch="Army")
    other = milim("Launch of a rocket.", virin, branch="Army", source="https://www.dvidshub.net/image/190726")
    first, second = f"Rocket climbs from its launch pad {virin}.jpg", f"Defense imagery {virin}.jpg"
    return [
        SeedFile(first, case, jpeg(rocket, "Rocket"), text, ARCHIVE, datetime(2013, 4, 2, 8), "tagged"),
        SeedFile(second, case, jpeg(rocket, "Launch"), other, ARCHIVE, datetime(2015, 9, 1, 8), "tagged"),
    ]


def _damaged_row() -> list[SeedFile]:
    shed, case = photo("motorcycle_left.png"), "damaged-last-row"
    broken = damaged_last_row(shed)
    flickr = released(
        "A motorcycle in a storm shelter. ''(130521-Z-0000M-010)''",
        "PD-USGov-Military-National Guard",
        "https://www.flickr.com/photos/practice/8800000001/",
        categories=("Storm shelters",),
    )
    first = milim("A motorcycle in a storm shelter.", "130521-Z-0000M-010", branch="National Guard")
    second = milim("A motorcycle found in a storm shelter.", "130522-Z-0000M-117", branch="National Guard")
    titles = (
        "Flickr - The National Guard - Motorcycle in a storm shelter (1).jpg",
        "Motorcycle in a storm shelter 130521-Z-0000M-010.jpg",
        "Motorcycle found in a storm shelter 130522-Z-0000M-117.jpg",
    )
    return [
        SeedFile(titles[0], case, jpeg(shed, "Storm"), flickr, FLICKR, datetime(2013, 6, 1, 9), "tagged"),
        SeedFile(titles[1], case, jpeg(broken, "Shelter"), first, ARCHIVE, datetime(2014, 2, 1, 9), "tagged"),
        SeedFile(titles[2], case, jpeg(broken, "Found"), second, ARCHIVE, datetime(2014, 2, 3, 9), "tagged"),
    ]


def _four_sources() -> list[SeedFile]:
    cup, case, virin = photo("coffee.png"), "four-sources", "120105-N-0000C-002"
    place = "the wardroom of a guided-missile destroyer"
    titles = (
        f"US Navy {virin} A cup of coffee waits in {place}.jpg",
        "Flickr - Practice Navy Imagery - A cup of coffee waits in the wardroom..jpg",
        f"A cup of coffee waits in {place} in the Arabian Sea {virin}.jpg",
        f"{virin} (6660000027).jpg",
    )
    flickr = "https://www.flickr.com/photos/practice/6660000195/"
    texts = (
        dense(f"A cup of coffee waits in {place}.", virin),
        milim(
            "Coffee in the wardroom.", virin, source=flickr, categories=("Coffee of the United States Navy",)
        ),
        milim(f"A cup of coffee waits in {place}.", virin, source="http://www.defenseimagery.mil/"),
        milim("Coffee.", virin, source="https://www.flickr.com/photos/practice2/6660000027/", categories=()),
    )
    pictures = (
        jpeg(cup, "Wardroom"),
        jpeg(brighter(photo("coffee.png", (540, 360)), 1.04), "Coffee", quality=88),
        jpeg(photo("coffee.png", (480, 320)), "Destroyer"),
        jpeg(photo("coffee.png", (450, 300)), "Cup", quality=85),
    )
    who = (FEED, FLICKR, ARCHIVE, "LateUploader")
    when = (datetime(2012, 1, 9), datetime(2012, 11, 3), datetime(2013, 4, 11), datetime(2016, 9, 5))
    rows = zip(titles, pictures, texts, who, when, strict=True)
    return [SeedFile(title, case, *rest, "tagged") for title, *rest in rows]


def _scaled_down() -> list[SeedFile]:
    case, virin = "scaled-down", "081024-N-0000E-031"
    text = "A retina is photographed aboard a hospital ship."
    big, small = jpeg(photo("retina.jpg"), "Retina"), jpeg(photo("retina.jpg", (640, 640)), "Eye", quality=88)
    titles = (
        f"Retina photographed aboard a hospital ship {virin}.jpg",
        f"US Navy {virin} A retina is photographed.jpg",
    )
    return [
        SeedFile(titles[0], case, big, milim(text, virin), ARCHIVE, datetime(2015, 3, 1, 7), "tagged"),
        SeedFile(titles[1], case, small, dense(text, virin), FEED, datetime(2009, 5, 1, 7), "tagged"),
    ]


def _crop() -> list[SeedFile]:
    field, case, virin = photo("hubble_deep_field.jpg"), "crop", "100317-F-0000H-005"
    text = milim("Deep field above an observatory.", virin, branch="Air Force")
    detail = milim("Detail of the deep field.", virin, branch="Air Force")
    titles = f"Deep field above an observatory {virin}.jpg", f"Deep field, detail {virin}.jpg"
    return [
        SeedFile(titles[0], case, jpeg(field, "Field"), text, ARCHIVE, datetime(2011, 7, 1), "alone"),
        SeedFile(
            titles[1], case, jpeg(cropped(field, 0.12), "Part"), detail, FEED, datetime(2012, 8, 1), "alone"
        ),
    ]


def _dhash_only() -> list[SeedFile]:
    """A lightened copy whose pHash is two bits off while its dHash is the same."""
    case, virin = "dhash-only", "010914-F-0000P-006"
    angle = photo("motorcycle_right.png")
    texts = [
        milim(f"A motorcycle, seen from the right, {part}.", virin, branch="Air Force") for part in "abc"
    ]
    pictures = (jpeg(angle, "Right"), jpeg(angle, "From the right"), jpeg(brighter(angle, 1.05), "Lightened"))
    names = ("Motorcycle seen from the right", "Defense news photo", "Motorcycle, lightened")
    when = (datetime(2008, 3, 1), datetime(2009, 3, 1), datetime(2012, 3, 1))
    return [
        SeedFile(f"{name} {virin}.jpg", case, picture, text, ARCHIVE, day, "tagged")
        for name, picture, text, day in zip(names, pictures, texts, when, strict=True)
    ]


def _flat() -> list[SeedFile]:
    case, reasons = "flat", ("LOW_INFORMATION",)
    files = []
    for number in (21, 22):
        virin = f"140212-F-0000G-0{number}"
        text = milim("Fog over the flight line.", virin, branch="Air Force")
        title, picture = f"Fog over the flight line {virin}.jpg", jpeg(fog((640, 480)), f"Fog {number}")
        files.append(
            SeedFile(title, case, picture, text, ARCHIVE, datetime(2014, 6, number), "skipped", reasons)
        )
    return files


def _turned() -> list[SeedFile]:
    """One copy is stored on its side, and its EXIF orientation turns it upright again."""
    case, virin = "turned", "110504-M-0000K-009"
    station = photo("camera.png").crop((0, 0, 512, 384))
    on_its_side = jpeg(station.transpose(Image.Transpose.ROTATE_90), "Surveyor", orientation=6)
    text = milim("A surveyor at work.", virin, branch="Marines")
    return [
        SeedFile(
            f"Surveyor at work {virin}.jpg",
            case,
            jpeg(station, "Survey"),
            text,
            ARCHIVE,
            datetime(2012, 2, 1),
            "tagged",
        ),
        SeedFile(f"Survey {virin}.jpg", case, on_its_side, text, FEED, datetime(2013, 2, 1), "tagged"),
    ]


def _singles() -> list[SeedFile]:
    rows = (
        ("Logbook page", "430101-N-0000L-001", "Navy", jpeg(photo("text.png"), "Logbook"), 2010),
        ("Cell under a microscope", "110309-A-0000T-044", "Army", jpeg(photo("cell.png"), "Cell"), 2011),
        ("Clock on a bench", "120105-N-0000C-090", "Navy", jpeg(photo("clock_motion.png"), "Clock"), 2012),
        (
            "Autumn coffee",
            "120105-N-0000C-077",
            "Navy",
            jpeg(saturated(photo("coffee.png").transpose(Image.Transpose.FLIP_LEFT_RIGHT), 0.5), "Mirror"),
            2014,
        ),
    )
    return [
        SeedFile(
            f"{name} {virin}.jpg",
            "single",
            picture,
            milim(f"{name}.", virin, branch=branch),
            ARCHIVE,
            datetime(year, 10, 4),
            "alone",
        )
        for name, virin, branch, picture, year in rows
    ]


def tagged(text: str, sort_key: str) -> str:
    """Give the text as an earlier run of the bot left it."""
    return f"{text.rstrip()}\n[[Category:{HOME_CATEGORY}|{sort_key}]]\n"


def tagging(sort_key: str, partner: str, text: str) -> Step:
    """Give the edit of an earlier run of the bot."""
    return Step(
        "PracticeBot",
        f"Faebot identified duplicate, pHash: {sort_key}, with [[:File:{partner}]]",
        tagged(text, sort_key),
    )
