"""The doctor's record of an account, a small file in Pywikibot's own folder."""

from __future__ import annotations

import dataclasses
import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path

from faebot_hash import __version__
from faebot_hash.adapters.commons import Commons
from faebot_hash.apply import PRACTICE_FAMILY
from faebot_hash.settings import Settings
from faebot_hash.sign_off import SignOff, digest, why_closed


def why_not_opened(wiki: Commons, settings: Settings, store_url: str) -> str:
    """Say why a wiki may not be edited with these settings and this store, "" when it may."""
    if wiki.family == PRACTICE_FAMILY:
        return ""
    wanted = signed(wiki, settings, store_url)
    return why_closed(read(wiki.account_folder, wiki.family, wiki.user), wanted, settings.tagging.open_to)


def signed(wiki: Commons, settings: Settings, store_url: str) -> SignOff:
    """Give the record that a doctor who finds everything right now leaves."""
    return SignOff(wiki.family, wiki.user, __version__, digest(settings, store_url), datetime.now(UTC))


def read(folder: Path, family: str, account: str) -> SignOff | None:
    """Read the last record; one that is missing, broken or open to other writers counts as none."""
    try:
        path = _path(folder, family, account)
        status = path.stat()
        told = json.loads(path.read_text(encoding="utf-8"))
        record = SignOff(**{**told, "signed_at": datetime.fromisoformat(told["signed_at"])})
    except (OSError, ValueError, KeyError, TypeError):
        return None
    is_ours = status.st_uid == os.geteuid() and not status.st_mode & 0o022
    return record if is_ours and record.signed_at.tzinfo else None


def write(folder: Path, record: SignOff) -> Path:
    """Put a record into the place of the last one, and tell where it is."""
    path = _path(folder, record.family, record.account)
    partial = path.with_suffix(".partial")
    told = {**dataclasses.asdict(record), "signed_at": record.signed_at.isoformat()}
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(told, file, indent=2)
    partial.replace(path)
    return path


def remove(folder: Path, family: str, account: str) -> None:
    """Forget the last record, because it does not hold any more."""
    _path(folder, family, account).unlink(missing_ok=True)


def _path(folder: Path, family: str, account: str) -> Path:
    return folder / f"doctor-{family}-{re.sub(r'[^A-Za-z0-9]', '_', account)}.json"
