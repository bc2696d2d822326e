"""People make the bot more careful by a page on the wiki, and by nothing on it less careful."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faebot_hash.adapters.commons import Commons
from faebot_hash.apply import Editor
from faebot_hash.collection import Collection
from faebot_hash.edits import Kind, Outcome
from faebot_hash.errors import SettingsError
from faebot_hash.gate import rules_of, why_unwanted
from faebot_hash.model import PageText
from faebot_hash.preflight import MISSING_PAGE, Other
from faebot_hash.reasons import Reason, Skipped
from faebot_hash.restrictions import MORE_CAREFUL, Restricted, restrict, rules_left
from faebot_hash.settings import ScoreSettings, Settings, TaggingSettings
from faebot_hash.settings_file import parse
from tests.operator import SETTINGS, Operator
from tests.practice.configuration import BOT
from tests.practice.places import CHECKOUT
from tests.practice.wiki import PracticeWiki
from tests.test_gate import PROPOSAL

PAGE = f"User:{BOT}/Settings.json"
LIVE = Settings(
    tagging=TaggingSettings(trial=False, duplicate_template=True),
    score=ScoreSettings(min_lead=2),
    collection=(Collection("dod-virin"), Collection("crabs")),
)


def page(text: str) -> Other:
    return Other(PageText(7, f"{BOT}/Settings.json", 5, text, ""))


def said(told: Any, settings: Settings = LIVE) -> Restricted:
    return restrict(settings, page(json.dumps(told)))


def test_a_missing_page_restricts_nothing() -> None:
    assert restrict(LIVE, MISSING_PAGE) == Restricted(LIVE)
    assert said({}) == Restricted(LIVE)


@pytest.mark.parametrize(
    ("section", "key", "careful", "less"),
    [
        ("http", "parallel", 1, 3),
        ("http", "bandwidth_mbps", 1.5, 100),
        ("tagging", "edit_interval_s", 60, 9.5),
        ("tagging", "duplicate_template", False, None),
        ("tagging", "duplicate_limit", 5, 101),
        ("confirm", "original_bytes", 1_000, 200_000_000),
        ("near", "phash_bits", 5, 7),
        ("near", "dhash_bits", 0, 3),
        ("near", "both", True, None),
        ("near", "most_pairs", 10, 30_000),
        ("clusters", "most_shown", 3, 50),
        ("links", "most_per_run", 10, 3_000),
        ("score", "min_lead", 4, 1),
    ],
)
def test_only_what_is_more_careful_counts(section: str, key: str, careful: Any, less: Any) -> None:
    obeyed = said({section: {key: careful}})
    assert getattr(getattr(obeyed.settings, section), key) == careful
    assert obeyed.warnings == ()
    own = getattr(getattr(LIVE, section), key)
    for value in (own, less) if less is not None else (own,):
        passed_over = said({section: {key: value}})
        assert passed_over.settings == LIVE
        assert [f"[{section}] {key}" in one for one in passed_over.warnings] == (
            [] if value == own else [True]
        )


def test_every_key_of_the_page_is_a_setting_and_tried_above() -> None:
    for section, key in MORE_CAREFUL:
        assert hasattr(getattr(LIVE, section), key)
    assert len(MORE_CAREFUL) == 13 + len(("opted_out", "trial"))


def test_the_document_names_every_key_of_the_page() -> None:
    text = (CHECKOUT / "docs" / "operating.md").read_text(encoding="utf-8")
    part = text.partition("### The settings page on the wiki")[2].partition("\n- ")[0]
    told = re.findall(r"`(\w+)\.(\w+)`", part)
    assert sorted(told) == sorted(MORE_CAREFUL)
    (example,) = re.findall(r"^    \{.*?^    \}", part, re.MULTILINE | re.DOTALL)
    assert said(json.loads(example)).warnings == (
        f"the settings page {BOT}/Settings.json: collections_off: no collection is called “noaa”",
    )


def test_switched_off_stays_off() -> None:
    careful = replace(LIVE, tagging=TaggingSettings(trial=True), near=replace(LIVE.near, both=True))
    left = said({"tagging": {"duplicate_template": True, "trial": False}, "near": {"both": False}}, careful)
    assert left.settings == careful
    assert len(left.warnings) == 3


def test_names_are_only_added() -> None:
    own = replace(LIVE, confirm=replace(LIVE.confirm, opted_out=("Ann",)))
    assert said({"confirm": {"opted_out": ["Bob"]}}, own).settings.confirm.opted_out == ("Ann", "Bob")
    assert said({"confirm": {"opted_out": []}}, own).settings.confirm.opted_out == ("Ann",)


def test_a_trial_is_wanted_where_nobody_confirms() -> None:
    with pytest.raises(SettingsError, match="wants a trial"):
        said({"tagging": {"trial": True}})
    on_trial = replace(LIVE, tagging=TaggingSettings(trial=True))
    assert said({"tagging": {"trial": True}}, on_trial).settings == on_trial


def test_a_collection_is_switched_off() -> None:
    off = page('{"collections_off": ["crabs", "whales"]}')
    with pytest.raises(SettingsError, match=r"Settings.json switches the collection “crabs” off"):
        restrict(LIVE, off, "crabs")
    assert "no collection is called “whales”" in restrict(LIVE, off, "dod-virin").warnings[0]


@pytest.mark.parametrize("told", [{"store": {"url": "sqlite:///x"}}, {"wiki": {"run_word": "go"}}])
def test_other_settings_are_passed_over_with_their_names(told: dict[str, dict[str, str]]) -> None:
    left = said(told)
    assert left.settings == LIVE
    ((section, (key,)),) = ((section, tuple(keys)) for section, keys in told.items())
    assert f"[{section}] {key} cannot be set on the wiki" in left.warnings[0]


BROKEN = {
    "empty": "",
    "blank": " \n",
    "no JSON": "yes",
    "cut off": '{"tagging": {"edit_interval_s": 60}',
    "TOML": "[tagging]\nedit_interval_s = 60",
    "a list": "[]",
    "a number": "3",
    "null": "null",
    "doubled": '{"tagging": {"trial": true, "trial": false}}',
    "unknown key": '{"tagging": {"edit_intervall_s": 60}}',
    "unknown section": '{"taging": {"edit_interval_s": 60}}',
    "no section": '{"edit_interval_s": 60}',
    "a word for a number": '{"tagging": {"edit_interval_s": "60"}}',
    "a number for a switch": '{"tagging": {"duplicate_template": 0}}',
    "out of range": '{"tagging": {"duplicate_limit": 0}}',
    "not a number": '{"tagging": {"edit_interval_s": NaN}}',
    "infinite": '{"tagging": {"edit_interval_s": Infinity}}',
    "names no list": '{"collections_off": "noaa"}',
    "names no words": '{"collections_off": [1]}',
    "deep": "[" * 90_000,
    "long": " " * 100_001,
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_page_means_stop(text: str) -> None:
    with pytest.raises(
        SettingsError, match=r"^the settings page PracticeBot/Settings.json: .*; mend it, or del"
    ):
        restrict(LIVE, page(text))


def test_a_page_that_cannot_be_read_means_stop() -> None:
    with pytest.raises(SettingsError, match="the settings page cannot be read"):
        restrict(LIVE, Skipped("Settings.json", Reason.MISSING, "the text is hidden"))
    with pytest.raises(SettingsError, match="redirect"):
        restrict(LIVE, Other(replace(page("{}").page, is_redirect=True)))


NUMBERS = st.one_of(st.integers(-5, 200_000), st.floats(-5, 1e6))
ANY = st.one_of(NUMBERS, st.booleans(), st.lists(st.sampled_from(["Ann", "Bob"])), st.text(max_size=5))
KEYS = st.sampled_from(sorted(MORE_CAREFUL))


@given(st.dictionaries(KEYS, ANY, max_size=5))
@pytest.mark.spec("8.12")
def test_whatever_it_says_nothing_becomes_less_careful(told: dict[tuple[str, str], Any]) -> None:
    sections: dict[str, dict[str, Any]] = {}
    for (section, key), value in told.items():
        sections.setdefault(section, {})[key] = value
    try:
        left = said(sections).settings
    except SettingsError:
        return
    for (section, key), order in MORE_CAREFUL.items():
        own, now = getattr(getattr(LIVE, section), key), getattr(getattr(left, section), key)
        assert order(own, now) == now, key


def test_a_nomination_that_is_not_wanted_any_more_is_refused() -> None:
    nomination = replace(PROPOSAL, kind=Kind.NOMINATED, file=replace(PROPOSAL.file, uploader="Ann of X"))
    assert why_unwanted(nomination, rules_left(LIVE, "", MISSING_PAGE)) == ""
    opted_out = rules_left(LIVE, "", page('{"confirm": {"opted_out": ["ann_of X"]}}'))
    assert why_unwanted(nomination, opted_out) == "the uploader does not want this bot"
    assert why_unwanted(PROPOSAL, opted_out) == "", "only nominations"
    switched_off = rules_left(LIVE, "", page('{"tagging": {"duplicate_template": false}}'))
    assert "duplicate_template is off" in why_unwanted(nomination, switched_off)


def test_the_wiki_has_a_settings_page(wiki: PracticeWiki, tmp_path: Path) -> None:
    """It is read at the start: a slower bot, one that nominates nothing, one that does not run."""
    operator, lines = Operator(wiki, tmp_path), []
    told: Callable[[str], None] = lines.append
    wiki.human("edit", PAGE, text='{"tagging": {"trial": true}}')
    with pytest.raises(SettingsError, match="wants a trial"):
        operator.run("fleuron", say=told)
    wiki.human("edit", PAGE, text='{"collections_off": ["fleuron"]}')
    with pytest.raises(SettingsError, match="switches the collection “fleuron” off"):
        operator.run("fleuron", say=told, collection="fleuron")
    # MediaWiki itself keeps text that is no JSON off a page of this name; one of another name holds it.
    broken = replace(SETTINGS, wiki=replace(SETTINGS.wiki, settings_page="User:{account}/Settings"))
    wiki.human("edit", f"User:{BOT}/Settings", text="slower, please")
    with pytest.raises(SettingsError, match="no JSON"):
        operator.confirm(broken)
    assert operator.edits() == 0
    wiki.human("edit", PAGE, text='{"tagging": {"duplicate_limit": 900}, "http": {"parallel": 1}}')
    operator.run("fleuron", say=told)
    assert operator.edits() > 0
    assert any("[tagging] duplicate_limit = 900 would be less careful" in line for line in lines)


def test_it_is_read_again_before_each_edit(commons_of_people: tuple[PracticeWiki, Commons, Editor]) -> None:
    wiki, commons, editor = commons_of_people
    assert editor.publish(f"User:{BOT}/Report", "one", "test").outcome is Outcome.EDITED
    wiki.human("edit", PAGE, text='{"tagging": {"trial": true}}')
    stopped = editor.publish(f"User:{BOT}/Report", "two", "test")
    assert (stopped.outcome, "wants a trial" in stopped.detail) == (Outcome.STOPPED, True)
    wiki.human("edit", PAGE, text='{"tagging": {"edit_interval_s": 3600}}')
    assert editor.publish(f"User:{BOT}/Report", "two", "test").outcome is Outcome.EDITED
    waits: list[float] = []
    editor.sleep = waits.append
    editor.publish(f"User:{BOT}/Report", "three", "test")
    assert len(waits) == 1
    assert 3_000 < waits[0] <= 3_600
    wiki.human("delete", PAGE)
    assert editor.publish(f"User:{BOT}/Report", "four", "test").outcome is Outcome.EDITED
    assert commons.settings_page == PAGE
    assert parse({}).wiki.settings_page == "User:{account}/Settings.json"


SCRIPTS = [
    path.stem
    for path in sorted((CHECKOUT / "scripts").glob("*.py"))
    if "pywikibot.handle_args" in path.read_text(encoding="utf-8")
]


@pytest.mark.filterwarnings("ignore:Site objects have been created")
def test_every_script_takes_a_setting_for_one_run(
    wiki: PracticeWiki, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(CHECKOUT)
    assert len(SCRIPTS) > 7
    for script in SCRIPTS:
        needs = {"check_upload": ["docs"], "index_hashes": ["-new"], "report_status": []}.get(
            script, ["-cat:Crabs"]
        )
        with pytest.raises(SystemExit) as caught:
            import_module(f"scripts.{script}").main(*needs, "-set:near.both=true", "-set:near.colour=red")
        assert (caught.value.code, "unknown colour" in capfd.readouterr().err) == (2, True), script
    assert not any(one.get("action") == "edit" for one in wiki.requests())


@pytest.fixture
def commons_of_people(wiki: PracticeWiki) -> tuple[PracticeWiki, Commons, Editor]:
    import pywikibot

    from tests.fakes import FakeJournal

    wiki.fault("may-create")
    commons = Commons(pywikibot.Site())
    commons.prepare()

    def restricted(page: Other | Skipped) -> Any:
        return rules_left(SETTINGS, "", page)

    editor = Editor(
        commons,
        FakeJournal(),
        lambda proposal: True,
        interval_s=0.0,
        rules=rules_of(SETTINGS),
        restricted=restricted,
    )
    return wiki, commons, editor
