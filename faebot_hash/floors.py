"""The lowest versions of libraries that may be run: below them are holes that are known and mended.

A network that reaches a list of holes is better served by ``make audit``; this table works everywhere. Raise
a floor whenever a library that this program loads mends a hole, whether or not we seem to use what was open.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from packaging.version import InvalidVersion, Version


@dataclass(frozen=True)
class Floor:
    """The lowest version of a library, named as in package indexes, that lacks the hole told in ``why``."""

    version: str
    why: str


FLOORS: Mapping[str, Floor] = {
    "certifi": Floor("2024.7.4", "trusted certificates of an authority that lost its trust, CVE-2024-39689"),
    "flask": Floor("3.1.3", "answers that depend on a session could be cached for everybody, CVE-2026-27205"),
    "fonttools": Floor("4.61.0", "wrote files where a font file said, CVE-2025-66034"),
    "gunicorn": Floor("23.0.0", "one request could be smuggled in another, CVE-2024-1135 and CVE-2024-6827"),
    "idna": Floor("3.15", "a long host name took the processor for minutes, CVE-2026-45409"),
    "jinja2": Floor("3.1.6", "templates could leave their sandbox, CVE-2025-27516"),
    "mako": Floor("1.4.2", "template names could leave their folder, CVE-2026-41205 and CVE-2026-102991"),
    "pillow": Floor("13.0.0", "hostile JPEG and TIFF files overflowed memory, CVE-2026-112403 and -112395"),
    "pyarrow": Floor("14.0.1", "reading a hostile Parquet file ran its code, CVE-2023-47248"),
    "pymysql": Floor("1.1.3", "values reached SQL without being escaped, CVE-2024-36039 and callproc"),
    "requests": Floor("2.33.0", "passwords of .netrc went to other hosts, CVE-2024-47081; CVE-2026-25645"),
    "setuptools": Floor("78.1.1", "wrote files where a package index said, CVE-2025-47273"),
    "urllib3": Floor(
        "2.7.0", "headers went along to other hosts, small answers filled memory, CVE-2026-44431 and -44432"
    ),
    "werkzeug": Floor("3.1.6", "paths could name devices of Windows, CVE-2026-27199"),
}


@dataclass(frozen=True)
class TooOld:
    """A library below its floor."""

    name: str
    version: str
    floor: Floor

    def __str__(self) -> str:
        lowest = self.floor.version
        return f"{self.name} {self.version} has known holes: install {lowest} or later ({self.floor.why})"


def too_old(versions: Mapping[str, str]) -> tuple[TooOld, ...]:
    """Find the libraries among ``versions`` (name → version) that are below their floor, by name.

    A version that cannot be read counts as too old. What has no floor is passed over.
    """
    named = {canonical(name): version for name, version in versions.items()}
    return tuple(
        TooOld(name, named[name], floor)
        for name, floor in FLOORS.items()
        if name in named and not _reaches(named[name], floor)
    )


def canonical(name: str) -> str:
    """Write the name of a library as package indexes do, which take "Flask_SQL" and "flask-sql" for one."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _reaches(version: str, floor: Floor) -> bool:
    try:
        return Version(version) >= Version(floor.version)
    except InvalidVersion:
        return False
