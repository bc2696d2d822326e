"""A run of ``near_matches``: the world put together, each finding told, the collection's page written."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from faebot_hash.collection import Collection
from faebot_hash.images import THUMBNAIL
from faebot_hash.near import NearFinder, NearFound
from faebot_hash.near_lines import near_lines, total_lines
from faebot_hash.near_pages import near_parts
from faebot_hash.near_table import csv_rows, to_json
from faebot_hash.reasons import Skipped
from faebot_hash.report import skipped_line
from faebot_hash.report_files import check_report, write_report
from faebot_hash.report_pages import write_parts
from faebot_hash.session import Session
from faebot_hash.slicing import Slicer

SUMMARY = "Faebot lists files that look alike, but are no duplicate set"


class NearSweep:
    """One run over one collection, in a session that is open.

    ``report_file`` gets the pairs, in the format that its name ends with (``report_files``); ``publish``
    writes the collection's page, which only a run over all of it should.
    """

    def __init__(
        self,
        session: Session,
        collection: Collection,
        *,
        report_file: Path | None = None,
        publish: bool = True,
        colour: bool = False,
    ) -> None:
        check_report(report_file)
        self._session, self._collection = session, collection
        self._report_file, self._publish, self._colour = report_file, publish, colour
        hasher = session.hasher(session.decoder(THUMBNAIL))
        # A page shows all there is, so no slice is left out because it was seen before.
        slicer = Slicer(collection, session.settings, session.wiki, hasher, session.store, revisit=True)
        self._finder = NearFinder(slicer, session.settings, session.wiki, session.store)

    def run(self, seed_titles: Iterable[str]) -> list[NearFound | Skipped]:
        """Look into every slice and tell; raises WikiError when the wiki stops us."""
        self._session.begin()
        found: list[NearFound | Skipped] = []
        for one in self._finder.find(seed_titles):
            found.append(one)
            self._tell(one)
        parts = near_parts(self._collection, found, self._session.settings.near)
        if self._report_file:
            objects = (pair for one in found for pair in to_json(one))
            write_report(self._report_file, objects, csv_rows(found), parts)
            self._session.say(f"Report: {self._report_file}")
        self._session.say("\n".join(total_lines(found, colour=self._colour)))
        if self._publish:
            title = f"{self._session.settings.near.report_page}/{self._collection.name}"
            write_parts(self._session, title, parts, SUMMARY)
        return found

    def _tell(self, found: NearFound | Skipped) -> None:
        if isinstance(found, Skipped):
            self._session.say(skipped_line(found, colour=self._colour))
        else:
            self._session.say("\n".join([*near_lines(found, colour=self._colour), ""]))
