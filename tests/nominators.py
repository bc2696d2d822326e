"""Editors that nominate copies of one picture against each other, and what must hold when all is quiet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from faebot_hash.apply import Editor
from faebot_hash.edits import Applied, Kind, Outcome, PageEdit, Proposal, Witness
from faebot_hash.gate import Rules
from faebot_hash.marks import IDENTICAL_CATEGORY
from faebot_hash.model import FileInfo, PageText
from faebot_hash.nominate import keepers_named, without_nomination
from faebot_hash.ports import EditAnswer, Wiki
from faebot_hash.rationale import REASON_OPENING
from faebot_hash.reasons import Reason, Skipped
from faebot_hash.recheck import recheck
from faebot_hash.settings import WikiSettings
from tests.fake_wiki.merging import merge
from tests.fakes import FakeJournal, FakeJudgements, FakeWiki, file_info
from tests.test_apply import Clock
from tests.turns import Order, Stepping, Turns

HOME = WikiSettings().home_category
TEXT = f"""{{{{Information
| description = A crab.
}}}}

{{{{PD-USGov-NOAA}}}}

[[Category:{HOME}|0123456789abcdef]]"""
WORDS = "\n[[Category:By a person]]"

STEPS = frozenset({"preflight", "edit", "texts", "files", "text_at"})
"""What of the wiki others can notice, or can change the answer of."""


def nominated_text(text: str, keeper: str) -> str:
    """Write what a nomination makes of a text."""
    line = f"{{{{Duplicate|1={keeper}|2={REASON_OPENING}pixel SHA1 00}}}}\n"
    return line + text.replace(f"[[Category:{HOME}|", f"[[Category:{IDENTICAL_CATEGORY}|")


@dataclass
class FromTexts:
    """Judges by what the pages of a group say: nobody goes whom another one is kept for, or who stays alone.

    ``group`` are the files by page id, ``keeps`` whom a nominee is a copy of. With ``whole`` all of the
    group are witnesses, else only the copy to keep.
    """

    wiki: Wiki
    group: Mapping[int, FileInfo]
    keeps: Mapping[int, int]
    whole: bool = True

    def propose(self, page_id: int) -> Proposal | Skipped:
        """Nominate a file, if the pages bear it."""
        pages = self.wiki.texts(list(self.group))
        page, file, keeper = pages[page_id], self.group[page_id], self.group[self.keeps[page_id]]
        if isinstance(page, Skipped) or keepers_named(page.text):
            return Skipped(file.title, Reason.DELETION_PENDING)
        if why := self._why_not(page_id, pages):
            return Skipped(file.title, Reason.NO_KEEPER, why)
        others = [one for one in self.group.values() if one not in (file, keeper)] if self.whole else []
        edit = PageEdit(page, nominated_text(page.text, keeper.title), "Faebot confirmed identical duplicate")
        witnesses = tuple(self._witnesses([keeper, *others], pages))
        return Proposal(file, edit, Kind.NOMINATED, witnesses=witnesses)

    def judge_again(self, proposal: Proposal) -> Proposal | Skipped:
        """Decide anew from the pages as they are now."""
        return self.propose(proposal.file.page_id)

    def withdrawal(self, proposal: Proposal, merged: PageText) -> PageEdit | None:
        """Take our lines back when the pages no longer bear them."""
        page_id = proposal.file.page_id
        clean = without_nomination(merged.text, self.group[self.keeps[page_id]].title, HOME)
        why = self._why_not(page_id, self.wiki.texts(list(self.group)))
        return PageEdit(merged, clean, f"Undo own edit: {why}") if why and clean != merged.text else None

    def _why_not(self, page_id: int, pages: Mapping[int, PageText | Skipped]) -> str:
        kept = pages[self.keeps[page_id]]
        if isinstance(kept, Skipped) or keepers_named(kept.text):
            return "the copy to keep is gone, or may go"
        for other, page in pages.items():
            named = keepers_named(page.text) if isinstance(page, PageText) else frozenset[str]()
            if self.whole and other != page_id and self.group[page_id].title in named:
                return "it is a copy to keep itself"
        return ""

    def _witnesses(
        self, files: Sequence[FileInfo], pages: Mapping[int, PageText | Skipped]
    ) -> Iterator[Witness]:
        for file in files:
            page = pages[file.page_id]
            if isinstance(page, PageText):
                yield Witness(file.page_id, file.title, page.revid, file.sha1)


class MergingWiki(FakeWiki):
    """A wiki of dicts that merges edits to different lines in silence, as MediaWiki does."""

    def edit(self, edit: PageEdit, summary: str, as_bot: bool = True) -> EditAnswer:
        """Save a text over what it was made from, or merge it with what came in between."""
        current, text = self.revisions[edit.page.page_id][-1]
        if current.revid == edit.page.revid:
            return super().edit(edit, summary, as_bot)
        together = merge(edit.page.text, edit.new_text, text)
        if together is None:
            return EditAnswer("editconflict")
        revision = self.save(edit.page.page_id, together, summary, self.user)
        return EditAnswer("", "", current.revid, revision.revid)


Person = Callable[["Race"], None]


@dataclass
class Race:
    """Copies of one picture, each of which a process of its own nominates; people may join in.

    ``keeps`` says whom each nominee is a copy of: page ids from 1.
    """

    keeps: Mapping[int, int]
    whole: bool = True
    people: Sequence[Person] = ()
    clock: Clock = field(default_factory=Clock)
    journals: dict[int, FakeJournal] = field(default_factory=dict)
    words: set[int] = field(default_factory=set)
    decided: dict[int, Applied | Skipped] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.wiki = MergingWiki(now=self.clock.now)
        self.group = {page_id: file_info(page_id) for page_id in sorted({*self.keeps, *self.keeps.values()})}
        for file in self.group.values():
            self.wiki.add(file, TEXT)
        self.journals = {page_id: FakeJournal(now=self.clock.now) for page_id in self.keeps}

    def run(self, order: Order) -> list[str]:
        """Let all act at once, in an order of their steps; say what is wrong when all is quiet."""
        acts: list[Callable[[Callable[[], None]], object]] = [
            lambda rest, page_id=page_id: self._nominate(page_id, rest) for page_id in self.keeps
        ]
        acts += [lambda rest, person=person: (rest(), person(self)) for person in self.people]
        Turns(order).run(acts)
        return self.wrong()

    def _nominate(self, page_id: int, rest: Callable[[], None]) -> None:
        wiki: Any = Stepping(self.wiki, rest, STEPS)
        judge = FromTexts(wiki, self.group, self.keeps, self.whole)
        proposed = judge.propose(page_id)
        if isinstance(proposed, Proposal):
            self.decided[page_id] = self._editor(wiki, page_id).carry_out(proposed, judge)
        else:
            self.decided[page_id] = proposed

    def _editor(self, wiki: Any, page_id: int) -> Editor:
        return Editor(
            wiki,
            self.journals[page_id],
            lambda proposal: True,
            interval_s=0.0,
            rules=Rules(may_nominate=True),
            now=self.clock.now,
            sleep=self.clock.sleep,
        )

    def next_runs(self) -> list[str]:
        """Let each process come back, settle and recheck; say what is wrong then."""
        for page_id, journal in self.journals.items():
            editor = self._editor(self.wiki, page_id)
            editor.settle_open()
            for token, proposal in list(
                recheck(journal, self.wiki, FakeJudgements(), HOME, self.clock.now())
            ):
                if editor.apply(proposal).outcome is Outcome.EDITED:
                    journal.settle(token, "UNDONE")
        return self.wrong()

    def nominated(self) -> dict[int, frozenset[str]]:
        """Tell whom the page of each nominated file names as the copy to keep."""
        named = {page_id: keepers_named(self.wiki.text(page_id)) for page_id in self.group}
        return {page_id: keepers for page_id, keepers in named.items() if keepers}

    def wrong(self) -> list[str]:
        """Say what must not be."""
        return wrong(self.nominated(), {page_id: file.title for page_id, file in self.group.items()}) + [
            f"the words of a person on page {page_id} are lost"
            for page_id in self.words
            if WORDS.strip() not in self.wiki.text(page_id)
        ]


def wrong(nominated: Mapping[int, frozenset[str]], titles: Mapping[int, str]) -> list[str]:
    """Say where every copy may go, or a copy is kept for another one that may go itself."""
    found = [] if len(nominated) < len(titles) else ["every copy is nominated"]
    going = {titles[page_id] for page_id in nominated}
    return found + [
        f"{titles[page_id]} names {keeper}, which is nominated itself"
        for page_id, keepers in nominated.items()
        for keeper in keepers & going
    ]


def adds_words(page_id: int) -> Person:
    """Let a person add a category to a page."""

    def act(race: Race) -> None:
        race.wiki.save(page_id, race.wiki.text(page_id) + WORDS, "a category", "Visitor")
        race.words.add(page_id)

    return act


def nominates_by_hand(page_id: int, keeper_id: int) -> Person:
    """Let a person nominate a file that is not nominated yet for one that is not either."""

    def act(race: Race) -> None:
        if race.nominated().keys().isdisjoint((page_id, keeper_id)):
            line = f"{{{{duplicate|{race.group[keeper_id].title}|by hand}}}}\n"
            race.wiki.save(page_id, line + race.wiki.text(page_id), "by hand", "Visitor")

    return act


def reverts(page_id: int) -> Person:
    """Let a person bring the first text of a page back."""

    def act(race: Race) -> None:
        race.wiki.save(page_id, race.wiki.revisions[page_id][0][1], "reverted", "Visitor")

    return act
