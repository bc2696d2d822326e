"""Judgements of people: what stands of several, and how pairs are named."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faebot_hash.judgements import Judged, Judgement, Pair, kept_apart, pair_of, standing

NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)
A, B, C = (digit * 40 for digit in "abc")
DUPLICATES, NOT_DUPLICATES, OTHER_VERSION, CANNOT_TELL = Judgement


def judged(judgement: Judgement, hours: int = 0, pair: Pair = (A, B), who: str = "Ann") -> Judged:
    return Judged(pair, judgement, who, NOON + timedelta(hours=hours))


rows = st.lists(
    st.builds(
        judged,
        st.sampled_from(Judgement),
        st.integers(0, 5),
        st.sampled_from([(A, B), (A, C), (B, C), (A, A)]),
        st.sampled_from(["Ann", "Bob"]),
    )
)


@pytest.mark.parametrize(
    ("given_in_turn", "stands"),
    [
        ([DUPLICATES], DUPLICATES),
        ([CANNOT_TELL], CANNOT_TELL),
        ([NOT_DUPLICATES, CANNOT_TELL], NOT_DUPLICATES),
        ([CANNOT_TELL, OTHER_VERSION, CANNOT_TELL], OTHER_VERSION),
        ([NOT_DUPLICATES, DUPLICATES], DUPLICATES),
        ([DUPLICATES, CANNOT_TELL, NOT_DUPLICATES], NOT_DUPLICATES),
    ],
)
@pytest.mark.spec("10.3")
def test_a_mistake_can_be_corrected_and_doubt_takes_nothing_back(
    given_in_turn: Sequence[Judgement], stands: Judgement
) -> None:
    found = standing(judged(one, hours) for hours, one in enumerate(given_in_turn))
    assert found[A, B].judgement is stands
    assert kept_apart(found.values()) == ({(A, B)} if stands in (NOT_DUPLICATES, OTHER_VERSION) else set())


def test_of_one_moment_the_last_row_counts() -> None:
    assert standing([judged(DUPLICATES), judged(NOT_DUPLICATES)])[A, B].judgement is NOT_DUPLICATES
    assert standing([judged(NOT_DUPLICATES), judged(DUPLICATES)])[A, B].judgement is DUPLICATES


@given(rows)
def test_each_pair_stands_by_its_own_rows(given_rows: list[Judged]) -> None:
    found = standing(given_rows)
    assert found.keys() == {row.pair for row in given_rows}
    for pair, row in found.items():
        own = [one for one in given_rows if one.pair == pair]
        telling = [one for one in own if one.judgement is not CANNOT_TELL]
        assert row.at == max(one.at for one in telling or own)
        assert standing(own) == {pair: row}


@given(rows, rows)
def test_doubts_added_at_any_time_set_no_pair_free(given_rows: list[Judged], more: list[Judged]) -> None:
    doubts = [judged(CANNOT_TELL, pair=one.pair) for one in more]
    assert kept_apart([*given_rows, *doubts]) == kept_apart([*doubts, *given_rows]) == kept_apart(given_rows)


@given(st.sampled_from([A, B, C]), st.sampled_from([A, B, C]))
def test_a_pair_has_one_name(one: str, other: str) -> None:
    assert pair_of(one, other) == pair_of(other, one) == tuple(sorted((one, other)))


@pytest.mark.parametrize(
    ("pair", "who", "at"),
    [
        ((B, A), "Ann", NOON),
        ((A, "b" * 39), "Ann", NOON),
        ((A, "B" * 40), "Ann", NOON),
        ((A, B), " ", NOON),
        ((A, B), "Ann", NOON.replace(tzinfo=None)),
    ],
)
def test_what_is_no_judgement_is_our_bug(pair: Pair, who: str, at: datetime) -> None:
    with pytest.raises(ValueError, match=r"SHA1s|name|time zone"):
        Judged(pair, DUPLICATES, who, at)
