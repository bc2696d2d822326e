"""Clusters of files: everyone near everyone, keys that stay, and the files that a page shows."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from faebot_hash.file_clusters import FileCluster, file_clusters, with_known_keys
from faebot_hash.level import Level
from tests.test_near_pairs import hashed

dhashes = st.integers(0, 63) | st.sampled_from([2**64 - 1, 2**63, 2**40 - 1])


def clusters(*values: int, level: Level = Level.CLOSE) -> tuple[FileCluster, ...]:
    return file_clusters([hashed(n, 0, value) for n, value in enumerate(values, start=1)], level)


def members(found: tuple[FileCluster, ...]) -> list[list[int]]:
    return [[file.page_id for file in one.files] for one in found]


@given(st.lists(dhashes, max_size=14), st.sampled_from(Level))
def test_everyone_is_near_everyone_and_nobody_is_left_who_could_join(values: list[int], level: Level) -> None:
    found = clusters(*values, level=level)
    of_page = dict(enumerate(values, start=1))
    pages = [file.page_id for one in found for file in one.files]
    assert len(pages) == len(set(pages))
    for one in found:
        own = [of_page[file.page_id] for file in one.files]
        assert one.key == min(file.page_id for file in one.files)
        assert one.widest_bits == max((a ^ b).bit_count() for a in own for b in own) <= level.value
    groups = [{of_page[file.page_id] for file in one.files} for one in found]
    groups += [{value} for page, value in of_page.items() if page not in pages]
    for one, other in itertools.combinations(groups, 2):
        assert any((a ^ b).bit_count() > level.value for a in one for b in other)


def test_equal_files_and_flat_ones() -> None:
    files = [hashed(1, 0, 5), hashed(2, 0, 5, small=True), hashed(3, 0, 4, flat=True), hashed(4, 0, 2**60)]
    # 5 and 2**60 are three bits apart; thumbnails and small originals are compared.
    assert members(file_clusters(files, Level.CLOSE)) == [[1, 2]]
    assert members(file_clusters(files, Level.SIMILAR)) == [[1, 2, 4]]


def test_the_nearest_are_shown_in_the_order_of_their_pages() -> None:
    (one,) = clusters(0, 7, 3, 1, 1 << 10, level=Level.SIMILAR)
    assert [file.page_id for file in one.others(1, 9)] == [2, 3, 4, 5]
    assert [file.page_id for file in one.others(1, 3)] == [3, 4, 5]
    assert [file.page_id for file in one.others(1, 1)] == [4]


def keys(found: tuple[FileCluster, ...], known: dict[int, set[int]]) -> list[int]:
    named = with_known_keys(found, known)
    assert members(named) == members(found)
    assert len({one.key for one in named}) == len(named)
    return [one.key for one in named]


def test_a_cluster_keeps_the_key_that_most_of_its_pages_tell() -> None:
    found = clusters(0, 0, 0, 0xFFFF, 0xFFFF)
    assert keys(found, {}) == [1, 4]
    assert keys(found, {2: {99}, 3: {99}, 1: {1}}) == [99, 4]
    assert keys(found, {4: {1}, 5: {1}}) == [2, 1]
    assert keys(found, {1: {4}, 4: {4}}) == [4, 5]
    assert keys(found, {1: {4}, 2: {4}, 3: {4}, 4: {5}, 5: {4}}) == [4, 5]


@given(
    st.lists(st.sampled_from([0, 1, 0xFFFF, 0xFFFF << 16, 0xFFFF << 32, 0xFFFF << 48]), max_size=12),
    st.dictionaries(st.integers(1, 12), st.sets(st.integers(1, 14), max_size=2), max_size=12),
)
def test_keys_are_stable_however_many_pages_are_edited_already(
    values: list[int], known: dict[int, set[int]]
) -> None:
    found = clusters(*values)
    target = dict(zip((one.members for one in found), keys(found, known), strict=True))
    of_page = {file.page_id: target[one.members] for one in found for file in one.files}
    now = {page: known.get(page, set()) for page in of_page}
    for page, key in of_page.items():
        now[page] = {key}
        assert keys(found, now) == list(target.values()), f"after page {page}"
