"""A collection: a named sweep of the settings file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from faebot_hash.errors import SettingsError
from faebot_hash.level import Level
from faebot_hash.model import SliceKind


class ClusterForm(Enum):
    """How the clusters of a collection are shown besides their page: not at all, or on each file's page."""

    PAGE = "page"
    CATEGORY = "category"
    GALLERY = "gallery"


@dataclass(frozen=True)
class Collection:
    """A named sweep: where its seeds come from, how they are cut into slices, and how its files are tagged.

    ``insource`` is the phrase that a slice's search must find in the page text, ``mime`` a value of
    ``filemime:``; either may be empty. ``query`` belongs to the kind "search", ``seed_category`` (without
    "Category:") to the two others. ``remove_category`` leaves a page when it is tagged.

    Files are similar whose dHash is within ``cluster_level``. As a category, a cluster is called
    ``cluster_category``, in which {key} stands for a number of its own, below ``cluster_parent``.
    """

    name: str
    title: str = ""
    slice: SliceKind = SliceKind.RESOLUTION
    seed_category: str = ""
    query: str = ""
    insource: str = "PD-USGov-"
    mime: str = "image/jpeg"
    remove_category: str = ""
    revisit_days: int = 90
    cluster_level: Level = Level.CLOSE
    cluster_as: ClusterForm = ClusterForm.PAGE
    cluster_category: str = ""
    cluster_parent: str = ""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", self.name):
            raise SettingsError(f"collection “{self.name}”: a name has lower-case letters, digits and dashes")
        if self.revisit_days < 1:
            raise SettingsError(f"collection “{self.name}”: revisit_days must be at least 1")
        if self.slice is SliceKind.SEARCH and not self.query.strip():
            raise SettingsError(f"collection “{self.name}”: slice “search” needs a query")
        unused = self.seed_category if self.slice is SliceKind.SEARCH else self.query
        if unused:
            raise SettingsError(
                f"collection “{self.name}”: slice “{self.slice.value}” makes no use of “{unused}”"
            )
        if not self.insource.isprintable() or re.search(r'["\\]', self.insource):
            raise SettingsError(f'collection “{self.name}”: insource is a phrase, without " and \\')
        if not re.fullmatch(r"([a-z]+(/[a-z0-9.+-]+)?)?", self.mime):
            raise SettingsError(
                f"collection “{self.name}”: mime is a type like image/jpeg, not “{self.mime}”"
            )
        if self.cluster_as is ClusterForm.CATEGORY and self.cluster_category.count("{key}") != 1:
            raise SettingsError(
                f"collection “{self.name}”: cluster_category is a name with {{key}} in it, "
                "as in “Fleuron cluster {key}”"
            )
        for name in (self.cluster_category.replace("{key}", ""), self.cluster_parent):
            if re.search(r"[\[\]{}|#<>\n]|^category:", name, re.IGNORECASE):
                raise SettingsError(f"collection “{self.name}”: “{name}” is no name of a category")
