"""``config/faebot.toml`` as frozen values; what it does not know stops the start."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from datetime import datetime

from faebot_hash.bands import MAX_TOLERANCE_BITS
from faebot_hash.collection import Collection
from faebot_hash.errors import SettingsError
from faebot_hash.merit import Criterion, Keep
from faebot_hash.web_settings import WebSettings

THUMBNAIL_STEPS_PX = (20, 40, 60, 120, 250, 330, 500, 960, 1280, 1920, 3840)
"""The only widths that Wikimedia serves (T414805)."""


@dataclass(frozen=True)
class WikiSettings:
    """``home_category`` (without "Category:") collects what was found.

    ``bot_names`` are names by which {{bots}} may mean this bot, besides its account's own. Nothing is
    edited while the page ``run_page`` (in which {account} stands for the account) holds anything but
    ``run_word``, in capitals or not. On ``settings_page`` people make the bot more careful.
    On ``status_page`` the bot tells how it is doing.
    """

    home_category: str = "Faebot identified duplicates"
    bot_names: tuple[str, ...] = ("Faebot", "faebot_hash")
    run_page: str = "User:{account}/Run"
    run_word: str = "yes"
    settings_page: str = "User:{account}/Settings.json"
    status_page: str = "User:{account}/Status"

    def __post_init__(self) -> None:
        if not self.run_word.strip():
            raise SettingsError("[wiki] run_word: an empty page must mean stop, so the word cannot be empty")
        if not self.run_page.strip() or not self.settings_page.strip():
            raise SettingsError("[wiki] run_page and settings_page: titles of pages, none of them empty")


@dataclass(frozen=True)
class HttpSettings:
    """How media are downloaded; the defaults are the robot policy's own figures (wikitech:Robot_policy)."""

    contact: str = ""
    hosts: tuple[str, ...] = ("upload.wikimedia.org", "thumb.wikimedia.org")
    parallel: int = 2
    bandwidth_mbps: float = 25.0
    thumbnail_bytes: int = 4_000_000
    timeout_s: float = 30.0
    attempts: int = 4

    def __post_init__(self) -> None:
        limits = (self.parallel, self.bandwidth_mbps, self.thumbnail_bytes, self.timeout_s, self.attempts)
        if not all(0 < limit < math.inf for limit in limits):
            raise SettingsError("[http]: every limit must be a number above 0")


@dataclass(frozen=True)
class HashingSettings:
    """``thumb_width_px`` must be a standard width (T414805), or the wiki serves nothing."""

    thumb_width_px: int = 120

    def __post_init__(self) -> None:
        if self.thumb_width_px not in THUMBNAIL_STEPS_PX:
            raise SettingsError(
                f"[hashing] thumb_width_px = {self.thumb_width_px}: choose one of {THUMBNAIL_STEPS_PX}"
            )


@dataclass(frozen=True)
class SearchSettings:
    """``max_hits`` is where a search is split: the wiki lists at most 10,000 hits of one search."""

    max_hits: int = 9_990

    def __post_init__(self) -> None:
        if not 2 <= self.max_hits <= 10_000:
            raise SettingsError("[search] max_hits: between 2 and 10,000")


@dataclass(frozen=True)
class StoreSettings:
    """Where fingerprints, slices and the journal are kept, as an SQLAlchemy address, and for how long.

    A database that is away, read-only or full is waited for ``patience_h`` hours. ``tidy`` forgets refused
    edits, files that could not be hashed, and links that nobody asked for, after so many days.
    """

    url: str = "sqlite:///faebot.sqlite"
    patience_h: float = 30.0
    keep_journal_days: int = 730
    keep_failures_days: int = 365
    keep_links_days: int = 365

    def __post_init__(self) -> None:
        if not 0 <= self.patience_h < math.inf:
            raise SettingsError("[store] patience_h: a number of hours, 0 or more")
        for name in ("keep_journal_days", "keep_failures_days", "keep_links_days"):
            if getattr(self, name) < 60:
                raise SettingsError(f"[store] {name}: at least 60, as younger rows are still needed")


@dataclass(frozen=True)
class TaggingSettings:
    """When edits are made.

    ``edit_interval_s`` is the least time between two edits; only the family "practice" may go below 10.
    In ``trial`` each edit is confirmed by hand and there are 50 at most, as the community wants it before
    it grants the bot flag. ``reverts_accepted_until`` tells the breaker that the operator has looked at
    the reverts of all edits planned before that time. Without ``duplicate_template`` no file is nominated
    for deletion, and none while Category:Duplicate holds ``duplicate_limit`` files: people must keep up.
    ``open_to`` are the families that may be edited, once ``doctor`` has found everything right.
    """

    open_to: tuple[str, ...] = ()
    edit_interval_s: float = 10.0
    trial: bool = True
    reverts_accepted_until: datetime | None = None
    duplicate_template: bool = False
    duplicate_limit: int = 100

    def __post_init__(self) -> None:
        if not 0 <= self.edit_interval_s < math.inf:
            raise SettingsError("[tagging] edit_interval_s: a number of seconds, 0 or more")
        if not 1 <= self.duplicate_limit <= 1_000:
            raise SettingsError("[tagging] duplicate_limit: between 1 and 1,000 files")
        if self.reverts_accepted_until is not None and self.reverts_accepted_until.tzinfo is None:
            raise SettingsError(
                "[tagging] reverts_accepted_until: say the time zone, as in 2026-01-31T12:00:00Z"
            )


@dataclass(frozen=True)
class ConfirmSettings:
    """How originals are compared and reported.

    ``original_bytes`` is the largest original that is downloaded. The report of a run is a page below
    ``report_page``, cut at ``report_bytes``. Files by ``opted_out`` uploaders are never nominated.
    """

    original_bytes: int = 100_000_000
    report_page: str = "User:{account}/Confirmed"
    report_bytes: int = 500_000
    opted_out: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 < self.original_bytes <= 400_000_000:
            raise SettingsError("[confirm] original_bytes: at most 400,000,000")
        if not 20_000 <= self.report_bytes <= 2_000_000:
            raise SettingsError("[confirm] report_bytes: between 20,000 and 2,000,000")


@dataclass(frozen=True)
class NearSettings:
    """Which files count as near matches, and where they are shown.

    Two files are near by a pHash within ``phash_bits`` or a dHash within ``dhash_bits``, with ``both`` only
    by the two together. More than ``most_pairs`` are not listed: such tolerances say nothing any more.
    The pages of a collection stand below ``report_page``, cut at ``report_bytes``.
    """

    phash_bits: int = 6
    dhash_bits: int = 2
    both: bool = False
    most_pairs: int = 20_000
    report_page: str = "User:{account}/Near matches"
    report_bytes: int = 500_000

    def __post_init__(self) -> None:
        if not all(0 <= bits <= MAX_TOLERANCE_BITS for bits in (self.phash_bits, self.dhash_bits)):
            raise SettingsError(f"[near] phash_bits and dhash_bits: between 0 and {MAX_TOLERANCE_BITS}")
        if not 1 <= self.most_pairs <= 1_000_000:
            raise SettingsError("[near] most_pairs: between 1 and 1,000,000")
        if not 20_000 <= self.report_bytes <= 2_000_000:
            raise SettingsError("[near] report_bytes: between 20,000 and 2,000,000")


@dataclass(frozen=True)
class ClusterSettings:
    """Where clusters are shown: a collection's pages stand below ``report_page``, cut at ``report_bytes``.

    The file page of a member shows at most ``most_shown`` of the files that are similar to it.
    """

    report_page: str = "User:{account}/Clusters"
    report_bytes: int = 500_000
    most_shown: int = 40

    def __post_init__(self) -> None:
        if not 20_000 <= self.report_bytes <= 2_000_000:
            raise SettingsError("[clusters] report_bytes: between 20,000 and 2,000,000")
        if not 1 <= self.most_shown <= 500:
            raise SettingsError("[clusters] most_shown: between 1 and 500")


@dataclass(frozen=True)
class LinkSettings:
    """Which links are asked for, and how many a run.

    ``canaries`` are addresses known to live: a run counts only when all of them answer.
    """

    canaries: tuple[str, ...] = (
        "https://www.iana.org/",
        "https://www.w3.org/",
        "https://www.rfc-editor.org/",
    )
    most_per_run: int = 2_000

    def __post_init__(self) -> None:
        if not self.canaries:
            raise SettingsError("[links] canaries: at least one address that is known to live")
        if self.most_per_run < 1:
            raise SettingsError("[links] most_per_run: at least 1")


@dataclass(frozen=True)
class ScoreSettings:
    """What speaks for keeping a file, in points; a criterion worth 0 points is not looked at.

    ``templates`` are page layouts in order of preference, ``dead_hosts`` sites whose links lead nowhere
    though they answer. A lead under ``min_lead`` leaves the choice to people.
    """

    keep: Keep = Keep.HIGHEST
    min_lead: int = 1
    earliest_upload: int = 1
    better_template: int = 2
    templates: tuple[str, ...] = ("milim",)
    dead_host: int = -2
    dead_hosts: tuple[str, ...] = ("www.defenseimagery.mil",)
    dead_link: int = -1
    most_used: int = 1
    assessed: int = 2
    most_categories: int = 1
    most_statements: int = 1
    largest: int = 1
    licence_reviewed: int = 1

    def __post_init__(self) -> None:
        if self.min_lead < 1:
            raise SettingsError("[score] min_lead: at least 1, as equal scores name no keeper")
        for host in self.dead_hosts:
            if not re.fullmatch(r"[\w.-]+", host):
                raise SettingsError(f"[score] dead_hosts: a host like www.example.org, not “{host}”")
        if not all(name.strip() for name in self.templates):
            raise SettingsError("[score] templates: names without “Template:”, none of them empty")

    def points(self, criterion: Criterion) -> int:
        """Give the points of a criterion."""
        return int(getattr(self, criterion.key))


@dataclass(frozen=True)
class Settings:
    """Everything that an operator may set, with the defaults that are right for Commons."""

    wiki: WikiSettings = field(default_factory=WikiSettings)
    http: HttpSettings = field(default_factory=HttpSettings)
    hashing: HashingSettings = field(default_factory=HashingSettings)
    search: SearchSettings = field(default_factory=SearchSettings)
    store: StoreSettings = field(default_factory=StoreSettings)
    tagging: TaggingSettings = field(default_factory=TaggingSettings)
    confirm: ConfirmSettings = field(default_factory=ConfirmSettings)
    near: NearSettings = field(default_factory=NearSettings)
    clusters: ClusterSettings = field(default_factory=ClusterSettings)
    links: LinkSettings = field(default_factory=LinkSettings)
    score: ScoreSettings = field(default_factory=ScoreSettings)
    web: WebSettings = field(default_factory=WebSettings)
    collection: tuple[Collection, ...] = ()

    def collection_named(self, name: str) -> Collection:
        """Find a collection; raises SettingsError with the names there are."""
        for collection in self.collection:
            if collection.name == name:
                return collection
        known = ", ".join(c.name for c in self.collection) or "none"
        raise SettingsError(f"no collection is called “{name}”; the settings have: {known}")
