"""The script as an operator types it, on the practice wiki, with the index in SQLite and in MariaDB."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from faebot_hash.adapters.store import Store
from faebot_hash.exit_status import ExitStatus
from faebot_hash.fingerprint import current_basis
from scripts.index_hashes import main
from tests.databases import run_sql
from tests.practice.places import CACHE, CHECKOUT
from tests.practice.wiki import PracticeWiki

pytestmark = [
    pytest.mark.practice,
    pytest.mark.filterwarnings("ignore:Site objects have been created before arguments"),
]

PWB = Path(sys.executable).with_name("pwb")
SETTINGS = f"-settings:{CHECKOUT / 'tests/practice/faebot.toml'}"
THUMBNAIL = current_basis("thumbnail", 120)
ALL_IDS = range(1, 400)
LONG = os.environ.get("FAEBOT_LONG") == "1"
MANY = 1_000 if LONG else 100
CALLS_A_THOUSAND = 25
LOGGING_IN = 1 if LONG else 2


class Operator:
    """Types ``pwb index_hashes`` with one index, and looks into it."""

    def __init__(self, wiki: PracticeWiki, address: str) -> None:
        self.wiki, self.address = wiki, address

    def run(self, *options: str) -> subprocess.CompletedProcess[str]:
        """Run the script, whatever comes of it."""
        command = [str(PWB), "index_hashes", SETTINGS, f"-store:{self.address}", *options]
        environment = {**os.environ, "PYWIKIBOT_DIR": str(self.wiki.pywikibot_dir)}
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            env=environment,
        )

    def index(self, *options: str) -> str:
        """Run the script within this process, where it starts faster; gives what it said."""
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            main(SETTINGS, f"-store:{self.address}", *options)
        return said.getvalue()

    def indexed(self) -> dict[str, tuple[int, str]]:
        """Give the titles of the index with page id and SHA1, of files that have hashes."""
        with Store.open(self.address) as store:
            pages = store.pages(ALL_IDS)
            known = store.get({page.sha1 for page in pages.values()}, THUMBNAIL)
        return {page.title: (page_id, page.sha1) for page_id, page in pages.items() if page.sha1 in known}

    def files(self) -> dict[str, tuple[int, str]]:
        """Give the titles of the wiki's files with page id and SHA1."""
        files: dict[str, tuple[int, str]] = {}
        wanted = {"generator": "allimages", "gailimit": 500, "prop": "imageinfo", "iiprop": "sha1"}
        answer = self.wiki.reader().get(action="query", **wanted)
        for page in answer["query"]["pages"]:
            files[page["title"].removeprefix("File:")] = (page["pageid"], page["imageinfo"][0]["sha1"])
        return files

    def thumbnails(self) -> int:
        """Count the downloads so far."""
        return sum("/thumb/" in one["path"] for one in self.wiki.requests())

    def calls(self) -> int:
        """Count the API calls so far."""
        return sum(one["path"].endswith("api.php") for one in self.wiki.requests())


@pytest.fixture
def operator(wiki: PracticeWiki, address: str) -> Operator:
    return Operator(wiki, address)


@pytest.fixture
def on_sqlite(wiki: PracticeWiki, tmp_path: Path) -> Operator:
    return Operator(wiki, f"sqlite:///{tmp_path / 'index.sqlite'}")


def test_help_explains_every_option(on_sqlite: Operator) -> None:
    shown = on_sqlite.run("-help").stdout
    for option in ("-new", "-pages:", "-links:", "-failures", "-replica:", "-settings:", "-store:", "-cat "):
        assert option in shown
    assert "&params;" not in shown


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-pagse"], "unknown option -pagse; did you mean -pages?"),
        ([], "name one source"),
        (["-new", "-pages"], "name one source"),
        (["-failures", "-cat:X"], "name one source"),
        (["-pages:9-3"], "-pages:9-3: give two page ids"),
        (["-links:https://flickr.com/"], "give a domain without protocol"),
        (["-links"], "-links needs a value"),
        (["-new:yesterday"], "-new:yesterday: give a time"),
        (["-pages", "-replica:mariadb+pymysql://u:p@h/d"], "a password on the command line"),
        (["-pages", "-replica:nonsense"], "-replica:nonsense: write it as mariadb+pymysql"),
    ],
)
def test_a_mistake_stops_the_start(on_sqlite: Operator, options: list[str], message: str) -> None:
    done = on_sqlite.run(*options)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert on_sqlite.thumbnails() == 0


def test_a_second_writer_of_an_sqlite_file_is_refused(on_sqlite: Operator) -> None:
    with Store.open(on_sqlite.address):
        done = on_sqlite.run("-pages")
    assert done.returncode == ExitStatus.AGAIN
    assert "another process" in done.stderr


def test_all_pages_are_indexed_once(operator: Operator) -> None:
    operator.index("-pages")
    files = operator.files()
    assert operator.indexed() == files
    assert operator.thumbnails() == len(files)
    said = operator.index("-pages")
    assert f"{len(files)}  files whose hashes were known" in said
    assert operator.thumbnails() == len(files)


def test_a_range_of_page_ids(operator: Operator) -> None:
    operator.index("-pages:30-60")
    expected = {title: file for title, file in operator.files().items() if 30 <= file[0] <= 60}
    assert expected
    assert operator.indexed() == expected


def test_a_generator_with_its_limit(operator: Operator) -> None:
    operator.index("-cat:Images from DoD uploaded by Fæ (check needed)", "-limit:5")
    assert len(operator.indexed()) == 5


def test_a_limit_of_a_walk_and_going_on(on_sqlite: Operator) -> None:
    on_sqlite.index("-pages", "-limit:20")
    assert len(on_sqlite.indexed()) == 20
    on_sqlite.index("-pages", "-limit:20")
    assert len(on_sqlite.indexed()) == 40


def test_files_by_the_domain_that_they_link(operator: Operator) -> None:
    operator.index("-links:dvidshub.net")
    answer = operator.wiki.reader().get(
        action="query", list="exturlusage", euquery="*.dvidshub.net", eunamespace=6, eulimit=500
    )
    linking = {one["title"].removeprefix("File:") for one in answer["query"]["exturlusage"]}
    assert linking
    assert operator.indexed().keys() == linking


def test_what_people_do_is_followed(operator: Operator, tmp_path: Path) -> None:
    operator.index("-pages")
    titles = sorted(operator.files())
    wiki, (renamed, overwritten, deleted, replaced, *_) = operator.wiki, titles
    jpeg = next(iter(Path(wiki.folder, "images").rglob("*.jpg")))
    wiki.human("move", f"File:{renamed}", to="File:Renamed.jpg")
    wiki.human("upload", f"File:{overwritten}", path=copy(jpeg, tmp_path, b"one"))
    wiki.human("delete", f"File:{deleted}")
    wiki.human("delete", f"File:{replaced}")
    wiki.human("upload", f"File:{replaced}", path=copy(jpeg, tmp_path, b"two"), text="again")
    wiki.human("upload", "File:Brand new.jpg", path=copy(jpeg, tmp_path, b"three"), text="new")
    before = operator.indexed()
    said = operator.index("-new")
    after = operator.indexed()
    assert after == operator.files()
    assert after["Renamed.jpg"] == before[renamed]
    assert after[overwritten][0] == before[overwritten][0]
    assert after[overwritten][1] != before[overwritten][1]
    assert deleted not in after
    assert after[replaced][0] != before[replaced][0]
    assert "Brand new.jpg" in after
    assert "1  renamed" in said
    assert "1  overwritten" in said
    assert "2  gone" in said
    seen = operator.thumbnails()
    operator.index("-new")
    assert operator.thumbnails() == seen


def copy(picture: Path, folder: Path, mark: bytes) -> str:
    """Write a JPEG with other bytes and the same pixels; gives its path."""
    path = folder / f"{mark.decode()}.jpg"
    path.write_bytes(picture.read_bytes() + mark)
    return str(path)


def test_failures_are_kept_and_tried_again(operator: Operator, tmp_path: Path) -> None:
    practice = (CHECKOUT / "tests/practice/faebot.toml").read_text()
    (tmp_path / "hasty.toml").write_text(f"[http]\nattempts = 1\n\n{practice}")
    hasty = f"-settings:{tmp_path / 'hasty.toml'}"
    title, (page_id, _) = next(iter(operator.files().items()))
    (original,) = (operator.wiki.folder / "images").glob(f"?/??/{title.replace(' ', '_')}")
    (room,) = (operator.wiki.folder / "images").glob(f"thumb/?/??/{title.replace(' ', '_')}") or (None,)
    aside = original.rename(original.with_suffix(".aside"))
    if room is not None:
        shutil.rmtree(room)
    said = operator.index("-pages", hasty)
    assert "1  the download failed" in said
    assert operator.indexed().keys() == operator.files().keys() - {title}
    aside.rename(original)
    assert "0  files and pages looked at" in operator.index("-failures"), "its time has not come"
    run_sql(operator.address, "UPDATE failure SET retry_at = '2026-01-01 00:00:00'")
    assert "1  files hashed" in operator.index("-failures")
    assert operator.indexed()[title][0] == page_id


# ---- how much is asked for


@pytest.fixture(scope="module")
def many() -> Iterator[PracticeWiki]:
    with PracticeWiki(CACHE / f"test-{os.getpid()}" / "many", many=MANY) as wiki:
        yield wiki


def test_few_calls_for_many_files(many: PracticeWiki, tmp_path: Path) -> None:
    operator = Operator(many, f"sqlite:///{tmp_path / 'index.sqlite'}")
    # Pywikibot learns once a month what the wiki's API is like.
    assert operator.run("-pages:1-2").returncode == 0
    for options in (["-pages"], ["-pages:1-100000", f"-limit:{MANY}"]):
        before = operator.calls()
        assert operator.run(*options).returncode == 0
        assert operator.calls() - before <= LOGGING_IN + CALLS_A_THOUSAND * MANY / 1_000
    assert operator.thumbnails() == MANY
