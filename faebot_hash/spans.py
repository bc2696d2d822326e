"""Spans of time as people write them on a command line: 90s, 10m, 2h, 3d."""

from __future__ import annotations

import re
from datetime import timedelta

from faebot_hash.errors import SettingsError

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def span_of(text: str) -> timedelta:
    """Read a span; raises SettingsError."""
    found = re.fullmatch(r"([0-9]{1,6})([smhd])", text, re.ASCII)
    if found is None or not int(found[1]):
        raise SettingsError(f"“{text}” is no span of time; write it as 90s, 10m, 2h or 3d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})
