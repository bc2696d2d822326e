"""A login that could do harm is refused at the start and before each edit (S4)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import pywikibot

from faebot_hash import gate
from faebot_hash.adapters.commons import Commons
from faebot_hash.errors import SettingsError
from faebot_hash.preflight import Account
from faebot_hash.privileges import FORBIDDEN, why_refused
from faebot_hash.session import Session
from tests.counting import Counted
from tests.fake_wiki import accounts
from tests.operator import SETTINGS, Operator
from tests.practice.configuration import ACCOUNT_PASSWORDS, BOT, BOT_APP, BOT_PASSWORD
from tests.practice.wiki import PracticeWiki
from tests.test_gate import NOW, READ

HARMLESS = frozenset({"read", "edit", "bot", "minoredit", "createpage", "autoconfirmed", "apihighlimits"})

pytest_plugins = ("tests.fake_wiki.fixtures",)

CASES: list[tuple[str, bool, str]] = [
    ("delete", False, "may delete"),
    ("block", False, "may block"),
    ("protect", False, "may protect"),
    ("upload", False, "may upload"),
    ("editinterface", True, "may editinterface"),
    ("editsitejs userrights", True, "may editsitejs, userrights"),
    ("-bot", False, "no bot flag"),
    ("-edit", True, "may not edit"),
]


def rights(change: str) -> frozenset[str]:
    if change.startswith("-"):
        return HARMLESS - {change.removeprefix("-")}
    return HARMLESS | set(change.split())


def test_a_real_login_by_the_main_password_is_refused(
    wiki: PracticeWiki, tmp_path: Path, counted: Counted
) -> None:
    """A bot password has few rights and starts; the account itself has more, and does not."""
    operator, site = Operator(wiki, tmp_path), pywikibot.Site()
    assert operator.confirm() is not None
    password = Path(pywikibot.config.base_dir) / "user-password.py"
    kept = password.read_text(encoding="utf-8")
    try:
        password.write_text(f'("{BOT}", "{ACCOUNT_PASSWORDS[BOT]}")\n', encoding="utf-8")
        site.logout()
        with pytest.raises(SettingsError, match=r"the login may [a-z, -]*upload"):
            operator.confirm()
    finally:
        password.write_text(kept, encoding="utf-8")
        site.logout()
        site.login()
    assert kept == f'("{BOT}", BotPassword("{BOT_APP}", "{BOT_PASSWORD}"))\n'
    assert operator.edits() == 0
    counted("S4", 1, "logins refused at the start")


@pytest.mark.parametrize(("change", "trial", "why"), CASES, ids=[case[0] for case in CASES])
def test_too_much_or_too_little_is_refused(change: str, trial: bool, why: str, counted: Counted) -> None:
    account = Account("FaeBot", rights(change))
    told = gate.why_stop(replace(READ, account=account), gate.Rules(trial=trial), "FaeBot", NOW)
    assert why in told
    assert told == why_refused(account.rights, trial)
    counted("S4", 1, "logins refused before an edit")


def test_what_a_bot_needs_is_enough() -> None:
    assert why_refused(HARMLESS, trial=False) == ""
    assert why_refused(HARMLESS - {"bot"}, trial=True) == ""


def test_each_forbidden_right_alone_is_enough(counted: Counted) -> None:
    assert not FORBIDDEN & HARMLESS
    for right in FORBIDDEN:
        assert why_refused(HARMLESS | {right}, trial=True).startswith(f"the login may {right},")
    counted("S4", len(FORBIDDEN), "rights refused, each alone")


def test_sysops_and_plain_users_are_refused_on_any_wiki() -> None:
    plain = {*accounts.RIGHTS["*"], *accounts.RIGHTS["user"], *accounts.RIGHTS["autoconfirmed"]}
    assert "upload" in why_refused(plain, trial=True)
    assert "delete" in why_refused(plain | {*accounts.RIGHTS["sysop"]}, trial=True)


@pytest.mark.parametrize(("change", "trial", "why"), CASES, ids=[case[0] for case in CASES])
def test_no_run_begins_with_it(
    world_commons: Commons,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: str,
    trial: bool,
    why: str,
    counted: Counted,
) -> None:
    for group in accounts.RIGHTS:
        monkeypatch.setitem(accounts.RIGHTS, group, tuple(rights(change)) if group == "user" else ())
    monkeypatch.setattr(accounts, "GRANTED", rights(change))
    settings = replace(SETTINGS, tagging=replace(SETTINGS.tagging, trial=trial))
    site, url = world_commons._site, f"sqlite:///{tmp_path / 'faebot.sqlite'}"
    session = Session(site, settings, "test", confirm=lambda proposal: True, store_url=url)
    with pytest.raises(SettingsError, match=why), session:
        pytest.fail("the session began")
    assert list(tmp_path.iterdir()) == [], "not even the store was opened"
    counted("S4", 1, "logins refused at the start")
