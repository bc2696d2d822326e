"""The wiki through Pywikibot: batched reads that come back as values, and the one safe POST.

Pywikibot logs in, waits, obeys maxlag and retries reads. It would also re-send an edit whose answer
was lost, so the edit goes through its HTTP session directly: one POST, never again (``edit``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pywikibot
from pywikibot.comms import http
from pywikibot.exceptions import Error as PywikibotError

from faebot_hash.adapters.answers import (
    edit_answer,
    file_of,
    marked_undone,
    merged,
    preflight_of,
    revision_of,
    search_warning,
    text_of,
    undone_by_latest,
)
from faebot_hash.adapters.login_files import refuse_exposed_login
from faebot_hash.adapters.queries import FILE_PROPS, TEXT_PROPS, Queries, batches
from faebot_hash.edits import PageEdit
from faebot_hash.errors import SettingsError, WikiError
from faebot_hash.model import FileInfo, PageText, Revision, Seed
from faebot_hash.ports import EditAnswer, Hits
from faebot_hash.preflight import Preflight
from faebot_hash.reasons import Skipped
from faebot_hash.settings import Settings

SEARCH_LIMIT = 500
SEARCH_WINDOW = 10_000
FILE_NAMESPACE = 6


class Commons(Queries):
    """One wiki as the flows see it (``ports.Wiki``); ``requests`` counts its own API calls."""

    def __init__(
        self,
        site: Any,
        *,
        thumb_width_px: int = 120,
        run_page: str = "User:{account}/Run",
        settings_page: str = "User:{account}/Settings.json",
    ) -> None:
        super().__init__(site)
        self._thumb_width_px = thumb_width_px
        self.family: str = site.family.name
        self.user: str = site.username() or ""
        self.run_page = run_page.replace("{account}", self.user)
        self.settings_page = settings_page.replace("{account}", self.user)
        self._token, self._assert = "", "user"

    @property
    def media_host(self) -> str:
        """Tell the host and port that serve the media of a wiki without a media host of its own."""
        return str(self._site.hostname())

    @property
    def account_folder(self) -> Path:
        """Tell Pywikibot's own folder, which all runs of an account share."""
        return Path(pywikibot.config.base_dir)

    @property
    def described_as(self) -> str:
        """Tell what Pywikibot adds to its User-Agent, where people should find a contact."""
        return str(pywikibot.config.user_agent_description or "")

    def count(self, query: str) -> Hits:
        return self._search_page(query, offset=0, limit=1)

    def search(self, query: str) -> Hits:
        page_ids: list[int] = []
        total, warning, offset = 0, "", 0
        while True:
            limit = min(SEARCH_LIMIT, SEARCH_WINDOW - offset)
            page = self._search_page(query, offset=offset, limit=limit)
            total, warning = page.total, warning or page.warning
            page_ids += page.page_ids
            offset += len(page.page_ids)
            if not page.page_ids or offset >= total or offset >= SEARCH_WINDOW:
                return Hits(total, tuple(dict.fromkeys(page_ids)), warning)

    def _search_page(self, query: str, *, offset: int, limit: int) -> Hits:
        # Sorted by creation, the pages of a long answer neither overlap nor leave gaps.
        answer = self._query(
            list="search",
            srsearch=query,
            srnamespace=FILE_NAMESPACE,
            srlimit=limit,
            sroffset=offset,
            srsort="create_timestamp_asc",
            srinfo="totalhits",
            srprop="",
        )
        found = answer["query"]
        return Hits(
            total=found["searchinfo"]["totalhits"],
            page_ids=tuple(hit["pageid"] for hit in found["search"] if "pageid" in hit),
            warning=search_warning(answer),
        )

    def files(self, page_ids: Sequence[int]) -> Iterator[FileInfo | Skipped]:
        for some in batches(page_ids):
            pages = self._pages(some, iiurlwidth=self._thumb_width_px, **FILE_PROPS)
            for page_id in some:
                yield file_of(pages.get(page_id, {"pageid": page_id, "missing": True}))

    def files_titled(self, titles: Iterable[str]) -> Iterator[FileInfo | Skipped]:
        """Read files by their titles without "File:", in batches of 50 and in any order."""
        for some in batches(f"File:{title}" for title in titles):
            wanted = {**FILE_PROPS, "iiurlwidth": self._thumb_width_px}
            yield from map(file_of, merged(self._continued(titles="|".join(some), **wanted)).values())

    def texts(self, page_ids: Sequence[int]) -> Mapping[int, PageText | Skipped]:
        texts: dict[int, PageText | Skipped] = {}
        for some in batches(page_ids):
            pages = self._pages(some, **TEXT_PROPS)
            for page_id in some:
                texts[page_id] = text_of(pages.get(page_id, {"pageid": page_id, "missing": True}))
        return texts

    def seeds(self, titles: Iterable[str]) -> Iterator[Seed | Skipped]:
        for some in batches(titles):
            answers = self._continued(titles="|".join(some), **_both_props())
            for page in merged(answers).values():
                file, text = file_of(page), text_of(page)
                if isinstance(file, Skipped):
                    yield file
                else:
                    yield Seed(file, text.text if isinstance(text, PageText) else "")

    def prepare(self) -> None:
        if not self._token:
            refuse_exposed_login(self.account_folder)
        try:
            self._site.login()
            self._token = self._site.tokens["csrf"]
            self._assert = "bot" if self._site.has_right("bot") else "user"
        except (PywikibotError, OSError) as error:
            raise WikiError(f"{self._site}: cannot log in: {error}") from error

    def preflight(
        self, titles: Sequence[str], categories: Sequence[str], others: Sequence[str] = ()
    ) -> Preflight:
        wanted = [
            *(f"File:{title}" for title in titles),
            self.run_page,
            self.settings_page,
            *(f"Category:{name}" for name in categories),
            *others,
        ]
        answer = self._query(
            **{**FILE_PROPS, **TEXT_PROPS, "prop": "imageinfo|revisions|info|categoryinfo"},
            titles="|".join(dict.fromkeys(wanted)),
            inprop="protection",
            meta="userinfo",
            uiprop="blockinfo|hasmsg|rights",
        )
        return preflight_of(answer, self.run_page, self.settings_page, others)

    def reverted(self, edits: Mapping[int, int]) -> frozenset[int]:
        undone: set[int] = set()
        for some in batches(edits):
            marked = self._query(revids="|".join(map(str, some)), prop="revisions", rvprop="ids|tags")
            # MediaWiki marks what was undone in a job, and only once the undoing edit is patrolled.
            page_ids = {edits[revid] for revid in some}
            latest = self._query(
                pageids="|".join(map(str, page_ids)), prop="revisions", rvprop="ids|tags|user"
            )
            undone |= marked_undone(marked) | undone_by_latest(latest, self.user)
        return frozenset(undone) & edits.keys()

    def text_at(self, revid: int) -> str | None:
        """Read the text of a page as it was at a revision, None where it is gone or hidden."""
        answer = self._query(revids=revid, prop="revisions", rvprop="ids|content", rvslots="main")
        (page,) = answer["query"].get("pages", [{}])
        text = text_of({**page, "read_at": ""})
        return text.text if isinstance(text, PageText) else None

    def history(self, page_id: int) -> Sequence[Revision]:
        return self._history({"pageids": page_id})

    def history_of(self, title: str) -> Sequence[Revision]:
        return self._history({"titles": title})

    def _history(self, which: Mapping[str, Any]) -> Sequence[Revision]:
        answers = self._continued(
            prop="revisions", rvprop="ids|timestamp|user|comment|sha1", rvlimit="max", **which
        )
        page: dict[str, Any] = next(iter(merged(answers).values()), {})
        return tuple(revision_of(revision) for revision in page.get("revisions", []))

    def exists(self, title: str) -> bool:
        """Tell whether a page exists, for the advice at the end of a run."""
        answer = self._query(titles=title, prop="info")
        return not any(page.get("missing") for page in answer["query"]["pages"])

    def edit(self, edit: PageEdit, summary: str, as_bot: bool = True) -> EditAnswer:
        """Send one POST, never again; ``prepare`` must have been called.

        ``baserevid`` goes alone: with ``basetimestamp`` beside it MediaWiki loses edits that fall into the
        same second. An answer that does not come, or says nothing, has the code "unknown".
        """
        if pywikibot.config.simulate:
            return EditAnswer("simulated")
        parameters = {
            "action": "edit",
            "format": "json",
            "formatversion": "2",
            **_target(edit.page),
            "text": edit.new_text,
            "md5": hashlib.md5(edit.new_text.encode(), usedforsecurity=False).hexdigest(),
            "starttimestamp": edit.page.read_at,
            "summary": summary,
            # The API asks only whether the parameter is there.
            **({"bot": "1"} if as_bot else {}),
            "watchlist": "nochange",
            "assert": self._assert,
            "assertuser": self.user,
            "maxlag": str(pywikibot.config.write_maxlag),
            "token": self._token,
        }
        self.requests += 1
        try:
            response = http.request(self._site, self._site.apipath(), method="POST", data=parameters)
        except (PywikibotError, OSError, ValueError) as error:
            # ValueError: Pywikibot reads every Retry-After as a number, and some are dates.
            return EditAnswer("unknown", str(error) or type(error).__name__)
        return edit_answer(response)


def connect(settings: Settings, family: str = "") -> Commons:
    """Open the wiki that Pywikibot's own settings name, or that of another family that they know.

    Raises SettingsError for a family that they do not know.
    """
    try:
        site = pywikibot.Site(fam=family or None)
    except PywikibotError as error:
        raise SettingsError(f"family “{family}”: {error}; see user-config.py") from error
    return Commons(
        site,
        thumb_width_px=settings.hashing.thumb_width_px,
        run_page=settings.wiki.run_page,
        settings_page=settings.wiki.settings_page,
    )


def _target(page: PageText) -> dict[str, object]:
    """Name the page of an edit so that neither a new page nor another revision can be met by mistake."""
    if page.page_id:
        return {"pageid": page.page_id, "baserevid": page.revid, "nocreate": "1"}
    return {"title": page.title, "createonly": "1"}


def _both_props() -> dict[str, Any]:
    return {**FILE_PROPS, **TEXT_PROPS, "prop": "imageinfo|revisions|info"}
