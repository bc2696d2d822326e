"""action=query: pages by title, id or revision, with their properties, and two lists."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.fake_wiki.accounts import ADDRESS, ANONYMOUS, Sessions, groups_of, rights_of
from tests.fake_wiki.answers import ApiError, Parameters, given, listed, number
from tests.fake_wiki.clock import VirtualClock, stamp
from tests.fake_wiki.linking import LISTERS, lists, sort_key
from tests.fake_wiki.properties import HIGH_LIMIT, Asked, properties
from tests.fake_wiki.siteinfo import QUERY_MODULES, TOKEN_KINDS, siteinfo
from tests.fake_wiki.state import FILE, Page, WikiState, namespace_of, normal


class Queries:
    """Answers queries on one state."""

    def __init__(self, state: WikiState, clock: VirtualClock, sessions: Sessions, server: str) -> None:
        self._state = state
        self._clock = clock
        self._sessions = sessions
        self._server = server

    def answer(self, asked: Parameters, session: str) -> dict[str, Any]:
        """Answer one query."""
        document: dict[str, Any] = {"batchcomplete": True}
        query: dict[str, Any] = {}
        if given(asked, "curtimestamp"):
            now = self._clock.now() - timedelta(seconds=self._state.stale_s)
            document["curtimestamp"] = stamp(now)
        self._warn(asked, document)
        self._pages(asked, query, document)
        for name in listed(asked, "list"):
            self._list(name, asked, query, document)
        for name in listed(asked, "meta"):
            self._meta(name, asked, query, session)
        if query:
            document["query"] = query
        return document

    def _warn(self, asked: Parameters, document: dict[str, Any]) -> None:
        known = set(QUERY_MODULES["prop"]) - ({"globalusage"} if self._state.core_only else set())
        if unknown := [prop for prop in listed(asked, "prop") if prop not in known]:
            warning = f'Unrecognized value for parameter "prop": {", ".join(unknown)}.'
            document["warnings"] = {"query": {"warnings": warning}}

    def _pages(self, asked: Parameters, query: dict[str, Any], document: dict[str, Any]) -> None:
        titles, ids, revids = (listed(asked, name) for name in ("titles", "pageids", "revids"))
        if not (titles or ids or revids):
            return
        if sum(map(bool, (titles, ids, revids))) > 1:
            raise ApiError("multisource", "titles, pageids and revids cannot be used together.")
        found: dict[int, Page] = {}
        absent: list[dict[str, Any]] = []
        for title in titles:
            self._by_title(title, found, absent, query)
        for page_id in map(int, ids):
            page = self._state.pages.get(page_id)
            if page is None:
                absent.append({"pageid": page_id, "missing": True})
            else:
                found[page_id] = page
        wanted_revids = self._by_revision(revids, found, query)
        what = Asked(asked, self._state, self._server, tuple(wanted_revids), len(found) > 1)
        absent.sort(key=lambda page: (page.get("ns", 0), page.get("title", "")))
        pages = [{**page, **properties(None, what, page["ns"])} if "ns" in page else page for page in absent]
        for page_id in sorted(found):
            page = found[page_id]
            head = {"pageid": page_id, "ns": page.namespace, "title": page.title}
            pages.append({**head, **properties(page, what, page.namespace)})
        self._lists(what, [found[page_id] for page_id in sorted(found)], pages)
        if what.go_on:
            document.pop("batchcomplete", None)
            document["continue"] = {**what.go_on, "continue": f"||{'|'.join(_finished(what))}"}
        if pages:
            query["pages"] = pages

    def _lists(self, what: Asked, found: list[Page], pages: list[dict[str, Any]]) -> None:
        by_id = {page["pageid"]: page for page in pages if "pageid" in page}
        for prop in filter(what.wants, LISTERS):
            if prop == "globalusage" and self._state.core_only:
                continue
            told, more = lists(found, self._state, what.parameters, prop)
            what.go_on |= more
            for page_id, entries in told.items():
                by_id[page_id][prop] = entries
            if prop == "globalusage":
                for page in found:
                    if page.namespace == FILE:
                        by_id[page.page_id].setdefault(prop, [])

    def _by_title(
        self, title: str, found: dict[int, Page], absent: list[dict[str, Any]], query: dict[str, Any]
    ) -> None:
        name = normal(title)
        if name != title:
            query.setdefault("normalized", []).append({"fromencoded": False, "from": title, "to": name})
        page = self._state.titled(name)
        if page is not None:
            found[page.page_id] = page
        elif any(char in name for char in "[]{}|<>#") or not name:
            absent.append({"title": title, "invalidreason": "bad characters", "invalid": True})
        elif all(one.get("title") != name for one in absent):
            absent.append({"ns": namespace_of(name), "title": name, "missing": True})

    def _by_revision(self, revids: list[str], found: dict[int, Page], query: dict[str, Any]) -> list[int]:
        known = []
        for revid in map(int, revids):
            where = self._state.revision(revid)
            if where is None:
                query.setdefault("badrevids", {})[str(revid)] = {"revid": revid, "missing": True}
            else:
                found[where[0].page_id] = where[0]
                known.append(revid)
        return known

    def _list(self, name: str, asked: Parameters, query: dict[str, Any], document: dict[str, Any]) -> None:
        if name == "search":
            self._search(asked, query, document)
        elif name == "categorymembers":
            category = normal(asked.get("cmtitle", "")).removeprefix("Category:")
            self._members(category, asked, query, document)

    def _members(
        self, category: str, asked: Parameters, query: dict[str, Any], document: dict[str, Any]
    ) -> None:
        members = sorted(self._state.members(category), key=lambda page: page.page_id)
        if listed(asked, "cmtype") == ["file"]:
            members = [page for page in members if page.namespace == FILE]
        start = int(asked.get("cmcontinue", "file|00|0").rpartition("|")[2])
        limit = HIGH_LIMIT if asked.get("cmlimit") == "max" else number(asked, "cmlimit") or 10
        left = [page for page in members if page.page_id >= start]
        wanted = listed(asked, "cmprop") or ["ids", "title"]
        keyed = "sortkeyprefix" in wanted
        query["categorymembers"] = [
            _entry(page) | ({"sortkeyprefix": sort_key(page, category)} if keyed else {})
            for page in left[:limit]
        ]
        if len(left) > limit:
            document.pop("batchcomplete", None)
            document["continue"] = {"cmcontinue": f"file|00|{left[limit].page_id}", "continue": "-||"}

    def _search(self, asked: Parameters, query: dict[str, Any], document: dict[str, Any]) -> None:
        words = asked.get("srsearch", "")
        if not words:
            raise ApiError("missingparam", 'The "srsearch" parameter must be set.')
        everything = tuple(page.page_id for page in self._state.pages.values() if page.namespace == FILE)
        listed_ids = everything if words == "filemime:image" else self._state.searches.get(words, ())
        start, limit = number(asked, "sroffset"), number(asked, "srlimit") or 10
        hits = [self._state.pages[page_id] for page_id in listed_ids if page_id in self._state.pages]
        query["searchinfo"] = {"totalhits": len(hits)}
        query["search"] = [
            {"ns": page.namespace, "title": page.title, "pageid": page.page_id}
            for page in hits[start : start + limit]
        ]
        if start + limit < len(hits):
            document.pop("batchcomplete", None)
            document["continue"] = {"sroffset": start + limit, "continue": "-||"}
        if self._state.search_warning:
            document["warnings"] = {"search": {"warnings": self._state.search_warning}}

    def _meta(self, name: str, asked: Parameters, query: dict[str, Any], session: str) -> None:
        if name == "tokens":
            kinds = listed(asked, "type") or ["csrf"]
            query["tokens"] = {
                f"{kind}token": self._sessions.token(session, kind) for kind in kinds if kind in TOKEN_KINDS
            }
        elif name == "siteinfo":
            wanted = listed(asked, "siprop") or ["general"]
            query.update(siteinfo(wanted, self._server, stamp(self._clock.now())))
        elif name == "userinfo":
            query["userinfo"] = self._userinfo(listed(asked, "uiprop"), session)

    def _userinfo(self, wanted: list[str], session: str) -> dict[str, Any]:
        name, state = self._sessions.account(session), self._state
        if name == ANONYMOUS:
            who: dict[str, Any] = {"id": 0, "name": ADDRESS, "anon": True}
        else:
            who = {"id": 1 + sum(map(ord, name)), "name": name}
        if "blockinfo" in wanted and name in state.blocks:
            who |= {"blockid": 1, "blockedby": "Admin", "blockedbyid": 1}
            who |= {"blockreason": state.blocks[name], "blockexpiry": "infinite", "blockpartial": False}
        if "hasmsg" in wanted:
            who["messages"] = name in state.messages
        if "groups" in wanted:
            who["groups"] = groups_of(state, name)
        if "rights" in wanted:
            who["rights"] = rights_of(state, name, self._sessions.limited(session))
        if "ratelimits" in wanted:
            who["ratelimits"] = {}
        return who


def _finished(what: Asked) -> list[str]:
    """Name the properties that this part of the answer tells whole, or an earlier one did."""
    prefixes = {"imageinfo": "ii", "revisions": "rv"} | {prop: each[0] for prop, each in LISTERS.items()}
    unfinished = {prop for prop, prefix in prefixes.items() if any(key[:2] == prefix for key in what.go_on)}
    return [prop for prop in listed(what.parameters, "prop") if prop not in unfinished]


def _entry(page: Page) -> dict[str, Any]:
    return {"pageid": page.page_id, "ns": page.namespace, "title": page.title}
