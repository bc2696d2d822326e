"""Which thumbnail widths are studied, and which of them the others are held against.

The widths of the seed are no longer served; ``REFERENCE_PX`` stands for its 640 px, as the standard width
nearest to it in ratio (500 is 1.28 times smaller, 960 is 1.5 times larger) and one that most photographs
exceed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from faebot_hash.errors import SettingsError
from faebot_hash.settings import THUMBNAIL_STEPS_PX

ORIGINAL_PX = 0
"""Stands for the original where widths are keys, as in ``Basis``."""

REFERENCE_PX = 500
WIDTHS_PX = (120, 250, 330, 500, 960, 1280)
NARROWEST_PX = 16
MOST_WIDTHS = 20


class Source(Enum):
    """Where the thumbnails of a study come from."""

    WIKI = "thumbnails that the wiki served"
    FOLDER = "thumbnails imitated in memory"


@dataclass(frozen=True)
class Plan:
    """The widths to study, ascending; ``working_px`` is the bot's, ``reference_px`` the seed's "640 px"."""

    widths_px: tuple[int, ...] = WIDTHS_PX
    working_px: int = WIDTHS_PX[0]
    reference_px: int = REFERENCE_PX

    def __post_init__(self) -> None:
        if list(self.widths_px) != sorted(set(self.widths_px)):
            raise ValueError("widths ascend, each once")
        if not {self.working_px, self.reference_px} <= set(self.widths_px):
            raise ValueError("the working and the reference width are studied themselves")

    @property
    def others_px(self) -> tuple[int, ...]:
        """What thumbnails of the working width are held against: the original, and the reference width."""
        return (ORIGINAL_PX,) if self.reference_px == self.working_px else (ORIGINAL_PX, self.reference_px)


def plan_of(text: str, source: Source, working_px: int = WIDTHS_PX[0]) -> Plan:
    """Read "120,250,500", "" for the usual widths; raises SettingsError for what cannot be studied.

    Without ``working_px`` among them the narrowest width takes its place, without ``REFERENCE_PX`` the widest
    its own. A wiki serves standard widths only, which cannot be tried out one by one.
    """
    parts = [part.strip() for part in (text or ",".join(map(str, (*WIDTHS_PX, working_px)))).split(",")]
    if not all(part.isascii() and part.isdigit() and len(part) <= 5 for part in parts):
        raise SettingsError(f"widths {text}: whole numbers of pixels with commas between, like 120,250,500")
    widths_px = sorted({int(part) for part in parts})
    for width_px in widths_px:
        if source is Source.WIKI and width_px not in THUMBNAIL_STEPS_PX:
            steps = ", ".join(map(str, THUMBNAIL_STEPS_PX))
            raise SettingsError(
                f"widths {text}: no wiki serves {width_px} px; the standard widths are {steps}"
            )
        if not NARROWEST_PX <= width_px <= THUMBNAIL_STEPS_PX[-1]:
            raise SettingsError(
                f"widths {text}: {NARROWEST_PX} to {THUMBNAIL_STEPS_PX[-1]} px can be studied"
            )
    if len(widths_px) > MOST_WIDTHS:
        raise SettingsError(f"widths {text}: at most {MOST_WIDTHS} of them")
    return Plan(
        tuple(widths_px),
        working_px if working_px in widths_px else widths_px[0],
        REFERENCE_PX if REFERENCE_PX in widths_px else widths_px[-1],
    )
