"""A long life of a few files: the bot confirms, is killed and forgets, and people do whatever they like.

After each whole run ``Walk`` looks for what must never be; its own eyes are regular expressions and the
pictures themselves, not the code under test.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import Enum, auto
from random import Random
from typing import Any

from faebot_hash import match
from faebot_hash.apply import Editor
from faebot_hash.collection import Collection
from faebot_hash.confirmation import Confirmation
from faebot_hash.edits import PageEdit, Proposal
from faebot_hash.find import Finder
from faebot_hash.gate import rules_of
from faebot_hash.images import THUMBNAIL
from faebot_hash.judgements import Judgement, pair_of
from faebot_hash.marks import IDENTICAL_CATEGORY
from faebot_hash.model import FileInfo, SliceKind
from faebot_hash.ports import EditAnswer
from faebot_hash.session import Session
from faebot_hash.settings import Settings, TaggingSettings
from faebot_hash.thumbnails import Hasher
from tests.fakes import EPOCH
from tests.living_wiki import Darkroom, LivingFacts, LivingWiki, Media, MemoryStore, Picture

SETTINGS = Settings(tagging=TaggingSettings(edit_interval_s=0.0, trial=False, duplicate_template=True))
HOME = SETTINGS.wiki.home_category
COLLECTION = Collection("walk", slice=SliceKind.SEARCH, query="crabs")
TEXT = """{{%s|description=A crab.|author=Jane Doe}}
{{PD-USGov-NOAA}}
[[Category:Crabs]]"""

OURS = re.compile(r"\{\{Duplicate\|1=([^|{}]+)\|2=Faebot confirmed identical: [^{}]*\}\}\n?")
MARK = re.compile(r"\{\{(?:duplicate|delete)[|}]", re.IGNORECASE)
OUR_CATEGORIES = re.compile(rf"\n?\[\[Category:(?:{HOME}|{IDENTICAL_CATEGORY})[^\]]*\]\]")


class Deed(Enum):
    """What may happen next."""

    CONFIRM = auto()
    CONFIRM_KILLED = auto()
    CONFIRM_AMONG_PEOPLE = auto()
    FIND = auto()
    LOSE_STORE = auto()
    MONTH_PASSES = auto()
    SWITCH_NOMINATING = auto()
    JUDGE_APART = auto()
    JUDGE_TOGETHER = auto()
    MARK_DUPLICATE = auto()
    MARK_DELETE = auto()
    UNMARK = auto()
    REMOVE_OURS = auto()
    REVERT_US = auto()
    FIRST_TEXT = auto()
    DELETE = auto()
    DELETE_NOMINEE_REDIRECTING = auto()
    DELETE_KEEPER = auto()
    MARK_KEEPER = auto()
    UNDELETE = auto()
    MOVE = auto()
    MOVE_SILENTLY = auto()
    MOVE_KEEPER = auto()
    OVERWRITE = auto()
    OVERWRITE_KEEPER = auto()
    OVERWRITE_EQUALLY = auto()
    OVERWRITE_WITH = auto()
    KEEP = auto()
    EXCLUDE_BOTS = auto()
    PROTECT = auto()
    USE = auto()
    LEAVE_CATEGORY = auto()
    ENTER_CATEGORY = auto()
    BLANK = auto()
    REDIRECT = auto()
    ADD_WORDS = auto()
    MOVE_OURS_DOWN = auto()
    NAME = auto()


OF_NOMINEES = (Deed.REMOVE_OURS, Deed.REVERT_US, Deed.MOVE_OURS_DOWN, Deed.DELETE_NOMINEE_REDIRECTING)
OF_KEEPERS = (Deed.DELETE_KEEPER, Deed.MARK_KEEPER, Deed.MOVE_KEEPER, Deed.OVERWRITE_KEEPER)
BOT = (Deed.CONFIRM, Deed.CONFIRM, Deed.CONFIRM_KILLED, Deed.CONFIRM_AMONG_PEOPLE, Deed.FIND)
DEEDS = (*Deed, *BOT * 4)
"""All deeds, by how often they should come."""


@dataclass(frozen=True)
class Step:
    """One deed; the numbers choose files, places and times, and stand for others where there are fewer."""

    deed: Deed
    one: int = 0
    other: int = 0


@dataclass(frozen=True)
class Life:
    """Files and what befalls them: of each file its picture and its layout, whose half is its age."""

    pictures: Sequence[int]
    layouts: Sequence[int]
    steps: Sequence[Step]

    @classmethod
    def by_chance(cls, random: Random, length: int) -> Life:
        """Make up a life of so many steps."""
        pictures = [random.randrange(2) for _ in range(random.randrange(2, 9))]
        steps = (
            Step(random.choice(DEEDS), random.randrange(64), random.randrange(256)) for _ in range(length)
        )
        return cls(pictures, [random.randrange(8) for _ in pictures], list(steps))

    def live(self) -> Walk:
        """Go through the steps until something is broken."""
        walk = Walk(self.pictures, self.layouts)
        for step in self.steps:
            walk.take(step)
            if walk.broken:
                break
        return walk


class KilledError(BaseException):
    """The process is gone."""


class MemorySession(Session):
    """A session whose world is in memory."""

    def __init__(self, walk: Walk) -> None:
        self.wiki: Any = walk.wiki
        self.reader: Any = walk.facts
        self.store: Any = walk.store
        self.fetcher: Any = Media()
        self.settings = walk.settings
        self.run = f"walk-{walk.runs}"
        self.say = lambda line: None
        self.simulate = False
        self.editor = Editor(
            self.wiki,
            self.store,
            lambda proposal: True,
            run=self.run,
            interval_s=0.0,
            rules=rules_of(self.settings),
        )

    def decoder(self, limits: object) -> Any:
        """Give what reads pictures."""
        return Darkroom()

    def hasher(self, decoder: Any) -> Hasher:
        """Give what hashes thumbnails, in silence."""
        return Hasher(self.settings.hashing.thumb_width_px, self.fetcher, decoder, self.store)


@dataclass
class Walk:
    """The world of a life; ``broken`` says what was ever wrong in it."""

    pictures: Sequence[int]
    layouts: Sequence[int]
    settings: Settings = SETTINGS
    wiki: LivingWiki = field(default_factory=LivingWiki)
    store: MemoryStore = field(default_factory=MemoryStore)
    runs: int = 0
    bot_edits: int = 0
    people_about: bool = False
    broken: list[str] = field(default_factory=list)
    refused_by_people: set[tuple[int, int]] = field(default_factory=set)
    restored_by_people: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.facts = LivingFacts(self.wiki)
        for page_id, (content, layout) in enumerate(zip(self.pictures, self.layouts, strict=True), start=1):
            picture = Picture(content, variant=page_id)
            text = TEXT % ("milim" if layout % 2 else "Information")
            self.wiki.upload(page_id, f"Crab {page_id}.jpg", picture, text, age=layout // 2)
        self.wiki.before_edit = self._watch
        self._find()

    # What the bot does

    def take(self, step: Step) -> None:
        """Let one thing happen, and look at the world where a run has ended."""
        actions: dict[Deed, Callable[[], None]] = {
            Deed.CONFIRM: self._confirm_twice,
            Deed.CONFIRM_KILLED: lambda: self._confirm_killed(step),
            Deed.CONFIRM_AMONG_PEOPLE: lambda: self._confirm_among_people(step),
            Deed.FIND: self._find,
            Deed.LOSE_STORE: self._lose_store,
            Deed.MONTH_PASSES: self._month_passes,
            Deed.SWITCH_NOMINATING: self._switch,
            Deed.JUDGE_APART: lambda: self._judge(step, Judgement.NOT_DUPLICATES),
            Deed.JUDGE_TOGETHER: lambda: self._judge(step, Judgement.DUPLICATES),
        }
        if step.deed in actions:
            actions[step.deed]()
        else:
            self._people(step)

    def _confirm_twice(self) -> None:
        self._confirm()
        self.broken += self.wrong()
        edits = self.bot_edits
        self._confirm()
        if self.bot_edits != edits:
            self.broken.append(f"a second run makes {self.bot_edits - edits} edits")

    def _confirm(self) -> None:
        self.runs += 1
        Confirmation(MemorySession(self)).run()

    def _confirm_killed(self, step: Step) -> None:
        fatal = step.one % 4 + 1
        place = ("before", "after", "preflight")[step.other % 3]
        calls = 0

        def die() -> None:
            nonlocal calls
            calls += 1
            if calls == fatal:
                raise KilledError

        self._interrupted(place, die)

    def _confirm_among_people(self, step: Step) -> None:
        """Let a person act at some moment of a run."""
        deeds = [deed for deed in Deed if deed.value >= Deed.MARK_DUPLICATE.value]
        act = Step(deeds[step.other % len(deeds)], step.one, step.other // len(deeds))
        moment, calls = step.one // 8 % 4 + 1, 0

        def meet() -> None:
            nonlocal calls
            calls += 1
            if calls == moment:
                self._people(act)

        self.people_about = True
        self._interrupted(("before", "after", "preflight")[step.other % 3], meet)
        self.people_about = False

    def _interrupted(self, place: str, happen: Callable[[], None]) -> None:
        wiki: Any = self.wiki
        plain = wiki.preflight

        def before(edit: PageEdit) -> EditAnswer | None:
            self._watch(edit)
            happen()
            return None

        def after(answer: EditAnswer) -> EditAnswer:
            happen()
            return answer

        def preflight(*given: Any) -> Any:
            happen()
            return plain(*given)

        if place == "preflight":
            wiki.preflight = preflight
        elif place == "before":
            wiki.before_edit = before
        else:
            wiki.after_edit = after
        try:
            self._confirm()
        except KilledError:
            pass
        finally:
            wiki.before_edit, wiki.after_edit = self._watch, lambda answer: answer
            wiki.__dict__.pop("preflight", None)

    def _find(self) -> None:
        self.runs += 1
        session = MemorySession(self)
        session.begin()
        finder = Finder(
            COLLECTION,
            self.settings,
            session.wiki,
            session.hasher(session.decoder(THUMBNAIL)),
            self.store,
            self.store,
            self.store,
        )
        files = [one for one in self.wiki.files(sorted(self.wiki.known)) if isinstance(one, FileInfo)]
        hashed, _ = finder.hasher.hashed(files)
        for proposed in finder.judge(match.matches(match.equal_sets(hashed))):
            if isinstance(proposed, Proposal):
                session.editor.carry_out(proposed, finder)
        session.recheck()

    def _lose_store(self) -> None:
        self.store = MemoryStore()

    def _month_passes(self) -> None:
        for token, row in self.store.by_token.items():
            self.store.by_token[token] = replace(row, planned_at=row.planned_at - timedelta(days=30))

    def _switch(self) -> None:
        tagging = self.settings.tagging
        switched = replace(tagging, duplicate_template=not tagging.duplicate_template)
        self.settings = replace(self.settings, tagging=switched)

    def _judge(self, step: Step, judgement: Judgement) -> None:
        """Let a reviewer judge two files, one of them preferably nominated for the other."""
        known = self.wiki.known
        nominated = [(n, kept) for n in sorted(known) for kept in sorted(self._named(n), key=str)]
        nominees = [(known[one], known[kept]) for one, kept in nominated if kept in known]
        files = [known[page_id] for page_id in sorted(known)]
        if nominees and step.other % 2:
            one, other = nominees[step.one % len(nominees)]
        elif len(files) > 1:
            one = files.pop(step.one % len(files))
            other = files[step.other % len(files)]
        else:
            return
        at = EPOCH + timedelta(minutes=self.wiki.clock, seconds=30)
        self.store.say(one.sha1, other.sha1, judgement, at)

    # What people do

    def _people(self, step: Step) -> None:
        """Let a person act, and note what that says of our nominations."""
        wiki, deed = self.wiki, step.deed
        before = {page_id: self._named(page_id) for page_id in wiki.known}
        living, gone = sorted(wiki.known), sorted(wiki.deleted)
        if deed is Deed.UNDELETE:
            if gone:
                wiki.undelete(gone[step.one % len(gone)])
        elif len(living) > 1:
            some = self._concerned(deed) or living
            self._person(deed, some[step.one % len(some)], living[step.other % len(living)])
        for page_id in before.keys() & wiki.known.keys():
            was, now = before[page_id], self._named(page_id)
            if len(now) > len(was):
                self.restored_by_people.add(page_id)
            elif not OURS.search(wiki.text(page_id)):
                self.restored_by_people.discard(page_id)
                self.refused_by_people |= {(page_id, keeper) for keeper in was if keeper}

    def _concerned(self, deed: Deed) -> list[int]:
        """Choose whom a deed is for, where it is for nominees or for copies to keep."""
        nominated = {page_id: self._named(page_id) for page_id in sorted(self.wiki.known)}
        if deed in OF_NOMINEES:
            return [page_id for page_id, named in nominated.items() if named]
        return (
            sorted({one for named in nominated.values() for one in named if one})
            if deed in OF_KEEPERS
            else []
        )

    def _person(self, deed: Deed, page_id: int, other: int) -> None:
        wiki = self.wiki
        text, title = wiki.text(page_id), wiki.known[other].title
        told: dict[Deed, str] = {
            Deed.MARK_DUPLICATE: f"{{{{duplicate|{title}|by hand}}}}\n{text}",
            Deed.MARK_KEEPER: f"{{{{duplicate|{title}|by hand}}}}\n{text}",
            Deed.MARK_DELETE: f"{{{{delete|reason=why not}}}}\n{text}",
            Deed.UNMARK: re.sub(r"\{\{(?:duplicate\|[^|{}]*\|by hand|delete\|[^{}]*)\}\}\n?", "", text),
            Deed.REMOVE_OURS: OURS.sub("", text),
            Deed.REVERT_US: self._before_us(page_id),
            Deed.FIRST_TEXT: wiki.revisions[page_id][0][1],
            Deed.EXCLUDE_BOTS: text.replace("{{nobots}}", "")
            if "{{nobots}}" in text
            else "{{nobots}}" + text,
            Deed.LEAVE_CATEGORY: OUR_CATEGORIES.sub("", text),
            Deed.ENTER_CATEGORY: f"{text}\n[[Category:{HOME}|00181b19147afc00]]",
            Deed.BLANK: "",
            Deed.REDIRECT: f"#REDIRECT [[File:{title}]]",
            Deed.ADD_WORDS: f"{text}\n[[Category:By person {other}]]",
            Deed.MOVE_OURS_DOWN: OURS.sub("", text) + "".join(f"\n{one[0]}" for one in OURS.finditer(text)),
            Deed.NAME: f"{text}\nSee [[:File:{title}]].",
        }
        picture = wiki.pictures[page_id]
        new = 100 + wiki.clock
        acts: dict[Deed, Callable[[], object]] = {
            Deed.DELETE: lambda: wiki.delete(page_id),
            Deed.DELETE_KEEPER: lambda: wiki.delete(page_id),
            Deed.DELETE_NOMINEE_REDIRECTING: lambda: wiki.delete(page_id, title if other != page_id else ""),
            Deed.MOVE: lambda: wiki.move(page_id, f"Moved {new}.jpg", leaves_redirect=True),
            Deed.MOVE_KEEPER: lambda: wiki.move(page_id, f"Moved {new}.jpg", leaves_redirect=True),
            Deed.MOVE_SILENTLY: lambda: wiki.move(page_id, f"Moved {new}.jpg", leaves_redirect=False),
            Deed.OVERWRITE: lambda: wiki.overwrite(page_id, Picture(new, look=new % 2)),
            Deed.OVERWRITE_KEEPER: lambda: wiki.overwrite(page_id, Picture(new)),
            Deed.OVERWRITE_EQUALLY: lambda: wiki.overwrite(page_id, replace(picture, variant=new)),
            Deed.OVERWRITE_WITH: lambda: wiki.overwrite(page_id, replace(wiki.pictures[other], variant=new)),
            Deed.KEEP: lambda: wiki.kept.symmetric_difference_update({page_id}),
            Deed.PROTECT: lambda: self._protect(page_id),
            Deed.USE: lambda: wiki.usage.update({page_id: 1 - wiki.usage.get(page_id, 0)}),
        }
        if deed in told:
            if told[deed] != text:
                wiki.save(page_id, told[deed], deed.name.lower(), "Visitor")
        else:
            acts[deed]()

    def _before_us(self, page_id: int) -> str:
        line = self.wiki.revisions[page_id]
        return line[-2][1] if len(line) > 1 and line[-1][0].user == self.wiki.user else line[-1][1]

    def _protect(self, page_id: int) -> None:
        if self.wiki.protection.pop(page_id, "") == "":
            self.wiki.protection[page_id] = "sysop"

    # What must never be

    def _watch(self, edit: PageEdit) -> None:
        """Look at an edit of the bot at the moment when it is sent."""
        page_id, wiki = edit.page.page_id, self.wiki
        self.bot_edits += 1
        if page_id not in wiki.known:
            return
        if "{{nobots}}" in edit.page.text:
            self.broken.append(f"page {page_id} is edited in spite of {{{{nobots}}}}")
        if edit.page.revid != wiki.history(page_id)[0].revid:
            return
        self.broken += self._wrong_tag(edit)
        old, new = OURS.findall(edit.page.text), OURS.findall(edit.new_text)
        for title in new[: len(new) - len(old)]:
            self.broken += self._wrong_nomination(page_id, title)

    def _wrong_tag(self, edit: PageEdit) -> Iterator[str]:
        """Find a tag for, or a removal in spite of, what people judged."""
        page_id, wiki = edit.page.page_id, self.wiki
        alike = [one for one in wiki.known if wiki.pictures[one].look == wiki.pictures[page_id].look]
        unjudged = [one for one in alike if one != page_id and not self._apart(one, page_id)]
        if edit.summary.startswith("Faebot identified") and not unjudged:
            yield f"page {page_id} is tagged though people keep all apart from it"
        members = [one for one in unjudged if HOME in wiki.text(one) and not wiki.is_redirect(one)]
        if "people judged that it is no duplicate" in edit.summary and members and not self.people_about:
            yield f"page {page_id} is untagged though nobody judged it beside {members}"

    def _apart(self, one: int, other: int) -> bool:
        sha1s = (self.wiki.known[one].sha1, self.wiki.known[other].sha1)
        return pair_of(*sha1s) in self.store.apart(sha1s)

    def _wrong_nomination(self, page_id: int, title: str) -> Iterator[str]:
        wiki, keeper = self.wiki, self.wiki.titled(title)
        if not self.settings.tagging.duplicate_template:
            yield f"page {page_id} is nominated though that is switched off"
        if (page_id, keeper) in self.refused_by_people:
            yield f"page {page_id} is nominated for {title} again"
        if self.people_about:
            return  # what no pre-flight reads may change after the judgement
        if wiki.versions[page_id] > 1 or wiki.usage.get(page_id) or page_id in wiki.protection:
            yield f"page {page_id} is nominated in spite of versions, use or protection"
        if page_id in wiki.kept or keeper in wiki.kept:
            yield f"page {page_id} is nominated in spite of a decision to keep"
        for why in self._wrong_keeper(page_id, title):
            yield f"page {page_id} is being nominated for {title}, {why}"

    def wrong(self) -> list[str]:
        """Say what must not be after a run."""
        found = []
        for page_id in self.wiki.known:
            ours = OURS.findall(self.wiki.text(page_id))
            if len(ours) > 1:
                found.append(f"page {page_id} has {len(ours)} nominations of ours")
            if ours and self._is_ours_to_undo(page_id):
                found += [
                    f"page {page_id} is nominated for {title}, {why}"
                    for title in ours[:1]
                    for why in self._wrong_keeper(page_id, title)
                ]
        return found + list(self._lost_pictures())

    def _wrong_keeper(self, page_id: int, title: str) -> Iterator[str]:
        wiki, keeper = self.wiki, self.wiki.titled(title)
        if keeper is None:
            yield "which is " + ("a redirect" if title in wiki.redirects else "gone")
            return
        if wiki.is_redirect(keeper):
            yield "which is a redirect"
        if MARK.search(wiki.text(keeper)):
            yield "which is marked itself"
        if wiki.pictures[keeper].content != wiki.pictures[page_id].content:
            yield "which is another picture"
        if self._apart(keeper, page_id):
            yield "which people keep apart from it"

    def _lost_pictures(self) -> Iterator[str]:
        """Find the pictures of which every copy may go, one of them by our word."""
        wiki = self.wiki
        copies: dict[int, list[int]] = {}
        for page_id in wiki.known:
            if not wiki.is_redirect(page_id):
                copies.setdefault(wiki.pictures[page_id].content, []).append(page_id)
        for content, page_ids in copies.items():
            texts = [wiki.text(page_id) for page_id in page_ids]
            ours = [one for one in page_ids if OURS.search(wiki.text(one)) and self._is_ours_to_undo(one)]
            if all(MARK.search(text) for text in texts) and ours:
                yield f"every copy of picture {content} may go, {ours} by us"

    def _is_ours_to_undo(self, page_id: int) -> bool:
        """Tell whether a nomination is ours to take back: people did not restore it, nor shut us out."""
        is_open = "{{nobots}}" not in self.wiki.text(page_id) and page_id not in self.wiki.protection
        return is_open and page_id not in self.restored_by_people

    def _named(self, page_id: int) -> list[int | None]:
        return [self.wiki.titled(title) for title in OURS.findall(self.wiki.text(page_id))]
