"""May a bot edit this page? Only if Pywikibot, InternetArchiveBot and ClueBot NG would all say so.

The three read {{bots}} and {{nobots}} differently in half of all cases, and an editor who writes one of
them cannot know which bot comes by. So each reading is followed to the letter, oddities included, and
a few rules of our own refuse what all three overlook.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from faebot_hash.markup import Markup, folded, scan, seen, title

_MAX_TEMPLATES = 50
_BOTS_OPENING = re.compile(r"\{\{(?:no)?bots", re.IGNORECASE)
_IN_USE = frozenset(("inuse", "inuseuntil", "inuseby", "editinprogress"))
_EVERYONE = frozenset(("all", "*"))
_TEMPLATE_PREFIX = re.compile(r"[\s_]*:?(?:template[\s_]*:)?", re.IGNORECASE)

Call = tuple[str, Mapping[str, str]]
"""A template's name and its parameters, unnamed ones under "1", "2" …"""


def may_edit(text: str, names: Sequence[str]) -> bool:
    """Tell whether a page's text lets the bot edit it.

    ``names`` begins with the account that edits; the others are names under which {{bots}} may mean
    it too (its script, its name elsewhere). Being refused under any name refuses; leave is only had
    by the account.
    """
    if len(_BOTS_OPENING.findall(text)) > _MAX_TEMPLATES:
        return False
    account = names[0]
    scripts = [name for name in names if name != account] or [account]
    calls = _calls(scan(text))
    if len(calls) > _MAX_TEMPLATES:
        return False
    return (
        all(pywikibot_allows(calls, account, script) for script in scripts)
        and all(iabot_allows(text, account, script) for script in scripts)
        and cluebot_allows(text, account)
        and _own_rules_allow(calls, names)
    )


def pywikibot_allows(calls: Sequence[Call], account: str, script: str) -> bool:
    """Read as Pywikibot's ``_check_bot_may_edit``: the first parameter counts, names exactly as written."""
    return all(_pywikibot_allows_one(name, parameters, account, script) for name, parameters in calls)


def _pywikibot_allows_one(name: str, parameters: Mapping[str, str], account: str, script: str) -> bool:
    if name not in ("Bots", "Nobots"):
        return True
    key, value = _first_parameter(parameters)
    listed = {item.strip() for item in value.split(",")}
    if name == "Nobots":
        return bool(parameters) and not key and not listed & {"all", account, script}
    if not value:
        return True
    match key:
        case "allow":
            return bool(listed & {"all", account})
        case "deny":
            return not listed & {"all", account}
        case "allowscript":
            return bool(listed & {"all", script})
        case "denyscript":
            return not listed & {"all", script}
    return True


def _first_parameter(parameters: Mapping[str, str]) -> tuple[str, str]:
    if "1" in parameters:
        key, sign, value = parameters["1"].partition("=")
        return (key.strip(), value) if sign else ("", key)
    if not parameters:
        return "", ""
    # Pywikibot sorts the named parameters before it takes the first.
    key = min(parameters)
    return key, parameters[key]


def iabot_allows(text: str, account: str, script: str) -> bool:
    """Read as InternetArchiveBot's ``APII::nobots``: comments count, letter case too, allow before deny."""
    if "{{nobots}}" in text:
        return False
    if "{{bots}}" in text:
        return True
    allowed = _iabot_list(text, r"\{\{bots\s*\|\s*allow\s*=")
    if allowed is not None:
        return allowed == "all" or account in _items(allowed)
    denied = _iabot_list(text, r"\{\{(?:no)?bots\s*\|\s*deny\s*=")
    return denied is None or (denied != "all" and not {account, script} & set(_items(denied)))


def _iabot_list(text: str, opening: str) -> str | None:
    for match in re.finditer(opening, text, re.IGNORECASE):
        end = text.find("}}", match.end())
        if end < 0:
            return None
        inside = text[match.end() : end].strip()
        if "\n" not in inside:
            return inside
    return None


def _items(written: str) -> list[str]:
    return [item.strip() for item in written.split(",")]


def cluebot_allows(text: str, account: str) -> bool:
    """Read as ClueBot NG's ``findAndParseBots``: a name counts wherever it stands, even within another."""
    if "{{nobots}}" in text.lower():
        return False
    name = re.compile(re.escape(account).replace(r"\ ", "[_ ]?") + r"|\*", re.IGNORECASE)
    denied = _cluebot_lists(text, "deny")
    if any(name.search(inside) for inside in denied):
        return False
    allowed = _cluebot_lists(text, "allow")
    return not allowed or name.search(allowed[0]) is not None


def _cluebot_lists(text: str, word: str) -> list[str]:
    return re.findall(rf"\{{\{{bots\s*\|\s*{word}\s*=([^}}]*)\}}\}}", text, re.IGNORECASE)


def _own_rules_allow(calls: Sequence[Call], names: Sequence[str]) -> bool:
    us = {name.casefold() for name in names} | _EVERYONE
    for name, parameters in calls:
        if folded(name) in _IN_USE:
            return False
        if folded(name) == "nobots" and not any(value.strip() for value in parameters.values()):
            return False
        if folded(name) != "bots":
            continue
        for key, value in parameters.items():
            refuses = key.casefold() in ("deny", "denyscript", "optout")
            if refuses and us & {item.casefold() for item in _items(value)}:
                return False
    return True


def _calls(markup: Markup) -> list[Call]:
    """List the templates whose name could matter here, with parameters stripped as Pywikibot strips them."""
    calls: list[Call] = []
    for bracket in markup.brackets:
        ends = (*bracket.pipes, bracket.end - 2)
        written = seen(markup.masked[bracket.start + 2 : min(ends[0], bracket.start + 1_000)])
        prefix = _TEMPLATE_PREFIX.match(written)
        name = title(written[prefix.end() if prefix else 0 :])
        if len(calls) > _MAX_TEMPLATES:
            break
        if bracket.is_template and folded(name) in _IN_USE:
            calls.append((name, {}))
        if bracket.is_template and folded(name) in ("bots", "nobots"):
            parts = [seen(markup.masked[a + 1 : b]) for a, b in pairwise(ends)]
            calls.append((name, _parameters(parts)))
    return calls


def _parameters(parts: Sequence[str]) -> dict[str, str]:
    parameters: dict[str, str] = {}
    unnamed = 0
    for part in parts:
        key, sign, value = part.partition("=")
        if sign and "{{" not in key:
            parameters[key.strip()] = value.strip()
        else:
            unnamed += 1
            parameters[str(unnamed)] = part
    return parameters
