"""How gunicorn runs the service: ``gunicorn -c python:faebot_hash.web.gunicorn_settings …``.

No address of a client is logged: there is no access log, and gunicorn's warnings, which name addresses, are
left out.
"""

from __future__ import annotations

from faebot_hash.web.start import named_settings

_web = named_settings().web

bind = f"{_web.host}:{_web.port}"
workers = _web.workers
worker_class = "gthread"
threads = _web.threads
timeout = 60
graceful_timeout = 15
keepalive = 5
backlog = 512
limit_request_line = 8_190
limit_request_fields = 60
accesslog = None
loglevel = "error"
max_requests = 0
