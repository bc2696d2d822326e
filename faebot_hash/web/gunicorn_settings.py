"""How gunicorn runs the service: ``gunicorn -c python:faebot_hash.web.gunicorn_settings …``.

No address of a client is logged: there is no access log, and gunicorn's warnings, which name addresses, are
left out.
"""

from __future__ import annotations

import os
import secrets
import sys
from typing import Any

from faebot_hash.adapters.login_secrets import SESSION_KEY, login_secrets
from faebot_hash.errors import SettingsError
from faebot_hash.web.start import named_settings
from faebot_hash.web_settings import Login, is_loopback

_web = named_settings().web

bind = f"{_web.host}:{_web.port}"
workers = _web.workers
worker_class = "faebot_hash.web.worker.PromptWorker"
threads = _web.threads
worker_connections = 1_000
timeout = 60
graceful_timeout = 15
keepalive = 5
backlog = 512
limit_request_line = 8_190
limit_request_fields = 60
accesslog = None
loglevel = "error"
max_requests = 0

if _web.login is Login.PRACTICE:
    # All processes share it, and the next start has another.
    os.environ[SESSION_KEY] = secrets.token_urlsafe(48)


def on_starting(server: Any) -> None:
    """Refuse what would let anybody in, before a socket is opened.

    The command line may name other addresses than the settings.
    """
    places = [place[0] if isinstance(place, tuple) else "" for place in server.cfg.address]
    if _web.login is Login.PRACTICE and not all(map(is_loopback, places)):
        sys.exit('[web] login = "practice" believes any name: bind to 127.0.0.1 only')
    if _web.login is Login.WIKIMEDIA:
        try:
            login_secrets(_web.oauth_client_file)
        except SettingsError as error:
            sys.exit(str(error))
