"""Families for review: what is kept of one, and that its JSON gives it back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faebot_hash import cases
from faebot_hash.cases import Case, CaseDifference, CaseFile, CasePair, case_of, from_json, key_of, to_json
from faebot_hash.family import Bond, Confirmed, Family, Identity
from faebot_hash.judgements import pair_of
from tests.confirmed import BEGUN, RUN, TORNADO, TORNADO_DONE, A, B, C, D, file

NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)
TOLD = case_of(TORNADO, TORNADO_DONE, RUN, NOON)

sha1s = st.integers(0, 15).map(lambda digit: f"{digit:x}" * 40)
some_pairs = st.builds(pair_of, sha1s, sha1s)
words = st.text(st.characters(), max_size=12)
names = st.lists(words, max_size=3).map(tuple)
moments = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5))]))
bits = st.none() | st.integers(0, 64)
files = st.builds(
    CaseFile,
    *(st.integers(1, 1 << 40), words, sha1s, words, st.integers(0), st.integers(0), st.integers(0), moments),
    *(words, st.none() | words, words, words, words, words, words, st.none() | st.integers(), names, words),
)
differences = st.builds(
    CaseDifference,
    *(some_pairs, names, names, names, names),
    st.lists(st.tuples(words, words, words), max_size=2).map(tuple),
)
any_case = st.builds(
    Case,
    *(words, moments, words, names),
    st.lists(files, max_size=3).map(tuple),
    st.lists(st.builds(CasePair, some_pairs, bits, bits, words), max_size=3).map(tuple),
    st.lists(differences, max_size=2).map(tuple),
)


@given(any_case)
def test_json_gives_back_what_was_written(case: Case) -> None:
    assert from_json(to_json(case)) == case
    assert to_json(case).isascii()


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"version": None},
        {"key": 7},
        {"made_at": "noon"},
        {"files": {}},
        {"pairs": [["a", "b"]]},
        {"more": 1},
        {"bonds": [None]},
    ],
)
def test_other_json_is_refused(change: dict[str, object]) -> None:
    written = {**json.loads(to_json(TOLD)), **change}
    with pytest.raises(ValueError, match=r"."):
        from_json(json.dumps(written))
    del written[next(iter(change))]
    with pytest.raises(ValueError, match=r"."):
        from_json(json.dumps({name: value for name, value in written.items() if name != "run"}))


@pytest.mark.parametrize("text", ["", "[]", "7", "{}", '{"version": 1}', "null"])
def test_what_is_no_case_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_json(text)


def test_a_family_is_told_as_the_report_tells_it() -> None:
    assert (TOLD.key, TOLD.run, TOLD.made_at) == (key_of([A.sha1, B.sha1, C.sha1, D.sha1]), RUN, NOON)
    assert TOLD.bonds == ("1 = 2 = 3: pHash 00181b19147afcf8", "1 = 4: sort key 9f17000000000000")
    assert [one.title for one in TOLD.files] == [A.title, B.title, C.title, D.title]
    nominee, keeper, other, unread = TOLD.files
    assert (nominee.fate, keeper.fate) == ("would be nominated", "the file to keep")
    assert other.fate == "no other file of its family is the very same picture"
    assert unread.fate == "the download failed (HTTP 503 after 4 attempts)"
    assert (nominee.score, keeper.score, other.score) == (-1, 2, None)
    assert nominee.points[0] == "+1 uploaded first, 2013-05-21"
    assert (keeper.phash, keeper.dhash) == ("00181b19147afcf8", "0000000000000008")
    assert (keeper.pixel_sha1, keeper.non_exif_sha1) == ("a" * 40, "b" * 40)
    assert (unread.phash, unread.pixel_sha1) == ("", "")
    told = {one.pair: (one.phash_bits, one.dhash_bits, one.comparison) for one in TOLD.pairs}
    assert told.keys() == set(combinations([A.sha1, B.sha1, C.sha1, D.sha1], 2))
    assert told[A.sha1, B.sha1] == (0, 0, "metadata only: equal but for their metadata")
    assert told[B.sha1, C.sha1] == (0, 3, "not compared")
    assert told[A.sha1, D.sha1] == (None, None, "not compared")
    (difference,) = TOLD.differences
    assert difference.pair == (A.sha1, B.sha1)
    assert difference.categories_here == ("2013 in Moore, Oklahoma",)
    assert difference.licences_there == ("PD-USGov-Military-Air Force",)
    assert ("Source", "https://www.defenseimagery.mil/", "") in difference.parameters


def unread_family(count: int, digits: str = "0123456789abcdef") -> Confirmed:
    """Make a family of which nothing could be compared; with one digit all its files have the same bytes."""
    family = [
        replace(file(n + 1, f"{n}.jpg", "0"), sha1=(digits[n % len(digits)] * 36 + f"{n:04x}"))
        if len(digits) > 1
        else file(n + 1, f"{n}.jpg", digits)
        for n in range(count)
    ]
    bond = Bond(frozenset(one.page_id for one in family), "pHash 1")
    return Confirmed(Family(tuple(family), (bond,)), Identity((), {}, {}), {})


@pytest.mark.parametrize("count", [2, 3, 20, 21, 300])
def test_every_file_is_in_a_pair_and_no_pair_comes_twice(count: int) -> None:
    case = case_of(unread_family(count), (), RUN, BEGUN)
    pairs = [one.pair for one in case.pairs]
    assert len(set(pairs)) == len(pairs) <= max(cases.MOST_PAIRS, count)
    assert {sha1 for pair in pairs for sha1 in pair} == {one.sha1 for one in case.files}
    assert all(pair == pair_of(*pair) for pair in pairs)


def test_files_of_the_same_bytes_are_one_pair() -> None:
    case = case_of(unread_family(3, "a"), (), RUN, BEGUN)
    assert [one.pair for one in case.pairs] == [("a" * 40, "a" * 40)]


@given(st.lists(sha1s, min_size=1), st.randoms(use_true_random=False))
def test_no_order_changes_the_key_and_a_file_more_does(members: list[str], random: object) -> None:
    shuffled = list(members)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert key_of(shuffled) == key_of(members)
    assert key_of([*members, members[0]]) != key_of(members)
    assert len(key_of(members)) == 64
