"""The doctor's checks: each finds what it is there for, and a practice wiki in order passes them all."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pywikibot

from faebot_hash.__main__ import main
from faebot_hash.adapters import sign_off_file
from faebot_hash.adapters.commons import Commons
from faebot_hash.checkup import CHECKS, Facts, Room
from faebot_hash.doctor import Health, examine, finding_lines, is_healthy
from faebot_hash.examination import examine_all, gather
from faebot_hash.model import PageText
from faebot_hash.preflight import Account, Other, Preflight
from faebot_hash.reasons import Reason, Skipped
from faebot_hash.settings import HttpSettings, Settings, StoreSettings, TaggingSettings
from faebot_hash.sign_off import VALID, SignOff, digest, why_closed
from tests.operator import SETTINGS
from tests.practice.configuration import BOT
from tests.practice.places import CHECKOUT
from tests.practice.wiki import PracticeWiki

NOW = datetime(2026, 11, 1, tzinfo=UTC)
WIKI = Preflight(
    read_at=NOW,
    account=Account("Ann's bot", frozenset({"edit", "bot"})),
    run_page=PageText(9, "Ann's bot/Run", 5, "yes", ""),
    files={},
)
HEALTHY = Facts(
    family="commons",
    user="Ann's bot",
    settings=Settings(
        http=HttpSettings(contact="https://commons.wikimedia.org/wiki/User:Ann"),
        tagging=TaggingSettings(trial=False, open_to=("commons",)),
    ),
    now=NOW,
    wiki=WIKI,
    run_page="User:Ann's bot/Run",
    settings_page="User:Ann's bot/Settings.json",
    described_as="see User:Ann",
    exposed=(),
    libraries={"pillow": "13.0.0", "requests": "2.34.2"},
    sqlite_version="3.51.3",
    sqlite_has_reset_bug=False,
    store="sqlite:///faebot.sqlite",
    why_no_store="",
    network_file_system="",
    thumbnail_bytes=4_321,
    room=Room({"/": 50_000_000_000}, 2**31, 1_024),
    index_files=7,
)


def test_who_is_in_order_passes_every_check() -> None:
    findings = examine(HEALTHY)
    assert [one.check for one in findings] == list(CHECKS)
    assert {one.health for one in findings} == {Health.OK}
    assert {one.mend for one in findings} == {""}
    assert finding_lines(findings)[-1] == f"{len(CHECKS)} checks, 0 failed, 0 warnings"


def seen(**changes: object) -> Facts:
    return replace(HEALTHY, wiki=replace(WIKI, **changes))  # type: ignore[arg-type]


def account(*rights: str, **changes: str | bool) -> Facts:
    return seen(account=Account("Ann's bot", frozenset(rights), **changes))  # type: ignore[arg-type]


def settings(**changes: object) -> Facts:
    return replace(HEALTHY, settings=replace(HEALTHY.settings, **changes))  # type: ignore[arg-type]


FAILS, WARNING = Health.FAILS, Health.WARNING
SICK: list[tuple[str, Health, str, Facts]] = [
    ("secrets", FAILS, "chmod", replace(HEALTHY, exposed=("password.py: chmod it",))),
    ("login", FAILS, "no such host", replace(HEALTHY, wiki="no such host")),
    ("login", FAILS, "as “192.0.2.1”", seen(account=Account("192.0.2.1", frozenset({"edit", "bot"})))),
    ("rights", FAILS, "may delete", account("edit", "bot", "delete")),
    ("rights", FAILS, "no bot flag", account("edit")),
    ("bot flag", FAILS, "no bot flag", account("edit")),
    ("bot flag", WARNING, "has the bot flag", settings(tagging=TaggingSettings(open_to=("commons",)))),
    ("block", FAILS, "blocked: vandal", account("edit", "bot", blocked="vandal")),
    ("block", FAILS, "left a message", account("edit", "bot", has_message=True)),
    ("run page", FAILS, "says “no”", seen(run_page=replace(WIKI.run_page, text="no"))),  # type: ignore[type-var]
    ("run page", FAILS, "cannot be read", seen(run_page=Skipped("Run", Reason.MISSING))),
    ("settings page", FAILS, "no JSON", seen(settings_page=Other(PageText(3, "S", 1, "{", "")))),
    ("settings page", FAILS, "cannot be read", seen(settings_page=Skipped("S", Reason.MISSING))),
    (
        "settings page",
        WARNING,
        "less careful",
        seen(settings_page=Other(PageText(3, "S", 1, '{"tagging": {"duplicate_limit": 900}}', ""))),
    ),
    ("contact", FAILS, "[http] contact", settings(http=HttpSettings())),
    ("contact", FAILS, "is empty", replace(HEALTHY, described_as=" ")),
    ("contact", FAILS, "sample's", replace(HEALTHY, described_as="faebot_hash, see User:ExampleBot")),
    ("libraries", FAILS, "pillow 12.1.0 has known holes", replace(HEALTHY, libraries={"Pillow": "12.1.0"})),
    ("SQLite", WARNING, "3.40.1", replace(HEALTHY, sqlite_version="3.40.1", sqlite_has_reset_bug=True)),
    ("file system", FAILS, "lies on NFS", replace(HEALTHY, network_file_system="NFS")),
    ("store", FAILS, "Permission denied", replace(HEALTHY, why_no_store="faebot.sqlite: Permission denied")),
    ("clock", WARNING, "30.0 s apart", replace(HEALTHY, now=NOW + timedelta(seconds=30))),
    ("clock", FAILS, "3,600.0 s apart", replace(HEALTHY, now=NOW - timedelta(hours=1))),
    ("thumbnails", FAILS, "no thumbnail of 120 px: refused", replace(HEALTHY, thumbnail_bytes="refused")),
    (
        "room",
        FAILS,
        "50 MB are free in /data",
        replace(HEALTHY, room=Room({"/": 10**12, "/data": 50 * 10**6})),
    ),
    ("room", WARNING, "500 MB", replace(HEALTHY, room=Room({"/data": 500 * 10**6}))),
    ("room", WARNING, "256 MiB", replace(HEALTHY, room=Room({}, 2**28))),
    ("room", WARNING, "64 open files", replace(HEALTHY, room=Room({}, None, 64))),
    (
        "search index",
        WARNING,
        "no search index",
        replace(HEALTHY, index_files="there is no search index in x"),
    ),
    ("opened", WARNING, "do not open “commons”", settings(tagging=TaggingSettings(trial=False))),
]


@pytest.mark.parametrize(
    ("check", "health", "what", "facts"), SICK, ids=[f"{one[0]}: {one[2]}" for one in SICK]
)
def test_each_check_finds_what_it_is_there_for(check: str, health: Health, what: str, facts: Facts) -> None:
    findings = {one.check: one for one in examine(facts)}
    assert findings[check].health is health
    assert what in findings[check].what
    assert findings[check].mend
    assert is_healthy(list(findings.values())) == (health is not Health.FAILS)


def test_every_check_can_find_something() -> None:
    assert {check for check, *_ in SICK} == set(CHECKS)


def test_what_cannot_be_seen_never_passes() -> None:
    findings = {one.check: one.health for one in examine(replace(HEALTHY, wiki="away"))}
    unseen = {"login", "rights", "bot flag", "block", "run page", "settings page", "clock"}
    assert {check for check, health in findings.items() if health is Health.FAILS} == unseen


def test_the_document_names_every_check() -> None:
    text = (CHECKOUT / "docs" / "operating.md").read_text(encoding="utf-8")
    part = text.partition("## The doctor")[2].partition("### Opening")[0]
    assert re.findall(r"^\| `([^`]+)` \|", part, re.MULTILINE) == list(CHECKS)


RECORD = SignOff("commons", "Ann's bot", "0.1.0", "abc", NOW)


@pytest.mark.parametrize(
    ("record", "open_to", "why"),
    [
        (RECORD, ("commons",), ""),
        (replace(RECORD, signed_at=NOW - VALID), ("commons",), ""),
        (RECORD, (), "name it in [tagging] open_to"),
        (RECORD, ("wikipedia", "Commons"), "name it in [tagging] open_to"),
        (None, ("commons",), "may not be edited yet"),
        (replace(RECORD, family="test"), ("commons",), "another account"),
        (replace(RECORD, account="Bob's bot"), ("commons",), "another account"),
        (replace(RECORD, version="0.0.9"), ("commons",), "since doctor has looked at 0.0.9"),
        (replace(RECORD, settings_sha256="abd"), ("commons",), "looked at others"),
        (
            replace(RECORD, signed_at=NOW - VALID - timedelta(seconds=1)),
            ("commons",),
            "not of the last 30 days",
        ),
        (replace(RECORD, signed_at=NOW + timedelta(seconds=1)), ("commons",), "not of the last 30 days"),
    ],
)
@pytest.mark.spec("8.11")
def test_a_wiki_opens_by_the_setting_and_the_record_together(
    record: SignOff | None, open_to: tuple[str, ...], why: str
) -> None:
    told = why_closed(record, RECORD, open_to)
    assert why in told
    assert bool(told) == bool(why)


@dataclass
class Wiki:
    """What the door asks of a wiki."""

    account_folder: Path
    family: str = "commons"
    user: str = "Ann's bot"


def test_the_door_opens_and_closes(tmp_path: Path) -> None:
    wiki: Any = Wiki(tmp_path)
    opening = Settings(tagging=TaggingSettings(open_to=("commons",)))
    url = "sqlite:///a.sqlite"

    def why(settings: Settings = opening, url: str = url, wiki: Any = wiki) -> str:
        return sign_off_file.why_not_opened(wiki, settings, url)

    assert "run `python -m faebot_hash doctor --family commons`" in why()
    sign_off_file.write(tmp_path, sign_off_file.signed(wiki, opening, url))
    assert why() == ""
    assert why(replace(opening, near=replace(opening.near, phash_bits=1))) == "", "decides no edit"
    assert "looked at others" in why(replace(opening, tagging=replace(opening.tagging, trial=False)))
    assert "looked at others" in why(url="sqlite:///b.sqlite")
    assert "open_to" in why(Settings())
    assert "may not be edited yet" in why(wiki=replace(wiki, user="Bob's bot"))
    assert "open_to" in why(wiki=replace(wiki, family="test"))
    assert why(Settings(), wiki=replace(wiki, family="practice")) == ""
    sign_off_file.remove(tmp_path, "commons", "Ann's bot")
    assert "may not be edited yet" in why()


def test_other_settings_have_another_digest() -> None:
    plain = digest(Settings(), "sqlite:///a")
    assert plain == digest(Settings(), "sqlite:///a")
    others = [
        digest(Settings(), "sqlite:///b"),
        digest(Settings(tagging=TaggingSettings(trial=False)), "sqlite:///a"),
        digest(Settings(store=StoreSettings(url="x")), "sqlite:///a"),
        digest(SETTINGS, "sqlite:///a"),
    ]
    assert len({plain, *others}) == 5


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.unlink(),
        lambda path: path.write_text("{"),
        lambda path: path.write_text("[]"),
        lambda path: path.write_text("{}"),
        lambda path: path.write_text(path.read_text().replace("version", "release")),
        lambda path: path.write_text(path.read_text().replace("+00:00", "")),
        lambda path: path.chmod(0o666),
    ],
)
def test_a_spoiled_record_counts_as_none(tmp_path: Path, spoil: Callable[[Path], object]) -> None:
    path = sign_off_file.write(tmp_path, RECORD)
    assert path.stat().st_mode & 0o777 == 0o600
    assert sign_off_file.read(tmp_path, "commons", "Ann's bot") == RECORD
    spoil(path)
    assert sign_off_file.read(tmp_path, "commons", "Ann's bot") is None


@pytest.fixture
def practice(wiki: PracticeWiki, tmp_path: Path) -> Iterator[Settings]:
    """Give settings that are right for the practice wiki, in an empty folder."""
    web = replace(SETTINGS.web, index_folder=str(tmp_path / "index"))
    http = replace(SETTINGS.http, contact="the operator of the practice wiki")
    yield replace(SETTINGS, web=web, http=http)
    sign_off_file.remove(Path(pywikibot.config.base_dir), "practice", BOT)


def test_a_practice_wiki_in_order_is_signed_off(practice: Settings, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'faebot.sqlite'}"
    findings = examine_all(practice, url, "practice")
    failing = [one for one in findings if one.health is Health.FAILS]
    assert failing == []
    warned = {one.check for one in findings if one.health is Health.WARNING}
    assert warned <= {"SQLite", "search index", "opened", "room"}
    record = sign_off_file.read(Path(pywikibot.config.base_dir), "practice", BOT)
    assert record is not None
    assert record.settings_sha256 == digest(practice, url)


def test_a_practice_wiki_out_of_order_is_not(practice: Settings, wiki: PracticeWiki, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'faebot.sqlite'}"
    assert is_healthy(examine_all(practice, url))
    wiki.human("edit", f"User:{BOT}/Run", text="no")
    wiki.human("edit", f"User:{BOT}/Settings.json", text='{"near": {"bits": 1}}')
    wiki.human("message", "Please stop", text="?")
    (tmp_path / "a file").touch()
    findings = {one.check: one for one in examine_all(practice, f"sqlite:///{tmp_path / 'a file'}/a.sqlite")}
    failing = {check for check, one in findings.items() if one.health is Health.FAILS}
    assert {"run page", "settings page", "block", "store"} <= failing
    assert sign_off_file.read(Path(pywikibot.config.base_dir), "practice", BOT) is None


def test_an_exposed_password_is_not_used(practice: Settings, tmp_path: Path) -> None:
    path = Path(pywikibot.config.base_dir) / "user-password.py"
    path.chmod(0o644)
    try:
        facts = gather(Commons(pywikibot.Site()), practice, f"sqlite:///{tmp_path / 'faebot.sqlite'}")
    finally:
        path.chmod(0o600)
    assert "mode 644" in facts.exposed[0]
    assert facts.wiki == "not tried, because its secrets are exposed"


def test_a_store_on_a_network_file_system_is_refused(practice: Settings, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'faebot.sqlite'}"
    facts = gather(Commons(pywikibot.Site()), practice, url, file_system=lambda folder: 0x6969)
    findings = {one.check: one for one in examine(facts)}
    assert findings["file system"].health is Health.FAILS
    assert findings["store"].health is Health.FAILS


def test_the_command_tells_people_and_machines(
    practice: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [
        *("doctor", "--settings", str(CHECKOUT / "tests/practice/faebot.toml")),
        *("--store", f"sqlite:///{tmp_path / 'faebot.sqlite'}", "--set", f"web.index_folder={tmp_path}"),
    ]
    assert main([*given, "--json"]) == 1, "the practice settings name no contact"
    told = json.loads(capsys.readouterr().out)
    assert [one["check"] for one in told if one["health"] == "fails"] == ["contact"]
    assert main([*given, "--set", "http.contact=the operator", "--family", "practice"]) == 0
    out = capsys.readouterr().out
    assert "checks, 0 failed" in out
    assert main([*given, "--family", "wikipedias"]) == 2
    assert "wikipedias" in capsys.readouterr().err
