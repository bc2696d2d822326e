"""
List files that look alike, but are no duplicate set, in galleries for people.

The files of a slice are hashed and compared as by find_duplicates. Pairs whose
hashes differ by a few bits only (enhanced versions, other crops, maps that
differ in a detail) are listed with their distance and with what else would
keep them from being tagged: a link between them, a derivative, an exclusion of
bots, a tag that somebody has removed. No file page is edited. With -collection
the list is written on a page of the bot's own, where it says something new.

Where seeds come from, for the slices "resolution" and "virin":

&params;

The collection is a named sweep of the settings file:

-collection:NAME    the sweep [collection.NAME]; its seed category is used
                    unless a generator above is given

or is put together here; then no page is written:

-slice:KIND         resolution (the default), virin or search
-query:TEXT         for -slice:search, any search of the wiki
-insource:TEXT      a phrase that page texts must hold ("PD-USGov-" by default)
-mime:TYPE          a MIME type that files must have (image/jpeg by default)

Other options:

-tolerance:N        how many bits both hashes may differ in, 0 to 12, instead
                    of those of the settings, [near]
-settings:FILE      the settings (config/faebot.toml by default)
-set:KEY=VALUE      one setting for this run, above the file's, as in
                    -set:http.parallel=1; may be repeated
-store:URL          where fingerprints are kept, instead of the settings' own
                    place
-report:FILE        write the pairs to a file: FILE.jsonl, FILE.csv or
                    FILE.wikitext

With the global option -simulate nothing is edited.

Example:

    pwb near_matches -collection:noaa -report:noaa.csv
"""

from __future__ import annotations

import sys
from pathlib import Path

import pywikibot
from pywikibot.pagegenerators import GeneratorFactory, parameterHelp

from faebot_hash import options
from faebot_hash.adapters.prompt import exit_codes
from faebot_hash.errors import SettingsError
from faebot_hash.model import SliceKind
from faebot_hash.near_sweep import NearSweep
from faebot_hash.session import Session
from faebot_hash.settings_file import chosen

docuReplacements = {"&params;": parameterHelp}  # noqa: N816


def main(*args: str) -> None:
    """Read the options, put the run together and start it."""
    factory = GeneratorFactory()
    own = factory.handle_args(pywikibot.handle_args(args))
    with exit_codes():
        given = options.read(
            own,
            flags=(),
            values={"collection", "report", "set", "settings", "store", "tolerance", *options.CUT},
        )
        settings = options.with_tolerance(chosen(given), given)
        collection = options.collection_of(settings, given)
        is_whole = "collection" in given and not factory.gens
        if not factory.gens and collection.seed_category:
            factory.handle_arg(f"-cat:{collection.seed_category}")
        seeds = factory.getCombinedGenerator()
        if seeds is None and collection.slice is not SliceKind.SEARCH:
            raise SettingsError("no seeds: name a -collection, or a generator such as -cat:NAME")
        with Session(
            pywikibot.Site(),
            settings,
            f"near-{collection.name}",
            confirm=lambda proposal: False,
            store_url=given.get("store", ""),
            simulate=bool(pywikibot.config.simulate),
            collection=collection.name,
        ) as session:
            sweep = NearSweep(
                session,
                collection,
                report_file=Path(given["report"]) if "report" in given else None,
                publish=is_whole,
                colour=sys.stdout.isatty(),
            )
            sweep.run(page.title() for page in seeds or () if page.namespace() == 6)


if __name__ == "__main__":
    main()
