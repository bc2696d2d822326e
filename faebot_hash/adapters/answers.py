"""Answers of the action API (formatversion 2) turned into values, without asking anything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from faebot_hash.model import FileInfo, PageText, Revision
from faebot_hash.ports import EditAnswer
from faebot_hash.preflight import Account, Current, Other, Preflight
from faebot_hash.reasons import Reason, Skipped

UNDOING = frozenset({"mw-undo", "mw-rollback", "mw-manual-revert"})


def merged(answers: Iterable[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """Join the parts of a continued answer by page; missing titles get negative ids.

    Lists go on where the part before ended. ``read_at`` is the time of the first part, so that nothing
    that changed during the reading counts as known.
    """
    pages: dict[int, dict[str, Any]] = {}
    for answer in answers:
        for page in answer["query"].get("pages", []):
            known = pages.setdefault(page.get("pageid", -len(pages) - 1), {})
            known.setdefault("read_at", answer.get("curtimestamp", ""))
            for name, value in page.items():
                is_more = isinstance(value, list) and name in known
                known[name] = known[name] + value if is_more else value
    return pages


def name_of(page: Mapping[str, Any]) -> str:
    """Name a page without its namespace, or by its id when the wiki no longer knows it."""
    title = page.get("title")
    return str(title).partition(":")[2] if title else f"page {page.get('pageid')}"


def file_of(page: Mapping[str, Any]) -> FileInfo | Skipped:
    """Read the current version of a file; a redirect answers with its target's, so it is refused here."""
    title = name_of(page)
    if page.get("missing") or page.get("invalid"):
        return Skipped(title, Reason.MISSING, "no such page")
    if page.get("redirect"):
        return Skipped(title, Reason.REDIRECT)
    versions = page.get("imageinfo") or [{}]
    version = versions[0]
    if "sha1" not in version or version.get("filemissing") or version.get("filehidden"):
        return Skipped(title, Reason.MISSING, "no file, or a hidden one")
    return FileInfo(
        page_id=page["pageid"],
        title=title,
        sha1=version["sha1"],
        size_bytes=version["size"],
        width_px=version["width"],
        height_px=version["height"],
        mime=version["mime"],
        uploaded=time_of(version["timestamp"]),
        uploader=version.get("user", ""),
        thumb_url=version.get("thumburl"),
        page_count=version.get("pagecount", 1),
        url=version.get("url", ""),
    )


def text_of(page: Mapping[str, Any]) -> PageText | Skipped:
    """Read the latest text of a page."""
    title = name_of(page)
    revisions = page.get("revisions")
    if page.get("missing") or not revisions:
        return Skipped(title, Reason.MISSING, "no page text")
    main = revisions[0].get("slots", {}).get("main", {})
    if "content" not in main:
        return Skipped(title, Reason.MISSING, "the text is hidden")
    return PageText(
        page_id=page["pageid"],
        title=title,
        revid=revisions[0]["revid"],
        text=main["content"],
        read_at=page["read_at"],
        is_redirect=bool(page.get("redirect")),
    )


def search_warning(answer: Mapping[str, Any]) -> str:
    """Give the warnings of a search, which mean that the answer is incomplete."""
    parts = (answer.get("warnings", {}).get("search") or {}, answer.get("warnings", {}).get("main") or {})
    return " ".join(str(part.get("warnings", "")) for part in parts).strip()


def preflight_of(
    answer: Mapping[str, Any], run_page: str, settings_page: str, others: Sequence[str] = ()
) -> Preflight:
    """Read the one answer before an edit; pages that are not files are told apart by their titles."""
    pages = {page["title"]: page for page in merged([dict(answer)]).values() if "title" in page}
    names = {one["from"]: one["to"] for one in answer["query"].get("normalized", [])}
    user = answer["query"]["userinfo"]
    return Preflight(
        read_at=time_of(answer["curtimestamp"]),
        account=Account(
            name=user["name"],
            rights=frozenset(user.get("rights", ())),
            blocked=(user.get("blockreason") or "no reason given") if "blockid" in user else "",
            has_message=bool(user.get("messages")),
        ),
        run_page=text_of(pages.get(run_page, {"title": run_page, "missing": True})),
        files={
            page["pageid"]: _current(page)
            for page in pages.values()
            if page.get("ns") == 6 and "pageid" in page
        },
        category_files=_category_files(answer, pages.values()),
        others={title: other_of(title, pages.get(names.get(title, title))) for title in others},
        settings_page=other_of(settings_page, pages.get(names.get(settings_page, settings_page))),
    )


def _category_files(answer: Mapping[str, Any], pages: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Count the files of categories; one that the answer has no room for is not empty but unknown."""
    cut_short = "cicontinue" in answer.get("continue", {})
    return {
        page["title"].partition(":")[2]: page.get("categoryinfo", {}).get("files", 0)
        for page in pages
        if page.get("ns") == 14 and ("categoryinfo" in page or not cut_short)
    }


def other_of(title: str, page: Mapping[str, Any] | None) -> Other | Skipped:
    """Read a page that is no file's; one that is missing is known to be so, and can be made."""
    if page is None or page.get("invalid"):
        return Skipped(title, Reason.MISSING, "no title of a page")
    if page.get("missing"):
        return Other(PageText(0, page["title"], 0, "", page["read_at"]), protection_of(page))
    text = text_of(page)
    return text if isinstance(text, Skipped) else Other(text, protection_of(page))


def _current(page: Mapping[str, Any]) -> Current | Skipped:
    file, text = file_of(page), text_of(page)
    if isinstance(file, Skipped):
        return file
    if isinstance(text, Skipped):
        return text
    return Current(text, file, protection_of(page))


def protection_of(page: Mapping[str, Any]) -> str:
    """Name the rights that editing a page takes, "" when anybody may."""
    levels = {one["level"] for one in page.get("protection", []) if one.get("type") == "edit"}
    return ", ".join(sorted(levels))


def marked_undone(answer: Mapping[str, Any]) -> frozenset[int]:
    """Find the revisions that somebody has undone, by the change tag that MediaWiki gives them."""
    return frozenset(one["revid"] for one in _revisions(answer) if "mw-reverted" in one.get("tags", ()))


def undone_by_latest(answer: Mapping[str, Any], user: str) -> frozenset[int]:
    """Find the revisions that the very next one, the latest of its page and not by ``user``, undid."""
    latest = (one for one in _revisions(answer) if UNDOING.intersection(one.get("tags", ())))
    return frozenset(one["parentid"] for one in latest if one.get("user") != user)


def _revisions(answer: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for page in answer["query"].get("pages", []):
        yield from page.get("revisions", [])


def revision_of(revision: Mapping[str, Any]) -> Revision:
    """Read one line of a history; what is hidden is empty."""
    return Revision(
        revid=revision["revid"],
        parentid=revision["parentid"],
        timestamp=time_of(revision["timestamp"]),
        user=revision.get("user", ""),
        comment=revision.get("comment", ""),
        sha1=revision.get("sha1", ""),
    )


def edit_answer(response: Any) -> EditAnswer:
    """Read the answer to an edit; whatever does not say that it failed or succeeded is "unknown"."""
    wait_s = _seconds(response.headers.get("retry-after", ""))
    try:
        answer = response.json()
    except ValueError:
        code = "http-429" if response.status_code == 429 else "unknown"
        return EditAnswer(code, f"HTTP {response.status_code} without an answer", retry_after_s=wait_s)
    if not isinstance(answer, dict):
        return EditAnswer("unknown", f"HTTP {response.status_code}, not an answer of the API")
    if "error" in answer:
        error = answer["error"]
        return EditAnswer(error.get("code", "unknown"), error.get("info", ""), retry_after_s=wait_s)
    edit = answer.get("edit") or {}
    if edit.get("result") != "Success":
        return EditAnswer("failure" if edit else "unknown", str(edit)[:300])
    return EditAnswer("", "", edit.get("oldrevid", 0), edit.get("newrevid", 0), "nochange" in edit)


def _seconds(text: str) -> float:
    return float(text) if text.isascii() and text.isdigit() else 0.0


def time_of(text: str) -> datetime:
    """Read a timestamp of the API, always in UTC."""
    return datetime.fromisoformat(text)


def hex_of(sha1_base36: str) -> str:
    """Turn a SHA1 in base 36, as the database and logs have it, into 40 hex digits; "" where it is none."""
    try:
        return f"{int(sha1_base36, 36):040x}"
    except ValueError:
        return ""
