"""Look at recent tags again: a file that was overwritten since is no longer what its tag speaks of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from faebot_hash.edits import PageEdit, Proposal
from faebot_hash.model import FileInfo, PageText
from faebot_hash.ports import Journal, JournalRow, Wiki
from faebot_hash.reasons import Skipped
from faebot_hash.wikitext import Page, category_cuts, without

RECHECK_DAYS = 7


def recheck(
    journal: Journal, wiki: Wiki, home_category: str, now: datetime
) -> Iterator[tuple[JournalRow, Proposal]]:
    """Propose to take back each tag of the last week whose file, or every partner, has other bytes now.

    A partner that is gone proves nothing: it may have been deleted as the duplicate that it was.
    """
    rows = [
        row
        for row in journal.rows(kind="identified", state="DONE")
        if row.planned_at > now - timedelta(days=RECHECK_DAYS)
    ]
    ids = {page_id for row in rows for page_id in _page_ids(row)}
    files = {one.page_id: one for one in wiki.files(sorted(ids)) if isinstance(one, FileInfo)}
    changed = [(row, why) for row in rows if (why := _why_changed(row, files))]
    pages = wiki.texts([row.intent.page_id for row, _ in changed]) if changed else {}
    for row, why in changed:
        page = pages[row.intent.page_id]
        proposal = _without_tag(files[row.intent.page_id], page, home_category, why)
        if proposal:
            yield row, proposal


def _page_ids(row: JournalRow) -> Iterator[int]:
    yield row.intent.page_id
    for page_id, _ in row.intent.partners:
        yield page_id


def _why_changed(row: JournalRow, files: Mapping[int, FileInfo]) -> str:
    file = files.get(row.intent.page_id)
    if file is None:
        return ""
    if file.sha1 != row.intent.file_sha1:
        return "the file was overwritten"
    known = [(files[page_id].sha1, sha1) for page_id, sha1 in row.intent.partners if page_id in files]
    overwritten = bool(known) and all(now != then for now, then in known)
    return "the file that it looked like was overwritten" if overwritten else ""


def _without_tag(file: FileInfo, page: PageText | Skipped, home_category: str, why: str) -> Proposal | None:
    if isinstance(page, Skipped):
        return None
    cuts = category_cuts(Page(page.text), home_category)
    if not cuts:
        return None
    edit = PageEdit(page, without(page.text, cuts), f"Undo own edit: {why}")
    return Proposal(file, edit, kind="withdrawn")
