"""The person who runs the scripts on a practice wiki, in tests that look at the whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pywikibot
from pywikibot.pagegenerators import GeneratorFactory

from faebot_hash import settings_file
from faebot_hash.cluster_sweep import ClusterSweep
from faebot_hash.collection import Collection
from faebot_hash.confirm_tally import ConfirmTally
from faebot_hash.confirmation import Confirmation
from faebot_hash.console import Decision
from faebot_hash.near import NearFound
from faebot_hash.near_sweep import NearSweep
from faebot_hash.reasons import Skipped
from faebot_hash.session import Session
from faebot_hash.settings import Settings
from faebot_hash.sweep import Sweep
from faebot_hash.tally import Tally
from faebot_hash.upkeep import run_name
from tests.practice.places import CHECKOUT
from tests.practice.wiki import PracticeWiki

SETTINGS = settings_file.load(CHECKOUT / "tests/practice/faebot.toml")
FLEURON = SETTINGS.collection_named("fleuron")
HOME = "Category:Faebot identified duplicates"
IDENTICAL = "Category:Faebot identified identical duplicates"


class Operator:
    """Runs sweeps and confirms on a practice wiki as the scripts would, with one store."""

    def __init__(self, wiki: PracticeWiki, folder: Path) -> None:
        self.wiki, self.folder = wiki, folder
        self.report = folder / "report.jsonl"
        self.store = folder / "faebot.sqlite"

    def run(self, name: str, **options: Any) -> Tally:
        """Sweep one collection of the practice settings."""
        collection = SETTINGS.collection_named(name)
        site = pywikibot.Site()
        factory = GeneratorFactory(site)
        if collection.seed_category:
            factory.handle_arg(f"-cat:{collection.seed_category}")
        pages = factory.getCombinedGenerator() if factory.gens else ()
        of_sweep = {name: options.pop(name) for name in ("revisit", "colour") if name in options}
        given = {"confirm": lambda proposal: True, "say": lambda line: None, **options}
        with Session(site, SETTINGS, name, store_url=f"sqlite:///{self.store}", **given) as session:
            one = Sweep(session, collection, report_file=self.report, **of_sweep)
            return one.run(page.title() for page in pages)

    def confirm(self, settings: Settings = SETTINGS, **options: Any) -> ConfirmTally:
        """Confirm what is in the home category; reports go to a folder beside the store.

        ``chosen`` are titles: then only their families are looked into.
        """
        chosen: set[str] | None = options.pop("chosen", None)
        given = {"confirm": lambda proposal: True, "say": lambda line: None, **options}
        url = f"sqlite:///{self.store}"
        with Session(pywikibot.Site(), settings, "confirm", store_url=url, **given) as session:
            return Confirmation(session, folder=self.folder / "reports").run(chosen)

    def near(self, name: str, settings: Settings = SETTINGS, **options: Any) -> list[NearFound | Skipped]:
        """List the near matches of a search's collection."""
        of_sweep = {name: options.pop(name) for name in ("publish", "report_file") if name in options}
        given = {"confirm": lambda proposal: False, "say": lambda line: None, **options}
        url = f"sqlite:///{self.store}"
        with Session(pywikibot.Site(), settings, f"near-{name}", store_url=url, **given) as session:
            return NearSweep(session, settings.collection_named(name), **of_sweep).run(())

    def cluster(self, collection: Collection = FLEURON, **options: Any) -> list[Decision]:
        """Cluster a search's collection."""
        of_sweep = {name: options.pop(name) for name in ("is_whole", "report_file") if name in options}
        settings: Settings = options.pop("settings", SETTINGS)
        given = {"confirm": lambda proposal: True, "say": lambda line: None, **options}
        url = f"sqlite:///{self.store}"
        with Session(pywikibot.Site(), settings, run_name(collection), store_url=url, **given) as session:
            return ClusterSweep(session, collection, **of_sweep).run(())

    def pages(self, prefix: str) -> dict[str, str]:
        """Read the pages in the bot's own space whose titles begin so, without "User:"."""
        everything = {"generator": "allpages", "gapnamespace": 2, "gapprefix": prefix, "gaplimit": 50}
        answer = self.wiki.reader().get(
            action="query", prop="revisions", rvprop="content", rvslots="main", **everything
        )
        return {
            page["title"].removeprefix("User:"): page["revisions"][0]["slots"]["main"]["content"]
            for page in answer.get("query", {}).get("pages", [])
        }

    def forget(self) -> None:
        """Lose the store."""
        for path in self.folder.glob("faebot.sqlite*"):
            path.unlink()

    def state(self) -> dict[str, str]:
        """Read every file page."""
        everything = {"generator": "allpages", "gapnamespace": 6, "gaplimit": 50, "prop": "revisions"}
        reader, more, texts = self.wiki.reader(), {}, {}
        while True:
            answer = reader.get(action="query", rvprop="content", rvslots="main", **everything, **more)
            for page in answer["query"]["pages"]:
                texts[page["title"]] = page["revisions"][0]["slots"]["main"]["content"]
            more = answer.get("continue", {})
            if not more:
                return texts

    def tagged(self, category: str = HOME) -> set[str]:
        """Name the files whose page is in a category, the home category by default, as the wiki parsed it."""
        answer = self.wiki.reader().get(
            action="query", list="categorymembers", cmtitle=category, cmlimit=500, cmnamespace=6
        )
        return {page["title"].removeprefix("File:") for page in answer["query"]["categorymembers"]}

    def edits(self) -> int:
        """Count the edit requests since the last reset."""
        return sum(one.get("action") == "edit" for one in self.wiki.requests())

    def thumbnails(self) -> int:
        """Count the thumbnails asked for since the last reset."""
        return sum("/thumb/" in one["path"] for one in self.wiki.requests())
