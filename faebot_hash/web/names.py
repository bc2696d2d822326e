"""How pages are named in requests and answers: titles, and addresses on the wiki."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlsplit

THUMBNAIL_PX = 250
"""One of the widths that Wikimedia serves; the next one above the 220 px that the older service named."""

LONGEST_TITLE_BYTES = 255

_PREFIX = re.compile(r"\s*(?:file|image)\s*:", re.IGNORECASE)
_NEVER = re.compile(r"[\x00-\x1f\x7f\ufffd#<>\[\]|{}]|%[0-9A-Fa-f]{2}")
_PAGE_ID = re.compile(r"[0-9]{1,19}", re.ASCII)
_LINK = re.compile(r"\[\[\s*:?([^|\]]*)(?:\|.*)?\]\]", re.DOTALL)
_ADDRESS = re.compile(r"\s*(?:https?:)?//|[^\s/]+/(?:wiki|w)/", re.IGNORECASE)
_LEADS_TO_FILE = re.compile(r"Special:(?:FilePath|Redirect/file)/", re.IGNORECASE)
_MEDIA = re.compile(r"/(?:thumb/|archive/)?[0-9a-f]/[0-9a-f]{2}/(?:[0-9]{14}!)?([^/]+)")


def title_of(text: str) -> str:
    """Bring a title into the index's form: spaces, no "File:", a capital first; "" where none is left."""
    title = " ".join(unicodedata.normalize("NFC", text).replace("_", " ").split(" "))
    while prefix := _PREFIX.match(title):
        title = title[prefix.end() :]
    title = " ".join(title.split())
    return title[:1].upper() + title[1:]


def asked_of(text: str) -> int | str:
    """Tell which file a person means by what was typed or pasted: its page id, or its title as ``title_of``.

    Wikitext and addresses of pages, pictures and thumbnails name a file as well. Digits are a page id, for
    a title has an ending.
    """
    text = text.strip()
    link = _LINK.fullmatch(text)
    if link:
        text = link[1]
    elif _ADDRESS.match(text):
        try:
            return _asked_by(urlsplit(text if "//" in text else f"//{text}"))
        except ValueError:
            return ""
    return int(text) if _PAGE_ID.fullmatch(text) else title_of(text)


def _asked_by(address: SplitResult) -> int | str:
    asked = parse_qs(address.query)
    number = asked.get("curid", [""])[0]
    if _PAGE_ID.fullmatch(number):
        return int(number)
    fragment = unquote(address.fragment)
    if fragment.startswith("/media/"):
        return title_of(fragment.removeprefix("/media/"))
    if "title" in asked:
        return title_of(asked["title"][0])
    media = _MEDIA.search(address.path)
    name = unquote(media[1] if media else address.path.partition("/wiki/")[2])
    return title_of(_LEADS_TO_FILE.sub("", name, count=1))


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
