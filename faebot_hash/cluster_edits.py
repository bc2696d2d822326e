"""From what the page of a file should tell of its cluster to the edit that makes it so, and no more.

What people have done is never undone: a gallery that they changed, a category that they chose and a page from
which they took either stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from faebot_hash import exclude, similar
from faebot_hash.collection import Collection
from faebot_hash.console import plural
from faebot_hash.edits import Kind, PageEdit, Proposal, Witness
from faebot_hash.markup import title
from faebot_hash.model import FileInfo, PageText, Revision
from faebot_hash.reasons import Reason, Skipped
from faebot_hash.wikitext import Page, category_cuts, category_line, with_category, without

OPENING = "Faebot clusters similar files"
_KEY = "\x02"


@dataclass(frozen=True)
class Wish:
    """What a page should tell of a cluster with so many files: a category or a gallery, or nothing."""

    category: str = ""
    gallery: str = ""
    files: int = 0

    @property
    def kind(self) -> Kind:
        """Give the kind of the edit that fulfils it."""
        if self.gallery:
            return Kind.GALLERY
        return Kind.CLUSTERED if self.category else Kind.UNCLUSTERED


@dataclass(frozen=True)
class OwnEdit:
    """What our last edit about clusters left on a page; ``category`` is "" where it is not known."""

    adds: bool
    category: str = ""


NOTHING = Wish()


def propose(
    file: FileInfo,
    page: PageText,
    wish: Wish,
    collection: Collection,
    names: Sequence[str],
    last: Callable[[], OwnEdit | None],
    witnesses: tuple[Witness, ...] = (),
) -> Proposal | Skipped:
    """Propose the edit that a page needs, or say why there is none (UNCHANGED where it needs none).

    ``names`` begins with the account that edits; ``last`` finds our last edit about clusters, and is only
    asked where it matters.
    """
    before = Page(page.text)
    if _told(before, collection) == (_only(wish.category), wish.gallery):
        return Skipped(file.title, Reason.UNCHANGED)
    if unwanted := exclude.by_wishes(page, before, names) or _unsafe(file, before):
        return unwanted
    if theirs := _left_to_people(file, before, wish, collection, last):
        return theirs
    new_text = _fulfilled(page.text, wish, collection)
    if not _reads_as_meant(before, new_text, wish, collection):
        return Skipped(file.title, Reason.UNSAFE_TEXT, "the new text does not read as meant")
    return Proposal(file, PageEdit(page, new_text, summary(wish, collection)), wish.kind, witnesses=witnesses)


def summary(wish: Wish, collection: Collection) -> str:
    """Say in one line what an edit does; by its beginning it is known again."""
    what = "none any more"
    if wish.gallery:
        what = f"gallery for a cluster of {plural(wish.files, 'file')}"
    elif wish.category:
        what = f"[[:Category:{wish.category}]], {plural(wish.files, 'file')}"
    return f"{OPENING} ({collection.name}): {what}"


def own_edit(history: Iterable[Revision], collection: Collection, user: str) -> OwnEdit | None:
    """Find our last edit about the clusters of a collection in a history, which is newest first.

    An edit that takes something away counts only if the account ``user`` made it.
    """
    told = re.compile(
        rf"{OPENING} \({re.escape(collection.name)}\): (?:(none)|gallery|\[\[:Category:([^\]|]+)\]\])"
    )
    for revision in history:
        found = told.match(revision.comment)
        if found and (not found[1] or revision.user == user):
            return OwnEdit(not found[1], title(found[2] or ""))
    return None


def without_ours(text: str, collection: Collection) -> str:
    """Take the gallery and the categories of a collection's clusters out of a text."""
    text = similar.without_gallery(text, collection.name)
    for name in own_categories(Page(text), collection):
        text = without(text, category_cuts(Page(text), name))
    return text


def category_name(collection: Collection, key: int) -> str:
    """Name the category of a cluster."""
    return title(collection.cluster_category.replace("{key}", str(key)))


def keys_on(text: str, collection: Collection) -> frozenset[int]:
    """Give the keys of the clusters in whose categories a page is."""
    name = _name_pattern(collection)
    return frozenset(int(found[1]) for one in own_categories(Page(text), collection) if (found := name(one)))


def own_categories(page: Page, collection: Collection) -> frozenset[str]:
    """Give the categories of a page that are those of clusters of a collection."""
    name = _name_pattern(collection)
    return frozenset(link.name for link in page.categories if name(link.name))


def _name_pattern(collection: Collection) -> Callable[[str], re.Match[str] | None]:
    template = title(collection.cluster_category.replace("{key}", _KEY))
    pattern = re.escape(template).replace(re.escape(_KEY), "([0-9]{1,18})") if template else r"(?!)"
    return re.compile(pattern, re.ASCII).fullmatch


def _only(name: str) -> frozenset[str]:
    return frozenset((name,)) if name else frozenset()


def _told(page: Page, collection: Collection) -> tuple[frozenset[str], str | None]:
    """Give what a page tells of clusters: categories, and a gallery, None for one that is in pieces."""
    gallery = similar.gallery_of(page.text, collection.name)
    inside = gallery.inside if gallery else ""
    in_pieces = gallery is None and similar.has_marks(page.text, collection.name)
    return own_categories(page, collection), None if in_pieces else inside


def _unsafe(file: FileInfo, before: Page) -> Skipped | None:
    if not before.text.strip():
        return Skipped(file.title, Reason.UNSAFE_TEXT, "somebody has blanked the page")
    if before.markup.left_open:
        return Skipped(file.title, Reason.UNSAFE_TEXT, f"{before.markup.left_open[-1]} left open")
    if any(char in before.text for char in "\r\x00\x01"):
        return Skipped(file.title, Reason.UNSAFE_TEXT, "characters that no wiki stores")
    return None


def _left_to_people(
    file: FileInfo, before: Page, wish: Wish, collection: Collection, last: Callable[[], OwnEdit | None]
) -> Skipped | None:
    categories, inside = _told(before, collection)
    gallery = similar.gallery_of(before.text, collection.name)
    if inside is None or (gallery and not gallery.is_untouched):
        return Skipped(file.title, Reason.EDITED_SINCE, "the gallery of similar files")
    if categories and categories != _only(wish.category):
        own = last()
        if own is None or categories != _only(own.category):
            return Skipped(file.title, Reason.EDITED_SINCE, f"in Category:{min(categories)}")
    elif not categories and not gallery:
        own = last()
        if own is not None and own.adds:
            return Skipped(file.title, Reason.REMOVED_BY_HUMAN, "its cluster")
    return None


def _fulfilled(text: str, wish: Wish, collection: Collection) -> str:
    if wish.gallery:
        text = similar.with_gallery(text, collection.name, wish.gallery)
    else:
        text = similar.without_gallery(text, collection.name)
    page = Page(text)
    ours = own_categories(page, collection)
    if wish.category and not ours:
        return with_category(text, wish.category)
    for link in reversed([link for link in page.categories if link.name in ours - _only(wish.category)]):
        if wish.category:
            text = text[: link.start] + category_line(wish.category, link.key) + text[link.end :]
    if not wish.category:
        for name in ours:
            text = without(text, category_cuts(Page(text), name))
    return text.rstrip()


def _reads_as_meant(before: Page, new_text: str, wish: Wish, collection: Collection) -> bool:
    after = Page(new_text)
    ours = own_categories(before, collection) | own_categories(after, collection)
    kept, now = (
        [(link.name, link.key) for link in page.categories if link.name not in ours]
        for page in (before, after)
    )
    return (
        _told(after, collection) == (_only(wish.category), wish.gallery)
        and now == kept
        and [one.name for one in after.templates] == [one.name for one in before.templates]
        and without_ours(new_text, collection).rstrip() == without_ours(before.text, collection).rstrip()
        and not after.markup.left_open
        and new_text == new_text.rstrip() != ""
    )
