"""Asking the action API through Pywikibot: in batches, and until an answer is whole."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pywikibot.exceptions import APIError
from pywikibot.exceptions import Error as PywikibotError

from faebot_hash.adapters.answers import merged
from faebot_hash.errors import WikiError

BATCH = 50
"""Titles a request: the API scales at most 50 thumbnails at once, for bots too (TRANSFORM_LIMIT)."""

FILE_PROPS: dict[str, Any] = {"prop": "imageinfo|info", "iiprop": "timestamp|user|url|size|sha1|mime"}
TEXT_PROPS: dict[str, Any] = {
    "prop": "revisions|info",
    "rvprop": "ids|content",
    "rvslots": "main",
    "curtimestamp": True,
}

_OLDER_VERSIONS = frozenset({"continue", "iistart"})


class RefusedError(WikiError):
    """The wiki answered, but with an error: it may not know the module at all."""


class Queries:
    """What all readers of one wiki share; ``requests`` counts the API calls of this one."""

    def __init__(self, site: Any) -> None:
        self._site = site
        self.requests = 0

    def _pages(self, page_ids: Sequence[int], **parameters: Any) -> dict[int, dict[str, Any]]:
        """Ask about pages and join all parts of the answer by page id."""
        return merged(self._continued(pageids="|".join(map(str, page_ids)), **parameters))

    def _continued(self, *, older_versions: bool = False, **parameters: Any) -> Iterator[dict[str, Any]]:
        """Ask until the answer is whole.

        Asked for a single file, ``imageinfo`` offers to go on with its older versions; only who wants
        ``older_versions`` takes the offer when nothing else is left.
        """
        more: dict[str, object] = {}
        while True:
            answer = self._query(**parameters, **more)
            yield answer
            more = answer.get("continue", {})
            if not more or (not older_versions and not more.keys() - _OLDER_VERSIONS):
                return

    def _query(self, **parameters: object) -> dict[str, Any]:
        answer = self._ask(action="query", **parameters)
        if "query" not in answer:
            raise WikiError(f"{self._site} answered without a result: {str(answer)[:200]}")
        return answer

    def _ask(self, **parameters: object) -> dict[str, Any]:
        """Send one request of any action; an error as answer raises ``RefusedError``."""
        self.requests += 1
        try:
            return dict(self._site.simple_request(formatversion=2, **parameters).submit())
        except (APIError, KeyError) as error:
            # Pywikibot looks an unknown module up before it asks, and then the look-up fails.
            raise RefusedError(f"{self._site} does not answer: {error}") from error
        except (PywikibotError, OSError) as error:
            raise WikiError(f"{self._site} does not answer: {error}") from error


def batches(items: Iterable[Any]) -> Iterator[list[Any]]:
    """Cut into lists of as many as one request may ask for."""
    iterator = iter(items)
    while batch := list(itertools.islice(iterator, BATCH)):
        yield batch
