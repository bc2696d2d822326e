"""What the flows need from the world, as small protocols that ``adapters`` fulfil."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from faebot_hash.edits import Kind, PageEdit
from faebot_hash.family import Facts, Member
from faebot_hash.likeness import Digest, Original
from faebot_hash.links import Observation
from faebot_hash.model import Basis, FileInfo, Fingerprint, PageText, Revision, Seed, Slice
from faebot_hash.preflight import Preflight
from faebot_hash.reasons import Skipped


@dataclass(frozen=True)
class Hits:
    """The answer to a search: page ids in the wiki's order; with a ``warning`` it is incomplete."""

    total: int
    page_ids: tuple[int, ...]
    warning: str = ""


@dataclass(frozen=True)
class EditAnswer:
    """The wiki's answer to the one POST: ``code`` is "" after success, else the API's error code.

    ``oldrevid`` differs from the base when the edit was merged with someone's; code "unknown" means
    that no answer came, so the edit may or may not stand. ``retry_after_s`` is what the wiki asks for.
    """

    code: str
    detail: str = ""
    oldrevid: int = 0
    newrevid: int = 0
    unchanged: bool = False
    retry_after_s: float = 0.0


class Wiki(Protocol):
    """The wiki as the flows see it; reads raise ``WikiError`` when the wiki stays away."""

    family: str
    user: str

    def seeds(self, titles: Iterable[str]) -> Iterator[Seed | Skipped]:
        """Read files with their page texts in batches of 50; titles carry "File:"."""
        ...

    def count(self, query: str) -> Hits:
        """Count the files that a search finds, listing none: one API call."""
        ...

    def search(self, query: str) -> Hits:
        """List the page ids of all files that a search finds (at most 10,000)."""
        ...

    def files(self, page_ids: Sequence[int]) -> Iterator[FileInfo | Skipped]:
        """Read the current versions of files in batches of 50, in the order given."""
        ...

    def texts(self, page_ids: Sequence[int]) -> Mapping[int, PageText | Skipped]:
        """Read the current texts of pages in batches of 50."""
        ...

    def history(self, page_id: int) -> Sequence[Revision]:
        """Read a page's revisions, newest first."""
        ...

    def history_of(self, title: str) -> Sequence[Revision]:
        """Read the revisions of the page that has a full title now, newest first; none when there is none."""
        ...

    def prepare(self) -> None:
        """Make sure of login and token, so that nothing but the POST is left to send after the pre-flight."""
        ...

    def preflight(
        self, titles: Sequence[str], categories: Sequence[str], others: Sequence[str] = ()
    ) -> Preflight:
        """Read all afresh in one call: files (without "File:"), category sizes, other pages, the account."""
        ...

    def reverted(self, edits: Mapping[int, int]) -> frozenset[int]:
        """Tell which of our revisions (with their page ids) people have undone since; two calls for 50."""
        ...

    def text_at(self, revid: int) -> str | None:
        """Read the text of a page as it was at a revision, None where it is gone or hidden."""
        ...

    def edit(self, edit: PageEdit, summary: str, as_bot: bool = True) -> EditAnswer:
        """Send one POST, never again; every answer comes back as a value. Not ``as_bot`` it shows to all."""
        ...


class FactReader(Protocol):
    """What only confirming asks of the wiki; reads raise ``WikiError`` when the wiki stays away."""

    def members(self, category: str) -> Iterator[Member]:
        """List the file pages of a category (named without "Category:") with their sort keys."""
        ...

    def facts(self, page_ids: Sequence[int]) -> Mapping[int, Facts | Skipped]:
        """Read all that is told of files and their pages, in batches."""
        ...


class Fetcher(Protocol):
    """Downloads, politely, several at a time."""

    def fetch(
        self, urls: Iterable[str], cap_bytes: int | None = None
    ) -> Iterator[tuple[str, bytes | Skipped]]:
        """Give each address with its bytes or the reason why there are none, in any order.

        ``cap_bytes`` is the most that one body may have, else the settings' own limit.
        """
        ...


class Decoder(Protocol):
    """Turns untrusted bytes into fingerprints, away from this process."""

    def fingerprint(self, picture: bytes) -> Fingerprint | Skipped:
        """Hash one picture; ``Skipped.what`` is empty, because the caller knows the name."""
        ...


class Digester(Protocol):
    """Turns untrusted originals into digests, away from this process."""

    def fingerprint(self, picture: bytes) -> Fingerprint | Skipped:
        """Hash one picture; ``Skipped.what`` is empty, because the caller knows the name."""
        ...

    def digest(self, picture: bytes, beside: Collection[str] | None = None) -> Digest | Skipped:
        """Digest all that one picture decodes to; exported only if one of ``beside`` has its pixel SHA1.

        None exports in any case.
        """
        ...


class DigestStore(Protocol):
    """What is known of originals by their SHA1."""

    def originals(self, sha1s: Iterable[str]) -> Mapping[str, Original | Skipped]:
        """Look up what is known; absent keys were never read. ``Skipped.what`` is the SHA1."""
        ...

    def keep_originals(self, results: Mapping[str, Original | Skipped]) -> None:
        """Keep originals and lasting rejections, durably; the same key again replaces."""
        ...


class LinkHistory(Protocol):
    """The observations of external links, over all runs that counted."""

    def link_histories(self, urls: Iterable[str]) -> Mapping[str, tuple[Observation, ...]]:
        """Look up observations, oldest first; absent addresses were never asked for."""
        ...

    def observe(self, observations: Mapping[str, Observation]) -> None:
        """Add one observation to each address, durably; an equal one again changes nothing."""
        ...


class HashStore(Protocol):
    """Fingerprints by file SHA1 and basis, and the slices that are done."""

    def get(self, sha1s: Iterable[str], basis: Basis) -> Mapping[str, Fingerprint | Skipped]:
        """Look up what is known; absent keys were never hashed."""
        ...

    def put(self, results: Mapping[str, Fingerprint | Skipped], basis: Basis) -> None:
        """Keep fingerprints and lasting rejections, durably; the same key again replaces."""
        ...

    def slice_done(self, part: Slice) -> tuple[int, datetime] | None:
        """Tell the hit count and the time of the last complete run of a slice with this very query."""
        ...

    def remember_slice(self, part: Slice, hits: int, at: datetime) -> None:
        """Note that a slice is done."""
        ...


OPEN_STATES = ("PLANNED", "SENT", "UNKNOWN")
CLOSED_STATES = ("DONE", "NOOP", "CONFLICT", "REFUSED", "UNDONE")


def may_settle(present: str | None, state: str) -> bool:
    """Tell whether a journal row may go from one state to another; a state that settles nothing is our bug.

    Closed is closed, but an edit that was DONE may be UNDONE; UNKNOWN leaves a row open.
    """
    if state not in (*CLOSED_STATES, "UNKNOWN"):
        raise ValueError(f"{state} settles nothing")
    return present == "DONE" if state == "UNDONE" else present in OPEN_STATES


@dataclass(frozen=True)
class Intent:
    """A journal row: one edit that was planned, under the token that its summary carries.

    ``run`` names the run that planned it; ``file_timestamp`` and ``file_sha1`` are those of the file at
    the time; ``partners`` are the page ids and SHA1s of the files that it was compared with. Page id and
    base revision are 0 for a page that is to be made.
    """

    token: str
    page_id: int
    title: str
    baserevid: int
    file_sha1: str
    new_text_sha1: str
    kind: str
    run: str = field(default="", kw_only=True)
    file_timestamp: datetime | None = field(default=None, kw_only=True)
    partners: tuple[tuple[int, str], ...] = field(default=(), kw_only=True)

    @property
    def full_title(self) -> str:
        """Give the title with its namespace: a report's row has it, all others are of files."""
        return self.title if self.kind == Kind.REPORT else f"File:{self.title.removeprefix('File:')}"


@dataclass(frozen=True)
class JournalRow:
    """What became of an intent; ``revid`` is 0 until the edit is known to be saved."""

    intent: Intent
    state: str
    planned_at: datetime
    sent_at: datetime | None = None
    settled_at: datetime | None = None
    revid: int = 0
    detail: str = ""


@dataclass(frozen=True)
class RunSummary:
    """One run in the journal: when its first row was planned, its last change, its rows by state."""

    name: str
    started_at: datetime
    last: datetime
    counts: Mapping[str, int]


class Journal(Protocol):
    """The write-ahead record of edits: PLANNED, SENT, then one of the closed states.

    Rows keep the order in which they were planned, whatever the clock did; a step that a row cannot
    take raises ValueError.
    """

    def plan(self, intent: Intent) -> None:
        """Write the row durably, before anything is sent."""
        ...

    def sent(self, token: str, at: datetime) -> None:
        """Mark the row as sent, durably, before the first byte of the POST leaves."""
        ...

    def settle(self, token: str, state: str, revid: int = 0, detail: str = "") -> None:
        """Close the row, or leave it open as UNKNOWN; a revid and a detail stay unless others are given."""
        ...

    def open_rows(self) -> Sequence[Intent]:
        """List the rows that were planned or sent but never closed, oldest first."""
        ...

    def rows(
        self,
        run: str | None = None,
        kind: str | None = None,
        state: str | None = None,
        page_id: int | None = None,
        newest: int | None = None,
    ) -> Sequence[JournalRow]:
        """List rows, newest first: of one run, kind, state or page, and only the newest, where asked."""
        ...

    def runs(self) -> Sequence[RunSummary]:
        """List the runs that planned an edit, newest first."""
        ...

    def last_sent(self) -> datetime | None:
        """Tell the latest time at which a POST left, over all runs; ahead of a clock that was set back."""
        ...

    def tagged(self, page_id: int) -> bool:
        """Tell whether an edit of ours about duplicates is known to stand on this page, not undone by us."""
        ...
