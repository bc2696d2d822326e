"""``compare``: tell whether two files are one picture."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

from faebot_hash import pixels
from faebot_hash.adapters.decoder import DecoderProcess
from faebot_hash.adapters.picture_file import read_original
from faebot_hash.commands import Commands
from faebot_hash.images import ORIGINAL
from faebot_hash.likeness import Comparison
from faebot_hash.reasons import Skipped

UNDECIDED = 3

HELP = """\
Print one JSON object, {"verdict": …, "reasons": […]}. The verdict is one of

  identical      the same bytes
  metadata only  other bytes, but everything decoded is the same
  enhanced       equal pHash or dHash, but other pixels
  near           a pHash or dHash that differs in one or two bits
  different      none of these
  null           a file cannot be read or decoded: the reasons say which and why
"""

EXAMPLE = """\
example:
  python -m faebot_hash compare old.jpg new.jpg

exit status: 0 for any verdict, 3 for null, 1 when the decoding process cannot be started or the output
cannot be written, 2 for a wrong command line, 130 after Ctrl-C
"""


def add(commands: Commands) -> None:
    """Add the command."""
    command = commands.add_parser(
        "compare",
        help="tell whether two files are one picture, and why",
        description=HELP,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("one", type=Path, metavar="A", help="a picture")
    command.add_argument("other", type=Path, metavar="B", help="another")
    command.set_defaults(run_command=_run)


def _run(options: argparse.Namespace) -> int:
    result = compared(options.one, options.other)
    if isinstance(result, Skipped):
        why = f"{result.what}: {result.reason.name.lower()} ({result.detail})"
        print(json.dumps({"verdict": None, "reasons": [why]}))
        return UNDECIDED
    print(json.dumps({"verdict": result.verdict.value, "reasons": result.reasons}))
    return 0


def compared(one: Path, other: Path) -> Comparison | Skipped:
    """Compare two files, decoding only where their bytes do not tell."""
    known = []
    for path in (one, other):
        picture = read_original(path)
        if isinstance(picture, Skipped):
            return picture
        known.append((path, picture, pixels.original_of(picture)))
    if (early := pixels.settled(known[0][2], known[1][2])) is not None:
        return early
    decoded = []
    with DecoderProcess(ORIGINAL) as decoder:
        for path, picture, original in known:
            if isinstance(digest := decoder.digest(picture), Skipped):
                return replace(digest, what=str(path))
            if isinstance(fingerprint := decoder.fingerprint(picture), Skipped):
                return replace(fingerprint, what=str(path))
            decoded.append(replace(original, digest=digest, fingerprint=fingerprint))
    return pixels.verdict(*decoded)
