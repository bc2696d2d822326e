"""The replica: what it lists is what the wiki has, and what is stale there makes no wrong row here."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import pytest
import pywikibot

from faebot_hash import settings_file
from faebot_hash.adapters.answers import hex_of
from faebot_hash.adapters.patience import Patience
from faebot_hash.adapters.replica import Replica
from faebot_hash.adapters.store import Store
from faebot_hash.errors import ReplicaError, SettingsError
from faebot_hash.indexing import Indexing
from faebot_hash.portions import Hint
from scripts.index_hashes import main
from tests.mariadb_server import MariaServer
from tests.practice.places import CHECKOUT
from tests.practice.server import HOST, free_port
from tests.practice.wiki import PracticeWiki
from tests.replica_views import replica_of, run, tell_lag

pytestmark = [
    pytest.mark.practice,
    pytest.mark.filterwarnings("ignore:Site objects have been created before arguments"),
]

TOML = CHECKOUT / "tests/practice/faebot.toml"
LAST = 1_000_000
NO_PATIENCE = Patience(total_s=0.0)


@pytest.fixture
def address(wiki: PracticeWiki, mariadb: MariaServer) -> str:
    return replica_of(wiki, mariadb)


@pytest.fixture
def replica(address: str) -> Replica:
    return Replica(address, patience=NO_PATIENCE)


def hints_of(wiki: PracticeWiki) -> list[Hint]:
    """Read from the API what the replica should list."""
    wanted = {"generator": "allimages", "gailimit": 500, "prop": "imageinfo", "iiprop": "sha1|mime"}
    pages = wiki.reader().get(action="query", **wanted)["query"]["pages"]
    files = ((page, page["imageinfo"][0]) for page in pages)
    hints = [
        Hint(page["pageid"], page["title"].removeprefix("File:"), file["sha1"], file["mime"])
        for page, file in files
    ]
    return sorted(hints, key=lambda hint: hint.page_id)


def test_files_are_listed_as_the_wiki_has_them(wiki: PracticeWiki, replica: Replica) -> None:
    expected = hints_of(wiki)
    assert replica.files(0, LAST) == expected
    assert replica.largest_page_id() >= expected[-1].page_id
    middle = expected[20].page_id
    assert replica.files(middle, LAST, most=3) == expected[21:24]
    assert replica.files(0, middle) == expected[:21]
    assert replica.files(LAST, LAST + 5) == []


def test_what_shows_no_file_is_not_listed(wiki: PracticeWiki, mariadb: MariaServer, tmp_path: Path) -> None:
    renamed, deleted, overwritten, *_ = hints_of(wiki)
    wiki.human("move", f"File:{renamed.title}", to="File:Zürich – 日本 & 100%_x.jpg")
    wiki.human("delete", f"File:{deleted.title}")
    other = tmp_path / "other.jpg"
    other.write_bytes(next(iter((wiki.folder / "images").rglob("*.jpg"))).read_bytes() + b"x")
    wiki.human("upload", f"File:{overwritten.title}", path=str(other))
    listed = Replica(replica_of(wiki, mariadb)).files(0, LAST)
    assert listed == hints_of(wiki)
    assert {hint.title for hint in listed} >= {"Zürich – 日本 & 100% x.jpg", overwritten.title}


@pytest.mark.parametrize("domain", ["dvidshub.net", "www.dvidshub.net", "noaa.gov", "nowhere.example"])
def test_links_are_found_by_their_domain(wiki: PracticeWiki, replica: Replica, domain: str) -> None:
    answer = wiki.reader().get(
        action="query", list="exturlusage", euquery=f"*.{domain}", eunamespace=6, eulimit=500
    )
    linking = sorted({one["pageid"] for one in answer["query"]["exturlusage"]})
    found = replica.linking(domain, 0)
    assert [hint.page_id for hint in found] == linking
    assert found == [hint for hint in hints_of(wiki) if hint.page_id in set(linking)]
    if linking:
        assert replica.linking(domain, linking[0], most=2) == found[1:3]


@pytest.mark.parametrize(
    ("index", "domain", "expected"),
    [
        ("https://test.pictures.", "pictures.test", True),
        ("http://test.pictures.www.", "pictures.test", True),
        ("https://test.pictures.www.", "www.pictures.test", True),
        ("https://test.pictures.", "www.pictures.test", False),
        ("https://test.picturess.", "pictures.test", False),
        ("https://org.pictures.test.", "pictures.test", False),
        ("https://test.axb.", "a_b.test", False),
        ("https://test.a_b.", "a_b.test", True),
    ],
)
def test_a_domain_is_met_exactly(
    mariadb: MariaServer, replica: Replica, index: str, domain: str, expected: bool
) -> None:
    (first, *_) = replica.files(0, LAST)
    links = ", ".join(f"({number}, {first.page_id}, '{index}', '/x')" for number in (900_001, 900_002))
    run(mariadb, f"INSERT INTO tables_of_wiki.externallinks VALUES {links}")  # noqa: S608
    assert replica.linking(domain, 0) == ([first] if expected else [])


def test_texts_that_cannot_be_read_are_like_none(mariadb: MariaServer, replica: Replica) -> None:
    (first, *_) = replica.files(0, LAST)
    run(
        mariadb,
        "UPDATE tables_of_wiki.image i JOIN tables_of_wiki.page p ON p.page_title = i.img_name "  # noqa: S608
        "AND p.page_namespace = 6 SET i.img_name = 0xFF41, p.page_title = 0xFF41, i.img_sha1 = '' "
        f"WHERE p.page_id = {first.page_id}",
    )
    assert replica.files(0, first.page_id) == [
        Hint(first.page_id, "\N{REPLACEMENT CHARACTER}A", "", first.mime)
    ]


def test_the_lag_is_told_where_the_server_tells_it(mariadb: MariaServer, replica: Replica) -> None:
    assert replica.lag_s() is None
    tell_lag(mariadb, 3.5)
    assert replica.lag_s() == 3.5


def test_the_tables_of_old_are_not_there(mariadb: MariaServer, address: str) -> None:
    with pytest.raises(ReplicaError, match="image"):
        Replica(address)._ask("SELECT img_name FROM image LIMIT 1", {})


def test_a_question_that_takes_too_long_is_ended(mariadb: MariaServer, address: str) -> None:
    run(
        mariadb,
        "CREATE OR REPLACE VIEW commonswiki_p.page AS SELECT BENCHMARK(1000000000000, MD5('a')) AS page_id",
    )
    with pytest.raises(ReplicaError, match="ask for less at once"):
        Replica(address, patience=NO_PATIENCE, statement_s=1).largest_page_id()


@pytest.mark.parametrize(
    ("account", "database", "message"),
    [
        (f"s99999:secret@{HOST}:PORT", "commonswiki_p", "account's name or password"),
        (f"s99999@{HOST}:PORT", "nothing_p", "name a database in the shape"),
        (f"s99999:secret@{HOST}:NOBODYS", "commonswiki_p", "can be reached"),
    ],
)
def test_trouble_is_told_without_the_password(
    mariadb: MariaServer, address: str, account: str, database: str, message: str
) -> None:
    place = account.replace("PORT", str(mariadb.port)).replace("NOBODYS", str(free_port()))
    with pytest.raises(ReplicaError, match=message) as caught:
        Replica(f"mariadb+pymysql://{place}/{database}", patience=NO_PATIENCE).largest_page_id()
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "address", ["nonsense", "sqlite:///x.sqlite", "mariadb+pymysql://u:secret@host", "http://h/d"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(SettingsError, match="write it as mariadb") as caught:
        Replica(address)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("base36", "expected"),
    [
        ("phoiac9h4m842xq45sp7s6u21eteeq1", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        ("0" * 31, "0" * 40),
        ("", ""),
        ("ü", ""),
    ],
)
def test_a_sha1_is_read(base36: str, expected: str) -> None:
    assert hex_of(base36) == expected


# ---- the index by the replica


def indexed(store_address: str, replica: Replica, links: str = "") -> Indexing:
    """Fill an index by a replica; gives the run that did."""
    with Indexing(
        pywikibot.Site(),
        settings_file.load(TOML),
        store_url=store_address,
        replica=replica,
        say=lambda line: None,
    ) as indexing:
        if links:
            indexing.links(links)
        else:
            indexing.pages()
    return indexing


def rows(store_address: str) -> list[tuple[int, str, str]]:
    """List the pages of an index."""
    with Store.open(store_address) as store:
        pages = store.pages(range(1, 500))
    return sorted((page.page_id, page.title, page.sha1) for page in pages.values())


def rows_of(hints: list[Hint]) -> list[tuple[int, str, str]]:
    """List files as an index would hold them."""
    return [(hint.page_id, hint.title, hint.sha1) for hint in hints]


def test_a_replica_spares_the_wiki_what_is_known(
    wiki: PracticeWiki, replica: Replica, tmp_path: Path
) -> None:
    store_address = f"sqlite:///{tmp_path / 'index.sqlite'}"
    first = indexed(store_address, replica)
    assert rows(store_address) == rows_of(hints_of(wiki))
    assert first.wiki.requests == 2
    again = indexed(store_address, replica)
    assert again.wiki.requests == 0
    assert again.total.settled == first.total.hashed


def test_links_by_a_replica(wiki: PracticeWiki, replica: Replica, tmp_path: Path) -> None:
    store_address = f"sqlite:///{tmp_path / 'index.sqlite'}"
    indexed(store_address, replica, links="dvidshub.net")
    assert rows(store_address) == rows_of(replica.linking("dvidshub.net", 0))


def test_what_is_stale_on_the_replica_makes_no_wrong_row(
    wiki: PracticeWiki, replica: Replica, tmp_path: Path
) -> None:
    store_address = f"sqlite:///{tmp_path / 'index.sqlite'}"
    renamed, deleted, overwritten, reused, taken, *_ = hints_of(wiki)
    other = tmp_path / "other.jpg"
    other.write_bytes(next(iter((wiki.folder / "images").rglob("*.jpg"))).read_bytes() + b"x")
    wiki.human("move", f"File:{renamed.title}", to="File:Renamed.jpg")
    wiki.human("delete", f"File:{deleted.title}")
    wiki.human("upload", f"File:{overwritten.title}", path=str(other))
    wiki.human("delete", f"File:{reused.title}")
    wiki.human("move", f"File:{taken.title}", to=f"File:{reused.title}")
    indexed(store_address, replica)
    assert rows(store_address) == rows_of(hints_of(wiki))


def test_the_script_takes_a_replica_and_tells_its_lag(
    wiki: PracticeWiki, mariadb: MariaServer, address: str, tmp_path: Path
) -> None:
    tell_lag(mariadb, 4_000)
    said = io.StringIO()
    store_address = f"sqlite:///{tmp_path / 'index.sqlite'}"
    with contextlib.redirect_stdout(said):
        main(f"-settings:{TOML}", f"-store:{store_address}", f"-replica:{address}", "-pages")
    assert "The replica is behind by 1 h 6 min" in said.getvalue()
    assert rows(store_address) == rows_of(hints_of(wiki))
