"""The script as an operator types it, on the practice wiki and on a folder; and without Pywikibot."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import imagehash
import pytest
from PIL import Image, ImageOps

from faebot_hash.__main__ import main
from tests.pictures import encoded, photograph
from tests.practice.places import CHECKOUT
from tests.practice.wiki import PracticeWiki

PWB = Path(sys.executable).with_name("pwb")
SETTINGS = f"-settings:{CHECKOUT / 'tests/practice/faebot.toml'}"
FOUR = {
    "phash": imagehash.phash,
    "dhash": imagehash.dhash,
    "ahash": imagehash.average_hash,
    "whash": imagehash.whash,
}


@pytest.fixture
def command(wiki: PracticeWiki, tmp_path: Path) -> list[str]:
    return [str(PWB), "thumbsize_study", SETTINGS, f"-store:sqlite:///{tmp_path / 'faebot.sqlite'}"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with four photographs, one of them twice, a broken one, and what is no picture."""
    home = tmp_path / "pictures"
    (home / "inside").mkdir(parents=True)
    for name in ("astronaut", "coffee", "chelsea"):
        (home / f"{name}.JPG").write_bytes(encoded(photograph(f"{name}.png", (600, 400)), "JPEG"))
    small = encoded(photograph("rocket.jpg", (200, 150)), "PNG")
    (home / "inside" / "rocket.png").write_bytes(small)
    (home / "inside" / "twin.png").write_bytes(small)
    (home / "broken.jpg").write_bytes((home / "coffee.JPG").read_bytes()[:2000])
    (home / "notes.txt").write_text("no picture")
    return home


def run(command: list[str], *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*command, *options], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )


def thumbs(wiki: PracticeWiki) -> int:
    return sum("/thumb/" in one["path"] for one in wiki.requests())


def hashes_served(wiki: PracticeWiki, url: str) -> dict[str, str]:
    """Hash what the wiki serves, by another road."""
    status, body, _ = wiki.reader().fetch(url)
    assert status == 200
    picture = ImageOps.exif_transpose(Image.open(io.BytesIO(body))).convert("L")
    return {name: str(hashed(picture)) for name, hashed in FOUR.items()}


@pytest.mark.practice
def test_help_explains_every_option(command: list[str]) -> None:
    shown = run(command[:2], "-help").stdout
    for option in (
        "-collection:",
        "-folder:",
        "-widths:",
        "-out:",
        "-chart",
        "-settings:",
        "-store:",
        "-cat ",
    ):
        assert option in shown
    assert "&params;" not in shown


@pytest.mark.practice
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-withs:120"], "unknown option -withs:120; did you mean -widths?"),
        (["-widths:80", "-cat:x"], "no wiki serves 80 px"),
        (["-widths:a", "-cat:x"], "whole numbers of pixels"),
        (["-collection:nooa"], "no collection is called “nooa”"),
        ([], "no files: name a -collection, a -folder, or a generator"),
        (["-chart", "-collection:noaa"], "name one with -out"),
        (["-folder:/tmp"], "-folder needs no wiki: leave out -settings, -store"),
        (["-folder:/tmp", "-cat:x"], "unknown option -cat:x"),
    ],
)
def test_a_mistake_stops_the_start(
    command: list[str], wiki: PracticeWiki, options: list[str], message: str
) -> None:
    done = run(command, *options)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert thumbs(wiki) == 0


@pytest.mark.practice
def test_a_study_of_a_collection(command: list[str], wiki: PracticeWiki, tmp_path: Path) -> None:
    out = tmp_path / "study"
    options = ("-collection:noaa", "-widths:60,120,250", f"-out:{out}", "-chart")
    done = run(command, *options)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads((out / "study.json").read_text())
    assert told["source"] == "wiki"
    assert len(told["samples"]) >= 2
    titles = {one["file"] for one in told["samples"]}
    originals = {
        page["title"].removeprefix("File:"): page["imageinfo"][0]["url"]
        for page in wiki.reader().get(
            action="query", generator="allimages", gailimit=500, prop="imageinfo", iiprop="url"
        )["query"]["pages"]
    }
    served = {px: wiki.reader().thumbnail_urls(px) for px in (60, 120, 250)}
    for one in told["samples"]:
        assert one["fingerprints"]["0"] == hashes_served(wiki, originals[one["file"]])
        for px in ("60", "120", "250"):
            assert px in one["fingerprints"] or one["absent"][px]["reason"] == "not_smaller"
            if px in one["fingerprints"]:
                assert one["fingerprints"][px] == hashes_served(wiki, served[int(px)][one["file"]])
    assert sorted(path.name for path in out.iterdir()) == [
        *("aHash.wiki", "cells.csv", "dHash.wiki", "pHash.wiki"),
        *("study.json", "study.png", "study.svg", "wHash.wiki"),
    ]
    pages = (out / "pHash.wiki").read_text()
    parsed = wiki.bot().post(action="parse", text=pages, contentmodel="wikitext", prop="text|links")["parse"]
    assert {link["title"].removeprefix("File:") for link in parsed["links"]} == titles
    assert parsed["text"].count("<tr>") == 1 + len(titles) + 3
    assert not [one for one in wiki.requests() if one.get("action") in ("edit", "upload", "move")]
    before = thumbs(wiki)
    again = run(command, *options)
    assert thumbs(wiki) == before, "what the store knows is not fetched again"
    assert again.stdout == done.stdout


@pytest.mark.practice
def test_a_study_of_a_generator_with_a_limit(command: list[str], wiki: PracticeWiki) -> None:
    done = run(command, "-cat:Images from DoD uploaded by Fæ", "-limit:2", "-widths:120,250")
    assert done.returncode == 0, done.stderr
    assert "2 pictures at 120, 250 px" in done.stdout
    assert "thumbnails that the wiki served; at work 120 px, reference 250 px" in done.stdout
    assert not [one for one in wiki.requests() if one.get("action") == "edit"]


@pytest.mark.parametrize("road", ["script", "command"])
def test_a_folder_needs_no_wiki(folder: Path, tmp_path: Path, road: str) -> None:
    out = tmp_path / "study"
    if road == "script":
        command = [sys.executable, str(CHECKOUT / "scripts/thumbsize_study.py"), f"-folder:{folder}"]
        options = ["-widths:120,300", f"-out:{out}"]
    else:
        command = [sys.executable, "-m", "faebot_hash", "study", str(folder)]
        options = ["--widths", "120,300", "--out", str(out)]
    nowhere = {
        **os.environ,
        "PYWIKIBOT_DIR": str(tmp_path),
        "PYWIKIBOT_NO_USER_CONFIG": "2",
        **dict.fromkeys(("http_proxy", "https_proxy"), "http://127.0.0.1:9"),
    }
    done = subprocess.run(
        [*command, *options], env=nowhere, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads((out / "study.json").read_text())
    assert [one["file"] for one in told["samples"]] == [
        "astronaut.JPG",
        "chelsea.JPG",
        "coffee.JPG",
        "inside/rocket.png",
    ]
    assert [(one["file"], one["reason"]) for one in told["skipped"]] == [
        ("broken.jpg", "truncated"),
        ("inside/twin.png", "studied_already"),
    ]
    assert told["samples"][3]["absent"]["300"]["reason"] == "not_smaller"
    assert told["source"] == "folder"
    assert not (out / "study.png").exists(), "nobody asked for a chart"
    assert "[[:File:" not in (out / "pHash.wiki").read_text()
    assert "4 pictures at 120, 300 px" in done.stdout


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["/nowhere"], "/nowhere: no such folder"),
        (["FOLDER", "--widths", "8"], "16 to 3840 px can be studied"),
        (["FOLDER", "--chart"], "name one with -out"),
    ],
)
def test_a_wrong_command_line(
    folder: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    assert main(["study", *(one.replace("FOLDER", str(folder)) for one in options)]) == 2
    assert message in capsys.readouterr().err


def test_an_output_that_cannot_be_written_is_an_error(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = folder / "notes.txt" / "study"
    assert main(["study", str(folder), "--widths", "120", "--out", str(place)]) == 1
    assert "the study cannot be written" in capsys.readouterr().err


def test_an_empty_folder_is_no_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["study", str(tmp_path), "--out", str(tmp_path / "out"), "--chart"]) == 0
    assert "0 pictures at" in capsys.readouterr().out
    assert (tmp_path / "out" / "study.svg").is_file()
