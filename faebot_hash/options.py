"""A script's own options, in Pywikibot's form ``-name`` or ``-name:value``; what is not known is an error."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection as Names
from collections.abc import Iterable, Mapping
from dataclasses import replace

from faebot_hash.collection import Collection
from faebot_hash.errors import SettingsError
from faebot_hash.level import Level
from faebot_hash.model import SliceKind
from faebot_hash.settings import Settings

CUT = ("slice", "query", "insource", "mime")
"""Options that put a collection together on the command line."""


def read(arguments: Iterable[str], *, flags: Names[str], values: Names[str]) -> dict[str, str]:
    """Read a script's own arguments; a flag that is given has the value "yes".

    A name among both ``flags`` and ``values`` may be given with a value or without one. ``-set`` may be given
    several times: its values come as lines.
    Raises SettingsError for what is neither, with the nearest known name, and for a value that is missing.
    """
    given: dict[str, str] = {}
    for argument in arguments:
        name, colon, value = argument.removeprefix("-").partition(":")
        if not argument.startswith("-") or name not in {*flags, *values}:
            near = difflib.get_close_matches(name, [*flags, *values], n=1)
            hint = f"; did you mean -{near[0]}?" if near else "; -help lists the options"
            raise SettingsError(f"unknown option {argument}{hint}")
        if colon and name not in values:
            raise SettingsError(f"-{name} takes no value")
        if not value and (colon or name not in flags):
            raise SettingsError(f"-{name} needs a value: -{name}:…")
        if name == "set" and name in given:
            value = f"{given[name]}\n{value}"
        given[name] = public_address(value) if name in ("store", "replica") else value or "yes"
    return given


def public_address(address: str) -> str:
    """Give the address of a store back; raises SettingsError, without showing it, if it holds a password.

    Every account of a machine can read the command lines of all programs.
    """
    if re.search(r"://[^/@]*:.*@", address):
        raise SettingsError(
            "a password on the command line can be read by everybody on this machine; "
            "put it into a file and name that: mariadb+pymysql://HOST/DATABASE?read_default_file=FILE"
        )
    return address


def collection_of(settings: Settings, given: Mapping[str, str]) -> Collection:
    """Find the named collection, or put one together from -slice, -query, -insource and -mime."""
    cut = {name: given[name] for name in CUT if name in given}
    if "collection" in given:
        if cut:
            names = ", ".join(f"-{name}" for name in cut)
            raise SettingsError(f"-collection:{given['collection']} says already what {names} would say")
        return settings.collection_named(given["collection"])
    kind = cut.pop("slice", "search" if "query" in cut else "resolution")
    try:
        kind_of_slice = SliceKind(kind)
    except ValueError:
        known = ", ".join(one.value for one in SliceKind)
        raise SettingsError(f"-slice:{kind} is not known; there are {known}") from None
    if "query" in cut and kind_of_slice is not SliceKind.SEARCH:
        raise SettingsError(f"-query belongs to -slice:search, not to -slice:{kind}")
    plain = Collection("command-line")
    return Collection(
        plain.name,
        slice=kind_of_slice,
        query=cut.get("query", plain.query),
        insource=cut.get("insource", plain.insource),
        mime=cut.get("mime", plain.mime),
    )


def with_tolerance(settings: Settings, given: Mapping[str, str]) -> Settings:
    """Take the tolerance of both hashes from -tolerance, where it is given; raises SettingsError."""
    if "tolerance" not in given:
        return settings
    if not re.fullmatch(r"[0-9]{1,2}", given["tolerance"], re.ASCII):
        raise SettingsError(f"-tolerance:{given['tolerance']} is no number of bits")
    bits = int(given["tolerance"])
    return replace(settings, near=replace(settings.near, phash_bits=bits, dhash_bits=bits))


def with_level(collection: Collection, given: Mapping[str, str]) -> Collection:
    """Take the level of clusters from -level, where it is given; raises SettingsError."""
    if "level" not in given:
        return collection
    if given["level"].upper() not in Level.__members__:
        known = ", ".join(level.name.lower() for level in Level)
        raise SettingsError(f"-level:{given['level']} is not known; there are {known}")
    return replace(collection, cluster_level=Level[given["level"].upper()])
