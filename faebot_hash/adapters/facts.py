"""What only confirming asks of the wiki: the members of a category, and all that is told of a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from faebot_hash.adapters.answers import file_of, merged, name_of, protection_of, text_of, time_of
from faebot_hash.adapters.queries import FILE_PROPS, TEXT_PROPS, Queries, RefusedError, batches
from faebot_hash.assessed import assessments_of
from faebot_hash.family import Facts, Member
from faebot_hash.reasons import Reason, Skipped
from faebot_hash.wikitext import Page

VERSIONS_AT_ONCE = 500
"""What anybody may ask of each file; asked about several, the API cuts longer histories without a word."""

_FILE, _TEMPLATE = 6, 10
_PAGE_PROPS = {
    **FILE_PROPS,
    **TEXT_PROPS,
    "prop": "imageinfo|revisions|info|templates|categories|extlinks|linkshere|fileusage",
    "inprop": "protection",
    "tlnamespace": _TEMPLATE,
    "tllimit": "max",
    "clprop": "hidden",
    "cllimit": "max",
    "ellimit": "max",
    "lhnamespace": _FILE,
    "lhprop": "title",
    "lhshow": "!redirect",
    "lhlimit": "max",
    "funamespace": _FILE,
    "fuprop": "title",
    "fushow": "!redirect",
    "fulimit": "max",
}
_VERSION_PROPS = {"prop": "imageinfo", "iiprop": "timestamp", "iilimit": VERSIONS_AT_ONCE}

_Page = Mapping[str, Any]


@dataclass(frozen=True)
class _Beside:
    """What is told of a batch of files by other requests than that for their pages, by page id or title."""

    versions: Mapping[int, list[dict[str, Any]]]
    talk_templates: Mapping[str, frozenset[str]]
    global_usage: Mapping[int, int | None]
    statements: Mapping[int, int]


class FactReader(Queries):
    """Reads facts from one wiki (``ports.FactReader``): five requests for 50 files, more for long answers."""

    def __init__(self, site: Any, *, thumb_width_px: int = 120) -> None:
        super().__init__(site)
        self._thumb_width_px = thumb_width_px

    def members(self, category: str) -> Iterator[Member]:
        answers = self._continued(
            list="categorymembers",
            cmtitle=f"Category:{category}",
            cmtype="file",
            cmprop="ids|title|sortkeyprefix",
            cmlimit="max",
        )
        for answer in answers:
            for one in answer["query"]["categorymembers"]:
                yield Member(one["pageid"], name_of(one), one["sortkeyprefix"])

    def facts(self, page_ids: Sequence[int]) -> Mapping[int, Facts | Skipped]:
        told: dict[int, Facts | Skipped] = {}
        for some in batches(dict.fromkeys(page_ids)):
            pages = self._pages(some, iiurlwidth=self._thumb_width_px, **_PAGE_PROPS)
            there = [page_id for page_id in some if page_id in pages and not pages[page_id].get("missing")]
            beside = self._beside(there, [name_of(pages[page_id]) for page_id in there])
            for page_id in some:
                told[page_id] = _facts(pages.get(page_id, {"pageid": page_id, "missing": True}), beside)
        return told

    def _beside(self, page_ids: Sequence[int], titles: Sequence[str]) -> _Beside:
        if not page_ids:
            return _Beside({}, {}, {}, {})
        return _Beside(
            self._versions(page_ids),
            self._talk_templates(titles),
            self._global_usage(page_ids),
            self._statements(page_ids),
        )

    def _versions(self, page_ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
        pages = self._pages(page_ids, older_versions=True, **_VERSION_PROPS)
        found = {page_id: page.get("imageinfo", []) for page_id, page in pages.items()}
        for page_id in [one for one, versions in found.items() if len(versions) >= VERSIONS_AT_ONCE]:
            alone = self._pages([page_id], older_versions=True, **_VERSION_PROPS)
            found[page_id] = alone[page_id].get("imageinfo", [])
        return found

    def _talk_templates(self, titles: Sequence[str]) -> dict[str, frozenset[str]]:
        answers = self._continued(
            titles="|".join(f"File talk:{title}" for title in titles),
            prop="templates",
            tlnamespace=_TEMPLATE,
            tllimit="max",
        )
        return {name_of(page): _names(page, "templates") for page in merged(answers).values()}

    def _global_usage(self, page_ids: Sequence[int]) -> dict[int, int | None]:
        try:
            pages = self._pages(page_ids, prop="globalusage", gufilterlocal=True, gulimit="max")
        except RefusedError:
            return {}
        # A wiki without the module answers with a warning, and without the list that unused files have too.
        return {page_id: _count_users(page.get("globalusage")) for page_id, page in pages.items()}

    def _statements(self, page_ids: Sequence[int]) -> dict[int, int]:
        try:
            answer = self._ask(
                action="wbgetentities", ids="|".join(f"M{page_id}" for page_id in page_ids), props="claims"
            )
        except RefusedError:
            return {}
        entities = answer.get("entities", {})
        return {
            page_id: _count_statements(entities[f"M{page_id}"])
            for page_id in page_ids
            if f"M{page_id}" in entities
        }


def _facts(page: _Page, beside: _Beside) -> Facts | Skipped:
    file, text = file_of(page), text_of(page)
    if isinstance(file, Skipped):
        return file
    if isinstance(text, Skipped):
        return text
    versions = beside.versions.get(file.page_id, [])
    uploads = [time_of(version["timestamp"]) for version in versions if "timestamp" in version]
    if not uploads:
        return Skipped(file.title, Reason.MISSING, "the file went away meanwhile")
    templates, categories = _names(page, "templates"), _names(page, "categories")
    return Facts(
        file=file,
        page=text,
        first_uploaded=min(uploads),
        versions=len(versions),
        templates=templates,
        talk_templates=beside.talk_templates.get(file.title, frozenset()),
        categories=categories,
        hidden_categories=frozenset(name_of(one) for one in page.get("categories", ()) if one.get("hidden")),
        links=frozenset(one["url"] for one in page.get("extlinks", ())),
        linked_from=(_names(page, "linkshere") | _names(page, "fileusage")) - {file.title},
        assessments=assessments_of(Page(text.text), templates, categories),
        global_usage=beside.global_usage.get(file.page_id),
        statements=beside.statements.get(file.page_id),
        protection=protection_of(page),
    )


def _names(page: _Page, prop: str) -> frozenset[str]:
    return frozenset(name_of(one) for one in page.get(prop, ()))


def _count_users(usage: Sequence[Mapping[str, Any]] | None) -> int | None:
    return None if usage is None else len({(one["wiki"], one["title"]) for one in usage})


def _count_statements(entity: Mapping[str, Any]) -> int:
    # Without any statement PHP writes the empty map as a list.
    statements = entity.get("statements") or {}
    return sum(len(of_property) for of_property in statements.values())
