"""What speaks against an edit in the moment before it, one table a question."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from faebot_hash import gate
from faebot_hash.edits import Kind, PageEdit, Proposal, Witness
from faebot_hash.gate import Cap, Rules, rules_of
from faebot_hash.model import PageText
from faebot_hash.preflight import Account, Current, Preflight
from faebot_hash.reasons import Reason, Skipped
from faebot_hash.settings import Settings
from faebot_hash.settings_file import parse
from tests.fakes import file_info

NOW = datetime(2026, 11, 1, tzinfo=UTC)
RUN_PAGE = PageText(9, "FaeBot/Run", 5, "yes", "")
PAGE = PageText(1, "Photograph 1.jpg", 10, "text", "")
PARTNER = PageText(2, "Photograph 2.jpg", 20, "text", "")
READ = Preflight(
    read_at=NOW,
    account=Account("FaeBot", frozenset({"edit", "bot"})),
    run_page=RUN_PAGE,
    files={1: Current(PAGE, file_info(1)), 2: Current(PARTNER, file_info(2))},
)
PROPOSAL = Proposal(
    file_info(1),
    PageEdit(PAGE, "text\ntag", "summary"),
    witnesses=(Witness(2, "Photograph 2.jpg", 20, file_info(2).sha1),),
)


def stop(preflight: Preflight, rules: Rules | None = None) -> str:
    return gate.why_stop(preflight, rules or Rules(), "FaeBot", NOW)


def test_nothing_speaks_against_an_untouched_page() -> None:
    assert stop(READ) == ""
    assert gate.why_not(PROPOSAL, READ, {}) == ""
    assert gate.why_protected(PROPOSAL, READ) == ""


@pytest.mark.parametrize("text", ["yes", "Yes", "YES", " yes\n"])
def test_only_the_word_means_go(text: str) -> None:
    assert stop(replace(READ, run_page=replace(RUN_PAGE, text=text))) == ""


BROKEN_RUN_PAGES: dict[str, PageText | Skipped] = {
    "missing": Skipped("FaeBot/Run", Reason.MISSING),
    "deleted": Skipped("FaeBot/Run", Reason.MISSING, "no such page"),
    "hidden": Skipped("FaeBot/Run", Reason.MISSING, "the text is hidden"),
    "empty": replace(RUN_PAGE, text=""),
    "blank": replace(RUN_PAGE, text=" \n\t"),
    "no": replace(RUN_PAGE, text="no"),
    "another word": replace(RUN_PAGE, text="maybe"),
    "vandalised": replace(RUN_PAGE, text="yes yes yes POOP"),
    "yes with more": replace(RUN_PAGE, text="yes, but stop"),
    "commented": replace(RUN_PAGE, text="<!-- yes -->"),
    "template": replace(RUN_PAGE, text="{{yes}}"),
    "redirect": replace(RUN_PAGE, is_redirect=True),
}


@pytest.mark.parametrize("state", BROKEN_RUN_PAGES)
def test_a_run_page_that_says_anything_else_means_stop(state: str) -> None:
    assert "run page" in stop(replace(READ, run_page=BROKEN_RUN_PAGES[state]))


@pytest.mark.parametrize("apart_s", [-61, 61, 3600])
@pytest.mark.spec("8.10")
def test_a_stale_answer_means_stop(apart_s: int) -> None:
    assert "s apart" in stop(replace(READ, read_at=NOW + timedelta(seconds=apart_s)))
    assert stop(replace(READ, read_at=NOW + timedelta(seconds=59))) == ""


@pytest.mark.parametrize(
    ("account", "why"),
    [
        (Account("127.0.0.1", frozenset({"edit"})), "logged in as “127.0.0.1”"),
        (Account("FaeBot", frozenset({"edit", "bot"}), blocked="malfunction"), "blocked: malfunction"),
        (Account("FaeBot", frozenset({"edit", "bot"}), has_message=True), "left a message"),
        (Account("FaeBot", frozenset({"bot"})), "may not edit"),
        (Account("FaeBot", frozenset({"edit"})), "no bot flag"),
    ],
)
@pytest.mark.spec("8.2")
def test_an_account_in_trouble_means_stop(account: Account, why: str) -> None:
    assert why in stop(replace(READ, account=account))


def test_a_trial_needs_no_bot_flag_and_ends() -> None:
    trial = Rules(trial=True)
    assert stop(replace(READ, account=Account("FaeBot", frozenset({"edit"}))), trial) == ""
    assert gate.why_pause(49, 0, trial) == ""
    assert "trial" in gate.why_pause(50, 0, trial)
    assert gate.why_pause(50, 0, Rules()) == ""


def test_the_breaker_opens_at_the_second_revert() -> None:
    assert gate.why_pause(50, 1, Rules()) == ""
    assert "reverted 2" in gate.why_pause(3, 2, Rules())


@pytest.mark.parametrize(
    ("held", "why"),
    [
        ({"Duplicate": 0}, ""),
        ({"Duplicate": 99}, ""),
        ({"Duplicate": 100}, "holds 100 files"),
        ({"Duplicate": 1_234}, "holds 1,234 files"),
        ({"Other": 1}, "cannot be counted"),
        ({}, "cannot be counted"),
    ],
)
def test_a_full_category_must_be_worked_off_first(held: dict[str, int], why: str) -> None:
    told = gate.why_capped(replace(READ, category_files=held), rules_of(Settings()).caps_of(Kind.NOMINATED))
    assert why in told
    assert bool(why) == bool(told)


@pytest.mark.parametrize("kind", Kind)
def test_only_nominations_have_a_cap_and_a_lock(kind: Kind) -> None:
    assert bool(rules_of(Settings()).caps_of(kind)) == (kind is Kind.NOMINATED)
    assert bool(gate.why_locked(kind, rules_of(Settings()))) == (kind is Kind.NOMINATED)
    assert gate.why_locked(kind, Rules(may_nominate=True)) == ""


def test_the_rules_come_from_the_settings() -> None:
    assert rules_of(Settings()).trial
    assert not rules_of(Settings()).may_nominate
    tagging = {
        "trial": False,
        "reverts_accepted_until": NOW,
        "duplicate_template": True,
        "duplicate_limit": 7,
    }
    chosen = parse({"wiki": {"run_word": "go"}, "tagging": tagging})
    caps = (Cap(Kind.NOMINATED, "Duplicate", 7),)
    assert rules_of(chosen) == Rules(
        "go", False, NOW, caps, may_nominate=True, bot_names=("Faebot", "faebot_hash")
    )


@pytest.mark.parametrize(
    ("page_id", "current", "why"),
    [
        (1, Skipped("x", Reason.MISSING), "gone"),
        (1, Current(replace(PAGE, revid=11), file_info(1)), "revision 11 is newer"),
        (1, Current(replace(PAGE, text="other"), file_info(1)), "newer"),
        (1, Current(replace(PAGE, is_redirect=True), file_info(1)), "redirect"),
        (1, Current(PAGE, file_info(1, sha1="f" * 40)), "overwritten"),
        (2, Skipped("x", Reason.MISSING), "Photograph 2.jpg is gone"),
        (2, Current(PARTNER, file_info(2, sha1="f" * 40)), "Photograph 2.jpg was overwritten"),
        (2, Current(replace(PARTNER, revid=21), file_info(2)), "page of File:Photograph 2.jpg changed"),
    ],
)
@pytest.mark.spec("8.8")
def test_what_changed_since_it_was_judged_is_judged_anew(
    page_id: int, current: Current | Skipped, why: str
) -> None:
    assert why in gate.why_not(PROPOSAL, replace(READ, files={**READ.files, page_id: current}), {})


def test_what_was_not_read_speaks_against() -> None:
    assert gate.why_not(PROPOSAL, replace(READ, files={}), {})
    assert gate.why_not(PROPOSAL, replace(READ, files={1: READ.files[1]}), {})


def test_our_own_edit_of_a_witness_is_no_change() -> None:
    edited = replace(READ, files={**READ.files, 2: Current(replace(PARTNER, revid=21), file_info(2))})
    assert gate.why_not(PROPOSAL, edited, {21: 20}) == ""
    assert gate.why_not(PROPOSAL, edited, {21: 19})


@pytest.mark.parametrize("mark", ["duplicate|Photograph 3.jpg", "Dup", "delete|reason=x", "SD|F8"])
def test_who_is_to_go_is_no_copy_to_keep(mark: str) -> None:
    marked = Current(replace(PARTNER, revid=21, text=f"{{{{{mark}}}}}\ntext"), file_info(2))
    ours = {21: 20}
    seen = {**READ.files, 2: marked}
    nomination = replace(PROPOSAL, kind=Kind.NOMINATED)
    assert gate.why_not(PROPOSAL, replace(READ, files=seen), ours) == ""
    assert "itself" in gate.why_not(nomination, replace(READ, files=seen), ours)
    assert "itself" in gate.why_not_any_more(nomination, seen, ours)
    assert gate.why_not(nomination, READ, {}) == gate.why_not_any_more(nomination, READ.files, {}) == ""


def test_a_nomination_needs_a_copy_to_keep() -> None:
    alone = replace(PROPOSAL, kind=Kind.NOMINATED, witnesses=())
    assert "no witness" in gate.why_not(alone, READ, {})


def test_bytes_that_changed_under_an_edit_are_seen_after_it() -> None:
    seen = {**READ.files, 1: Current(replace(PAGE, revid=11), file_info(1, sha1="f" * 40))}
    assert "overwritten" in gate.why_not_any_more(PROPOSAL, seen, {})
    edited = {**READ.files, 1: Current(replace(PAGE, revid=11, text="ours"), file_info(1))}
    assert gate.why_not_any_more(PROPOSAL, edited, {}) == ""


def test_protection_is_respected() -> None:
    locked = replace(READ, files={**READ.files, 1: Current(PAGE, file_info(1), "sysop")})
    assert gate.why_protected(PROPOSAL, locked) == "protected for sysop"
