"""The history of links: what may be left out of it, and what the store gives back (goal L4)."""

from __future__ import annotations

import os
import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faebot_hash.adapters.store import Store
from faebot_hash.links import Observation, Verdict, is_dead, next_check, telling
from faebot_hash.ports import LinkHistory
from tests.counting import Counted

LONG = os.environ.get("FAEBOT_LONG") == "1"
EXAMPLES = 2_000 if LONG else 200
START = datetime(2026, 1, 1, tzinfo=UTC)
ALIVE, DEATH, UNKNOWN = Verdict.ALIVE, Verdict.EVIDENCE_OF_DEATH, Verdict.UNKNOWN
URL = "https://example.org/a"
MOST_KEPT = 5

verdicts = st.sampled_from([DEATH, DEATH, DEATH, DEATH, UNKNOWN, ALIVE])
# Hours, because the rule's borders are whole hours; some steps end just beside them.
steps = st.one_of(st.integers(1, 100), st.sampled_from([24, 71, 72, 73, 96]))
told_in_order = st.lists(st.tuples(steps, verdicts), max_size=30)


def observed(told: Iterable[tuple[int, Verdict]]) -> list[Observation]:
    """Make observations, each so many hours after the one before."""
    at, history = START, []
    for hours, verdict in told:
        at += timedelta(hours=hours)
        history.append(Observation(at, verdict))
    return history


@pytest.fixture
def store(address: str) -> Iterable[Store]:
    with Store.open(address) as store:
        yield store


# ---- what may be left out


def kept_step_by_step(history: Iterable[Observation]) -> Iterable[tuple[Observation, ...]]:
    """Leave out after each observation, as the store does."""
    kept: tuple[Observation, ...] = ()
    for observation in history:
        kept = telling((*kept, observation))
        yield kept


@settings(max_examples=EXAMPLES * 5, deadline=None)
@given(told_in_order)
def test_leaving_out_changes_no_verdict(told: list[tuple[int, Verdict]]) -> None:
    history = observed(told)
    for count, kept in enumerate(kept_step_by_step(history), 1):
        assert is_dead(kept) is is_dead(history[:count])
        assert next_check(kept) == next_check(history[:count])
        assert len(kept) <= MOST_KEPT
        assert set(kept) <= set(history)


@settings(max_examples=EXAMPLES * 5, deadline=None)
@given(told_in_order, st.randoms())
def test_a_clock_that_was_set_back_hastens_no_death(
    told: list[tuple[int, Verdict]], chance: random.Random
) -> None:
    history = observed(told)
    chance.shuffle(history)
    for count, kept in enumerate(kept_step_by_step(history), 1):
        assert is_dead(history[:count]) or not is_dead(kept)
        assert next_check(kept) == next_check(history[:count])
        assert len(kept) <= MOST_KEPT


def test_what_is_left_of_a_long_death() -> None:
    days = [(24, ALIVE), (24, UNKNOWN), *[(24, DEATH)] * 300, (24, UNKNOWN)]
    *_, kept = kept_step_by_step(observed(days))
    assert [((each.at - START).days, each.verdict) for each in kept] == [
        (1, ALIVE),
        (3, DEATH),
        (6, DEATH),
        (302, DEATH),
        (303, UNKNOWN),
    ]


# ---- the store's history


def test_it_fulfils_the_port(store: Store) -> None:
    history: LinkHistory = store
    assert history.link_histories([URL]) == {}
    history.observe({})
    assert history.link_histories([]) == {}


def test_an_observation_comes_back(store: Store) -> None:
    first, second = observed([(1, DEATH), (30, UNKNOWN)])
    store.observe({URL: first})
    store.observe({URL: second})
    store.observe({URL: second})
    assert store.link_histories([URL, "https://example.org/b"]) == {URL: (first, second)}


def test_the_later_word_counts_at_one_moment(store: Store) -> None:
    store.observe({URL: Observation(START, DEATH)})
    store.observe({URL: Observation(START, ALIVE)})
    assert store.link_histories([URL]) == {URL: (Observation(START, ALIVE),)}


LONG_URL = "https://example.org/?" + "x" * 10_000
ALIKE = [
    URL,
    URL + " ",
    URL.upper(),
    "https://example.org/A",
    "https://example.org/\u00e1",
    "https://example.org/a\u0301",
    "https://example.org/%C3%A1",
    "https://example.org/a\n",
    "https://example.org/𝄞",
    "https://example.org/\udcff",
    "https://example.org/?",
    LONG_URL + "a",
    LONG_URL + "A",
    LONG_URL,
    "",
]


def test_addresses_are_exact(address: str) -> None:
    told = {url: Observation(START + timedelta(hours=hour), DEATH) for hour, url in enumerate(ALIKE)}
    with Store.open(address) as store:
        store.observe(told)
    with Store.open(address, write=False) as store:
        assert store.link_histories(ALIKE) == {url: (each,) for url, each in told.items()}


def test_thousands_of_links_at_once(store: Store) -> None:
    links = {f"https://example.org/{n}": Observation(START, list(Verdict)[n % 3]) for n in range(3_000)}
    store.observe(links)
    assert store.link_histories(links) == {url: (each,) for url, each in links.items()}


def test_it_does_not_grow_for_ever(store: Store) -> None:
    chance = random.Random(3)
    for observation in observed(
        (24, chance.choice([DEATH, DEATH, DEATH, UNKNOWN, ALIVE])) for _ in range(200)
    ):
        store.observe({URL: observation})
        assert len(store.link_histories([URL])[URL]) <= MOST_KEPT


def test_the_store_gives_the_verdict_of_the_full_history(store: Store, counted: Counted) -> None:
    tried = 0

    @settings(max_examples=EXAMPLES, deadline=None)
    @given(st.lists(told_in_order, min_size=1, max_size=4))
    def compare(stories: list[list[tuple[int, Verdict]]]) -> None:
        nonlocal tried
        tried += 1
        full = {f"https://example.org/{tried}/{n}": observed(told) for n, told in enumerate(stories)}
        for turn in range(max(map(len, full.values()))):
            store.observe({url: history[turn] for url, history in full.items() if turn < len(history)})
        kept = store.link_histories(full)
        for url, history in full.items():
            assert is_dead(kept.get(url, ())) is is_dead(history)
            assert next_check(kept.get(url, ())) == next_check(history)

    compare()
    counted("L4", tried, "sets of histories that the store gave back")
