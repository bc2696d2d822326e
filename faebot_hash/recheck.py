"""Look at recent edits again: files and pages that changed since may not be what a mark says of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from faebot_hash.edits import Kind, PageEdit, Proposal
from faebot_hash.marks import DELETION, DUPLICATE
from faebot_hash.model import FileInfo, PageText
from faebot_hash.nominate import keepers_named, without_nomination
from faebot_hash.ports import Journal, JournalRow, Wiki
from faebot_hash.reasons import Skipped
from faebot_hash.wikitext import Page, category_cuts, without

RECHECK_DAYS = 7


def recheck(
    journal: Journal, wiki: Wiki, home_category: str, now: datetime
) -> Iterator[tuple[JournalRow, Proposal]]:
    """Propose to take back the tags and the nominations of the last week that no longer hold.

    A tag falls when its file, or every partner, has other bytes now; a partner that is gone proves nothing:
    it may have been deleted as the duplicate that it was. A nomination falls when its file has other bytes,
    or when the copy to keep has, is gone, or may go itself.
    """
    yield from _fallen_tags(_recent(journal, Kind.IDENTIFIED, now), wiki, home_category)
    yield from _fallen_nominations(_recent(journal, Kind.NOMINATED, now), wiki, home_category)


def _recent(journal: Journal, kind: Kind, now: datetime) -> list[JournalRow]:
    since = now - timedelta(days=RECHECK_DAYS)
    return [row for row in journal.rows(kind=kind, state="DONE") if row.planned_at > since]


def _fallen_tags(
    rows: list[JournalRow], wiki: Wiki, home_category: str
) -> Iterator[tuple[JournalRow, Proposal]]:
    files = _files(rows, wiki)
    changed = [(row, why) for row in rows if (why := _why_changed(row, files))]
    pages = wiki.texts([row.intent.page_id for row, _ in changed]) if changed else {}
    for row, why in changed:
        page = pages[row.intent.page_id]
        proposal = _without_tag(files[row.intent.page_id], page, home_category, why)
        if proposal:
            yield row, proposal


def _fallen_nominations(
    rows: list[JournalRow], wiki: Wiki, home_category: str
) -> Iterator[tuple[JournalRow, Proposal]]:
    files = _files(rows, wiki)
    pages = wiki.texts(sorted({page_id for row in rows for page_id in _page_ids(row)})) if rows else {}
    for row in rows:
        why = _why_fallen(row, files, pages)
        page = pages[row.intent.page_id]
        # Whom we named is read from our own revision: by now the copy to keep may be gone or renamed.
        named = wiki.text_at(row.revid) if why and isinstance(page, PageText) else None
        if named is None or isinstance(page, Skipped):
            continue
        new_text = page.text
        for keeper in sorted(keepers_named(named)):
            new_text = without_nomination(new_text, keeper, home_category)
        if new_text != page.text:
            edit = PageEdit(page, new_text, f"Undo own edit: {why}")
            yield row, Proposal(files[row.intent.page_id], edit, Kind.NOMINATED.withdrawal)


def _why_fallen(
    row: JournalRow, files: Mapping[int, FileInfo], pages: Mapping[int, PageText | Skipped]
) -> str:
    file = files.get(row.intent.page_id)
    if file is None or not row.intent.partners:
        return ""
    if file.sha1 != row.intent.file_sha1:
        return "the file was overwritten"
    keeper_id, sha1 = row.intent.partners[0]
    kept = pages[keeper_id]
    if isinstance(kept, PageText) and (kept.is_redirect or Page(kept.text).is_redirect()):
        return "the file to keep is a redirect now"
    if isinstance(kept, Skipped) or keeper_id not in files:
        return "the file to keep is gone"
    if mark := Page(kept.text).uses(DUPLICATE | DELETION):
        return f"the file to keep is marked with {mark} itself"
    return "" if files[keeper_id].sha1 == sha1 else "the file to keep was overwritten"


def _files(rows: list[JournalRow], wiki: Wiki) -> dict[int, FileInfo]:
    ids = {page_id for row in rows for page_id in _page_ids(row)}
    return {one.page_id: one for one in wiki.files(sorted(ids)) if isinstance(one, FileInfo)}


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
    return Proposal(file, edit, Kind.IDENTIFIED.withdrawal)
