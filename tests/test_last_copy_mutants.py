"""A bot without one of its safeguards breaks what the walks of E4 look for: those checks can fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from faebot_hash import confirm, gate, nominate, objections, recheck
from faebot_hash.family import Alone
from faebot_hash.marks import IDENTICAL_CATEGORY
from faebot_hash.partners import Partners
from faebot_hash.pixels import Comparison, Verdict
from faebot_hash.session import Session
from tests.living_wiki import LivingFacts
from tests.walks import SETTINGS, Life

MOST_LIVES = 1_000
STEPS_A_LIFE = 25

Plant = Callable[[pytest.MonkeyPatch], None]


def deaf_to_people(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(objections, "removed_by_human", lambda *given: None)


def blind_to_marks_of_the_keeper(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(objections, "_mark", lambda *given: "")
    patch.setattr(gate, "_why_not_kept", lambda *given: "")


def a_late_second_look(patch: pytest.MonkeyPatch) -> None:
    """Judge first and take back afterwards, so that what fell is judged only by the next run."""
    plain, looks = Session.recheck, [0]

    def every_other(session: Session) -> None:
        looks[0] += 1
        if looks[0] % 2 == 0:
            plain(session)

    patch.setattr(Session, "recheck", every_other)


def no_second_look(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Session, "recheck", lambda session: None)


def a_look_at_what_the_journal_knows(patch: pytest.MonkeyPatch) -> None:
    plain = LivingFacts.members

    def members(facts: LivingFacts, category: str) -> Iterator[Any]:
        return iter(()) if category in (IDENTICAL_CATEGORY, "Duplicate") else plain(facts, category)

    patch.setattr(LivingFacts, "members", members)


def a_look_that_forgets_bytes(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(recheck, "_overwritten", lambda *given: False)


def a_look_that_knows_no_redirects(patch: pytest.MonkeyPatch) -> None:
    plain = recheck._keepers

    def keepers(*given: Any) -> dict[str, Any]:
        return {title: one for title, one in plain(*given).items() if not hasattr(one, "reason")}

    patch.setattr(recheck, "_keepers", keepers)


def a_bot_that_fights_for_its_word(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(recheck, "may_edit", lambda *given: True)


def a_finisher_without_manners(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(objections, "closed", lambda *given: None)


def a_switch_that_is_not_heard(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(gate, "why_locked", lambda *given: "")
    plain = confirm.Confirmer._nominated

    def nominated(one: Any, *given: Any) -> Any:
        return plain(replace(one, settings=SETTINGS), *given)

    patch.setattr(confirm.Confirmer, "_nominated", nominated)


def deaf_to_reviewers(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(recheck, "pair_of", lambda *given: ("", ""))


def a_broom_for_all(patch: pytest.MonkeyPatch) -> None:
    plain = confirm.families

    def families(*given: Any) -> Any:
        found, alone = plain(*given)
        if not given[-1]:
            return found, alone
        return (), (*alone, *(Alone(file, one.files) for one in found for file in one.files))

    patch.setattr(confirm, "families", families)
    patch.setattr(confirm, "still_apart", lambda facts, strangers, *given: list(strangers))
    patch.setattr(confirm, "partners_of", lambda *given: Partners(are_all_known=True))


def alike_is_identical(patch: pytest.MonkeyPatch) -> None:
    same = Comparison(Verdict.METADATA_ONLY, ("they look alike",))
    patch.setattr("faebot_hash.identity._proofs", lambda original: ["alike"])
    patch.setattr("faebot_hash.identity.verdict", lambda *given: same)
    patch.setattr(confirm, "verdict", lambda *given: same)
    patch.setattr(nominate, "proofs", lambda *given: ("they look alike",))
    patch.setattr("faebot_hash.rationale.proofs", lambda *given: ("they look alike",))


def two_templates(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(objections, "_marked", lambda *given: None)
    patch.setattr(objections, "marked", lambda *given: None)
    patch.setattr(nominate, "_nominations", lambda page: iter(()))
    patch.setattr(nominate, "DUPLICATE", frozenset())
    patch.setattr(nominate, "_reads_as_meant", lambda *given: True)
    patch.setattr(nominate, "_refused", lambda *given: None)


@pytest.mark.parametrize(
    ("plant", "sentence"),
    [
        (deaf_to_people, ".jpg again"),
        (blind_to_marks_of_the_keeper, "which is marked itself"),
        (a_late_second_look, "a second run makes"),
        (no_second_look, "which is gone"),
        (no_second_look, "every copy of picture"),
        (a_look_at_what_the_journal_knows, "which is gone"),
        (a_look_that_forgets_bytes, "which is another picture"),
        (a_look_that_knows_no_redirects, "which is a redirect"),
        (a_bot_that_fights_for_its_word, "in spite of {{nobots}}"),
        (a_finisher_without_manners, "in spite of {{nobots}}"),
        (a_switch_that_is_not_heard, "though that is switched off"),
        (alike_is_identical, "which is another picture"),
        (two_templates, "nominations of ours"),
        (deaf_to_reviewers, "which people keep apart from it"),
        (a_broom_for_all, "is untagged though nobody judged it"),
    ],
)
def test_e4_a_safeguard_taken_out_is_noticed(
    plant: Plant, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    random = Random(1)
    for _ in range(MOST_LIVES):
        if any(sentence in one for one in Life.by_chance(random, STEPS_A_LIFE).live().broken):
            return
    pytest.fail(f"nobody noticed: {sentence}")
