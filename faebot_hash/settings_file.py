"""The settings file and changes from the command line as frozen settings; what is unknown stops the start."""

from __future__ import annotations

import dataclasses
import tomllib
import types
import typing
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

from faebot_hash.collection import Collection
from faebot_hash.errors import SettingsError
from faebot_hash.exposure import why_in_arguments
from faebot_hash.settings import Settings

DEFAULT_PATH = Path("config/faebot.toml")


def load(path: Path, changes: Sequence[str] = ()) -> Settings:
    """Read a settings file; raises SettingsError naming the file, the key and what is allowed.

    Each of ``changes``, SECTION.KEY=VALUE, stands above what the file says, and is held to the same rules.
    """
    settings = _checked(path, _read(path))
    if not changes:
        return settings
    # Checked together with the file, as the values of a section may depend on each other.
    table = _read(path)
    for change in changes:
        _change(table, change)
    return _checked(f"{path} with {', '.join(changes)}", table)


def chosen(given: Mapping[str, str]) -> Settings:
    """Read the settings that a script's own options -settings and -set name; raises SettingsError."""
    return load(Path(given.get("settings", DEFAULT_PATH)), given.get("set", "").splitlines())


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError(f"{path}: no such file; copy config/faebot.toml or name another file") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path}: {error}") from error


def _checked(where: object, table: dict[str, Any]) -> Settings:
    try:
        return parse(table)
    except SettingsError as error:
        raise SettingsError(f"{where}: {error}") from error


def _change(table: dict[str, Any], change: str) -> None:
    """Set one value of a table; raises SettingsError for what has another form, or holds a password."""
    if why := why_in_arguments([change]):
        raise SettingsError(why)
    place, equals, text = change.partition("=")
    *sections, key = place.strip().split(".")
    if not equals or not sections or not all((*sections, key)):
        raise SettingsError(f"{change}: write SECTION.KEY=VALUE, as in tagging.trial=false")
    for section in sections:
        table = table.setdefault(section, {})
        if not isinstance(table, dict):
            raise SettingsError(f"{change}: {section} is a value, not a section")
    table[key] = _from_command_line(text.strip())


def _from_command_line(text: str) -> Any:
    """Read a value as TOML; what is none stands for itself, as shells eat the quotes of words."""
    try:
        read = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text
    return read["value"] if len(read) == 1 else text


def parse(table: dict[str, Any]) -> Settings:
    """Turn a parsed TOML table into Settings; unknown keys and wrong types raise SettingsError."""
    sections = dict(table)
    named = sections.pop("collection", {})
    if not isinstance(named, dict):
        raise SettingsError("[collection.NAME] is a table for each collection")
    collections = tuple(
        _build(Collection, _table(values, f"collection.{name}"), f"collection.{name}", name=name)
        for name, values in named.items()
    )
    hints = typing.get_type_hints(Settings)
    _refuse_unknown(sections, [f.name for f in dataclasses.fields(Settings)], "the top level")
    built = {key: _build(hints[key], _table(values, key), key) for key, values in sections.items()}
    return Settings(**built, collection=collections)


def _table(values: object, where: str) -> dict[str, Any]:
    if not isinstance(values, dict):
        raise SettingsError(f"[{where}] is a table, not a single value")
    return values


def _build(kind: type[Any], values: dict[str, Any], where: str, **fixed: str) -> Any:
    _refuse_unknown(values, [f.name for f in dataclasses.fields(kind) if f.name not in fixed], f"[{where}]")
    hints = typing.get_type_hints(kind)
    return kind(
        **fixed, **{key: _value(value, hints[key], f"[{where}] {key}") for key, value in values.items()}
    )


def _refuse_unknown(values: dict[str, Any], known: list[str], where: str) -> None:
    unknown = sorted(values.keys() - set(known))
    if unknown:
        raise SettingsError(f"{where}: unknown {', '.join(unknown)}; known are {', '.join(known)}")


def _value(value: object, wanted: Any, where: str) -> Any:
    if isinstance(wanted, type) and issubclass(wanted, Enum):
        known = {_written(one): one for one in wanted}
        if not isinstance(value, str) or value not in known:
            raise SettingsError(f"{where}: one of {', '.join(known)}")
        return known[value]
    if isinstance(wanted, types.GenericAlias):
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise SettingsError(f"{where}: a list of strings")
        return tuple(value)
    if wanted == datetime | None:
        if not isinstance(value, datetime):
            raise SettingsError(f"{where}: a time like 2026-01-31T12:00:00Z, not {value!r}")
        return value
    if wanted is float and type(value) is int:
        return float(value)
    if type(value) is not wanted:
        raise SettingsError(f"{where}: {wanted.__name__} expected, not {value!r}")
    return value


def _written(one: Enum) -> str:
    return one.value if isinstance(one.value, str) else one.name.lower()
