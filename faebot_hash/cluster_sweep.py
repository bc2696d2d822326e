"""A run of ``cluster_similar``: clusters told, their page written, file pages brought into step with them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from faebot_hash.cluster_edits import category_name
from faebot_hash.cluster_lines import cluster_lines, decision_line, total_lines
from faebot_hash.cluster_pages import category_page, cluster_parts
from faebot_hash.cluster_table import csv_rows, to_json
from faebot_hash.clusters import Clusterer
from faebot_hash.collection import ClusterForm, Collection
from faebot_hash.console import Decision
from faebot_hash.edits import Applied, Kind
from faebot_hash.images import THUMBNAIL
from faebot_hash.parts import Part
from faebot_hash.reasons import Reason, Skipped
from faebot_hash.report import skipped_line, stop_sentence
from faebot_hash.report_files import check_report, write_report
from faebot_hash.report_pages import write_parts
from faebot_hash.session import Session
from faebot_hash.slicing import HashedSlice, Slicer
from faebot_hash.stopping import stop_error
from faebot_hash.upkeep import Upkeep

SUMMARY = "Faebot lists clusters of similar files"
CATEGORY_SUMMARY = "Faebot makes the category of a cluster of similar files"


class ClusterSweep:
    """One run over one collection, in a session that is open and named by ``upkeep.run_name``.

    ``report_file`` gets the clusters, in the format that its name ends with (``report_files``). Unless the
    collection ``is_whole`` it is only told of, because what is missing would seem to be in no cluster.
    """

    def __init__(
        self,
        session: Session,
        collection: Collection,
        *,
        report_file: Path | None = None,
        is_whole: bool = True,
        colour: bool = False,
    ) -> None:
        check_report(report_file)
        self._session, self._collection = session, collection
        self._report_file, self._is_whole, self._colour = report_file, is_whole, colour
        hasher = session.hasher(session.decoder(THUMBNAIL))
        slicer = Slicer(collection, session.settings, session.wiki, hasher, session.store, revisit=True)
        self._clusterer = Clusterer(slicer)

    def run(self, seed_titles: Iterable[str]) -> list[Decision]:
        """Cluster the collection and carry out what follows; raises WikiError when the wiki stops us."""
        self._session.begin()
        clustered = self._clusterer.cluster(seed_titles, self._tell)
        upkeep = Upkeep.of(
            clustered, self._collection, self._session.settings, self._session.wiki, self._session.store
        )
        decisions: list[Decision] = []
        parts = cluster_parts(self._collection, upkeep.clusters, self._session.settings.clusters)
        self._say([*cluster_lines(upkeep.clusters, colour=self._colour), ""])
        try:
            if not clustered.is_whole:
                self._say(["Not all files could be listed, so no page is edited; run again later."])
            elif self._is_whole:
                self._write(upkeep, parts, decisions)
        finally:
            if self._report_file:
                objects, rows = to_json(upkeep.clusters, decisions), csv_rows(upkeep.clusters, decisions)
                write_report(self._report_file, objects, rows, parts)
            self._say(total_lines(clustered, decisions, colour=self._colour))
        return decisions

    def _write(self, upkeep: Upkeep, parts: list[Part], decisions: list[Decision]) -> None:
        title = f"{self._session.settings.clusters.report_page}/{self._collection.name}"
        write_parts(self._session, title, parts, SUMMARY)
        if self._collection.cluster_as is ClusterForm.CATEGORY:
            self._make_categories(upkeep)
        for one in upkeep.proposals():
            done = one if isinstance(one, Skipped) else self._session.editor.carry_out(one, upkeep)
            decisions.append(done)
            if not (isinstance(done, Skipped) and done.reason is Reason.UNCHANGED):
                self._say([decision_line(done, colour=self._colour)])
            if isinstance(done, Applied) and done.outcome.ends_run:
                raise stop_error(done.outcome, done.detail, stop_sentence(done))

    def _make_categories(self, upkeep: Upkeep) -> None:
        """Make the pages of categories that have none; what people wrote, or deleted, is left to them."""
        made = {row.intent.title for row in self._session.store.rows(kind=Kind.REPORT, state="DONE")}
        text = category_page(self._collection)
        for one in upkeep.clusters:
            title = f"Category:{category_name(self._collection, one.key)}"
            if title not in made and not self._session.wiki.exists(title):
                write_parts(self._session, title, [Part("", text)], CATEGORY_SUMMARY)

    def _tell(self, sliced: HashedSlice | Skipped) -> None:
        if isinstance(sliced, Skipped):
            self._say([skipped_line(sliced, colour=self._colour)])

    def _say(self, lines: Iterable[str]) -> None:
        self._session.say("\n".join(lines))
