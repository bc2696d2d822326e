"""Families that were looked into, for the tests of the reports: as real ones are, but with equal digits."""

from __future__ import annotations

from datetime import UTC, datetime

from faebot_hash.dossier import Finding
from faebot_hash.edits import Applied, Kind, Outcome, PageEdit, Proposal
from faebot_hash.family import Bond, Confirmed, Facts, Family, Identity, Ruling
from faebot_hash.likeness import Comparison, Digest, Original, Verdict
from faebot_hash.merit import Criterion, Evidence, Keep, Point, Ranking, Score
from faebot_hash.model import FileInfo, Fingerprint, PageText
from faebot_hash.reasons import Reason, Skipped

BEGUN = datetime(2026, 1, 31, 12, tzinfo=UTC)
RUN = "confirm-20260131-120000"


def file(page_id: int, title: str, digit: str, size_bytes: int = 1_000) -> FileInfo:
    """Make a file whose SHA1 is one digit, forty times."""
    return FileInfo(page_id, title, digit * 40, size_bytes, 640, 480, "image/jpeg", BEGUN, "Somebody")


def fingerprint(phash: int, dhash: int) -> Fingerprint:
    """Make a fingerprint of the two hashes that matter."""
    return Fingerprint(phash, dhash, 0, 0, low_information=False)


def facts(
    of: FileInfo,
    text: str,
    categories: frozenset[str] = frozenset(),
    templates: frozenset[str] = frozenset(),
    hidden: frozenset[str] = frozenset(),
) -> Facts:
    """Make the facts of a page with this text."""
    page = PageText(of.page_id, of.title, 9, text, "")
    return Facts(of, page, BEGUN, 1, templates=templates, categories=categories, hidden_categories=hidden)


def digest(pixels: str, non_exif: str) -> Digest:
    """Make a digest whose SHA1s are one digit each."""
    return Digest(non_exif * 40, pixels * 40, 1, "RGB", 8, 640, 480, 1, "")


A = file(11, "2013 Moore tornado.jpg", "1", 120_000)
B = file(12, "Tornado's path & more.jpg", "2", 130_000)
C = file(13, "Moore, brighter.jpg", "3", 140_000)
D = file(14, "Gone.jpg", "4", 150_000)
HOME = frozenset({"Faebot identified duplicates"})
PAGE_A = facts(
    A,
    "{{Information|Description=Damage after the storm|Source=https://www.defenseimagery.mil/|Author=USAF}}",
    HOME | {"2013 in Moore, Oklahoma"},
    frozenset({"Information", "PD-USGov"}),
    HOME,
)
PAGE_B = facts(
    B,
    "{{milim|description=The [[tornado]]|author=USAF|virin=130521-Z-0000M-010}}",
    HOME | {"Tornadoes", "Aerial photographs"},
    frozenset({"milim", "PD-USGov", "PD-USGov-Military-Air Force"}),
    HOME,
)
RANKING = Ranking(
    (
        Score(
            Evidence(12, B.title), (Point(Criterion.BETTER_TEMPLATE, 2, "uses {{milim}}, a better layout"),)
        ),
        Score(
            Evidence(11, A.title),
            (
                Point(Criterion.EARLIEST_UPLOAD, 1, "uploaded first, 2013-05-21"),
                Point(Criterion.DEAD_HOST, -2, "names www.defenseimagery.mil, whose links lead nowhere"),
            ),
            (Criterion.DEAD_LINK,),
        ),
    ),
    Keep.HIGHEST,
    1,
)
UNREAD = Skipped(D.title, Reason.UNREADABLE, "HTTP 503 after 4 attempts")
TORNADO = Confirmed(
    Family(
        (A, B, C, D),
        (
            Bond(frozenset({11, 12, 13}), "pHash 00181b19147afcf8"),
            Bond(frozenset({11, 14}), "sort key 9f17000000000000"),
        ),
        {
            11: fingerprint(0x00181B19147AFCF8, 8),
            12: fingerprint(0x00181B19147AFCF8, 8),
            13: fingerprint(0x00181B19147AFCF8, 15),
        },
    ),
    Identity(
        ((A, B),),
        {
            (11, 12): Comparison(Verdict.METADATA_ONLY, ("equal but for their metadata",)),
            (11, 13): Comparison(
                Verdict.ENHANCED, ("what is decoded differs", "pHash differs in 0 bits, dHash in 3")
            ),
        },
        {
            11: Original(A.sha1, "e" * 40, digest("a", "b")),
            12: Original(B.sha1, "e" * 40, digest("a", "b")),
            13: Original(C.sha1, None, digest("c", "d")),
        },
        (UNREAD,),
    ),
    {11: PAGE_A, 12: PAGE_B},
    (Ruling((A, B), RANKING),),
    (Skipped(C.title, Reason.NOT_IDENTICAL), UNREAD),
)
NOMINATION = Proposal(A, PageEdit(PAGE_A.page, "", ""), Kind.NOMINATED)
TORNADO_DONE = (Applied(NOMINATION, Outcome.SIMULATED),)

DHOW_A, DHOW_B = file(1, "Dhow A.jpg", "5", 50_000), file(2, "Dhow B.jpg", "6", 60_000)
DHOW = Confirmed(
    Family(
        (DHOW_A, DHOW_B),
        (Bond(frozenset({1, 2}), "dHash 0000000000000008"),),
        {1: fingerprint(1, 8), 2: fingerprint(3, 11)},
    ),
    Identity(
        (),
        {(1, 2): Comparison(Verdict.NEAR, ("what is decoded differs",))},
        {1: Original(DHOW_A.sha1, None), 2: Original(DHOW_B.sha1, None)},
    ),
    {},
    (),
    (Skipped(DHOW_A.title, Reason.NOT_IDENTICAL), Skipped(DHOW_B.title, Reason.NOT_IDENTICAL)),
)
ALONE = (Skipped("Elsewhere.jpg", Reason.NO_HASH_KEY, "“sunset”"),)
FINDINGS: tuple[Finding, ...] = ((DHOW, ()), (TORNADO, TORNADO_DONE))
