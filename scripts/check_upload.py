"""
Tell which pictures of folders are on the wiki already, before they are uploaded.

    pwb check_upload FOLDER [FOLDER…]

Each picture is compared with the hash index (see index_hashes), and the wiki is
asked for its very bytes. A picture is

same_file           when a file with its SHA1 is there,
equal               when the pHash or dHash of a file there is equal, so that
                    find_duplicates would tag it,
near                when one is within the tolerance, by pHash or dHash,
new                 when none of these holds,
low_information     when it is too flat to be compared,
unreadable          when it is broken or no picture, with the reason;

and it is told when it is twice in the folders. Hashes are compared with those
of thumbnails, which are made in memory in the manner of Wikimedia's scaler.
Nothing is edited or uploaded.

Options:

-tolerance:BITS     what counts as near, 0 to 12 bits (2 by default, as
                    docs/thumbsizes.md recommends)
-csv:FILE           write a row for each page that has a picture, and one for
                    each other picture
-json:FILE          write one JSON object a line and picture
-settings:FILE      the settings (config/faebot.toml by default)
-set:KEY=VALUE      one setting for this run, above the file's, as in
                    -set:http.parallel=1; may be repeated
-store:URL          the index, instead of the settings' own
-index:FOLDER       where the search index is kept, instead of the settings' own
                    place; with -store alone it is made anew for this run

Exit codes: 0 all are new, 3 at least one is there or twice in the folders,
4 none is, but some could not be judged, 1 and 2 as everywhere.

Without Pywikibot, and from the index alone: python -m faebot_hash check FOLDER

Example:

    pwb check_upload ~/Pictures/Holiday -csv:holiday.csv
"""

from __future__ import annotations

import sys
from pathlib import Path

import pywikibot

from faebot_hash import options, upload_check
from faebot_hash.adapters.prompt import exit_codes
from faebot_hash.adapters.same_files import SameFiles
from faebot_hash.errors import SettingsError
from faebot_hash.settings_file import chosen


def main(*args: str) -> None:
    """Read the options, check the folders, and end with what was found as exit code."""
    own = pywikibot.handle_args(args)
    with exit_codes():
        folders = [Path(argument) for argument in own if not argument.startswith("-")]
        given = options.read(
            [argument for argument in own if argument.startswith("-")],
            flags=(),
            values={"tolerance", "csv", "json", "set", "settings", "store", "index"},
        )
        if not folders:
            raise SettingsError("no folder: name one that holds pictures; see -help")
        settings = chosen(given)
        files = {name: Path(given[name]) for name in ("csv", "json", "index") if name in given}
        tolerance_bits = upload_check.tolerance_of(given.get("tolerance", ""))
        on_terminal = sys.stdout.isatty()
        reports = upload_check.Reports(
            files.get("csv"), files.get("json"), colour=on_terminal, progress=not on_terminal
        )
        wiki = SameFiles(pywikibot.Site())
        with upload_check.known_files(settings, given.get("store", ""), files.get("index"), wiki) as known:
            tally = upload_check.check_folders(folders, known, tolerance_bits, reports)
        if tally.exit_status:
            sys.exit(tally.exit_status)


if __name__ == "__main__":
    main()
