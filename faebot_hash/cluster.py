"""Clusters of near values: complete linkage, in which every member is near every other one.

Single linkage is there too: it puts values together that a chain of near ones connects, so that the ends of
a chain may have nothing in common. Nothing that is decided automatically may rest on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from heapq import heapify, heappop, heappush
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array  # type: ignore[import-untyped]
from scipy.sparse.csgraph import connected_components  # type: ignore[import-untyped]

from faebot_hash.bands import Values
from faebot_hash.join import ValuePairs

Numbers = npt.NDArray[np.int64]


class Linkage(Enum):
    """What makes a cluster."""

    COMPLETE = "complete"
    SINGLE = "single"


@dataclass(frozen=True)
class Cluster:
    """Two or more distinct values, ascending, and the distance of the two furthest from each other."""

    values: tuple[int, ...]
    widest_bits: int

    def __post_init__(self) -> None:
        if len(self.values) < 2:
            raise ValueError("a cluster needs two values")


def cluster(
    values: Values, pairs: Iterable[ValuePairs], linkage: Linkage = Linkage.COMPLETE
) -> Iterator[Cluster]:
    """Group ascending values by all their near pairs (``join.close_pairs``), lowest value first.

    Complete linkage joins the two groups whose furthest members are nearest, as long as every member of
    one is near every member of the other; of equals those with the lowest values. So the outcome depends
    on the values alone, and each value is in one cluster at most.
    """
    pieces = list(pairs)
    if not pieces:
        return
    low = np.searchsorted(values, np.concatenate([piece.low for piece in pieces]))
    high = np.searchsorted(values, np.concatenate([piece.high for piece in pieces]))
    bits = np.concatenate([piece.distance_bits for piece in pieces])
    used = np.unique(np.concatenate((low, high)))
    low, high = np.searchsorted(used, low), np.searchsorted(used, high)
    graph = coo_array((np.ones(len(low), np.int8), (low, high)), shape=(len(used), len(used)))
    found = []
    for members, edges in _components(connected_components(graph, directed=False)[1], low):
        if linkage is Linkage.SINGLE or len(edges) * 2 == len(members) * (len(members) - 1):
            parts = [members.tolist()]
        else:
            parts = _complete(low[edges], high[edges], bits[edges])
        found += [values[used[part]] for part in parts]
    for one in sorted(found, key=lambda one: int(one[0])):
        yield Cluster(tuple(one.tolist()), _widest(one))


def _components(labels: Numbers, low: Numbers) -> Iterator[tuple[Numbers, Numbers]]:
    """Yield the members and the edges of each connected part."""
    members, edges = np.argsort(labels, kind="stable"), np.argsort(labels[low], kind="stable")
    counts = np.bincount(labels)
    edge_counts = np.bincount(labels[low], minlength=len(counts))
    member_ends, edge_ends = np.cumsum(counts), np.cumsum(edge_counts)
    for count, end, edge_count, edge_end in zip(counts, member_ends, edge_counts, edge_ends, strict=True):
        yield members[end - count : end], edges[edge_end - edge_count : edge_end]


def _complete(low: Numbers, high: Numbers, bits: npt.NDArray[Any]) -> list[list[int]]:
    """Join groups, nearest first; two groups may be joined when all pairs across them are near.

    For each two groups it is known how many near pairs lie across and how far the furthest is.
    """
    groups: dict[int, list[int]] = {int(one): [int(one)] for one in np.unique(np.concatenate((low, high)))}
    across: dict[int, dict[int, tuple[int, int]]] = {one: {} for one in groups}
    waiting: list[tuple[int, int, int, int]] = []
    for one, other, distance in zip(low.tolist(), high.tolist(), bits.tolist(), strict=True):
        across[one][other] = across[other][one] = (1, distance)
        waiting.append((distance, one, other, 2))
    heapify(waiting)
    while waiting:
        _, one, other, size = heappop(waiting)
        # A group is named by its lowest member, so one that has grown since is known by its size.
        if one not in groups or other not in groups or len(groups[one]) + len(groups[other]) != size:
            continue
        groups[one] = sorted(groups[one] + groups.pop(other))
        gone = across.pop(other)
        del gone[one], across[one][other]
        for third in gone.keys() | across[one].keys():
            across[third].pop(other, None)
            first, second = across[one].get(third, (0, 0)), gone.get(third, (0, 0))
            count, distance = first[0] + second[0], max(first[1], second[1])
            across[one][third] = across[third][one] = (count, distance)
            if count == len(groups[one]) * len(groups[third]):
                left, right = min(one, third), max(one, third)
                heappush(waiting, (distance, left, right, len(groups[one]) + len(groups[third])))
    return [members for members in groups.values() if len(members) > 1]


def _widest(values: Values) -> int:
    return max(int(np.bitwise_count(values ^ value).max()) for value in values)
