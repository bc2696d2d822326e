"""One edit on the fake wiki, and the later run that comes after whatever happened to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from faebot_hash.adapters.commons import Commons
from faebot_hash.adapters.store import Store
from faebot_hash.apply import Editor
from faebot_hash.collection import Collection
from faebot_hash.edits import Applied, Outcome, Proposal
from faebot_hash.errors import WikiError
from faebot_hash.find import Finder
from faebot_hash.gate import Rules
from faebot_hash.model import FileInfo, HashKind, Match, SliceKind
from faebot_hash.ports import JournalRow
from faebot_hash.reasons import Skipped
from faebot_hash.recheck import recheck
from faebot_hash.settings import Settings
from faebot_hash.thumbnails import Hasher
from tests.fake_wiki.boundaries import WatchedJournal
from tests.fake_wiki.remote import RemoteWorld
from tests.fake_wiki.scene import DUPLICATE, HOME_CATEGORY, KEEPER
from tests.fake_wiki.world import World
from tests.fakes import FakeDecoder, FakeFetcher, FakeJudgements

COLLECTION = Collection("scenario", slice=SliceKind.SEARCH, query="motorcycle")
PHASH = 0x00181B19147AFCF8


@dataclass
class Bot:
    """The bot on the fake wiki: judges the scene's two files as duplicates and edits the first one.

    In a process of its own it knows the world's clock and boundaries through ``remote``.
    """

    world: World
    commons: Commons
    folder: Path
    rules: Rules = field(default_factory=Rules)
    remote: RemoteWorld | None = None
    outcomes: list[Applied | Skipped] = field(default_factory=list)

    @contextmanager
    def run(self) -> Iterator[tuple[Editor, Finder]]:
        """Start a run: the store opened, what was left open settled."""
        clock = self.remote or self.world.clock
        with Store.open(f"sqlite:///{self.folder / 'faebot.sqlite'}", now=clock.now) as store:
            journal = WatchedJournal(store, self.remote or self.world)
            editor = Editor(
                self.commons,
                journal,
                lambda proposal: True,
                run="scenario",
                rules=self.rules,
                interval_s=10.0,
                now=clock.now,
                sleep=clock.sleep,
            )
            hasher = Hasher(120, FakeFetcher(), FakeDecoder(), store)
            finder = Finder(COLLECTION, Settings(), self.commons, hasher, store, journal, store)
            yield editor, finder

    def tag(self, titles: Sequence[str] = (DUPLICATE,)) -> list[Applied | Skipped]:
        """Judge the files as they are now and carry out what is proposed, as a sweep would."""
        done: list[Applied | Skipped] = []
        with self.run() as (editor, finder):
            editor.settle_open()
            for proposed in finder.judge(self.matches(titles)):
                if isinstance(proposed, Proposal):
                    self.world.verify(proposed.file.page_id, proposed.witnesses[0].page_id)
                    done.append(editor.carry_out(proposed, finder))
                else:
                    done.append(proposed)
            self._recheck(editor)
        self.outcomes += done
        return done

    def try_to_tag(self, titles: Sequence[str] = (DUPLICATE,)) -> list[Applied | Skipped]:
        """The same, where the wiki may stay away altogether."""
        try:
            return self.tag(titles)
        except WikiError:
            return []

    def _recheck(self, editor: Editor) -> None:
        home, now = Settings().wiki.home_category, self.world.clock.now()
        for token, proposal in list(recheck(editor.journal, self.commons, FakeJudgements(), home, now)):
            if editor.apply(proposal).outcome is Outcome.EDITED:
                editor.journal.settle(token, "UNDONE")

    def matches(self, titles: Sequence[str]) -> list[Match]:
        """Say that the scene's files look alike; those that are gone look like nothing."""
        files = {
            one.file.title: one.file
            for one in self.commons.seeds([DUPLICATE, KEEPER])
            if not isinstance(one, Skipped)
        }
        present = [file for file in files.values() if isinstance(file, FileInfo)]
        return [
            Match(file, HashKind.PHASH, PHASH, tuple(other for other in present if other != file))
            for file in present
            if f"File:{file.title}" in titles and len(present) > 1
        ]

    def rows(self) -> Sequence[JournalRow]:
        """List the journal."""
        path = self.folder / "faebot.sqlite"
        if not path.exists():
            return ()
        with Store.open(f"sqlite:///{path}", write=False) as store:
            return store.rows()

    def tagged(self) -> bool:
        """Tell whether the duplicate is tagged now."""
        return HOME_CATEGORY in self.world.people.page(DUPLICATE).text
