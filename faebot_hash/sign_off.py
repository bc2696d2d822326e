"""What opens a wiki for edits: the setting that names it, and a ``doctor`` who found everything right.

The doctor's record counts for one account on one wiki, with the settings and the release that were looked
at, and for 30 days. The practice wiki needs none.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from faebot_hash.settings import Settings

VALID = timedelta(days=30)
WITHOUT_EDITS = frozenset({"near", "links", "web"})
"""Sections of the settings that no edit of a file page depends on."""


@dataclass(frozen=True)
class SignOff:
    """A doctor's record: for whom, by which release, with which settings, and when."""

    family: str
    account: str
    version: str
    settings_sha256: str
    signed_at: datetime


def digest(settings: Settings, store_url: str) -> str:
    """Give the SHA-256 of all settings that edits depend on, with the store that is used."""
    told = dataclasses.asdict(settings)
    kept = {section: values for section, values in told.items() if section not in WITHOUT_EDITS}
    return hashlib.sha256(json.dumps([kept, store_url], default=str, sort_keys=True).encode()).hexdigest()


def why_closed(sign_off: SignOff | None, wanted: SignOff, open_to: tuple[str, ...]) -> str:
    """Say why a wiki may not be edited, "" when it may.

    ``wanted`` is the record that a doctor would leave now; ``open_to`` are the families that the settings
    name.
    """
    closed = f"the family “{wanted.family}” may not be edited"
    doctor = f"run `python -m faebot_hash doctor --family {wanted.family}`"
    if wanted.family not in open_to:
        return f'{closed} yet: name it in [tagging] open_to = ["{wanted.family}"], then {doctor}'
    if sign_off is None:
        return f"{closed} yet: {doctor}"
    if (sign_off.family, sign_off.account) != (wanted.family, wanted.account):
        return f"{closed} by {wanted.account}, since doctor has looked at another account: {doctor}"
    if sign_off.version != wanted.version:
        return (
            f"{closed} by release {wanted.version}, since doctor has looked at {sign_off.version}: {doctor}"
        )
    if sign_off.settings_sha256 != wanted.settings_sha256:
        return f"{closed} with these settings, since doctor has looked at others: {doctor}"
    if not timedelta() <= wanted.signed_at - sign_off.signed_at <= VALID:
        return f"{closed} any more, since doctor's last look is not of the last {VALID.days} days: {doctor}"
    return ""
