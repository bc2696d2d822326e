from __future__ import annotations

import dataclasses
import re
import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from faebot_hash.__main__ import main
from faebot_hash.collection import Collection
from faebot_hash.errors import SettingsError
from faebot_hash.merit import Criterion, Keep
from faebot_hash.model import SliceKind
from faebot_hash.options import read
from faebot_hash.settings import ScoreSettings, Settings
from faebot_hash.settings_file import chosen, load, parse
from faebot_hash.web.start import named_settings

SHIPPED = Path(__file__).parent.parent / "config" / "faebot.toml"


def toml(text: str) -> Settings:
    return parse(tomllib.loads(text))


def in_toml(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    return list(value) if isinstance(value, tuple) else value


def test_the_shipped_file_shows_every_setting_with_its_default() -> None:
    # What has no default is shown as a comment: "# key = …".
    text = re.sub(r"^# (?=[a-z_]+ = )", "", SHIPPED.read_text(encoding="utf-8"), flags=re.MULTILINE)
    table = tomllib.loads(text)
    table.pop("collection")
    assert table["tagging"].pop("reverts_accepted_until") is not None
    defaults: dict[str, Any] = dataclasses.asdict(Settings())
    defaults.pop("collection")
    assert defaults["tagging"].pop("reverts_accepted_until") is None
    as_toml = {
        section: {key: in_toml(value) for key, value in keys.items()} for section, keys in defaults.items()
    }
    assert table == as_toml


def test_the_shipped_collections_are_the_casebooks_sweeps() -> None:
    settings = load(SHIPPED)
    kinds = {one.name: one.slice for one in settings.collection}
    assert kinds == {
        "dod-resolution": SliceKind.RESOLUTION,
        "dod-virin": SliceKind.VIRIN,
        "noaa": SliceKind.SEARCH,
        "fleuron": SliceKind.SEARCH,
    }
    noaa = settings.collection_named("noaa")
    assert noaa.query == 'insource:"NOAA" insource:/51647007@N08|noaa.gov/i filew:>899 filemime:image/jpeg'
    assert settings.collection_named("dod-virin").seed_category == "Images from DoD uploaded by Fæ"


def test_an_empty_file_gives_the_defaults() -> None:
    assert toml("") == Settings()


def test_values_arrive_with_their_types() -> None:
    settings = toml(
        """
        [http]
        hosts = ["upload.example.org"]
        bandwidth_mbps = 5
        [search]
        max_hits = 100
        [collection.crabs]
        slice = "search"
        query = "crab"
        """
    )
    assert settings.http.hosts == ("upload.example.org",)
    assert isinstance(settings.http.bandwidth_mbps, float)
    assert settings.search.max_hits == 100
    assert settings.collection == (Collection("crabs", slice=SliceKind.SEARCH, query="crab"),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[htp]\n", "the top level: unknown htp; known are wiki, http"),
        ("[http]\nparalel = 2\n", r"\[http\]: unknown paralel; known are contact, hosts"),
        ("[http]\nparallel = '2'\n", r"\[http\] parallel: int expected, not '2'"),
        ("[http]\nparallel = 2.5\n", "int expected"),
        ("[http]\nparallel = true\n", "int expected"),
        ("[http]\nparallel = 0\n", "above 0"),
        ("[http]\nbandwidth_mbps = nan\n", "above 0"),
        ("[http]\ntimeout_s = inf\n", "above 0"),
        ("[http]\nhosts = 'upload.wikimedia.org'\n", "a list of strings"),
        ("[http]\nhosts = [1]\n", "a list of strings"),
        ("http = 3\n", r"\[http\] is a table"),
        ("[hashing]\nthumb_width_px = 80\n", "80: choose one of"),
        ("[search]\nmax_hits = 10_001\n", "between 2 and 10,000"),
        ("[search]\nmax_hits = 1\n", "between 2 and 10,000"),
        ("[tagging]\nedit_interval_s = -1\n", "0 or more"),
        ("[tagging]\nedit_interval_s = nan\n", "0 or more"),
        ("[tagging]\nopen_to = 'commons'\n", "a list of strings"),
        ("[wiki]\nrun_page = ' '\n", "titles of pages, none of them empty"),
        ("[wiki]\nsettings_page = ''\n", "titles of pages, none of them empty"),
        ("[score]\nkeep = 'both'\n", r"\[score\] keep: one of highest, lowest"),
        ("[score]\nkeep = ['highest']\n", "one of highest, lowest"),
        ("[score]\nmin_lead = 0\n", "at least 1"),
        ("[score]\nlargest = 0.5\n", "int expected"),
        ("[score]\nolder = 1\n", "unknown older; known are keep, min_lead"),
        ("[score]\ndead_hosts = ['http://www.defenseimagery.mil/']\n", "a host like www.example.org"),
        ("[score]\ntemplates = ['milim', ' ']\n", "none of them empty"),
        ("collection = 3\n", "a table for each collection"),
        ("[collection]\ncrabs = 3\n", r"\[collection.crabs\] is a table"),
        ("[collection.Crabs]\n", "lower-case letters"),
        ("[collection.crabs]\nname = 'lobsters'\n", "unknown name"),
        ("[collection.crabs]\nslice = 'colour'\n", "one of resolution, virin, search"),
        ("[collection.crabs]\nslice = 3\n", "one of resolution, virin, search"),
        ("[collection.crabs]\nslice = 'search'\n", "needs a query"),
        ("[collection.crabs]\nslice = 'search'\nquery = ' '\n", "needs a query"),
        ("[collection.crabs]\nquery = 'crab'\n", "“resolution” makes no use of “crab”"),
        (
            "[collection.c]\nslice='search'\nquery='a'\nseed_category='Crabs'\n",
            "“search” makes no use of “Crabs”",
        ),
        ("[collection.crabs]\ninsource = 'PD\"'\n", "insource is a phrase"),
        ("[collection.crabs]\ninsource = 'PD\\'\n", "insource is a phrase"),
        ('[collection.crabs]\ninsource = "PD\\n"\n', "insource is a phrase"),
        ("[collection.crabs]\nmime = 'image/jpeg -crab'\n", "mime is a type"),
        ("[collection.crabs]\nmime = 'image/jpeg|image/png'\n", "mime is a type"),
        ("[collection.crabs]\nrevisit_days = 0\n", "at least 1"),
        ("[collection.crabs]\ncluster_level = 'twins'\n", "one of close, variation, similar"),
        ("[collection.crabs]\ncluster_level = 2\n", "one of close, variation, similar"),
        ("[collection.crabs]\ncluster_as = 'table'\n", "one of page, category, gallery"),
        ("[collection.crabs]\ncluster_as = 'category'\n", "cluster_category is a name with {key} in it"),
        ("[collection.c]\ncluster_as='category'\ncluster_category='{key} {key}'\n", "with {key} in it"),
        ("[collection.crabs]\ncluster_category = 'A [[x]] {key}'\n", "is no name of a category"),
        ("[collection.crabs]\ncluster_parent = 'Category:A'\n", "is no name of a category"),
        ("[near]\nphash_bits = 13\n", "between 0 and 12"),
        ("[near]\ndhash_bits = -1\n", "between 0 and 12"),
        ("[near]\nmost_pairs = 0\n", "most_pairs: between"),
        ("[near]\nreport_bytes = 1000\n", "report_bytes: between 20,000"),
        ("[clusters]\nreport_bytes = 1000\n", "report_bytes: between 20,000"),
        ("[clusters]\nmost_shown = 0\n", "most_shown: between 1 and 500"),
    ],
)
def test_a_mistake_is_named(text: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        toml(text)


def test_each_criterion_of_the_score_has_its_points_in_the_settings() -> None:
    numbers = {one.name for one in dataclasses.fields(ScoreSettings) if type(one.default) is int}
    assert {criterion.key for criterion in Criterion} == numbers - {"min_lead"}
    settings = toml("[score]\nkeep = 'lowest'\nmost_used = 7\n").score
    assert settings == ScoreSettings(keep=Keep.LOWEST, most_used=7)
    assert settings.points(Criterion.MOST_USED) == 7


@pytest.mark.parametrize("mime", ["", "image", "image/svg+xml", "image/vnd.djvu", "image/x-xcf"])
def test_types_that_may_be_searched(mime: str) -> None:
    assert Collection("crabs", mime=mime).mime == mime


def test_an_unknown_collection_is_answered_with_the_known_ones() -> None:
    settings = toml("[collection.crabs]\n[collection.whales]\n")
    assert settings.collection_named("whales").name == "whales"
    with pytest.raises(
        SettingsError, match="no collection is called “fish”; the settings have: crabs, whales"
    ):
        settings.collection_named("fish")
    with pytest.raises(SettingsError, match="the settings have: none"):
        Settings().collection_named("fish")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no such file"),
        (b"[http\n", "faebot.toml: "),
        (b"\xff", "faebot.toml: "),
        (b"[http]\nparallel = 0\n", r"faebot.toml: \[http\]"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "faebot.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingsError, match=message):
        load(path)


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ("tagging.trial=false", False),
        ("tagging.edit_interval_s=30", 30.0),
        ("tagging.edit_interval_s = 30.5 ", 30.5),
        ("tagging.open_to=['commons', 'test']", ("commons", "test")),
        ("wiki.run_word=go", "go"),
        ("wiki.run_word='go on'", "go on"),
        ("wiki.run_page=User:{account}/Stop = start", "User:{account}/Stop = start"),
        ("confirm.original_bytes=50_000_000", 50_000_000),
        ("score.keep=lowest", Keep.LOWEST),
        ("tagging.reverts_accepted_until=2026-01-31T12:00:00Z", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("store.url=sqlite:///x=y.sqlite", "sqlite:///x=y.sqlite"),
    ],
)
def test_the_command_line_stands_above_the_file(tmp_path: Path, change: str, value: object) -> None:
    path = tmp_path / "faebot.toml"
    path.write_text("[tagging]\ntrial = true\nduplicate_limit = 7\n", encoding="utf-8")
    section, key = change.partition("=")[0].strip().split(".")
    changed = load(path, [change])
    assert getattr(getattr(changed, section), key) == value
    assert changed.tagging.duplicate_limit == 7
    assert chosen({"settings": str(path), "set": change}) == changed


def test_changes_come_one_after_the_other(tmp_path: Path) -> None:
    path = tmp_path / "faebot.toml"
    path.write_text("[collection.crabs]\nrevisit_days = 3\n", encoding="utf-8")
    settings = load(path, ["near.both=true", "collection.crabs.mime=image/png", "near.both=false"])
    assert settings.collection == (Collection("crabs", mime="image/png", revisit_days=3),)
    assert settings.near.both is False
    given = read(["-set:near.both=true", "-set:near.dhash_bits=1"], flags=(), values={"set"})
    assert chosen({**given, "settings": str(path)}).near == replace(settings.near, both=True, dhash_bits=1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("tagging.trial", "write SECTION.KEY=VALUE"),
        ("trial=false", "write SECTION.KEY=VALUE"),
        (".trial=false", "write SECTION.KEY=VALUE"),
        ("=", "write SECTION.KEY=VALUE"),
        ("taging.trial=false", "unknown taging"),
        ("tagging.trail=false", r"with tagging.trail=false: \[tagging\]: unknown trail"),
        ("tagging.trial=no", "bool expected, not 'no'"),
        ("tagging.trial=1", "bool expected"),
        ("tagging.duplicate_limit=0", "between 1 and 1,000"),
        ("tagging.duplicate_limit=1\nmin=2", "int expected"),
        ("tagging.open_to=commons", "a list of strings"),
        ("tagging.trial.now=true", "trial is a value, not a section"),
        ("collection.Crabs.mime=image/png", "lower-case letters"),
    ],
)
def test_the_command_line_is_held_to_the_same_rules(tmp_path: Path, change: str, message: str) -> None:
    path = tmp_path / "faebot.toml"
    path.write_text("[tagging]\ntrial = true\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=message):
        load(path, [change])


def test_no_password_comes_by_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "faebot.toml"
    path.write_text("", encoding="utf-8")
    with pytest.raises(SettingsError, match="command line") as caught:
        load(path, ["store.url=mariadb+pymysql://u:c4n4ry@h/d"])
    assert "c4n4ry" not in str(caught.value)


def test_commands_take_settings_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "faebot.toml"
    path.write_text(f"[store]\nurl = 'sqlite:///{tmp_path}/none.sqlite'\n", encoding="utf-8")
    given = ["runs", "--settings", str(path)]
    assert main([*given, "--set", f"store.url=sqlite:///{tmp_path}/other.sqlite"]) == 1
    assert "other.sqlite: no such file" in capsys.readouterr().err
    assert main([*given, "--set", "store.ulr=x"]) == 2
    assert "unknown ulr" in capsys.readouterr().err


def test_the_web_service_takes_settings_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "faebot.toml"
    path.write_text("[web]\nthreads = 2\n", encoding="utf-8")
    monkeypatch.setenv("FAEBOT_SETTINGS", str(path))
    monkeypatch.setenv("FAEBOT_SET", "web.workers=3\nweb.threads=5")
    assert (named_settings().web.workers, named_settings().web.threads) == (3, 5)


def test_a_folder_is_no_settings_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=str(tmp_path)):
        load(tmp_path)
