"""How confirming obeys people who keep two files apart: no nomination between them, no tag for nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from faebot_hash.edits import MAX_WITNESSES, Proposal, Witness
from faebot_hash.exclude import put_back
from faebot_hash.family import Alone, Facts
from faebot_hash.judgements import Judgement, Judgements, kept_apart, pair_of, standing
from faebot_hash.model import FileInfo, PageText
from faebot_hash.nominate import cleanup
from faebot_hash.ports import Wiki
from faebot_hash.reasons import Reason, Skipped


def judged_apart(
    nominee: FileInfo, keeper: FileInfo, judgements: Judgements, group: Iterable[FileInfo] = ()
) -> Skipped | None:
    """Find out that people keep a copy apart from the one to keep, or the pixels from proving anything.

    ``group`` are the files with the same pixels: where people keep one of the two apart from a third of
    them, they see what the pixels do not show, and it takes their word to call the two duplicates.
    """
    others = [one for one in group if one.page_id not in (nominee.page_id, keeper.page_id)]
    rows = judgements.judged({one.sha1 for one in (nominee, keeper, *others)})
    pair = pair_of(nominee.sha1, keeper.sha1)
    apart = kept_apart(rows)
    if pair in apart:
        return Skipped(nominee.title, Reason.JUDGED_APART, f"of {keeper.title}")
    stands = standing(rows).get(pair)
    if stands is not None and stands.judgement is Judgement.DUPLICATES:
        return None
    for one in (nominee, keeper):
        for other in others:
            if pair_of(one.sha1, other.sha1) in apart:
                detail = f"{one.title} of {other.title}, which has the same pixels"
                return Skipped(nominee.title, Reason.JUDGED_APART, detail)
    return None


def left_alone(files: Sequence[FileInfo], judgements: Judgements) -> list[Alone]:
    """Give those of several files that people keep apart from each of the others."""
    pairs = judgements.apart({one.sha1 for one in files})
    others = {one.page_id: tuple(other for other in files if other is not one) for one in files}
    return [
        Alone(one, others[one.page_id])
        for one in files
        if all(pair_of(one.sha1, other.sha1) in pairs for other in others[one.page_id])
    ]


def still_apart(
    facts: Facts, strangers: Sequence[FileInfo], wiki: Wiki, judgements: Judgements
) -> list[FileInfo] | Skipped:
    """Read afresh the files that people keep apart from one; those that are gone are left out.

    None of them may have other bytes than those that were judged.
    """
    current = [one for one in wiki.files([one.page_id for one in strangers]) if isinstance(one, FileInfo)]
    apart = judgements.apart({facts.file.sha1, *(one.sha1 for one in current)}) if current else ()
    for one in current:
        if pair_of(facts.file.sha1, one.sha1) not in apart:
            return Skipped(facts.file.title, Reason.OVERWRITTEN, f"or {one.title} was")
    return current


def untagged(
    facts: Facts, home_category: str, gone: Sequence[str], apart: Sequence[FileInfo], wiki: Wiki
) -> Proposal | Skipped:
    """Propose to take the home category off a file that people keep apart from all that it looked like.

    Where somebody has put the category back since we took it off, that is final.
    """
    if back := put_back(wiki.history(facts.page.page_id), wiki.user):
        return Skipped(facts.file.title, Reason.EDITED_SINCE, f"put back after revision {back.revid}")
    proposed = cleanup(facts, home_category, gone, [one.title for one in apart])
    if isinstance(proposed, Skipped):
        return proposed
    pages = wiki.texts([one.page_id for one in apart[:MAX_WITNESSES]])
    witnesses = [
        Witness(one.page_id, one.title, page.revid, one.sha1)
        for one in apart[:MAX_WITNESSES]
        if isinstance(page := pages[one.page_id], PageText)
    ]
    return replace(proposed, witnesses=tuple(witnesses))
