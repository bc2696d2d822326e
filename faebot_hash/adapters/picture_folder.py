"""The pictures in a folder of this machine, as samples of a study."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from faebot_hash import study
from faebot_hash.adapters.decoder import DecoderProcess
from faebot_hash.adapters.picture_file import read_original
from faebot_hash.errors import SettingsError
from faebot_hash.reasons import Reason, Skipped
from faebot_hash.study import Sample
from faebot_hash.study_plan import Plan

SUFFIXES = (".jpg", ".jpeg", ".jpe", ".png", ".gif", ".webp", ".tif", ".tiff")


def pictures_in(folder: Path) -> list[Path]:
    """List the files below a folder that are called pictures, by path; raises SettingsError for no folder."""
    if not folder.is_dir():
        raise SettingsError(f"{folder}: no such folder")
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())


def folder_samples(
    folder: Path, paths: Sequence[Path], plan: Plan, decoder: DecoderProcess
) -> Iterator[Sample | Skipped]:
    """Give a sample for each picture, named by its path inside the folder, else the reason."""
    seen: set[str] = set()
    for path in paths:
        name = str(path.relative_to(folder))
        picture = read_original(path)
        if isinstance(picture, Skipped):
            yield Skipped(name, picture.reason, picture.detail)
            continue
        sha1 = hashlib.sha1(picture, usedforsecurity=False).hexdigest()
        if sha1 in seen:
            yield Skipped(name, Reason.STUDIED_ALREADY)
            continue
        seen.add(sha1)
        found = decoder.fingerprints_at(picture, plan.widths_px)
        yield study.sample_of(name, found, plan)
