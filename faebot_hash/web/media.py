"""Where a wiki keeps pictures and their thumbnails, so that a page can show them without being led on.

A page may show pictures of the media host alone, and a browser holds every redirect to that: an address that
the wiki leads on from, like that of the interfaces, would show nothing. So pages name the address itself, in
the layout that MediaWiki gives its folders (``FileRepo::getHashPath``, ``File::generateThumbName``).
"""

from __future__ import annotations

import hashlib
from urllib.parse import quote

SHOWN_PX = 250
SMALL_PX = 120
"""Two of the widths that Wikimedia serves (T414805); the index knows every file at the smaller one."""

LONGEST_NAME_BYTES = 160
"""Wikimedia names the thumbnails of files with longer names "thumbnail" (``abbrvThreshold``)."""

_FORMS = {
    "svg": ("", ".png"),
    "webp": ("", ".png"),
    "xcf": ("", ".png"),
    "tif": ("lossy-page1-", ".jpg"),
    "tiff": ("lossy-page1-", ".jpg"),
    "pdf": ("page1-", ".jpg"),
    "djvu": ("page1-", ".jpg"),
}
"""What stands before and after a thumbnail's name, by the file's type, where that is not shown as it is."""

_SHOWN_AS_THEY_ARE = {"jpg", "jpeg", "png", "gif", "webp", "svg"}


def picture_address(media_url: str, title: str) -> str:
    """Give the address of the file itself."""
    return f"{media_url}/{_place(title)}"


def thumbnail_file_address(media_url: str, title: str, width_px: int = SHOWN_PX) -> str:
    """Give the address of the thumbnail of a file that is wider than that, itself and no redirect to it."""
    name, ending = title.replace(" ", "_"), _ending(title)
    before, after = _FORMS.get(ending, ("", ""))
    shown = name if len(name.encode("utf-8", "replace")) <= LONGEST_NAME_BYTES else f"thumbnail.{ending}"
    return f"{media_url}/thumb/{_place(title)}/{before}{width_px}px-{quote(shown, safe='')}{after}"


def replacement_address(media_url: str, title: str) -> str:
    """Give the address of what to show where there is no thumbnail, because the file is smaller."""
    if _ending(title) in _SHOWN_AS_THEY_ARE:
        return picture_address(media_url, title)
    return thumbnail_file_address(media_url, title, SMALL_PX)


def _place(title: str) -> str:
    name = title.replace(" ", "_")
    digest = hashlib.md5(name.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()
    return f"{digest[0]}/{digest[:2]}/{quote(name, safe='')}"


def _ending(title: str) -> str:
    return title.rpartition(".")[2].lower()
