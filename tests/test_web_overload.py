"""Too much is asked: who has waited long is told to come again, and slow requests do not stop quick ones."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from faebot_hash.model import Fingerprint
from faebot_hash.reasons import Skipped
from faebot_hash.web import overload
from faebot_hash.web.app import SLOW
from faebot_hash.web_settings import WebSettings
from tests.counting import Counted
from tests.practice.server import HOST, free_port
from tests.test_web_privacy import talk
from tests.web_world import PICTURE, D, P, Pictures, World, served

CLIENTS = 40


@pytest.mark.parametrize(
    ("waited_s", "path", "status"),
    [
        (0.0, f"/search?phash={P}&dhash={D}", 200),
        (overload.LONGEST_WAIT_S, f"/search?phash={P}&dhash={D}", 200),
        (overload.LONGEST_WAIT_S + 0.01, f"/search?phash={P}&dhash={D}", 503),
        (60.0, "/nowhere", 503),
        (60.0, "/healthz", 200),
    ],
)
def test_who_waited_too_long_is_told_to_come_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waited_s: float, path: str, status: int
) -> None:
    monkeypatch.setattr(overload.LINE, "waited_s", waited_s)
    with served(tmp_path) as world:
        answer = world.client.get(path)
        assert answer.status_code == status
        if status == 503:
            assert list(answer.get_json()) == ["error"]
            assert int(answer.headers["Retry-After"]) > 0
            assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_line_is_each_threads_own() -> None:
    overload.LINE.waited_s = 9.0
    seen: list[float] = []
    thread = threading.Thread(target=lambda: seen.append(overload.LINE.waited_s))
    thread.start()
    thread.join()
    overload.LINE.waited_s = 0.0
    assert seen == [0.0]


@dataclass
class Patient(Pictures):
    """Hashes nothing until it is let."""

    let: threading.Event = field(default_factory=threading.Event)
    begun: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def fingerprint(self, picture: bytes) -> Fingerprint | Skipped:
        """Wait, then hash."""
        self.begun.release()
        assert self.let.wait(60)
        return super().fingerprint(picture)


def send(world: World) -> Any:
    return world.app.test_client().post("/api/v1/near/picture", data=PICTURE, content_type="image/png")


def test_slow_requests_leave_threads_for_quick_ones(tmp_path: Path, counted: Counted) -> None:
    pictures, threads = Patient(), 4
    settings = WebSettings(requests_per_minute=100_000, threads=threads)
    with served(
        tmp_path,
        settings=settings,
        wrapped=lambda service: type(service)(
            service.settings, service.index, service.pages, pictures, service.records, service.links
        ),
    ) as world:
        with ThreadPoolExecutor(threads) as pool:
            at_work = [pool.submit(send, world) for _ in range(threads // 2)]
            for _ in at_work:
                assert pictures.begun.acquire(timeout=60)
            refused = send(world)
            assert refused.status_code == 503
            assert int(refused.headers["Retry-After"]) > 0
            assert world.client.get(f"/search?phash={P}&dhash={D}").status_code == 200
            pictures.let.set()
            assert [one.result().status_code for one in at_work] == [200] * len(at_work)
        for _ in range(10):
            assert send(world).status_code == 200, "a seat was not given back"
    counted("W4", 12, "slow requests that left threads for quick ones")


def test_slow_routes_exist(tmp_path: Path) -> None:
    with served(tmp_path) as world:
        ours = {rule.endpoint for rule in world.app.url_map.iter_rules()}
        assert {name for name in SLOW if name.startswith(("api.", "compatible."))} <= ours


def test_gunicorn_sheds_what_waits_and_recovers(counted: Counted) -> None:
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--bind", f"{HOST}:{port}", "--threads", "1"]
    command += ["--worker-class", "faebot_hash.web.worker.PromptWorker", "--log-level", "error"]
    server = subprocess.Popen([*command, "tests.slow_app:app"])
    request = b"GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    try:
        assert talk(port, request, 60).startswith(b"HTTP/1.1 200")
        with ThreadPoolExecutor(CLIENTS) as pool:
            answers = list(pool.map(lambda _: talk(port, request, 5), range(CLIENTS)))
        statuses = Counter(answer.split(b" ")[1] for answer in answers)
        assert statuses.keys() == {b"200", b"503"}
        told = next(answer for answer in answers if b" 503 " in answer[:20])
        assert b"\r\nRetry-After: " in told
        assert list(json.loads(told.partition(b"\r\n\r\n")[2])) == ["error"]
        assert talk(port, request, 5).startswith(b"HTTP/1.1 200")
    finally:
        server.terminate()
        assert server.wait(timeout=30) == 0
    counted("W4", CLIENTS, "clients of one thread, each answered or told to come again")
