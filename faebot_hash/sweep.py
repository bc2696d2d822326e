"""A run of ``find_duplicates``: the world put together, each finding carried out, remembered and told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from faebot_hash import report
from faebot_hash.adapters.account_lock import only_editor
from faebot_hash.adapters.commons import Commons
from faebot_hash.adapters.decoder import DecoderProcess
from faebot_hash.adapters.http import PoliteFetcher
from faebot_hash.adapters.progress import watched
from faebot_hash.adapters.signals import Shield
from faebot_hash.adapters.store import Store
from faebot_hash.apply import PRACTICE_FAMILY, Editor
from faebot_hash.edits import Applied, Found, Outcome, Proposal
from faebot_hash.errors import WikiError
from faebot_hash.find import Finder
from faebot_hash.gate import rules_of
from faebot_hash.images import THUMBNAIL
from faebot_hash.reasons import Skipped
from faebot_hash.recheck import recheck
from faebot_hash.settings import Collection, Settings
from faebot_hash.tally import Tally

HOME_PAGE = """{{Hiddencat}}
Files that look equal to others, sorted by a hash of their picture so that equal ones stand side by side.
Please review them: nominate the worse copy with {{tl|duplicate}}, or take the category off the page."""


class Sweep:
    """One run over one collection, entered with ``with``; it owns the store, the decoder and the downloads.

    ``confirm`` asks the operator about an edit, ``say`` shows a line to a person, ``report_file`` gets one
    JSON line a slice.
    """

    def __init__(
        self,
        site: Any,
        settings: Settings,
        collection: Collection,
        *,
        confirm: Callable[[Proposal], bool],
        say: Callable[[str], None] = print,
        store_url: str = "",
        report_file: Path | None = None,
        colour: bool = False,
        revisit: bool = False,
        simulate: bool = False,
    ) -> None:
        self._wiki = Commons(
            site, thumb_width_px=settings.hashing.thumb_width_px, run_page=settings.wiki.run_page
        )
        self._settings, self._collection = settings, collection
        self._confirm, self._say, self._colour = confirm, say, colour
        self._store_url = store_url or settings.store.url
        self._report_file, self._revisit, self._simulate = report_file, revisit, simulate
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            shield = Shield()
            stack.enter_context(shield.installed())
            if not self._simulate:
                account = (self._wiki.account_folder, self._wiki.family, self._wiki.user)
                stack.enter_context(only_editor(*account))
            fetcher = stack.enter_context(self._downloads())
            decoder = stack.enter_context(DecoderProcess(THUMBNAIL))
            self._store = stack.enter_context(Store.open(self._store_url))
            self._finder = Finder(
                self._collection,
                self._settings,
                self._wiki,
                fetcher,
                decoder,
                self._store,
                self._store,
                revisit=self._revisit,
                watch=watched,
            )
            self._editor = Editor(
                self._wiki,
                self._store,
                confirm=self._confirm,
                run=f"{self._collection.name}-{datetime.now(UTC):%Y%m%d-%H%M%S}",
                simulate=self._simulate,
                shield=shield,
                interval_s=self._settings.tagging.edit_interval_s,
                rules=rules_of(self._settings),
            )
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _downloads(self) -> PoliteFetcher:
        """Fetch from the settings' media hosts; a practice wiki serves its own, and no other is asked."""
        if self._wiki.family == PRACTICE_FAMILY:
            return PoliteFetcher(replace(self._settings.http, hosts=()), extra_hosts=(self._wiki.media_host,))
        return PoliteFetcher(self._settings.http)

    def run(self, seed_titles: Iterable[str]) -> Tally:
        """Look into every slice and carry out what it proposes; raises WikiError when the wiki stops us."""
        if not self._simulate:
            self._wiki.prepare()
        for intent, outcome in self._editor.settle_open():
            self._say(f"An edit of an earlier run, File:{intent.title}: {outcome.sentence}")
        tally = Tally()
        try:
            for found in self._finder.find(seed_titles):
                applied = [] if isinstance(found, Skipped) else self._carried_out(found)
                tally.add(found, applied)
                self._tell(found, applied)
                self._stop_if_told(applied)
            self._recheck()
            self._advise()
        finally:
            self._say("\n".join(report.total_lines(tally, colour=self._colour)))
        return tally

    def _carried_out(self, found: Found) -> list[Applied | Skipped]:
        applied: list[Applied | Skipped] = []
        for proposal in found.proposals:
            one = self._editor.carry_out(proposal, self._finder)
            applied.append(one)
            if isinstance(one, Applied) and one.outcome.ends_run:
                return applied
        if not self._simulate:
            self._finder.remember(found, applied)
        return applied

    def _tell(self, found: Found | Skipped, applied: list[Applied | Skipped]) -> None:
        if isinstance(found, Skipped):
            lines = [report.skipped_line(found, colour=self._colour)]
        else:
            lines = [*report.found_lines(found, applied, colour=self._colour), ""]
        self._say("\n".join(lines))
        if self._report_file:
            with self._report_file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(report.to_json(found, applied), ensure_ascii=False) + "\n")

    def _recheck(self) -> None:
        """Take back what was overwritten between its hash and now."""
        if self._simulate:
            return
        home = self._settings.wiki.home_category
        for row, proposal in list(recheck(self._store, self._wiki, home, datetime.now(UTC))):
            done = self._editor.apply(proposal)
            if done.outcome is Outcome.EDITED:
                self._store.settle(row.intent.token, "UNDONE", detail=proposal.edit.summary)
            self._say(report.edit_line(done))

    def _advise(self) -> None:
        """Show what the account should not create itself: the page of the home category."""
        title = f"Category:{self._settings.wiki.home_category}"
        if not self._wiki.exists(title):
            self._say(f"\nThe page {title} does not exist. Create it with this text:\n\n{HOME_PAGE}")

    def _stop_if_told(self, applied: list[Applied | Skipped]) -> None:
        for one in applied:
            if isinstance(one, Applied) and one.outcome.ends_run:
                raise WikiError(report.stop_sentence(one))
