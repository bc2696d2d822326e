"""A login that could do harm is refused at the start and before each edit (S4)."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from faebot_hash import gate
from faebot_hash.adapters.commons import Commons
from faebot_hash.errors import SettingsError
from faebot_hash.exit_status import ExitStatus
from faebot_hash.preflight import Account
from faebot_hash.privileges import FORBIDDEN, why_refused
from faebot_hash.session import Session
from tests.counting import Counted
from tests.fake_wiki import accounts
from tests.operator import SETTINGS
from tests.practice.configuration import ACCOUNT_PASSWORDS, BOT, write_pywikibot_folder
from tests.practice.places import CHECKOUT
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
    """A bot password has few rights and starts; the account itself has more, and does not.

    Pywikibot in this process stays as it is: whoever was logged in once leaves traces in its cookies.
    """
    folder = tmp_path / "pywikibot"
    write_pywikibot_folder(folder, wiki.server.port)
    ours = wiki.requests()
    assert _confirmed(folder).returncode == 0
    (folder / "user-password.py").write_text(f'("{BOT}", "{ACCOUNT_PASSWORDS[BOT]}")\n', encoding="utf-8")
    for cookies in folder.glob("pywikibot*.lwp"):
        cookies.unlink()
    refused = _confirmed(folder)
    assert refused.returncode == ExitStatus.SETTINGS
    assert re.search(r"the login may [a-z, -]*upload", refused.stdout + refused.stderr)
    assert not any(one.get("action") == "edit" for one in wiki.requests()[len(ours) :])
    counted("S4", 1, "logins refused at the start")


def _confirmed(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("pwb")), "confirm_duplicates"]
    command += [f"-settings:{CHECKOUT / 'tests/practice/faebot.toml'}"]
    command += [f"-store:sqlite:///{folder / 'faebot.sqlite'}", "-always"]
    environment = {**os.environ, "PYWIKIBOT_DIR": str(folder)}
    return subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)


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
