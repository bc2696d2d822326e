"""From a ruling to the edits that carry it out: nominate a copy, release the one to keep, clean up.

A nomination is one line at the top and one category exchanged for another.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from faebot_hash.edits import CLEANUP_OPENING, RELEASE_OPENING, Kind, PageEdit, Proposal, Witness
from faebot_hash.family import Facts
from faebot_hash.likeness import Comparison, Original
from faebot_hash.marks import DUPLICATE, IDENTICAL_CATEGORY
from faebot_hash.markup import folded, title
from faebot_hash.merit import Ranking
from faebot_hash.rationale import REASON_OPENING, linked, proofs, reason, summary
from faebot_hash.reasons import Reason, Skipped
from faebot_hash.wikitext import Cut, Page, category_cuts, without

_TEMPLATE = "Duplicate"
_MAX_TITLE = 1_000  # characters; a title has at most 255 bytes
_FILE_PREFIX = re.compile(r":?(?:file|image) ?: ?", re.IGNORECASE)
_NO_FILE_TITLE = re.compile(r"[\x00-\x1f\x7f#<>\[\]{}|]|~~~")


def nomination(
    nominee: Facts,
    keeper: Facts,
    comparison: Comparison,
    originals: tuple[Original, Original],
    ranking: Ranking,
    home_category: str,
) -> Proposal | Skipped:
    """Propose to nominate a copy for deletion, or say why its page, or the evidence, forbids it.

    ``originals`` are the nominee's and the keeper's. Whether people's marks speak against it is not asked
    here.
    """
    own = nominee.file.title
    if unproven := _unproven(nominee, keeper, comparison, originals, ranking):
        return unproven
    before = Page(nominee.page.text)
    if refused := _refused(nominee, before, home_category):
        return refused
    if any(_nominations(before)):
        return Skipped(own, Reason.ALREADY_TAGGED, "nominated by us")
    if mark := before.uses(DUPLICATE):
        return Skipped(own, Reason.DELETION_PENDING, f"{{{{{mark}}}}}")
    why = reason(nominee, keeper, originals, ranking, home_category)
    line = f"{{{{{_TEMPLATE}|1={keeper.file.title}|2={why}}}}}\n"
    new_text = line + _exchanged(before, home_category, IDENTICAL_CATEGORY)
    if not _reads_as_meant(before, new_text, keeper.file.title, why, home_category):
        return Skipped(own, Reason.UNSAFE_TEXT, "the new text does not read as meant")
    edit = PageEdit(nominee.page, new_text, summary(keeper, originals))
    witness = Witness(keeper.file.page_id, keeper.file.title, keeper.page.revid, keeper.file.sha1)
    return Proposal(nominee.file, edit, Kind.NOMINATED, witnesses=(witness,))


def without_nomination(text: str, keeper_title: str, home_category: str) -> str:
    """Take our nomination out of a text, wherever it stands now, and put the home category back.

    A text without our nomination for this keeper stays as it is.
    """
    cuts = [cut for cut, keeper in _nominations(Page(text)) if keeper == title(keeper_title)]
    return _exchanged(Page(without(text, cuts)), IDENTICAL_CATEGORY, home_category) if cuts else text


def keepers_named(text: str) -> frozenset[str]:
    """Give the titles that the duplicate templates of a page name, whoever wrote them."""
    page = Page(text)
    values = (
        _FILE_PREFIX.sub("", title(page.value(one, _MAX_TITLE)))
        for template in page.templates
        if folded(template.name) in DUPLICATE
        for one in template.parameters
    )
    return frozenset(title(value) for value in values if value)


def keepers_named_by_us(text: str) -> frozenset[str]:
    """Give the titles that nominations of ours on a page name."""
    return frozenset(keeper for _, keeper in _nominations(Page(text)))


def release(keeper: Facts, home_category: str, nominees: Sequence[str]) -> Proposal | Skipped:
    """Propose to take the home category off the file to keep, whose ``nominees`` are nominated."""
    why = f"{RELEASE_OPENING}: {_told_titles(nominees)} nominated as identical"
    return _leaving(keeper, home_category, why, Kind.RELEASED)


def cleanup(
    file: Facts, home_category: str, gone: Sequence[str], apart: Sequence[str] = ()
) -> Proposal | Skipped:
    """Propose to take the home category off a file that looked like none but these.

    The files ``gone`` are no more, and people judged those ``apart`` to be no duplicates of it.
    """
    told = [f"{_told_titles(gone)} gone"] if gone or not apart else []
    told += [f"people judged that it is no duplicate of {_named(apart)}"] if apart else []
    why = f"{CLEANUP_OPENING}: {'; '.join(told)}"
    return _leaving(file, home_category, why, Kind.CLEANED)


def _unproven(
    nominee: Facts,
    keeper: Facts,
    comparison: Comparison,
    originals: tuple[Original, Original],
    ranking: Ranking,
) -> Skipped | None:
    own = nominee.file.title
    if [one.sha1 for one in originals] != [nominee.file.sha1, keeper.file.sha1]:
        return Skipped(own, Reason.OVERWRITTEN, "other bytes than those that were compared")
    if not comparison.verdict.is_same_picture or not proofs(*originals):
        return Skipped(own, Reason.NOT_IDENTICAL, comparison.verdict.value)
    kept = ranking.keeper
    if kept is None or kept.evidence.page_id != keeper.file.page_id:
        return Skipped(own, Reason.NO_KEEPER, f"not “{keeper.file.title}”")
    if nominee.file.page_id not in {score.evidence.page_id for score in ranking.nominees}:
        return Skipped(own, Reason.NO_KEEPER, "it has no score")
    if _NO_FILE_TITLE.search(keeper.file.title):
        return Skipped(own, Reason.UNSAFE_TEXT, "a title that no wiki has")
    return None


def _refused(file: Facts, before: Page, home_category: str) -> Skipped | None:
    own, text = file.file.title, file.page.text
    if file.page.is_redirect or before.is_redirect():
        return Skipped(own, Reason.REDIRECT)
    if not text.strip():
        return Skipped(own, Reason.UNSAFE_TEXT, "somebody has blanked the page")
    if before.markup.left_open:
        return Skipped(own, Reason.UNSAFE_TEXT, f"{before.markup.left_open[-1]} left open")
    if any(char in text for char in "\r\x00\x01"):
        return Skipped(own, Reason.UNSAFE_TEXT, "characters that no wiki stores")
    if before.in_category((IDENTICAL_CATEGORY,)):
        return Skipped(own, Reason.ALREADY_TAGGED)
    if not before.in_category((home_category,)):
        return Skipped(own, Reason.REMOVED_BY_HUMAN, f"not in Category:{home_category}")
    return None


def _leaving(file: Facts, home_category: str, why: str, kind: Kind) -> Proposal | Skipped:
    before = Page(file.page.text)
    if refused := _refused(file, before, home_category):
        return refused
    new_text = without(file.page.text, category_cuts(before, home_category)).rstrip()  # as wikis store it
    after = Page(new_text)
    home = title(home_category)
    kept = [(link.name, link.key) for link in before.categories if link.name != home]
    if (
        not new_text.strip()
        or after.markup.left_open
        or [(link.name, link.key) for link in after.categories] != kept
        or [template.name for template in after.templates] != [one.name for one in before.templates]
    ):
        return Skipped(file.file.title, Reason.UNSAFE_TEXT, "the new text does not read as meant")
    return Proposal(file.file, PageEdit(file.page, new_text, why), kind)


def _reads_as_meant(before: Page, new_text: str, keeper: str, why: str, home_category: str) -> bool:
    after = Page(new_text)
    exchange = {title(home_category): title(IDENTICAL_CATEGORY)}
    categories = [(exchange.get(link.name, link.name), link.key) for link in before.categories]
    line = new_text.partition("\n")[0]
    parameters = [(one.name, after.value(one)) for ours in after.templates[:1] for one in ours.parameters]
    return (
        without_nomination(new_text, keeper, home_category) == before.text
        and [(link.name, link.key) for link in after.categories] == categories
        and [one.name for one in after.templates] == [_TEMPLATE, *(one.name for one in before.templates)]
        and parameters == [("1", keeper), ("2", why)]
        # A title may begin with a mark that MediaWiki, on saving, would melt into our "=".
        and unicodedata.is_normalized("NFC", line)
    )


def _nominations(page: Page) -> Iterator[tuple[Cut, str]]:
    """Find the templates that we wrote, with what to take out and whom they name as the keeper."""
    brackets = [bracket for bracket in page.markup.brackets if bracket.is_template]
    for bracket, template in zip(brackets, page.templates, strict=True):
        if template.name != _TEMPLATE or [one.name for one in template.parameters] != ["1", "2"]:
            continue
        keeper, why = (page.value(one) for one in template.parameters)
        if why.startswith(REASON_OPENING):
            start, end = bracket.start, bracket.end
            if page.text[end : end + 1] == "\n" and page.text[start - 1 : start] in ("", "\n"):
                end += 1
            yield Cut(start, page.text[start:end]), title(keeper)


def _exchanged(page: Page, old: str, new: str) -> str:
    """Rename a category in its own links, where its name is written as we write it."""
    text, done, pieces = page.text, 0, []
    for link in page.categories:
        start = text.index(":", link.start) + 1
        if link.name == title(old) and text.startswith(old, start):
            pieces += [text[done:start], new]
            done = start + len(old)
    return "".join(pieces) + text[done:]


def _named(titles: Sequence[str]) -> str:
    return linked(titles[0]) + (f" and {len(titles) - 1} more" if len(titles) > 1 else "")


def _told_titles(titles: Sequence[str]) -> str:
    more = f" and {len(titles) - 1} more are" if len(titles) > 1 else " is"
    return linked(titles[0]) + more if titles else "others are"
