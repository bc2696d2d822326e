"""Nothing starts with a secret that others may know, and no message shows it (S1)."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from faebot_hash.adapters.database_login import read_address, with_account
from faebot_hash.adapters.login_files import refuse_exposed_login
from faebot_hash.adapters.secret_files import read, refuse_exposed, refuse_in_arguments, this_account
from faebot_hash.errors import SettingsError
from faebot_hash.exposure import Folder, Holder, secrets_in, why_exposed, why_in_arguments
from tests.counting import Counted
from tests.practice.configuration import BOT_PASSWORD
from tests.practice.places import CHECKOUT
from tests.practice.wiki import PracticeWiki

CANARY = "c4n4ryc4n4ryc4n4ryc4n4ryc4n4ry42"
PASSWORD_LINE = f'("Ann\'s bot", BotPassword("maint", "{CANARY}"))\n'
ALONE = Holder(os.geteuid(), None)


class Account:
    """A folder as Pywikibot has it, in good order."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(mode=0o700)
        self.password = folder / "user-password.py"
        self.config = folder / "user-config.py"
        self.write(self.password, PASSWORD_LINE)
        self.write(self.config, 'family = "commons"\npassword_file = "user-password.py"\n', 0o644)
        self.arguments: list[str] = ["pwb", "find_duplicates", "-always"]

    def write(self, path: Path, text: str, mode: int = 0o600) -> None:
        path.unlink(missing_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)

    def start(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Look as a run does before it logs in."""
        monkeypatch.setattr(sys, "argv", self.arguments)
        refuse_exposed_login(self.folder, "user-password.py")


@pytest.fixture
def account(tmp_path: Path) -> Account:
    return Account(tmp_path / "pywikibot")


def in_git(account: Account, ignored: str = "", add: bool = False) -> None:
    run = {"cwd": account.folder, "check": True, "capture_output": True}
    subprocess.run(["git", "init", "-q"], **run)  # type: ignore[call-overload]
    (account.folder / ".gitignore").write_text(ignored)
    if add:
        subprocess.run(["git", "add", "-f", "user-password.py"], **run)  # type: ignore[call-overload]


def as_link(account: Account) -> None:
    account.password.rename(account.folder / "elsewhere.py")
    account.password.symlink_to(account.folder / "elsewhere.py")


def as_folder(account: Account) -> None:
    account.password.unlink()
    account.password.mkdir(mode=0o700)


def as_pipe(account: Account) -> None:
    account.password.unlink()
    os.mkfifo(account.password, 0o600)


SETUPS: dict[str, tuple[str, Callable[[Account], object]]] = {
    "the group may read it": ("mode 640", lambda a: a.password.chmod(0o640)),
    "everybody may read it": ("mode 604", lambda a: a.password.chmod(0o604)),
    "the group may write to it": ("mode 620", lambda a: a.password.chmod(0o620)),
    "everybody may do everything": ("mode 777", lambda a: a.password.chmod(0o777)),
    "a symbolic link": ("symbolic link", as_link),
    "a folder": ("no ordinary file", as_folder),
    "a pipe": ("no ordinary file", as_pipe),
    "a second name": ("second name", lambda a: (a.folder / "copy.py").hardlink_to(a.password)),
    "missing": ("No such file", lambda a: a.password.unlink()),
    "everybody may write to its folder": ("other accounts may replace it", lambda a: a.folder.chmod(0o777)),
    "everybody may write to the folder above": (
        "other accounts may replace it",
        lambda a: a.folder.parent.chmod(0o777),
    ),
    "git would add it": ("git would add it", in_git),
    "git has it": ("git has it", lambda a: in_git(a, add=True)),
    "git has it though it is ignored": ("git has it", lambda a: in_git(a, "*.py\n", add=True)),
    "the password as an argument": ("command line", lambda a: a.arguments.append(f"-summary:{CANARY}")),
    "a password option": ("command line", lambda a: a.arguments.append("-password:x")),
    "an address with a password": (
        "command line",
        lambda a: a.arguments.append(f"-store:mariadb+pymysql://u:{CANARY}@h/d"),
    ),
    "empty": ("is empty", lambda a: a.write(a.password, "")),
    "blank": ("is empty", lambda a: a.write(a.password, " \n\n")),
    "the sample's words": (
        "a sample's words",
        lambda a: a.write(
            a.password,
            '("ExampleBot", BotPassword("faebot_hash", "the password that Special:BotPasswords showed"))',
        ),
    ),
    "to be changed": ("a sample's words", lambda a: a.write(a.password, '("Ann", "CHANGEME")')),
    "a password in user-config.py": (
        "holds a password",
        lambda a: a.write(a.config, f'family = "commons"\npassword = "{CANARY}"\n'),
    ),
    "a bot password in user-config.py": (
        "holds a password",
        lambda a: a.write(a.config, f'login = ("Ann", BotPassword("a", "{CANARY}"))\n'),
    ),
    "a database password in user-config.py": (
        "holds a password",
        lambda a: a.write(a.config, f'db_password = "{CANARY}"\n'),
    ),
    "OAuth tokens that everybody may read": (
        "mode 644",
        lambda a: a.write(
            a.config, f'authenticate["commons.wikimedia.org"] = ("a1", "{CANARY}", "c3", "d4")\n', 0o644
        ),
    ),
    "settings that are no Python": ("cannot be read", lambda a: a.write(a.config, f'password = "{CANARY}\n')),
}


def refused(account: Account, monkeypatch: pytest.MonkeyPatch) -> str:
    with pytest.raises(SettingsError) as caught:
        account.start(monkeypatch)
    told = "".join(traceback.format_exception(caught.value))
    assert CANARY not in told
    return str(caught.value)


@pytest.mark.parametrize(("why", "spoil"), SETUPS.values(), ids=SETUPS.keys())
def test_a_bad_set_up_is_refused(
    account: Account,
    why: str,
    spoil: Callable[[Account], object],
    monkeypatch: pytest.MonkeyPatch,
    counted: Counted,
) -> None:
    spoil(account)
    assert why in refused(account, monkeypatch)
    counted("S1", 1, "bad set-ups refused")


def test_what_belongs_to_others_is_refused(account: Account, counted: Counted) -> None:
    file = read(account.password)
    assert why_exposed(file, this_account()) == ""
    another = file.owner + 1
    theirs = replace(file, owner=another), replace(file, folders=(replace(file.folders[0], owner=another),))
    assert all("belongs to another account" in why_exposed(one, this_account()) for one in theirs)
    counted("S1", len(theirs), "bad set-ups refused")


GOOD: dict[str, Callable[[Account], object]] = {
    "as documented": lambda a: None,
    "read only": lambda a: a.password.chmod(0o400),
    "ignored by git": lambda a: in_git(a, "user-password.py\n"),
    "OAuth tokens for its eyes only": lambda a: a.write(
        a.config, f'authenticate["commons.wikimedia.org"] = ("a1", "{CANARY}", "c3", "d4")\n'
    ),
    "no settings at all": lambda a: a.config.unlink(),
    "in a folder like /tmp": lambda a: a.folder.parent.chmod(0o1777),
    "everybody may look into the folder": lambda a: a.folder.chmod(0o755),
    "its name on the command line": lambda a: a.arguments.append("-file:user-password.py"),
    "asked for the password": lambda a: a.arguments.append("-pass"),
}


@pytest.mark.parametrize("change", GOOD.values(), ids=GOOD.keys())
def test_a_good_set_up_starts(
    account: Account, change: Callable[[Account], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    change(account)
    account.start(monkeypatch)
    assert resource.getrlimit(resource.RLIMIT_CORE)[0] == 0


def test_a_group_may_write_to_folders_only_if_it_is_the_accounts_own(account: Account) -> None:
    file = read(account.password)
    shared = Folder("/data/project/tool", 0o42775, ALONE.uid, 50_000)
    seen = replace(file, folders=(shared,))
    assert "replace it" in why_exposed(seen, ALONE)
    assert "replace it" in why_exposed(seen, replace(ALONE, own_group=50_001))
    assert why_exposed(seen, replace(ALONE, own_group=50_000)) == ""
    everybody = replace(file, folders=(replace(shared, mode=0o42777),))
    assert "replace it" in why_exposed(everybody, replace(ALONE, own_group=50_000))


def test_where_git_cannot_be_asked_a_checkout_is_no_place(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_git(account, "user-password.py\n")
    monkeypatch.setenv("PATH", "")
    assert "git cannot be asked" in refused(account, monkeypatch)


def test_the_login_of_a_database_is_looked_at(tmp_path: Path) -> None:
    file = tmp_path / "my.cnf"
    file.write_text(f"[client]\nuser = u\npassword = {CANARY}\n")
    address = f"mariadb+pymysql://h/d?read_default_file={file}"
    with pytest.raises(SettingsError, match="mode 644") as caught:
        with_account(read_address(address))
    assert CANARY not in str(caught.value)
    file.chmod(0o600)
    with_account(read_address(address))


@pytest.mark.parametrize(
    ("arguments", "is_secret"),
    [
        (["--password=x"], True),
        (["--password", "x"], True),
        (["-pass:x"], True),
        (["--client-secret=x"], True),
        (["-token:x"], True),
        (["--set", "store.url=mariadb+pymysql://u:p@h/d"], True),
        (["-store:mariadb+pymysql://h/d?password=p"], True),
        (["--password"], False),
        (["--password", "--always"], False),
        (["-password"], False),
        (["-passive:yes"], False),
        (["-store:sqlite:///a:b"], False),
        (["-query:insource:/a@b.org/"], False),
        ([], False),
    ],
)
def test_secrets_on_the_command_line(arguments: list[str], is_secret: bool) -> None:
    assert bool(why_in_arguments(arguments)) == is_secret
    if is_secret:
        with pytest.raises(SettingsError, match="make a new one"):
            refuse_in_arguments(arguments)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (PASSWORD_LINE, {CANARY}),
        (f"('commons', 'commons', 'Ann', '{CANARY}')", {CANARY}),
        (f"[client]\nuser=ann\npassword = '{CANARY}'\n", {CANARY}),
        (f'client_id = "abc"\nclient_secret = "{CANARY}"', {CANARY}),
        (f"{CANARY}\n", {CANARY}),
        (
            'authenticate["h"] = ("aaaaaa1", "bbbbbb2",\n "cccccc3", "dddddd4")',
            {"aaaaaa1", "bbbbbb2", "cccccc3", "dddddd4"},
        ),
        ('password_file = "user-password.py"\nfamily = "commons"\n', set()),
    ],
)
def test_secrets_are_found_by_their_places(text: str, found: set[str]) -> None:
    assert secrets_in(text) >= found
    assert not {one for one in secrets_in(text) if one in ("user-password.py", "Ann's bot", "commons")}


def test_a_script_does_not_start(wiki: PracticeWiki, counted: Counted) -> None:
    path = wiki.pywikibot_dir / "user-password.py"
    path.chmod(0o640)
    done = subprocess.run(
        [
            *(
                str(Path(sys.executable).with_name("pwb")),
                "find_duplicates",
                "-collection:fleuron",
                "-always",
            ),
            f"-settings:{CHECKOUT / 'tests/practice/faebot.toml'}",
            f"-store:sqlite:///{wiki.folder / 'secret.sqlite'}",
        ],
        env={**os.environ, "PYWIKIBOT_DIR": str(wiki.pywikibot_dir)},
        cwd=wiki.pywikibot_dir,
        capture_output=True,
        text=True,
        check=False,
    )
    mode = path.stat().st_mode & 0o777
    path.chmod(0o600)
    assert (done.returncode, mode) == (2, 0o640), done.stderr
    assert "mode 640" in done.stderr
    assert BOT_PASSWORD not in done.stdout + done.stderr
    assert not any(one.get("action") in ("login", "edit") for one in wiki.requests())
    counted("S1", 1, "bad set-ups refused")


def test_no_value_shows_the_secret(account: Account) -> None:
    assert CANARY in read(account.password).text
    assert CANARY not in repr(read(account.password))


def test_a_sample_of_ours_is_known(tmp_path: Path) -> None:
    path = tmp_path / "user-config.py"
    path.write_text((CHECKOUT / "user-config.py.sample").read_text(encoding="utf-8"), encoding="utf-8")
    path.chmod(0o600)
    with pytest.raises(SettingsError, match="a sample's words"):
        refuse_exposed(path)
    assert this_account().uid == os.geteuid()
