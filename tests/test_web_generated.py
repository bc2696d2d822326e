"""No request gives a 5xx, an undocumented status or another shape, and no wrong value passes (promise W1).

Requests are generated from the OpenAPI document: right values, wrong ones that the document forbids, values
that are hostile, parameters that are missing, doubled or unknown, and other methods.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, quote_from_bytes

import pytest
from jsonschema import Draft202012Validator

from faebot_hash.web.headers import OPEN
from faebot_hash.web.limiter import Limiter
from faebot_hash.web.openapi import document
from tests.counting import Counted
from tests.pictures import LONG
from tests.seeds import FRESH_SEED
from tests.web_world import FAMILY, PICTURE, TITLES, World, served

REQUESTS = 20_000 if LONG else 2_000
SEEDS = (1, FRESH_SEED)
HOSTILE = (
    "", " ", "\0", "%", "%%", "_", "'", '"', "' OR 1=1 --", "1;DROP TABLE page", "<script>alert(1)</script>",
    "../../etc/passwd", "{{7*7}}", "%s%n", "\r\nX: y", "٣", "５", "−1", "+5", "-5", "1_000", "1e9", "0x10",
    "NaN", "Infinity", "null", "true", "[]", "{}", str(1 << 63), str(1 << 64), str(1 << 65), "9" * 5_000,
    "a" * 3_000, "\U0001f600", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "é" * 200,
)  # fmt: skip
RIGHT = {
    "phash": ["9e6ec9996466b0b1", "0" * 16, "F" * 16], "dhash": ["71694d654c586169", "0" * 16],
    "phash_dec": ["0", str((1 << 64) - 1)], "dhash_dec": ["0", "8171"],
    "page_id": ["1", "20", "999"], "title": list(TITLES.values()), "page_title": list(TITLES.values()),
    "finna_id": ["museovirasto.5", "a"], "el_to_domain_index": ["fi.finna", "%"], "el_to_path": ["a_b%c"],
    "debug": ["", "1"], "match": ["either"], "limit": ["1", "100"], "phash_bits": ["0", "12"],
    "dhash_bits": ["0", "12"], "maxdifference": ["0", "3", "64"],
    "key": [FAMILY.key, "0" * 64], "after": [FAMILY.key, "0" * 64], "unjudged": ["yes", "no"],
    "sha1": [f"{1:040x}", "f" * 40],
}  # fmt: skip
NUMBERS = {"phash": ["0", str((1 << 64) - 1)], "dhash": ["5"]}
"""The compatible routes take decimal hashes under the same names."""
WRONG = {
    "phash": ["g" * 16, "0" * 15, "-1", "+1", "1.0", str(1 << 64), "1_0"],
    "dhash": ["0" * 17, "x", " 1", str(1 << 64), "٣"],
    "phash_dec": ["-1", str(1 << 64), "0x5", "", "1_0"], "dhash_dec": ["x", "+1", "５"],
    "page_id": ["-1", "x", "1.5", str(1 << 63), "٣"], "match": ["all", "", "BOTH"],
    "limit": ["0", "101", "x", "-1", ""], "phash_bits": ["13", "-1", "x", "1.0", ""],
    "dhash_bits": ["13", "65", "٣"], "maxdifference": ["65", "-1", "x", "", "1_0", "5\0"],
    "after": ["", "0" * 63, "F" * 64, "x"], "unjudged": ["", "YES", "1"],
    "sha1": ["", "0" * 41, "F" * 40, "%"],
}  # fmt: skip
NO_NUMBERS = {
    "phash": ["g" * 16, "9e6ec9996466b0b1", "-1", "+1", "1.0", str(1 << 64), "1_0"],
    "dhash": ["0x5", "x", " 1", str(1 << 64), "٣", "0" * 21],
}
COMPATIBLE = ("/search", "/pagesearch", "/finnasearch", "/externallinks")
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "PROPFIND", "X")


class Generator:
    """Makes requests for one route after the other; tells which of them hold a value that is wrong."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.described = document()

    def request(self) -> tuple[str, str, str, str, dict[str, Any], bool]:
        """Give method, documented path, path, query, body, and whether it must be refused."""
        path = self.chance.choice(sorted(self.described["paths"]))
        ((own, operation),) = self.described["paths"][path].items()
        method = own.upper() if self.chance.random() < 0.9 else self.chance.choice(METHODS)
        pairs, wrong = self._parameters(path, operation["parameters"])
        query = "&".join(f"{quote(name)}={self._escaped(value)}" for name, value in pairs)
        key = self.chance.choice(HOSTILE if self.chance.random() < 0.2 else RIGHT["key"])
        place = path.replace("{key}", quote(key.replace("/", "").strip(".") or "-", safe=""))
        return method, path, place, query, self._body(operation), wrong

    def _escaped(self, value: str) -> str:
        if self.chance.random() < 0.02:
            return quote_from_bytes(self.chance.randbytes(self.chance.randrange(1, 9)))
        return quote(value)

    def _parameters(self, path: str, told: list[dict[str, Any]]) -> tuple[list[tuple[str, str]], bool]:
        pairs: list[tuple[str, str]] = []
        wrong = False
        for one in told:
            name, kind = one["name"], self.chance.random()
            if one["in"] == "path" or kind < (0.1 if one["required"] else 0.4):
                continue
            decimal = path in COMPATIBLE and name in NUMBERS
            right, no = (NUMBERS, NO_NUMBERS) if decimal else (RIGHT, WRONG)
            if kind < 0.9 or name not in WRONG:
                pool = HOSTILE if self.chance.random() < 0.1 else right[name]
                pairs.append((name, self.chance.choice(pool)))
            else:
                pairs.append((name, self.chance.choice(no[name])))
                # A title counts alone, and what a limit of the own routes allows others do not know.
                wrong |= not (name == "page_id" and path == "/pagesearch")
            if self.chance.random() < 0.03:
                pairs.append((name, self.chance.choice(right[name])))
                wrong |= path not in COMPATIBLE
        if self.chance.random() < 0.1:
            pairs.append((self.chance.choice(["x", "__proto__", "phash[]", "é"]), "1"))
            wrong |= path.startswith("/api/")
        return pairs, wrong

    def _body(self, operation: dict[str, Any]) -> dict[str, Any]:
        if "requestBody" not in operation or self.chance.random() < 0.05:
            return {}
        kinds = [*operation["requestBody"]["content"], "text/plain", "multipart/form-data; boundary=x"]
        return {"data": self._bytes(), "content_type": self.chance.choice(kinds)}

    def _bytes(self) -> bytes:
        if self.chance.random() < 0.3:
            return self.chance.choice([PICTURE, b"", b"{", b"[]", b"\xff", b"--x\r\n", b"GIF89a"])
        body = {name: self._json() for name in ("queries", "match", "limit") if self.chance.random() < 0.5}
        if self.chance.random() < 0.7:
            hashes = [{"phash": self.chance.choice(RIGHT["phash"])} for _ in range(self.chance.randrange(4))]
            body["queries"] = hashes
        return json.dumps(body).encode()

    def _json(self) -> object:
        return self.chance.choice([None, True, 0, -1, 1.5, 1 << 70, "", "both", "x", [], {}, [1], [{}], [[]]])


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with served(tmp_path_factory.mktemp("web"), limiter=Limiter(1_000_000_000)) as one:
        yield one


@pytest.fixture(scope="module")
def validators() -> dict[str, Draft202012Validator]:
    described = document()
    components = {"components": described["components"]}
    return {
        name: Draft202012Validator({"$ref": f"#/components/schemas/{name}", **components})
        for name in described["components"]["schemas"]
    }


@pytest.mark.parametrize("seed", SEEDS, ids=["fixed", "fresh"])
def test_generated_requests_keep_to_the_document(
    world: World, validators: dict[str, Draft202012Validator], seed: int, counted: Counted
) -> None:
    print(f"seed {seed}")
    generator, statuses, refused = Generator(seed), Counter[int](), 0
    for _ in range(REQUESTS // len(SEEDS)):
        method, path, place, query, body, wrong = generator.request()
        answer = world.client.open(f"{place}?{query}", method=method, **body)
        said = f"{method} {place}?{query} {str(body)[:300]}: {answer.status_code} {answer.text[:200]}"
        operations = generator.described["paths"][path]
        statuses[answer.status_code] += 1
        assert answer.status_code < 500, said
        if method.lower() not in operations and method not in ("HEAD", "OPTIONS"):
            assert answer.status_code == 405, said
            assert list(answer.get_json()) == ["error"], said
        elif method.lower() in operations:
            responses = operations[method.lower()]["responses"]
            assert str(answer.status_code) in responses, said
            schema = responses[str(answer.status_code)]["content"]["application/json"]["schema"]
            validators[schema["$ref"].rpartition("/")[2]].validate(answer.get_json())
            if wrong and path != "/static/commons_finna_imagehashes.json.gz":
                refused += 1
                # A title that nobody has is told first, and so is a body that is none.
                first = {404} if path == "/pagesearch" else {413, 415, 422} if method == "POST" else set()
                assert answer.status_code in {400} | first, said
                assert list(answer.get_json()) == ["error"], said
    print(dict(statuses))
    assert {200, 400, 404, 405} <= statuses.keys()
    counted("W1", sum(statuses.values()), "generated requests")
    counted("W1", refused, "generated requests with a wrong value, all refused")


def test_the_generator_reaches_every_status_of_every_route(world: World) -> None:
    """All that it may reach: 413, 429, 502 to 504 have tests of their own."""
    generator, seen = Generator(5), set()
    for _ in range(3_000):
        method, path, place, query, body, _ = generator.request()
        seen.add((path, str(world.client.open(f"{place}?{query}", method=method, **body).status_code)))
    for path, operations in generator.described["paths"].items():
        for operation in operations.values():
            for status in operation["responses"].keys() & {"200", "400", "415", "422"}:
                if (path, status) != ("/static/commons_finna_imagehashes.json.gz", "200"):
                    assert (path, status) in seen, (path, status)
    assert {"compatible", "api", "review_api"} == OPEN
