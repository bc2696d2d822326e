"""What is on the wiki already, as the hash index knows it, and the wiki itself where it may be asked."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Protocol, Self

from faebot_hash.adapters.index_reader import IndexReader
from faebot_hash.adapters.live_index import LiveIndex
from faebot_hash.adapters.store import Store
from faebot_hash.errors import StoreError
from faebot_hash.fingerprint import current_basis
from faebot_hash.model import Basis, Fingerprint
from faebot_hash.nearest import Query
from faebot_hash.pairs import Within
from faebot_hash.upload import Hit

MOST_HITS = 10


class ShownFiles(Protocol):
    """A wiki that tells which pages show a file."""

    def showing(self, sha1: str) -> list[tuple[int, str]]:
        """Give ids and titles."""
        ...


class KnownFiles:
    """The index of a store, entered with ``with``; pages that ``wiki`` names are added. Raises StoreError.

    The search index is kept in ``folder``, or made anew for this run where that is None.
    """

    def __init__(
        self,
        store_url: str,
        folder: Path | None,
        *,
        thumb_width_px: int,
        statement_s: float,
        wiki: ShownFiles | None = None,
    ) -> None:
        self._store_url = store_url
        self._folder = folder
        self._wanted_px = thumb_width_px
        self._statement_s = statement_s
        self._wiki = wiki
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._store = stack.enter_context(Store.open(self._store_url, write=False))
            self._reader = IndexReader(self._store_url, self._statement_s)
            folder = self._folder or Path(stack.enter_context(TemporaryDirectory())) / "index"
            bases = self._reader.bases()
            if not bases:
                raise StoreError(f"{self._reader.where}: no hashes there yet; fill it with index_hashes")
            wanted = current_basis("thumbnail", self._wanted_px)
            self._indexes = [LiveIndex(folder, self._reader, wanted)]
            self.basis: Basis = self._indexes[0].current().basis
            if self.basis.source != "original" and any(one.source == "original" for one in bases):
                # Pictures that are no wider than a thumbnail are served, and indexed, as they are.
                small = folder.with_name(f"{folder.name}.originals")
                self._indexes.append(LiveIndex(small, self._reader, current_basis("original", 0)))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def __len__(self) -> int:
        return sum(len(index.current().search) for index in self._indexes)

    @property
    def thumb_width_px(self) -> int:
        """The width of the thumbnails in the index, 0 where it holds originals."""
        return self.basis.thumb_width_px

    def showing(self, sha1: str) -> list[Hit]:
        """Find the pages that show the very same file; raises WikiError."""
        found = {page.page_id: page.title for page in self._store.pages_of([sha1]).get(sha1, ())}
        found |= dict(self._wiki.showing(sha1)) if self._wiki is not None else {}
        return [Hit(page_id, title) for page_id, title in sorted(found.items())]

    def near(self, one: Fingerprint, tolerance_bits: int, most: int = MOST_HITS) -> tuple[list[Hit], bool]:
        """Find the ``most`` nearest pages by pHash or dHash, those with an equal hash first.

        Also tells whether there are more.
        """
        query = Query(one.phash, one.dhash)
        found: dict[int, tuple[int, int]] = {}
        more = False
        for bits in (0, tolerance_bits):
            hits: list[tuple[int, int, int]] = []
            for index in self._indexes:
                near = index.current().search.within(query, Within(bits, bits), most)
                assert near.phash_bits is not None
                assert near.dhash_bits is not None
                columns = (near.ids.tolist(), near.phash_bits.tolist(), near.dhash_bits.tolist())
                hits += zip(*columns, strict=True)
                more |= near.more
            for page_id, phash_bits, dhash_bits in sorted(hits, key=lambda hit: (hit[1] + hit[2], hit[0])):
                found.setdefault(page_id, (phash_bits, dhash_bits))
        chosen = list(found)[:most]
        pages = self._reader.pages(chosen)
        # A hash from elsewhere may come with a page id only, and is a hit all the same.
        named = [Hit(one, pages[one].title if one in pages else "", *found[one]) for one in chosen]
        return named, more or len(found) > most
