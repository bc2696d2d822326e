"""How the bot is doing, for a terminal, as JSON, as a wiki page, and as metrics for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from faebot_hash.edits import Kind
from faebot_hash.escape import plain
from faebot_hash.status import Figures

OWN_JOB = "report-status"
"""The job that writes the page, which tells nothing of itself."""


def status_lines(figures: Figures) -> list[str]:
    """Tell it in lines for a person."""
    lines = [
        f"store     {figures.where}, schema {figures.schema}, {figures.size_bytes / 1e6:,.1f} MB",
        f"hashes    {figures.rows['fingerprint']:,} of {figures.rows['page']:,} pages, the last "
        + (f"{figures.last_hashed:%Y-%m-%d %H:%M}" if figures.last_hashed else "never"),
        f"edits     {sum(figures.edits.values()):,} stand, {figures.undone:,} were taken back, "
        f"{figures.open_edits:,} of unknown fate",
        f"waiting   {figures.failures_due:,} files to be hashed again, "
        f"{figures.rows['review_case']:,} families for review",
    ]
    for job in figures.jobs:
        lines.append(f"job       {job.name}: {job.ended:%Y-%m-%d %H:%M}, {job.sentence}")
    for run in figures.runs:
        counts = ", ".join(f"{count} {state.lower()}" for state, count in sorted(run.counts.items()))
        lines.append(f"run       {run.name or '(no name)'}: {counts}")
    return lines


def status_json(figures: Figures) -> dict[str, Any]:
    """Tell it as JSON."""
    return {
        "at": figures.at.isoformat(),
        "store": {"where": figures.where, "schema": figures.schema, "size_bytes": figures.size_bytes},
        "rows": dict(figures.rows),
        "edits": dict(figures.edits),
        "undone": figures.undone,
        "open_edits": figures.open_edits,
        "failures_due": figures.failures_due,
        "last_hashed": figures.last_hashed.isoformat() if figures.last_hashed else None,
        "jobs": [
            {
                "name": job.name,
                "began": job.began.isoformat(),
                "ended": job.ended.isoformat(),
                "exit": job.status,
                "good_at": job.good_at.isoformat() if job.good_at else None,
            }
            for job in figures.jobs
        ],
        "runs": [
            {"name": run.name, "began": run.began.isoformat(), "counts": dict(run.counts)}
            for run in figures.runs
        ],
    }


def status_page(figures: Figures, reverted: Mapping[str, int]) -> str:
    """Tell it as wikitext, without what changes from hour to hour; ``reverted`` counts by kind of edit.

    The job that writes the page is left out, or each page would be news for the next.
    """
    kinds = sorted({*figures.edits, *reverted})
    lines = [
        "How this bot is doing. It writes this page itself; everybody may stop it on [[../Run]].",
        "",
        f"* Files hashed: {figures.rows['fingerprint']:,}",
        f"* Files to be hashed again: {figures.failures_due:,}",
        f"* Families that wait for review: {figures.rows['review_case']:,}",
        f"* Edits of unknown fate: {figures.open_edits:,}",
        "",
        '{| class="wikitable sortable"',
        "! Edits !! stand !! of the last 50 reverted by people",
    ]
    for kind in kinds:
        name = kind if kind not in set(Kind) else Kind(kind).done
        lines += ["|-", f"| {plain(name)} || {figures.edits.get(kind, 0):,} || {reverted.get(kind, 0):,}"]
    lines += ["|}", "", '{| class="wikitable sortable"', "! Job !! last run (UTC) !! how it ended"]
    for job in figures.jobs:
        if job.name != OWN_JOB:
            told = f"| {plain(job.name)} || {job.ended:%Y-%m-%d %H:%M} || {plain(job.sentence)}"
            lines += ["|-", told]
    return "\n".join([*lines, "|}"])


def metrics(figures: Figures) -> str:
    """Tell it in Prometheus' text form."""
    return "".join(f"{line}\n" for line in _metrics(figures))


def _metrics(figures: Figures) -> Iterator[str]:
    yield from _family("rows", "Rows of the store by table", {"table": figures.rows})
    yield from _family("edits_standing", "Edits that stand, by kind", {"kind": figures.edits})
    single = {
        "edits_undone": ("Edits that were taken back", figures.undone),
        "edits_open": ("Edits of unknown fate", figures.open_edits),
        "failures_due": ("Files to be hashed again by now", figures.failures_due),
        "store_bytes": ("Size of the store", figures.size_bytes),
        "schema_version": ("Schema of the store", figures.schema),
        "last_hashed_seconds": (
            "When a file was hashed last, as Unix time",
            figures.last_hashed.timestamp() if figures.last_hashed else 0,
        ),
    }
    for name, (meaning, value) in single.items():
        yield from _family(name, meaning, value)
    of_jobs: dict[str, tuple[str, Mapping[str, float]]] = {
        "job_exit_code": ("Exit code of the last run", {job.name: job.status for job in figures.jobs}),
        "job_ended_seconds": (
            "End of the last run, as Unix time",
            {job.name: job.ended.timestamp() for job in figures.jobs},
        ),
        "job_good_seconds": (
            "End of the last good run, as Unix time",
            {job.name: job.good_at.timestamp() for job in figures.jobs if job.good_at},
        ),
    }
    for name, (meaning, values) in of_jobs.items():
        yield from _family(name, meaning, {"job": values})


def _family(name: str, meaning: str, values: float | Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    yield f"# HELP faebot_{name} {meaning}"
    yield f"# TYPE faebot_{name} gauge"
    if isinstance(values, Mapping):
        for label, by in values.items():
            for value, number in sorted(by.items()):
                escaped = value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
                yield f'faebot_{name}{{{label}="{escaped}"}} {number}'
    else:
        yield f"faebot_{name} {values}"
