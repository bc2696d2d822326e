"""Chromium without a window, in which the pages are looked at as people see them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from tests.practice.packages import program

ALONE = (
    "--no-sandbox",
    "--disable-background-networking",
    # Whatever a page, or the browser for itself, would ask elsewhere fails at once.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
AXE = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Give the browser of Debian; no other host than this one can be reached from it."""
    path = program("chromium")
    if path is None:
        pytest.skip("unavailable: chromium; `python -m tests.practice get --tests` installs it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ALONE))
        yield browser
        browser.close()


def barriers(page: Page) -> list[str]:
    """Name what keeps people from using a page: axe-core's rules of WCAG 2.2 AA and good practice."""
    found = Axe().run(page, options=AXE).response["violations"]
    return [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]]
