"""A store of an older release is renewed when it is opened for writing."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from faebot_hash.adapters.store import Store
from faebot_hash.errors import StoreError
from faebot_hash.likeness import Digest, Original
from faebot_hash.links import Observation, Verdict
from faebot_hash.model import Basis, Fingerprint, Slice, SliceKind
from faebot_hash.ports import Intent
from tests.first_release import (
    write_first_release,
    write_fourth_release,
    write_second_release,
    write_third_release,
)

NOON = datetime(2026, 10, 5, 12, 0, 0, 123456, tzinfo=UTC)
SHA1 = f"{1:040x}"
BASIS = Basis("thumbnail", 120, "13.0.0", "4.3.2")
PICTURE = Fingerprint(1, 2, 3, 4, low_information=False)
PART = Slice(SliceKind.RESOLUTION, "resolution:10x20", "filew:10 fileh:20")
INTENT = Intent("b1", 7, "A.jpg", 100, SHA1, SHA1, "test", run="r", partners=((8, SHA1),))
ORIGINAL = Original(SHA1, None, Digest(SHA1, SHA1, 1, "RGB", 8, 640, 480, 1, ""))
SEEN = Observation(NOON, Verdict.UNKNOWN)


def shape_of(address: str) -> dict[str, list[Any]]:
    """Tell every table's columns, keys and indexes as SQLite sees them."""
    with closing(sqlite3.connect(address.removeprefix("sqlite:///"))) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        pragmas = ("table_info", "index_list", "foreign_key_list")
        return {
            f"{pragma} {name}": sorted(row[1:] for row in connection.execute(f"PRAGMA {pragma}({name})"))
            for (name,) in names
            for pragma in pragmas
        }


@pytest.fixture
def first_release(tmp_path: Path) -> str:
    return f"sqlite:///{write_first_release(tmp_path / 'first.sqlite')}"


@pytest.mark.parametrize(
    "write", [write_first_release, write_second_release, write_third_release, write_fourth_release]
)
def test_a_store_of_an_older_release_is_renewed(write: Callable[[Path], Path], tmp_path: Path) -> None:
    old = f"sqlite:///{write(tmp_path / 'old.sqlite')}"
    for _ in range(2):
        with Store.open(old) as store:
            done, open_ = store.rows(state="DONE")[0], store.rows(state="SENT")[0]
            assert store.rows() == [open_, done]
            assert (done.intent.token, done.intent.run, done.revid, done.planned_at) == ("z9", "", 101, NOON)
            assert store.open_rows() == [Intent("a1", 8, "B.jpg", 200, "f", "t", "identified", run="test")]
            assert [run.name for run in store.runs()] == ["test", ""]
            assert store.get([SHA1], BASIS) == {SHA1: PICTURE}
            assert store.slice_done(PART) == (42, NOON)
    with Store.open(old) as store:
        store.keep_originals({SHA1: ORIGINAL})
        store.observe({"https://example.org/": SEEN})
        assert store.originals([SHA1]) == {SHA1: ORIGINAL}
        assert store.link_histories(["https://example.org/"]) == {"https://example.org/": (SEEN,)}
        store.plan(INTENT)
        assert [row.intent.token for row in store.rows()] == ["b1", "a1", "z9"]
    address = f"sqlite:///{tmp_path / 'new.sqlite'}"
    Store.open(address).close()
    assert shape_of(old) == shape_of(address)


def test_a_reader_leaves_the_renewal_to_the_writer(first_release: str) -> None:
    with pytest.raises(StoreError, match="the next run that writes renews it"):
        Store.open(first_release, write=False)
    Store.open(first_release).close()
    with Store.open(first_release, write=False) as reader:
        assert len(reader.rows()) == 2


@pytest.mark.parametrize("table", ["journal_partner", "link_observation", "lease", "review_case"])
def test_a_renewal_that_fails_leaves_the_store_as_it_was(
    first_release: str, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    """Let SQLite itself refuse one of the tables that the steps make."""
    before = shape_of(first_release)
    connect = sqlite3.connect

    def forbid(action: int, name: str | None, *_: object) -> int:
        return sqlite3.SQLITE_DENY if (action, name) == (sqlite3.SQLITE_CREATE_TABLE, table) else 0

    def connect_and_forbid(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*arguments, **options)
        connection.set_authorizer(forbid)
        return connection

    monkeypatch.setattr(sqlite3, "connect", connect_and_forbid)
    with pytest.raises(StoreError, match="not authorized"):
        Store.open(first_release)
    monkeypatch.undo()
    assert shape_of(first_release) == before
    with Store.open(first_release) as store:
        assert len(store.rows()) == 2
