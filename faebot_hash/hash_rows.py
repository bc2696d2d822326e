"""Rows of hash tables that are carried from one store to another, and entries of others' dumps."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from faebot_hash.fingerprint import from_decimal, from_hex, to_hex
from faebot_hash.hash_index import HashTableRow, IndexedPage, PageHashes
from faebot_hash.model import MAX_HASH, Basis, Fingerprint

_HASHES = ("phash", "dhash", "ahash", "whash")
_BASIS = ("source", "thumb_width_px", "pillow", "imagehash")
COLUMNS = ("id", "title", "sha1", *_HASHES, "low_information", "uploaded", *_BASIS)
"""What ``export`` writes: hashes as 16 hex digits, "1" for low information, times in ISO 8601."""

MAX_PAGE_ID = (1 << 63) - 1
_NUMBER = re.compile(r"[0-9]{1,19}", re.ASCII)
_LONGEST_TITLE = 255


@dataclass(frozen=True)
class OwnRow:
    """A row with a file's SHA1 and all that its fingerprint has."""

    row: HashTableRow
    basis: Basis


@dataclass(frozen=True)
class BadRow:
    """A row that cannot be taken: where it stands, and why."""

    place: str
    why: str


def fields_of(row: HashTableRow, basis: Basis) -> dict[str, str]:
    """Write a row under the names of ``COLUMNS``."""
    uploaded = row.page.uploaded
    return {
        "id": str(row.page.page_id),
        "title": row.page.title,
        "sha1": row.page.sha1,
        **{name: to_hex(getattr(row.fingerprint, name)) for name in _HASHES},
        "low_information": "1" if row.fingerprint.low_information else "0",
        "uploaded": uploaded.isoformat() if uploaded is not None else "",
        **{name: str(value) for name, value in asdict(basis).items()},
    }


def entry_of(fields: Mapping[str, str]) -> dict[str, int]:
    """Write a row of ours as an entry of ImageHash-Toolforge's dump, as ``read_entry`` reads it."""
    hashes = {name: from_hex(fields[name]) for name in ("phash", "dhash")}
    return {"commons": int(fields["id"]), **hashes}


def read_fields(fields: Mapping[str, str | None]) -> OwnRow | PageHashes:
    """Read a row; one without a SHA1 is its page id with pHash and dHash. Raises ValueError with the reason.

    The page id is in ``id`` or ``page_id``; pHash and dHash may be decimal in ``phash_dec``, ``dhash_dec``.
    """
    page_id = _page_id(fields.get("id") or fields.get("page_id") or "")
    if not fields.get("sha1"):
        return page_id, _hash(fields, "phash"), _hash(fields, "dhash")
    low_information = fields.get("low_information") or ""
    if low_information not in ("0", "1"):
        raise ValueError(f"low_information is 0 or 1, not {low_information!r}")
    page = IndexedPage(page_id, _title(fields), _sha1(fields), _moment(fields.get("uploaded") or ""))
    hashes = {name: _hash(fields, name) for name in _HASHES}
    fingerprint = Fingerprint(**hashes, low_information=low_information == "1")
    return OwnRow(HashTableRow(page, fingerprint), _basis(fields))


def read_entry(entry: object) -> PageHashes:
    """Read an entry of ImageHash-Toolforge's dump: ``commons`` (a page id), ``phash``, ``dhash``, decimal.

    Raises ValueError with the reason.
    """
    if not isinstance(entry, dict):
        raise ValueError("no JSON object")
    return (
        _whole(entry, "commons", MAX_PAGE_ID),
        _whole(entry, "phash", MAX_HASH),
        _whole(entry, "dhash", MAX_HASH),
    )


def _whole(entry: Mapping[str, Any], name: str, most: int) -> int:
    value = entry.get(name)
    # JSON's own true and false are ints in Python.
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most:
        return value
    if isinstance(value, str) and name != "commons":
        return from_decimal(value)
    raise ValueError(f"{name} is no whole number up to {most}: {value!r}"[:200])


def _page_id(text: str) -> int:
    if not _NUMBER.fullmatch(text) or not 0 < int(text) <= MAX_PAGE_ID:
        raise ValueError(f"no page id: {text[:40]!r}")
    return int(text)


def _hash(fields: Mapping[str, str | None], name: str) -> int:
    decimal = fields.get(f"{name}_dec")
    return from_decimal(decimal) if decimal else from_hex(fields.get(name) or "")


def _sha1(fields: Mapping[str, str | None]) -> str:
    sha1 = fields.get("sha1") or ""
    if not re.fullmatch(r"[0-9a-f]{40}", sha1):
        raise ValueError(f"no SHA1 in lower-case hex digits: {sha1[:50]!r}")
    return sha1


def _title(fields: Mapping[str, str | None]) -> str:
    title = fields.get("title") or ""
    if not title or len(title) > _LONGEST_TITLE:
        raise ValueError(f"no title: {title[:40]!r}")
    return title.encode("utf-8", "replace").decode("utf-8")


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"uploaded without its time zone: {text[:40]!r}")
    return moment


def _basis(fields: Mapping[str, str | None]) -> Basis:
    width = fields.get("thumb_width_px") or ""
    if not _NUMBER.fullmatch(width) or int(width) > 100_000:
        raise ValueError(f"thumb_width_px is no width: {width[:40]!r}")
    source, pillow, imagehash = (fields.get(name) or "" for name in ("source", "pillow", "imagehash"))
    if not 0 < len(source) <= 20 or len(pillow) > 40 or len(imagehash) > 40:
        raise ValueError("source, pillow or imagehash is missing or too long")
    return Basis(source, int(width), pillow, imagehash)
