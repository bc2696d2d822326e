"""A report as a file, in the format that its name ends with."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from faebot_hash.errors import SettingsError
from faebot_hash.parts import Part

FORMATS = (".jsonl", ".csv", ".wikitext")


def check_report(path: Path | None) -> None:
    """See before anything is done that a report can be written; raises SettingsError."""
    if path and path.suffix not in FORMATS:
        raise SettingsError(f"-report:{path}: the name ends with {', '.join(FORMATS)}")
    if path and not path.absolute().parent.is_dir():
        raise SettingsError(f"-report:{path}: there is no folder {path.absolute().parent}")


def write_report(
    path: Path, objects: Iterable[Any], rows: Iterable[Sequence[str | int]], parts: Sequence[Part]
) -> None:
    """Write a report anew: JSON objects, one a line, rows of CSV, or the text of wiki pages."""
    with path.open("w", encoding="utf-8", newline="") as file:
        if path.suffix == ".csv":
            csv.writer(file).writerows(rows)
        elif path.suffix == ".wikitext":
            file.writelines(f"{part.text}\n" for part in parts)
        else:
            file.writelines(f"{json.dumps(one, ensure_ascii=False)}\n" for one in objects)
