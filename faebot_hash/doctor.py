"""``doctor``: what was found before the first run, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from faebot_hash.checkup import CHECKS, Answer, Facts


class Health(Enum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    FAILS = "fails"


@dataclass(frozen=True)
class Finding:
    """The answer to one check, and what to do where it is not ``OK``."""

    check: str
    health: Health
    what: str
    mend: str = ""


def examine(facts: Facts) -> list[Finding]:
    """Ask every question of ``CHECKS``, in its order."""
    return [_finding(name, check(facts)) for name, check in CHECKS.items()]


def is_healthy(findings: Sequence[Finding]) -> bool:
    """Tell whether nothing fails; what is only worth a look does not count."""
    return all(one.health is not Health.FAILS for one in findings)


def finding_lines(findings: Sequence[Finding]) -> list[str]:
    """Write each finding in a line, followed by how to mend what is not in order."""
    width = max(len(one.check) for one in findings)
    lines = []
    for one in findings:
        lines.append(f"{one.health.value:7}  {one.check:{width}}  {one.what}")
        lines += [f"{'':9}{'':{width}}  → {one.mend}"] if one.mend else []
    failing = sum(one.health is Health.FAILS for one in findings)
    doubtful = sum(one.health is Health.WARNING for one in findings)
    return [*lines, f"{len(findings)} checks, {failing} failed, {doubtful} warnings"]


def finding_json(one: Finding) -> dict[str, str]:
    """Tell a finding for machines."""
    return {"check": one.check, "health": one.health.value, "what": one.what, "mend": one.mend}


def _finding(name: str, answer: Answer) -> Finding:
    if not answer.mend:
        return Finding(name, Health.OK, answer.what)
    return Finding(name, Health.WARNING if answer.is_warning else Health.FAILS, answer.what, answer.mend)
