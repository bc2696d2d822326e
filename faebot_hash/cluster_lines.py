"""Clusters and what was done about them, as text for a terminal of 100 columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from faebot_hash.clusters import Clustered
from faebot_hash.console import (
    WIDTH,
    Decision,
    mark_of,
    paint,
    plural,
    printable,
    shorten,
    subject,
    sum_lines,
    told,
)
from faebot_hash.edits import Applied
from faebot_hash.file_clusters import FileCluster
from faebot_hash.reasons import Reason

MOST_SHOWN = 10


def cluster_lines(clusters: Sequence[FileCluster], *, colour: bool = False) -> list[str]:
    """Tell each cluster with its first files."""
    lines = []
    for one in clusters:
        size = f"{plural(len(one.members), 'file')}, at most {plural(one.widest_bits, 'bit')} apart"
        heading = f"Cluster {one.key}: {size}"
        lines.append(paint(heading, "heading", colour))
        lines += [f"  {shorten(file.title, WIDTH - 2)}" for file in one.files[:MOST_SHOWN]]
        if len(one.members) > MOST_SHOWN:
            lines.append(f"  and {len(one.members) - MOST_SHOWN:,} more")
    return lines


def decision_line(one: Decision, *, colour: bool = False) -> str:
    """Tell in one line what became of the page of a file."""
    mark = mark_of(one)
    return f"{paint(mark, mark, colour)} {printable(subject(one))}: {told(one)}"


def total_lines(clustered: Clustered, decisions: Iterable[Decision], *, colour: bool = False) -> list[str]:
    """Sum a run up."""
    decisions = list(decisions)
    sizes = {
        "files listed": clustered.listed,
        "files hashed": clustered.hashed,
        "clusters": len(clustered.clusters),
        "files in clusters": sum(len(one.members) for one in clustered.clusters),
    }
    outcomes = Counter(one.outcome for one in decisions if isinstance(one, Applied))
    reasons: Counter[Reason] = Counter(one.reason for one in clustered.skipped)
    reasons.update(one.reason for one in decisions if not isinstance(one, Applied))
    return sum_lines(sizes, outcomes, reasons, colour)
