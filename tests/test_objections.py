"""Why an identical copy is not nominated: each rule with what breaks it, and with what just does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from faebot_hash import nominate, objections, rationale
from faebot_hash.family import Facts
from faebot_hash.likeness import Digest, Original
from faebot_hash.merit import Assessment
from faebot_hash.model import PageText, Revision
from faebot_hash.reasons import Reason, Skipped
from tests.fakes import EPOCH, file_info

HOME = "Faebot identified duplicates"
TAG_SUMMARY = "Faebot identified duplicate, pHash: 00181b19147afcf8, looks like [[:File:Keeper.jpg]]"
NAMES = ("PracticeBot", "Faebot", "faebot_hash")
PAGE = (
    "{{Information|description=A crab|author=Jane Doe|other_versions=}}\n{{PD-USGov-NOAA}}\n%s\n"
    f"[[Category:Crabs]]\n[[Category:{HOME}|00181b19147afcf8]]"
)
TITLES = {1: "Nominee.jpg", 2: "Keeper.jpg", 3: "Third.jpg"}
MAP = "Maps of crabs"
DERIVED = "{{Extracted from|1=File:Nominee.jpg}}"


def facts(page_id: int, text: str = PAGE % "", **changes: object) -> Facts:
    """Make the facts of a photograph that nothing speaks against; a change may be one of its file."""
    file = file_info(page_id, TITLES[page_id], uploader="Uploader")
    of_file = {key: changes.pop(key) for key in list(changes) if hasattr(file, key)}
    plain = Facts(
        file=replace(file, **of_file),  # type: ignore[arg-type]
        page=PageText(page_id, f"File:{TITLES[page_id]}", 7, text, "2026-01-01T00:00:00Z"),
        first_uploaded=EPOCH,
        versions=1,
        templates=frozenset({"Information", "PD-USGov-NOAA", "PD-Layout", "License template tag"}),
        categories=frozenset({"Crabs", HOME, "Pages with maps"}),
        assessments=frozenset(),
        global_usage=0,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def reason(nominee: Facts, keeper: Facts, linking: Mapping[str, str] | None = None) -> Reason | None:
    """Give the reason against nominating one in favour of the other."""
    pages = {name: PageText(9, f"File:{name}", 1, text, "") for name, text in (linking or {}).items()}
    found = objections.objection(
        nominee, keeper, names=NAMES, opted_out=["Shy uploader"], linking=pages, family=[TITLES[3]]
    )
    assert found is None or found.what == nominee.file.title
    return found.reason if found else None


@pytest.mark.parametrize(
    ("addition", "expected"),
    [
        ("", None),
        ("{{nobots}}", Reason.BOTS_EXCLUDED),
        ("{{bots|deny=Faebot}}", Reason.BOTS_EXCLUDED),
        ("{{bots|allow=PracticeBot}}", None),
        ("{{bots|deny=OtherBot}}", None),
        ("[[Category:Faebot identified identical duplicates]]", Reason.ALREADY_TAGGED),
        ("[[:Category:Faebot identified identical duplicates]]", None),
        ("{{delete|reason=x}}", Reason.DELETION_PENDING),
        ("{{duplicate|Third.jpg}}", Reason.DELETION_PENDING),
        ("{{Scaled-down duplicate|Third.jpg}}", Reason.DELETION_PENDING),
        ("{{kept}}", Reason.DELETION_PENDING),
        ("{{Not a duplicate|Keeper.jpg}}", Reason.DELETION_PENDING),
        ("<!-- {{delete}} -->", None),
        ("{{tl|delete}}", None),
        ("{{Map|title=x}}", Reason.DRAWN),
        ("{{PD-textlogo}}", Reason.DRAWN),
        ("{{Location|1|2}}", None),
        ("[[Category:Maps of crabs]]", Reason.DRAWN),
        ("[[Category:SVG flags of crabs]]", Reason.DRAWN),
        ("[[Category:Computer-generated crabs]]", Reason.DRAWN),
        ("[[Category:Created with Inkscape]]", Reason.DRAWN),
        ("[[Category:Coats of arms with crabs]]", Reason.DRAWN),
        ("[[Category:Photographs of Flagstaff]]", None),
        ("[[Category:Graphic designers]]", None),
        ("[[Category:Mapp Street]]", None),
        ("{{Retouched picture|x}}", Reason.DERIVATIVE),
        ("{{Derived from|Other.jpg}}", Reason.DERIVATIVE),
        ("see [[:File:Keeper.jpg]]", Reason.CROSS_LINKED),
        ("see Third.jpg", Reason.CROSS_LINKED),
        ("see [[:File:Unrelated.jpg]]", None),
        ("<gallery>\nUnrelated.jpg\n</gallery>", Reason.OTHER_VERSIONS),
        ("{{Other versions|Unrelated.jpg}}", Reason.OTHER_VERSIONS),
        ("{{Information|other_versions=there}}", Reason.OTHER_VERSIONS),
        ("{{cc-by-4.0}}", Reason.DIFFERENT_LICENCE),
        ("{{Information|author=John Roe}}", Reason.DIFFERENT_AUTHOR),
        ("{{Information|author=[[User:Jane|jane doe]]}}", None),
    ],
)
@pytest.mark.spec("6.17")
def test_the_nominee_s_page(addition: str, expected: Reason | None) -> None:
    assert reason(facts(1, PAGE % addition), facts(2)) is expected


@pytest.mark.parametrize(
    ("addition", "expected"),
    [
        ("", None),
        ("{{nobots}}", None),  # it asks not to be edited; it is not
        ("{{delete|reason=x}}", Reason.KEEPER_NOMINATED),
        ("{{dup|Nominee.jpg}}", Reason.KEEPER_NOMINATED),
        ("{{keep}}", Reason.KEEPER_NOMINATED),
        ("[[Category:Faebot identified identical duplicates]]", Reason.KEEPER_NOMINATED),
        ("<nowiki>{{delete}}</nowiki>", None),
        ("[[Category:Maps of crabs]]", Reason.DRAWN),
        ("{{Retouched picture|x}}", Reason.DERIVATIVE),
        ("see Nominee.jpg", Reason.CROSS_LINKED),
        ("see [[:File:Unrelated.jpg]]", None),
        ("<gallery>\nUnrelated.jpg\n</gallery>", Reason.OTHER_VERSIONS),
        ("{{cc-by-4.0}}", Reason.DIFFERENT_LICENCE),
        ("{{Information|author=John Roe}}", Reason.DIFFERENT_AUTHOR),
    ],
)
@pytest.mark.spec("6.4")
def test_the_keeper_s_page(addition: str, expected: Reason | None) -> None:
    assert reason(facts(1), facts(2, PAGE % addition)) is expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"uploader": "Shy uploader"}, Reason.OPTED_OUT),
        ({"uploader": "shy_uploader"}, Reason.OPTED_OUT),
        ({"uploader": "Shy"}, None),
        ({"templates": {"Deletion template tag"}}, Reason.DELETION_PENDING),
        ({"templates": {"Duplicate"}}, Reason.DELETION_PENDING),
        ({"templates": {"Derived from"}}, Reason.DERIVATIVE),
        ({"templates": {"Other versions"}}, Reason.OTHER_VERSIONS),
        ({"templates": {"SVG"}}, Reason.DRAWN),
        ({"templates": {"Cc-by-4.0"}}, Reason.DIFFERENT_LICENCE),
        ({"templates": {"Location"}}, None),
        ({"talk_templates": frozenset({"Kept"})}, Reason.KEPT),
        ({"talk_templates": frozenset({"Not a duplicate"})}, Reason.KEPT),
        ({"talk_templates": frozenset({"Talk header"})}, None),
        ({"assessments": frozenset({Assessment.VALUED})}, Reason.ASSESSED),
        ({"assessments": None}, Reason.ASSESSED),
        ({"protection": "sysop"}, Reason.PROTECTED),
        ({"versions": 2}, Reason.HAS_VERSIONS),
        ({"categories": frozenset({"Diagrams of crabs"})}, Reason.DRAWN),
        ({"linked_from": frozenset({"Keeper.jpg"})}, Reason.CROSS_LINKED),
        ({"linked_from": frozenset({"third.jpg"})}, Reason.CROSS_LINKED),
        ({"linked_from": frozenset({"Unrelated.jpg"})}, None),
        ({"global_usage": 1}, Reason.USED_ELSEWHERE),
        ({"global_usage": None}, Reason.USE_UNKNOWN),
        ({"statements": 3}, None),
    ],
)
@pytest.mark.spec("6.6", "6.7", "6.8", "6.9", "6.10", "6.11", "6.12")
def test_what_the_wiki_tells_of_the_nominee(changes: dict[str, object], expected: Reason | None) -> None:
    if isinstance(more := changes.get("templates"), set):
        changes = {**changes, "templates": facts(1).templates | more}
    assert reason(facts(1, **changes), facts(2)) is expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"uploader": "Shy uploader"}, None),
        ({"templates": {"Deletion template tag"}}, Reason.KEEPER_NOMINATED),
        ({"templates": {"Cc-by-4.0"}}, Reason.DIFFERENT_LICENCE),
        ({"talk_templates": frozenset({"Kept"})}, Reason.KEPT),
        ({"assessments": frozenset({Assessment.FEATURED})}, None),
        ({"protection": "sysop"}, None),
        ({"versions": 2}, None),
        ({"global_usage": 7}, None),
        ({"global_usage": None}, None),
        ({"categories": frozenset({"Charts of crabs"})}, Reason.DRAWN),
        ({"mime": "image/png"}, Reason.DIFFERENT_TYPE),
        ({"width_px": 641}, Reason.DIFFERENT_SIZE),
        ({"height_px": 481}, Reason.DIFFERENT_SIZE),
        ({"size_bytes": 5}, None),
        # Other copies that we nominated link to it, and so does this one once it is.
        ({"linked_from": frozenset({"Third.jpg", "Nominee.jpg"})}, None),
    ],
)
@pytest.mark.spec("6.13", "6.14")
def test_what_the_wiki_tells_of_the_keeper(changes: dict[str, object], expected: Reason | None) -> None:
    if isinstance(more := changes.get("templates"), set):
        changes = {**changes, "templates": facts(2).templates | more}
    assert reason(facts(1), facts(2, **changes)) is expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"mime": "application/pdf"}, Reason.UNSUPPORTED_FORMAT),
        ({"mime": "image/vnd.djvu"}, Reason.UNSUPPORTED_FORMAT),
        ({"mime": "image/svg+xml"}, Reason.UNSUPPORTED_FORMAT),
        ({"mime": "video/webm"}, Reason.UNSUPPORTED_FORMAT),
        ({"mime": "image/tiff"}, None),
        ({"mime": "image/tiff", "page_count": 2}, Reason.MULTIPAGE),
    ],
)
def test_both_are_of_a_form(changes: dict[str, object], expected: Reason | None) -> None:
    assert reason(facts(1, **changes), facts(2, **changes)) is expected


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ("{{Information|author=A}}{{PD-old}}", "{{milim|Author=[[User:A|a]]}}{{pd-old}}", None),
        ("{{Information|author=A}}{{PD-old}}", "{{Information|author=}}{{PD-old}}", Reason.DIFFERENT_AUTHOR),
        ("{{Information|author=}}{{PD-old}}", "{{Information|author=A}}{{PD-old}}", None),
        ("{{Information|author=Unknown}}{{PD-old}}", "{{Information|author=A}}{{PD-old}}", None),
        (
            "{{Information|author=A}}{{PD-old}}",
            "{{Photograph|photographer=B}}{{PD-old}}",
            Reason.DIFFERENT_AUTHOR,
        ),
        ("{{self|cc-by-4.0|author=A}}", "{{cc-by-4.0|A}}", None),
        ("{{cc-by-4.0|A}}", "{{cc-by-4.0|B}}", Reason.DIFFERENT_LICENCE),
        ("{{cc-by-4.0}}", "{{cc-by-3.0}}", Reason.DIFFERENT_LICENCE),
        ("{{PD-old}}", "{{PD-old}}{{PD-US}}", Reason.DIFFERENT_LICENCE),
        ("{{PD-old}}", "x", Reason.DIFFERENT_LICENCE),
        ("x", "{{PD-old}}", Reason.DIFFERENT_LICENCE),
        ("x", "x", Reason.DIFFERENT_LICENCE),  # nothing tells that they are the same
    ],
)
@pytest.mark.spec("6.15", "6.16")
def test_credits_of_both(ours: str, theirs: str, expected: Reason | None) -> None:
    assert reason(facts(1, ours), facts(2, theirs)) is expected


@pytest.mark.parametrize(
    ("title", "text", "expected"),
    [
        ("Fourth.jpg", "{{Duplicate|1=Nominee.jpg|2=late}}", Reason.NAMED_KEEPER),
        ("Fourth.jpg", "{{dup|File:nominee.jpg}}", Reason.NAMED_KEEPER),
        ("Fourth.jpg", "{{Duplicate|1=Keeper.jpg}} see [[:File:Nominee.jpg]]", None),
        ("Fourth.jpg", "<!-- {{dup|Nominee.jpg}} --> [[:File:Nominee.jpg]]", None),
        ("Fourth.jpg", DERIVED, Reason.DERIVATIVE),
        ("Fourth.jpg", "{{F|Nominee.jpg}}", None),
    ],
)
@pytest.mark.spec("6.5")
def test_pages_that_link_to_the_nominee(title: str, text: str, expected: Reason | None) -> None:
    nominee = facts(1, linked_from=frozenset({title}))
    assert reason(nominee, facts(2), {title: text}) is expected


@pytest.mark.spec("6.3")
def test_redirects_and_the_last_copy() -> None:
    one, other = facts(1), facts(2)
    to_keeper = "#REDIRECT [[File:Keeper.jpg]]"
    assert reason(facts(1, to_keeper), other) is Reason.REDIRECT
    assert reason(replace(one, page=replace(one.page, is_redirect=True)), other) is Reason.REDIRECT
    assert reason(one, replace(other, page=replace(other.page, is_redirect=True))) is Reason.REDIRECT
    assert reason(one, facts(2, "#redirect [[File:Nominee.jpg]]")) is Reason.REDIRECT
    assert reason(one, one) is Reason.LAST_COPY


@pytest.mark.spec("6.18")
def test_the_first_in_the_documented_order_is_told() -> None:
    everything = facts(
        1,
        PAGE
        % "{{nobots}}{{delete}}{{Map}}{{Retouched picture}} see Keeper.jpg <gallery></gallery>{{cc-by-4.0}}",
        uploader="Shy uploader",
        talk_templates=frozenset({"Kept"}),
        assessments=None,
        protection="sysop",
        versions=3,
        mime="image/png",
        width_px=1,
        global_usage=None,
    )
    fixes: list[tuple[Reason, dict[str, object], str]] = [
        (Reason.BOTS_EXCLUDED, {}, "{{nobots}}"),
        (Reason.OPTED_OUT, {"uploader": "Uploader"}, ""),
        (Reason.DELETION_PENDING, {}, "{{delete}}"),
        (Reason.KEPT, {"talk_templates": frozenset()}, ""),
        (Reason.ASSESSED, {"assessments": frozenset()}, ""),
        (Reason.PROTECTED, {"protection": ""}, ""),
        (Reason.HAS_VERSIONS, {"versions": 1}, ""),
        (Reason.DIFFERENT_TYPE, {"mime": "image/jpeg"}, ""),
        (Reason.DIFFERENT_SIZE, {"width_px": 640}, ""),
        (Reason.DRAWN, {}, "{{Map}}"),
        (Reason.DERIVATIVE, {}, "{{Retouched picture}}"),
        (Reason.CROSS_LINKED, {}, "see Keeper.jpg"),
        (Reason.OTHER_VERSIONS, {}, "<gallery></gallery>"),
        (Reason.USE_UNKNOWN, {"global_usage": 0}, ""),
        (Reason.DIFFERENT_LICENCE, {}, "{{cc-by-4.0}}"),
    ]
    for expected, changes, text in fixes:
        assert reason(everything, facts(2)) is expected
        of_file = {key: value for key, value in changes.items() if hasattr(everything.file, key)}
        others = {key: value for key, value in changes.items() if key not in of_file}
        everything = replace(
            everything,
            file=replace(everything.file, **of_file),  # type: ignore[arg-type]
            page=replace(
                everything.page, text=everything.page.text.replace(text, "") if text else everything.page.text
            ),
            **others,  # type: ignore[arg-type]
        )
    assert reason(everything, facts(2)) is None


@pytest.mark.parametrize(
    ("text", "changes", "expected"),
    [
        (PAGE % "", {}, None),
        ("#REDIRECT [[File:Keeper.jpg]]", {}, Reason.REDIRECT),
        (PAGE % "{{delete}}", {}, Reason.DELETION_PENDING),
        (PAGE % "{{keep}}", {}, Reason.DELETION_PENDING),
        (PAGE % "[[Category:Faebot identified identical duplicates]]", {}, Reason.ALREADY_TAGGED),
        (PAGE % "", {"templates": frozenset({"Deletion template tag"})}, Reason.DELETION_PENDING),
        (PAGE % "", {"talk_templates": frozenset({"Kept"})}, Reason.KEPT),
        (PAGE % "{{nobots}}", {"versions": 2}, None),
    ],
)
def test_marked(text: str, changes: dict[str, object], expected: Reason | None) -> None:
    found = objections.marked(facts(1, text, **changes))
    assert (found.reason if found else None) is expected


@pytest.mark.parametrize(
    ("uploaded_h", "tags_h", "expected"),
    [
        (0, [5], None),
        (5, [5], None),
        (6, [5], Reason.OVERWRITTEN),
        (6, [7, 5], None),  # tagged anew after the upload
        (8, [7, 5], Reason.OVERWRITTEN),
        (8, [], None),
    ],
)
@pytest.mark.spec("4.5")
def test_overwritten(uploaded_h: int, tags_h: list[int], expected: Reason | None) -> None:
    file = facts(1, uploaded=EPOCH + timedelta(hours=uploaded_h))
    history = [Revision(h, 0, EPOCH + timedelta(hours=h), "PracticeBot", TAG_SUMMARY) for h in tags_h]
    history.append(Revision(1, 0, EPOCH, "Uploader", "upload"))
    found = objections.overwritten(file, history)
    assert (found.reason if found else None) is expected


def summary(keeper: Facts) -> str:
    """Write the summary of a nomination."""
    digest = Digest("a" * 40, "b" * 40, 1, "RGB", 8, 640, 480, 1, "")
    return rationale.summary(keeper, (Original("c" * 40, None, digest), Original("d" * 40, None, digest)))


OURS = summary(facts(2))


@pytest.mark.parametrize(
    ("history", "withdrawn", "expected"),
    [
        ([("Uploader", "upload")], (), None),
        ([("PracticeBot", f"{OURS} (0123456789ab)"), ("Uploader", "upload")], (), Reason.REMOVED_BY_HUMAN),
        ([("Person", "Undid revision 5"), ("PracticeBot", OURS)], (), Reason.REMOVED_BY_HUMAN),
        ([("Person", "cats"), ("Person", "rv"), ("PracticeBot", OURS)], (), Reason.REMOVED_BY_HUMAN),
        ([("PracticeBot", "Undo own edit: it was overwritten"), ("PracticeBot", OURS)], (), None),
        ([("Person", "Undo own edit: x"), ("PracticeBot", OURS)], (), Reason.REMOVED_BY_HUMAN),
        (
            [("PracticeBot", "Undo own edit 5 of the run x"), ("PracticeBot", OURS)],
            (),
            Reason.REMOVED_BY_HUMAN,
        ),
        ([("PracticeBot", OURS)], (1,), None),
        ([("PracticeBot", OURS), ("PracticeBot", OURS)], (2,), Reason.REMOVED_BY_HUMAN),
        ([("PracticeBot", summary(facts(3)))], (), None),
        ([("PracticeBot", TAG_SUMMARY)], (), None),
        ([("PracticeBot", "")], (), None),
    ],
)
def test_removed_by_human(
    history: list[tuple[str, str]], withdrawn: tuple[int, ...], expected: Reason | None
) -> None:
    revisions = [
        Revision(len(history) - place, 0, EPOCH, user, comment)
        for place, (user, comment) in enumerate(history)
    ]
    found = objections.removed_by_human(facts(1), facts(2), revisions, withdrawn)
    assert (found.reason if found else None) is expected
    nominated_now = facts(1, PAGE % "{{Duplicate|1=Keeper.jpg|2=x}}")
    assert objections.removed_by_human(nominated_now, facts(2), revisions, withdrawn) is None


def test_a_renamed_keeper_is_still_the_same() -> None:
    keeper = facts(2)
    renamed = replace(keeper, file=replace(keeper.file, title="New name.jpg"))
    history = [Revision(5, 4, EPOCH, "PracticeBot", OURS)]
    assert objections.removed_by_human(facts(1), renamed, history) is not None


def test_a_nomination_that_is_taken_out_meets_no_objection() -> None:
    line = "{{Duplicate|1=Keeper.jpg|2=Faebot confirmed identical: x}}\n"
    text = line + (PAGE % "").replace(HOME, "Faebot identified identical duplicates")
    assert reason(facts(1, text), facts(2)) is Reason.ALREADY_TAGGED
    clean = nominate.without_nomination(text, "Keeper.jpg", HOME)
    linked = facts(2, linked_from=frozenset({"Nominee.jpg"}))
    assert reason(facts(1, clean, templates=frozenset()), linked) is None


def test_a_reason_names_what_was_seen() -> None:
    found = objections.objection(facts(1), facts(2, PAGE % "{{delete}}"), names=NAMES)
    assert found == Skipped("Nominee.jpg", Reason.KEEPER_NOMINATED, "{{Delete}}")
