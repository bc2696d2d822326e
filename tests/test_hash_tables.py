"""Hash tables go out of a store and into another one, whole, exactly and as often as one likes."""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from faebot_hash import carrying
from faebot_hash.adapters import hash_tables, imagehash_toolforge, parquet_rows
from faebot_hash.adapters.store import Store
from faebot_hash.errors import SettingsError, TableError
from faebot_hash.hash_index import HashTableRow, IndexBatch, IndexedPage
from faebot_hash.hash_rows import BadRow, OwnRow, fields_of, read_entry, read_fields
from faebot_hash.model import MAX_HASH, Basis, Fingerprint
from faebot_hash.options import public_address
from tests.counting import Counted
from tests.databases import run_sql
from tests.mariadb_server import MariaServer

LONG = os.environ.get("FAEBOT_LONG") == "1"
CASES = 100_000 if LONG else 10_000
AT_ONCE = 20
NOON = datetime(2026, 10, 5, 12, 0, 0, 123456, tzinfo=UTC)
BASIS = Basis("thumbnail", 120, "13.0.0", "4.3.2")
OTHER_BASIS = Basis("original", 0, "13.0.0", "4.3.2")
THEIRS = Basis("them", 0, "", "")
EXTREMES = (0, 1, (1 << 63) - 1, 1 << 63, (1 << 63) + 1, MAX_HASH - 1, MAX_HASH)

hashes = st.one_of(st.sampled_from(EXTREMES), st.integers(0, MAX_HASH))
fingerprints = st.builds(Fingerprint, hashes, hashes, hashes, hashes, st.booleans())


def sha1(number: int) -> str:
    return f"{number:040x}"


def page(number: int, uploaded: datetime | None = NOON) -> IndexedPage:
    return IndexedPage(number, f'Fæ, "𝄞" {number}.jpg', sha1(number), uploaded)


def filled(store: Store, count: int = 30) -> None:
    """Put pages with extreme hashes into a store, in two bases."""
    for basis, step in ((BASIS, 1), (OTHER_BASIS, 7)):
        numbers = range(1, count + 1, step)
        results = {
            sha1(n): Fingerprint(EXTREMES[n % 7], MAX_HASH - n, n, 1 << 63, low_information=n % 5 == 0)
            for n in numbers
        }
        store.keep_batch(
            IndexBatch([page(n, NOON if n % 3 else None) for n in numbers], results=results), basis
        )


def content(store: Store) -> list[list[HashTableRow]]:
    return [store.hash_table(basis) for basis in store.bases()]


def taken(store: Store, path: Path, skip: int = 0) -> tuple[carrying.Carried, list[BadRow]]:
    bad = list[BadRow]()
    carried = carrying.import_rows(
        store,
        hash_tables.rows_of(path, skip),
        name="import",
        source="them",
        foreign=THEIRS,
        complain=bad.append,
        tell=lambda kept, number: None,
    )
    return carried, bad


# ---- out and in


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz", "t.parquet"])
def test_what_goes_out_comes_in(address: str, tmp_path: Path, name: str) -> None:
    with Store.open(address) as store:
        filled(store)
        before = content(store)
        count = hash_tables.write(tmp_path / name, carrying.exported(store, store.bases(), at_once=4))
    assert count == sum(map(len, before)) == 35
    assert list(tmp_path.glob("*.part")) == []
    with Store.open(f"sqlite:///{tmp_path / 'other.sqlite'}") as other:
        for _ in range(2):
            assert taken(other, tmp_path / name) == (carrying.Carried(kept=35), [])
            assert content(other) == before


def test_an_import_goes_on_where_it_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrying, "ROWS_AT_ONCE", 10)
    path = tmp_path / "t.csv"
    with Store.open(f"sqlite:///{tmp_path / 'one.sqlite'}") as store:
        filled(store)
        hash_tables.write(path, carrying.exported(store, [BASIS]))
        expected = store.hash_table(BASIS)
    with Store.open(f"sqlite:///{tmp_path / 'other.sqlite'}") as other:

        def interrupt(kept: int, number: int) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            carrying.import_rows(
                other,
                hash_tables.rows_of(path),
                name="import",
                source="them",
                foreign=THEIRS,
                complain=print,
                tell=interrupt,
            )
        begun = other.checkpoint("import")
        assert (begun, len(other.hash_table(BASIS))) == ("10", 10)
        assert taken(other, path, skip=int(begun))[0].kept == 20
        assert other.hash_table(BASIS) == expected


@pytest.mark.parametrize(
    ("ours", "theirs", "shown"),
    [
        (NOON, None, 1),
        (NOON, NOON.replace(year=2025), 1),
        (NOON, NOON.replace(year=2027), 9),
        (None, NOON, 9),
    ],
)
def test_a_later_upload_stays(
    tmp_path: Path, ours: datetime | None, theirs: datetime | None, shown: int
) -> None:
    other = IndexedPage(1, "A.jpg", sha1(9), theirs)
    row = HashTableRow(other, Fingerprint(1, 2, 3, 4, low_information=False))
    hash_tables.write(tmp_path / "t.csv", [fields_of(row, BASIS)])
    with Store.open(f"sqlite:///{tmp_path / 'store.sqlite'}") as store:
        store.put_pages([page(1, ours)])
        assert taken(store, tmp_path / "t.csv")[0] == carrying.Carried(1, older=int(shown == 1))
        assert store.pages([1])[1].sha1 == sha1(shown)
        assert sha1(9) in store.get([sha1(9)], BASIS)


# ---- others' tables

DUMP = [{"commons": n, "phash": EXTREMES[n % 7], "dhash": MAX_HASH - n} for n in range(1, 200)]


def as_array(file: Any) -> None:
    json.dump(DUMP, file, indent=1)


def as_lines(file: Any) -> None:
    file.writelines(json.dumps(entry) + "\n" for entry in DUMP)


def as_text_numbers(file: Any) -> None:
    json.dump([{**entry, "phash": str(entry["phash"])} for entry in DUMP], file)


@pytest.mark.parametrize("write", [as_array, as_lines, as_text_numbers])
@pytest.mark.parametrize("name", ["d.json", "d.json.gz"])
@pytest.mark.parametrize("piece", [1 << 16, 7])
def test_the_dump_of_imagehash_toolforge(
    tmp_path: Path, write: Callable[[Any], None], name: str, piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hash_tables, "_PIECE_CHARACTERS", piece)
    text = io.StringIO()
    write(text)
    raw = text.getvalue().encode()
    (tmp_path / name).write_bytes(gzip.compress(raw) if name.endswith("gz") else raw)
    with Store.open(f"sqlite:///{tmp_path / 'store.sqlite'}") as store:
        assert taken(store, tmp_path / name) == (carrying.Carried(len(DUMP)), [])
        known = store.foreign("them", range(300))
        assert known == {e["commons"]: (e["commons"], e["phash"], e["dhash"]) for e in DUMP}


@pytest.mark.parametrize("name", ["d.json", "d.json.gz"])
def test_our_dump_is_read_as_theirs(tmp_path: Path, name: str) -> None:
    clear = {
        number: Fingerprint(MAX_HASH - number, 1 << 63, 1, 2, low_information=False) for number in (7, 9)
    }
    flat = {8: Fingerprint(0, 0, 0, 0, low_information=True)}
    with Store.open(f"sqlite:///{tmp_path / 'ours.sqlite'}") as store:
        for number, one in (clear | flat).items():
            page = IndexedPage(number, f"{number}.jpg", f"{number:040x}")
            store.keep_batch(IndexBatch([page], results={page.sha1: one}), BASIS)
        assert hash_tables.write(tmp_path / name, carrying.exported(store, [BASIS])) == 2
    raw = (tmp_path / name).read_bytes()
    entries = json.loads(gzip.decompress(raw) if name.endswith("gz") else raw)
    assert entries == [
        {"commons": number, "phash": one.phash, "dhash": one.dhash} for number, one in clear.items()
    ]
    with Store.open(f"sqlite:///{tmp_path / 'theirs.sqlite'}") as store:
        assert taken(store, tmp_path / name) == (carrying.Carried(2), [])


def test_a_dump_of_nothing_is_json(tmp_path: Path) -> None:
    assert hash_tables.write(tmp_path / "d.json", []) == 0
    assert json.loads((tmp_path / "d.json").read_text()) == []


TOOLFORGE_TABLES = """CREATE TABLE {} (id int NOT NULL AUTO_INCREMENT, commons int DEFAULT NULL,
    hash bigint(20) unsigned DEFAULT NULL, width int, height int, created timestamp DEFAULT now(),
    thumb_width int, thumb_type varchar(20), PRIMARY KEY (id), KEY (commons), KEY (hash))"""


@pytest.fixture
def toolforge(mariadb: MariaServer) -> str:
    """Give the address of tables as theirs are, with re-hashed files, gaps and halves."""
    address = mariadb.new_database()
    run_sql(
        address,
        *(TOOLFORGE_TABLES.format(name) for name in ("phash", "dhash")),
        "INSERT INTO phash (commons, hash) VALUES (1, 5), (2, ~0), (1, 6), (50000, 1 << 63), (3, 1)",
        "INSERT INTO dhash (commons, hash) VALUES (50000, 0), (1, 7), (2, ~0), (NULL, 4), (4, 1)",
        "INSERT INTO phash (commons, hash) VALUES (60001, NULL)",
    )
    return address


def test_the_tables_of_imagehash_toolforge(toolforge: str) -> None:
    expected = [(1, 6, 7), (2, MAX_HASH, MAX_HASH), (50_000, 1 << 63, 0)]
    pieces = list(imagehash_toolforge.pages(toolforge))
    assert [row for _, rows in pieces for row in rows] == expected
    assert [end for end, _ in pieces] == [20_000, 40_000, 60_000, 60_001]
    assert [row for _, rows in imagehash_toolforge.pages(toolforge, 2) for row in rows] == expected[2:]


# ---- rows that are wrong


def test_bad_rows_are_named_and_the_others_kept(tmp_path: Path) -> None:
    lines = [
        "id,phash,dhash",
        f"1,{0:016x},{MAX_HASH:016x}",
        "2,12,13",
        "x,0000000000000001,0000000000000001",
        "4,0000000000000001",
        "5,0000000000000001,0000000000000001",
    ]
    (tmp_path / "t.csv").write_text("\n".join(lines))
    with Store.open(f"sqlite:///{tmp_path / 'store.sqlite'}") as store:
        carried, bad = taken(store, tmp_path / "t.csv")
        assert carried == carrying.Carried(kept=2, bad=3)
        assert [one.place for one in bad] == ["line 3", "line 4", "line 5"]
        assert store.foreign("them", range(9)) == {1: (1, 0, MAX_HASH), 5: (5, 1, 1)}


WHOLE = fields_of(HashTableRow(page(1), Fingerprint(1, 2, 3, 4, low_information=True)), BASIS)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"id": "0"}, "page id"),
        ({"id": "-1"}, "page id"),
        ({"id": "１"}, "page id"),
        ({"id": str(1 << 63)}, "page id"),
        ({"title": ""}, "title"),
        ({"title": "x" * 256}, "title"),
        ({"sha1": "A" * 40}, "SHA1"),
        ({"phash": "0x00000000000001"}, "16 hex digits"),
        ({"phash": "1" * 17}, "16 hex digits"),
        ({"whash": ""}, "16 hex digits"),
        ({"low_information": "no"}, "low_information"),
        ({"uploaded": "yesterday"}, "isoformat"),
        ({"uploaded": "2026-10-05T12:00:00"}, "time zone"),
        ({"thumb_width_px": ""}, "width"),
        ({"source": ""}, "source"),
        ({"pillow": "x" * 41}, "pillow"),
    ],
)
def test_a_wrong_field_is_told(change: dict[str, str], why: str) -> None:
    assert isinstance(read_fields(WHOLE), OwnRow)
    with pytest.raises(ValueError, match=why):
        read_fields({**WHOLE, **change})


@pytest.mark.parametrize(
    "entry",
    [
        [],
        {},
        {"commons": 1, "phash": -1, "dhash": 1},
        {"commons": 1, "phash": 1 << 64, "dhash": 1},
        {"commons": 1, "phash": 1.0, "dhash": 1},
        {"commons": 1, "phash": True, "dhash": 1},
        {"commons": "1", "phash": 1, "dhash": 1},
        {"commons": 1, "phash": "1e3", "dhash": 1},
        {"commons": 1, "phash": None, "dhash": 1},
    ],
)
def test_a_wrong_entry_is_told(entry: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_entry(entry)


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("t.xlsx", b"x"),
        ("t.csv", b""),
        ("t.csv", b"a,b\n1,2\n"),
        ("t.csv", b'id,phash,dhash\n"1'),
        ("t.json", b"<html>"),
        ("t.json", b'[{"commons": 1'),
        ("t.json.gz", b"\x1f\x8b broken"),
        ("t.parquet", b"PAR1 broken"),
        ("missing.csv", None),
    ],
)
def test_what_is_no_table_is_told(tmp_path: Path, name: str, raw: bytes | None) -> None:
    if raw is not None:
        (tmp_path / name).write_bytes(raw)
    with pytest.raises(TableError, match=name.replace(".", r"\.")):
        list(hash_tables.rows_of(tmp_path / name))


def test_a_table_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    def rows() -> Iterator[dict[str, str]]:
        yield WHOLE
        raise OSError(28, "No space left on device")

    for name in ("t.csv", "t.parquet"):
        with pytest.raises(TableError, match="No space left"):
            hash_tables.write(tmp_path / name, rows())
    assert list(tmp_path.iterdir()) == []


# ---- W7


@pytest.fixture
def store(address: str) -> Iterator[Store]:
    with Store.open(address) as store:
        yield store


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.large_base_example],
    deadline=None,
    max_examples=CASES // 2 // AT_ONCE,
)
@given(st.lists(fingerprints, min_size=AT_ONCE, max_size=AT_ONCE))
def test_64_bits_are_exact_in_every_store(store: Store, counted: Counted, many: list[Fingerprint]) -> None:
    results = {sha1(number): one for number, one in enumerate(many)}
    store.put(results, BASIS)
    assert store.get(results, BASIS) == results
    pairs = {n: (n, one.phash, one.dhash) for n, one in enumerate(many, 1)}
    store.put_foreign("them", pairs.values(), THEIRS)
    assert store.foreign("them", pairs) == pairs
    counted("W7", len(many), "fingerprints through a store and back")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=CASES)
@given(
    st.one_of(hashes, st.integers(-10, 1 << 70)),
    st.sampled_from(["{}", "{:016x}", "{:x}", "+{}", " {}", "{}.0"]),
)
def test_only_64_bits_are_taken(counted: Counted, value: int, form: str) -> None:
    text = form.format(value)
    for name, is_right in (
        ("phash", len(text) == 16 and text.isalnum()),
        ("phash_dec", text.isdecimal() and len(text) <= 20 and int(text) <= MAX_HASH),
    ):
        fields = {"id": "1", "dhash": "0" * 16, name: text}
        if is_right:
            assert read_fields(fields) == (1, int(text, 16 if name == "phash" else 10), 0)
        else:
            with pytest.raises(ValueError, match=r"."):
                read_fields(fields)
    counted("W7", 1, "texts that are hashes or are refused")


# ---- the command line


def command(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "faebot_hash", *map(str, words)], capture_output=True, text=True, check=False
    )


def test_export_and_import_at_the_command_line(tmp_path: Path, toolforge: str) -> None:
    one, other, table = (tmp_path / name for name in ("one.sqlite", "other.sqlite", "t.csv"))
    with Store.open(f"sqlite:///{one}") as store:
        filled(store)
    out = command("export", "--store", f"sqlite:///{one}", table)
    assert (out.returncode, out.stdout) == (0, f"{table}: 35 rows\n"), out.stderr
    with table.open("a") as file:
        file.write("wrong\n")
    into = command("import", "--store", f"sqlite:///{other}", table)
    assert into.returncode == 3, into.stderr
    assert "line 37: 1 columns, not 13; left out" in into.stderr
    assert command("import", "--store", f"sqlite:///{other}", toolforge, "--source", "tf").returncode == 0
    with Store.open(f"sqlite:///{other}") as store, Store.open(f"sqlite:///{one}") as first:
        assert content(store)[:2] == content(first)
        assert len(store.foreign("tf", range(60_000))) == 3


def test_parquet_gives_back_texts(tmp_path: Path) -> None:
    rows = [{"a": "1", "b": ""}, {"a": "𝄞", "b": "0" * 16}]
    assert parquet_rows.write(tmp_path / "t.parquet", ("a", "b"), rows) == 2
    assert list(parquet_rows.read(tmp_path / "t.parquet")) == rows


@pytest.mark.parametrize("address", ["mariadb+pymysql://u:sEcret@h/d", "mysql+pymysql://u:s/E@c@h/d"])
def test_no_password_on_the_command_line(address: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="can be read by everybody") as told:
        public_address(address)
    assert "sE" not in str(told.value)
    for words in (["runs", "--store", address], ["import", "--store", "sqlite:///x.sqlite", address]):
        done = command(*words)
        assert (done.returncode, "sE" in done.stderr + done.stdout) == (2, False)
