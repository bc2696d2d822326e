"""The own routes: what they find, what they refuse, and that the OpenAPI document tells all of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from jsonschema import Draft202012Validator

from faebot_hash.fingerprint import to_hex
from faebot_hash.web.openapi import document
from tests.counting import Counted
from tests.web_world import FAMILY, FLAT, HASHES, PICTURE, TITLES, UNHASHED, D, P, World, served

NEAR = "/api/v1/near"
BOTH = f"phash={to_hex(P)}&dhash={to_hex(D)}"
BULK = {"queries": [{"phash": to_hex(P), "dhash": to_hex(D)}]}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with served(tmp_path_factory.mktemp("web")) as one:
        yield one


def found(answer: Any) -> list[tuple[int, int | None, int | None]]:
    return [(one["page_id"], one["phash_bits"], one["dhash_bits"]) for one in answer["matches"]]


def by_brute_force(
    phash: int | None, dhash: int | None, bits: tuple[int | None, int | None], both: bool
) -> list[tuple[int, int | None, int | None]]:
    """Find the pages above by comparing with each."""
    rows = []
    for number, (one, other) in HASHES.items():
        distances = (
            None if phash is None else (one ^ phash).bit_count(),
            None if dhash is None else (other ^ dhash).bit_count(),
        )
        near = [d <= b for d, b in zip(distances, bits, strict=True) if d is not None and b is not None]
        if all(near) if both else any(near):
            rows.append((number, *distances))
    return sorted(rows, key=lambda row: (sum(d or 0 for d in row[1:]), row[0]))


@pytest.mark.parametrize("bits", range(13))
@pytest.mark.parametrize("match", ["both", "either"])
def test_finds_what_comparing_with_each_finds(world: World, bits: int, match: str) -> None:
    path = f"{NEAR}?{BOTH}&phash_bits={bits}&dhash_bits={12 - bits}&match={match}"
    expected = by_brute_force(P, D, (bits, 12 - bits), match == "both")
    answer = world.client.get(path).get_json()
    assert found(answer) == expected
    assert answer["more"] is False


def test_one_hash_is_enough_and_may_be_decimal(world: World) -> None:
    for question in (f"phash={to_hex(P)}", f"phash_dec={P}", f"phash={to_hex(P).upper()}"):
        answer = world.client.get(f"{NEAR}?{question}&phash_bits=2").get_json()
        assert found(answer) == by_brute_force(P, None, (2, None), False)
        assert answer["query"] == {"phash": to_hex(P)}
    answer = world.client.get(f"{NEAR}?dhash_dec={D}&dhash_bits=0").get_json()
    assert found(answer) == by_brute_force(None, D, (None, 0), False)


def test_the_answer_tells_basis_tolerance_and_addresses(world: World) -> None:
    answer = world.client.get(f"{NEAR}?{BOTH}&limit=1").get_json()
    assert answer["tolerance"] == {"phash_bits": 6, "dhash_bits": 6, "match": "both"}
    assert (answer["basis"]["source"], answer["basis"]["thumb_width_px"]) == ("thumbnail", 120)
    assert answer["more"] is True
    (match,) = answer["matches"]
    name = quote(TITLES[1].replace(" ", "_"))
    assert match["title"] == TITLES[1]
    assert match["url"] == f"https://commons.wikimedia.org/wiki/File:{name}"


def test_an_indexed_page_finds_the_others(world: World) -> None:
    expected = [one for one in by_brute_force(P, D, (6, 6), True) if one[0] != 1]
    for question in ("page_id=1", f"title={quote(TITLES[1])}", f"title=file:{quote(TITLES[1])}"):
        answer = world.client.get(f"{NEAR}/page?{question}").get_json()
        assert found(answer) == expected
        assert (answer["query"]["page_id"], answer["query"]["title"]) == (1, TITLES[1])
    answer = world.client.get(f"{NEAR}/page?page_id=1&limit=2").get_json()
    assert (found(answer), answer["more"]) == (expected[:2], True)


def test_a_flat_file_says_so_and_finds_nothing(world: World) -> None:
    answer = world.client.get(f"{NEAR}/page?page_id={FLAT}").get_json()
    assert (answer["query"]["low_information"], answer["matches"]) == (True, [])


def test_a_picture_that_is_sent_is_hashed(world: World) -> None:
    answer = world.client.post(f"{NEAR}/picture?phash_bits=0", data=PICTURE, content_type="image/jpeg")
    assert answer.get_json()["query"] == {"phash": to_hex(P), "dhash": to_hex(D), "low_information": False}
    assert found(answer.get_json()) == by_brute_force(P, D, (0, None), False)
    assert world.pictures.seen[-1] == PICTURE


def test_many_hashes_at_once(world: World) -> None:
    queries = [{"id": f"q{n}", "phash_dec": str(P ^ n), "dhash": to_hex(D)} for n in range(500)]
    answer = world.client.post(f"{NEAR}/bulk", json={"queries": queries, "phash_bits": 3, "dhash_bits": 0})
    told = answer.get_json()["answers"]
    assert [one["query"]["id"] for one in told] == [f"q{n}" for n in range(500)]
    for n in (0, 1, 7, 255, 499):
        assert found(told[n]) == by_brute_force(P ^ n, D, (3, 0), True)[:10]


HEX = "0" * 16
WRONG: list[tuple[str, str, dict[str, Any], int]] = [
    ("GET", NEAR, {}, 400),
    *(("GET", f"{NEAR}?{question}", {}, 400) for question in (
        "phash=", "phash=5", f"phash={HEX}0", f"phash={HEX[1:]}g", f"phash=0x{HEX[2:]}", f"phash=+{HEX[1:]}",
        f"phash={quote('０' * 16)}", "phash_dec=-1", "phash_dec=1_0", f"phash_dec={1 << 64}", "phash_dec=",
        f"phash={HEX}&phash_dec=0", f"phash={HEX}&phash={HEX}", f"phash={HEX}&phash_bits=13",
        f"phash={HEX}&phash_bits=-1", f"phash={HEX}&phash_bits=", f"phash={HEX}&phash_bits=1.0",
        f"phash={HEX}&dhash_bits=1", f"phash={HEX}&match=both", f"{BOTH}&match=all", f"{BOTH}&match=",
        f"{BOTH}&phash_bits=1&match=both", f"{BOTH}&limit=0", f"{BOTH}&limit=101", f"{BOTH}&limit=x",
        f"{BOTH}&unknown=1", f"{BOTH}&maxdifference=3", f"phash_bits={quote('٣')}&{BOTH}",
    )),
    *(("GET", f"{NEAR}/page?{question}", {}, 400) for question in (
        "", "page_id=1&title=A.jpg", "page_id=0", "page_id=-1", "page_id=x", f"page_id={1 << 63}", "title=",
        "title=File:", "title=a%5Bb", "title=%00", "title=%ff", f"title={'a' * 256}", "page_id=1&phash=5",
        "page_id=999&phash_bits=13",
    )),
    ("GET", f"{NEAR}/page?page_id=999", {}, 404),
    ("GET", f"{NEAR}/page?title=Nobody.jpg", {}, 404),
    ("GET", f"{NEAR}/page?page_id={UNHASHED}", {}, 404),
    ("POST", f"{NEAR}/picture", {"data": b"", "content_type": "image/png"}, 400),
    ("POST", f"{NEAR}/picture", {"data": b"none", "content_type": "image/png"}, 422),
    ("POST", f"{NEAR}/picture", {"data": PICTURE, "content_type": "text/plain"}, 415),
    ("POST", f"{NEAR}/picture", {"data": PICTURE}, 415),
    ("POST", f"{NEAR}/picture", {"data": b"x" * 12_000_001, "content_type": "image/png"}, 413),
    ("POST", f"{NEAR}/picture?x=1", {"data": PICTURE, "content_type": "image/png"}, 400),
    ("POST", f"{NEAR}/picture?limit=0", {"data": PICTURE, "content_type": "image/png"}, 400),
    ("POST", f"{NEAR}/bulk", {"data": "{}"}, 415),
    ("POST", f"{NEAR}/bulk", {"data": " " * 200_001, "content_type": "application/json"}, 413),
    ("POST", f"{NEAR}/bulk?x=1", {"json": BULK}, 400),
    *(("POST", f"{NEAR}/bulk", {"data": data, "content_type": "application/json"}, 400) for data in (
        "", "{", "[]", "1", "null", b"\xff\xfe", "[" * 100_000, '{"queries": NaN}',
    )),
    *(("POST", f"{NEAR}/bulk", {"json": body}, 400) for body in (
        {}, {"queries": []}, {"queries": 1}, {"queries": [1]}, {"queries": [{}]}, {"queries": [{"phash": 5}]},
        {"queries": [{"phash": "5"}]}, {"queries": [{"phash": HEX, "x": 1}]}, {**BULK, "x": 1},
        {"queries": [{"phash": HEX}] * 501}, {"queries": [{"phash": HEX}, {"dhash": HEX}]},
        {"queries": [{"phash": HEX, "id": 5}]}, {"queries": [{"phash": HEX, "id": "a" * 256}]},
        {**BULK, "phash_bits": 13}, {**BULK, "phash_bits": True}, {**BULK, "phash_bits": 1.0},
        {**BULK, "match": []}, {**BULK, "match": "all"}, {**BULK, "limit": 11}, {**BULK, "limit": 0},
    )),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "given", "status"), WRONG)
def test_refuses(world: World, method: str, path: str, given: dict[str, Any], status: int) -> None:
    answer = world.client.open(path, method=method, **given)
    assert answer.status_code == status
    assert list(answer.get_json()) == ["error"]
    assert answer.get_json()["error"]


def test_health_tells_size_age_and_queue(world: World) -> None:
    told = world.client.get("/healthz").get_json()
    assert told["status"] == "ok"
    assert told["index"]["files"] == len(HASHES)
    assert 0 <= told["index"]["age_s"] < 600
    assert told["queue"] == {"failures_due": 0}


# The document


def documented() -> set[tuple[str, str]]:
    return {(path, method) for path, methods in document()["paths"].items() for method in methods}


def test_the_document_is_openapi_with_valid_schemas(world: World) -> None:
    described = document()
    assert described["openapi"] == "3.1.0"
    assert world.client.get("/api/v1/openapi.json").get_json() == described
    for schema in described["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    shapes = set(described["components"]["schemas"])
    assert set(re.findall(r"#/components/schemas/(\w+)", str(described))) == shapes
    ids = [(path, one["name"]) for path, methods in described["paths"].items()
           for operation in methods.values() for one in operation["parameters"]]  # fmt: skip
    assert len(ids) == len(set(ids))


def test_the_document_has_every_route_and_no_other(world: World) -> None:
    elsewhere = {"documentation", "pages", "review", "login", None}
    routes = {
        (rule.rule.replace("<", "{").replace(">", "}"), method.lower())
        for rule in world.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if (rule.endpoint.rpartition(".")[0] or None) not in elsewhere
    }
    assert routes == documented()


def test_each_route_reads_the_documented_parameters_and_no_others(world: World) -> None:
    """A parameter that is asked for is one that the code looks up, by the names it uses."""
    read = {
        "/search": {"dhash", "phash", "maxdifference", "debug"},
        "/pagesearch": {"page_id", "page_title", "maxdifference", "debug"},
        "/finnasearch": {"finna_id", "maxdifference", "debug"},
        "/externallinks": {"el_to_domain_index", "el_to_path", "debug"},
    }
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            names = {one["name"] for one in operation["parameters"] if one["in"] == "query"}
            if path in read:
                assert names == read[path]
            elif path.startswith("/api/"):
                place = path.replace("{key}", FAMILY.key)
                answer = world.client.open(f"{place}?surely_unknown=1", method=method)
                told = answer.get_json()["error"].rpartition("known are ")[2]
                assert names == set(filter(None, told.split(", "))) - {"surely_unknown"}


class Loaded(HTMLParser):
    """Collects the elements of a page and what it loads."""

    def __init__(self) -> None:
        super().__init__()
        self.sources: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        names = {"src", "srcset", "action", "data"} | ({"href"} if tag == "link" else set())
        self.sources += [value or "" for name, value in attrs if name in names or name.startswith("on")]


def test_the_page_for_people_needs_nothing_from_elsewhere(world: World) -> None:
    answer = world.client.get("/api/v1/")
    assert answer.mimetype == "text/html"
    page = Loaded()
    page.feed(answer.text)
    assert page.sources == ["/static/faebot.css", "/static/faebot.svg"]
    assert not {"script", "style", "iframe"} & set(page.tags)
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert "Access-Control-Allow-Origin" not in answer.headers
    for path, _ in documented():
        assert f"<code>GET {path}" in answer.text or f"<code>POST {path}" in answer.text


EVERYWHERE = ("/search", "/api/v1/near", "/api/v1/", "/healthz", "/nowhere", "/static/faebot.css")


@pytest.mark.parametrize("path", EVERYWHERE)
def test_every_answer_is_protected(world: World, path: str) -> None:
    headers = world.client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "Set-Cookie" not in headers


@pytest.mark.parametrize("path", ["/search", "/api/v1/near", "/api/v1/near/bulk", "/api/v1/near/picture"])
def test_a_browser_may_ask_from_elsewhere(world: World, path: str) -> None:
    headers = world.client.options(path, headers={"Origin": "https://example.org"}).headers
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Access-Control-Allow-Headers"] == "Content-Type"
    assert "Access-Control-Allow-Credentials" not in headers


@pytest.mark.parametrize("path", ["/search", "/api/v1/near", "/healthz"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_other_methods_are_refused(world: World, path: str, method: str) -> None:
    answer = world.client.open(path, method=method)
    assert (answer.status_code, list(answer.get_json())) == (405, ["error"])
    assert "GET" in answer.headers["Allow"]


def test_reading_never_writes(tmp_path: Path, counted: Counted) -> None:
    with served(tmp_path) as world:
        world.client.get("/healthz")
        # The log beside it is the database's too.
        files = sorted(one for one in tmp_path.glob("web.sqlite*") if not one.name.endswith("-shm"))
        before = [one.read_bytes() for one in files]
        asked = 0
        for path, method in sorted(documented()):
            for question in ("", f"?{BOTH}", f"?phash={P}&dhash={D}", "?page_id=1", "?finna_id=a"):
                place = path.replace("{key}", FAMILY.key)
                world.client.open(f"{place}{question}", method=method, data=PICTURE, content_type="image/png")
                asked += 1
        assert [one.read_bytes() for one in files] == before
        counted("W9", asked, "requests that leave the database as it was")
