"""The commands over tables of hashes, as programs: what goes in, what comes out, how they end."""

from __future__ import annotations

import csv
import io
import itertools
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faebot_hash import columns
from faebot_hash.__main__ import main
from faebot_hash.adapters import tables
from faebot_hash.adapters.progress import told_parts
from faebot_hash.adapters.tables import read_table
from faebot_hash.errors import TableError
from faebot_hash.model import HashKind

COMMAND = [sys.executable, "-m", "faebot_hash"]
Row = tuple[str, int, int]

ROWS: list[Row] = [
    ("11", 0xE1C4, 0x5A5A),
    ("12", 0xE1C4, 0x5A5A),
    ("13", 0xE1C5, 2**64 - 1),
    ("Moon, the \"big\" one.jpg", 2**63, 0x5A5B),
    ("five\nlines.jpg", 2**63 + 1, 0),
    ("Ñandú.jpg", 0xE1C4, 0x1111_0000_0000_0000),
]  # fmt: skip


def run(*arguments: str | Path, text: str = "", status: int = 0) -> tuple[list[list[str]], str]:
    """Run a command; give the rows of its CSV and what it said besides."""
    streams = [io.TextIOWrapper(io.BytesIO(content), "utf-8") for content in (text.encode(), b"", b"")]
    with pytest.MonkeyPatch.context() as patch:
        for name, stream in zip(("stdin", "stdout", "stderr"), streams, strict=True):
            patch.setattr(sys, name, stream)
        try:
            ended = main([*map(str, arguments)])
        except SystemExit as end:
            ended = int(str(end.code))
    out, said = (stream.buffer.getvalue().decode() for stream in streams[1:] if stream.flush() is None)  # type: ignore[attr-defined]
    assert ended == status, said
    return list(csv.reader(io.StringIO(out, newline=""))), said


def program(*arguments: str | Path, stdin: bytes) -> list[list[str]]:
    """Run a command as a program of its own, from a pipe into a pipe."""
    done = subprocess.run([*COMMAND, *map(str, arguments)], input=stdin, capture_output=True, check=True)
    return list(csv.reader(io.StringIO(done.stdout.decode(), newline="")))


def csv_of(rows: list[Row], heading: tuple[str, ...] = ("id", "phash", "dhash")) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(heading)
    for id_, *values in rows:
        named = zip(heading[1:], values, strict=True)
        writer.writerow(
            [id_, *(value if name.endswith("_dec") else f"{value:016x}" for name, value in named)]
        )
    return text.getvalue()


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "hashes.csv"
    path.write_text(csv_of(ROWS), newline="")
    return path


def near_pairs(phash_bits: int, dhash_bits: int, both: bool) -> set[tuple[str, str, str, str]]:
    found = set()
    for (a, *one), (b, *other) in itertools.combinations(ROWS, 2):
        phash, dhash = ((x ^ y).bit_count() for x, y in zip(one, other, strict=True))
        if (all if both else any)((phash <= phash_bits, dhash <= dhash_bits)):
            found.add((a, b, str(phash), str(dhash)))
    return found


@pytest.mark.parametrize("both", [False, True])
def test_expanded_pairs_are_all_near_rows(table: Path, both: bool) -> None:
    also = ["--and"] if both else []
    (heading, *rows), _ = run("pairs", table, "--phash-bits", "2", "--dhash-bits", "close", "--expand", *also)
    assert heading == ["id_a", "id_b", "phash_distance", "dhash_distance"]
    assert sorted(map(tuple, rows)) == sorted(near_pairs(2, 2, both))


def test_groups_stand_for_rows_of_equal_value(table: Path, tmp_path: Path) -> None:
    groups = tmp_path / "groups.csv"
    (_, *rows), _ = run("pairs", table, "--phash-bits", "1", "--groups", groups)
    assert rows == [["11", "13", "1", "56"], [ROWS[3][0], ROWS[4][0], "1", "9"]] or sorted(rows) == sorted(
        [["11", "13", "1", "56"], [ROWS[3][0], ROWS[4][0], "1", "9"]]
    )
    with groups.open(newline="") as file:
        assert list(csv.reader(file)) == [
            ["group", "id", "hash"],
            ["11", "11", "phash"],
            ["11", "12", "phash"],
            ["11", "Ñandú.jpg", "phash"],
        ]


@pytest.mark.parametrize(
    "form", ["csv", "standard input", "decimal", "parquet", "parquet dec", "piped parquet"]
)
def test_every_form_of_a_table_reads_the_same(tmp_path: Path, form: str) -> None:
    expected = sorted(map(list, near_pairs(2, 2, both=False)))
    ask = ["--phash-bits", "2", "--dhash-bits", "2", "--expand"]
    path = tmp_path / "table"
    decimal = "dec" in form
    heading = ("id", "phash_dec", "dhash_dec") if decimal else ("id", "phash", "dhash")
    if "parquet" in form:
        values = [pa.array([row[at] for row in ROWS], pa.uint64()) for at in (1, 2)]
        texts = [pa.array([f"{row[at]:016X}" for row in ROWS]) for at in (1, 2)]
        ids = pa.array([row[0] for row in ROWS])
        pa.parquet.write_table(pa.table([ids, *(values if decimal else texts)], names=heading), path)
    else:
        path.write_text(csv_of(ROWS, heading), newline="")
    if form in ("standard input", "piped parquet"):
        rows = program("pairs", "-", *ask, stdin=path.read_bytes())
    else:
        rows, _ = run("pairs", path, *ask)
    assert sorted(rows[1:]) == expected


def test_a_result_appears_whole_or_not_at_all(table: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    run("pairs", table, "--phash-bits", "1", "-o", out)
    assert out.read_text().startswith("id_a,id_b,")
    out.unlink()
    table.write_text(table.read_text() + "x,y,z\n")
    run("pairs", table, "--phash-bits", "1", "-o", out, "--strict", status=1)
    assert [one.name for one in tmp_path.iterdir()] == ["hashes.csv"]
    _, said = run("pairs", table, "--phash-bits", "1", "-o", tmp_path / "no" / "folder", status=1)
    assert "cannot be written" in said


HOSTILE = """id,phash,dhash
1,000000000000000g,0000000000000000
2,0000000000000000,00000000000000001
3,0000000000000000
,0000000000000001,0000000000000001

4,0000000000000001,0000000000000003,5
5,０００００００００００００００１,0000000000000000
6,-000000000000001,0000000000000000
7,0000000000000001,0000000000000003
8,0000000000000001,0000000000000002"""


def test_wrong_rows_are_named_counted_and_left_out() -> None:
    (_, *rows), said = run("pairs", "-", "--dhash-bits", "2", text=HOSTILE, status=3)
    assert rows == [["7", "8", "0", "1"]]
    lines = said.splitlines()
    for expected in (
        "standard input: line 2: phash: '000000000000000g' is not 16 hex digits; left out",
        "standard input: line 3: dhash: '00000000000000001' is not 16 hex digits; left out",
        "standard input: line 4: 2 columns, not 3; left out",
        "standard input: line 5: id: empty; left out",
        "standard input: line 7: 4 columns, not 3; left out",
        "7 of 9 rows left out",
    ):
        assert expected in lines
    _, said = run("pairs", "-", "--dhash-bits", "2", "--strict", text=HOSTILE, status=1)
    assert "line 4: 2 columns, not 3" in said


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "is empty"),
        ("\n\n", "no column id"),
        ("id,phash\n1,0000000000000000\n", "no column dhash"),
        ("phash,dhash\n", "no column id"),
        ("id,id,dhash\n", "no column id, or several"),
        ("id,dhash,dhash_dec\n", "more than one column of the dHash"),
        ("id,dhash,dhash\n", "more than one column of the dHash"),
        ("PAR1 is not Parquet", "Parquet"),
        ('id,dhash\n"1"x,0000000000000000\n', "line 2"),
    ],
)
def test_what_is_no_table_is_refused(text: str, complaint: str) -> None:
    _, said = run("pairs", "-", "--dhash-bits", "2", text=text, status=1)
    assert complaint in said


@pytest.mark.parametrize(
    "wrong",
    [
        ["pairs", "-"],
        ["pairs", "-", "--and", "--phash-bits", "3"],
        ["pairs", "-", "--phash-bits", "13"],
        ["pairs", "-", "--phash-bits", "-1"],
        ["pairs", "-", "--phash-bits", "²"],
        ["pairs", "-", "--phash-bits", "far"],
        ["clusters", "-"],
        ["clusters", "-", "--phash-bits", "3", "--dhash-bits", "3"],
        ["nearest", "0000000000000000"],
        ["nearest", "0000000000000000", "--table", "-", "--index", "x"],
        ["nearest", "0000000000000000", "--table", "x", "--most", "0"],
        ["nearest", "-", "--table", "-"],
        ["index", "-"],
    ],
)
def test_a_wrong_command_line_is_refused_before_anything_is_read(wrong: list[str]) -> None:
    _, said = run(*wrong, status=2)
    assert "usage:" in said


def test_a_file_that_is_not_there_is_named() -> None:
    _, said = run("pairs", "/nowhere/at/all.csv", "--phash-bits", "1", status=1)
    assert "/nowhere/at/all.csv cannot be read" in said


def test_clusters_hold_equal_and_near_rows(table: Path) -> None:
    (heading, *rows), _ = run("clusters", table, "--phash-bits", "close")
    assert heading == ["cluster", "id", "hash", "widest_distance", "level"]
    assert rows == [
        ["1", "11", "000000000000e1c4", "1", "close"],
        ["1", "12", "000000000000e1c4", "1", "close"],
        ["1", "Ñandú.jpg", "000000000000e1c4", "1", "close"],
        ["1", "13", "000000000000e1c5", "1", "close"],
        ["2", ROWS[3][0], "8000000000000000", "1", "close"],
        ["2", ROWS[4][0], "8000000000000001", "1", "close"],
    ]


def test_rows_of_one_value_are_a_cluster_even_without_neighbours() -> None:
    text = csv_of([("a", 5, 0), ("b", 5, 0), ("c", 2**50 - 1, 0)])
    for bits in ("0", "3"):
        (_, *rows), _ = run("clusters", "-", "--phash-bits", bits, text=text)
        assert rows == [[*("1", one, "0000000000000005", "0", "close")] for one in "ab"]


def test_single_linkage_shows_what_it_risks() -> None:
    text = csv_of([("a", 0, 0), ("b", 0b111, 0), ("c", 0b111111, 0), ("d", 0b111111111, 0)])
    (_, *rows), _ = run("clusters", "-", "--phash-bits", "3", text=text)
    assert [(row[0], row[1], row[3]) for row in rows] == [(n, i, "3") for n, i in ("1a", "1b", "2c", "2d")]
    (_, *rows), _ = run("clusters", "-", "--phash-bits", "3", "--linkage", "single", text=text)
    assert {(row[0], row[3], row[4]) for row in rows} == {("1", "9", "similar")}


def test_nearest_in_a_table(table: Path) -> None:
    (heading, *rows), said = run(
        "nearest", "000000000000E1C4,0000000000005a5a", "--table", table, "--most", "3"
    )
    assert heading == ["query", "id", "phash_distance", "dhash_distance"]
    assert [row[1:] for row in rows] == [["11", "0", "0"], ["12", "0", "0"], [ROWS[3][0], "8", "1"]]
    assert said == ""
    ask = ["nearest", "-", "--table", table, "--phash-bits", "1", "--most", "1"]
    (_, *rows), said = run(
        *ask, text="8000000000000000\n\n000000000000e1c7\nwrong\n,0000000000000000\n", status=3
    )
    assert [row[:2] for row in rows] == [["8000000000000000", ROWS[3][0]], ["000000000000e1c7", "13"]]
    assert "8000000000000000: there are more than 1" in said
    assert "'wrong' is not PHASH" in said
    assert "has no pHash" in said


def test_an_index_grows_and_answers(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    _, said = run("index", "-", "--to", folder, text=csv_of([("7", 5, 1), ("9", 2**64 - 1, 2)]))
    assert said == f"2 rows in {folder}\n"
    run("index", "-", "--to", folder, text=csv_of([("9", 4, 2), ("10", 2**63, 2**63)]))
    (_, *rows), _ = run("nearest", "0000000000000005", "--index", folder, "--phash-bits", "8")
    assert [row[1:] for row in rows] == [["7", "0", ""], ["9", "1", ""], ["10", "3", ""]]
    (_, *rows), _ = run("nearest", ",8000000000000000", "--index", folder, "--most", "1")
    assert rows == [[",8000000000000000", "10", "", "0"]]
    for text, complaint in ((csv_of([("a", 1, 1)]), "whole numbers"), ("id\n5\n", "no column of hashes")):
        _, said = run("index", "-", "--to", folder, text=text, status=1)
        assert complaint in said
    _, said = run("nearest", "0000000000000005", "--index", tmp_path / "none", status=1)
    assert "no index" in said


# --- reading


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=8),
            st.integers(0, 2**64 - 1),
            st.integers(0, 2**64 - 1),
        ),
        max_size=20,
    ),
    st.booleans(),
    st.integers(1, 200),
)
def test_a_written_table_reads_back(rows: list[Row], decimal: bool, block: int) -> None:
    """Whatever the titles hold, and wherever the blocks of the reading end."""
    heading = ("id", "phash_dec", "dhash") if decimal else ("id", "phash", "dhash")
    file = io.BytesIO(csv_of(rows, heading).encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "_BLOCK_BYTES", block)
        found = tables._from_csv("a table", file, b"", [HashKind.PHASH], tables._Wrong("", "", True, print))
    assert found.ids.list(np.arange(len(found.ids))) == [row[0] for row in rows]
    assert found.table.column(HashKind.PHASH).tolist() == [row[1] for row in rows]
    assert found.table.column(HashKind.DHASH).tolist() == [row[2] for row in rows]


decimal_like = st.integers(-5, 2**65).map(str) | st.text("0123456789+-_ ²٣", max_size=22)
hex_like = st.integers(0, 2**64 - 1).map("{:016x}".format) | st.text(
    "0123456789abcdefABCDEFgG+-_ ²", max_size=18
)


@given(st.lists(decimal_like | hex_like, max_size=30))
def test_hashes_are_exact_or_refused(texts: list[str]) -> None:
    read, valid = columns.from_decimal(columns.texts_of(texts))
    for text, value, right in zip(texts, read.tolist(), valid.tolist(), strict=True):
        is_right = text.isascii() and text.isdecimal() and len(text) <= 20 and int(text) < 2**64
        assert (right, value) == (is_right, int(text) if is_right else 0)
    read, valid = columns.from_hex(columns.texts_of(texts))
    for text, value, right in zip(texts, read.tolist(), valid.tolist(), strict=True):
        is_right = len(text) == 16 and set(text) <= set("0123456789abcdefABCDEF")
        assert (right, value) == (is_right, int(text, 16) if is_right else 0)


def test_a_quote_that_is_never_closed_does_not_fill_the_memory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tables, "_BLOCK_BYTES", 1000)
    monkeypatch.setattr(tables, "_LONGEST_RECORD_BYTES", 5000)
    path = tmp_path / "table.csv"
    path.write_text('id,phash\n"open,' + "0000000000000000\n" * 1000)
    with pytest.raises(TableError, match="never closed"):
        read_table(str(path), [], strict=False, report=print)


def test_parquet_says_which_row_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    hashes = pa.array(["0" * 16, None, "f" * 16])
    pa.parquet.write_table(pa.table([pa.array([1, 2, None]), hashes], names=["id", "phash"]), path)
    said: list[str] = []
    found = read_table(str(path), [HashKind.PHASH], strict=False, report=said.append)
    assert (found.ids.list(np.arange(len(found.ids))), found.left_out) == (["1"], 2)
    assert [one.removeprefix(f"{path}: ") for one in said] == [
        "row 3: id: empty; left out",
        "row 2: phash: '' is not 16 hex digits; left out",
    ]


def test_signed_numbers_are_not_taken_for_hashes(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    values = pa.array([5, -5], pa.int64())
    pa.parquet.write_table(pa.table([pa.array([1, 2]), values], names=["id", "phash_dec"]), path)
    found = read_table(str(path), [HashKind.PHASH], strict=False, report=lambda _: None)
    assert (found.table.column(HashKind.PHASH).tolist(), found.left_out) == ([5], 1)


def test_a_log_hears_of_long_work_only() -> None:
    times = iter([0.0, 1.0, 31.0, 31.0, 40.0])
    lines: list[str] = []
    tell = told_parts("pairs", terminal=False, log=lines.append, clock=lambda: next(times))
    for done in (1, 2, 3):
        tell(done, 3)
    assert lines == ["pairs: 2 of 3 parts"]
