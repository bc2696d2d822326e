"""What the bot found of a family, kept for the people who review it: values, and their JSON.

A case is named by its files' bytes, so a family with one file more, or with a new version of one, is another
case.
"""

from __future__ import annotations

import hashlib
import json
import types
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import combinations, islice
from typing import Any, get_args, get_origin, get_type_hints

from faebot_hash.console import Decision, told
from faebot_hash.contrast import contrast
from faebot_hash.dossier import Dossier, Entry, bits_apart, dossier
from faebot_hash.family import Bond, Confirmed
from faebot_hash.judgements import Pair, pair_of

VERSION = 1
MOST_PAIRS = 190
"""Of a family of up to 20 files all pairs are in its case, of a larger one those that were compared."""
MOST_DIFFERENCES = 30
MOST_NAMES = 40
MOST_CHARACTERS = 300


@dataclass(frozen=True)
class CaseFile:
    """A file of a family: ``phash`` and ``dhash`` are 16 hex digits or "", as are digests, unknown ones "".

    ``score`` is None for a file that was not scored; ``points`` are its reasons in words, ``fate`` says in
    a sentence what becomes of the file.
    """

    page_id: int
    title: str
    sha1: str
    mime: str
    size_bytes: int
    width_px: int
    height_px: int
    uploaded: datetime
    uploader: str
    thumb_url: str | None
    url: str
    phash: str
    dhash: str
    non_exif_sha1: str
    pixel_sha1: str
    score: int | None
    points: tuple[str, ...]
    fate: str


@dataclass(frozen=True)
class CasePair:
    """Two files of a family with their distances, None where unknown, and how the originals compare."""

    pair: Pair
    phash_bits: int | None
    dhash_bits: int | None
    comparison: str


@dataclass(frozen=True)
class CaseDifference:
    """What two pages say differently: "here" is the pair's first, ``parameters`` are name, here, there."""

    pair: Pair
    categories_here: tuple[str, ...]
    categories_there: tuple[str, ...]
    licences_here: tuple[str, ...]
    licences_there: tuple[str, ...]
    parameters: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Case:
    """A family as a run found it: ``bonds`` say what joins its files, numbered from 1 in page-id order.

    ``made_at`` is aware. Every file is in one of the pairs, and no pair comes twice.
    """

    key: str
    made_at: datetime
    run: str
    bonds: tuple[str, ...]
    files: tuple[CaseFile, ...]
    pairs: tuple[CasePair, ...]
    differences: tuple[CaseDifference, ...]


def key_of(sha1s: Iterable[str]) -> str:
    """Name a family by its files: 64 hex digits, the SHA-256 of the sorted SHA1s, a line each."""
    return hashlib.sha256("\n".join(sorted(sha1s)).encode("ascii")).hexdigest()


def case_of(confirmed: Confirmed, applied: Sequence[Decision], run: str, at: datetime) -> Case:
    """Put down what a run found of a family, and what it did."""
    one = dossier((confirmed, applied))
    pairs = list(_pairs(one))
    return Case(
        key=key_of(entry.file.sha1 for entry in one.entries),
        made_at=at,
        run=run,
        bonds=tuple(_bond(one, bond) for bond in confirmed.family.bonds),
        files=tuple(_file(entry) for entry in one.entries),
        pairs=tuple(_pair(one, *pair) for pair in pairs),
        differences=tuple(islice(_differences(pairs), MOST_DIFFERENCES)),
    )


def to_json(case: Case) -> str:
    """Write a case."""
    return json.dumps({"version": VERSION, **asdict(case)}, default=datetime.isoformat)


def from_json(text: str) -> Case:
    """Read a case; raises ValueError for anything that ``to_json`` of this version does not write."""
    written = json.loads(text)
    if not isinstance(written, dict) or written.pop("version", None) != VERSION:
        raise ValueError("no case of this version")
    case = _read(Case, written)
    assert isinstance(case, Case)
    return case


def _pairs(one: Dossier) -> Iterator[tuple[Entry, Entry]]:
    """Give the pairs to judge, each pair of SHA1s once, the file with the lower one first."""
    by_page = {entry.file.page_id: entry for entry in one.entries}
    everyone = list(combinations(one.entries, 2)) if _is_small(one) else None
    compared = [(by_page[a], by_page[b]) for a, b in sorted(one.confirmed.identity.comparisons)]
    with_first = [(one.entries[0], other) for other in one.entries[1:]]
    seen: set[Pair] = set()
    for first, second in everyone or (*compared, *with_first):
        if first.file.sha1 > second.file.sha1:
            first, second = second, first
        pair = (first.file.sha1, second.file.sha1)
        if pair not in seen:
            seen.add(pair)
            yield first, second


def _is_small(one: Dossier) -> bool:
    return len(one.entries) * (len(one.entries) - 1) // 2 <= MOST_PAIRS


def _pair(one: Dossier, first: Entry, second: Entry) -> CasePair:
    ids = (min(first.file.page_id, second.file.page_id), max(first.file.page_id, second.file.page_id))
    phash_bits, dhash_bits = bits_apart(one.confirmed, ids) or (None, None)
    pair = pair_of(first.file.sha1, second.file.sha1)
    return CasePair(pair, phash_bits, dhash_bits, _compared(one.confirmed, ids))


def _compared(confirmed: Confirmed, ids: tuple[int, int]) -> str:
    comparison = confirmed.identity.comparisons.get(ids)
    if comparison is not None:
        return ": ".join((comparison.verdict.value, "; ".join(comparison.reasons)))
    groups = ({file.page_id for file in group} for group in confirmed.identity.groups)
    if any(group.issuperset(ids) for group in groups):
        return "the same picture: both equal the first of their group"
    return "not compared"


def _file(entry: Entry) -> CaseFile:
    file, digest = entry.file, entry.original.digest if entry.original else None
    return CaseFile(
        page_id=file.page_id,
        title=file.title,
        sha1=file.sha1,
        mime=file.mime,
        size_bytes=file.size_bytes,
        width_px=file.width_px,
        height_px=file.height_px,
        uploaded=file.uploaded,
        uploader=file.uploader,
        thumb_url=file.thumb_url,
        url=file.url,
        phash=f"{entry.fingerprint.phash:016x}" if entry.fingerprint else "",
        dhash=f"{entry.fingerprint.dhash:016x}" if entry.fingerprint else "",
        non_exif_sha1=digest.non_exif_sha1 if digest else "",
        pixel_sha1=digest.pixel_sha1 if digest else "",
        score=entry.score.total if entry.score else None,
        points=tuple(str(point) for point in entry.score.points) if entry.score else (),
        fate="; ".join(told(decision) for decision in entry.decisions) or entry.undecided,
    )


def _bond(one: Dossier, bond: Bond) -> str:
    numbers = " = ".join(str(entry.number) for entry in one.entries if entry.file.page_id in bond.page_ids)
    return f"{numbers}: {bond.evidence}"


def _differences(pairs: Iterable[tuple[Entry, Entry]]) -> Iterator[CaseDifference]:
    for first, second in pairs:
        if first.facts is None or second.facts is None:
            continue
        found = contrast(first.facts, second.facts)
        yield CaseDifference(
            (first.file.sha1, second.file.sha1),
            found.categories_here[:MOST_NAMES],
            found.categories_there[:MOST_NAMES],
            found.licences_here[:MOST_NAMES],
            found.licences_there[:MOST_NAMES],
            tuple(
                (_short(name), _short(here), _short(there))
                for name, here, there in found.parameters[:MOST_NAMES]
            ),
        )


def _short(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + "…"


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _read(kind: Any, value: Any) -> Any:
    """Turn what JSON gave into a value of a type, or raise ValueError."""
    if is_dataclass(kind) and isinstance(kind, type):
        names = [one.name for one in fields(kind)]
        if not isinstance(value, dict) or sorted(value) != sorted(names):
            raise ValueError(f"no {kind.__name__}: {value!r:.80}")
        return kind(**{name: _read(_hints(kind)[name], value[name]) for name in names})
    if get_origin(kind) is types.UnionType:
        return None if value is None else _read(get_args(kind)[0], value)
    if get_origin(kind) is tuple:
        return _read_tuple(get_args(kind), value)
    if kind is datetime and isinstance(value, str):
        return datetime.fromisoformat(value).astimezone(UTC)
    if kind not in (int, str) or type(value) is not kind:
        raise ValueError(f"no {getattr(kind, '__name__', kind)}: {value!r:.80}")
    return value


def _read_tuple(kinds: tuple[Any, ...], value: Any) -> tuple[Any, ...]:
    if not isinstance(value, list) or (kinds[-1] is not Ellipsis and len(value) != len(kinds)):
        raise ValueError(f"not {len(kinds)} values: {value!r:.80}")
    of_each = [kinds[0]] * len(value) if kinds[-1] is Ellipsis else kinds
    return tuple(_read(kind, one) for kind, one in zip(of_each, value, strict=True))
