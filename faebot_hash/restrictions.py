"""The settings page on the wiki: JSON by which people make the bot more careful, and never less.

``{"tagging": {"edit_interval_s": 60}, "collections_off": ["noaa"]}`` has the sections and keys of
``config/faebot.toml``, as far as ``MORE_CAREFUL`` knows a direction for them. A page that cannot be read, or
says something that no setting means, stops all editing: whoever wrote it wanted something. What would make
the bot less careful is passed over with a warning.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from faebot_hash.errors import SettingsError
from faebot_hash.gate import Rules, rules_of
from faebot_hash.model import PageText
from faebot_hash.preflight import Other
from faebot_hash.reasons import Skipped
from faebot_hash.settings import Settings
from faebot_hash.settings_file import parse

COLLECTIONS_OFF = "collections_off"
MOST_CHARACTERS = 100_000

Order = Callable[[Any, Any], Any]
"""Gives the more careful one of the settings' own value and the page's."""


def _more_names(own: tuple[str, ...], wanted: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*own, *wanted)))


def _on(own: bool, wanted: bool) -> bool:
    return own or wanted


def _off(own: bool, wanted: bool) -> bool:
    return own and wanted


MORE_CAREFUL: Mapping[tuple[str, str], Order] = {
    ("http", "parallel"): min,
    ("http", "bandwidth_mbps"): min,
    ("tagging", "edit_interval_s"): max,
    ("tagging", "trial"): _on,
    ("tagging", "duplicate_template"): _off,
    ("tagging", "duplicate_limit"): min,
    ("confirm", "original_bytes"): min,
    ("confirm", "opted_out"): _more_names,
    ("near", "phash_bits"): min,
    ("near", "dhash_bits"): min,
    ("near", "both"): _on,
    ("near", "most_pairs"): min,
    ("clusters", "most_shown"): min,
    ("links", "most_per_run"): min,
    ("score", "min_lead"): max,
}
"""The settings that the page may change, each with what is more careful."""


@dataclass(frozen=True)
class Restricted:
    """The settings as the wiki's page leaves them, and what of the page was passed over, a sentence each."""

    settings: Settings
    collections_off: frozenset[str] = frozenset()
    warnings: tuple[str, ...] = ()


def restrict(settings: Settings, page: Other | Skipped, collection: str = "") -> Restricted:
    """Obey the settings page as it was read; one that is missing restricts nothing.

    ``collection`` is what this run works on. Raises SettingsError where nothing may be edited: the page
    cannot be read or understood, it switches the collection off, or it wants trial mode, in which a person
    has to confirm each edit.
    """
    if isinstance(page, Skipped):
        raise SettingsError(f"the settings page cannot be read: {page.reason.sentence}")
    if not page.page.page_id:
        return Restricted(settings)
    title = f"the settings page {page.page.title}"
    try:
        restricted = _restricted(settings, page.page)
    except SettingsError as error:
        raise SettingsError(f"{title}: {error}; mend it, or delete it") from error
    if collection in restricted.collections_off:
        raise SettingsError(f"{title} switches the collection “{collection}” off")
    if restricted.settings.tagging.trial and not settings.tagging.trial:
        raise SettingsError(
            f"{title} wants a trial: set [tagging] trial = true, and confirm each edit by hand"
        )
    return replace(restricted, warnings=tuple(f"{title}: {one}" for one in restricted.warnings))


def rules_left(settings: Settings, collection: str, page: Other | Skipped) -> Rules:
    """Give the gate's rules as the page leaves them; raises SettingsError as ``restrict`` does."""
    left = restrict(settings, page, collection).settings
    return replace(rules_of(left), interval_s=left.tagging.edit_interval_s)


def _restricted(settings: Settings, page: PageText) -> Restricted:
    if page.is_redirect:
        raise SettingsError("it is a redirect")
    asked = _table(page.text)
    off = asked.pop(COLLECTIONS_OFF, [])
    if not isinstance(off, list) or not all(isinstance(name, str) for name in off):
        raise SettingsError(f"{COLLECTIONS_OFF} is a list of names")
    # Read as the settings file is, so that its keys, types and limits hold here as well.
    wanted = parse(asked)
    warnings = _unknown(off, {one.name for one in settings.collection})
    for section, keys in asked.items():
        for key in keys:
            order = MORE_CAREFUL.get((section, key))
            if order is None:
                warnings.append(f"[{section}] {key} cannot be set on the wiki")
                continue
            own, theirs = getattr(getattr(settings, section), key), getattr(getattr(wanted, section), key)
            careful = order(own, theirs)
            if careful != theirs and order is not _more_names:
                warnings.append(f"[{section}] {key} = {json.dumps(theirs)} would be less careful")
            settings = _with(settings, section, key, careful)
    return Restricted(settings, frozenset(off), tuple(warnings))


def _table(text: str) -> dict[str, Any]:
    if len(text) > MOST_CHARACTERS:
        raise SettingsError(f"longer than {MOST_CHARACTERS:,} characters")
    try:
        table = json.loads(text, object_pairs_hook=_without_doubles)
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"no JSON: {error}") from None
    if not isinstance(table, dict):
        raise SettingsError('JSON of the form {"tagging": {"edit_interval_s": 60}} is expected')
    return table


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(table := dict(pairs)) < len(pairs):
        raise SettingsError("a key stands there twice")
    return table


def _unknown(names: Collection[str], known: Collection[str]) -> list[str]:
    return [f"{COLLECTIONS_OFF}: no collection is called “{name}”" for name in names if name not in known]


def _with(settings: Settings, section: str, key: str, value: object) -> Settings:
    """Set one value; raises SettingsError where it does not go together with the others."""
    return replace(settings, **{section: replace(getattr(settings, section), **{key: value})})
