"""
Cluster the similar files of a collection, for people to compare.

The files are hashed as by find_duplicates, and put together where everyone's
dHash is near everyone's: prints of one ornament in many books. The clusters of
a collection are shown on a page of the bot's own and, as the collection asks
with "cluster_as", by a category for each cluster, or by a gallery of similar
files on each file page, kept between two comments and up to date. Whoever takes
the gallery or the category off a page, or changes it, has the last word there.

Where seeds come from, for the slices "resolution" and "virin"; with one of
these the clusters are only told, for they are not those of a whole collection:

&params;

The collection is a named sweep of the settings file:

-collection:NAME    the sweep [collection.NAME], with its seed category

or is put together here; then the clusters are only told:

-slice:KIND         resolution (the default), virin or search
-query:TEXT         for -slice:search, any search of the wiki
-insource:TEXT      a phrase that page texts must hold ("PD-USGov-" by default)
-mime:TYPE          a MIME type that files must have (image/jpeg by default)

Other options:

-level:NAME         close (dHashes at most 2 bits apart), variation (8) or
                    similar (11), instead of the collection's own level; then
                    the clusters are only told
-settings:FILE      the settings (config/faebot.toml by default)
-set:KEY=VALUE      one setting for this run, above the file's, as in
                    -set:http.parallel=1; may be repeated
-store:URL          where fingerprints and the journal are kept, instead of
                    the settings' own place
-report:FILE        write the clusters to a file: FILE.jsonl, FILE.csv or
                    FILE.wikitext
-always             do not ask before each edit (not in trial mode)

With the global option -simulate nothing is edited.

Example:

    pwb cluster_similar -collection:fleuron -report:fleuron.csv
"""

from __future__ import annotations

import sys
from pathlib import Path

import pywikibot
from pywikibot.pagegenerators import GeneratorFactory, parameterHelp

from faebot_hash import options
from faebot_hash.adapters.prompt import Prompt, exit_codes
from faebot_hash.cluster_sweep import ClusterSweep
from faebot_hash.errors import SettingsError
from faebot_hash.model import SliceKind
from faebot_hash.session import Session
from faebot_hash.settings_file import chosen
from faebot_hash.upkeep import run_name

docuReplacements = {"&params;": parameterHelp}  # noqa: N816

VALUES = {"collection", "level", "report", "set", "settings", "store", *options.CUT}


def main(*args: str) -> None:
    """Read the options, put the run together and start it."""
    factory = GeneratorFactory()
    own = factory.handle_args(pywikibot.handle_args(args))
    with exit_codes():
        given = options.read(own, flags={"always"}, values=VALUES)
        settings = chosen(given)
        collection = options.with_level(options.collection_of(settings, given), given)
        is_whole = "collection" in given and "level" not in given and not factory.gens
        if not factory.gens and collection.seed_category:
            factory.handle_arg(f"-cat:{collection.seed_category}")
        seeds = factory.getCombinedGenerator()
        if seeds is None and collection.slice is not SliceKind.SEARCH:
            raise SettingsError("no seeds: name a -collection, or a generator such as -cat:NAME")
        prompt = Prompt(always="always" in given, trial=settings.tagging.trial)
        with Session(
            pywikibot.Site(),
            settings,
            run_name(collection),
            confirm=prompt.confirm,
            store_url=given.get("store", ""),
            simulate=bool(pywikibot.config.simulate),
            collection=collection.name,
        ) as session:
            sweep = ClusterSweep(
                session,
                collection,
                report_file=Path(given["report"]) if "report" in given else None,
                is_whole=is_whole,
                colour=sys.stdout.isatty(),
            )
            sweep.run(page.title() for page in seeds or () if page.namespace() == 6)


if __name__ == "__main__":
    main()
