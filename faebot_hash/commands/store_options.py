"""The options of every command that reads the store: the settings, changes to them, and the store."""

from __future__ import annotations

import argparse
from pathlib import Path

from faebot_hash import settings_file
from faebot_hash.options import public_address
from faebot_hash.settings import Settings


def store_options() -> argparse.ArgumentParser:
    """Give the parent parser with ``--settings``, ``--set`` and ``--store``."""
    place = argparse.ArgumentParser(add_help=False)
    place.add_argument("--settings", type=Path, default=settings_file.DEFAULT_PATH, help="the settings file")
    place.add_argument(
        "--set",
        dest="changes",
        action="append",
        default=[],
        metavar="SECTION.KEY=VALUE",
        help="a setting for this run, above the file's; may be repeated",
    )
    place.add_argument("--store", default="", metavar="URL", help="the store, instead of the settings' own")
    return place


def store_url(options: argparse.Namespace) -> str:
    """Tell which store is meant; the settings are read only where no store is named. Raises SettingsError."""
    return public_address(options.store) or chosen_settings(options).store.url


def chosen_settings(options: argparse.Namespace) -> Settings:
    """Read the settings with the changes of the command line; raises SettingsError."""
    return settings_file.load(options.settings, options.changes)
