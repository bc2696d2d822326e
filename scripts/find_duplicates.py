"""
Find visual duplicates and put them into a review category.

Each file of a seed category gives a slice of the wiki: the files of the same
size, the files of the same day and military branch (part of a VIRIN), or any
search. The thumbnails of a slice are hashed and compared; files with equal
hashes are put into the home category, with the hash as sort key, for people to
review. Pages that link each other, that are known derivatives, that refuse
bots, or from which somebody has removed the tag are left alone.

Where seeds come from, for the slices "resolution" and "virin":

&params;

The collection is a named sweep of the settings file:

-collection:NAME    the sweep [collection.NAME]; its seed category is used
                    unless a generator above is given

or is put together here:

-slice:KIND         resolution (the default), virin or search
-query:TEXT         for -slice:search, any search of the wiki
-insource:TEXT      a phrase that page texts must hold ("PD-USGov-" by default)
-mime:TYPE          a MIME type that files must have (image/jpeg by default)

Other options:

-settings:FILE      the settings (config/faebot.toml by default)
-set:KEY=VALUE      one setting for this run, above the file's, as in
                    -set:http.parallel=1; may be repeated
-store:URL          where fingerprints and the journal are kept, instead of
                    the settings' own place
-report:FILE        add what was found and done to a file, as JSON lines
-revisit            look into slices again in which nothing has changed
-always             do not ask before each edit (not in trial mode)

With the global option -simulate nothing is edited.

Example:

    pwb find_duplicates -cat:"Images from DoD uploaded by Fæ" -slice:virin
"""

from __future__ import annotations

import sys
from pathlib import Path

import pywikibot
from pywikibot.pagegenerators import GeneratorFactory, parameterHelp

from faebot_hash import options
from faebot_hash.adapters.prompt import Prompt, exit_codes
from faebot_hash.errors import SettingsError
from faebot_hash.model import SliceKind
from faebot_hash.session import Session
from faebot_hash.settings_file import chosen
from faebot_hash.sweep import Sweep

docuReplacements = {"&params;": parameterHelp}  # noqa: N816


def main(*args: str) -> None:
    """Read the options, put the sweep together and run it."""
    factory = GeneratorFactory()
    own = factory.handle_args(pywikibot.handle_args(args))
    with exit_codes():
        given = options.read(
            own,
            flags={"always", "revisit"},
            values={"collection", "report", "set", "settings", "store", *options.CUT},
        )
        settings = chosen(given)
        collection = options.collection_of(settings, given)
        if not factory.gens and collection.seed_category:
            factory.handle_arg(f"-cat:{collection.seed_category}")
        seeds = factory.getCombinedGenerator()
        if seeds is None and collection.slice is not SliceKind.SEARCH:
            raise SettingsError("no seeds: name a -collection, or a generator such as -cat:NAME")
        prompt = Prompt(always="always" in given, trial=settings.tagging.trial)
        with Session(
            pywikibot.Site(),
            settings,
            collection.name,
            confirm=prompt.confirm,
            store_url=given.get("store", ""),
            simulate=bool(pywikibot.config.simulate),
            collection=collection.name,
        ) as session:
            sweep = Sweep(
                session,
                collection,
                colour=sys.stdout.isatty(),
                report_file=Path(given["report"]) if "report" in given else None,
                revisit="revisit" in given,
            )
            sweep.run(page.title() for page in seeds or () if page.namespace() == 6)


if __name__ == "__main__":
    main()
