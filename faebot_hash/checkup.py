"""What must be right before the first run, as a table of questions to facts that were gathered before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from faebot_hash import gate
from faebot_hash.errors import SettingsError
from faebot_hash.exposure import EXAMPLES
from faebot_hash.floors import too_old
from faebot_hash.preflight import Preflight
from faebot_hash.privileges import why_refused
from faebot_hash.reasons import Skipped
from faebot_hash.restrictions import restrict
from faebot_hash.settings import Settings

CLOCK_WORTH_A_LOOK_S = 5.0
ROOM_WORTH_A_LOOK_BYTES = 1_000_000_000
LEAST_ROOM_BYTES = 100_000_000
MEMORY_WORTH_A_LOOK_BYTES = 512 * 2**20
"""What Toolforge gives a job that asks for nothing; a picture of 100 megapixels takes most of it."""
OPEN_FILES_WORTH_A_LOOK = 256


@dataclass(frozen=True)
class Answer:
    """What a check found; "" as ``mend`` means in order."""

    what: str
    mend: str = ""
    is_warning: bool = False


@dataclass(frozen=True)
class Room:
    """How much of something the machine gives, None where it sets no limit or tells none."""

    free_bytes: Mapping[str, int]
    memory_bytes: int | None = None
    open_files: int | None = None


@dataclass(frozen=True)
class Facts:
    """All that was seen. A text in the place of something says why it could not be seen."""

    family: str
    user: str
    settings: Settings
    now: datetime
    wiki: Preflight | str
    run_page: str
    settings_page: str
    described_as: str
    exposed: Sequence[str]
    libraries: Mapping[str, str]
    sqlite_version: str
    sqlite_has_reset_bug: bool
    store: str
    why_no_store: str
    network_file_system: str
    thumbnail_bytes: int | str
    room: Room
    index_files: int | str


Check = Callable[[Facts], Answer]


def _secrets(facts: Facts) -> Answer:
    if not facts.exposed:
        return Answer("nobody else can read or replace what the account logs in with")
    return Answer("; ".join(facts.exposed), "mend each file as its sentence says")


def _login(facts: Facts) -> Answer:
    if isinstance(facts.wiki, str):
        mend = "see user-config.py, its password file, and whether the wiki can be reached from here"
        return Answer(facts.wiki, mend)
    name = facts.wiki.account.name
    if name != facts.user:
        return Answer(f"logged in as “{name}”, not as “{facts.user}”", "see usernames in user-config.py")
    return Answer(f"logged in as {name}")


def _rights(facts: Facts) -> Answer:
    if isinstance(facts.wiki, str):
        return _unseen(facts)
    account, trial = facts.wiki.account, facts.settings.tagging.trial
    if refused := why_refused(account.rights, trial):
        what, _, mend = refused.partition(": ")
        return Answer(what, mend or what)
    return Answer("may edit, and nothing that this bot never needs")


def _bot_flag(facts: Facts) -> Answer:
    if isinstance(facts.wiki, str):
        return _unseen(facts)
    flagged, trial = "bot" in facts.wiki.account.rights, facts.settings.tagging.trial
    if flagged and trial:
        return Answer(
            "the account has the bot flag", "end the trial: [tagging] trial = false", is_warning=True
        )
    if trial:
        return Answer("no bot flag yet, and on trial: each edit is confirmed by hand")
    if flagged:
        return Answer("the account has the bot flag")
    return Answer("the account has no bot flag", "set [tagging] trial = true until it is granted")


def _block(facts: Facts) -> Answer:
    if isinstance(facts.wiki, str):
        return _unseen(facts)
    account = facts.wiki.account
    if account.blocked:
        return Answer(f"the account is blocked: {account.blocked}", "ask who blocked it what to change first")
    if account.has_message:
        talk = f"User talk:{facts.user}"
        return Answer(f"somebody left a message on {talk}", "read and answer it, logged in as the account")
    return Answer("not blocked, and no message is unread")


def _run_page(facts: Facts) -> Answer:
    if isinstance(facts.wiki, str):
        return _unseen(facts)
    word = facts.settings.wiki.run_word
    if why := gate.why_not_run(facts.wiki.run_page, word):
        return Answer(why, f"when the bot may run, write “{word}” into {facts.run_page}, and nothing else")
    return Answer(f"{facts.run_page} says “{word}”")


def _settings_page(facts: Facts) -> Answer:
    if isinstance(facts.wiki, str):
        return _unseen(facts)
    try:
        left = restrict(facts.settings, facts.wiki.settings_page)
    except SettingsError as error:
        return Answer(str(error), f"mend or delete {facts.settings_page}, or talk with who wrote it")
    if left.warnings:
        what = "; ".join(left.warnings)
        return Answer(
            what, "tell who wrote it that the page can only make the bot more careful", is_warning=True
        )
    is_there = isinstance(facts.wiki.settings_page, Skipped) or facts.wiki.settings_page.page.page_id
    return Answer(
        f"{facts.settings_page} {'is obeyed' if is_there else 'is not there, and restricts nothing'}"
    )


def _contact(facts: Facts) -> Answer:
    told = {
        "[http] contact in the settings": facts.settings.http.contact,
        "user_agent_description in user-config.py": facts.described_as,
    }
    for where, contact in told.items():
        if not contact.strip():
            return Answer(f"{where} is empty", "name a page or an address where people reach you")
        if any(example in contact.casefold() for example in EXAMPLES):
            return Answer(
                f"{where} is still the sample's", "name a page or an address where people reach you"
            )
    return Answer("every request tells where people reach you")


def _libraries(facts: Facts) -> Answer:
    old = [str(one) for one in too_old(facts.libraries)]
    if old:
        return Answer("; ".join(old), "install again from requirements.txt, or raise what is named")
    return Answer(f"{len(facts.libraries)} libraries, none of them below its floor")


def _sqlite(facts: Facts) -> Answer:
    name = f"SQLite {facts.sqlite_version}"
    if facts.sqlite_has_reset_bug and facts.store.startswith("sqlite"):
        mend = "let no other program open the store's file while a run writes; MariaDB has no such fault"
        return Answer(f"{name} may damage a file that two processes checkpoint", mend, is_warning=True)
    return Answer(name)


def _file_system(facts: Facts) -> Answer:
    if facts.network_file_system:
        what = f"the store lies on {facts.network_file_system}, where SQLite loses data"
        return Answer(what, "name ToolsDB or another MariaDB in [store] url, or a file on a local disk")
    return Answer("the store lies on no network file system")


def _store(facts: Facts) -> Answer:
    if facts.why_no_store:
        return Answer(facts.why_no_store, "mend [store] url or what the sentence names, and look again")
    return Answer(f"{facts.store} can be written to, and has this release's schema")


def _clock(facts: Facts) -> Answer:
    if isinstance(facts.wiki, str):
        return _unseen(facts)
    apart_s = abs((facts.now - facts.wiki.read_at).total_seconds())
    what = f"our clock and the wiki's are {apart_s:,.1f} s apart"
    if apart_s <= CLOCK_WORTH_A_LOOK_S:
        return Answer(what)
    return Answer(what, "let NTP set this machine's clock", is_warning=apart_s <= gate.STALE_S)


def _thumbnails(facts: Facts) -> Answer:
    width_px = facts.settings.hashing.thumb_width_px
    if isinstance(facts.thumbnail_bytes, str):
        return Answer(
            f"no thumbnail of {width_px} px: {facts.thumbnail_bytes}",
            "see [hashing] thumb_width_px and [http] hosts, and whether the media host can be reached",
        )
    return Answer(f"a thumbnail of {width_px} px came, {facts.thumbnail_bytes:,} bytes")


def _room(facts: Facts) -> Answer:
    room = facts.room
    least = min(room.free_bytes.values(), default=None)
    if least is not None and least < ROOM_WORTH_A_LOOK_BYTES:
        (place, *_) = (place for place, free in room.free_bytes.items() if free == least)
        what = f"{least / 1e6:,.0f} MB are free in {place}"
        return Answer(what, "make room on the disk", is_warning=least >= LEAST_ROOM_BYTES)
    if room.memory_bytes is not None and room.memory_bytes < MEMORY_WORTH_A_LOOK_BYTES:
        what = f"{room.memory_bytes / 2**20:,.0f} MiB of memory"
        return Answer(what, "ask for 1 GiB for jobs that read originals (--mem 1Gi)", is_warning=True)
    if room.open_files is not None and room.open_files < OPEN_FILES_WORTH_A_LOOK:
        what = f"{room.open_files} open files at most"
        return Answer(what, f"raise the limit to {OPEN_FILES_WORTH_A_LOOK} (ulimit -n)", is_warning=True)
    return Answer("disk, memory and open files suffice")


def _index(facts: Facts) -> Answer:
    if isinstance(facts.index_files, str):
        mend = "run `python -m faebot_hash follow`, if the web service is to run here"
        return Answer(facts.index_files, mend, is_warning=True)
    return Answer(f"the search index is in {facts.settings.web.index_folder}")


def _opened(facts: Facts) -> Answer:
    if facts.family in facts.settings.tagging.open_to:
        return Answer(f"the settings open “{facts.family}” for edits, as long as nothing here fails")
    what = f"the settings do not open “{facts.family}” for edits"
    return Answer(
        what, f'[tagging] open_to = ["{facts.family}"], when its edits are approved', is_warning=True
    )


def _unseen(facts: Facts) -> Answer:
    return Answer("could not be seen", "mend the login first")


CHECKS: Mapping[str, Check] = {
    "secrets": _secrets,
    "login": _login,
    "rights": _rights,
    "bot flag": _bot_flag,
    "block": _block,
    "run page": _run_page,
    "settings page": _settings_page,
    "contact": _contact,
    "libraries": _libraries,
    "SQLite": _sqlite,
    "file system": _file_system,
    "store": _store,
    "clock": _clock,
    "thumbnails": _thumbnails,
    "room": _room,
    "search index": _index,
    "opened": _opened,
}
"""The checks, in the order in which they are told."""
