"""The command line: ``python -m faebot_hash COMMAND``, for pictures at hand and for past runs."""

from __future__ import annotations

import argparse
import json
import os
import stat
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from faebot_hash import pixels, runs, settings_file
from faebot_hash.adapters.decoder import DecoderProcess
from faebot_hash.edits import Proposal
from faebot_hash.errors import FaebotError, SettingsError
from faebot_hash.fingerprint import current_basis, to_hex
from faebot_hash.images import ORIGINAL
from faebot_hash.likeness import Comparison
from faebot_hash.reasons import Reason, Skipped

INTERRUPTED = 130
UNDECIDED = 3

HASH_HELP = """\
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

HASH_EXAMPLE = """\
example:
  python -m faebot_hash hash *.jpg | grep '"low_information": false'

exit status: 0 when every file got hashes or a reason, 1 when the decoding process cannot be started
or the output cannot be written, 2 for a wrong command line, 130 after Ctrl-C
"""


DIGEST_HELP = """\
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

DIGEST_EXAMPLE = """\
example:
  python -m faebot_hash digest *.jpg | jq -r '.pixel_sha1 + " " + .path' | sort

exit status: 0 when every file got digests or a reason, 1 when the decoding process cannot be started
or the output cannot be written, 2 for a wrong command line, 130 after Ctrl-C
"""

COMPARE_HELP = """\
Print one JSON object, {"verdict": …, "reasons": […]}. The verdict is one of

  identical      the same bytes
  metadata only  other bytes, but everything decoded is the same
  enhanced       equal pHash or dHash, but other pixels
  near           a pHash or dHash that differs in one or two bits
  different      none of these
  null           a file cannot be read or decoded: the reasons say which and why
"""

COMPARE_EXAMPLE = """\
example:
  python -m faebot_hash compare old.jpg new.jpg

exit status: 0 for any verdict, 3 for null, 1 when the decoding process cannot be started or the output
cannot be written, 2 for a wrong command line, 130 after Ctrl-C
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit status."""
    options = _parser().parse_args(arguments)
    try:
        status: int | None = options.run_command(options)
        sys.stdout.flush()
    except FaebotError as error:
        print(f"faebot_hash: {error}", file=sys.stderr)
        return 2 if isinstance(error, SettingsError) else 1
    except BrokenPipeError:
        # Python flushes standard output once more at exit, and would complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    return status or 0


def print_hashes(paths: Sequence[str]) -> None:
    """Print the JSON line of each file as soon as it is known."""
    with DecoderProcess(ORIGINAL) as decoder:
        for path in paths:
            print(json.dumps({"path": path, **hashes_of(Path(path), decoder)}), flush=True)


def hashes_of(path: Path, decoder: DecoderProcess) -> dict[str, object]:
    """Give the fields of one file's line: its hashes and basis, or the reason for having none."""
    picture = read_original(path)
    result = picture if isinstance(picture, Skipped) else decoder.fingerprint(picture)
    if isinstance(result, Skipped):
        return _rejected(result)
    return {
        "phash": to_hex(result.phash),
        "dhash": to_hex(result.dhash),
        "ahash": to_hex(result.ahash),
        "whash": to_hex(result.whash),
        "low_information": result.low_information,
        "basis": asdict(current_basis("original", 0)),
    }


def print_digests(paths: Sequence[str]) -> None:
    """Print the JSON line of each file as soon as it is known."""
    with DecoderProcess(ORIGINAL) as decoder:
        for path in paths:
            print(json.dumps({"path": path, **digests_of(Path(path), decoder)}), flush=True)


def digests_of(path: Path, decoder: DecoderProcess) -> dict[str, object]:
    """Give the fields of one file's line: its digests and what went into them, or the reason for none."""
    picture = read_original(path)
    if isinstance(picture, Skipped):
        return _rejected(picture)
    result = decoder.digest(picture)
    if isinstance(result, Skipped):
        return _rejected(result)
    return {**asdict(result), "stripped_sha1": pixels.original_of(picture).stripped_sha1}


def _rejected(skipped: Skipped) -> dict[str, object]:
    return {"rejected": skipped.reason.name.lower(), "detail": skipped.detail}


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


def read_original(path: Path) -> bytes | Skipped:
    """Read a regular file that is not longer than an original may be; pipes and devices are not opened."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return Skipped(str(path), Reason.UNREADABLE, "not a regular file")
        if status.st_size > ORIGINAL.decoded_bytes:
            return Skipped(str(path), Reason.TOO_LARGE, f"{status.st_size} bytes")
        with path.open("rb") as file:
            return file.read(ORIGINAL.decoded_bytes + 1)
    except OSError as error:
        return Skipped(str(path), Reason.UNREADABLE, error.strerror or type(error).__name__)
    except ValueError as error:  # a NUL in the path
        return Skipped(str(path), Reason.UNREADABLE, str(error))


def _hash(options: argparse.Namespace) -> None:
    print_hashes(options.files)


def _digest(options: argparse.Namespace) -> None:
    print_digests(options.files)


def _compare(options: argparse.Namespace) -> int:
    result = compared(options.one, options.other)
    if isinstance(result, Skipped):
        why = f"{result.what}: {result.reason.name.lower()} ({result.detail})"
        print(json.dumps({"verdict": None, "reasons": [why]}))
        return UNDECIDED
    print(json.dumps({"verdict": result.verdict.value, "reasons": result.reasons}))
    return 0


def _runs(options: argparse.Namespace) -> None:
    for line in runs.list_runs(_store_url(options)):
        print(line)


def _show(options: argparse.Namespace) -> None:
    for line in runs.show_run(_store_url(options), options.run):
        print(line)


def _undo(options: argparse.Namespace) -> None:
    chosen = settings_file.load(options.settings)
    confirm = (lambda proposal: True) if options.always else _confirm
    for line in runs.undo_run(options.store or chosen.store.url, options.run, chosen, confirm):
        print(line)


def _confirm(proposal: Proposal) -> bool:
    answer = input(f"Restore File:{proposal.file.title} as it was before our edit? [y/N] ")
    return answer.strip().casefold() in ("y", "yes")


def _store_url(options: argparse.Namespace) -> str:
    return str(options.store or settings_file.load(options.settings).store.url)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m faebot_hash",
        description="Visual fingerprints of local pictures, and what past runs did on the wiki.",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_picture_commands(commands)
    _add_run_commands(commands)
    return parser


def _add_picture_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    raw = argparse.RawDescriptionHelpFormatter
    for name, summary, about, example, run in (
        ("hash", "print the perceptual hashes of pictures as JSON lines", HASH_HELP, HASH_EXAMPLE, _hash),
        ("digest", "print digests of all that pictures decode to", DIGEST_HELP, DIGEST_EXAMPLE, _digest),
    ):
        command = commands.add_parser(
            name, help=summary, description=about, epilog=example, formatter_class=raw
        )
        command.add_argument(
            "files", nargs="+", metavar="FILE", help="a JPEG, PNG, GIF, WebP or TIFF picture"
        )
        command.set_defaults(run_command=run)
    compare = commands.add_parser(
        "compare",
        help="tell whether two files are one picture, and why",
        description=COMPARE_HELP,
        epilog=COMPARE_EXAMPLE,
        formatter_class=raw,
    )
    compare.add_argument("one", type=Path, metavar="A", help="a picture")
    compare.add_argument("other", type=Path, metavar="B", help="another")
    compare.set_defaults(run_command=_compare)


def _add_run_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    place = argparse.ArgumentParser(add_help=False)
    place.add_argument("--settings", type=Path, default=settings_file.DEFAULT_PATH, help="the settings file")
    place.add_argument("--store", default="", metavar="URL", help="the store, instead of the settings' own")
    listing = commands.add_parser("runs", parents=[place], help="list the runs that edited, newest first")
    listing.set_defaults(run_command=_runs)
    show = commands.add_parser("show", parents=[place], help="tell each edit of a run and how it ended")
    show.add_argument("run", metavar="RUN", help="a run's name, as `runs` prints it")
    show.set_defaults(run_command=_show)
    undo = commands.add_parser(
        "undo",
        parents=[place],
        help="take back the edits of a run",
        description="Restore each page that a run edited, where nobody has edited it since. "
        "Needs Pywikibot's user-config.py, as pwb does.",
    )
    undo.add_argument("run", metavar="RUN", help="a run's name, as `runs` prints it")
    undo.add_argument("--always", action="store_true", help="do not ask before each page")
    undo.set_defaults(run_command=_undo)


if __name__ == "__main__":
    sys.exit(main())
