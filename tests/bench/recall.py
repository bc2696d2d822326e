"""What clients find: originals of the corpora are asked for in an index of their 120 px thumbnails.

A client hashes the file that it has; the index holds what the wiki's scaler made of it (imitated here, see
``scaler``). Found means that the file itself is in the answer; strangers are what else is, of other groups.
Each class of files counts by its groups, because a few groups hold most files.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from faebot_hash.adapters.decoder import DecoderProcess
from faebot_hash.images import ORIGINAL
from faebot_hash.model import Fingerprint
from faebot_hash.nearest import HashSearch, Query, index_table, search_of
from faebot_hash.pairs import HashTable, Within
from faebot_hash.reasons import Skipped
from faebot_hash.study_plan import ORIGINAL_PX
from tests.practice.places import CHECKOUT

CORPORA = Path(os.environ.get("CORPORA_DIR", CHECKOUT.parent / "shared" / "corpora"))
THUMB_PX = 120
WALL_S = 60.0
PHOTOGRAPHS = ("photo-", "dup-resize", "dup-recompress", "dup-metadata-only", "exif-orientation")


@dataclass(frozen=True)
class Sample:
    """A file of the corpora with its own hashes and those of its thumbnail."""

    path: str
    group: str
    photograph: bool
    original: Fingerprint
    thumbnail: Fingerprint


def old_rule(most_bits: int) -> list[Within]:
    """One hash equal, and the other at most so many bits away."""
    return [Within(0, most_bits, both=True), Within(most_bits, 0, both=True)]


RULES: list[tuple[str, list[Within]]] = [
    ("both equal", [Within(0, 0, both=True)]),
    ("compatible, maxdifference 3 (default)", old_rule(2)),
    ("compatible, maxdifference 10", old_rule(9)),
    *((f"near, both within {bits} bits", [Within(bits, bits, both=True)]) for bits in (2, 4, 6, 8, 12)),
    *((f"near, either within {bits} bits", [Within(bits, bits)]) for bits in (2, 4, 8)),
]


def main() -> int:
    """Print a table in Markdown."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.recall", description=__doc__)
    parser.parse_args()
    if not CORPORA.is_dir():
        print(f"no corpora at {CORPORA}: name their folder in CORPORA_DIR", file=sys.stderr)
        return 1
    samples = list(_samples())
    search = _index(samples)
    for title, asked in (
        ("photographs", [n for n, one in enumerate(samples) if one.photograph]),
        ("all files", list(range(len(samples)))),
    ):
        groups = {samples[number].group for number in asked}
        print(f"\n{title}: {len(asked)} in {len(groups)} groups, in an index of {len(samples)}\n")
        print("| rule | found | found, by group | strangers an answer |\n|---|--:|--:|--:|")
        for name, rules in RULES:
            found, by_group, strangers = _measured(samples, asked, search, rules)
            print(f"| {name} | {found:.1%} | {by_group:.1%} | {strangers:.2f} |")
    return 0


def _samples() -> Iterator[Sample]:
    with (CORPORA / "manifest-images.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    seen = set()
    with DecoderProcess(ORIGINAL, wall_s=WALL_S) as decoder:
        for row in rows:
            if row["sha1"] in seen:
                continue
            seen.add(row["sha1"])
            told = decoder.fingerprints_at((CORPORA / row["path"]).read_bytes(), [THUMB_PX])
            if isinstance(told, Skipped) or THUMB_PX not in told:
                continue
            original, thumbnail = told[ORIGINAL_PX], told[THUMB_PX]
            if not (original.low_information or thumbnail.low_information):
                photograph = row["class"].startswith(PHOTOGRAPHS)
                yield Sample(row["path"], row["group_id"] or row["path"], photograph, original, thumbnail)


def _index(samples: list[Sample]) -> HashSearch:
    columns = [[one.thumbnail.phash for one in samples], [one.thumbnail.dhash for one in samples]]
    table = HashTable(*(np.array(column, np.uint64) for column in columns))
    return search_of(index_table(np.arange(len(samples), dtype=np.int64), table))


def _measured(
    samples: list[Sample], asked: list[int], search: HashSearch, rules: list[Within]
) -> tuple[float, float, float]:
    hits, strangers = [], 0
    by_group = defaultdict(list)
    for number in asked:
        sample = samples[number]
        query = Query(sample.original.phash, sample.original.dhash)
        found = {page for rule in rules for page in search.within(query, rule, len(samples)).ids.tolist()}
        hits.append(number in found)
        by_group[sample.group].append(number in found)
        strangers += sum(samples[one].group != sample.group for one in found)
    means = [sum(one) / len(one) for one in by_group.values()]
    return sum(hits) / len(hits), sum(means) / len(means), strangers / len(asked)


if __name__ == "__main__":
    sys.exit(main())
