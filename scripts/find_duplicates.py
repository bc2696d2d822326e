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
from pywikibot.bot import BaseBot
from pywikibot.pagegenerators import GeneratorFactory, parameterHelp

from faebot_hash import options, settings
from faebot_hash.errors import FaebotError, SettingsError
from faebot_hash.model import Proposal, SliceKind
from faebot_hash.sweep import Sweep

docuReplacements = {"&params;": parameterHelp}  # noqa: N816


class DuplicateBot(BaseBot):
    """Asks about each edit as Pywikibot's users know it; in a trial about every single one."""

    update_options = {"trial": False}  # noqa: RUF012

    def confirm(self, proposal: Proposal) -> bool:
        """Show the change and take an answer; "all" and -always ask no more."""
        self.opt.always = self.opt.always and not self.opt.trial
        if not self.opt.always:
            pywikibot.info(f"\n>>> File:{proposal.file.title} <<<")
            pywikibot.showDiff(proposal.edit.page.text, proposal.edit.new_text)
            pywikibot.info(f"Edit summary: {proposal.edit.summary}")
        return self.user_confirm("Do you want to accept these changes?")


def main(*args: str) -> None:
    """Read the options, put the sweep together and run it."""
    factory = GeneratorFactory()
    own = factory.handle_args(pywikibot.handle_args(args))
    try:
        given = options.read(
            own,
            flags={"always", "revisit"},
            values={"collection", "report", "settings", "store", *options.CUT},
        )
        chosen = settings.load(Path(given.get("settings", settings.DEFAULT_PATH)))
        collection = options.collection_of(chosen, given)
        if not factory.gens and collection.seed_category:
            factory.handle_arg(f"-cat:{collection.seed_category}")
        seeds = factory.getCombinedGenerator()
        if seeds is None and collection.slice is not SliceKind.SEARCH:
            raise SettingsError("no seeds: name a -collection, or a generator such as -cat:NAME")
        trial = chosen.tagging.trial
        bot = DuplicateBot(always="always" in given, trial=trial)
        asks = trial or "always" not in given
        if asks and not (sys.stdin.isatty() or pywikibot.config.simulate):
            raise SettingsError(
                "nobody can be asked here (no terminal): -simulate, or -always without trial mode"
            )
        with Sweep(
            pywikibot.Site(),
            chosen,
            collection,
            confirm=bot.confirm,
            colour=sys.stdout.isatty(),
            store_url=given.get("store", ""),
            report_file=Path(given["report"]) if "report" in given else None,
            revisit="revisit" in given,
            simulate=bool(pywikibot.config.simulate),
        ) as sweep:
            sweep.run(page.title() for page in seeds or () if page.namespace() == 6)
    except FaebotError as error:
        pywikibot.error(error)
        sys.exit(2 if isinstance(error, SettingsError) else 1)
    except KeyboardInterrupt:
        pywikibot.info("Stopped. What was done is kept, and the next run goes on from here.")
        sys.exit(130)


if __name__ == "__main__":
    main()
