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
    pictures = {title: _picture(client, url) for title, url in client.thumbnail_urls(**_hits(query)).items()}
    telling = {title: one for title, one in pictures.items() if np.asarray(one).std() >= FLAT_LEVELS}
    by_phash = _groups({title: imagehash.phash(one) for title, one in telling.items()})
    matched = set().union(*by_phash) if by_phash else set()
    by_dhash = _groups({title: imagehash.dhash(one) for title, one in telling.items()})
    new = {group for group in by_dhash if group - matched}
    return {("pHash", group) for group in by_phash} | {("dHash", group) for group in new}


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
