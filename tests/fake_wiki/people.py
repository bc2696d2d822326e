"""What people do on the wiki: the plain actions, and the eighteen that a bot must live with."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from enum import Enum
from pathlib import Path

from PIL import Image

from tests.fake_wiki.clock import VirtualClock
from tests.fake_wiki.editing import Saved, save
from tests.fake_wiki.state import FILE, Page, Revision, Upload, WikiState, normal
from tests.practice.configuration import BOT

PERSON = "Admin"


class HumanAction(Enum):
    """The eighteen things that people do while a bot is at work; a move comes in two forms."""

    REVERT = "revert"
    BLANK = "blank"
    DELETE_DUPLICATE = "delete the duplicate"
    DELETE_KEEPER = "delete the keeper"
    MOVE = "move with redirect"
    MOVE_WITHOUT_REDIRECT = "move without redirect"
    PROTECT = "protect"
    NOBOTS = "{{nobots}}"
    BOTS_DENY = "{{bots|deny}}"
    REVERSE_DUPLICATE = "reverse {{duplicate}} on the keeper"
    DELETION_REQUEST = "{{delete}}"
    KEEP = "{{keep}}"
    OVERWRITE_DUPLICATE = "overwrite the duplicate"
    OVERWRITE_KEEPER = "overwrite the keeper"
    UNRELATED_EDIT = "unrelated edit"
    ADD_CATEGORY = "add a category"
    STOP_PAGE_OFF = "stop page off"
    BLOCK_BOT = "block the bot"
    TALK_MESSAGE = "talk-page message"


class People:
    """Acts on one state as people do; every text they save goes to ``on_saved``."""

    def __init__(self, state: WikiState, clock: VirtualClock, on_saved: Callable[[Saved], None]) -> None:
        self._state = state
        self._clock = clock
        self._on_saved = on_saved

    def edit(self, title: str, text: str, summary: str = "", user: str = PERSON) -> Saved | None:
        """Save a whole text."""
        saved = save(self._state, self._clock, title, text.rstrip(), user, summary)
        if saved is not None:
            self._on_saved(saved)
        return saved

    def append(self, title: str, text: str, summary: str = "", user: str = PERSON) -> Saved | None:
        """Save the text with something at its end."""
        return self.edit(title, self._text(title) + text, summary, user)

    def prepend(self, title: str, text: str, summary: str = "", user: str = PERSON) -> Saved | None:
        """Save the text with something before it."""
        return self.edit(title, text + self._text(title), summary, user)

    def revert(self, title: str, user: str = PERSON) -> Saved | None:
        """Bring back the text before the latest account's edits, or the first text."""
        page = self.page(title)
        undone = [page.latest]
        for one in reversed(page.revisions[:-1]):
            if one.user != page.latest.user:
                break
            undone.append(one)
        older = page.revisions[: -len(undone)] or page.revisions[:1]
        return self.edit(title, older[-1].text, "reverted", user)

    def protect(self, title: str, level: str = "sysop") -> None:
        """Let only administrators edit a page; the history notes it."""
        page = self._noted(self.page(title), "Protected")
        self._state.pages[page.page_id] = replace(page, protection=level)

    def delete(self, title: str) -> None:
        """Delete a page and its file."""
        del self._state.pages[self.page(title).page_id]

    def move(self, title: str, to: str, redirect: bool = True) -> None:
        """Rename a page, which keeps its id and notes it in its history."""
        page = self._noted(self.page(title), f"moved page [[{normal(title)}]] to [[{normal(to)}]]")
        self._state.pages[page.page_id] = replace(page, title=normal(to))
        if redirect:
            self.edit(title, f"#REDIRECT [[{normal(to)}]]", "moved")

    def upload(self, title: str, sha1: str = "", path: str = "", user: str = PERSON) -> None:
        """Put a new version of a file over the old one; the history notes it."""
        page = self._noted(self.page(title), "uploaded a new version")
        upload = Upload(sha1 or _sha1(f"overwritten {page.latest.revid}".encode()), self._clock.now(), user)
        if path:
            picture = Path(path).read_bytes()
            with Image.open(path) as image:
                upload = replace(upload, sha1=_sha1(picture), size=len(picture))
                upload = replace(upload, width=image.width, height=image.height)
        self._state.pages[page.page_id] = replace(page, uploads=(*page.uploads, upload))

    def new_file(self, title: str, text: str, sha1: str, user: str = "Uploader") -> Page:
        """Upload a file that was not there."""
        saved = save(self._state, self._clock, title, text, user, "upload")
        assert saved is not None, title
        upload = Upload(sha1, self._clock.now(), user)
        page = replace(saved.page, namespace=FILE, uploads=(upload,))
        self._state.pages[page.page_id] = page
        return page

    def block(self, name: str, reason: str = "practice") -> None:
        """Block an account."""
        self._state.blocks[name] = reason

    def unblock(self, name: str) -> None:
        """Let an account edit again."""
        self._state.blocks.pop(name, None)

    def message(self, heading: str, text: str = "", user: str = PERSON) -> None:
        """Write to the bot's talk page."""
        self.append(f"User talk:{BOT}", f"\n\n== {heading} ==\n{text}", "message", user)

    def page(self, title: str) -> Page:
        """Give a page that must be there."""
        page = self._state.titled(title)
        if page is None:
            raise LookupError(f"no page is called {title}")
        return page

    def _text(self, title: str) -> str:
        page = self._state.titled(title)
        return page.text if page else ""

    def _noted(self, page: Page, comment: str) -> Page:
        """Add the revision without a change of text that MediaWiki writes beside a log entry."""
        latest = page.latest
        note = Revision(self._state.next_revid, latest.revid, self._clock.now(), PERSON, comment, latest.text)
        self._state.next_revid += 1
        page = replace(page, revisions=(*page.revisions, note))
        self._state.pages[page.page_id] = page
        return page


def _sha1(content: bytes) -> str:
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()
