"""Thumbnails lie where ``media`` says, as MediaWiki itself serves them, whatever a file is called."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
import requests
from PIL import Image

from faebot_hash.web.media import picture_address, replacement_address, thumbnail_file_address
from tests.practice.wiki import PracticeWiki

NAMES = [
    "Plain.jpg",
    "Capital.JPG",
    "Long ending.jpeg",
    "Zeichnung ä & ö (1), 100%?+=;'!.png",
    "שלום 😀.gif",
    "M" * 156 + ".jpg",
]
"""All short enough to name a thumbnail after: this wiki allows longer names for that than Wikimedia."""


def drawn(path: Path, width_px: int) -> bytes:
    """Save a picture with some shapes."""
    picture = Image.linear_gradient("L").resize((width_px, 200)).convert("RGB")
    picture.paste((200, 30, 60), (10, 20, 80, 120))
    picture.save(path)
    return path.read_bytes()


def told(wiki: PracticeWiki, name: str) -> str:
    """Ask the wiki where a file's thumbnail lies."""
    question = {"prop": "imageinfo", "iiprop": "url", "iiurlwidth": "250", "titles": f"File:{name}"}
    (page,) = wiki.reader().get(action="query", **question)["query"]["pages"]
    address: str = page["imageinfo"][0]["thumburl"]
    return address.partition("?")[0]


@pytest.mark.practice
def test_a_thumbnail_is_served_at_its_address(wiki: PracticeWiki, tmp_path: Path) -> None:
    media_url = f"{wiki.server.address}/wikipedia/commons"
    for number, name in enumerate(NAMES):
        path = tmp_path / f"{number}.{name.rpartition('.')[2].lower()}"
        original = drawn(path, 400)
        wiki.human("upload", f"File:{name}", path=str(path))
        address = thumbnail_file_address(media_url, name)
        answer = requests.get(address, timeout=30, allow_redirects=False)
        assert answer.status_code == 200, f"{name}: {answer.text[:300]}"
        assert Image.open(BytesIO(answer.content)).size == (250, 125)
        assert address == told(wiki, name)
        whole = requests.get(picture_address(media_url, name), timeout=30, allow_redirects=False)
        assert whole.content == original


@pytest.mark.practice
def test_the_wiki_tells_the_same_address_of_what_it_cannot_draw_here(
    wiki: PracticeWiki, tmp_path: Path
) -> None:
    drawn(tmp_path / "modern.webp", 400)
    wiki.human("upload", "File:Modern.webp", path=str(tmp_path / "modern.webp"))
    media_url = f"{wiki.server.address}/wikipedia/commons"
    assert thumbnail_file_address(media_url, "Modern.webp") == told(wiki, "Modern.webp")


@pytest.mark.practice
def test_what_is_too_small_for_a_thumbnail_has_a_replacement(wiki: PracticeWiki, tmp_path: Path) -> None:
    media_url, name = f"{wiki.server.address}/wikipedia/commons", "Small.png"
    original = drawn(tmp_path / "small.png", 200)
    wiki.human("upload", f"File:{name}", path=str(tmp_path / "small.png"))
    assert requests.get(thumbnail_file_address(media_url, name), timeout=30).status_code == 400
    assert requests.get(replacement_address(media_url, name), timeout=30).content == original
