"""Whatever a title or a reason says, pages stay what they are and load nothing from elsewhere (W5)."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from flask.testing import FlaskClient

from faebot_hash.cases import Case, CaseDifference
from faebot_hash.errors import DecoderError, StoreError
from faebot_hash.judgements import Judged, Judgement
from faebot_hash.web.limiter import Limiter
from faebot_hash.web_settings import MEDIA_HOSTS, Login, WebSettings
from tests.counting import Counted
from tests.hostile_titles import MARKUP, PLAIN, TITLES
from tests.pictures import LONG
from tests.reading_pages import Page
from tests.review_world import case_file, case_with
from tests.search_pages import search_pages
from tests.web_world import PICTURE, D, P, World, served

WEB = Path(__file__).parent.parent / "faebot_hash" / "web"
NUMBER = 9_001
WIKI = "http://127.0.0.1:8810"
MEDIA = f"{WIKI}/wikipedia/commons"
SETTINGS = WebSettings(requests_per_minute=100_000, login=Login.PRACTICE, wiki_url=WIKI, media_url=MEDIA)
LOADING = {"src", "srcset", "poster", "data", "background", "action", "formaction", "manifest", "ping"}
Shape = Sequence[tuple[str, tuple[str, ...]]]


@contextmanager
def site(folder: Path) -> Iterator[World]:
    """Serve everything from a folder of its own, for verdicts are kept for ever."""
    folder.mkdir()
    with served(folder, settings=SETTINGS, session_key="k" * 40) as one:
        yield one


def titled(title: str, text: str) -> Case:
    """Make a family whose files have a title, and a text wherever a text may be."""
    file = replace(case_file(1, title), uploader=text, points=(text,), fate=text, mime="image/jpeg")
    made = case_with([file, replace(case_file(2, f"Other {title}"[:80]), uploader=text)], bonds=(text,))
    (pair,) = made.pairs
    difference = CaseDifference(pair.pair, (text,), (text, title), (text,), (), ((text, text, text),))
    return replace(made, run=text, pairs=(replace(pair, comparison=text),), differences=(difference,))


def put(world: World, title: str, text: str) -> Case:
    """Let the index and the review know a title and a text."""
    world.put(NUMBER, P, D, title)
    case = titled(title, text)
    world.store.keep_cases([case], whole=True)
    return case


def judge(world: World, case: Case, who: str, why: str) -> None:
    """Let somebody give a verdict."""
    at = datetime(2026, 11, 1, tzinfo=UTC)
    world.store.judge([Judged(case.pairs[0].pair, Judgement.CANNOT_TELL, who, at, why)])


def addresses(case: Case, title: str) -> list[str]:
    """List every page there is that a title or a text is on."""
    views = [f"/review/{case.key}?pair=1-2&view={view}" for view in ("side", "swipe", "blink", "difference")]
    asked = quote(title, safe="")
    return [
        *search_pages(title, NUMBER),
        "/review",
        *views,
        "/statistics",
        f"/login?next={asked}",
        f"/review/{asked}",
        f"/review?after={asked}",
        f"/nowhere/{asked}?x={asked}",
    ]


def reviewing(world: World, name: str = "Somebody") -> FlaskClient:
    client = world.app.test_client()
    with client.session_transaction() as session:
        session.update(name=name, since=int(time.time()), csrf="token")
    return client


def read(client: FlaskClient, address: str) -> Page:
    """Fetch a page, check what holds for every page, and take it apart."""
    answer = client.get(address, headers={"Accept": "text/html"})
    assert answer.mimetype == "text/html", address
    check_headers(answer)
    page = Page()
    page.feed(answer.text)
    assert page.misplaced == [], (address, page.misplaced)
    check_elements(page, address)
    return page


def check_headers(answer: Any) -> None:
    policy = answer.headers["Content-Security-Policy"]
    rules = dict(rule.partition(" ")[::2] for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["frame-ancestors"] == "'none'"
    assert rules["base-uri"] == "'none'"
    assert "unsafe" not in policy
    assert "data:" not in policy
    assert "*" not in policy
    sources = {one for rule in rules.values() for one in rule.split()} - {"'none'", "'self'"}
    assert sources <= {WIKI, *(f"https://{host}" for host in MEDIA_HOSTS)}
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "Access-Control-Allow-Origin" not in answer.headers


def check_elements(page: Page, address: str) -> None:
    for one in page.elements:
        assert one.tag not in ("style", "iframe", "object", "embed", "base"), (address, one)
        assert one.tag != "script" or one["src"], (address, one)
        assert one["http-equiv"] == "", (address, one)
        for name, value in one.attributes.items():
            assert not name.startswith("on"), (address, one)
            assert name not in ("style", "srcdoc"), (address, one)
            if name in LOADING or (name == "href" and one.tag in ("link", "use", "image")):
                for place in (value or "").split(","):
                    assert is_ours(place.strip().split(" ")[0], loaded=True), (address, one)
            elif name in ("href", "cite"):
                assert is_ours(value or "", loaded=False), (address, one)


def is_ours(address: str, loaded: bool) -> bool:
    """Tell whether an address is our own, a picture of the wiki's or, to follow, a page of it."""
    parts = urlsplit(address)
    if not parts.scheme and not parts.netloc:
        return not address.startswith(("//", "\\")) and "\\" not in address[:2]
    if parts.scheme not in ("http", "https"):
        return False
    places = [MEDIA, *(f"https://{host}" for host in MEDIA_HOSTS), *(() if loaded else (WIKI,))]
    return any(address.startswith(f"{place}/") for place in places)


def shape(page: Page) -> Shape:
    return [(one.tag, tuple(sorted(one.attributes))) for one in page.elements]


def test_a_title_never_changes_what_a_page_is_made_of(tmp_path: Path, counted: Counted) -> None:
    tried = 0
    with site(tmp_path / "titles") as world:
        plain = put(world, PLAIN, "a text")
        judge(world, plain, "Somebody", "a text")
        clients = (world.client, reviewing(world))
        expected = [[shape(read(client, one)) for one in addresses(plain, PLAIN)] for client in clients]
        for title in TITLES if LONG else TITLES[::10]:
            case = put(world, title, "a text")
            for client, shapes in zip(clients, expected, strict=True):
                for address, wanted in zip(addresses(case, title), shapes, strict=True):
                    assert shape(read(client, address)) == wanted, address
                    tried += 1
    counted("W5", tried, "pages with hostile titles, made of the same elements and attributes")


def test_no_text_of_others_changes_what_a_page_is_made_of(tmp_path: Path, counted: Counted) -> None:
    shapes, tried = [], 0
    for number, text in enumerate(("a text", *MARKUP)):
        with site(tmp_path / str(number)) as world:
            case = put(world, PLAIN, text)
            judge(world, case, text, text)
            client = reviewing(world, text)
            shapes.append([shape(read(client, one)) for one in addresses(case, PLAIN)])
        assert shapes[-1] == shapes[0], text
        tried += len(shapes[0])
    counted("W5", tried, "pages with markup as reasons, names and categories, made of the same")


def test_a_planted_injection_would_be_found() -> None:
    page = Page()
    page.feed('<p><a href="javascript:alert(1)">x</a></p>')
    with pytest.raises(AssertionError):
        check_elements(page, "")
    for text in ('<p onclick="x">', "<script>x</script>", '<img src="https://evil.test/x">', '<p style="x">'):
        page = Page()
        page.feed(text)
        with pytest.raises(AssertionError):
            check_elements(page, "")
    assert not is_ours("//evil.test", loaded=False)
    assert not is_ours(f"{WIKI}.evil.test/x", loaded=True)
    assert not is_ours(f"{WIKI}/wiki/x", loaded=True)
    assert is_ours(f"{WIKI}/wiki/x", loaded=False)


class _Raising:
    """Fails, whatever it is asked."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, name: str) -> Any:
        def fail(*given: object) -> None:
            raise self._error

        return fail


def test_pages_of_trouble_are_protected_too(tmp_path: Path, counted: Counted) -> None:
    statuses = set()
    limiter = Limiter(40, clock=lambda: 0.0)
    with served(
        tmp_path,
        settings=SETTINGS,
        limiter=limiter,
        session_key="k" * 40,
        wrapped=lambda service: replace(
            service,
            index=_Raising(StoreError("away")),  # type: ignore[arg-type]
            pictures=_Raising(DecoderError("away")),  # type: ignore[arg-type]
        ),
    ) as world:
        client = world.client
        asked = [
            ("GET", "/near?phash=1", None),
            ("GET", "/near?page_id=1", None),
            ("GET", "/nowhere", None),
            ("GET", "/review/nothing", None),
            ("GET", "/review?after=x", None),
            ("DELETE", "/review", None),
            ("POST", "/review/nothing", {"x": "y"}),
            ("POST", "/login", {"name": "x"}),
            ("POST", "/picture", {"picture": (PICTURE, "x")}),
            ("POST", "/picture", {"x": "y" * 14_000_000}),
            *(("GET", "/statistics", None) for _ in range(60)),
        ]
        for method, path, form in asked:
            answer = client.open(path, method=method, data=form, headers={"Accept": "text/html"})
            assert answer.mimetype == "text/html", (path, answer.text)
            check_headers(answer)
            assert "away" not in answer.text
            statuses.add(answer.status_code)
    assert {400, 401, 403, 404, 405, 429, 503} <= statuses
    counted("W5", len(asked), "pages of trouble with all headers")


def test_files_of_ours_name_no_other_host(counted: Counted) -> None:
    files = [one for kind in ("templates", "static") for one in sorted((WEB / kind).iterdir())]
    for path in files:
        found = foreign_in(path.read_text(encoding="utf-8"), path.suffix)
        assert found == [], (path.name, found)
    counted("W5", len(files), "templates, scripts and styles that name no other host to load from")


def foreign_in(text: str, suffix: str) -> list[str]:
    """Find what would be loaded from elsewhere, or would run text as a script or as markup."""
    found = re.findall(r"url\(\s*['\"]?(?:https?:)?//[^)]*|@import[^;]*", text)
    text = text.replace("http://www.w3.org/2000/svg", "")
    if suffix == ".html":
        found += re.findall(
            r"<(?:style|iframe|object|embed|base)\b|\son\w+\s*=|\sstyle\s*=|\|\s*safe\b", text
        )
        found += re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", text)
        found += re.findall(r"\b(?:src|srcset|action|poster)\s*=\s*[\"']?(?:https?:)?//[^\s>]*", text)
        found += re.findall(r"<link[^>]*(?:https?:)?//[^>]*>", text)
    if suffix in (".js", ".css", ".svg"):
        found += re.findall(r"https?://[^\s\"')]*", text)
    if suffix == ".js":
        found += re.findall(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", text
        )
    return found


@pytest.mark.parametrize(
    ("text", "suffix"),
    [
        ('<img src="https://evil.test/x">', ".html"),
        ("<img src=//evil.test/x>", ".html"),
        ('<link rel="stylesheet" href="//evil.test/x.css">', ".html"),
        ("<script>alert(1)</script>", ".html"),
        ('<p onclick="x">', ".html"),
        ('<p style="x">', ".html"),
        ("{{ title|safe }}", ".html"),
        ("a { background: url(https://evil.test/x) }", ".css"),
        ("@import 'x.css';", ".css"),
        ("fetch('https://evil.test')", ".js"),
        ("box.innerHTML = text", ".js"),
    ],
)
def test_the_scan_finds_what_is_planted(text: str, suffix: str) -> None:
    assert foreign_in(text, suffix) != []


@pytest.mark.parametrize(
    ("media_url", "sources"),
    [
        ("https://upload.wikimedia.org/wikipedia/commons", []),
        ("https://thumb.wikimedia.org/wikipedia/commons", []),
        (MEDIA, [WIKI]),
    ],
)
def test_pictures_come_from_wikimedia_or_the_practice_wiki(
    tmp_path: Path, media_url: str, sources: list[str]
) -> None:
    settings = WebSettings(requests_per_minute=100, media_url=media_url)
    with served(tmp_path, settings=settings) as world:
        policy = world.client.get("/").headers["Content-Security-Policy"]
    (pictures,) = re.findall(r"img-src ([^;]*)", policy)
    assert pictures.split() == ["'self'", *(f"https://{host}" for host in MEDIA_HOSTS), *sources]
