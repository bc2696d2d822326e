"""A wiki, a journal and a store of dicts, for tests that need no world."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from faebot_hash.edits import Kind, PageEdit
from faebot_hash.errors import WikiError
from faebot_hash.judgements import Judged, Judgement, Pair, kept_apart, pair_of
from faebot_hash.model import Basis, FileInfo, Fingerprint, PageText, Revision, Seed, Slice
from faebot_hash.ports import (
    CLOSED_STATES,
    OPEN_STATES,
    EditAnswer,
    Hits,
    Intent,
    JournalRow,
    RunSummary,
    may_settle,
)
from faebot_hash.preflight import Account, Current, Other, Preflight
from faebot_hash.reasons import Reason, Skipped

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)

ACCOUNT = Account("PracticeBot", frozenset({"edit", "bot", "createpage"}))
RUN_PAGE = PageText(900, "PracticeBot/Run", 1, "yes", "2026-01-01T00:00:00Z")


def file_info(page_id: int, title: str = "", **changes: object) -> FileInfo:
    """Make a plausible photograph, whose SHA1 and thumbnail follow from its page id."""
    plain = FileInfo(
        page_id=page_id,
        title=title or f"Photograph {page_id}.jpg",
        sha1=hashlib.sha1(str(page_id).encode(), usedforsecurity=False).hexdigest(),
        size_bytes=1000,
        width_px=640,
        height_px=480,
        mime="image/jpeg",
        uploaded=EPOCH,
        thumb_url=f"http://127.0.0.1/thumb/{page_id}",
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


@dataclass
class FakeWiki:
    """Pages by id with their revisions; searches by their very query; every request is counted."""

    family: str = "practice"
    user: str = "PracticeBot"
    known: dict[int, FileInfo] = field(default_factory=dict)
    revisions: dict[int, list[tuple[Revision, str]]] = field(default_factory=dict)
    searches: dict[str, Hits] = field(default_factory=dict)
    edits: list[tuple[int, str]] = field(default_factory=list)
    flagged: list[bool] = field(default_factory=list)
    before_edit: Callable[[PageEdit], EditAnswer | None] = lambda edit: None
    after_edit: Callable[[EditAnswer], EditAnswer] = lambda answer: answer
    clock: int = 0
    asked: list[str] = field(default_factory=list)
    account: Account = ACCOUNT
    run_page: PageText | Skipped = RUN_PAGE
    protection: dict[int, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    undone: set[int] = field(default_factory=set)
    away: str = ""
    others: dict[str, list[tuple[Revision, str]]] = field(default_factory=dict)
    gone: dict[int, list[tuple[Revision, str]]] = field(default_factory=dict)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def add(self, file: FileInfo, text: str = "", comment: str = "upload") -> FileInfo:
        """Upload a file with a page."""
        self.known[file.page_id] = file
        self.save(file.page_id, text, comment, "Uploader")
        return file

    def save(self, page_id: int, text: str, comment: str, user: str) -> Revision:
        """Save a new revision as somebody."""
        self.clock += 1
        line = self.revisions.setdefault(page_id, [])
        parent = line[-1][0].revid if line else 0
        revision = Revision(self.clock, parent, EPOCH + timedelta(minutes=self.clock), user, comment)
        line.append((revision, text))
        return revision

    def text(self, page_id: int) -> str:
        """Give the latest text."""
        return self.revisions[page_id][-1][1]

    def count(self, query: str) -> Hits:
        hits = self.searches.get(query, Hits(0, ()))
        return Hits(hits.total, hits.page_ids[:1], hits.warning)

    def search(self, query: str) -> Hits:
        return self.searches.get(query, Hits(0, ()))

    def files(self, page_ids: Sequence[int]) -> Iterator[FileInfo | Skipped]:
        for page_id in page_ids:
            yield self.known.get(page_id, Skipped(f"page {page_id}", Reason.MISSING))

    def texts(self, page_ids: Sequence[int]) -> Mapping[int, PageText | Skipped]:
        self.asked.append("texts")
        return {page_id: self._text(page_id) for page_id in page_ids}

    def _text(self, page_id: int) -> PageText | Skipped:
        if page_id not in self.known:
            return Skipped(f"page {page_id}", Reason.MISSING)
        revision, text = self.revisions[page_id][-1]
        return PageText(page_id, self.known[page_id].title, revision.revid, text, "2026-01-01T00:00:00Z")

    def seeds(self, titles: Iterable[str]) -> Iterator[Seed | Skipped]:
        by_title = {file.title: file for file in self.known.values()}
        for name in (title.removeprefix("File:") for title in titles):
            file = by_title.get(name)
            yield Seed(file, self.text(file.page_id)) if file else Skipped(name, Reason.MISSING)

    def exists(self, title: str) -> bool:
        return title in self.others

    def history(self, page_id: int) -> Sequence[Revision]:
        return [revision for revision, _ in reversed(self.revisions.get(page_id, []))]

    def history_of(self, title: str) -> Sequence[Revision]:
        return [revision for revision, _ in reversed(self.others.get(title, []))]

    def prepare(self) -> None:
        self.asked.append("prepare")

    def preflight(
        self, titles: Sequence[str], categories: Sequence[str], others: Sequence[str] = ()
    ) -> Preflight:
        self.asked.append("preflight")
        if self.away:
            raise WikiError(self.away)
        ids = [page_id for page_id, file in self.known.items() if file.title in titles]
        return Preflight(
            read_at=self.now(),
            account=self.account,
            run_page=self.run_page,
            files={page_id: self._current(page_id) for page_id in ids},
            category_files={name: self.sizes[name] for name in categories if name in self.sizes},
            others={title: Other(self._other(title)) for title in others},
        )

    def _other(self, title: str) -> PageText:
        line = self.others.get(title)
        if line is None:
            return PageText(0, title, 0, "", "2026-01-01T00:00:00Z")
        revision, text = line[-1]
        page_id = 1_000 + list(self.others).index(title)
        return PageText(page_id, title.partition(":")[2], revision.revid, text, "2026-01-01T00:00:00Z")

    def _current(self, page_id: int) -> Current | Skipped:
        page = self._text(page_id)
        if isinstance(page, Skipped):
            return page
        return Current(page, self.known[page_id], self.protection.get(page_id, ""))

    def text_at(self, revid: int) -> str | None:
        lines = (line for history in self.revisions.values() for line in history)
        return next((text for revision, text in lines if revision.revid == revid), None)

    def reverted(self, edits: Mapping[int, int]) -> frozenset[int]:
        self.asked.append("reverted")
        return frozenset(edits) & self.undone

    def edit(self, edit: PageEdit, summary: str, as_bot: bool = True) -> EditAnswer:
        self.flagged.append(as_bot)
        refused = self.before_edit(edit)
        if refused is not None:
            return refused
        if edit.page.page_id not in self.revisions:
            return self._edit_other(edit, summary)
        base = self.revisions[edit.page.page_id][-1][0].revid
        if base != edit.page.revid:
            return EditAnswer("editconflict")
        revision = self.save(edit.page.page_id, edit.new_text, summary, self.user)
        self.edits.append((edit.page.page_id, summary))
        return self.after_edit(EditAnswer("", "", base, revision.revid))

    def _edit_other(self, edit: PageEdit, summary: str) -> EditAnswer:
        """Make a page that is no file's, or save its next text."""
        page = next((one for one in map(self._other, self.others) if one.page_id == edit.page.page_id), None)
        title = edit.page.title if page is None else list(self.others)[page.page_id - 1_000]
        if page is None and title in self.others:
            return EditAnswer("articleexists")
        if page is not None and page.revid != edit.page.revid:
            return EditAnswer("editconflict")
        revision = self.save_other(title, edit.new_text, summary, self.user)
        self.edits.append((edit.page.page_id, summary))
        return self.after_edit(EditAnswer("", "", page.revid if page else 0, revision.revid))

    def save_other(self, title: str, text: str, comment: str, user: str) -> Revision:
        """Save a page that is no file's as somebody."""
        self.clock += 1
        line = self.others.setdefault(title, [])
        parent = line[-1][0].revid if line else 0
        revision = Revision(self.clock, parent, EPOCH + timedelta(minutes=self.clock), user, comment)
        line.append((revision, text))
        return revision


@dataclass
class FakeJournal:
    """Journal rows in a dict by token, in the order of planning; ``now`` dates them."""

    by_token: dict[str, JournalRow] = field(default_factory=dict)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def plan(self, intent: Intent) -> None:
        if intent.token in self.by_token:
            raise ValueError(f"the token {intent.token} is in the journal already")
        self.by_token[intent.token] = JournalRow(intent, "PLANNED", self.now())

    def sent(self, token: str, at: datetime) -> None:
        present = self._state(token)
        if present != "PLANNED":
            raise ValueError(f"the journal row {token} is {present or 'missing'}, not PLANNED")
        self.by_token[token] = replace(self.by_token[token], state="SENT", sent_at=at)

    def settle(self, token: str, state: str, revid: int = 0, detail: str = "") -> None:
        present = self._state(token)
        if not may_settle(present, state):
            raise ValueError(f"the journal row {token} is {present or 'missing'} and cannot become {state}")
        row = self.by_token[token]
        self.by_token[token] = replace(
            row, state=state, settled_at=self.now(), revid=revid or row.revid, detail=detail or row.detail
        )

    def _state(self, token: str) -> str | None:
        row = self.by_token.get(token)
        return row.state if row else None

    def open_rows(self) -> Sequence[Intent]:
        return [row.intent for row in self.by_token.values() if row.state in OPEN_STATES]

    def rows(
        self,
        run: str | None = None,
        kind: str | None = None,
        state: str | None = None,
        page_id: int | None = None,
        newest: int | None = None,
    ) -> Sequence[JournalRow]:
        if state is not None and state not in (*OPEN_STATES, *CLOSED_STATES):
            raise ValueError(f"no state of the journal: {state}")
        return [
            row
            for row in reversed(self.by_token.values())
            if run in (None, row.intent.run)
            and page_id in (None, row.intent.page_id)
            and kind in (None, row.intent.kind)
            and state in (None, row.state)
        ][:newest]

    def runs(self) -> Sequence[RunSummary]:
        names = dict.fromkeys(row.intent.run for row in self.by_token.values())
        return [self._summary(name) for name in reversed(names)]

    def _summary(self, name: str) -> RunSummary:
        rows = self.rows(run=name)
        last = max(row.settled_at or row.sent_at or row.planned_at for row in rows)
        return RunSummary(name, rows[-1].planned_at, last, Counter(row.state for row in rows))

    def last_sent(self) -> datetime | None:
        return max((row.sent_at for row in self.by_token.values() if row.sent_at), default=None)

    def tagged(self, page_id: int) -> bool:
        of_clusters = [kind for kind in Kind if kind.is_of_clusters]
        return any(row.intent.kind not in of_clusters for row in self.rows(page_id=page_id, state="DONE"))

    @property
    def states(self) -> list[str]:
        """List the states in the order of planning."""
        return [row.state for row in self.by_token.values()]


@dataclass
class FakeStore:
    """Fingerprints and slices in dicts."""

    known: dict[tuple[str, Basis], Fingerprint | Skipped] = field(default_factory=dict)
    slices: dict[Slice, tuple[int, datetime]] = field(default_factory=dict)

    def get(self, sha1s: Iterable[str], basis: Basis) -> Mapping[str, Fingerprint | Skipped]:
        return {sha1: self.known[sha1, basis] for sha1 in sha1s if (sha1, basis) in self.known}

    def put(self, results: Mapping[str, Fingerprint | Skipped], basis: Basis) -> None:
        self.known |= {(sha1, basis): result for sha1, result in results.items()}

    def slice_done(self, part: Slice) -> tuple[int, datetime] | None:
        return self.slices.get(part)

    def remember_slice(self, part: Slice, hits: int, at: datetime) -> None:
        self.slices[part] = (hits, at)


@dataclass
class FakeJudgements:
    """What people judged, in a list; two files are named by their SHA1s."""

    given: list[Judged] = field(default_factory=list)

    def judge(self, rows: Sequence[Judged]) -> None:
        self.given += rows

    def judged(self, sha1s: Iterable[str]) -> tuple[Judged, ...]:
        wanted = set(sha1s)
        return tuple(row for row in self.given if wanted.issuperset(row.pair))

    def apart(self, sha1s: Iterable[str]) -> frozenset[Pair]:
        return kept_apart(self.judged(sha1s))

    def say(
        self, one: str, other: str, judgement: Judgement = Judgement.NOT_DUPLICATES, at: datetime = EPOCH
    ) -> None:
        """Let a reviewer judge two files."""
        self.judge([Judged(pair_of(one, other), judgement, "Reviewer", at)])


@dataclass
class FakeFetcher:
    """Bytes by address, every request counted."""

    bodies: dict[str, bytes | Skipped] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def fetch(self, urls: Iterable[str]) -> Iterator[tuple[str, bytes | Skipped]]:
        for url in urls:
            self.asked.append(url)
            yield url, self.bodies[url]


class FakeDecoder:
    """Reads "pHash dHash" in decimal from the bytes; anything else is malformed."""

    def fingerprint(self, picture: bytes) -> Fingerprint | Skipped:
        words = picture.split()
        if len(words) != 2:
            return Skipped("", Reason.MALFORMED)
        phash, dhash = map(int, words)
        return Fingerprint(phash, dhash, 0, 0, low_information=phash == 0)
