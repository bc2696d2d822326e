"""Why a file is not tagged: marks on its page, what it names, who names it, and who took the tag away."""

from __future__ import annotations

import pytest

from faebot_hash import exclude
from faebot_hash.edits import CLEANUP_OPENING, RELEASE_OPENING
from faebot_hash.model import HashKind, Match, PageText, Revision
from faebot_hash.reasons import Reason, Skipped
from tests.fakes import EPOCH, file_info

HOME = "Faebot identified duplicates"
NAMES = ("Faebot", "faebot_hash")
INFORMATION = "{{Information|description=A crab|other_versions=}}\n{{PD-USGov-NOAA}}\n%s\n[[Category:Crabs]]"
OWN, PARTNER = "Own crab.jpg", "Other crab (2).jpg"


def page(text: str, title: str = OWN, page_id: int = 1) -> PageText:
    """Make a page text."""
    return PageText(page_id, f"File:{title}", 7, text, "2026-01-01T00:00:00Z")


def reason(text: str, partner: str = PARTNER) -> Reason | None:
    """Give the reason that a page's own text holds against tagging."""
    found = exclude.by_text(page(text), [partner], NAMES, HOME)
    return found.reason if found else None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (INFORMATION % "", None),
        ("", None),
        ("#REDIRECT [[File:Other crab (2).jpg]]", Reason.REDIRECT),
        ("{{nobots}}", Reason.BOTS_EXCLUDED),
        (INFORMATION % "{{bots|deny=Faebot}}", Reason.BOTS_EXCLUDED),
        (INFORMATION % "{{bots|allow=Faebot}}", None),
        (INFORMATION % "{{delete|reason=x|subpage=File:Own crab.jpg}}", Reason.DELETION_PENDING),
        (INFORMATION % "{{speedydelete|x}}", Reason.DELETION_PENDING),
        (INFORMATION % "{{copyvio|1=x}}", Reason.DELETION_PENDING),
        (INFORMATION % "{{No permission since|month=May|day=1|year=2026}}", Reason.DELETION_PENDING),
        (INFORMATION % "{{keep}}", Reason.DELETION_PENDING),
        (INFORMATION % "{{Kept}}", Reason.DELETION_PENDING),
        (INFORMATION % "<!-- {{delete}} -->", None),
        (INFORMATION % "{{tl|delete}}", None),
        (INFORMATION % "[[Category:Faebot identified duplicates|00181b19147afcf8]]", Reason.ALREADY_TAGGED),
        (INFORMATION % "[[category:faebot_identified_duplicates]]", Reason.ALREADY_TAGGED),
        (INFORMATION % "[[ Category : Faebot identified  duplicates |x]]", Reason.ALREADY_TAGGED),
        (INFORMATION % "[[Category:Faebot identified identical duplicates]]", Reason.ALREADY_TAGGED),
        (INFORMATION % "<nowiki>[[Category:Faebot identified duplicates]]</nowiki>", None),
        (INFORMATION % "[[:Category:Faebot identified duplicates]]", None),
        (INFORMATION % "{{RetouchedPicture|cleaned|editor=X|orig=Y.jpg}}", Reason.DERIVATIVE),
        (INFORMATION % "{{Retouched picture}}", Reason.DERIVATIVE),
        (INFORMATION % "{{retouched_picture}}", Reason.DERIVATIVE),
        (INFORMATION % "{{Derived from|Y.jpg}}", Reason.DERIVATIVE),
        (INFORMATION % "{{DerivativeVersions|Y.jpg}}", Reason.DERIVATIVE),
        (INFORMATION % "{{Derivative versions|Y.jpg}}", Reason.DERIVATIVE),
        (INFORMATION % "{{Extracted from|1=Y.jpg}}", Reason.DERIVATIVE),
        (INFORMATION % "{{Image extracted|1=Y.jpg}}", Reason.DERIVATIVE),
        (INFORMATION % "{{Superseded|Y.jpg}}", Reason.DERIVATIVE),
        (INFORMATION % "{{Attrib|Y.jpg}}", Reason.DERIVATIVE),
        (INFORMATION % "{{Attribution}}", None),
        (INFORMATION % "{{Remove border}}", None),
        ("{{Information|other_versions={{Extracted from|1=Y.jpg}}}}", Reason.DERIVATIVE),
        ("{{Information|other_versions=[[File:Y.jpg]]}}", Reason.OTHER_VERSIONS),
        ("{{Information|other versions=see there}}", Reason.OTHER_VERSIONS),
        ("{{Information|other_versions=-}}", None),
        (INFORMATION % "<gallery>\nY.jpg\n</gallery>", Reason.OTHER_VERSIONS),
        (INFORMATION % "{{Other versions|Y.jpg}}", Reason.OTHER_VERSIONS),
        (INFORMATION % "<!-- <gallery> -->", None),
        # several at once: the first in the documented order
        ("{{nobots}} {{delete}}", Reason.BOTS_EXCLUDED),
        ("{{delete}} {{RetouchedPicture}}", Reason.DELETION_PENDING),
        ("{{RetouchedPicture}} [[File:Other crab (2).jpg]]", Reason.DERIVATIVE),
        ("<gallery>\nOther crab (2).jpg\n</gallery>", Reason.CROSS_LINKED),
    ],
)
@pytest.mark.spec("3.3", "3.4", "3.5", "3.6", "3.7", "3.9")
def test_a_page_speaks_for_itself(text: str, expected: Reason | None) -> None:
    assert reason(text) is expected


def test_the_wiki_says_that_it_is_a_redirect() -> None:
    redirect = PageText(1, "File:A.jpg", 1, "", "", is_redirect=True)
    found = exclude.by_text(redirect, [], NAMES, HOME)
    assert found is not None
    assert found.reason is Reason.REDIRECT


@pytest.mark.parametrize(
    "named",
    [
        "[[File:Other crab (2).jpg]]",
        "[[:File:Other_crab_(2).jpg|the other]]",
        "[[Image:other crab (2).jpg]]",
        "[[file:Other%20crab%20(2).jpg]]",
        "[[commons:File:Other crab (2).jpg]]",
        "{{F|Other crab (2).jpg}}",
        "{{Image|1=File:Other crab (2).jpg}}",
        "see Other crab (2).jpg for the original",
        "see other_crab_(2).jpg",
        "https://commons.wikimedia.org/wiki/File:Other_crab_%282%29.jpg",
        "Other&nbsp;crab (2).jpg",
        "[[:File:Other crab (2)]]",
        "<!-- same as Other crab (2).jpg -->",
    ],
)
def test_a_page_names_a_partner(named: str) -> None:
    assert reason(INFORMATION % named) is Reason.CROSS_LINKED


@pytest.mark.parametrize(
    "text",
    [
        "[[File:Own crab.jpg]]",  # the original counted a page's own name
        "Own_crab.jpg",
        "[[File:Another crab (2).jpg]]",
        "Other crab (2).jpgx",
        "OTHER CRAB (2).JPG",
        # Titles are often made of the description, which does not mean the other file.
        "[https://www.flickr.com/photos/1/2 Other crab (2)]",
        "{{ID-USMil|Other crab (2)|Navy}}",
    ],
)
def test_a_page_names_no_partner(text: str) -> None:
    assert reason(INFORMATION % text) is None


def test_a_name_within_the_own_name_is_no_partner() -> None:
    assert exclude.by_text(page("x The crab.jpg", "The crab.jpg"), ["Crab.jpg"], NAMES, HOME) is None
    found = exclude.by_text(page("x The crab.jpg", "Crab.jpg"), ["The crab.jpg"], NAMES, HOME)
    assert found is not None
    assert found.reason is Reason.CROSS_LINKED


def decided(texts: dict[int, str | Skipped], sets: list[tuple[int, ...]]) -> dict[int, Reason | None]:
    """Decide on files called "File N.jpg", whose sets are given by page ids."""
    files = {page_id: file_info(page_id, f"File {page_id}.jpg") for page_id in texts}
    partners = {i: sorted({j for one in sets if i in one for j in one} - {i}) for i in texts}
    matches = [Match(files[i], HashKind.PHASH, 1, tuple(files[j] for j in partners[i])) for i in texts]
    pages = {i: page(t, f"File {i}.jpg", i) if isinstance(t, str) else t for i, t in texts.items()}
    answer = exclude.decide(matches, pages, NAMES, HOME)
    return {page_id: skipped.reason if skipped else None for page_id, skipped in answer.items()}


GONE = Skipped("File:File 2.jpg", Reason.MISSING)
RETOUCHED = "{{RetouchedPicture}}"


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ({1: "", 2: ""}, {1: None, 2: None}),
        ({1: "[[File:File 2.jpg]]", 2: ""}, {1: Reason.CROSS_LINKED, 2: Reason.CROSS_LINKED}),
        (
            {1: "[[File:File 2.jpg]]", 2: "", 3: ""},
            {1: Reason.CROSS_LINKED, 2: Reason.CROSS_LINKED, 3: None},
        ),
        ({1: RETOUCHED, 2: ""}, {1: Reason.DERIVATIVE, 2: Reason.PARTNER_EXPLAINED}),
        ({1: RETOUCHED, 2: "", 3: ""}, {1: Reason.DERIVATIVE, 2: None, 3: None}),
        (
            {1: RETOUCHED, 2: RETOUCHED, 3: ""},
            {1: Reason.DERIVATIVE, 2: Reason.DERIVATIVE, 3: Reason.PARTNER_EXPLAINED},
        ),
        # marks of one page alone leave its partners free
        ({1: "{{nobots}}", 2: ""}, {1: Reason.BOTS_EXCLUDED, 2: None}),
        ({1: "{{delete}}", 2: ""}, {1: Reason.DELETION_PENDING, 2: None}),
        ({1: f"[[Category:{HOME}|1]]", 2: ""}, {1: Reason.ALREADY_TAGGED, 2: None}),
        ({1: "#REDIRECT [[File:X.jpg]]", 2: ""}, {1: Reason.REDIRECT, 2: None}),
        ({1: "", 2: GONE}, {1: Reason.NO_PARTNER, 2: Reason.MISSING}),
        ({1: "", 2: GONE, 3: ""}, {1: None, 2: Reason.MISSING, 3: None}),
        # … but what they tell of versions counts all the same
        ({1: "{{nobots}} [[File:File 2.jpg]]", 2: ""}, {1: Reason.BOTS_EXCLUDED, 2: Reason.CROSS_LINKED}),
        ({1: "{{nobots}}" + RETOUCHED, 2: ""}, {1: Reason.BOTS_EXCLUDED, 2: Reason.PARTNER_EXPLAINED}),
        # what is gone is no partner that could stand beside a derivative
        (
            {1: RETOUCHED, 2: GONE, 3: ""},
            {1: Reason.DERIVATIVE, 2: Reason.MISSING, 3: Reason.PARTNER_EXPLAINED},
        ),
        ({1: "", 2: "<gallery>\nX.jpg\n</gallery>"}, {1: None, 2: Reason.OTHER_VERSIONS}),
    ],
)
@pytest.mark.spec("3.8", "3.10", "3.11")
def test_partners_decide_together(
    texts: dict[int, str | Skipped], expected: dict[int, Reason | None]
) -> None:
    assert decided(texts, [tuple(texts)]) == expected


def test_a_file_in_two_sets_hears_the_partners_of_both() -> None:
    texts = {1: "", 2: "", 3: "[[File:File 2.jpg]]"}
    assert decided(texts, [(1, 2), (2, 3)]) == {1: None, 2: Reason.CROSS_LINKED, 3: Reason.CROSS_LINKED}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Reason.JUDGED_APART),
        (RETOUCHED, Reason.JUDGED_APART),
        ("{{nobots}}", Reason.BOTS_EXCLUDED),
        (f"[[Category:{HOME}|1]]", Reason.ALREADY_TAGGED),
    ],
)
@pytest.mark.spec("3.15")
def test_a_file_that_people_keep_apart_from_all_has_no_partner(text: str, expected: Reason) -> None:
    assert decided({1: text}, [(1,)]) == {1: expected}


@pytest.mark.parametrize(
    ("comments", "is_put_back"),
    [
        (["our tag"], False),
        (["our tag", "our cleanup"], True),
        (["our tag", "our cleanup", "theirs"], True),
        (["our tag", "our cleanup", "our undo"], True),
        (["our tag", "our cleanup", "theirs", "our tag"], False),
        (["our tag", "our release", "theirs"], True),
        (["our tag", "their cleanup", "theirs"], False),
        ([], False),
    ],
)
def test_what_people_put_back_is_known_by_the_history(comments: list[str], is_put_back: bool) -> None:
    told = {
        "our tag": "Faebot identified duplicate, pHash: 00181b19147afcf8, looks like [[:File:X.jpg]]",
        "our cleanup": f"{CLEANUP_OPENING}: people judged (17)",
        "our release": f"{RELEASE_OPENING}: X is nominated",
        "our undo": "Undo own edit: of a run",
        "their cleanup": f"{CLEANUP_OPENING}: people judged (17)",
        "theirs": "it is one",
    }
    history = [
        Revision(n, n - 1, file_info(1).uploaded, "Faebot" if one.startswith("our") else "Visitor", told[one])
        for n, one in enumerate(comments, 1)
    ]
    found = exclude.put_back(list(reversed(history)), "Faebot")
    assert (found is not None) is is_put_back


def test_an_unread_page_is_not_decided_on() -> None:
    match = Match(file_info(1), HashKind.PHASH, 1, (file_info(2),))
    skipped = exclude.decide([match], {}, NAMES, HOME)[1]
    assert skipped is not None
    assert skipped.reason is Reason.UNREADABLE


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("Faebot identified duplicate, pHash: 00181b19147afcf8 [[User:Fae/Imagehash]]", True),
        ("Faebot VIRIN identified duplicate, dHash: 00181b19147afcf8", True),
        ("Undid revision 5 by Faebot: identified duplicate, pHash: 00181b19147afcf8, see …", True),
        ("removed from category; added [[Category:Crabs]]", False),
        ("", False),
        ("pHash: 00181b19147afc", False),
    ],
)
@pytest.mark.spec("3.12")
def test_what_somebody_took_away_stays_away(comment: str, expected: bool) -> None:
    history = [Revision(2, 1, EPOCH, "X", "tidy"), Revision(1, 0, EPOCH, "Faebot", comment)]
    found = exclude.by_history(page(""), history)
    assert (found is not None and found.reason is Reason.REMOVED_BY_HUMAN) is expected


SPELLINGS = """
Duplicate|duplicate|DUPLICATE|Template:Duplicate|template:duplicate|Template:_Duplicate|:Template:Duplicate
 Duplicate | duplicate_ |subst:Duplicate|safesubst:duplicate|msg:duplicate|dup|Dup|DUP|Template:Dup|dupe|Dupe
duplicated|Duplicate of|duplicate_of|DuplicateOf|Duplicate file|Duplicate_file|DuplicateFile|Duplicate image
Duplicate-image|DuplicateImage|duplicate media|duplicate photo|duplicated file|file duplicate|Image duplicate
Is duplicate|IsDuplicate|isduplicateof|Exact duplicate|exact_duplicate|ExactDuplicate|exact dup|exact copy
near duplicate|Near-duplicate|possible duplicate|Possible duplicates|Potential duplicate|Scaled-down duplicate
Scaled down duplicate|scaled_down_duplicate|ScaledDownDuplicate|scaled down|scaled duplicate|smaller duplicate
double|Double|Double image|double file|Doublon|doublet|Doublette|Dublette|Dubletten|Duplikat|duplikate|Doppelt
Doppelte Datei|Doppel|Doppio|doppione|duplicat|Duplicata|Duplicado|duplicada|Duplicato|Duplicaat|Dubbel
Dubblett|Dublett|Dubleret|Duplikát|Duplikaat|Duplikatum|Kaksoiskappale|Kopya|Дубликат|дубликат|Дублікат|дубль
Копия|Двойник|Διπλότυπο|重複|重复|중복|כפילות|تكرار|مكرر|DPLA duplicate|DPLA_duplicate|F8|Speedy F8
Bad name|badname|Bad_name|Bad file name|BadFilename|wrong name|Incorrect name|redundant|Redundant file|Merge
"""
NAMES_OF_DUPLICATE = [name for line in SPELLINGS.strip("\n").splitlines() for name in line.split("|")]


@pytest.mark.parametrize("name", NAMES_OF_DUPLICATE)
def test_a_nomination_is_known_under_every_name(name: str) -> None:
    assert reason(INFORMATION % f"{{{{{name}|Z.jpg|later upload}}}}") is Reason.DELETION_PENDING


@pytest.mark.parametrize(
    "form", ["{{%s}}", "{{%s\n|Z.jpg}}", "{{%s<!-- x -->|Z.jpg}}", "{{<!-- x -->%s|1=Z.jpg}}"]
)
@pytest.mark.parametrize("name", ["duplicate", "Dup", "Template:dupe"])
def test_a_nomination_is_known_in_every_form(form: str, name: str) -> None:
    assert reason(INFORMATION % (form % name)) is Reason.DELETION_PENDING


def test_there_are_a_hundred_spellings() -> None:
    assert len(set(NAMES_OF_DUPLICATE)) >= 100


@pytest.mark.parametrize(
    "name", ["Duplicity", "PD-USGov", "Information", "Cc-zero", "Dupont", "Int:filedesc", "Double star"]
)
def test_other_templates_are_no_nomination(name: str) -> None:
    assert reason(INFORMATION % f"{{{{{name}}}}}") is None
