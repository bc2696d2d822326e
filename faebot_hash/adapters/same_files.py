"""Asks the wiki which of its pages show a file, by the SHA1 of its bytes."""

from __future__ import annotations

from faebot_hash.adapters.answers import name_of
from faebot_hash.adapters.queries import Queries
from faebot_hash.errors import WikiError

MOST_PAGES = 50


class SameFiles(Queries):
    """Looks files up by SHA1 in one wiki."""

    def showing(self, sha1: str) -> list[tuple[int, str]]:
        """Give ids and titles (without "File:") of at most 50 pages; raises WikiError."""
        answer = self._ask(action="query", generator="allimages", gaisha1=sha1, gailimit=MOST_PAGES)
        # A generator that finds nothing gives no "query", so that only this tells a whole answer.
        if "query" not in answer and not answer.get("batchcomplete"):
            raise WikiError(f"{self._site} answered without a result: {str(answer)[:200]}")
        pages = answer.get("query", {}).get("pages", [])
        return [(page["pageid"], name_of(page)) for page in pages if page.get("pageid")]
