"""A MariaDB server of the tests' own on loopback, that can be killed and started again."""

from __future__ import annotations

import contextlib
import getpass
import hashlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pymysql

from faebot_hash.adapters.schema import metadata
from faebot_hash.adapters.store import Store
from tests.practice.packages import program
from tests.practice.places import CACHE, one_builder
from tests.practice.server import HOST, free_port

PATIENCE_S = 60.0
POLL_S = 0.02
FIXED = (
    "--no-defaults",
    f"--bind-address={HOST}",
    "--innodb-buffer-pool-size=64M",
    "--innodb-log-file-size=16M",
    "--skip-log-bin",
    "--performance-schema=0",
    "--skip-name-resolve",
    # Another one than the store's, which must not depend on it.
    "--character-set-server=latin1",
    "--sql-mode=",
    "--default-time-zone=+05:30",
)
FAST = (
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-doublewrite=0",
    "--innodb-flush-method=nosync",
    "--innodb-file-per-table=0",
    "--sync-frm=0",
)
DURABLE = ("--innodb-flush-log-at-trx-commit=1",)


class MariaServer:
    """One server with its folder; a durable one keeps what it has acknowledged when it is killed."""

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        self.folder = folder
        self.port = free_port()
        self._flags = DURABLE if durable else FAST
        self._process: subprocess.Popen[bytes] | None = None
        self._names = count()
        self._clean = ""

    def start(self) -> None:
        """Start it on its folder, a copy of the template the first time, and wait until it answers."""
        if not self.folder.exists():
            shutil.copytree(template(), self.folder / "tables")
        # The socket's path may not be long, so that there is none.
        command = [
            program("mariadbd") or "mariadbd",
            *FIXED,
            *self._flags,
            f"--user={getpass.getuser()}",
            f"--datadir={self.folder / 'tables'}",
            f"--pid-file={self.folder / 'pid'}",
            f"--log-error={self.folder / 'log'}",
            f"--port={self.port}",
            "--socket=",
        ]
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        (self.folder / "owner").write_text(f"{os.getpid()} {self._process.pid}")
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            with contextlib.suppress(pymysql.err.MySQLError):
                self.connect().close()
                return
            assert self._process is not None
            assert self._process.poll() is None, f"mariadbd ended; see {self.folder / 'log'}"
            time.sleep(POLL_S)
        raise AssertionError(f"mariadbd does not answer; see {self.folder / 'log'}")

    def kill(self) -> None:
        """Kill it at once."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """End it and remove its folder."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=PATIENCE_S)
        shutil.rmtree(self.folder, ignore_errors=True)

    def connect(self, database: str | None = None) -> pymysql.Connection:  # type: ignore[type-arg]
        """Connect as its administrator, past all code of the project."""
        return pymysql.connect(host=HOST, port=self.port, user="root", database=database, autocommit=True)

    def new_database(self) -> str:
        """Make an empty database and give its address."""
        name = f"faebot_{os.getpid()}_{next(self._names)}"
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
        return f"mariadb+pymysql://root@{HOST}:{self.port}/{name}"

    def clean_database(self) -> str:
        """Give the address of a database with the store's tables and nothing in them, always the same.

        Making tables takes a second; whoever changes them takes a new database.
        """
        if not self._clean:
            self._clean = self.new_database()
            Store.open(self._clean).close()
        kept = {"alembic_version", "meta", "counter"}
        with self.connect(self._clean.rpartition("/")[2]) as connection, connection.cursor() as cursor:
            cursor.execute("SET foreign_key_checks = 0")
            cursor.execute("BEGIN")
            for name in metadata.tables.keys() - kept:
                cursor.execute(f"DELETE FROM `{name}`")  # noqa: S608 - a table of ours
            cursor.execute("UPDATE counter SET value = 0")
            cursor.execute("COMMIT")
        return self._clean


def template() -> Path:
    """Give a folder of empty system tables, made once."""
    server, make_tables = program("mariadbd"), program("mariadb-install-db")
    if server is None or make_tables is None:
        raise FileNotFoundError("mariadbd is missing; `python -m tests.practice get --tests` installs it")
    told = subprocess.run([server, "--no-defaults", "--version"], check=True, capture_output=True)
    folder = CACHE / f"mariadb-{hashlib.sha256(told.stdout).hexdigest()[:12]}"
    with one_builder("mariadb"):
        if not folder.exists():
            unfinished = folder.with_suffix(".new")
            shutil.rmtree(unfinished, ignore_errors=True)
            command = [make_tables, "--no-defaults", f"--user={getpass.getuser()}"]
            command += [f"--datadir={unfinished}", "--auth-root-authentication-method=normal"]
            subprocess.run([*command, "--skip-test-db"], check=True, stdout=subprocess.DEVNULL)
            unfinished.rename(folder)
    return folder


@contextmanager
def running(*, durable: bool = False) -> Iterator[MariaServer]:
    """Run a server for a while."""
    remove_leftovers()
    kind = "durable" if durable else "fast"
    server = MariaServer(CACHE / f"mariadb-of-{os.getpid()}-{kind}", durable=durable)
    try:
        server.start()
        yield server
    finally:
        server.stop()


def remove_leftovers() -> None:
    """End and remove the servers of runs that were killed."""
    for folder in CACHE.glob("mariadb-of-*/"):
        noted = folder / "owner"
        if not noted.is_file():
            continue
        owner, pid = noted.read_text().split()
        if Path("/proc", owner).is_dir():
            continue
        with contextlib.suppress(OSError):
            if str(folder).encode() in Path("/proc", pid, "cmdline").read_bytes():
                os.kill(int(pid), signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)
