"""
Write on a page of the bot's own how the bot is doing.

The page, [wiki] status_page, tells how many files are hashed, how many edits
stand and how many of the last ones people have reverted, what waits, and how
the jobs ended. It is written where it says something new. On a wiki where the
account may not make the page, its text is shown for a person to make it.

Options:

-settings:FILE      the settings (config/faebot.toml by default)
-set:KEY=VALUE      one setting for this run, above the file's, as in
                    -set:http.parallel=1; may be repeated
-store:URL          the store, instead of the settings' own place
-out:FOLDER         where the text goes if the account may not make the page

With the global option -simulate nothing is edited.

Example:

    pwb report_status
"""

from __future__ import annotations

from pathlib import Path

import pywikibot

from faebot_hash import options
from faebot_hash.adapters.prompt import exit_codes
from faebot_hash.session import Session
from faebot_hash.settings_file import chosen
from faebot_hash.status_report import write_status


def main(*args: str) -> None:
    """Read the options and write the page."""
    own = pywikibot.handle_args(args)
    with exit_codes():
        given = options.read(own, flags=(), values={"out", "set", "settings", "store"})
        settings = chosen(given)
        with Session(
            pywikibot.Site(),
            settings,
            "status",
            confirm=lambda proposal: False,
            store_url=given.get("store", ""),
            simulate=bool(pywikibot.config.simulate),
        ) as session:
            write_status(session, Path(given["out"]) if "out" in given else None)


if __name__ == "__main__":
    main()
