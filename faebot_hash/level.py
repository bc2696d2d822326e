"""The levels of likeness that people know by name."""

from __future__ import annotations

from enum import Enum


class Level(Enum):
    """How alike pictures are whose hashes differ in at most so many bits: levels of the Fleuron project."""

    CLOSE = 2
    VARIATION = 8
    SIMILAR = 11

    @classmethod
    def of(cls, distance_bits: int) -> Level | None:
        """Give the closest level that allows the distance, None for values too far apart for any."""
        return next((level for level in cls if distance_bits <= level.value), None)
