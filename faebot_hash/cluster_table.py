"""Clusters and what was done about them, for machines: a JSON object a cluster, a row of CSV a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from faebot_hash.confirm_table import protected
from faebot_hash.console import Decision, json_decision, subject, told
from faebot_hash.file_clusters import FileCluster
from faebot_hash.fingerprint import to_hex
from faebot_hash.model import HashedFile

COLUMNS = ("cluster", "files", "widest_bits", "page_id", "title", "sha1", "dhash", "outcome")


def csv_rows(
    clusters: Sequence[FileCluster], decisions: Sequence[Decision] = ()
) -> Iterator[tuple[str | int, ...]]:
    """Give the heads, then a row for each file of each cluster; texts are kept from computing."""
    yield COLUMNS
    done = _by_title(decisions)
    for one in clusters:
        for member in one.members:
            outcome = told(done[member.file.title]) if member.file.title in done else ""
            cells = (one.key, len(one.members), one.widest_bits, *_member(member).values(), outcome)
            yield tuple(protected(cell) if isinstance(cell, str) else cell for cell in cells)


def to_json(clusters: Sequence[FileCluster], decisions: Sequence[Decision] = ()) -> Iterator[dict[str, Any]]:
    """Give an object for each cluster, then one for each page of a file that is in none."""
    done = dict(_by_title(decisions))
    for one in clusters:
        files = []
        for member in one.members:
            decision = done.pop(member.file.title, None)
            files.append({**_member(member), "decision": json_decision(decision) if decision else None})
        yield {"cluster": one.key, "widest_bits": one.widest_bits, "files": files}
    for title, decision in done.items():
        yield {"title": title, "decision": json_decision(decision)}


def _by_title(decisions: Sequence[Decision]) -> Mapping[str, Decision]:
    return {subject(one): one for one in decisions}


def _member(one: HashedFile) -> dict[str, str | int]:
    return {
        "page_id": one.file.page_id,
        "title": one.file.title,
        "sha1": one.file.sha1,
        "dhash": to_hex(one.fingerprint.dhash),
    }
