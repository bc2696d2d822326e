"""What a nomination says: the edit's summary, by which it is known again, and the template's reason.

The reason is shown inside of a template and quotes pages that anybody may write, so all of it that is not
ours goes through ``escape.plain``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from faebot_hash.edits import MAX_SUMMARY
from faebot_hash.escape import plain
from faebot_hash.family import Facts
from faebot_hash.likeness import Original
from faebot_hash.marks import IDENTICAL_CATEGORY
from faebot_hash.markup import title
from faebot_hash.merit import Criterion, Ranking, Score
from faebot_hash.wikitext import Page

MAX_REASON = 600  # characters of wikitext
REASON_OPENING = "Faebot confirmed identical: "
"""Every reason of ours begins so; by this a nomination is known as ours."""

_MAX_SCORE = 150
_SUMMARY_OPENING = "Faebot confirmed identical duplicate of "
_SUMMARY = re.compile(
    rf"{_SUMMARY_OPENING}(?:\[\[:File:(?P<title>[^\]|]+)\]\] \()?M(?P<page_id>[0-9]{{1,18}})\b", re.ASCII
)


def proofs(one: Original, other: Original) -> tuple[str, ...]:
    """Name the digests that are equal, the strongest first; none where nothing proves one picture."""
    if one.sha1 == other.sha1:
        return (f"byte for byte, SHA1 {one.sha1}",)
    found: tuple[str, ...] = ()
    if one.stripped_sha1 is not None and one.stripped_sha1 == other.stripped_sha1:
        found = (f"all but the metadata, SHA1 {one.stripped_sha1}",)
    if one.digest is None or other.digest is None or one.digest.pixel_sha1 != other.digest.pixel_sha1:
        return found
    if not one.digest.non_exif_sha1 or one.digest.non_exif_sha1 != other.digest.non_exif_sha1:
        return found
    return (*found, f"pixel SHA1 {one.digest.pixel_sha1}", f"non-EXIF SHA1 {one.digest.non_exif_sha1}")


def summary(keeper: Facts, originals: tuple[Original, Original]) -> str:
    """Say in one line what the file is a copy of, and what proves it.

    ``M`` and the page id is how structured data names a file; it outlives a renaming.
    """
    number = f"M{keeper.file.page_id}"
    proof = proofs(*originals)[0]
    full = f"{_SUMMARY_OPENING}{linked(keeper.file.title)} ({number}), {proof}"
    return full if len(full) <= MAX_SUMMARY else f"{_SUMMARY_OPENING}{number}, {proof}"


def linked(file_title: str) -> str:
    """Link to a file in a summary; a title with "pHash: …" must not make it look like that of a tag."""
    return f"[[:File:{file_title.replace(':', '%3A')}]]"


def nominated_for(comment: str, keeper_title: str, keeper_page_id: int) -> bool:
    """Tell whether an edit summary is that of a nomination in favour of a keeper, by its name or its id."""
    match = _SUMMARY.match(comment)
    if match is None:
        return False
    return int(match["page_id"]) == keeper_page_id or title(match["title"] or "") == title(keeper_title)


def nominated_in_favour_of(comment: str) -> int | None:
    """Give the page id of the keeper from the edit summary of a nomination, None from any other."""
    match = _SUMMARY.match(comment)
    return int(match["page_id"]) if match else None


def reason(
    nominee: Facts,
    keeper: Facts,
    originals: tuple[Original, Original],
    ranking: Ranking,
    home_category: str,
) -> str:
    """Write parameter 2: the proof, both scores, and the categories that only the nominee has."""
    scores = {score.evidence.page_id: score for score in ranking.scores}
    ours, theirs = scores[nominee.file.page_id], scores[keeper.file.page_id]
    written = REASON_OPENING + "; ".join(proofs(*originals))
    written += f". The copy to keep has the score {_told_score(theirs)}, this one {_told_score(ours)}."
    lacking = _categories_to_merge(nominee, keeper, home_category)
    if not lacking:
        return written
    return _joined(f"{written} Categories only here: ", lacking, ", ", MAX_REASON)


def _categories_to_merge(nominee: Facts, keeper: Facts, home_category: str) -> list[str]:
    theirs = (
        {link.name for link in Page(keeper.page.text).categories}
        | keeper.categories
        | nominee.hidden_categories
    )
    theirs |= {title(home_category), IDENTICAL_CATEGORY}
    ours = dict.fromkeys(link.name for link in Page(nominee.page.text).categories)
    return [plain(name) for name in ours if name not in theirs]


def _told_score(score: Score) -> str:
    """Write a score with its points; dead links are counted, for naming them would link to them."""
    dead = [point.points for point in score.points if point.criterion is Criterion.DEAD_LINK]
    told = [
        f"{point.points:+d} {plain(point.reason)}"
        for point in score.points
        if point.criterion is not Criterion.DEAD_LINK
    ]
    told += [f"{sum(dead):+d} dead links ({len(dead)})"] if dead else []
    if not told:
        return str(score.total)
    return _joined(f"{score.total} (", told, "; ", _MAX_SCORE) + ")"


def _joined(opening: str, items: Sequence[str], separator: str, limit: int) -> str:
    """Append as many items as fit, each of them whole, and the number of the others."""
    written = opening
    for place, item in enumerate(items):
        rest = len(items) - place - 1
        piece = (separator if place else "") + item
        reserve = len(f"{separator}and {len(items)} more") if rest else 0
        if len(written) + len(piece) + reserve > limit:
            return written + (f"{separator}and {rest + 1} more" if place else f"{rest + 1} in all")
        written += piece
    return written
