"""A run of ``check_upload``: pictures of folders, told and written one by one as they are judged."""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from faebot_hash import upload_table
from faebot_hash.adapters.decoder import DecoderProcess
from faebot_hash.adapters.known_files import KnownFiles, ShownFiles
from faebot_hash.adapters.picture_file import read_original
from faebot_hash.adapters.picture_folder import pictures_in
from faebot_hash.adapters.progress import watched
from faebot_hash.bands import MAX_TOLERANCE_BITS
from faebot_hash.errors import FaebotError, SettingsError
from faebot_hash.images import ORIGINAL
from faebot_hash.model import Fingerprint
from faebot_hash.reasons import Skipped
from faebot_hash.settings import Settings
from faebot_hash.study_plan import ORIGINAL_PX
from faebot_hash.thumbsize import WALL_S
from faebot_hash.upload import TOLERANCE_BITS, Checked, Seen, Tally, judge
from faebot_hash.upload_lines import picture_lines, total_lines


@dataclass(frozen=True)
class Reports:
    """Where a run tells what it finds: lines to a person, and files for machines where they are named."""

    csv_file: Path | None = None
    json_file: Path | None = None
    say: Callable[[str], None] = print
    colour: bool = False
    progress: bool = True


def tolerance_of(text: str) -> int:
    """Read a tolerance, "" for the usual one; raises SettingsError."""
    if not text:
        return TOLERANCE_BITS
    if not (text.isascii() and text.isdecimal() and len(text) < 3 and int(text) <= MAX_TOLERANCE_BITS):
        raise SettingsError(f"tolerance {text}: a number of bits, 0 to {MAX_TOLERANCE_BITS}")
    return int(text)


def known_files(
    settings: Settings, store_url: str = "", folder: Path | None = None, wiki: ShownFiles | None = None
) -> KnownFiles:
    """Choose the index: the settings' own, or that of another store, whose search index is not kept."""
    own = None if store_url else Path(settings.web.index_folder)
    return KnownFiles(
        store_url or settings.store.url,
        folder or own,
        thumb_width_px=settings.hashing.thumb_width_px,
        statement_s=settings.web.statement_s,
        wiki=wiki,
    )


def pictures_of(folders: Sequence[Path]) -> list[Path]:
    """List the pictures below folders, each once; raises SettingsError for no folder."""
    found: dict[Path, Path] = {}
    for folder in folders:
        for path in pictures_in(folder):
            found.setdefault(path.resolve(), path)
    return list(found.values())


def check_folders(folders: Sequence[Path], known: KnownFiles, tolerance_bits: int, reports: Reports) -> Tally:
    """Check all pictures below folders, and tell of each as soon as it is judged."""
    paths = pictures_of(folders)
    tally = Tally(Counter())
    with DecoderProcess(ORIGINAL, WALL_S) as decoder, _files(reports) as write:
        reports.say(f"{len(known):,} files in the index, {_basis(known)}\n")
        found = checked(paths, known, decoder, tolerance_bits)
        for one in watched(found, len(paths), "pictures") if reports.progress else found:
            tally.add(one)
            write(one)
            reports.say("\n".join(picture_lines(one, colour=reports.colour)))
    reports.say("\n".join(total_lines(tally, colour=reports.colour)))
    return tally


def checked(
    paths: Iterable[Path], known: KnownFiles, decoder: DecoderProcess, tolerance_bits: int
) -> Iterator[Checked]:
    """Judge pictures one by one; raises StoreError and WikiError."""
    seen = Seen(tolerance_bits)
    for path in paths:
        picture = read_original(path)
        if isinstance(picture, Skipped):
            yield judge(str(path), "", picture)
            continue
        sha1 = hashlib.sha1(picture, usedforsecurity=False).hexdigest()
        found = as_indexed(picture, known.thumb_width_px, decoder)
        del picture  # up to 400 MB that are not needed while somebody looks at the result
        same = known.showing(sha1)
        twin = seen.twin_of(str(path), sha1, found)
        if same or isinstance(found, Skipped) or found.low_information:
            yield judge(str(path), sha1, found, same=same, twin=twin)
            continue
        near, more = known.near(found, tolerance_bits)
        yield judge(str(path), sha1, found, near=near, more=more, twin=twin)


def as_indexed(picture: bytes, thumb_width_px: int, decoder: DecoderProcess) -> Fingerprint | Skipped:
    """Hash a picture as the index would have it: its thumbnail, or itself where it is not wider."""
    found = decoder.fingerprints_at(picture, [thumb_width_px] if thumb_width_px else [])
    return found if isinstance(found, Skipped) else found.get(thumb_width_px, found[ORIGINAL_PX])


def _basis(known: KnownFiles) -> str:
    basis = known.basis
    seen = f"thumbnails of {basis.thumb_width_px} px" if basis.thumb_width_px else "originals"
    return f"{seen} hashed with Pillow {basis.pillow}, ImageHash {basis.imagehash}"


@contextmanager
def _files(reports: Reports) -> Iterator[Callable[[Checked], None]]:
    """Give what writes a picture into the files; they appear only when they are whole."""
    with ExitStack() as stack:
        writers: list[Callable[[Checked], object]] = []
        if reports.csv_file:
            rows = csv.writer(stack.enter_context(_whole(reports.csv_file)), lineterminator="\n")
            rows.writerow(upload_table.COLUMNS)
            writers.append(lambda one: rows.writerows(upload_table.csv_rows(one)))
        if reports.json_file:
            lines = stack.enter_context(_whole(reports.json_file))
            writers.append(lambda one: lines.write(json.dumps(upload_table.to_json(one)) + "\n"))

        def write(one: Checked) -> None:
            for writer in writers:
                writer(one)

        yield write


@contextmanager
def _whole(path: Path) -> Iterator[IO[str]]:
    partial = path.with_name(f"{path.name}.part")
    try:
        # A path of this machine may hold bytes that are no UTF-8.
        with partial.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            yield file
        partial.replace(path)
    except OSError as error:
        raise FaebotError(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        partial.unlink(missing_ok=True)
