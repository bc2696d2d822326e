"""The casebook of the practice wiki: every seeded file, and what a complete first run should do with each."""

from __future__ import annotations

from functools import cache

from tests.practice.civil import civil_files
from tests.practice.exclusions import excluded_files
from tests.practice.identical import identical_files
from tests.practice.military import military_files
from tests.practice.story import Case, SeedFile

RESOLUTION, VIRIN, NOAA, FLEURON = "resolution", "virin", "noaa", "fleuron"
BOTH = (RESOLUTION, VIRIN)

CASES: tuple[Case, ...] = (
    Case("exif-twin", "one photograph, two EXIF titles", BOTH, "both are tagged with their pHash"),
    Case(
        "damaged-last-row",
        "one whole copy and two with a damaged last row under two VIRINs",
        (RESOLUTION,),
        "all three are tagged",
    ),
    Case("four-sources", "four sizes from four uploaders, one VIRIN", (VIRIN,), "all four are tagged"),
    Case(
        "scaled-down",
        "an original and its scaled-down copy, pHashes two bits apart",
        (VIRIN,),
        "both are tagged",
    ),
    Case(
        "crop", "a photograph and a detail of it, equal in size", BOTH, "neither is tagged: the hashes differ"
    ),
    Case(
        "dhash-only",
        "two equal copies and a lightened one",
        BOTH,
        "all are tagged, the lightened one by its dHash",
    ),
    Case("flat", "two pictures of fog", BOTH, "both are passed over as saying nothing"),
    Case("turned", "one copy is stored on its side with an EXIF orientation", BOTH, "both are tagged"),
    Case("cross-linked-in-text", "one description links to the other file", BOTH, "neither is tagged"),
    Case(
        "human-revert",
        "the bot tagged both once and a person took the tags away",
        BOTH,
        "neither is tagged again",
    ),
    Case("nobots", "one page of the pair has {{nobots}}", BOTH, "only the other page is tagged"),
    Case(
        "bots-deny",
        "one page of the pair has {{bots|deny=PracticeBot}}",
        BOTH,
        "only the other page is tagged",
    ),
    Case("duplicate-template", "one page is marked with {{duplicate}}", BOTH, "neither is tagged"),
    Case("tagged-already", "one page was tagged by an earlier run", BOTH, "only the newcomer is tagged"),
    Case(
        "saturation-twin",
        "library and Flickr release differ in saturation",
        (NOAA,),
        "both are tagged",
    ),
    Case("retouched", "an original and its cleaned derivative name each other", (NOAA,), "neither is tagged"),
    Case(
        "fleuron-twin", "three prints of one ornament, one with heavier lines", (FLEURON,), "all are tagged"
    ),
    Case("fleuron-variation", "other ornaments, and one at a tilted angle", (FLEURON,), "none is tagged"),
    Case(
        "identical-layouts",
        "the older page, and one with the better layout, of one picture",
        BOTH,
        "both are tagged; the page with the better layout is kept, the other nominated",
    ),
    Case(
        "identical-deleted",
        "one picture under two names",
        BOTH,
        "both are tagged; the later upload is nominated",
    ),
    Case(
        "identical-reverted",
        "one picture under two names",
        BOTH,
        "both are tagged; the later upload is nominated",
    ),
    Case(
        "identical-overwritten",
        "one picture under two names",
        BOTH,
        "both are tagged; the later upload is nominated",
    ),
    Case(
        "identical-tie", "two uploads of one second", BOTH, "both are tagged, and people choose which to keep"
    ),
    Case("single", "photographs without a twin", (), "none is tagged"),
)


@cache
def case_files() -> tuple[SeedFile, ...]:
    """Give every seeded file of the casebook, oldest upload first, so that page ids grow with the dates."""
    files = [*military_files(), *excluded_files(), *identical_files(), *civil_files()]
    return tuple(sorted(files, key=lambda file: file.uploaded))


def expected_titles(outcome: str) -> set[str]:
    """Name the files that a complete first run leaves "tagged", "alone" or "skipped"."""
    return {file.title for file in case_files() if file.expected == outcome}


def files_of(case: str) -> tuple[SeedFile, ...]:
    """Give the files of one case."""
    return tuple(file for file in case_files() if file.case == case)
