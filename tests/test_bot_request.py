"""The figures in the bot request are those of the settings, of the code and of the measurement."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from faebot_hash import gate
from faebot_hash.apply import POLITE_INTERVAL_S
from faebot_hash.settings_file import load
from faebot_hash.study import Share
from tests.bench import errors
from tests.practice.places import CHECKOUT

DOCUMENT = CHECKOUT / "docs" / "bot-request.md"
SETTINGS = load(CHECKOUT / "config" / "faebot.toml")
SHARE = re.compile(r"(\d+) = ([\d.]+) % \(([\d.]+) to ([\d.]+) %\)")


@pytest.fixture
def text() -> str:
    return DOCUMENT.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "figure",
    [
        f"{60 / POLITE_INTERVAL_S:.0f} edits a minute: at least {POLITE_INTERVAL_S:.0f} seconds between",
        f"one at a time, {SETTINGS.tagging.edit_interval_s:.0f} s apart",
        f"{SETTINGS.http.parallel} downloads at once, {SETTINGS.http.bandwidth_mbps:.0f} Mbit/s together",
        f"the {SETTINGS.hashing.thumb_width_px} px thumbnail",
        f"`User:⟨bot⟩/Run` says anything but `{SETTINGS.wiki.run_word}`",
        f"among its last {gate.BREAKER_WINDOW} edits of a kind",
        f"by itself after {gate.TRIAL_EDITS} edits of a kind",
        f"while Category:{gate.NOMINATED_CATEGORY} holds {SETTINGS.tagging.duplicate_limit} files",
        f"*Category:{SETTINGS.wiki.home_category}*",
    ],
)
def test_a_figure_is_that_of_the_program(text: str, figure: str) -> None:
    assert figure in " ".join(text.split())


def test_nothing_is_promised_that_the_settings_do_not_begin_with() -> None:
    assert SETTINGS.tagging.trial
    assert not SETTINGS.tagging.duplicate_template
    assert gate.BREAKER_REVERTS == 2


def test_each_share_in_the_tables_is_what_its_numbers_give(text: str) -> None:
    rows = [line for line in text.splitlines() if SHARE.search(line)]
    assert len(rows) == len(errors.SAME) + 1 + len(errors.OTHER) + 1
    for row in rows:
        number = int(row.split("|")[2].replace(",", ""))
        for hits, percent, low, high in SHARE.findall(row):
            share = Share(int(hits), number)
            told = [
                round(value, len(percent.partition(".")[2]))
                for value in (share.percent, *share.interval_percent)
            ]
            assert told == [float(percent), float(low), float(high)], row


def test_the_words_below_the_tables_are_true(text: str) -> None:
    rows = {
        line.split("|")[1].strip(" *"): SHARE.findall(line)
        for line in text.splitlines()
        if SHARE.search(line)
    }
    different = [rows[name] for name in rows if name.startswith(("strangers", *errors.OTHER))]
    assert len(different) == len(errors.OTHER) + 1
    assert sum(int(proven[0]) for *_, proven in different) == 0
    assert sum(int(shown[0]) for shown, _ in different) == 1
    assert 65 < float(rows["all of them"][0][1]) < 75


@pytest.mark.corpora
@pytest.mark.long
def test_the_tables_are_those_of_the_measurement(text: str, corpora: Path) -> None:
    assert "\n".join(errors.tables(errors.measure(corpora))) in text
