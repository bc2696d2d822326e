"""Makes the seeded pictures from the photographs that scikit-image ships: the same bytes every time."""

from __future__ import annotations

import math
import random
from functools import cache
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

Size = tuple[int, int]
IMAGE_DESCRIPTION = 0x010E
MAKE = 0x010F
ORIENTATION = 0x0112
DATE_TIME = 0x0132
QUALITY = 92


@cache
def photo(name: str, size: Size | None = None) -> Image.Image:
    """Give a photograph of the package by its file name, enlarged or reduced to a size."""
    package = find_spec("skimage")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("scikit-image is a development dependency")
    with Image.open(Path(package.origin).parent / "data" / name) as opened:
        picture = opened.convert("RGB")
    return picture if size is None else picture.resize(size, Image.Resampling.LANCZOS)


def jpeg(picture: Image.Image, title: str = "", *, quality: int = QUALITY, orientation: int = 1) -> bytes:
    """Write a JPEG whose EXIF data carry a title, as the military image databases do."""
    exif = Image.Exif()
    exif[IMAGE_DESCRIPTION] = title.encode("ascii", "replace").decode()
    exif[MAKE] = "Practice"
    exif[ORIENTATION] = orientation
    exif[DATE_TIME] = "2012:01:05 12:00:00"
    target = BytesIO()
    picture.save(target, "JPEG", quality=quality, exif=exif)
    return target.getvalue()


def png(picture: Image.Image) -> bytes:
    """Write a PNG without any text in it."""
    target = BytesIO()
    picture.save(target, "PNG")
    return target.getvalue()


def damaged_last_row(picture: Image.Image) -> Image.Image:
    """Lose the last rows of blocks, as a broken transfer does: grey with coloured bars."""
    damaged = picture.copy()
    draw = ImageDraw.Draw(damaged)
    width, height = damaged.size
    draw.rectangle((0, height - 4, width, height), fill=(128, 128, 128))
    for x in range(0, width, 96):
        draw.rectangle((x, height - 4, x + 24, height), fill=(40, 200, 90))
    return damaged


def brighter(picture: Image.Image, factor: float) -> Image.Image:
    """Change the light."""
    return ImageEnhance.Brightness(picture).enhance(factor)


def saturated(picture: Image.Image, factor: float) -> Image.Image:
    """Change the saturation, as releases to photo sites do."""
    return ImageEnhance.Color(picture).enhance(factor)


def cropped(picture: Image.Image, share: float) -> Image.Image:
    """Cut the same share off every side and enlarge the rest to the old size."""
    width, height = picture.size
    box = (int(width * share), int(height * share), int(width * (1 - share)), int(height * (1 - share)))
    return picture.crop(box).resize(picture.size, Image.Resampling.LANCZOS)


def scratched(picture: Image.Image) -> Image.Image:
    """Draw the hair and the dust of an old negative, which a restorer takes away again."""
    scratched_copy = picture.copy()
    draw = ImageDraw.Draw(scratched_copy)
    width, height = picture.size
    draw.line((width * 0.62, height * 0.30, width * 0.65, height * 0.36), fill=(230, 230, 230), width=2)
    draw.ellipse((width * 0.30, height * 0.70, width * 0.305, height * 0.705), fill=(240, 240, 240))
    return scratched_copy


def fog(size: Size) -> Image.Image:
    """Make a picture that shows next to nothing: one grey with a few specks."""
    noise = random.Random(1)
    small = Image.new("L", (size[0] // 8, size[1] // 8))
    small.putdata([180 + (noise.random() < 0.03) for _ in range(small.width * small.height)])
    return small.resize(size, Image.Resampling.NEAREST).convert("RGB")


def fleuron(kind: int, *, paper_tone: int = 236, thickness: int = 3, tilt_deg: float = 0.0) -> Image.Image:
    """Draw a printer's ornament of the 18th century: petals, tendrils and dots around a rosette."""
    shape = random.Random(kind)
    scale = 2
    paper = Image.new("L", (480 * scale, 360 * scale), paper_tone)
    draw = ImageDraw.Draw(paper)
    centre = (240 * scale, 180 * scale)
    petals = shape.choice((5, 6, 7, 8, 9))
    for petal in range(petals):
        _petal(draw, centre, 2 * math.pi * petal / petals, shape.uniform(90, 150) * scale, thickness * scale)
    for side in (-1, 1):
        for tendril in range(3):
            _tendril(draw, centre, side, tendril, shape.uniform(1.5, 3.5), thickness * scale)
    turned = paper.rotate(tilt_deg, fillcolor=paper_tone, resample=Image.Resampling.BICUBIC)
    return turned.filter(ImageFilter.GaussianBlur(scale)).resize((480, 360), Image.Resampling.LANCZOS)


def _petal(draw: ImageDraw.ImageDraw, centre: Size, angle: float, length: float, thickness: int) -> None:
    for bow in (-0.28, 0.28):
        points = []
        for step in range(21):
            reach = length * step / 20
            bend = angle + bow * math.sin(math.pi * step / 20)
            points.append((centre[0] + reach * math.cos(bend), centre[1] + reach * math.sin(bend)))
        draw.line(points, fill=24, width=thickness, joint="curve")
    tip = (centre[0] + length * math.cos(angle), centre[1] + length * math.sin(angle))
    draw.ellipse((tip[0] - 9, tip[1] - 9, tip[0] + 9, tip[1] + 9), fill=24)


def _tendril(
    draw: ImageDraw.ImageDraw, centre: Size, side: int, number: int, turns: float, thickness: int
) -> None:
    points = []
    for step in range(61):
        radius = (60 - step) * (0.9 + 0.4 * number)
        angle = turns * math.pi * step / 60
        points.append(
            (
                centre[0] + side * (250 + 60 * number + radius * math.cos(angle)),
                centre[1] + 90 * (number - 1) + radius * math.sin(angle),
            )
        )
    draw.line(points, fill=24, width=thickness, joint="curve")
