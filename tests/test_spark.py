"""The Spark job as it is submitted, on two processors of this machine: the kernel's pairs, and wrong rows."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from faebot_hash.adapters.decoder import DecoderProcess
from faebot_hash.adapters.spark_join import COST, band_masks, signed
from faebot_hash.band_choice import plan_join
from faebot_hash.bands import Permutation, Values
from faebot_hash.fingerprint import to_hex
from faebot_hash.groups import distinct
from faebot_hash.images import ORIGINAL
from faebot_hash.join import close_pairs
from faebot_hash.model import MAX_HASH, Fingerprint
from tests.counting import Counted
from tests.pictures import encoded, photograph
from tests.practice.packages import install_java
from tests.practice.places import CHECKOUT, PracticeWikiError
from tests.test_skewed_hashes import column

CROWDED = 2**63 + 5
Pairs = set[tuple[int, int, int]]


@pytest.fixture(scope="module")
def java() -> None:
    """Have a Java runtime."""
    try:
        install_java()
    except PracticeWikiError as error:
        pytest.skip(f"unavailable: {error}")


@dataclass(frozen=True)
class Done:
    """A job that has ended."""

    status: int
    said: str
    folder: Path

    def rows(self, part: str) -> list[dict[str, Any]]:
        """Read a part of the result."""
        found: list[dict[str, Any]] = pq.read_table(self.folder / part).to_pylist()
        return found

    def pairs(self, kind: str) -> Pairs:
        """Read the pairs of one hash, each of which must be there once."""
        rows = [row for row in self.rows("pairs") if row["hash"] == kind]
        found = {(int(row["hash_a"], 16), int(row["hash_b"], 16), row["distance"]) for row in rows}
        assert len(found) == len(rows), "a pair came twice"
        return found


def submit(folder: Path, step: str, *arguments: str) -> Done:
    """Submit the job as a person does, to Spark on two processors."""
    python = Path(sys.executable)
    done = subprocess.run(
        [
            *(str(python.with_name("spark-submit")), "--master", "local[2]"),
            *("--driver-memory", "3g", "--conf", "spark.ui.enabled=false", "--conf", "spark.log.level=ERROR"),
            *(str(CHECKOUT / "scripts/all_pairs_spark.py"), step, *arguments, "--to", str(folder)),
        ],
        capture_output=True,
        text=True,
        check=False,
        env={
            **os.environ,
            "SPARK_LOCAL_IP": "127.0.0.1",
            "PYSPARK_PYTHON": str(python),
            "PATH": f"{python.parent}:{os.environ.get('PATH', os.defpath)}",
        },
    )
    return Done(done.returncode, done.stderr + done.stdout, folder)


def skewed(count: int, crowded: int) -> Values:
    """Draw values of which one in twenty is 1 to 5 bits from another, and one is there many times."""
    chance = np.random.default_rng(count)
    values = chance.integers(0, 2**64, count, dtype=np.uint64)
    near = count // 20
    values[-near:] = values[chance.integers(0, count - near, near)]
    for _ in range(5):
        flipped = np.uint64(1) << chance.integers(0, 64, near).astype(np.uint64)
        values[-near:] ^= flipped * chance.integers(0, 2, near).astype(np.uint64)
    values[:crowded] = CROWDED
    values[crowded : crowded + 5] = [0, 1, MAX_HASH, MAX_HASH - 1, 2**63]
    return chance.permutation(values)


def kernel_pairs(values: Values, tolerance_bits: int) -> Pairs:
    return {
        row
        for piece in close_pairs(distinct(values), tolerance_bits)
        for row in zip(piece.low.tolist(), piece.high.tolist(), piece.distance_bits.tolist(), strict=True)
    }


def write(path: Path, columns: Mapping[str, Any]) -> str:
    pq.write_table(pa.table(dict(columns)), path)
    return str(path)


WRONG = [
    # id, phash, dhash_dec, low_information
    (None, "00000000000000ff", "3", False),
    ("no phash", None, "77", False),
    ("15 digits", "0" * 15, "78", False),
    ("17 digits", "0" * 17, "79", False),
    ("no hex", "000000000000000g", "80", False),
    ("other digits", "٠" * 16, "٨", False),
    ("a line's end", "00000000000000ff\n", "81\n", False),
    ("too large", "f" * 16, "18446744073709551616", False),
    ("negative", "F" * 16, "-1", False),
    ("flat", "00000000000000ff", "82", True),
]


@pytest.fixture(scope="module")
def small(java: None, tmp_path_factory: pytest.TempPathFactory) -> tuple[Done, Values]:
    """Join 20,000 rows, a tenth of them equal, and ten wrong ones, by both hashes."""
    home = tmp_path_factory.mktemp("spark")
    values = skewed(20_000, 2_000)
    ids, phashes, dhashes, flat = zip(*WRONG, strict=True)
    table = write(
        home / "table.parquet",
        {
            "id": [*map(str, range(len(values))), *ids],
            "phash": [*map(to_hex, values.tolist()), *phashes],
            "dhash_dec": [*map(str, values.tolist()), *dhashes],
            "low_information": [*[False] * (len(values) - 1), None, *flat],
        },
    )
    return submit(home / "result", "pairs", table, "--phash-bits", "2", "--dhash-bits", "4"), values


def test_a_small_table_gives_the_pairs_of_the_kernel(small: tuple[Done, Values], counted: Counted) -> None:
    done, values = small
    assert done.status == 3, done.said
    # A row with one wrong hash still has the other.
    by_phash = np.append(values, np.uint64(MAX_HASH))
    by_dhash = np.append(values, np.array([77, 78, 79, 80], np.uint64))
    expected = {"phash": kernel_pairs(by_phash, 2), "dhash": kernel_pairs(by_dhash, 4)}
    for kind, pairs in expected.items():
        assert len(pairs) > 100
        assert done.pairs(kind) == pairs
        counted("W7", len(pairs), "pairs of Spark and of the kernel, the same")


def test_ids_are_those_of_the_values(small: tuple[Done, Values]) -> None:
    done, values = small
    least: dict[int, str] = {}
    for number, value in enumerate(values.tolist()):
        least[value] = min(least.get(value, str(number)), str(number))
    for row in done.rows("pairs"):
        if row["hash"] == "phash" and MAX_HASH not in (int(row["hash_a"], 16), int(row["hash_b"], 16)):
            assert row["id_a"] == least[int(row["hash_a"], 16)]
            assert row["id_b"] == least[int(row["hash_b"], 16)]


def test_equal_values_are_listed_apart(small: tuple[Done, Values]) -> None:
    done, values = small
    crowd = [
        row["id"] for row in done.rows("groups") if (row["value"], row["hash"]) == (to_hex(CROWDED), "dhash")
    ]
    assert sorted(map(int, crowd)) == np.flatnonzero(values == CROWDED).tolist()
    crowded_pairs = [one for one in done.pairs("dhash") if CROWDED in one[:2]]
    assert len(crowded_pairs) == len({one[:2] for one in crowded_pairs}) < 10


def test_wrong_rows_are_told(small: tuple[Done, Values]) -> None:
    done, _ = small
    told = {(row["column"], row["id"]): row["why"] for row in done.rows("left_out")}
    no_hash = ("no phash", "15 digits", "17 digits", "no hex", "other digits", "a line's end")
    no_decimal = ("other digits", "a line's end", "too large", "negative")
    assert told == {
        **{("phash", name): "no hash" for name in no_hash},
        **{("dhash", name): "no hash" for name in no_decimal},
        **{(kind, None): "no id" for kind in ("phash", "dhash")},
        **{(kind, "flat"): "low_information" for kind in ("phash", "dhash")},
    }
    assert f"{len(told)} rows left out" in done.said


@pytest.mark.long
@pytest.mark.parametrize("tolerance_bits", [2, 4])
def test_a_million_give_the_pairs_of_the_kernel(
    java: None, tmp_path: Path, tolerance_bits: int, counted: Counted
) -> None:
    values = skewed(1_000_000, 100_000)
    table = write(tmp_path / "table.parquet", {"id": np.arange(len(values)), "phash_dec": values})
    done = submit(tmp_path / "result", "pairs", table, "--phash-bits", str(tolerance_bits))
    assert done.status == 0, done.said
    expected = kernel_pairs(values, tolerance_bits)
    assert len(expected) > 10_000
    assert done.pairs("phash") == expected
    counted("W7", len(expected), "pairs of Spark and of the kernel, the same")


@pytest.mark.corpora
def test_crowded_real_hashes_give_the_pairs_of_the_kernel(
    java: None, tmp_path: Path, counted: Counted
) -> None:
    values = column("whash")
    table = write(tmp_path / "cards.parquet", {"id": np.arange(len(values)), "phash_dec": values})
    done = submit(tmp_path / "result", "pairs", table, "--phash-bits", "4")
    assert done.status == 0, done.said
    expected = kernel_pairs(values, 4)
    assert done.pairs("phash") == expected
    counted("W7", len(expected), "pairs of Spark and of the kernel, the same")


def test_pictures_become_rows_and_broken_ones_reasons(java: None, tmp_path: Path) -> None:
    home = tmp_path / "pictures"
    (home / "inside").mkdir(parents=True)
    photo = photograph("coffee.png", (300, 200))
    contents = {
        "a.jpg": encoded(photo, "JPEG"),
        "inside/b.png": encoded(photo, "PNG"),
        "broken.png": encoded(photo, "PNG")[:3000],
        "flat.png": encoded(Image.new("L", (90, 60), 200), "PNG"),
        "notes.txt": b"no picture",
    }
    for name, content in contents.items():
        (home / name).write_bytes(content)
    done = submit(tmp_path / "hashes.parquet", "hash", str(home))
    assert done.status == 0, done.said
    assert "5 files, 2 without hashes" in done.said
    rows = {row["id"].removeprefix(f"file:{home}/"): row for row in done.rows("")}
    assert rows.keys() == contents.keys()
    with DecoderProcess(ORIGINAL) as decoder:
        for name, content in contents.items():
            found, row = decoder.fingerprint(content), rows[name]
            if isinstance(found, Fingerprint):
                assert (row["phash"], row["whash"]) == (to_hex(found.phash), to_hex(found.whash))
                assert (row["low_information"], row["rejected"]) == (found.low_information, None)
            else:
                assert (row["rejected"], row["phash"]) == (found.reason.name.lower(), None)
                assert row["detail"] == found.detail
    joined = submit(tmp_path / "result", "pairs", str(done.folder), "--dhash-bits", "12")
    assert joined.status == 3, joined.said
    whys = {row["id"].rpartition("/")[2]: row["why"] for row in joined.rows("left_out")}
    assert whys.pop("flat.png") == "low_information"
    assert set(whys) == {"broken.png", "notes.txt"}


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["pairs", "/nowhere.parquet", "--phash-bits", "2"], 1, "PATH_NOT_FOUND"),
        (["pairs", "TABLE", "--dhash-bits", "2"], 1, "no column “dhash” or “dhash_dec” among id, phash"),
        (["pairs", "TABLE"], 2, "give --phash-bits"),
        (["pairs", "TABLE", "--phash-bits", "13"], 2, "not 0…12 bits"),
    ],
)
def test_a_mistake_ends_the_job(
    java: None, tmp_path: Path, arguments: list[str], status: int, message: str
) -> None:
    table = write(tmp_path / "table.parquet", {"id": [1], "phash": ["0" * 16]})
    step, *rest = [table if one == "TABLE" else one for one in arguments]
    done = submit(tmp_path / "result", step, *rest)
    assert done.status == status, done.said
    assert message in done.said
    assert "Traceback" not in done.said


@given(st.lists(st.integers(0, MAX_HASH), min_size=2, max_size=50), st.integers(1, 8))
def test_bands_are_those_of_the_plan(numbers: list[int], tolerance_bits: int) -> None:
    """The job masks bits where they stand; the kernel puts them in order first."""
    values = distinct(np.array(numbers, np.uint64))
    plan = plan_join(values, tolerance_bits, COST)
    masks = band_masks(plan)
    assert sum(masks) == MAX_HASH
    permutation = Permutation(plan.order, 8)
    for mask, of_places in zip(masks, plan.masks, strict=True):
        assert permutation.place_of(mask) == of_places


@pytest.mark.parametrize(
    ("value", "number"), [(0, 0), (2**63 - 1, 2**63 - 1), (2**63, -(2**63)), (MAX_HASH, -1)]
)
def test_signed_numbers(value: int, number: int) -> None:
    assert signed(value) == number
