"""The command line without a wiki."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import imagehash
import PIL
import pytest
from PIL import Image

from faebot_hash.__main__ import main
from faebot_hash.images import ORIGINAL
from faebot_hash.pixels import digest_of, original_of
from tests.alterations import segment
from tests.pictures import encoded, encodings, photograph

COMMAND = [sys.executable, "-m", "faebot_hash"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "photo.png").write_bytes(encodings()["png"])
    (tmp_path / "flat.png").write_bytes(encoded(Image.new("RGB", (40, 30), "white"), "PNG"))
    (tmp_path / "cut.png").write_bytes(encodings()["png"][:2000])
    (tmp_path / "bitmap.jpg").write_bytes(encoded(photograph(), "BMP"))
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "huge.jpg").touch()
    os.truncate(tmp_path / "huge.jpg", ORIGINAL.decoded_bytes + 1)
    (tmp_path / "folder.jpg").mkdir()
    os.mkfifo(tmp_path / "pipe.jpg")
    return tmp_path


def lines(*paths: Path | str) -> list[dict[str, Any]]:
    run = subprocess.run([*COMMAND, "hash", *map(str, paths)], capture_output=True, check=True)
    assert run.stderr == b""
    return [json.loads(line) for line in run.stdout.splitlines()]


def test_prints_hashes_and_basis(folder: Path) -> None:
    photo = photograph()
    assert lines(folder / "photo.png") == [
        {
            "path": str(folder / "photo.png"),
            "phash": str(imagehash.phash(photo)),
            "dhash": str(imagehash.dhash(photo)),
            "ahash": str(imagehash.average_hash(photo)),
            "whash": str(imagehash.whash(photo)),
            "low_information": False,
            "basis": {
                "source": "original",
                "thumb_width_px": 0,
                "pillow": PIL.__version__,
                "imagehash": imagehash.__version__,
            },
        }
    ]


def test_every_file_gets_a_line_in_order(folder: Path) -> None:
    expected = {
        "flat.png": None,
        "cut.png": "truncated",
        "bitmap.jpg": "unsupported_format",
        "empty.jpg": "truncated",
        "huge.jpg": "too_large",
        "folder.jpg": "unreadable",
        "pipe.jpg": "unreadable",
        "missing.jpg": "unreadable",
        "photo.png": None,
        "photo.png/inside": "unreadable",
    }
    printed = lines(*(folder / name for name in expected))
    assert [line["path"] for line in printed] == [str(folder / name) for name in expected]
    assert [line.get("rejected") for line in printed] == list(expected.values())
    assert [set(line) == {"path", "rejected", "detail"} for line in printed] == [
        bool(x) for x in expected.values()
    ]
    assert [line["low_information"] for line in printed if "phash" in line] == [True, False]


def test_a_file_that_opens_but_cannot_be_read_is_unreadable() -> None:
    """A process's memory is a regular file whose first page even root may not read."""
    line = lines("/proc/self/mem")[0]
    assert (line["rejected"], line["detail"]) == ("unreadable", "Input/output error")


def test_names_need_not_be_utf8(folder: Path) -> None:
    name = os.fsdecode(os.fsencode(folder) + b"/caf\xe9 \xe2\x82\xac.png")
    Path(name).write_bytes(encodings()["png"])
    printed = lines(name)
    assert printed[0]["path"] == name
    assert "phash" in printed[0]


@pytest.mark.parametrize(
    "arguments", [[], ["hash"], ["hash", "--wat", "x"], ["digest"], ["compare", "a"], ["dance"]]
)
def test_a_wrong_command_line_is_a_usage_error(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: python -m faebot_hash" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--help"], ["hash", "--help"]])
def test_help_is_complete(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 0
    text = capsys.readouterr().out
    assert "hash" in text
    if len(arguments) == 2:
        for word in (
            "example:",
            "exit status",
            "low_information",
            "basis",
            "rejected",
            "unreadable",
            "decoder_died",
        ):
            assert word in text


def test_a_reader_that_leaves_early_is_no_traceback(folder: Path) -> None:
    run = subprocess.Popen(
        [*COMMAND, "hash", *[str(folder / "photo.png")] * 500], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert run.stdout is not None
    run.stdout.readline()
    run.stdout.close()
    assert run.stderr is not None
    assert run.stderr.read() == b""
    assert run.wait() == 1
    run.stderr.close()


def test_ctrl_c_is_no_traceback(folder: Path) -> None:
    run = subprocess.Popen(
        [*COMMAND, "hash", *[str(folder / "photo.png")] * 3000],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert run.stdout is not None
    first = json.loads(run.stdout.readline())
    run.send_signal(signal.SIGINT)
    _, errors = run.communicate()
    assert "phash" in first
    assert (run.returncode, errors) == (130, b"")


def test_says_why_no_process_can_be_started(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert main(["hash", str(folder / "photo.png")]) == 1
    assert "the decoding process does not start" in capsys.readouterr().err


# digest and compare


def test_prints_digests_and_what_went_into_them(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "photo.jpg").write_bytes(encodings()["jpeg"])
    names = ("photo.png", "cut.png", "photo.jpg", "missing.jpg")
    assert main(["digest", *(str(folder / name) for name in names)]) == 0
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["path"] for line in printed] == [str(folder / name) for name in names]
    assert [line.get("rejected") for line in printed] == [None, "truncated", None, "unreadable"]
    for line, name in ((printed[0], "png"), (printed[2], "jpeg")):
        data = encodings()[name]
        stripped = original_of(data).stripped_sha1
        assert (stripped is None) == (name == "png")
        assert line == {"path": line["path"], **asdict(digest_of(data, ORIGINAL)), "stripped_sha1": stripped}


def test_compares_two_files(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photo = photograph()
    photo.info.clear()
    jpeg = encoded(photo, "JPEG")
    files = {
        "one.jpg": jpeg,
        "copy.jpg": jpeg,
        "commented.jpg": jpeg[:2] + segment(0xFE, b"a comment") + jpeg[2:],
        "progressive.jpg": encoded(photo, "JPEG", progressive=True),
        "brighter.jpg": encoded(photo.point(lambda level: min(255, level + 3)), "JPEG"),
        "other.jpg": encoded(photograph("coffee.png"), "JPEG"),
    }
    expected = {
        "copy.jpg": "identical",
        "commented.jpg": "metadata only",
        "progressive.jpg": "metadata only",
        "brighter.jpg": "enhanced",
        "other.jpg": "different",
        "flat.png": "different",
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    for name, verdict in expected.items():
        assert main(["compare", str(folder / "one.jpg"), str(folder / name)]) == 0
        printed = json.loads(capsys.readouterr().out)
        assert printed["verdict"] == verdict, printed
        assert all(printed["reasons"])


@pytest.mark.parametrize(("name", "word"), [("cut.png", "truncated"), ("missing.png", "unreadable")])
def test_no_verdict_on_what_cannot_be_judged(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str, word: str
) -> None:
    assert main(["compare", str(folder / "photo.png"), str(folder / name)]) == 3
    printed = json.loads(capsys.readouterr().out)
    assert printed["verdict"] is None
    assert name in printed["reasons"][0]
    assert word in printed["reasons"][0]


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("digest", ("non_exif_sha1", "pixel_sha1", "stripped_sha1", "rejected", "exit status", "example:")),
        ("compare", ("metadata only", "enhanced", "near", "different", "null", "exit status", "3 for null")),
    ],
)
def test_help_tells_fields_verdicts_and_statuses(
    command: str, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([command, "--help"])
    text = capsys.readouterr().out
    assert [word for word in words if word not in text] == []
