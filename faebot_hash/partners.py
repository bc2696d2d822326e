"""What became of the files that one in the home category looked like, when none of them is there any more.

The journal knows them by their page ids; where it was lost, the summary of the tagging still names one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from faebot_hash.edits import MAX_WITNESSES, Kind
from faebot_hash.family import Facts
from faebot_hash.judgements import Judgements, pair_of
from faebot_hash.markup import title
from faebot_hash.model import FileInfo, PageText, Seed
from faebot_hash.nominate import keepers_named
from faebot_hash.ports import Journal, Wiki
from faebot_hash.reasons import Reason, Skipped

_LOOKS_LIKE = re.compile(r"looks like \[\[:File:([^\]|]+)\]\](?: and (\d+) more)?")


@dataclass(frozen=True)
class Partners:
    """Partners of a file: nominated in its favour, gone, or left as they were; there may be more of them.

    They are named by title, or as "page 17" where only the id is known. Those that would be left but for
    people, who keep them apart from the file, are ``apart``.
    """

    nominated: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    apart: tuple[FileInfo, ...] = ()
    are_all_known: bool = False


def partners_of(facts: Facts, wiki: Wiki, journal: Journal, judgements: Judgements) -> Partners:
    """Find out what became of a file's partners."""
    found, left = _found(facts, wiki, journal)
    files = {one.page_id: one for one in wiki.files(left) if isinstance(one, FileInfo)} if left else {}
    sha1s = {facts.file.sha1, *(one.sha1 for one in files.values())}
    pairs = judgements.apart(sha1s) if files else ()
    apart = [one for one in files.values() if pair_of(facts.file.sha1, one.sha1) in pairs]
    titles = {one.title for one in apart}
    return replace(found, left=tuple(name for name in found.left if name not in titles), apart=tuple(apart))


def _found(facts: Facts, wiki: Wiki, journal: Journal) -> tuple[Partners, list[int]]:
    """Sort the partners by their pages; the page ids are those of files that are left."""
    rows = journal.rows(kind=Kind.IDENTIFIED, state="DONE", page_id=facts.file.page_id, newest=1)
    if rows and rows[0].intent.partners:
        page_ids = [page_id for page_id, _ in rows[0].intent.partners]
        pages = {f"page {page_id}": page for page_id, page in wiki.texts(page_ids).items()}
        return _sorted(facts, pages, are_all_known=len(page_ids) < MAX_WITNESSES)
    for revision in wiki.history(facts.file.page_id):
        if named := _LOOKS_LIKE.search(revision.comment):
            (seed,) = wiki.seeds([f"File:{named[1]}"])
            return _sorted(facts, {named[1]: _page_of(seed)}, are_all_known=named[2] is None)
    return Partners(), []


def _page_of(seed: Seed | Skipped) -> PageText | Skipped:
    if isinstance(seed, Skipped):
        return seed
    return PageText(seed.file.page_id, seed.file.title, 0, seed.text, "")


def _sorted(
    facts: Facts, pages: Mapping[str, PageText | Skipped], are_all_known: bool
) -> tuple[Partners, list[int]]:
    nominated: list[str] = []
    gone: list[str] = []
    left: list[str] = []
    left_ids: list[int] = []
    for name, page in pages.items():
        if isinstance(page, Skipped):
            is_gone = page.reason in (Reason.MISSING, Reason.REDIRECT)
            (gone if is_gone else left).append(name)
        elif page.is_redirect:
            gone.append(name)
        elif title(facts.file.title) in keepers_named(page.text):
            nominated.append(page.title.removeprefix("File:"))
        else:
            left.append(page.title.removeprefix("File:"))
            left_ids.append(page.page_id)
    return Partners(tuple(nominated), tuple(gone), tuple(left), are_all_known=are_all_known), left_ids
