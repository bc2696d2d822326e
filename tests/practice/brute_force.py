"""What a sweep should find, by another road: each thumbnail that the wiki serves against each other."""

from __future__ import annotations

import io
from itertools import combinations

import imagehash
import numpy as np
from PIL import Image

from tests.practice.client import ApiClient

PICTURE_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp")
FLAT_LEVELS = 8.0
"""A thumbnail whose grey levels spread less than this (standard deviation) shows nothing."""


def sets_served(client: ApiClient, query: str) -> set[tuple[str, frozenset[str]]]:
    """Find the duplicate sets among the files of a search, as (kind of hash, titles).

    Pictures of 120 pixels or less are served as they are and would be a basis of their own; the practice
    wiki has none.
    """
    telling = _telling(client, query)
    by_phash = _groups({title: imagehash.phash(one) for title, one in telling.items()})
    matched = set().union(*by_phash) if by_phash else set()
    by_dhash = _groups({title: imagehash.dhash(one) for title, one in telling.items()})
    new = {group for group in by_dhash if group - matched}
    return {("pHash", group) for group in by_phash} | {("dHash", group) for group in new}


def near_served(
    client: ApiClient, query: str, phash_bits: int, dhash_bits: int
) -> dict[frozenset[str], tuple[int, int]]:
    """Find the pairs within a tolerance by either hash that are in no duplicate set, with their distances.

    Pictures that show nothing are left out.
    """
    sets = [titles for _, titles in sets_served(client, query)]
    pictures = _telling(client, query)
    phashes = {title: imagehash.phash(one) for title, one in pictures.items()}
    dhashes = {title: imagehash.dhash(one) for title, one in pictures.items()}
    near = {}
    for one, two in combinations(pictures, 2):
        bits = int(phashes[one] - phashes[two]), int(dhashes[one] - dhashes[two])
        pair = frozenset((one, two))
        if (bits[0] <= phash_bits or bits[1] <= dhash_bits) and not any(pair <= titles for titles in sets):
            near[pair] = bits
    return near


def clusters_served(client: ApiClient, query: str, dhash_bits: int) -> set[frozenset[str]]:
    """Cluster the files of a search by dHash, complete linkage, the nearest first.

    Each step looks at all pairs of groups again; ties would be told, not broken.
    """
    hashes = {title: imagehash.dhash(one) for title, one in _telling(client, query).items()}
    groups = [frozenset((title,)) for title in hashes]
    while len(groups) > 1:
        apart = sorted(
            ((max(hashes[a] - hashes[b] for a in one for b in two), n, m)
             for (n, one), (m, two) in combinations(enumerate(groups), 2)),
        )  # fmt: skip
        bits, n, m = apart[0]
        if bits > dhash_bits:
            break
        groups = [group for k, group in enumerate(groups) if k not in (n, m)] + [groups[n] | groups[m]]
    return {group for group in groups if len(group) > 1}


def _telling(client: ApiClient, query: str) -> dict[str, Image.Image]:
    pictures = {title: _picture(client, url) for title, url in client.thumbnail_urls(**_hits(query)).items()}
    return {title: one for title, one in pictures.items() if np.asarray(one).std() >= FLAT_LEVELS}


def _hits(query: str) -> dict[str, object]:
    return {"generator": "search", "gsrsearch": query, "gsrnamespace": 6, "gsrlimit": 50}


def _picture(client: ApiClient, url: str) -> Image.Image:
    status, body, _ = client.fetch(url)
    if status != 200:
        raise ValueError(f"{url}: HTTP {status}")
    picture = Image.open(io.BytesIO(body)).convert("RGBA")
    paper = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(paper, picture).convert("L")


def _groups(hashes: dict[str, imagehash.ImageHash]) -> set[frozenset[str]]:
    """Compare all with all, as objects, in the manner of the original script."""
    groups: dict[str, set[str]] = {}
    for one, two in combinations(hashes, 2):
        if hashes[one] - hashes[two] == 0:
            groups.setdefault(str(hashes[one]), set()).update((one, two))
    return {frozenset(group) for group in groups.values()}
