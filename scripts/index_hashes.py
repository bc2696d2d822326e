"""
Compute the hashes of files once, and keep them in the index.

The thumbnails of files that are not in the index yet, or that were overwritten
since, are downloaded and hashed; what is known is not downloaded again. A file
that cannot be hashed is kept with the reason, and with the time to try again
where that may help. Nothing is edited.

A run may be stopped or killed at any moment: the next one with the same options
goes on where it came to. Several runs may fill an index on a MariaDB server
together: they share ranges of page ids, and what [http] allows is for all of
them. An SQLite file has one writer.

Which files, one of these:

-new                what the logs tell since the last run: uploads, new versions,
                    deletions, moves (for the first run: since a day ago)
-new:TIME           the same since a time, like 2026-01-31T12:00:00Z
-pages              all file pages, by title, or on a replica by page id
-pages:FROM-TO      the file pages with these page ids
-links:DOMAIN       the file pages that link a domain or what is below it
-failures           the files that failed, and that are to be tried again by now

or any of Pywikibot's generators:

&params;

Other options:

-replica            list files from Wikimedia's replica of Commons (Toolforge)
-replica:URL        or from another one: mariadb+pymysql://HOST/DATABASE
-settings:FILE      the settings (config/faebot.toml by default)
-set:KEY=VALUE      one setting for this run, above the file's, as in
                    -set:http.parallel=1; may be repeated
-store:URL          where the index is, instead of the settings' own place:
                    sqlite:///FILE or mariadb+pymysql://HOST/DATABASE

Examples:

    pwb index_hashes -cat:"Images from DoD uploaded by Fæ"
    pwb index_hashes -pages:1-1000000 -replica
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import UTC, datetime

import pywikibot
from pywikibot.pagegenerators import GeneratorFactory, parameterHelp

from faebot_hash import options
from faebot_hash.adapters.prompt import exit_codes
from faebot_hash.adapters.replica import COMMONS, Replica
from faebot_hash.errors import SettingsError
from faebot_hash.index_lines import total_lines
from faebot_hash.indexing import Indexing
from faebot_hash.portions import domain_of, range_of
from faebot_hash.settings_file import chosen

docuReplacements = {"&params;": parameterHelp}  # noqa: N816

SOURCES = ("new", "pages", "links", "failures")


def main(*args: str) -> None:
    """Read the options, index what they name, and sum up."""
    # Pywikibot's own -links would be the pages that a page links.
    factory = GeneratorFactory(disabled_options=("links",))
    own = factory.handle_args(pywikibot.handle_args(args))
    with exit_codes():
        values = {"new", "pages", "links", "replica", "set", "settings", "store"}
        given = options.read(own, flags={"new", "pages", "failures", "replica"}, values=values)
        named = [name for name in SOURCES if name in given]
        if len(named) + bool(factory.gens) != 1:
            raise SettingsError("name one source: -new, -pages, -links, -failures or a generator; see -help")
        wanted = argument_of(given, named)
        settings = chosen(given)
        address = {"yes": COMMONS}.get(given.get("replica", ""), given.get("replica", ""))
        replica = Replica(address) if address else None
        store, most = given.get("store", ""), factory.limit
        with Indexing(pywikibot.Site(), settings, store_url=store, replica=replica, most=most) as indexing:
            try:
                if named:
                    getattr(indexing, named[0])(*wanted)
                else:
                    pages = factory.getCombinedGenerator() or ()
                    indexing.files(page.title(with_ns=False) for page in pages if page.namespace() == 6)
            finally:
                print("\n".join(total_lines(indexing.total, colour=sys.stdout.isatty())))


def argument_of(given: Mapping[str, str], named: list[str]) -> list[object]:
    """Read what the chosen source was given; raises SettingsError."""
    name = named[0] if named else ""
    text = given.get(name, "yes")
    if text == "yes":
        return []
    if name == "pages":
        return [range_of(text)]
    return [domain_of(text)] if name == "links" else [time_of(text)]


def time_of(text: str) -> datetime:
    """Read a time, in UTC unless it says otherwise; raises SettingsError."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise SettingsError(f"-new:{text}: give a time like 2026-01-31T12:00:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


if __name__ == "__main__":
    main()
