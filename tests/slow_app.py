"""An application of which each answer takes a while, for a server that is asked too much."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from faebot_hash.web.overload import prompt

ANSWER_S = 0.1


def _slow(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    time.sleep(ANSWER_S)
    start_response("200 OK", [("Content-Length", "2"), ("Content-Type", "text/plain")])
    return [b"ok"]


app = prompt(_slow)
