"""The web service as a process of its own: started, waited for until it answers, and ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from tests.practice.server import HOST, api_session, free_port

STARTS_IN_S = 60
ANSWERS_IN_S = 10
ENDS_IN_S = 30
POLL_S = 0.1
LOG = "service.log"


@dataclass(frozen=True)
class Service:
    """A service that runs, on a port of loopback."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    @property
    def url(self) -> str:
        """Give the address that its paths follow."""
        return f"http://{HOST}:{self.port}"

    def said(self) -> str:
        """Read what it has said so far, on either stream; it can be read when it has ended, too."""
        return self.log.read_text(encoding="utf-8")


def serve_command(*options: str) -> list[str]:
    """Write the command that becomes the service."""
    return [sys.executable, "-m", "faebot_hash", "serve", *options]


def options_in(folder: Path, settings: str) -> list[str]:
    """Write a settings file into a folder; gives the options to serve the folder's ``web.sqlite`` by it."""
    file = folder / "faebot.toml"
    file.write_text(settings)
    return [
        *("--settings", str(file)),
        *("--store", f"sqlite:///{folder / 'web.sqlite'}"),
        *("--index", str(folder / "index")),
    ]


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[Service]:
    """Keep the service running on a free port; its log is in the folder."""
    port = free_port()
    with running(serve_command(*options, "--bind", f"{HOST}:{port}"), port, folder) as service:
        yield service


@contextmanager
def running(
    command: Sequence[str], port: int, folder: Path, environment: Mapping[str, str] | None = None
) -> Iterator[Service]:
    """Keep a command running that serves on a port; its log is in the folder.

    Raises AssertionError if it ends before ``/healthz`` answers, does not answer in a minute, or ends badly.
    """
    log = folder / LOG
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    service = Service(process, port, log)
    try:
        _wait_for(service)
        yield service
    finally:
        _end(process)
        print(service.said())  # which pytest shows beside whatever failed
    assert process.returncode == 0, "the service did not end as it should"


def _wait_for(service: Service) -> None:
    until = time.monotonic() + STARTS_IN_S
    with api_session() as session:
        while True:
            try:
                session.get(f"{service.url}/healthz", timeout=ANSWERS_IN_S).raise_for_status()
            except (requests.ConnectionError, requests.Timeout):
                assert service.process.poll() is None, "the service has ended"
                assert time.monotonic() < until, f"no service at {service.url}"
                time.sleep(POLL_S)
            else:
                return


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(ENDS_IN_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # its workers with it
        process.wait()
