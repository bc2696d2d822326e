"""A process of gunicorn's that knows how long each request has waited for one of its threads."""

from __future__ import annotations

import time
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from faebot_hash.web.overload import LINE


class PromptWorker(ThreadWorker):  # type: ignore[misc]
    """Notes when a request joins the line, and tells its thread how long that is ago."""

    def enqueue_req(self, conn: Any) -> None:
        """Join the line."""
        conn.in_line_since = time.monotonic()
        super().enqueue_req(conn)

    def handle(self, conn: Any) -> Any:
        """Leave it; what a new connection takes to send its request is not counted."""
        LINE.waited_s = time.monotonic() - conn.in_line_since
        return super().handle(conn)
