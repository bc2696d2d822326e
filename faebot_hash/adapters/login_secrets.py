"""Where the login's secrets are: a file that nobody else can read, or the environment."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from faebot_hash.adapters.oauth import OAuthClient
from faebot_hash.adapters.secret_files import refuse_exposed
from faebot_hash.errors import SettingsError

CLIENT_ID = "FAEBOT_OAUTH_CLIENT_ID"
CLIENT_SECRET = "FAEBOT_OAUTH_CLIENT_SECRET"  # noqa: S105 - the name of a variable
SESSION_KEY = "FAEBOT_SESSION_KEY"
SHORTEST_KEY = 32

_KEYS = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "session_key": SESSION_KEY}


@dataclass(frozen=True)
class LoginSecrets:
    """By what Wikimedia knows this service, and what signs its cookies."""

    client: OAuthClient
    session_key: str = field(repr=False)


def login_secrets(file: str, environment: Mapping[str, str] = os.environ) -> LoginSecrets:
    """Read the secrets from a TOML file, "" for the environment; raises SettingsError, which shows none."""
    if file:
        told, where = _told(Path(file).expanduser()), file
    else:
        told, where = {key: environment.get(name, "") for key, name in _KEYS.items()}, "the environment"
    lacking = [key if file else name for key, name in _KEYS.items() if not told.get(key)]
    if lacking:
        raise SettingsError(f"{where} lacks {', '.join(lacking)}, which the login needs; see docs/web.md")
    return LoginSecrets(
        OAuthClient(told["client_id"], told["client_secret"]), _key(told["session_key"], where)
    )


def session_key(environment: Mapping[str, str] = os.environ) -> str:
    """Give the key that was made for this start of the service; raises SettingsError for none."""
    return _key(environment.get(SESSION_KEY, ""), "the environment")


def _key(key: str, where: str) -> str:
    if len(key) < SHORTEST_KEY:
        raise SettingsError(
            f"{where} lacks a session key of at least {SHORTEST_KEY} characters; "
            'make one with `python -c "import secrets; print(secrets.token_urlsafe(48))"`'
        )
    return key


def _told(path: Path) -> dict[str, str]:
    refuse_exposed(path)
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        # What the reader of TOML says quotes the line, and with it the secret.
        raise SettingsError(f"{path}: no TOML; write client_id, client_secret and session_key") from None
    unknown = sorted(table.keys() - _KEYS.keys())
    if unknown or not all(isinstance(value, str) for value in table.values()):
        raise SettingsError(f"{path}: only {', '.join(_KEYS)}, each a text in quotation marks")
    return table
