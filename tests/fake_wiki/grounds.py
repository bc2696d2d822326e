"""Either wiki as the contract suite sees it: one file page to work on, and the same words for both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pywikibot

from faebot_hash.adapters.commons import Commons
from faebot_hash.model import PageText, Seed
from tests.fake_wiki import scene
from tests.fake_wiki.world import World
from tests.practice.cases import case_files
from tests.practice.client import ApiClient
from tests.practice.maintenance import run_script
from tests.practice.wiki import PracticeWiki

PREFLIGHT = {
    "action": "query",
    "curtimestamp": 1,
    "prop": "revisions|imageinfo|info|categoryinfo",
    "rvprop": "ids|content",
    "rvslots": "main",
    "iiprop": "timestamp|user|url|size|sha1|mime",
    "inprop": "protection",
    "meta": "userinfo",
    "uiprop": "blockinfo|hasmsg|rights|groups",
}


@dataclass
class Ground:
    """One of the two wikis, our adapter on it, and a file page to work on."""

    wiki: World | PracticeWiki
    commons: Commons
    title: str
    page_id: int
    partner: str

    @property
    def page(self) -> PageText:
        """Read the page."""
        page = self.commons.texts([self.page_id])[self.page_id]
        assert isinstance(page, PageText)
        return page

    def asked(self, client: ApiClient | None = None, **parameters: Any) -> dict[str, Any]:
        """Ask about the page."""
        return (client or self.wiki.reader()).get(
            **{"action": "query", "pageids": self.page_id, **parameters}
        )

    def first(self, **parameters: Any) -> dict[str, Any]:
        """Ask about the page and give what is told of it."""
        return dict(self.asked(**parameters)["query"]["pages"][0])

    def preflight(self, client: ApiClient, *titles: str) -> dict[str, Any]:
        """Ask all that an edit must know, in one call."""
        return client.get(titles="|".join((self.title, *titles)), **PREFLIGHT)

    def says(self, text: str, summary: str = "by a person") -> None:
        """Let a person save a text."""
        self.wiki.human("edit", self.title, text=text, summary=summary)


def fake_ground(world: World, commons: Commons) -> Ground:
    """Give the scene's duplicate."""
    page = world.state.titled(scene.DUPLICATE)
    assert page is not None
    return Ground(world, commons, scene.DUPLICATE, page.page_id, scene.KEEPER)


def practice_ground(wiki: PracticeWiki) -> Ground:
    """Give the first of the seeded files."""
    commons = Commons(pywikibot.Site())
    commons.prepare()
    titles = [f"File:{one.title}" for one in case_files()[:2]]
    (seed,) = commons.seeds(titles[:1])
    assert isinstance(seed, Seed)
    return Ground(wiki, commons, titles[0], seed.file.page_id, titles[1])


def shape(told: Any) -> Any:
    """Reduce an answer to its keys and types."""
    if isinstance(told, dict):
        return {key: shape(value) for key, value in told.items()}
    if isinstance(told, list):
        return [shape(one) for one in told[:1]]
    return type(told).__name__


def tags_of(ground: Ground, revid: int) -> list[str]:
    """Read a revision's tags."""
    told = ground.wiki.reader().get(action="query", revids=revid, prop="revisions", rvprop="ids|tags")
    return list(told["query"]["pages"][0]["revisions"][0]["tags"])


def run_jobs(ground: Ground) -> None:
    """Let the wiki do what it has put off."""
    if isinstance(ground.wiki, World):
        ground.wiki.state.run_jobs()
    else:
        run_script(ground.wiki.tree, ground.wiki.folder, "runJobs")
