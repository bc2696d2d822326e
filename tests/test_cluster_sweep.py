"""Runs of cluster_similar on a real MediaWiki: galleries and categories, people's last word, sudden death."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from faebot_hash.adapters import commons, store
from faebot_hash.collection import ClusterForm
from faebot_hash.console import Decision
from faebot_hash.edits import Applied, Kind, Outcome, Proposal
from faebot_hash.level import Level
from faebot_hash.reasons import Reason
from tests.operator import FLEURON, Operator
from tests.practice.brute_force import clusters_served
from tests.practice.pictures import fleuron, png
from tests.practice.wiki import PracticeWiki
from tests.sudden_death import run_and_die

pytestmark = pytest.mark.practice

BEGIN, END = "\n<!-- similar files: begin (fleuron ", "<!-- similar files: end (fleuron) -->"
CATEGORIES = replace(FLEURON, cluster_as=ClusterForm.CATEGORY)
PAGE = "PracticeBot/Clusters/fleuron"


@pytest.fixture
def operator(wiki: PracticeWiki, tmp_path: Path) -> Operator:
    wiki.fault("may-create")
    return Operator(wiki, tmp_path)


def expected(operator: Operator, level: Level = Level.VARIATION) -> set[frozenset[str]]:
    """Cluster the fleurons by brute force."""
    return clusters_served(operator.wiki.reader(), FLEURON.query, level.value)


def titles(clusters: set[frozenset[str]]) -> set[str]:
    return {title for one in clusters for title in one}


def galleries(operator: Operator) -> dict[str, set[str]]:
    """Give the files that the gallery on each file page shows, as the wiki itself has parsed it."""
    shown = {}
    for title, text in operator.state().items():
        if BEGIN in text:
            inside = text.partition(BEGIN)[2].partition(END)[0]
            told = operator.wiki.reader().post(
                action="parse", text=inside.partition("-->")[2], contentmodel="wikitext", prop="images"
            )
            shown[title.removeprefix("File:")] = {one.replace("_", " ") for one in told["parse"]["images"]}
    return shown


def without_gallery(text: str) -> str:
    before, _, rest = text.partition(BEGIN)
    return before + rest.partition(END)[2]


def edited(decisions: list[Decision]) -> dict[str, Kind]:
    return {
        one.proposal.file.title: one.proposal.kind
        for one in decisions
        if isinstance(one, Applied) and one.outcome is Outcome.EDITED
    }


def reasons(decisions: list[Decision]) -> dict[str, Reason]:
    return {one.what: one.reason for one in decisions if not isinstance(one, Applied)}


@pytest.mark.parametrize("level", Level)
def test_the_clusters_are_those_of_a_brute_force(operator: Operator, level: Level) -> None:
    before = operator.state()
    clusters = expected(operator, level)
    assert clusters
    operator.cluster(replace(FLEURON, cluster_level=level))
    assert galleries(operator) == {title: set(one - {title}) for one in clusters for title in one}
    after = operator.state()
    assert {title: without_gallery(text) for title, text in after.items()} == before
    page = operator.pages(PAGE)[PAGE]
    assert page.count("<gallery") == len(clusters)
    assert page.count("\nFile:") == len(titles(clusters))


def test_each_cluster_has_a_category(operator: Operator) -> None:
    before = operator.state()
    clusters = expected(operator)
    done = operator.cluster(CATEGORIES)
    assert edited(done) == dict.fromkeys(titles(clusters), Kind.CLUSTERED)
    found, after = set(), operator.state()
    for title in titles(clusters):
        added = after[f"File:{title}"].removeprefix(before[f"File:{title}"])
        name = added.removeprefix("\n[[").removesuffix("]]")
        found.add(frozenset(operator.tagged(name)))
        assert "[[Category:Fleuron clusters]]" in operator.wiki.reader().text(name)[1]
    assert found == clusters


@pytest.mark.parametrize("collection", [FLEURON, CATEGORIES], ids=["gallery", "category"])
def test_a_second_run_edits_nothing_even_with_a_lost_store(operator: Operator, collection: Any) -> None:
    operator.cluster(collection)
    edits, state = operator.edits(), operator.state()
    assert set(reasons(operator.cluster(collection)).values()) == {Reason.UNCHANGED}
    operator.forget()
    operator.cluster(collection)
    assert (operator.edits(), operator.state()) == (edits, state)


def test_the_search_for_duplicates_is_not_misled_by_our_own_galleries(operator: Operator) -> None:
    tagged = operator.tagged()
    operator.run("fleuron")
    of_fleurons = operator.tagged() - tagged
    operator.wiki.reset()
    operator.wiki.fault("may-create")
    operator.forget()
    operator.cluster()
    operator.run("fleuron")
    assert operator.tagged() - tagged == of_fleurons
    assert set(galleries(operator)) == titles(expected(operator))


def test_an_edit_is_marked_as_bot_and_says_what_it_is(operator: Operator) -> None:
    title, *_ = edited(operator.cluster())
    answer = operator.wiki.reader().get(
        action="query", list="recentchanges", rctitle=f"File:{title}", rcprop="comment|flags", rclimit=1
    )
    (change,) = answer["query"]["recentchanges"]
    assert change["bot"]
    assert change["comment"].startswith("Faebot clusters similar files (fleuron): gallery for a cluster of ")


@pytest.mark.parametrize("lost_store", [False, True])
@pytest.mark.parametrize("collection", [FLEURON, CATEGORIES], ids=["gallery", "category"])
@pytest.mark.spec("9.4")
def test_what_a_person_takes_off_stays_off(operator: Operator, collection: Any, lost_store: bool) -> None:
    before = operator.state()
    title, *_ = edited(operator.cluster(collection))
    name = f"File:{title}"
    operator.wiki.human("edit", name, text=f"{before[name]}\nNot similar at all.", summary="rm")
    if lost_store:
        operator.forget()
    state = operator.state()
    again = operator.cluster(collection)
    assert operator.state() == state
    assert reasons(again)[title] is Reason.REMOVED_BY_HUMAN


@pytest.mark.spec("9.4")
def test_what_a_person_changes_is_theirs(operator: Operator) -> None:
    title, other, *_ = edited(operator.cluster())
    name = f"File:{title}"
    text = operator.state()[name]
    changed = text.replace("\n</gallery>", "|the best print\n</gallery>")
    assert changed != text
    operator.wiki.human("edit", name, text=changed, summary="say which")
    operator.wiki.human("delete", f"File:{other}")
    again = operator.cluster()
    assert operator.state()[name] == changed
    assert reasons(again)[title] is Reason.EDITED_SINCE


def test_a_category_that_a_person_chose_is_theirs(operator: Operator) -> None:
    title, *_ = edited(operator.cluster(CATEGORIES))
    name = f"File:{title}"
    text = operator.state()[name]
    operator.wiki.human("edit", name, text=f"{text.rpartition(chr(10))[0]}\n[[Category:Fleuron cluster 9]]")
    state = operator.state()
    again = operator.cluster(CATEGORIES)
    assert operator.state() == state
    assert reasons(again)[title] is Reason.EDITED_SINCE


@pytest.mark.parametrize("collection", [FLEURON, CATEGORIES], ids=["gallery", "category"])
def test_a_new_file_joins_and_nothing_is_renamed(operator: Operator, collection: Any, tmp_path: Path) -> None:
    operator.cluster(collection)
    state = operator.state()
    new = tmp_path / "new.png"
    new.write_bytes(png(fleuron(1, paper_tone=230)))
    operator.wiki.human("upload", "File:Fleuron N009988-1.png", path=str(new), text="Another print.")
    operator.wiki.run_jobs()
    (joined,) = [one for one in expected(operator) if "Fleuron N009988-1.png" in one]
    done = edited(operator.cluster(collection))
    if collection is FLEURON:
        assert set(done) == joined
        assert {
            title: shown | {title} for title, shown in galleries(operator).items() if title in joined
        } == {title: set(joined) for title in joined}
    else:
        assert set(done) == {"Fleuron N009988-1.png"}
        assert {title: text for title, text in operator.state().items() if "N009988" not in title} == state


@pytest.mark.parametrize("lost_store", [False, True])
@pytest.mark.parametrize("collection", [FLEURON, CATEGORIES], ids=["gallery", "category"])
def test_a_cluster_that_is_gone_leaves_nothing(operator: Operator, collection: Any, lost_store: bool) -> None:
    before = operator.state()
    operator.cluster(collection)
    cluster = min(expected(operator), key=len)
    stays, *gone = sorted(cluster)
    for title in gone:
        operator.wiki.human("delete", f"File:{title}")
    operator.wiki.run_jobs()
    if lost_store:
        operator.forget()
    assert edited(operator.cluster(collection))[stays] is Kind.UNCLUSTERED
    assert operator.state()[f"File:{stays}"] == before[f"File:{stays}"]
    done = operator.edits()
    operator.cluster(collection)
    assert operator.edits() == done


def test_another_form_replaces_the_first(operator: Operator) -> None:
    operator.cluster(CATEGORIES)
    by_category = operator.state()
    operator.cluster(FLEURON)
    assert not any("Fleuron cluster" in text for text in operator.state().values())
    assert set(galleries(operator)) == titles(expected(operator))
    operator.cluster(CATEGORIES)
    assert operator.state() == by_category
    operator.cluster(replace(FLEURON, cluster_as=ClusterForm.PAGE))
    assert not any("uster" in text or BEGIN in text for text in operator.state().values())


def test_pages_that_refuse_bots_or_wait_for_deletion_are_left(operator: Operator) -> None:
    refusing, pending, *_ = sorted(titles(expected(operator)))
    operator.wiki.human("append", f"File:{refusing}", text="\n{{nobots}}")
    operator.wiki.human("append", f"File:{pending}", text="\n{{delete|reason=test}}")
    done = reasons(operator.cluster())
    assert done[refusing] is Reason.BOTS_EXCLUDED
    assert done[pending] is Reason.DELETION_PENDING
    assert not {refusing, pending} & set(galleries(operator))


def test_a_part_of_a_collection_and_an_incomplete_one_are_only_told(operator: Operator) -> None:
    told: list[str] = []
    operator.cluster(is_whole=False, say=told.append)
    operator.cluster(simulate=True)
    operator.wiki.fault("search-warning", 1)
    operator.cluster(say=told.append)
    assert operator.edits() == 0
    assert any("Cluster " in line for line in told)
    assert any("Not all files could be listed" in line for line in told)


def test_a_person_who_edits_in_between_is_not_overwritten(operator: Operator) -> None:
    asked: list[str] = []

    def people_act(proposal: Proposal) -> bool:
        if not asked:
            operator.wiki.human("append", f"File:{proposal.file.title}", text="\nA better description.")
        asked.append(proposal.file.title)
        return True

    operator.cluster(confirm=people_act)
    text = operator.state()[f"File:{asked[0]}"]
    assert f"A better description.{BEGIN}" in text
    assert asked[0] in galleries(operator)


STEPS: tuple[tuple[type, str], ...] = (
    *((commons.Commons, name) for name in ("search", "texts", "history", "preflight", "edit")),
    *((store.Store, name) for name in ("plan", "sent", "settle")),
)


@pytest.mark.parametrize("collection", [FLEURON, CATEGORIES], ids=["gallery", "category"])
def test_killed_between_any_two_steps_the_next_run_ends_the_same(operator: Operator, collection: Any) -> None:
    operator.cluster(collection)
    undisturbed = operator.state()
    stride = 1 if os.environ.get("FAEBOT_LONG") == "1" else 11
    killed = 0
    while True:
        operator.wiki.reset()
        operator.wiki.fault("may-create")
        operator.forget()
        if not run_and_die(lambda: operator.cluster(collection), STEPS, 1 + killed * stride):
            break
        killed += 1
        operator.cluster(collection)
        assert operator.state() == undisturbed, f"killed before step {1 + (killed - 1) * stride}"
    assert killed * stride > 20
