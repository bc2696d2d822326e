"""The service in a browser, on the practice wiki's files: search, review by keyboard, and the bot obeys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser import barriers, browser  # noqa: F401 - a fixture
from tests.counting import Counted
from tests.operator import HOME, Operator
from tests.practice.cases import files_of
from tests.practice.demo import run_script
from tests.practice.places import CHECKOUT
from tests.practice.wiki import PracticeWiki
from tests.serving import serving

pytestmark = pytest.mark.practice

TIE = sorted(file.title for file in files_of("identical-tie"))
"""Two files that nothing tells apart, so that the bot leaves them to people."""

DROP = """(bytes) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([new Uint8Array(bytes)], "mine.jpg", {type: "image/jpeg"}));
  document.dispatchEvent(new DragEvent("drop", {dataTransfer: transfer, bubbles: true, cancelable: true}));
}"""


@dataclass(frozen=True)
class Site:
    """The service that runs, and the operator of the bot that filled its store."""

    url: str
    operator: Operator

    def obey(self) -> None:
        """Let the bot run again, as its jobs do: it finds, then confirms."""
        self.operator.run("dod-resolution", revisit=True)
        self.operator.confirm()


@pytest.fixture(scope="module")
def site(practice_wiki: PracticeWiki) -> Iterator[Site]:
    """Find, confirm and index the wiki's files, then serve them."""
    practice_wiki.reset()
    folder = practice_wiki.folder
    operator = Operator(practice_wiki, folder)
    operator.run("dod-resolution")
    operator.confirm()
    assert run_script(practice_wiki, "index_hashes", "-pages").returncode == 0
    settings = {
        "web.wiki_url": practice_wiki.server.address,
        "web.media_url": f"{practice_wiki.server.address}/wikipedia/commons",
        "web.workers": 1,
    }
    options = [
        *("--settings", str(CHECKOUT / "tests/practice/faebot.toml")),
        *(word for key, value in settings.items() for word in ("--set", f"{key}={value}")),
        *("--store", f"sqlite:///{operator.store}", "--index", str(folder / "index")),
    ]
    with serving(folder, *options) as service:
        yield Site(service.url, operator)


@pytest.fixture
def context(browser: Browser, site: Site) -> Iterator[BrowserContext]:  # noqa: F811
    """Give somebody's browser, who was never here; nothing may go wrong on the pages unnoticed."""
    with browser.new_context(base_url=site.url) as context:
        context.set_default_timeout(20_000)
        yield context


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """Give an empty page, on which no script may fail and nothing be blocked."""
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    yield page
    assert wrong == []


def sign_in(page: Page, name: str = "Rosa") -> None:
    """Sign in to practise."""
    page.get_by_role("banner").get_by_role("link", name="Sign in").click()
    page.get_by_label("Name to practise with").fill(name)
    page.get_by_role("button", name="Sign in to practise").click()
    expect(page.get_by_text("Signed in as")).to_be_visible()


def go_to_tie(page: Page) -> None:
    """Go to the family that the bot left to people."""
    page.goto("/review")
    page.get_by_role("link", name=TIE[0]).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(TIE[1])


def test_search_by_title(site: Site, page: Page) -> None:
    page.goto("/")
    page.get_by_label("Title, page ID or address of a file").fill(f"File:{TIE[0]}")
    page.keyboard.press("Enter")
    result = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name=TIE[1]))
    expect(result).to_be_visible()
    expect(result).to_contain_text("0 bits")
    picture = result.get_by_role("img", include_hidden=True)
    picture.scroll_into_view_if_needed()
    page.wait_for_function("image => image.complete", arg=picture.element_handle())
    assert picture.evaluate("image => image.naturalWidth") > 0


def test_search_by_a_picture_that_is_dropped(site: Site, page: Page) -> None:
    (seeded,) = (file for file in files_of("identical-tie") if file.title == TIE[0])
    page.goto("/")
    page.evaluate(DROP, list(seeded.picture))
    expect(page.get_by_role("heading", level=1)).to_contain_text("your picture")
    for title in TIE:
        expect(page.get_by_role("heading", name=title)).to_be_visible()


def test_who_has_not_signed_in_only_reads(site: Site, page: Page) -> None:
    page.goto("/review")
    page.get_by_role("list").get_by_role("heading", level=2).get_by_role("link").first.click()
    expect(page.get_by_role("main")).to_contain_text("Sign in to judge")
    assert page.get_by_role("button", name="Not duplicates").count() == 0


def test_pictures_that_are_missing_do_not_look_equal(context: BrowserContext) -> None:
    page = context.new_page()
    go_to_tie(page)
    told = page.get_by_role("alert").filter(has_text="A picture did not load")
    page.get_by_role("link", name="Difference").click()
    expect(page.get_by_role("region", name="Difference")).to_be_visible()
    page.wait_for_function("[...document.images].every(image => image.complete)")
    expect(told).to_be_hidden()
    page.route("**/thumb/**", lambda route: route.abort())
    page.reload()
    expect(told).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_people_out(browser: Browser, site: Site, scheme: str, counted: Counted) -> None:  # noqa: F811
    paths = ["/", f"/near?q={TIE[0]}", "/near?q=Nowhere.jpg", "/review", "/statistics", "/api/v1/", "/login"]
    with browser.new_context(
        base_url=site.url, color_scheme="dark" if scheme == "dark" else "light"
    ) as context:
        page = context.new_page()
        page.goto("/review")
        sign_in(page)
        page.goto("/review")
        family = page.get_by_role("list").get_by_role("heading", level=2).get_by_role("link").first
        address = family.get_attribute("href") or ""
        paths += [f"{address}?view={view}" for view in ("side", "swipe", "blink", "difference")]
        for width_px in (360, 1280):
            page.set_viewport_size({"width": width_px, "height": 800})
            for path in paths:
                page.goto(path)
                assert barriers(page) == [], path
                assert page.evaluate("document.documentElement.scrollWidth") <= width_px, path
    counted("W5", 2 * len(paths), "looks at a page in Chromium, nothing that axe-core knows in the way")


def test_a_family_is_reviewed_by_keyboard_and_the_bot_obeys(site: Site, page: Page) -> None:
    tagged = site.operator.tagged(HOME)
    assert set(TIE) <= tagged
    page.goto("/")
    sign_in(page)
    go_to_tie(page)
    for key, view in (("s", "Swipe"), ("b", "Blink"), ("d", "Difference"), ("a", "Side by side")):
        expect(page.get_by_label("Keys are on")).to_be_enabled()
        page.keyboard.press(key)
        expect(page.get_by_role("region", name=view)).to_be_visible()
    page.get_by_label("Why (not needed)").fill("The hands of the clock differ: 1 2 3")
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("2")
    expect(page.get_by_role("status").filter(has_text="Kept: not duplicates")).to_be_visible()
    site.obey()
    assert site.operator.tagged(HOME) == tagged - set(TIE)
    edits = site.operator.edits()
    site.obey()
    assert site.operator.edits() == edits
