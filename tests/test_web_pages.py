"""The search's pages: sound as pages, equal to the interface in what they tell, and calm with any title."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from faebot_hash.errors import StoreError
from faebot_hash.fingerprint import to_hex
from faebot_hash.model import Fingerprint
from faebot_hash.web.limiter import Limiter
from faebot_hash.web.media import picture_address, replacement_address, thumbnail_file_address
from faebot_hash.web.names import asked_of
from faebot_hash.web.pages import WITHIN, page_routes
from faebot_hash.web.service import Service
from faebot_hash.web_settings import WebSettings
from tests.counting import Counted
from tests.reading_pages import complaints, read
from tests.search_pages import BY_HASHES, search_pages
from tests.web_world import FLAT, HASHES, PICTURE, TITLES, UNHASHED, D, P, World, apart, served

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
STATIC = Path(__file__).parent.parent / "faebot_hash" / "web" / "static"


def with_pages(service: Service) -> list[Any]:
    """Give the blueprints that are tested here."""
    return [page_routes(service)]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with served(tmp_path_factory.mktemp("pages"), routes=with_pages) as one:
        yield one


def get(client: FlaskClient, path: str) -> TestResponse:
    """Ask as a browser does, and go where one is sent."""
    return client.get(path, headers=BROWSER, follow_redirects=True)


def send(client: FlaskClient, picture: bytes | None = PICTURE, **fields: str) -> TestResponse:
    """Send the form with a picture, as a browser without scripts does."""
    files = {} if picture is None else {"picture": (BytesIO(picture), "bild.jpg", "image/jpeg")}
    return client.post(
        "/picture", data={**fields, **files}, content_type="multipart/form-data", headers=BROWSER
    )


PAGES = [
    "/",
    "/near?page_id=1",
    "/near?page_id=1&within=far&match=either",
    "/near?page_id=20",
    f"/near?page_id={FLAT}",
    f"/near?page_id={UNHASHED}",
    "/near?title=Nobody.jpg",
    BY_HASHES,
    f"/near?phash={to_hex(P)}&of=picture",
    "/near?phash=x",
    "/nowhere",
    "/api/v1/",
]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_sound(world: World, path: str) -> None:
    answer = get(world.client, path)
    assert answer.mimetype == "text/html"
    assert complaints(answer.text) == []
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(
    ("html", "complaint"),
    [
        ("<p>", "no doctype"),
        ('<p style="x">', "p: style"),
        ('<a onclick="x">', "a: onclick"),
        ("<h1></h1><h3></h3>", "h3 after h1"),
        ('<input name="q">', "input q: no label"),
        ('<img src="x">', "img without"),
        ("<script>x</script>", "inline script"),
        ('<p id="a"></p><p id="a"></p>', "id a: 2 times"),
        ("<p></b></p>", "misplaced: </b>"),
        ('<label for="no"></label>', "label: for leads nowhere"),
        ('<a href="javascript:x"></a>', "a: a script as address"),
    ],
)
def test_a_page_that_is_not_would_be_noticed(html: str, complaint: str) -> None:
    assert any(one.startswith(complaint) for one in complaints(html))


def shown(html: str) -> list[tuple[int, dict[str, int]]]:
    """Read the results from a page: page ids and distances by hash, in order."""
    cards = re.findall(r'<li class="card result">(.*?)</li>', html, re.DOTALL)
    found = []
    for card in cards:
        bits = {
            kind: int(far) for kind, far in re.findall(r"<dt>(.Hash)</dt><dd>[a-z ]+, (\d+) bits?</dd>", card)
        }
        number = re.search(r"<dt>Page ID</dt><dd>(\d+)</dd>", card)
        assert number is not None
        found.append((int(number[1]), bits))
    return found


def expected(answer: Any) -> list[tuple[int, dict[str, int]]]:
    """Read the same from the interface's answer."""
    return [
        (
            one["page_id"],
            {
                kind: one[f"{kind.lower()}_bits"]
                for kind in ("pHash", "dHash")
                if one[f"{kind.lower()}_bits"] is not None
            },
        )
        for one in answer["matches"]
    ]


@pytest.mark.parametrize(("within", "match"), list(product(WITHIN, ("both", "either"))))
def test_pages_show_what_the_interface_tells(world: World, within: str, match: str) -> None:
    bits = {"phash_bits": WITHIN[within], "dhash_bits": WITHIN[within], "match": match}
    questions = [("/near", "/page", {"page_id": number}) for number in HASHES]
    questions += [("/near", "/page", {"title": title}) for title in TITLES.values()]
    questions.append(("/near", "", {"phash": to_hex(P), "dhash": to_hex(D)}))
    for page, route, question in questions:
        told = world.client.get(f"/api/v1/near{route}?{urlencode(question | bits)}")
        html = get(world.client, f"{page}?{urlencode(question | {'within': within, 'match': match})}")
        assert html.status_code == told.status_code
        assert shown(html.text) == (expected(told.get_json()) if told.status_code == 200 else [])


@pytest.mark.parametrize("kind", ["phash", "dhash"])
def test_one_hash_is_searched_alone(world: World, kind: str) -> None:
    value = {"phash": P, "dhash": D}[kind]
    told = world.client.get(f"/api/v1/near?{kind}={to_hex(value)}&{kind}_bits=6").get_json()
    for question in (f"{kind}={to_hex(value)}", f"{kind}={value}&written=decimal"):
        assert shown(get(world.client, f"/near?{question}").text) == expected(told) != []


def test_the_page_leads_to_the_same_answer_for_programs(world: World) -> None:
    for path in ("/near?page_id=1&within=far&match=either", BY_HASHES, f"/near?dhash={to_hex(D)}"):
        page = get(world.client, path)
        (address,) = (
            one["href"] for one in read(page.text).all("a") if one["href"].startswith("/api/v1/near")
        )
        assert shown(page.text) == expected(world.client.get(address).get_json()) != []


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("1", "/near?page_id=1"),
        ("File:A_b.jpg", "/near?title=A+b.jpg"),
        (" https://commons.wikimedia.org/wiki/File:A%26b.jpg ", "/near?title=A%26b.jpg"),
        ("[[File:Å.jpg|thumb|left]]", "/near?title=%C3%85.jpg"),
    ],
)
def test_a_question_is_shared_at_one_short_address(world: World, typed: str, address: str) -> None:
    form = {"q": typed, "within": "near", "match": "both"}
    answer = world.client.get(f"/near?{urlencode(form)}")
    assert (answer.status_code, answer.location) == (302, address)
    assert "Location" not in world.client.get(address).headers
    both = {"phash": str(P), "dhash": "", "written": "decimal", "within": "equal", "match": "both"}
    assert world.client.get(f"/near?{urlencode(both)}").location == f"/near?phash={to_hex(P)}&within=equal"


FILE_PAGE = "https://commons.wikimedia.org/wiki/File:"
ASKED: list[tuple[str, int | str]] = [
    ("74155612", 74155612),
    ("a b.jpg", "A b.jpg"),
    (f"{FILE_PAGE}A_b.jpg", "A b.jpg"),
    ("commons.wikimedia.org/wiki/File:A_b.jpg", "A b.jpg"),
    ("//commons.m.wikimedia.org/wiki/File:A_b.jpg?uselang=fi#filelinks", "A b.jpg"),
    (f"{FILE_PAGE}100%25_%2B%C3%A4%3F.jpg", "100% +ä?.jpg"),
    ("https://commons.wikimedia.org/w/index.php?title=File:A_b.jpg&action=history", "A b.jpg"),
    ("https://commons.wikimedia.org/w/index.php?curid=55", 55),
    ("https://commons.wikimedia.org/?curid=55", 55),
    ("https://en.wikipedia.org/wiki/Moon#/media/File:A_%26_b.jpg", "A & b.jpg"),
    ("https://commons.wikimedia.org/wiki/Special:Redirect/file/A_b.jpg?width=250", "A b.jpg"),
    ("https://commons.wikimedia.org/wiki/Special:FilePath/A_b.jpg", "A b.jpg"),
    ("https://upload.wikimedia.org/wikipedia/commons/e/e1/A_b.jpg", "A b.jpg"),
    (
        "https://upload.wikimedia.org/wikipedia/commons/thumb/e/e1/A_b.tif/lossy-page1-120px-A_b.tif.jpg?x=1",
        "A b.tif",
    ),
    ("https://upload.wikimedia.org/wikipedia/commons/archive/e/e1/20200102030405!A_b.jpg", "A b.jpg"),
    ("[[:File:A b.jpg]]", "A b.jpg"),
    ("[[File:A b.jpg|thumb|x]]", "A b.jpg"),
    ("https://example.org/", ""),
    ("http://[::1", ""),
    ("", ""),
]


@pytest.mark.parametrize(("text", "asked"), ASKED)
def test_what_people_paste_names_a_file(text: str, asked: int | str) -> None:
    assert asked_of(text) == asked


MEDIA = "https://upload.wikimedia.org/wikipedia/commons"
LONG = "x" * 157 + ".JPG"


@pytest.mark.parametrize(
    ("title", "path"),
    [
        ("Wikimedia Hackathon Amsterdam 2013.svg", "9/90/{}/250px-{}.png"),
        ("FullMoon2010.jpg", "e/e1/{}/250px-{}"),
        ("A b.tif", "{h}/{}/lossy-page1-250px-{}.jpg"),
        ("A.TIFF", "{h}/{}/lossy-page1-250px-{}.jpg"),
        ("A.webp", "{h}/{}/250px-{}.png"),
        ("A.pdf", "{h}/{}/page1-250px-{}.jpg"),
        ("Ä & ?+%.PNG", "{h}/{}/250px-{}"),
        (LONG, "{h}/{}/250px-thumbnail.jpg"),
        (LONG[1:], "{h}/{}/250px-{}"),
    ],
)
def test_thumbnails_lie_where_mediawiki_puts_them(title: str, path: str) -> None:
    name = title.replace(" ", "_")
    digest = hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()
    quoted = quote(name, safe="")
    told = path.format(quoted, quoted, h=f"{digest[0]}/{digest[:2]}")
    assert thumbnail_file_address(MEDIA, title) == f"{MEDIA}/thumb/{told}"
    assert picture_address(MEDIA, title) == f"{MEDIA}/{told.rpartition('/')[0]}"


def test_a_small_file_is_shown_itself_where_browsers_can() -> None:
    assert replacement_address(MEDIA, "A.jpg") == picture_address(MEDIA, "A.jpg")
    assert replacement_address(MEDIA, "A.tif") == thumbnail_file_address(MEDIA, "A.tif", 120)


def test_pictures_and_links_lead_to_the_wiki_that_is_set(tmp_path: Path) -> None:
    settings = WebSettings(wiki_url="http://127.0.0.1:1", media_url="http://127.0.0.1:2/media")
    with served(tmp_path, settings=settings, routes=with_pages) as one:
        page = read(get(one.client, "/near?page_id=1").text)
    sources = [image["src"] for image in page.all("img")]
    assert sources
    assert all(source.startswith("http://127.0.0.1:2/media/thumb/") for source in sources)
    assert any(link["href"].startswith("http://127.0.0.1:1/wiki/File:") for link in page.all("a"))


HOSTILE = [
    '" onerror="alert(1)" x=".jpg',
    "' onmouseover='alert(1).jpg",
    "\"';--&amp.jpg",
    "&lt;script&gt;alert(1)&lt;/script&gt;.jpg",
    "javascript:alert(1).jpg",
    "A`b$(x)$y\\n^~*!.jpg",
    "שלום عالم 100% «x».jpg",
    "😀 é́ ﷽.jpg",
    "%.jpg",
    "a=b&c=d;e+f?g.jpg",
    "--›%›.jpg",
]
"""Titles that MediaWiki allows, or nearly: it refuses < > [ ] { } | # itself."""


@pytest.mark.parametrize("title", HOSTILE)
def test_no_title_changes_a_page(title: str, tmp_path: Path, counted: Counted) -> None:
    with served(tmp_path, routes=with_pages) as one:
        pages = {}
        for told in ("Plain.jpg", title[0].upper() + title[1:]):
            one.put(700, P, apart(D, 1), told)
            answers = [get(one.client, path) for path in search_pages(told, 700)]
            pages[told] = answers
            assert [complaints(answer.text) for answer in answers] == [[]] * len(answers)
        plain, hostile = pages.values()
        for before, after in zip(plain, hostile, strict=True):
            assert (before.status_code, before.mimetype) == (after.status_code, after.mimetype)
            assert read(before.text).shape == read(after.text).shape
        assert told in read(hostile[1].text).text


@pytest.mark.parametrize(
    ("path", "status", "title"),
    [
        ("/near?phash=x", 400, "That cannot be answered"),
        ("/near?phash=-5&written=decimal", 400, "That cannot be answered"),
        ("/near?page_id=1&within=all", 400, "That cannot be answered"),
        ("/near?page_id=1&match=all", 400, "That cannot be answered"),
        ("/near?page_id=1&title=A.jpg", 400, "That cannot be answered"),
        ("/near?page_id=1&phash=5", 400, "That cannot be answered"),
        ("/near?page_id=0", 400, "That cannot be answered"),
        ("/near?title=a%5Bb", 400, "That cannot be answered"),
        ("/near?q=%5B%5D", 400, "That cannot be answered"),
        (f"/near?q={to_hex(P)}", 400, "That cannot be answered"),
        ("/near?page_id=999", 404, "Not in the index"),
        ("/near?title=Nobody.jpg", 404, "Not in the index"),
        (f"/near?page_id={UNHASHED}", 404, "Not in the index"),
        ("/nowhere", 404, "Not found"),
    ],
)
def test_refusals_are_pages(world: World, path: str, status: int, title: str) -> None:
    answer = get(world.client, path)
    assert (answer.status_code, answer.mimetype) == (status, "text/html")
    assert f"<h1>{title}</h1>" in answer.text
    assert complaints(answer.text) == []


@pytest.mark.parametrize("path", ["/search", "/api/v1/near", "/api/v1/near/page?page_id=999", "/pagesearch"])
def test_interfaces_answer_browsers_in_json(world: World, path: str) -> None:
    assert list(get(world.client, path).get_json()) == ["error"]


def test_an_unknown_path_answers_as_the_client_reads(world: World) -> None:
    for accept, mimetype in [
        ("", "application/json"),
        ("*/*", "application/json"),
        (BROWSER["Accept"], "text/html"),
    ]:
        answer = world.client.get("/nowhere", headers={"Accept": accept})
        assert (answer.status_code, answer.mimetype) == (404, mimetype)
        assert "Accept" in answer.headers["Vary"]


def test_a_picture_leads_to_an_address_without_it(world: World) -> None:
    answer = send(world.client, within="equal", match="either")
    assert answer.status_code == 303
    assert (
        answer.location == f"/near?phash={to_hex(P)}&dhash={to_hex(D)}&within=equal&match=either&of=picture"
    )
    assert world.pictures.seen[-1] == PICTURE
    page = get(world.client, answer.location)
    told = world.client.post(
        "/api/v1/near/picture?phash_bits=0&dhash_bits=0&match=either", data=PICTURE, content_type="image/jpeg"
    )
    assert shown(page.text) == expected(told.get_json()) != []
    assert "was hashed and not kept" in page.text


def test_a_flat_picture_is_explained(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.pictures, "fingerprint_of", Fingerprint(0, 0, 0, 0, low_information=True))
    answer = send(world.client)
    assert answer.status_code == 200
    assert "flat or nearly flat" in answer.text
    assert shown(answer.text) == []
    assert complaints(answer.text) == []


TOO_LARGE = WebSettings().picture_bytes + 1


@pytest.mark.parametrize(
    ("picture", "status"),
    [(None, 400), (b"", 400), (b"none", 422), (b"x" * TOO_LARGE, 413), (b"x" * (TOO_LARGE + 100_000), 413)],
    ids=["no file", "empty", "no picture", "too large", "much too large"],
)
def test_pictures_are_refused_on_pages(world: World, picture: bytes | None, status: int) -> None:
    answer = send(world.client, picture, within="near")
    assert (answer.status_code, answer.mimetype) == (status, "text/html")
    assert complaints(answer.text) == []


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"x", "image/jpeg", 415),
        (b"x", "multipart/form-data", 400),
        (b"x", "multipart/form-data; boundary=b", 400),
        (
            b"--b\r\nContent-Disposition: form-data; name=x\r\n\r\n1\r\n" * 11 + b"--b--\r\n",
            "multipart/form-data; boundary=b",
            413,
        ),
        (b"", "multipart/form-data; boundary=b", 400),
    ],
)
def test_forms_that_are_none_are_refused(world: World, body: bytes, kind: str, status: int) -> None:
    answer = world.client.post("/picture", data=body, content_type=kind)
    assert (answer.status_code, answer.mimetype) == (status, "text/html")


def test_a_picture_in_a_form_never_touches_the_disk(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a temporary file")

    for name in ("TemporaryFile", "NamedTemporaryFile", "SpooledTemporaryFile", "mkstemp"):
        monkeypatch.setattr(tempfile, name, refuse)
    monkeypatch.setattr("werkzeug.formparser.SpooledTemporaryFile", refuse)
    assert send(world.client, b"x" * 11_000_000).status_code == 422


def test_too_many_requests_are_told_on_a_page(tmp_path: Path) -> None:
    with served(tmp_path, limiter=Limiter(20, clock=lambda: 0.0), routes=with_pages) as one:
        assert send(one.client).status_code == 303
        answer = get(one.client, "/")
    assert (answer.status_code, answer.mimetype) == (429, "text/html")
    assert f"Try again in {answer.headers['Retry-After']} seconds" in answer.text
    assert complaints(answer.text) == []


class _Away:
    """An index whose store is away."""

    def current(self) -> Any:
        """Fail."""
        raise StoreError("away")


def test_without_the_store_pages_say_so(tmp_path: Path) -> None:
    with served(tmp_path, wrapped=lambda service: replace(service, index=_Away()), routes=with_pages) as one:
        home, answer = get(one.client, "/"), get(one.client, BY_HASHES)
    assert home.status_code == 200
    assert "cannot be read" in read(home.text).text
    assert (answer.status_code, answer.mimetype, answer.headers["Retry-After"]) == (503, "text/html", "5")
    assert complaints(answer.text) == []


def test_more_than_is_shown_is_told(world: World) -> None:
    for number in range(1_000, 1_110):
        world.put(number, 5, 5)
    page = get(world.client, f"/near?phash={to_hex(5)}&dhash={to_hex(5)}")
    assert len(shown(page.text)) == 100
    assert "There are more than these" in page.text
    assert "There are more than these" not in get(world.client, BY_HASHES).text


def test_navigation_leads_only_where_something_is(world: World, tmp_path: Path) -> None:
    for path in ("/", "/near?page_id=1", "/api/v1/"):
        page = read(get(world.client, path).text)
        own = {link["href"] for link in page.all("a") if link["href"].startswith("/")}
        assert {get(world.client, link).status_code for link in own} == {200}
        assert len([link for link in page.all("a") if link["aria-current"]]) == 1
    with served(tmp_path, routes=lambda service: ()) as bare:
        page = read(get(bare.client, "/api/v1/").text)
    assert "/" not in {link["href"] for link in page.all("a")}


def colours(css: str) -> list[dict[str, str]]:
    """Read the custom properties of the light and the dark look."""
    light, dark = re.findall(r":root \{(.*?)\}", css, re.DOTALL)[:2]
    found = [dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6});", part)) for part in (light, dark)]
    return [found[0], found[0] | found[1]]


def contrast(one: str, other: str) -> float:
    """Compute the contrast of two colours (WCAG 2.2, "contrast ratio")."""

    def luminance(colour: str) -> float:
        digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
        parts = [int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


GROUNDS = [
    "ground",
    "ground-subtle",
    "ground-neutral",
    "ground-progressive",
    "ground-error",
    "ground-warning",
    "ground-success",
]
PAIRS = [
    *(("text", ground, 4.5) for ground in GROUNDS),
    *(("text-subtle", ground, 4.5) for ground in GROUNDS[:3]),
    *(
        (colour, ground, 4.5)
        for colour in ("progressive", "progressive-hover", "visited")
        for ground in GROUNDS
    ),
    *(
        ("text-on-filled", f"filled-{kind}{state}", 4.5)
        for kind in ("progressive", "destructive")
        for state in ("", "-hover")
    ),
    *((colour, ground, 3.0) for colour in ("line-interactive", "focus") for ground in GROUNDS[:3]),
]


@pytest.mark.parametrize(("over", "under", "least"), PAIRS)
def test_colours_are_told_apart(over: str, under: str, least: float) -> None:
    for look in colours((STATIC / "faebot.css").read_text(encoding="utf-8")):
        assert contrast(look[over], look[under]) >= least


def test_contrast_is_what_wcag_says() -> None:
    assert contrast("#000", "#ffffff") == pytest.approx(21)
    assert contrast("#777", "#fff") == pytest.approx(4.48, abs=0.01)
