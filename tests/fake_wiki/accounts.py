"""Accounts of the fake wiki: passwords, rights, sessions by cookie, tokens."""

from __future__ import annotations

import hashlib
import secrets
from http.cookies import SimpleCookie

from tests.fake_wiki.state import WikiState
from tests.practice.configuration import ACCOUNT_PASSWORDS, BOT, BOT_APP, BOT_PASSWORD

ANONYMOUS = ""
ADDRESS = "127.0.0.1"
COOKIE = "fakewiki_session"

RIGHTS = {
    "*": ("createaccount", "read", "edit", "createpage", "createtalk"),
    "user": ("minoredit", "applychangetags", "changetags", "editcontentmodel", "move", "upload"),
    "autoconfirmed": ("autoconfirmed", "editsemiprotected"),
    "bot": ("bot", "nominornewtalk", "autopatrol", "apihighlimits"),
    "sysop": ("block", "delete", "protect", "editprotected", "rollback", "suppressredirect", "autopatrol"),
}
# The grants of a bot password leave out the rest; see tests/practice/template.py.
GRANTED = frozenset(
    {*RIGHTS["bot"], *RIGHTS["autoconfirmed"], *RIGHTS["user"], "read", "edit"} - {"move", "upload"}
)


class Sessions:
    """Who is logged in; outlives every reset of the wiki, as Pywikibot's login should."""

    def __init__(self) -> None:
        self._accounts: dict[str, str] = {}
        self._by_bot_password: set[str] = set()

    def session_of(self, cookies: str) -> tuple[str, bool]:
        """Give the session's id and whether it is new to the client."""
        morsel = SimpleCookie(cookies).get(COOKIE)
        if morsel is not None and morsel.value in self._accounts:
            return morsel.value, False
        session = secrets.token_hex(16)
        self._accounts[session] = ANONYMOUS
        return session, True

    def account(self, session: str) -> str:
        """Name the account of a session, "" for nobody."""
        return self._accounts.get(session, ANONYMOUS)

    def limited(self, session: str) -> bool:
        """Tell whether a session has only the rights of a bot password."""
        return session in self._by_bot_password

    def log_in(self, session: str, name: str, password: str) -> str:
        """Log in with a main account's or a bot's password; give the account's name, "" on failure."""
        if (name, password) == (f"{BOT}@{BOT_APP}", BOT_PASSWORD):
            self._accounts[session] = BOT
            self._by_bot_password.add(session)
        elif ACCOUNT_PASSWORDS.get(name) == password:
            self._accounts[session] = name
        return self.account(session)

    def log_out(self, name: str) -> None:
        """Forget the sessions of an account, as a restart of the session store does."""
        for session, account in self._accounts.items():
            if account == name:
                self._accounts[session] = ANONYMOUS

    def token(self, session: str, kind: str) -> str:
        """Give the token of a kind; nobody's is the well-known one."""
        if self.account(session) == ANONYMOUS and kind not in ("login", "createaccount"):
            return "+\\"
        plain = f"{session} {self.account(session)} {kind}"
        return hashlib.sha1(plain.encode(), usedforsecurity=False).hexdigest() + "+\\"


def groups_of(state: WikiState, name: str) -> list[str]:
    """List the groups of an account, own groups first as the API does."""
    if name == ANONYMOUS:
        return ["*"]
    return [*state.groups.get(name, ()), "*", "user", "autoconfirmed"]


def rights_of(state: WikiState, name: str, limited: bool) -> list[str]:
    """List the rights of an account in a session."""
    rights = dict.fromkeys(right for group in groups_of(state, name) for right in RIGHTS[group])
    granted = GRANTED | {"createpage"} if state.may_create else GRANTED
    return [right for right in rights if not limited or right in granted]
