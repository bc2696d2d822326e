"""How pages are named in requests and answers: titles, and addresses on the wiki."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

THUMBNAIL_PX = 250
"""One of the widths that Wikimedia serves; the next one above the 220 px that the older service named."""

LONGEST_TITLE_BYTES = 255

_PREFIX = re.compile(r"\s*(?:file|image)\s*:", re.IGNORECASE)
_NEVER = re.compile(r"[\x00-\x1f\x7f\ufffd#<>\[\]|{}]|%[0-9A-Fa-f]{2}")


def title_of(text: str) -> str:
    """Bring a title into the index's form: spaces, no "File:", a capital first; "" where none is left."""
    title = " ".join(unicodedata.normalize("NFC", text).replace("_", " ").split(" "))
    while prefix := _PREFIX.match(title):
        title = title[prefix.end() :]
    title = " ".join(title.split())
    return title[:1].upper() + title[1:]


def is_title(title: str) -> bool:
    """Tell whether a file can have this title, as ``title_of`` gives it."""
    return 0 < len(title.encode("utf-8", "replace")) <= LONGEST_TITLE_BYTES and not _NEVER.search(title)


def full_name(title: str) -> str:
    """Write a title with its namespace and underscores, as addresses have it."""
    return "File:" + title.replace(" ", "_")


def page_address(wiki_url: str, title: str) -> str:
    """Give the address of a file's page."""
    return f"{wiki_url}/wiki/{quote(full_name(title), safe=':')}"


def thumbnail_address(wiki_url: str, title: str) -> str:
    """Give an address that leads to the file's thumbnail.

    The wiki itself leads on from there: only it knows the host, the form of the name, and whether the file
    is smaller than that (T66214: the addresses of thumbnails are its own affair).
    """
    name = quote(title.replace(" ", "_"), safe="")
    return f"{wiki_url}/wiki/Special:Redirect/file/{name}?width={THUMBNAIL_PX}"
