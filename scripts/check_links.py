"""
Ask whether the external links of file pages still answer.

The links of the files in the home category are asked for, once a day at most,
and what they answer is remembered. A link counts as dead only after three
answers of 404, 410 or "no such name", each three days from the next and at
least a week from the first to the last, with no life between or since; only
then does it weigh in the choice of the file to keep. Let it run daily.

A run counts only while the canaries of the settings are alive and few sites
are silent, because the trouble might be ours; else nothing is remembered. The
same goes for a run that is stopped before its end. Addresses that are not
plainly public, and Wikimedia's own sites, are never asked for. Each host is
asked for one link at a time, with pauses: many links on one host take long.

[http] contact must name a page or an address where people reach the operator;
it is sent with every request.

Other files than those of the home category:

&params;

Other options:

-settings:FILE      the settings (config/faebot.toml by default)
-set:KEY=VALUE      one setting for this run, above the file's, as in
                    -set:http.parallel=1; may be repeated
-store:URL          where the answers are kept, instead of the settings' own
                    place

With the global option -simulate the links are asked for, but nothing is kept.

Example:

    pwb check_links
"""

from __future__ import annotations

import pywikibot
from pywikibot.pagegenerators import GeneratorFactory, parameterHelp

from faebot_hash import options
from faebot_hash.adapters.addresses import PublicOnly
from faebot_hash.adapters.facts import FactReader
from faebot_hash.adapters.links import LinkChecker
from faebot_hash.adapters.patience import Patience
from faebot_hash.adapters.progress import watched
from faebot_hash.adapters.prompt import exit_codes
from faebot_hash.adapters.store import Store
from faebot_hash.linkrot import LinkRot, summary_lines
from faebot_hash.settings_file import chosen

docuReplacements = {"&params;": parameterHelp}  # noqa: N816


def main(*args: str) -> None:
    """Read the options, ask for the links that are due, and sum up."""
    factory = GeneratorFactory()
    own = factory.handle_args(pywikibot.handle_args(args))
    with exit_codes():
        given = options.read(own, flags=(), values={"set", "settings", "store"})
        settings = chosen(given)
        checker = LinkChecker(PublicOnly(), settings.http.contact)
        if not factory.gens:
            factory.handle_arg(f"-cat:{settings.wiki.home_category}")
        pages = factory.getCombinedGenerator() or ()
        patience = Patience.through_outages(settings.store.patience_h, pywikibot.info)
        with Store.open(given.get("store", settings.store.url), patience=patience) as store:
            rot = LinkRot(
                FactReader(pywikibot.Site()),
                checker,
                store,
                settings.links,
                watch=watched,
                record=not pywikibot.config.simulate,
            )
            checked = rot.run(page.pageid for page in pages if page.namespace() == 6 and page.pageid)
        pywikibot.info("\n".join(summary_lines(checked)))


if __name__ == "__main__":
    main()
