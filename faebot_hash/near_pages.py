"""Near matches as galleries on a wiki page: the earliest file first, then those that look like it.

The text depends on what was found alone, so a run that finds the same writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from faebot_hash.collection import Collection
from faebot_hash.console import plural
from faebot_hash.escape import file_link, plain, target
from faebot_hash.near import NearFound, within
from faebot_hash.near_pairs import NearGroup, NearPair, WhyNear
from faebot_hash.parts import Part, parts
from faebot_hash.reasons import Reason, Skipped
from faebot_hash.settings import NearSettings

GALLERY = '<gallery mode="packed" heights="100">'
MOST_IN_GALLERY = 200
MAX_TEXT = 200  # characters of a title or a detail that is only told
MAX_LEFT_OUT = 50

_EQUAL = "in a duplicate set with the first"
_ORDINARY = frozenset((Reason.TOO_FEW_HITS, Reason.NO_SLICE))


def near_parts(
    collection: Collection, found: Sequence[NearFound | Skipped], settings: NearSettings
) -> list[Part]:
    """Write the near matches of a whole collection, those of the file with the lowest page id first."""
    groups = [(group, one) for one in found if isinstance(one, NearFound) for group in one.groups]
    groups.sort(key=lambda pair: (pair[0].primary.file.page_id, pair[0].pairs[0].page_ids))
    left_out = [one for one in found if isinstance(one, Skipped) and one.reason not in _ORDINARY]
    blocks = [block for group, one in groups for block in _blocks(group, one)]
    opening = "\n".join(_opening(collection, blocks, left_out, settings))
    return parts(collection.name, opening, blocks, settings.report_bytes)


def tolerance_text(settings: NearSettings) -> str:
    """Say how near the files of a pair are."""
    tolerances = within(settings).tolerances.items()
    return (" and " if settings.both else " or ").join(
        f"{kind.value} within {plural(bits, 'bit')}" for kind, bits in tolerances
    )


def _opening(
    collection: Collection, blocks: Sequence[str], left_out: Sequence[Skipped], settings: NearSettings
) -> Iterator[str]:
    what = plain(collection.title or collection.name, MAX_TEXT)
    yield f"Near matches in “{what}”: files that look alike, but are no duplicate set."
    yield ""
    yield (
        f"Two files are near by a {tolerance_text(settings)}, of 64. This is not transitive: each file was "
        "compared with the first one of its gallery, the earliest upload. No page was tagged because of this."
    )
    if left_out:
        yield ""
        yield f"{plural(len(left_out), 'slice')} could not be compared, so there may be more:"
        for one in left_out[:MAX_LEFT_OUT]:
            yield f"* {plain(one.what, MAX_TEXT)}: {one.reason.sentence}"
        if len(left_out) > MAX_LEFT_OUT:
            yield f"* and {len(left_out) - MAX_LEFT_OUT:,} more"
    yield ""
    if not blocks:
        yield "There are none."


def _blocks(group: NearGroup, found: NearFound) -> Iterator[str]:
    """Write one gallery after the other, for even those of a thousand near files must fit on pages."""
    primary = group.primary.file
    for start in range(0, len(group.pairs), MOST_IN_GALLERY):
        pairs = group.pairs[start : start + MOST_IN_GALLERY]
        lines = [GALLERY, f"File:{target(primary.title)}|Primary, uploaded {primary.uploaded:%Y-%m-%d}"]
        if start == 0:
            lines += [f"File:{target(one.file.title)}|{_EQUAL}" for one in group.equals[:MOST_IN_GALLERY]]
        lines += [f"File:{target(pair.second.file.title)}|{_caption(pair)}" for pair in pairs]
        lines.append("</gallery>")
        if start == 0 and len(group.equals) > MOST_IN_GALLERY:
            lines.append(f"* and {len(group.equals) - MOST_IN_GALLERY:,} more {_EQUAL}")
        for file in (primary, *(pair.second.file for pair in pairs)):
            if note := found.note(file.page_id):
                seen = f" ({plain(note.detail, MAX_TEXT)})" if note.detail else ""
                lines.append(f"* {file_link(file.title)}: {note.reason.sentence}{seen}")
        yield "\n".join([*lines, ""])


def _caption(pair: NearPair) -> str:
    told = f"pHash {pair.phash_bits}, dHash {pair.dhash_bits}, uploaded {pair.second.file.uploaded:%Y-%m-%d}"
    return told if pair.why is WhyNear.DISTANCE else f"{told}; {pair.why.value}"
