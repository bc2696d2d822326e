"""The same hashes after an upgrade, or a drift that is told with what to do about it."""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from faebot_hash.images import PILLOW_VERSION
from tests.counting import Counted
from tests.golden_hashes import (
    FOLDER,
    HASHES,
    NUMBER,
    Drift,
    drifted,
    file_of,
    made,
    main,
    missing,
    read,
    told,
    versions,
    write,
)

LONG = os.environ.get("FAEBOT_LONG") == "1"


def test_the_pillow_installed_gives_the_golden_hashes(counted: Counted) -> None:
    path = file_of(PILLOW_VERSION)
    assert path.exists(), missing()
    number = NUMBER if LONG else NUMBER // 10
    assert list(told(PILLOW_VERSION, list(made(number)))) == []
    counted("C5", number, f"golden pictures hashed as Pillow {PILLOW_VERSION} did")


@pytest.mark.parametrize("version", versions())
def test_each_file_is_whole_and_of_the_same_pictures(version: str) -> None:
    here, other = read(file_of(version)), read(file_of(PILLOW_VERSION))
    assert list(here) == list(range(NUMBER))
    assert {one.pixels_sha1 for one in here.values()} == {one.pixels_sha1 for one in other.values()}
    for name in HASHES:
        assert len({getattr(one, name) for one in here.values()}) > NUMBER * 0.98


def test_the_drift_that_is_known_is_told() -> None:
    """Pillow 13 takes the columns of tall pictures first, which turns some bits of every hash."""
    found = drifted(read(file_of("12.3.0")), read(file_of("13.0.0")).values())
    assert {drift.name for drift in found} == set(HASHES)
    assert all(0 < drift.pictures < NUMBER / 2 and 0 < drift.most_bits < 16 for drift in found)


def test_a_planted_drift_is_told(tmp_path: Path) -> None:
    now = list(made(10))
    write(file_of("1.0", tmp_path), [replace(now[0], phash=now[0].phash ^ 0b101), *now[1:]])
    assert list(told("1.0", now, tmp_path)) == [
        f"from Pillow 1.0 to {PILLOW_VERSION} the hashes drift. phash: 1 of 10 pictures, at most 2 bits"
    ]


def test_a_file_comes_back_as_it_was_written(tmp_path: Path) -> None:
    golden = read(file_of(PILLOW_VERSION))
    write(tmp_path / "copy.csv", golden.values())
    assert (tmp_path / "copy.csv").read_bytes() == file_of(PILLOW_VERSION).read_bytes()


def test_other_pictures_are_not_compared() -> None:
    now = list(made(2))
    before = {one.number: one for one in now} | {1: replace(now[1], pixels_sha1="other")}
    with pytest.raises(ValueError, match="the pictures themselves have changed, first number 1"):
        drifted(before, now)


@pytest.mark.long
def test_a_version_without_a_file_is_added_by_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([], tmp_path) == 1
    assert missing() in capsys.readouterr().out
    assert main(["--add"], tmp_path) == 0
    assert main([], tmp_path) == 0
    assert read(file_of(PILLOW_VERSION, tmp_path)) == read(file_of(PILLOW_VERSION))


def test_a_drift_reads_well() -> None:
    assert str(Drift("dhash", 3, 500, 2)) == "dhash: 3 of 500 pictures, at most 2 bits"


def test_the_first_pictures_are_those_of_all() -> None:
    assert list(made(2)) == list(islice(read(file_of(PILLOW_VERSION, FOLDER)).values(), 2))
