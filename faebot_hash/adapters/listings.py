"""Lists of files from the action API: the logs, all file pages, and the pages that link a domain."""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from faebot_hash.adapters.answers import hex_of, name_of, time_of
from faebot_hash.adapters.queries import Queries
from faebot_hash.portions import LogEvent

LISTED_AT_ONCE = 500
"""What anybody may list; a run that is killed asks again about as many."""

FILE_NAMESPACE = 6
LOGS = ("upload", "delete", "move")


class Listings(Queries):
    """Lists files of one wiki, ``at_once`` in an answer.

    A position is where a later listing goes on, "" the beginning. The last answer has None, so that whoever
    is killed before noting the end does not begin anew.
    """

    def __init__(self, site: Any, *, at_once: int = LISTED_AT_ONCE) -> None:
        super().__init__(site)
        self._at_once = at_once

    def log(self, since: datetime) -> Iterator[LogEvent]:
        """Give the file lines of the upload, deletion and move logs from a time on, in order of time."""
        return heapq.merge(*(self._log(kind, since) for kind in LOGS), key=lambda event: event.at)

    def _log(self, kind: str, since: datetime) -> Iterator[LogEvent]:
        answers = self._continued(
            list="logevents",
            letype=kind,
            ledir="newer",
            lestart=since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            leprop="ids|title|type|timestamp|details",
            lelimit=LISTED_AT_ONCE,
        )
        for answer in answers:
            for line in answer["query"]["logevents"]:
                # The title is missing where a line is partly hidden.
                if line.get("ns", FILE_NAMESPACE) == FILE_NAMESPACE:
                    yield _event(kind, line)

    def all_files(self, position: str) -> Iterator[tuple[list[int], str | None]]:
        """List the file pages by title: page ids, answer by answer, with the position after each."""
        return self._listing(
            position,
            "allpages",
            apnamespace=FILE_NAMESPACE,
            apfilterredir="nonredirects",
            aplimit=self._at_once,
        )

    def linking(self, domain: str, position: str) -> Iterator[tuple[list[int], str | None]]:
        """List the file pages with links into a domain and what is below it, as above."""
        return self._listing(
            position,
            "exturlusage",
            euquery=f"*.{domain}",
            eunamespace=FILE_NAMESPACE,
            euprop="ids",
            eulimit=self._at_once,
        )

    def largest_page_id(self) -> int:
        """Tell a page id that few files have a larger one than: that of the newest of the latest uploads."""
        answer = self._query(list="logevents", leaction="upload/upload", leprop="ids", lelimit=LISTED_AT_ONCE)
        return max((max(_page_ids(line), default=0) for line in answer["query"]["logevents"]), default=0)

    def _listing(
        self, position: str, module: str, **wanted: object
    ) -> Iterator[tuple[list[int], str | None]]:
        more: Mapping[str, object] = json.loads(position or "{}")
        while True:
            answer = self._query(list=module, **wanted, **more)
            more = answer.get("continue", {})
            found: Sequence[Mapping[str, Any]] = answer["query"][module]
            yield [page["pageid"] for page in found if page.get("pageid")], json.dumps(more) if more else None
            if not more:
                return


def _event(kind: str, line: Mapping[str, Any]) -> LogEvent:
    title = name_of(line) if "title" in line else ""
    sha1 = hex_of(line.get("params", {}).get("img_sha1", ""))
    return LogEvent(time_of(line["timestamp"]), kind, line.get("action", ""), title, _page_ids(line), sha1)


def _page_ids(line: Mapping[str, Any]) -> tuple[int, ...]:
    """Give the page that the line was written for, and the one that has its title now."""
    return tuple(dict.fromkeys(one for one in (line.get("logpage", 0), line.get("pageid", 0)) if one))
