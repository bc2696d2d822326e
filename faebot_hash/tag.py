"""From a match and a page's text to the edit that tags it: one line at the end, nothing else touched."""

from __future__ import annotations

from collections.abc import Iterable

from faebot_hash.collection import Collection
from faebot_hash.edits import MAX_SUMMARY, PageEdit, Proposal
from faebot_hash.marks import IDENTICAL_CATEGORY
from faebot_hash.model import Match, PageText
from faebot_hash.reasons import Reason, Skipped
from faebot_hash.wikitext import Cut, Page, category_cuts, category_line, restored, with_category, without


def propose(match: Match, page: PageText, collection: Collection, home_category: str) -> Proposal | Skipped:
    """Propose the tagging of one page, or say why its text cannot be tagged.

    The collection's ``remove_category`` leaves the page in the same edit.
    """
    before = Page(page.text)
    if page.is_redirect or before.is_redirect():
        return Skipped(match.file.title, Reason.REDIRECT)
    if before.in_category((home_category, IDENTICAL_CATEGORY)):
        return Skipped(match.file.title, Reason.ALREADY_TAGGED)
    if not page.text.strip():
        return Skipped(match.file.title, Reason.UNSAFE_TEXT, "somebody has blanked the page")
    if before.markup.left_open:
        return Skipped(match.file.title, Reason.UNSAFE_TEXT, f"{before.markup.left_open[-1]} left open")
    if any(char in page.text for char in "\r\x00\x01"):
        return Skipped(match.file.title, Reason.UNSAFE_TEXT, "characters that no wiki stores")
    key = sort_key(match)
    cuts = category_cuts(before, collection.remove_category) if collection.remove_category else ()
    new_text = with_category(without(page.text, cuts), home_category, key)
    if not _is_the_smallest_change(before, new_text, home_category, key, cuts):
        return Skipped(match.file.title, Reason.UNSAFE_TEXT, "the new text does not read as meant")
    edit = PageEdit(page, new_text, summary(match, home_category))
    return Proposal(match.file, edit, match=match)


def sort_key(match: Match) -> str:
    """Write the hash that matched as the 16 hex digits that sort the file in the category."""
    return f"{match.value:016x}"


def summary(match: Match, home_category: str) -> str:
    """Say in one line what was found: the hash as the original wrote it, and a file to compare with."""
    found = f"Faebot identified duplicate, {match.kind.value}: {sort_key(match)}"
    see = f"see [[:Category:{home_category}]]"
    if match.partners:
        more = f" and {len(match.partners) - 1} more" if len(match.partners) > 1 else ""
        full = f"{found}, looks like [[:File:{match.partners[0].title}]]{more}, {see}"
        if len(full) <= MAX_SUMMARY:
            return full
    return f"{found}, {see}"[:MAX_SUMMARY]


def without_tag(text: str, home_category: str, key: str, removed: Iterable[Cut] = ()) -> str:
    """Take our line out of a text again, wherever it stands now, and put back what left in the same edit.

    ``removed`` are the cuts of the tagging; they fit only while the rest of the text is unchanged.
    """
    return restored(without(text, category_cuts(Page(text), home_category, key)), removed)


def _is_the_smallest_change(
    before: Page, new_text: str, home_category: str, key: str, removed: tuple[Cut, ...]
) -> bool:
    after = Page(new_text)
    gone = {cut.start + cut.text.index("[[") for cut in removed}
    kept = [(link.name, link.key) for link in before.categories if link.start not in gone]
    ours = (Page(category_line(home_category, key)).categories[0].name, key)
    return (
        without_tag(new_text, home_category, key, removed) == before.text
        and [(link.name, link.key) for link in after.categories] == [*kept, ours]
        and [template.name for template in after.templates] == [t.name for t in before.templates]
        and not after.markup.left_open
        and new_text == new_text.rstrip()
    )
