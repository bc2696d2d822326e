"""Whether somebody else can read, replace or publish a file that holds a secret.

Pywikibot mends the mode of such a file and goes on; here nothing starts, because what others could read
may be known by now. No sentence of this module shows what a file holds.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

EXAMPLES = (
    "examplebot",
    "the password that special:botpasswords showed",
    "change me",
    "changeme",
    "change-me",
    "change_me",
    "your password",
    "your-password",
    "your_password",
    "yourpassword",
    "your secret",
    "your-secret",
    "your_secret",
    "<password>",
    "<secret>",
    "xxxxxxxx",
    "********",
)
"""What samples and manuals write where a secret belongs."""

ROOT = 0
SHORTEST_SECRET = 6

_QUOTED = r"""["']([^"'\n]+)["']"""
_VALUES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"BotPassword\(\s*{_QUOTED}\s*,\s*{_QUOTED}",
        rf"""^\s*\((?:\s*["'][^"'\n]*["']\s*,)+\s*{_QUOTED}\s*,?\s*\)""",
        rf"authenticate\[[^\]]*\]\s*=\s*\(\s*{_QUOTED}\s*,\s*{_QUOTED}\s*(?:,\s*{_QUOTED}\s*,\s*{_QUOTED})?",
        r"""(?:password|passwd|secret|token|key)(?!_?file)\w*["']?\s*[:=]\s*["']?([^\s"',}]+)""",
    )
)
_OPTION = re.compile(
    r"-{1,2}(?:db-?)?(?:pass|passwd|password|secret|client-?secret|token|access-?token)", re.IGNORECASE
)
_ADDRESS = re.compile(r"://[^/@\s]*:[^/\s]*@|://\S*[?&]pass(?:word|wd)?=", re.IGNORECASE)


class InGit(Enum):
    """What git would do with a file; UNKNOWN where nobody can ask it."""

    OUTSIDE = "outside"
    IGNORED = "ignored"
    NOT_IGNORED = "not ignored"
    TRACKED = "tracked"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Folder:
    """A folder above the file: whoever may write to it can put another file into the place of ours."""

    path: str
    mode: int
    owner: int
    group: int


@dataclass(frozen=True)
class SecretFile:
    """What the system knows of one file; ``folders`` are all above it, the nearest first."""

    path: str
    mode: int
    owner: int
    links: int
    folders: tuple[Folder, ...]
    in_git: InGit
    text: str = field(repr=False)


@dataclass(frozen=True)
class Holder:
    """The account that the program runs as, and its group where that is named like it and so its own."""

    uid: int
    own_group: int | None = None


def why_exposed(file: SecretFile, holder: Holder, arguments: Sequence[str] = ()) -> str:
    """Say how a secret file is exposed or void, and how to mend it; "" for one that is safe."""
    return (
        _why_no_file(file)
        or _why_not_alone(file, holder)
        or next(filter(None, (_why_replaceable(file, one, holder) for one in file.folders)), "")
        or _why_published(file)
        or _why_void(file)
        or _why_given_away(file, arguments)
    )


def why_in_arguments(arguments: Sequence[str]) -> str:
    """Say that a command line holds a secret, which every account of the machine can read there."""
    for argument, following in zip(arguments, [*arguments[1:], "-"], strict=False):
        name, *value = re.split(r"[:=]", argument, maxsplit=1)
        given = any(value) or (argument.startswith("--") and not following.startswith("-"))
        if (_OPTION.fullmatch(name) and given) or _ADDRESS.search(argument):
            return (
                "a secret on the command line can be read by everybody on this machine: "
                "make a new one, put it into a file and leave it off the command line"
            )
    return ""


def secrets_in(text: str) -> frozenset[str]:
    """Find the secrets that a file holds: passwords, tokens and keys by their places, or its one word."""
    found = {
        value for pattern in _VALUES for one in pattern.finditer(text) for value in one.groups() if value
    }
    words = text.split()
    return frozenset(
        one for one in {*found, *(words if len(words) == 1 else ())} if len(one) >= SHORTEST_SECRET
    )


def _why_no_file(file: SecretFile) -> str:
    if stat.S_ISLNK(file.mode):
        return f"{file.path}: a symbolic link, which may lead anywhere tomorrow; name the file itself"
    return "" if stat.S_ISREG(file.mode) else f"{file.path}: no ordinary file; name one"


def _why_not_alone(file: SecretFile, holder: Holder) -> str:
    if file.owner != holder.uid:
        return f"{file.path}: belongs to another account, which can read it; make a file of your own"
    if file.mode & 0o077:
        return (
            f"{file.path}: other accounts may use it (mode {stat.S_IMODE(file.mode):o}), so what it holds "
            f"may be known; make a new secret, then `chmod 600 {file.path}`"
        )
    if file.links > 1:
        return f"{file.path}: has a second name, perhaps where others can read it; remove one of them"
    return ""


def _why_replaceable(file: SecretFile, folder: Folder, holder: Holder) -> str:
    if folder.owner not in (ROOT, holder.uid):
        return f"{file.path}: the folder {folder.path} belongs to another account; move the file"
    # In a sticky folder only the owner of a file can replace it.
    others = 0 if folder.mode & stat.S_ISVTX else folder.mode & 0o022
    if folder.group == holder.own_group:
        others &= ~0o020
    if others:
        return (
            f"{file.path}: other accounts may replace it, as they may write to the folder {folder.path}; "
            f"`chmod go-w {folder.path}`"
        )
    return ""


def _why_published(file: SecretFile) -> str:
    if file.in_git is InGit.TRACKED:
        return (
            f"{file.path}: git has it, and so has everybody with a copy of it; make a new secret, "
            f"then `git rm --cached {file.path}`"
        )
    if file.in_git is InGit.NOT_IGNORED:
        return f"{file.path}: git would add it; move it out of the checkout, or name it in .gitignore"
    if file.in_git is InGit.UNKNOWN:
        return f"{file.path}: lies in a checkout, and git cannot be asked about it; move it elsewhere"
    return ""


def _why_void(file: SecretFile) -> str:
    text = file.text.casefold()
    if not text.strip():
        return f"{file.path}: is empty; write the secret into it"
    if any(example in text for example in EXAMPLES):
        return f"{file.path}: holds a sample's words, no secret; write your own into it"
    return ""


def _why_given_away(file: SecretFile, arguments: Sequence[str]) -> str:
    if any(secret in argument for secret in secrets_in(file.text) for argument in arguments):
        return (
            f"{file.path}: what it holds is on the command line too, where everybody here can read it; "
            "make a new secret, and leave it off the command line"
        )
    return ""
