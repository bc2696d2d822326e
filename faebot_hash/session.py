"""What every run on a wiki works with: the account's lock, the store, the downloads and the one editor."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from types import TracebackType
from typing import Any, Self

from faebot_hash.adapters.account_lock import only_editor
from faebot_hash.adapters.commons import Commons
from faebot_hash.adapters.decoder import DecoderProcess
from faebot_hash.adapters.facts import FactReader
from faebot_hash.adapters.http import PoliteFetcher
from faebot_hash.adapters.patience import Patience
from faebot_hash.adapters.progress import watched
from faebot_hash.adapters.sign_off_file import why_not_opened
from faebot_hash.adapters.signals import Shield
from faebot_hash.adapters.store import Store
from faebot_hash.apply import PRACTICE_FAMILY, Editor
from faebot_hash.edits import Outcome, Proposal
from faebot_hash.errors import SettingsError
from faebot_hash.gate import NOMINATED_CATEGORY, rules_of
from faebot_hash.images import Limits
from faebot_hash.marks import IDENTICAL_CATEGORY
from faebot_hash.privileges import why_refused
from faebot_hash.recheck import recheck
from faebot_hash.report import edit_line
from faebot_hash.restrictions import restrict, rules_left
from faebot_hash.settings import HttpSettings, Settings
from faebot_hash.thumbnails import Hasher


class Session:
    """One run on one wiki, entered with ``with``; it owns whatever has to be closed.

    ``name`` begins the run's name in the journal, ``confirm`` asks the operator about an edit, ``say``
    shows a line to a person, ``collection`` is what the run works on. With ``simulate`` nothing is edited,
    and another run may edit meanwhile. Entering it raises SettingsError for a login that may do too much, and
    where the settings page on the wiki means stop; ``settings`` are what that page leaves.
    """

    def __init__(
        self,
        site: Any,
        settings: Settings,
        name: str,
        *,
        confirm: Callable[[Proposal], bool],
        say: Callable[[str], None] = print,
        store_url: str = "",
        simulate: bool = False,
        collection: str = "",
    ) -> None:
        self.wiki = Commons(
            site,
            thumb_width_px=settings.hashing.thumb_width_px,
            run_page=settings.wiki.run_page,
            settings_page=settings.wiki.settings_page,
        )
        self.reader = FactReader(site, thumb_width_px=settings.hashing.thumb_width_px)
        self.settings = settings
        self.run = f"{name}-{datetime.now(UTC):%Y%m%d-%H%M%S}"
        self.say = say
        self.simulate = simulate
        self._collection = collection
        self._confirm = confirm
        self._store_url = store_url or settings.store.url
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            shield = Shield()
            stack.enter_context(shield.installed())
            if not self.simulate:
                account = (self.wiki.account_folder, self.wiki.family, self.wiki.user)
                stack.enter_context(only_editor(*account))
            own_settings = self.settings
            closed = why_not_opened(self.wiki, own_settings, self._store_url)
            self._look_before()
            self.fetcher = stack.enter_context(downloads(self.wiki, self.settings.http))
            patience = Patience.through_outages(self.settings.store.patience_h, self.say)
            self.store = stack.enter_context(Store.open(self._store_url, patience=patience))
            if not self.simulate:
                # The lock above keeps the runs of one machine apart, this one those of several.
                stack.enter_context(self.store.only_editor(self.wiki.family, self.wiki.user))
            self.editor = Editor(
                self.wiki,
                self.store,
                confirm=self._confirm,
                run=self.run,
                simulate=self.simulate,
                shield=shield,
                interval_s=self.settings.tagging.edit_interval_s,
                rules=rules_of(self.settings),
                closed=closed,
                restricted=partial(rules_left, own_settings, self._collection),
            )
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def decoder(self, limits: Limits) -> DecoderProcess:
        """Start a decoding process that lives as long as the session."""
        return self._stack.enter_context(DecoderProcess(limits))

    def hasher(self, decoder: DecoderProcess) -> Hasher:
        """Give what hashes thumbnails, with progress shown."""
        width_px = self.settings.hashing.thumb_width_px
        return Hasher(width_px, self.fetcher, decoder, self.store, watched)

    def _look_before(self) -> None:
        """Refuse a login that may do too much, and obey the settings page on the wiki."""
        if not self.simulate:
            self.wiki.prepare()
        seen = self.wiki.preflight((), ())
        try:
            restricted = restrict(self.settings, seen.settings_page, self._collection)
        except SettingsError as error:
            if not self.simulate:
                raise
            self.say(f"Nothing could be edited now: {error}")
            return
        for warning in restricted.warnings:
            self.say(f"Passed over: {warning}")
        self.settings = restricted.settings
        refused = why_refused(seen.account.rights, self.settings.tagging.trial)
        if refused and not self.simulate:
            raise SettingsError(refused)

    def begin(self) -> None:
        """Log in, and settle what an earlier run left open; raises WikiError."""
        if not self.simulate:
            self.wiki.prepare()
        for intent, outcome in self.editor.settle_open():
            self.say(f"An edit of an earlier run, {intent.full_title}: {outcome.sentence}")

    def recheck(self) -> None:
        """Take back what was edited for reasons that no longer hold, and tell of it."""
        # A nomination that is taken back leaves the tag before it, which may have to go too.
        while not self.simulate and self._taken_back():
            continue

    def _taken_back(self) -> bool:
        wiki = self.settings.wiki
        # Where nominations stand is read from the wiki, so that a lost store leaves none alone.
        queues = (IDENTICAL_CATEGORY, NOMINATED_CATEGORY)
        nominated = {member.page_id for name in queues for member in self.reader.members(name)}
        now, home = datetime.now(UTC), wiki.home_category
        done = []
        for token, proposal in list(
            recheck(self.store, self.wiki, self.store, home, now, nominated, wiki.bot_names)
        ):
            done.append(self.editor.apply(proposal))
            if done[-1].outcome is Outcome.EDITED and token:
                self.store.settle(token, "UNDONE", detail=proposal.edit.summary)
            self.say(edit_line(done[-1]))
            if done[-1].outcome.ends_run:
                return False
        return any(one.outcome is Outcome.EDITED for one in done)


def downloads(wiki: Commons, http: HttpSettings) -> PoliteFetcher:
    """Fetch from the settings' media hosts; a practice wiki serves its own, and no other is asked."""
    if wiki.family == PRACTICE_FAMILY:
        return PoliteFetcher(replace(http, hosts=()), extra_hosts=(wiki.media_host,))
    return PoliteFetcher(http)
