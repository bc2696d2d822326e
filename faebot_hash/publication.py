"""The report of a confirming run: files for people and programs, pages on the wiki where there is news."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

from faebot_hash.confirm_pages import pages
from faebot_hash.confirm_table import csv_rows, to_json
from faebot_hash.console import Decision
from faebot_hash.dossier import Finding
from faebot_hash.edits import Applied, Kind, Outcome
from faebot_hash.report_pages import write_parts
from faebot_hash.session import Session

SUMMARY = "Faebot reports what it found to be identical"


@dataclass
class Publication:
    """What a run has to report; ``alone`` is what became of files that are in no family."""

    session: Session
    at: datetime
    findings: list[Finding] = field(default_factory=list)
    alone: list[Decision] = field(default_factory=list)

    def write(self, folder: Path) -> None:
        """Write RUN.jsonl, one object a family, and RUN.csv, one row a file."""
        folder.mkdir(parents=True, exist_ok=True)
        lines = [json.dumps(to_json(*finding), ensure_ascii=False) for finding in self.findings]
        as_json, as_csv = folder / f"{self.session.run}.jsonl", folder / f"{self.session.run}.csv"
        as_json.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        with as_csv.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(csv_rows(self.findings))
        self.session.say(f"Report: {as_json} and {as_csv}")

    def publish(self, folder: Path | None) -> None:
        """Write the pages, unless nothing was edited and the last report shows every file already.

        Pages that the account may not make go to ``folder``, or to the terminal, for a person to make.
        Raises WikiError when the wiki stops us.
        """
        if self.session.simulate or not self._has_news():
            return
        written = pages(self.findings, self.session.run, self.at, self.session.settings, self.alone)
        write_parts(self.session, self._title(self.session.run), written, SUMMARY, folder)

    def _title(self, run: str) -> str:
        page = self.session.settings.confirm.report_page.replace("{account}", self.session.wiki.user)
        return f"{page}/{run}"

    def _has_news(self) -> bool:
        done = [*self.alone, *(one for _, applied in self.findings for one in applied)]
        if any(isinstance(one, Applied) and one.outcome is Outcome.EDITED for one in done):
            return True
        shown = "".join(self._last_report())
        return any(file.sha1 not in shown for found, _ in self.findings for file in found.family.files)

    def _last_report(self) -> Iterator[str]:
        """Read the last report that is whole: its first page, which is written last, has the run's name."""
        written = self.session.store.rows(kind=Kind.REPORT, state="DONE")
        whole = (row for row in written if row.intent.title == self._title(row.intent.run))
        for row in islice(whole, 1):
            for part in self.session.store.rows(kind=Kind.REPORT, state="DONE", run=row.intent.run):
                yield self.session.wiki.text_at(part.revid) or ""
