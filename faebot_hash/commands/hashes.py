"""``hash``: print the perceptual hashes of pictures."""

from __future__ import annotations

from dataclasses import asdict

from faebot_hash.adapters.decoder import DecoderProcess
from faebot_hash.commands import Commands
from faebot_hash.commands.pictures import Fields, add_listing
from faebot_hash.fingerprint import current_basis, to_hex
from faebot_hash.reasons import Skipped

HELP = """\
Print one JSON object a line and file, in the order given:

  {"path": …, "phash": …, "dhash": …, "ahash": …, "whash": …, "low_information": …, "basis": …}
  {"path": …, "rejected": …, "detail": …}

Hashes are 16 hex digits, equal to those of imagehash for the picture as one sees it: first frame,
turned upright, laid on white. "low_information" marks pictures so flat that their hashes say
nothing. "basis" names what the hashes were made from and with: compare only within one basis.
"rejected" is the reason why a file has no hashes: unreadable, unsupported_format, truncated, malformed,
too_large, unsupported_mode or decoder_died. Characters outside ASCII are written as \\u escapes,
bytes of a path that are no UTF-8 as lone surrogates.
"""

EXAMPLE = """\
example:
  python -m faebot_hash hash *.jpg | grep '"low_information": false'

exit status: 0 when every file got hashes or a reason, 1 when the decoding process cannot be started
or the output cannot be written, 2 for a wrong command line, 130 after Ctrl-C
"""


def add(commands: Commands) -> None:
    """Add the command."""
    add_listing(
        commands,
        "hash",
        summary="print the perceptual hashes of pictures as JSON lines",
        about=HELP,
        example=EXAMPLE,
        fields_of=hashes_of,
    )


def hashes_of(picture: bytes, decoder: DecoderProcess) -> Fields | Skipped:
    """Give the fields of one file's line."""
    result = decoder.fingerprint(picture)
    if isinstance(result, Skipped):
        return result
    return {
        "phash": to_hex(result.phash),
        "dhash": to_hex(result.dhash),
        "ahash": to_hex(result.ahash),
        "whash": to_hex(result.whash),
        "low_information": result.low_information,
        "basis": asdict(current_basis("original", 0)),
    }
