"""Killed at any moment, a run loses no observation that the store had acknowledged (goal L7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from faebot_hash.adapters.store import Store
from faebot_hash.links import Observation, telling
from tests.counting import Counted
from tests.pictures import each_seed, per_seed
from tests.test_durability import CHECKED_EACH, integrity, killing
from tests.writer_nursery import observations

KILLS = 200

Histories = dict[str, tuple[Observation, ...]]


def observed(known: Histories, steps: Iterable[Mapping[str, Observation]]) -> Histories:
    """Add steps to histories in memory."""
    known = dict(known)
    for step in steps:
        for url, observation in step.items():
            known[url] = telling((*known.get(url, ()), observation))
    return known


@each_seed
def test_no_kill_loses_an_observation(tmp_path: Path, counted: Counted, seed: int) -> None:
    address = f"sqlite:///{tmp_path / 'store.sqlite'}"
    expected: Histories = {}
    kills, acknowledged = per_seed(KILLS), 0
    with killing(address, seed, "links") as writers:
        for number in range(kills):
            told = len(writers.kill_one(number))
            acknowledged += told
            expected = observed(expected, (observations(number, done) for done in range(told)))
            # The step under way at the kill may have been written, but only whole.
            under_way = observed(expected, [observations(number, told)])
            with Store.open(address, write=number % 2 == 0) as store:
                present = store.link_histories(under_way)
            assert present in (expected, under_way)
            expected = present
            if number % CHECKED_EACH == CHECKED_EACH - 1:
                assert integrity(address) == ["ok"]
    assert integrity(address) == ["ok"]
    assert acknowledged
    counted("L7", kills, "kills of a writer of observations")
    counted("L7", acknowledged * len(observations(0, 0)), "acknowledged observations")
