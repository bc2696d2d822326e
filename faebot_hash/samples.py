"""Files of a wiki as samples of a study: each width's thumbnails, and the originals, hashed and kept."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from faebot_hash.fingerprint import current_basis
from faebot_hash.model import FileInfo, Fingerprint
from faebot_hash.originals import OriginalReader, unfit
from faebot_hash.ports import HashStore, Wiki
from faebot_hash.reasons import Reason, Skipped
from faebot_hash.study import Sample
from faebot_hash.study_plan import ORIGINAL_PX, Plan
from faebot_hash.thumbnails import Hasher, comparable, unwatched

T = TypeVar("T")

FILES_AT_ONCE = 50
"""What one request may ask thumbnails of; originals of so many are read before their thumbnails."""


@dataclass(frozen=True)
class WikiSamples:
    """Reads what a study needs of each file; what the store knows is not fetched again.

    ``wikis`` and ``hashers`` are those for each width of the plan, as the API offers one width a request.
    """

    plan: Plan
    wikis: Mapping[int, Wiki]
    hashers: Mapping[int, Hasher]
    originals: OriginalReader
    store: HashStore
    watch: Callable[[Iterable[T], int, str], Iterable[T]] = unwatched

    def of(self, page_ids: Iterable[int]) -> Iterator[Sample | Skipped]:
        """Give a sample for each file that has an original to compare with, else the reason."""
        seen: set[str] = set()
        remaining = iter(page_ids)
        while some := list(itertools.islice(remaining, FILES_AT_ONCE)):
            files: list[FileInfo] = []
            for file in map(comparable, self.wikis[self.plan.working_px].files(some)):
                if isinstance(file, Skipped):
                    yield file
                elif file.sha1 in seen:
                    yield Skipped(file.title, Reason.STUDIED_ALREADY)
                else:
                    seen.add(file.sha1)
                    files.append(file)
            yield from self._samples(files)

    def _samples(self, files: Sequence[FileInfo]) -> Iterator[Sample | Skipped]:
        originals = self._originals(files)
        worth: dict[int, FileInfo] = {}
        for file in files:
            original = originals[file.sha1]
            if isinstance(original, Skipped):
                yield replace(original, what=file.title)
            elif original.low_information:
                yield Skipped(file.title, Reason.LOW_INFORMATION)
            else:
                worth[file.page_id] = file
        columns = {width_px: self._column(worth, width_px) for width_px in self.plan.widths_px}
        for page_id, file in worth.items():
            found = {width_px: column[page_id] for width_px, column in columns.items()}
            found[ORIGINAL_PX] = originals[file.sha1]
            yield Sample(
                file.title,
                {px: one for px, one in found.items() if isinstance(one, Fingerprint)},
                {px: one for px, one in found.items() if isinstance(one, Skipped)},
            )

    def _column(self, files: Mapping[int, FileInfo], width_px: int) -> dict[int, Fingerprint | Skipped]:
        """Hash the thumbnails of one width, by page id."""
        column: dict[int, Fingerprint | Skipped] = {}
        offered = []
        for page_id, now in zip(files, self.wikis[width_px].files(list(files)), strict=True):
            if isinstance(now, Skipped):
                column[page_id] = now
            elif now.sha1 != files[page_id].sha1:
                column[page_id] = Skipped(now.title, Reason.OVERWRITTEN, "during the study")
            elif now.width_px <= width_px:
                column[page_id] = Skipped(now.title, Reason.NOT_SMALLER, f"{width_px} px of {now.width_px}")
            else:
                offered.append(now)
        hashed, skipped = self.hashers[width_px].hashed(offered)
        reasons = {one.what: one for one in skipped}
        column |= {file.page_id: reasons[file.title] for file in offered if file.title in reasons}
        return column | {one.file.page_id: one.fingerprint for one in hashed}

    def _originals(self, files: Sequence[FileInfo]) -> dict[str, Fingerprint | Skipped]:
        basis = current_basis("original", 0)
        found = dict(self.store.get([file.sha1 for file in files], basis))
        wanted = []
        for file in files:
            if file.sha1 in found:
                continue
            if (why_not := unfit(file, self.originals.most_bytes)) is not None:
                found[file.sha1] = why_not
            else:
                wanted.append(file)
        for file, body in self.watch(self.originals.fetched(wanted), len(wanted), "originals"):
            if isinstance(body, Skipped):
                found[file.sha1] = body
            else:
                one = self.originals.digester.fingerprint(body)
                found[file.sha1] = one
                self.store.put({file.sha1: one}, basis)
        return found
