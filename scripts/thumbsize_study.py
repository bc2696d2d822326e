"""
Study how the hashes of thumbnails differ from those of the originals.

For each file and each width the four hashes are compared with those of the
original and of the 500-pixel thumbnail, as in the tables from which the bot's
thumbnail size was chosen: how often are they equal, by how many bits do they
differ, which tolerance covers 95 and 98 % of the files, and how many other
files would that confuse? Nothing is edited.

Which files to study:

&params;

-collection:NAME    the files of the sweep [collection.NAME]: of its seed
                    category, or of its search
-folder:PATH        pictures on this machine, in place of a wiki's. Their
                    thumbnails are made in memory in the manner of Wikimedia's
                    scaler. (Where there is no Pywikibot at all:
                    python -m faebot_hash study)

Other options:

-widths:PX,PX,…     the widths of thumbnails; 120,250,330,500,960,1280 by
                    default. A wiki serves standard widths only
-out:FOLDER         write there a table of each hash as wikitext, all cells as
                    CSV, and everything as JSON
-chart              with -out: also a chart, as PNG and SVG (needs matplotlib:
                    pip install 'faebot_hash[plots]')
-settings:FILE      the settings (config/faebot.toml by default)
-set:KEY=VALUE      one setting for this run, above the file's, as in
                    -set:http.parallel=1; may be repeated
-store:URL          where fingerprints are kept, instead of the settings' own
                    place

Thumbnails and originals of a wiki are fetched once and then kept as hashes;
give a few hundred files at most (-limit:200), for originals are large.

Example:

    pwb thumbsize_study -cat:"Paintings in the Wellcome Collection" -limit:200
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import pywikibot
from pywikibot.pagegenerators import GeneratorFactory, parameterHelp

from faebot_hash import options, thumbsize
from faebot_hash.adapters.prompt import exit_codes
from faebot_hash.errors import SettingsError
from faebot_hash.session import Session
from faebot_hash.settings_file import chosen
from faebot_hash.study import Study
from faebot_hash.study_plan import Source, plan_of

docuReplacements = {"&params;": parameterHelp}  # noqa: N816

OF_A_WIKI = ("collection", "set", "settings", "store")


def main(*args: str) -> None:
    """Read the options, measure, and tell what was found."""
    own, factory = list(args or sys.argv[1:]), GeneratorFactory()
    # Pywikibot connects to its wiki as soon as it reads arguments, and a folder needs none.
    if not any(argument.startswith("-folder:") for argument in own):
        own = factory.handle_args(pywikibot.handle_args(args))
    with exit_codes():
        given = options.read(own, flags={"chart"}, values={"folder", "out", "widths", *OF_A_WIKI})
        out = Path(given["out"]) if "out" in given else None
        thumbsize.check(out, "chart" in given)
        study = _of_folder(given) if "folder" in given else _of_wiki(factory, given)
        thumbsize.tell(study, out=out, chart="chart" in given, say=print, colour=sys.stdout.isatty())


def _of_folder(given: Mapping[str, str]) -> Study:
    if unused := [f"-{name}" for name in OF_A_WIKI if name in given]:
        raise SettingsError(f"-folder needs no wiki: leave out {', '.join(unused)}")
    return thumbsize.study_folder(Path(given["folder"]), plan_of(given.get("widths", ""), Source.FOLDER))


def _of_wiki(factory: GeneratorFactory, given: Mapping[str, str]) -> Study:
    settings = chosen(given)
    plan = plan_of(given.get("widths", ""), Source.WIKI, settings.hashing.thumb_width_px)
    if "collection" in given:
        collection = settings.collection_named(given["collection"])
        seeds = collection.seed_category
        factory.handle_arg("-ns:6")
        factory.handle_arg(f"-cat:{seeds}" if seeds else f"-search:{collection.query}")
    pages = factory.getCombinedGenerator()
    if pages is None:
        raise SettingsError("no files: name a -collection, a -folder, or a generator such as -cat:NAME")
    site = pywikibot.Site()
    with Session(
        site,
        settings,
        "study",
        confirm=lambda proposal: False,
        store_url=given.get("store", ""),
        simulate=True,
    ) as session:
        page_ids = (page.pageid for page in pages if page.namespace() == 6 and page.pageid)
        return thumbsize.study_wiki(session, site, page_ids, plan)


if __name__ == "__main__":
    main()
