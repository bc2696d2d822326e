from __future__ import annotations

import itertools
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faebot_hash.cluster import Cluster, Linkage, cluster
from faebot_hash.join import close_pairs
from faebot_hash.level import Level

close_values = st.sets(
    st.integers(0, 255) | st.integers(0, 63).map(lambda bit: 1 << bit) | st.integers(0, 2**64 - 1),
    max_size=40,
)


def clusters_of(numbers: set[int], tolerance_bits: int, linkage: Linkage = Linkage.COMPLETE) -> list[Cluster]:
    values = np.array(sorted(numbers), np.uint64)
    return list(cluster(values, close_pairs(values, tolerance_bits), linkage))


def distance(one: int, other: int) -> int:
    return (one ^ other).bit_count()


def by_definition(numbers: set[int], tolerance_bits: int) -> list[list[int]]:
    """Complete linkage as books have it: join the two nearest groups until none are near enough."""
    groups = [[number] for number in sorted(numbers)]

    def apart(pair: tuple[list[int], list[int]]) -> tuple[int, int, int]:
        return max(distance(a, b) for a in pair[0] for b in pair[1]), pair[0][0], pair[1][0]

    while len(groups) > 1:
        one, other = min(itertools.combinations(groups, 2), key=apart)
        if apart((one, other))[0] > tolerance_bits:
            break
        groups.remove(other)
        groups[groups.index(one)] = sorted(one + other)
        groups.sort()
    return [group for group in groups if len(group) > 1]


@settings(deadline=None)
@given(close_values, st.integers(1, 12))
def test_complete_linkage_is_as_books_have_it(numbers: set[int], tolerance_bits: int) -> None:
    found = clusters_of(numbers, tolerance_bits)
    assert [list(one.values) for one in found] == by_definition(numbers, tolerance_bits)


@settings(deadline=None)
@given(close_values, st.integers(1, 12))
@pytest.mark.spec("9.3")
def test_every_member_is_near_every_other(numbers: set[int], tolerance_bits: int) -> None:
    found = clusters_of(numbers, tolerance_bits)
    for one in found:
        distances = [distance(a, b) for a, b in itertools.combinations(one.values, 2)]
        assert max(distances) == one.widest_bits <= tolerance_bits
    members = [value for one in found for value in one.values]
    assert len(members) == len(set(members))
    # No two clusters could have been one.
    for a, b in itertools.combinations(found, 2):
        assert max(distance(x, y) for x in a.values for y in b.values) > tolerance_bits


@settings(deadline=None)
@given(close_values, st.integers(1, 12))
def test_single_linkage_follows_chains(numbers: set[int], tolerance_bits: int) -> None:
    reached: dict[int, set[int]] = {}
    for number in sorted(numbers):
        joined = {number}.union(
            *(
                group
                for group in reached.values()
                if any(distance(number, x) <= tolerance_bits for x in group)
            )
        )
        for value in joined:
            reached[value] = joined
    expected = sorted({tuple(sorted(group)) for group in reached.values() if len(group) > 1})
    assert [one.values for one in clusters_of(numbers, tolerance_bits, Linkage.SINGLE)] == expected


def test_a_chain_is_one_cluster_only_where_chains_count() -> None:
    chain = {0b0, 0b11, 0b1111, 0b111111}
    assert [one.values for one in clusters_of(chain, 2)] == [(0, 3), (15, 63)]
    (single,) = clusters_of(chain, 2, Linkage.SINGLE)
    assert (single.values, single.widest_bits) == ((0, 3, 15, 63), 6)


def test_thousands_of_values_in_one_part() -> None:
    rng = random.Random(2)
    numbers = {rng.getrandbits(13) for _ in range(1500)}
    found = clusters_of(numbers, 3)
    assert all(distance(a, b) <= 3 for one in found for a, b in itertools.combinations(one.values, 2))
    assert sum(len(one.values) for one in found) > 1000


@pytest.mark.parametrize(
    ("bits", "level"),
    [
        (0, Level.CLOSE),
        (2, Level.CLOSE),
        (3, Level.VARIATION),
        (8, Level.VARIATION),
        (9, Level.SIMILAR),
        (11, Level.SIMILAR),
        (12, None),
        (64, None),
    ],
)
def test_levels_are_the_seeds(bits: int, level: Level | None) -> None:
    assert Level.of(bits) is level


def test_one_value_is_no_cluster() -> None:
    assert clusters_of({5}, 12) == clusters_of({0, 2**64 - 1}, 12) == clusters_of(set(), 12) == []
    with pytest.raises(ValueError, match="two"):
        Cluster((1,), 0)
