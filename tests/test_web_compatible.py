"""The compatible routes answer as ImageHash-Toolforge does, row by row of its tables, or better."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from faebot_hash.adapters.finna import NoPicture, Trouble
from faebot_hash.model import Fingerprint
from faebot_hash.web.headers import CUT
from faebot_hash.web.limiter import Limiter
from faebot_hash.web_settings import WebSettings
from tests.counting import Counted
from tests.web_world import FLAT, HASHES, PICTURE, TITLES, UNHASHED, D, P, World, apart, served

MAX = (1 << 64) - 1
BOTH = f"dhash={D}&phash={P}"
TITLE = quote(TITLES[1])
AGREEING = [1, 2, 3, 5]
LINK = "el_to_domain_index=fi.finna&el_to_path=a_b"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with served(tmp_path_factory.mktemp("web")) as one:
        yield one


def ids(answer: list[dict[str, Any]]) -> list[int]:
    return [page["page_id"] for page in answer]


# §2.1 and §2.4: what is found. Pages 3 and 5 are 2 bits away in one hash, 4 is 3, 6 is 1 in both.
FOUND = [
    (f"/search?{BOTH}", AGREEING),
    (f"/search?phash={P}&dhash={D}", AGREEING),
    (f"/search?{BOTH}&maxdifference=3", AGREEING),
    (f"/search?{BOTH}&maxdifference=2", [1, 2]),
    (f"/search?{BOTH}&maxdifference=1", [1, 2]),
    (f"/search?{BOTH}&maxdifference=0", []),
    (f"/search?{BOTH}&maxdifference=4", [1, 2, 3, 4, 5]),
    (f"/search?{BOTH}&maxdifference=64", [1, 2, 3, 4, 5]),
    (f"/search?{BOTH}&maxdifference=00", []),
    (f"/search?phash={P}&dhash={apart(D, 20)}", []),  # the older service did not compare the other hash
    (f"/search?phash={apart(P, 1)}&dhash={apart(D, 1)}", [6]),
    (f"/search?phash={MAX}&dhash={1 << 63}", [20]),
    ("/search?phash=0&dhash=0", []),
    (f"/search?{BOTH}&unknown=1", AGREEING),
    (f"/search?{BOTH}&dhash=0", AGREEING),
    ("/pagesearch?page_id=1", AGREEING),
    ("/pagesearch?page_id=3", [1, 2, 3, 4]),
    ("/pagesearch?page_id=20", [20]),
    ("/pagesearch?page_id=999", []),
    ("/pagesearch?page_id=0", []),
    (f"/pagesearch?page_id={FLAT}", [FLAT]),
    (f"/pagesearch?page_id={UNHASHED}", []),
    ("/pagesearch?page_id=1&maxdifference=0", []),
    (f"/pagesearch?page_title={TITLE}", AGREEING),
    (f"/pagesearch?page_title=File:{TITLE}", AGREEING),
    (f"/pagesearch?page_title=file:{TITLE}", AGREEING),
    (f"/pagesearch?page_title=Image:{TITLE}", AGREEING),
    (f"/pagesearch?page_title=image:{TITLE}", AGREEING),
    (f"/pagesearch?page_title=File:image:{TITLE}", AGREEING),
    (f"/pagesearch?page_title=%20{TITLE.replace('%20', '_')}%20", AGREEING),
    (f"/pagesearch?page_title={quote(TITLES[1][0].lower() + TITLES[1][1:])}", AGREEING),
    (f"/pagesearch?page_title={TITLE}&page_id=20", AGREEING),
    (f"/pagesearch?page_title={TITLE}&page_id=none", AGREEING),
    ("/pagesearch?page_title=&page_id=20", [20]),
    ("/finnasearch?finna_id=musketti.M012:HK7155:2867-94-3", AGREEING),
    ("/finnasearch?finna_id=a&maxdifference=1", [1, 2]),
    (f"/externallinks?{LINK}", [1]),
    ("/externallinks?el_to_domain_index=fi.finna&el_to_path=_b%25", [1]),
    ("/externallinks?el_to_domain_index=fi.finna&el_to_path=_b_", []),
    ("/externallinks?el_to_domain_index=fi.f%25&el_to_path=a_b", []),
    ("/externallinks?el_to_domain_index=%25&el_to_path=a_b", []),
    ("/externallinks?el_to_domain_index=%25f&el_to_path=a_b", []),
]

# §2.2: what is refused, with the beginning of the text. Rows after the first of a kind are ours.
INTEGERS = "dhash and phash must be integers"
DIFFERENCE = "maxdifference must be integer"
REFUSED = [
    ("/search", 400, "Missing dhash or phash parameter"),
    (f"/search?dhash={D}", 400, "Missing dhash or phash parameter"),
    (f"/search?phash={P}", 400, "Missing dhash or phash parameter"),
    (f"/search?phash={P}&dhash=", 400, "Missing dhash or phash parameter"),
    *((f"/search?phash={P}&dhash={quote(value)}", 400, INTEGERS) for value in (
        "9e6ec9996466b0b1", "0x5", "-1", "+5", " 5", "5 ", "1_000", "1.0", "1e3", str(1 << 64), "٣", "５",
        "x", "5\0", "9" * 400,
    )),
    *((f"/search?{BOTH}&maxdifference={quote(value)}", 400, DIFFERENCE) for value in (
        "", "x", "-1", "+1", "1.0", "65", "1000", "1_0", "٣", str(1 << 64),
    )),
    ("/pagesearch", 400, "Missing page_id or page_title parameter"),
    ("/pagesearch?page_title=", 400, "Missing page_id or page_title parameter"),
    ("/pagesearch?page_title=%20_", 400, "Missing page_id or page_title parameter"),
    ("/pagesearch?page_title=File:", 400, "Missing page_id or page_title parameter"),
    ("/pagesearch?page_id=", 400, "Missing page_id or page_title parameter"),
    ("/pagesearch?page_title=Nobody%20has%20this.jpg", 404, "No page found with the provided title"),
    ("/pagesearch?page_title=%00%ff%5B", 404, "No page found with the provided title"),
    ("/pagesearch?page_title=Nobody.jpg&page_id=1", 404, "No page found with the provided title"),
    *((f"/pagesearch?page_id={quote(value)}", 400, "page_id must be integers") for value in (
        "x", "-1", "1.0", "1_0", "٣", str(1 << 63), "1" * 30,
    )),
    ("/pagesearch?page_id=1&maxdifference=x", 400, DIFFERENCE),
    ("/finnasearch", 400, "Missing finna_id parameter"),
    ("/finnasearch?finna_id=", 400, "Missing finna_id parameter"),
    ("/finnasearch?finna_id=a%00b", 400, "finna_id is no id"),
    (f"/finnasearch?finna_id={'a' * 1001}", 400, "finna_id is no id"),
    ("/finnasearch?finna_id=a&maxdifference=x", 400, DIFFERENCE),
    ("/externallinks", 400, "Missing el_to_domain_index and el_to_path"),
    ("/externallinks?el_to_path=abc", 400, "Missing el_to_domain_index"),
    ("/externallinks?el_to_path=abc&el_to_domain_index=", 400, "Missing el_to_domain_index"),
    ("/externallinks?el_to_path=abc&el_to_domain_index=fi", 400, "el_to_domain_index parameter is too short"),
    ("/externallinks?el_to_domain_index=fi.finna", 400, "Missing el_to_path"),
    ("/externallinks?el_to_domain_index=fi.finna&el_to_path=", 400, "Missing el_to_path"),
    ("/externallinks?el_to_domain_index=fi.finna&el_to_path=ab", 400, "el_to_path parameter is too short"),
    (f"/externallinks?el_to_domain_index=fi.finna&el_to_path={'a' * 1001}", 400, "el_to_path parameter is"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "expected"), FOUND)
def test_finds(world: World, path: str, expected: list[int]) -> None:
    world.records.answer = PICTURE
    answer = world.client.get(path)
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert ids(answer.get_json()) == expected
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert CUT not in answer.headers


@pytest.mark.parametrize(("path", "status", "begins"), REFUSED)
def test_refuses(world: World, path: str, status: int, begins: str) -> None:
    answer = world.client.get(path)
    assert answer.status_code == status
    assert list(answer.get_json()) == ["error"]
    assert answer.get_json()["error"].startswith(begins)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    ("trouble", "status", "text"),
    [
        (Trouble.NOT_FOUND, 404, "Finna record not found"),
        (Trouble.NOT_ONE, 404, "Multiple Finna records found"),
        (Trouble.NO_PICTURE, 404, "Finna record has no image"),
        (Trouble.BROKEN, 502, "Finna's answer cannot be used"),
        (Trouble.SLOW, 504, "Finna did not answer in time"),
    ],
)
def test_finnas_troubles(world: World, trouble: Trouble, status: int, text: str) -> None:
    world.records.answer = NoPicture(trouble)
    answer = world.client.get("/finnasearch?finna_id=a")
    assert (answer.status_code, answer.get_json()) == (status, {"error": text})


def test_a_picture_of_finnas_that_is_none(world: World) -> None:
    world.records.answer = b"no picture"
    assert world.client.get("/finnasearch?finna_id=a").status_code == 502


def test_a_flat_picture_of_finnas_is_like_nothing(world: World) -> None:
    world.records.answer = PICTURE
    known = world.pictures.fingerprint_of
    world.pictures.fingerprint_of = Fingerprint(P, D, 0, 0, low_information=True)
    try:
        assert world.client.get("/finnasearch?finna_id=a").get_json() == []
    finally:
        world.pictures.fingerprint_of = known


def test_the_answer_is_written_as_before(world: World) -> None:
    """§2.3: an array, indented by four, of three keys; the title has its namespace and underscores."""
    answer = world.client.get(f"/search?phash={MAX}&dhash={1 << 63}")
    name = TITLES[20].replace(" ", "_")
    expected = {
        "page_id": 20,
        "page_title": f"File:{name}",
        "thumbnail": f"https://commons.wikimedia.org/wiki/Special:Redirect/file/{quote(name)}?width=250",
    }
    assert answer.get_json() == [expected]
    assert answer.text == json.dumps([expected], indent=4, sort_keys=True)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        (f"/search?{BOTH}&debug", True),
        (f"/search?{BOTH}&debug=0", True),
        ("/pagesearch?page_id=1&debug=", True),
        ("/finnasearch?finna_id=a&debug=1", True),
        (f"/externallinks?{LINK}&debug=1", True),
        (f"/externallinks?{LINK}&debug=", False),
        (f"/search?{BOTH}", False),
    ],
)
def test_debug_adds_growing_seconds(world: World, path: str, told: bool) -> None:
    world.records.answer = PICTURE
    answer = world.client.get(path).get_json()
    assert [isinstance(one, list) for one in answer] == [False] * (len(answer) - told) + [True] * told
    if told:
        assert answer[-1] == sorted(answer[-1])
        assert all(isinstance(second, float) for second in answer[-1])


def test_the_order_is_that_of_page_ids(world: World) -> None:
    assert ids(world.client.get("/pagesearch?page_id=5").get_json()) == [1, 2, 5]


def test_a_new_file_is_found_by_the_next_question(tmp_path: Path) -> None:
    with served(tmp_path) as world:
        for number in range(100, 105):
            world.put(number, P, D)
            assert ids(world.client.get(f"/search?{BOTH}").get_json())[-1] == number
        world.store.drop_pages([102])
        assert ids(world.client.get(f"/search?{BOTH}").get_json()) == [*AGREEING, 100, 101, 103, 104]
        world.put(1, apart(P, 30), apart(D, 30), TITLES[1])
        assert 1 not in ids(world.client.get(f"/search?{BOTH}").get_json())


def test_an_answer_that_is_cut_says_so(tmp_path: Path) -> None:
    with served(tmp_path) as world:
        for number in range(100, 250):
            world.put(number, P, D)
        for path in (f"/search?{BOTH}", "/pagesearch?page_id=240"):
            answer = world.client.get(path)
            assert len(answer.get_json()) == 100
            assert answer.headers[CUT] == "100"
            assert CUT in answer.headers["Access-Control-Expose-Headers"]
        assert 240 in ids(world.client.get("/pagesearch?page_id=240").get_json())


def test_the_table_of_all_hashes(tmp_path: Path) -> None:
    path = "/static/commons_finna_imagehashes.json.gz"
    rows = [{"commons": 1, "phash": P, "dhash": D}]
    (tmp_path / "dump").write_bytes(gzip.compress(json.dumps(rows).encode()))
    settings = WebSettings(requests_per_minute=1_000, dump_file=str(tmp_path / "dump"))
    with served(tmp_path, settings=settings) as world:
        answer = world.client.get(path)
        assert json.loads(gzip.decompress(answer.data)) == rows
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
    (tmp_path / "other").mkdir()
    with served(tmp_path / "other", settings=replace(settings, dump_file="")) as world:
        assert world.client.get(path).status_code == 404


def test_without_a_replica_links_are_not_searched(tmp_path: Path) -> None:
    with served(tmp_path, links=False) as world:
        assert world.client.get(f"/externallinks?{LINK}").status_code == 404
        assert world.client.get("/externallinks").status_code == 400


def test_too_many_requests_are_refused_with_a_time(tmp_path: Path) -> None:
    now = [0.0]
    with served(tmp_path, limiter=Limiter(10, clock=lambda: now[0])) as world:
        statuses = [world.client.get(f"/search?{BOTH}").status_code for _ in range(12)]
        assert statuses == [200] * 10 + [429] * 2
        answer = world.client.get(f"/search?{BOTH}")
        assert list(answer.get_json()) == ["error"]
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        now[0] += int(answer.headers["Retry-After"])
        assert world.client.get(f"/search?{BOTH}").status_code == 200
        assert world.client.get("/healthz").status_code == 200


def test_every_row_is_counted(counted: Counted) -> None:
    counted("W1", len(FOUND) + len(REFUSED), "rows of the conformance table")
    assert len(HASHES) == 9
