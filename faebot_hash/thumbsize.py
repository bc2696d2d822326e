"""A run of ``thumbsize_study``: samples gathered from a wiki or a folder, told, and written into files."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from faebot_hash import study_chart
from faebot_hash.adapters.commons import Commons
from faebot_hash.adapters.decoder import DecoderProcess
from faebot_hash.adapters.picture_folder import folder_samples, pictures_in
from faebot_hash.adapters.progress import watched
from faebot_hash.errors import FaebotError, SettingsError
from faebot_hash.images import ORIGINAL, THUMBNAIL
from faebot_hash.originals import OriginalReader
from faebot_hash.reasons import Skipped
from faebot_hash.samples import WikiSamples
from faebot_hash.session import Session
from faebot_hash.study import HASHES, Sample, Study
from faebot_hash.study_lines import summary_lines
from faebot_hash.study_pages import page
from faebot_hash.study_plan import Plan, Source
from faebot_hash.study_table import csv_rows, to_json
from faebot_hash.thumbnails import Hasher

WALL_S = 60.0
"""A large original is scaled to every width in one answer."""


def check(out: Path | None, chart: bool) -> None:
    """Raise SettingsError for a chart that could not be made, before anything is measured."""
    if chart and out is None:
        raise SettingsError("a chart needs a folder to be written into: name one with -out")
    if chart:
        study_chart.require()


def study_folder(folder: Path, plan: Plan) -> Study:
    """Study the pictures below a folder, with thumbnails made in memory."""
    paths = pictures_in(folder)
    with DecoderProcess(ORIGINAL, WALL_S) as decoder:
        found = folder_samples(folder, paths, plan, decoder)
        return _study(plan, Source.FOLDER, watched(found, len(paths), "pictures"))


def study_wiki(session: Session, site: Any, page_ids: Iterable[int], plan: Plan) -> Study:
    """Study files of a wiki, in a session that is open; nothing is edited."""
    thumbnails = session.decoder(THUMBNAIL)
    most_bytes = session.settings.confirm.original_bytes
    samples = WikiSamples(
        plan,
        {px: Commons(site, thumb_width_px=px) for px in plan.widths_px},
        {px: Hasher(px, session.fetcher, thumbnails, session.store, watched) for px in plan.widths_px},
        OriginalReader(session.fetcher, session.decoder(ORIGINAL), session.store, most_bytes),
        session.store,
        watched,
    )
    return _study(plan, Source.WIKI, samples.of(page_ids))


def tell(
    study: Study, *, out: Path | None, chart: bool, say: Callable[[str], None], colour: bool = False
) -> None:
    """Say the summary, and write tables and charts into a folder; raises FaebotError when it cannot."""
    say("\n".join(summary_lines(study, colour=colour)))
    if out is None:
        return
    drawn = study_chart.charts(study) if chart else {}
    files = {**dict(_texts(study)), **{f"study.{suffix}": picture for suffix, picture in drawn.items()}}
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (out / name).write_bytes(content)
    except OSError as error:
        raise FaebotError(f"{out}: the study cannot be written: {error.strerror or error}") from error
    say(f"\nWritten into {out}: {', '.join(files)}")


def _study(plan: Plan, source: Source, found: Iterable[Sample | Skipped]) -> Study:
    samples, skipped = [], []
    for one in found:
        if isinstance(one, Skipped):
            skipped.append(one)
        else:
            samples.append(one)
    return Study(plan, source, tuple(samples), tuple(skipped))


def _texts(study: Study) -> Iterator[tuple[str, bytes]]:
    for measure in HASHES:
        yield f"{measure.value}.wiki", page(study, measure).encode()
    cells = io.StringIO(newline="")
    csv.writer(cells).writerows(csv_rows(study))
    # A path of this machine may hold bytes that are no UTF-8.
    yield "cells.csv", cells.getvalue().encode("utf-8", "replace")
    yield "study.json", json.dumps(to_json(study), indent=1, allow_nan=False).encode() + b"\n"
