"""What commands over local pictures share: a JSON line a file, as soon as it is known."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path

from faebot_hash.adapters.decoder import DecoderProcess
from faebot_hash.adapters.picture_file import read_original
from faebot_hash.commands import Commands
from faebot_hash.images import ORIGINAL
from faebot_hash.reasons import Skipped

Fields = dict[str, object]


def add_listing(
    commands: Commands,
    name: str,
    *,
    summary: str,
    about: str,
    example: str,
    fields_of: Callable[[bytes, DecoderProcess], Fields | Skipped],
) -> None:
    """Add a command that prints a JSON line for each file; ``fields_of`` tells of one file's bytes."""
    command = commands.add_parser(
        name,
        help=summary,
        description=about,
        epilog=example,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("files", nargs="+", metavar="FILE", help="a JPEG, PNG, GIF, WebP or TIFF picture")
    command.set_defaults(run_command=lambda options: print_lines(options.files, fields_of))


def print_lines(paths: Sequence[str], fields_of: Callable[[bytes, DecoderProcess], Fields | Skipped]) -> None:
    """Print the line of each file: its fields, or the reason for having none."""
    with DecoderProcess(ORIGINAL) as decoder:
        for path in paths:
            picture = read_original(Path(path))
            told = picture if isinstance(picture, Skipped) else fields_of(picture, decoder)
            print(
                json.dumps({"path": path, **(_rejected(told) if isinstance(told, Skipped) else told)}),
                flush=True,
            )


def _rejected(skipped: Skipped) -> Fields:
    return {"rejected": skipped.reason.name.lower(), "detail": skipped.detail}
