"""The addresses of the search's pages, for whoever checks every page there is."""

from __future__ import annotations

from urllib.parse import urlencode

from faebot_hash.fingerprint import to_hex
from tests.web_world import D, P

BY_HASHES = f"/near?phash={to_hex(P)}&dhash={to_hex(D)}&within=far"


def search_pages(title: str, page_id: int) -> list[str]:
    """List the addresses of pages that show a title: as what is asked, as what is found, and as missing.

    ``page_id`` is that of an indexed page with the title and with hashes at most 12 bits from P and D.
    """
    return [
        "/",
        f"/near?{urlencode({'title': title})}",
        f"/near?{urlencode({'title': title, 'within': 'far', 'match': 'either'})}",
        f"/near?page_id={page_id}",
        BY_HASHES,
        f"/near?{urlencode({'title': f'No {title}'[:200]})}",
        "/api/v1/",
        "/nowhere/at/all",
    ]
