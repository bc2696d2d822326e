"""Keep file pages in step with the clusters of their collection: what to edit on which page, and why not.

Pages that are in no cluster any more are found by the journal, and by a search for what we write, so that
a lost store leaves none behind.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from faebot_hash import exclude
from faebot_hash.cluster_edits import (
    NOTHING,
    OwnEdit,
    Wish,
    category_name,
    keys_on,
    own_edit,
    propose,
    summary,
    without_ours,
)
from faebot_hash.clusters import Clustered
from faebot_hash.collection import ClusterForm, Collection
from faebot_hash.edits import MAX_WITNESSES, Kind, PageEdit, Proposal, Witness
from faebot_hash.file_clusters import FileCluster, with_known_keys
from faebot_hash.model import FileInfo, PageText
from faebot_hash.ports import Journal, JournalRow, Wiki
from faebot_hash.reasons import Reason, Skipped
from faebot_hash.settings import Settings
from faebot_hash.similar import inside_of
from faebot_hash.wikitext import Page

PAGES_AT_ONCE = 250

Pages = Mapping[int, PageText | Skipped]


def run_name(collection: Collection) -> str:
    """Name the runs that keep the clusters of a collection, by which the journal knows them again."""
    return f"cluster-{collection.name}"


@dataclass(frozen=True)
class Upkeep:
    """Judges the file pages of one collection (``apply.Judge``)."""

    collection: Collection
    settings: Settings
    wiki: Wiki
    journal: Journal
    clusters: tuple[FileCluster, ...]
    unread: frozenset[str] = frozenset()
    _by_page: dict[int, FileCluster] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self._by_page.update({file.page_id: one for one in self.clusters for file in one.files})

    @classmethod
    def of(
        cls, clustered: Clustered, collection: Collection, settings: Settings, wiki: Wiki, journal: Journal
    ) -> Upkeep:
        """Take up what was clustered; as categories, clusters keep the keys that their pages tell."""
        clusters = clustered.clusters
        if collection.cluster_as is ClusterForm.CATEGORY:
            page_ids = [file.page_id for one in clusters for file in one.files]
            known = {
                page.page_id: keys_on(page.text, collection)
                for some in _pieces(page_ids)
                for page in wiki.texts(some).values()
                if isinstance(page, PageText)
            }
            clusters = with_known_keys(clusters, known)
        return cls(collection, settings, wiki, journal, clusters, clustered.unread)

    def proposals(self) -> Iterator[Proposal | Skipped]:
        """Judge the pages of all members, cluster by cluster, then those of files that are in none now."""
        for some in () if self._form is ClusterForm.PAGE else self._batches():
            pages = self.wiki.texts([file.page_id for one in some for file in one.files])
            for one in some:
                for file in one.files:
                    yield self._judged(file, one, pages)
        for page_ids in _pieces(self._strays()):
            pages = self.wiki.texts(page_ids)
            for stray in self.wiki.files(page_ids):
                if isinstance(stray, FileInfo) and stray.title not in self.unread:
                    yield self._judged(stray, None, pages)

    def judge_again(self, proposal: Proposal) -> Proposal | Skipped:
        """Decide anew for a file whose page, or that of another member, changed."""
        file, witnesses = proposal.file, proposal.witnesses
        then = {file.page_id: file.sha1, **{one.page_id: one.sha1 for one in witnesses}}
        for now in self.wiki.files(list(then)):
            if isinstance(now, Skipped):
                return Skipped(file.title, Reason.MISSING, now.what)
            if now.sha1 != then[now.page_id]:
                return Skipped(file.title, Reason.OVERWRITTEN, now.title)
        return self._judged(file, self._by_page.get(file.page_id), self.wiki.texts(list(then)))

    def withdrawal(self, proposal: Proposal, merged: PageText) -> PageEdit | None:
        """Take our lines off a page that, as somebody else's edit left it, refuses bots or is to go."""
        if proposal.kind is Kind.UNCLUSTERED:
            return None
        text = without_ours(merged.text, self.collection)
        why = exclude.by_wishes(replace(merged, text=text), Page(text), self._names)
        if why is None:
            return None
        return PageEdit(merged, text, f"{summary(NOTHING, self.collection)}: {why.reason.sentence}")

    def _judged(self, file: FileInfo, cluster: FileCluster | None, pages: Pages) -> Proposal | Skipped:
        page = pages[file.page_id]
        if isinstance(page, Skipped):
            return page
        wish = self._wish(file, cluster)
        witnesses = _witnesses(file, cluster, pages) if cluster else ()
        return propose(
            file, page, wish, self.collection, self._names, lambda: self._last(file.page_id), witnesses
        )

    def _wish(self, file: FileInfo, cluster: FileCluster | None) -> Wish:
        if cluster is None or self._form is ClusterForm.PAGE:
            return NOTHING
        count = len(cluster.members)
        if self._form is ClusterForm.CATEGORY:
            return Wish(category_name(self.collection, cluster.key), files=count)
        others = cluster.others(file.page_id, self.settings.clusters.most_shown)
        return Wish(gallery=inside_of([one.title for one in others], count - 1), files=count)

    def _last(self, page_id: int) -> OwnEdit | None:
        """Find our last edit about clusters on a page, in its history, else in the journal."""
        told = own_edit(self.wiki.history(page_id), self.collection, self.wiki.user)
        if told is not None:
            return told
        rows = self._own_rows(self.journal.rows(page_id=page_id, state="DONE"))
        kinds = [row.intent.kind for row in rows]
        return OwnEdit(kinds[0] != Kind.UNCLUSTERED) if kinds else None

    def _strays(self) -> list[int]:
        """Find the pages that may tell of a cluster, although they should not."""
        found: set[int] = set()
        for kind in (Kind.GALLERY, Kind.CLUSTERED):
            rows = self._own_rows(self.journal.rows(kind=kind, state="DONE"))
            found.update(row.intent.page_id for row in rows)
        for phrase in self._phrases():
            found.update(self.wiki.search(f'insource:"{phrase}"').page_ids)
        return sorted(found if self._form is ClusterForm.PAGE else found - self._by_page.keys())

    def _phrases(self) -> Iterator[str]:
        yield f"similar files begin {self.collection.name}"
        words = self.collection.cluster_category.partition("{key}")[0].replace('"', " ").strip()
        if words:
            yield words

    def _own_rows(self, rows: Iterable[JournalRow]) -> Iterator[JournalRow]:
        run = re.compile(rf"{re.escape(run_name(self.collection))}-[0-9]+-[0-9]+")
        for row in rows:
            if Kind(row.intent.kind).is_of_clusters and run.fullmatch(row.intent.run):
                yield row

    def _batches(self) -> Iterator[list[FileCluster]]:
        """Put small clusters together, so that their pages are read in few calls."""
        batch: list[FileCluster] = []
        for one in self.clusters:
            batch.append(one)
            if sum(len(some.members) for some in batch) >= PAGES_AT_ONCE:
                yield batch
                batch = []
        if batch:
            yield batch

    @property
    def _form(self) -> ClusterForm:
        return self.collection.cluster_as

    @property
    def _names(self) -> tuple[str, ...]:
        return (self.wiki.user, *self.settings.wiki.bot_names)


def _witnesses(file: FileInfo, cluster: FileCluster, pages: Pages) -> tuple[Witness, ...]:
    """Name other members that must still be as they were when the edit is made."""
    others = ((one, pages.get(one.page_id)) for one in cluster.files if one.page_id != file.page_id)
    found = (
        Witness(one.page_id, one.title, page.revid, one.sha1)
        for one, page in others
        if isinstance(page, PageText)
    )
    return tuple(islice(found, MAX_WITNESSES))


def _pieces(page_ids: Sequence[int]) -> Iterator[list[int]]:
    for start in range(0, len(page_ids), PAGES_AT_ONCE):
        yield list(page_ids[start : start + PAGES_AT_ONCE])
