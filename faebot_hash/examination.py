"""Looks at the wiki, the store and the machine for ``doctor``, and keeps its record."""

from __future__ import annotations

import os
import resource
import shutil
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import distributions
from pathlib import Path

from faebot_hash.adapters import database_login, sign_off_file, sqlite_file
from faebot_hash.adapters.column_types import MARIADB
from faebot_hash.adapters.commons import Commons, connect
from faebot_hash.adapters.index_files import IndexFolder
from faebot_hash.adapters.login_files import refuse_exposed_login
from faebot_hash.adapters.store import Store
from faebot_hash.checkup import Facts, Room
from faebot_hash.doctor import Finding, examine, is_healthy
from faebot_hash.errors import FaebotError, SettingsError, StoreError, WikiError
from faebot_hash.model import FileInfo
from faebot_hash.preflight import Preflight
from faebot_hash.reasons import Skipped
from faebot_hash.session import downloads
from faebot_hash.settings import Settings

MEMORY_LIMIT = Path("/sys/fs/cgroup/memory.max")
ANY_PHOTOGRAPH = "filemime:image/jpeg"


def examine_all(settings: Settings, store_url: str, family: str = "") -> list[Finding]:
    """Examine the wiki of a family, Pywikibot's own by default, and leave a record if nothing fails.

    An earlier record is removed if something does: what was right then does not hold any more.
    """
    wiki = connect(settings, family)
    findings = examine(gather(wiki, settings, store_url))
    if is_healthy(findings):
        sign_off_file.write(wiki.account_folder, sign_off_file.signed(wiki, settings, store_url))
    else:
        sign_off_file.remove(wiki.account_folder, wiki.family, wiki.user)
    return findings


def gather(
    wiki: Commons,
    settings: Settings,
    store_url: str,
    file_system: Callable[[Path], int] = sqlite_file.statfs_type,
) -> Facts:
    """Look at everything; what fails while it is looked at becomes a fact."""
    exposed = _exposed(wiki, settings, store_url)
    seen = "not tried, because its secrets are exposed" if exposed else _look(wiki)
    place = _place(store_url)
    kind = file_system(place) if place is not None and place.is_dir() else 0
    return Facts(
        family=wiki.family,
        user=wiki.user,
        settings=settings,
        now=datetime.now(UTC),
        wiki=seen,
        run_page=wiki.run_page,
        settings_page=wiki.settings_page,
        described_as=wiki.described_as,
        exposed=exposed,
        libraries=_libraries(),
        sqlite_version=".".join(map(str, sqlite_file.VERSION)),
        sqlite_has_reset_bug=sqlite_file.has_reset_bug(sqlite_file.VERSION),
        store=database_login.without_password(store_url),
        why_no_store=_why_no_store(store_url, file_system),
        network_file_system=sqlite_file.NETWORK_FILE_SYSTEMS.get(kind, ""),
        thumbnail_bytes=seen if isinstance(seen, str) else _thumbnail(wiki, settings),
        room=_room([wiki.account_folder, *([place] if place else [])]),
        index_files=_index(Path(settings.web.index_folder)),
    )


def _exposed(wiki: Commons, settings: Settings, store_url: str) -> list[str]:
    addresses = [store_url, *([settings.web.replica_url] if settings.web.replica_url else [])]
    looks: list[Callable[[], object]] = [lambda: refuse_exposed_login(wiki.account_folder)]
    looks += [partial(_look_at_login_of, address) for address in addresses]
    complaints = []
    for look in looks:
        try:
            look()
        except SettingsError as error:
            complaints.append(str(error))
    return complaints


def _look_at_login_of(address: str) -> None:
    try:
        database_login.with_account(database_login.read_address(address))
    except StoreError:
        return  # told by the check of the store itself


def _look(wiki: Commons) -> Preflight | str:
    try:
        wiki.prepare()
        return wiki.preflight((), ())
    except (SettingsError, WikiError) as error:
        return str(error)


def _place(store_url: str) -> Path | None:
    """Tell the folder of an SQLite file, None for a server or an address that is none."""
    try:
        url = database_login.read_address(store_url)
    except StoreError:
        return None
    if url.get_backend_name() == MARIADB or not url.database:
        return None
    return Path(url.database).expanduser().absolute().parent


def _why_no_store(store_url: str, file_system: Callable[[Path], int]) -> str:
    # As a run opens it: with the lock of the one writer, and its tables made or renewed.
    try:
        Store.open(store_url, file_system=file_system).close()
    except FaebotError as error:
        return str(error)
    return ""


def _thumbnail(wiki: Commons, settings: Settings) -> int | str:
    try:
        hits = wiki.count(ANY_PHOTOGRAPH)
        file = next(iter(wiki.files(hits.page_ids)), None)
    except WikiError as error:
        return str(error)
    if not isinstance(file, FileInfo) or not file.thumb_url:
        return "the wiki names no photograph with a thumbnail"
    with downloads(wiki, settings.http) as fetcher:
        ((_, body),) = fetcher.fetch([file.thumb_url])
    if isinstance(body, Skipped):
        return f"{body.reason.sentence} {body.detail}".strip()
    return len(body)


def _libraries() -> Mapping[str, str]:
    return {one.name: one.version for one in distributions() if one.name}


def _room(folders: list[Path]) -> Room:
    free = {str(folder): shutil.disk_usage(folder).free for folder in folders if folder.is_dir()}
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return Room(free, _memory_bytes(), None if soft == resource.RLIM_INFINITY else soft)


def _memory_bytes() -> int | None:
    try:
        text = MEMORY_LIMIT.read_text(encoding="ascii").strip()
    except OSError:
        return None
    return int(text) if text.isdecimal() else None


def _index(folder: Path) -> int | str:
    if not IndexFolder(folder).exists():
        return f"there is no search index in {folder}"
    if not os.access(folder, os.W_OK):
        return f"the search index in {folder} cannot be written to"
    return len(list(folder.iterdir()))
