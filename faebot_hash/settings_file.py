"""``config/faebot.toml`` as frozen settings; what it does not know stops the start."""

from __future__ import annotations

import dataclasses
import tomllib
import types
import typing
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

from faebot_hash.collection import Collection
from faebot_hash.errors import SettingsError
from faebot_hash.settings import Settings

DEFAULT_PATH = Path("config/faebot.toml")


def load(path: Path) -> Settings:
    """Read a settings file; raises SettingsError naming the file, the key and what is allowed."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError(f"{path}: no such file; copy config/faebot.toml or name another file") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path}: {error}") from error
    try:
        return parse(table)
    except SettingsError as error:
        raise SettingsError(f"{path}: {error}") from error


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
