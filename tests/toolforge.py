"""What Toolforge takes: jobs as its Jobs API describes them, and the options of its command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.practice.places import CHECKOUT

JOBS_FILE = CHECKOUT / "config" / "jobs.yaml"
PROCFILE = CHECKOUT / "Procfile"

MEMORY = r"^[1-9][0-9]*(\.[0-9]+)?(Mi|Gi)$"
_NUMBERS = r"(\*|[0-9]+(-[0-9]+)?)(/[0-9]+)?"
_FIELD = rf"{_NUMBERS}(,{_NUMBERS})*"
SCHEDULE = rf"^(@(hourly|daily|weekly|monthly|yearly)|{_FIELD}( {_FIELD}){{4}})$"
LAUNCHER = "launcher "

JOB: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "command", "image", "mount", "emails"],
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", "maxLength": 52},
        "command": {"type": "string", "minLength": 1, "pattern": r"^[^$`|&;<>]+$"},
        "image": {"type": "string", "pattern": "^(tool-[a-z0-9-]+/tool-[a-z0-9-]+:latest|python3\\.1[13])$"},
        "schedule": {"type": "string", "pattern": SCHEDULE},
        "continuous": {"const": True},
        "port": {"type": "integer", "minimum": 1, "maximum": 65_535},
        "port-protocol": {"enum": ["tcp", "udp"]},
        "replicas": {"type": "integer", "minimum": 1},
        "health-check-script": {"type": "string", "pattern": f"^{LAUNCHER}"},
        "health-check-http": {"type": "string", "pattern": "^/"},
        "mem": {"type": "string", "pattern": MEMORY},
        "cpu": {"type": "string", "pattern": r"^([0-9]+m|[0-9]+(\.[0-9]+)?)$"},
        "retry": {"type": "integer", "minimum": 0, "maximum": 5},
        "timeout": {"type": "integer", "minimum": 1},
        "emails": {"enum": ["none", "all", "onfinish", "onfailure"]},
        "filelog": {"type": "boolean"},
        "filelog-stdout": {"type": "string"},
        "filelog-stderr": {"type": "string"},
        "mount": {"enum": ["all", "none"]},
    },
    "allOf": [
        {
            "if": {"required": ["continuous"]},
            "then": {
                "not": {
                    "anyOf": [{"required": ["schedule"]}, {"required": ["timeout"]}, {"required": ["retry"]}]
                }
            },
            "else": {
                "required": ["schedule"],
                "not": {
                    "anyOf": [
                        {"required": ["health-check-script"]},
                        {"required": ["health-check-http"]},
                        {"required": ["port"]},
                        {"required": ["replicas"]},
                    ]
                },
            },
        },
        {"if": {"required": ["health-check-http"]}, "then": {"required": ["port"]}},
        {
            "if": {"properties": {"filelog": {"const": True}}, "required": ["filelog"]},
            "then": {"properties": {"mount": {"const": "all"}}},
        },
    ],
}
"""A job for `toolforge jobs load` (Jobs API 4.11; jobs that run once have no place in a file that is loaded).

What a command of a build-service image holds is no shell's: variables and pipes belong into the Procfile.
"""

OPTIONS = {
    "jobs load": {"--job"},
    "jobs list": {"--output", "-o"},
    "jobs show": set(),
    "jobs logs": {"--follow", "-f", "--last", "-l"},
    "jobs restart": set(),
    "jobs delete": set(),
    "jobs flush": set(),
    "jobs dump": {"--to-file", "-f"},
    "jobs quota": set(),
    "jobs run": {
        *("--command", "--image", "--wait", "--mount", "--mem", "--cpu", "--schedule", "--continuous"),
        *("--no-filelog", "--filelog", "--emails", "--retry", "--timeout", "--port"),
    },
    "build start": {"--ref", "--envvar", "-L", "--use-latest-versions"},
    "build show": set(),
    "build list": set(),
    "build logs": {"--follow", "-f"},
    "build quota": set(),
    "envvars create": set(),
    "envvars list": {"--show-values"},
    "envvars delete": set(),
    "webservice buildservice start": {"--mount", "-m", "--mem", "--cpu", "--replicas", "--health-check-path"},
    "webservice buildservice restart": set(),
    "webservice buildservice stop": set(),
    "webservice buildservice status": set(),
    "webservice buildservice logs": {"-f", "--follow"},
    "webservice buildservice shell": {"--mount"},
}
"""The options that the manual uses, of those that are documented for each command of Toolforge."""


def complaint(words: list[str]) -> str:
    """Say what is wrong with a command line that begins with "toolforge", "" for nothing."""
    for length in (4, 3):
        name = " ".join(words[1:length])
        if name in OPTIONS:
            given = {word.partition("=")[0] for word in words[length:] if word.startswith("-")}
            unknown = sorted(given - OPTIONS[name])
            return f"toolforge {name} has no {', '.join(unknown)}" if unknown else ""
    return f"no such command: {' '.join(words[:4])}"


def jobs(path: Path = JOBS_FILE) -> list[dict[str, Any]]:
    """Read the part of YAML that the file needs: a list of mappings of plain or quoted values."""
    found: list[dict[str, Any]] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        begins, rest = line.startswith("- "), line[2:]
        assert begins or line.startswith("  "), f"line {number}: {line}"
        key, colon, value = rest.partition(": ")
        assert colon, f"line {number}: {line}"
        assert key == key.strip(), f"line {number}: {line}"
        if begins:
            found.append({})
        assert key not in found[-1], f"line {number}: {key} twice"
        found[-1][key] = _value(value.strip())
    return found


def _value(text: str) -> Any:
    if text.startswith('"') or text in ("true", "false") or text.isdecimal():
        return json.loads(text)
    assert text[0] not in "@*&!|>%`'[{#", f"YAML wants quotes around {text}"
    assert ": " not in text, f"YAML wants quotes around {text}"
    assert " #" not in text, f"YAML wants quotes around {text}"
    return text


def processes(path: Path = PROCFILE) -> dict[str, str]:
    """Read the Procfile: each type of process with its command, for a shell."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    pairs = [line.partition(": ") for line in lines]
    assert all(colon for _, colon, _ in pairs)
    assert len({name for name, _, _ in pairs}) == len(pairs)
    return {name: command for name, _, command in pairs}
