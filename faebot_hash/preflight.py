"""What one fresh read just before an edit tells: the account, the pages that steer it, those concerned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from faebot_hash.model import FileInfo, PageText
from faebot_hash.reasons import Skipped


@dataclass(frozen=True)
class Account:
    """The account as the wiki knows it now; ``blocked`` is the reason of a block, "" without one."""

    name: str
    rights: frozenset[str]
    blocked: str = ""
    has_message: bool = False


@dataclass(frozen=True)
class Current:
    """A file page and its file as they are now; ``protection`` names who may edit it, "" for everybody."""

    page: PageText
    file: FileInfo
    protection: str = ""


@dataclass(frozen=True)
class Other:
    """A page that is no file's, as it is now; one that is missing has page id 0, revision 0 and no text."""

    page: PageText
    protection: str = ""


MISSING_PAGE = Other(PageText(0, "", 0, "", ""))


@dataclass(frozen=True)
class Preflight:
    """One fresh read: the account, the run page, the files by page id, and how full categories are.

    ``others`` are other pages by the full titles that they were asked for by. A category that could not be
    counted is not in ``category_files``.
    """

    read_at: datetime
    account: Account
    run_page: PageText | Skipped
    files: Mapping[int, Current | Skipped]
    category_files: Mapping[str, int] = field(default_factory=dict)
    others: Mapping[str, Other | Skipped] = field(default_factory=dict)
    settings_page: Other | Skipped = MISSING_PAGE
