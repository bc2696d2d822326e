"""The files that Pywikibot logs in with: they are looked at before it does."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pywikibot

from faebot_hash.adapters.secret_files import refuse_exposed, refuse_in_arguments
from faebot_hash.errors import SettingsError

OWN_SETTINGS = "user-config.py"
FORM = '("ACCOUNT", BotPassword("NAME", "PASSWORD"))'

_TEXT = r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
_LOGIN = re.compile(
    rf"\(\s*(?:{_TEXT}\s*,\s*){{1,3}}(?:{_TEXT}|BotPassword\(\s*{_TEXT}\s*,\s*{_TEXT}\s*\))\s*,?\s*\)"
)


def refuse_exposed_login(folder: Path, password_file: str | None = None) -> None:
    """Raise SettingsError if what the account logs in with is exposed; no sentence shows it.

    ``folder`` is Pywikibot's own. The password belongs into the file that ``password_file`` names, by default
    the one of Pywikibot's settings; user-config.py may hold OAuth tokens, and is a secret file then.
    """
    refuse_in_arguments()
    config = folder / OWN_SETTINGS
    if config.exists():
        holds_password, holds_tokens = _secrets_of(config)
        if holds_password:
            raise SettingsError(
                f"{config}: holds a password, which belongs into the file that password_file names; "
                "make a new one and put it there"
            )
        if holds_tokens:
            refuse_exposed(config)
    named = pywikibot.config.password_file if password_file is None else password_file
    if named:
        # Pywikibot looks there first, then in the current folder.
        beside = folder / named
        path = beside if beside.exists() or beside.is_symlink() else Path(named)
        refuse_exposed(path)
        _refuse_malformed(path)


def _refuse_malformed(path: Path) -> None:
    """Refuse a password file that Pywikibot would complain of: its warnings quote the line."""
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        plain = line.strip()
        if plain and not plain.startswith("#") and not _LOGIN.fullmatch(plain):
            raise SettingsError(f"{path}: line {number} is not of the form {FORM}")


def _secrets_of(config: Path) -> tuple[bool, bool]:
    """Tell whether Pywikibot's settings hold a password, and whether they hold OAuth tokens."""
    try:
        tree = ast.parse(config.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError) as error:
        raise SettingsError(f"{config}: cannot be read: {type(error).__name__}") from None
    password = tokens = False
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            password |= node.func.id == "BotPassword"
        elif isinstance(node, ast.Assign) and _is_filled(node.value):
            names = {ast.unparse(target).lower() for target in node.targets}
            password |= any("passw" in name and not name.endswith("_file") for name in names)
            tokens |= any(name.startswith("authenticate[") for name in names)
    return password, tokens


def _is_filled(value: ast.expr) -> bool:
    """Tell whether a value stands there in writing, not looked up elsewhere."""
    return isinstance(value, ast.Tuple) or (isinstance(value, ast.Constant) and bool(value.value))
