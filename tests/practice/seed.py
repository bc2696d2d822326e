"""Turns the casebook, or any number of benchmark files, into the actions that fill a wiki."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from PIL import Image

from tests.practice.cases import case_files
from tests.practice.maintenance import Action
from tests.practice.pages import categories, milim, templates
from tests.practice.pictures import brighter, jpeg, photo

MANY_CATEGORY = "Practice benchmark"
MANY_PHOTOS = (
    "astronaut.png",
    "chelsea.png",
    "coffee.png",
    "hubble_deep_field.jpg",
    "ihc.png",
    "motorcycle_left.png",
    "retina.jpg",
    "rocket.jpg",
    "camera.png",
    "coins.png",
)
MANY_LARGEST_PX = 1000
TWIN_EVERY = 25
RUN_PAGE = "User:PracticeBot/Run"
MAIN_PAGE = """This wiki runs on your machine only. It holds invented file pages around real photographs, so
that duplicates can be found and marked without touching Wikimedia Commons.

* [[:Category:Faebot identified duplicates]]: what was found
* [[:Category:Images from DoD uploaded by Fæ (check needed)]]: where the search starts
* [[Special:ListFiles]]: all files
* [[Special:RecentChanges]]: what happened
* [[User:PracticeBot/Run]]: anything but "yes" on this page stops the bot

The accounts Admin and PracticeSysop have the public passwords ''public-practice-admin'' and
''public-practice-sysop''.
"""


def case_actions(room: Path) -> Iterator[Action]:
    """Fill a wiki with the casebook; ``room`` takes the pictures until they are imported."""
    yield from _common_pages()
    for number, file in enumerate(case_files()):
        path = room / f"{number}{Path(file.title).suffix}"
        path.write_bytes(file.picture)
        page = {"title": f"File:{file.title}"}
        at = {"at": _stamp(file.uploaded)}
        yield {"do": "upload", "user": file.uploader, "path": str(path), "text": file.text, **page, **at}
        for step, when in file.steps_at():
            words = {"text": step.text, "summary": step.summary}
            yield {"do": "edit", "user": step.user, "at": _stamp(when), **words, **page}


def many_actions(room: Path, count: int) -> Iterator[Action]:
    """Fill a wiki with varied photographs, all found by ``intitle:Benchmark`` and by their category."""
    yield from _common_pages()
    for number, (picture, text) in enumerate(_many_files(count)):
        path = room / f"{number}.jpg"
        path.write_bytes(picture)
        at = _stamp(datetime(2010, 1, 1) + timedelta(hours=37 * number))
        title = f"File:Benchmark {number:05} {_virin(number)}.jpg"
        yield {
            "do": "upload",
            "user": "BenchUploader",
            "title": title,
            "path": str(path),
            "text": text,
            "at": at,
        }


def _common_pages() -> Iterator[Action]:
    for title, text in {**templates(), **categories(), "Main Page": MAIN_PAGE, RUN_PAGE: "yes"}.items():
        yield {"do": "edit", "user": "Admin", "title": title, "text": text, "at": "20070101000000"}


def _many_files(count: int) -> Iterator[tuple[bytes, str]]:
    chance = random.Random(20171)
    last = photo(MANY_PHOTOS[0])
    for number in range(count):
        if not number or number % TWIN_EVERY:
            last = _part(chance)
        text = milim(f"Picture {number}.", _virin(number), categories=(MANY_CATEGORY,))
        yield jpeg(last, f"Benchmark {number}", quality=85), text


def _part(chance: random.Random) -> Image.Image:
    """Cut a random piece of a random photograph and show it in a random size and light."""
    whole = photo(chance.choice(MANY_PHOTOS))
    share = chance.uniform(0.35, 0.9)
    width, height = int(whole.width * share), int(whole.height * share)
    left, top = chance.randint(0, whole.width - width), chance.randint(0, whole.height - height)
    piece = whole.crop((left, top, left + width, top + height))
    if chance.random() < 0.5:
        piece = piece.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    longest = chance.randint(400, MANY_LARGEST_PX)
    scale = longest / max(width, height)
    shown = piece.resize((int(width * scale), int(height * scale)), Image.Resampling.BICUBIC)
    return brighter(shown, chance.uniform(0.8, 1.2))


def _virin(number: int) -> str:
    return f"{100101 + number // 10:06}-N-0000Q-{number:03}"


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y%m%d%H%M%S")
