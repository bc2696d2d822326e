"""A process of gunicorn's that knows how long each request has waited for one of its threads."""

from __future__ import annotations

import time
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from faebot_hash.web.overload import LINE

STEP_BACK_S = 0.001
MOST_AT_ONCE = 8


class PromptWorker(ThreadWorker):  # type: ignore[misc]
    """Notes when a request joins the line, and tells its thread how long that is ago."""

    def accept(self, listener: Any) -> None:
        """Take new connections, unless a process with less to do is quicker.

        All processes wake up for them. The one that is at work already would take most of them, and keep
        them, while others idle.
        """
        if self.nr_conns < self.cfg.threads:
            super().accept(listener)
            return
        time.sleep(STEP_BACK_S)
        for _ in range(min(MOST_AT_ONCE, self.worker_connections - self.nr_conns)):
            before = self.nr_conns
            super().accept(listener)
            if self.nr_conns == before:  # nobody is left
                break

    def enqueue_req(self, conn: Any) -> None:
        """Join the line."""
        conn.in_line_since = time.monotonic()
        super().enqueue_req(conn)

    def handle(self, conn: Any) -> Any:
        """Leave it; what a new connection takes to send its request is not counted."""
        LINE.waited_s = time.monotonic() - conn.in_line_since
        return super().handle(conn)
