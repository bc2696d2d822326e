"""E4: the last copy is never tagged, and there are no chains, whatever people do to a group of files.

The walk of a life is checked after every whole run (``tests.walks``); Hypothesis draws and shrinks lives.
"""

from __future__ import annotations

import os

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.counting import Counted
from tests.seeds import FRESH_SEED
from tests.walks import DEEDS, Deed, Life, Step

LONG = os.environ.get("FAEBOT_LONG") == "1"
STEPS = 200_000 if LONG else 20_000
STEPS_A_LIFE = 25

LIVES = st.integers(2, 8).flatmap(
    lambda files: st.builds(
        Life,
        st.lists(st.integers(0, 1), min_size=files, max_size=files),
        st.lists(st.integers(0, 7), min_size=files, max_size=files),
        st.lists(
            st.builds(Step, st.sampled_from(DEEDS), st.integers(0, 63), st.integers(0, 255)),
            min_size=STEPS_A_LIFE,
            max_size=STEPS_A_LIFE,
        ),
    )
)


ALIKE = [0, 0, 0]
BY_AGE = [6, 4, 2]
"""Layouts by which the first file is the oldest, and so the one to keep."""

STORIES: dict[str, list[Step]] = {
    "the copy to keep is renamed": [Step(Deed.CONFIRM), Step(Deed.MOVE_KEEPER)],
    "it is renamed without a redirect": [Step(Deed.CONFIRM), Step(Deed.MOVE_SILENTLY)],
    "it is deleted, the store lost": [Step(Deed.CONFIRM), Step(Deed.LOSE_STORE), Step(Deed.DELETE_KEEPER)],
    "it is marked a month later": [Step(Deed.CONFIRM), Step(Deed.MONTH_PASSES), Step(Deed.MARK_KEEPER)],
    "it is overwritten, the store lost": [
        Step(Deed.CONFIRM),
        Step(Deed.LOSE_STORE),
        Step(Deed.OVERWRITE_KEEPER),
    ],
    "it goes, and the others are judged at once": [Step(Deed.CONFIRM), Step(Deed.DELETE_KEEPER)],
    "bots are shut out where a tag should go": [
        Step(Deed.OVERWRITE),
        Step(Deed.EXCLUDE_BOTS),
        Step(Deed.FIND),
    ],
    "a nomination that we took back is restored": [
        Step(Deed.CONFIRM),
        Step(Deed.DELETE_KEEPER),
        Step(Deed.SWITCH_NOMINATING),
        Step(Deed.CONFIRM),
        Step(Deed.REVERT_US),
    ],
    "it is deleted under a withdrawal, and comes back": [
        Step(Deed.CONFIRM),
        Step(Deed.MARK_KEEPER, 0, 0),
        Step(Deed.CONFIRM_AMONG_PEOPLE, 0, 123),
        Step(Deed.UNDELETE),
    ],
    "people keep it apart from the others": [
        Step(Deed.JUDGE_APART, 0, 0),
        Step(Deed.CONFIRM),
        Step(Deed.JUDGE_APART, 0, 1),
        Step(Deed.CONFIRM),
        Step(Deed.FIND),
        Step(Deed.OVERWRITE, 0),
        Step(Deed.FIND),
    ],
    "people keep a new version apart, too": [
        Step(Deed.JUDGE_APART, 0, 0),
        Step(Deed.JUDGE_APART, 0, 1),
        Step(Deed.JUDGE_APART, 1, 1),
        Step(Deed.CONFIRM),
        Step(Deed.OVERWRITE_EQUALLY, 1),
        Step(Deed.JUDGE_APART, 1, 0),
        Step(Deed.JUDGE_APART, 1, 1),
        Step(Deed.FIND),
    ],
    "people keep the nominees apart from it": [
        Step(Deed.CONFIRM),
        Step(Deed.JUDGE_APART, 0, 0),
        Step(Deed.CONFIRM),
        Step(Deed.JUDGE_APART, 0, 1),
        Step(Deed.CONFIRM),
        Step(Deed.JUDGE_TOGETHER, 0, 1),
        Step(Deed.FIND),
    ],
    "killed between taking back and noting it": [
        Step(Deed.CONFIRM),
        Step(Deed.DELETE_KEEPER),
        Step(Deed.CONFIRM_KILLED, 0, 1),
        Step(Deed.REVERT_US),
    ],
}


@pytest.mark.parametrize("steps", STORIES.values(), ids=STORIES)
def test_what_once_went_wrong(steps: list[Step]) -> None:
    walk = Life(ALIKE, BY_AGE, [*steps, Step(Deed.CONFIRM)]).live()
    assert walk.broken == []
    assert walk.bot_edits > len(ALIKE)


@pytest.mark.parametrize("seed", [1, FRESH_SEED])
@pytest.mark.spec("6.22")
def test_the_last_copy_is_never_tagged(counted: Counted, seed: int) -> None:
    print(f"seed {seed}")
    steps = edits = 0

    @hypothesis.seed(seed)
    @settings(
        max_examples=STEPS // STEPS_A_LIFE // 2,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(LIVES)
    def lives(life: Life) -> None:
        nonlocal steps, edits
        walk = life.live()
        assert walk.broken == []
        steps, edits = steps + len(life.steps), edits + walk.bot_edits

    lives()
    assert edits > steps // 10, "the bot had nothing to do"
    counted("E4", steps, "steps over groups of 2 to 8 files")
    counted("E4", edits, "edits in these steps")


def test_what_a_nomination_leaves_apart_is_seen_to_by_the_same_run() -> None:
    walk = Life([0, 1, 0], [1, 0, 0], [Step(Deed.JUDGE_APART), Step(Deed.CONFIRM)]).live()
    assert walk.broken == []
