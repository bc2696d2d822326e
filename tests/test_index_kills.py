"""Killed at any moment, indexing leaves no gap and repeats nothing; two processes share a range."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from datetime import timedelta
from urllib.parse import unquote

import pytest
import pywikibot
from pywikibot.comms import http

from faebot_hash import settings_file
from faebot_hash.adapters.store import Store
from faebot_hash.fingerprint import current_basis
from faebot_hash.indexing import Indexing
from faebot_hash.walk import Stage, stage_of
from tests.counting import Counted
from tests.databases import address_of
from tests.mariadb_server import MariaServer
from tests.pictures import LONG
from tests.practice.places import CHECKOUT
from tests.practice.wiki import PracticeWiki
from tests.seeds import FRESH_SEED

pytestmark = pytest.mark.practice

KILLS = 100 if LONG else 10
SETTINGS = settings_file.load(CHECKOUT / "tests/practice/faebot.toml")
LAST_ID = 100
UNIT_PAGES = 25
AT_ONCE = 5
BRIEF, LONGER = timedelta(seconds=1), timedelta(seconds=15)
"""How long a lease lasts: the shorter, the sooner somebody goes on where another was killed."""
THUMBNAIL = current_basis("thumbnail", 120)

Files = dict[int, tuple[str, str]]
"""Titles and SHA1s by page id."""


def index_range(address: str, began: int, lasts: timedelta) -> None:
    """Index a range in small units and portions; the pipe ``began`` is closed when that begins."""
    with Indexing(
        pywikibot.Site(),
        SETTINGS,
        store_url=address,
        at_once=AT_ONCE,
        unit_pages=UNIT_PAGES,
        lasts=lasts,
        say=lambda line: None,
    ) as indexing:
        os.close(began)
        indexing.pages((1, LAST_ID))


def in_child(address: str, lasts: timedelta = BRIEF) -> int:
    """Index in a process of its own, with connections of its own; gives its number when it has begun."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(ours)
            http.session.close()
            index_range(address, theirs, lasts)
            code = 0
        finally:
            os._exit(code)
    os.close(theirs)
    os.read(ours, 1)
    os.close(ours)
    return child


def files_of(wiki: PracticeWiki) -> Files:
    """Read all files of the wiki."""
    wanted = {"generator": "allimages", "gailimit": 500, "prop": "imageinfo", "iiprop": "sha1"}
    answer = wiki.reader().get(action="query", **wanted)
    return {
        page["pageid"]: (page["title"].removeprefix("File:"), page["imageinfo"][0]["sha1"])
        for page in answer["query"]["pages"]
        if page["pageid"] <= LAST_ID
    }


def thumbnails(wiki: PracticeWiki, after: int = 0) -> Counter[str]:
    """Count the downloads by title, those before the ``after`` first requests left out."""
    paths = [one["path"] for one in wiki.requests()[after:] if "/thumb/" in one["path"]]
    return Counter(unquote(path).split("/")[-2].replace("_", " ") for path in paths)


class Looked:
    """What an index held at some moment."""

    def __init__(self, address: str) -> None:
        with Store.open(address) as store:
            pages = store.pages(range(1, LAST_ID + 1))
            hashed = store.get({page.sha1 for page in pages.values()}, THUMBNAIL)
            firsts = [(max(1, low), low + UNIT_PAGES - 1) for low in range(0, LAST_ID, UNIT_PAGES)]
            self.stages: dict[tuple[int, int], Stage] = {
                (low, high): stage_of(store.checkpoint(f"pages {low}-{high}")) for low, high in firsts
            }
        self.kept: Files = {
            page_id: (page.title, page.sha1) for page_id, page in pages.items() if page.sha1 in hashed
        }

    def gaps(self, files: Files) -> list[str]:
        """Say which files lie behind a checkpoint and are not in the index, or are there as others."""
        broken = [f"{one} is wrong" for one, file in self.kept.items() if files.get(one) != file]
        for (low, high), stage in self.stages.items():
            reached = high if stage.round and stage.done else int(stage.position or 0)
            passed = {one for one in files if low <= one <= reached}
            broken += [f"{one} is missing" for one in sorted(passed - self.kept.keys())]
        return broken


def warm(wiki: PracticeWiki) -> Files:
    """Let thumbnails be rendered and Pywikibot look around; gives the files."""
    pywikibot.Site().login()
    client = wiki.reader()
    for url in client.thumbnail_urls().values():
        client.fetch(url)
    return files_of(wiki)


@pytest.mark.parametrize("kind", ["sqlite", "mariadb"])
def test_no_kill_leaves_a_gap_or_repeats(
    wiki: PracticeWiki,
    kind: str,
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    counted: Counted,
) -> None:
    files = warm(wiki)
    chance = random.Random(FRESH_SEED)
    kills, under_way, broken = 0, 0, list[str]()
    longest_s = 2.0
    while kills < KILLS:
        address = address_of(kind, request, tmp_path_factory.mktemp("index"))
        Store.open(address).close()
        done = False
        while not done:
            known = Looked(address).kept
            seen = len(wiki.requests())
            child = in_child(address)
            began = time.monotonic()
            if kills < KILLS:
                time.sleep(chance.uniform(0, longest_s))
                os.kill(child, signal.SIGKILL)
            _, status = os.waitpid(child, 0)
            kills += os.WIFSIGNALED(status)
            done = not os.WIFSIGNALED(status)
            assert not done or os.waitstatus_to_exitcode(status) == 0
            under_way += bool(fetched := thumbnails(wiki, seen)) and not done
            if done:
                longest_s = min(longest_s, time.monotonic() - began)
            after = Looked(address)
            broken += after.gaps(files)
            broken += [
                f"{title} was known" for title in fetched if title in {one for one, _ in known.values()}
            ]
            broken += [f"{title} came {count} times" for title, count in fetched.items() if count > 1]
        broken += [] if after.kept == files else ["the index is not complete"]
    assert broken == []
    assert under_way > kills // 4, "most runs were killed before they downloaded anything"
    counted("D4", kills, f"kills of index_hashes on {kind}")


def test_two_processes_finish_a_range_and_one_is_killed(
    wiki: PracticeWiki, mariadb: MariaServer, counted: Counted
) -> None:
    files = warm(wiki)
    chance = random.Random(FRESH_SEED)
    for number in range(max(1, KILLS // 5)):
        address = mariadb.clean_database()
        before = len(wiki.requests())
        children = [in_child(address) for _ in range(2)]
        time.sleep(chance.uniform(0.2, 2.0))
        victim = children[number % 2]
        os.kill(victim, signal.SIGKILL)
        codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
        assert codes[1 - number % 2] == 0
        found = Looked(address)
        assert found.gaps(files) == []
        assert found.kept == files
        twice = {title: count for title, count in thumbnails(wiki, before).items() if count > 1}
        # Only what the dead process had under way is done again.
        assert len(twice) <= AT_ONCE
        assert set(twice.values()) <= {2}
    counted("D4", max(1, KILLS // 5), "ranges shared by two processes, one of them killed")


def test_two_processes_share_a_range(wiki: PracticeWiki, mariadb: MariaServer) -> None:
    files = warm(wiki)
    address = mariadb.clean_database()
    before = len(wiki.requests())
    # On a busy machine a process may stand still for a second, and lose a brief lease rightly.
    children = [in_child(address, LONGER) for _ in range(2)]
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0, 0]
    found = Looked(address)
    assert found.kept == files
    assert all(stage.done and stage.round == 1 for stage in found.stages.values())
    assert set(thumbnails(wiki, before).values()) == {1}
