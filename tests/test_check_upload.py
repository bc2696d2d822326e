"""The script and the command as people type them: pictures of folders beside a wiki and its index."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from faebot_hash.__main__ import main
from faebot_hash.adapters.decoder import DecoderProcess
from faebot_hash.adapters.store import Store
from faebot_hash.fingerprint import current_basis
from faebot_hash.hash_index import IndexBatch, IndexedPage
from faebot_hash.images import ORIGINAL
from faebot_hash.model import Fingerprint
from faebot_hash.upload_check import as_indexed
from scripts.index_hashes import main as index_hashes
from tests.counting import Counted
from tests.pictures import LONG, encoded, photograph
from tests.practice.places import CHECKOUT
from tests.practice.wiki import PracticeWiki

PWB = Path(sys.executable).with_name("pwb")
SETTINGS = CHECKOUT / "tests/practice/faebot.toml"
THUMBNAIL, AS_IT_IS = current_basis("thumbnail", 120), current_basis("original", 0)
PICTURES = 2_000 if LONG else 200


def stranger(seed: int = 1) -> Image.Image:
    """Make a picture that nothing else looks like."""
    levels = np.random.default_rng(seed).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    return Image.fromarray(levels).resize((640, 480), Image.Resampling.BICUBIC)


def with_comment(jpeg: bytes, comment: bytes) -> bytes:
    """Add a comment to a JPEG, which changes no pixel."""
    return jpeg[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + jpeg[2:]


def animated(first: Image.Image) -> bytes:
    return encoded(first.quantize(256), "GIF", save_all=True, append_images=[stranger(7).quantize(64)])


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        return list(csv.DictReader(file))


def objects_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


# ---- on the practice wiki


@dataclass(frozen=True)
class Original:
    """A photograph of the wiki."""

    page_id: int
    title: str
    sha1: str
    content: bytes

    @property
    def picture(self) -> Image.Image:
        with Image.open(io.BytesIO(self.content)) as picture:
            return picture.convert("RGB")


@pytest.fixture
def original(wiki: PracticeWiki) -> Original:
    """Give a wide JPEG of which the wiki has no other copy."""
    answer = wiki.reader().get(
        action="query",
        generator="allimages",
        gailimit=500,
        prop="imageinfo|duplicatefiles",
        iiprop="url|sha1|size|mime",
    )
    for page in answer["query"]["pages"]:
        version = page["imageinfo"][0]
        if version["mime"] == "image/jpeg" and version["width"] > 500 and "duplicatefiles" not in page:
            status, body, _ = wiki.reader().fetch(version["url"])
            assert status == 200
            title = page["title"].removeprefix("File:")
            return Original(page["pageid"], title, version["sha1"], body)
    raise AssertionError("the practice wiki has no such file")


@pytest.fixture
def folder(tmp_path: Path, original: Original) -> Path:
    picture = original.picture
    half = (picture.width // 2, picture.height // 2)
    files = {
        "animated.gif": animated(picture),
        "broken.jpg": original.content[: len(original.content) // 2],
        "exif-twin.jpg": with_comment(original.content, b"another comment"),
        "flat.png": encoded(Image.new("RGB", (300, 200), "white"), "PNG"),
        "identical.jpg": original.content,
        "new.png": encoded(stranger(), "PNG"),
        "reencoded.jpg": encoded(picture, "JPEG", quality=70),
        "resized.jpg": encoded(picture.resize(half, Image.Resampling.LANCZOS), "JPEG", quality=90),
    }
    home = tmp_path / "pictures"
    home.mkdir()
    for name, content in files.items():
        (home / name).write_bytes(content)
    (home / "notes.txt").write_text("no picture")
    return home


@pytest.fixture
def store(wiki: PracticeWiki, tmp_path: Path) -> str:
    """Give the address of an index of the whole practice wiki."""
    address = f"sqlite:///{tmp_path / 'index.sqlite'}"
    with contextlib.redirect_stdout(io.StringIO()):
        index_hashes(f"-settings:{SETTINGS}", f"-store:{address}", "-pages")
    return address


def check(wiki: PracticeWiki, store: str, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(PWB), "check_upload", f"-settings:{SETTINGS}", f"-store:{store}", *options],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYWIKIBOT_DIR": str(wiki.pywikibot_dir)},
    )


EXPECTED = {
    "animated.gif": {"equal", "near"},
    "broken.jpg": {"unreadable"},
    "exif-twin.jpg": {"equal", "near"},
    "flat.png": {"low_information"},
    "identical.jpg": {"same_file"},
    "new.png": {"new"},
    "reencoded.jpg": {"equal", "near"},
    "resized.jpg": {"equal", "near"},
}


@pytest.mark.practice
def test_pictures_beside_the_wiki(
    wiki: PracticeWiki, store: str, folder: Path, original: Original, tmp_path: Path
) -> None:
    table, lines = tmp_path / "check.csv", tmp_path / "check.jsonl"
    done = check(wiki, store, str(folder), f"-csv:{table}", f"-json:{lines}")
    assert done.returncode == 3, done.stderr
    told = {Path(one["path"]).name: one for one in objects_of(lines)}
    assert {name: one["standing"] for name, one in told.items()}.keys() == EXPECTED.keys()
    for name, one in told.items():
        assert one["standing"] in EXPECTED[name], (name, one)
        assert (original.page_id in [page["page_id"] for page in one["pages"]]) is one["is_there"]
    assert told["broken.jpg"]["reason"] == "truncated"
    assert told["identical.jpg"]["pages"] == [
        {"page_id": original.page_id, "title": original.title, "phash_distance": None, "dhash_distance": None}
    ]
    assert told["identical.jpg"]["sha1"] == original.sha1
    assert told["identical.jpg"]["twin"]["path"] == str(folder / "exif-twin.jpg")
    assert told["new.png"]["twin"] is None
    found = rows_of(table)
    assert {(Path(row["path"]).name, row["standing"]) for row in found} == {
        (name, one["standing"]) for name, one in told.items()
    }
    assert list(found[0])[:7] == [
        *("path", "standing", "page_id", "title", "phash_distance", "dhash_distance", "sha1")
    ]
    for name in EXPECTED:
        assert str(folder / name) in done.stdout or f"…/{name}" in done.stdout or name in done.stdout
    assert "pictures: 8 in" in done.stderr
    assert not [one for one in wiki.requests() if one.get("action") in ("edit", "upload", "move")]


@pytest.mark.practice
def test_the_wiki_tells_of_files_that_the_index_lacks(
    wiki: PracticeWiki, original: Original, tmp_path: Path
) -> None:
    address = f"sqlite:///{tmp_path / 'other.sqlite'}"
    fill(address, {})
    home = tmp_path / "pictures"
    home.mkdir()
    (home / "identical.jpg").write_bytes(original.content)
    done = check(wiki, address, str(home), f"-json:{tmp_path / 'told'}")
    assert done.returncode == 3, done.stderr
    (one,) = objects_of(tmp_path / "told")
    assert [page["page_id"] for page in one["pages"]] == [original.page_id]
    arguments = ["check", str(home), "--store", address, "--settings", str(SETTINGS)]
    assert main(arguments) == 0, "the index alone does not know it"


@pytest.mark.practice
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "no folder: name one"),
        (["/nowhere"], "/nowhere: no such folder"),
        (["HOME", "-tolerance:13"], "0 to 12"),
        (["HOME", "-tolerence:1"], "did you mean -tolerance?"),
    ],
)
def test_a_mistake_stops_the_start(
    wiki: PracticeWiki, tmp_path: Path, options: list[str], message: str
) -> None:
    address = f"sqlite:///{tmp_path / 'index.sqlite'}"
    fill(address, {})
    done = check(wiki, address, *(one.replace("HOME", str(tmp_path)) for one in options))
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.practice
def test_help_explains_every_option(wiki: PracticeWiki) -> None:
    shown = subprocess.run(
        [str(PWB), "check_upload", "-help"], capture_output=True, text=True, check=False
    ).stdout
    for option in ("-tolerance:", "-csv:", "-json:", "-settings:", "-store:", "-index:"):
        assert option in shown


# ---- the index alone


def hashed(*pictures: bytes) -> list[Fingerprint]:
    """Hash pictures as the index would have them."""
    with DecoderProcess(ORIGINAL) as decoder:
        found = [as_indexed(picture, 120, decoder) for picture in pictures]
    assert all(isinstance(one, Fingerprint) for one in found)
    return found  # type: ignore[return-value]


def fill(address: str, files: Mapping[str, Fingerprint], basis: object = THUMBNAIL) -> None:
    """Put pages into an index, with page ids from 1 on; one that is unlike everything is always there."""
    far = Fingerprint(*([0x0F0F_1E3C_7890_5A69] * 4), low_information=False)
    rows = {"Far away.jpg": far, **files}
    with Store.open(address) as store:
        pages = [IndexedPage(number, title, f"{number:040x}") for number, title in enumerate(rows)]
        results = {f"{number:040x}": one for number, one in enumerate(rows.values())}
        assert store.keep_batch(IndexBatch(pages=pages, results=results), basis)  # type: ignore[arg-type]


def run(folder: Path, address: str, *options: str) -> int:
    return main(["check", str(folder), "--store", address, "--settings", str(SETTINGS), *options])


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "pictures"
    home.mkdir()
    return home


@pytest.fixture
def address(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'index.sqlite'}"


@pytest.mark.parametrize(
    ("files", "status"),
    [
        ({}, 0),
        ({"new.png": "new"}, 0),
        ({"new.png": "new", "broken.jpg": "broken"}, 4),
        ({"flat.png": "flat"}, 4),
        ({"there.png": "there", "broken.jpg": "broken"}, 3),
        ({"new.png": "new", "new-again.png": "new"}, 3),
        ({"flat.png": "flat", "flat-again.png": "flat"}, 3),
    ],
)
def test_exit_codes(home: Path, address: str, files: dict[str, str], status: int) -> None:
    there = encoded(photograph("coffee.png", (600, 400)), "PNG")
    contents = {
        "new": encoded(stranger(), "PNG"),
        "broken": there[:5000],
        "flat": encoded(Image.new("RGB", (300, 200), "grey"), "PNG"),
        "there": there,
    }
    fill(address, {"Coffee.png": hashed(there)[0]})
    for name, content in files.items():
        (home / name).write_bytes(contents[content])
    assert run(home, address) == status


def test_an_index_that_is_empty_or_missing_makes_nothing_new(
    home: Path, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(home, address) == 1
    assert "no such file" in capsys.readouterr().err
    Store.open(address).close()
    assert run(home, address) == 1
    assert "no hashes there yet" in capsys.readouterr().err


def test_tolerance_and_distances(home: Path, address: str, tmp_path: Path) -> None:
    picture = encoded(photograph("chelsea.png", (600, 400)), "PNG")
    (one,) = hashed(picture)
    (home / "chelsea.png").write_bytes(picture)
    (home / "new.png").write_bytes(encoded(stranger(), "PNG"))

    def apart(phash_bits: int, dhash_bits: int) -> Fingerprint:
        flips = ((1 << phash_bits) - 1, (1 << dhash_bits) - 1)
        return Fingerprint(one.phash ^ flips[0], one.dhash ^ flips[1], 0, 0, low_information=False)

    fill(address, {"Five.png": apart(5, 9), "Two.png": apart(30, 2), "Equal.png": apart(0, 40)})
    table = tmp_path / "check.csv"
    expected = {"0": [("Equal.png", "0", "40")]}
    expected["2"] = [*expected["0"], ("Two.png", "30", "2")]
    expected["5"] = [*expected["0"], ("Five.png", "5", "9"), ("Two.png", "30", "2")]
    for tolerance, hits in [*expected.items(), ("", expected["2"])]:
        options = ["--tolerance", tolerance] if tolerance else []
        assert run(home, address, "--csv", str(table), *options) == 3
        *there, new = rows_of(table)
        assert [(row["title"], row["phash_distance"], row["dhash_distance"]) for row in there] == hits
        assert {row["standing"] for row in there} == {"equal"}
        assert (new["standing"], new["page_id"], new["note"]) == ("new", "", "")


def test_a_small_picture_is_compared_as_it_is(home: Path, address: str, tmp_path: Path) -> None:
    small = encoded(photograph("rocket.jpg", (100, 80)), "PNG")
    fill(address, {})
    with Store.open(address) as store:
        page, sha1 = IndexedPage(77, "Rocket.png", "a" * 40), "a" * 40
        assert store.keep_batch(IndexBatch(pages=[page], results={sha1: hashed(small)[0]}), AS_IT_IS)
    (home / "rocket.png").write_bytes(small)
    assert run(home, address, "--json", str(tmp_path / "told")) == 3
    (one,) = objects_of(tmp_path / "told")
    assert (one["standing"], one["pages"][0]["title"]) == ("equal", "Rocket.png")


def test_hashes_without_a_title_are_hits(home: Path, address: str, tmp_path: Path) -> None:
    picture = encoded(photograph("coffee.png", (600, 400)), "PNG")
    (one,) = hashed(picture)
    with Store.open(address) as store:
        store.put_foreign("a dump", [(4711, one.phash, one.dhash)], THUMBNAIL)
    (home / "coffee.png").write_bytes(picture)
    assert run(home, address, "--json", str(tmp_path / "told")) == 3
    (told,) = objects_of(tmp_path / "told")
    expected = {"page_id": 4711, "title": None, "phash_distance": 0, "dhash_distance": 0}
    assert told["pages"] == [expected]


def test_a_picture_is_looked_at_once_and_its_twins_are_told(home: Path, address: str, tmp_path: Path) -> None:
    fill(address, {})
    (home / "inside").mkdir()
    content = encoded(stranger(), "JPEG", quality=95)
    (home / "a.jpg").write_bytes(content)
    (home / "b.jpg").write_bytes(with_comment(content, b"edited"))
    (home / "inside" / "c.jpg").write_bytes(content)
    lines = tmp_path / "told"
    assert main([
        *("check", str(home / "inside"), str(home), "--store", address),
        *("--settings", str(SETTINGS), "--json", str(lines)),
    ]) == 3  # fmt: skip
    told = {Path(one["path"]).name: one["twin"] for one in objects_of(lines)}
    first = str(home / "inside" / "c.jpg")
    assert told == {
        "c.jpg": None,
        "a.jpg": {"path": first, "phash_distance": None, "dhash_distance": None},
        "b.jpg": {"path": first, "phash_distance": 0, "dhash_distance": 0},
    }


HOSTILE = [
    "=cmd|'calc'!A0.png",
    "@sum.png",
    "line\nbreak.png",
    "\x1b[31mred\x1b]0;title\x07.png",
    "turned\u202egnp.png",
    'quote".png',
    "comma,and;.png",
    "-tolerance:3.png",
    b"latin-\xe9.png",
]


def test_hostile_file_names(
    home: Path,
    address: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    fill(address, {})
    monkeypatch.chdir(home)
    names = [os.fsdecode(name) for name in HOSTILE]
    for seed, name in enumerate(names):
        Path(name).write_bytes(encoded(stranger(seed), "PNG"))
    table, lines = tmp_path / "check.csv", tmp_path / "told"
    assert run(Path(), address, "--csv", str(table), "--json", str(lines)) == 0
    shown = capfd.readouterr().out
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "\x07" not in shown
    assert all(
        line.startswith(("·", " ", "1", "In all", "All are new")) for line in shown.splitlines() if line
    )
    assert {one["path"] for one in objects_of(lines)} == set(names)
    cells = [row["path"] for row in rows_of(table)]
    assert not [cell for cell in cells if cell.startswith(("=", "@", "-", "+", "\t", "\r", "\n"))]
    assert {cell.removeprefix("'") for cell in cells} == set(names)


def test_an_output_that_cannot_be_written_is_an_error(
    home: Path, address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(address, {})
    assert run(home, address, "--csv", str(tmp_path / "nowhere" / "check.csv")) == 1
    assert "cannot be written" in capsys.readouterr().err


def test_the_index_follows_the_store(home: Path, address: str, tmp_path: Path) -> None:
    """A search index that is kept takes in what came after it, and forgets what went."""
    fill(address, {})
    kept = ["--index", str(tmp_path / "kept")]
    content = encoded(stranger(), "PNG")
    (home / "new.png").write_bytes(content)
    assert run(home, address, *kept) == 0
    fill(address, {"New.png": hashed(content)[0]})
    assert run(home, address, *kept) == 3
    with Store.open(address) as store:
        store.drop_pages([1])
    assert run(home, address, *kept) == 0


def test_many_pictures_take_bounded_memory(
    home: Path, address: str, tmp_path: Path, counted: Counted
) -> None:
    fill(address, {})
    content = encoded(stranger(), "JPEG", quality=95)
    chance = np.random.default_rng(1)
    for number in range(PICTURES):
        (home / f"{number}.jpg").write_bytes(with_comment(content, chance.bytes(50_000)))
    tracemalloc.start()
    try:
        assert run(home, address, "--json", str(tmp_path / "told")) == 3
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    told = objects_of(tmp_path / "told")
    assert len(told) == PICTURES
    assert sum(one["twin"] is None for one in told) == 1
    assert peak < 5_000_000 + 2_000 * PICTURES, "no more than a picture at a time and a little for each"
    counted("W7", PICTURES, "pictures checked in bounded memory")
