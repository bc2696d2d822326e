"""``digest``: print digests of all that pictures decode to."""

from __future__ import annotations

from dataclasses import asdict

from faebot_hash import pixels
from faebot_hash.adapters.decoder import DecoderProcess
from faebot_hash.commands import Commands
from faebot_hash.commands.pictures import Fields, add_listing
from faebot_hash.reasons import Skipped

HELP = """\
Print one JSON object a line and file, in the order given:

  {"path": …, "non_exif_sha1": …, "pixel_sha1": …, "frames": …, "mode": …, "bit_depth": …,
   "width_px": …, "height_px": …, "orientation": …, "icc": …, "stripped_sha1": …}
  {"path": …, "rejected": …, "detail": …}

"pixel_sha1" is of all that the file decodes to: every frame and page, its mode, size, bit depth, alpha,
palette looked up, orientation applied, ICC profile, colour transform, timing of an animation, further
pictures behind the first. Metadata leaves it as it is. "non_exif_sha1" is of the first frame's
default JPEG export, which calls different pictures equal: only both together make files identical.
"stripped_sha1" is of a JPEG's bytes without metadata, null for other files: equal ones prove equality
without decoding. "mode", sizes (as seen), "orientation" and "icc" (SHA1 of the profile) are the first
frame's. "rejected" is the reason why a file has no digests, as with the command hash.
"""

EXAMPLE = """\
example:
  python -m faebot_hash digest *.jpg | jq -r '.pixel_sha1 + " " + .path' | sort

exit status: 0 when every file got digests or a reason, 1 when the decoding process cannot be started
or the output cannot be written, 2 for a wrong command line, 130 after Ctrl-C
"""


def add(commands: Commands) -> None:
    """Add the command."""
    add_listing(
        commands,
        "digest",
        summary="print digests of all that pictures decode to",
        about=HELP,
        example=EXAMPLE,
        fields_of=digests_of,
    )


def digests_of(picture: bytes, decoder: DecoderProcess) -> Fields | Skipped:
    """Give the fields of one file's line."""
    result = decoder.digest(picture)
    if isinstance(result, Skipped):
        return result
    return {**asdict(result), "stripped_sha1": pixels.original_of(picture).stripped_sha1}
