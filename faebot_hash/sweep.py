"""A run of ``find_duplicates``: the world put together, each finding carried out, remembered and told."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from faebot_hash import report
from faebot_hash.collection import Collection
from faebot_hash.edits import Applied, Found
from faebot_hash.find import Finder
from faebot_hash.images import THUMBNAIL
from faebot_hash.reasons import Skipped
from faebot_hash.session import Session
from faebot_hash.stopping import stop_error
from faebot_hash.tally import Tally

HOME_PAGE = """{{Hiddencat}}
Files that look equal to others, sorted by a hash of their picture so that equal ones stand side by side.
Please review them: nominate the worse copy with {{tl|duplicate}}, or take the category off the page."""


class Sweep:
    """One run over one collection, in a session that is open.

    ``report_file`` gets one JSON line a slice; ``revisit`` does slices again that nothing has changed in.
    """

    def __init__(
        self,
        session: Session,
        collection: Collection,
        *,
        report_file: Path | None = None,
        colour: bool = False,
        revisit: bool = False,
    ) -> None:
        self._session = session
        self._report_file, self._colour = report_file, colour
        self._finder = Finder(
            collection,
            session.settings,
            session.wiki,
            session.hasher(session.decoder(THUMBNAIL)),
            session.store,
            session.store,
            session.store,
            revisit=revisit,
        )

    def run(self, seed_titles: Iterable[str]) -> Tally:
        """Look into every slice and carry out what it proposes; raises WikiError when the wiki stops us."""
        self._session.begin()
        tally = Tally()
        try:
            for found in self._finder.find(seed_titles):
                applied = [] if isinstance(found, Skipped) else self._carried_out(found)
                tally.add(found, applied)
                self._tell(found, applied)
                self._stop_if_told(applied)
            self._session.recheck()
            self._advise()
        finally:
            self._session.say("\n".join(report.total_lines(tally, colour=self._colour)))
        return tally

    def _carried_out(self, found: Found) -> list[Applied | Skipped]:
        applied: list[Applied | Skipped] = []
        for proposal in found.proposals:
            one = self._session.editor.carry_out(proposal, self._finder)
            applied.append(one)
            if isinstance(one, Applied) and one.outcome.ends_run:
                return applied
        if not self._session.simulate:
            self._finder.remember(found, applied)
        return applied

    def _tell(self, found: Found | Skipped, applied: list[Applied | Skipped]) -> None:
        if isinstance(found, Skipped):
            lines = [report.skipped_line(found, colour=self._colour)]
        else:
            lines = [*report.found_lines(found, applied, colour=self._colour), ""]
        self._session.say("\n".join(lines))
        if self._report_file:
            with self._report_file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(report.to_json(found, applied), ensure_ascii=False) + "\n")

    def _advise(self) -> None:
        """Show what the account should not create itself: the page of the home category."""
        title = f"Category:{self._session.settings.wiki.home_category}"
        if not self._session.wiki.exists(title):
            self._session.say(f"\nThe page {title} does not exist. Create it with this text:\n\n{HOME_PAGE}")

    def _stop_if_told(self, applied: list[Applied | Skipped]) -> None:
        for one in applied:
            if isinstance(one, Applied) and one.outcome.ends_run:
                raise stop_error(one.outcome, one.detail, report.stop_sentence(one))
