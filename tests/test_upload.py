"""Standings, twins and exit codes, worked out by hand and held against their definitions."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faebot_hash.model import MAX_HASH, Fingerprint
from faebot_hash.reasons import Reason, Skipped
from faebot_hash.upload import Hit, Seen, Standing, Tally, Twin, exit_status, judge
from faebot_hash.upload_lines import picture_lines, total_lines
from faebot_hash.upload_table import csv_rows, note, to_json

BROKEN = Skipped("", Reason.TRUNCATED, "EOFError")
SAME, EQUAL, NEAR = Hit(1, "A.jpg"), Hit(2, "B.jpg", 40, 0), Hit(3, "C.jpg", 2, 7)


def seen_as(phash: int, dhash: int, *, flat: bool = False) -> Fingerprint:
    return Fingerprint(phash, dhash, 0, 0, low_information=flat)


@pytest.mark.parametrize(
    ("found", "same", "near", "standing"),
    [
        (seen_as(1, 2), [SAME], [], Standing.SAME_FILE),
        (seen_as(1, 2), [SAME], [EQUAL], Standing.SAME_FILE),
        (seen_as(1, 2, flat=True), [SAME], [], Standing.SAME_FILE),
        (BROKEN, [SAME], [], Standing.SAME_FILE),
        (seen_as(1, 2), [], [NEAR, EQUAL], Standing.EQUAL),
        (seen_as(1, 2), [], [NEAR], Standing.NEAR),
        (seen_as(1, 2), [], [], Standing.NEW),
        (seen_as(1, 2, flat=True), [], [EQUAL], Standing.LOW_INFORMATION),
        (BROKEN, [], [EQUAL], Standing.UNREADABLE),
    ],
)
def test_standings(
    found: Fingerprint | Skipped, same: list[Hit], near: list[Hit], standing: Standing
) -> None:
    one = judge("a.jpg", "0" * 40, found, same=same, near=near)
    assert one.standing is standing
    assert bool(one.hits) is standing.is_there
    assert (one.why is not None) is standing.is_unknown


@pytest.mark.parametrize(
    ("standings", "twins", "status"),
    [
        ([], 0, 0),
        ([Standing.NEW], 0, 0),
        ([Standing.NEW], 1, 3),
        ([Standing.NEW, Standing.SAME_FILE], 0, 3),
        ([Standing.EQUAL, Standing.UNREADABLE], 0, 3),
        ([Standing.NEAR], 0, 3),
        ([Standing.NEW, Standing.LOW_INFORMATION], 0, 4),
        ([Standing.UNREADABLE], 0, 4),
    ],
)
def test_exit_statuses(standings: list[Standing], twins: int, status: int) -> None:
    counts = Counter(standings)
    assert exit_status(counts, twins) == status
    verdict = total_lines(Tally(counts, twins))[-1]
    assert verdict[0] == {0: "A", 3: "!", 4: "?"}[status]


hashes = st.integers(0, MAX_HASH)


@given(st.lists(st.tuples(hashes, hashes, st.booleans()), max_size=90), st.integers(0, 64))
def test_a_twin_is_the_nearest_before(rows: list[tuple[int, int, bool]], tolerance_bits: int) -> None:
    seen = Seen(tolerance_bits)
    for number, (phash, dhash, flat) in enumerate(rows):
        twin = seen.twin_of(str(number), f"sha1 {number}", seen_as(phash, dhash, flat=flat))
        before = [
            ((phash ^ one[0]).bit_count(), (dhash ^ one[1]).bit_count(), str(at))
            for at, one in enumerate(rows[:number])
            if not one[2] and not flat
        ]
        near = [one for one in before if min(one[:2]) <= tolerance_bits]
        least = min((sum(one[:2]) for one in near), default=None)
        first = next((one for one in near if sum(one[:2]) == least), None)
        assert twin == (None if first is None else Twin(first[2], *first[:2]))


def test_the_same_bytes_are_twins_whatever_they_are() -> None:
    seen = Seen(2)
    assert seen.twin_of("a.jpg", "x", BROKEN) is None
    assert seen.twin_of("b.jpg", "x", BROKEN) == Twin("a.jpg")
    assert seen.twin_of("c.jpg", "y", BROKEN) is None


def test_what_is_told_of_a_picture() -> None:
    one = judge(
        "a.jpg", "0" * 40, seen_as(1, 2), near=[NEAR, Hit(9, "", 1, 1)], more=True, twin=Twin("z.jpg")
    )
    assert picture_lines(one)[1:] == [
        "    File:C.jpg  pHash 2, dHash 7",
        "    page 9  pHash 1, dHash 1",
        "    and more",
        "    twice: as z.jpg",
    ]
    assert list(csv_rows(one)) == [
        ("a.jpg", "near", 3, "C.jpg", 2, 7, "0" * 40, "twin of z.jpg"),
        ("a.jpg", "near", 9, "", 1, 1, "0" * 40, "twin of z.jpg"),
    ]
    told = to_json(one)
    assert [page["title"] for page in told["pages"]] == ["C.jpg", None]
    assert told["more"] is True
    broken = judge("=a.jpg", "", BROKEN)
    assert picture_lines(broken)[1] == "    the picture ends before its last row (EOFError)"
    assert list(csv_rows(broken)) == [("'=a.jpg", "unreadable", "", "", "", "", "", "truncated")]
    assert note(broken) == to_json(broken)["reason"] == "truncated"
