"""Prove which files of the review category are one picture, keep the best, and nominate the others.

Every family of files in "Category:Faebot identified duplicates" is looked into: the originals are
downloaded and checked, and files whose decoded pixels are all equal are identical, whatever their
metadata say. What speaks for each of them is counted (age, layout, dead links, use …), and the file with
the highest score is the one to keep. The others are nominated with {{duplicate}} only where the settings
say [tagging] duplicate_template = true; the report tells of every family in any case.

These command line parameters can be used to say which families to work on, namely those with one of the
pages; without any of them all families are looked into:

&params;

Furthermore, the following command line parameters are supported:

-settings:FILE   The settings, config/faebot.toml by default.
-set:KEY=VALUE   One setting for this run: -set:confirm.original_bytes=50_000_000. May be repeated.
-store:URL       Where digests, link history and the journal are kept, in place of the settings' own.
-reports:FOLDER  Write the report as RUN.jsonl and RUN.csv into this folder.
-always          Do not ask before each edit. Has no effect in trial mode.

With the global option -simulate nothing is edited.

Example:

    pwb confirm_duplicates -reports:reports
"""

from __future__ import annotations

import sys
from pathlib import Path

import pywikibot
from pywikibot.pagegenerators import GeneratorFactory, parameterHelp

from faebot_hash import options
from faebot_hash.adapters.prompt import Prompt, exit_codes
from faebot_hash.confirmation import Confirmation
from faebot_hash.session import Session
from faebot_hash.settings_file import chosen

docuReplacements = {"&params;": parameterHelp}  # noqa: N816


def main(*args: str) -> None:
    """Read the options, put the run together and start it."""
    factory = GeneratorFactory()
    own = factory.handle_args(pywikibot.handle_args(args))
    with exit_codes():
        given = options.read(own, flags={"always"}, values={"reports", "set", "settings", "store"})
        settings = chosen(given)
        pages = factory.getCombinedGenerator()
        titles = None if pages is None else {page.title(with_ns=False) for page in pages}
        prompt = Prompt(always="always" in given, trial=settings.tagging.trial)
        with Session(
            pywikibot.Site(),
            settings,
            "confirm",
            confirm=prompt.confirm,
            store_url=given.get("store", ""),
            simulate=bool(pywikibot.config.simulate),
        ) as session:
            folder = Path(given["reports"]) if "reports" in given else None
            Confirmation(session, folder=folder, colour=sys.stdout.isatty()).run(titles)


if __name__ == "__main__":
    main()
