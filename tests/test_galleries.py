"""The pages of near matches and of clusters: their very text, and what a real wiki makes of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from faebot_hash import similar
from faebot_hash.cluster_pages import category_page, cluster_parts
from faebot_hash.collection import ClusterForm, Collection
from faebot_hash.file_clusters import file_clusters
from faebot_hash.level import Level
from faebot_hash.model import HashedFile, Slice, SliceKind
from faebot_hash.near import NearFound
from faebot_hash.near_lines import near_lines
from faebot_hash.near_lines import total_lines as near_totals
from faebot_hash.near_pages import near_parts
from faebot_hash.near_pairs import grouped, near_pairs
from faebot_hash.near_table import csv_rows
from faebot_hash.pairs import Within
from faebot_hash.reasons import Reason, Skipped
from faebot_hash.settings import ClusterSettings, NearSettings
from tests.fakes import EPOCH
from tests.practice.cases import files_of
from tests.practice.wiki import PracticeWiki
from tests.test_confirm_report import MARKUP
from tests.test_near_pairs import hashed
from tests.test_report_pages import FILE, TITLES, assert_harmless, boxes, rendered, structure

NOAA = Collection("noaa", title="NOAA's crabs", slice=SliceKind.SEARCH, query="crab")
PART = Slice(SliceKind.SEARCH, "search crab", "crab")


def named(*titles: str) -> list[HashedFile]:
    """Make near files with these titles, each three bits of pHash and one of dHash from the first."""
    files = []
    for n, title in enumerate(titles, start=1):
        one = hashed(n, 0 if n == 1 else 7, 255 ^ (n > 1), day=n)
        fingerprint = replace(
            one.fingerprint, phash=one.fingerprint.phash ^ (n << 10), dhash=one.fingerprint.dhash
        )
        file = replace(one.file, title=title, uploaded=EPOCH + timedelta(days=n))
        files.append(HashedFile(file, fingerprint, one.basis))
    return files


def found(files: Sequence[HashedFile], notes: dict[int, Skipped] | None = None) -> NearFound:
    pairs = near_pairs(files, Within(6, 2), 1_000)
    assert not isinstance(pairs, Skipped)
    return NearFound(PART, len(files), len(files), len(files), tuple(pairs), grouped(pairs), notes)


def near_text(*findings: NearFound | Skipped) -> str:
    (part,) = near_parts(NOAA, findings, NearSettings())
    assert part.suffix == ""
    return part.text


def crabs() -> NearFound:
    files = [
        replace(one, file=replace(one.file, title=title))
        for one, title in zip(
            [hashed(1, 0, 255, day=1), hashed(2, 3, 0, day=0), hashed(3, 7, 254, small=True, day=2)],
            ["Crab A.jpg", "Crab B.jpg", "Crab C.jpg"],
            strict=True,
        )
    ]
    return found(files, {1: Skipped("Crab A.jpg", Reason.CROSS_LINKED, "names Crab B.jpg")})


def test_near_matches_to_the_letter() -> None:
    left_out = Skipped("search whale", Reason.INCOMPLETE_SEARCH, "timed out")
    assert (
        near_text(crabs(), left_out, Skipped("x", Reason.TOO_FEW_HITS))
        == """\
Near matches in “NOAA&#39;s crabs”: files that look alike, but are no duplicate set.

Two files are near by a pHash within 6 bits or dHash within 2 bits, of 64. This is not transitive: each file \
was compared with the first one of its gallery, the earliest upload. No page was tagged because of this.

1 slice could not be compared, so there may be more:
* search whale: the search answered with a warning or not with everything

<gallery mode="packed" heights="100">
File:Crab B.jpg|Primary, uploaded 2026-01-01
File:Crab C.jpg|pHash 1, dHash 7, uploaded 2026-01-03; one was hashed from its thumbnail, the other, being \
small, from the original
File:Crab A.jpg|pHash 2, dHash 8, uploaded 2026-01-02
</gallery>
* [[:File:Crab A.jpg|Crab A.jpg]]: the page names, or is named by, another file of the set (names \
Crab B.jpg)"""
    )


def test_nothing_near_is_said() -> None:
    assert near_text(found([hashed(1, 0, 0)])).endswith("\nThere are none.")


def test_near_matches_on_a_terminal() -> None:
    lines = near_lines(crabs())
    assert lines[0] == "search crab"
    assert "3 files · 3 hashed · 3 near pairs" in lines[1]
    assert [line.split()[1] for line in lines if "Crab" in line and "·" in line] == ["Crab", "Crab"]
    assert all(len(line) <= 100 for line in lines)
    assert any("near pairs" in line for line in near_totals([crabs()]))


def test_a_formula_in_a_title_is_not_computed() -> None:
    _, row = csv_rows([found(named("=1+1.jpg", "@x.jpg"))])
    assert {"'=1+1.jpg", "'@x.jpg"} <= set(row)


def test_clusters_to_the_letter() -> None:
    clusters = file_clusters(
        [hashed(1, 0, 0), hashed(2, 0, 1), hashed(3, 0, 2**63), hashed(4, 0, 2**20 * 127)], Level.CLOSE
    )
    fleuron = Collection("fleuron", cluster_as=ClusterForm.CATEGORY, cluster_category="Fleuron cluster {key}",
                         cluster_parent="Fleuron clusters")  # fmt: skip
    (part,) = cluster_parts(fleuron, clusters, ClusterSettings())
    assert (
        part.text
        == """\
Clusters of similar files in “fleuron”, level “close”: dHashes at most 2 bits apart, nearly the same print.

1 cluster with 3 files. In a cluster everyone is that near to everyone; a file is in one cluster at most.

'''[[:Category:Fleuron cluster 1|Fleuron cluster 1]]''': 3 files, at most 2 bits apart
<gallery mode="packed" heights="100">
File:Photograph 1.jpg|Photograph 1.jpg
File:Photograph 2.jpg|Photograph 2.jpg
File:Photograph 3.jpg|Photograph 3.jpg
</gallery>"""
    )
    assert category_page(fleuron) == (
        "Files that look alike (level “close”: dHashes at most 2 bits apart, nearly the same print), "
        "put together by their hashes.\n[[Category:Fleuron clusters]]"
    )
    (plain_part,) = cluster_parts(replace(fleuron, cluster_as=ClusterForm.PAGE), clusters, ClusterSettings())
    assert "'''Cluster 1''': 3 files" in plain_part.text


def test_a_long_report_is_cut_between_galleries() -> None:
    files = [hashed(n, 0, n // 2 << 8 | n // 2 << 30) for n in range(600)]
    clusters = file_clusters(files, Level.CLOSE)
    settings = ClusterSettings(report_bytes=20_000)
    parts = cluster_parts(NOAA, clusters, settings)
    assert len(parts) > 2
    assert [part.suffix for part in parts] == ["", *(f"/{n}" for n in range(2, len(parts) + 1))]
    assert all(len(part.text.encode()) <= 20_000 for part in parts)
    assert sum(part.text.count("<gallery") for part in parts) == len(clusters)
    assert sum(part.text.count("\nFile:") for part in parts) == len(files)


@pytest.mark.practice
def test_parts_link_to_each_other(wiki: PracticeWiki) -> None:
    files = [hashed(n, 0, n // 2 << 8 | n // 2 << 30) for n in range(800)]
    parts = cluster_parts(NOAA, file_clusters(files, Level.CLOSE), ClusterSettings(report_bytes=20_000))
    assert len(parts) == 3
    base = "User:PracticeBot/Clusters/noaa"
    links = [
        {
            link["title"]
            for link in rendered(wiki, f"{base}{part.suffix}", part.text)["links"]
            if link["ns"] == 2
        }
        for part in parts
    ]
    assert links == [{f"{base}/2"}, {base, f"{base}/3"}, {base}]


@pytest.mark.practice
def test_a_real_wiki_shows_what_is_meant(wiki: PracticeWiki) -> None:
    own = tuple(file.title for file in files_of("fleuron-twin"))
    titles = (*own, *TITLES)
    files = named(*titles)
    (clusters,) = cluster_parts(NOAA, file_clusters(files, Level.SIMILAR), ClusterSettings())
    block = similar.with_gallery("A file.", "noaa", similar.inside_of(titles, 20))
    for title, text in (
        ("User:PracticeBot/Near", near_text(found(files))),
        ("User:PracticeBot/Clusters", clusters.text),
        ("User:PracticeBot/File", block),
    ):
        page = rendered(wiki, title, text)
        assert_harmless(page)
        assert boxes(page) == len(titles), title
        assert {image.replace("_", " ") for image in page["images"]} == set(titles), title
        assert page["text"].count("<img ") == len(own)
    assert "Similar files: 9 of 20" in re.sub("<[^>]+>", "", page["text"])


@pytest.mark.practice
def test_whatever_a_title_holds_is_only_text(wiki: PracticeWiki) -> None:
    harmless = near_text(found(named("storm", "wave")))
    expected = structure(rendered(wiki, "User:PracticeBot/harmless", harmless))
    for n in range(0, len(MARKUP), 9):
        hostile = "a " + " ".join(MARKUP[n : n + 9])
        files = named(hostile, f"b {hostile}")
        notes = {1: Skipped(hostile, Reason.CROSS_LINKED, hostile)}
        for text in (
            near_text(found(files, notes)),
            cluster_parts(NOAA, file_clusters(files, Level.SIMILAR), ClusterSettings())[0].text,
            similar.with_gallery("A file.", "noaa", similar.inside_of([hostile, f"b {hostile}"], 2)),
        ):
            page = rendered(wiki, f"User:PracticeBot/hostile {n}", text)
            assert_harmless(page)
            assert {link["ns"] for link in page["links"]} <= {FILE, 14}
            seen = structure(page)
            assert all(seen[tag] <= expected[tag] for tag in seen if tag != "b")
