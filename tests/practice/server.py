"""One PHP server process group on loopback, with nothing left behind when it stops."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import requests

from tests.practice.places import PHP_SOURCE, PracticeWikiError

HOST = "127.0.0.1"
WORKERS = 4
PATIENCE_S = 20.0
POLL_S = 0.02


def free_port() -> int:
    """Find a port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def api_session() -> requests.Session:
    """Give a session that ignores proxies and other settings of the machine."""
    session = requests.Session()
    session.trust_env = False
    return session


class PhpServer:
    """PHP's built-in server for one instance folder and port."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Where the wiki is found."""
        return f"http://{HOST}:{self.port}"

    def start(self) -> None:
        """Start the server in a process group of its own and wait until the API answers."""
        options = (
            "memory_limit=256M",
            "upload_max_filesize=100M",
            "post_max_size=110M",
            "opcache.enable_cli=1",
        )
        command = ["php", *(part for option in options for part in ("-d", option))]
        command += [
            "-S",
            f"{HOST}:{self.port}",
            "-t",
            str(self.folder / "htdocs"),
            str(PHP_SOURCE / "router.php"),
        ]
        environment = {
            **os.environ,
            "MW_CONFIG_FILE": str(self.folder / "LocalSettings.php"),
            "PHP_CLI_SERVER_WORKERS": str(WORKERS),
        }
        with (self.folder / "log" / "server").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        (self.folder / "pid").write_text(str(self._process.pid), encoding="ascii")
        self._wait_until_ready()

    def stop(self) -> None:
        """Stop the server and all its workers, and wait until they are gone."""
        if self._process is not None:
            _end_group(self._process.pid)
            self._process.wait()
            self._process = None
        (self.folder / "pid").unlink(missing_ok=True)

    def workers_alive(self) -> bool:
        """Tell whether any process listens on the port still."""
        with socket.socket() as probe:
            return probe.connect_ex((HOST, self.port)) == 0

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + PATIENCE_S
        query = f"{self.address}/w/api.php?action=query&meta=siteinfo&format=json"
        with api_session() as session:
            while time.monotonic() < deadline:
                if self._process is not None and self._process.poll() is not None:
                    break
                with contextlib.suppress(requests.RequestException, ValueError):
                    if "query" in session.get(query, timeout=PATIENCE_S).json():
                        return
                time.sleep(POLL_S)
        self.stop()
        raise PracticeWikiError(f"the practice wiki does not answer; see {self.folder / 'log' / 'server'}")

    def stop_leftover(self) -> None:
        """End a server that a killed run has left on this folder, if the process is still that server."""
        noted = self.folder / "pid"
        if not noted.is_file():
            return
        pid = int(noted.read_text(encoding="ascii"))
        for member in _group_members(pid):
            if str(self.folder / "htdocs").encode() in _command_line(member):
                _end_group(pid)
                break
        noted.unlink(missing_ok=True)


def _command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _holds_sockets(pid: int) -> bool:
    """Tell whether a process has not ended yet; a zombie has closed everything."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] not in ("Z", "X")


def _group_members(group: int) -> list[int]:
    members = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(ProcessLookupError):
                if os.getpgid(int(entry.name)) == group:
                    members.append(int(entry.name))
    return members


def _end_group(group: int) -> None:
    for patience_s, how in ((3.0, signal.SIGTERM), (3.0, signal.SIGKILL)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, how)
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            if not any(_holds_sockets(member) for member in _group_members(group)):
                return
            time.sleep(POLL_S)
