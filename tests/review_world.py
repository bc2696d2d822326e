"""Families with what a bot found of them, people's verdicts kept in memory, and an application on both."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from faebot_hash.adapters.review_reader import ReviewCounts
from faebot_hash.cases import Case, CaseDifference, CaseFile, CasePair, key_of
from faebot_hash.errors import StoreError
from faebot_hash.judgements import Judged, pair_of, standing
from faebot_hash.web import review_ports
from faebot_hash.web.app import create_app
from faebot_hash.web.login import login_routes
from faebot_hash.web.review import review_routes
from faebot_hash.web.review_api import review_api_routes
from faebot_hash.web.review_ports import Reviews
from faebot_hash.web.service import Service
from faebot_hash.web_settings import Login, WebSettings

BEGAN = datetime(2026, 10, 1, 8, 30, tzinfo=UTC)
WIKI = "https://commons.wikimedia.org"
HOME = "http://localhost"
NOW = datetime(2026, 11, 5, 12, 0, tzinfo=UTC)
TOKEN = "t0ken"  # noqa: S105 - of a form in a test
EMPTY = ReviewCounts(0, 0, (), (), (), 0, 0)
OURS = {"Origin": HOME, "Sec-Fetch-Site": "same-origin"}


def sha1(number: int) -> str:
    """Give the SHA1 of a made-up file."""
    return f"{number:040x}"


def case_file(number: int, title: str = "", **given: object) -> CaseFile:
    """Make up a file of which everything is known."""
    title = title or f"Lehtojärvi {number} & co.jpg"
    made = CaseFile(
        page_id=number,
        title=title,
        sha1=sha1(number),
        mime="image/jpeg",
        size_bytes=1_000_000 + number,
        width_px=2000,
        height_px=1500,
        uploaded=BEGAN - timedelta(days=number),
        uploader=f"Uploader {number}",
        thumb_url=f"https://thumb.wikimedia.org/wikipedia/commons/thumb/a/ab/{number}.jpg/120px-{number}.jpg",
        url=f"https://upload.wikimedia.org/wikipedia/commons/a/ab/{number}.jpg",
        phash=f"{number:016x}",
        dhash=f"{number + 1:016x}",
        non_exif_sha1=sha1(900 + number),
        pixel_sha1=sha1(800 + number),
        score=-number,
        points=(f"+1 uploaded first, {number}",),
        fate="the file to keep" if number == 1 else "nominated for deletion",
    )
    return replace(made, **given)  # type: ignore[arg-type]


def case_with(files: Sequence[CaseFile], day: int = 0, bonds: Sequence[str] = ()) -> Case:
    """Put files together to a family that was found on a day."""
    pairs = {pair_of(one.sha1, other.sha1) for one, other in combinations(files, 2)}
    return Case(
        key=key_of(file.sha1 for file in files),
        made_at=BEGAN + timedelta(days=day),
        run="confirm-20261001",
        bonds=tuple(bonds) or ("1 = 2: pHash 00181b19147afcf8",),
        files=tuple(files),
        pairs=tuple(CasePair(pair, 2, 0, "metadata only: the same pixels") for pair in sorted(pairs)),
        differences=tuple(
            CaseDifference(pair, ("Only here",), ("Only there",), (), ("Cc-zero",), (("author", "A", "B"),))
            for pair in sorted(pairs)
        ),
    )


def family(*numbers: int, day: int = 0) -> Case:
    """Make up a family of files with these numbers."""
    return case_with([case_file(number) for number in numbers], day)


@dataclass
class Shelf:
    """Keeps families and verdicts in memory, as reader and as desk; ``trouble`` is what writing meets."""

    cases: list[Case]
    rows: list[Judged] = field(default_factory=list)
    trouble: StoreError | None = None
    counted: ReviewCounts = EMPTY

    def open_cases(self, most: int, after: str = "", unjudged_only: bool = True) -> Sequence[Case]:
        """Give families, those with an unjudged pair first, then the oldest."""
        ordered = sorted(self.cases, key=lambda case: (case.made_at, case.key))
        if unjudged_only:
            # A family that was judged meanwhile still has its place in the order.
            ordered = [case for case in ordered if self.is_waiting(case) or case.key == after]
        else:
            ordered.sort(key=lambda case: not self.is_waiting(case))
        keys = [case.key for case in ordered]
        return ordered[keys.index(after) + 1 if after in keys else 0 :][:most]

    def case(self, key: str) -> Case | None:
        """Look a family up."""
        return next((case for case in self.cases if case.key == key), None)

    def judged(self, sha1s: Iterable[str]) -> tuple[Judged, ...]:
        """Give the verdicts on pairs among files."""
        there = set(sha1s)
        return tuple(row for row in self.rows if there.issuperset(row.pair))

    def history(self, most: int, sha1: str = "") -> Sequence[Judged]:
        """Give the newest verdicts."""
        rows = [row for row in self.rows if not sha1 or sha1 in row.pair]
        return sorted(rows, key=lambda row: row.at, reverse=True)[:most]

    def counts(self) -> ReviewCounts:
        """Give the counts that were put here."""
        return self.counted

    def record(self, rows: Sequence[Judged]) -> None:
        """Keep verdicts."""
        if self.trouble:
            raise self.trouble
        self.rows += rows

    def is_waiting(self, case: Case) -> bool:
        """Tell whether a pair has no verdict."""
        stands = standing(self.judged(file.sha1 for file in case.files))
        return not {one.pair for one in case.pairs} <= stands.keys()


@dataclass
class Site:
    """The application on a shelf; nobody has signed in at first."""

    shelf: Shelf
    app: Flask

    def visitor(self, name: str = "") -> FlaskClient:
        """Give a client, of a reviewer where a name is given."""
        client = self.app.test_client()
        if name:
            with client.session_transaction() as session:
                session.update(name=name, since=int(time.time()), csrf=TOKEN)
        return client


def review_app(reviews: Reviews, desk: review_ports.Desk, login: Login = Login.PRACTICE) -> Flask:
    """Join the routes of the review with the rest of the service, which is not asked for anything."""
    nothing: Any = None
    settings = WebSettings(
        requests_per_minute=100_000, wiki_url="http://127.0.0.1:1", public_url=HOME, login=login
    )
    service = Service(settings, nothing, nothing, nothing, nothing)
    review = review_routes(reviews, desk, WIKI, lambda: NOW), review_api_routes(reviews, WIKI)
    return create_app(service, (*review, login_routes(settings)), session_key="a key for tests")


def on(shelf: Shelf, login: Login = Login.PRACTICE) -> Site:
    """Serve a shelf."""
    return Site(shelf, review_app(shelf, shelf, login))
