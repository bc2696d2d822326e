"""A run of ``confirm_duplicates``: the world put together, each finding carried out and told."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path

from faebot_hash.cases import case_of
from faebot_hash.confirm import Confirmer
from faebot_hash.confirm_lines import confirmed_lines, total_lines
from faebot_hash.confirm_tally import ConfirmTally
from faebot_hash.console import Decision
from faebot_hash.dossier import Finding
from faebot_hash.edits import Applied, Proposal
from faebot_hash.family import Confirmed
from faebot_hash.images import ORIGINAL, THUMBNAIL
from faebot_hash.originals import OriginalReader
from faebot_hash.publication import Publication
from faebot_hash.reasons import Skipped
from faebot_hash.report import edit_line, skipped_line, stop_sentence
from faebot_hash.session import Session
from faebot_hash.stopping import stop_error


class Confirmation:
    """One run over the home category, in a session that is open.

    ``folder`` gets the run's report as JSON lines, CSV and wikitext; with None none is written.
    """

    def __init__(self, session: Session, *, folder: Path | None = None, colour: bool = False) -> None:
        self._session = session
        self._folder, self._colour = folder, colour
        most_bytes = session.settings.confirm.original_bytes
        self._confirmer = Confirmer(
            session.settings,
            session.wiki,
            session.reader,
            session.hasher(session.decoder(THUMBNAIL)),
            OriginalReader(session.fetcher, session.decoder(ORIGINAL), session.store, most_bytes),
            session.store,
            session.store,
            session.store,
        )

    def run(self, chosen: Collection[str] | None = None) -> ConfirmTally:
        """Look into every family, or those with a chosen file; raises WikiError when the wiki stops us.

        The families are kept for people to judge, also when the run is stopped.
        """
        self._session.begin()
        tally = ConfirmTally()
        is_whole = False
        report = Publication(self._session, datetime.now(UTC))
        # First, so that files whose nomination fell are judged anew by this run.
        self._session.recheck()
        try:
            for found in self._confirmer.confirm(chosen):
                if isinstance(found, Confirmed):
                    applied = self._carried_out(found)
                    report.findings.append((found, applied))
                    tally.add((found, applied))
                    self._say([*confirmed_lines(found, applied, colour=self._colour), ""])
                else:
                    applied = [self._seen_to(found)]
                    report.alone += applied
                    tally.add_alone(applied)
                _stop_if_told(applied)
            self._session.recheck()
            is_whole = chosen is None
        finally:
            if self._folder:
                report.write(self._folder)
            self._say(total_lines(tally, colour=self._colour))
            self._keep_cases(report.findings, is_whole)
        report.publish(self._folder)
        return tally

    def _carried_out(self, confirmed: Confirmed) -> list[Decision]:
        """Nominate first and release the keepers last, so that half of it is harmless and found again."""
        applied: list[Decision] = []
        for ruling in confirmed.rulings:
            for proposal in ruling.proposals:
                applied.append(self._session.editor.carry_out(proposal, self._confirmer))
                if _ends_run(applied[-1]):
                    return applied
        for one in self._confirmer.releases(confirmed, applied):
            done = self._session.editor.carry_out(one, self._confirmer) if isinstance(one, Proposal) else one
            applied.append(done)
            if _ends_run(done):
                break
        return applied

    def _keep_cases(self, findings: Sequence[Finding], is_whole: bool) -> None:
        if self._session.simulate:
            return
        at = datetime.now(UTC)
        cases = [case_of(confirmed, applied, self._session.run, at) for confirmed, applied in findings]
        self._session.store.keep_cases(cases, is_whole)

    def _seen_to(self, found: Proposal | Skipped) -> Decision:
        done = found if isinstance(found, Skipped) else self._session.editor.carry_out(found, self._confirmer)
        self._say([edit_line(done) if isinstance(done, Applied) else skipped_line(done, colour=self._colour)])
        return done

    def _say(self, lines: Sequence[str]) -> None:
        self._session.say("\n".join(lines))


def _ends_run(one: Decision) -> bool:
    return isinstance(one, Applied) and one.outcome.ends_run


def _stop_if_told(applied: Sequence[Decision]) -> None:
    for one in applied:
        if isinstance(one, Applied) and one.outcome.ends_run:
            raise stop_error(one.outcome, one.detail, stop_sentence(one))
