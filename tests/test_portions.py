"""Which files indexing looks at next: none is left out, none comes twice, and what is known is not asked."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faebot_hash import portions
from faebot_hash.errors import SettingsError
from faebot_hash.hash_index import IndexedPage
from faebot_hash.portions import FILES_AT_ONCE, UNIT_PAGES, Hint, LogEvent, Portion, to_read

NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
OURS = IndexedPage(7, "A.jpg", "a" * 40, NOON)

sizes = st.integers(1, 5 * UNIT_PAGES)


@given(first=sizes, count=st.integers(0, 3 * UNIT_PAGES))
def test_ranges_cover_a_range_once(first: int, count: int) -> None:
    last = first + count
    found = portions.ranges(first, last)
    assert (found[0][0], found[-1][1]) == (first, last)
    assert all(high + 1 == low for (_, high), (low, _) in itertools.pairwise(found))
    assert all(low <= high and high - low < UNIT_PAGES for low, high in found)


def test_runs_of_other_ranges_share_units() -> None:
    one, two = portions.ranges(1, 450_000), portions.ranges(150_000, 999_999)
    assert set(one) & set(two) == {(200_000, 299_999), (300_000, 399_999)}


@given(first=sizes, count=st.integers(0, 500), stop=st.integers(0, 10))
def test_numbers_go_on_where_they_stopped(first: int, count: int, stop: int) -> None:
    last = first + count
    before = list(itertools.islice(portions.numbered(first, last, ""), stop))
    position = next((one.position for one in reversed(before)), "")
    after = list(portions.numbered(first, last, position or ""))
    ids = [page_id for one in (*before, *after) for page_id in one.page_ids]
    assert ids == list(range(first, last + 1))


@given(there=st.sets(st.integers(1, 2_000), max_size=700), bite=st.integers(1, 300), stop=st.integers(0, 8))
def test_a_replicas_files_go_on_where_they_stopped(there: set[int], bite: int, stop: int) -> None:
    files = [Hint(page_id, f"{page_id}.jpg", "a" * 40, "image/jpeg") for page_id in sorted(there)]

    def read(after: int) -> list[Hint]:
        return [hint for hint in files if hint.page_id > after][:bite]

    before = list(itertools.islice(portions.hinted(read, "", 2_000), stop))
    position = next((one.position for one in reversed(before)), "") or ""
    after = list(portions.hinted(read, position, 2_000))
    assert [hint for one in (*before, *after) for hint in one.hints] == files
    assert all(len(one) <= FILES_AT_ONCE for one in (*before, *after))
    assert (*before, *after)[-1].position == "2000"


def test_a_listing_moves_on_only_with_a_whole_answer() -> None:
    answers = [(range(250), "p1"), ([249, *range(300, 400)], "p2"), ([399], None)]
    found = list(portions.listed(answers))
    assert [(len(one), one.position) for one in found] == [
        (100, None),
        (100, None),
        (50, "p1"),
        (100, "p2"),
        (0, None),
    ]


def test_titles_come_once() -> None:
    found = list(portions.titled(["A", "B", "A", *map(str, range(150))]))
    assert [len(one) for one in found] == [100, 52]
    assert all(one.position is None for one in found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1-2", (1, 2)), ("7-7", (7, 7)), ("100-200000", (100, 200_000))],
)
def test_ranges_are_read(text: str, expected: tuple[int, int]) -> None:
    assert portions.range_of(text) == expected


@pytest.mark.parametrize("text", ["", "5", "0-3", "9-3", "a-b", "1-2-3", "-1-2", "1–2", "1-9" + "9" * 20])
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="-pages:"):
        portions.range_of(text)


@pytest.mark.parametrize(
    ("text", "domain"),
    [("flickr.com", "flickr.com"), (".Flickr.COM.", "flickr.com"), ("a_b.example.org", "a_b.example.org")],
)
def test_domains_are_read(text: str, domain: str) -> None:
    assert portions.domain_of(text) == domain


@pytest.mark.parametrize(
    "text", ["", "com", "https://flickr.com", "flickr.com/x", "a b.com", "%.com", "a..b"]
)
def test_what_is_no_domain_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="-links:"):
        portions.domain_of(text)


# ---- the logs


def event(kind: str, action: str, title: str = "A.jpg", ids: tuple[int, ...] = (7,)) -> LogEvent:
    return LogEvent(LATER, kind, action, title, ids)


@pytest.mark.parametrize(
    ("line", "known", "expected"),
    [
        pytest.param(event("upload", "upload"), (), Portion((7,)), id="a new file"),
        pytest.param(event("upload", "upload", ids=()), (), Portion(titles=("A.jpg",)), id="without an id"),
        pytest.param(event("upload", "overwrite"), (OURS,), Portion((7,)), id="overwritten"),
        pytest.param(
            replace(event("upload", "overwrite"), sha1=OURS.sha1),
            (replace(OURS, uploaded=LATER),),
            Portion(),
            id="read before",
        ),
        pytest.param(
            replace(event("upload", "overwrite"), sha1="b" * 40),
            (replace(OURS, uploaded=LATER),),
            Portion((7,)),
            id="twice in a second",
        ),
        pytest.param(
            event("upload", "overwrite"),
            (replace(OURS, uploaded=LATER + timedelta(seconds=1)),),
            Portion(),
            id="overwritten again, and read",
        ),
        pytest.param(event("upload", "upload", ids=(8,)), (OURS,), Portion((7, 8)), id="a title used again"),
        pytest.param(event("delete", "delete", ids=()), (OURS,), Portion((7,)), id="deleted"),
        pytest.param(event("delete", "delete", "B.jpg"), (OURS,), Portion((7,)), id="renamed, then deleted"),
        pytest.param(event("delete", "delete"), (), Portion(), id="a file that we never had deleted"),
        pytest.param(event("delete", "restore"), (), Portion((7,)), id="restored"),
        pytest.param(event("delete", "revision"), (OURS,), Portion((7,)), id="an old version hidden"),
        pytest.param(event("move", "move", ids=(9,)), (OURS,), Portion((7,)), id="renamed"),
        pytest.param(event("move", "move", "B.jpg", (7,)), (OURS,), Portion(), id="renamed, read before"),
    ],
)
def test_a_line_of_a_log_leads_to_the_pages_it_may_have_changed(
    line: LogEvent, known: tuple[IndexedPage, ...], expected: Portion
) -> None:
    by_id = {page.page_id: page for page in known}
    by_title = {page.title: page for page in known}
    found = to_read([line], by_id, by_title)
    assert (set(found.page_ids), found.titles) == (set(expected.page_ids), expected.titles)
