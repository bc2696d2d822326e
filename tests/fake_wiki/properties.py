"""prop=revisions, imageinfo, info and categoryinfo of one page, in formatversion 2."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from tests.fake_wiki.answers import ApiError, Parameters, given, listed
from tests.fake_wiki.clock import stamp
from tests.fake_wiki.state import CATEGORY, FILE, Page, Revision, Upload, WikiState

HIGH_LIMIT = 5000


@dataclass
class Asked:
    """One query as the properties see it; ``go_on`` collects what there is more of."""

    parameters: Parameters
    state: WikiState
    server: str
    revids: tuple[int, ...]
    several: bool
    go_on: dict[str, str] = field(default_factory=dict)

    def wants(self, prop: str) -> bool:
        """Tell whether a property is asked for, and was not told whole in an earlier part of the answer."""
        finished = self.parameters.get("continue", "").partition("||")[2].split("|")
        return prop in listed(self.parameters, "prop") and prop not in finished


def properties(page: Page | None, asked: Asked, namespace: int) -> dict[str, Any]:
    """Give all asked properties of a page; None stands for a page that is missing."""
    told: dict[str, Any] = {}
    if page is not None and asked.wants("revisions"):
        told |= _revisions(page, asked)
    if namespace == FILE and asked.wants("imageinfo"):
        told |= _imageinfo(page, asked)
    if asked.wants("info"):
        told |= _info(page, asked)
    if page is not None and namespace == CATEGORY and asked.wants("categoryinfo"):
        told["categoryinfo"] = _categoryinfo(page, asked.state)
    return told


def _revisions(page: Page, asked: Asked) -> dict[str, Any]:
    wanted = listed(asked.parameters, "rvprop") or ["ids", "timestamp", "flags", "comment", "user"]
    if asked.revids:
        chosen = [one for one in page.revisions if one.revid in asked.revids]
    else:
        chosen = _history(page, asked)
    return {"revisions": [_revision(one, wanted, asked.parameters) for one in chosen]}


def _history(page: Page, asked: Asked) -> list[Revision]:
    newest_first = list(reversed(page.revisions))
    limit = asked.parameters.get("rvlimit", "")
    if not limit:
        return newest_first[:1]
    if asked.several:
        raise ApiError("invalidparammix", "rvlimit may only be used with a single page.")
    start = asked.parameters.get("rvcontinue", "").rpartition("|")[2]
    if start:
        newest_first = [one for one in newest_first if one.revid <= int(start)]
    count = HIGH_LIMIT if limit == "max" else int(limit)
    if len(newest_first) > count:
        rest = newest_first[count]
        asked.go_on["rvcontinue"] = f"{rest.timestamp:%Y%m%d%H%M%S}|{rest.revid}"
    return newest_first[:count]


def _revision(one: Revision, wanted: list[str], parameters: Parameters) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if "ids" in wanted:
        told |= {"revid": one.revid, "parentid": one.parentid}
    if "user" in wanted:
        told["user"] = one.user
    if "timestamp" in wanted:
        told["timestamp"] = stamp(one.timestamp)
    if "size" in wanted:
        told["size"] = len(one.text.encode())
    if "sha1" in wanted:
        told["sha1"] = one.sha1
    if "content" in wanted:
        content = {"contentmodel": "wikitext", "contentformat": "text/x-wiki", "content": one.text}
        told |= {"slots": {"main": content}} if given(parameters, "rvslots") else content
    if "comment" in wanted:
        told["comment"] = one.comment
    if "tags" in wanted:
        told["tags"] = list(one.tags)
    return told


def _imageinfo(page: Page | None, asked: Asked) -> dict[str, Any]:
    if page is not None and page.redirect_target:
        # MediaWiki answers for a redirect with the file that it leads to.
        page = asked.state.titled(page.redirect_target)
    if page is None or not page.uploads:
        return {"imagerepository": ""}
    versions = [_version(page, upload, asked) for upload in _versions(page, asked)]
    return {"imagerepository": "local", "imageinfo": versions}


def _versions(page: Page, asked: Asked) -> list[Upload]:
    """Choose the versions to tell of, newest first; of several files a long history is cut without a word."""
    limit = asked.parameters.get("iilimit", "1")
    start = asked.parameters.get("iistart", "")
    newest_first = [one for one in reversed(page.uploads) if not start or stamp(one.timestamp) <= start]
    count = HIGH_LIMIT if limit == "max" else int(limit)
    if len(newest_first) > count and not asked.several:
        asked.go_on["iistart"] = stamp(newest_first[count].timestamp)
    return newest_first[:count]


def _version(page: Page, current: Upload, asked: Asked) -> dict[str, Any]:
    name = page.title.partition(":")[2].replace(" ", "_")
    digest = hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()
    folder, file = f"{digest[0]}/{digest[:2]}", quote(name)
    known: dict[str, Any] = {
        "timestamp": {"timestamp": stamp(current.timestamp)},
        "user": {"user": current.user},
        "size": {"size": current.size, "width": current.width, "height": current.height},
        "url": {
            "url": f"{asked.server}/wikipedia/commons/{folder}/{file}",
            "descriptionurl": f"{asked.server}/wiki/File:{file}",
            "descriptionshorturl": f"{asked.server}/w/index.php?curid={page.page_id}",
        },
        "sha1": {"sha1": current.sha1},
        "mime": {"mime": current.mime},
    }
    told: dict[str, Any] = {}
    for prop in listed(asked.parameters, "iiprop") or ["timestamp", "user"]:
        told |= known.get(prop, {})
    width = asked.parameters.get("iiurlwidth", "")
    if width and "url" in told:
        thumb = f"{asked.server}/wikipedia/commons/thumb/{folder}/{file}/{width}px-{file}"
        told |= {"thumburl": thumb, "thumbwidth": int(width)}
        told["thumbheight"] = max(1, current.height * int(width) // current.width)
    return told


def _info(page: Page | None, asked: Asked) -> dict[str, Any]:
    told: dict[str, Any] = {"contentmodel": "wikitext", "pagelanguage": "en"}
    told |= {"pagelanguagehtmlcode": "en", "pagelanguagedir": "ltr"}
    protection: list[dict[str, str]] = []
    kinds = ["create"]
    if page is not None:
        latest = page.latest
        told |= {"touched": stamp(latest.timestamp), "lastrevid": latest.revid}
        told["length"] = len(latest.text.encode())
        if page.redirect_target:
            told["redirect"] = True
        if len(page.revisions) == 1:
            told["new"] = True
        kinds = ["edit", "move", "upload"] if page.namespace == FILE else ["edit", "move"]
        if page.protection:
            levels = {"level": page.protection, "expiry": "infinity"}
            protection = [{"type": "edit", **levels}, {"type": "move", **levels}]
    if "protection" in listed(asked.parameters, "inprop"):
        told |= {"protection": protection, "restrictiontypes": kinds}
    return told


def _categoryinfo(page: Page, state: WikiState) -> dict[str, Any]:
    members = state.members(page.title.partition(":")[2])
    files = sum(one.namespace == FILE for one in members)
    subcats = sum(one.namespace == CATEGORY for one in members)
    hidden = state.is_hidden(page.title.partition(":")[2])
    counts = {"size": len(members), "pages": len(members) - files - subcats, "files": files}
    return {**counts, "subcats": subcats, "hidden": hidden}
