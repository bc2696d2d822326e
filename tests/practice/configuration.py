"""Writes what Pywikibot needs to work on a practice wiki: family, settings, password."""

from __future__ import annotations

from pathlib import Path

from tests.practice.places import CHECKOUT

FAMILY = "practice"
BOT = "PracticeBot"
BOT_APP = "maint"
# Fixed and public: these accounts exist on loopback only.
BOT_PASSWORD = "thispasswordispublicandnosecret01"  # noqa: S105
ACCOUNT_PASSWORDS = {
    "Admin": "public-practice-admin",
    "PracticeSysop": "public-practice-sysop",
    BOT: "public-practice-bot",
}

FAMILY_FILE = '''"""The practice wiki on loopback; never named like a real wiki."""

from pywikibot import family


class Family(family.Family):
    """One site, told apart from every Wikimedia wiki by its name."""

    name = "practice"
    langs = {{"commons": "127.0.0.1:{port}"}}
    category_redirect_templates = {{"_default": ("Category redirect",)}}

    def protocol(self, code):
        """Speak plain HTTP: it never leaves this machine."""
        return "http"

    def scriptpath(self, code):
        """Give the path of api.php."""
        return "/w"
'''

USER_CONFIG = """family = "practice"
mylang = "commons"
usernames["practice"]["*"] = "PracticeBot"
password_file = "user-password.py"
user_script_paths = ["scripts"]
user_agent_description = "practice wiki on loopback, no contact needed"
put_throttle = 0
minthrottle = 0
maxthrottle = 1
max_retries = 3
retry_wait = 1
retry_max = 5
"""


def write_pywikibot_folder(folder: Path, port: int) -> None:
    """Fill a folder for PYWIKIBOT_DIR, so that Pywikibot and its ``pwb`` find the wiki and our scripts."""
    (folder / "families").mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    files = {
        "families/practice_family.py": FAMILY_FILE.format(port=port),
        "user-config.py": USER_CONFIG,
        "user-password.py": f'("{BOT}", BotPassword("{BOT_APP}", "{BOT_PASSWORD}"))\n',
    }
    for name, text in files.items():
        path = folder / name
        path.touch(mode=0o600)
        path.chmod(0o600)
        path.write_text(text, encoding="utf-8")
    link = folder / "scripts"
    if not link.is_symlink():
        # Pywikibot looks for scripts below its own folder only.
        link.symlink_to(CHECKOUT / "scripts", target_is_directory=True)
