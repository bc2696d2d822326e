"""A script's own options: what is not known stops the start."""

from __future__ import annotations

import pytest

from faebot_hash import options
from faebot_hash.collection import Collection
from faebot_hash.errors import SettingsError
from faebot_hash.level import Level
from faebot_hash.model import SliceKind
from faebot_hash.settings import Settings

FLAGS, VALUES = {"always", "revisit"}, {"collection", "slice", "query", "insource", "mime"}
SETTINGS = Settings(collection=(Collection("noaa", slice=SliceKind.SEARCH, query="crab"),))


def test_flags_and_values() -> None:
    given = options.read(["-always", "-query:a:b c", "-collection:noaa"], flags=FLAGS, values=VALUES)
    assert given == {"always": "yes", "query": "a:b c", "collection": "noaa"}


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("-allways", "unknown option -allways; did you mean -always?"),
        ("-xyz", "unknown option -xyz; -help lists the options"),
        ("always", "unknown option always"),
        ("-always:yes", "-always takes no value"),
        ("-query", "-query needs a value"),
        ("-query:", "-query needs a value"),
    ],
)
def test_what_is_not_known_is_an_error(argument: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message.replace("?", r"\?")):
        options.read([argument], flags=FLAGS, values=VALUES)


def test_a_named_collection_is_taken_from_the_settings() -> None:
    assert options.collection_of(SETTINGS, {"collection": "noaa"}).query == "crab"


def test_a_collection_can_be_put_together() -> None:
    virin = options.collection_of(SETTINGS, {"slice": "virin", "insource": "PD-NOAA", "mime": "image/png"})
    assert (virin.slice, virin.insource, virin.mime) == (SliceKind.VIRIN, "PD-NOAA", "image/png")
    assert options.collection_of(SETTINGS, {}).slice is SliceKind.RESOLUTION
    assert options.collection_of(SETTINGS, {"query": "crab"}).slice is SliceKind.SEARCH


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"collection": "nooa"}, "no collection is called “nooa”; the settings have: noaa"),
        ({"collection": "noaa", "mime": "image/png"}, "says already what -mime"),
        ({"slice": "size"}, "-slice:size is not known; there are resolution, virin, search"),
        ({"slice": "virin", "query": "crab"}, "-query belongs to -slice:search"),
        ({"slice": "search"}, "needs a query"),
    ],
)
def test_contradictions_are_errors(given: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        options.collection_of(SETTINGS, given)


def test_a_tolerance_is_for_both_hashes() -> None:
    near = options.with_tolerance(Settings(), {"tolerance": "4"}).near
    assert (near.phash_bits, near.dhash_bits) == (4, 4)
    assert options.with_tolerance(Settings(), {}) == Settings()


@pytest.mark.parametrize("bits", ["four", "-1", "13", "٤", "", "4.5"])
def test_a_tolerance_that_cannot_be(bits: str) -> None:
    with pytest.raises(SettingsError):
        options.with_tolerance(Settings(), {"tolerance": bits})


def test_a_level_by_name() -> None:
    plain = Collection("crabs")
    assert options.with_level(plain, {"level": "similar"}).cluster_level is Level.SIMILAR
    assert options.with_level(plain, {}) is plain
    with pytest.raises(SettingsError, match="there are close, variation, similar"):
        options.with_level(plain, {"level": "twins"})
