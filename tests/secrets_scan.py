"""Looks for secrets among the files that git tracks, and in all that it ever did: ``make check`` runs it.

    python -m tests.secrets_scan [--history]

Each rule is the shape of one kind of secret. What a rule finds in plain words or samples is no secret, and
neither is what this project publishes on purpose (``PUBLIC``).
"""

from __future__ import annotations

import math
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.practice.configuration import ACCOUNT_PASSWORDS, BOT_PASSWORD
from tests.practice.places import CHECKOUT

PUBLIC = frozenset({BOT_PASSWORD, *ACCOUNT_PASSWORDS.values()})
SAMPLE = re.compile(
    r"example|sample|public|canary|c4n4ry|hunter2|changeme|placeholder|"
    r"(?:^|[^a-z])(?:your|my|the)[-_ ]|[{}<>$…*]",
    re.IGNORECASE,
)
LEAST_BITS_PER_CHARACTER = 2.8
MOST_BYTES = 2_000_000

_VALUE = r"""["']?([^\s"',;)}]{8,})"""
_NAMED = (
    r"(?:password|passwd|passphrase|secret|secret_?key|session_?key|api_?key|access_?key|auth_?token|"
    r"access_?token|private_?token|client_?secret)"
)

RULES = {
    "private key": r"-----BEGIN ([A-Z ]*PRIVATE KEY)-----",
    "bot password": rf"""BotPassword\(\s*["'][^"']+["']\s*,\s*{_VALUE}""",
    "password file": r"""^\s*\((?:\s*["'][^"']+["']\s*,){1,3}\s*["']([^"']{8,})["']\s*\)\s*$""",
    "OAuth tokens": r"""authenticate\[[^\]]*\]\s*=\s*\(\s*["']\w+["']\s*,\s*["'](\w{20,})["']""",
    "address with a password": r"[a-z][a-z0-9+.-]*://[^\s/:@\"']+:([^\s/@\"']{6,})@[\w.-]+",
    "netrc": r"machine\s+\S+\s+login\s+\S+\s+password\s+(\S{6,})",
    "database account": r"""IDENTIFIED\s+BY\s+["']([^"']{8,})["']""",
    "GitHub token": r"\b((?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{50,}))",
    "GitLab token": r"\b(glpat-[A-Za-z0-9_-]{20,})",
    "PyPI token": r"\b(pypi-[A-Za-z0-9_-]{50,})",
    "Amazon key": r"\b((?:AKIA|ASIA)[A-Z0-9]{16})\b",
    "Google key": r"\b(AIza[A-Za-z0-9_-]{35})",
    "Slack token": r"\b(xox[abprs]-[A-Za-z0-9-]{10,})",
    "web token": r"\b(eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,})",
    "Authorization": r"Authorization[\"']?\s*[:,]\s*[\"']?(?:Bearer|Basic)\s+([A-Za-z0-9+/=._-]{16,})",
    "named value": rf"""(?<![A-Za-z]){_NAMED}["']?\s*(?::|=)\s*["']([^\s"']{{8,}})["']""",
    "environment": rf"^\s*(?:export\s+)?[A-Z0-9_]*{_NAMED.upper()}\s*=\s*{_VALUE}",
    "account file": r"^\s*password\s*=\s*([^\s\"'()]{8,})\s*$",
}
"""Kinds of secrets and their shapes; the first group is the secret."""

_RULES = {
    name: re.compile(shape, re.MULTILINE | (0 if name in ("environment", "Amazon key") else re.IGNORECASE))
    for name, shape in RULES.items()
}


@dataclass(frozen=True)
class Hit:
    """Where a secret seems to stand; the secret itself is not shown."""

    where: str
    line: int
    rule: str

    def __str__(self) -> str:
        return f"{self.where}:{self.line}: {self.rule}"


def scan(where: str, text: str) -> Iterator[Hit]:
    """Find what has the shape of a secret in a text."""
    for rule, shape in _RULES.items():
        for found in shape.finditer(text):
            if rule == "private key" or is_secret(found.group(1)):
                yield Hit(where, text.count("\n", 0, found.start(1)) + 1, rule)


def is_secret(value: str) -> bool:
    """Tell a secret from a word, a sample, a part of a program, and what is public on purpose."""
    if value in PUBLIC or SAMPLE.search(value) or not re.search(r"\d", value) or "(" in value:
        return False
    counts = Counter(value)
    bits = -sum(n / len(value) * math.log2(n / len(value)) for n in counts.values())
    return bits >= LEAST_BITS_PER_CHARACTER


def tracked(root: Path = CHECKOUT) -> Iterator[tuple[str, str]]:
    """Read every text file that git tracks."""
    names = _git(root, "ls-files", "-z").split("\0")
    for name in filter(None, names):
        path = root / name
        if path.is_file() and not path.is_symlink() and path.stat().st_size <= MOST_BYTES:
            content = path.read_bytes()
            if b"\0" not in content:
                yield name, content.decode("utf-8", "replace")


def history(root: Path = CHECKOUT) -> Iterator[tuple[str, str]]:
    """Read every line that any commit of any branch ever added, by commit."""
    log = _git(root, "log", "--all", "-p", "--unified=0", "--no-color", "--no-ext-diff", "--format=%x00%h")
    for part in log.split("\0")[1:]:
        name, _, diff = part.partition("\n")
        yield name, "\n".join(line[1:] for line in diff.splitlines() if line[:1] == "+" and line[:3] != "+++")


def scan_all(texts: Iterable[tuple[str, str]]) -> list[Hit]:
    """Find what has the shape of a secret in many texts."""
    return [hit for where, text in texts for hit in scan(where, text)]


def _git(root: Path, *command: str) -> str:
    done = subprocess.run(["git", "-C", str(root), *command], capture_output=True, check=True)
    return done.stdout.decode("utf-8", "replace")


def main() -> int:
    """Print what was found; 1 when there is anything."""
    hits = scan_all(history() if "--history" in sys.argv[1:] else tracked())
    for hit in hits:
        print(hit)
    print(f"{len(hits)} possible secrets")
    return bool(hits)


if __name__ == "__main__":
    sys.exit(main())
