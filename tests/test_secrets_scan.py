"""The scan for secrets finds planted ones, and none among the project's files (S3)."""

from __future__ import annotations

import os
import random
import string
import subprocess
from pathlib import Path

import pytest

from tests.counting import Counted
from tests.practice.configuration import BOT_PASSWORD
from tests.practice.places import CHECKOUT
from tests.secrets_scan import RULES, history, scan, scan_all, tracked

LONG = os.environ.get("FAEBOT_LONG") == "1"
LETTERS = string.ascii_letters + string.digits
CHANCE = random.Random(7)


def made_up(length: int, alphabet: str = LETTERS) -> str:
    """Make a secret up, so that this file holds none."""
    return "".join(CHANCE.choice(alphabet) for _ in range(length - 2)) + "7Q"


HEX = "0123456789abcdef"
DASHES = "-" * 5

PLANTED: dict[str, tuple[str, str]] = {
    "user-password.py": ("bot password", f'("Ann", BotPassword("maint", "{made_up(32, LETTERS.lower())}"))'),
    "password.py": ("password file", f'("commons", "commons", "Ann", "{made_up(14)}")'),
    "main-account.py": ("password file", f"('Ann', '{made_up(14)}')"),
    "user-config.py": (
        "OAuth tokens",
        f'authenticate["commons.wikimedia.org"] = ("{made_up(32, HEX)}", "{made_up(40, HEX)}", "x", "y")',
    ),
    "replica.my.cnf": ("account file", f"[client]\nuser = u1234\npassword = {made_up(16)}\n"),
    "settings.toml": (
        "address with a password",
        f'url = "mariadb+pymysql://s1:{made_up(16)}@tools.db/s1__h"',
    ),
    "oauth.toml": ("named value", f'client_secret = "{made_up(40, HEX)}"'),
    "session.toml": ("named value", f'session_key = "{made_up(64)}"'),
    "settings.json": ("named value", f'{{"api_key": "{made_up(32)}"}}'),
    "program.py": ("named value", f'PASSWORD = "{made_up(12)}"'),
    ".env": ("environment", f"TOOL_TOOLSDB_PASSWORD={made_up(16)}"),
    "job.sh": ("environment", f"  export OAUTH_CLIENT_SECRET='{made_up(40)}'"),
    ".netrc": ("netrc", f"machine commons.wikimedia.org login ann password {made_up(12)}"),
    "grant.sql": ("database account", f"CREATE USER ann IDENTIFIED BY '{made_up(16)}';"),
    "id_ed25519": ("private key", f"{DASHES}BEGIN OPENSSH PRIVATE KEY{DASHES}\nb3BlbnNzaC1rZXk\n"),
    "server.pem": ("private key", f"{DASHES}BEGIN PRIVATE KEY{DASHES}\nMIIEvQ\n"),
    "github.txt": ("GitHub token", f"token ghp_{made_up(36)}"),
    "gitlab.txt": ("GitLab token", f"url: https://oauth2@gitlab.wikimedia.org glpat-{made_up(20)}"),
    ".pypirc": ("PyPI token", f"  password = pypi-{made_up(60)}"),
    "amazon.txt": ("Amazon key", f"AKIA{made_up(16, string.ascii_uppercase + string.digits)}"),
    "google.txt": ("Google key", f"AIza{made_up(35)}"),
    "slack.txt": ("Slack token", f"xoxb-{made_up(24)}"),
    "web.log": ("web token", f"eyJ{made_up(20)}.eyJ{made_up(20)}.{made_up(20)}"),
    "request.txt": ("Authorization", f"Authorization: Bearer {made_up(40)}"),
}

HARMLESS = [
    'password_file = "user-password.py"',
    "password = getpass()",
    "token = secrets.token_hex(6)",
    f'BOT_PASSWORD = "{BOT_PASSWORD}"',
    '("ExampleBot", BotPassword("faebot_hash", "the password that Special:BotPasswords showed"))',
    "mariadb+pymysql://HOST/DATABASE?read_default_file=FILE",
    "mariadb+pymysql://root@127.0.0.1:3306/faebot",
    "export TOOL_TOOLSDB_PASSWORD=$PASSWORD_OF_2026",
    'client_secret = "your-client-secret-123"',
    "-----BEGIN CERTIFICATE-----",
    'sha1 = "da39a3ee5e6b4b0d3255bfef95601890afd80709"',
]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a repository with every planted secret in a file that git tracks."""
    root = tmp_path_factory.mktemp("repository")
    for name, (_, text) in PLANTED.items():
        (root / name).write_text(f"first line\n{text}\nlast line\n", encoding="utf-8")
    author = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org", "-c", "commit.gpgsign=false")
    for command in (("init", "-q"), ("add", "-Af"), (*author, "commit", "-qm", "All")):
        subprocess.run(["git", "-C", str(root), *command], check=True, capture_output=True)
    return root


def test_every_planted_secret_is_found(repository: Path, counted: Counted) -> None:
    found = {(hit.where, hit.rule) for hit in scan_all(tracked(repository))}
    missed = [name for name, (rule, _) in PLANTED.items() if (name, rule) not in found]
    assert missed == []
    counted("S3", len(PLANTED), "planted secrets found")


def test_one_that_was_removed_is_found_in_the_history(repository: Path) -> None:
    assert len(scan_all(history(repository))) >= len(PLANTED)


def test_every_rule_is_tried() -> None:
    assert {rule for rule, _ in PLANTED.values()} == set(RULES)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_secret_is_not_found(text: str) -> None:
    assert list(scan("a file", text)) == []


def test_a_hit_does_not_show_the_secret() -> None:
    for name, (_, text) in PLANTED.items():
        for hit in scan(name, text):
            assert not any(len(word) > 11 and word in str(hit) for word in text.split('"'))


def test_the_project_holds_no_secret(counted: Counted) -> None:
    texts = dict(tracked())
    assert "tests/secrets_scan.py" in texts
    assert [str(hit) for hit in scan_all(texts.items())] == []
    counted("S3", len(texts), "files without secrets")


@pytest.mark.long
def test_its_history_holds_none(counted: Counted) -> None:
    commits = list(history())
    assert [str(hit) for hit in scan_all(commits)] == []
    counted("S3", len(commits), "commits without secrets")


SECRET_FILES = (
    "user-config.py",
    "user-password.py",
    "replica.my.cnf",
    ".my.cnf",
    ".env",
    ".netrc",
    "oauth.toml",
    "session.key",
    "server.pem",
    "id_ed25519",
    "pywikibot-Ann.lwp",
)


def test_git_ignores_files_that_hold_secrets(counted: Counted) -> None:
    for name in SECRET_FILES:
        for place in (name, f"config/{name}"):
            done = subprocess.run(["git", "-C", str(CHECKOUT), "check-ignore", "-q", place], check=False)
            assert done.returncode == 0, place
    counted("S3", len(SECRET_FILES), "names of secret files that git ignores")
