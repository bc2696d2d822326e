from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faebot_hash import slices
from faebot_hash.collection import Collection
from faebot_hash.model import FileInfo, Seed, Slice, SliceKind
from faebot_hash.ports import Hits
from faebot_hash.reasons import Reason, Skipped

RESOLUTION = Collection("by-size")
VIRIN = Collection("by-virin", slice=SliceKind.VIRIN)
NOW = datetime(2026, 11, 21, tzinfo=UTC)


def seed(
    title: str = "A.jpg", text: str = "", mime: str = "image/jpeg", size: tuple[int, int] = (2000, 1500)
) -> Seed:
    width, height = size
    return Seed(FileInfo(1, title, "0" * 40, 1000, width, height, mime, NOW), text)


def cut(a_seed: Seed, collection: Collection) -> Slice:
    part = slices.slice_of(a_seed, collection)
    assert isinstance(part, Slice), part
    return part


# --- one seed, one slice


def test_the_seeds_resolution_search() -> None:
    part = cut(seed(), RESOLUTION)
    assert part.query == 'filew:2000 fileh:1500 filemime:image/jpeg insource:"PD-USGov-"'
    assert part.key == "resolution 2000×1500 image/jpeg PD-USGov-"


def test_the_seeds_virin_search() -> None:
    part = cut(seed("Defense.gov photo 081024-N-1234A-001.jpg"), VIRIN)
    assert part.query == '"081024-N-" filemime:image/jpeg insource:"PD-USGov-"'
    assert part.key == "virin 081024-N- image/jpeg PD-USGov-"


@pytest.mark.parametrize("kind", [SliceKind.RESOLUTION, SliceKind.VIRIN])
def test_empty_clauses_are_left_out_and_leave_another_key(kind: SliceKind) -> None:
    narrow = Collection("c", slice=kind)
    a_seed = seed("090726-A-0000B-001.jpg")
    variants = [
        narrow,
        replace(narrow, mime=""),
        replace(narrow, insource=""),
        replace(narrow, mime="", insource=""),
    ]
    parts = [cut(a_seed, collection) for collection in variants]
    assert "filemime" not in parts[1].query
    assert "insource" not in parts[2].query
    assert len({part.key for part in parts}) == len({part.query for part in parts}) == 4


@pytest.mark.spec("1.2")
def test_a_seed_that_could_not_be_in_its_own_slice_is_passed_over() -> None:
    skipped = slices.slice_of(seed("A.png", mime="image/png"), RESOLUTION)
    assert skipped == Skipped("A.png", Reason.NO_SLICE, "image/png, where image/jpeg is searched")
    assert isinstance(
        slices.slice_of(seed("A.png", mime="image/png"), replace(RESOLUTION, mime="image")), Slice
    )


def test_a_file_without_pixels_gives_no_slice() -> None:
    skipped = slices.slice_of(seed(size=(0, 0)), RESOLUTION)
    assert isinstance(skipped, Skipped)
    assert skipped.reason is Reason.NO_SLICE


def test_a_search_needs_no_seed() -> None:
    with pytest.raises(ValueError, match="search_slice"):
        slices.slice_of(seed(), Collection("s", slice=SliceKind.SEARCH, query="crab"))


@pytest.mark.parametrize(
    ("title", "key"),
    [
        (
            "US Navy 120105-N-ZZ999-002 A U.S. Navy SH-60S Sea Hawk.jpg",
            "120105-N-",
        ),
        (
            "A rigid-hull boat assigned to USS Kidd (DDG 100) in the Arabian 120105-N-ZZ999-002.jpg",
            "120105-N-",
        ),
        ("120105-N-ZZ999-002 (6668113027).jpg", "120105-N-"),
        ("USS Zumwalt (DDG-1000) steams in the Atlantic (151218-N-ZZ999-120).JPG", "151218-N-"),
        ("hrs_720125-n-zz999-001.jpg", "720125-N-"),
        ("030904-A-2140D-006.jpg", "030904-A-"),
        ("230829-F-LE393-1171.jpg", "230829-F-"),
        ("Defense.gov News Photo 010914-F-8006R-006.jpg", "010914-F-"),
        ("999999-Z-not a date, as in the original.jpg", "999999-Z-"),
        (
            "Flickr - Official U.S. Navy Imagery - Sailors from USS Kidd assist an Iranian-flagged dhow..jpg",
            None,
        ),
        ("Spangdahlem physical therapy rehabilitates Airmen after injury (7270864).jpg", None),
        ("1234567-A-too many digits.jpg", None),
        ("12345-A-too few digits.jpg", None),
        ("081024-B-no such branch.jpg", None),
        ("081024-NN-two letters.jpg", None),
        ("٠٨١٠٢٤-N-other digits.jpg", None),
    ],
)
def test_part_virin_of_a_title(title: str, key: str | None) -> None:
    assert slices.part_virin(seed(title)) == key


@pytest.mark.parametrize(
    ("title", "text", "key"),
    [
        ("Navy.jpg", "{{milim\n| virin = 010914-F-8006R-006\n| author = x}}", "010914-F-"),
        ("120105-N-ZZ999-002.jpg", "{{milim|virin=010914-F-8006R-006}}", "120105-N-"),
        ("Navy.jpg", "{{milim|virin=}} 010914-F-8006R-006 outside of any template", None),
        ("Navy.jpg", "", None),
    ],
)
def test_the_template_speaks_where_the_title_is_silent(title: str, text: str, key: str | None) -> None:
    assert slices.part_virin(seed(title, text)) == key


@given(
    st.text(alphabet=st.characters(exclude_categories=["Cs"])),
    st.sampled_from(["", "081024-N-", "081024-n-"]),
)
def test_no_title_can_change_the_search(noise: str, virin: str) -> None:
    part = slices.slice_of(seed(f'{noise}" OR -insource:/x/ {virin}{noise}'), VIRIN)
    if isinstance(part, Slice):
        assert re.fullmatch(r'"\d{6}-[ADFGHMNOSZ]-" filemime:image/jpeg insource:"PD-USGov-"', part.query)
    else:
        assert virin == ""


# --- a collection's own query


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("intitle:Fleuron fashion", "intitle:Fleuron fashion filemime:image filew:>320"),
        ("crab\n  filew:>899", "crab filew:>899 filemime:image filew:>320"),
        ("filemime:image/png crab", "filemime:image/png crab"),
        ("crab -filemime:image/gif", "crab -filemime:image/gif"),
        ("nofilemime: crab", "nofilemime: crab filemime:image filew:>320"),
    ],
)
def test_a_search_is_narrowed_to_pictures_as_in_the_original(query: str, wanted: str) -> None:
    part = slices.search_slice(Collection("s", slice=SliceKind.SEARCH, query=query))
    assert part == Slice(SliceKind.SEARCH, f"search {wanted}", wanted)


# --- revisits


@pytest.mark.parametrize(
    ("last", "hits", "expected"),
    [
        (None, 0, True),
        ((52, NOW - timedelta(days=1)), 52, False),
        ((52, NOW - timedelta(days=1)), 53, True),
        ((52, NOW - timedelta(days=1)), 51, True),
        ((52, NOW - timedelta(days=90)), 52, False),
        ((52, NOW - timedelta(days=90, seconds=1)), 52, True),
        ((52, NOW + timedelta(minutes=5)), 52, False),
        ((52, NOW + timedelta(days=400)), 52, True),
    ],
)
def test_due(last: tuple[int, datetime] | None, hits: int, expected: bool) -> None:
    assert slices.due(last, hits, NOW, revisit_days=90) is expected


# --- splitting, over an index in memory that reads queries as CirrusSearch does

CLAUSE = re.compile(r"(-?)(filemime|creationdate|filesize):(\S+)")
KB = 1024


class Index:
    """Files as three columns: type, day of creation (0 where unknown) and size in bytes."""

    def __init__(self, mimes: list[str], days: np.ndarray, sizes: np.ndarray) -> None:
        names, self.mimes = np.unique(mimes, return_inverse=True)
        self.names, self.days, self.sizes = names.tolist(), days, sizes
        self.asked: list[str] = []

    def find(self, query: str) -> np.ndarray:
        wanted = np.ones(len(self.sizes), dtype=bool)
        for minus, key, value in CLAUSE.findall(query):
            wanted &= self._clause(key, value) ^ bool(minus)
        return np.flatnonzero(wanted)

    def _clause(self, key: str, value: str) -> np.ndarray:
        if key == "filemime":
            codes = [n for n, name in enumerate(self.names) if value in (name, *name.split("/"))]
            return np.isin(self.mimes, codes)
        if key == "filesize":
            sign, number = value[0], int(value[1:])
            assert sign in "<>"
            return self.sizes >= number * KB if sign == ">" else self.sizes <= number * KB
        sign, day = re.fullmatch(r"(>=|<)(\d{4}-\d\d-\d\d)", value).groups()  # type: ignore[union-attr]
        number = date.fromisoformat(day).toordinal()
        return (self.days > 0) & (self.days >= number if sign == ">=" else self.days < number)

    def count(self, query: str) -> Hits:
        self.asked.append(query)
        return Hits(len(self.find(query)), ())


def skewed_index(files: int = 100_000) -> Index:
    """Most files JPEG, a tenth of them uploaded on one day, sizes over six powers of ten and on exact kB."""
    rng = np.random.default_rng(2)
    mimes = rng.choice(
        ["image/jpeg", "image/png", "image/tiff", "image/gif", "image/webp", "image/svg+xml", "video/webm"],
        files,
        p=[0.93, 0.03, 0.015, 0.01, 0.005, 0.005, 0.005],
    )
    first, last = date(2004, 9, 7).toordinal(), NOW.date().toordinal()
    days = (first + (last - first) * rng.beta(5, 2, files)).astype(int)
    days[rng.random(files) < 0.1] = date(2015, 2, 28).toordinal()
    days[rng.random(files) < 0.01] = 0
    days[:2] = date(2001, 1, 1).toordinal(), date(2027, 1, 1).toordinal()
    sizes = np.exp(rng.normal(13, 2, files)).astype(int)
    on_kb = rng.random(files) < 0.3
    sizes[on_kb] = sizes[on_kb] // KB * KB
    sizes[2:4] = 0, 5 << 30
    return Index(mimes.tolist(), days, sizes)


def listable(index: Index, query: str = "crab", max_hits: int = 9_990) -> tuple[str, ...] | Skipped:
    whole = Slice(SliceKind.SEARCH, f"search {query}", query)
    return slices.listable(whole, Hits(len(index.find(query)), ()), index.count, max_hits, NOW.year)


@pytest.mark.parametrize("max_hits", [9_990, 2_000])
@pytest.mark.parametrize(
    "query", ["crab", "crab filemime:image", "filew:2000 filemime:image/jpeg", "filesize:>100"]
)
def test_pieces_hold_every_file_once_and_are_small(query: str, max_hits: int) -> None:
    index = skewed_index()
    queries = listable(index, query, max_hits)
    assert isinstance(queries, tuple), queries
    assert len(queries) > 1
    found = [index.find(piece) for piece in queries]
    assert max(map(len, found)) < max_hits
    assert np.array_equal(np.sort(np.concatenate(found)), index.find(query))
    assert len(index.asked) == len(set(index.asked))


def test_a_search_below_the_limit_stays_whole_and_costs_no_call() -> None:
    index = skewed_index(9_989)
    assert listable(index) == ("crab",)
    assert index.asked == []
    assert isinstance(listable(skewed_index(9_990)), tuple)
    assert listable(skewed_index(9_990)) != ("crab",)


def test_cheapest_cut_first() -> None:
    index = skewed_index()
    listable(index, max_hits=5_000)
    assert index.asked[0] == "crab filemime:image/jpeg"
    assert index.asked[5].count("-filemime:") == 5
    assert index.asked[6] == "crab filemime:image/jpeg -creationdate:>=2005-01-01"
    assert index.asked[7] == "crab filemime:image/jpeg creationdate:>=2005-01-01 creationdate:<2006-01-01"
    assert "crab filemime:image/jpeg creationdate:>=2026-01-01" in index.asked
    sized = next(query for query in index.asked if "filesize" in query)
    assert sized == (
        "crab filemime:image/jpeg creationdate:>=2015-02-28 creationdate:<2015-03-01 -filesize:>2896"
    )


def test_a_search_that_names_its_type_is_not_cut_by_type() -> None:
    for query in ("crab filemime:image/jpeg", 'filemime:"image/jpeg" crab'):
        assert "filemime" not in slices.split(slices.Part(query), 2026)[0].type_clause
    for query in ("crab filemime:image", "crab filemime:image/png|image/gif", "crab -filemime:image/gif"):
        assert slices.split(slices.Part(query), 2026)[0].type_clause == "filemime:image/jpeg"


def test_months_are_written_as_whole_dates() -> None:
    """The keyword's form YYYY-MM is refused for short months on the last days of a long one."""
    january = slices.Part("a filemime:image/png", since=date(2015, 1, 1), before=date(2016, 1, 1))
    pieces = slices.split(january, 2026)
    assert len(pieces) == 12
    assert pieces[1].query == "a filemime:image/png creationdate:>=2015-02-01 creationdate:<2015-03-01"


@pytest.mark.spec("1.4")
def test_what_cannot_be_cut_is_skipped_with_the_reason() -> None:
    files = 500
    index = Index(
        ["image/png"] * files, np.full(files, date(2015, 2, 28).toordinal()), np.full(files, 77 * KB + 5)
    )
    skipped = listable(index, max_hits=100)
    assert skipped == Skipped("search crab", Reason.TOO_MANY_HITS, "500 files of one type, day and size")
    assert (
        index.asked[-1].endswith("creationdate:<2015-03-01 filesize:>77 -filesize:>78")
        or len(index.asked) < 100
    )


def forgetful(index: Index, clause: str) -> Callable[[str], Hits]:
    """A wiki that finds nothing where a clause is used."""
    return lambda query: Hits(0, ()) if clause in query else index.count(query)


@pytest.mark.parametrize("clause", [" filemime:image/webp", "creationdate:>=2013-01-01", " -filesize:>"])
def test_a_split_that_loses_files_is_noticed(clause: str) -> None:
    index = skewed_index()
    whole = Slice(SliceKind.SEARCH, "search crab", "crab")
    skipped = slices.listable(whole, Hits(100_000, ()), forgetful(index, clause), 5_000, NOW.year)
    assert isinstance(skipped, Skipped)
    assert skipped.reason is Reason.INCOMPLETE_SEARCH
    assert re.match(r"[\d,]+ of [\d,]+ files: crab", skipped.detail)


def test_clauses_that_have_no_effect_are_noticed_at_once() -> None:
    """An open quotation mark, or a keyword that takes the rest of the line, swallows what is added."""
    index = skewed_index()

    def count(query: str) -> Hits:
        index.count(query)
        return Hits(100_000, ())

    skipped = slices.listable(
        Slice(SliceKind.SEARCH, "k", 'crab "'), Hits(100_000, ()), count, 9_990, NOW.year
    )
    assert isinstance(skipped, Skipped)
    assert skipped.reason is Reason.INCOMPLETE_SEARCH
    assert len(index.asked) == 6


def test_files_that_arrive_while_counting_do_no_harm() -> None:
    index = skewed_index()
    whole = Slice(SliceKind.SEARCH, "search crab", "crab")
    assert isinstance(slices.listable(whole, Hits(99_990, ()), index.count, 9_990, NOW.year), tuple)


@pytest.mark.parametrize("total", [5, 20_000])
@pytest.mark.spec("1.5")
def test_a_warning_makes_the_search_incomplete(total: int) -> None:
    whole = Slice(SliceKind.SEARCH, "search crab", "crab")
    skipped = slices.listable(whole, Hits(total, (), "timed out"), skewed_index().count, 9_990, NOW.year)
    assert skipped == Skipped("search crab", Reason.INCOMPLETE_SEARCH, "timed out: crab")


def test_a_warning_about_a_piece_makes_the_whole_incomplete() -> None:
    index = skewed_index()

    def count(query: str) -> Hits:
        return replace(index.count(query), warning="shard failed" if "image/gif" in query else "")

    skipped = slices.listable(Slice(SliceKind.SEARCH, "k", "crab"), Hits(100_000, ()), count, 9_990, NOW.year)
    assert isinstance(skipped, Skipped)
    assert skipped.reason is Reason.INCOMPLETE_SEARCH
    assert skipped.detail.startswith("shard failed: crab")
