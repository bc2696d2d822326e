"""A wiki of dicts whose files people delete, move, overwrite and mark, and all that a run asks of it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache

from faebot_hash.cases import Case
from faebot_hash.edits import PageEdit
from faebot_hash.family import Facts, Member
from faebot_hash.likeness import Digest, Original
from faebot_hash.links import Observation
from faebot_hash.model import FileInfo, Fingerprint, PageText, Revision, Seed
from faebot_hash.ports import EditAnswer
from faebot_hash.preflight import Preflight
from faebot_hash.reasons import Reason, Skipped
from tests.fakes import EPOCH, FakeJournal, FakeJudgements, FakeStore, FakeWiki

_CATEGORY = re.compile(r"\[\[Category:([^\[\]|]+)(?:\|([^\[\]]*))?\]\]")
_TEMPLATE = re.compile(r"\{\{([^{}|\n]+)")
_LINK = re.compile(r"\[\[:File:([^\[\]|]+)\]\]|\{\{[Dd]uplicate\|(?:1=)?([^{}|]+)")


@dataclass(frozen=True)
class Picture:
    """What a file shows: two are one picture when ``content`` is equal, and look alike when ``look`` is."""

    content: int
    look: int = 0
    variant: int = 0

    @property
    def body(self) -> bytes:
        """Give the bytes of the file."""
        return b"%d %d %d" % (self.content, self.look, self.variant)


@lru_cache(maxsize=100_000)
def sha1_of(body: bytes) -> str:
    """Digest bytes as wikis do."""
    return hashlib.sha1(body, usedforsecurity=False).hexdigest()


def file_of(page_id: int, title: str, picture: Picture, uploaded: datetime) -> FileInfo:
    """Make what the wiki tells of a file with this picture; its address says what it shows."""
    address = f"http://127.0.0.1/{page_id}/{picture.body.decode().replace(' ', '/')}"
    return FileInfo(
        page_id=page_id,
        title=title,
        sha1=sha1_of(picture.body),
        size_bytes=len(picture.body),
        width_px=640,
        height_px=480,
        mime="image/jpeg",
        uploaded=uploaded,
        uploader="Uploader",
        thumb_url=f"{address}/thumb",
        url=address,
    )


class Media:
    """Serves what an address names, thumbnails as well as originals."""

    def fetch(
        self, urls: Iterable[str], cap_bytes: int | None = None
    ) -> Iterator[tuple[str, bytes | Skipped]]:
        for url in urls:
            yield url, " ".join(url.split("/")[4:7]).encode()


class Darkroom:
    """Reads pictures from their bytes."""

    def fingerprint(self, picture: bytes) -> Fingerprint | Skipped:
        content, look, _ = map(int, picture.split())
        return Fingerprint(0x00181B19147AFC00 + look, content + 1, 0, 0, low_information=False)

    def digest(self, picture: bytes, beside: Collection[str] | None = None) -> Digest | Skipped:
        content = picture.split()[0]
        return Digest(sha1_of(b"export " + content), sha1_of(content), 1, "RGB", 8, 640, 480, 1, "")


@dataclass
class MemoryStore(FakeJournal, FakeStore, FakeJudgements):
    """All that a run remembers, in dicts."""

    cases: dict[str, Case] = field(default_factory=dict)
    digests: dict[str, Original | Skipped] = field(default_factory=dict)
    observed: dict[str, tuple[Observation, ...]] = field(default_factory=dict)

    def keep_cases(self, cases: Sequence[Case], whole: bool) -> None:
        self.cases = ({} if whole else self.cases) | {case.key: case for case in cases}

    def originals(self, sha1s: Iterable[str]) -> Mapping[str, Original | Skipped]:
        return {sha1: self.digests[sha1] for sha1 in sha1s if sha1 in self.digests}

    def keep_originals(self, results: Mapping[str, Original | Skipped]) -> None:
        self.digests |= results

    def link_histories(self, urls: Iterable[str]) -> Mapping[str, tuple[Observation, ...]]:
        return {url: self.observed[url] for url in urls if url in self.observed}

    def observe(self, observations: Mapping[str, Observation]) -> None:
        for url, one in observations.items():
            self.observed[url] = (*self.observed.get(url, ()), one)


@dataclass
class LivingWiki(FakeWiki):
    """A wiki where files come and go; ``pictures`` knows what each file shows, gone ones too."""

    pictures: dict[int, Picture] = field(default_factory=dict)
    versions: dict[int, int] = field(default_factory=dict)
    first_uploaded: dict[int, datetime] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    deleted: dict[int, tuple[FileInfo, list[tuple[Revision, str]]]] = field(default_factory=dict)
    kept: set[int] = field(default_factory=set)
    usage: dict[int, int] = field(default_factory=dict)
    by_revid: dict[int, tuple[int, str]] = field(default_factory=dict)  # page id 0 is of no file

    def upload(self, page_id: int, title: str, picture: Picture, text: str, age: int) -> None:
        """Upload a file; the higher its ``age``, the earlier that was."""
        uploaded = EPOCH - timedelta(days=age)
        self.pictures[page_id], self.versions[page_id] = picture, 1
        self.first_uploaded[page_id] = uploaded
        self.add(file_of(page_id, title, picture, uploaded), text)

    def overwrite(self, page_id: int, picture: Picture) -> None:
        """Upload another version of a file."""
        revision = self.save(page_id, self.text(page_id), "another version", "Visitor")
        file = file_of(page_id, self.known[page_id].title, picture, revision.timestamp)
        self.pictures[page_id], self.known[page_id] = picture, file
        self.versions[page_id] += 1

    def delete(self, page_id: int, redirect_to: str = "") -> None:
        """Delete a file with its page, and perhaps leave a redirect."""
        file = self.known.pop(page_id)
        self.deleted[page_id] = (file, self.revisions.pop(page_id))
        if redirect_to:
            self.redirects[file.title] = redirect_to

    def undelete(self, page_id: int) -> None:
        """Bring a file back as it was, under the id that it had."""
        self.known[page_id], self.revisions[page_id] = self.deleted.pop(page_id)
        self.redirects.pop(self.known[page_id].title, None)

    def move(self, page_id: int, title: str, leaves_redirect: bool) -> None:
        """Give a file another title."""
        file = self.known[page_id]
        if leaves_redirect:
            self.redirects[file.title] = title
        self.redirects.pop(title, None)
        self.known[page_id] = replace(file, title=title)
        self.save(page_id, self.text(page_id), f"moved to {title}", "Visitor")

    def is_redirect(self, page_id: int) -> bool:
        """Tell whether somebody made a redirect of a file's page."""
        return self.text(page_id).startswith("#REDIRECT")

    def titled(self, title: str) -> int | None:
        """Find the living file of this title."""
        return next((page_id for page_id, file in self.known.items() if file.title == title), None)

    def save(self, page_id: int, text: str, comment: str, user: str) -> Revision:
        revision = super().save(page_id, text, comment, user)
        self.by_revid[revision.revid] = (page_id, text)
        return revision

    def save_other(self, title: str, text: str, comment: str, user: str) -> Revision:
        revision = super().save_other(title, text, comment, user)
        self.by_revid[revision.revid] = (0, text)
        return revision

    def text_at(self, revid: int) -> str | None:
        page_id, text = self.by_revid[revid]
        return text if page_id in self.known or not page_id else None

    def files(self, page_ids: Sequence[int]) -> Iterator[FileInfo | Skipped]:
        for page_id, one in zip(page_ids, super().files(page_ids), strict=True):
            gone = isinstance(one, FileInfo) and self.is_redirect(page_id)
            yield Skipped(self.known[page_id].title, Reason.REDIRECT) if gone else one

    def seeds(self, titles: Iterable[str]) -> Iterator[Seed | Skipped]:
        for title in titles:
            name = title.removeprefix("File:")
            page_id = self.titled(name)
            if name in self.redirects or (page_id is not None and self.is_redirect(page_id)):
                yield Skipped(name, Reason.REDIRECT)
            elif page_id is None:
                yield Skipped(name, Reason.MISSING)
            else:
                yield Seed(self.known[page_id], self.text(page_id))

    def preflight(
        self, titles: Sequence[str], categories: Sequence[str], others: Sequence[str] = ()
    ) -> Preflight:
        self.sizes = {name: len(self.in_category(name)) for name in categories}
        told = super().preflight(titles, categories, others)
        redirects = [page_id for page_id in told.files if self.is_redirect(page_id)]
        refused = {page_id: Skipped(self.known[page_id].title, Reason.REDIRECT) for page_id in redirects}
        return replace(told, files={**told.files, **refused})

    def _edit_other(self, edit: PageEdit, summary: str) -> EditAnswer:
        if edit.page.page_id in self.deleted:
            return EditAnswer("nosuchpageid")
        return super()._edit_other(edit, summary)

    def _text(self, page_id: int) -> PageText | Skipped:
        page = super()._text(page_id)
        return replace(page, is_redirect=self.is_redirect(page_id)) if isinstance(page, PageText) else page

    def in_category(self, name: str) -> dict[int, str]:
        """Give the sort keys of the files in a category; {{duplicate}} puts files into one."""
        found = {}
        for page_id in self.known:
            categories = dict(_CATEGORY.findall(self.text(page_id)))
            if name == "Duplicate" and "Duplicate" in templates_of(self.text(page_id)):
                found[page_id] = ""
            elif name in categories:
                found[page_id] = categories[name]
        return found


def templates_of(text: str) -> frozenset[str]:
    """Name the templates that a text uses."""
    return frozenset(name[:1].upper() + name[1:] for name in _TEMPLATE.findall(text))


@dataclass(frozen=True)
class LivingFacts:
    """Tells what only confirming asks."""

    wiki: LivingWiki

    def members(self, category: str) -> Iterator[Member]:
        for page_id, key in self.wiki.in_category(category).items():
            yield Member(page_id, self.wiki.known[page_id].title, key)

    def facts(self, page_ids: Sequence[int]) -> Mapping[int, Facts | Skipped]:
        pages = self.wiki.texts(page_ids)
        files = zip(page_ids, self.wiki.files(page_ids), strict=True)
        return {page_id: self._facts(pages[page_id], file) for page_id, file in files}

    def _facts(self, page: PageText | Skipped, file: FileInfo | Skipped) -> Facts | Skipped:
        if isinstance(page, Skipped) or isinstance(file, Skipped):
            return file if isinstance(file, Skipped) else page  # type: ignore[return-value]
        wiki, page_id = self.wiki, file.page_id
        return Facts(
            file=file,
            page=page,
            first_uploaded=wiki.first_uploaded[page_id],
            versions=wiki.versions[page_id],
            templates=templates_of(page.text),
            talk_templates=frozenset({"Kept"}) if page_id in wiki.kept else frozenset(),
            categories=frozenset(name for name, _ in _CATEGORY.findall(page.text)),
            linked_from=frozenset(self._linking(file.title)) - {file.title},
            assessments=frozenset(),
            global_usage=wiki.usage.get(page_id, 0),
            statements=0,
            protection=wiki.protection.get(page_id, ""),
        )

    def _linking(self, title: str) -> Iterator[str]:
        for page_id, file in self.wiki.known.items():
            named = {linked or named for linked, named in _LINK.findall(self.wiki.text(page_id))}
            if title in named and not self.wiki.is_redirect(page_id):
                yield file.title
