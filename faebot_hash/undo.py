"""Take back what a run did: each page as it was before, where nobody has edited it since."""

from __future__ import annotations

from collections.abc import Iterator

from faebot_hash.edits import UNDO_OPENING, Kind, PageEdit, Proposal
from faebot_hash.model import FileInfo, PageText
from faebot_hash.ports import Journal, JournalRow, Wiki
from faebot_hash.reasons import Reason, Skipped


def undo(run: str, journal: Journal, wiki: Wiki) -> Iterator[tuple[JournalRow, Proposal | Skipped]]:
    """Propose to restore the pages of a run, the latest edit first, each with its row in the journal.

    A page whose latest revision is not the run's own is left alone (EDITED_SINCE): people may want what
    came after. What the run took back itself stays so, and its reports stay as they are.
    """
    for row in journal.rows(run=run, state="DONE"):
        if not Kind(row.intent.kind).stays:
            yield row, _restoring(row, wiki)


def _restoring(row: JournalRow, wiki: Wiki) -> Proposal | Skipped:
    title = row.intent.title.removeprefix("File:")
    page = wiki.texts([row.intent.page_id])[row.intent.page_id]
    (file,) = wiki.files([row.intent.page_id])
    if isinstance(page, Skipped) or isinstance(file, Skipped):
        return Skipped(title, Reason.MISSING)
    latest = next(iter(wiki.history(row.intent.page_id)), None)
    if latest is None or latest.revid != row.revid or page.revid != row.revid:
        return Skipped(title, Reason.EDITED_SINCE, f"revision {page.revid} is newer than ours, {row.revid}")
    text = wiki.text_at(latest.parentid)
    if text is None:
        return Skipped(title, Reason.MISSING, f"revision {latest.parentid} cannot be read")
    return _proposal(row, file, page, text)


def _proposal(row: JournalRow, file: FileInfo, page: PageText, text: str) -> Proposal:
    summary = f"{UNDO_OPENING} {row.revid} of the run {row.intent.run}"
    return Proposal(file, PageEdit(page, text, summary), kind=Kind(row.intent.kind).undoing)
