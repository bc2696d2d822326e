"""How often the bot is wrong: every file of the corpora against every other, by the rules of the bot itself.

A pair is *put up for review* where the hashes of the 120 px thumbnails make a duplicate set of it, and
*proven* where the originals are one picture, of one type and size: without that no file is nominated for
deletion. What people write on pages, and the scores, keep back further nominations, so these are the most
that there can be. Pages tell nothing here: the corpora hold pictures.

Files of one group of the corpora are related, and the table of pairs says how. Photographs of two groups
are strangers; test pictures are not counted as such, for many are one picture under several names.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import os
import sys
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from faebot_hash import pixels
from faebot_hash.adapters.decoder import DecoderProcess
from faebot_hash.fingerprint import current_basis
from faebot_hash.images import ORIGINAL
from faebot_hash.likeness import Original
from faebot_hash.match import equal_sets
from faebot_hash.model import HashedFile
from faebot_hash.rationale import proofs
from faebot_hash.reasons import Skipped
from faebot_hash.study import Share
from faebot_hash.study_plan import ORIGINAL_PX
from tests.fakes import file_info
from tests.practice.places import CHECKOUT

CORPORA = Path(os.environ.get("CORPORA_DIR", CHECKOUT.parent / "shared" / "corpora"))
THUMB_PX = 120
WALL_S = 60.0
PATHS = ("path_a", "path_b")
RESAMPLES = 10_000
PHOTOGRAPHS = ("photo-", "dup-", "hard-negative")
SAME = ("identical-file", "identical-pixels", "same-after-exif-transpose", "duplicate")
OTHER = (
    "geometric-variant",
    "derivative",
    "differs-after-exif-transpose",
    "same-samples-other-orientation",
    "same-samples-other-profile",
    "not-duplicate",
)


@dataclass(frozen=True)
class Picture:
    """A file of the corpora as the bot would know it; ``group`` is its own path where it is in none."""

    path: str
    group: str
    is_photograph: bool
    format: str
    hashed: HashedFile
    original: Original


@dataclass(frozen=True)
class Pair:
    """Two files with what is said of them in the corpora, and what the bot finds."""

    label: str
    group: str
    is_for_review: bool
    is_proven: bool


@dataclass(frozen=True)
class Measured:
    """The labelled pairs, and how many pairs of strangers there are among so many photographs."""

    labelled: tuple[Pair, ...]
    photographs: int
    strangers: int
    strangers_for_review: tuple[tuple[str, str], ...]
    strangers_proven: tuple[tuple[str, str], ...]


def main() -> int:
    """Print the tables in Markdown."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.errors", description=__doc__)
    parser.parse_args()
    if not CORPORA.is_dir():
        print(f"no corpora at {CORPORA}: name their folder in CORPORA_DIR", file=sys.stderr)
        return 1
    measured = measure(CORPORA)
    print("\n".join(tables(measured)))
    for one, other in (*measured.strangers_for_review, *measured.strangers_proven):
        print(f"strangers: {one} and {other}", file=sys.stderr)
    return 0


def measure(corpora: Path) -> Measured:
    """Read and compare the photographs of the corpora, and whatever else its table of pairs names."""
    rows = _rows(corpora / "pairs.csv")
    pictures = {one.path: one for one in _pictures(corpora, {row[key] for row in rows for key in PATHS})}
    alike = _alike(pictures.values())
    labelled = tuple(
        Pair(
            row["label"],
            row["group_id"],
            frozenset(paths) in alike,
            _is_proven(*(pictures[path] for path in paths)),
        )
        for row in rows
        if (paths := [row[key] for key in PATHS]) and pictures.keys() >= set(paths)
    )
    photographs = [one for one in pictures.values() if one.is_photograph]
    strangers = [pair for pair in itertools.combinations(photographs, 2) if pair[0].group != pair[1].group]
    return Measured(
        labelled,
        len(photographs),
        len(strangers),
        tuple((one.path, two.path) for one, two in strangers if frozenset((one.path, two.path)) in alike),
        tuple((one.path, two.path) for one, two in strangers if _is_proven(one, two)),
    )


def tables(measured: Measured) -> Iterator[str]:
    """Say what was measured, as lines of Markdown; intervals are those of 95 % confidence."""
    by_label = defaultdict(list)
    for pair in measured.labelled:
        by_label[pair.label].append(pair)
    yield "| pairs of one picture | pairs | put up for review | groups, each weighed alike | proven |"
    yield "|---|--:|--:|--:|--:|"
    for label in SAME:
        yield _row(label, by_label[label])
    yield _row("**all of them**", [pair for label in SAME for pair in by_label[label]])
    yield ""
    yield "| pairs of different pictures | pairs | put up for review | proven |"
    yield "|---|--:|--:|--:|"
    for label in OTHER:
        pairs = by_label[label]
        yield f"| {label} | {len(pairs)} | {_share(_review(pairs))} | {_share(_proof(pairs))} |"
    found = (measured.strangers_for_review, measured.strangers_proven)
    shares = [_share(Share(len(hits), measured.strangers)) for hits in found]
    name = f"**strangers: {measured.photographs} photographs, all with all**"
    yield f"| {name} | {measured.strangers:,} | {shares[0]} | {shares[1]} |"


def _row(label: str, pairs: Sequence[Pair]) -> str:
    found = _review(pairs)
    return f"| {label} | {len(pairs)} | {_share(found)} | {_by_group(pairs)} | {_share(_proof(pairs))} |"


def _review(pairs: Sequence[Pair]) -> Share:
    return Share(sum(pair.is_for_review for pair in pairs), len(pairs))


def _proof(pairs: Sequence[Pair]) -> Share:
    return Share(sum(pair.is_proven for pair in pairs), len(pairs))


def _share(share: Share) -> str:
    low, high = share.interval_percent
    digits = 1 if share.count < 10_000 else 3
    return f"{share.hits} = {share.percent:.{digits}f} % ({low:.{digits}f} to {high:.{digits}f} %)"


def _by_group(pairs: Sequence[Pair]) -> str:
    """Weigh each group alike, whatever the number of its pairs; the interval is that of drawing groups."""
    of_group = defaultdict(list)
    for pair in pairs:
        of_group[pair.group].append(pair.is_for_review)
    means = np.array([np.mean(found) for _, found in sorted(of_group.items())])
    drawn = np.random.default_rng(1).choice(means, (RESAMPLES, len(means))).mean(axis=1)
    low, high = np.percentile(drawn, (2.5, 97.5))
    return f"{100 * means.mean():.1f} % of {len(means)} ({100 * low:.1f} to {100 * high:.1f} %)"


def _pictures(corpora: Path, named: Collection[str]) -> Iterator[Picture]:
    with DecoderProcess(ORIGINAL, wall_s=WALL_S) as decoder:
        for number, row in enumerate(_rows(corpora / "manifest-images.csv"), start=1):
            is_photograph = row["class"].startswith(PHOTOGRAPHS)
            if not is_photograph and row["path"] not in named:
                continue
            data = (corpora / row["path"]).read_bytes()
            told = decoder.fingerprints_at(data, [THUMB_PX])
            digest = decoder.digest(data)
            if isinstance(told, Skipped) or isinstance(digest, Skipped):
                continue
            # The wiki shows a picture that is no wider as it is.
            width_px = THUMB_PX if THUMB_PX in told else ORIGINAL_PX
            basis = current_basis("thumbnail", THUMB_PX) if width_px else current_basis("original", 0)
            file = file_info(number, row["path"], width_px=digest.width_px, height_px=digest.height_px)
            known = replace(pixels.original_of(data), digest=digest, fingerprint=told[ORIGINAL_PX])
            group = row["group_id"] or row["path"]
            hashed = HashedFile(file, told[width_px], basis)
            yield Picture(row["path"], group, is_photograph, row["format"], hashed, known)


def _alike(pictures: Iterable[Picture]) -> set[frozenset[str]]:
    """Give the pairs of titles that the bot would show side by side, each pair judged by itself."""
    by_key: dict[object, list[HashedFile]] = defaultdict(list)
    for one in pictures:
        for kind, value in (("p", one.hashed.fingerprint.phash), ("d", one.hashed.fingerprint.dhash)):
            by_key[kind, value, one.hashed.basis].append(one.hashed)
    near = {
        (one.file.page_id, other.file.page_id): (one, other)
        for files in by_key.values()
        for one, other in itertools.combinations(files, 2)
    }
    return {
        frozenset((one.file.title, other.file.title))
        for one, other in near.values()
        if equal_sets((one, other))
    }


def _is_proven(one: Picture, other: Picture) -> bool:
    sizes = {(each.hashed.file.width_px, each.hashed.file.height_px) for each in (one, other)}
    return (
        one.format == other.format
        and len(sizes) == 1
        and pixels.verdict(one.original, other.original).verdict.is_same_picture
        and bool(proofs(one.original, other.original))
    )


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    sys.exit(main())
