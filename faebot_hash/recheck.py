"""Look at our marks again: files and pages that changed since may not be what a mark says of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from faebot_hash.bots import may_edit
from faebot_hash.edits import UNDO_OPENING, Kind, PageEdit, Proposal
from faebot_hash.judgements import Judgements, Pair, pair_of
from faebot_hash.marks import DELETION, DUPLICATE
from faebot_hash.model import FileInfo, PageText, Seed
from faebot_hash.nominate import keepers_named_by_us, without_nomination
from faebot_hash.ports import Journal, JournalRow, Wiki
from faebot_hash.rationale import nominated_in_favour_of
from faebot_hash.reasons import Reason, Skipped
from faebot_hash.wikitext import Page, category_cuts, without

RECHECK_DAYS = 7


def recheck(
    journal: Journal,
    wiki: Wiki,
    judgements: Judgements,
    home_category: str,
    now: datetime,
    nominated: Iterable[int] = (),
    bot_names: Sequence[str] = (),
) -> Iterator[tuple[str, Proposal]]:
    """Propose to take back the tags and the nominations that no longer hold, each with its journal token.

    A tag of the last week falls when its file, or every partner, has other bytes now; a partner that is gone
    proves nothing: it may have been deleted as the duplicate that it was. A nomination falls when its file
    has other bytes, or when the copy to keep has, is gone or renamed, or may go itself, or when people keep
    the two apart. ``nominated`` are pages that may carry one of ours, beside those of the last week that the
    journal knows; the token is "" where it does not know. Pages that refuse bots are left to people;
    ``bot_names`` are those of the settings.
    """
    recent = {row.intent.page_id for row in _recent(journal, Kind.NOMINATED, now)}
    fallen = (
        *_fallen_tags(_recent(journal, Kind.IDENTIFIED, now), wiki, home_category),
        *_fallen_nominations(sorted(recent | set(nominated)), journal, wiki, judgements, home_category),
    )
    for token, proposal in fallen:
        if may_edit(proposal.edit.page.text, (wiki.user, *bot_names)):
            yield token, proposal


@dataclass(frozen=True)
class _Nomination:
    """What is known of the making of a nomination.

    ``sha1s`` are those of the file and of the copy to keep; where the journal is lost only the moment.
    """

    token: str
    revid: int
    keeper_id: int
    made_at: datetime
    sha1s: tuple[str, str] | None = None


def _recent(journal: Journal, kind: Kind, now: datetime) -> list[JournalRow]:
    since = now - timedelta(days=RECHECK_DAYS)
    return [row for row in journal.rows(kind=kind, state="DONE") if row.planned_at > since]


def _fallen_tags(rows: list[JournalRow], wiki: Wiki, home_category: str) -> Iterator[tuple[str, Proposal]]:
    files = _files({page_id for row in rows for page_id in _page_ids(row)}, wiki)
    changed = [(row, why) for row in rows if (why := _why_changed(row, files))]
    pages = wiki.texts([row.intent.page_id for row, _ in changed]) if changed else {}
    for row, why in changed:
        page = pages[row.intent.page_id]
        proposal = _without_tag(files[row.intent.page_id], page, home_category, why)
        if proposal:
            yield row.intent.token, proposal


def _fallen_nominations(
    page_ids: list[int], journal: Journal, wiki: Wiki, judgements: Judgements, home_category: str
) -> Iterator[tuple[str, Proposal]]:
    pages = wiki.texts(page_ids) if page_ids else {}
    ours = {
        page_id: (page, named)
        for page_id, page in pages.items()
        if isinstance(page, PageText) and (named := keepers_named_by_us(page.text))
    }
    files, keepers = (
        _files(ours, wiki),
        _keepers({title for _, named in ours.values() for title in named}, wiki),
    )
    kept = [one.file for one in keepers.values() if isinstance(one, Seed)]
    apart = judgements.apart({one.sha1 for one in (*files.values(), *kept)}) if ours else frozenset()
    for page_id, (page, named) in ours.items():
        made = _made(page_id, journal, wiki)
        if made is None or page_id not in files:
            continue
        file = files[page_id]
        why = {title: _why_fallen(made, file, keepers.get(title), apart) for title in sorted(named)}
        fallen = [title for title in why if why[title]]
        # A title that is not in our own revision was written by people.
        then = keepers_named_by_us(wiki.text_at(made.revid) or "") if fallen else frozenset()
        new_text = page.text
        for title in fallen:
            new_text = without_nomination(new_text, title, home_category) if title in then else new_text
        if new_text != page.text:
            edit = PageEdit(page, new_text, f"{UNDO_OPENING}: {why[fallen[0]]}")
            yield made.token, Proposal(files[page_id], edit, Kind.NOMINATED.withdrawal)


def _made(page_id: int, journal: Journal, wiki: Wiki) -> _Nomination | None:
    """Find out how a nomination was made, from the journal, else from the history of the page.

    None where our last word was to take it back: then people have restored it, and it is theirs.
    """
    for row in journal.rows(state="DONE", page_id=page_id):
        if row.intent.kind == Kind.NOMINATED.withdrawal:
            return None
        if row.intent.kind == Kind.NOMINATED and row.intent.partners:
            keeper_id, sha1 = row.intent.partners[0]
            sha1s = (row.intent.file_sha1, sha1)
            return _Nomination(row.intent.token, row.revid, keeper_id, row.planned_at, sha1s)
    for revision in wiki.history(page_id):
        if revision.user == wiki.user and revision.comment.startswith(UNDO_OPENING):
            return None
        if (kept := nominated_in_favour_of(revision.comment)) is not None:
            return _Nomination("", revision.revid, kept, revision.timestamp)
    return None


def _why_fallen(
    made: _Nomination, file: FileInfo, keeper: Seed | Skipped | None, apart: Collection[Pair]
) -> str:
    if _overwritten(file, made, 0):
        return "the file was overwritten"
    if keeper is None:
        return ""
    if isinstance(keeper, Skipped):
        is_redirect = keeper.reason is Reason.REDIRECT
        return "the file to keep is a redirect now" if is_redirect else "the file to keep is gone or renamed"
    kept = Page(keeper.text)
    if kept.is_redirect():
        return "the file to keep is a redirect now"
    if keeper.file.page_id != made.keeper_id:
        return "the file to keep is gone, and another one has its name"
    if mark := kept.uses(DUPLICATE | DELETION):
        return f"the file to keep is marked with {mark} itself"
    if _overwritten(keeper.file, made, 1):
        return "the file to keep was overwritten"
    judged = pair_of(file.sha1, keeper.file.sha1) in apart
    return "people judged that the two are no duplicates" if judged else ""


def _overwritten(file: FileInfo, made: _Nomination, place: int) -> bool:
    return file.uploaded > made.made_at if made.sha1s is None else file.sha1 != made.sha1s[place]


def _keepers(titles: Iterable[str], wiki: Wiki) -> dict[str, Seed | Skipped]:
    told = wiki.seeds(f"File:{title}" for title in sorted(titles))
    return {one.file.title if isinstance(one, Seed) else one.what: one for one in told}


def _files(page_ids: Iterable[int], wiki: Wiki) -> dict[int, FileInfo]:
    told = wiki.files(sorted(page_ids))
    return {one.page_id: one for one in told if isinstance(one, FileInfo)}


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
    edit = PageEdit(page, without(page.text, cuts), f"{UNDO_OPENING}: {why}")
    return Proposal(file, edit, Kind.IDENTIFIED.withdrawal)
