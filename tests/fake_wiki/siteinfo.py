"""What Pywikibot asks about a wiki before its first real question: siteinfo and paraminfo."""

from __future__ import annotations

from typing import Any

from tests.fake_wiki.state import NAMESPACES

TOKEN_KINDS = ("createaccount", "csrf", "login", "patrol", "rollback", "userrights", "watch")
ACTIONS = ("edit", "login", "logout", "paraminfo", "query", "wbgetentities")
_LIMITS = {"multi": "", "limit": 50, "lowlimit": 50, "highlimit": 500}
QUERY_MODULES = {
    "prop": (
        "categories",
        "categoryinfo",
        "extlinks",
        "fileusage",
        "globalusage",
        "imageinfo",
        "info",
        "linkshere",
        "revisions",
        "templates",
    ),
    "list": ("categorymembers", "search"),
    "meta": ("siteinfo", "tokens", "userinfo"),
}


def siteinfo(wanted: list[str], server: str, now: str) -> dict[str, Any]:
    """Answer meta=siteinfo for the asked properties."""
    known = {
        "general": {
            "mainpage": "Main Page",
            "base": f"{server}/wiki/Main_Page",
            "sitename": "Fake Commons",
            "generator": "MediaWiki 1.43.9",
            "case": "first-letter",
            "lang": "en",
            "fallback": [],
            "rtl": False,
            "readonly": False,
            "writeapi": True,
            "maxarticlesize": 2097152,
            "timezone": "UTC",
            "timeoffset": 0,
            "legaltitlechars": " %!\"$&'()*,\\-.\\/0-9:;=?@A-Z\\\\^_`a-z~\\x80-\\xFF+",
            "linktrail": "/^([a-z]+)(.*)$/sD",
            "articlepath": "/wiki/$1",
            "scriptpath": "/w",
            "script": "/w/index.php",
            "server": server,
            "servername": "127.0.0.1",
            "wikiid": "fakewiki",
            "time": now,
            "uploadsenabled": True,
            "thumblimits": {"0": 120, "1": 250},
            "imagelimits": {"0": {"width": 320, "height": 240}},
            "magiclinks": {"ISBN": False, "PMID": False, "RFC": False},
        },
        "namespaces": {str(number): _namespace(number) for number in NAMESPACES},
        "namespacealiases": [{"id": 6, "alias": "Image"}, {"id": 7, "alias": "Image talk"}],
        "extensions": [],
    }
    return {name: known[name] for name in wanted if name in known}


def _namespace(number: int) -> dict[str, Any]:
    space = {
        "id": number,
        "case": "first-letter",
        "name": NAMESPACES[number],
        "subpages": number not in (-2, -1, 0, 6, 14),
        "content": number == 0,
        "nonincludable": False,
    }
    return space if number == 0 else {**space, "canonical": NAMESPACES[number]}


def paraminfo(modules: list[str]) -> dict[str, Any]:
    """Answer action=paraminfo with what Pywikibot reads of it."""
    known = {
        "main": ("", [_choice("action", ACTIONS, "")]),
        "paraminfo": ("", [{"name": "modules", "type": "string", **_LIMITS}]),
        "query": (
            "",
            [
                *(_choice(name, choices, "query+") for name, choices in QUERY_MODULES.items()),
                _choice("generator", QUERY_MODULES["list"], "query+"),
            ],
        ),
        "query+info": ("prop", [{"name": "prop", "type": ["protection"], **_LIMITS}]),
        "query+tokens": ("meta", [{"name": "type", "type": list(TOKEN_KINDS), **_LIMITS}]),
    }
    answers = []
    for path in modules:
        if path not in known:
            continue
        group, parameters = known[path]
        module = {"name": path.rpartition("+")[2], "path": path, "prefix": "", "parameters": parameters}
        answers.append({**module, "group": group} if group else module)
    return {"paraminfo": {"helpformat": "none", "modules": answers}}


def _choice(name: str, choices: tuple[str, ...], path: str) -> dict[str, Any]:
    return {
        "name": name,
        "type": list(choices),
        **_LIMITS,
        "submodules": {choice: f"{path}{choice}" for choice in choices},
    }
