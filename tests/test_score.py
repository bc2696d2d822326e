from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faebot_hash.merit import Assessment, Criterion, Evidence, Keep, Point, Ranking
from faebot_hash.score import JUDGES, score
from faebot_hash.settings import ScoreSettings

Y2013 = datetime(2013, 1, 2, tzinfo=UTC)
Y2016 = datetime(2016, 9, 1, tzinfo=UTC)
NOTHING: frozenset[str] = frozenset()

SETTINGS = ScoreSettings(templates=("milim", "Photograph"))
LOWEST = replace(SETTINGS, keep=Keep.LOWEST)
A, B, C = (Evidence(page_id, f"{letter}.jpg") for page_id, letter in enumerate("ABC", start=1))


def names(*of: str) -> frozenset[str]:
    return frozenset(of)


def linking(one: Evidence, links: str, dead: str | None = "") -> Evidence:
    """Let a page have the links, each a letter, of which some are dead; None when nobody looked."""
    return replace(one, links=frozenset(links), dead_links=None if dead is None else frozenset(dead))


def told(ranking: Ranking) -> dict[str, list[str]]:
    return {
        one.evidence.title[0]: [str(point) for point in one.points]
        for one in sorted(ranking.scores, key=lambda one: one.evidence.page_id)
    }


TABLE: dict[str, tuple[Sequence[Evidence], dict[str, list[str]]]] = {
    "earliest upload": (
        [replace(A, uploaded=Y2013), replace(B, uploaded=Y2016)],
        {"A": ["+1 uploaded first, 2013-01-02"], "B": []},
    ),
    "uploaded at one time": (
        [replace(A, uploaded=Y2013), replace(B, uploaded=Y2013.astimezone(timezone(timedelta(hours=5))))],
        {"A": [], "B": []},
    ),
    "two uploaded at one time before a third": (
        [replace(A, uploaded=Y2013), replace(B, uploaded=Y2013), replace(C, uploaded=Y2016)],
        {"A": [], "B": [], "C": []},
    ),
    "one upload time is unknown": ([replace(A, uploaded=Y2013), B], {"A": [], "B": []}),
    "better template": (
        [replace(A, templates=names("information")), replace(B, templates=names("milim", "information"))],
        {"A": [], "B": ["+2 uses {{milim}}, a better layout"]},
    ),
    "the order of preference": (
        [replace(A, templates=names("photograph")), replace(B, templates=names("milim"))],
        {"A": [], "B": ["+2 uses {{milim}}, a better layout"]},
    ),
    "second choice beats none": (
        [replace(A, templates=names("photograph")), replace(B, templates=NOTHING)],
        {"A": ["+2 uses {{Photograph}}, a better layout"], "B": []},
    ),
    "the same template": (
        [replace(A, templates=names("milim")), replace(B, templates=names("milim", "photograph"))],
        {"A": [], "B": []},
    ),
    "two with the best template": (
        [
            replace(A, templates=names("milim")),
            replace(B, templates=names("milim")),
            replace(C, templates=NOTHING),
        ],
        {
            "A": ["+2 uses {{milim}}, a better layout"],
            "B": ["+2 uses {{milim}}, a better layout"],
            "C": [],
        },
    ),
    "templates of one of three unknown": (
        [replace(A, templates=names("milim")), B, replace(C, templates=NOTHING)],
        {"A": [], "B": [], "C": []},
    ),
    "templates of one unknown": ([replace(A, templates=names("milim")), B], {"A": [], "B": []}),
    "dead host": (
        [
            replace(A, hosts=names("www.defenseimagery.mil", "example.org")),
            replace(B, hosts=names("example.org")),
        ],
        {"A": ["-2 names www.defenseimagery.mil, whose links lead nowhere"], "B": []},
    ),
    "a host that only looks like it": (
        [replace(A, hosts=names("www.defenseimagery.mil.example.org")), replace(B, hosts=NOTHING)],
        {"A": [], "B": []},
    ),
    "each dead link": (
        [linking(A, "xyz", "xy"), linking(B, "z")],
        {"A": ["-1 dead link x", "-1 dead link y"], "B": []},
    ),
    "a dead link that both have": ([linking(A, "xz", "x"), linking(B, "x", "x")], {"A": [], "B": []}),
    "a dead link that both have, checked for one": (
        [linking(A, "x", "x"), linking(B, "x")],
        {"A": [], "B": []},
    ),
    "a dead link that two of three have, checked for one": (
        [linking(A, "x", "x"), linking(B, "xy", None), linking(C, "y")],
        {"A": ["-1 dead link x"], "B": ["-1 dead link x"], "C": []},
    ),
    "a dead link, the other's links unknown": ([linking(A, "x", "x"), B], {"A": [], "B": []}),
    "a dead link, the other's not checked": (
        [linking(A, "x", "x"), linking(B, "y", None)],
        {"A": ["-1 dead link x"], "B": []},
    ),
    "most used": (
        [replace(A, global_usage=3), replace(B, global_usage=0)],
        {"A": ["+1 most used on other wikis: 3 pages"], "B": []},
    ),
    "assessed, once": (
        [replace(A, assessments=frozenset(Assessment)), replace(B, assessments=frozenset())],
        {"A": ["+2 featured picture and quality image and valued image"], "B": []},
    ),
    "most categories": (
        [replace(A, categories=3), replace(B, categories=7)],
        {"A": [], "B": ["+1 most categories: 7"]},
    ),
    "most statements": (
        [replace(A, statements=0), replace(B, statements=1)],
        {"A": [], "B": ["+1 most structured-data statements: 1"]},
    ),
    "largest": (
        [replace(A, width_px=40, height_px=10), replace(B, width_px=20, height_px=21)],
        {"A": [], "B": ["+1 largest: 20 × 21 pixels"]},
    ),
    "as large, turned": (
        [replace(A, width_px=30, height_px=20), replace(B, width_px=20, height_px=30)],
        {"A": [], "B": []},
    ),
    "half a size is unknown": (
        [replace(A, width_px=30, height_px=20), replace(B, width_px=90)],
        {"A": [], "B": []},
    ),
    "licence reviewed": (
        [replace(A, licence_reviewed=True), replace(B, licence_reviewed=False)],
        {"A": ["+1 licence review passed"], "B": []},
    ),
    "both reviewed": (
        [replace(A, licence_reviewed=True), replace(B, licence_reviewed=True)],
        {"A": ["+1 licence review passed"], "B": ["+1 licence review passed"]},
    ),
    "nothing known": ([A, B], {"A": [], "B": []}),
}


@pytest.mark.parametrize("rule", TABLE)
@pytest.mark.spec("5.2")
def test_each_rule(rule: str) -> None:
    members, expected = TABLE[rule]
    assert told(score(members, SETTINGS)) == expected


FULL = Evidence(
    1,
    "A.jpg",
    uploaded=Y2013,
    templates=names("milim"),
    hosts=names("www.defenseimagery.mil"),
    links=names("x"),
    dead_links=names("x"),
    global_usage=1,
    assessments=frozenset({Assessment.VALUED}),
    categories=1,
    statements=1,
    width_px=1,
    height_px=1,
    licence_reviewed=True,
)
POOR = Evidence(
    2,
    "B.jpg",
    uploaded=Y2016,
    templates=NOTHING,
    hosts=NOTHING,
    links=NOTHING,
    dead_links=NOTHING,
    global_usage=0,
    assessments=frozenset(),
    categories=0,
    statements=0,
    width_px=0,
    height_px=0,
    licence_reviewed=False,
)


@pytest.mark.parametrize("criterion", Criterion)
def test_a_criterion_worth_nothing_is_not_looked_at(criterion: Criterion) -> None:
    def looked_at(settings: ScoreSettings, *members: Evidence) -> set[Criterion]:
        scores = score(members, settings).scores
        return {c for one in scores for c in (*(point.criterion for point in one.points), *one.unknown)}

    nothing: dict[str, Any] = {criterion.key: 0}
    off = replace(SETTINGS, **nothing)
    assert looked_at(SETTINGS, FULL, POOR) == looked_at(SETTINGS, A, B) == set(Criterion)
    assert looked_at(off, FULL, POOR) == looked_at(off, A, B) == set(Criterion) - {criterion}


def test_every_criterion_has_its_judge() -> None:
    assert list(JUDGES) == list(Criterion)


def test_names_in_the_settings_count_in_any_spelling() -> None:
    settings = ScoreSettings(templates=("US_military image",), dead_hosts=("Old.Example.org",))
    members = [
        replace(A, templates=names("usmilitaryimage"), hosts=names("old.example.org")),
        replace(B, templates=NOTHING, hosts=NOTHING),
    ]
    assert told(score(members, settings))["A"] == [
        "+2 uses {{US_military image}}, a better layout",
        "-2 names old.example.org, whose links lead nowhere",
    ]


@pytest.mark.spec("5.3")
def test_what_is_unknown_gives_and_takes_nothing_and_is_said() -> None:
    ranking = score([FULL, B], SETTINGS)
    unknown = next(one for one in ranking.scores if one.evidence == B)
    assert unknown.points == ()
    assert unknown.unknown == tuple(Criterion)
    assert str(unknown) == (
        "“B.jpg” 0 (unknown: upload time, templates, hosts named, dead links, use on other wikis, "
        "assessments, categories, structured data, size in pixels, licence review)"
    )


# The casebook's pair: two photographs of equal pixels, of 2013 and of 2016.
FILE1 = Evidence(1, "File1.jpg", uploaded=Y2013, templates=names("information"))
FILE2 = Evidence(2, "File2.jpg", uploaded=Y2016, templates=names("milim"))


def summed_up(ranking: Ranking) -> tuple[str, list[str], dict[str, int]]:
    keeper = ranking.keeper
    return (
        keeper.evidence.title if keeper else "",
        [one.evidence.title for one in ranking.nominees],
        {one.evidence.title: one.total for one in ranking.scores},
    )


@pytest.mark.spec("5.1")
def test_the_casebooks_example_keeps_the_better_file() -> None:
    ranking = score([FILE1, FILE2], ScoreSettings())
    assert summed_up(ranking) == ("File2.jpg", ["File1.jpg"], {"File1.jpg": 1, "File2.jpg": 2})
    assert ranking.sentence.startswith(
        "keep “File2.jpg”, the highest score by 1. “File2.jpg” 2 (+2 uses {{milim}}"
    )
    assert "“File1.jpg” 1 (+1 uploaded first, 2013-01-02; unknown: hosts named" in ranking.sentence


def test_the_casebooks_sentence_literally() -> None:
    """The second file is put up for deletion, with a template that points to the lower scoring file."""
    ranking = score([FILE1, FILE2], ScoreSettings(keep=Keep.LOWEST))
    assert summed_up(ranking) == ("File1.jpg", ["File2.jpg"], {"File1.jpg": 1, "File2.jpg": 2})
    assert ranking.sentence.startswith("keep “File1.jpg”, the lowest score by 1. ")


@pytest.mark.parametrize("keep", Keep)
def test_a_small_lead_is_left_to_people(keep: Keep) -> None:
    ranking = score([FILE1, FILE2], ScoreSettings(keep=keep, min_lead=2))
    assert (ranking.keeper, ranking.nominees, ranking.lead) == (None, (), 1)
    assert ranking.sentence.startswith("no keeper: a lead of 1, at least 2 needed. “File")


@pytest.mark.parametrize("keep", Keep)
def test_a_tie_is_left_to_people(keep: Keep) -> None:
    ranking = score([FILE1, FILE2], ScoreSettings(keep=keep, better_template=1))
    assert (ranking.keeper, ranking.nominees, ranking.lead) == (None, (), 0)
    assert ranking.sentence.startswith("no keeper: the best have equal scores. “File1.jpg” 1 (")


@pytest.mark.parametrize("members", [[], [A], [A, B, replace(A, title="B.jpg")]])
def test_a_ranking_needs_two_files_each_once(members: list[Evidence]) -> None:
    with pytest.raises(ValueError, match="two files or more, each once"):
        score(members, SETTINGS)


def test_impossible_values_are_refused() -> None:
    with pytest.raises(ValueError, match="without a time zone"):
        replace(A, uploaded=datetime(2013, 1, 2))
    with pytest.raises(ValueError, match="below 0"):
        replace(A, categories=-1)
    with pytest.raises(ValueError, match="not among the links"):
        replace(A, dead_links=names("x"))
    with pytest.raises(ValueError, match="a value and a reason"):
        Point(Criterion.LARGEST, 1, "")
    with pytest.raises(ValueError, match="a lead of 0 is a tie"):
        Ranking(score([A, B], SETTINGS).scores, Keep.HIGHEST, 0)


@st.composite
def files(draw: st.DrawFn, page_id: int) -> Evidence:
    """Draw a file of which anything may be unknown, from few values so that ties are common."""
    links = draw(st.none() | st.frozensets(st.sampled_from("xyz")))
    dead = None if links is None else draw(st.none() | st.frozensets(st.sampled_from("xyz")))
    count = st.none() | st.integers(0, 2)
    return Evidence(
        page_id,
        f"{page_id}.jpg",
        uploaded=draw(st.sampled_from([None, Y2013, Y2016])),
        templates=draw(st.none() | st.frozensets(st.sampled_from(["milim", "photograph", "other"]))),
        hosts=draw(st.none() | st.frozensets(st.sampled_from(["www.defenseimagery.mil", "example.org"]))),
        links=links,
        dead_links=None if dead is None else dead & (links or NOTHING),
        global_usage=draw(count),
        assessments=draw(st.none() | st.frozensets(st.sampled_from(Assessment))),
        categories=draw(count),
        statements=draw(count),
        width_px=draw(count),
        height_px=draw(count),
        licence_reviewed=draw(st.sampled_from([None, False, True])),
    )


families = st.integers(2, 5).flatmap(lambda n: st.tuples(*(files(page_id) for page_id in range(1, n + 1))))
any_settings = st.builds(
    ScoreSettings,
    keep=st.sampled_from(Keep),
    min_lead=st.integers(1, 3),
    templates=st.sampled_from([("milim", "Photograph"), ("milim",), ()]),
    largest=st.integers(-2, 2),
    earliest_upload=st.integers(-1, 2),
)


@given(families, any_settings, st.randoms(use_true_random=False))
def test_the_order_of_the_members_does_not_matter(
    members: tuple[Evidence, ...], settings: ScoreSettings, dice: random.Random
) -> None:
    shuffled = list(members)
    dice.shuffle(shuffled)
    assert score(shuffled, settings) == score(members, settings)


@given(families, any_settings)
def test_there_is_one_keeper_with_reasons_or_a_tie(
    members: tuple[Evidence, ...], settings: ScoreSettings
) -> None:
    ranking = score(members, settings)
    assert sorted(one.evidence.page_id for one in ranking.scores) == [one.page_id for one in members]
    sign = 1 if settings.keep is Keep.HIGHEST else -1
    totals = sorted((sign * one.total for one in ranking.scores), reverse=True)
    if totals[0] - totals[1] < settings.min_lead:
        assert ranking.keeper is None
        assert ranking.nominees == ()
        return
    assert ranking.keeper is not None
    assert sign * ranking.keeper.total == totals[0]
    assert {ranking.keeper, *ranking.nominees} == set(ranking.scores)
    assert len(ranking.nominees) == len(members) - 1
    assert any(one.points for one in ranking.scores)
    for one in ranking.scores:
        assert one.total == sum(point.points for point in one.points)
        assert all(str(point) in ranking.sentence for point in one.points)


@given(families, any_settings)
def test_a_page_gets_nothing_for_what_is_unknown(
    members: tuple[Evidence, ...], settings: ScoreSettings
) -> None:
    for one in score(members, settings).scores:
        assert not {point.criterion for point in one.points} & set(one.unknown)


@given(families, any_settings)
def test_files_with_the_same_links_lose_the_same_for_them(
    members: tuple[Evidence, ...], settings: ScoreSettings
) -> None:
    lost: dict[frozenset[str], set[tuple[str, ...]]] = {}
    for one in score(members, settings).scores:
        dead = tuple(point.reason for point in one.points if point.criterion is Criterion.DEAD_LINK)
        if one.evidence.links is not None:
            lost.setdefault(one.evidence.links, set()).add(dead)
    assert all(len(reasons) == 1 for reasons in lost.values())


OF_ITSELF = ("dead_host", "assessed", "licence_reviewed")
COMPARED: dict[str, Any] = {criterion.key: 0 for criterion in Criterion if criterion.key not in OF_ITSELF}


@given(families, files(page_id=9), st.sampled_from(Keep), st.integers(1, 3))
def test_a_loser_more_changes_nothing_among_the_others(
    members: tuple[Evidence, ...], loser: Evidence, keep: Keep, min_lead: int
) -> None:
    settings = replace(ScoreSettings(keep=keep, min_lead=min_lead), **COMPARED)
    before, after = score(members, settings), score([*members, loser], settings)
    assert [one for one in after.scores if one.evidence != loser] == list(before.scores)
    if after.scores[-1].evidence == loser:
        assert after.keeper == before.keeper
